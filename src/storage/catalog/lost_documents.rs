//! What a staged run would take away from readers.
//!
//! An article has vanished when it was answered before and its id is not after: it is gone, hidden,
//! expired or of the future; from a language, also when it is answered in another one after. Both
//! are looked at as of now, so that what comes or goes by itself, with time, has not vanished. A
//! work has vanished when neither it nor any of its articles is answered any more. An article that
//! another source takes over has not vanished, and counts for the source that answered it before.

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Deserialize;

use super::error::Result;
use super::{Catalog, WINNER_WITH_RUN};
use crate::article::{Moment, is_visible_at};

/// What the site is looked at by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parting {
    Whole,
    BySource,
    ByLanguage,
}

/// A part of the site that loses something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LostPart {
    /// Everything.
    Whole,
    /// What a source answers.
    Source(String),
    /// What is in a language.
    Language(String),
}

/// How many there are, and how many of them would vanish.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LossCount {
    /// How many are answered at present.
    pub before: u64,
    /// How many of them would vanish.
    pub vanished: u64,
}

/// What one part of the site would lose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartLoss {
    /// The part.
    pub part: LostPart,
    /// Of its articles.
    pub articles: LossCount,
    /// Of its works.
    pub works: LossCount,
}

/// What a staged run would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Whether anything would be answered differently.
    pub is_changed: bool,
    /// The parts that would lose more than a few articles: the whole, then sources, then languages,
    /// by name.
    pub losses: Vec<PartLoss>,
}

/// An article as it is answered.
#[derive(PartialEq)]
struct AnsweredRow {
    source: String,
    hash: Vec<u8>,
    work: u64,
    /// `None` where readers may not see it: it is not answered.
    lang: Option<String>,
}

/// The columns of an [`AnsweredRow`], of a record or a staged one `v` and its content `c`.
const ANSWERED: &str = "v.source, v.hash, v.work, answered_lang(c.article)";

/// What says whether an article is answered, and in which language.
#[derive(Deserialize)]
struct Appearance {
    lang: String,
    #[serde(default)]
    hidden: bool,
    published_at: Option<Moment>,
    expires_at: Option<Moment>,
}

/// The language that an article is answered in now; `None` where readers may not see it. A damaged
/// one counts, in no language: whoever reads it whole names it.
fn answered_lang(article: &[u8], now_s: i64) -> Option<String> {
    let Ok(article) = serde_json::from_slice::<Appearance>(article) else { return Some(String::new()) };
    let Appearance { lang, hidden, published_at, expires_at } = article;
    is_visible_at(now_s, hidden, published_at.as_ref(), expires_at.as_ref()).then_some(lang)
}

/// The work has no version left, in the part that is looked at: neither under its number nor among
/// the articles that it had.
const WORK_IS_GONE: &str = "NOT EXISTS (
         SELECT 1 FROM answered_before b LEFT JOIN run_change x ON x.id = b.id
         WHERE b.work = c.work AND {same_part} AND (x.id IS NULL OR {still_there}))
     AND NOT EXISTS (SELECT 1 FROM run_change x WHERE x.new_work = c.work AND {come_there})";

impl Catalog {
    /// Compares what is answered with what would be once `run` is accepted. What the `pruned`
    /// sources answer is left out, as if it had not been there: its deletion is asked for. Parts
    /// are told only of a run that takes away more than `few` articles. Memory does not follow the
    /// site: what is compared is kept in a temporary table.
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
            for parting in [Parting::Whole, Parting::BySource, Parting::ByLanguage] {
                comparison.losses.extend(losses(&self.connection, parting, few)?);
            }
        }
        self.connection
            .execute_batch("DROP TABLE IF EXISTS temp.run_change; DROP TABLE IF EXISTS temp.answered_before")?;
        Ok(comparison)
    }

    /// Notes every id that the run may touch, as it is answered and as it would be; tells whether
    /// anything would be answered differently.
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
            let is = before.query_row([&id], answered).optional()?;
            let will_be = after.query_row(params![run, id], answered).optional()?;
            is_changed |= is.as_ref().map(identity) != will_be.as_ref().map(identity);
            let is = is.filter(|is| is.lang.is_some());
            let will_be = will_be.filter(|will_be| will_be.lang.is_some());
            note.execute(params![
                id,
                is.as_ref().map(|is| &is.source),
                is.as_ref().map(|is| is.work),
                is.as_ref().and_then(|is| is.lang.as_ref()),
                will_be.as_ref().map(|will_be| will_be.work),
                will_be.as_ref().and_then(|will_be| will_be.lang.as_ref()),
                pruned,
            ])?;
        }
        Ok(is_changed)
    }
}

/// What makes an article another one, as [`Catalog::accept`] sees it.
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

/// What each part of the site would lose, where that is more than `few` articles.
fn losses(connection: &Connection, parting: Parting, few: u64) -> Result<Vec<PartLoss>> {
    let part = match parting {
        Parting::Whole => "''",
        Parting::BySource => "source",
        Parting::ByLanguage => "lang",
    };
    let (is_gone, same_part, still_there, come_there) = match parting {
        Parting::Whole | Parting::BySource => ("new_lang IS NULL", "1", "x.new_lang IS NOT NULL", "1"),
        Parting::ByLanguage => {
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
        let part = match parting {
            Parting::Whole => LostPart::Whole,
            Parting::BySource => LostPart::Source(name),
            Parting::ByLanguage => LostPart::Language(name),
        };
        let articles = LossCount { before: row.get(3)?, vanished: row.get(1)? };
        Ok(PartLoss { part, articles, works: LossCount { before: row.get(4)?, vanished: row.get(2)? } })
    })?;
    Ok(losses.collect::<rusqlite::Result<_>>()?)
}
