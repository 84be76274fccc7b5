//! What sort of page an article is.

use serde::{Deserialize, Serialize};

use super::topic::slug;

/// What sort of page an article is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A page of the site that is none of the others.
    #[default]
    Article,
    /// A press release.
    PressRelease,
    /// A blog post.
    Blog,
    /// An event, with a beginning and an end.
    Event,
    /// A publication: a report, a book, an issue of a journal.
    Publication,
}

impl Kind {
    /// All kinds, in the order in which they are listed to people.
    pub const ALL: [Kind; 5] = [Kind::Article, Kind::PressRelease, Kind::Blog, Kind::Event, Kind::Publication];

    /// The kind's name in the API and in front matter.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Article => "article",
            Kind::PressRelease => "press-release",
            Kind::Blog => "blog",
            Kind::Event => "event",
            Kind::Publication => "publication",
        }
    }

    /// Reads a kind's name; case, spaces and underscores do not matter.
    pub fn parse(text: &str) -> Option<Kind> {
        let name = slug(text);
        Kind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}
