//! Limits the number of connections and chooses which one is closed for a new one.
//!
//! A connection keeps its permit while a response is due. A connection that waits for its client
//! (for a request, the rest of one, or to read a response) may be closed, because the client can
//! connect again. So idle connections never keep new clients out.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// The share of all connections that one client may hold, as a divisor.
const SHARES: usize = 4;
/// The number of connections that a client may always hold, however low the limit is.
const LEAST_SHARE: usize = 8;
/// A connection that has waited for less is closed last: its client may be sending right now.
const FRESH: Duration = Duration::from_millis(500);

/// The open connections and their limit.
#[derive(Debug)]
pub(crate) struct ConnectionLimit {
    max: usize,
    share: usize,
    open: Mutex<OpenConnections>,
}

#[derive(Debug, Default)]
struct OpenConnections {
    next: u64,
    connections: HashMap<u64, Arc<Connection>>,
}

impl ConnectionLimit {
    /// A limit of `most` connections.
    pub(crate) fn new(max: usize) -> Arc<ConnectionLimit> {
        Arc::new(ConnectionLimit { max, share: (max / SHARES).max(LEAST_SHARE), open: Mutex::default() })
    }

    /// Registers a connection, for which [`ConnectionLimit::make_room`] made room. `client` is
    /// `None` behind a proxy, which sends the requests of others.
    pub(crate) fn register(self: &Arc<Self>, client: Option<IpAddr>) -> ConnectionPermit {
        // Enforce the share before registering, so that the new connection cannot be the evicted
        // one.
        if let Some(client) = client {
            self.enforce_share(client, 1);
        }
        let connection = Arc::new(Connection::new(client, Instant::now()));
        let mut open = self.lock();
        let number = open.next;
        open.next += 1;
        open.connections.insert(number, connection.clone());
        ConnectionPermit { limit: self.clone(), number, connection }
    }

    /// Makes room for one more connection by evicting others. `false` where that is impossible
    /// because a response is due on all of them.
    pub(crate) fn make_room(&self) -> bool {
        let open = self.lock();
        let staying = open.connections.values().filter(|connection| !connection.lock().is_evicted).count();
        (self.max..=staying).all(|_| open.evict(Instant::now(), |_| true))
    }

    /// Evicts one connection whether or not the limit is reached, because another resource ran out.
    pub(crate) fn evict_one(&self) -> bool {
        self.lock().evict(Instant::now(), |_| true)
    }

    /// Evicts connections of a client that, with `more` new ones, holds more than its share.
    fn enforce_share(&self, client: IpAddr, more: usize) {
        let open = self.lock();
        let belongs_to_client = |connection: &Connection| {
            let state = connection.lock();
            !state.is_evicted && state.client == Some(client)
        };
        let count = open.connections.values().filter(|connection| belongs_to_client(connection)).count();
        for _ in self.share..count + more {
            if !open.evict(Instant::now(), |state| state.client == Some(client)) {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, OpenConnections> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenConnections {
    /// Evicts one of the connections that wait for their clients. Connections of the clients that
    /// hold the most go first, then those that never had a response, then those that have waited
    /// longest.
    fn evict(&self, now: Instant, is_candidate: impl Fn(&ConnectionState) -> bool) -> bool {
        let mut counts: HashMap<IpAddr, usize> = HashMap::new();
        for connection in self.connections.values() {
            if let Some(client) = connection.lock().client {
                *counts.entry(client).or_default() += 1;
            }
        }
        let rank = |connection: &Connection| {
            let state = connection.lock();
            let since = state.waiting_since().filter(|_| !state.is_evicted && is_candidate(&state))?;
            let count = state.client.and_then(|client| counts.get(&client)).copied().unwrap_or(1);
            let is_fresh = now.saturating_duration_since(since) < FRESH;
            // Similar counts are equal: only their logarithm is compared.
            Some((is_fresh, Reverse(count.max(1).ilog2()), state.is_answered && !is_fresh, since))
        };
        let ranked = self.connections.values().filter_map(|connection| Some((rank(connection)?, connection)));
        let Some((_, first)) = ranked.min_by_key(|(rank, _)| *rank) else { return false };
        first.lock().is_evicted = true;
        first.eviction.notify_one();
        true
    }
}

/// The permit of a connection; dropping it removes the connection from the limit.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    limit: Arc<ConnectionLimit>,
    number: u64,
    connection: Arc<Connection>,
}

impl ConnectionPermit {
    /// The connection that holds the permit.
    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Sets the client whose request a proxy sends next.
    pub(crate) fn set_client(&self, client: IpAddr) {
        self.connection.lock().client = Some(client);
        self.limit.enforce_share(client, 0);
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.limit.lock().connections.remove(&self.number);
    }
}

/// How long a connection may wait for its client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For a request, or for the client to read on.
    pub(crate) idle: Duration,
    /// For the rest of an incomplete head.
    pub(crate) head: Duration,
}

/// The state of a connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The client, where the peer is no proxy.
    peer: Option<IpAddr>,
    state: Mutex<ConnectionState>,
    /// Notified when the connection is evicted.
    eviction: Notify,
}

#[derive(Debug)]
struct ConnectionState {
    client: Option<IpAddr>,
    phase: Phase,
    since: Instant,
    /// Since when the connection waits for more of a request's body.
    body_since: Option<Instant>,
    /// Since when the client has read nothing of the response.
    unread_since: Option<Instant>,
    is_answered: bool,
    is_evicted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No part of a request has arrived.
    Idle,
    /// A request's head is incomplete.
    Head,
    /// A response is due.
    Responding,
}

impl ConnectionState {
    /// Since when the connection waits for its client; `None` while the server has to act.
    fn waiting_since(&self) -> Option<Instant> {
        let phase_start = match self.phase {
            Phase::Idle | Phase::Head => Some(self.since),
            Phase::Responding => self.body_since,
        };
        self.unread_since.or(phase_start)
    }

