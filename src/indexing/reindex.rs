//! A reindex: reads the sources, stages the changes and publishes them.
//!
//! First scan and stage; then (see [`super::accept`]) build if requested or needed, accept and
//! publish. Readers see no change before the run is accepted. Once it is accepted, the changes are
//! published even if this process dies.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;

use super::accept::{elapsed_ms, finalize, updater};
use super::build::discard_generation;
use super::index_updater::IndexUpdater;
use super::publish_gate::Gate;
use super::report::{Progress, Report, SourceReport};
use super::source_plan::{named_sources, source_specs};
use super::staging::{Intake, note_flaw};
use crate::article::ArticleProblem;
use crate::config::{SourceConfig, gate};
use crate::crash_point;
use crate::engine::planning::synonyms::{self, SynonymGroup};
use crate::sources::{self, ReadingRules, registry};
use crate::storage::catalog::Catalog;
use crate::storage::catalog::stage::{CrowdedWork, SourceSpec};
use crate::storage::data_dir::DataFolder;
use crate::storage::reserve::Reserve;
use crate::storage::sweep;

/// The largest accepted synonyms file: every commit of the index stores it.
const MAX_SYNONYMS_BYTES: u64 = 256 << 10;

/// Options of a reindex.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Read every source again, including unchanged files, and build a generation.
    pub full: bool,
    /// Report what would change without changing anything.
    pub dry_run: bool,
    /// Delete the articles of sources that are no longer configured; the gate does not count them,
    /// because their deletion was requested. Delete missing articles of a source that was not read whole.
    pub prune: bool,
    /// Files or folders to read instead of the configured sources.
    pub paths: Vec<PathBuf>,
    /// The synonyms file, see [`synonyms::parse`].
    pub synonyms: Option<PathBuf>,
    /// The limits within which the run is accepted without a person.
    pub gate: gate::GateSettings,
    /// How the records of `paths` that are no configured source are read. If the rules of a source are
    /// others than those of the last run, all its files are read again; pushed articles stay as they
    /// were read.
    pub reading: ReadingRules,
}

