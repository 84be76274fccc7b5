//! Copies the catalog while it is in use, and prepares a copy to replace the catalog.

use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::connection::with_path;
use super::error::{CatalogError, Result};
use super::{Catalog, migrations};

/// How many pages are copied between two progress reports.
const PAGES: i32 = 512;

impl Catalog {
    /// Copies a snapshot of the catalog into an empty file, while others read and write the
    /// catalog. `progress` receives the number of copied pages and of all pages.
    pub fn copy_to(&self, file: &Path, progress: &dyn Fn(u64, u64)) -> Result<()> {
        self.copy(file, progress).map_err(|error| with_path(error, file))
    }

    fn copy(&self, file: &Path, progress: &dyn Fn(u64, u64)) -> Result<()> {
        let mut copy = Connection::open(file)?;
        copy.pragma_update(None, "journal_mode", "OFF")?;
        copy.pragma_update(None, "synchronous", "OFF")?;
        // Without its own snapshot the copy would restart with each push.
        let snapshot = self.connection.unchecked_transaction()?;
        snapshot.query_row("SELECT COUNT(*) FROM identity", [], |_| Ok(()))?;
        {
            let backup = Backup::new(&self.connection, &mut copy)?;
            while backup.step(PAGES)? != StepResult::Done {
                let at = backup.progress();
                let (all, left) = (at.pagecount.unsigned_abs().into(), at.remaining.unsigned_abs().into());
                progress(u64::saturating_sub(all, left), all);
            }
        }
        snapshot.finish()?;
        remove_log(&copy)?;
        check_integrity(&copy)
    }
}

/// Prepares a copy of a catalog to replace the catalog: checks that it is an undamaged catalog of a
/// known schema version, migrates it, and gives it a new identity, because generations built from
/// the former catalog may contain later changes.
pub fn adopt(file: &Path) -> Result<()> {
    adopt_file(file).map_err(|error| match error {
        CatalogError::Damaged { source, .. } => match source.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => CatalogError::NotACatalog,
            _ => CatalogError::NotWhole(source.to_string()),
        },
        error => error,
    })
}

fn adopt_file(file: &Path) -> Result<()> {
    let mut connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    check_integrity(&connection)?;
    let tables: u32 = connection.query_row(
        "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('identity', 'record', 'publication')",
        [],
        |row| row.get(0),
    )?;
    if tables != 3 {
        return Err(CatalogError::NotACatalog);
    }
    remove_log(&connection)?;
    migrations::migrate(&mut connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("UPDATE identity SET id = lower(hex(randomblob(16)))", [])?;
    transaction.execute("UPDATE publication SET generation = 0, is_held = 0", [])?;
    transaction.commit()?;
    Ok(())
}

/// Writes the log of a catalog into its database file, so that the file can be renamed; fails if
/// another process has it open.
pub fn checkpoint(file: &Path) -> Result<()> {
    let checkpointed = || -> Result<()> {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(Duration::from_secs(2))?;
        remove_log(&connection)
    };
    checkpointed().map_err(|error| with_path(error, file))
}

/// Merges the write-ahead log into the file and removes the log.
fn remove_log(connection: &Connection) -> Result<()> {
    connection.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    Ok(())
}

fn check_integrity(connection: &Connection) -> Result<()> {
    let found: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found == "ok" {
        return Ok(());
    }
    // SQLite reports it in several lines.
    Err(CatalogError::NotWhole(found.split_whitespace().collect::<Vec<_>>().join(" ")))
}
