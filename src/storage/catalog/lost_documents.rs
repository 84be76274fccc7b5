//! Finds the documents that readers would lose if a staged run were accepted.
//!
//! An article is lost when it is served now and its id would not be served after the run: the run
//! deletes or hides it, or gives it an expiry date in the past or a publication date in the future.
//! For the count of a language, an article is also lost when it would be served in another
//! language. Both states are evaluated at the current time, so an article that expires or appears
//! with time alone is not lost. A work is lost when neither the work nor any of its articles would
//! be served. An article that another source takes over is not lost; it counts for the source that
//! serves it now.

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Deserialize;

use super::error::Result;
use super::{Catalog, WINNER_WITH_RUN};
use crate::article::{Moment, is_visible_at};

/// How losses are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grouping {
    Whole,
    BySource,
    ByLanguage,
}

/// A part of the site that would lose articles.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LostPart {
    /// The whole site.
    Whole,
    /// The articles served from a source.
    Source(String),
    /// The articles in a language.
    Language(String),
}

/// How many articles or works there are, and how many of them would be lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LossCount {
    /// How many are served now.
    pub before: u64,
    /// How many of them would be lost.
    pub vanished: u64,
}

/// The losses of one part of the site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartLoss {
    /// The part.
    pub part: LostPart,
    /// Its articles.
    pub articles: LossCount,
    /// Its works.
    pub works: LossCount,
}

/// The effect of accepting a staged run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Whether any answer would change.
    pub is_changed: bool,
    /// The parts that would lose more than a few articles: first the whole site, then sources, then
    /// languages, each sorted by name.
    pub losses: Vec<PartLoss>,
}

/// An article as readers see it.
#[derive(PartialEq)]
struct AnsweredRow {
    source: String,
    hash: Vec<u8>,
    work: u64,
    /// `None` where readers may not see the article.
    lang: Option<String>,
}

/// The columns of an [`AnsweredRow`], of a record or a staged one `v` and its content `c`.
const ANSWERED: &str = "v.source, v.hash, v.work, answered_lang(c.article)";

/// The fields that decide whether an article is visible, and in which language.
#[derive(Deserialize)]
struct Appearance {
    lang: String,
    #[serde(default)]
    hidden: bool,
    published_at: Option<Moment>,
    expires_at: Option<Moment>,
}

/// The language in which an article is visible now; `None` where readers may not see it. An article
/// that cannot be parsed counts as visible with an empty language: the code that reads whole
/// articles reports it by name.
fn answered_lang(article: &[u8], now_s: i64) -> Option<String> {
    let Ok(article) = serde_json::from_slice::<Appearance>(article) else { return Some(String::new()) };
    let Appearance { lang, hidden, published_at, expires_at } = article;
    is_visible_at(now_s, hidden, published_at.as_ref(), expires_at.as_ref()).then_some(lang)
}

/// SQL condition: the work has no visible version left in the group, neither among the articles
/// that it has now nor among those that the run moves to it.
const WORK_IS_GONE: &str = "NOT EXISTS (
         SELECT 1 FROM answered_before b LEFT JOIN run_change x ON x.id = b.id
         WHERE b.work = c.work AND {same_part} AND (x.id IS NULL OR {still_there}))
     AND NOT EXISTS (SELECT 1 FROM run_change x WHERE x.new_work = c.work AND {come_there})";

impl Catalog {
    /// Compares what is served now with what would be served once `run` is accepted. Articles
    /// served from the `pruned` sources are left out, because the caller asked for their deletion.
    /// Losses are listed only where the run would lose more than `few` articles. The comparison
    /// uses temporary tables, so memory does not grow with the site.
    pub fn compare_with_run(&self, run: i64, pruned: &[String], few: u64) -> Result<Comparison> {
        let pruned = serde_json::Value::from(pruned).to_string();
        let few = few.min(i64::MAX as u64);
        let now_s = jiff::Timestamp::now().as_second();
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        self.connection.create_scalar_function("answered_lang", 1, flags, move |context| {
            Ok(answered_lang(context.get_raw(0).as_bytes().unwrap_or_default(), now_s))
        })?;
        self.connection.execute_batch(
            "DROP TABLE IF EXISTS temp.run_change;
             DROP TABLE IF EXISTS temp.answered_before;
             CREATE TEMP TABLE run_change (
                 id TEXT PRIMARY KEY, source TEXT, work INTEGER, lang TEXT, new_work INTEGER, new_lang TEXT
             ) WITHOUT ROWID;",
        )?;
        let mut comparison = Comparison { is_changed: self.gather_changes(run, &pruned)?, ..Comparison::default() };
        let lost: u64 = self.connection.query_row(
            "SELECT COUNT(*) FROM run_change WHERE work IS NOT NULL AND new_lang IS NOT lang",
            [],
            |row| row.get(0),
        )?;
        if lost > few {
            gather_answered(&self.connection, &pruned)?;
            for grouping in [Grouping::Whole, Grouping::BySource, Grouping::ByLanguage] {
                comparison.losses.extend(losses(&self.connection, grouping, few)?);
            }
        }
        self.connection
            .execute_batch("DROP TABLE IF EXISTS temp.run_change; DROP TABLE IF EXISTS temp.answered_before")?;
        Ok(comparison)
    }

