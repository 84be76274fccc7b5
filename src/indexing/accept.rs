//! The end of a run: accepts and publishes the staged changes, automatically if the gate allows it,
//! or on request.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::build::{build, discard_generation};
use super::index_updater::{EngineSlot, IndexUpdater, open_engine, open_generation_of, version_of};
use super::publish_gate::{Gate, REMEDY};
use super::report::{Progress, Report, RunOutcome};
use crate::engine::IndexVersion;
use crate::engine::tantivy::{EmbeddedEngine, Generation, GenerationError};
use crate::owner;
use crate::storage::catalog::Catalog;
use crate::storage::catalog::lost_documents::Comparison;
use crate::storage::data_dir::{DataFolder, DataFolderError, Lock};

/// How long a run waits for a running server to apply what it accepted.
const SERVER_PATIENCE: Duration = Duration::from_secs(120);
/// How long the writer lock is tried before a server is assumed to hold it.
const LOCK_PATIENCE: Duration = Duration::from_millis(300);

/// Accepts the pending run as it was staged, despite the gate's refusal. Articles pushed since then
/// are kept; if a source has the same id, the order of the sources decides which article is served.
/// If the generation built for the run cannot be used any more, another one is built.
pub fn accept(data: &DataFolder, progress: &dyn Progress) -> Result<Report> {
    let begun = Instant::now();
    let _reindex = data.lock_reindex("accept")?;
    let mut updater = updater(data, "accept")?;
    let mut catalog = Catalog::open(data.path())?;
    let Some(waiting) = catalog.waiting_run()? else {
        bail!("no run waits to be accepted: it was accepted, or a later `fichero reindex` took its place");
    };
    let span = tracing::info_span!("accept", run = waiting.id);
    let _entered = span.enter();
    if let Some(updater) = &mut updater {
        // First publish what an earlier run accepted and did not publish.
        updater.tick()?;
    }
    let report = waiting.report.as_deref().unwrap_or_default();
    let mut report: Report = serde_json::from_str(report)
        .with_context(|| format!("the report of run {} is damaged: run `fichero reindex` again", waiting.id))?;
    report.run = waiting.id;
    if let Some(number) = report.generation
        && let Err(error) = check_built_for(data, &catalog, number, waiting.id)
    {
        tracing::warn!(generation = number, %error, "skipping the generation of the pending run");
        report.generation = None;
    }
    if report.generation.is_none() && (report.full || !has_generation(data, &catalog, updater.as_ref())?) {
        check_server_can_read(data, updater.is_some())?;
        report.generation = Some(build(data, &catalog, Some(waiting.id), &|done| progress.building(done))?.generation);
    }
    publish(data, &mut catalog, &mut report, updater.as_mut())?;
    report.took_ms = elapsed_ms(begun);
    tracing::info!(changes = report.changes, took_ms = report.took_ms, "accepted a pending run");
    Ok(report)
}

/// Returns an error if a generation cannot be published for a run.
fn check_built_for(data: &DataFolder, catalog: &Catalog, number: u64, run: i64) -> Result<()> {
    let generation = Generation::open(&data.generation(number))?;
    generation.check_belongs(&catalog.identity()?, catalog.last_seq()?)?;
    if generation.applied()?.run != Some(run) {
        return Err(GenerationError::Foreign { path: data.generation(number) }.into());
    }
    Ok(())
}

