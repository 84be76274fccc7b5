//! Pending runs: completely staged, waiting for a person to accept them.

use rusqlite::params;

use super::error::Result;
use super::{Catalog, RunRecord};
use crate::crash_point;

impl Catalog {
    /// The pending run, if there is one. There is at most one, because the next run replaces it.
    pub fn waiting_run(&self) -> Result<Option<RunRecord>> {
        self.newest_run("state = ?1", "waiting")
    }

    /// Parks a run instead of accepting it, with the generation built for it, if there is one. It
    /// stays until it is [accepted](Catalog::accept) or the next run begins.
    pub fn park(&mut self, run: i64, generation: Option<u64>, report: &str) -> Result<()> {
        crash_point!("hold-back:before");
        let parked = self.connection.execute(
            "UPDATE run SET state = 'waiting', generation = ?2, report = ?3 WHERE id = ?1 AND state = 'staging'",
            params![run, generation, report],
        )?;
        crash_point!("hold-back:after");
        if parked == 0 {
            return Err(super::CatalogError::NotStaging(run));
        }
        Ok(())
    }
}
