//! Gives the disk space of an abandoned run back, also when the disk is full.
//!
//! Deleting rows takes space first: SQLite appends what it changes to its log. So the staged rows
//! go in pieces, the latest first, and each piece cuts the file's free end off in the same
//! transaction: pages beyond the new end need not be written. A piece that finds no space is
//! halved. [`Catalog::open`] creates catalogs whose file can be cut off; in one of an earlier
//! version, the pages stay and are used by the next run.

use std::fs;

use rusqlite::{Connection, TransactionBehavior, params};

use super::Catalog;
use super::apply::clear_staged;
use super::error::{CatalogError, Result};

/// How many staged rows are sorted at once: bounds the memory.
const SORTED: usize = 20_000;
/// How many staged rows one transaction deletes at most: about what the page cache holds.
const PIECE: usize = 2_000;
/// A piece this small that finds no space is given up.
const SMALLEST_PIECE: usize = 20;

impl Catalog {
    /// Abandons a run that is neither accepted nor pending: removes what it staged and shrinks the
    /// files. Returns whether there was such a run. If the disk has no space even for that, what
    /// is left is removed when the next run begins.
    pub fn abandon_run(&mut self, run: i64, report: Option<&str>) -> Result<bool> {
        // SQLite's own checkpoint, after each commit, would make the file grow into what is left.
        let every = pragma(&self.connection, "wal_autocheckpoint")?;
        self.connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        let abandoned = self.remove_staged(run, report);
        self.connection.pragma_update(None, "wal_autocheckpoint", every)?;
        abandoned
    }

    fn remove_staged(&mut self, run: i64, report: Option<&str>) -> Result<bool> {
        let abandoned = self.connection.execute(
            "UPDATE run SET state = 'abandoned', report = ?2 WHERE id = ?1 AND state = 'staging'",
            params![run, report],
        )?;
        if abandoned == 0 {
            return Ok(false);
        }
        let mut piece = PIECE;
        loop {
            let rows = self.latest_staged(run)?;
            let mut rest = rows.as_slice();
            while !rest.is_empty() {
                let (rows, later) = rest.split_at(piece.min(rest.len()));
                match self.in_one_piece(|connection| delete_staged(connection, run, rows)) {
                    Ok(()) => rest = later,
                    Err(CatalogError::DiskFull(_)) if piece > SMALLEST_PIECE => piece /= 2,
                    Err(error) => return Err(error),
                }
                self.shrink_log_if_it_fits()?;
            }
            if rows.len() < SORTED {
                break;
            }
        }
        self.in_one_piece(clear_staged)?;
        self.shrink_log()?;
        Ok(true)
    }

    /// The rows of a run with the latest contents, which are nearest to the end of the file.
    fn latest_staged(&self, run: i64) -> Result<Vec<StagedRow>> {
        let mut statement = self.connection.prepare(
            "SELECT content, source, id FROM staged WHERE run = ?1 AND content IS NOT NULL ORDER BY content DESC LIMIT ?2",
        )?;
        let rows = statement.query_map(params![run, SORTED], |row| {
            Ok(StagedRow { content: row.get(0)?, source: row.get(1)?, id: row.get(2)? })
        })?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// Deletes something and cuts off as many pages as this made free.
    fn in_one_piece(&mut self, delete: impl FnOnce(&Connection) -> Result<()>) -> Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let before = pragma(&transaction, "freelist_count")?;
        delete(&transaction)?;
        let freed = pragma(&transaction, "freelist_count")?.saturating_sub(before);
        if freed > 0 {
            // SQLite cuts off one page for each row of the answer.
            let mut statement = transaction.prepare(&format!("PRAGMA incremental_vacuum({freed})"))?;
            let mut rows = statement.query([])?;
            while rows.next()?.is_some() {}
        }
        transaction.commit()?;
        Ok(())
    }

    /// Writes the log into the file and empties it, if the file need not grow for it.
    fn shrink_log_if_it_fits(&self) -> Result<()> {
        let needed = pragma(&self.connection, "page_count")? * pragma(&self.connection, "page_size")?;
        let length = self.connection.path().and_then(|path| fs::metadata(path).ok()).map_or(0, |file| file.len());
        if needed <= length { self.shrink_log() } else { Ok(()) }
    }

    fn shrink_log(&self) -> Result<()> {
        Ok(self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }
}

/// A staged article: its key, and that of its text.
struct StagedRow {
    content: i64,
    source: String,
    id: String,
}

/// A text and its staged row go together: a later text may get the key of this one.
fn delete_staged(connection: &Connection, run: i64, rows: &[StagedRow]) -> Result<()> {
    let mut content = connection.prepare_cached("DELETE FROM content WHERE key = ?1")?;
    let mut staged = connection.prepare_cached("DELETE FROM staged WHERE run = ?1 AND source = ?2 AND id = ?3")?;
    for row in rows {
        content.execute([row.content])?;
        staged.execute(params![run, row.source, row.id])?;
    }
    Ok(())
}

/// A setting or figure of the database that is a number.
pub(super) fn pragma(connection: &Connection, name: &str) -> Result<u64> {
    Ok(connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0))?)
}
