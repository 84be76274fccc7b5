//! The catalog's tables and the migrations between schema versions.

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, params};

use super::apply::{insert_content, renew_article, work_number};
use super::error::CatalogError;
use super::{LAST_SEQ, parsed};
use crate::article::composed;

/// One step from a schema version to the next.
enum Step {
    Sql(&'static str),
    Code(fn(&Connection) -> Result<(), CatalogError>),
}

/// The migrations from an empty file to the current schema, one for each version. Never edit a
/// released migration; add another one.
const MIGRATIONS: &[Step] = &[
    Step::Sql(
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
    ),
    Step::Sql(
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
    ),
    Step::Sql(
        "
    -- A push is told when its work has too many versions.
    CREATE INDEX record_by_work ON record (work);
",
    ),
    Step::Code(compose_ids),
];

/// Composes the ids, works and file names that earlier versions stored as they were written. An
/// article gets its id anew, and is applied to the index under it; where the composed id is there
/// already, that article stays.
fn compose_ids(connection: &Connection) -> Result<(), CatalogError> {
    connection.create_scalar_function(
        "composed",
        1,
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC,
        |context| Ok(composed(context.get_raw(0).as_str()?).into_owned()),
    )?;
    // A run that waits to be accepted was staged, and its generation built, with the former ids.
    connection.execute(
        "UPDATE run SET state = 'abandoned' WHERE state = 'waiting' AND EXISTS (
             SELECT 1 FROM staged s LEFT JOIN work w ON w.number = s.work
             WHERE s.run = run.id AND (s.id <> composed(s.id) OR w.key <> composed(w.key)))",
        [],
    )?;
    let records: Vec<(String, String, String)> = connection
        .prepare(
            "SELECT r.source, r.id, c.article FROM record r JOIN content c ON c.key = r.content
             JOIN work w ON w.number = r.work WHERE r.id <> composed(r.id) OR w.key <> composed(w.key)",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<Result<_, _>>()?;
    let mut seq: u64 = connection.query_row(LAST_SEQ, [], |row| row.get(0))?;
    for (source, former, text) in records {
        let mut article = parsed(&former, &text)?;
        article.id = composed(&former).into_owned();
        article.work = composed(&article.work).into_owned();
        let is_taken = article.id != former
            && connection.query_row(
                "SELECT EXISTS (SELECT 1 FROM record WHERE source = ?1 AND id = ?2)",
                params![source, article.id],
                |row| row.get(0),
            )?;
        connection.execute(
            "DELETE FROM content WHERE key = (SELECT content FROM record WHERE source = ?1 AND id = ?2)",
            params![source, former],
        )?;
        if is_taken {
            connection.execute("DELETE FROM record WHERE source = ?1 AND id = ?2", params![source, former])?;
        } else {
            connection.execute(
                "UPDATE record SET id = ?3, hash = ?4, work = ?5, content = ?6 WHERE source = ?1 AND id = ?2",
                params![
                    source,
                    former,
                    article.id,
                    article.content_hash(),
                    work_number(connection, &article.work)?,
                    insert_content(connection, &article)?
                ],
            )?;
        }
        for id in [former, article.id] {
            seq += u64::from(renew_article(connection, &id, seq + 1)?);
        }
    }
    connection.execute("UPDATE record SET file = composed(file) WHERE file <> composed(file)", [])?;
    connection.execute("UPDATE OR REPLACE file SET path = composed(path) WHERE path <> composed(path)", [])?;
    Ok(())
}

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
            match step {
                Step::Sql(statements) => transaction.execute_batch(statements)?,
                Step::Code(migrate) => migrate(&transaction)?,
            }
            transaction.pragma_update(None, "user_version", version + 1)?;
            transaction.commit()?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Catalog;
    use super::super::push::Push;
    use crate::article::Article;

    fn article(id: &str, work: &str) -> Article {
        let record = serde_json::json!({"id": "x", "title": id, "lang": "es"});
        let (article, _) = Article::from_fields(record.as_object().unwrap()).unwrap();
        Article { id: id.to_owned(), work: work.to_owned(), ..article }
    }

    #[test]
    fn ids_stored_by_an_earlier_version_are_composed_and_no_article_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let mut catalog = Catalog::open(folder.path()).unwrap();
        let stored =
            [("n\u{303}andu", "an\u{303}o"), ("plain", "an\u{303}o"), ("a\u{301}", "a"), ("\u{e1}", "a"), ("b", "b")];
        let pushes = stored.map(|(id, work)| Push {
            id: id.to_owned(),
            article: Some(Box::new(article(id, work))),
            condition: None,
        });
        catalog.push(&pushes).unwrap();
        let b = catalog.answered("b").unwrap().unwrap();
        let last_seq = catalog.last_seq().unwrap();
        let connection = &catalog.connection;
        connection.execute("INSERT INTO file VALUES ('site', 'n\u{303}andu.md', 'f')", []).unwrap();
        connection.pragma_update(None, "user_version", 3).unwrap();
        drop(catalog);

        let catalog = Catalog::open(folder.path()).unwrap();
        let read = |id: &str| catalog.article(id).unwrap();
        let ñandú = read("ñandu").unwrap();
        assert_eq!((ñandú.id.as_str(), ñandú.work.as_str(), ñandú.title.as_str()), ("ñandu", "año", "n\u{303}andu"));
        assert_eq!(read("plain").unwrap().work, "año");
        assert_eq!(read("á").unwrap().title, "\u{e1}", "the article that had the id already stays");
        assert_eq!((read("n\u{303}andu"), read("a\u{301}")), (None, None));
        assert_eq!(catalog.answered("b").unwrap(), Some(b), "nothing else changes");
        assert_eq!(catalog.problems().unwrap(), [""; 0], "hashes fit");
        let changes = catalog.changes_after(last_seq, 100, usize::MAX).unwrap();
        let mut changed: Vec<(&str, bool)> =
            changes.iter().map(|change| (change.id.as_str(), change.article.is_some())).collect();
        changed.sort_unstable();
        let expected = [("a\u{301}", false), ("n\u{303}andu", false), ("plain", true), ("ñandu", true)];
        assert_eq!(changed, expected, "the index gets each under its id");
        let path: String = catalog.connection.query_row("SELECT path FROM file", [], |row| row.get(0)).unwrap();
        assert_eq!(path, "ñandu.md");
    }
}
