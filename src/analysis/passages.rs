//! Splits a body into passages.

/// Whether a passage begins a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassageKind {
    /// The beginning of a paragraph.
    Paragraph,
    /// A further part of a paragraph too long for one passage.
    Continuation,
}

/// A part of the body that can be read on its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage<'a> {
    /// The text, unchanged.
    pub text: &'a str,
    /// Whether it begins a paragraph.
    pub kind: PassageKind,
}

impl Passage<'_> {
    /// Whether it continues the paragraph of the one before it.
    pub fn continues(&self) -> bool {
        self.kind == PassageKind::Continuation
    }
}

/// After this many characters a passage ends at the next end of a sentence.
const PASSAGE_CHARS: usize = 600;

/// After this many characters a passage ends at the last space, or at once.
const MAX_PASSAGE_CHARS: usize = 900;

/// The passages of a body: its paragraphs, those of over some 600 characters split at the end of a
/// sentence, else between words. Joined again (paragraphs by a blank line, continuations by
/// nothing) they give the body.
pub fn passages_of(body: &str) -> impl Iterator<Item = Passage<'_>> {
    paragraphs(body).flat_map(|paragraph| {
        let mut rest = paragraph;
        let mut kind = PassageKind::Paragraph;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let (text, tail) = rest.split_at(passage_end(rest));
            rest = tail;
            let passage = Passage { text, kind };
            kind = PassageKind::Continuation;
            Some(passage)
        })
    })
}

/// Joins the passages of a body.
#[cfg(feature = "test-support")]
pub fn join_passages<'a>(passages: impl Iterator<Item = Passage<'a>>) -> String {
    let mut body = String::new();
    for passage in passages {
        if passage.kind == PassageKind::Paragraph && !body.is_empty() {
            body.push_str("\n\n");
        }
        body.push_str(passage.text);
    }
    body
}

fn paragraphs(body: &str) -> impl Iterator<Item = &str> {
    let mut rest = body;
    std::iter::from_fn(move || {
        loop {
            if rest.is_empty() {
                return None;
            }
            let (paragraph, tail) = match blank_line(rest) {
                Some((start, end)) => (&rest[..start], &rest[end..]),
                None => (rest, ""),
            };
            rest = tail;
            if !paragraph.trim().is_empty() {
                return Some(paragraph);
            }
        }
    })
}

/// The first run of line ends and white space that holds an empty line.
fn blank_line(text: &str) -> Option<(usize, usize)> {
    let mut from = 0;
    while let Some(at) = text[from..].find('\n').map(|at| from + at) {
        let mut end = at + 1;
        let mut is_blank = false;
        for (offset, c) in text[at + 1..].char_indices() {
            if c == '\n' {
                is_blank = true;
                end = at + 1 + offset + 1;
            } else if !c.is_whitespace() {
                break;
            }
        }
        if is_blank {
            return Some((at, end));
        }
        from = at + 1;
    }
    None
}

fn passage_end(text: &str) -> usize {
    let mut after_space = None;
    let mut last = ' ';
    for (chars, (at, c)) in text.char_indices().enumerate() {
        if chars >= PASSAGE_CHARS {
            let ends_sentence = matches!(last, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟' | '।' | '\n');
            if ends_sentence && (c.is_whitespace() || !last.is_ascii()) {
                return at;
            }
            if c.is_whitespace() {
                after_space = Some(at);
            }
            if chars >= MAX_PASSAGE_CHARS {
                return after_space.unwrap_or(at);
            }
        }
        last = c;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn join(body: &str) -> String {
        join_passages(passages_of(body))
    }

    #[test]
    fn paragraphs_are_kept_and_long_ones_split_after_a_sentence() {
        assert_eq!(join("one\n\ntwo\nlines\n \n\nthree"), "one\n\ntwo\nlines\n\nthree");
        let long = "A sentence of some words. ".repeat(100);
        let passages: Vec<_> = passages_of(&long).collect();
        assert!(passages.len() >= 4 && passages.iter().all(|passage| passage.text.trim_end().ends_with('.')));
    }

    proptest! {
        #[test]
        fn passages_joined_are_the_body(body in "(\\PC{0,300}(\n|\n\n| )){0,12}") {
            let once = join(&body);
            prop_assert_eq!(join(&once), once);
            prop_assert!(passages_of(&body).all(|passage| passage.text.chars().count() <= MAX_PASSAGE_CHARS + 1));
        }
    }
}
