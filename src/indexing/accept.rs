//! The end of a run: from what is staged to what is answered, by itself where the gate lets it, or
//! by a person's word.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::applier::{Applier, EngineSlot, open_engine, open_generation_of, version_of};
use super::build::{build, give_up};
use super::publish_gate::{Gate, REMEDY};
use super::report::{Progress, Report, RunOutcome};
use crate::engine::IndexVersion;
use crate::engine::tantivy::{EmbeddedEngine, Generation, GenerationError};
use crate::storage::catalog::Catalog;
use crate::storage::catalog::lost_documents::Comparison;
use crate::storage::data_dir::{DataFolder, DataFolderError, Lock};

/// How long a run waits for a running server to take up what it accepted.
const SERVER_PATIENCE: Duration = Duration::from_secs(120);
/// How long the writer lock is tried for before it is taken as a server's.
const LOCK_PATIENCE: Duration = Duration::from_millis(300);

/// Accepts the run that waits, as it was staged, whatever the gate said of it. What was pushed
/// since is kept; an article of it that a source has too is answered as the order of the sources
/// says. Where the generation that was built for the run cannot be used any more, another is
/// built.
pub fn accept(data: &DataFolder, progress: &dyn Progress) -> Result<Report> {
    let begun = Instant::now();
    let _reindex = data.lock_reindex("accept")?;
    let mut applier = applier(data, "accept")?;
    let mut catalog = Catalog::open(data.path())?;
    let Some(waiting) = catalog.waiting_run()? else {
        bail!("no run waits to be accepted: it was accepted, or a later `fichero reindex` took its place");
    };
    let span = tracing::info_span!("accept", run = waiting.id);
    let _entered = span.enter();
    if let Some(applier) = &mut applier {
        // What an earlier run accepted and did not publish comes first.
        applier.step()?;
    }
    let report = waiting.report.as_deref().unwrap_or_default();
    let mut report: Report = serde_json::from_str(report)
        .with_context(|| format!("the report of run {} is damaged: run `fichero reindex` again", waiting.id))?;
    report.run = waiting.id;
    if let Some(number) = report.generation
        && let Err(error) = check_built_for(data, &catalog, number, waiting.id)
    {
        tracing::warn!(generation = number, %error, "passing over the generation of the waiting run");
        report.generation = None;
    }
    if report.generation.is_none() && (report.full || !has_generation(data, &catalog, applier.as_ref())?) {
        report.generation = Some(build(data, &catalog, Some(waiting.id), &|done| progress.building(done))?.generation);
    }
    publish(data, &mut catalog, &mut report, applier.as_mut())?;
    report.took_ms = elapsed_ms(begun);
    tracing::info!(changes = report.changes, took_ms = report.took_ms, "accepted a run that waited");
    Ok(report)
}

/// Whether a generation can be published for a run.
fn check_built_for(data: &DataFolder, catalog: &Catalog, number: u64, run: i64) -> Result<()> {
    let generation = Generation::open(&data.generation(number))?;
    generation.check_belongs(&catalog.identity()?, catalog.last_seq()?)?;
    if generation.applied()?.run != Some(run) {
        return Err(GenerationError::Foreign { path: data.generation(number) }.into());
    }
    Ok(())
}

/// Has the gate look at a staged run: accepts and publishes it, or leaves it staged and says why.
/// A run that is only tried is given up, with what was built to judge it.
pub(crate) fn conclude(
    data: &DataFolder,
    catalog: &mut Catalog,
    gate: &Gate<'_>,
    report: &mut Report,
    progress: &dyn Progress,
    applier: Option<&mut Applier>,
) -> Result<()> {
    let comparison = if catalog.article_count()? == 0 {
        Comparison { is_changed: true, losses: Vec::new() }
    } else {
        catalog.compare_with_run(report.run, &report.pruned, gate.always_allowed())?
    };
    report.gate.refusals = gate.refuse_losses(&comparison.losses);
    let is_judged = gate.is_judging() && (report.full || comparison.is_changed);
    let is_wanted = !report.dry_run && report.gate.refusals.is_empty();
    if is_judged || (is_wanted && (report.full || !has_generation(data, catalog, applier.as_deref())?)) {
        let built = build(data, catalog, Some(report.run), &|articles| progress.building(articles))?.generation;
        if is_judged {
            let judged = open_engine(data, built)
                .map_err(anyhow::Error::from)
                .and_then(|engine| gate.judge(&engine, published_engine(data).as_ref(), &mut report.gate));
            if let Err(error) = judged {
                give_up(data, built);
                return Err(error);
            }
        }
        report.generation = Some(built);
    }
    for refusal in &report.gate.refusals {
        tracing::warn!(reason = refusal.message, "the gate refuses a run");
    }
    if report.dry_run {
        if let Some(built) = report.generation.take() {
            give_up(data, built);
        }
        return Ok(catalog.abandon_run(report.run, &serde_json::to_string(&report)?)?);
    }
    if report.gate.refusals.is_empty() {
        return publish(data, catalog, report, applier);
    }
    report.outcome = RunOutcome::Waiting;
    report.remedy = Some(REMEDY.to_owned());
    catalog.park(report.run, report.generation, &serde_json::to_string(&report)?)?;
    if let Some(applier) = applier
        && applier.needs_rebuild()?
    {
        // Nothing is left of what was answered before, which is to be answered on.
        applier.rebuild(&|articles| progress.building(articles))?;
    }
    tracing::warn!(run = report.run, "a reindex is not accepted and stays staged: {REMEDY}");
    Ok(())
}

