//! The life cycle of the server: listens, opens or builds the index, answers requests, keeps the
//! index up to date, and finishes requests in flight on shutdown.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use tokio::sync::Notify;

use crate::admin::{Admin, TOKEN_VARIABLE, Token};
use crate::config::Config;
use crate::http;
use crate::indexing::audit::AuditFigures;
use crate::indexing::healing::Healer;
use crate::indexing::index_updater::{EngineSlot, IndexUpdater, open_engine, refresh};
use crate::indexing::reindex::{self, Options};
use crate::indexing::related_refresh::RelatedRefresher;
use crate::indexing::report::Progress;
use crate::panics::contain;
use crate::storage::data_dir::{DataFolder, DataFolderError, Lock};
use crate::storage::failure::{self, Cause, Storage};

/// How often the catalog is polled for changes.
const TICK: Duration = Duration::from_millis(100);
/// How often files of dead processes are searched for.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How often writing to the disk is probed: after a successful probe, and after a failed one.
const PROBE_EVERY: Duration = Duration::from_secs(10);
const PROBE_AGAIN: Duration = Duration::from_secs(1);
/// How long shutdown waits for requests in flight, and then for the index.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(10);

/// Serves until the process receives a termination signal. `announce` is called once, with the
/// address, when searches are answered. `load` loads the configuration again, when the process
/// receives a hangup signal.
pub fn serve(
    config: &Config,
    load: impl Fn() -> Result<Config> + Send + Sync + 'static,
    progress: Arc<dyn Progress + Send + Sync>,
    announce: impl FnOnce(SocketAddr) + Send + 'static,
) -> Result<()> {
    let token = Token::find(&config.token, std::env::var_os(TOKEN_VARIABLE))?;
    let data = DataFolder::open(&config.data)?;
    let listener = TcpListener::bind(config.listen).with_context(|| {
        format!("cannot listen on {}: end the program that uses the port, or name another with --listen", config.listen)
    })?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        %address,
        data = %config.data.display(),
        configuration = %config.file.as_deref().map_or("none".into(), std::path::Path::to_string_lossy),
        "starting"
    );
    let admin = token.map(|token| Arc::new(Admin::new(data.clone(), config.clone(), token)));
    let reloader = Reloader { load, admin: admin.clone(), data: data.clone(), progress: progress.clone() };
    let figures = Arc::new(AuditFigures::default());
    let settings = http::Settings {
        recency: config.recency,
        public_url: config.public_url.clone(),
        site_name: config.site_name.clone(),
        reading: config.reading.clone(),
        admin,
        data: Some(config.data.clone()),
        audits: Some(figures.clone()),
        storage: data.storage().clone(),
        service: config.http.clone(),
    };
    let slot = EngineSlot::default();
    let stop = Arc::new(AtomicBool::new(false));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let termination_signal = {
        let _runtime = runtime.enter();
        termination_signal()?
    };
    #[cfg(unix)]
    {
        let _runtime = runtime.enter();
        let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?;
        runtime.spawn(reload_on_hangup(signal, Arc::new(reloader)));
    }
    #[cfg(not(unix))]
    drop(reloader);
    let (failed, mut failure) = tokio::sync::mpsc::channel::<anyhow::Error>(1);
    let is_writer = Arc::new(AtomicBool::new(false));
    let nearest = RelatedRefresher { slot: slot.clone(), is_writer: is_writer.clone(), stop: stop.clone() };
    let healer =
        Healer { data: data.clone(), slot: slot.clone(), is_writer: is_writer.clone(), stop: stop.clone(), figures };
    let keeper =
        IndexSyncThread { config: config.clone(), data, slot: slot.clone(), progress, stop: stop.clone(), is_writer };
    let nearest = thread::Builder::new().name("nearest".to_owned()).spawn(move || nearest.keep())?;
    let healer = thread::Builder::new().name("healer".to_owned()).spawn(move || healer.keep())?;
    let thread = thread::Builder::new().name("index".to_owned()).spawn(move || {
        if let Err(error) = keeper.keep(|| announce(address)) {
            // The receiver is dropped only when the server has already ended.
            let _ = failed.blocking_send(error);
        }
    })?;
    let outcome = runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        // Only a panic ends the thread without an error before it is stopped.
        let failure = async {
            failure.recv().await.unwrap_or_else(|| {
                anyhow!("the index thread ended unexpectedly: see the log, and start the server again")
            })
        };
        let ending = Arc::new(Notify::new());
        let told = ending.clone();
        let router = http::router(slot, settings);
        let server = http::serve(listener, router, &config.http, async move {
            termination_signal.await;
            tracing::info!("told to end; finishing requests in flight");
            told.notify_one();
        });
        // Without a limit, shutdown would wait forever for a client that never finishes its
        // request.
        let patience = async {
            ending.notified().await;
            tokio::time::sleep(SHUTDOWN_PATIENCE).await;
        };
        tokio::select! {
            () = server => Ok(()),
            error = failure => Err(error),
            () = patience => {
                tracing::warn!("closing connections that are still open");
                Ok(())
            }
        }
    });
    stop.store(true, Ordering::SeqCst);
    runtime.shutdown_timeout(SHUTDOWN_PATIENCE);
    wait_for(&thread);
    wait_for(&nearest);
    wait_for(&healer);
    tracing::info!("stopped");
    outcome
}

