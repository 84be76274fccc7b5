//! The queue before the engine's workers: which request runs next.
//!
//! Clients share the workers' time fairly, whatever they ask for (start-time fair queueing, Goyal,
//! Vin and Cheng 1996): the next request is that of the client which has used least. A long search
//! costs its client more than its time ([`cost`]), so that clients with short searches do not wait
//! for those with long ones, however many these are. Among requests of one client, the one that has
//! run least goes first: a long search yields its worker after each slice of time, so that short ones
//! wait for a slice and not for its end, even if all clients have one address. One worker never
//! continues long requests: a new request finds it free, or waits for other new ones.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

/// How long a request runs before it yields to others. Most searches take less.
pub(crate) const SLICE: Duration = Duration::from_millis(4);
/// The most requests that are paused half-way: each holds its partial result, a few numbers for each
/// article.
const MAX_PAUSED: usize = 32;
/// The most clients whose usage is remembered; beyond that, those without a request are forgotten.
const MAX_CLIENTS: usize = 4_096;

/// What a slice of time costs a client: the more, the longer the request had `worked` before. It is
/// bounded, so that the longest requests make progress, too.
fn cost(worked: Duration, slice: Duration) -> Duration {
    const MAX_FACTOR: f64 = 8.0;
    slice.mul_f64((1.0 + worked.as_secs_f64() / SLICE.as_secs_f64()).min(MAX_FACTOR))
}

/// The queue before the workers.
#[derive(Debug)]
pub(crate) struct WorkerQueue {
    max_waiting: usize,
    state: Mutex<QueueState>,
}

/// The queue is full.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

#[derive(Debug)]
struct QueueState {
    workers: usize,
    /// Workers without work.
    idle: usize,
    /// Workers that run a request beyond its first slice.
    long: usize,
    /// The usage of the client that was served last: no queued client has used less.
    served: Duration,
    /// Clients with requests that are queued or running, and those that had some.
    clients: HashMap<IpAddr, Client>,
    waiting: Vec<QueuedRequest>,
    paused: usize,
    /// How many requests have arrived so far.
    arrivals: u64,
}

/// The usage of a client.
#[derive(Debug, Clone, Copy, Default)]
struct Client {
    /// What the client's time on the workers has cost. It starts at the usage of the client served
    /// last.
    usage: Duration,
    /// How many of its requests are running.
    running: u32,
    /// How many of its requests are queued.
    waiting: usize,
}

impl Client {
    fn is_active(&self) -> bool {
        self.running > 0 || self.waiting > 0
    }

    /// Its usage, including the current slice of each running request.
    fn projected_usage(&self) -> Duration {
        self.usage + SLICE * self.running
    }
}

/// A queued request.
#[derive(Debug)]
struct QueuedRequest {
    arrival: u64,
    client: IpAddr,
    /// How long it has run so far.
    worked: Duration,
    wake: oneshot::Sender<WorkerPermit>,
}

impl QueuedRequest {
    /// Whether its first slice is over.
    fn is_long(&self) -> bool {
        !self.worked.is_zero()
    }
}

/// The order of queued requests: the least goes first.
type Rank = (Duration, Duration, u64);

impl QueueState {
    /// Whether one more worker may continue a request after its first slice.
    fn has_room_for_long(&self) -> bool {
        self.workers == 1 || self.long + 1 < self.workers
    }

    fn rank(&self, waiting: &QueuedRequest) -> Rank {
        let projected_usage = self.clients.get(&waiting.client).map_or(Duration::ZERO, Client::projected_usage);
        (projected_usage, waiting.worked, waiting.arrival)
    }

    fn client(&mut self, address: IpAddr) -> &mut Client {
        let usage = self.served;
        self.clients.entry(address).or_insert(Client { usage, ..Client::default() })
    }

    /// Queues a request; returns its arrival number.
    fn enqueue(&mut self, client: IpAddr, worked: Duration, wake: oneshot::Sender<WorkerPermit>) -> u64 {
        let arrival = self.arrivals;
        self.arrivals += 1;
        let served = self.served;
        let client_usage = self.client(client);
        client_usage.waiting += 1;
        // A client that was idle for a while has no credit.
        client_usage.usage = client_usage.usage.max(served);
        self.waiting.push(QueuedRequest { arrival, client, worked, wake });
        arrival
    }

    /// Removes a request from the queue.
    fn remove(&mut self, at: usize) -> QueuedRequest {
        let waiting = self.waiting.swap_remove(at);
        self.client(waiting.client).waiting -= 1;
        waiting
    }

