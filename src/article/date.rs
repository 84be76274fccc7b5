//! A point in time as editors write it: an RFC 3339 timestamp or a plain date.

use std::borrow::Cow;

use jiff::fmt::temporal::{Pieces, PiecesOffset};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, civil};
use serde::{Deserialize, Serialize};

/// The seconds of a day.
pub(crate) const DAY_S: i64 = 86_400;

/// A date, or a date with time and offset.
///
/// It has two readings: the instant, by which articles appear, expire and are sorted, and what the
/// clock and the calendar show at its place, by which a reader speaks of days and years. That place
/// is the site's time zone; where none is configured, it is the offset that the text has, or UTC.
///
/// Stored as its text; a day that is not a day of UTC is stored as the ISO 8601 interval that it is
/// (`2023-12-31T00:00:00-04:00/2024-01-01T00:00:00-04:00`), so that it keeps its meaning whatever is
/// configured later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment {
    text: String,
    start_s: i64,
    end_s: i64,
    local_s: i64,
    is_date: bool,
}

/// The error for a text that is no point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("should be a date such as 2021-11-03 or an RFC 3339 time such as 2021-11-03T09:00:00-03:00")]
pub struct MomentError;

impl Moment {
    /// Parses a text without a site's time zone, see [`Moment::parse_in`].
    pub fn parse(text: &str) -> Result<Moment, MomentError> {
        Moment::parse_in(text, None)
    }

    /// Parses `2021-11-03` or `2021-11-03T09:00:00Z`, also with an offset, also with the name of a
    /// time zone in brackets (RFC 9557), also with spaces between the parts, as Ruby writes it.
    /// Dates that the calendar does not have are errors.
    ///
    /// A date or a time without an offset is one of the time zone that it names, else of the
    /// site's, else of UTC. A time that the clock skips when summer time begins is taken by the
    /// offset before the change (02:30 becomes 03:30), and one that it shows twice when summer time
    /// ends is the first of the two (RFC 5545, 3.3.5). Where midnight is skipped, the day begins
    /// with its first second. A time with an offset is expressed in the site's time zone, if there
    /// is one.
    pub fn parse_in(text: &str, site: Option<&TimeZone>) -> Result<Moment, MomentError> {
        let text = text.trim();
        if text.as_bytes().get(4) != Some(&b'-') || !text.is_ascii() {
            return rfc_2822(text, site);
        }
        let text = with_offset_attached(text);
        let pieces = Pieces::parse(text.as_ref()).map_err(|_| MomentError)?;
        let own = pieces.to_time_zone().map_err(|_| MomentError)?;
        let zone = own.as_ref().or(site);
        match (pieces.time(), pieces.offset()) {
            (None, None) => Ok(Moment::day(pieces.date(), zone)),
            (None, Some(_)) => Err(MomentError),
            (Some(time), offset) => {
                let written = pieces.date().to_datetime(time);
                let at = match offset {
                    Some(offset) => offset.to_numeric_offset().to_timestamp(written).map_err(|_| MomentError)?,
                    None => instant(written, zone.unwrap_or(&TimeZone::UTC)).ok_or(MomentError)?,
                };
                let own_offset = match offset {
                    Some(PiecesOffset::Zulu) | None => None,
                    Some(numeric) => Some(numeric.to_numeric_offset()),
                };
                let offset = site.or(own.as_ref()).map(|zone| whole_minutes(zone.to_offset(at))).or(own_offset);
                Ok(Moment::time(at, offset))
            }
        }
    }

    /// A whole day of a time zone.
    fn day(date: civil::Date, zone: Option<&TimeZone>) -> Moment {
        let local_s = clock_s(date.at(0, 0, 0, 0));
        // The day of UTC stands for the last days of the calendar, in which there are no instants.
        let start_of = |date: civil::Date| {
            let midnight = date.at(0, 0, 0, 0);
            let shown_s = clock_s(midnight);
            let offset_s = i32::try_from(shown_s - instant(midnight, zone?)?.as_second()).ok()?;
            Some(shown_s - i64::from(whole_minutes(Offset::from_seconds(offset_s).ok()?).seconds()))
        };
        let edges = start_of(date).zip(date.tomorrow().ok().and_then(start_of));
        let (start_s, end_s) = edges.unwrap_or((local_s, local_s + DAY_S));
        Moment { text: date.to_string(), start_s, end_s, local_s, is_date: true }
    }

