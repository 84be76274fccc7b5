//! Text with the query's words marked: escaped, `<mark>` its only element.

use std::collections::HashSet;
use std::ops::Range;

use super::plan::Plan;
use crate::analysis::{with_forms_cache, words};

/// What stands for a plan's words, to find them in shown text.
pub struct Highlighter<'p> {
    stems: HashSet<&'p str>,
    words: HashSet<&'p str>,
    lang: String,
}

impl<'p> Highlighter<'p> {
    /// Marks a plan's words in texts of a language.
    pub fn new(plan: &'p Plan, lang: &str) -> Highlighter<'p> {
        let variants = plan.words.iter().flat_map(|word| &word.variants);
        let forms = variants.flat_map(|variant| &variant.sequence);
        let (mut stems, mut words) = (HashSet::new(), HashSet::new());
        for forms in forms {
            stems.extend(forms.stems.iter().flatten().map(String::as_str));
            words.extend(forms.folded.iter().map(String::as_str));
        }
        Highlighter { stems, words, lang: lang.to_owned() }
    }

    /// The whole text, marked.
    pub fn mark(&self, text: &str) -> String {
        let marks = self.marks(text);
        render(text, 0..text.len(), &marks)
    }

    /// At most `max_chars` characters of the text around the densest marks, whole words, with an
    /// ellipsis where something is left out.
    pub fn snippet(&self, text: &str, max_chars: usize) -> String {
        let marks = self.marks(text);
        let window = window(text, &marks, max_chars);
        let mut snippet = String::new();
        if window.start > 0 {
            snippet.push('…');
        }
        snippet.push_str(&render(text, window.clone(), &marks));
        if window.end < text.trim_end().len() {
            snippet.push('…');
        }
        snippet
    }

    /// Where the query's words stand, in order, none overlapping.
    fn marks(&self, text: &str) -> Vec<Range<usize>> {
        if self.stems.is_empty() && self.words.is_empty() {
            return Vec::new();
        }
        let mut marks: Vec<Range<usize>> = Vec::new();
        with_forms_cache(&self.lang, |cache| {
            for word in words(text) {
                let forms = cache.forms(&word.text);
                let is_meant = forms.stems.iter().any(|stem| self.stems.contains(stem.as_str()))
                    || forms.words.iter().any(|form| self.words.contains(form.as_str()));
                if !is_meant {
                    continue;
                }
                match marks.last_mut() {
                    Some(last) if word.bytes.start < last.end => last.end = last.end.max(word.bytes.end),
                    _ => marks.push(word.bytes),
                }
            }
        });
        marks
    }
}

/// The bytes of a text to show: up to `max_chars` characters, from a word's beginning to a
/// word's end, with as many marks as possible.
fn window(text: &str, marks: &[Range<usize>], max_chars: usize) -> Range<usize> {
    let end = text.trim_end().len();
    if text[..end].chars().nth(max_chars).is_none() {
        return 0..end;
    }
    // Both ellipses count.
    let room = max_chars.saturating_sub(2).max(1);
    let mut best = (0, 0..0);
    for (place, mark) in marks.iter().enumerate() {
        let window_end = char_after(text, mark.start, room);
        let held = marks[place..].iter().take_while(|later| later.end <= window_end).count();
        if held > best.0 {
            best = (held, mark.clone());
        }
    }
    let first = best.1;
    let last =
        marks.iter().rfind(|mark| mark.end <= char_after(text, first.start, room)).map_or(first.end, |mark| mark.end);
    // What room the marks leave is shared between the text before and after them.
    let used = text.get(first.start..last.max(first.start)).map_or(0, |held| held.chars().count());
    let before = room.saturating_sub(used) / 2;
    let mut start = char_before(text, first.start, before);
    if text[..end].get(start..).is_some_and(|rest| rest.chars().nth(room).is_none()) {
        start = char_before(text, end, room);
    }
    let start = if start == 0 { 0 } else { word_start(text, start, first.start) };
    let stop = char_after(text, start, room).min(end);
    let stop = if stop == end { end } else { word_end(text, stop, last.min(stop).max(start)) };
    start..stop.max(start)
}

/// The next beginning of a word at or after `at`, no later than `limit`.
fn word_start(text: &str, at: usize, limit: usize) -> usize {
    let before = text[..at].chars().next_back();
    if before.is_none_or(char::is_whitespace) {
        return at;
    }
    let next = text[at..].char_indices().find(|(_, c)| c.is_whitespace()).map(|(offset, c)| at + offset + c.len_utf8());
    next.filter(|next| *next <= limit).unwrap_or(at.min(limit))
}

/// The last end of a word at or before `at`, no earlier than `limit`; `at` itself in text
/// without spaces.
fn word_end(text: &str, at: usize, limit: usize) -> usize {
    if text[at..].chars().next().is_none_or(char::is_whitespace) {
        return at;
    }
    text[limit..at].rfind(char::is_whitespace).map_or(at, |space| limit + space)
}

fn char_after(text: &str, from: usize, chars: usize) -> usize {
    text[from..].char_indices().nth(chars).map_or(text.len(), |(offset, _)| from + offset)
}

fn char_before(text: &str, from: usize, chars: usize) -> usize {
    match chars {
        0 => from,
        _ => text[..from].char_indices().rev().nth(chars - 1).map_or(0, |(at, _)| at),
    }
}

fn render(text: &str, window: Range<usize>, marks: &[Range<usize>]) -> String {
    let mut html = String::with_capacity(window.len() + 32);
    let mut at = window.start;
    for mark in marks.iter().filter(|mark| mark.start >= window.start && mark.end <= window.end) {
        escape(text.get(at..mark.start).unwrap_or_default(), &mut html);
        html.push_str("<mark>");
        escape(text.get(mark.clone()).unwrap_or_default(), &mut html);
        html.push_str("</mark>");
        at = mark.end;
    }
    escape(text.get(at..window.end).unwrap_or_default(), &mut html);
    html
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::related::WeightedTerm;
    use proptest::prelude::*;

    fn plan(stems: &[&str]) -> Plan {
        let term = |stem: &&str| WeightedTerm { stem: (*stem).to_owned(), word: String::new(), weight: 1.0 }.as_word();
        Plan { words: stems.iter().map(term).collect(), ..Plan::default() }
    }

    #[test]
    fn words_are_marked_in_every_form_and_text_is_escaped() {
        let plan = plan(&["es:educ"]);
        let highlighter = Highlighter::new(&plan, "es");
        assert_eq!(
            highlighter.mark("<b>Educación</b> & educativas"),
            "&lt;b&gt;<mark>Educación</mark>&lt;/b&gt; &amp; <mark>educativas</mark>"
        );
    }

    #[test]
    fn a_snippet_shows_whole_words_around_the_marks() {
        let plan = plan(&["en:target"]);
        let highlighter = Highlighter::new(&plan, "en");
        let text = format!("{}the target stands here {}", "before words ".repeat(30), "after words ".repeat(30));
        let snippet = highlighter.snippet(&text, 60);
        assert!(
            snippet.contains("<mark>target</mark>") && snippet.starts_with('…') && snippet.ends_with('…'),
            "{snippet}"
        );
        assert!(!snippet.contains("…efore"), "{snippet}");
    }

    proptest! {
        #[test]
        fn a_snippet_never_passes_its_length_nor_lets_markup_through(text in "(\\PC{0,12}| target |<script>){0,60}", max_chars in 1usize..120) {
            let plan = plan(&["en:target"]);
            let snippet = Highlighter::new(&plan, "en").snippet(&text, max_chars);
            let plain = snippet.replace("<mark>", "").replace("</mark>", "");
            prop_assert!(!plain.contains('<') && !plain.contains('>'));
            let plain = plain.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
            prop_assert!(plain.chars().count() <= max_chars.max(3), "{} > {max_chars}: {plain:?}", plain.chars().count());
        }
    }
}
