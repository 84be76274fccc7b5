//! Tasks, and the reports of their reindexes.

use serde::Serialize;
use utoipa::ToSchema;

use super::all;
use crate::admin::{Task, TaskProgress, TaskState};
use crate::indexing::publish_gate::{Ndcg, Refusal, RefusalReason, Scope, Unit, Verdict};
use crate::indexing::report::{FieldCount, Rejected, Report, RunOutcome, SourceReport};
use crate::sources::PassedOver;

/// How far a task is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = TaskState)]
pub enum TaskStateJson {
    /// It has not begun.
    Queued,
    /// It is at work.
    Running,
    /// It came to its end; the report says what it found and did, and `error` which source could not
    /// be read.
    Done,
    /// The gate refused what it found: it stays staged, and the error says why and what to run.
    Waiting,
    /// It did not come to its end; what was answered before still is.
    Failed,
}

impl From<TaskState> for TaskStateJson {
    fn from(state: TaskState) -> TaskStateJson {
        match state {
            TaskState::Queued => TaskStateJson::Queued,
            TaskState::Running => TaskStateJson::Running,
            TaskState::Done => TaskStateJson::Done,
            TaskState::Waiting => TaskStateJson::Waiting,
            TaskState::Failed => TaskStateJson::Failed,
        }
    }
}

/// What a running reindex has done so far.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TaskProgress)]
pub struct TaskProgressJson {
    /// The source that is or was read last.
    pub source: Option<String>,
    /// How many good articles were read in it.
    pub articles_read: u64,
    /// How many articles are in the generation that is being built.
    pub articles_built: u64,
}

impl From<TaskProgress> for TaskProgressJson {
    fn from(progress: TaskProgress) -> TaskProgressJson {
        TaskProgressJson {
            source: progress.source,
            articles_read: progress.articles_read,
            articles_built: progress.articles_built,
        }
    }
}

/// A task, as it stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Task)]
pub struct TaskJson {
    /// Its name; no two tasks ever have the same one.
    pub id: String,
    /// How far it is.
    pub state: TaskStateJson,
    /// What it has done so far.
    pub progress: TaskProgressJson,
    /// When it was asked for, RFC 3339.
    pub started_at: String,
    /// When it ended, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// What it found and did, once it has ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportJson>,
    /// Why it failed, why it waits, or what could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl From<Task> for TaskJson {
    fn from(task: Task) -> TaskJson {
        TaskJson {
            id: task.id,
            state: task.state.into(),
            progress: task.progress.into(),
            started_at: task.started_at,
            ended_at: task.ended_at,
            report: task.report.map(Into::into),
            error: task.error,
        }
    }
}

/// What a reindex did.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(default)]
#[schema(as = ReindexReport)]
pub struct ReportJson {
    /// The run's number.
    pub run: i64,
    /// Whether everything was read anew.
    pub full: bool,
    /// Whether it was only tried.
    pub dry_run: bool,
    /// What became of it.
    pub outcome: RunOutcomeJson,
    /// What the gate found; of a run that was accepted all the same, too.
    pub gate: VerdictJson,
    /// What to run about a run that waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// What was found in each source.
    pub sources: Vec<SourceReportJson>,
    /// Sources that the configuration does not name and whose articles stay until `--prune`.
    pub unconfigured: Vec<String>,
    /// Sources that were pruned.
    pub pruned: Vec<String>,
    /// Groups of words that stand for each other.
    pub synonym_groups: usize,
    /// Why the synonyms could not be read; the former ones stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub synonyms_failed: Option<String>,
    /// Articles that are answered differently now.
    pub changes: u64,
    /// The generation that was built, published or waiting with the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// The state that is answered from, when it was published before the command ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_version: Option<String>,
    /// How long it took.
    pub took_ms: u64,
}

impl From<Report> for ReportJson {
    fn from(report: Report) -> ReportJson {
        ReportJson {
            run: report.run,
            full: report.full,
            dry_run: report.dry_run,
            outcome: report.outcome.into(),
            gate: report.gate.into(),
            remedy: report.remedy,
            sources: all(report.sources),
            unconfigured: report.unconfigured,
            pruned: report.pruned,
            synonym_groups: report.synonym_groups,
            synonyms_failed: report.synonyms_failed,
            changes: report.changes,
            generation: report.generation,
            index_version: report.index_version,
            took_ms: report.took_ms,
        }
    }
}