    /// Charges a client for a worker that becomes idle.
    fn release(&mut self, address: IpAddr, cost: Duration) {
        self.idle += 1;
        let client = self.client(address);
        client.running = client.running.saturating_sub(1);
        client.usage += cost;
        if self.clients.len() > MAX_CLIENTS {
            let served = self.served;
            self.clients.retain(|_, client| client.is_active() || client.usage > served);
        }
        if self.clients.len() > MAX_CLIENTS {
            self.clients.retain(|_, client| client.is_active());
        }
    }

    /// The next request to run, if a worker is idle.
    fn next(&mut self) -> Option<QueuedRequest> {
        if self.idle == 0 {
            return None;
        }
        let has_room = self.has_room_for_long();
        let may_go = self.waiting.iter().enumerate().filter(|(_, waiting)| has_room || !waiting.is_long());
        let (at, _) = may_go.min_by_key(|(_, waiting)| self.rank(waiting))?;
        let waiting = self.remove(at);
        self.idle -= 1;
        self.long += usize::from(waiting.is_long());
        let client = self.client(waiting.client);
        client.running += 1;
        let usage = client.usage;
        self.served = self.served.max(usage);
        Some(waiting)
    }

    /// Makes room in a full queue: removes the last request of the client with the most queued
    /// requests, if that client has more than the newcomer would have.
    fn make_room(&mut self, newcomer: IpAddr) -> Result<QueuedRequest, Full> {
        let own = self.clients.get(&newcomer).map_or(0, |client| client.waiting) + 1;
        let most = self.waiting.iter().map(|waiting| waiting.client);
        let most = most.max_by_key(|address| self.clients.get(address).map_or(0, |client| client.waiting));
        let most = most.ok_or(Full)?;
        if self.clients.get(&most).map_or(0, |client| client.waiting) <= own {
            return Err(Full);
        }
        // A request that has run is not dropped.
        let is_new = |waiting: &QueuedRequest| waiting.client == most && waiting.worked.is_zero();
        let new = self.waiting.iter().enumerate().filter(|(_, waiting)| is_new(waiting));
        let (last, _) = new.max_by_key(|(_, waiting)| waiting.arrival).ok_or(Full)?;
        Ok(self.remove(last))
    }
}

impl WorkerQueue {
    /// A queue for so many workers, in which so many requests may wait.
    pub(crate) fn new(workers: usize, max_waiting: usize) -> WorkerQueue {
        let state = QueueState {
            workers,
            idle: workers,
            long: 0,
            served: Duration::ZERO,
            clients: HashMap::new(),
            waiting: Vec::new(),
            paused: 0,
            arrivals: 0,
        };
        WorkerQueue { max_waiting, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, QueueState> {
        // Held for a few comparisons; no code in the critical section panics half-way through a
        // change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a worker. Dropping the future removes the request from the queue.
    pub(crate) async fn acquire(self: &Arc<WorkerQueue>, client: IpAddr) -> Result<WorkerPermit, Full> {
        let (wake, woken) = oneshot::channel();
        let (arrival, dropped) = {
            let mut state = self.state();
            let new = state.waiting.len().saturating_sub(state.paused);
            let is_full = new >= self.max_waiting.saturating_add(state.idle);
            let dropped = if is_full { Some(state.make_room(client)?) } else { None };
            (state.enqueue(client, Duration::ZERO, wake), dropped)
        };
        drop(dropped);
        let _dequeue = DequeueOnDrop { queue: self, arrival };
        self.assign();
        woken.await.map_err(|_| Full)
    }

    /// Assigns idle workers to queued requests.
    fn assign(self: &Arc<WorkerQueue>) {
        loop {
            let Some(waiting) = self.state().next() else { return };
            let is_long = waiting.is_long();
            let QueuedRequest { client, worked, wake, .. } = waiting;
            let permit = WorkerPermit { queue: Arc::clone(self), client, worked, is_long, since: Instant::now() };
            // If the request is gone, its permit is dropped here, outside the lock, which frees the
            // worker.
            drop(wake.send(permit));
        }
    }

    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.state().waiting.len()
    }

    #[cfg(test)]
    pub(crate) fn idle(&self) -> usize {
        self.state().idle
    }
}

/// Removes a request from the queue when it is dropped, if it is still queued.
struct DequeueOnDrop<'l> {
    queue: &'l WorkerQueue,
    arrival: u64,
}

impl Drop for DequeueOnDrop<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        if let Some(at) = state.waiting.iter().position(|waiting| waiting.arrival == self.arrival) {
            let left = state.remove(at);
            drop(state);
            drop(left);
        }
    }
}

