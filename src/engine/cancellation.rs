//! Cancellation: while it reads postings, an engine asks again and again whether to go on.
//!
//! The client may have disconnected, or the deadline may have passed. The caller knows; the engine
//! knows neither clients nor clocks. The check may block, so that the scheduler can run shorter
//! work first.

use std::cell::RefCell;

use super::EngineError;

/// Decides whether the work goes on.
pub type Supervisor = Box<dyn FnMut() -> bool>;

thread_local! {
    // An engine works in one thread from beginning to end, many calls deep.
    static PRESENT: RefCell<Option<Supervisor>> = const { RefCell::new(None) };
}

/// Runs a piece of work in the current thread. If the supervisor says no, the engine answers
/// [`EngineError::TimedOut`] soon after.
pub fn supervised<T>(supervisor: Supervisor, work: impl FnOnce() -> T) -> T {
    /// Puts the former supervisor back, also where the work panics.
    struct Restore(Option<Supervisor>);
    impl Drop for Restore {
        fn drop(&mut self) {
            PRESENT.replace(self.0.take());
        }
    }
    let _restore = Restore(PRESENT.replace(Some(supervisor)));
    work()
}

/// Asks whether to go on. Without a supervisor, work is never stopped.
pub(crate) fn checkpoint() -> Result<(), EngineError> {
    let goes_on = PRESENT.with_borrow_mut(|present| present.as_mut().is_none_or(|supervisor| supervisor()));
    if goes_on { Ok(()) } else { Err(EngineError::TimedOut) }
}

/// The number of small steps between two checks: tens of microseconds of reading postings.
const STEPS: u32 = 2_048;

/// Checks once in many small steps, such as postings read.
#[derive(Debug, Default)]
pub(crate) struct Steps(u32);

impl Steps {
    /// Counts a step.
    pub(crate) fn step(&mut self) -> Result<(), EngineError> {
        self.0 += 1;
        if self.0 < STEPS {
            return Ok(());
        }
        self.0 = 0;
        checkpoint()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;

    #[test]
    fn work_is_stopped_when_the_supervisor_says_no_and_only_then() {
        let asked = Rc::new(Cell::new(0));
        let supervisor = {
            let asked = asked.clone();
            Box::new(move || {
                asked.set(asked.get() + 1);
                asked.get() < 3
            })
        };
        let done = supervised(supervisor, || {
            let mut steps = Steps::default();
            (0..10 * STEPS).take_while(|_| steps.step().is_ok()).count()
        });
        assert_eq!((done, asked.get()), (3 * STEPS as usize - 1, 3));
        assert!(checkpoint().is_ok(), "the supervisor ends with its work");
    }

    #[test]
    fn outer_supervisor_is_restored_after_an_inner_one() {
        supervised(Box::new(|| false), || {
            supervised(Box::new(|| true), || assert!(checkpoint().is_ok()));
            assert!(matches!(checkpoint(), Err(EngineError::TimedOut)));
        });
    }
}
