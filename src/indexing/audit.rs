//! Whether the index holds what the catalog holds, article by article.
//!
//! The two are kept in step by `seq`, which cannot tell that a change was applied and has come
//! undone. So they are compared: the id and the content hash of every article. What differs is
//! given a new `seq`, by which it is applied again like any change. A server does this by itself,
//! beside its work ([`super::healing`]); `fichero check` does it when asked.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::engine::EngineError;
use crate::engine::tantivy::{ContentKey, Contents, is_indexed};
use crate::storage::catalog::{Answered, Catalog, CatalogError};

/// How many ids are read from the catalog at a time.
const PAGE: usize = 1_000;

/// What can go wrong in a comparison.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The catalog could not be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The index could not be read.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What a server's audits and repairs came to since its start, for `/metrics`.
#[derive(Debug, Default)]
pub struct AuditFigures {
    audits: AtomicU64,
    differences: AtomicU64,
    last_took_us: AtomicU64,
    damaged_generations: AtomicU64,
    rebuilt_generations: AtomicU64,
}

impl AuditFigures {
    /// Counts a comparison and what it found.
    pub fn count_audit(&self, differences: usize, took: Duration) {
        self.audits.fetch_add(1, Ordering::Relaxed);
        self.differences.fetch_add(differences as u64, Ordering::Relaxed);
        self.last_took_us.store(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Counts a generation that was found damaged.
    pub fn count_damaged(&self) {
        self.damaged_generations.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a generation that was built in the place of one that cannot be read.
    pub fn count_rebuilt(&self) {
        self.rebuilt_generations.fetch_add(1, Ordering::Relaxed);
    }

    /// Comparisons that were finished.
    pub fn audits(&self) -> u64 {
        self.audits.load(Ordering::Relaxed)
    }

    /// Articles that an index held otherwise than the catalog, and that were applied again.
    pub fn differences(&self) -> u64 {
        self.differences.load(Ordering::Relaxed)
    }

    /// How long the last comparison took.
    pub fn last_took(&self) -> Duration {
        Duration::from_micros(self.last_took_us.load(Ordering::Relaxed))
    }

    /// Generations that were found damaged.
    pub fn damaged_generations(&self) -> u64 {
        self.damaged_generations.load(Ordering::Relaxed)
    }

    /// Generations that were built in the place of ones that cannot be read.
    pub fn rebuilt_generations(&self) -> u64 {
        self.rebuilt_generations.load(Ordering::Relaxed)
    }
}

/// The ids, in order, that an index does not hold as the catalog had them at the index's `seq`.
/// What was changed since is not looked at: it is still to be applied.
pub fn differences(catalog: &Catalog, contents: &Contents) -> Result<Vec<String>, AuditError> {
    let mut different = Vec::new();
    let mut held = 0;
    let mut after = String::new();
    loop {
        let page = catalog.answered_after(&after, PAGE)?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        for answered in &page {
            let found = contents.of(&answered.id)?;
            held += found.len() as u64;
            if !is_as_answered(catalog, contents, answered, &found)? {
                different.push(answered.id.clone());
            }
        }
    }
    if held != contents.articles() {
        // It holds ids of which the catalog has never heard.
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

fn is_as_answered(
    catalog: &Catalog,
    contents: &Contents,
    answered: &Answered,
    found: &[ContentKey],
) -> Result<bool, AuditError> {
    if answered.seq > contents.version().seq {
        return Ok(true);
    }
    let is_same = match (&answered.hash, found) {
        (None, []) => true,
        (Some(hash), [key]) => ContentKey::of(hash) == *key,
        (Some(_), []) => catalog.article(&answered.id)?.is_none_or(|article| !is_indexed(&article)),
        _ => false,
    };
    // It may have been changed between the two looks.
    Ok(is_same || catalog.answered(&answered.id)?.as_ref() != Some(answered))
}
