//! The zones of an article.

/// How many zones there are.
pub const ZONES: usize = 5;

/// The parts of an article that are searched apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Zone {
    /// The title.
    Title,
    /// The teaser.
    Summary,
    /// The body.
    Body,
    /// What it is filed under: topics (as they are labelled and as their paths name them), tags,
    /// series.
    Topics,
    /// Names of persons.
    Authors,
}

impl Zone {
    /// All zones, in the order of their discriminants.
    pub const ALL: [Zone; ZONES] = [Zone::Title, Zone::Summary, Zone::Body, Zone::Topics, Zone::Authors];

    /// The zone's place in [`Zone::ALL`].
    pub fn ordinal(self) -> usize {
        self as usize
    }

    /// The zone's name in an index's schema.
    pub fn name(self) -> &'static str {
        match self {
            Zone::Title => "title",
            Zone::Summary => "summary",
            Zone::Body => "body",
            Zone::Topics => "topics",
            Zone::Authors => "authors",
        }
    }
}
