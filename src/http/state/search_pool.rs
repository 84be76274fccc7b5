//! The one crossing from async threads to the engine's: bounded, fair, and measured.

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

/// Lets a bounded number of requests work, and a bounded number wait for a bounded time; the
/// others are told at once to come back.
#[derive(Debug)]
pub(crate) struct SearchPool {
    line: Arc<WorkerQueue>,
    max_wait: Duration,
}

/// What a request's crossings have cost so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PoolStatistics {
    /// How often the engine was asked.
    pub(crate) count: usize,
    /// How long the request waited for a worker.
    pub(crate) waited: Duration,
    /// How long the engine worked.
    pub(crate) worked: Duration,
}

tokio::task_local! {
    // A handler that had to carry the figures could forget to.
    static CROSSINGS: Cell<PoolStatistics>;
    static CLIENT: IpAddr;
    static DEADLINE: Instant;
}

/// Answers a request of a client: what it asks of the engine counts as had by that client.
pub(crate) async fn asked_by<T>(client: IpAddr, answer: impl Future<Output = T>) -> T {
    CLIENT.scope(client, answer).await
}

/// The client of the present request.
pub(crate) fn client() -> IpAddr {
    CLIENT.try_with(|client| *client).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// Answers a request that nobody waits for beyond an instant: the engine's work for it ends then.
pub(crate) async fn until<T>(deadline: Instant, answer: impl Future<Output = T>) -> T {
    DEADLINE.scope(deadline, answer).await
}

impl PoolStatistics {
    /// Answers a request, and tells what its crossings cost.
    pub(crate) async fn watch<T>(answer: impl Future<Output = T>) -> (T, PoolStatistics) {
        CROSSINGS
            .scope(Cell::default(), async {
                let answered = answer.await;
                (answered, PoolStatistics::so_far())
            })
            .await
    }

    /// What the crossings of the present request cost; none outside of [`PoolStatistics::watch`].
    pub(crate) fn so_far() -> PoolStatistics {
        CROSSINGS.try_with(Cell::get).unwrap_or_default()
    }

    fn add(waited: Duration, worked: Duration) {
        // Nobody watches where they work without a request.
        let _ = CROSSINGS.try_with(|crossings| {
            let PoolStatistics { count, waited: so_far, worked: sum } = crossings.get();
            crossings.set(PoolStatistics { count: count + 1, waited: so_far + waited, worked: sum + worked });
        });
    }
}

impl SearchPool {
    /// So many, for whom so many requests may wait.
    pub(crate) fn new(workers: usize, max_waiting: usize, max_wait: Duration) -> SearchPool {
        SearchPool { line: Arc::new(WorkerQueue::new(workers, max_waiting)), max_wait }
    }

    /// Runs engine code off the async threads. Whoever stops waiting for it stops it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let begun = Instant::now();
        let place = tokio::time::timeout(self.max_wait, self.line.place(client())).await;
        let place = place.map_err(|_| Problem::too_busy())?.map_err(|Full| Problem::too_busy())?;
        let waited = begun.elapsed();
        // Closed with this future, wherever it is dropped.
        let (_asking, gone) = oneshot::channel::<Infallible>();
        let deadline = DEADLINE.try_with(|deadline| *deadline).ok();
        let (span, runtime) = (Span::current(), Handle::current());
        let (done, worked, paused) = tokio::task::spawn_blocking(move || {
            // With the work and not with the request: work that goes on keeps its worker.
            let turn =
                Rc::new(RefCell::new(Turn { place: Some(place), gone, deadline, runtime, paused: Duration::ZERO }));
            let begun = Instant::now();
            let supervisor = Box::new({
                let turn = Rc::clone(&turn);
                move || turn.borrow_mut().goes_on()
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

/// A request's turn at the engine, seen from the thread that works.
struct Turn {
    /// The worker, while it has one.
    place: Option<WorkerPermit>,
    /// Closed when nobody waits for the answer any more.
    gone: oneshot::Receiver<Infallible>,
    deadline: Option<Instant>,
    runtime: Handle,
    /// How long it has waited for others half-way.
    paused: Duration,
}

impl Turn {
    /// Whether the work goes on; others go first where they should.
    fn goes_on(&mut self) -> bool {
        let is_gone = matches!(self.gone.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        if is_gone || self.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return false;
        }
        if self.place.as_ref().is_none_or(WorkerPermit::is_slice_over) {
            self.give_way();
        }
        self.place.is_some()
    }

    fn give_way(&mut self) {
        let Some(place) = self.place.take() else { return };
        let paused = match place.give_way() {
            Ok(place) => return self.place = Some(place),
            Err(paused) => paused,
        };
        let (begun, gone, deadline) = (Instant::now(), &mut self.gone, self.deadline);
        let passed = async {
            match deadline {
                Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
                None => std::future::pending().await,
            }
        };
        self.place = self.runtime.block_on(async {
            tokio::select! {
                place = paused.resumed() => place,
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

    /// Work that lasts until it is told to end; it says when it has begun.
    fn slow()
    -> (impl FnOnce() -> Result<(), Problem> + Send + 'static, mpsc::Sender<()>, tokio::sync::oneshot::Receiver<()>)
    {
        let (end, ended) = mpsc::channel::<()>();
        let (begin, begun) = tokio::sync::oneshot::channel();
        let work = move || {
            begin.send(()).unwrap();
            // Ends with the sender too, so that a failed assertion does not hang.
            let _ = ended.recv();
            Ok(())
        };
        (work, end, begun)
    }

    #[test]
    fn beyond_those_who_may_wait_one_is_refused_at_once() {
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
            while workers.line.waiting() == 0 {
                tokio::task::yield_now().await;
            }
            let asked = Instant::now();
            assert_eq!(workers.run(|| Ok(3)).await.unwrap_err().code(), "too-busy");
            assert!(asked.elapsed() < Duration::from_millis(500), "{:?}", asked.elapsed());
            assert!(tokio::time::timeout(Duration::from_millis(20), &mut second).await.is_err(), "it waits");
            end.send(()).unwrap();
            first.await.unwrap().unwrap();
            assert_eq!(second.await.unwrap().unwrap(), 2);
            assert_eq!(workers.run(|| Ok(4)).await.unwrap(), 4);
        });
    }

    #[test]
    fn nobody_waits_longer_than_the_bound() {
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
    fn work_that_was_given_up_keeps_its_place() {
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
            while workers.line.idle() == 0 {
                tokio::task::yield_now().await;
            }
            workers.run(|| Ok(())).await.unwrap();
        });
    }

    /// Work that looks whether it is waited for; tells when it has begun, and how it ended.
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
    fn work_that_nobody_waits_for_is_stopped() {
        runtime().block_on(async {
            let workers = Arc::new(SearchPool::new(1, 0, Duration::from_secs(60)));
            let (work, begun, ended) = endless();
            let asked = tokio::spawn({
                let workers = workers.clone();
                async move { workers.run(work).await }
            });
            begun.await.unwrap();
            asked.abort();
            // Its end is dropped with it.
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
    fn short_work_is_done_while_long_work_waits_half_way() {
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
    fn crossings_are_counted_and_timed() {
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
            let ((), crossings) = PoolStatistics::watch(answer).await;
            assert_eq!(crossings.count, 2);
            assert!(crossings.worked >= pause * 2, "{crossings:?}");
            assert_eq!(PoolStatistics::so_far(), PoolStatistics::default());
        });
    }
}
