//! Articles pushed one by one, durable as soon as they are acknowledged.
//!
//! Pushes are a source of their own, [`PUSHES`], that no run deletes from and whose place is
//! behind all others: an article that a configured source has is answered as that source says,
//! and a push of the same id is told which source stands before it. A push in front of all
//! would hide a source's later editions for ever, and nothing in the configuration would say so.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::error::Result;
use super::{Catalog, LAST_SEQ, insert_content, set_answered, winner, work_number};
use crate::article::{Article, MAX_VERSIONS};
use crate::crash_point;

/// The name of the source that pushed articles belong to; no other source may have it.
pub const PUSHES: &str = "pushes";
/// Where it is, as it is told to people.
const LOCATION: &str = "pushed over HTTP";
/// Behind every source that a run reads.
const RANK: i64 = i64::MAX;

/// What is known of an id before it is pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The content hash of what was pushed under it, see [`Article::content_hash`].
    pub hash: Option<[u8; 32]>,
    /// The first source in the configuration that has it too.
    pub other_source: Option<String>,
}

/// What must be so for a push to be taken.
pub type Condition = Box<dyn Fn(&Held) -> bool + Send>;

/// One push.
pub struct Push {
    /// The article's id.
    pub id: String,
    /// What it says from now on; `None` to take back what was pushed.
    pub article: Option<Box<Article>>,
    /// What must be so, or the push is refused.
    pub condition: Option<Condition>,
}

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushOutcome {
    /// The id had not been pushed before.
    Created,
    /// It says something else than before.
    Changed,
    /// It says the same, or was not there to be deleted: nothing was written.
    Unchanged,
    /// What was pushed is taken back.
    Deleted,
    /// Its condition does not hold: nothing was written.
    ConditionFailed,
    /// It cannot be deleted: it was never pushed, and belongs to another source.
    NotPushed,
}

/// What became of a push, and how the id stands after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// What became of it.
    pub outcome: PushOutcome,
    /// The `seq` from which on the index answers what was pushed (or, of a deletion, does not any
    /// more); `None` where another source is answered, or nothing ever was.
    pub seq: Option<u64>,
    /// The content hash of what is pushed under the id now.
    pub hash: Option<[u8; 32]>,
    /// The source that is answered in place of what was pushed.
    pub shadowed_by: Option<String>,
    /// The work of what was pushed, where it has more versions than [`MAX_VERSIONS`].
    pub crowded_work: Option<String>,
}

impl Catalog {
    /// Takes up pushes in their order, in one transaction: when this returns, all of them are
    /// durable; where it fails, none is that anybody can count on.
    pub fn push(&mut self, pushes: &[Push]) -> Result<Vec<Pushed>> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        crash_point!("push:begun");
        // A source of that name from before it was reserved becomes part of the pushes.
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
    let before = held(connection, &push.id)?;
    let outcome = outcome(push, &before);
    match (outcome, &push.article) {
        (PushOutcome::Created | PushOutcome::Changed, Some(article)) => write(connection, article)?,
        (PushOutcome::Deleted, _) => forget(connection, &push.id)?,
        _ => {}
    }
    if matches!(outcome, PushOutcome::Created | PushOutcome::Changed | PushOutcome::Deleted) {
        // Also where another source is answered before and after: a generation that was built for
        // a run that waits has to be told, for the run may take that source's article away.
        *last_seq += 1;
        set_answered(connection, &push.id, *last_seq, &winner(connection, &push.id)?)?;
    }
    let after = held(connection, &push.id)?;
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

/// Whether a work has too many versions.
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

fn held(connection: &Connection, id: &str) -> Result<Held> {
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
    forget(connection, &article.id)?;
    let work = work_number(connection, &article.work)?;
    let content = insert_content(connection, article)?;
    connection
        .prepare_cached("INSERT INTO record (source, id, file, hash, work, content) VALUES (?1, ?2, '', ?3, ?4, ?5)")?
        .execute(params![PUSHES, article.id, article.content_hash(), work, content])?;
    Ok(())
}

fn forget(connection: &Connection, id: &str) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM content WHERE key = (SELECT content FROM record WHERE source = ?1 AND id = ?2)")?
        .execute([PUSHES, id])?;
    connection.prepare_cached("DELETE FROM record WHERE source = ?1 AND id = ?2")?.execute([PUSHES, id])?;
    Ok(())
}
