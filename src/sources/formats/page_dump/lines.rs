//! Parses the raw lines of a dump into items: paragraphs, list items, headings.

/// The marker before the text of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Marker {
    /// No marker.
    None,
    /// A bullet of any shape.
    Bullet,
    /// The number of a list item with its punctuation, such as `3.` or `(3)`.
    Number(String),
    /// A Markdown heading of this level, 1 to 6.
    Heading(u8),
}

/// One paragraph, heading or list item: a line, or several lines of a paragraph that a text browser
/// wrapped.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// Never empty; single spaces, no control characters, without the marker.
    pub text: String,
    /// The number of columns before the marker or text.
    pub indent: usize,
    pub marker: Marker,
    /// The number of words; two ideographs count as one word.
    pub words: usize,
}

impl Item {
    pub(crate) fn listed(&self) -> bool {
        matches!(self.marker, Marker::Bullet | Marker::Number(_))
    }

    /// Whether the text ends like a sentence, ignoring closing quotes, brackets and footnote marks.
    /// A text that ends with an address counts too, because many writers put no full stop after
    /// one.
    pub(crate) fn ends_sentence(&self) -> bool {
        let address = || {
            let last = self.text.rsplit(' ').next().unwrap_or_default();
            self.words >= 8 && (last.contains("://") || last.starts_with("www.") || last.contains('@'))
        };
        matches!(last_sign(&self.text), Some('.' | '!' | '?' | '…' | ':' | ';' | '。')) || address()
    }

    /// Whether the text ends with an omission mark: `…`, `...`, `[…]`.
    pub(crate) fn ends_cut(&self) -> bool {
        cut_mark(&self.text).is_some()
    }

    pub(crate) fn introduces(&self) -> bool {
        last_sign(&self.text) == Some(':')
    }
}

/// The text before an omission mark at its end, or `None` if there is none.
pub(crate) fn cut_mark(text: &str) -> Option<&str> {
    ["[…]", "[...]", "(…)", "(...)", "…", "..."].iter().find_map(|mark| text.strip_suffix(mark)).map(str::trim_end)
}

fn last_sign(text: &str) -> Option<char> {
    let mut text = text;
    // A footnote mark such as "[12]" may follow the full stop.
    while let Some((head, note)) = text.strip_suffix(']').and_then(|t| t.rsplit_once('[')) {
        if note.is_empty() || note.len() > 3 || !note.bytes().all(|b| b.is_ascii_digit()) {
            break;
        }
        text = head.trim_end();
    }
    text.trim_end_matches(['"', '\'', '”', '’', '»', ')', ']', '*', '_', ' ', '¹', '²', '³']).chars().next_back()
}

/// Folds a text to lower case without the accents of Western European languages.
pub(crate) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
            continue;
        }
        for c in c.to_lowercase() {
            match c {
                'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' => out.push('a'),
                'é' | 'è' | 'ê' | 'ë' => out.push('e'),
                'í' | 'ì' | 'î' | 'ï' => out.push('i'),
                'ó' | 'ò' | 'ô' | 'õ' | 'ö' => out.push('o'),
                'ú' | 'ù' | 'û' | 'ü' => out.push('u'),
                'ç' => out.push('c'),
                'ñ' => out.push('n'),
                'œ' => out.push_str("oe"),
                '’' => out.push('\''),
                // Combining marks of decomposed letters.
                '\u{300}'..='\u{36f}' => {}
                _ => out.push(c),
            }
        }
    }
    out
}

/// Only the folded words, separated by one space: equal for all spellings of a line.
pub(crate) fn key(text: &str) -> String {
    key_of_folded(&fold(text))
}

/// Like [`key`], for a text that is already folded.
pub(crate) fn key_of_folded(folded: &str) -> String {
    let mut out = String::with_capacity(folded.len());
    for word in folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// The text with every run of white space (including NBSP) as one space, trimmed, without control,
/// zero-width and direction characters.
pub(crate) fn clean(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        if c.is_whitespace() || c.is_control() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}' | '\u{ad}' | '\u{2060}') {
            out.push(c);
        }
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

