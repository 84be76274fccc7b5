//! Counting the works under every value: once, of the search that is answered. The searches that were
//! tried before only note what matches them.

use super::filter::Failed;
use super::snapshot::{Place, Snapshot};
use crate::article::Kind;
use crate::engine::EngineError;
use crate::engine::facets::{FacetCounts, TopicCount, ValueCount, label_groups};
use crate::engine::filters::Facet;
use crate::engine::supervision::Steps;

/// A version that counted somewhere.
struct Counted {
    place: Place,
    failed: Failed,
    /// The version of the same work that counted before it, its place in the list plus one.
    before: u32,
}

/// The versions that match, to be counted.
pub(super) struct Counter<'s> {
    snapshot: &'s Snapshot,
    facets: Vec<Facet>,
    group: bool,
    matching: Vec<(Place, Failed)>,
}

impl<'s> Counter<'s> {
    pub(super) fn new(snapshot: &'s Snapshot, facets: &[Facet], group: bool) -> Counter<'s> {
        Counter { snapshot, facets: facets.to_vec(), group, matching: Vec::new() }
    }

    /// Takes note of a version that matches, and of what it fails.
    pub(super) fn take(&mut self, place: Place, failed: Failed) {
        if self.facets.iter().any(|facet| failed.is_none_but(*facet)) {
            self.matching.push((place, failed));
        }
    }

    /// The counts, with topics as they are written for a reader.
    pub(super) fn counts(self, ui_lang: Option<&str>) -> Result<FacetCounts, EngineError> {
        let mut sums = Sums::new(self.snapshot, &self.facets, self.group);
        let mut steps = Steps::default();
        for (place, failed) in self.matching {
            sums.take(place, failed);
            steps.step()?;
        }
        Ok(sums.counts(ui_lang))
    }
}

/// Counts the versions that match, a work once under each value.
struct Sums<'s> {
    snapshot: &'s Snapshot,
    counts: Vec<(Facet, Vec<u64>)>,
    counted: Vec<Counted>,
    /// For every work, its last version in `counted`, plus one; empty where versions count singly.
    last: Vec<u32>,
    own: Vec<u32>,
}

impl<'s> Sums<'s> {
    fn new(snapshot: &'s Snapshot, facets: &[Facet], group: bool) -> Sums<'s> {
        let counts = |facet: &Facet| (*facet, vec![0; snapshot.values.count(*facet)]);
        Sums {
            snapshot,
            counts: facets.iter().map(counts).collect(),
            counted: Vec::new(),
            last: vec![0; if group && !facets.is_empty() { snapshot.works } else { 0 }],
            own: Vec::new(),
        }
    }

    /// Takes up a version that matches, and what it fails.
    fn take(&mut self, place: Place, failed: Failed) {
        let Some(segment) = self.snapshot.segments.get(place.segment) else { return };
        let values = &self.snapshot.values;
        let last = self.last.get_mut(segment.work.get_val(place.doc) as usize);
        let before = last.as_ref().map_or(0, |last| **last);
        for (facet, counts) in self.counts.iter_mut().filter(|(facet, _)| failed.is_none_but(*facet)) {
            values.of(*facet, segment, place, &mut self.own);
            let mut other = before;
            while let Some(version) = (other as usize).checked_sub(1).and_then(|at| self.counted.get(at)) {
                if version.failed.is_none_but(*facet)
                    && let Some(segment) = self.snapshot.segments.get(version.place.segment)
                {
                    let own = &mut self.own;
                    values.any(*facet, segment, version.place, |value| {
                        own.retain(|own| *own != value);
                        false
                    });
                }
                other = version.before;
            }
            for value in &self.own {
                if let Some(count) = counts.get_mut(*value as usize) {
                    *count += 1;
                }
            }
        }
        if let Some(last) = last {
            self.counted.push(Counted { place, failed, before });
            *last = u32::try_from(self.counted.len()).unwrap_or(0);
        }
    }

    fn counts(self, ui_lang: Option<&str>) -> FacetCounts {
        let values = &self.snapshot.values;
        let groups = label_groups(ui_lang, &self.snapshot.languages);
        let mut answer = FacetCounts::default();
        for (facet, counts) in self.counts {
            let held =
                || counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(value, count)| (value, *count));
            let named = |name: &dyn Fn(usize) -> String| -> Vec<ValueCount> {
                held().map(|(value, count)| ValueCount { value: name(value), count }).collect()
            };
            match facet {
                Facet::Lang => answer.set_values(facet, named(&|value| values.langs[value].clone())),
                Facet::Kind => answer.set_values(facet, named(&|value| Kind::ALL[value].as_str().to_owned())),
                Facet::Tag => answer.set_values(facet, named(&|value| values.tags[value].text.clone())),
                Facet::Author => answer.set_values(facet, named(&|value| values.authors[value].text.clone())),
                Facet::Topic => answer.set_topics(
                    held()
                        .map(|(topic, count)| TopicCount {
                            value: values.topics[topic].clone(),
                            label: values.topic_label(topic, &groups).to_owned(),
                            count,
                            children: Vec::new(),
                        })
                        .collect(),
                ),
                Facet::Year => {
                    let years = values.years.iter().zip(&counts[values.months.len()..]);
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
