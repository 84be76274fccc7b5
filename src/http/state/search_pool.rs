//! The search pool: the only way from async threads to the engine. It is bounded, fair and
//! measured.

use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tracing::Span;

use super::queue::{Full, WorkerPermit, WorkerQueue};
use crate::engine::cancellation::supervised;
use crate::http::error::problem::Problem;

/// Runs a bounded number of requests, and lets a bounded number wait for a bounded time; others are
/// refused at once.
#[derive(Debug)]
pub(crate) struct SearchPool {
    queue: Arc<WorkerQueue>,
    max_wait: Duration,
}

/// The statistics of a request's engine calls so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PoolStatistics {
    /// The number of engine calls.
    pub(crate) count: usize,
    /// How long the request waited for a worker.
    pub(crate) waited: Duration,
    /// How long the engine ran.
    pub(crate) worked: Duration,
}

tokio::task_local! {
    // Task-local, because a handler that had to pass the statistics on could forget to.
    static STATISTICS: Cell<PoolStatistics>;
    static CLIENT: IpAddr;
    static DEADLINE: Instant;
}

/// Answers a request of a client, and charges the client for its engine calls.
pub(crate) async fn for_client<T>(client: IpAddr, answer: impl Future<Output = T>) -> T {
    CLIENT.scope(client, answer).await
}

/// The client of the current request.
pub(crate) fn client() -> IpAddr {
    CLIENT.try_with(|client| *client).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// Answers a request with a deadline, at which its engine calls are stopped.
pub(crate) async fn until<T>(deadline: Instant, answer: impl Future<Output = T>) -> T {
    DEADLINE.scope(deadline, answer).await
}

impl PoolStatistics {
    /// Answers a request, and returns the statistics of its engine calls.
    pub(crate) async fn watch<T>(answer: impl Future<Output = T>) -> (T, PoolStatistics) {
        STATISTICS
            .scope(Cell::default(), async {
                let answered = answer.await;
                (answered, PoolStatistics::so_far())
            })
            .await
    }

    /// The statistics of the current request's engine calls; zero outside of
    /// [`PoolStatistics::watch`].
    pub(crate) fn so_far() -> PoolStatistics {
        STATISTICS.try_with(Cell::get).unwrap_or_default()
    }

    fn add(waited: Duration, worked: Duration) {
        // Without a request, nobody collects the statistics.
        let _ = STATISTICS.try_with(|statistics| {
            let PoolStatistics { count, waited: so_far, worked: sum } = statistics.get();
            statistics.set(PoolStatistics { count: count + 1, waited: so_far + waited, worked: sum + worked });
        });
    }
}

impl SearchPool {
    /// A pool of so many workers, for which so many requests may wait.
    pub(crate) fn new(workers: usize, max_waiting: usize, max_wait: Duration) -> SearchPool {
        SearchPool { queue: Arc::new(WorkerQueue::new(workers, max_waiting)), max_wait }
    }

    /// Runs engine code off the async threads. Dropping the future stops the engine code.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let begun = Instant::now();
        let permit = tokio::time::timeout(self.max_wait, self.queue.acquire(client())).await;
        let permit = permit.map_err(|_| Problem::too_busy())?.map_err(|Full| Problem::too_busy())?;
        let waited = begun.elapsed();
        // Closed when this future is dropped.
        let (_asking, gone) = oneshot::channel::<Infallible>();
        let deadline = DEADLINE.try_with(|deadline| *deadline).ok();
        let (span, runtime) = (Span::current(), Handle::current());
        let (done, worked, paused) = tokio::task::spawn_blocking(move || {
            // Moved into the work, so that the work keeps its permit even if the request is gone.
            let turn =
                Rc::new(RefCell::new(Turn { permit: Some(permit), gone, deadline, runtime, paused: Duration::ZERO }));
            let begun = Instant::now();
            let supervisor = Box::new({
                let turn = Rc::clone(&turn);
                move || turn.borrow_mut().continues()
            });
            let done = supervised(supervisor, || span.in_scope(work));
            let paused = turn.borrow().paused;
            (done, begun.elapsed().saturating_sub(paused), paused)
        })
        .await
        .map_err(|error| Problem::internal(&error))?;
        PoolStatistics::add(waited + paused, worked);
        done
    }
}

/// The engine call of a request, seen from its worker thread.
struct Turn {
    /// The permit, while the call has one.
    permit: Option<WorkerPermit>,
    /// Closed when nobody waits for the answer any more.
    gone: oneshot::Receiver<Infallible>,
    deadline: Option<Instant>,
    runtime: Handle,
    /// How long the call was paused for other requests.
    paused: Duration,
}

impl Turn {
    /// Whether the engine call continues; it yields to other requests when its slice is over.
    fn continues(&mut self) -> bool {
        let is_gone = matches!(self.gone.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        if is_gone || self.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return false;
        }
        if self.permit.as_ref().is_none_or(WorkerPermit::is_slice_over) {
            self.yield_worker();
        }
        self.permit.is_some()
    }

