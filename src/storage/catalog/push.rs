//! Articles pushed one by one; they are durable once acknowledged.
//!
//! Pushes are a source of their own, [`PUSHES`]. No run deletes from it, and it ranks after all
//! other sources: if a configured source has the same id, its article is served, and the response
//! to the push names that source. If pushes ranked first, a push would hide later editions from the
//! source for ever, and nothing in the configuration would show it.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::apply::{insert_content, set_answered, winner, work_number};
use super::error::Result;
use super::{Catalog, LAST_SEQ};
use crate::article::{Article, MAX_VERSIONS};
use crate::crash_point;

/// The name of the source of pushed articles; reserved.
pub const PUSHES: &str = "pushes";
/// Its location, as shown to people.
const LOCATION: &str = "pushed over HTTP";
/// Its rank: after every source that a run reads.
const RANK: i64 = i64::MAX;

/// The state of an id before a push; push conditions are evaluated against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The content hash of the article pushed under the id, see [`Article::content_hash`].
    pub hash: Option<[u8; 32]>,
    /// The highest-ranked other source that has the id.
    pub other_source: Option<String>,
}

/// A precondition of a push.
pub type Condition = Box<dyn Fn(&Held) -> bool + Send>;

/// One push.
pub struct Push {
    /// The article's id.
    pub id: String,
    /// The new article; `None` to delete the pushed one.
    pub article: Option<Box<Article>>,
    /// If it does not hold, the push is refused.
    pub condition: Option<Condition>,
}

/// The outcome of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushOutcome {
    /// The id had not been pushed before.
    Created,
    /// The article differs from the one pushed before.
    Changed,
    /// The article is the same, or there was none to delete: nothing was written.
    Unchanged,
    /// The pushed article was deleted.
    Deleted,
    /// Its condition does not hold: nothing was written.
    ConditionFailed,
    /// It cannot be deleted: it was never pushed, and belongs to another source.
    NotPushed,
}

/// The outcome of a push and the state of its id afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The outcome.
    pub outcome: PushOutcome,
    /// The `seq` from which on the index contains the pushed article (or, after a deletion, does
    /// not contain it any more); `None` if another source serves the id, or if the id never had an
    /// article.
    pub seq: Option<u64>,
    /// The content hash of the article that is pushed under the id now.
    pub hash: Option<[u8; 32]>,
    /// The source whose article is served instead of the pushed one.
    pub shadowed_by: Option<String>,
    /// The work of the pushed article, if it has more versions than [`MAX_VERSIONS`].
    pub crowded_work: Option<String>,
}

impl Catalog {
    /// Applies pushes in order, in one transaction. When this returns `Ok`, all of them are
    /// durable; on an error, callers must assume that none is.
    pub fn push(&mut self, pushes: &[Push]) -> Result<Vec<Pushed>> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        crash_point!("push:begun");
        // A source that had this name before it was reserved becomes part of the pushes.
        transaction
            .prepare_cached(
                "INSERT INTO source (name, location, rank, is_configured) VALUES (?1, ?2, ?3, 1)
                 ON CONFLICT (name) DO UPDATE SET location = ?2, rank = ?3, is_configured = 1 WHERE rank <> ?3",
            )?
            .execute(params![PUSHES, LOCATION, RANK])?;
        let mut last_seq: u64 = transaction.query_row(LAST_SEQ, [], |row| row.get(0))?;
        let mut pushed = Vec::with_capacity(pushes.len());
        for push in pushes {
            pushed.push(push_one(&transaction, push, &mut last_seq)?);
        }
        crash_point!("push:written");
        transaction.commit()?;
        crash_point!("push:committed");
        self.check_in_place()?;
        Ok(pushed)
    }
}

