//! A copy of the catalog while others read and write it, and a file that is to take its place.

use std::path::Path;
use std::time::Duration;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::error::{CatalogError, Result};
use super::{Catalog, migrations, with_path};

/// How many pages are copied between two reports of progress.
const PAGES: i32 = 512;

impl Catalog {
    /// Copies the catalog as it is now into an empty file, while others read and write it. What
    /// is written meanwhile is not in the copy. `progress` is told how many pages of how many are
    /// done.
    pub fn copy_to(&self, file: &Path, progress: &dyn Fn(u64, u64)) -> Result<()> {
        self.copy(file, progress).map_err(|error| with_path(error, file))
    }

    fn copy(&self, file: &Path, progress: &dyn Fn(u64, u64)) -> Result<()> {
        let mut copy = Connection::open(file)?;
        copy.pragma_update(None, "journal_mode", "OFF")?;
        copy.pragma_update(None, "synchronous", "OFF")?;
        // Without a snapshot of its own the copy would begin anew with each push.
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
        stand_alone(&copy)?;
        check_whole(&copy)
    }
}

/// Makes a copy of a catalog fit to be opened in place of another: checks that it is a catalog,
/// whole, and not of a newer fichero; brings it to the present schema; and lets it begin a
/// history of its own, for the generations of its former one may hold what came after it.
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
    check_whole(&connection)?;
    let tables: u32 = connection.query_row(
        "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('identity', 'record', 'publication')",
        [],
        |row| row.get(0),
    )?;
    if tables != 3 {
        return Err(CatalogError::NotACatalog);
    }
    stand_alone(&connection)?;
    migrations::migrate(&mut connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute("UPDATE identity SET id = lower(hex(randomblob(16)))", [])?;
    transaction.execute("UPDATE publication SET generation = 0, is_held = 0", [])?;
    transaction.commit()?;
    Ok(())
}

/// Puts everything that a catalog holds into its one file, so that the file can be given another
/// name; fails where somebody else has it open.
pub fn settle(file: &Path) -> Result<()> {
    let settled = || -> Result<()> {
        let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(Duration::from_secs(2))?;
        stand_alone(&connection)
    };
    settled().map_err(|error| with_path(error, file))
}

/// Gives up the log beside the file, in which SQLite keeps the newest changes.
fn stand_alone(connection: &Connection) -> Result<()> {
    connection.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    Ok(())
}

fn check_whole(connection: &Connection) -> Result<()> {
    let found: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found == "ok" {
        return Ok(());
    }
    // SQLite tells it in several lines.
    Err(CatalogError::NotWhole(found.split_whitespace().collect::<Vec<_>>().join(" ")))
}
