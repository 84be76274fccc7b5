//! The statements that apply changes: of accepted runs, and of single articles.

use rusqlite::{Connection, OptionalExtension, params};

use super::error::{CatalogError, Result};
use crate::article::Article;

/// Removes the staged rows of runs that are neither staging nor waiting.
pub(super) fn clear_staged(connection: &Connection) -> Result<()> {
    const GONE: &str = "run NOT IN (SELECT id FROM run WHERE state IN ('staging', 'waiting'))";
    connection.execute(
        &format!("DELETE FROM content WHERE key IN (SELECT content FROM staged WHERE {GONE} AND content IS NOT NULL)"),
        [],
    )?;
    for table in ["staged", "staged_file", "staged_profile", "staged_synonyms"] {
        connection.execute(&format!("DELETE FROM {table} WHERE {GONE}"), [])?;
    }
    Ok(())
}

/// Replaces the records of a run's sources by what the run staged.
pub(super) fn apply_staged(connection: &Connection, run: i64) -> Result<()> {
    for step in [
        "DELETE FROM content WHERE key IN (
             SELECT r.content FROM staged s JOIN record r ON r.source = s.source AND r.id = s.id WHERE s.run = ?1)",
        "DELETE FROM record WHERE (source, id) IN (SELECT source, id FROM staged WHERE run = ?1)",
        "INSERT INTO record (source, id, file, hash, work, content)
             SELECT source, id, file, hash, work, content FROM staged WHERE run = ?1 AND content IS NOT NULL",
        "DELETE FROM file WHERE (source, path) IN (SELECT source, path FROM staged_file WHERE run = ?1)",
        "INSERT INTO file (source, path, fingerprint)
             SELECT source, path, fingerprint FROM staged_file WHERE run = ?1 AND fingerprint IS NOT NULL",
        "UPDATE source SET profile = p.profile FROM staged_profile p WHERE p.run = ?1 AND p.source = source.name",
    ] {
        connection.execute(step, [run])?;
    }
    Ok(())
}

/// Applies a run's synonyms if they differ from the current ones; returns the number of changes, 0
/// or 1.
pub(super) fn renew_synonyms(connection: &Connection, run: i64, seq: u64) -> Result<u64> {
    let renewed = connection.execute(
        "UPDATE synonyms SET groups = staged.groups, seq = ?2
         FROM (SELECT groups FROM staged_synonyms WHERE run = ?1) staged WHERE staged.groups <> synonyms.groups",
        params![run, seq],
    )?;
    Ok(renewed as u64)
}

/// Gives a new `seq` to every id whose served state a run changed; returns the last `seq`.
pub(super) fn renew_articles(connection: &Connection, run: i64, base_seq: u64) -> Result<u64> {
    // An id that several sources hold may have another winner since the sources' order changed.
    let mut ids = connection.prepare(
        "SELECT id FROM staged WHERE run = ?1
         UNION SELECT id FROM record GROUP BY id HAVING COUNT(*) > 1
         ORDER BY id",
    )?;
    let mut seq = base_seq;
    let mut rows = ids.query([run])?;
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        if renew_article(connection, &id, seq + 1)? {
            seq += 1;
        }
    }
    Ok(seq)
}

/// Gives a `seq` to an id if its served state changed; returns whether it did.
pub(super) fn renew_article(connection: &Connection, id: &str, seq: u64) -> Result<bool> {
    let wins = winner(connection, id)?;
    let served = connection
        .prepare_cached("SELECT source, hash FROM article WHERE id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if served.as_ref() == Some(&wins) || (served.is_none() && wins.0.is_none()) {
        return Ok(false);
    }
    set_answered(connection, id, seq, &wins)?;
    Ok(true)
}

/// The source that serves an id and the content hash of its article; both `None` if no source has
/// the id.
pub(super) type Winner = (Option<String>, Option<Vec<u8>>);

/// The highest-ranked source that has an id.
pub(super) fn winner(connection: &Connection, id: &str) -> Result<Winner> {
    Ok(connection
        .prepare_cached(
            "SELECT r.source, r.hash FROM record r JOIN source s ON s.name = r.source WHERE r.id = ?1 ORDER BY s.rank LIMIT 1",
        )?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .unwrap_or_default())
}

/// Sets the served state of an id, as of `seq`.
pub(super) fn set_answered(connection: &Connection, id: &str, seq: u64, (source, hash): &Winner) -> Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO article (id, seq, source, hash) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id, seq, source, hash])?;
    Ok(())
}

/// The number of a work; assigns one if it has none yet.
pub(super) fn work_number(connection: &Connection, key: &str) -> Result<u64> {
    connection.prepare_cached("INSERT OR IGNORE INTO work (key) VALUES (?1)")?.execute([key])?;
    Ok(connection.prepare_cached("SELECT number FROM work WHERE key = ?1")?.query_row([key], |row| row.get(0))?)
}

/// Stores an article's text; returns its key.
pub(super) fn insert_content(connection: &Connection, article: &Article) -> Result<i64> {
    let text =
        serde_json::to_string(article).map_err(|source| CatalogError::Article { id: article.id.clone(), source })?;
    connection.prepare_cached("INSERT INTO content (article) VALUES (?1)")?.execute([text])?;
    Ok(connection.last_insert_rowid())
}
