//! Query-independent score factors of an article: its language and its age.

use tantivy::DocId;

use crate::engine::planning::Plan;
use crate::engine::ranking;
use crate::engine::tantivy::reader::segment::Segment;
use crate::engine::tantivy::reader::snapshot::Snapshot;

/// The query-independent score factors.
pub(crate) struct Priors<'s> {
    pub(crate) snapshot: &'s Snapshot,
    pub(crate) plan: &'s Plan,
    pub(crate) recency: f32,
    pub(crate) now_s: i64,
}

impl Priors<'_> {
    /// The factor of an article.
    pub(crate) fn factor(&self, segment: &Segment, doc: DocId) -> f32 {
        self.language(segment, doc) * self.recency(segment, doc)
    }

    pub(crate) fn language(&self, segment: &Segment, doc: DocId) -> f32 {
        self.plan.language_factors.get(segment.lang_of(doc).1).copied().unwrap_or(1.0)
    }

    pub(crate) fn recency(&self, segment: &Segment, doc: DocId) -> f32 {
        let newest_s = self.snapshot.newest_s.map(|newest| newest.min(self.now_s));
        ranking::recency_factor(self.recency, segment.published.first(doc), newest_s)
    }
}
