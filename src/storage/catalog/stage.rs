//! A run's changes on their way into the catalog.

use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{OptionalExtension, TransactionBehavior, params};

use super::error::Result;
use super::push::PUSHES;
use super::{Catalog, insert_content, work_number};
use crate::article::{Article, MAX_VERSIONS};

/// How many changes are written in one transaction: enough to make the disk's sync cheap, few
/// enough that nobody else waits.
const BATCH: usize = 500;
/// How long a transaction stays open at most, while articles are read: pushes wait for it.
const BATCH_PATIENCE: Duration = Duration::from_millis(200);
/// How long others may begin to write between two transactions: SQLite has no queue, whoever
/// waits looks again every millisecond.
const TURN: Duration = Duration::from_millis(3);

/// A source, as a run means to read it.
#[derive(Debug, Clone)]
pub struct SourceSpec {
    /// Its name, which owns its articles.
    pub name: String,
    /// Where it is.
    pub location: String,
    /// Whether the configuration names it (a path given by hand is not configured).
    pub is_configured: bool,
}

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Staged {
    /// The source did not have the id before.
    Added,
    /// It says something else than before.
    Changed,
    /// It says the same.
    Unchanged,
    /// Another place of this run has the id already, and keeps it.
    Duplicate {
        /// The file that keeps it.
        kept_in: String,
    },
}

/// What a record displaced or was displaced by, to be reported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// An unchanged file that had the id until now and must be read again.
    pub displaced_file: Option<String>,
    /// Another source that has the id too.
    pub other_source: Option<String>,
}

/// A work that has more versions than [`MAX_VERSIONS`], told by the first version beyond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrowdedWork {
    /// The work.
    pub work: String,
    /// The source of the version.
    pub source: String,
    /// Its file below the source.
    pub file: String,
    /// Its id.
    pub id: String,
}

/// Writes the changes of one run over one source, many in one transaction. Nobody else can write
/// while one is open: it is begun by the first write, and ended by [`Stage::pause`] where nothing is
/// to be written for a while.
pub struct Stage<'c> {
    catalog: &'c mut Catalog,
    run: i64,
    source: String,
    pending: usize,
    begun: Instant,
}

impl Catalog {
    /// Makes the catalog's list of sources that of the configuration, in its order; sources that
    /// it does not name keep their place behind, and pushes theirs behind all. Returns the names
    /// of those it does not name.
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

    /// The names of the sources that are none of these, by their rank; pushes are always meant to
    /// be there.
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

    /// The furniture profile kept with a source, JSON.
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
        // What the run changes counts twice here: only some works are looked at closely.
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

    /// Stages the deletion of everything a source holds; returns how many articles that is.
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
    /// Whether a file is as it was when it was last read whole.
    pub fn is_unchanged(&self, path: &str, fingerprint: &str) -> Result<bool> {
        let known: Option<String> = self
            .catalog
            .connection
            .prepare_cached("SELECT fingerprint FROM file WHERE source = ?1 AND path = ?2")?
            .query_row(params![self.source, path], |row| row.get(0))
            .optional()?;
        Ok(known.as_deref() == Some(fingerprint))
    }

    /// Notes that a file is there, and whether this run reads it. All files are listed before
    /// the first record is staged.
    pub fn list_file(&mut self, path: &str, is_read: bool) -> Result<()> {
        self.begin()?;
        self.catalog
            .connection
            .prepare_cached("INSERT OR REPLACE INTO listed (path, is_read) VALUES (?1, ?2)")?
            .execute(params![path, is_read])?;
        self.wrote()
    }

    /// How many articles stand in the files that this run does not read.
    pub fn count_in_unread_files(&self) -> Result<u64> {
        Ok(self.catalog.connection.query_row(
            "SELECT COUNT(*) FROM record r JOIN listed l ON l.path = r.file AND NOT l.is_read WHERE r.source = ?1",
            [&self.source],
            |row| row.get(0),
        )?)
    }

