//! Evaluates related articles, and summarizes the related blocks of a whole site.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, bail};
use serde::Serialize;

use super::baseline::MoreLikeThis;
use super::corpus::Site;
use super::figures::{AnswerMeasures, Times, figures};
use super::{Evaluation, EvaluationOptions, MeasuredAnswer, RankedHit, judgements};
use crate::engine::{ArticleKey, Card, EngineError, MAX_LIMIT, Reason, RelatedHit, RelatedRequest, SearchEngine};

/// How many works the block under an article shows.
const BLOCK_WORKS: usize = 6;

/// Judged related articles.
#[derive(Debug, Clone)]
pub struct Related {
    /// The judgements: article, related article, grade, separated by tabs; a header line is
    /// skipped.
    pub qrels: PathBuf,
}

/// Findings about related articles besides the figures.
#[derive(Debug, Clone, Serialize)]
pub struct RelatedFindings {
    /// The source articles that are not in the index or not visible: nothing was measured for them.
    pub missing: Vec<String>,
    /// The source articles without any related work in the judgements: nothing could be measured
    /// for them.
    pub without_related: Vec<String>,
    /// The blocks under all articles.
    pub blocks: Blocks,
}

/// The blocks of related works under every article of the index.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Blocks {
    /// The number of blocks: one per visible article.
    pub blocks: usize,
    /// The requested number of works per block.
    pub size: usize,
    /// The number of empty blocks.
    pub empty: usize,
    /// The number of works shown in all blocks, counted with repetitions.
    pub hits: usize,
    /// The number of works in the index.
    pub works: usize,
    /// The share of the works that are in at least one block.
    pub coverage: f64,
    /// The mean number of blocks per work.
    pub mean_shown: f64,
    /// The work that is in the most blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_shown: Option<MostShown>,
    /// The share of the hits with each type of reason, by its name in the API.
    pub reasons: BTreeMap<String, f64>,
    /// The response times of the blocks.
    #[serde(flatten)]
    pub times: Times,
}

/// The number of blocks that show a work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MostShown {
    /// The work's id.
    pub work: String,
    /// The number of blocks.
    pub blocks: usize,
}

/// Requests related articles and measures the answers.
pub(super) fn evaluate(
    site: &Site,
    related: &Related,
    options: &EvaluationOptions,
) -> Result<(Evaluation, Vec<MeasuredAnswer>)> {
    if !(1..=MAX_LIMIT).contains(&options.depth) {
        bail!("depth {}: 1 to {MAX_LIMIT} related works can be looked at", options.depth);
    }
    let requests = RelatedRequests { engine: site.engine.as_ref(), now_s: jiff::Timestamp::now().as_second() };
    let Judged { sources, missing, without_related } = Judged::read(&related.qrels, &requests)?;
    let mut more_like_this =
        options.baseline.then(|| MoreLikeThis::new(sources.iter().map(|source| source.card.id.as_str())));
    let mut tally = BlockTally::default();
    site.each_article(|article| {
        let Some((hits, took_ms)) = requests.related(&article.id, BLOCK_WORKS)? else { return Ok(()) };
        tally.take(&article.work, &hits, took_ms);
        if let Some(more_like_this) = &mut more_like_this {
            more_like_this.add(article);
        }
        Ok(())
    })?;
    let mut answered = Vec::new();
    let mut outcomes = Vec::new();
    for JudgedSource { card, judged } in &sources {
        let (hits, took_ms) = requests.related(&card.id, options.depth)?.unwrap_or_default();
        let outcome = AnswerMeasures::of(&card.lang, hits.iter().map(|hit| hit.card.work.as_str()), judged, took_ms);
        answered.push(MeasuredAnswer {
            id: card.id.clone(),
            text: card.title.clone(),
            ranking: hits
                .into_iter()
                .map(|RelatedHit { card, score, .. }| RankedHit { id: card.id, work: card.work, score })
                .collect(),
            ndcg_10: outcome.measures.ndcg_10,
        });
        outcomes.push(outcome);
    }
    let mut baseline = BTreeMap::new();
    if let Some(more_like_this) = more_like_this {
        let answer = |JudgedSource { card, judged }: &JudgedSource| {
            let begun = Instant::now();
            let works = more_like_this.related(&card.id, &card.work, options.depth);
            AnswerMeasures::of(&card.lang, works.into_iter(), judged, begun.elapsed().as_secs_f64() * 1e3)
        };
        baseline = figures(&sources.iter().map(answer).collect::<Vec<_>>());
    }
    let evaluation = Evaluation {
        figures: figures(&outcomes),
        baseline,
        related: Some(RelatedFindings { missing, without_related, blocks: tally.into_blocks() }),
        ..Evaluation::default()
    };
    Ok((evaluation, answered))
}

/// A source article, and the grades of its judged related works.
struct JudgedSource {
    card: Card,
    judged: HashMap<String, u32>,
}

/// The source articles in file order, grouped by whether they can be measured.
#[derive(Default)]
struct Judged {
    sources: Vec<JudgedSource>,
    missing: Vec<String>,
    without_related: Vec<String>,
}

