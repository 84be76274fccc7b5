//! The text of HTML as a reader sees it.
//!
//! The tokens come from an HTML parser. Blocks are parted by blank lines, list items and table rows by
//! line ends, table cells by tabs. What browsers do not show is left out: comments, scripts, styles,
//! what is hidden. A tag that would swallow all text behind it, because it never ends, swallows nothing.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{RawKind, Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{
    BufferQueue, CharacterTokens, EndTag, NullCharacterToken, StartTag, Tag, TagToken, Token, TokenSink,
    TokenSinkResult, Tokenizer, TokenizerOpts,
};

use super::elements::{BLOCKS, WORDS, is_void};
use crate::article::text::with_word_gaps;

/// What line ends between the tags mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineEnds {
    /// Spaces, as in HTML.
    Spaces,
    /// Line ends, and blank lines part paragraphs, as in a text with some tags in it.
    Kept,
}

/// What a reader sees of a piece of HTML.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    /// The text.
    pub(crate) text: String,
    /// Where its links lead, each once, as written; those to mail addresses are left out.
    pub(crate) links: Vec<String>,
}

/// What a reader sees of HTML.
pub(crate) fn shown(html: &str, line_ends: LineEnds) -> Shown {
    let html = with_unfinished_tag_as_text(html);
    let page = RefCell::new(Page::new(&html, line_ends));
    tokenize(&html, PageSink(page)).0.into_inner().finish()
}

/// A text with its character references replaced. `html` must have no tags.
pub(crate) fn decoded(html: &str) -> String {
    struct Text(RefCell<String>);
    impl TokenSink for Text {
        type Handle = ();

        fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
            match token {
                CharacterTokens(text) => self.0.borrow_mut().push_str(&text),
                NullCharacterToken => self.0.borrow_mut().push(' '),
                _ => {}
            }
            TokenSinkResult::Continue
        }
    }
    tokenize(html, Text(RefCell::new(String::with_capacity(html.len())))).0.into_inner()
}

fn tokenize<S: TokenSink>(html: &str, sink: S) -> S {
    let tokenizer = Tokenizer::new(sink, TokenizerOpts { discard_bom: false, ..TokenizerOpts::default() });
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    // The sink stops the tokenizer nowhere; if it did, it would go on with the rest of the input.
    while !input.is_empty() {
        let _ = tokenizer.feed(&input);
    }
    tokenizer.end();
    tokenizer.sink
}

/// A comment or tag that begins and does not end would take all text behind it: its `<` is text.
fn with_unfinished_tag_as_text(html: &str) -> Cow<'_, str> {
    let unfinished = |opening: &str, end: &str| {
        html.rfind(opening).filter(|at| !html.get(*at..).is_some_and(|rest| rest.contains(end)))
    };
    let Some(at) = unfinished("<!--", "-->").or_else(|| unfinished("<", ">")) else { return Cow::Borrowed(html) };
    let (before, behind) = html.split_at(at);
    Cow::Owned(format!("{before}&lt;{}", behind.get(1..).unwrap_or_default()))
}

/// What stands between two words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Cell,
    Line,
    Block,
}

/// An element that is not shown, and where the text was when it began.
struct Hidden {
    name: String,
    /// How many elements of its name are open in it, with itself.
    depth: usize,
    length: usize,
    gap: Gap,
}

/// The text of a page, as far as it is read.
struct Page<'h> {
    html: &'h str,
    line_ends: LineEnds,
    shown: Shown,
    linked: HashSet<String>,
    gap: Gap,
    /// Whether the last gap was made by a `<br>`.
    is_after_break: bool,
    /// Whether a list item has begun and nothing of it is written yet.
    is_item_due: bool,
    lists: usize,
    preformatted: usize,
    /// The table cell at hand: the length of the text where it began, and the gap before it.
    cell: Option<(usize, Gap)>,
    has_row_cells: bool,
    /// Where the raised or lowered text at hand begins.
    raised_from: Option<usize>,
    hidden: Vec<Hidden>,
    /// The raw text element at hand that is not shown.
    dropped: Option<String>,
    /// How many ends of raw text elements are still to come, by name.
    raw_ends: HashMap<&'static str, usize>,
}

