//! A run that is staged whole and waits for a person's word.

use rusqlite::params;

use super::error::Result;
use super::{Catalog, RunRecord};
use crate::crash_point;

impl Catalog {
    /// The run that waits to be accepted, if one does: there is one at most, for the next run
    /// takes its place.
    pub fn waiting_run(&self) -> Result<Option<RunRecord>> {
        self.newest_run("state = ?1", "waiting")
    }

    /// Leaves a run staged instead of accepting it, with the generation that was built for it, if
    /// one was. It stays until it is [accepted](Catalog::accept) or the next run begins.
    pub fn hold_back(&mut self, run: i64, generation: Option<u64>, report: &str) -> Result<()> {
        crash_point!("hold-back:before");
        let held_back = self.connection.execute(
            "UPDATE run SET state = 'waiting', generation = ?2, report = ?3 WHERE id = ?1 AND state = 'staging'",
            params![run, generation, report],
        )?;
        crash_point!("hold-back:after");
        if held_back == 0 {
            return Err(super::CatalogError::NotStaging(run));
        }
        Ok(())
    }
}