    /// Records the state before and after the run of every id that the run may change. Returns
    /// whether any answer would change.
    fn gather_changes(&self, run: i64, pruned: &str) -> Result<bool> {
        let mut is_changed = self.connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM staged_synonyms n, synonyms o WHERE n.run = ?1 AND n.groups <> o.groups)",
            [run],
            |row| row.get(0),
        )?;
        // An id that several sources hold may have another winner since the sources' order changed.
        let mut ids = self.connection.prepare(
            "SELECT id FROM staged WHERE run = ?1
             UNION SELECT id FROM record GROUP BY id HAVING COUNT(*) > 1",
        )?;
        let mut before = self.connection.prepare(&format!(
            "SELECT {ANSWERED} FROM article a
             JOIN record v ON v.source = a.source AND v.id = a.id JOIN content c ON c.key = v.content
             WHERE a.id = ?1"
        ))?;
        let mut after = self.connection.prepare(&WINNER_WITH_RUN.replace("{columns}", ANSWERED))?;
        let mut note = self.connection.prepare(
            "INSERT INTO run_change (id, source, work, lang, new_work, new_lang)
             SELECT ?1, p.source, p.work, p.lang, ?5, ?6
             FROM (SELECT 1) LEFT JOIN (SELECT ?2 AS source, ?3 AS work, ?4 AS lang) p
                 ON p.source NOT IN (SELECT value FROM json_each(?7))",
        )?;
        let mut rows = ids.query([run])?;
        while let Some(row) = rows.next()? {
            let id: String = row.get(0)?;
            let now = before.query_row([&id], answered).optional()?;
            let then = after.query_row(params![run, id], answered).optional()?;
            is_changed |= now.as_ref().map(identity) != then.as_ref().map(identity);
            let now = now.filter(|now| now.lang.is_some());
            let then = then.filter(|then| then.lang.is_some());
            note.execute(params![
                id,
                now.as_ref().map(|now| &now.source),
                now.as_ref().map(|now| now.work),
                now.as_ref().and_then(|now| now.lang.as_ref()),
                then.as_ref().map(|then| then.work),
                then.as_ref().and_then(|then| then.lang.as_ref()),
                pruned,
            ])?;
        }
        Ok(is_changed)
    }
}

/// The values that [`Catalog::accept`] compares to see whether an article changed.
fn identity(answered: &AnsweredRow) -> (&str, &[u8]) {
    (&answered.source, &answered.hash)
}

fn answered(row: &rusqlite::Row<'_>) -> rusqlite::Result<AnsweredRow> {
    Ok(AnsweredRow { source: row.get(0)?, hash: row.get(1)?, work: row.get(2)?, lang: row.get(3)? })
}

fn gather_answered(connection: &Connection, pruned: &str) -> Result<()> {
    connection.execute(
        &format!(
            "CREATE TEMP TABLE answered_before AS
             SELECT id, source, work, lang FROM (
                 SELECT a.id, {ANSWERED} AS lang FROM article a
                 JOIN record v ON v.source = a.source AND v.id = a.id JOIN content c ON c.key = v.content
                 WHERE a.source NOT IN (SELECT value FROM json_each(?1)))
             WHERE lang IS NOT NULL"
        ),
        [pruned],
    )?;
    connection.execute_batch(
        "CREATE INDEX temp.answered_before_by_work ON answered_before (work);
         CREATE INDEX temp.run_change_by_new_work ON run_change (new_work);",
    )?;
    Ok(())
}

/// The losses of each group that would lose more than `few` articles.
fn losses(connection: &Connection, grouping: Grouping, few: u64) -> Result<Vec<PartLoss>> {
    let part = match grouping {
        Grouping::Whole => "''",
        Grouping::BySource => "source",
        Grouping::ByLanguage => "lang",
    };
    let (is_gone, same_part, still_there, come_there) = match grouping {
        Grouping::Whole | Grouping::BySource => ("new_lang IS NULL", "1", "x.new_lang IS NOT NULL", "1"),
        Grouping::ByLanguage => {
            ("new_lang IS NOT lang", "b.lang = c.lang", "x.new_lang = c.lang", "x.new_lang = c.lang")
        }
    };
    let work_is_gone = WORK_IS_GONE
        .replace("{same_part}", same_part)
        .replace("{still_there}", still_there)
        .replace("{come_there}", come_there);
    let mut vanished = connection.prepare(&format!(
        "SELECT v.part, v.articles, v.works, COUNT(*), COUNT(DISTINCT b.work) FROM (
             SELECT {part} AS part, COUNT(*) AS articles, COUNT(DISTINCT CASE WHEN {work_is_gone} THEN work END) AS works
             FROM run_change c WHERE work IS NOT NULL AND {is_gone} GROUP BY 1 HAVING COUNT(*) > ?1
         ) v JOIN (SELECT {part} AS part, work FROM answered_before) b ON b.part = v.part
         GROUP BY v.part ORDER BY v.part",
    ))?;
    let losses = vanished.query_map([few], |row| {
        let name = row.get(0)?;
        let part = match grouping {
            Grouping::Whole => LostPart::Whole,
            Grouping::BySource => LostPart::Source(name),
            Grouping::ByLanguage => LostPart::Language(name),
        };
        let articles = LossCount { before: row.get(3)?, vanished: row.get(1)? };
        Ok(PartLoss { part, articles, works: LossCount { before: row.get(4)?, vanished: row.get(2)? } })
    })?;
    Ok(losses.collect::<rusqlite::Result<_>>()?)
}
