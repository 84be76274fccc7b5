//! Which connections there is room for, and which one gives way where there is none.
//!
//! A connection is worth its place while an answer is owed on it. One that waits for its client (to
//! ask, to send the rest of a request, to read an answer) can be closed: a client that means it
//! connects again. So newcomers are never shut out by connections on which nothing happens.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// Of how many connections one client may hold one.
const SHARES: usize = 4;
/// What a client may hold however few connections there may be.
const LEAST_SHARE: usize = 8;
/// Who has waited for less is closed after all others: its client may be sending right now.
const FRESH: Duration = Duration::from_millis(500);

/// The open connections.
#[derive(Debug)]
pub(crate) struct Room {
    most: usize,
    share: usize,
    open: Mutex<OpenConnection>,
}

#[derive(Debug, Default)]
struct OpenConnection {
    next: u64,
    connections: HashMap<u64, Arc<Connection>>,
}

impl Room {
    /// Room for so many connections.
    pub(crate) fn new(most: usize) -> Arc<Room> {
        Arc::new(Room { most, share: (most / SHARES).max(LEAST_SHARE), open: Mutex::default() })
    }

    /// Takes a connection in, for which [`Room::make`] made room. `client` is nobody where a proxy
    /// asks for others.
    pub(crate) fn enter(self: &Arc<Self>, client: Option<IpAddr>) -> ConnectionPermit {
        // Before it is one of them, or it might be the one to go.
        if let Some(client) = client {
            self.keep_to_share(client, 1);
        }
        let connection = Arc::new(Connection::new(client, Instant::now()));
        let mut open = self.lock();
        let number = open.next;
        open.next += 1;
        open.connections.insert(number, connection.clone());
        ConnectionPermit { room: self.clone(), number, connection }
    }

    /// Makes room for one more connection: asks others to give way. `false` where there is none, as
    /// all are being answered.
    pub(crate) fn make(&self) -> bool {
        let open = self.lock();
        let staying = open.connections.values().filter(|connection| !connection.lock().gives_way).count();
        (self.most..=staying).all(|_| open.give_way(Instant::now(), |_| true))
    }

    /// Asks one connection to give way, whether or not there is room: something else ran out.
    pub(crate) fn shrink(&self) -> bool {
        self.lock().give_way(Instant::now(), |_| true)
    }

    /// Closes connections of a client that holds more than its share, or would with so many more.
    fn keep_to_share(&self, client: IpAddr, more: usize) {
        let open = self.lock();
        let is_its = |connection: &Connection| {
            let state = connection.lock();
            !state.gives_way && state.client == Some(client)
        };
        let count = open.connections.values().filter(|connection| is_its(connection)).count();
        for _ in self.share..count + more {
            if !open.give_way(Instant::now(), |state| state.client == Some(client)) {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, OpenConnection> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenConnection {
    /// Tells one of the connections that wait for their clients to give way: first of the clients
    /// that hold many, then one that was never answered, then the one that has waited longest.
    fn give_way(&self, now: Instant, is_meant: impl Fn(&RoomState) -> bool) -> bool {
        let mut counts: HashMap<IpAddr, usize> = HashMap::new();
        for connection in self.connections.values() {
            if let Some(client) = connection.lock().client {
                *counts.entry(client).or_default() += 1;
            }
        }
        let rank = |connection: &Connection| {
            let state = connection.lock();
            let since = state.waiting_since().filter(|_| !state.gives_way && is_meant(&state))?;
            let count = state.client.and_then(|client| counts.get(&client)).copied().unwrap_or(1);
            let is_fresh = now.saturating_duration_since(since) < FRESH;
            // Counts that differ little are alike.
            Some((is_fresh, Reverse(count.max(1).ilog2()), state.is_answered && !is_fresh, since))
        };
        let ranked = self.connections.values().filter_map(|connection| Some((rank(connection)?, connection)));
        let Some((_, first)) = ranked.min_by_key(|(rank, _)| *rank) else { return false };
        first.lock().gives_way = true;
        first.give_way.notify_one();
        true
    }
}

/// A connection's place in the room; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    room: Arc<Room>,
    number: u64,
    connection: Arc<Connection>,
}

impl ConnectionPermit {
    /// The connection that has it.
    pub(crate) fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Says for whom a proxy asks next.
    pub(crate) fn asked_by(&self, client: IpAddr) {
        self.connection.lock().client = Some(client);
        self.room.keep_to_share(client, 0);
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        self.room.lock().connections.remove(&self.number);
    }
}

/// How long a connection may wait for its client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// For a request, and for an answer to be read on.
    pub(crate) idle: Duration,
    /// For the rest of a head that has begun.
    pub(crate) head: Duration,
}

/// What is going on on a connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Who asks where no proxy does.
    peer: Option<IpAddr>,
    state: Mutex<RoomState>,
    /// Told when it has to close.
    give_way: Notify,
}

#[derive(Debug)]
struct RoomState {
    client: Option<IpAddr>,
    phase: Phase,
    since: Instant,
    /// Since when more of a request's body is waited for.
    body_since: Option<Instant>,
    /// Since when the client reads nothing of what is sent.
    unread_since: Option<Instant>,
    is_answered: bool,
    gives_way: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing of a request has come.
    Idle,
    /// A request's head has begun.
    Head,
    /// An answer is owed.
    Work,
}

impl RoomState {
    /// Since when it is the client's turn; `None` while it is ours.
    fn waiting_since(&self) -> Option<Instant> {
        let of_phase = match self.phase {
            Phase::Idle | Phase::Head => Some(self.since),
            Phase::Work => self.body_since,
        };
        self.unread_since.or(of_phase)
    }