    /// Takes up one record. Files must come in the order of their paths: of two places with the
    /// same id, the first one keeps it, also where the other one's file is not read this time.
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
                self.see(&article.id)?;
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
        self.see(&article.id)?;
        Ok((outcome, neighbours))
    }

    /// Notes that an id is still meant to be there although its record could not be read: what
    /// the catalog has of it stays, unless a good record of it comes up elsewhere.
    pub fn keep(&mut self, id: &str) -> Result<()> {
        self.begin()?;
        self.catalog
            .connection
            .prepare_cached("INSERT OR IGNORE INTO seen (id, is_kept) VALUES (?1, 1)")?
            .execute([id])?;
        self.wrote()
    }

    /// Notes that everything a file held stays, although it cannot be read now.
    pub fn keep_file(&mut self, path: &str) -> Result<()> {
        self.begin()?;
        self.catalog.connection.execute(
            "INSERT OR IGNORE INTO seen (id, is_kept) SELECT id, 1 FROM record WHERE source = ?1 AND file = ?2",
            params![self.source, path],
        )?;
        self.wrote()
    }

    /// Notes that everything stays that a file, or the files below a folder, held: it may be
    /// there still and could not be looked at.
    pub fn keep_below(&mut self, path: &str) -> Result<()> {
        self.begin()?;
        self.catalog.connection.execute(
            "INSERT OR IGNORE INTO seen (id, is_kept) SELECT id, 1 FROM record
             WHERE source = ?1 AND (file = ?2 OR substr(file, 1, length(?2) + 1) = ?2 || '/')",
            params![self.source, path],
        )?;
        self.wrote()
    }

    /// Notes that everything stays that the source holds, but for what is removed by name.
    pub fn keep_all(&mut self) -> Result<()> {
        self.begin()?;
        self.catalog.connection.execute(
            "INSERT OR IGNORE INTO seen (id, is_kept) SELECT id, 1 FROM record WHERE source = ?1",
            [&self.source],
        )?;
        self.wrote()
    }

    /// Stages the deletion of an article, if the source holds it; returns how many that is.
    pub fn remove(&mut self, id: &str) -> Result<u64> {
        self.begin()?;
        let removed = self.catalog.connection.execute(
            "INSERT OR REPLACE INTO staged (run, source, id, file)
             SELECT ?1, source, id, file FROM record WHERE source = ?2 AND id = ?3",
            params![self.run, self.source, id],
        )?;
        self.wrote()?;
        Ok(removed as u64)
    }

    /// Notes that a file was read whole and well; the next run passes it over if it is the same.
    pub fn file_done(&mut self, path: &str, fingerprint: &str) -> Result<()> {
        self.begin()?;
        self.catalog
            .connection
            .prepare_cached(
                "INSERT OR REPLACE INTO staged_file (run, source, path, fingerprint) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![self.run, self.source, path, fingerprint])?;
        self.wrote()
    }

    /// Notes that a file had problems; the next run reads it again.
    pub fn forget_file(&mut self, path: &str) -> Result<()> {
        self.begin()?;
        self.catalog
            .connection
            .prepare_cached("INSERT OR REPLACE INTO staged_file (run, source, path) VALUES (?1, ?2, ?3)")?
            .execute(params![self.run, self.source, path])?;
        self.wrote()
    }

    /// Keeps a furniture profile with the source.
    pub fn set_profile(&mut self, profile: &str) -> Result<()> {
        self.begin()?;
        self.catalog.connection.execute(
            "INSERT OR REPLACE INTO staged_profile (run, source, profile) VALUES (?1, ?2, ?3)",
            params![self.run, self.source, profile],
        )?;
        self.wrote()
    }

    /// Stages the deletion of what vanished: articles of files that are gone or were read, and
    /// that no record stood for. Returns how many. `is_whole` says that all files were listed.
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
        // A file whose former record is kept on the word of another place does not stand for that
        // record: it is read again until the other place is mended or gone.
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

    fn see(&mut self, id: &str) -> Result<()> {
        self.catalog
            .connection
            .prepare_cached("INSERT OR REPLACE INTO seen (id, is_kept) VALUES (?1, 0)")?
            .execute([id])?;
        self.wrote()
    }

    /// Lets others write until this stage does again.
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

    fn wrote(&mut self) -> Result<()> {
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
        // A stage that was not finished leaves a transaction open; what it holds is only staged.
        if !self.catalog.connection.is_autocommit() {
            let _ = self.catalog.connection.execute_batch("ROLLBACK");
        }
    }
}
