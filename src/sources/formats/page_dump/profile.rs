//! What recurs over the pages of one site.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::lines::{Item, items, key};

/// A line on fewer pages than this may recur by chance.
const LEAST_PAGES: u32 = 3;
/// Share, in per cent of the pages seen, from which a short line is furniture.
/// A menu stands on every page of its language; a site in four languages has
/// it on a quarter of them, so the bound lies below that. A related or recent
/// list that reaches this share is furniture too, everywhere but on the page
/// it points to, where [`read`](super::read) asks for more signs.
const SHORT_PER_CENT: u64 = 20;
/// The same for a paragraph, which costs more to lose: a first paragraph may
/// be printed whole in the related lists of its siblings.
const PARAGRAPH_PER_CENT: u64 = 30;
/// Words from which a line that ends as a sentence does counts as a paragraph.
const PARAGRAPH_WORDS: usize = 12;
/// Distinct lines kept; beyond it the rarest go (see [`SiteProfile::observe`]).
const MOST_LINES: usize = 1 << 17;
/// Distinct lines taken from one page, so that one giant page drowns no other.
const MOST_LINES_OF_A_PAGE: usize = 20_000;

/// Lines that recur over the pages of one source: its menus, banners and footers.
///
/// Keeps a 64-bit hash (FNV-1a, stable across versions and machines) and a
/// page count for each distinct line, at most 131,072 of them. The same pages
/// in the same order give the same profile, byte for byte once serialised.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteProfile {
    pages: u32,
    lines: BTreeMap<u64, u32>,
}

impl SiteProfile {
    /// Counts the lines of one page, each once.
    ///
    /// When the bound is passed, the lines with the lowest counts are dropped
    /// until half the room is free. Furniture stands on page after page and so
    /// outlives that; a dropped line starts again from zero, which can only
    /// make it less of a furniture, never more.
    pub fn observe(&mut self, page: &str) {
        self.pages = self.pages.saturating_add(1);
        let mut seen = HashSet::new();
        for item in items(page) {
            if seen.len() >= MOST_LINES_OF_A_PAGE {
                break;
            }
            let hash = line_hash(&item.text);
            if seen.insert(hash) {
                let count = self.lines.entry(hash).or_insert(0);
                *count = count.saturating_add(1);
            }
        }
        let mut least = 1;
        if self.lines.len() > MOST_LINES {
            while self.lines.len() > MOST_LINES / 2 {
                self.lines.retain(|_, count| *count > least);
                least += 1;
            }
        }
    }

    /// How many pages were observed.
    pub fn pages(&self) -> usize {
        usize::try_from(self.pages).unwrap_or(usize::MAX)
    }

    /// Whether a line (its list sign, case and spacing do not matter) stands
    /// on at least 3 of the pages, and on at least 20 % of them, or 30 % if it
    /// is a paragraph (12 words or more that end as a sentence does).
    ///
    /// Headings such as "Introduction" can be furniture by this measure, and
    /// so can the title of a page that a list of recent pages repeats; the
    /// answer is one sign among others.
    #[cfg(test)]
    pub(super) fn is_furniture(&self, line: &str) -> bool {
        // A line cleaned and parsed as a page is, so that its list sign goes.
        items(line).first().is_some_and(|item| self.recurs(item))
    }

    pub(crate) fn recurs(&self, item: &Item) -> bool {
        if self.pages < LEAST_PAGES {
            return false;
        }
        let Some(&count) = self.lines.get(&line_hash(&item.text)) else {
            return false;
        };
        let paragraph = item.words >= PARAGRAPH_WORDS && item.ends_sentence();
        let per_cent = if paragraph { PARAGRAPH_PER_CENT } else { SHORT_PER_CENT };
        count >= LEAST_PAGES && u64::from(count) * 100 >= u64::from(self.pages) * per_cent
    }
}

fn line_hash(text: &str) -> u64 {
    fnv1a(key(text).as_bytes())
}

/// FNV-1a, 64 bits (Fowler, Noll, Vo; draft-eastlake-fnv).
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_fnv1a() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn furniture_needs_three_pages_and_a_share() {
        let mut profile = SiteProfile::default();
        for page in 0..12 {
            let rare = if page < 2 { "Rare line" } else { "" };
            let related =
                if page < 3 { "The pilot was extended to twelve more towns of the valley last week." } else { "" };
            profile.observe(&format!("  • About us\nAbout us\nPage {page}\n{rare}\n{related}\n"));
        }
        assert_eq!(profile.pages(), 12);
        assert!(profile.is_furniture("* ABOUT  US"));
        assert!(!profile.is_furniture("Page 3"));
        assert!(!profile.is_furniture("Rare line"));
        assert!(!profile.is_furniture("The pilot was extended to twelve more towns of the valley last week."));
        assert!(!profile.is_furniture(""));
    }

    #[test]
    fn nothing_is_furniture_on_two_pages() {
        let mut profile = SiteProfile::default();
        profile.observe("Menu");
        profile.observe("Menu");
        assert!(!profile.is_furniture("Menu"));
    }

    #[test]
    fn memory_is_bounded_and_furniture_survives() {
        let mut profile = SiteProfile::default();
        for page in 0..10 {
            let mut text = String::from("Contact us\n");
            for line in 0..MOST_LINES_OF_A_PAGE {
                text.push_str(&format!("p{page}l{line}\n"));
            }
            profile.observe(&text);
            assert!(profile.lines.len() <= MOST_LINES);
        }
        assert!(profile.is_furniture("Contact us"));
    }

    #[test]
    fn serialises_the_same_and_back() -> Result<(), serde_json::Error> {
        let mut profile = SiteProfile::default();
        profile.observe("One\nTwo\nThree");
        let json = serde_json::to_string(&profile)?;
        assert_eq!(json, serde_json::to_string(&profile.clone())?);
        assert_eq!(serde_json::from_str::<SiteProfile>(&json)?, profile);
        Ok(())
    }
}