/// Runs a reindex over a data folder and applies the accepted changes. If a server holds the writer
/// lock, the server applies them.
pub fn reindex(
    data: &DataFolder,
    sources: &[SourceConfig],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Report> {
    reindex_with(&registry::open, data, sources, options, progress)
}

/// Opens a source by its path, whose records are read by these rules.
pub type OpenSource<'o> = dyn Fn(&Path, ReadingRules) -> Box<dyn sources::Source> + 'o;

/// Like [`reindex`], but `open` opens each source.
pub fn reindex_with(
    open: &OpenSource<'_>,
    data: &DataFolder,
    sources: &[SourceConfig],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Report> {
    let _reindex = data.lock_reindex("reindex")?;
    let mut updater = updater(data, "reindex")?;
    run_with(open, data, sources, options, progress, updater.as_mut())
}

/// Like [`reindex`], for a process that holds the reindex lock and, if it passes an updater, the
/// writer lock.
pub fn run(
    data: &DataFolder,
    sources: &[SourceConfig],
    options: &Options,
    progress: &dyn Progress,
    updater: Option<&mut IndexUpdater>,
) -> Result<Report> {
    run_with(&registry::open, data, sources, options, progress, updater)
}

fn run_with(
    open: &OpenSource<'_>,
    data: &DataFolder,
    sources: &[SourceConfig],
    options: &Options,
    progress: &dyn Progress,
    mut updater: Option<&mut IndexUpdater>,
) -> Result<Report> {
    let begun = Instant::now();
    let span = tracing::info_span!("reindex", full = options.full, run = tracing::field::Empty);
    let _entered = span.enter();
    let gate = Gate::open(&options.gate)?;
    let mut catalog = Catalog::open(data.path())?;
    if let Some(updater) = &mut updater {
        // First publish what an earlier run accepted and did not publish.
        updater.tick()?;
        updater.sweep_orphans();
    } else if let Err(error) = sweep::sweep_generations(data, &catalog) {
        tracing::warn!(%error, "cannot remove generations of dead runs");
    }
    sweep::sweep_backups(data);
    let specs = source_specs(&catalog, sources, &options.paths)?;
    let run = begin(data, &mut catalog, options)?;
    span.record("run", run);
    let reserve = Reserve::in_folder(data.path());
    let mut report = Report { run, full: options.full, dry_run: options.dry_run, ..Report::default() };
    let staged = stage(open, &mut catalog, sources, &specs, options, progress, &mut report);
    let done = staged.and_then(|()| finalize(data, &mut catalog, &gate, &mut report, progress, updater));
    drop(reserve);
    if let Err(error) = done {
        give_up(data, &mut catalog, &report);
        return Err(error);
    }
    report.took_ms = elapsed_ms(begun);
    tracing::info!(changes = report.changes, took_ms = report.took_ms, "reindex done");
    Ok(report)
}

/// Removes what a failed run has written, unless it was accepted or is pending: the disk may be
/// full of it. A failure is only logged, because the caller reports its own error; the next run
/// removes the rest.
fn give_up(data: &DataFolder, catalog: &mut Catalog, report: &Report) {
    // Whatever stands in the place of the data folder is not touched.
    if data.check_in_place().is_err() || catalog.check_in_place().is_err() {
        return;
    }
    match catalog.abandon_run(report.run, None) {
        Ok(true) => report.generation.into_iter().for_each(|generation| discard_generation(data, generation)),
        Ok(false) => {}
        Err(error) => tracing::warn!(%error, "cannot remove what a failed reindex staged before the next one"),
    }
}

/// Reads the sources and stages what a run changes.
fn stage(
    open: &OpenSource<'_>,
    catalog: &mut Catalog,
    sources: &[SourceConfig],
    specs: &[(SourceSpec, PathBuf)],
    options: &Options,
    progress: &dyn Progress,
    report: &mut Report,
) -> Result<()> {
    let run = report.run;
    let named = named_sources(catalog, sources, specs)?;
    let unnamed = if options.dry_run { catalog.unnamed_sources(&named)? } else { catalog.set_sources(&named)? };
    for (spec, path) in specs {
        let configured = sources.iter().find(|source| spec.is_configured && source.name == spec.name);
        let reading = configured.map_or(&options.reading, |source| &source.reading);
        let source = open(path, reading.clone());
        report.sources.push(scan(catalog, run, &spec.name, source.as_ref(), options, progress)?);
    }
    for name in unnamed {
        if options.prune {
            let deleted = catalog.stage_removal(run, &name)?;
            tracing::info!(source = name, deleted, "pruning a source");
            report.pruned.push(name);
        } else {
            report.unconfigured.push(name);
        }
    }
    stage_synonyms(catalog, run, options.synonyms.as_deref(), report)?;
    note_crowded_works(catalog, report)?;
    crash_point!("stage:done");
    Ok(())
}

/// Reports works that have too many versions, each with the first version over the limit.
fn note_crowded_works(catalog: &Catalog, report: &mut Report) -> Result<()> {
    for CrowdedWork { work, source, file, id } in catalog.crowded_works(report.run)? {
        if let Some(report) = report.sources.iter_mut().find(|report| report.source == source) {
            note_flaw(report, &file, None, &id, ArticleProblem::ManyVersions(work).to_string());
        }
    }
    Ok(())
}

/// Begins a run, which replaces the pending run and its generation. This must happen before
/// anything that the pending run was not built for, such as a new order of the sources.
fn begin(data: &DataFolder, catalog: &mut Catalog, options: &Options) -> Result<i64> {
    let waiting = catalog.waiting_run()?;
    let run = catalog.begin_run(options.full, options.dry_run)?;
    if let Some(generation) = waiting.filter(|_| !options.dry_run).and_then(|waiting| waiting.generation) {
        discard_generation(data, generation);
    }
    Ok(run)
}

/// Reads the changes of one source and stages them.
fn scan(
    catalog: &mut Catalog,
    run: i64,
    name: &str,
    source: &dyn sources::Source,
    options: &Options,
    progress: &dyn Progress,
) -> Result<SourceReport> {
    let span = tracing::info_span!("source", source = name);
    let _entered = span.enter();
    let mut report = SourceReport { source: name.to_owned(), ..SourceReport::default() };
    let state = catalog.profile(name)?.filter(|_| !options.full);
    let mut intake = Intake::new(catalog.stage(run, name)?, &mut report, progress, state, options.full, options.prune);
    let reading = source.read(&mut intake)?;
    intake.finish(reading)?;
    tracing::info!(
        added = report.added,
        changed = report.changed,
        unchanged = report.unchanged,
        deleted = report.deleted,
        rejected = report.rejected,
        "read a source"
    );
    Ok(report)
}

/// Reads the synonyms and stages them. If the file cannot be read, the former synonyms stay.
fn stage_synonyms(catalog: &mut Catalog, run: i64, path: Option<&Path>, report: &mut Report) -> Result<()> {
    let groups = match path.map(|path| (path, read_synonyms(path))) {
        None => Vec::new(),
        Some((_, Ok(groups))) => groups,
        Some((path, Err(reason))) => {
            tracing::error!(path = %path.display(), reason, "the synonyms cannot be read");
            report.synonyms_failed = Some(format!("{}: {reason}; the former synonyms stay", path.display()));
            return Ok(());
        }
    };
    report.synonym_groups = groups.len();
    catalog.stage_synonyms(run, &serde_json::to_string(&groups)?)?;
    Ok(())
}

fn read_synonyms(path: &Path) -> Result<Vec<SynonymGroup>, String> {
    let length = std::fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > MAX_SYNONYMS_BYTES {
        return Err(format!("larger than {} KB", MAX_SYNONYMS_BYTES >> 10));
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    synonyms::parse(text).map_err(|problem| problem.to_string())
}