    fn enter(&mut self, phase: Phase) {
        (self.phase, self.since, self.body_since) = (phase, Instant::now(), None);
    }
}

impl Connection {
    fn new(client: Option<IpAddr>, now: Instant) -> Connection {
        let state = ConnectionState {
            client,
            phase: Phase::Idle,
            since: now,
            body_since: None,
            unread_since: None,
            is_answered: false,
            is_evicted: false,
        };
        Connection { peer: client, state: Mutex::new(state), eviction: Notify::new() }
    }

    /// Completes when the connection is evicted.
    pub(crate) async fn evicted(&self) {
        self.eviction.notified().await;
    }

    /// Data has arrived.
    pub(crate) fn received(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Idle {
            state.enter(Phase::Head);
        }
    }

    /// A request's head is complete.
    pub(crate) fn head_received(&self) {
        self.lock().enter(Phase::Responding);
    }

    /// Notes whether the connection waits for more of a request's body.
    pub(crate) fn set_awaiting_body(&self, is_waiting: bool) {
        let mut state = self.lock();
        state.body_since = if is_waiting { state.body_since.or_else(|| Some(Instant::now())) } else { None };
    }

    /// Notes whether the client reads what is sent.
    pub(crate) fn set_write_progress(&self, is_progressing: bool) {
        let mut state = self.lock();
        state.unread_since = if is_progressing { None } else { state.unread_since.or_else(|| Some(Instant::now())) };
    }

    /// The response is complete, except for data in send buffers.
    pub(crate) fn answered(&self) {
        let mut state = self.lock();
        state.enter(Phase::Idle);
        (state.is_answered, state.client) = (true, self.peer);
    }

    /// Whether a request's head is incomplete.
    pub(crate) fn is_in_head(&self) -> bool {
        self.lock().phase == Phase::Head
    }

    /// Until when the connection waits for its client; `None` while it does not, or while another
    /// timeout applies: [`limit_time`](crate::http::middleware::timeouts::limit_time) limits a
    /// request with its body.
    pub(crate) fn deadline(&self, patience: Patience) -> Option<Instant> {
        let state = self.lock();
        let phase_start = match state.phase {
            Phase::Idle => Some(state.since + patience.idle),
            Phase::Head => Some(state.since + patience.head),
            Phase::Responding => None,
        };
        state.unread_since.map(|since| since + patience.idle).or(phase_start)
    }

    fn lock(&self) -> MutexGuard<'_, ConnectionState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, number]))
    }

    fn waited(permit: &ConnectionPermit, ms: u64) {
        let connection = permit.connection();
        connection.lock().since -= Duration::from_millis(ms);
    }

    fn evicted_indexes(permits: &[ConnectionPermit]) -> Vec<usize> {
        (0..permits.len()).filter(|index| permits[*index].connection().lock().is_evicted).collect()
    }

