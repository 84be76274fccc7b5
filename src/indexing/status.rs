//! Reports the state of a data folder.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;

use super::index_updater::{LAST_COMMIT_FILE, open_engine, previous_generation};
use super::publish_gate::REMEDY;
use super::report::Report;
use crate::engine::SearchEngine;
use crate::engine::tantivy::{Generation, GenerationError};
use crate::storage::catalog::{Catalog, RunRecord};
use crate::storage::data_dir::DataFolder;
use crate::storage::failure;

/// The state of a data folder.
#[derive(Debug, Serialize)]
pub struct Status {
    /// The folder.
    pub data: String,
    /// The version that is served; `None` while there is none.
    pub index_version: Option<String>,
    /// The published generation.
    pub generation: Option<u64>,
    /// When it was built.
    pub built_at: Option<String>,
    /// The version of fichero that built it.
    pub built_by: Option<String>,
    /// The generation that a rollback would return to.
    pub previous_generation: Option<u64>,
    /// Whether changes are held since a rollback; `fichero resume` or a reindex applies them.
    pub held: bool,
    /// Changes that are accepted and not applied.
    pub pending_changes: u64,
    /// Articles in the catalog.
    pub articles: u64,
    /// The number of visible articles by language.
    pub articles_by_language: BTreeMap<String, u64>,
    /// The `seq` of the last accepted change.
    pub last_seq: u64,
    /// The sources.
    pub sources: Vec<SourceStatus>,
    /// The newest run.
    pub last_run: Option<RunStatus>,
    /// The pending run, which the gate refused.
    pub waiting_run: Option<WaitingRun>,
    /// When the newest accepted run was accepted.
    pub last_accepted_at: Option<String>,
    /// Why changes cannot be stored; `None` if they can.
    pub read_only: Option<String>,
    /// The holder of the writer lock.
    pub writer: Option<String>,
    /// Generations that this binary cannot read, and why.
    pub problems: Vec<String>,
}

/// A source.
#[derive(Debug, Serialize)]
pub struct SourceStatus {
    /// Its name.
    pub name: String,
    /// Its location.
    pub location: String,
    /// Whether the configuration of the last reindex named it.
    pub configured: bool,
    /// The number of its articles.
    pub articles: u64,
    /// How many of them another source overrides.
    pub overridden: u64,
}

/// A run.
#[derive(Debug, Serialize)]
pub struct RunStatus {
    /// Its number.
    pub id: i64,
    /// `staging`, `waiting`, `accepted` or `abandoned`.
    pub state: String,
    /// When it began.
    pub started_at: String,
}

/// A pending run: staged and not accepted.
#[derive(Debug, Serialize)]
pub struct WaitingRun {
    /// Its number.
    pub id: i64,
    /// When it began.
    pub started_at: String,
    /// The generation that was built for it.
    pub generation: Option<u64>,
    /// Why the gate refused it, with figures.
    pub reasons: Vec<String>,
    /// The commands that accept or replace it.
    pub remedy: &'static str,
}

/// Reads the status of a data folder; changes nothing.
pub fn status(data: &DataFolder) -> Result<Status> {
    let catalog = Catalog::open_as_it_is(data.path())?;
    let current = data.current();
    let mut status = Status {
        data: data.path().display().to_string(),
        index_version: None,
        generation: current,
        built_at: None,
        built_by: None,
        previous_generation: current.map_or(Ok(None), |current| previous_generation(data, &catalog, current))?,
        held: catalog.publication()?.is_held,
        pending_changes: 0,
        articles: catalog.article_count()?,
        articles_by_language: BTreeMap::new(),
        last_seq: catalog.last_seq()?,
        sources: Vec::new(),
        last_run: None,
        waiting_run: catalog.waiting_run()?.map(waiting),
        last_accepted_at: catalog.last_run(true)?.and_then(|run| run.accepted_at),
        read_only: failure::probe(data.path()).map(|cause| cause.to_string()),
        writer: data.writer_holder(),
        problems: Vec::new(),
    };
    let engine = current.map(|current| open_engine(data, current));
    for number in data.generation_numbers() {
        let problem = match &engine {
            Some(engine) if Some(number) == current => engine.as_ref().err().map(ToString::to_string),
            _ => problem_of(data, number, current).map(|error| error.to_string()),
        };
        if let Some(problem) = problem {
            status.problems.push(format!("generation {number}: {problem}"));
        }
    }
    if let Some(Ok(engine)) = engine {
        let version = engine.index_version();
        status.index_version = Some(version.to_string());
        status.pending_changes = status.last_seq.saturating_sub(version.seq);
        status.built_at = Some(engine.generation().manifest().built_at.clone());
        status.built_by = Some(engine.generation().manifest().built_by.clone());
        let state = engine.status_at(jiff::Timestamp::now().as_second());
        status.articles_by_language = state.articles_by_language.as_ref().clone();
    }
    for source in catalog.sources()? {
        status.sources.push(SourceStatus {
            name: source.name,
            location: source.location,
            configured: source.is_configured,
            articles: source.articles,
            overridden: source.overridden,
        });
    }
    status.last_run =
        catalog.last_run(false)?.map(|run| RunStatus { id: run.id, state: run.state, started_at: run.started_at });
    Ok(status)
}