/// What is answered from; `None` where nothing is, or it cannot be read.
fn published_engine(data: &DataFolder) -> Option<EmbeddedEngine> {
    let current = data.current()?;
    match open_engine(data, current) {
        Ok(engine) => Some(engine),
        Err(error) => {
            tracing::warn!(generation = current, %error, "there is nothing to compare the judged queries with");
            None
        }
    }
}

/// Whether there is a generation to apply changes to.
fn has_generation(data: &DataFolder, catalog: &Catalog, applier: Option<&Applier>) -> Result<bool> {
    let generation = catalog.publication()?.generation;
    Ok(generation != 0
        && match applier {
            Some(applier) => applier.is_answering(),
            None => open_generation_of(data, catalog, generation)?.is_ok(),
        })
}

/// Accepts a staged run, with the generation that the report names, and has it answered.
fn publish(data: &DataFolder, catalog: &mut Catalog, report: &mut Report, applier: Option<&mut Applier>) -> Result<()> {
    report.outcome = RunOutcome::Accepted;
    report.remedy = None;
    let accepted = catalog.accept(report.run, report.generation, &serde_json::to_string(&report)?)?;
    report.changes = accepted.changes;
    let version = match applier {
        Some(applier) => applier.settle_at(report.generation, accepted.last_seq)?,
        None => wait_for_server(data, report.generation, accepted.last_seq)?,
    };
    report.index_version = Some(version.to_string());
    Ok(())
}

/// Who applies what is accepted: this process, or `None` where a server holds the writer lock.
pub(crate) fn applier(data: &DataFolder, role: &str) -> Result<Option<Applier>> {
    let lock = writer_lock(data, role)?;
    Ok(lock.map(|lock| Applier::open(data.clone(), EngineSlot::default(), lock)).transpose()?)
}

fn writer_lock(data: &DataFolder, role: &str) -> Result<Option<Lock>, DataFolderError> {
    let begun = Instant::now();
    loop {
        match data.lock_writer(role) {
            Ok(lock) => return Ok(Some(lock)),
            Err(DataFolderError::Locked { .. }) if begun.elapsed() >= LOCK_PATIENCE => return Ok(None),
            Err(DataFolderError::Locked { .. }) => std::thread::sleep(Duration::from_millis(20)),
            Err(error) => return Err(error),
        }
    }
}

pub(crate) fn elapsed_ms(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Waits until the process that holds the writer lock answers from what was accepted; where it
/// has ended, does its work.
fn wait_for_server(data: &DataFolder, generation: Option<u64>, seq: u64) -> Result<IndexVersion> {
    let begun = Instant::now();
    while begun.elapsed() < SERVER_PATIENCE {
        if let Some(current) = data.current().filter(|current| generation.is_none_or(|wanted| *current == wanted))
            && let Ok(version) = version_of(data, current)
            && version.seq >= seq
        {
            data.check_in_place()?;
            return Ok(version);
        }
        if let Ok(lock) = data.lock_writer("reindex or accept") {
            let mut applier = Applier::open(data.clone(), EngineSlot::default(), lock)?;
            return Ok(applier.settle_at(generation, seq)?);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!(
        "the changes are accepted, but the running server has not taken them up within {} s: see its log; they are applied at its next start at the latest",
        SERVER_PATIENCE.as_secs()
    )
}
