//! Evaluates which filters an article fails.

use crate::engine::Filters;
use crate::engine::filters::Facet;
use crate::engine::tantivy::reader::facet_values::FacetDictionary;
use crate::engine::tantivy::reader::segment::{DocAddress, Segment};

/// The filters that an article fails, with one bit per facet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Failed(u8);

impl Failed {
    /// Filters that no facet ignores: time bounds and exclusions.
    const FIXED: u8 = 1 << 7;

    /// Whether the article fails no filter.
    pub(crate) fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Whether the article fails no filter except that of a facet.
    pub(crate) fn is_none_but(self, facet: Facet) -> bool {
        self.0 & !bit(facet) == 0
    }

    /// Whether the article fails so many filters that no facet counts it.
    fn is_out(self) -> bool {
        self.0 & Failed::FIXED != 0 || self.0.count_ones() > 1
    }
}

fn bit(facet: Facet) -> u8 {
    1 << facet as u8
}

/// For every value of a facet, whether it is selected.
struct SelectedValues {
    facet: Facet,
    values: Vec<bool>,
}

impl SelectedValues {
    fn holds(&self, values: &FacetDictionary, segment: &Segment, place: DocAddress) -> bool {
        values.any(self.facet, segment, place, |value| self.values.get(value as usize) == Some(&true))
    }
}

/// The filters of a request, with their values looked up in a snapshot.
pub(crate) struct Filter<'s> {
    values: &'s FacetDictionary,
    filters: &'s Filters,
    /// An article must have one of the values of each.
    wanted: Vec<SelectedValues>,
    /// An article must have none of these values.
    unwanted: Vec<SelectedValues>,
}

impl<'s> Filter<'s> {
    pub(crate) fn new(values: &'s FacetDictionary, filters: &'s Filters) -> Filter<'s> {
        let meant = |filters: &Filters| -> Vec<SelectedValues> {
            let of = |facet| Some(SelectedValues { facet, values: values.meant(facet, filters)? });
            Facet::ALL.into_iter().filter_map(of).collect()
        };
        let excluded = Filters {
            kinds: filters.kinds_not.clone(),
            topics: filters.topics_not.clone(),
            tags: filters.tags_not.clone(),
            ..Filters::default()
        };
        Filter { values, filters, wanted: meant(filters), unwanted: meant(&excluded) }
    }

    /// Whether an article passes.
    pub(crate) fn passes(&self, segment: &Segment, place: DocAddress) -> bool {
        self.failed(segment, place).is_none()
    }

    /// The filters that an article fails; incomplete once no facet can count it.
    pub(crate) fn failed(&self, segment: &Segment, place: DocAddress) -> Failed {
        let mut failed = Failed::default();
        let has_bounds = self.filters.from.is_some() || self.filters.until.is_some();
        if has_bounds {
            let (published, local) = (segment.published.first(place.doc), segment.published_local.first(place.doc));
            if !self.filters.takes_date(published, local) {
                return Failed(Failed::FIXED);
            }
        }
        for wanted in &self.wanted {
            if !wanted.holds(self.values, segment, place) {
                failed.0 |= bit(wanted.facet);
                if failed.is_out() {
                    return failed;
                }
            }
        }
        if self.unwanted.iter().any(|unwanted| unwanted.holds(self.values, segment, place)) {
            failed.0 |= Failed::FIXED;
        }
        failed
    }
}
