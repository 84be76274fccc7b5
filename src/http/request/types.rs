//! The forms of parameter values: how a value is parsed, and how it is documented.

use std::str::FromStr;

use jiff::fmt::temporal::Pieces;
use utoipa::openapi::schema::{AnyOfBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};

use crate::article::date::DAY_S;
use crate::article::{Kind, Kinds, MAX_TOPIC_LEVELS, Moment, Topic, language_tag};
use crate::engine::Facet;
use crate::engine::filters::DateBound;

/// The form of a parameter's values.
pub(crate) trait Form: Sync {
    /// The parsed type.
    type Value;

    /// Parses one value; `None` where the text is invalid.
    fn read(&self, text: &str) -> Option<Self::Value>;

    /// A description of valid values, which follows "should be".
    fn expected(&self) -> String;

    /// The JSON schema of the values.
    fn schema(&self) -> Schema;

    /// The JSON type of a value in a body.
    fn json(&self) -> JsonForm {
        JsonForm::Text
    }
}

/// The JSON type of a value in a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonForm {
    /// A string.
    Text,
    /// A number without a fraction.
    Whole,
    /// `true` or `false`.
    Flag,
}

/// Any text.
pub(crate) struct Text;

impl Form for Text {
    type Value = String;

    fn read(&self, text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn expected(&self) -> String {
        "text".to_owned()
    }

    fn schema(&self) -> Schema {
        string().into()
    }
}

/// A whole number within inclusive bounds.
pub(crate) struct Whole {
    /// The value where none is given.
    pub(crate) default: usize,
    /// The smallest.
    pub(crate) min: usize,
    /// The largest.
    pub(crate) max: usize,
}

impl Form for Whole {
    type Value = usize;

    fn read(&self, text: &str) -> Option<usize> {
        usize::from_str(text).ok().filter(|number| (self.min..=self.max).contains(number))
    }

    fn expected(&self) -> String {
        format!("a whole number from {} to {}", self.min, self.max)
    }

    fn schema(&self) -> Schema {
        let bounds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(self.min)).maximum(Some(self.max));
        bounds.default(Some(self.default.into())).into()
    }

    fn json(&self) -> JsonForm {
        JsonForm::Whole
    }
}

/// A boolean.
pub(crate) struct Flag {
    /// The value where none is given.
    pub(crate) default: bool,
}

impl Form for Flag {
    type Value = bool;

    fn read(&self, text: &str) -> Option<bool> {
        bool::from_str(text).ok()
    }

    fn expected(&self) -> String {
        "true or false".to_owned()
    }

    fn schema(&self) -> Schema {
        ObjectBuilder::new().schema_type(Type::Boolean).default(Some(self.default.into())).into()
    }

    fn json(&self) -> JsonForm {
        JsonForm::Flag
    }
}

/// One of a few names, each with a value.
pub(crate) struct Choice<T: 'static> {
    /// The name and value where none is given.
    pub(crate) default: (&'static str, T),
    /// The other names and values.
    pub(crate) others: &'static [(&'static str, T)],
}

impl<T> Choice<T> {
    fn all(&self) -> impl Iterator<Item = &(&'static str, T)> {
        std::iter::once(&self.default).chain(self.others)
    }
}

impl<T: Copy + Sync> Form for Choice<T> {
    type Value = T;

    fn read(&self, text: &str) -> Option<T> {
        self.all().find(|(name, _)| *name == text).map(|(_, value)| *value)
    }

    fn expected(&self) -> String {
        one_of(self.all().map(|(name, _)| *name))
    }

    fn schema(&self) -> Schema {
        let names = self.all().map(|(name, _)| *name);
        string().enum_values(Some(names)).default(Some(self.default.0.into())).into()
    }
}

/// A kind of page, whether the site has it or not.
pub(crate) struct KindName;

impl Form for KindName {
    type Value = Kind;

    fn read(&self, text: &str) -> Option<Kind> {
        Kind::named(text)
    }

    fn expected(&self) -> String {
        Kinds::default().names()
    }

    fn schema(&self) -> Schema {
        string().enum_values(Some(Kind::BUILT_IN.map(|kind| kind.as_str().to_owned()))).into()
    }
}

/// A BCP 47 language; a locale with underscores (`es_CO`) is understood too.
pub(crate) struct Language;

impl Form for Language {
    type Value = String;

    fn read(&self, text: &str) -> Option<String> {
        language_tag(text)
    }

    fn expected(&self) -> String {
        "a BCP 47 language such as es or pt-BR".to_owned()
    }

    fn schema(&self) -> Schema {
        string().pattern(Some("^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$")).into()
    }
}

/// A topic's path, parsed into slugs.
pub(crate) struct TopicPath;

impl Form for TopicPath {
    type Value = String;

