//! Reindexes that run in the server, and their reported state.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use jiff::Timestamp;

use crate::config::SourceConfig;
use crate::indexing::reindex::{self, Options};
use crate::indexing::report::{Progress, Report, RunOutcome};
use crate::storage::data_dir::{DataFolder, DataFolderError, Lock};

/// How many tasks are remembered; the oldest are dropped.
pub const MAX_TASKS: usize = 100;

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskState {
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

/// What a running reindex has done so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskProgress {
    /// The source that is or was read last.
    pub source: Option<String>,
    /// How many good articles were read in it.
    pub articles_read: u64,
    /// How many articles are in the generation that is being built.
    pub articles_built: u64,
}

/// A task, as it stands.
#[derive(Debug, Clone)]
pub struct Task {
    /// Its name; no two tasks ever have the same one.
    pub id: String,
    /// How far it is.
    pub state: TaskState,
    /// What it has done so far.
    pub progress: TaskProgress,
    /// When it was asked for, RFC 3339.
    pub started_at: String,
    /// When it ended, RFC 3339.
    pub ended_at: Option<String>,
    /// What it found and did, once it has ended.
    pub report: Option<Report>,
    /// Why it failed, why it waits, or what could not be read.
    pub error: Option<String>,
}

/// Why a reindex was not started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// This server already runs a reindex.
    #[error("task {0} is running: wait for its end")]
    TaskRuns(String),
    /// Another process runs a reindex.
    #[error("{0} is running: wait for its end")]
    CommandRuns(String),
    /// The data folder failed.
    #[error(transparent)]
    Data(DataFolderError),
    /// The thread could not be started.
    #[error("the system cannot start a thread for it")]
    Thread(#[source] std::io::Error),
}

/// The tasks of this process.
#[derive(Debug)]
pub struct Tasks {
    /// Part of every id, so that no id repeats after a restart.
    began: Timestamp,
    list: Mutex<List>,
}

#[derive(Debug, Default)]
struct List {
    count: u64,
    newest: VecDeque<Arc<SharedTask>>,
}

#[derive(Debug)]
struct SharedTask(Mutex<Task>);

impl Default for Tasks {
    fn default() -> Tasks {
        Tasks { began: Timestamp::now(), list: Mutex::default() }
    }
}

impl Tasks {
    /// Starts a reindex on a new thread, unless one is running in this or another process.
    pub(super) fn start(
        &self,
        data: &DataFolder,
        sources: &[SourceConfig],
        options: Options,
    ) -> Result<Task, StartError> {
        let mut list = lock(&self.list);
        let running = list.newest.iter().map(|task| task.body()).find(|body| body.ended_at.is_none());
        if let Some(running) = running {
            return Err(StartError::TaskRuns(running.id));
        }
        let reindex_lock = data.lock_reindex("reindex over HTTP").map_err(|error| match error {
            DataFolderError::Locked { holder, .. } => StartError::CommandRuns(holder),
            error => StartError::Data(error),
        })?;
        list.count += 1;
        let body = Task {
            id: format!("{}-{}", self.began.as_millisecond(), list.count),
            state: TaskState::Queued,
            progress: TaskProgress::default(),
            started_at: Timestamp::now().to_string(),
            ended_at: None,
            report: None,
            error: None,
        };
        let task = Arc::new(SharedTask(Mutex::new(body.clone())));
        let (data, sources) = (data.clone(), sources.to_vec());
        let worker = Worker { task: Arc::clone(&task) };
        thread::Builder::new()
            .name("reindex".to_owned())
            .spawn(move || worker.work(&data, &sources, &options, reindex_lock))
            .map_err(StartError::Thread)?;
        list.newest.push_back(task);
        if list.newest.len() > MAX_TASKS {
            list.newest.pop_front();
        }
        Ok(body)
    }

    /// A remembered task.
    pub(super) fn get(&self, id: &str) -> Option<Task> {
        lock(&self.list).newest.iter().find(|task| lock(&task.0).id == id).map(|task| task.body())
    }
}

impl SharedTask {
    fn body(&self) -> Task {
        lock(&self.0).clone()
    }
}

impl Progress for SharedTask {
    fn reading(&self, source: &str, records: u64) {
        let progress = &mut lock(&self.0).progress;
        if progress.source.as_deref() != Some(source) {
            progress.source = Some(source.to_owned());
        }
        progress.articles_read = records;
    }

    fn building(&self, articles: u64) {
        lock(&self.0).progress.articles_built = articles;
    }
}

/// Runs a task and marks it as ended, even after a panic.
struct Worker {
    task: Arc<SharedTask>,
}

impl Worker {
    fn work(self, data: &DataFolder, sources: &[SourceConfig], options: &Options, reindex_lock: Lock) {
        lock(&self.task.0).state = TaskState::Running;
        // The holder of the writer lock applies the accepted changes; usually that is this process.
        let outcome = reindex::run(data, sources, options, self.task.as_ref(), None);
        drop(reindex_lock);
        match outcome {
            Ok(report) if report.outcome == RunOutcome::Waiting => {
                let refusals = report.gate.refusals.iter().map(|refusal| refusal.message.as_str());
                let why: Vec<&str> = refusals.chain(report.remedy.as_deref()).collect();
                let why = why.join("; ");
                self.end(TaskState::Waiting, Some(report), Some(why));
            }
            Ok(report) => {
                let unread = unread(&report);
                self.end(TaskState::Done, Some(report), unread);
            }
            Err(error) => {
                let error = format!("{error:#}");
                tracing::error!(error, "a reindex failed");
                self.end(TaskState::Failed, None, Some(error));
            }
        }
    }

    fn end(&self, state: TaskState, report: Option<Report>, error: Option<String>) {
        let mut body = lock(&self.task.0);
        body.state = state;
        body.report = report;
        body.error = error;
        body.ended_at = Some(Timestamp::now().to_string());
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if lock(&self.task.0).ended_at.is_none() {
            self.end(TaskState::Failed, None, Some("it ended unexpectedly; the server's log says more".to_owned()));
        }
    }
}

/// The sources and synonyms that could not be read; `None` if all could.
fn unread(report: &Report) -> Option<String> {
    let sources = report.sources.iter().filter_map(|source| Some((source.source.as_str(), source.failed.as_ref()?)));
    let synonyms = report.synonyms_failed.iter().map(|failed| ("synonyms", failed));
    let failures: Vec<String> = sources.chain(synonyms).map(|(name, failed)| format!("{name}: {failed}")).collect();
    (!failures.is_empty()).then(|| failures.join("; "))
}

/// Locks a mutex, ignoring poisoning: no code panics while it changes the state.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
