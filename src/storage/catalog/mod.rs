//! The system of record: all parsed articles in one SQLite file.
//!
//! * [`Catalog::changes_after`] pages through the served articles and deletions by `seq`.
//! * A reindex stages its changes with a [`stage::Stage`]; they are invisible until
//!   [`Catalog::accept`] gives them their `seq` in one transaction.
//! * A [push] takes effect as soon as it is committed.
//! * [`Publication`] names the generation that should be served.
//!
//! Every process and thread opens a [`Catalog`] of its own; SQLite orders their writes.

mod apply;
mod connection;
pub mod copy;
pub(crate) mod error;
pub(crate) mod files;
pub mod lost_documents;
pub(crate) mod migrations;
pub(crate) mod names;
pub(crate) mod pending_run;
pub mod push;
mod reclaim;
pub mod stage;

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params};

use self::apply::{apply_staged, clear_staged, renew_articles, renew_synonyms};
use self::connection::{connect, with_path};
pub use self::error::CatalogError;
use self::error::Result;
use self::files::Files;
pub use self::names::FILE_NAME;
pub(crate) use self::names::{LOG, LOG_INDEX, beside};
use super::failure;
use crate::article::Article;
use crate::crash_point;
use crate::owner;

/// The `seq` of the newest change.
const LAST_SEQ: &str = "SELECT MAX(COALESCE((SELECT MAX(seq) FROM article), 0), (SELECT seq FROM synonyms))";

/// Selects the record of an id (`?2`) that will be served once a run (`?1`) is accepted: among
/// stored and staged records, that of the source with the lowest rank. A source that only exists in
/// a trial run has no rank yet and comes last.
///
/// `INDEXED BY` is needed: otherwise SQLite scans the whole run for every article, because it rates
/// the `run` prefix of the primary key as high as the index.
const WINNER_WITH_RUN: &str = "SELECT {columns} FROM (
         SELECT source, hash, work, content FROM staged INDEXED BY staged_by_id
             WHERE run = ?1 AND id = ?2 AND content IS NOT NULL
         UNION ALL
         SELECT source, hash, work, content FROM record r WHERE id = ?2 AND NOT EXISTS (
             SELECT 1 FROM staged s WHERE s.run = ?1 AND s.source = r.source AND s.id = r.id)
     ) v LEFT JOIN source s ON s.name = v.source JOIN content c ON c.key = v.content
     ORDER BY s.rank IS NULL, s.rank LIMIT 1";

/// An article with the number of its work.
#[derive(Debug, Clone, PartialEq)]
pub struct NumberedArticle {
    /// The article.
    pub article: Article,
    /// A small number for its work: the same for all translations, and it never changes.
    pub work: u64,
    /// The source that it comes from.
    pub source: String,
    /// Its content hash, see [`Article::content_hash`], computed when the article was stored.
    pub hash: [u8; 32],
}

/// The last change of one id.
#[derive(Debug)]
pub struct Change {
    /// Its sequence number; strictly increasing.
    pub seq: u64,
    /// The article's id.
    pub id: String,
    /// The article, or `None` when it was deleted.
    pub article: Option<NumberedArticle>,
}

/// The served state of an id, without the article itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The id.
    pub id: String,
    /// The sequence number of its last change.
    pub seq: u64,
    /// The article's content hash, see [`Article::content_hash`]; `None` when it was deleted.
    pub hash: Option<[u8; 32]>,
}

/// Which generation should be served, as the catalog records it. The pointer on disk follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Publication {
    /// The generation's number; 0 when there is none yet.
    pub generation: u64,
    /// Whether changes wait (after a rollback) instead of being applied.
    pub is_held: bool,
}

/// The result of [`Catalog::accept`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// The catalog's last `seq` before it.
    pub base_seq: u64,
    /// The catalog's last `seq` after it.
    pub last_seq: u64,
    /// The number of ids whose served state changed.
    pub changes: u64,
}

