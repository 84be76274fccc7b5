//! The parts of an answer to a search.

use serde::Serialize;
use utoipa::ToSchema;

use super::all;
use super::article::{CardJson, TranslationJson};
use crate::engine::explain::{Explanation, ExplanationFactor, ExplanationPart};
use crate::engine::facets::{TopicCount, ValueCount, YearCount};
use crate::engine::{Correction, FacetCounts, Hit, Recovery, RecoveryKind, Total};

/// The number of works that match.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Total)]
pub struct TotalJson {
    /// The number.
    pub value: u64,
    /// `eq`: totals are exact, of what was looked for; see `is_partial`.
    pub relation: &'static str,
    /// How many of them hold all telling words of the query: of one or two words, the first ones of the
    /// list, before those that hold what tells most.
    pub full: u64,
}

impl From<Total> for TotalJson {
    fn from(total: Total) -> TotalJson {
        TotalJson { value: total.value, relation: total.relation, full: total.full }
    }
}

/// One work of a search answer, in the version that is shown.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Hit)]
pub struct HitJson {
    /// The version shown.
    #[serde(flatten)]
    pub card: CardJson,
    /// The title, escaped, the query's words in `<mark>`.
    pub title_html: String,
    /// The passage that matches best, escaped, the query's words in `<mark>`.
    pub snippet_html: String,
    /// Higher is better; comparable within one answer only.
    pub score: f32,
    /// The work's other versions, by language; of very many, a hundred: the first of every language
    /// by their ids, then the second of every one, and so on.
    pub translations: Vec<TranslationJson>,
    /// How many other versions the work has, where not all are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub translations_total: Option<u64>,
    /// Why it stands where it stands, if that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<ExplanationJson>,
}

impl From<Hit> for HitJson {
    fn from(hit: Hit) -> HitJson {
        HitJson {
            card: hit.card.into(),
            title_html: hit.title_html,
            snippet_html: hit.snippet_html,
            score: hit.score,
            translations: all(hit.translations),
            translations_total: hit.translations_total,
            explanation: hit.explanation.map(Into::into),
        }
    }
}

/// A word of the query that was searched for in another spelling.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Correction)]
pub struct CorrectionJson {
    /// The word as typed.
    pub typed: String,
    /// The words searched for in its place, the likeliest first.
    pub searched: Vec<String>,
}

impl From<Correction> for CorrectionJson {
    fn from(correction: Correction) -> CorrectionJson {
        CorrectionJson { typed: correction.typed, searched: correction.searched }
    }
}

/// What was done to find something. Where several things were, it is the last of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RecoveryKind)]
pub enum RecoveryKindJson {
    /// A word was searched for as the site writes it.
    Spelling,
    /// Two words were searched for as one.
    Joined,
    /// A word was searched for as two.
    Split,
    /// Less was asked for: words, or the quotation marks around them, were left out.
    FewerWords,
    /// Nothing that the filters leave holds the words together: what holds any of them was searched for.
    AnyWord,
    /// The languages that were asked for were left out.
    OtherLanguages,
    /// Other filters were left out: kinds, tags, authors, years, dates.
    FewerFilters,
    /// It was looked for under a broader topic, or under all.
    BroaderTopic,
    /// Nothing of what was searched for is there: `newest` has the newest of the topic, or of all.
    Newest,
}

impl From<RecoveryKind> for RecoveryKindJson {
    fn from(kind: RecoveryKind) -> RecoveryKindJson {
        match kind {
            RecoveryKind::Spelling => RecoveryKindJson::Spelling,
            RecoveryKind::Joined => RecoveryKindJson::Joined,
            RecoveryKind::Split => RecoveryKindJson::Split,
            RecoveryKind::FewerWords => RecoveryKindJson::FewerWords,
            RecoveryKind::AnyWord => RecoveryKindJson::AnyWord,
            RecoveryKind::OtherLanguages => RecoveryKindJson::OtherLanguages,
            RecoveryKind::FewerFilters => RecoveryKindJson::FewerFilters,
            RecoveryKind::BroaderTopic => RecoveryKindJson::BroaderTopic,
            RecoveryKind::Newest => RecoveryKindJson::Newest,
        }
    }
}

/// How a search was helped.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Recovery)]
pub struct RecoveryJson {
    /// What was done.
    pub kind: RecoveryKindJson,
    /// The query as it was typed.
    pub from: String,
    /// The query that is answered; empty where nothing was found.
    pub to: String,
    /// The same, escaped, what is written otherwise in `<mark>`.
    pub to_html: String,
    /// What was left out: words (`virtual`) and filters (`lang=fr`), as they were asked for.
    pub dropped: Vec<String>,
    /// The broader topics whose pages are answered in place of those asked for; none where it is all
    /// topics.
    pub topics: Vec<String>,
}

