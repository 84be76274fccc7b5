//! The catalog's tables and the migrations between schema versions.

use rusqlite::Connection;

use super::error::CatalogError;

/// The migrations from an empty file to the current schema, one for each version. Never edit a
/// released migration; add another one.
const MIGRATIONS: &[&str] = &[
    "
    -- What tells this catalog from every other: a generation says which one it was built from.
    CREATE TABLE identity (id TEXT NOT NULL);
    INSERT INTO identity VALUES (lower(hex(randomblob(16))));
    -- Where articles come from. Of two sources with the same id, the lower rank wins.
    CREATE TABLE source (
        name TEXT PRIMARY KEY,
        location TEXT NOT NULL,
        rank INTEGER NOT NULL,
        is_configured INTEGER NOT NULL,
        profile TEXT
    );
    -- The articles as JSON, apart from everything that is looked through.
    CREATE TABLE content (
        key INTEGER PRIMARY KEY,
        article TEXT NOT NULL
    );
    -- What each source says at present.
    CREATE TABLE record (
        source TEXT NOT NULL,
        id TEXT NOT NULL,
        file TEXT NOT NULL,
        hash BLOB NOT NULL,
        work INTEGER NOT NULL,
        content INTEGER NOT NULL,
        PRIMARY KEY (source, id)
    ) WITHOUT ROWID;
    CREATE INDEX record_by_id ON record (id);
    CREATE INDEX record_by_file ON record (source, file);
    -- What is answered: one row an id, its last change; a tombstone has no source.
    CREATE TABLE article (
        id TEXT PRIMARY KEY,
        seq INTEGER NOT NULL UNIQUE,
        source TEXT,
        hash BLOB
    ) WITHOUT ROWID;
    CREATE TABLE work (
        number INTEGER PRIMARY KEY,
        key TEXT NOT NULL UNIQUE
    );
    -- The checkpoint of a folder: the files as they were when they were last read whole.
    CREATE TABLE file (
        source TEXT NOT NULL,
        path TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        PRIMARY KEY (source, path)
    ) WITHOUT ROWID;
    CREATE TABLE run (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        state TEXT NOT NULL,
        is_full INTEGER NOT NULL,
        started_at TEXT NOT NULL,
        accepted_at TEXT,
        generation INTEGER,
        base_seq INTEGER,
        first_seq INTEGER,
        last_seq INTEGER,
        report TEXT
    );
    -- A run's changes, invisible until it is accepted; no content means a deletion.
    CREATE TABLE staged (
        run INTEGER NOT NULL,
        source TEXT NOT NULL,
        id TEXT NOT NULL,
        file TEXT NOT NULL,
        hash BLOB,
        work INTEGER,
        content INTEGER,
        PRIMARY KEY (run, source, id)
    ) WITHOUT ROWID;
    CREATE INDEX staged_by_id ON staged (run, id);
    -- A run's checkpoint; no fingerprint means that the file is to be read again.
    CREATE TABLE staged_file (
        run INTEGER NOT NULL,
        source TEXT NOT NULL,
        path TEXT NOT NULL,
        fingerprint TEXT,
        PRIMARY KEY (run, source, path)
    ) WITHOUT ROWID;
    CREATE TABLE staged_profile (
        run INTEGER NOT NULL,
        source TEXT NOT NULL,
        profile TEXT NOT NULL,
        PRIMARY KEY (run, source)
    ) WITHOUT ROWID;
    CREATE TABLE publication (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        generation INTEGER NOT NULL,
        is_held INTEGER NOT NULL
    );
    INSERT INTO publication VALUES (1, 0, 0);
",
    "
    -- The words that stand for each other, as JSON, and when that changed last.
    CREATE TABLE synonyms (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        groups TEXT NOT NULL,
        seq INTEGER NOT NULL
    );
    INSERT INTO synonyms VALUES (1, '[]', 0);
    CREATE TABLE staged_synonyms (
        run INTEGER PRIMARY KEY,
        groups TEXT NOT NULL
    );
",
    "
    -- A push is told when its work has too many versions.
    CREATE INDEX record_by_work ON record (work);
",
];

/// Returns an error if the file does not have the current schema version.
pub(crate) fn check(connection: &Connection) -> Result<(), CatalogError> {
    match schema_version(connection)? {
        found if found < MIGRATIONS.len() => Err(CatalogError::Older { found, known: MIGRATIONS.len() }),
        _ => Ok(()),
    }
}

/// The file's schema version; an error if it is newer than this binary knows.
fn schema_version(connection: &Connection) -> Result<usize, CatalogError> {
    let found = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > MIGRATIONS.len() {
        return Err(CatalogError::Newer { found, known: MIGRATIONS.len() });
    }
    Ok(found)
}

/// Migrates the file to the current schema.
pub(crate) fn migrate(connection: &mut Connection) -> Result<(), CatalogError> {
    let current = schema_version(connection)?;
    for (version, step) in MIGRATIONS.iter().enumerate().skip(current) {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        // Another process may have migrated while this one waited for the lock.
        let found: usize = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if found == version {
            transaction.execute_batch(step)?;
            transaction.pragma_update(None, "user_version", version + 1)?;
            transaction.commit()?;
        }
    }
    Ok(())
}