fn push_one(connection: &Connection, push: &Push, last_seq: &mut u64) -> Result<Pushed> {
    let before = read_state(connection, &push.id)?;
    let outcome = outcome(push, &before);
    match (outcome, &push.article) {
        (PushOutcome::Created | PushOutcome::Changed, Some(article)) => write(connection, article)?,
        (PushOutcome::Deleted, _) => delete_pushed(connection, &push.id)?,
        _ => {}
    }
    if matches!(outcome, PushOutcome::Created | PushOutcome::Changed | PushOutcome::Deleted) {
        // Also where another source serves the id before and after: a generation built for a
        // pending run must receive the push, because that run may delete the other source's
        // article.
        *last_seq += 1;
        set_answered(connection, &push.id, *last_seq, &winner(connection, &push.id)?)?;
    }
    let after = read_state(connection, &push.id)?;
    let seq = match &after.other_source {
        None => connection
            .prepare_cached("SELECT seq FROM article WHERE id = ?1")?
            .query_row([&push.id], |row| row.get(0))
            .optional()?,
        Some(_) => None,
    };
    let crowded_work = match &push.article {
        Some(article) if outcome != PushOutcome::ConditionFailed && is_crowded(connection, &article.work)? => {
            Some(article.work.clone())
        }
        _ => None,
    };
    Ok(Pushed { outcome, seq, hash: after.hash, shadowed_by: after.other_source, crowded_work })
}

/// Whether a work has more than [`MAX_VERSIONS`] versions.
fn is_crowded(connection: &Connection, work: &str) -> Result<bool> {
    let beyond = connection
        .prepare_cached("SELECT 1 FROM record WHERE work = (SELECT number FROM work WHERE key = ?1) LIMIT 1 OFFSET ?2")?
        .query_row(params![work, MAX_VERSIONS], |_| Ok(()))
        .optional()?;
    Ok(beyond.is_some())
}

fn outcome(push: &Push, before: &Held) -> PushOutcome {
    if push.condition.as_ref().is_some_and(|holds| !holds(before)) {
        return PushOutcome::ConditionFailed;
    }
    match (&push.article, before) {
        (Some(_), Held { hash: None, .. }) => PushOutcome::Created,
        (Some(article), Held { hash: Some(hash), .. }) if article.content_hash() == *hash => PushOutcome::Unchanged,
        (Some(_), _) => PushOutcome::Changed,
        (None, Held { hash: Some(_), .. }) => PushOutcome::Deleted,
        (None, Held { other_source: Some(_), .. }) => PushOutcome::NotPushed,
        (None, _) => PushOutcome::Unchanged,
    }
}

fn read_state(connection: &Connection, id: &str) -> Result<Held> {
    let hash = connection
        .prepare_cached("SELECT hash FROM record WHERE source = ?1 AND id = ?2")?
        .query_row([PUSHES, id], |row| row.get(0))
        .optional()?;
    let other_source = connection
        .prepare_cached(
            "SELECT s.name FROM record r JOIN source s ON s.name = r.source WHERE r.id = ?2 AND s.name <> ?1
             ORDER BY s.rank LIMIT 1",
        )?
        .query_row([PUSHES, id], |row| row.get(0))
        .optional()?;
    Ok(Held { hash, other_source })
}

fn write(connection: &Connection, article: &Article) -> Result<()> {
    delete_pushed(connection, &article.id)?;
    let work = work_number(connection, &article.work)?;
    let content = insert_content(connection, article)?;
    connection
        .prepare_cached("INSERT INTO record (source, id, file, hash, work, content) VALUES (?1, ?2, '', ?3, ?4, ?5)")?
        .execute(params![PUSHES, article.id, article.content_hash(), work, content])?;
    Ok(())
}

fn delete_pushed(connection: &Connection, id: &str) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM content WHERE key = (SELECT content FROM record WHERE source = ?1 AND id = ?2)")?
        .execute([PUSHES, id])?;
    connection.prepare_cached("DELETE FROM record WHERE source = ?1 AND id = ?2")?.execute([PUSHES, id])?;
    Ok(())
}
