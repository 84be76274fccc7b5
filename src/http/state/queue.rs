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

/// What is known of a client.
#[derive(Debug, Clone, Copy, Default)]
struct Client {
    /// What the workers' time that it has had cost, counted from what others had when it came.
    had: Duration,
    /// How many of its requests are worked on.
    working: u32,
    /// How many of its requests are in line.
    waiting: usize,
}

impl Client {
    fn is_here(&self) -> bool {
        self.working > 0 || self.waiting > 0
    }

    /// What it has had, with what it is surely having.
    fn share(&self) -> Duration {
        self.had + SLICE * self.working
    }
}

/// A request in line.
#[derive(Debug)]
struct QueuedRequest {
    arrival: u64,
    client: IpAddr,
    /// How long it has worked so far.
    worked: Duration,
    wake: oneshot::Sender<WorkerPermit>,
}

impl QueuedRequest {
    /// Whether its first slice is over.
    fn is_long(&self) -> bool {
        !self.worked.is_zero()
    }
}

/// The order of those in line: the least goes first.
type Rank = (Duration, Duration, u64);

impl QueueState {
    /// Whether one more worker may go on with a request behind its first slice.
    fn has_room_for_long(&self) -> bool {
        self.workers == 1 || self.long + 1 < self.workers
    }

    fn rank(&self, waiting: &QueuedRequest) -> Rank {
        let share = self.clients.get(&waiting.client).map_or(Duration::ZERO, Client::share);
        (share, waiting.worked, waiting.arrival)
    }

    fn client(&mut self, address: IpAddr) -> &mut Client {
        let had = self.served;
        self.clients.entry(address).or_insert(Client { had, ..Client::default() })
    }

    /// Puts a request in line; its number.
    fn line_up(&mut self, client: IpAddr, worked: Duration, wake: oneshot::Sender<WorkerPermit>) -> u64 {
        let arrival = self.arrivals;
        self.arrivals += 1;
        let served = self.served;
        let of_client = self.client(client);
        of_client.waiting += 1;
        // Who has asked for nothing for a while has saved nothing up.
        of_client.had = of_client.had.max(served);
        self.waiting.push(QueuedRequest { arrival, client, worked, wake });
        arrival
    }

    /// Takes a request out of the line.
    fn remove(&mut self, at: usize) -> QueuedRequest {
        let waiting = self.waiting.swap_remove(at);
        self.client(waiting.client).waiting -= 1;
        waiting
    }

    /// Notes what a worker's time has cost a client, which gives it back.
    fn give_back(&mut self, address: IpAddr, cost: Duration) {
        self.idle += 1;
        let client = self.client(address);
        client.working = client.working.saturating_sub(1);
        client.had += cost;
        if self.clients.len() > MAX_CLIENTS {
            let served = self.served;
            self.clients.retain(|_, client| client.is_here() || client.had > served);
        }
        if self.clients.len() > MAX_CLIENTS {
            self.clients.retain(|_, client| client.is_here());
        }
    }

    /// The request that is worked on next, if there is a worker for it.
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
        client.working += 1;
        let had = client.had;
        self.served = self.served.max(had);
        Some(waiting)
    }

    /// Makes room for a request of a client in a line that is full: the last one goes of a client
    /// who has more in it than this one would have.
    fn make_room(&mut self, newcomer: IpAddr) -> Result<QueuedRequest, Full> {
        let own = self.clients.get(&newcomer).map_or(0, |client| client.waiting) + 1;
        let most = self.waiting.iter().map(|waiting| waiting.client);
        let most = most.max_by_key(|address| self.clients.get(address).map_or(0, |client| client.waiting));
        let most = most.ok_or(Full)?;
        if self.clients.get(&most).map_or(0, |client| client.waiting) <= own {
            return Err(Full);
        }
        // What has been worked on is not thrown away.
        let is_new = |waiting: &QueuedRequest| waiting.client == most && waiting.worked.is_zero();
        let new = self.waiting.iter().enumerate().filter(|(_, waiting)| is_new(waiting));
        let (last, _) = new.max_by_key(|(_, waiting)| waiting.arrival).ok_or(Full)?;
        Ok(self.remove(last))
    }
}

impl WorkerQueue {
    /// A line before so many workers, in which so many requests may wait.
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
        // Held for a few comparisons; nothing in there panics half-way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a worker. Whoever stops waiting leaves the line.
    pub(crate) async fn place(self: &Arc<WorkerQueue>, client: IpAddr) -> Result<WorkerPermit, Full> {
        let (wake, woken) = oneshot::channel();
        let (arrival, left_out) = {
            let mut state = self.state();
            let new = state.waiting.len().saturating_sub(state.paused);
            let is_full = new >= self.max_waiting.saturating_add(state.idle);
            let left_out = if is_full { Some(state.make_room(client)?) } else { None };
            (state.line_up(client, Duration::ZERO, wake), left_out)
        };
        drop(left_out);
        let _leaving = Leaving { line: self, arrival };
        self.serve();
        woken.await.map_err(|_| Full)
    }

