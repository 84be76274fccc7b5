//! The one crossing from async threads to the engine's: bounded, and measured.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tracing::Span;

use super::problem::Problem;

/// Lets a bounded number of requests work, and a bounded number wait for a bounded time; the
/// others are told at once to come back.
#[derive(Debug)]
pub(super) struct Workers {
    /// Requests that wait or are worked on.
    admitted: Arc<Semaphore>,
    /// Requests that are worked on.
    working: Arc<Semaphore>,
    max_wait: Duration,
}

/// What a request's crossings have cost so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Crossings {
    /// How often the engine was asked.
    pub(super) count: usize,
    /// How long the request waited for a worker.
    pub(super) waited: Duration,
    /// How long the engine worked.
    pub(super) worked: Duration,
}

tokio::task_local! {
    // A handler that had to carry the figures could forget to.
    static CROSSINGS: Cell<Crossings>;
}

impl Crossings {
    /// Answers a request, and tells what its crossings cost.
    pub(super) async fn watch<T>(answer: impl Future<Output = T>) -> (T, Crossings) {
        CROSSINGS
            .scope(Cell::default(), async {
                let answered = answer.await;
                (answered, Crossings::so_far())
            })
            .await
    }

    /// What the crossings of the present request cost; none outside of [`Crossings::watch`].
    pub(super) fn so_far() -> Crossings {
        CROSSINGS.try_with(Cell::get).unwrap_or_default()
    }

    fn add(waited: Duration, worked: Duration) {
        // Nobody watches where they work without a request.
        let _ = CROSSINGS.try_with(|crossings| {
            let Crossings { count, waited: so_far, worked: sum } = crossings.get();
            crossings.set(Crossings { count: count + 1, waited: so_far + waited, worked: sum + worked });
        });
    }
}

impl Workers {
    /// So many, for whom so many requests may wait.
    pub(super) fn new(workers: usize, max_waiting: usize, max_wait: Duration) -> Workers {
        let admitted = workers.saturating_add(max_waiting).min(Semaphore::MAX_PERMITS);
        Workers { admitted: Arc::new(Semaphore::new(admitted)), working: Arc::new(Semaphore::new(workers)), max_wait }
    }

    /// Runs engine code off the async threads.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let begun = Instant::now();
        let admitted = self.admitted.clone().try_acquire_owned().map_err(|_| Problem::too_busy())?;
        let working = tokio::time::timeout(self.max_wait, self.working.clone().acquire_owned())
            .await
            .map_err(|_| Problem::too_busy())?
            .map_err(|error| Problem::internal(&error))?;
        let waited = begun.elapsed();
        let span = Span::current();
        let (done, worked) = tokio::task::spawn_blocking(move || {
            // With the work and not with the request: a request that is given up leaves its work
            // behind, which takes a worker until it is done.
            let _held = (admitted, working);
            let begun = Instant::now();
            (span.in_scope(work), begun.elapsed())
        })
        .await
        .map_err(|error| Problem::internal(&error))?;
        Crossings::add(waited, worked);
        done
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

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
            let workers = Arc::new(Workers::new(1, 1, Duration::from_secs(60)));
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
            while workers.admitted.available_permits() > 0 {
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
            let workers = Arc::new(Workers::new(1, 5, Duration::from_millis(50)));
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
            let workers = Arc::new(Workers::new(1, 0, Duration::from_secs(60)));
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
            while workers.admitted.available_permits() == 0 {
                tokio::task::yield_now().await;
            }
            workers.run(|| Ok(())).await.unwrap();
        });
    }

    #[test]
    fn crossings_are_counted_and_timed() {
        runtime().block_on(async {
            let workers = Workers::new(1, 1, Duration::from_secs(60));
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
            let ((), crossings) = Crossings::watch(answer).await;
            assert_eq!(crossings.count, 2);
            assert!(crossings.worked >= pause * 2, "{crossings:?}");
            assert_eq!(Crossings::so_far(), Crossings::default());
        });
    }
}