/// Waits briefly for a thread. A running build is not awaited: the next start continues from the
/// catalog.
fn wait_for(thread: &JoinHandle<()>) {
    let begun = Instant::now();
    while !thread.is_finished() && begun.elapsed() < Duration::from_secs(2) {
        thread::sleep(Duration::from_millis(10));
    }
}

/// Completes on a termination signal; signals after this call are not missed.
#[cfg(unix)]
fn termination_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupted, mut terminated) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupted.recv() => {}
            _ = terminated.recv() => {}
        }
    })
}

/// Completes on a termination signal; signals after this call are not missed.
#[cfg(windows)]
fn termination_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupted = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupted.recv().await;
    })
}

/// Takes a changed configuration over, as far as that is possible while the server runs.
struct Reloader<L> {
    load: L,
    admin: Option<Arc<Admin>>,
    data: DataFolder,
    progress: Arc<dyn Progress + Send + Sync>,
}

impl<L: Fn() -> Result<Config>> Reloader<L> {
    /// Takes over the token, the sources and the synonyms. If the configuration or the token is
    /// wrong, all stay as they are.
    fn reload(&self) -> Result<()> {
        let config = (self.load)()?;
        match (&self.admin, Token::find(&config.token, std::env::var_os(TOKEN_VARIABLE))?) {
            (Some(admin), Some(token)) => admin.reload(config.clone(), token),
            (None, None) => {}
            _ => tracing::warn!("the admin routes are turned on or off by a restart only"),
        }
        let options = Options { synonyms: config.synonyms, gate: config.gate, ..Options::default() };
        let report = reindex::reindex(&self.data, &config.sources, &options, self.progress.as_ref())?;
        tracing::info!(
            changes = report.changes,
            synonym_groups = report.synonym_groups,
            "reloaded the token, the sources and the synonyms; all else takes a restart"
        );
        Ok(())
    }
}

/// Reloads on every hangup signal, which by default would end the process.
#[cfg(unix)]
async fn reload_on_hangup<L>(mut signal: tokio::signal::unix::Signal, reloader: Arc<Reloader<L>>)
where
    L: Fn() -> Result<Config> + Send + Sync + 'static,
{
    while signal.recv().await.is_some() {
        let reloader = reloader.clone();
        let reloaded = tokio::task::spawn_blocking(move || contained(|| reloader.reload())).await;
        if let Ok(Err(error)) = reloaded {
            tracing::error!(error = format!("{error:#}"), "the configuration is not reloaded; what is in force stays");
        }
    }
}

/// Runs work on the index; a panic on damaged files becomes an error.
fn contained(work: impl FnOnce() -> Result<()>) -> Result<()> {
    contain(work)?
}