impl<'h> Page<'h> {
    fn new(html: &'h str, line_ends: LineEnds) -> Page<'h> {
        Page {
            html,
            line_ends,
            shown: Shown { text: String::with_capacity(html.len()), links: Vec::new() },
            linked: HashSet::new(),
            gap: Gap::None,
            is_after_break: false,
            is_item_due: false,
            lists: 0,
            preformatted: 0,
            cell: None,
            has_row_cells: false,
            raised_from: None,
            hidden: Vec::new(),
            dropped: None,
            raw_ends: HashMap::new(),
        }
    }

    fn finish(mut self) -> Shown {
        let length = self.shown.text.trim_end().len();
        self.shown.text.truncate(length);
        self.shown
    }

    fn text(&mut self, text: &str) {
        if self.dropped.is_some() {
            return;
        }
        if self.preformatted > 0 {
            return self.preformatted_text(text);
        }
        for (index, word) in with_word_gaps(text).split(|c: char| c.is_ascii_whitespace()).enumerate() {
            if index > 0 {
                self.part(Gap::Space);
            }
            if !word.is_empty() {
                self.write_gap();
                self.shown.text.push_str(word);
            }
        }
    }

    /// Text in which line ends are line ends.
    fn lines(&mut self, text: &str) {
        if self.dropped.is_some() || self.preformatted > 0 || self.line_ends == LineEnds::Spaces {
            return self.text(text);
        }
        let mut line_ends = 0;
        for line in text.split_inclusive('\n') {
            if line.trim_ascii().is_empty() {
                line_ends += usize::from(line.ends_with('\n'));
                if line_ends == 0 {
                    self.part(Gap::Space);
                }
            } else {
                self.part_lines(line_ends);
                self.text(line);
                line_ends = usize::from(line.ends_with('\n'));
            }
        }
        self.part_lines(line_ends);
    }

    fn part_lines(&mut self, line_ends: usize) {
        match line_ends {
            0 => {}
            1 => self.part(Gap::Line),
            _ => self.part(Gap::Block),
        }
    }

    fn preformatted_text(&mut self, text: &str) {
        for c in text.chars() {
            if !c.is_whitespace() {
                self.write_gap();
                self.shown.text.push(c);
            } else if self.gap == Gap::None && !self.shown.text.is_empty() {
                self.shown.text.push(c);
            }
        }
    }

    /// Parts what comes from what is written. At the beginning of an item or a cell there is nothing to part.
    fn part(&mut self, gap: Gap) {
        let is_cell_empty = self.cell.is_some_and(|(length, _)| self.shown.text.len() == length);
        if self.is_item_due || is_cell_empty {
            return;
        }
        let is_inside = self.lists > 0 || self.cell.is_some();
        let gap = if gap == Gap::Block && is_inside { Gap::Line } else { gap };
        self.gap = self.gap.max(gap);
        self.is_after_break = false;
    }

    fn write_gap(&mut self) {
        let text = &mut self.shown.text;
        if self.gap >= Gap::Line {
            text.truncate(text.trim_end_matches([' ', '\t', '\n']).len());
        }
        if !text.is_empty() {
            text.push_str(match self.gap {
                Gap::None => "",
                Gap::Space => " ",
                Gap::Cell => "\t",
                Gap::Line => "\n",
                Gap::Block => "\n\n",
            });
        }
        self.gap = Gap::None;
        if std::mem::take(&mut self.is_item_due) {
            text.push_str("- ");
        }
    }

    fn start(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name: &str = &tag.name;
        if self.dropped.is_some() {
            return TokenSinkResult::Continue;
        }
        self.note_hidden(tag);
        match name {
            "br" => {
                let again = self.is_after_break;
                self.part(if again { Gap::Block } else { Gap::Line });
                self.is_after_break = true;
            }
            "img" | "image" => {
                self.part(Gap::Space);
                if let Some(alternative) = attribute(tag, "alt") {
                    self.text(alternative);
                }
                self.part(Gap::Space);
            }
            "a" => self.link(tag),
            "ul" | "ol" | "menu" | "dir" => {
                self.part(Gap::Block);
                self.lists += 1;
            }
            "li" => {
                self.part(Gap::Line);
                self.is_item_due = true;
            }
            "dt" | "dd" => self.part(Gap::Line),
            "tr" => {
                self.end_cell();
                self.part(Gap::Line);
                self.has_row_cells = false;
            }
            "td" | "th" => {
                self.end_cell();
                if std::mem::replace(&mut self.has_row_cells, true) {
                    self.gap = self.gap.max(Gap::Cell);
                }
                self.cell = Some((self.shown.text.len(), self.gap));
            }
            "pre" | "listing" => {
                self.part(Gap::Block);
                self.preformatted += 1;
            }
            "sup" | "sub" => self.raised_from = Some(self.shown.text.len()),
            name if BLOCKS.contains(&name) => self.part(Gap::Block),
            name if WORDS.contains(&name) => self.part(Gap::Space),
            _ => {}
        }
        self.raw(name)
    }

    /// Tells the parser that an element holds no tags.
    fn raw(&mut self, name: &str) -> TokenSinkResult<()> {
        let (name, kind, is_shown) = match name {
            "script" => ("script", ScriptData, false),
            "style" => ("style", Rawtext, false),
            "iframe" => ("iframe", Rawtext, false),
            "noscript" => ("noscript", Rawtext, false),
            "noembed" => ("noembed", Rawtext, false),
            "noframes" => ("noframes", Rawtext, false),
            "xmp" => ("xmp", Rawtext, true),
            "title" => ("title", Rcdata, false),
            "textarea" => ("textarea", Rcdata, true),
            _ => return TokenSinkResult::Continue,
        };
        let kind: RawKind = kind;
        let html = self.html;
        let to_come = self.raw_ends.entry(name).or_insert_with(|| count_ends(html, name));
        if *to_come == 0 {
            return TokenSinkResult::Continue;
        }
        *to_come -= 1;
        if !is_shown {
            self.dropped = Some(name.to_owned());
        }
        TokenSinkResult::RawData(kind)
    }

    fn end(&mut self, name: &str) {
        if let Some(dropped) = &self.dropped {
            if dropped == name {
                self.dropped = None;
            }
            return;
        }
        match name {
            "br" => self.part(Gap::Line),
            "ul" | "ol" | "menu" | "dir" => {
                self.is_item_due = false;
                self.lists = self.lists.saturating_sub(1);
                self.part(Gap::Block);
            }
            "li" => {
                self.is_item_due = false;
                self.part(Gap::Line);
            }
            "dt" | "dd" => self.part(Gap::Line),
            "td" | "th" => self.end_cell(),
            "tr" => {
                self.end_cell();
                self.part(Gap::Line);
            }
            "table" => {
                self.end_cell();
                self.has_row_cells = false;
                self.part(Gap::Block);
            }
            "pre" | "listing" => {
                self.preformatted = self.preformatted.saturating_sub(1);
                self.part(Gap::Block);
            }
            "sup" | "sub" => self.end_raised(name == "sup"),
            name if BLOCKS.contains(&name) => self.part(Gap::Block),
            name if WORDS.contains(&name) => self.part(Gap::Space),
            _ => {}
        }
        self.end_hidden(name);
    }

    /// Ends the cell at hand; behind one with text comes a tab.
    fn end_cell(&mut self) {
        if let Some((length, gap)) = self.cell.take() {
            self.is_item_due = false;
            self.gap = if self.shown.text.len() == length { gap } else { Gap::Cell };
        }
    }

    /// Digits behind a word become the digits that Unicode has for them, so that m² is not m2, and the
    /// mark of a footnote is told from a word.
    fn end_raised(&mut self, is_up: bool) {
        let Some(from) = self.raised_from.take() else { return };
        let Some(raised) = self.shown.text.get(from..).filter(|text| !text.is_empty()) else { return };
        let digit = |c: char| match (c, is_up) {
            ('1', true) => Some('¹'),
            ('2', true) => Some('²'),
            ('3', true) => Some('³'),
            (c, true) => c.to_digit(10).and_then(|digit| char::from_u32(0x2070 + digit)),
            (c, false) => c.to_digit(10).and_then(|digit| char::from_u32(0x2080 + digit)),
        };
        if let Some(digits) = raised.chars().map(digit).collect::<Option<String>>() {
            self.shown.text.truncate(from);
            self.shown.text.push_str(&digits);
        }
    }

    fn link(&mut self, tag: &Tag) {
        let Some(href) = attribute(tag, "href").map(str::trim) else { return };
        let is_mail = href.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
        if !href.is_empty() && !is_mail && self.linked.insert(href.to_owned()) {
            self.shown.links.push(href.to_owned());
        }
    }

    /// Remembers where an element begins that is not shown.
    fn note_hidden(&mut self, tag: &Tag) {
        let name: &str = &tag.name;
        if let Some(hidden) = self.hidden.last_mut().filter(|hidden| hidden.name == name) {
            hidden.depth += 1;
            return;
        }
        let is_hidden = name == "template"
            || attribute(tag, "hidden").is_some_and(|value| !value.eq_ignore_ascii_case("until-found"))
            || attribute(tag, "style").is_some_and(is_displayed_nowhere);
        if !is_hidden || is_void(name) || tag.self_closing {
            return;
        }
        let text = &mut self.shown.text;
        let length = text.trim_end_matches([' ', '\t', '\n']).len();
        if length < text.len() {
            text.truncate(length);
            self.gap = self.gap.max(Gap::Space);
        }
        self.hidden.push(Hidden { name: name.to_owned(), depth: 1, length, gap: self.gap });
    }

    /// Takes back what was written of an element that is not shown. One that does not end is shown.
    fn end_hidden(&mut self, name: &str) {
        let Some(hidden) = self.hidden.last_mut().filter(|hidden| hidden.name == name) else { return };
        hidden.depth -= 1;
        if hidden.depth == 0
            && let Some(hidden) = self.hidden.pop()
        {
            self.shown.text.truncate(hidden.length);
            self.gap = self.gap.max(hidden.gap).max(Gap::Space);
        }
    }
}

fn attribute<'t>(tag: &'t Tag, name: &str) -> Option<&'t str> {
    tag.attrs.iter().find(|attribute| &*attribute.name.local == name).map(|attribute| &*attribute.value)
}