/// Why a generation cannot be opened; `None` if it can be or is being built.
fn problem_of(data: &DataFolder, number: u64, current: Option<u64>) -> Option<GenerationError> {
    let look = || Generation::open(&data.generation(number)).err();
    look()?;
    if current.is_none_or(|current| number > current) && data.reindex_holder().is_some() {
        return None;
    }
    // The generation may have been finished or removed since the first attempt.
    look().filter(|_| data.generation(number).exists())
}

fn waiting(run: RunRecord) -> WaitingRun {
    // A report that cannot be read is reported when the run is accepted.
    let report: Report = run.report.and_then(|report| serde_json::from_str(&report).ok()).unwrap_or_default();
    WaitingRun {
        id: run.id,
        started_at: run.started_at,
        generation: run.generation,
        reasons: report.gate.refusals.into_iter().map(|refusal| refusal.message).collect(),
        remedy: REMEDY,
    }
}

/// Metrics of an index that are cheap to read.
#[derive(Debug)]
pub struct IndexFigures {
    /// Changes that are accepted and not applied.
    pub pending_changes: u64,
    /// Whether changes are held since a rollback.
    pub is_held: bool,
    /// The time since the published generation was built or last changed; `None` while there is no
    /// generation.
    pub age: Option<Duration>,
    /// The newest reindex that was accepted.
    pub last_accepted: Option<AcceptedFigures>,
    /// The state of the newest run: `staging`, `waiting`, `accepted` or `abandoned`.
    pub last_outcome: Option<String>,
}

/// A reindex that was accepted.
#[derive(Debug)]
pub struct AcceptedFigures {
    /// When it was accepted, in Unix seconds.
    pub at_s: i64,
    /// The time from its start to its acceptance, including the time as a pending run.
    pub took: Duration,
}

/// Reads the metrics of a data folder whose served version has the sequence number `applied_seq`;
/// changes nothing.
pub fn index_figures(data: &DataFolder, applied_seq: Option<u64>) -> Result<IndexFigures> {
    let catalog = Catalog::open_as_it_is(data.path())?;
    let committed = data.current().map(|current| data.generation(current).join(LAST_COMMIT_FILE));
    let age = committed.and_then(|path| std::fs::metadata(path).and_then(|found| found.modified()).ok());
    let accepted = catalog.last_run(true)?;
    Ok(IndexFigures {
        pending_changes: catalog.last_seq()?.saturating_sub(applied_seq.unwrap_or(0)),
        is_held: catalog.publication()?.is_held,
        // 0 if the clock was set back.
        age: age.map(|at| at.elapsed().unwrap_or_default()),
        last_accepted: accepted.as_ref().and_then(accepted_figures),
        last_outcome: catalog.last_run(false)?.map(|run| run.state),
    })
}

fn accepted_figures(run: &RunRecord) -> Option<AcceptedFigures> {
    let began: Timestamp = run.started_at.parse().ok()?;
    let accepted: Timestamp = run.accepted_at.as_ref()?.parse().ok()?;
    let took = Duration::try_from(accepted.duration_since(began)).unwrap_or_default();
    Some(AcceptedFigures { at_s: accepted.as_second(), took })
}