/// Opens or builds the index and keeps it up to date, on its own thread.
struct IndexSyncThread {
    config: Config,
    data: DataFolder,
    slot: EngineSlot,
    progress: Arc<dyn Progress + Send + Sync>,
    stop: Arc<AtomicBool>,
    /// Whether this process holds the writer lock.
    is_writer: Arc<AtomicBool>,
}

impl IndexSyncThread {
    fn keep(&self, announce: impl FnOnce()) -> Result<()> {
        let mut announce = Some(announce);
        let mut updater: Option<IndexUpdater> = None;
        let mut awaited: Option<String> = None;
        let mut last_problem = String::new();
        let (mut probed_at, mut swept_at) = (None, Instant::now());
        // Probe before anything is served, so that the first status is correct.
        self.probe(&mut probed_at);
        while !self.stop.load(Ordering::SeqCst) {
            if let Err(lost) = self.data.check_in_place() {
                // Do not touch what is now at the path: neither with the index writer, which writes
                // by path, nor with the locks.
                updater = None;
                self.is_writer.store(false, Ordering::SeqCst);
                self.storage().found(Cause::of(&lost));
                probed_at = None;
                thread::sleep(TICK);
                continue;
            }
            let done = match &mut updater {
                Some(updater) if awaited.is_none() || updater.is_answering() => {
                    contained(|| Ok(updater.tick().map(|_| ())?))
                }
                Some(updater) => self.tolerate(contained(|| self.bring_up(updater, &mut awaited)))?,
                None => match self.data.lock_writer("serve") {
                    Err(DataFolderError::Locked { .. }) => self.follow(),
                    lock => {
                        let opened = lock.map_err(anyhow::Error::from).and_then(|lock| {
                            let mut opened = IndexUpdater::open(self.data.clone(), self.slot.clone(), lock)?;
                            contained(|| self.bring_up(&mut opened, &mut awaited))?;
                            Ok(opened)
                        });
                        let opened = self.or_follow(opened);
                        self.tolerate(opened.map(|opened| updater = Some(opened)))?
                    }
                },
            };
            match done {
                Ok(()) => {
                    last_problem.clear();
                    self.probe(&mut probed_at);
                    if let Some(updater) = &mut updater
                        && swept_at.elapsed() >= SWEEP_EVERY
                    {
                        swept_at = Instant::now();
                        updater.sweep_orphans_if_any();
                    }
                }
                Err(error) => {
                    let cause = Cause::of_failure_in(self.data.path(), error.as_ref());
                    if cause.is_some() {
                        self.storage().found(cause);
                        probed_at = Some(Instant::now());
                    }
                    let problem = format!("{error:#}");
                    // On a disk that cannot be written, the error differs each time: compare the
                    // cause.
                    let reported = cause.map_or_else(|| problem.clone(), |cause| cause.name().to_owned());
                    if reported != last_problem {
                        tracing::error!(
                            error = problem,
                            "the index cannot be kept in step with the catalog; searches go on"
                        );
                        last_problem = reported;
                    }
                    // Drop a writer that failed, with its uncommitted changes.
                    updater = None;
                    if cause.is_none()
                        && let Some(engine) = self.slot.load().as_ref()
                    {
                        engine.suspect();
                    }
                    thread::sleep(Duration::from_secs(1));
                }
            }
            self.is_writer.store(updater.is_some(), Ordering::SeqCst);
            if self.slot.load().is_some()
                && let Some(announce) = announce.take()
            {
                announce();
            }
            thread::sleep(TICK);
        }
        Ok(())
    }

    fn storage(&self) -> &Storage {
        self.data.storage()
    }

    /// Probes the disk from time to time, so that a full disk is reported before a push fails, and
    /// a recovered disk is used again.
    fn probe(&self, probed_at: &mut Option<Instant>) {
        let rest = if self.storage().cause().is_some() { PROBE_AGAIN } else { PROBE_EVERY };
        if probed_at.is_none_or(|at| at.elapsed() >= rest) {
            self.storage().found(failure::probe(self.data.path()));
            *probed_at = Some(Instant::now());
        }
    }

