//! The text in the values of a record: HTML, character references and shortcodes, as content management
//! systems export them, become the text that a reader sees.
//!
//! A text is HTML if it has a comment, an element that never has an end (`<br>`), or one that begins and
//! ends; one that merely speaks of `<script>`, or says `a < b` or `R&D`, is text. What stands in a code span (between
//! backticks) is left as it is.

mod elements;
pub(crate) mod html;
pub(crate) mod shortcodes;

use std::borrow::Cow;
use std::ops::Range;

use self::html::LineEnds;
use super::text::head;

/// How far a code span is looked for, in bytes.
const MAX_CODE_SPAN: usize = 10_000;

/// The text of a value, in paragraphs.
pub(crate) fn text(value: &str) -> Cow<'_, str> {
    if !value.contains(['<', '&', '[']) {
        return Cow::Borrowed(value);
    }
    let value = without_shortcodes(value);
    let code = code_spans(&value);
    if !is_html(&value, &code) {
        return match value.contains('&') {
            true => Cow::Owned(html::decoded(&escaped(&value, &code, |_, rest| is_reference(rest)))),
            false => value,
        };
    }
    let line_ends = match has_blocks(&value) {
        true => LineEnds::Spaces,
        false => LineEnds::Kept,
    };
    Cow::Owned(html::shown(&escaped(&value, &code, |_, _| true), line_ends).text)
}

/// Where the links of a value lead, each once, as written; none where it is no HTML.
pub(crate) fn links(value: &str) -> Vec<String> {
    let is_link = |start: &[u8]| start.eq_ignore_ascii_case(b"href");
    if !value.as_bytes().windows(4).any(is_link) {
        return Vec::new();
    }
    let value = without_shortcodes(value);
    let code = code_spans(&value);
    if !is_html(&value, &code) {
        return Vec::new();
    }
    html::shown(&escaped(&value, &code, |_, _| true), LineEnds::Kept).links
}

/// The text of a value on one line. A value that is nothing but a tag is kept as it is.
pub(crate) fn line(value: &str) -> Cow<'_, str> {
    let text = text(value);
    if text.trim().is_empty() { Cow::Borrowed(value) } else { text }
}

/// The code spans and fenced code of a text: from a run of backticks to the next one of the same length.
pub(crate) fn code_spans(text: &str) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('`')) {
        let begin = at + found;
        let run = run_length(text, begin);
        let content = begin + run;
        match code_end(text, content, run) {
            Some(end) => {
                spans.push(begin..end);
                at = end;
            }
            None => at = content,
        }
    }
    spans
}

fn run_length(text: &str, at: usize) -> usize {
    text.get(at..).map_or(0, |rest| rest.bytes().take_while(|byte| *byte == b'`').count())
}

/// Where the code span ends whose content begins here, after a run of this length. A span in a line goes
/// no further than its paragraph.
fn code_end(text: &str, content: usize, run: usize) -> Option<usize> {
    let mut rest = head(text.get(content..)?, MAX_CODE_SPAN);
    if run < 3 {
        rest = rest.split("\n\n").next()?;
    }
    let mut at = 0;
    while let Some(found) = rest.get(at..).and_then(|rest| rest.find('`')) {
        let length = run_length(rest, at + found);
        at += found + length;
        if length == run {
            return Some(content + at);
        }
    }
    None
}

/// A text without its shortcodes; those in code spans and code elements stay.
fn without_shortcodes(text: &str) -> Cow<'_, str> {
    if !text.contains('[') {
        return Cow::Borrowed(text);
    }
    let names = shortcodes::Names::of(text);
    let mut code = code_spans(text);
    for (opening, end) in [("<code", "</code"), ("<pre", "</pre")] {
        let mut at = 0;
        while let Some(begin) = text.get(at..).and_then(|rest| rest.find(opening)).map(|found| at + found) {
            let Some(length) = text.get(begin..).and_then(|rest| rest.find(end)) else { break };
            code.push(begin..begin + length);
            at = begin + length;
        }
    }
    code.sort_by_key(|span| span.start);
    let mut stripped = String::with_capacity(text.len());
    let mut at = 0;
    for span in code.into_iter().chain(std::iter::once(text.len()..text.len())) {
        stripped.push_str(&names.strip(text.get(at..span.start.max(at)).unwrap_or_default()));
        at = at.max(span.start);
        stripped.push_str(text.get(at..span.end.max(at)).unwrap_or_default());
        at = at.max(span.end);
    }
    Cow::Owned(stripped)
}

/// A text in which the tags and references of code spans are escaped, and elsewhere those marks (`<`
/// and `&`) that are not kept.
fn escaped(text: &str, code: &[Range<usize>], keep: impl Fn(usize, &str) -> bool) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    let mut spans = code.iter().peekable();
    let mut at = 0;
    for (mark, found) in text.match_indices(['<', '&']) {
        while spans.peek().is_some_and(|span| span.end <= mark) {
            spans.next();
        }
        let is_code = spans.peek().is_some_and(|span| span.contains(&mark));
        escaped.push_str(text.get(at..mark).unwrap_or_default());
        at = mark + 1;
        escaped.push_str(match found {
            found if !is_code && keep(mark, text.get(mark..).unwrap_or_default()) => found,
            "<" => "&lt;",
            _ => "&amp;",
        });
    }
    escaped.push_str(text.get(at..).unwrap_or_default());
    escaped
}

/// Whether a text begins with a whole character reference: `&aacute;`, `&#225;`, `&#xe1;`.
fn is_reference(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('&') else { return false };
    let Some((name, _)) = head(rest, 33).split_once(';') else {
        return false;
    };
    match name.strip_prefix('#') {
        Some(number) => {
            let (digits, radix) = number.strip_prefix(['x', 'X']).map_or((number, 10), |digits| (digits, 16));
            u32::from_str_radix(digits, radix).is_ok_and(|code| char::from_u32(code).is_some())
        }
        None => name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()),
    }
}