impl From<Recovery> for RecoveryJson {
    fn from(recovery: Recovery) -> RecoveryJson {
        let dropped = recovery.dropped();
        RecoveryJson {
            kind: recovery.kind.into(),
            from: recovery.from,
            to: recovery.to,
            to_html: recovery.to_html,
            dropped,
            topics: recovery.topics,
        }
    }
}

/// The counts of the facets that were asked for; the others are not there.
///
/// A work counts once under a value, when one of its versions matches, passes every filter but
/// the facet's own, and has the value; so that a value's count is the total of the same search
/// with that value for the facet's filter.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FacetCounts)]
pub struct FacetCountsJson {
    /// By language, the most frequent first; `pt` counts what is `pt-BR` too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<Vec<ValueCountJson>>,
    /// By kind, the most frequent first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<Vec<ValueCountJson>>,
    /// By topic, a tree; in each level the most frequent first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<Vec<TopicCountJson>>,
    /// By tag, the most frequent first, at most 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<Vec<ValueCountJson>>,
    /// By author, the most frequent first, at most 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<Vec<ValueCountJson>>,
    /// By year of publication, the newest first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<Vec<YearCountJson>>,
}

impl From<FacetCounts> for FacetCountsJson {
    fn from(counts: FacetCounts) -> FacetCountsJson {
        // Taken apart, so that no facet is forgotten.
        let FacetCounts { lang, kind, topic, tag, author, year } = counts;
        FacetCountsJson {
            lang: lang.map(all),
            kind: kind.map(all),
            topic: topic.map(all),
            tag: tag.map(all),
            author: author.map(all),
            year: year.map(all),
        }
    }
}

/// A value and how many works have it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ValueCount)]
pub struct ValueCountJson {
    /// What the facet's filter takes.
    pub value: String,
    /// The number of works.
    pub count: u64,
}

impl From<ValueCount> for ValueCountJson {
    fn from(count: ValueCount) -> ValueCountJson {
        ValueCountJson { value: count.value, count: count.count }
    }
}

/// A year, in UTC, and its months.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = YearCount)]
pub struct YearCountJson {
    /// The year: `2021`.
    pub value: String,
    /// The number of works.
    pub count: u64,
    /// Its months as `2021-11`, the newest first. A work whose versions were published in
    /// different months counts in each.
    pub months: Vec<ValueCountJson>,
}

impl From<YearCount> for YearCountJson {
    fn from(count: YearCount) -> YearCountJson {
        YearCountJson { value: count.value, count: count.count, months: all(count.months) }
    }
}

/// A topic, and what is below it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TopicCount)]
pub struct TopicCountJson {
    /// The path of slugs, what the filter takes.
    pub value: String,
    /// How the site writes the topic in the reader's language, or else in the one it has most
    /// articles of, or else in any.
    pub label: String,
    /// The number of works at the topic or below it.
    pub count: u64,
    /// The topics one level below.
    #[schema(no_recursion)]
    pub children: Vec<TopicCountJson>,
}

impl From<TopicCount> for TopicCountJson {
    fn from(count: TopicCount) -> TopicCountJson {
        TopicCountJson { value: count.value, label: count.label, count: count.count, children: all(count.children) }
    }
}

/// Why a hit has its score.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Explanation)]
pub struct ExplanationJson {
    /// What it got points for; together they are the score.
    pub parts: Vec<ExplanationPartJson>,
    /// What its points were raised or lowered by; that is in the points.
    pub factors: Vec<ExplanationFactorJson>,
}

impl From<Explanation> for ExplanationJson {
    fn from(explanation: Explanation) -> ExplanationJson {
        ExplanationJson { parts: all(explanation.parts), factors: all(explanation.factors) }
    }
}

/// One reason for points.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplanationPart)]
pub struct ExplanationPartJson {
    /// The reason.
    pub text: String,
    /// The points.
    pub points: f32,
}

impl From<ExplanationPart> for ExplanationPartJson {
    fn from(part: ExplanationPart) -> ExplanationPartJson {
        ExplanationPartJson { text: part.text, points: part.points }
    }
}

/// Something that all points were raised or lowered by.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExplanationFactor)]
pub struct ExplanationFactorJson {
    /// What it is.
    pub text: String,
    /// By how much the points were multiplied.
    pub factor: f32,
}

impl From<ExplanationFactor> for ExplanationFactorJson {
    fn from(factor: ExplanationFactor) -> ExplanationFactorJson {
        ExplanationFactorJson { text: factor.text, factor: factor.factor }
    }
}
