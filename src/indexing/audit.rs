//! Compares the index with the catalog, article by article.
//!
//! `seq` keeps the two in step, but it cannot show that an applied change was lost again. So an
//! audit compares the id and the content hash of every article. Articles that differ get a new
//! `seq`, so that they are applied again like any change. A server runs audits in the background
//! ([`super::healing`]); `fichero check` runs one on request.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::engine::EngineError;
use crate::engine::tantivy::{ContentKey, Contents, is_indexed};
use crate::storage::catalog::{Answered, Catalog, CatalogError};

/// How many ids are read from the catalog at a time.
const PAGE: usize = 1_000;

/// Errors of an audit.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The catalog could not be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The index could not be read.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// Counters of a server's audits and repairs since its start, for `/metrics`.
#[derive(Debug, Default)]
pub struct AuditFigures {
    audits: AtomicU64,
    differences: AtomicU64,
    last_took_us: AtomicU64,
    damaged_generations: AtomicU64,
    rebuilt_generations: AtomicU64,
}

impl AuditFigures {
    /// Counts an audit and the differences that it found.
    pub fn count_audit(&self, differences: usize, took: Duration) {
        self.audits.fetch_add(1, Ordering::Relaxed);
        self.differences.fetch_add(differences as u64, Ordering::Relaxed);
        self.last_took_us.store(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Counts a generation that was found damaged.
    pub fn count_damaged(&self) {
        self.damaged_generations.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a generation that was built to replace an unreadable one.
    pub fn count_rebuilt(&self) {
        self.rebuilt_generations.fetch_add(1, Ordering::Relaxed);
    }

    /// The number of finished audits.
    pub fn audits(&self) -> u64 {
        self.audits.load(Ordering::Relaxed)
    }

    /// The number of articles that differed from the catalog and were applied again.
    pub fn differences(&self) -> u64 {
        self.differences.load(Ordering::Relaxed)
    }

    /// The duration of the last audit.
    pub fn last_took(&self) -> Duration {
        Duration::from_micros(self.last_took_us.load(Ordering::Relaxed))
    }

    /// The number of damaged generations found.
    pub fn damaged_generations(&self) -> u64 {
        self.damaged_generations.load(Ordering::Relaxed)
    }

    /// The number of generations built to replace unreadable ones.
    pub fn rebuilt_generations(&self) -> u64 {
        self.rebuilt_generations.load(Ordering::Relaxed)
    }
}

/// The sorted ids of articles that differ between an index and the catalog as of the index's `seq`.
/// Later changes are skipped: they are still to be applied.
pub fn differences(catalog: &Catalog, contents: &Contents) -> Result<Vec<String>, AuditError> {
    let mut different = Vec::new();
    let mut indexed = 0;
    let mut after = String::new();
    loop {
        let page = catalog.answered_after(&after, PAGE)?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        for expected in &page {
            let found = contents.of(&expected.id)?;
            indexed += found.len() as u64;
            if !matches_catalog(catalog, contents, expected, &found)? {
                different.push(expected.id.clone());
            }
        }
    }
    if indexed != contents.articles() {
        // The index contains ids that are not in the catalog.
        contents.for_each_id(|id| {
            if catalog.answered(&id)?.is_none() {
                different.push(id);
            }
            Ok::<_, AuditError>(())
        })?;
        different.sort_unstable();
        different.dedup();
    }
    Ok(different)
}

fn matches_catalog(
    catalog: &Catalog,
    contents: &Contents,
    expected: &Answered,
    found: &[ContentKey],
) -> Result<bool, AuditError> {
    if expected.seq > contents.version().seq {
        return Ok(true);
    }
    let is_same = match (&expected.hash, found) {
        (None, []) => true,
        (Some(hash), [key]) => ContentKey::of(hash) == *key,
        (Some(_), []) => catalog.article(&expected.id)?.is_none_or(|article| !is_indexed(&article)),
        _ => false,
    };
    // The article may have changed between the two reads.
    Ok(is_same || catalog.answered(&expected.id)?.as_ref() != Some(expected))
}