    /// Gives free workers to those in line.
    fn serve(self: &Arc<WorkerQueue>) {
        loop {
            let Some(waiting) = self.state().next() else { return };
            let is_long = waiting.is_long();
            let QueuedRequest { client, worked, wake, .. } = waiting;
            let place = WorkerPermit { line: Arc::clone(self), client, worked, is_long, since: Instant::now() };
            // Who has gone meanwhile gives the worker back: the place is dropped, outside the lock.
            drop(wake.send(place));
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

/// Leaves the line when it is dropped, where it is still in it.
struct Leaving<'l> {
    line: &'l WorkerQueue,
    arrival: u64,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        let mut state = self.line.state();
        if let Some(at) = state.waiting.iter().position(|waiting| waiting.arrival == self.arrival) {
            let left = state.remove(at);
            drop(state);
            drop(left);
        }
    }
}

/// A worker that works for a request; it is given back when this is dropped.
#[derive(Debug)]
pub(crate) struct WorkerPermit {
    line: Arc<WorkerQueue>,
    client: IpAddr,
    /// How long the request had worked before.
    worked: Duration,
    /// Whether it counts among those that go on behind their first slice.
    is_long: bool,
    since: Instant,
}

/// A place given away; its owner is in line again.
#[derive(Debug)]
pub(crate) struct Paused {
    line: Arc<WorkerQueue>,
    arrival: u64,
    woken: oneshot::Receiver<WorkerPermit>,
}

impl WorkerPermit {
    /// Whether the present slice of time is over.
    pub(crate) fn is_slice_over(&self) -> bool {
        self.since.elapsed() >= SLICE
    }

