//! A reindex: from the sources to what is answered.
//!
//! Scan and stage; then, see [`super::accept`], build if asked or needed, accept, publish. Up to
//! the acceptance nothing that readers see has changed; after it, the publication follows even if
//! this process dies.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;

use super::accept::{applier, conclude, elapsed_ms};
use super::applier::Applier;
use super::build::give_up;
use super::publish_gate::Gate;
use super::report::{Progress, Report, SourceReport};
use super::source_plan::{named_sources, source_specs};
use super::staging::{Intake, note_flaw};
use crate::article::ArticleProblem;
use crate::config::{Source, gate};
use crate::crash_point;
use crate::engine::planning::synonyms::{self, SynonymGroup};
use crate::sources::{self, registry};
use crate::storage::catalog::Catalog;
use crate::storage::catalog::stage::CrowdedWork;
use crate::storage::data_dir::DataFolder;
use crate::storage::sweep;

/// The largest synonyms file: it is kept with every commit of the index.
const MAX_SYNONYMS_BYTES: u64 = 256 << 10;

/// What a reindex is asked for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Read every source anew and build a generation.
    pub full: bool,
    /// Report what would change, and change nothing.
    pub dry_run: bool,
    /// Delete the articles of sources that are not read any more. They are asked to go, so that the
    /// gate does not count them.
    pub prune: bool,
    /// Files or folders in place of the configured sources.
    pub paths: Vec<PathBuf>,
    /// The file of words that stand for each other, see [`synonyms::parse`].
    pub synonyms: Option<PathBuf>,
    /// What the run has to hold to be accepted by itself.
    pub gate: gate::Settings,
}

/// Runs a reindex over a data folder, and applies what it accepted unless a server holds the
/// writer lock, which then does.
pub fn reindex(data: &DataFolder, sources: &[Source], options: &Options, progress: &dyn Progress) -> Result<Report> {
    reindex_with(&registry::open, data, sources, options, progress)
}

/// As [`reindex`], of sources that somebody else opens, each by its path.
pub fn reindex_with(
    open: &dyn Fn(&Path) -> Box<dyn sources::Source>,
    data: &DataFolder,
    sources: &[Source],
    options: &Options,
    progress: &dyn Progress,
) -> Result<Report> {
    let _reindex = data.lock_reindex("reindex")?;
    let mut applier = applier(data, "reindex")?;
    run_with(open, data, sources, options, progress, applier.as_mut())
}

/// As [`reindex`], by a process that holds the reindex lock and, with an applier, the writer lock.
pub fn run(
    data: &DataFolder,
    sources: &[Source],
    options: &Options,
    progress: &dyn Progress,
    applier: Option<&mut Applier>,
) -> Result<Report> {
    run_with(&registry::open, data, sources, options, progress, applier)
}

fn run_with(
    open: &dyn Fn(&Path) -> Box<dyn sources::Source>,
    data: &DataFolder,
    sources: &[Source],
    options: &Options,
    progress: &dyn Progress,
    mut applier: Option<&mut Applier>,
) -> Result<Report> {
    let begun = Instant::now();
    let span = tracing::info_span!("reindex", full = options.full, run = tracing::field::Empty);
    let _entered = span.enter();
    let gate = Gate::open(&options.gate)?;
    let mut catalog = Catalog::open(data.path())?;
    if let Some(applier) = &mut applier {
        // What an earlier run accepted and did not publish comes first.
        applier.step()?;
        applier.sweep_orphans();
    } else if let Err(error) = sweep::sweep_generations(data, &catalog) {
        tracing::warn!(%error, "what dead runs built stays");
    }
    sweep::sweep_backups(data);
    let specs = source_specs(&catalog, sources, &options.paths)?;
    let named = named_sources(&catalog, sources, &specs)?;
    let run = begin(data, &mut catalog, options)?;
    let unnamed = if options.dry_run { catalog.unnamed_sources(&named)? } else { catalog.set_sources(&named)? };
    span.record("run", run);
    let mut report = Report { run, full: options.full, dry_run: options.dry_run, ..Report::default() };
    for (spec, path) in &specs {
        let source = open(path);
        report.sources.push(scan(&mut catalog, run, &spec.name, source.as_ref(), options.full, progress)?);
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
    stage_synonyms(&mut catalog, run, options.synonyms.as_deref(), &mut report)?;
    note_crowded_works(&catalog, &mut report)?;
    crash_point!("stage:done");
    conclude(data, &mut catalog, &gate, &mut report, progress, applier)?;
    report.took_ms = elapsed_ms(begun);
    tracing::info!(changes = report.changes, took_ms = report.took_ms, "reindex done");
    Ok(report)
}

/// Names the works that have too many versions, each with its first version beyond.
fn note_crowded_works(catalog: &Catalog, report: &mut Report) -> Result<()> {
    for CrowdedWork { work, source, file, id } in catalog.crowded_works(report.run)? {
        if let Some(report) = report.sources.iter_mut().find(|report| report.source == source) {
            note_flaw(report, &file, None, &id, ArticleProblem::ManyVersions(work).to_string());
        }
    }
    Ok(())
}

/// Begins a run, in place of the one that waits, whose generation goes too. It comes before
/// anything that the one that waits was not built for, such as another order of the sources.
fn begin(data: &DataFolder, catalog: &mut Catalog, options: &Options) -> Result<i64> {
    let waiting = catalog.waiting_run()?;
    let run = catalog.begin_run(options.full, options.dry_run)?;
    if let Some(generation) = waiting.filter(|_| !options.dry_run).and_then(|waiting| waiting.generation) {
        give_up(data, generation);
    }
    Ok(run)
}

/// Reads what changed in one source and stages it.
fn scan(
    catalog: &mut Catalog,
    run: i64,
    name: &str,
    source: &dyn sources::Source,
    full: bool,
    progress: &dyn Progress,
) -> Result<SourceReport> {
    let span = tracing::info_span!("source", name);
    let _entered = span.enter();
    let mut report = SourceReport { source: name.to_owned(), ..SourceReport::default() };
    let state = catalog.profile(name)?.filter(|_| !full);
    let mut intake = Intake::new(catalog.stage(run, name)?, &mut report, progress, state, full);
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

/// Reads the synonyms and stages them. A file that cannot be read changes nothing.
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