/// Splits a bullet, number or heading marker from a cleaned line.
fn split_marker(text: &str) -> (Marker, &str) {
    let mut marker = Marker::None;
    let mut rest = text;
    // Nested empty list items print several bullets on one line.
    for _ in 0..3 {
        let Some(stripped) = strip_bullet(rest) else {
            break;
        };
        marker = Marker::Bullet;
        rest = stripped;
    }
    if marker == Marker::Bullet {
        return (marker, rest);
    }
    let level = rest.bytes().take_while(|b| *b == b'#').count();
    if let (1..=6, Some(heading)) = (level, rest.get(level..))
        && let Some(heading) = heading.strip_prefix(' ')
    {
        let level = u8::try_from(level).unwrap_or(6);
        return (Marker::Heading(level), heading.trim_end_matches(['#', ' ']));
    }
    let open = usize::from(rest.starts_with('('));
    let digits = rest.bytes().skip(open).take_while(u8::is_ascii_digit).count();
    if let (1..=3, Some((number, tail))) = (digits, rest.split_once(' ')) {
        let sign = number.get(open + digits..).unwrap_or_default();
        if sign == ")" || (open == 0 && sign == ".") {
            return (Marker::Number(number.to_owned()), tail);
        }
    }
    (Marker::None, rest.strip_prefix("> ").unwrap_or(rest))
}

fn strip_bullet(text: &str) -> Option<&str> {
    let sign = text.chars().next()?;
    let rest = text.get(sign.len_utf8()..)?;
    match sign {
        '•' | '‣' | '◦' | '▪' | '▫' | '●' | '○' | '■' | '□' | '⁃' | '➢' | '►' | '▸' | '✓' | '✔' => {
            Some(rest.trim_start())
        }
        '*' | '-' | '+' | '–' | '—' | '·' => rest.strip_prefix(' ').map(str::trim_start),
        _ => None,
    }
}

/// Replaces Markdown links by their text and removes images and bold marks; `None` if there are
/// none.
fn strip_markdown(text: &str) -> Option<String> {
    if !text.contains("](") && !text.contains("**") {
        return None;
    }
    /// The longest address that is searched for its closing bracket.
    const LONGEST_ADDRESS: usize = 2_000;
    let mut out = String::with_capacity(text.len());
    let mut opened: Vec<(usize, bool)> = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**") {
            rest = after;
            continue;
        }
        if let (Some(after), Some((at, image))) = (rest.strip_prefix("]("), opened.last().copied())
            && let Some(close) = after.bytes().take(LONGEST_ADDRESS).position(|b| b == b')')
        {
            opened.pop();
            if image {
                out.truncate(at);
            } else if out.is_char_boundary(at) && at < out.len() {
                out.remove(at);
                // Positions of outer brackets are before `at` and stay valid.
            }
            rest = after.get(close + 1..).unwrap_or_default();
            continue;
        }
        if c == '[' {
            let image = out.ends_with('!');
            opened.push((out.len() - usize::from(image), image));
            // Any open bracket may start a link; remembering the last few is enough.
            if opened.len() > 8 {
                opened.remove(0);
            }
        }
        out.push(c);
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    Some(clean(&out))
}

fn count_words(text: &str) -> usize {
    let ideographs = text.chars().filter(|c| matches!(c, '\u{3040}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')).count();
    let words = text.split(' ').filter(|w| w.chars().any(char::is_alphanumeric)).count();
    words + ideographs / 2
}

struct Raw {
    text: String,
    indent: usize,
    /// The number of characters in the line, including the indent.
    width: usize,
    longest_word: usize,
}