    /// A time at an offset; at UTC where there is none.
    fn time(at: Timestamp, offset: Option<Offset>) -> Moment {
        let text = match offset {
            None => at.to_string(),
            Some(offset) => at.display_with_offset(offset).to_string(),
        };
        let local_s = at.as_second() + i64::from(offset.unwrap_or(Offset::UTC).seconds());
        Moment { text, start_s: at.as_second(), end_s: at.as_second(), local_s, is_date: false }
    }

    /// Reads the stored form.
    fn stored(text: &str) -> Result<Moment, MomentError> {
        let Some((start, end)) = text.split_once('/') else { return Moment::parse(text) };
        let second = |text: &str| text.parse::<Timestamp>().map(|at| at.as_second()).map_err(|_| MomentError);
        let date = start.get(..10).and_then(|date| date.parse().ok()).ok_or(MomentError)?;
        Ok(Moment { start_s: second(start)?, end_s: second(end)?, ..Moment::day(date, None) })
    }

    /// Whether its year is probably a slip: before 1000, or more than 100 years after this one.
    pub(crate) fn has_doubtful_year(&self) -> bool {
        let this_year = jiff::tz::TimeZone::UTC.to_datetime(Timestamp::now()).year();
        let year = self.text.split('-').next().and_then(|year| year.parse::<i16>().ok());
        year.is_none_or(|year| year < 1_000 || year > this_year.saturating_add(100))
    }

    /// The date, or the time in RFC 3339 with its offset.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The time in RFC 3339; for a date, the time at which it begins.
    pub fn to_rfc3339(&self) -> String {
        if self.is_date { rfc3339(self.start_s, self.local_s) } else { self.text.clone() }
    }

    /// Whether it is a day and no time of day.
    pub fn is_date(&self) -> bool {
        self.is_date
    }

    /// The first second of the date or time, Unix time.
    pub fn start_s(&self) -> i64 {
        self.start_s
    }

    /// The first second after it: the beginning of the next day for a date, the same second for a
    /// time.
    pub fn end_s(&self) -> i64 {
        self.end_s
    }

    /// What the clock shows where it was written, as seconds since the beginning of 1970 on that
    /// clock: of a date, its midnight.
    pub fn local_s(&self) -> i64 {
        self.local_s
    }
}

/// `Mon, 03 May 2021 08:00:00 -0300`, as feeds and mails have it.
fn rfc_2822(text: &str, site: Option<&TimeZone>) -> Result<Moment, MomentError> {
    let zoned = jiff::fmt::rfc2822::parse(text).map_err(|_| MomentError)?;
    Moment::parse_in(&zoned.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(), site)
}

/// A second in RFC 3339, where the clock shows a time; both in seconds from the beginning of 1970.
fn rfc3339(at_s: i64, local_s: i64) -> String {
    let at = Timestamp::from_second(at_s).unwrap_or(Timestamp::UNIX_EPOCH);
    let offset = i32::try_from(local_s - at_s).ok().and_then(|seconds| Offset::from_seconds(seconds).ok());
    match offset.filter(|offset| *offset != Offset::UTC) {
        None => at.to_string(),
        Some(offset) => at.display_with_offset(offset).to_string(),
    }
}

/// An offset in whole minutes, as RFC 3339 writes it: the local times of before about 1920 are not.
fn whole_minutes(offset: Offset) -> Offset {
    Offset::from_seconds((offset.seconds() + 30).div_euclid(60) * 60).unwrap_or(offset)
}

/// A text without a space between its time and its offset: Ruby, and so Jekyll, writes
/// `2021-11-03 09:00:00 -0300`.
fn with_offset_attached(text: &str) -> Cow<'_, str> {
    let mut parts = text.split_ascii_whitespace();
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(date), Some(time), Some("UTC" | "GMT"), None) => Cow::Owned(format!("{date}T{time}Z")),
        (Some(date), Some(time), Some(offset), None) => Cow::Owned(format!("{date}T{time}{offset}")),
        _ => Cow::Borrowed(text),
    }
}

