//! Counts the works under every facet value, once for the answered search. Searches that were tried
//! before only record their matches.

use super::filter::Failed;
use crate::engine::EngineError;
use crate::engine::cancellation::Steps;
use crate::engine::facets::{FacetCounts, TopicCount, ValueCount, label_groups};
use crate::engine::filters::Facet;
use crate::engine::tantivy::reader::facet_values::FacetLabel;
use crate::engine::tantivy::reader::segment::{DocAddress, Segment};
use crate::engine::tantivy::reader::snapshot::Snapshot;

/// A version that counts for some facet.
struct CountedVersions {
    place: DocAddress,
    failed: Failed,
    /// The index of the previous version of the same work, plus one.
    before: u32,
}

/// The matching versions to count.
pub(crate) struct Counter<'s> {
    snapshot: &'s Snapshot,
    facets: Vec<Facet>,
    group: bool,
    matching: Vec<(DocAddress, Failed)>,
}

impl<'s> Counter<'s> {
    pub(crate) fn new(snapshot: &'s Snapshot, facets: &[Facet], group: bool) -> Counter<'s> {
        Counter { snapshot, facets: facets.to_vec(), group, matching: Vec::new() }
    }

    /// Records a matching version and the filters that it fails.
    pub(crate) fn take(&mut self, place: DocAddress, failed: Failed) {
        if self.facets.iter().any(|facet| failed.is_none_but(*facet)) {
            self.matching.push((place, failed));
        }
    }

    /// The counts, with topic labels for a reader.
    pub(crate) fn counts(self, ui_lang: Option<&str>) -> Result<FacetCounts, EngineError> {
        let mut sums = Sums::new(self.snapshot, &self.facets, self.group);
        for (place, failed) in self.matching {
            sums.take(place, failed);
        }
        sums.count()?;
        Ok(sums.counts(ui_lang))
    }
}

/// The number of works under every value of a facet.
struct ValueCounts {
    facet: Facet,
    counts: Vec<u64>,
    /// The last work counted under each value, so that it counts once.
    counted: Vec<u32>,
}

impl ValueCounts {
    fn take(&mut self, snapshot: &Snapshot, segment: &Segment, version: &CountedVersions, work: u32) {
        if !version.failed.is_none_but(self.facet) {
            return;
        }
        let (counts, counted) = (&mut self.counts, &mut self.counted);
        snapshot.values.any(self.facet, segment, version.place, |value| {
            if let (Some(count), Some(counted)) = (counts.get_mut(value as usize), counted.get_mut(value as usize))
                && *counted != work
            {
                *counted = work;
                *count += 1;
            }
            false
        });
    }
}

/// Counts the matching versions, each work once under each value.
struct Sums<'s> {
    snapshot: &'s Snapshot,
    values: Vec<ValueCounts>,
    versions: Vec<CountedVersions>,
    /// For every work, the index of its last version in `versions` plus one; empty if versions
    /// count individually.
    last: Vec<u32>,
}

impl<'s> Sums<'s> {
    fn new(snapshot: &'s Snapshot, facets: &[Facet], group: bool) -> Sums<'s> {
        let values = |facet: &Facet| {
            let values = snapshot.values.count(*facet);
            // No work has this number.
            ValueCounts { facet: *facet, counts: vec![0; values], counted: vec![u32::MAX; values] }
        };
        Sums {
            snapshot,
            values: facets.iter().map(values).collect(),
            versions: Vec::new(),
            last: vec![0; if group && !facets.is_empty() { snapshot.works } else { 0 }],
        }
    }

    /// Adds a matching version and the filters that it fails.
    fn take(&mut self, place: DocAddress, failed: Failed) {
        let Some(segment) = self.snapshot.segments.get(place.segment) else { return };
        let last = self.last.get_mut(segment.work_of(place.doc) as usize);
        let before = last.as_ref().map_or(0, |last| **last);
        self.versions.push(CountedVersions { place, failed, before });
        if let Some(last) = last {
            *last = u32::try_from(self.versions.len()).unwrap_or(0);
        }
    }

    /// Counts the added versions, work by work: each version is read once, however many its work
    /// has.
    fn count(&mut self) -> Result<(), EngineError> {
        let mut steps = Steps::default();
        for (number, at) in (0u32..).zip((0..self.versions.len()).rev()) {
            let Some(version) = self.versions.get(at) else { continue };
            let Some(segment) = self.snapshot.segments.get(version.place.segment) else { continue };
            let last = self.last.get(segment.work_of(version.place.doc) as usize);
            if last.is_some_and(|last| *last as usize != at + 1) {
                continue; // it was counted with the last version of its work
            }
            let mut next = at + 1;
            while let Some(version) = next.checked_sub(1).and_then(|at| self.versions.get(at)) {
                if let Some(segment) = self.snapshot.segments.get(version.place.segment) {
                    for values in &mut self.values {
                        values.take(self.snapshot, segment, version, number);
                    }
                }
                next = version.before as usize;
                steps.step()?;
            }
        }
        Ok(())
    }

    fn counts(self, ui_lang: Option<&str>) -> FacetCounts {
        let values = &self.snapshot.values;
        let groups = label_groups(ui_lang, &self.snapshot.languages);
        let label = |label: &'s FacetLabel| label.text.as_str();
        let mut answer = FacetCounts::default();
        for ValueCounts { facet, counts, .. } in self.values {
            match facet {
                Facet::Lang => answer.set_values(facet, named(values.langs.iter().map(String::as_str), &counts)),
                Facet::Kind => answer.set_values(facet, named(values.kinds.iter().map(String::as_str), &counts)),
                Facet::Tag => answer.set_values(facet, named(values.tags.iter().map(label), &counts)),
                Facet::Author => answer.set_values(facet, named(values.authors.iter().map(label), &counts)),
                Facet::Topic => {
                    let topics = values.topics.iter().zip(&counts).enumerate();
                    let held = topics.filter(|(_, (_, count))| **count > 0);
                    let counts = held.map(|(topic, (value, count))| TopicCount {
                        value: value.clone(),
                        label: values.topic_label(topic, &groups).to_owned(),
                        count: *count,
                        children: Vec::new(),
                    });
                    answer.set_topics(counts.collect());
                }
                Facet::Year => {
                    let years = values.years.iter().zip(counts.iter().skip(values.months.len()));
                    answer.set_years(years.filter(|(_, count)| **count > 0).map(|(year, count)| {
                        let months = values.months.iter().zip(&counts);
                        let own = months.filter(|(month, count)| month.year == *year && **count > 0);
                        (*year, *count, own.map(|(month, count)| (month.month, *count)).collect())
                    }));
                }
            }
        }
        answer
    }
}

/// The values that some work has, with how many, given the names of all values in order.
fn named<'v>(names: impl Iterator<Item = &'v str>, counts: &[u64]) -> Vec<ValueCount> {
    let held = names.zip(counts).filter(|(_, count)| **count > 0);
    held.map(|(name, count)| ValueCount { value: name.to_owned(), count: *count }).collect()
}
