//! The publish gate: decides whether a staged run is accepted without a person.
//!
//! It checks how many articles and works would be lost, in total, by source and by language, and,
//! if judged queries are configured, how far their nDCG@10 would fall. A refused run stays staged:
//! [`super::accept::accept`] accepts it unchanged, or the next reindex replaces it.
//!
//! * Articles that `--prune` deletes do not count: their deletion was requested. A source that
//!   could not be read loses nothing: its articles stay.
//! * A few articles ([`GateSettings::always_allowed`]) may always be lost: one of five articles is 20
//!   %, and people delete single articles.
//! * A first run cannot lose anything.
//! * Judged queries run on a separately built generation, which is then published. With judged
//!   queries, every run with changes builds the whole site, even if the changes could otherwise be
//!   applied incrementally.

use std::collections::HashMap;
use std::fmt;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::config::gate::{GateSettings, Judged};
use crate::engine::tantivy::EmbeddedEngine;
use crate::engine::{ArticleKey, EngineError, SearchEngine};
use crate::evaluation::JudgedSet;
use crate::storage::catalog::lost_documents::{LossCount, LostPart, PartLoss};

/// The remedy for a refused run.
pub const REMEDY: &str = "`fichero accept` accepts it as it is, the next `fichero reindex` takes its place";

/// The tolerance for equal nDCG@10 values: the order of the sum may differ.
const SAME_NDCG: f64 = 1e-9;

/// What the gate found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Verdict {
    /// Why the run may not be accepted by itself; empty where it may.
    pub refusals: Vec<Refusal>,
    /// How the judged queries are answered, where there are any and the run may change that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ndcg_10: Option<Ndcg>,
}

/// The mean nDCG@10 (0 to 1) of the judged queries.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ndcg {
    /// Of what is published; nothing where nothing is that can be answered from.
    pub before: Option<f64>,
    /// Once the run is accepted.
    pub after: f64,
}

/// A limit that a run passes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refusal {
    /// The whole of it in a sentence, with its figures.
    pub message: String,
    /// The figures.
    #[serde(flatten)]
    pub reason: RefusalReason,
}

/// Which limit it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum RefusalReason {
    /// Too much would not be answered any more.
    Vanished {
        /// Where.
        scope: Scope,
        /// The source or the language; nothing of the whole.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// What.
        unit: Unit,
        /// How many of them would vanish.
        vanished: u64,
        /// How many there are.
        before: u64,
        /// The share of them that may vanish, in percent.
        allowed_percent: f64,
    },
    /// The judged queries would be answered worse.
    NdcgDrop {
        /// The mean nDCG@10 of what is published.
        before: f64,
        /// The mean nDCG@10 once the run is accepted.
        after: f64,
        /// How far it may fall.
        allowed_drop: f64,
    },
}

/// What a limit is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The whole site.
    All,
    /// What one source answers.
    Source,
    /// What is in one language.
    Language,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Language versions.
    Articles,
    /// All versions of one thing.
    Works,
}

impl fmt::Display for RefusalReason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RefusalReason::Vanished { scope, name, unit, vanished, before, allowed_percent } => {
                let name = name.as_deref().unwrap_or_default();
                match scope {
                    Scope::All => write!(out, "in all")?,
                    Scope::Source => write!(out, "source {name}")?,
                    Scope::Language => write!(out, "language {name}")?,
                }
                let unit = match unit {
                    Unit::Articles => "articles",
                    Unit::Works => "works",
                };
                // Rounded up, so that a small excess over the limit is visible.
                let percent = (vanished * 10_000).div_ceil((*before).max(1)) as f64 / 100.0;
                write!(out, ": {vanished} of {before} {unit} would vanish ({percent} %, allowed {allowed_percent} %)")
            }
            RefusalReason::NdcgDrop { before, after, allowed_drop } => write!(
                out,
                "judged queries: nDCG@10 would fall from {before:.4} to {after:.4} (by {:.4}, allowed {allowed_drop})",
                before - after
            ),
        }
    }
}

impl From<RefusalReason> for Refusal {
    fn from(reason: RefusalReason) -> Refusal {
        Refusal { message: reason.to_string(), reason }
    }
}

/// The limits and the parsed judged queries.
#[derive(Debug)]
pub(crate) struct Gate<'s> {
    settings: &'s GateSettings,
    judged: Option<(&'s Judged, JudgedSet)>,
}