/// A worker assigned to a request; dropping it frees the worker.
#[derive(Debug)]
pub(crate) struct WorkerPermit {
    queue: Arc<WorkerQueue>,
    client: IpAddr,
    /// How long the request had run before.
    worked: Duration,
    /// Whether it counts among the requests after their first slice.
    is_long: bool,
    since: Instant,
}

/// A request that gave its worker away and is queued again.
#[derive(Debug)]
pub(crate) struct Paused {
    queue: Arc<WorkerQueue>,
    arrival: u64,
    woken: oneshot::Receiver<WorkerPermit>,
}

impl WorkerPermit {
    /// Whether the current slice is over.
    pub(crate) fn is_slice_over(&self) -> bool {
        self.since.elapsed() >= SLICE
    }

    /// Gives the worker to the request that should go first, if there is one, and queues this
    /// request again. Otherwise a new slice begins.
    pub(crate) fn yield_worker(mut self) -> Result<WorkerPermit, Paused> {
        let queue = Arc::clone(&self.queue);
        let mut state = queue.state();
        let slice = self.since.elapsed();
        let client = state.client(self.client);
        client.usage += cost(self.worked, slice);
        self.worked += slice;
        self.since = Instant::now();
        // Compare with the queued requests as if this one were queued too.
        client.running = client.running.saturating_sub(1);
        let own = (client.projected_usage(), self.worked, u64::MAX);
        state.long -= usize::from(self.is_long);
        self.is_long = false;
        let is_first = || !state.waiting.iter().any(|waiting| state.rank(waiting) < own);
        let continues = state.paused >= MAX_PAUSED || (state.has_room_for_long() && is_first());
        state.client(self.client).running += 1;
        if continues {
            state.long += 1;
            self.is_long = true;
            return Ok(self);
        }
        let (wake, woken) = oneshot::channel();
        state.paused += 1;
        let arrival = state.enqueue(self.client, self.worked, wake);
        drop(state);
        let paused = Paused { queue, arrival, woken };
        drop(self);
        Err(paused)
    }
}

impl Drop for WorkerPermit {
    fn drop(&mut self) {
        {
            let mut state = self.queue.state();
            state.long -= usize::from(self.is_long);
            state.release(self.client, cost(self.worked, self.since.elapsed()));
        }
        self.queue.assign();
    }
}

impl Paused {
    /// Waits for a worker again; `None` where there will be none.
    pub(crate) async fn resumed(mut self) -> Option<WorkerPermit> {
        (&mut self.woken).await.ok()
    }
}

