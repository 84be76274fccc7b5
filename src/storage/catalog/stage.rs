//! Stages a run's changes in the catalog.

use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{OptionalExtension, TransactionBehavior, params};

use super::Catalog;
use super::apply::{insert_content, work_number};
use super::error::Result;
use super::push::PUSHES;
use crate::article::{Article, MAX_VERSIONS};

/// How many changes one transaction writes: enough to amortize the sync to disk, few enough to keep
/// other writers from waiting.
const BATCH: usize = 500;
/// The longest time that a transaction stays open while articles are read: pushes wait for it.
const BATCH_PATIENCE: Duration = Duration::from_millis(200);
/// The pause between two transactions, in which other writers can begin. SQLite has no queue: a
/// waiting connection retries every millisecond.
const TURN: Duration = Duration::from_millis(3);

/// A source that a run is going to read.
#[derive(Debug, Clone)]
pub struct SourceSpec {
    /// Its name; articles belong to the source of this name.
    pub name: String,
    /// Its location.
    pub location: String,
    /// Whether the configuration names it. A path given on the command line is not configured.
    pub is_configured: bool,
}

/// The outcome of staging one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Staged {
    /// The source did not have the id before.
    Added,
    /// The record differs from the stored one.
    Changed,
    /// The record equals the stored one.
    Unchanged,
    /// Another record of the same source has this id already and keeps it.
    Duplicate {
        /// The file of the record that keeps the id.
        kept_in: String,
    },
}

/// Conflicts of a record with other files or sources, for the report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// An unchanged file that had the id until now; it must be read again.
    pub displaced_file: Option<String>,
    /// Another source that also has the id.
    pub other_source: Option<String>,
}

/// A work that has more versions than [`MAX_VERSIONS`], with the first version over the limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrowdedWork {
    /// The key of the work.
    pub work: String,
    /// The source of the version.
    pub source: String,
    /// Its file below the source.
    pub file: String,
    /// Its id.
    pub id: String,
}

/// Stages the changes of one run for one source, in transactions of many writes each. While a
/// transaction is open, no other connection can write. The first write begins one; [`Stage::pause`]
/// commits it when nothing is going to be written for a while.
pub struct Stage<'c> {
    catalog: &'c mut Catalog,
    run: i64,
    source: String,
    pending: usize,
    begun: Instant,
}

impl Catalog {
    /// Sets the catalog's sources to those of the configuration, in its order. Sources that it does
    /// not name rank after them, and pushes rank last. Returns the names of the sources that the
    /// configuration does not name.
    pub fn set_sources(&mut self, specs: &[SourceSpec]) -> Result<Vec<String>> {
        let unnamed = self.unnamed_sources(specs)?;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("UPDATE source SET is_configured = 0 WHERE name <> ?1", [PUSHES])?;
        for (rank, spec) in specs.iter().enumerate() {
            transaction.execute(
                "INSERT INTO source (name, location, rank, is_configured) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (name) DO UPDATE SET location = ?2, rank = ?3, is_configured = ?4",
                params![spec.name, spec.location, rank, spec.is_configured],
            )?;
        }
        for (place, name) in unnamed.iter().enumerate() {
            transaction.execute("UPDATE source SET rank = ?2 WHERE name = ?1", params![name, specs.len() + place])?;
        }
        transaction.commit()?;
        Ok(unnamed)
    }

