//! Related works, and why they are related.

use serde::Serialize;
use utoipa::ToSchema;

use super::all;
use super::article::CardJson;
use crate::engine::{FallbackTier, Reason, RelatedHit};

/// What a related work was found by: the first that leads to it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Rung)]
pub enum RungJson {
    /// What both say: words, links from one to the other, a series.
    Text,
    /// A topic of the menu, and no text.
    Topic,
    /// Nothing but being of the same kind: one of the newest of these.
    Kind,
    /// Nothing at all: one of the newest.
    Recent,
}

impl From<FallbackTier> for RungJson {
    fn from(rung: FallbackTier) -> RungJson {
        match rung {
            FallbackTier::Text => RungJson::Text,
            FallbackTier::Topic => RungJson::Topic,
            FallbackTier::Kind => RungJson::Kind,
            FallbackTier::Recent => RungJson::Recent,
        }
    }
}

/// Why a work is related, for a reader.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[schema(as = Reason)]
pub enum ReasonJson {
    /// Both dwell on these words; where there is nothing else to say, both mention them.
    Terms {
        /// The words and phrases as the article asked from writes them, the weightiest first.
        terms: Vec<String>,
    },
    /// The article asked from links to it.
    LinkedFromHere,
    /// It links to the article asked from.
    LinksHere,
    /// Both are parts of this series.
    Series {
        /// Its name.
        series: String,
    },
    /// Both stand under this topic.
    Topic {
        /// Its path.
        path: String,
        /// Its label.
        label: String,
    },
    /// Both are by this person.
    Author {
        /// The name.
        author: String,
    },
    /// Nothing nearer was found: one of the newest of the same kind.
    Kind,
    /// Nothing nearer was found: one of the newest.
    Recent,
}

impl From<Reason> for ReasonJson {
    fn from(reason: Reason) -> ReasonJson {
        match reason {
            Reason::Terms { terms } => ReasonJson::Terms { terms },
            Reason::LinkedFromHere => ReasonJson::LinkedFromHere,
            Reason::LinksHere => ReasonJson::LinksHere,
            Reason::Series { series } => ReasonJson::Series { series },
            Reason::Topic { path, label } => ReasonJson::Topic { path, label },
            Reason::Author { author } => ReasonJson::Author { author },
            Reason::Kind => ReasonJson::Kind,
            Reason::Recent => ReasonJson::Recent,
        }
    }
}

/// A related work.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RelatedHit)]
pub struct RelatedHitJson {
    /// The version shown.
    #[serde(flatten)]
    pub card: CardJson,
    /// Higher is nearer; comparable within one answer only.
    pub score: f32,
    /// What it was found by.
    pub rung: RungJson,
    /// Whether it is in another language than the article asked from.
    pub other_language: bool,
    /// Why it is there, the strongest reason first.
    pub reasons: Vec<ReasonJson>,
}

impl From<RelatedHit> for RelatedHitJson {
    fn from(hit: RelatedHit) -> RelatedHitJson {
        RelatedHitJson {
            card: hit.card.into(),
            score: hit.score,
            rung: hit.tier.into(),
            other_language: hit.other_language,
            reasons: all(hit.reasons),
        }
    }
}