/// What became of a run.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReindexOutcome)]
pub enum RunOutcomeJson {
    /// It was only tried: nothing was changed.
    #[default]
    Tried,
    /// What it found is answered.
    Accepted,
    /// The gate refused it: it stays staged until it is accepted or the next run takes its place,
    /// and what was answered before is answered on.
    Waiting,
}

impl From<RunOutcome> for RunOutcomeJson {
    fn from(outcome: RunOutcome) -> RunOutcomeJson {
        match outcome {
            RunOutcome::Tried => RunOutcomeJson::Tried,
            RunOutcome::Accepted => RunOutcomeJson::Accepted,
            RunOutcome::Waiting => RunOutcomeJson::Waiting,
        }
    }
}

/// What a run found in one source.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SourceReport)]
pub struct SourceReportJson {
    /// The source's name.
    pub source: String,
    /// Articles that it did not have before.
    pub added: u64,
    /// Articles that say something else than before.
    pub changed: u64,
    /// Articles that say the same, read or not.
    pub unchanged: u64,
    /// Articles that vanished.
    pub deleted: u64,
    /// Records that are no articles.
    pub rejected: u64,
    /// Records that cannot be told by an id, and parts that were not read to their end: any article of
    /// the source may be there.
    pub unread: u64,
    /// Articles that stay as they were, because what the source has of them now cannot be read, or
    /// because they are missing and it was not read whole.
    pub kept: u64,
    /// The first thousand of the rejected records.
    pub rejections: Vec<RejectedJson>,
    /// Articles with a field that could not be understood and was left out, told again until it is
    /// mended, and articles whose text contradicts their declared language, told when their file
    /// is read; works with too many versions, told again until they have fewer; the first thousand.
    pub flaws: Vec<RejectedJson>,
    /// Articles, of those that were read, that readers may see and that have no address: nothing can
    /// link to them.
    pub without_address: u64,
    /// Fields that no article has; they are left out.
    pub unknown_fields: Vec<FieldCountJson>,
    /// Marks of other tools by which articles are stored and not shown, and the dates by which they are not
    /// shown now: `published_at` is to come, or `expires_at` is past.
    pub held_back: Vec<FieldCountJson>,
    /// Articles that another source has too: the first source in the configuration wins.
    pub shared_ids: Vec<String>,
    /// What was not read on purpose, once for each reason: files of other formats, packages, build
    /// output, copies.
    pub passed_over: Vec<PassedOverJson>,
    /// Why the source could not be read at all; what it held stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

impl From<SourceReport> for SourceReportJson {
    fn from(report: SourceReport) -> SourceReportJson {
        SourceReportJson {
            source: report.source,
            added: report.added,
            changed: report.changed,
            unchanged: report.unchanged,
            deleted: report.deleted,
            rejected: report.rejected,
            unread: report.unread,
            kept: report.kept,
            rejections: all(report.rejections),
            flaws: all(report.flaws),
            without_address: report.without_address,
            unknown_fields: all(report.unknown_fields),
            held_back: all(report.held_back),
            shared_ids: report.shared_ids,
            passed_over: all(report.passed_over),
            failed: report.failed,
        }
    }
}

/// What a source does not read on purpose, for one reason.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PassedOver)]
pub struct PassedOverJson {
    /// The reason: `format`, `hidden`, `ficheroignore`, `gitignore`, `packages`, `virtual_environment`,
    /// `build_output`, `cache`, `system`, `conflicted_copy`, `backup`, `copy`, `drafts`, `same_file`.
    pub reason: String,
    /// What it is, in words that follow the count.
    pub what: String,
    /// How many files or folders; a folder counts once, whatever is in it.
    pub count: u64,
    /// The first of them by name.
    pub first: String,
    /// What to do if it should be read; may be empty.
    pub remedy: String,
}

impl From<PassedOver> for PassedOverJson {
    fn from(passed_over: PassedOver) -> PassedOverJson {
        let PassedOver { reason, what, count, first, remedy } = passed_over;
        PassedOverJson { reason, what, count, first, remedy }
    }
}

/// A field that records have, and an article that has it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FieldCount)]
pub struct FieldCountJson {
    /// The field's name, as it is written.
    pub name: String,
    /// How many of the articles that were read have it.
    pub articles: u64,
    /// The file of the first of them, below its source.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// The id.
    pub id: String,
}

impl From<FieldCount> for FieldCountJson {
    fn from(count: FieldCount) -> FieldCountJson {
        let FieldCount { name, articles, file, line, id } = count;
        FieldCountJson { name, articles, file, line, id }
    }
}

/// A record that is not in the index, not whole or doubtful, and why.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RejectedRecord)]
pub struct RejectedJson {
    /// The file below its source.
    pub file: String,
    /// The line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The record's id, as far as it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What is wrong.
    pub reason: String,
}

impl From<Rejected> for RejectedJson {
    fn from(rejected: Rejected) -> RejectedJson {
        RejectedJson { file: rejected.file, line: rejected.line, id: rejected.id, reason: rejected.reason }
    }
}

/// What the gate found.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(default)]
#[schema(as = GateVerdict)]
pub struct VerdictJson {
    /// Why the run may not be accepted by itself; empty where it may.
    pub refusals: Vec<RefusalJson>,
    /// How the judged queries are answered, where there are any and the run may change that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ndcg_10: Option<NdcgJson>,
}

impl From<Verdict> for VerdictJson {
    fn from(verdict: Verdict) -> VerdictJson {
        VerdictJson { refusals: all(verdict.refusals), ndcg_10: verdict.ndcg_10.map(Into::into) }
    }
}

/// The mean nDCG@10 (0 to 1) of the judged queries.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GateNdcg)]
pub struct NdcgJson {
    /// Of what is published; nothing where nothing is that can be answered from.
    pub before: Option<f64>,
    /// Once the run is accepted.
    pub after: f64,
}

impl From<Ndcg> for NdcgJson {
    fn from(ndcg: Ndcg) -> NdcgJson {
        NdcgJson { before: ndcg.before, after: ndcg.after }
    }
}

/// A limit that a run passes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GateRefusal)]
pub struct RefusalJson {
    /// The whole of it in a sentence, with its figures.
    pub message: String,
    /// The figures.
    #[serde(flatten)]
    pub reason: GateReasonJson,
}

impl From<Refusal> for RefusalJson {
    fn from(refusal: Refusal) -> RefusalJson {
        RefusalJson { message: refusal.message, reason: refusal.reason.into() }
    }
}

/// Which limit it is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[schema(as = GateReason)]
pub enum GateReasonJson {
    /// Too much would not be answered any more.
    Vanished {
        /// Where.
        scope: ScopeJson,
        /// The source or the language; nothing of the whole.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// What.
        unit: UnitJson,
        /// How many of them would vanish.
        vanished: u64,
        /// How many there are.
        before: u64,
        /// The share of them that may vanish, in percent.
        allowed_percent: f64,
    },
    /// The judged queries would be answered worse.
    NdcgDrop {
        /// The mean nDCG@10 of what is published.
        before: f64,
        /// The mean nDCG@10 once the run is accepted.
        after: f64,
        /// How far it may fall.
        allowed_drop: f64,
    },
}

impl From<RefusalReason> for GateReasonJson {
    fn from(reason: RefusalReason) -> GateReasonJson {
        match reason {
            RefusalReason::Vanished { scope, name, unit, vanished, before, allowed_percent } => {
                GateReasonJson::Vanished {
                    scope: scope.into(),
                    name,
                    unit: unit.into(),
                    vanished,
                    before,
                    allowed_percent,
                }
            }
            RefusalReason::NdcgDrop { before, after, allowed_drop } => {
                GateReasonJson::NdcgDrop { before, after, allowed_drop }
            }
        }
    }
}

/// What a limit is about.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = GateScope)]
pub enum ScopeJson {
    /// The whole site.
    All,
    /// What one source answers.
    Source,
    /// What is in one language.
    Language,
}

impl From<Scope> for ScopeJson {
    fn from(scope: Scope) -> ScopeJson {
        match scope {
            Scope::All => ScopeJson::All,
            Scope::Source => ScopeJson::Source,
            Scope::Language => ScopeJson::Language,
        }
    }
}

/// What is counted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = GateUnit)]
pub enum UnitJson {
    /// Language versions.
    Articles,
    /// All versions of one thing.
    Works,
}

impl From<Unit> for UnitJson {
    fn from(unit: Unit) -> UnitJson {
        match unit {
            Unit::Articles => UnitJson::Articles,
            Unit::Works => UnitJson::Works,
        }
    }
}
