//! What was typed so far, in words.

#[cfg(feature = "test-support")]
use std::borrow::Cow;

#[cfg(feature = "test-support")]
use crate::analysis::HeadingPosition;
use crate::analysis::{fold, words};
use crate::engine::planning::folded_word;
use crate::engine::snippets::highlighter::escape;

/// The maximum number of words before the last one that are combined with a completion.
const MAX_HEADS: usize = 6;
/// The minimum prefix length, in characters, for searching labels, and for searching within titles
/// if it is all that was typed: shorter ones match nearly everywhere.
pub(crate) const MIN_LABEL_CHARS: usize = 3;

/// The words of a typed text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Typed {
    /// The complete words, folded and distinct.
    pub(crate) whole: Vec<String>,
    /// The word being typed, folded.
    pub(crate) begun: Option<String>,
}

impl Typed {
    pub(crate) fn of(text: &str) -> Typed {
        let spoken = words(text).into_iter().filter(|word| word.span == 1);
        let mut whole: Vec<(String, usize)> = spoken.map(|word| (folded_word(&word.text), word.bytes.end)).collect();
        let is_open = whole.last().is_some_and(|(_, end)| *end == text.len());
        let begun = if is_open { whole.pop().map(|(word, _)| word) } else { None };
        let mut typed = Typed { whole: Vec::with_capacity(whole.len()), begun };
        for (word, _) in whole {
            if !typed.whole.contains(&word) {
                typed.whole.push(word);
            }
        }
        typed
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.begun.is_none()
    }

    pub(super) fn is_one_word(&self) -> bool {
        self.whole.len() + usize::from(self.begun.is_some()) == 1
    }

    /// The word being typed and the words before it; `None` if there are none or too many, or if
    /// the typed part is too short to be specific.
    pub(super) fn parts(&self) -> Option<(&str, &[String])> {
        let begun = self.begun.as_deref().filter(|_| (1..=MAX_HEADS).contains(&self.whole.len()))?;
        let begun = Some(begun).filter(|begun| begun.chars().count() >= MIN_LABEL_CHARS)?;
        Some((begun, &self.whole))
    }

    /// Whether the typed text is so short that it matches nearly everywhere.
    pub(crate) fn is_short(&self) -> bool {
        let begun = self.begun.as_deref().unwrap_or_default();
        self.whole.is_empty() && begun.chars().count() < MIN_LABEL_CHARS
    }

    /// Whether a folded word was typed, or starts with the word being typed.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.whole.iter().any(|whole| whole == word) || self.begun.as_ref().is_some_and(|begun| word.starts_with(begun))
    }

    /// Where the typed text matches an article with these head words: completely in the title, with
    /// or without the first word at its beginning, or partly in labels; `None` if it does not
    /// match, or if the text is too short for the position.
    #[cfg(feature = "test-support")]
    pub(crate) fn place(&self, words: &[(Cow<'_, str>, HeadingPosition)]) -> Option<HeadingPosition> {
        let whole = |typed: &String| words.iter().find(|(word, _)| word == typed).map(|(_, place)| *place);
        let mut places: Vec<HeadingPosition> = self.whole.iter().map(whole).collect::<Option<_>>()?;
        if let Some(begun) = &self.begun {
            let best = words.iter().filter(|(word, _)| word.starts_with(begun)).map(|(_, place)| *place).max()?;
            if best == HeadingPosition::Label && begun.chars().count() < MIN_LABEL_CHARS {
                return None;
            }
            places.push(best);
        }
        let first = places.first_mut()?;
        let begins = *first == HeadingPosition::TitleBegin;
        *first = (*first).min(HeadingPosition::Title);
        let place = match places.into_iter().min()? {
            HeadingPosition::Label => HeadingPosition::Label,
            _ if begins => HeadingPosition::TitleBegin,
            _ => HeadingPosition::Title,
        };
        (!self.is_short() || begins).then_some(place)
    }

    /// A title as HTML with the typed words marked. For one or two letters only the beginning of
    /// the title is marked.
    pub(crate) fn title_html(&self, title: &str) -> String {
        let mut html = String::with_capacity(title.len() + 16);
        let mut from = 0;
        for word in words(title).into_iter().filter(|word| word.span == 1) {
            let is_meant = !self.is_short() || word.position == 0;
            let is_typed = is_meant && (self.is_word(&folded_word(&word.text)) || self.is_word(&fold(&word.text)));
            if word.bytes.start >= from && is_typed {
                escape(&title[from..word.bytes.start], &mut html);
                html.push_str("<mark>");
                escape(&title[word.bytes.clone()], &mut html);
                html.push_str("</mark>");
                from = word.bytes.end;
            }
        }
        escape(&title[from..], &mut html);
        html
    }
}

/// A surface form of a completion.
#[derive(Debug, Clone)]
pub(crate) struct Writing {
    pub(crate) text: String,
    pub(crate) lang: String,
    /// The number of articles with this form.
    pub(crate) articles: u64,
}

impl Writing {
    /// The capitals inside it, then whether it begins with one: of equally frequent forms, the one
    /// with the fewest is the usual spelling.
    pub(super) fn capitals(&self) -> (usize, bool) {
        let mut chars = self.text.chars();
        let begins = chars.next().is_some_and(char::is_uppercase);
        (chars.filter(|c| c.is_uppercase()).count(), begins)
    }
}
