//! A point in time as editors write it: an RFC 3339 timestamp or a plain date.

use jiff::{Timestamp, civil};
use serde::{Deserialize, Serialize};

const DAY_S: i64 = 86_400;

/// A date, or a date with time and offset. It keeps the text as written.
///
/// A plain date stands for the whole day in UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment {
    text: String,
    start_s: i64,
    is_date: bool,
}

/// The error for a text that is no point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("should be a date such as 2021-11-03 or an RFC 3339 time such as 2021-11-03T09:00:00-03:00")]
pub struct MomentError;

impl Moment {
    /// Parses `2021-11-03` or `2021-11-03T09:00:00Z`, also with an offset; a time without an offset
    /// is taken as UTC. Dates that the calendar does not have are errors.
    pub fn parse(text: &str) -> Result<Moment, MomentError> {
        let text = text.trim();
        if text.as_bytes().get(4) != Some(&b'-') || !text.is_ascii() {
            return Err(MomentError);
        }
        if let Ok(timestamp) = text.parse::<Timestamp>() {
            return Ok(Moment { text: text.replacen(' ', "T", 1), start_s: timestamp.as_second(), is_date: false });
        }
        if text.len() == 10 {
            let date: civil::Date = text.parse().map_err(|_| MomentError)?;
            return Ok(Moment { text: text.to_owned(), start_s: day_start_s(date)?, is_date: true });
        }
        let date_time: civil::DateTime = text.parse().map_err(|_| MomentError)?;
        let timestamp = date_time.to_zoned_datetime(jiff::tz::TimeZone::UTC).map_err(|_| MomentError)?.timestamp();
        Ok(Moment { text: timestamp.to_string(), start_s: timestamp.as_second(), is_date: false })
    }

    /// The text as written, in RFC 3339.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first second of the date or time, Unix time.
    pub fn start_s(&self) -> i64 {
        self.start_s
    }

    /// The first second after it: the next day for a date, the same second for a time.
    pub fn end_s(&self) -> i64 {
        if self.is_date { self.start_s + DAY_S } else { self.start_s }
    }
}

fn day_start_s(date: civil::Date) -> Result<i64, MomentError> {
    let zoned = date.to_zoned_datetime(jiff::tz::TimeZone::UTC).map_err(|_| MomentError)?;
    Ok(zoned.timestamp().as_second())
}

impl TryFrom<String> for Moment {
    type Error = MomentError;

    fn try_from(text: String) -> Result<Moment, MomentError> {
        Moment::parse(&text)
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> String {
        moment.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_parsed_and_nonsense_is_refused() {
        assert_eq!(Moment::parse("1970-01-02").unwrap().start_s(), DAY_S);
        assert_eq!(Moment::parse("1970-01-02").unwrap().end_s(), 2 * DAY_S);
        assert_eq!(Moment::parse("1970-01-01T01:00:00+01:00").unwrap().start_s(), 0);
        assert_eq!(Moment::parse("1970-01-01 00:00:10").unwrap().as_str(), "1970-01-01T00:00:10Z");
        for text in ["2017-29-07", "2021-02-30", "yesterday", "", "2021", "20210120", "2021-W03-1", "９９９９-01-01"]
        {
            assert_eq!(Moment::parse(text), Err(MomentError), "{text}");
        }
    }
}