/// The items of a page, in order. Linear in the length of the page.
pub(crate) fn items(page: &str) -> Vec<Item> {
    let raw: Vec<Raw> = page
        .trim_start_matches('\u{feff}')
        .lines()
        .flat_map(|line| line.split(['\r', '\u{c}', '\u{2028}', '\u{2029}']))
        .map(raw_line)
        .collect();
    let width = wrap_width(&raw);
    let mut items: Vec<Item> = Vec::new();
    let mut gap = true;
    // The width and indent of the raw line that the last item ended with.
    let mut last: Option<(usize, usize)> = None;
    for line in &raw {
        if !line.text.chars().any(char::is_alphanumeric) {
            mark_underlined(&mut items, &line.text, gap);
            gap = true;
            continue;
        }
        let (marker, text) = split_marker(&line.text);
        let text = strip_markdown(text).unwrap_or_else(|| text.to_owned());
        if !text.chars().any(char::is_alphanumeric) {
            continue;
        }
        if let (false, Some((last_width, last_indent)), Marker::None, Some(item)) =
            (gap, last, &marker, items.last_mut())
            && continues(item, last_width, last_indent, line, &text, width)
        {
            item.words += count_words(&text);
            if !(item.text.ends_with('-') && item.text.len() > 1 && width.is_none()) {
                item.text.push(' ');
            }
            item.text.push_str(&text);
            last = Some((line.width, line.indent));
            continue;
        }
        last = Some((line.width, line.indent));
        items.push(Item { words: count_words(&text), text, indent: line.indent, marker });
        gap = false;
    }
    drop_link_numbers(&mut items);
    items
}

fn raw_line(line: &str) -> Raw {
    let mut indent = 0;
    for c in line.chars() {
        match c {
            '\t' => indent += 4,
            c if c.is_whitespace() => indent += 1,
            _ => break,
        }
    }
    let text = clean(line);
    Raw {
        width: indent + text.chars().count(),
        longest_word: text.split(' ').map(str::len).max().unwrap_or(0),
        text,
        indent,
    }
}

/// The column at which a text browser wrapped the lines of this page, if it did.
fn wrap_width(raw: &[Raw]) -> Option<usize> {
    const NARROW: usize = 50;
    const WIDE: usize = 110;
    let mut counts = [0_usize; WIDE + 1];
    let (mut long, mut beyond) = (0, 0);
    for line in raw.iter().filter(|l| l.width >= NARROW && l.longest_word <= 30) {
        long += 1;
        match counts.get_mut(line.width) {
            Some(count) => *count += 1,
            None => beyond += 1,
        }
    }
    if long < 6 || beyond * 10 > long {
        return None;
    }
    let top = (NARROW + 6..=WIDE).rev().find(|top| {
        let near: usize = counts.iter().take(top + 1).skip(top - 5).sum();
        near >= 3 && near * 5 >= long
    })?;
    (0..=top).rev().find(|width| counts.get(*width).is_some_and(|count| *count > 0))
}

fn continues(item: &Item, last_width: usize, last_indent: usize, line: &Raw, text: &str, width: Option<usize>) -> bool {
    if matches!(item.marker, Marker::Heading(_)) {
        return false;
    }
    let aligned = line.indent == last_indent || (item.listed() && line.indent > item.indent);
    if !aligned
        || text.starts_with('[')
            && text.get(1..2).is_some_and(|c| c.bytes().all(|b| b.is_ascii_digit()))
            && item.ends_sentence()
    {
        return false;
    }
    let first = text.split(' ').next().map_or(0, |w| w.chars().count());
    if width.is_some_and(|width| last_width >= 45 && last_width + 1 + first > width) {
        return true;
    }
    // A long line ends within a sentence, and the next line starts in lower case.
    last_width - last_indent >= 50 && !item.ends_sentence() && text.chars().next().is_some_and(char::is_lowercase)
}

