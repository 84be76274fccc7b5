//! Wrong admin tokens, and how they are slowed.
//!
//! After a few wrong tokens, whatever a client shows is looked at one at a time, and each of them
//! takes a while. The right one waits for its turn like the others: were it let through at once, a
//! guess would be told from the right token as fast as before. Clients that showed no wrong token
//! never wait.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::sleep_until;

/// How many wrong tokens are told at once: slips of who configures a program.
const FREE: u32 = 10;
/// How long each further one takes.
const EACH: Duration = Duration::from_millis(250);
/// How long a token waits for its turn; beyond, it is refused unseen.
const MAX_WAIT: Duration = Duration::from_secs(8);
/// How many wait at once, of all clients: each holds a connection.
const MAX_WAITING: usize = 128;
/// How many clients are remembered. Whoever has more addresses than this has a few guesses by each
/// of them anyway.
const MAX_CLIENTS: usize = 50_000;

/// Who has shown wrong tokens lately.
#[derive(Debug, Default)]
pub(crate) struct Guesses {
    ledger: Mutex<Ledger>,
}

#[derive(Debug, Default)]
struct Ledger {
    /// When all that a client has shown will be paid for, each by [`EACH`].
    paid_at: HashMap<IpAddr, Instant>,
    waiting: usize,
    swept: Option<Instant>,
}

impl Guesses {
    /// Whether a token is the right one, told when it is the client's turn. Where too many wait,
    /// after how long it is worth trying again.
    pub(crate) async fn judge(&self, client: IpAddr, is_right: bool) -> Result<bool, Duration> {
        let now = Instant::now();
        let Some(turn) = self.lock().turn(client, is_right, now)? else { return Ok(is_right) };
        // Whoever gives up before its turn need not have paid.
        let mut waiting = WaitingToken { guesses: self, client, is_refunded: true };
        sleep_until(turn.into()).await;
        waiting.is_refunded = is_right;
        Ok(is_right)
    }

    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    /// When it is the client's turn, which is paid for then; `None` where it is at once, and only a
    /// wrong token is paid for.
    fn turn(&mut self, client: IpAddr, is_right: bool, now: Instant) -> Result<Option<Instant>, Duration> {
        let paid_at = self.paid_at.get(&client).copied().filter(|paid_at| *paid_at > now).unwrap_or(now);
        let turn = paid_at.checked_sub(EACH * (FREE - 1)).filter(|turn| *turn > now);
        if let Some(wait) = turn.map(|turn| turn.saturating_duration_since(now))
            && (wait > MAX_WAIT || self.waiting >= MAX_WAITING)
        {
            return Err(wait.saturating_sub(MAX_WAIT).max(Duration::from_secs(1)));
        }
        if turn.is_some() || !is_right {
            self.sweep(now);
            self.paid_at.insert(client, paid_at + EACH);
        }
        self.waiting += usize::from(turn.is_some());
        Ok(turn)
    }

    /// Forgets who has paid, once a second; where there is no room all the same, anybody.
    fn sweep(&mut self, now: Instant) {
        if self.swept.is_none_or(|swept| now.saturating_duration_since(swept) >= Duration::from_secs(1)) {
            self.swept = Some(now);
            self.paid_at.retain(|_, paid_at| *paid_at > now);
        }
        if self.paid_at.len() >= MAX_CLIENTS
            && let Some(client) = self.paid_at.keys().next().copied()
        {
            self.paid_at.remove(&client);
        }
    }
}

/// A token that waits for its turn.
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
            && let Some(paid_at) = ledger.paid_at.get_mut(&self.client)
            && let Some(earlier) = paid_at.checked_sub(EACH)
        {
            *paid_at = earlier;
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
        let turn = ledger.turn(client(number), is_right, now)?;
        Ok(turn.map_or(Duration::ZERO, |turn| turn - now))
    }

    #[test]
    fn after_a_few_wrong_tokens_each_takes_a_while() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        for _ in 0..FREE {
            assert_eq!(waits(&mut ledger, 1, false, now), Ok(Duration::ZERO));
        }
        assert_eq!(waits(&mut ledger, 1, false, now), Ok(EACH));
        assert_eq!(waits(&mut ledger, 1, true, now), Ok(EACH * 2), "the right one in its turn");
        assert_eq!(waits(&mut ledger, 2, true, now), Ok(Duration::ZERO), "from elsewhere at once");
        let refused = (0..MAX_WAITING).find_map(|_| waits(&mut ledger, 1, false, now).err());
        assert!(refused.is_some_and(|wait| wait >= Duration::from_secs(1)), "{refused:?}");
        assert_eq!(waits(&mut ledger, 1, true, now + MAX_WAIT * 2), Ok(Duration::ZERO), "soon forgotten");
    }

    #[test]
    fn right_tokens_are_free() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        for _ in 0..1_000 {
            assert_eq!(waits(&mut ledger, 1, true, now), Ok(Duration::ZERO));
        }
        assert!(ledger.paid_at.is_empty());
    }

    #[test]
    fn what_is_kept_of_clients_is_bounded() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        for number in 0..MAX_CLIENTS as u32 + 1_000 {
            assert_eq!(waits(&mut ledger, number, false, now), Ok(Duration::ZERO));
        }
        assert!(ledger.paid_at.len() <= MAX_CLIENTS, "{}", ledger.paid_at.len());
        assert_eq!(waits(&mut ledger, 1, false, now + Duration::from_secs(2)), Ok(Duration::ZERO));
        assert_eq!(ledger.paid_at.len(), 1);
    }

    #[test]
    fn who_gives_up_has_not_paid_and_those_who_wait_are_bounded() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let guesses = Guesses::default();
            let state = || {
                let ledger = guesses.lock();
                (ledger.paid_at[&client(1)], ledger.waiting)
            };
            for _ in 0..FREE {
                assert_eq!(guesses.judge(client(1), false).await, Ok(false));
            }
            let (paid_at, _) = state();
            let given_up = tokio::time::timeout(EACH / 10, guesses.judge(client(1), false)).await;
            assert!(given_up.is_err());
            assert_eq!(state(), (paid_at, 0));
            let begun = Instant::now();
            assert_eq!(guesses.judge(client(1), true).await, Ok(true));
            assert!(begun.elapsed() >= EACH / 2, "{:?}", begun.elapsed());
            assert_eq!(state(), (paid_at, 0));
            guesses.lock().waiting = MAX_WAITING;
            for _ in 0..2 {
                let _ = guesses.lock().turn(client(1), false, Instant::now());
            }
            assert!(guesses.judge(client(1), true).await.is_err());
            assert_eq!(guesses.judge(client(2), true).await, Ok(true));
        });
    }
}