    fn enter(&mut self, phase: Phase) {
        (self.phase, self.since, self.body_since) = (phase, Instant::now(), None);
    }
}

impl Connection {
    fn new(client: Option<IpAddr>, now: Instant) -> Connection {
        let state = RoomState {
            client,
            phase: Phase::Idle,
            since: now,
            body_since: None,
            unread_since: None,
            is_answered: false,
            gives_way: false,
        };
        Connection { peer: client, state: Mutex::new(state), give_way: Notify::new() }
    }

    /// Completes when the connection has to close for others.
    pub(crate) async fn has_to_go(&self) {
        self.give_way.notified().await;
    }

    /// Something was received.
    pub(crate) fn received(&self) {
        let mut state = self.lock();
        if state.phase == Phase::Idle {
            state.enter(Phase::Head);
        }
    }

    /// A request's head is complete.
    pub(crate) fn asked(&self) {
        self.lock().enter(Phase::Work);
    }

    /// More of a request's body is waited for, or no more.
    pub(crate) fn awaits_body(&self, is_waiting: bool) {
        let mut state = self.lock();
        state.body_since = if is_waiting { state.body_since.or_else(|| Some(Instant::now())) } else { None };
    }

    /// The client takes what is sent, or does not.
    pub(crate) fn sends(&self, is_taken: bool) {
        let mut state = self.lock();
        state.unread_since = if is_taken { None } else { state.unread_since.or_else(|| Some(Instant::now())) };
    }

    /// An answer is complete, but for what is still to be sent of it.
    pub(crate) fn answered(&self) {
        let mut state = self.lock();
        state.enter(Phase::Idle);
        (state.is_answered, state.client) = (true, self.peer);
    }

    /// Whether a request has begun whose head is not complete.
    pub(crate) fn is_in_head(&self) -> bool {
        self.lock().phase == Phase::Head
    }

    /// Until when the client is waited for; `None` while it is not, or while somebody else sees to
    /// it: the time of a request with its body is limited by [`limit_time`](crate::http::middleware::timeouts::limit_time).
    pub(crate) fn deadline(&self, patience: Patience) -> Option<Instant> {
        let state = self.lock();
        let of_phase = match state.phase {
            Phase::Idle => Some(state.since + patience.idle),
            Phase::Head => Some(state.since + patience.head),
            Phase::Work => None,
        };
        state.unread_since.map(|since| since + patience.idle).or(of_phase)
    }

    fn lock(&self) -> MutexGuard<'_, RoomState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, number]))
    }

    fn waited(place: &ConnectionPermit, ms: u64) {
        let connection = place.connection();
        connection.lock().since -= Duration::from_millis(ms);
    }

