//! Finds lines that recur across the pages of one site.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::lines::{Item, items, key};

/// A line on fewer pages than this may recur by chance.
const LEAST_PAGES: u32 = 3;
/// The share of the observed pages, in per cent, from which a short line is boilerplate. A menu is
/// on every page of its language; on a site in four languages that is a quarter of the pages, so
/// the threshold is lower. A list of related or recent pages that reaches this share is boilerplate
/// too, except on the page that it links to, where [`read`](super::read) requires more signals.
const SHORT_PER_CENT: u64 = 20;
/// The same threshold for a paragraph, which is worse to lose: sibling pages may repeat a first
/// paragraph in their related lists.
const PARAGRAPH_PER_CENT: u64 = 30;
/// The number of words from which a line that ends like a sentence counts as a paragraph.
const PARAGRAPH_WORDS: usize = 12;
/// The maximum number of distinct lines; above it the rarest are dropped (see
/// [`SiteProfile::observe`]).
const MOST_LINES: usize = 1 << 17;
/// The maximum number of distinct lines from one page, so that one giant page does not displace all
/// others.
const MOST_LINES_OF_A_PAGE: usize = 20_000;

/// Lines that recur across the pages of one source: menus, banners and footers.
///
/// Stores a 64-bit hash (FNV-1a, stable across versions and machines) and a page count for each
/// distinct line, at most 131,072 of them. The same pages in the same order give the same profile,
/// byte for byte when serialised.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteProfile {
    pages: u32,
    lines: BTreeMap<u64, u32>,
}

impl SiteProfile {
    /// Counts each distinct line of one page once.
    ///
    /// When the maximum is exceeded, the lines with the lowest counts are dropped until at most
    /// half of it is used. Boilerplate is on page after page and so survives; a dropped line
    /// restarts at zero, which can only make it look less like boilerplate.
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

    /// The number of observed pages.
    pub fn pages(&self) -> usize {
        usize::try_from(self.pages).unwrap_or(usize::MAX)
    }

    /// Whether a line (ignoring its list marker, case and spacing) is on at least 3 pages, and on
    /// at least 20 % of the pages, or 30 % if it is a paragraph (12 words or more that end like a
    /// sentence).
    ///
    /// Headings such as "Introduction" can be boilerplate by this measure, and so can the title of
    /// a page that a list of recent pages repeats; the result is one signal among others.
    #[cfg(test)]
    pub(super) fn is_boilerplate(&self, line: &str) -> bool {
        // Parsed like a page, so that the list marker is removed.
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
    fn boilerplate_needs_three_pages_and_a_share() {
        let mut profile = SiteProfile::default();
        for page in 0..12 {
            let rare = if page < 2 { "Rare line" } else { "" };
            let related =
                if page < 3 { "The pilot was extended to twelve more towns of the valley last week." } else { "" };
            profile.observe(&format!("  • About us\nAbout us\nPage {page}\n{rare}\n{related}\n"));
        }
        assert_eq!(profile.pages(), 12);
        assert!(profile.is_boilerplate("* ABOUT  US"));
        assert!(!profile.is_boilerplate("Page 3"));
        assert!(!profile.is_boilerplate("Rare line"));
        assert!(!profile.is_boilerplate("The pilot was extended to twelve more towns of the valley last week."));
        assert!(!profile.is_boilerplate(""));
    }

    #[test]
    fn nothing_is_boilerplate_on_two_pages() {
        let mut profile = SiteProfile::default();
        profile.observe("Menu");
        profile.observe("Menu");
        assert!(!profile.is_boilerplate("Menu"));
    }

    #[test]
    fn memory_is_bounded_and_boilerplate_survives() {
        let mut profile = SiteProfile::default();
        for page in 0..10 {
            let mut text = String::from("Contact us\n");
            for line in 0..MOST_LINES_OF_A_PAGE {
                text.push_str(&format!("p{page}l{line}\n"));
            }
            profile.observe(&text);
            assert!(profile.lines.len() <= MOST_LINES);
        }
        assert!(profile.is_boilerplate("Contact us"));
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