impl Gate<'_> {
    /// Reads the judged queries, so that their errors are reported before any work is done.
    pub(crate) fn open(settings: &GateSettings) -> Result<Gate<'_>> {
        let judged = match &settings.judged {
            Some(judged) => {
                let set = JudgedSet::read(&judged.queries, &judged.qrels)
                    .context("the judged queries of [gate] cannot be used")?;
                Some((judged, set))
            }
            None => None,
        };
        Ok(Gate { settings, judged })
    }

    /// How many articles may be lost regardless of their share.
    pub(crate) fn always_allowed(&self) -> u64 {
        self.settings.always_allowed
    }

    /// Whether there are judged queries.
    pub(crate) fn is_judging(&self) -> bool {
        self.judged.is_some()
    }

    /// The limits that the losses exceed.
    pub(crate) fn refuse_losses(&self, losses: &[PartLoss]) -> Vec<Refusal> {
        let parts = losses.iter().flat_map(|PartLoss { part, articles, works }| {
            // If every article is a work of its own, report the loss once.
            let works = Some(*works).filter(|works| works != articles);
            [Some((part, Unit::Articles, *articles)), works.map(|works| (part, Unit::Works, works))]
        });
        parts.flatten().filter_map(|(part, unit, loss)| self.refuse_loss(part, unit, loss)).map(Refusal::from).collect()
    }

    fn refuse_loss(
        &self,
        part: &LostPart,
        unit: Unit,
        LossCount { before, vanished }: LossCount,
    ) -> Option<RefusalReason> {
        let settings = self.settings;
        let (scope, name, allowed_percent) = match part {
            LostPart::Whole => (Scope::All, None, settings.max_vanished_percent),
            LostPart::Source(name) => (Scope::Source, Some(name), settings.max_vanished_percent_per_source),
            LostPart::Language(name) => (Scope::Language, Some(name), settings.max_vanished_percent_per_language),
        };
        let is_refused =
            vanished > settings.always_allowed && vanished as f64 * 100.0 > allowed_percent * before as f64;
        let name = name.cloned();
        is_refused.then_some(RefusalReason::Vanished { scope, name, unit, vanished, before, allowed_percent })
    }

    /// Runs the judged queries on the new and on the published generation and records the result.
    pub(crate) fn judge(
        &self,
        built: &EmbeddedEngine,
        published: Option<&EmbeddedEngine>,
        verdict: &mut Verdict,
    ) -> Result<()> {
        let Some((judged, set)) = &self.judged else { return Ok(()) };
        let (new_works, old_works) = (works(built, set)?, published.map(|old| works(old, set)).transpose()?);
        let old_works = old_works.unwrap_or_default();
        // If only one generation has an article, its work is looked up there.
        let after = set.ndcg_10(built, judged.recency, |id| new_works.get(id).or(old_works.get(id)).cloned())?;
        let before = published
            .map(|old| set.ndcg_10(old, judged.recency, |id| old_works.get(id).or(new_works.get(id)).cloned()))
            .transpose()?;
        verdict.ndcg_10 = Some(Ndcg { before, after });
        let allowed_drop = judged.max_ndcg_drop;
        if let Some(before) = before.filter(|before| before - after > allowed_drop + SAME_NDCG) {
            verdict.refusals.push(RefusalReason::NdcgDrop { before, after, allowed_drop }.into());
        }
        Ok(())
    }
}

/// The works of those judged articles that are visible in an engine.
fn works(engine: &EmbeddedEngine, set: &JudgedSet) -> Result<HashMap<String, String>, EngineError> {
    let now_s = jiff::Timestamp::now().as_second();
    let mut works = HashMap::new();
    for id in set.articles() {
        if let Some(found) = engine.article(&ArticleKey::Id(id.to_owned()), now_s)? {
            works.insert(id.to_owned(), found.card.work);
        }
    }
    Ok(works)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(settings: &GateSettings, part: LostPart, before: u64, vanished: u64) -> Vec<String> {
        let articles = LossCount { before, vanished };
        let loss = PartLoss { part, articles, works: LossCount::default() };
        let gate = Gate { settings, judged: None };
        gate.refuse_losses(&[loss]).into_iter().map(|refusal| refusal.message).collect()
    }

    #[test]
    fn loss_above_the_limit_is_refused_with_its_figures() {
        let settings = GateSettings::default();
        assert!(refused(&settings, LostPart::Whole, 400, 40).is_empty());
        assert_eq!(
            refused(&settings, LostPart::Whole, 400, 41),
            ["in all: 41 of 400 articles would vanish (10.25 %, allowed 10 %)"]
        );
        assert_eq!(
            refused(&settings, LostPart::Source("site".into()), 400, 120),
            ["source site: 120 of 400 articles would vanish (30 %, allowed 10 %)"]
        );
        assert_eq!(
            refused(&settings, LostPart::Language("es".into()), 100_000, 10_001),
            ["language es: 10001 of 100000 articles would vanish (10.01 %, allowed 10 %)"]
        );
    }

    #[test]
    fn each_part_has_its_own_limit_and_a_few_losses_are_always_allowed() {
        let settings = GateSettings {
            max_vanished_percent: 50.0,
            max_vanished_percent_per_source: 20.0,
            max_vanished_percent_per_language: 0.0,
            ..GateSettings::default()
        };
        let language = || LostPart::Language("es".into());
        assert!(refused(&settings, LostPart::Whole, 100, 50).is_empty());
        assert_eq!(refused(&settings, LostPart::Source("site".into()), 100, 21).len(), 1);
        assert!(refused(&settings, LostPart::Source("site".into()), 100, 20).is_empty());
        assert!(refused(&settings, language(), 5, 5).is_empty(), "five of five");
        assert_eq!(refused(&settings, language(), 6, 6).len(), 1);
        let strict = GateSettings { always_allowed: 0, ..settings };
        assert_eq!(refused(&strict, language(), 100, 1).len(), 1);
    }
}