    fn yield_worker(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        let paused = match permit.yield_worker() {
            Ok(permit) => return self.permit = Some(permit),
            Err(paused) => paused,
        };
        let (begun, gone, deadline) = (Instant::now(), &mut self.gone, self.deadline);
        let passed = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        };
        self.permit = self.runtime.block_on(async {
            tokio::select! {
                permit = paused.resumed() => permit,
                _ = gone => None,
                () = passed => None,
            }
        });
        self.paused += begun.elapsed();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::engine::cancellation::checkpoint;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
    }

    /// Work that lasts until it is told to end; it signals when it has begun.
    fn slow()
    -> (impl FnOnce() -> Result<(), Problem> + Send + 'static, mpsc::Sender<()>, tokio::sync::oneshot::Receiver<()>)
    {
        let (end, ended) = mpsc::channel::<()>();
        let (begin, begun) = tokio::sync::oneshot::channel();
        let work = move || {
            begin.send(()).unwrap();
            // The work also ends with the sender, so that a failed assertion does not hang.
            let _ = ended.recv();
            Ok(())
        };
        (work, end, begun)
    }

    #[test]
    fn a_request_beyond_the_queue_limit_is_refused_at_once() {
        runtime().block_on(async {
            let workers = Arc::new(SearchPool::new(1, 1, Duration::from_secs(60)));
            let (work, end, begun) = slow();
            let first = tokio::spawn({
                let workers = workers.clone();
                async move { workers.run(work).await }
            });
            begun.await.unwrap();
            let mut second = tokio::spawn({
                let workers = workers.clone();
                async move { workers.run(|| Ok(2)).await }
            });
            while workers.queue.waiting() == 0 {
                tokio::task::yield_now().await;
            }
            let started = Instant::now();
            assert_eq!(workers.run(|| Ok(3)).await.unwrap_err().code(), "too-busy");
            assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
            assert!(tokio::time::timeout(Duration::from_millis(20), &mut second).await.is_err(), "it waits");
            end.send(()).unwrap();
            first.await.unwrap().unwrap();
            assert_eq!(second.await.unwrap().unwrap(), 2);
            assert_eq!(workers.run(|| Ok(4)).await.unwrap(), 4);
        });
    }

    #[test]
    fn a_request_waits_no_longer_than_the_limit() {
        runtime().block_on(async {
            let workers = Arc::new(SearchPool::new(1, 5, Duration::from_millis(50)));
            let (work, end, begun) = slow();
            let first = tokio::spawn({
                let workers = workers.clone();
                async move { workers.run(work).await }
            });
            begun.await.unwrap();
            assert_eq!(workers.run(|| Ok(())).await.unwrap_err().code(), "too-busy");
            end.send(()).unwrap();
            first.await.unwrap().unwrap();
        });
    }

    #[test]
    fn abandoned_work_keeps_its_permit_until_it_ends() {
        runtime().block_on(async {
            let workers = Arc::new(SearchPool::new(1, 0, Duration::from_secs(60)));
            let (work, end, begun) = slow();
            let first = tokio::spawn({
                let workers = workers.clone();
                async move { workers.run(work).await }
            });
            begun.await.unwrap();
            first.abort();
            assert!(first.await.unwrap_err().is_cancelled());
            assert_eq!(workers.run(|| Ok(())).await.unwrap_err().code(), "too-busy");
            end.send(()).unwrap();
            while workers.queue.idle() == 0 {
                tokio::task::yield_now().await;
            }
            workers.run(|| Ok(())).await.unwrap();
        });
    }

    /// Work that checks whether it is still awaited; it signals when it has begun, and how it
    /// ended.
    fn endless()
    -> (impl FnOnce() -> Result<(), Problem> + Send + 'static, tokio::sync::oneshot::Receiver<()>, mpsc::Receiver<()>)
    {
        let (begin, begun) = tokio::sync::oneshot::channel();
        let (end, ended) = mpsc::channel();
        let work = move || {
            begin.send(()).unwrap();
            let _end = end;
            loop {
                checkpoint()?;
            }
        };
        (work, begun, ended)
    }

    #[test]
    fn work_is_stopped_when_its_request_is_dropped() {
        runtime().block_on(async {
            let workers = Arc::new(SearchPool::new(1, 0, Duration::from_secs(60)));
            let (work, begun, ended) = endless();
            let request = tokio::spawn({
                let workers = workers.clone();
                async move { workers.run(work).await }
            });
            begun.await.unwrap();
            request.abort();
            // Dropping the request drops its end of the channel.
            assert_eq!(ended.recv_timeout(Duration::from_secs(20)), Err(mpsc::RecvTimeoutError::Disconnected));
        });
    }

    #[test]
    fn work_ends_with_its_deadline() {
        runtime().block_on(async {
            let workers = SearchPool::new(1, 0, Duration::from_secs(60));
            let (work, _begun, _ended) = endless();
            let begun = Instant::now();
            let problem = until(begun + Duration::from_millis(30), workers.run(work)).await.unwrap_err();
            assert_eq!(problem.code(), "took-too-long");
            assert!(begun.elapsed() < Duration::from_secs(20));
        });
    }

    #[test]
    fn short_work_runs_while_long_work_is_paused() {
        runtime().block_on(async {
            let workers = Arc::new(SearchPool::new(1, 10, Duration::from_secs(60)));
            let (work, begun, _ended) = endless();
            let long = tokio::spawn({
                let workers = workers.clone();
                async move { workers.run(work).await }
            });
            begun.await.unwrap();
            for number in 0..20 {
                let done = tokio::time::timeout(Duration::from_secs(20), workers.run(move || Ok(number))).await;
                assert_eq!(done.unwrap().unwrap(), number);
            }
            assert!(!long.is_finished());
            long.abort();
        });
    }

    #[test]
    fn engine_calls_are_counted_and_timed() {
        runtime().block_on(async {
            let workers = SearchPool::new(1, 1, Duration::from_secs(60));
            let pause = Duration::from_millis(5);
            let answer = async {
                for _ in 0..2 {
                    workers
                        .run(move || {
                            std::thread::sleep(pause);
                            Ok(())
                        })
                        .await
                        .unwrap();
                }
            };
            let ((), statistics) = PoolStatistics::watch(answer).await;
            assert_eq!(statistics.count, 2);
            assert!(statistics.worked >= pause * 2, "{statistics:?}");
            assert_eq!(PoolStatistics::so_far(), PoolStatistics::default());
        });
    }
}