impl Drop for Paused {
    fn drop(&mut self) {
        self.queue.state().paused -= 1;
        drop(DequeueOnDrop { queue: &self.queue, arrival: self.arrival });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, number])
    }

    fn in_runtime<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    /// Queues a request; it is queued when this returns.
    async fn enqueue(queue: &Arc<WorkerQueue>, number: u8) -> tokio::task::JoinHandle<Result<WorkerPermit, Full>> {
        let queue = Arc::clone(queue);
        let enqueued = tokio::spawn(async move { queue.acquire(client(number)).await });
        tokio::task::yield_now().await;
        enqueued
    }

    /// The order in which queued requests get the only worker.
    async fn order(
        queue: &Arc<WorkerQueue>,
        held: WorkerPermit,
        waiting: Vec<(u8, tokio::task::JoinHandle<Result<WorkerPermit, Full>>)>,
    ) -> Vec<u8> {
        drop(held);
        let mut waiting = waiting;
        let mut order = Vec::new();
        while !waiting.is_empty() {
            tokio::task::yield_now().await;
            let Some(at) = waiting.iter().position(|(_, enqueued)| enqueued.is_finished()) else { continue };
            let (number, enqueued) = waiting.remove(at);
            order.push(number);
            drop(enqueued.await.unwrap().unwrap());
        }
        assert_eq!((queue.waiting(), queue.idle()), (0, 1));
        order
    }

    #[test]
    fn the_client_with_the_least_usage_goes_first_however_many_requests_another_sends() {
        in_runtime(async {
            let queue = Arc::new(WorkerQueue::new(1, 100));
            let held = queue.acquire(client(1)).await.unwrap();
            let mut waiting = Vec::new();
            for number in [1, 1, 1, 2, 1, 3] {
                waiting.push((number, enqueue(&queue, number).await));
            }
            std::thread::sleep(SLICE);
            assert_eq!(order(&queue, held, waiting).await, [2, 3, 1, 1, 1, 1]);
        });
    }

    #[test]
    fn an_idle_client_gains_no_credit() {
        in_runtime(async {
            let queue = Arc::new(WorkerQueue::new(1, 100));
            for _ in 0..3 {
                let permit = queue.acquire(client(1)).await.unwrap();
                std::thread::sleep(SLICE);
                drop(permit);
            }
            // The second client comes later, and does not go before the first for twelve slices.
            let held = queue.acquire(client(1)).await.unwrap();
            drop(held);
            let usage = |number| queue.state().client(client(number)).usage;
            assert!(usage(2) + SLICE * 2 >= usage(1), "{:?} {:?}", usage(2), usage(1));
        });
    }

    #[test]
    fn a_long_search_costs_its_client_more_than_its_time() {
        let search = |slices: u32| (0..slices).map(|before| cost(SLICE * before, SLICE)).sum::<Duration>();
        assert_eq!([search(1), search(2), search(4)], [SLICE, SLICE * 3, SLICE * 10]);
        assert_eq!(cost(Duration::from_secs(10), SLICE), SLICE * 8);
    }

    #[test]
    fn long_work_yields_between_slices_to_work_of_the_same_client() {
        in_runtime(async {
            let queue = Arc::new(WorkerQueue::new(1, 100));
            let long = queue.acquire(client(1)).await.unwrap();
            let long = long.yield_worker().expect("nobody waits");
            let short = enqueue(&queue, 1).await;
            std::thread::sleep(SLICE);
            assert!(long.is_slice_over());
            let paused = long.yield_worker().expect_err("the request that has run less goes first");
            let short = short.await.unwrap().unwrap();
            assert_eq!((queue.waiting(), queue.idle()), (1, 0));
            drop(short);
            let long = paused.resumed().await.unwrap();
            assert!(long.worked >= SLICE);
        });
    }

    #[test]
    fn one_worker_never_continues_long_work() {
        in_runtime(async {
            let queue = Arc::new(WorkerQueue::new(2, 100));
            let first = queue.acquire(client(1)).await.unwrap().yield_worker().expect("one of two may continue");
            let second = queue.acquire(client(2)).await.unwrap().yield_worker().expect_err("the other may not");
            assert_eq!((queue.waiting(), queue.idle()), (1, 1));
            let new = enqueue(&queue, 1).await.await.unwrap().unwrap();
            drop(new);
            assert_eq!((queue.waiting(), queue.idle()), (1, 1), "the idle worker does not continue long work");
            drop(first);
            let second = second.resumed().await.unwrap();
            assert_eq!((queue.waiting(), queue.idle()), (0, 1));
            drop(second);
            let long = queue.state().long;
            assert_eq!((long, queue.idle()), (0, 2));
        });
    }

    #[test]
    fn a_cancelled_request_is_not_run_and_frees_its_worker() {
        in_runtime(async {
            let queue = Arc::new(WorkerQueue::new(1, 100));
            let held = queue.acquire(client(1)).await.unwrap();
            let gone = enqueue(&queue, 2).await;
            gone.abort();
            tokio::task::yield_now().await;
            assert_eq!(queue.waiting(), 0);
            let late = enqueue(&queue, 2).await;
            drop(held); // the worker is already assigned
            late.abort();
            assert!(late.await.is_err());
            assert_eq!((queue.waiting(), queue.idle()), (0, 1));
        });
    }

    #[test]
    fn a_full_queue_has_room_for_a_client_without_requests() {
        in_runtime(async {
            let queue = Arc::new(WorkerQueue::new(1, 2));
            let held = queue.acquire(client(1)).await.unwrap();
            let (first, last) = (enqueue(&queue, 1).await, enqueue(&queue, 1).await);
            assert_eq!(queue.acquire(client(1)).await.unwrap_err(), Full);
            let other = enqueue(&queue, 2).await;
            assert_eq!(last.await.unwrap().unwrap_err(), Full, "the last request of the client with the most");
            assert_eq!(queue.acquire(client(3)).await.unwrap_err(), Full, "nobody has more than one now");
            assert_eq!(order(&queue, held, vec![(1, first), (2, other)]).await.len(), 2);
        });
    }
}