    /// If the data folder cannot be written, serves the published generation without the writer lock.
    fn or_follow(&self, opened: Result<IndexUpdater>) -> Result<IndexUpdater> {
        let error = match opened {
            Err(error) => error,
            opened => return opened,
        };
        if failure::probe(self.data.path()).is_some()
            && let Err(unread) = self.follow()
        {
            tracing::warn!(error = format!("{unread:#}"), "cannot serve the published generation");
        }
        Err(error)
    }

    /// An error ends the server if no generation is served yet; later it is returned as the inner
    /// result, to be logged and retried.
    fn tolerate(&self, done: Result<()>) -> Result<Result<()>> {
        match done {
            Err(error) if self.slot.load().is_none() => Err(error),
            done => Ok(done),
        }
    }

    /// Completes what an earlier process began, and indexes or rebuilds if no generation can be
    /// served. A running reindex may do that too: then `awaited` is set to its holder, and this
    /// must be called again until a generation is served.
    fn bring_up(&self, updater: &mut IndexUpdater, awaited: &mut Option<String>) -> Result<()> {
        let mut is_swept = false;
        // Sweep first: files of dead builds may be what fills the disk.
        if updater.is_answering()
            && let Some(_reindex_lock) = self.lock_reindex(awaited)?
        {
            updater.sweep_orphans();
            is_swept = true;
        }
        if updater.has_lost_its_generation() {
            let Some(_reindex_lock) = self.lock_reindex(awaited)? else { return Ok(()) };
            tracing::warn!("the published generation is gone or damaged; building another from the catalog");
            updater.rebuild(&|articles| self.progress.building(articles))?;
        }
        updater.tick()?;
        let Some(reindex_lock) = self.lock_reindex(awaited)? else { return Ok(()) };
        if !is_swept {
            updater.sweep_orphans();
        }
        if updater.needs_rebuild()? {
            tracing::warn!("no generation fits this version of fichero; building one from the catalog");
            updater.rebuild(&|articles| self.progress.building(articles))?;
        } else if self.slot.load().is_none() {
            let report = reindex::run(
                &self.data,
                &self.config.sources,
                &Options {
                    synonyms: self.config.synonyms.clone(),
                    gate: self.config.gate.clone(),
                    reading: self.config.reading.clone(),
                    ..Options::default()
                },
                self.progress.as_ref(),
                Some(updater),
            )?;
            if report.articles() == 0 {
                tracing::warn!("no articles were found; name a source in fichero.toml and run `fichero reindex`");
            }
        }
        drop(reindex_lock);
        Ok(updater.tick_until_idle()?)
    }

    /// The reindex lock. If it is held, its holder is stored in `awaited` and logged once.
    fn lock_reindex(&self, awaited: &mut Option<String>) -> Result<Option<Lock>> {
        match self.data.lock_reindex("serve") {
            Ok(lock) => {
                *awaited = None;
                Ok(Some(lock))
            }
            Err(DataFolderError::Locked { holder, .. }) => {
                if awaited.as_ref() != Some(&holder) {
                    tracing::info!(holder, "a reindex runs; waiting for its changes");
                    *awaited = Some(holder);
                }
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Without the writer lock: serves what the holder of the lock has published.
    fn follow(&self) -> Result<()> {
        let Some(current) = self.data.current() else { return Ok(()) };
        let present = self.slot.load_full();
        if let Some(engine) = &present {
            engine.release_retained(jiff::Timestamp::now().as_second());
        }
        match present {
            Some(engine) if engine.generation().manifest().generation == current => {
                refresh(&engine)?;
            }
            _ => {
                let engine = open_engine(&self.data, current)?;
                if let Some(answering) = &present {
                    engine.inherit_snapshots(answering);
                }
                self.slot.store(Some(Arc::new(engine)));
            }
        }
        Ok(())
    }
}
