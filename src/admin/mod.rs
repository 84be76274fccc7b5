//! What may be changed over the API, and by whom: pushes, reindexes as tasks, rollback and resume.
//!
//! Nothing here knows of HTTP; [`crate::http`] asks for the token and renders.

pub(crate) mod tasks;
pub(crate) mod token;

use std::sync::{Arc, Mutex, PoisonError};

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

/// How many callers may push at once: each may have an article of the longest sort in memory.
const MAX_PUSHING: usize = 32;

/// Why a push was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The data folder is not open for pushes now, or failed.
    #[error(transparent)]
    Data(#[from] DataFolderError),
    /// Nothing can be stored at present.
    #[error("a change could not be stored")]
    NotStored {
        /// Why not.
        cause: Cause,
        /// What failed.
        #[source]
        source: Box<PushError>,
    },
}

/// The changes that the API takes, for one data folder.
#[derive(Debug)]
pub struct Admin {
    token: Token,
    data: DataFolder,
    config: Config,
    tasks: Tasks,
    inbox: Mutex<Option<Inbox>>,
    pushing: Arc<Semaphore>,
}

/// The connection that pushes are written by, kept open from one to the next.
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
    /// Takes changes for the data folder of a configuration, from whoever knows the token.
    pub fn new(data: DataFolder, config: Config, token: Token) -> Admin {
        Admin {
            token,
            data,
            config,
            tasks: Tasks::default(),
            inbox: Mutex::default(),
            pushing: Arc::new(Semaphore::new(MAX_PUSHING)),
        }
    }

    /// What a caller must show.
    pub fn token(&self) -> &Token {
        &self.token
    }

    /// A place among those who push at the same time; `None` where all are taken.
    pub fn admit(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.pushing).try_acquire_owned().ok()
    }

    /// Takes up pushes: durable, all of them, when this returns. Waits for the disk, and for
    /// others who write.
    pub fn push(&self, pushes: &[Push]) -> Result<Vec<Pushed>, PushError> {
        // Pushes that panicked have left nothing half: SQLite rolls back.
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        let pushed = self.push_into(&mut inbox, pushes);
        let Err(error) = pushed else {
            self.data.storage().pushed(None);
            return pushed;
        };
        // After a failure the next push opens the catalog anew.
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
        // What went into a folder that was moved away meanwhile is not acknowledged.
        self.data.check_in_place()?;
        Ok(pushed)
    }

    /// Starts a reindex of the configured sources on a thread of its own.
    pub fn reindex(self: &Arc<Self>, full: bool, prune: bool, dry_run: bool) -> Result<Task, StartError> {
        self.data.check_in_place().map_err(StartError::Data)?;
        let options = Options {
            full,
            prune,
            dry_run,
            synonyms: self.config.synonyms.clone(),
            gate: self.config.gate.clone(),
            ..Options::default()
        };
        self.tasks.start(&self.data, &self.config.sources, options)
    }

    /// A task, as it stands.
    pub fn task(&self, id: &str) -> Option<Task> {
        self.tasks.get(id)
    }

    /// Goes back a generation and holds changes; waits until that is answered.
    pub fn rollback(&self) -> Result<IndexVersion, PublicationError> {
        rollback::rollback(&self.data)
    }

    /// Ends a hold; waits until everything that was accepted is answered.
    pub fn resume(&self) -> Result<IndexVersion, PublicationError> {
        rollback::resume(&self.data)
    }
}