    /// The names of the stored sources that are not in `specs`, by rank. The source of the pushes
    /// is never among them.
    pub fn unnamed_sources(&self, specs: &[SourceSpec]) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare("SELECT name FROM source WHERE name <> ?1 ORDER BY rank")?;
        let names = statement.query_map([PUSHES], |row| row.get::<_, String>(0))?;
        let known = names.collect::<std::result::Result<Vec<_>, _>>()?;
        Ok(known.into_iter().filter(|name| specs.iter().all(|spec| spec.name != *name)).collect())
    }

    /// The name of the source at a location, if there is one.
    pub fn source_at(&self, location: &str) -> Result<Option<String>> {
        Ok(self
            .connection
            .query_row("SELECT name FROM source WHERE location = ?1", [location], |row| row.get(0))
            .optional()?)
    }

    /// The boilerplate profile stored with a source, as JSON.
    pub fn profile(&self, source: &str) -> Result<Option<String>> {
        Ok(self
            .connection
            .query_row("SELECT profile FROM source WHERE name = ?1", [source], |row| row.get(0))
            .optional()?
            .flatten())
    }

    /// Begins staging a run's changes over one source.
    pub fn stage(&mut self, run: i64, source: &str) -> Result<Stage<'_>> {
        self.connection.execute_batch(
            "CREATE TEMP TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY, is_kept INTEGER NOT NULL) WITHOUT ROWID;
             CREATE TEMP TABLE IF NOT EXISTS listed (path TEXT PRIMARY KEY, is_read INTEGER NOT NULL) WITHOUT ROWID;
             DELETE FROM seen; DELETE FROM listed;",
        )?;
        Ok(Stage { catalog: self, run, source: source.to_owned(), pending: 0, begun: Instant::now() })
    }

    /// The works that will have too many versions once `run` is accepted.
    pub fn crowded_works(&self, run: i64) -> Result<Vec<CrowdedWork>> {
        // A changed record counts twice here (stored and staged), so this finds candidates; the
        // second query counts exactly.
        let mut works = self.connection.prepare(
            "SELECT w.number, w.key FROM (
                 SELECT work FROM record UNION ALL SELECT work FROM staged WHERE run = ?1 AND content IS NOT NULL
             ) v JOIN work w ON w.number = v.work GROUP BY w.number HAVING COUNT(*) > ?2 ORDER BY w.key",
        )?;
        let mut beyond = self.connection.prepare(
            "SELECT source, file, id FROM (
                 SELECT source, file, id FROM staged WHERE run = ?1 AND work = ?2 AND content IS NOT NULL
                 UNION ALL
                 SELECT source, file, id FROM record r WHERE work = ?2 AND NOT EXISTS (
                     SELECT 1 FROM staged s WHERE s.run = ?1 AND s.source = r.source AND s.id = r.id)
             ) GROUP BY id ORDER BY id LIMIT 1 OFFSET ?3",
        )?;
        let works = works.query_map(params![run, MAX_VERSIONS], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut crowded = Vec::new();
        for found in works {
            let (number, work): (u64, String) = found?;
            let version = beyond
                .query_row(params![run, number, MAX_VERSIONS], |row| {
                    Ok(CrowdedWork { work, source: row.get(0)?, file: row.get(1)?, id: row.get(2)? })
                })
                .optional()?;
            crowded.extend(version);
        }
        Ok(crowded)
    }

    /// Stages the deletion of all articles of a source; returns their number.
    pub fn stage_removal(&mut self, run: i64, source: &str) -> Result<u64> {
        let staged = self.connection.execute(
            "INSERT OR REPLACE INTO staged (run, source, id, file) SELECT ?1, source, id, file FROM record WHERE source = ?2",
            params![run, source],
        )?;
        self.connection.execute(
            "INSERT OR REPLACE INTO staged_file (run, source, path) SELECT ?1, source, path FROM file WHERE source = ?2",
            params![run, source],
        )?;
        Ok(staged as u64)
    }
}