/// A tag of an element of HTML, as far as a glance shows.
struct Glance<'t> {
    name: &'t str,
    is_end: bool,
}

/// The tags of a text.
fn tags(text: &str) -> impl Iterator<Item = (usize, Glance<'_>)> {
    text.match_indices('<').filter_map(|(at, _)| {
        let rest = text.get(at + 1..)?;
        let (is_end, rest) = rest.strip_prefix('/').map_or((false, rest), |rest| (true, rest));
        let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let (name, behind) = rest.split_at_checked(length)?;
        let is_tag = behind.starts_with(|c: char| c == '>' || c == '/' || c.is_ascii_whitespace());
        (is_tag && elements::is_element(&name.to_ascii_lowercase())).then_some((at, Glance { name, is_end }))
    })
}

fn is_html(text: &str, code: &[Range<usize>]) -> bool {
    let is_code = |at: usize| {
        let next = code.partition_point(|span| span.end <= at);
        code.get(next).is_some_and(|span| span.contains(&at))
    };
    if !text.contains('<') {
        return false;
    }
    if text.find("<!--").is_some_and(|at| !is_code(at) && text.get(at..).is_some_and(|rest| rest.contains("-->"))) {
        return true;
    }
    let trimmed = text.trim_start();
    let start = text.len() - trimmed.len();
    let mut open: Vec<&str> = Vec::new();
    for (at, Glance { name, is_end }) in tags(text).filter(|(at, _)| !is_code(*at)) {
        let is_open = |open: &&str| open.eq_ignore_ascii_case(name);
        let begins_text = at == start && elements::is_block(&name.to_ascii_lowercase());
        if (is_end && open.iter().any(is_open))
            || (!is_end && (elements::is_void(&name.to_ascii_lowercase()) || begins_text))
        {
            return true;
        }
        if !is_end && !open.iter().any(is_open) {
            open.push(name);
        }
    }
    false
}

/// Whether paragraphs are marked by tags, and not by blank lines.
fn has_blocks(text: &str) -> bool {
    tags(text).any(|(_, Glance { name, .. })| matches!(name.to_ascii_lowercase().as_str(), "p" | "div" | "td"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_its_text() {
        for (value, expected) in [
            ("<p>Uno</p><p>dos</p>", "Uno\n\ndos"),
            ("<P CLASS=x>Uno <EM>dos</EM>", "Uno dos"),
            ("Uno<br>dos", "Uno\ndos"),
            ("Un título <em>con énfasis</em>", "Un título con énfasis"),
            ("<!-- wp:paragraph {\"align\":\"left\"} --><p>Uno</p><!-- /wp:paragraph -->", "Uno"),
            ("Uno <strong>dos</strong>.\n\nTres\ncuatro.", "Uno dos.\n\nTres\ncuatro."),
            ("<p>Uno</p>\n<script>var x = 1;</script>", "Uno"),
            ("<p>Use <code>&lt;script&gt;</code></p>", "Use <script>"),
        ] {
            assert_eq!(text(value), expected, "{value}");
        }
    }

    #[test]
    fn references_are_decoded_once_with_and_without_tags() {
        for (value, expected) in [
            ("Ciencia &amp; tecnolog&iacute;a", "Ciencia & tecnología"),
            ("&#8220;J&#xf3;venes&#8221;&hellip;", "“Jóvenes”…"),
            ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
            ("<p>&amp;lt;b&amp;gt;</p>", "&lt;b&gt;"),
            ("&lt;p&gt;", "<p>"),
        ] {
            assert_eq!(text(value), expected, "{value}");
        }
    }

    #[test]
    fn what_is_no_markup_is_left_as_it_is() {
        for value in [
            "a < b y c > d",
            "R&D, AT&T; Q & A &",
            "/lista?a=1&copy=2&lang=es",
            "La etiqueta <script> carga programas.",
            "Se escribe `<p>a</p>` y `&amp;`, o ``<br>`` en una línea.",
            "```\n<p>a</p>\n\n<p>b</p> &amp;\n```\nFin.",
            "List<String> y <nombre>Ana</nombre>",
            "El signo [sic] y la cita [1].",
            "x <y z> w",
            "&#xd800; &#0x; &x;",
            "<https://ires.example/?a=1&b=2> y <ana@ires.example>",
            "El signo [sic], y `[gallery]` en código.",
            "",
        ] {
            assert_eq!(text(value), value);
        }
    }

    #[test]
    fn code_spans_in_html_are_left_as_they_are() {
        assert_eq!(text("<p>Use `<script>` y `&lt;`</p><p>fin</p>"), "Use `<script>` y `&lt;`\n\nfin");
    }

    #[test]
    fn links_are_those_of_html_outside_of_code() {
        assert_eq!(links("<p><a href=\"/a\">A</a>, <A HREF=/b>B</A>, `<a href=/c>c</a>`</p>"), ["/a", "/b"]);
        assert_eq!(links("href, <a href> y [a](/b)"), [""; 0]);
    }

    #[test]
    fn a_line_of_nothing_but_tags_is_kept() {
        assert_eq!(line("<br>"), "<br>");
        assert_eq!(line("<b>Uno</b>"), "Uno");
    }

    #[test]
    fn many_backticks_are_read_in_time() {
        let runs: String = (1..1_500).map(|length| format!("{}x<", "`".repeat(length))).collect();
        assert_eq!(text(&runs), runs);
    }
}