/// Turns a short line directly above a line of `===` or `---` into a heading.
fn mark_underlined(items: &mut [Item], rule: &str, gap: bool) {
    let sign = match rule.chars().next() {
        Some(c @ ('=' | '-')) if !gap && rule.len() >= 3 && rule.chars().all(|r| r == c) => c,
        _ => return,
    };
    if let Some(item) = items.last_mut()
        && item.marker == Marker::None
        && item.words <= 30
    {
        item.marker = Marker::Heading(if sign == '=' { 1 } else { 2 });
    }
}

/// Removes the numbers that some browsers print before every link, and the list of addresses that
/// they print at the end.
///
/// Footnotes of an article are kept: they follow a word or precede an address, while link numbers
/// precede words, many times.
fn drop_link_numbers(items: &mut Vec<Item>) {
    let numbered = items.iter().filter(|item| item.words <= 8 && link_number(&item.text).is_some()).count();
    if numbered < 5 {
        return;
    }
    let end = items.iter().enumerate().position(|(at, item)| {
        matches!(key(&item.text).as_str(), "references" | "visible links" | "links")
            && items.iter().skip(at + 1).take(2).any(|next| {
                matches!(next.marker, Marker::Number(_))
                    && (next.text.starts_with("http") || next.text.starts_with("file:"))
            })
    });
    if let Some(end) = end {
        items.truncate(end);
    }
    for item in items.iter_mut() {
        let mut out = String::with_capacity(item.text.len());
        let mut rest = item.text.as_str();
        while let Some(at) = rest.find('[') {
            let (head, tail) = rest.split_at(at);
            out.push_str(head);
            rest = match link_number(tail) {
                Some(after) => after,
                None => {
                    out.push('[');
                    tail.get(1..).unwrap_or_default()
                }
            };
        }
        out.push_str(rest);
        item.text = out;
    }
}

/// The text after `[12]`, if a word that is not an address follows directly.
fn link_number(text: &str) -> Option<&str> {
    let rest = text.strip_prefix('[')?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let after = rest.get(digits..)?.strip_prefix(']')?;
    let word = after.chars().next().is_some_and(char::is_alphanumeric);
    ((1..=4).contains(&digits) && word && !after.starts_with("http")).then_some(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(page: &str) -> Vec<String> {
        items(page).into_iter().map(|i| i.text).collect()
    }

    #[test]
    fn white_space_and_markers() {
        let page = "\u{feff}A\u{a0} title \r\n\r\n  • One\r\n    * Two\r\n3. Three\r\n---\r\n© \r\n";
        let items = items(page);
        let seen: Vec<_> = items.iter().map(|i| (i.text.as_str(), i.indent)).collect();
        assert_eq!(seen, [("A title", 0), ("One", 2), ("Two", 4), ("Three", 0)]);
        assert_eq!(items.last().map(|i| &i.marker), Some(&Marker::Number("3.".into())));
    }

    #[test]
    fn broken_lines_become_paragraphs() {
        let words = "the council met again in the old library to read what had been written so far ";
        let text = words.repeat(6);
        let mut page = String::from("Title\n\n");
        let mut column = 0;
        for word in text.split_whitespace() {
            if column + word.len() > 70 {
                page.push('\n');
                column = 0;
            } else if column > 0 {
                page.push(' ');
            }
            page.push_str(word);
            column += word.len() + 1;
        }
        assert_eq!(texts(&page), ["Title", text.trim()]);
    }

    #[test]
    fn markdown_and_link_numbers() {
        assert_eq!(texts("# A [link](https://x.example/a) **b**"), ["A link b"]);
        assert_eq!(texts("![alt](x.png)"), Vec::<String>::new());
        let page = "[1]Home\n[2]News\n[3]About\n[4]Team\n[5]Jobs\n\nSee the [6]report.\n\nReferences\n\n1. https://a.example/\n";
        assert_eq!(texts(page), ["Home", "News", "About", "Team", "Jobs", "See the report."]);
        assert_eq!(texts("As said.[1]\n\n[1]https://a.example/"), ["As said.[1]", "[1]https://a.example/"]);
    }
}
