//! What state a data folder is in.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use crate::applier::{open_engine, previous_generation};
use crate::catalog::{Catalog, RunRecord};
use crate::data_folder::DataFolder;
use crate::engine::SearchEngine;
use crate::gate::REMEDY;
use crate::reindex::Report;

/// The state of a data folder.
#[derive(Debug, Serialize)]
pub struct Status {
    /// The folder.
    pub data: String,
    /// The state that is answered from; `None` while there is none.
    pub index_version: Option<String>,
    /// The published generation.
    pub generation: Option<u64>,
    /// When it was built.
    pub built_at: Option<String>,
    /// The version of fichero that built it.
    pub built_by: Option<String>,
    /// The generation that a rollback goes to.
    pub previous_generation: Option<u64>,
    /// Whether changes wait since a rollback; `fichero resume` or a reindex applies them.
    pub held: bool,
    /// Changes that are accepted and not applied.
    pub pending_changes: u64,
    /// Articles in the catalog.
    pub articles: u64,
    /// Articles that are answered, by language.
    pub articles_by_language: BTreeMap<String, u64>,
    /// The last accepted change.
    pub last_seq: u64,
    /// Where articles come from.
    pub sources: Vec<SourceStatus>,
    /// The newest run.
    pub last_run: Option<RunStatus>,
    /// The run that the gate refused and that waits to be accepted.
    pub waiting_run: Option<WaitingRun>,
    /// When the newest accepted run was accepted.
    pub last_accepted_at: Option<String>,
    /// Who applies changes now.
    pub writer: Option<String>,
    /// What does not fit this binary or cannot be read.
    pub problems: Vec<String>,
}

/// A source.
#[derive(Debug, Serialize)]
pub struct SourceStatus {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub location: String,
    /// Whether the last reindex read it by configuration.
    pub configured: bool,
    /// How many articles it holds.
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

/// A run that is staged and not accepted.
#[derive(Debug, Serialize)]
pub struct WaitingRun {
    /// Its number.
    pub id: i64,
    /// When it began.
    pub started_at: String,
    /// The generation that was built for it.
    pub generation: Option<u64>,
    /// Why it was refused, with figures.
    pub reasons: Vec<String>,
    /// What to run about it.
    pub remedy: &'static str,
}

/// Looks at a data folder; changes nothing.
pub fn status(data: &DataFolder) -> Result<Status> {
    let catalog = Catalog::open(data.path())?;
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
        writer: data.writer_holder(),
        problems: Vec::new(),
    };
    for number in data.generation_numbers() {
        if let Err(error) = open_engine(data, number) {
            status.problems.push(format!("generation {number}: {error}"));
        }
    }
    if let Some(engine) = current.and_then(|current| open_engine(data, current).ok()) {
        let version = engine.index_version();
        status.index_version = Some(version.to_string());
        status.pending_changes = status.last_seq.saturating_sub(version.seq);
        status.built_at = Some(engine.generation().manifest().built_at.clone());
        status.built_by = Some(engine.generation().manifest().built_by.clone());
        status.articles_by_language = engine.articles_by_language();
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

fn waiting(run: RunRecord) -> WaitingRun {
    // A report that cannot be read is told when the run is accepted.
    let report: Report = run.report.and_then(|report| serde_json::from_str(&report).ok()).unwrap_or_default();
    WaitingRun {
        id: run.id,
        started_at: run.started_at,
        generation: run.generation,
        reasons: report.gate.refusals.into_iter().map(|refusal| refusal.message).collect(),
        remedy: REMEDY,
    }
}
