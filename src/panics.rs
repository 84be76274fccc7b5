//! Converts panics of libraries on damaged files into errors.
//!
//! Tantivy and its term dictionaries trust the files that they read: a damaged file makes them
//! panic. Code that opens or reads an index does so in [`contain`], so that a damaged generation is
//! an error like any other.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};

/// A contained panic: its message and location.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the index library panicked: {0}")]
pub struct Panic(String);

thread_local! {
    static IS_CONTAINED: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Installs a panic hook that does not print contained panics, because the code that contains one
/// reports it. Other panics are printed as before. Call it once, at the start of the process.
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

/// Runs `work` and converts a panic into an error. The work must not leave partially changed state
/// that is used afterwards.
pub fn contain<T>(work: impl FnOnce() -> T) -> Result<T, Panic> {
    let was_contained = IS_CONTAINED.replace(true);
    LAST.take();
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    IS_CONTAINED.set(was_contained);
    done.map_err(|payload| {
        // Empty if the hook is not installed, as in tests.
        let hook_message = LAST.take();
        Panic(if hook_message.is_empty() { message(payload.as_ref()) } else { hook_message })
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contained_panic_is_an_error_with_its_message() {
        assert_eq!(contain(|| 3), Ok(3));
        let numbers: Vec<u32> = Vec::new();
        let error = contain(|| numbers[numbers.len()]).unwrap_err().to_string();
        assert!(error.contains("index out of bounds"), "{error}");
        assert_eq!(contain(|| contain(|| panic!("{} words", 2))).unwrap(), Err(Panic("2 words".to_owned())));
    }
}
