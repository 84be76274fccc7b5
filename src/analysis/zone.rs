//! The zones of an article: its parts that are indexed separately.

use std::ops::{Index, IndexMut};

/// How many zones there are.
const ZONES: usize = 5;

/// A part of an article that is indexed and weighted separately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Zone {
    /// The title.
    Title,
    /// The teaser.
    Summary,
    /// The body.
    Body,
    /// The labels under which it is filed: topics (by their labels and by their paths), tags,
    /// series.
    Topics,
    /// Names of persons.
    Authors,
}

impl Zone {
    /// All zones, in the order of their discriminants.
    pub const ALL: [Zone; ZONES] = [Zone::Title, Zone::Summary, Zone::Body, Zone::Topics, Zone::Authors];

    /// The zone's name in an index's schema.
    pub fn name(self) -> &'static str {
        match self {
            Zone::Title => "title",
            Zone::Summary => "summary",
            Zone::Body => "body",
            Zone::Topics => "topics",
            Zone::Authors => "authors",
        }
    }
}

/// One value per zone, indexed by [`Zone`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ByZone<T>([T; ZONES]);

impl<T> ByZone<T> {
    /// Takes the values in the order of [`Zone::ALL`].
    pub const fn new(values: [T; ZONES]) -> ByZone<T> {
        ByZone(values)
    }

    /// Computes the value of each zone.
    pub fn of(value: impl FnMut(Zone) -> T) -> ByZone<T> {
        ByZone(Zone::ALL.map(value))
    }

    /// The values in the order of [`Zone::ALL`].
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// The values in the order of [`Zone::ALL`], mutable.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.0.iter_mut()
    }
}

const _: () = assert!(Zone::Authors as usize + 1 == ZONES);

#[expect(clippy::indexing_slicing, reason = "the discriminants of the zones are 0 to ZONES - 1")]
impl<T> Index<Zone> for ByZone<T> {
    type Output = T;

    fn index(&self, zone: Zone) -> &T {
        &self.0[zone as usize]
    }
}

#[expect(clippy::indexing_slicing, reason = "the discriminants of the zones are 0 to ZONES - 1")]
impl<T> IndexMut<Zone> for ByZone<T> {
    fn index_mut(&mut self, zone: Zone) -> &mut T {
        &mut self.0[zone as usize]
    }
}

impl<T> IntoIterator for ByZone<T> {
    type Item = T;
    type IntoIter = std::array::IntoIter<T, ZONES>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a ByZone<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T> IntoIterator for &'a mut ByZone<T> {
    type Item = &'a mut T;
    type IntoIter = std::slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}
