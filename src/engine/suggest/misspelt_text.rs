//! What was typed with a word that is probably misspelt.

use crate::engine::planning::edit_model;

/// The minimum length of a text that is corrected, in characters.
const MIN_CORRECTED_CHARS: usize = 4;
/// The length from which the first letter may be wrong too.
const MIN_FIRST_CORRECTED_CHARS: usize = 6;
/// The maximum length of a text that is corrected, in characters; the longest completion has fewer.
const MAX_CORRECTED_CHARS: usize = 64;

/// A typed key to correct, and its fixed prefix.
pub(crate) struct MisspeltText {
    key: String,
    /// The prefix that is assumed to be correct.
    pub(crate) kept: String,
}

impl MisspeltText {
    /// The text to correct; `None` for short keys and numbers, which are not corrected.
    pub(crate) fn of(key: &str) -> Option<MisspeltText> {
        let key = key.trim_end();
        let chars = key.chars().count();
        let is_mended =
            (MIN_CORRECTED_CHARS..=MAX_CORRECTED_CHARS).contains(&chars) && key.contains(char::is_alphabetic);
        let kept = if chars < MIN_FIRST_CORRECTED_CHARS { 1 } else { 0 };
        is_mended.then(|| MisspeltText { key: key.to_owned(), kept: key.chars().take(kept).collect() })
    }

    /// Whether the text is long enough that similar completions are no coincidence: any letter of
    /// it may be wrong.
    pub(super) fn is_long(&self) -> bool {
        self.kept.is_empty()
    }

    /// The typed key.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// The longest prefix of a key that the typed text can correspond to.
    pub(crate) fn beginning<'k>(&self, key: &'k str) -> &'k str {
        let end = key.char_indices().nth(self.key.chars().count() + 1);
        end.map_or(key, |(end, _)| &key[..end])
    }

    /// The likelihood that the typed text is a prefix of a key with a single typing error; 0 if it
    /// is not.
    pub(crate) fn likelihood(&self, key: &str) -> f32 {
        self.meant(key).map(|begin| edit_model::likelihood(&self.key, begin)).fold(0.0, f32::max)
    }

    /// The shortest prefix of a key that is one typing error away from the text.
    pub(crate) fn shortest<'k>(&self, key: &'k str) -> Option<&'k str> {
        self.meant(key).next()
    }

    /// The prefixes of a key that are one typing error away from the text.
    fn meant<'k>(&self, key: &'k str) -> impl Iterator<Item = &'k str> {
        let typed = self.key.chars().count();
        let beginnings = (typed.saturating_sub(1)..=typed + 1).filter_map(move |length| {
            let end = key.char_indices().map(|(at, c)| at + c.len_utf8()).nth(length.saturating_sub(1));
            end.map(|end| &key[..end])
        });
        beginnings.filter(|begin| {
            begin.starts_with(&self.kept)
                && edit_model::edits(&self.key, begin) <= 1
                && digits(begin) == digits(&self.key)
        })
    }
}

/// The runs of digits of a text.
fn digits(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).collect()
}