    fn gone(places: &[ConnectionPermit]) -> Vec<usize> {
        (0..places.len()).filter(|place| places[*place].connection().lock().gives_way).collect()
    }

    /// Fills a room with connections of these clients, each of which waits longer than the next.
    fn room(clients: &[Option<IpAddr>]) -> (Arc<Room>, Vec<ConnectionPermit>) {
        let room = Room::new(clients.len());
        let places: Vec<ConnectionPermit> = clients.iter().map(|client| room.enter(*client)).collect();
        for (place, rest) in places.iter().zip((1..=clients.len()).rev()) {
            waited(place, 1_000 * rest as u64);
        }
        (room, places)
    }

    #[test]
    fn the_oldest_waiting_connection_gives_way() {
        let (room, places) = room(&[client(1), client(2), client(3)]);
        places[0].connection().asked();
        assert!(room.make());
        assert_eq!(gone(&places), [1], "the first is being answered");
        assert!(room.make(), "who gives way is not counted");
        assert_eq!(gone(&places), [1]);
    }

    #[test]
    fn nobody_gives_way_where_all_are_answered() {
        let (room, places) = room(&[client(1), client(2)]);
        places.iter().for_each(|place| place.connection().asked());
        assert!(!room.make() && gone(&places).is_empty());
        places[1].connection().awaits_body(true);
        assert!(room.make());
        assert_eq!(gone(&places), [1], "a body that does not come");
        places[0].connection().sends(false);
        assert!(room.shrink());
        assert_eq!(gone(&places), [0, 1], "an answer that is not read");
    }

    #[test]
    fn who_was_never_answered_gives_way_first() {
        let (room, places) = room(&[client(1), client(2)]);
        places[0].connection().answered();
        waited(&places[0], 9_000);
        assert!(room.make());
        assert_eq!(gone(&places), [1]);
    }

    #[test]
    fn who_holds_many_gives_way_first_and_fresh_ones_last() {
        let (room, places) = room(&[client(1), client(2), client(2), client(2), client(2), None, None, None]);
        waited(&places[4], 9_000);
        places[1].connection().lock().since = Instant::now();
        assert!(room.make());
        assert_eq!(gone(&places), [4]);
        for _ in 0..2 {
            room.shrink();
        }
        assert_eq!(gone(&places), [2, 3, 4]);
        for _ in 0..4 {
            room.shrink();
        }
        assert_eq!(gone(&places), [0, 2, 3, 4, 5, 6, 7], "connections of a proxy are clients of their own");
    }

    #[test]
    fn a_client_keeps_to_its_share() {
        let room = Room::new(100);
        let others: Vec<ConnectionPermit> = (0..50).map(|_| room.enter(None)).collect();
        let places: Vec<ConnectionPermit> = (0..40).map(|_| room.enter(client(1))).collect();
        assert_eq!(gone(&places).len(), 15, "a quarter of 100 stays");
        for place in &others {
            place.connection().asked();
            place.asked_by(IpAddr::from([192, 0, 2, 9]));
        }
        assert!(gone(&others).is_empty(), "all are being answered");
        others.iter().for_each(|place| place.connection().awaits_body(true));
        others[0].asked_by(IpAddr::from([192, 0, 2, 9]));
        assert_eq!(gone(&others).len(), 25, "clients behind a proxy have shares, too");
        drop((others, places));
        assert!(room.lock().connections.is_empty());
    }

    #[test]
    fn deadlines_are_of_what_is_waited_for() {
        let patience = Patience { idle: Duration::from_secs(60), head: Duration::from_secs(10) };
        let room = Room::new(9);
        let place = room.enter(client(1));
        let connection = place.connection();
        let left = || connection.deadline(patience).map(|at| (at - Instant::now()).as_secs_f64().ceil());
        assert_eq!(left(), Some(60.0));
        connection.received();
        waited(&place, 5_000);
        connection.received();
        assert_eq!(left(), Some(5.0), "a further drop wins no time");
        connection.asked();
        assert_eq!(left(), None);
        connection.sends(false);
        assert_eq!(left(), Some(60.0));
        connection.sends(true);
        connection.answered();
        assert_eq!(left(), Some(60.0));
    }
}