/// Whether a style says `display: none`.
fn is_displayed_nowhere(style: &str) -> bool {
    style.split(';').any(|rule| {
        rule.split_once(':').is_some_and(|(property, value)| {
            let value = value.trim_ascii().trim_end_matches("!important").trim_ascii();
            property.trim_ascii().eq_ignore_ascii_case("display") && value.eq_ignore_ascii_case("none")
        })
    })
}

/// How often an element ends in a text.
fn count_ends(html: &str, name: &str) -> usize {
    html.match_indices("</")
        .filter(|(at, _)| {
            let end = html.as_bytes().get(at + 2..at + 2 + name.len());
            end.is_some_and(|end| end.eq_ignore_ascii_case(name.as_bytes()))
        })
        .count()
}

struct PageSink<'h>(RefCell<Page<'h>>);

impl TokenSink for PageSink<'_> {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let mut page = self.0.borrow_mut();
        match token {
            CharacterTokens(text) => page.lines(&text),
            NullCharacterToken => page.part(Gap::Space),
            TagToken(tag) => match tag.kind {
                StartTag => return page.start(&tag),
                EndTag => page.end(&tag.name),
            },
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> String {
        shown(html, LineEnds::Spaces).text
    }

    #[test]
    fn blocks_items_cells_and_breaks_are_kept_apart() {
        for (html, expected) in [
            ("<h2>Uno</h2><p>dos\n  tres</p>cuatro<div>cinco</div>", "Uno\n\ndos tres\n\ncuatro\n\ncinco"),
            ("Caracas<br>Venezuela", "Caracas\nVenezuela"),
            ("uno<br/><br/>dos", "uno\n\ndos"),
            ("<ul><li>a</li><li><p>b</p><p>c</p><ol><li>d</ol></li></ul>e", "- a\n- b\nc\n- d\n\ne"),
            ("<ul><li>a<li>b</ul>", "- a\n- b"),
            ("<table><tr><th>x<th><p>y</p></tr><tr><td>1</td><td></td><td>2</td></tr></table>fin", "x\ty\n1\t2\n\nfin"),
            ("<dl><dt>a</dt><dd>b</dd></dl>", "a\nb"),
            ("<figure><img src=a.png alt='Un mapa'><figcaption>Pie</figcaption></figure>", "Un mapa\n\nPie"),
            ("a<img alt='b'>c<img alt=\"d\"><img alt=e>", "a b c d e"),
            ("in<b>ver</b>na<wbr>dero", "invernadero"),
            ("<pre>a\n  b</pre>c", "a\n  b\n\nc"),
            ("<p>uno<p>dos", "uno\n\ndos"),
            ("<details><summary>Más</summary>texto</details>", "Más\n\ntexto"),
            ("m<sup>2</sup>, CO<sub>2</sub>, 1<sup>er</sup>", "m², CO₂, 1er"),
        ] {
            assert_eq!(text(html), expected, "{html}");
        }
    }

    #[test]
    fn what_browsers_do_not_show_is_left_out() {
        for html in [
            "uno<script>if (a < b) { x('</p>') }</script> dos",
            "uno <style>p { color: red }</style>dos",
            "uno<!-- tres --> dos",
            "<title>tres</title>uno dos",
            "uno <template><p>tres</p></template>dos",
            "uno<p hidden>tres <b>cuatro</b></p>dos",
            "uno <div style='color: red; DISPLAY : none'>tres<div>cuatro</div></div> dos",
            "uno <iframe src=x>tres</iframe> dos",
            "<!DOCTYPE html>uno<noscript><img alt=tres></noscript> dos",
        ] {
            assert_eq!(text(html).split_whitespace().collect::<Vec<_>>(), ["uno", "dos"], "{html}");
        }
    }

    #[test]
    fn what_does_not_end_takes_no_text_away() {
        for html in ["<b>uno</b> <!-- dos", "<b>uno</b> <script> dos", "<b>uno</b> <i dos", "<p hidden>uno dos"] {
            let text = text(html);
            assert!(text.contains("uno") && text.contains("dos"), "{html}: {text}");
        }
    }

    #[test]
    fn references_are_decoded_once() {
        assert_eq!(
            text("<p>Ciencia &amp; tecnolog&iacute;a &#8211; &amp;lt;b&gt;</p>"),
            "Ciencia & tecnología – &lt;b>"
        );
        assert_eq!(decoded("J&#243;venes&#x2026; &nbsp;&desconocida;"), "Jóvenes… \u{a0}&desconocida;");
    }

    #[test]
    fn links_are_collected_once_without_mail() {
        let shown = shown("<a href='/a'>x</a><a href=/a>y</a><a href='mailto:x@y.z'>z</a><a>w</a>", LineEnds::Spaces);
        assert_eq!(shown.links, ["/a"]);
    }

    #[test]
    fn line_ends_are_kept_where_they_part_paragraphs() {
        let html = "Uno <b>dos</b>\ntres.\n\n  \n<i>Cuatro</i> cinco";
        assert_eq!(shown(html, LineEnds::Kept).text, "Uno dos\ntres.\n\nCuatro cinco");
        assert_eq!(shown(html, LineEnds::Spaces).text, "Uno dos tres. Cuatro cinco");
    }

    #[test]
    fn deeply_nested_elements_are_read() {
        let html = format!("{}uno{}", "<div><ul><li>".repeat(50_000), "</li></ul></div>".repeat(50_000));
        assert_eq!(text(&html), "- uno");
    }
}
