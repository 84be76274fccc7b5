//! Lookup tables of the words that identify the parts of a page.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::words;

/// The label of a date, in ascending order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum DateLabel {
    Updated,
    Bare,
    Published,
}

/// The kind of content that a section label introduces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineLabel {
    Share,
    Related,
    Comments,
    /// Newsletter boxes, "follow us", copyright lines: the end of the page, or a box before the
    /// article.
    Closing,
    /// Skip links, search, menus, print, logos: neither start nor end of an article.
    Tool,
}

/// The word lists of [`words`], parsed for lookup.
pub(crate) struct Tables {
    pub(crate) labels: HashMap<&'static str, LineLabel>,
    pub(crate) dates: HashMap<&'static str, DateLabel>,
    pub(crate) by: HashSet<&'static str>,
    pub(crate) more: HashSet<&'static str>,
    pub(crate) section: HashSet<&'static str>,
    pub(crate) kicker: HashSet<&'static str>,
    pub(crate) home: HashSet<&'static str>,
    pub(crate) event: HashSet<&'static str>,
    pub(crate) ambiguous: HashSet<&'static str>,
    pub(crate) notices: [Vec<&'static str>; 3],
}

pub(crate) fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let set = |list: &'static str| list.split(", ").collect();
        let mut labels = HashMap::new();
        for (list, label) in [
            (words::TOOL, LineLabel::Tool),
            (words::CLOSING, LineLabel::Closing),
            (words::COMMENTS, LineLabel::Comments),
            (words::RELATED, LineLabel::Related),
            (words::SHARE, LineLabel::Share),
        ] {
            labels.extend(list.split(", ").map(|name| (name, label)));
        }
        let mut dates = HashMap::new();
        dates.extend(words::PUBLISHED.split(", ").map(|name| (name, DateLabel::Published)));
        dates.extend(words::UPDATED.split(", ").map(|name| (name, DateLabel::Updated)));
        Tables {
            labels,
            dates,
            by: set(words::BY),
            more: set(words::MORE),
            section: set(words::SECTION),
            kicker: set(words::KICKER),
            home: set(words::HOME),
            event: set(words::EVENT),
            ambiguous: set(words::AMBIGUOUS),
            notices: [words::COOKIES, words::BOXES, words::POLICIES].map(|list| list.split(", ").collect()),
        }
    })
}