/// The instant at which the clock of a time zone shows a time, see [`Moment::parse_in`].
fn instant(at: civil::DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_ambiguous_timestamp(at).compatible().ok()
}

/// The beginning of 1970 on any clock.
const EPOCH: civil::DateTime = civil::date(1970, 1, 1).at(0, 0, 0, 0);

/// The seconds of a clock from the beginning of 1970 to a time, or to the beginning of a day.
pub(crate) fn clock_s(at: impl Into<civil::DateTime>) -> i64 {
    at.into().duration_since(EPOCH).as_secs()
}

/// The date and time that a clock shows that many seconds after the beginning of 1970.
pub(crate) fn clock_at(local_s: i64) -> Option<civil::DateTime> {
    EPOCH.checked_add(SignedDuration::from_secs(local_s)).ok()
}

impl TryFrom<String> for Moment {
    type Error = MomentError;

    fn try_from(text: String) -> Result<Moment, MomentError> {
        Moment::stored(&text)
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> String {
        let is_of_utc = moment.start_s == moment.local_s && moment.end_s == moment.local_s + DAY_S;
        match moment.is_date && !is_of_utc {
            true => {
                let Moment { start_s, end_s, local_s, .. } = moment;
                format!("{}/{}", rfc3339(start_s, local_s), rfc3339(end_s, local_s + DAY_S))
            }
            false => moment.text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    fn day_of(moment: &Moment) -> i64 {
        moment.local_s().div_euclid(DAY_S)
    }

    #[test]
    fn dates_are_documented() {
        let spans = crate::article::tests::documented("**Dates.**");
        let (refused, read): (Vec<&str>, Vec<&str>) = spans.into_iter().partition(|text| Moment::parse(text).is_err());
        assert_eq!((read.len(), refused), (6, vec!["03/11/2021", "3 de noviembre de 2021", "2021-11"]));
    }

    #[test]
    fn dates_and_times_are_parsed_and_nonsense_is_refused() {
        assert_eq!(Moment::parse("1970-01-02").unwrap().start_s(), DAY_S);
        assert_eq!(Moment::parse("1970-01-02").unwrap().end_s(), 2 * DAY_S);
        assert_eq!(Moment::parse("1970-01-01T01:00:00+01:00").unwrap().start_s(), 0);
        assert_eq!(Moment::parse("1970-01-01 00:00:10").unwrap().as_str(), "1970-01-01T00:00:10Z");
        assert_eq!(Moment::parse("1970-01-01 01:00:00 +0100").unwrap().as_str(), "1970-01-01T01:00:00+01:00");
        assert_eq!(Moment::parse("1970-01-01 00:00:10 UTC").unwrap().as_str(), "1970-01-01T00:00:10Z");
        assert_eq!(Moment::parse("9999-12-31").unwrap().as_str(), "9999-12-31");
        let of_a_feed = Moment::parse("Mon, 03 May 2021 08:00:00 -0300").unwrap();
        assert_eq!((of_a_feed.as_str(), of_a_feed.start_s()), ("2021-05-03T08:00:00-03:00", 1_620_039_600));
        for text in [
            "2017-29-07",
            "2021-02-30",
            "yesterday",
            "",
            "2021",
            "20210120",
            "2021-W03-1",
            "2021-01-20Z",
            "2021-01-20 at noon",
            "2021-01-20 10:00:00 -0300 x",
            "2021-01-20[Nowhere/Atall]",
            "９９９９-01-01",
        ] {
            assert_eq!(Moment::parse(text), Err(MomentError), "{text}");
        }
    }

    #[test]
    fn without_a_zone_the_day_is_that_of_the_offset_as_written() {
        let day = day_of(&Moment::parse("2023-12-31").unwrap());
        for (text, expected) in [
            ("2023-12-31T22:15:00-05:00", day),
            ("2024-01-01T03:15:00Z", day + 1),
            ("2024-01-01T03:15:00", day + 1),
            ("2024-01-01T00:30:00+09:00", day + 1),
            ("2023-12-31T23:59:59.5-11:00", day),
        ] {
            let moment = Moment::parse(text).unwrap();
            assert_eq!(day_of(&moment), expected, "{text}");
            assert!(moment.as_str().starts_with(&text[..19]), "{text}: {}", moment.as_str());
        }
    }

    #[test]
    fn in_a_zone_what_has_no_offset_is_local_and_what_has_one_is_expressed_in_it() {
        let caracas = zone("America/Caracas");
        for (text, shown, rfc3339) in [
            ("2023-12-31", "2023-12-31", "2023-12-31T00:00:00-04:00"),
            ("2023-12-31T22:15:00", "2023-12-31T22:15:00-04:00", "2023-12-31T22:15:00-04:00"),
            ("2024-01-01T03:15:00Z", "2023-12-31T23:15:00-04:00", "2023-12-31T23:15:00-04:00"),
            ("2024-01-01T05:15:00+02:00", "2023-12-31T23:15:00-04:00", "2023-12-31T23:15:00-04:00"),
            // For nine years the clocks of Venezuela were half an hour behind.
            ("2010-06-01", "2010-06-01", "2010-06-01T00:00:00-04:30"),
            ("2023-12-31[Europe/Madrid]", "2023-12-31", "2023-12-31T00:00:00+01:00"),
            ("2024-01-01T00:15:00[Europe/Madrid]", "2023-12-31T19:15:00-04:00", "2023-12-31T19:15:00-04:00"),
        ] {
            let moment = Moment::parse_in(text, Some(&caracas)).unwrap();
            assert_eq!((moment.as_str(), &moment.to_rfc3339()[..]), (shown, rfc3339), "{text}");
            assert_eq!(rfc3339.parse::<Timestamp>().unwrap().as_second(), moment.start_s(), "{text}");
            assert_eq!(&moment.as_str()[..10], &rfc3339[..10], "{text}");
        }
    }

    #[test]
    fn days_are_as_long_as_the_clock_makes_them() {
        for (name, date, hours) in [
            ("Europe/Madrid", "2024-03-31", 23),
            ("Europe/Madrid", "2024-10-27", 25),
            ("Europe/Madrid", "2024-06-01", 24),
            // Summer time begins and ends at midnight.
            ("America/Sao_Paulo", "2018-11-04", 23),
            ("America/Havana", "2024-11-03", 25),
            // A day that was left out at the date line.
            ("Pacific/Apia", "2011-12-30", 0),
        ] {
            let day = Moment::parse_in(date, Some(&zone(name))).unwrap();
            assert_eq!((day.end_s() - day.start_s()) / 3_600, hours, "{name} {date}");
            assert_eq!(day.as_str(), date);
        }
    }

    #[test]
    fn a_local_time_that_is_skipped_is_an_hour_later_and_one_that_comes_twice_is_the_first() {
        let madrid = zone("Europe/Madrid");
        let read = |text: &str| Moment::parse_in(text, Some(&madrid)).unwrap().as_str().to_owned();
        assert_eq!(read("2024-03-31T02:30:00"), "2024-03-31T03:30:00+02:00");
        assert_eq!(read("2024-10-27T02:30:00"), "2024-10-27T02:30:00+02:00");
        assert_eq!(read("2024-10-27T02:30:00+01:00"), "2024-10-27T02:30:00+01:00");
    }

    #[test]
    fn what_is_stored_keeps_its_meaning_without_the_zone() {
        for name in
            ["America/Caracas", "Europe/Madrid", "America/Sao_Paulo", "Pacific/Apia", "Pacific/Kiritimati", "UTC"]
        {
            for text in [
                "1905-07-01",
                "1905-07-01T10:00:00",
                "1969-12-31",
                "2018-11-04",
                "2018-11-04T00:30:00",
                "2024-03-31",
                "2024-10-27T02:30:00",
                "2023-12-31T22:15:00-05:00",
                "2023-12-31T22:15:00.25Z",
                "9999-12-31",
            ] {
                let moment = Moment::parse_in(text, Some(&zone(name))).unwrap();
                let json = serde_json::to_string(&moment).unwrap();
                assert_eq!(serde_json::from_str::<Moment>(&json).unwrap(), moment, "{name} {text} {json}");
            }
        }
        let plain = serde_json::to_string(&Moment::parse("2023-12-31").unwrap()).unwrap();
        assert_eq!(plain, r#""2023-12-31""#);
        assert!(serde_json::from_str::<Moment>(r#""2023-12-31T00:00:00-04:00/tomorrow""#).is_err());
    }
}
