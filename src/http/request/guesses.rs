//! Throttles guesses of the admin token.
//!
//! After a few wrong tokens, the tokens of a client are checked one at a time, with a delay for
//! each. The right token waits like the others: if it passed at once, an attacker could guess as
//! fast as before and abandon every attempt that is delayed. Clients that sent no wrong token never
//! wait.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::sleep_until;

/// How many wrong tokens have no delay, to allow for mistakes in configuration.
const MAX_UNDELAYED: u32 = 10;
/// The delay for each further token.
const DELAY: Duration = Duration::from_millis(250);
/// The longest delay; a token that would wait longer is refused unchecked.
const MAX_WAIT: Duration = Duration::from_secs(8);
/// The most delayed tokens at once, of all clients: each holds a connection.
const MAX_WAITING: usize = 128;
/// The most clients in the ledger. An attacker with more addresses than this has a few free guesses
/// from each of them anyway.
const MAX_CLIENTS: usize = 50_000;

/// The clients that sent wrong tokens lately.
#[derive(Debug, Default)]
pub(crate) struct Guesses {
    ledger: Mutex<Ledger>,
}

#[derive(Debug, Default)]
struct Ledger {
    /// When the delays of all tokens of a client will have passed, [`DELAY`] per token.
    settled_at: HashMap<IpAddr, Instant>,
    waiting: usize,
    swept: Option<Instant>,
}

impl Guesses {
    /// Whether a token is right, returned after the client's delay. Where too many tokens wait, the
    /// error says after how long to try again.
    pub(crate) async fn check(&self, client: IpAddr, is_right: bool) -> Result<bool, Duration> {
        let now = Instant::now();
        let Some(delay_end) = self.lock().delay_end(client, is_right, now)? else { return Ok(is_right) };
        // A client that disconnects during its delay is not charged.
        let mut waiting = WaitingToken { guesses: self, client, is_refunded: true };
        sleep_until(delay_end.into()).await;
        waiting.is_refunded = is_right;
        Ok(is_right)
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    /// The end of the client's delay, for which it is charged; `None` without a delay, in which
    /// case only a wrong token is charged.
    fn delay_end(&mut self, client: IpAddr, is_right: bool, now: Instant) -> Result<Option<Instant>, Duration> {
        let settled_at = self.settled_at.get(&client).copied().filter(|settled_at| *settled_at > now).unwrap_or(now);
        let delay_end = settled_at.checked_sub(DELAY * (MAX_UNDELAYED - 1)).filter(|delay_end| *delay_end > now);
        if let Some(wait) = delay_end.map(|delay_end| delay_end.saturating_duration_since(now))
            && (wait > MAX_WAIT || self.waiting >= MAX_WAITING)
        {
            return Err(wait.saturating_sub(MAX_WAIT).max(Duration::from_secs(1)));
        }
        if delay_end.is_some() || !is_right {
            self.sweep(now);
            self.settled_at.insert(client, settled_at + DELAY);
        }
        self.waiting += usize::from(delay_end.is_some());
        Ok(delay_end)
    }

    /// Removes clients whose delays have passed, once a second. Where the ledger is still full, it
    /// removes an arbitrary client.
    fn sweep(&mut self, now: Instant) {
        if self.swept.is_none_or(|swept| now.saturating_duration_since(swept) >= Duration::from_secs(1)) {
            self.swept = Some(now);
            self.settled_at.retain(|_, settled_at| *settled_at > now);
        }
        if self.settled_at.len() >= MAX_CLIENTS
            && let Some(client) = self.settled_at.keys().next().copied()
        {
            self.settled_at.remove(&client);
        }
    }
}

/// A token that is being delayed.
struct WaitingToken<'a> {
    guesses: &'a Guesses,
    client: IpAddr,
    is_refunded: bool,
}

impl Drop for WaitingToken<'_> {
    fn drop(&mut self) {
        let mut ledger = self.guesses.lock();
        ledger.waiting -= 1;
        if self.is_refunded
            && let Some(settled_at) = ledger.settled_at.get_mut(&self.client)
            && let Some(earlier) = settled_at.checked_sub(DELAY)
        {
            *settled_at = earlier;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u32) -> IpAddr {
        IpAddr::V4(number.into())
    }

    fn waits(ledger: &mut Ledger, number: u32, is_right: bool, now: Instant) -> Result<Duration, Duration> {
        let delay_end = ledger.delay_end(client(number), is_right, now)?;
        Ok(delay_end.map_or(Duration::ZERO, |delay_end| delay_end - now))
    }

    #[test]
    fn after_a_few_wrong_tokens_each_is_delayed() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        for _ in 0..MAX_UNDELAYED {
            assert_eq!(waits(&mut ledger, 1, false, now), Ok(Duration::ZERO));
        }
        assert_eq!(waits(&mut ledger, 1, false, now), Ok(DELAY));
        assert_eq!(waits(&mut ledger, 1, true, now), Ok(DELAY * 2), "the right token is delayed too");
        assert_eq!(waits(&mut ledger, 2, true, now), Ok(Duration::ZERO), "from elsewhere at once");
        let refused = (0..MAX_WAITING).find_map(|_| waits(&mut ledger, 1, false, now).err());
        assert!(refused.is_some_and(|wait| wait >= Duration::from_secs(1)), "{refused:?}");
        assert_eq!(waits(&mut ledger, 1, true, now + MAX_WAIT * 2), Ok(Duration::ZERO), "soon forgotten");
    }

    #[test]
    fn right_tokens_are_not_charged() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        for _ in 0..1_000 {
            assert_eq!(waits(&mut ledger, 1, true, now), Ok(Duration::ZERO));
        }
        assert!(ledger.settled_at.is_empty());
    }

    #[test]
    fn the_ledger_is_bounded() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        for number in 0..MAX_CLIENTS as u32 + 1_000 {
            assert_eq!(waits(&mut ledger, number, false, now), Ok(Duration::ZERO));
        }
        assert!(ledger.settled_at.len() <= MAX_CLIENTS, "{}", ledger.settled_at.len());
        assert_eq!(waits(&mut ledger, 1, false, now + Duration::from_secs(2)), Ok(Duration::ZERO));
        assert_eq!(ledger.settled_at.len(), 1);
    }

    #[test]
    fn a_disconnected_client_is_not_charged_and_waiting_tokens_are_bounded() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let guesses = Guesses::default();
            let state = || {
                let ledger = guesses.lock();
                (ledger.settled_at[&client(1)], ledger.waiting)
            };
            for _ in 0..MAX_UNDELAYED {
                assert_eq!(guesses.check(client(1), false).await, Ok(false));
            }
            let (settled_at, _) = state();
            let disconnected = tokio::time::timeout(DELAY / 10, guesses.check(client(1), false)).await;
            assert!(disconnected.is_err());
            assert_eq!(state(), (settled_at, 0));
            let begun = Instant::now();
            assert_eq!(guesses.check(client(1), true).await, Ok(true));
            assert!(begun.elapsed() >= DELAY / 2, "{:?}", begun.elapsed());
            assert_eq!(state(), (settled_at, 0));
            guesses.lock().waiting = MAX_WAITING;
            for _ in 0..2 {
                let _ = guesses.lock().delay_end(client(1), false, Instant::now());
            }
            assert!(guesses.check(client(1), true).await.is_err());
            assert_eq!(guesses.check(client(2), true).await, Ok(true));
        });
    }
}