    /// A table with connections of these clients, each of which has waited longer than the next.
    fn limit(clients: &[Option<IpAddr>]) -> (Arc<ConnectionLimit>, Vec<ConnectionPermit>) {
        let limit = ConnectionLimit::new(clients.len());
        let permits: Vec<ConnectionPermit> = clients.iter().map(|client| limit.register(*client)).collect();
        for (permit, rest) in permits.iter().zip((1..=clients.len()).rev()) {
            waited(permit, 1_000 * rest as u64);
        }
        (limit, permits)
    }

    #[test]
    fn the_connection_that_waited_longest_is_evicted() {
        let (limit, permits) = limit(&[client(1), client(2), client(3)]);
        permits[0].connection().head_received();
        assert!(limit.make_room());
        assert_eq!(evicted_indexes(&permits), [1], "the first is being answered");
        assert!(limit.make_room(), "an evicted connection is not counted");
        assert_eq!(evicted_indexes(&permits), [1]);
    }

    #[test]
    fn nothing_is_evicted_while_responses_are_due_on_all() {
        let (limit, permits) = limit(&[client(1), client(2)]);
        permits.iter().for_each(|permit| permit.connection().head_received());
        assert!(!limit.make_room() && evicted_indexes(&permits).is_empty());
        permits[1].connection().set_awaiting_body(true);
        assert!(limit.make_room());
        assert_eq!(evicted_indexes(&permits), [1], "a body that does not come");
        permits[0].connection().set_write_progress(false);
        assert!(limit.evict_one());
        assert_eq!(evicted_indexes(&permits), [0, 1], "an answer that is not read");
    }

    #[test]
    fn a_connection_without_any_response_is_evicted_first() {
        let (limit, permits) = limit(&[client(1), client(2)]);
        permits[0].connection().answered();
        waited(&permits[0], 9_000);
        assert!(limit.make_room());
        assert_eq!(evicted_indexes(&permits), [1]);
    }

    #[test]
    fn connections_of_a_client_with_many_go_first_and_fresh_ones_last() {
        let (limit, permits) = limit(&[client(1), client(2), client(2), client(2), client(2), None, None, None]);
        waited(&permits[4], 9_000);
        permits[1].connection().lock().since = Instant::now();
        assert!(limit.make_room());
        assert_eq!(evicted_indexes(&permits), [4]);
        for _ in 0..2 {
            limit.evict_one();
        }
        assert_eq!(evicted_indexes(&permits), [2, 3, 4]);
        for _ in 0..4 {
            limit.evict_one();
        }
        assert_eq!(evicted_indexes(&permits), [0, 2, 3, 4, 5, 6, 7], "connections of a proxy are clients of their own");
    }

    #[test]
    fn a_client_keeps_to_its_share() {
        let limit = ConnectionLimit::new(100);
        let others: Vec<ConnectionPermit> = (0..50).map(|_| limit.register(None)).collect();
        let permits: Vec<ConnectionPermit> = (0..40).map(|_| limit.register(client(1))).collect();
        assert_eq!(evicted_indexes(&permits).len(), 15, "a quarter of 100 stays");
        for permit in &others {
            permit.connection().head_received();
            permit.set_client(IpAddr::from([192, 0, 2, 9]));
        }
        assert!(evicted_indexes(&others).is_empty(), "all are being answered");
        others.iter().for_each(|permit| permit.connection().set_awaiting_body(true));
        others[0].set_client(IpAddr::from([192, 0, 2, 9]));
        assert_eq!(evicted_indexes(&others).len(), 25, "clients behind a proxy have shares, too");
        drop((others, permits));
        assert!(limit.lock().connections.is_empty());
    }

    #[test]
    fn the_deadline_depends_on_what_is_awaited() {
        let patience = Patience { idle: Duration::from_secs(60), head: Duration::from_secs(10) };
        let limit = ConnectionLimit::new(9);
        let permit = limit.register(client(1));
        let connection = permit.connection();
        let left = || connection.deadline(patience).map(|at| (at - Instant::now()).as_secs_f64().ceil());
        assert_eq!(left(), Some(60.0));
        connection.received();
        waited(&permit, 5_000);
        connection.received();
        assert_eq!(left(), Some(5.0), "a further drop wins no time");
        connection.head_received();
        assert_eq!(left(), None);
        connection.set_write_progress(false);
        assert_eq!(left(), Some(60.0));
        connection.set_write_progress(true);
        connection.answered();
        assert_eq!(left(), Some(60.0));
    }
}