/// A run as stored in the catalog.
#[derive(Debug, Clone)]
pub struct RunRecord {
    /// Its number.
    pub id: i64,
    /// `staging`, `waiting` (completely staged, to be accepted by a person), `accepted` or
    /// `abandoned`.
    pub state: String,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// When it was accepted, RFC 3339.
    pub accepted_at: Option<String>,
    /// The generation that it built.
    pub generation: Option<u64>,
    /// Its report, JSON.
    pub report: Option<String>,
}

/// A source, as the catalog knows it.
#[derive(Debug, Clone)]
pub struct SourceRecord {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub location: String,
    /// Whether the configuration of the last reindex named it.
    pub is_configured: bool,
    /// How many articles it holds.
    pub articles: u64,
    /// How many of them another source overrides.
    pub overridden: u64,
}

/// One open connection to the catalog.
pub struct Catalog {
    connection: Connection,
    /// The files that this connection writes; empty for a read-only connection.
    files: Files,
}

impl Catalog {
    /// Opens a catalog on a disk that cannot be written. SQLite creates a file beside the database
    /// even to read, unless it is opened as immutable. That is safe here: without a log, no other
    /// connection has unsaved changes.
    pub(crate) fn open_unwritable(path: &Path) -> Option<Catalog> {
        let is_logged = beside(path, LOG).metadata().is_ok_and(|log| log.len() > 0);
        if !path.exists() || is_logged || failure::probe(path.parent()?).is_none() {
            return None;
        }
        let mut address = url::Url::from_file_path(std::path::absolute(path).ok()?).ok()?;
        address.set_query(Some("immutable=1"));
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(address.as_str(), flags).ok()?;
        migrations::check(&connection).ok()?;
        Some(Catalog { connection, files: Files::default() })
    }

    /// Returns an error if a file is no longer at its path. Such a file still accepts writes, but
    /// the data is lost when the last process that has it open ends.
    pub fn check_in_place(&self) -> Result<()> {
        self.files.check_in_place()
    }

    /// Opens the catalog of a data folder; creates it if it is missing and migrates it to the
    /// current schema.
    pub fn open(data: &Path) -> Result<Catalog> {
        let path = data.join(FILE_NAME);
        let catalog = Self::open_file(&path).map_err(|error| with_path(error, &path))?;
        for file in [FILE_NAME, &format!("{FILE_NAME}{LOG}"), &format!("{FILE_NAME}{LOG_INDEX}")] {
            // SQLite itself keeps the owner of its files; this is for the first one, which root creates.
            if let Err(error) = owner::hand_over(data, Path::new(file))
                && error.kind() != std::io::ErrorKind::NotFound
            {
                tracing::warn!(file, %error, "cannot give a file of the catalog to the owner of the data folder");
            }
        }
        Ok(catalog)
    }

    /// Opens the catalog of a data folder for inspection, without migrating it; another schema
    /// version is an error.
    pub fn open_as_it_is(data: &Path) -> Result<Catalog> {
        let path = data.join(FILE_NAME);
        let open = || {
            let connection = connect(&path, OpenFlags::empty())?;
            migrations::check(&connection)?;
            Ok(Catalog { connection, files: Files::default() })
        };
        open().or_else(|error| Self::open_unwritable(&path).ok_or(error)).map_err(|error| with_path(error, &path))
    }

    fn open_file(path: &Path) -> Result<Catalog> {
        let mut connection = connect(path, OpenFlags::SQLITE_OPEN_CREATE)?;
        if reclaim::pragma(&connection, "page_count")? == 0 {
            // What a failed run staged can be cut off the end of the file, see `reclaim`. Of another
            // file, SQLite would write the first page each time.
            connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
        }
        connection.pragma_update(None, "journal_mode", "WAL")?;
        migrations::migrate(&mut connection)?;
        Ok(Catalog { connection, files: Files::of(path) })
    }