impl Stage<'_> {
    /// Whether a file has the fingerprint that it had when it was last read without problems.
    pub fn is_unchanged(&self, path: &str, fingerprint: &str) -> Result<bool> {
        let known: Option<String> = self
            .catalog
            .connection
            .prepare_cached("SELECT fingerprint FROM file WHERE source = ?1 AND path = ?2")?
            .query_row(params![self.source, path], |row| row.get(0))
            .optional()?;
        Ok(known.as_deref() == Some(fingerprint))
    }

    /// Records that a file exists and whether this run reads it. All files must be listed before
    /// the first record is staged.
    pub fn list_file(&mut self, path: &str, is_read: bool) -> Result<()> {
        self.begin()?;
        self.catalog
            .connection
            .prepare_cached("INSERT OR REPLACE INTO listed (path, is_read) VALUES (?1, ?2)")?
            .execute(params![path, is_read])?;
        self.count_write()
    }

    /// The number of articles in files that this run does not read.
    pub fn count_in_unread_files(&self) -> Result<u64> {
        Ok(self.catalog.connection.query_row(
            "SELECT COUNT(*) FROM record r JOIN listed l ON l.path = r.file AND NOT l.is_read WHERE r.source = ?1",
            [&self.source],
            |row| row.get(0),
        )?)
    }

    /// Whether the source has articles in this file.
    pub fn has_articles_in(&self, path: &str) -> Result<bool> {
        Ok(self
            .catalog
            .connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM record WHERE source = ?1 AND file = ?2)")?
            .query_row(params![self.source, path], |row| row.get(0))?)
    }

    /// The number of articles that were kept in files that this run reads, or that are gone.
    pub fn count_kept(&self) -> Result<u64> {
        Ok(self.catalog.connection.query_row(
            "SELECT COUNT(*) FROM seen JOIN record r ON r.source = ?1 AND r.id = seen.id
             LEFT JOIN listed l ON l.path = r.file WHERE seen.is_kept AND COALESCE(l.is_read, 1)",
            [&self.source],
            |row| row.get(0),
        )?)
    }

    /// Stages one record. Files must come in the order of their paths: if two files have the same
    /// id, the first file keeps it, even if the run does not read that file.
    pub fn put(&mut self, file: &str, article: &Article) -> Result<(Staged, Neighbours)> {
        self.begin()?;
        let mut neighbours = Neighbours::default();
        if let Some(kept_in) = self.staged_in(&article.id)? {
            return Ok((Staged::Duplicate { kept_in }, neighbours));
        }
        let before: Option<(String, Vec<u8>, Option<bool>)> = self
            .catalog
            .connection
            .prepare_cached(
                "SELECT r.file, r.hash, l.is_read FROM record r LEFT JOIN listed l ON l.path = r.file
                 WHERE r.source = ?1 AND r.id = ?2",
            )?
            .query_row(params![self.source, article.id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let hash = article.content_hash();
        let mut outcome = Staged::Added;
        if let Some((known_file, known_hash, is_read)) = before {
            if is_read == Some(false) && known_file != file {
                if known_file.as_str() < file {
                    return Ok((Staged::Duplicate { kept_in: known_file }, neighbours));
                }
                self.forget_file(&known_file)?;
                neighbours.displaced_file = Some(known_file.clone());
            }
            outcome = if known_hash == hash { Staged::Unchanged } else { Staged::Changed };
            if outcome == Staged::Unchanged && known_file == file {
                self.mark_seen(&article.id)?;
                return Ok((outcome, neighbours));
            }
        }
        neighbours.other_source = self.other_source(&article.id)?;
        let connection = &self.catalog.connection;
        let work = work_number(connection, &article.work)?;
        let content = insert_content(connection, article)?;
        connection
            .prepare_cached(
                "INSERT INTO staged (run, source, id, file, hash, work, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![self.run, self.source, article.id, file, hash, work, content])?;
        self.mark_seen(&article.id)?;
        Ok((outcome, neighbours))
    }

    /// Records that an id must not be deleted although its record could not be read. The stored
    /// article stays, unless the run finds a good record of the id in another file.
    pub fn keep(&mut self, id: &str) -> Result<()> {
        self.begin()?;
        self.catalog
            .connection
            .prepare_cached("INSERT OR IGNORE INTO seen (id, is_kept) VALUES (?1, 1)")?
            .execute([id])?;
        self.count_write()
    }

    /// Keeps all articles of a file that cannot be read now.
    pub fn keep_file(&mut self, path: &str) -> Result<()> {
        self.begin()?;
        self.catalog.connection.execute(
            "INSERT OR IGNORE INTO seen (id, is_kept) SELECT id, 1 FROM record WHERE source = ?1 AND file = ?2",
            params![self.source, path],
        )?;
        self.count_write()
    }

    /// Keeps all articles of a file, or of all files below a folder, that could not be listed: they
    /// may still exist.
    pub fn keep_below(&mut self, path: &str) -> Result<()> {
        self.begin()?;
        self.catalog.connection.execute(
            "INSERT OR IGNORE INTO seen (id, is_kept) SELECT id, 1 FROM record
             WHERE source = ?1 AND (file = ?2 OR substr(file, 1, length(?2) + 1) = ?2 || '/')",
            params![self.source, path],
        )?;
        self.count_write()
    }

    /// Keeps all articles of the source, except those removed by id.
    pub fn keep_all(&mut self) -> Result<()> {
        self.begin()?;
        self.catalog.connection.execute(
            "INSERT OR IGNORE INTO seen (id, is_kept) SELECT id, 1 FROM record WHERE source = ?1",
            [&self.source],
        )?;
        self.count_write()
    }

    /// Stages the deletion of an article if the source has it; returns the number of articles
    /// removed.
    pub fn remove(&mut self, id: &str) -> Result<u64> {
        self.begin()?;
        let removed = self.catalog.connection.execute(
            "INSERT OR REPLACE INTO staged (run, source, id, file)
             SELECT ?1, source, id, file FROM record WHERE source = ?2 AND id = ?3",
            params![self.run, self.source, id],
        )?;
        self.count_write()?;
        Ok(removed as u64)
    }

    /// Records that a file was read without problems; the next run skips it if its fingerprint is
    /// unchanged.
    pub fn file_done(&mut self, path: &str, fingerprint: &str) -> Result<()> {
        self.begin()?;
        self.catalog
            .connection
            .prepare_cached(
                "INSERT OR REPLACE INTO staged_file (run, source, path, fingerprint) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![self.run, self.source, path, fingerprint])?;
        self.count_write()
    }

    /// Records that a file had problems; the next run reads it again.
    pub fn forget_file(&mut self, path: &str) -> Result<()> {
        self.begin()?;
        self.catalog
            .connection
            .prepare_cached("INSERT OR REPLACE INTO staged_file (run, source, path) VALUES (?1, ?2, ?3)")?
            .execute(params![self.run, self.source, path])?;
        self.count_write()
    }

    /// Stages the boilerplate profile of the source.
    pub fn set_profile(&mut self, profile: &str) -> Result<()> {
        self.begin()?;
        self.catalog.connection.execute(
            "INSERT OR REPLACE INTO staged_profile (run, source, profile) VALUES (?1, ?2, ?3)",
            params![self.run, self.source, profile],
        )?;
        self.count_write()
    }

    /// Stages the deletion of lost documents: articles whose file is gone or was read, and for
    /// which no record was staged or kept. Returns their number. `is_whole` says that all files
    /// were listed.
    pub fn finish(mut self, is_whole: bool) -> Result<u64> {
        self.begin()?;
        let connection = &self.catalog.connection;
        let deleted = connection.execute(
            "INSERT INTO staged (run, source, id, file)
             SELECT ?1, r.source, r.id, r.file FROM record r
             LEFT JOIN listed l ON l.path = r.file LEFT JOIN seen ON seen.id = r.id
             WHERE r.source = ?2 AND seen.id IS NULL AND COALESCE(l.is_read, 1)",
            params![self.run, self.source],
        )?;
        // The record of this file stays only because another file with the same id could not be
        // read. Read this file again until the other one is repaired or gone.
        connection.execute(
            "INSERT OR REPLACE INTO staged_file (run, source, path)
             SELECT DISTINCT ?1, r.source, r.file FROM seen
             JOIN record r ON r.source = ?2 AND r.id = seen.id JOIN listed l ON l.path = r.file
             WHERE seen.is_kept AND l.is_read",
            params![self.run, self.source],
        )?;
        connection.execute(
            "INSERT OR IGNORE INTO staged_file (run, source, path)
             SELECT ?1, f.source, f.path FROM file f LEFT JOIN listed l ON l.path = f.path
             WHERE ?3 AND f.source = ?2 AND l.path IS NULL",
            params![self.run, self.source, is_whole],
        )?;
        connection.execute_batch("COMMIT")?;
        Ok(deleted as u64)
    }

    fn staged_in(&self, id: &str) -> Result<Option<String>> {
        let staged = self
            .catalog
            .connection
            .prepare_cached("SELECT file FROM staged WHERE run = ?1 AND source = ?2 AND id = ?3")?
            .query_row(params![self.run, self.source, id], |row| row.get(0))
            .optional()?;
        if staged.is_some() {
            return Ok(staged);
        }
        Ok(self
            .catalog
            .connection
            .prepare_cached(
                "SELECT r.file FROM seen JOIN record r ON r.source = ?1 AND r.id = seen.id
                 WHERE seen.id = ?2 AND NOT seen.is_kept",
            )?
            .query_row(params![self.source, id], |row| row.get(0))
            .optional()?)
    }

    fn other_source(&self, id: &str) -> Result<Option<String>> {
        Ok(self
            .catalog
            .connection
            .prepare_cached(
                "SELECT source FROM staged WHERE run = ?1 AND id = ?2 AND source <> ?3
                 UNION SELECT source FROM record WHERE id = ?2 AND source <> ?3 LIMIT 1",
            )?
            .query_row(params![self.run, id, self.source], |row| row.get(0))
            .optional()?)
    }

    fn mark_seen(&mut self, id: &str) -> Result<()> {
        self.catalog
            .connection
            .prepare_cached("INSERT OR REPLACE INTO seen (id, is_kept) VALUES (?1, 0)")?
            .execute([id])?;
        self.count_write()
    }

    /// Commits the open transaction, so that others can write until the next write of this stage.
    pub fn pause(&mut self) -> Result<()> {
        if !self.catalog.connection.is_autocommit() {
            self.catalog.connection.execute_batch("COMMIT")?;
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<()> {
        if self.catalog.connection.is_autocommit() {
            self.catalog.connection.execute_batch("BEGIN IMMEDIATE")?;
            (self.pending, self.begun) = (0, Instant::now());
        }
        Ok(())
    }

    fn count_write(&mut self) -> Result<()> {
        self.pending += 1;
        if self.pending >= BATCH || self.begun.elapsed() >= BATCH_PATIENCE {
            self.pause()?;
            thread::sleep(TURN);
            crate::crash_point!("stage:batch");
        }
        Ok(())
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        // A stage that was not finished leaves a transaction open; it contains staged rows only.
        if !self.catalog.connection.is_autocommit() {
            let _ = self.catalog.connection.execute_batch("ROLLBACK");
        }
    }
}
