//! The body of an article, read passage by passage.

use std::ops::Range;

use tantivy::DocId;
use tantivy::columnar::RowId;

use super::segment::Segment;
use crate::engine::EngineError;
use crate::engine::snippets::{Body, BodyPassage};

/// The body of an article of a segment.
pub(crate) struct SegmentBody<'s> {
    segment: &'s Segment,
    doc: DocId,
    starts: Range<RowId>,
}

impl<'s> SegmentBody<'s> {
    pub(crate) fn new(segment: &'s Segment, doc: DocId) -> SegmentBody<'s> {
        SegmentBody { segment, doc, starts: segment.passage_start.index.value_row_ids(doc) }
    }
}

impl Body for SegmentBody<'_> {
    type Error = EngineError;

    fn passages(&self) -> usize {
        self.starts.len()
    }

    fn start(&self, ordinal: usize) -> u32 {
        let row = self.starts.clone().nth(ordinal);
        row.map_or(0, |row| self.segment.passage_start.values.get_val(row) as u32)
    }

    fn passage(&self, ordinal: usize) -> Result<Option<BodyPassage>, EngineError> {
        self.segment.passage(self.doc, ordinal)
    }
}
