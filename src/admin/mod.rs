//! Changes over the API and their authorization: pushes, reindexes as tasks, rollback and resume.
//!
//! This module does not depend on HTTP; [`crate::http`] checks the token and renders responses.

pub(crate) mod tasks;
pub(crate) mod token;

use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use self::tasks::{MAX_TASKS, StartError, Task, TaskProgress, TaskState, Tasks};
pub use self::token::{MIN_TOKEN_CHARS, TOKEN_VARIABLE, Token, TokenError};
use crate::config::Config;
use crate::engine::IndexVersion;
use crate::indexing::reindex::Options;
use crate::indexing::rollback::{self, PublicationError};
use crate::storage::catalog::push::{Push, Pushed};
use crate::storage::catalog::{Catalog, CatalogError};
use crate::storage::data_dir::{DataFolder, DataFolderError, Lock};
use crate::storage::failure::Cause;

/// How many callers may push at once: each may hold an article of the maximum size in memory.
const MAX_PUSHING: usize = 32;

/// Why a push was not stored.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The data folder is locked against pushes, or it failed.
    #[error(transparent)]
    Data(#[from] DataFolderError),
    /// Nothing can be stored at present.
    #[error("a change could not be stored")]
    NotStored {
        /// The storage problem.
        cause: Cause,
        /// The error.
        #[source]
        source: Box<PushError>,
    },
}

/// Applies changes from the API to one data folder.
#[derive(Debug)]
pub struct Admin {
    token: ArcSwap<Token>,
    data: DataFolder,
    config: ArcSwap<Config>,
    tasks: Tasks,
    inbox: Mutex<Option<Inbox>>,
    pushing: Arc<Semaphore>,
}

/// The connection that writes pushes; it stays open between pushes.
struct Inbox {
    catalog: Catalog,
    _lock: Lock,
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Inbox")
    }
}

impl Admin {
    /// Accepts changes to a data folder from callers that know the token.
    pub fn new(data: DataFolder, config: Config, token: Token) -> Admin {
        Admin {
            token: ArcSwap::from_pointee(token),
            data,
            config: ArcSwap::from_pointee(config),
            tasks: Tasks::default(),
            inbox: Mutex::default(),
            pushing: Arc::new(Semaphore::new(MAX_PUSHING)),
        }
    }

    /// Whether a caller's token is the one that callers must present.
    pub fn admits(&self, shown: &str) -> bool {
        self.token.load().is(shown)
    }

    /// Takes another token, and other sources and synonyms for the next reindex.
    pub fn reload(&self, config: Config, token: Token) {
        self.token.store(Arc::new(token));
        self.config.store(Arc::new(config));
    }

    /// A permit to push; `None` if all permits are taken.
    pub fn admit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.pushing).try_acquire_owned().ok()
    }

    /// Stores pushes; all of them are durable when this returns `Ok`. Blocks on the disk and on
    /// other writers.
    pub fn push(&self, pushes: &[Push]) -> Result<Vec<Pushed>, PushError> {
        // A push that panicked left no partial change: SQLite rolls back.
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        let pushed = self.push_into(&mut inbox, pushes);
        let Err(error) = pushed else {
            self.data.storage().pushed(None);
            return pushed;
        };
        // After a failure the next push reopens the catalog.
        *inbox = None;
        let Some(cause) = Cause::of_failure_in(self.data.path(), &error) else { return Err(error) };
        self.data.storage().pushed(Some(cause));
        Err(PushError::NotStored { cause, source: Box::new(error) })
    }

    fn push_into(&self, inbox: &mut Option<Inbox>, pushes: &[Push]) -> Result<Vec<Pushed>, PushError> {
        self.data.check_in_place()?;
        let open = match inbox.take() {
            Some(open) => open,
            None => Inbox { _lock: self.data.lock_pushes("pushes")?, catalog: Catalog::open(self.data.path())? },
        };
        let pushed = inbox.insert(open).catalog.push(pushes)?;
        // Do not acknowledge a push that went into a folder that was moved away meanwhile.
        self.data.check_in_place()?;
        Ok(pushed)
    }

    /// Starts a reindex of the configured sources on a new thread.
    pub fn reindex(self: &Arc<Self>, full: bool, prune: bool, dry_run: bool) -> Result<Task, StartError> {
        self.data.check_in_place().map_err(StartError::Data)?;
        let config = self.config.load();
        let options = Options {
            full,
            prune,
            dry_run,
            synonyms: config.synonyms.clone(),
            gate: config.gate.clone(),
            reading: config.reading.clone(),
            ..Options::default()
        };
        self.tasks.start(&self.data, &config.sources, options)
    }

    /// The current state of a task.
    pub fn task(&self, id: &str) -> Option<Task> {
        self.tasks.get(id)
    }

    /// Returns to the previous generation and holds changes; waits until it is served.
    pub fn rollback(&self) -> Result<IndexVersion, PublicationError> {
        rollback::rollback(&self.data)
    }

    /// Ends a hold; waits until all accepted changes are served.
    pub fn resume(&self) -> Result<IndexVersion, PublicationError> {
        rollback::resume(&self.data)
    }
}