/// Checks a staged run with the gate: accepts and publishes it, or parks it with the reasons. A
/// trial run is abandoned, and the generation built to judge it is removed.
pub(crate) fn finalize(
    data: &DataFolder,
    catalog: &mut Catalog,
    gate: &Gate<'_>,
    report: &mut Report,
    progress: &dyn Progress,
    updater: Option<&mut IndexUpdater>,
) -> Result<()> {
    let comparison = if catalog.article_count()? == 0 {
        Comparison { is_changed: true, losses: Vec::new() }
    } else {
        catalog.compare_with_run(report.run, &report.pruned, gate.always_allowed())?
    };
    report.gate.refusals = gate.refuse_losses(&comparison.losses);
    let is_judged = gate.is_judging() && (report.full || comparison.is_changed);
    let is_wanted = !report.dry_run && report.gate.refusals.is_empty();
    if is_judged || (is_wanted && (report.full || !has_generation(data, catalog, updater.as_deref())?)) {
        check_server_can_read(data, updater.is_some())?;
        let built = build(data, catalog, Some(report.run), &|articles| progress.building(articles))?.generation;
        if is_judged {
            let judged = open_engine(data, built)
                .map_err(anyhow::Error::from)
                .and_then(|engine| gate.judge(&engine, published_engine(data).as_ref(), &mut report.gate));
            if let Err(error) = judged {
                discard_generation(data, built);
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
            discard_generation(data, built);
        }
        catalog.abandon_run(report.run, Some(&serde_json::to_string(&report)?))?;
        return Ok(());
    }
    if report.gate.refusals.is_empty() {
        return publish(data, catalog, report, updater);
    }
    report.outcome = RunOutcome::Waiting;
    report.remedy = Some(REMEDY.to_owned());
    catalog.park(report.run, report.generation, &serde_json::to_string(&report)?)?;
    if let Some(updater) = updater
        && updater.needs_rebuild()?
    {
        // The previous generation is lost, but its articles must stay available.
        updater.rebuild(&|articles| progress.building(articles))?;
    }
    tracing::warn!(run = report.run, "a reindex is not accepted and stays staged: {REMEDY}");
    Ok(())
}

/// Returns an error if a server of another user runs: it could not read the files of a generation that
/// this process builds, unless root gives them to it.
fn check_server_can_read(data: &DataFolder, is_applied_here: bool) -> Result<()> {
    if is_applied_here || owner::is_root() {
        return Ok(());
    }
    let holder = data.writer_holder().unwrap_or_default();
    let process = holder.rsplit(' ').next().and_then(|process| process.parse().ok());
    if let Some(user) = process.and_then(owner::other_user_of) {
        bail!(
            "{}: the server ({holder}) runs as {user} and could not read what this user builds{}: run the command as {user}",
            data.path().display(),
            owner::note_if_foreign(data.path())
        );
    }
    Ok(())
}

/// The engine of the published generation; `None` if there is none or it cannot be read.
fn published_engine(data: &DataFolder) -> Option<EmbeddedEngine> {
    let current = data.current()?;
    match open_engine(data, current) {
        Ok(engine) => Some(engine),
        Err(error) => {
            tracing::warn!(generation = current, %error, "cannot read the published generation to compare the judged queries");
            None
        }
    }
}

/// Whether there is a generation to apply changes to.
fn has_generation(data: &DataFolder, catalog: &Catalog, updater: Option<&IndexUpdater>) -> Result<bool> {
    let generation = catalog.publication()?.generation;
    Ok(generation != 0
        && match updater {
            Some(updater) => updater.is_answering(),
            None => open_generation_of(data, catalog, generation)?.is_ok(),
        })
}

/// Accepts a staged run with the generation that the report names, and waits until it is served.
fn publish(
    data: &DataFolder,
    catalog: &mut Catalog,
    report: &mut Report,
    updater: Option<&mut IndexUpdater>,
) -> Result<()> {
    report.outcome = RunOutcome::Accepted;
    report.remedy = None;
    let accepted = catalog.accept(report.run, report.generation, &serde_json::to_string(&report)?)?;
    report.changes = accepted.changes;
    let version = match updater {
        Some(updater) => updater.tick_until_served(report.generation, accepted.last_seq)?,
        None => wait_for_server(data, report.generation, accepted.last_seq)?,
    };
    report.index_version = Some(version.to_string());
    Ok(())
}

/// The index updater of this process; `None` if a server holds the writer lock and applies the
/// changes.
pub(crate) fn updater(data: &DataFolder, role: &str) -> Result<Option<IndexUpdater>> {
    let lock = writer_lock(data, role)?;
    Ok(lock.map(|lock| IndexUpdater::open(data.clone(), EngineSlot::default(), lock)).transpose()?)
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

/// Waits until the holder of the writer lock serves the accepted changes. If that process has
/// ended, applies them here.
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
            let mut updater = IndexUpdater::open(data.clone(), EngineSlot::default(), lock)?;
            return Ok(updater.tick_until_served(generation, seq)?);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!(
        "the changes are accepted, but the running server has not taken them up within {} s: see its log; they are applied at its next start at the latest",
        SERVER_PATIENCE.as_secs()
    )
}