    /// The unique id of this catalog.
    pub fn identity(&self) -> Result<String> {
        Ok(self.connection.prepare_cached("SELECT id FROM identity")?.query_row([], |row| row.get(0))?)
    }

    /// The `seq` of the newest change; 0 before the first.
    pub fn last_seq(&self) -> Result<u64> {
        Ok(self.connection.prepare_cached(LAST_SEQ)?.query_row([], |row| row.get(0))?)
    }

    /// The number of served articles, including hidden ones.
    pub fn article_count(&self) -> Result<u64> {
        Ok(self.connection.query_row("SELECT COUNT(*) FROM article WHERE source IS NOT NULL", [], |row| row.get(0))?)
    }

    /// The changes after `seq`, in order: at most `limit`, and fewer once their total text size
    /// exceeds `max_bytes`.
    pub fn changes_after(&self, seq: u64, limit: usize, max_bytes: usize) -> Result<Vec<Change>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT a.seq, a.id, a.source, r.work, c.article, a.hash
             FROM article a
             LEFT JOIN record r ON r.source = a.source AND r.id = a.id
             LEFT JOIN content c ON c.key = r.content
             WHERE a.seq > ?1 ORDER BY a.seq LIMIT ?2",
        )?;
        let mut rows = statement.query(params![seq, limit])?;
        let mut changes = Vec::new();
        let mut bytes = 0;
        while let Some(row) = rows.next()? {
            let id: String = row.get(1)?;
            let text: Option<String> = row.get(4)?;
            bytes += text.as_ref().map_or(0, String::len);
            let article = match text {
                Some(text) => Some(numbered(&id, &text, row.get(3)?, row.get(2)?, row.get(5)?)?),
                None => None,
            };
            changes.push(Change { seq: row.get(0)?, id, article });
            if bytes > max_bytes {
                break;
            }
        }
        Ok(changes)
    }

    /// The served state of the ids greater than `after`, including deleted ones, by id: at most
    /// `limit`.
    pub fn answered_after(&self, after: &str, limit: usize) -> Result<Vec<Answered>> {
        let mut statement =
            self.connection.prepare_cached("SELECT id, seq, hash FROM article WHERE id > ?1 ORDER BY id LIMIT ?2")?;
        let rows = statement.query_map(params![after, limit], read_answered)?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    }

    /// The served state of an id; `None` if the id never had an article.
    pub fn answered(&self, id: &str) -> Result<Option<Answered>> {
        let mut statement = self.connection.prepare_cached("SELECT id, seq, hash FROM article WHERE id = ?1")?;
        Ok(statement.query_row([id], read_answered).optional()?)
    }

    /// The served article of an id.
    pub fn article(&self, id: &str) -> Result<Option<Article>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT c.article FROM article a JOIN record r ON r.source = a.source AND r.id = a.id
             JOIN content c ON c.key = r.content WHERE a.id = ?1",
        )?;
        let text: Option<String> = statement.query_row([id], |row| row.get(0)).optional()?;
        text.map(|text| parsed(id, &text)).transpose()
    }

    /// Gives each id a new `seq`, so that the index applies it again although it did not change.
    /// Ids that never had an article are allowed. All ids or none are updated.
    pub fn apply_again(&mut self, ids: &[String]) -> Result<()> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut seq: u64 = transaction.query_row(LAST_SEQ, [], |row| row.get(0))?;
        for id in ids {
            seq += 1;
            transaction
                .prepare_cached(
                    "INSERT INTO article (id, seq) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET seq = excluded.seq",
                )?
                .execute(params![id, seq])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// The problems that SQLite finds in the file, and the articles whose text does not match its
    /// hash.
    pub fn problems(&self) -> Result<Vec<String>> {
        let mut problems = Vec::new();
        let mut statement = self.connection.prepare("PRAGMA quick_check")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            problems.push(row.get::<_, String>(0)?);
        }
        problems.retain(|problem| problem != "ok");
        let mut statement = self.connection.prepare(
            "SELECT r.source, r.id, r.hash, c.article FROM record r LEFT JOIN content c ON c.key = r.content ORDER BY r.id",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (source, id, hash): (String, String, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            // The hash was computed over exactly these bytes.
            let is_whole = row.get_ref(3)?.as_bytes().is_ok_and(|text| blake3::hash(text).as_bytes()[..] == hash[..]);
            if !is_whole {
                problems.push(format!(
                    "the article {id:?} of the source {source} is damaged: push it again, or run `fichero reindex --full`"
                ));
            }
        }
        Ok(problems)
    }

    /// All served articles by id, in memory: for tests and benchmarks.
    #[cfg(feature = "test-support")]
    pub fn all_articles(&self) -> Result<Vec<Article>> {
        let page = self.articles_with_run(0, "", usize::MAX >> 1, usize::MAX)?;
        Ok(page.into_iter().map(|numbered| numbered.article).collect())
    }

    /// The articles as they will be once `run` is accepted, by id: at most `limit` with an id
    /// greater than `after`, and fewer once their total text size exceeds `max_bytes`. The result
    /// is empty only if no article is left.
    pub fn articles_with_run(
        &self,
        run: i64,
        after: &str,
        limit: usize,
        max_bytes: usize,
    ) -> Result<Vec<NumberedArticle>> {
        let mut ids = self.connection.prepare_cached(
            "SELECT id FROM article WHERE source IS NOT NULL AND id > ?2
             UNION SELECT id FROM staged WHERE run = ?1 AND content IS NOT NULL AND id > ?2
             ORDER BY id",
        )?;
        let ids = ids.query_map(params![run, after], |row| row.get::<_, String>(0))?;
        let winner = WINNER_WITH_RUN.replace("{columns}", "v.source, v.work, c.article, v.hash");
        let mut winner = self.connection.prepare_cached(&winner)?;
        let mut articles = Vec::new();
        let mut bytes = 0;
        for id in ids {
            let id = id?;
            let found = winner
                .query_row(params![run, id], |row| {
                    Ok((row.get::<_, String>(0)?, row.get(1)?, row.get::<_, String>(2)?, row.get(3)?))
                })
                .optional()?;
            if let Some((source, work, text, hash)) = found {
                bytes += text.len();
                articles.push(numbered(&id, &text, work, source, hash)?);
            }
            // Count articles, not ids: a run may delete any number of ids in a row, and only the
            // last page may be empty.
            if articles.len() >= limit || bytes > max_bytes {
                break;
            }
        }
        Ok(articles)
    }

    /// Begins a run and removes what unfinished runs had staged. Unless `is_tried` (a trial run),
    /// the new run also replaces a pending one. Only the holder of the reindex lock may call it.
    pub fn begin_run(&mut self, is_full: bool, is_tried: bool) -> Result<i64> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "UPDATE run SET state = 'abandoned' WHERE state = 'staging' OR (state = 'waiting' AND NOT ?1)",
            [is_tried],
        )?;
        transaction.execute(
            "INSERT INTO run (state, is_full, started_at) VALUES ('staging', ?1, ?2)",
            params![is_full, jiff::Timestamp::now().to_string()],
        )?;
        let run = transaction.last_insert_rowid();
        clear_staged(&transaction)?;
        transaction.commit()?;
        Ok(run)
    }

    /// Accepts a run. One transaction applies its changes, assigns their `seq`, makes its
    /// generation (if it built one) the one to serve, and ends a hold.
    pub fn accept(&mut self, run: i64, generation: Option<u64>, report: &str) -> Result<Accepted> {
        crash_point!("accept:before");
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let state: Option<String> =
            transaction.query_row("SELECT state FROM run WHERE id = ?1", [run], |row| row.get(0)).optional()?;
        if !matches!(state.as_deref(), Some("staging" | "waiting")) {
            return Err(CatalogError::NotStaging(run));
        }
        let base_seq: u64 = transaction.query_row(LAST_SEQ, [], |row| row.get(0))?;
        apply_staged(&transaction, run)?;
        crash_point!("accept:records");
        let last_article_seq = renew_articles(&transaction, run, base_seq)?;
        let last_seq = last_article_seq + renew_synonyms(&transaction, run, last_article_seq + 1)?;
        transaction.execute(
            "DELETE FROM source WHERE NOT is_configured AND NOT EXISTS (SELECT 1 FROM record WHERE record.source = source.name)",
            [],
        )?;
        transaction.execute(
            "UPDATE run SET state = 'accepted', accepted_at = ?2, generation = ?3, base_seq = ?4, first_seq = ?5, last_seq = ?6, report = ?7
             WHERE id = ?1",
            params![run, jiff::Timestamp::now().to_string(), generation, base_seq, base_seq + 1, last_seq, report],
        )?;
        transaction
            .execute("UPDATE publication SET generation = COALESCE(?1, generation), is_held = 0", [generation])?;
        transaction.execute("DELETE FROM staged WHERE run = ?1", [run])?;
        transaction.execute("DELETE FROM staged_file WHERE run = ?1", [run])?;
        transaction.execute("DELETE FROM staged_profile WHERE run = ?1", [run])?;
        transaction.execute("DELETE FROM staged_synonyms WHERE run = ?1", [run])?;
        crash_point!("accept:before-commit");
        transaction.commit()?;
        crash_point!("accept:after-commit");
        self.check_in_place()?;
        Ok(Accepted { base_seq, last_seq, changes: last_article_seq - base_seq })
    }

    /// The synonym groups, as JSON.
    pub fn synonyms(&self) -> Result<String> {
        Ok(self.connection.prepare_cached("SELECT groups FROM synonyms")?.query_row([], |row| row.get(0))?)
    }

    /// The synonym groups once `run` is accepted, as JSON.
    pub fn synonyms_with_run(&self, run: i64) -> Result<String> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT COALESCE((SELECT groups FROM staged_synonyms WHERE run = ?1), groups) FROM synonyms",
            )?
            .query_row([run], |row| row.get(0))?)
    }

    /// The `seq` at which the synonyms changed last; 0 before they ever did.
    pub fn synonyms_seq(&self) -> Result<u64> {
        Ok(self.connection.prepare_cached("SELECT seq FROM synonyms")?.query_row([], |row| row.get(0))?)
    }

    /// Stages the synonym groups that replace the current ones once a run is accepted.
    pub fn stage_synonyms(&mut self, run: i64, groups: &str) -> Result<()> {
        self.connection.execute("INSERT OR REPLACE INTO staged_synonyms VALUES (?1, ?2)", params![run, groups])?;
        Ok(())
    }

    /// The generation that should be served.
    pub fn publication(&self) -> Result<Publication> {
        Ok(self
            .connection
            .prepare_cached("SELECT generation, is_held FROM publication")?
            .query_row([], |row| Ok(Publication { generation: row.get(0)?, is_held: row.get(1)? }))?)
    }

    /// Sets the generation to serve, and ends a hold.
    pub fn publish(&self, generation: u64) -> Result<()> {
        self.connection.execute("UPDATE publication SET generation = ?1, is_held = 0", [generation])?;
        Ok(())
    }

    /// Replaces `former` by `generation` as the generation to serve, unless another one was
    /// published or changes are held. Returns whether it was replaced.
    pub fn replace_publication(&self, former: u64, generation: u64) -> Result<bool> {
        let replaced = self.connection.execute(
            "UPDATE publication SET generation = ?2 WHERE generation = ?1 AND NOT is_held",
            params![former, generation],
        )?;
        Ok(replaced > 0)
    }

    /// Serves an earlier generation and holds changes. `choose` picks the generation while no run
    /// can be accepted and no push committed; if it returns `None`, nothing changes.
    pub fn roll_back(&self, choose: impl FnOnce() -> Result<Option<u64>>) -> Result<Option<u64>> {
        let transaction = Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate)?;
        let chosen = choose()?;
        if let Some(generation) = chosen {
            transaction.execute("UPDATE publication SET generation = ?1, is_held = 1", [generation])?;
            transaction.commit()?;
        }
        Ok(chosen)
    }

    /// Ends a hold, if there is one; the generation to serve stays.
    pub fn end_hold(&self) -> Result<()> {
        self.connection.execute("UPDATE publication SET is_held = 0", [])?;
        Ok(())
    }

    /// The `seq` values of the accepted run that built a generation: the last one before the run,
    /// and the last one that the generation contains if nothing else changed meanwhile.
    pub fn seqs_of_generation(&self, generation: u64) -> Result<Option<(u64, u64)>> {
        Ok(self
            .connection
            .query_row(
                "SELECT base_seq, last_seq FROM run WHERE generation = ?1 AND state = 'accepted' ORDER BY id DESC LIMIT 1",
                [generation],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?)
    }

    /// The newest run, or the newest accepted one.
    pub fn last_run(&self, only_accepted: bool) -> Result<Option<RunRecord>> {
        self.newest_run("NOT ?1 OR state = 'accepted'", only_accepted)
    }

    fn newest_run(&self, condition: &str, value: impl rusqlite::ToSql) -> Result<Option<RunRecord>> {
        let query = format!(
            "SELECT id, state, started_at, accepted_at, generation, report FROM run
             WHERE {condition} ORDER BY id DESC LIMIT 1"
        );
        let read = |row: &rusqlite::Row<'_>| {
            Ok(RunRecord {
                id: row.get(0)?,
                state: row.get(1)?,
                started_at: row.get(2)?,
                accepted_at: row.get(3)?,
                generation: row.get(4)?,
                report: row.get(5)?,
            })
        };
        Ok(self.connection.query_row(&query, [value], read).optional()?)
    }

    /// The sources, in the order of their rank.
    pub fn sources(&self) -> Result<Vec<SourceRecord>> {
        let mut statement = self.connection.prepare(
            "SELECT s.name, s.location, s.is_configured,
                 (SELECT COUNT(*) FROM record r WHERE r.source = s.name),
                 (SELECT COUNT(*) FROM record r JOIN article a ON a.id = r.id WHERE r.source = s.name AND a.source IS NOT s.name)
             FROM source s ORDER BY s.rank",
        )?;
        let sources = statement.query_map([], |row| {
            Ok(SourceRecord {
                name: row.get(0)?,
                location: row.get(1)?,
                is_configured: row.get(2)?,
                articles: row.get(3)?,
                overridden: row.get(4)?,
            })
        })?;
        Ok(sources.collect::<std::result::Result<_, _>>()?)
    }

    /// The number for the generation of a new build: greater than every number on disk or in the
    /// catalog.
    pub fn next_generation(&self, on_disk: u64) -> Result<u64> {
        let recorded: u64 = self.connection.query_row(
            "SELECT MAX((SELECT generation FROM publication), (SELECT COALESCE(MAX(generation), 0) FROM run))",
            [],
            |row| row.get(0),
        )?;
        Ok(recorded.max(on_disk) + 1)
    }
}

fn numbered(id: &str, text: &str, work: u64, source: String, hash: [u8; 32]) -> Result<NumberedArticle> {
    let article = parsed(id, text)?;
    Ok(NumberedArticle { article, work, source, hash })
}

fn parsed(id: &str, text: &str) -> Result<Article> {
    serde_json::from_str(text).map_err(|source| CatalogError::Article { id: id.to_owned(), source })
}

fn read_answered(row: &rusqlite::Row<'_>) -> rusqlite::Result<Answered> {
    Ok(Answered { id: row.get(0)?, seq: row.get(1)?, hash: row.get(2)? })
}
