//! Panics of a library on damaged files, turned into errors.
//!
//! Tantivy and its term dictionaries trust the files that they read: a damaged one makes them
//! panic. What opens or reads an index does so in [`contain`], so that a damaged generation is an
//! error like any other.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};

/// A panic that was contained: what it said, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the index library gave up: {0}")]
pub struct Panic(String);

thread_local! {
    static IS_CONTAINED: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps contained panics from being printed as crashes: whoever contains one reports it. Other
/// panics are printed as before. To be called once, at the start of the process.
pub fn report_contained_panics_as_errors() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !IS_CONTAINED.get() {
            return print(info);
        }
        let place = info.location().map(|location| format!(" ({}:{})", location.file(), location.line()));
        LAST.set(format!("{}{}", message(info.payload()), place.unwrap_or_default()));
    }));
}

/// Does some work; a panic in it becomes an error. The work must not leave anything half-changed
/// that is used afterwards.
pub fn contain<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    let was_contained = IS_CONTAINED.replace(true);
    LAST.take();
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    IS_CONTAINED.set(was_contained);
    done.map_err(|payload| {
        // Empty where the hook is not in place, as in tests.
        let said = LAST.take();
        Panic(if said.is_empty() { message(payload.as_ref()) } else { said })
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a word").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_that_says_what_it_said() {
        assert_eq!(contain(|| 3), Ok(3));
        let numbers: Vec<u32> = Vec::new();
        let error = contain(|| numbers[numbers.len()]).unwrap_err().to_string();
        assert!(error.contains("index out of bounds"), "{error}");
        assert_eq!(contain(|| contain(|| panic!("{} words", 2))).unwrap(), Err(Panic("2 words".to_owned())));
    }
}