    /// Gives the worker to who should go first, if there is somebody, and lines up again. A new
    /// slice begins otherwise.
    pub(crate) fn give_way(mut self) -> Result<WorkerPermit, Paused> {
        let line = Arc::clone(&self.line);
        let mut state = line.state();
        let slice = self.since.elapsed();
        let client = state.client(self.client);
        client.had += cost(self.worked, slice);
        self.worked += slice;
        self.since = Instant::now();
        // Compared with those in line as if it stood there, too.
        client.working = client.working.saturating_sub(1);
        let own = (client.share(), self.worked, u64::MAX);
        state.long -= usize::from(self.is_long);
        self.is_long = false;
        let is_first = || !state.waiting.iter().any(|waiting| state.rank(waiting) < own);
        let goes_on = state.paused >= MAX_PAUSED || (state.has_room_for_long() && is_first());
        state.client(self.client).working += 1;
        if goes_on {
            state.long += 1;
            self.is_long = true;
            return Ok(self);
        }
        let (wake, woken) = oneshot::channel();
        state.paused += 1;
        let arrival = state.line_up(self.client, self.worked, wake);
        drop(state);
        let paused = Paused { line, arrival, woken };
        drop(self);
        Err(paused)
    }
}

impl Drop for WorkerPermit {
    fn drop(&mut self) {
        {
            let mut state = self.line.state();
            state.long -= usize::from(self.is_long);
            state.give_back(self.client, cost(self.worked, self.since.elapsed()));
        }
        self.line.serve();
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
        self.line.state().paused -= 1;
        drop(Leaving { line: &self.line, arrival: self.arrival });
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

    /// Lines up, and has done so when this returns.
    async fn line_up(line: &Arc<WorkerQueue>, number: u8) -> tokio::task::JoinHandle<Result<WorkerPermit, Full>> {
        let line = Arc::clone(line);
        let lined_up = tokio::spawn(async move { line.place(client(number)).await });
        tokio::task::yield_now().await;
        lined_up
    }

    /// Who goes first of those that wait for one worker.
    async fn order(
        line: &Arc<WorkerQueue>,
        held: WorkerPermit,
        waiting: Vec<(u8, tokio::task::JoinHandle<Result<WorkerPermit, Full>>)>,
    ) -> Vec<u8> {
        drop(held);
        let mut waiting = waiting;
        let mut order = Vec::new();
        while !waiting.is_empty() {
            tokio::task::yield_now().await;
            let Some(at) = waiting.iter().position(|(_, lined_up)| lined_up.is_finished()) else { continue };
            let (number, lined_up) = waiting.remove(at);
            order.push(number);
            drop(lined_up.await.unwrap().unwrap());
        }
        assert_eq!((line.waiting(), line.idle()), (0, 1));
        order
    }

    #[test]
    fn who_has_had_least_goes_first_however_many_another_client_sends() {
        in_runtime(async {
            let line = Arc::new(WorkerQueue::new(1, 100));
            let held = line.place(client(1)).await.unwrap();
            let mut waiting = Vec::new();
            for number in [1, 1, 1, 2, 1, 3] {
                waiting.push((number, line_up(&line, number).await));
            }
            std::thread::sleep(SLICE);
            assert_eq!(order(&line, held, waiting).await, [2, 3, 1, 1, 1, 1]);
        });
    }

    #[test]
    fn who_has_asked_for_nothing_has_saved_nothing_up() {
        in_runtime(async {
            let line = Arc::new(WorkerQueue::new(1, 100));
            for _ in 0..3 {
                let place = line.place(client(1)).await.unwrap();
                std::thread::sleep(SLICE);
                drop(place);
            }
            // The second client comes later, and does not stand before the first for twelve slices.
            let held = line.place(client(1)).await.unwrap();
            drop(held);
            let had = |number| line.state().client(client(number)).had;
            assert!(had(2) + SLICE * 2 >= had(1), "{:?} {:?}", had(2), had(1));
        });
    }

    #[test]
    fn a_long_search_costs_its_client_more_than_its_time() {
        let search = |slices: u32| (0..slices).map(|before| cost(SLICE * before, SLICE)).sum::<Duration>();
        assert_eq!([search(1), search(2), search(4)], [SLICE, SLICE * 3, SLICE * 10]);
        assert_eq!(cost(Duration::from_secs(10), SLICE), SLICE * 8);
    }

    #[test]
    fn long_work_gives_way_between_slices_to_work_of_the_same_client() {
        in_runtime(async {
            let line = Arc::new(WorkerQueue::new(1, 100));
            let long = line.place(client(1)).await.unwrap();
            let long = long.give_way().expect("nobody waits");
            let short = line_up(&line, 1).await;
            std::thread::sleep(SLICE);
            assert!(long.is_slice_over());
            let paused = long.give_way().expect_err("what has worked less goes first");
            let short = short.await.unwrap().unwrap();
            assert_eq!((line.waiting(), line.idle()), (1, 0));
            drop(short);
            let long = paused.resumed().await.unwrap();
            assert!(long.worked >= SLICE);
        });
    }

    #[test]
    fn one_worker_never_goes_on_with_long_work_so_that_it_is_free_for_new_work() {
        in_runtime(async {
            let line = Arc::new(WorkerQueue::new(2, 100));
            let first = line.place(client(1)).await.unwrap().give_way().expect("one of two may go on");
            let second = line.place(client(2)).await.unwrap().give_way().expect_err("the other may not");
            assert_eq!((line.waiting(), line.idle()), (1, 1));
            let new = line_up(&line, 1).await.await.unwrap().unwrap();
            drop(new);
            assert_eq!((line.waiting(), line.idle()), (1, 1), "it is not for what was begun");
            drop(first);
            let second = second.resumed().await.unwrap();
            assert_eq!((line.waiting(), line.idle()), (0, 1));
            drop(second);
            let long = line.state().long;
            assert_eq!((long, line.idle()), (0, 2));
        });
    }

    #[test]
    fn who_leaves_is_not_served_and_a_worker_for_somebody_gone_is_given_back() {
        in_runtime(async {
            let line = Arc::new(WorkerQueue::new(1, 100));
            let held = line.place(client(1)).await.unwrap();
            let gone = line_up(&line, 2).await;
            gone.abort();
            tokio::task::yield_now().await;
            assert_eq!(line.waiting(), 0);
            let late = line_up(&line, 2).await;
            drop(held); // the worker is on its way
            late.abort();
            assert!(late.await.is_err());
            assert_eq!((line.waiting(), line.idle()), (0, 1));
        });
    }

    #[test]
    fn a_full_line_has_room_for_a_client_who_is_not_in_it() {
        in_runtime(async {
            let line = Arc::new(WorkerQueue::new(1, 2));
            let held = line.place(client(1)).await.unwrap();
            let (first, last) = (line_up(&line, 1).await, line_up(&line, 1).await);
            assert_eq!(line.place(client(1)).await.unwrap_err(), Full);
            let other = line_up(&line, 2).await;
            assert_eq!(last.await.unwrap().unwrap_err(), Full, "the last of who had most in line");
            assert_eq!(line.place(client(3)).await.unwrap_err(), Full, "nobody has more than one now");
            assert_eq!(order(&line, held, vec![(1, first), (2, other)]).await.len(), 2);
        });
    }
}