    fn read(&self, text: &str) -> Option<String> {
        Topic::parse(text).filter(|topic| topic.labels.len() <= MAX_TOPIC_LEVELS).map(|topic| topic.path)
    }

    fn expected(&self) -> String {
        format!("a topic path such as programs/research, of at most {MAX_TOPIC_LEVELS} levels")
    }

    fn schema(&self) -> Schema {
        // At least one letter or digit; all other characters only separate.
        string().pattern(Some(r"[^\W_]")).into()
    }
}

/// A year.
pub(crate) struct Year;

impl Form for Year {
    type Value = i16;

    fn read(&self, text: &str) -> Option<i16> {
        i16::from_str(text).ok().filter(|year| (1..=9999).contains(year))
    }

    fn expected(&self) -> String {
        "a year from 1 to 9999".to_owned()
    }

    fn schema(&self) -> Schema {
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(9_999)).into()
    }

    fn json(&self) -> JsonForm {
        JsonForm::Whole
    }
}

/// The name of a facet, `all` or `none`.
pub(crate) struct Counts;

impl Form for Counts {
    type Value = Vec<Facet>;

    fn read(&self, text: &str) -> Option<Vec<Facet>> {
        match text {
            "all" => Some(Facet::ALL.to_vec()),
            "none" => Some(Vec::new()),
            name => name.parse().ok().map(|facet| vec![facet]),
        }
    }

    fn expected(&self) -> String {
        one_of(facet_names())
    }

    fn schema(&self) -> Schema {
        string().enum_values(Some(facet_names())).into()
    }
}

/// The valid values of [`Counts`].
fn facet_names() -> impl Iterator<Item = &'static str> {
    Facet::ALL.into_iter().map(Facet::as_str).chain(["all", "none"])
}

/// A date or a time.
pub(crate) struct Time;

/// A date or a time that bounds a search.
#[derive(Debug, Clone)]
pub(crate) struct TimeLimit {
    /// As the API writes it.
    pub(crate) text: String,
    /// Its beginning.
    pub(crate) first: DateBound,
    /// The beginning of what comes after it: of the next day, or of the next second.
    pub(crate) end: DateBound,
}

impl TimeLimit {
    /// Parses a date, a time with an offset or a time without one.
    pub(crate) fn parse(text: &str) -> Option<TimeLimit> {
        let moment = Moment::parse(text).ok()?;
        let (start_s, local_s, shown) = (moment.start_s(), moment.local_s(), moment.as_str());
        let local = |text: &str, seconds: i64| {
            let (first, end) = (DateBound::Local(local_s), DateBound::Local(local_s + seconds));
            TimeLimit { text: text.to_owned(), first, end }
        };
        if moment.is_date() {
            return Some(local(shown, DAY_S));
        }
        // Where an offset is attached to it, it is no longer a time without one.
        if let Ok(pieces) = Pieces::parse(text.trim())
            && pieces.offset().is_none()
            && pieces.time_zone_annotation().is_none()
        {
            return Some(local(shown.trim_end_matches('Z'), 1));
        }
        let (first, end) = (DateBound::Instant(start_s), DateBound::Instant(start_s + 1));
        Some(TimeLimit { text: shown.to_owned(), first, end })
    }
}

impl Form for Time {
    type Value = TimeLimit;

    fn read(&self, text: &str) -> Option<TimeLimit> {
        TimeLimit::parse(text)
    }

    fn expected(&self) -> String {
        "a date such as 2021-11-03, or an RFC 3339 time".to_owned()
    }

    fn schema(&self) -> Schema {
        let format = |format| string().format(Some(SchemaFormat::KnownFormat(format)));
        AnyOfBuilder::new().item(format(KnownFormat::Date)).item(format(KnownFormat::DateTime)).into()
    }
}

fn string() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

/// `a, b or c`.
fn one_of<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_local_times_bound_the_clock_and_times_with_an_offset_the_instant() {
        for (text, written, first, end) in [
            ("1970-01-02", "1970-01-02", DateBound::Local(DAY_S), DateBound::Local(2 * DAY_S)),
            ("1970-01-01T01:00:00", "1970-01-01T01:00:00", DateBound::Local(3_600), DateBound::Local(3_601)),
            ("1970-01-01T01:00:00Z", "1970-01-01T01:00:00Z", DateBound::Instant(3_600), DateBound::Instant(3_601)),
            ("1970-01-01T01:00:00+01:00", "1970-01-01T01:00:00+01:00", DateBound::Instant(0), DateBound::Instant(1)),
        ] {
            let limit = TimeLimit::parse(text).unwrap();
            assert_eq!((&limit.text[..], limit.first, limit.end), (written, first, end), "{text}");
        }
        assert!(TimeLimit::parse("1970").is_none());
    }
}
