//! The explanation of a hit.

use super::boosts::Priors;
use super::collector::WorkCandidate;
use super::evidence::PageEvidence;
use crate::engine::EngineError;
use crate::engine::explain::{Explanation, ScoreBreakdown, explain};
use crate::engine::tantivy::reader::segment::Segment;

/// Explains the score of a work.
pub(crate) fn explanation<'s>(
    priors: &Priors<'s>,
    evidence: &PageEvidence<'s>,
    segment: &'s Segment,
    candidate: &WorkCandidate,
) -> Result<Explanation, EngineError> {
    let doc = candidate.place.doc;
    let breakdown = ScoreBreakdown {
        score: candidate.score,
        version: candidate.version_score,
        proximity: candidate.proximity,
        language: priors.language(segment, doc),
        recency: priors.recency(segment, doc),
        part: candidate.part_factor,
    };
    explain(priors.plan, &evidence.of(segment, candidate.place), &breakdown)
}