impl Judged {
    /// Reads judgements; an error if no article can be measured.
    fn read(qrels: &Path, requests: &RelatedRequests<'_>) -> Result<Judged> {
        let judgements = judgements::read(qrels, ["article", "related article"])?;
        if judgements.is_empty() {
            bail!("{}: no judgements in it", qrels.display());
        }
        let mut cards: HashMap<&str, Option<Card>> = HashMap::new();
        for id in judgements.iter().flat_map(|judgement| [judgement.query.as_str(), &judgement.article]) {
            if !cards.contains_key(id) {
                cards.insert(id, requests.card(id)?);
            }
        }
        let card = |id: &str| cards.get(id).and_then(Option::as_ref);
        let mut grades = judgements::by_work(&judgements, |id| card(id).map(|card| card.work.clone()));
        let mut read = Judged::default();
        for id in judgements.iter().map(|judgement| judgement.query.as_str()) {
            // Removed at its first occurrence.
            let Some(mut judged) = grades.remove(id) else { continue };
            let Some(card) = card(id) else {
                read.missing.push(id.to_owned());
                continue;
            };
            judged.remove(&card.work);
            if judged.values().all(|grade| *grade == 0) {
                read.without_related.push(id.to_owned());
            } else {
                read.sources.push(JudgedSource { card: card.clone(), judged });
            }
        }
        if read.sources.is_empty() {
            bail!(
                "{}: nothing to measure: of the articles judged, {} are not in the index or not shown and {} have no related ones",
                qrels.display(),
                read.missing.len(),
                read.without_related.len()
            );
        }
        Ok(read)
    }
}

/// The engine at a fixed time.
struct RelatedRequests<'e> {
    engine: &'e dyn SearchEngine,
    now_s: i64,
}

impl RelatedRequests<'_> {
    /// The card of an article, if it is visible.
    fn card(&self, id: &str) -> Result<Option<Card>, EngineError> {
        let found = self.engine.article(&ArticleKey::Id(id.to_owned()), self.now_s)?;
        Ok(found.map(|found| found.card))
    }

    /// The works related to an article and the time in milliseconds; `None` if the article is not
    /// visible.
    fn related(&self, id: &str, limit: usize) -> Result<Option<(Vec<RelatedHit>, f64)>, EngineError> {
        let request = RelatedRequest { limit, ..RelatedRequest::new(ArticleKey::Id(id.to_owned()), self.now_s) };
        let begun = Instant::now();
        let answer = self.engine.related(&request)?;
        let took_ms = begun.elapsed().as_secs_f64() * 1e3;
        Ok(answer.map(|answer| (answer.hits, took_ms)))
    }
}

/// Counts the works and reasons in blocks.
#[derive(Default)]
struct BlockTally {
    /// For every work, the number of blocks that show it.
    shown: HashMap<String, usize>,
    /// For every type of reason, the number of hits that have it.
    reasons: BTreeMap<String, usize>,
    hits: usize,
    empty: usize,
    took_ms: Vec<f64>,
}

impl BlockTally {
    /// Counts the block under an article of a work.
    fn take(&mut self, own_work: &str, hits: &[RelatedHit], took_ms: f64) {
        self.shown.entry(own_work.to_owned()).or_insert(0);
        self.hits += hits.len();
        self.empty += usize::from(hits.is_empty());
        self.took_ms.push(took_ms);
        for hit in hits {
            *self.shown.entry(hit.card.work.clone()).or_insert(0) += 1;
            let names: HashSet<&str> = hit.reasons.iter().map(Reason::name).collect();
            for name in names {
                *self.reasons.entry(name.to_owned()).or_insert(0) += 1;
            }
        }
    }

    fn into_blocks(self) -> Blocks {
        let works = self.shown.len();
        let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
        let covered = self.shown.values().filter(|blocks| **blocks > 0).count();
        let most_shown = self
            .shown
            .into_iter()
            .filter(|(_, blocks)| *blocks > 0)
            .max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)))
            .map(|(work, blocks)| MostShown { work, blocks });
        Blocks {
            blocks: self.took_ms.len(),
            size: BLOCK_WORKS,
            empty: self.empty,
            hits: self.hits,
            works,
            coverage: share(covered, works),
            mean_shown: share(self.hits, works),
            most_shown,
            reasons: self.reasons.into_iter().map(|(name, hits)| (name, share(hits, self.hits))).collect(),
            times: Times::of(self.took_ms),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::article::Article;
    use crate::engine::{FallbackTier, Reason};

    fn hit(work: &str, reasons: Vec<Reason>) -> RelatedHit {
        let article = json!({ "id": format!("{work}-es"), "work": work, "lang": "es", "title": work });
        let article: Article = serde_json::from_value(article).unwrap();
        RelatedHit { card: Card::of(&article), score: 1.0, tier: FallbackTier::Text, other_language: false, reasons }
    }

    #[test]
    fn a_tally_counts_works_and_types_of_reasons() {
        let terms = || Reason::Terms { terms: vec!["word".to_owned()] };
        let topic = || Reason::Topic { path: "path".to_owned(), label: "Path".to_owned() };
        let mut tally = BlockTally::default();
        tally.take("a", &[hit("b", vec![terms(), terms()]), hit("c", vec![topic(), terms()])], 1.0);
        tally.take("a", &[hit("c", vec![Reason::Recent])], 3.0);
        tally.take("b", &[hit("b", vec![terms()])], 2.0);
        tally.take("d", &[], 9.0);
        let expected = Blocks {
            blocks: 4,
            size: 6,
            empty: 1,
            hits: 4,
            works: 4,
            coverage: 0.5,
            mean_shown: 1.0,
            // As often as `c`: the first by id.
            most_shown: Some(MostShown { work: "b".to_owned(), blocks: 2 }),
            reasons: [("recent", 0.25), ("terms", 0.75), ("topic", 0.25)].map(|(n, s)| (n.to_owned(), s)).into(),
            times: Times { median_ms: 3.0, p99_ms: 9.0 },
        };
        assert_eq!(tally.into_blocks(), expected);
        assert_eq!(BlockTally::default().into_blocks(), Blocks { size: 6, ..Blocks::default() });
    }
}
