//! The current time, and elapsed times.

use std::time::Instant;

/// The current time, Unix time.
pub(crate) fn now_s() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// The time since an instant, in milliseconds with two decimals.
pub(crate) fn elapsed_ms(begun: Instant) -> f64 {
    (begun.elapsed().as_secs_f64() * 1e5).round() / 100.0
}
