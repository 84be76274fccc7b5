//! Connections to the catalog's file.

use std::path::Path;
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::error::{CatalogError, Result};

/// How often a connection retries while it waits to write, and how many retries it makes: about a
/// minute in total.
const BUSY_PAUSE: Duration = Duration::from_millis(1);
const BUSY_LOOKS: i32 = 60_000;

pub(super) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let flags = flags | OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    // SQLite's own handler waits up to 100 ms between retries and misses every pause that a reindex
    // leaves to other writers.
    connection.busy_handler(Some(|looked: i32| {
        thread::sleep(BUSY_PAUSE);
        looked < BUSY_LOOKS
    }))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -16_000)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

pub(super) fn with_path(error: CatalogError, path: &Path) -> CatalogError {
    let path = path.to_owned();
    match error {
        CatalogError::Damaged { source, .. } => CatalogError::Damaged { path, source },
        CatalogError::NotWritable { source, .. } => CatalogError::NotWritable { path, source },
        error => error,
    }
}
