//! What values a parameter can have: how one is read, and how it is named to people.

use std::str::FromStr;

use crate::article::{Kind, Moment, Topic, is_language_tag};
use crate::engine::Facet;

/// The form of a parameter's values.
pub(super) trait Form: Sync {
    /// What a value is read as.
    type Value;

    /// Reads one value; `None` where the text is none.
    fn read(&self, text: &str) -> Option<Self::Value>;

    /// What a value should be, in words that follow "should be".
    fn expected(&self) -> String;

    /// What a value is in a JSON body.
    fn json(&self) -> JsonForm {
        JsonForm::Text
    }
}

/// What a value is in a JSON body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonForm {
    /// A string.
    Text,
    /// A number without a fraction.
    Whole,
    /// `true` or `false`.
    Flag,
}

/// Any text.
pub(super) struct Text;

impl Form for Text {
    type Value = String;

    fn read(&self, text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn expected(&self) -> String {
        "text".to_owned()
    }
}

/// A whole number within bounds, both of which it can be.
pub(super) struct Whole {
    /// What it is where it is not given.
    pub(super) default: usize,
    /// The smallest.
    pub(super) min: usize,
    /// The largest.
    pub(super) max: usize,
}

impl Form for Whole {
    type Value = usize;

    fn read(&self, text: &str) -> Option<usize> {
        usize::from_str(text).ok().filter(|number| (self.min..=self.max).contains(number))
    }

    fn expected(&self) -> String {
        format!("a whole number from {} to {}", self.min, self.max)
    }

    fn json(&self) -> JsonForm {
        JsonForm::Whole
    }
}

/// Yes or no.
pub(super) struct Flag {
    /// What it is where it is not given.
    pub(super) default: bool,
}

impl Form for Flag {
    type Value = bool;

    fn read(&self, text: &str) -> Option<bool> {
        bool::from_str(text).ok()
    }

    fn expected(&self) -> String {
        "true or false".to_owned()
    }

    fn json(&self) -> JsonForm {
        JsonForm::Flag
    }
}

/// One of a few names, each of which means something.
pub(super) struct Choice<T: 'static> {
    /// What is meant where none is given.
    pub(super) default: (&'static str, T),
    /// The others.
    pub(super) others: &'static [(&'static str, T)],
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
}

/// A kind of page.
pub(super) struct KindName;

impl Form for KindName {
    type Value = Kind;

    fn read(&self, text: &str) -> Option<Kind> {
        Kind::parse(text)
    }

    fn expected(&self) -> String {
        one_of(Kind::ALL.into_iter().map(Kind::as_str))
    }
}

/// A BCP 47 language.
pub(super) struct Language;

impl Form for Language {
    type Value = String;

    fn read(&self, text: &str) -> Option<String> {
        is_language_tag(text).then(|| text.to_owned())
    }

    fn expected(&self) -> String {
        "a BCP 47 language such as es or pt-BR".to_owned()
    }
}

/// A topic's path, read as the path of slugs.
pub(super) struct TopicPath;

impl Form for TopicPath {
    type Value = String;

    fn read(&self, text: &str) -> Option<String> {
        Topic::parse(text).map(|topic| topic.path)
    }

    fn expected(&self) -> String {
        "a topic path such as programs/research".to_owned()
    }
}

/// A year.
pub(super) struct Year;

impl Form for Year {
    type Value = i16;

    fn read(&self, text: &str) -> Option<i16> {
        i16::from_str(text).ok().filter(|year| (1..=9999).contains(year))
    }

    fn expected(&self) -> String {
        "a year from 1 to 9999".to_owned()
    }

    fn json(&self) -> JsonForm {
        JsonForm::Whole
    }
}

/// A facet by its name, all of them, or none.
pub(super) struct Counts;

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
        one_of(Facet::ALL.into_iter().map(Facet::as_str).chain(["all", "none"]))
    }
}

/// A date or a time.
pub(super) struct Time;

impl Form for Time {
    type Value = Moment;

    fn read(&self, text: &str) -> Option<Moment> {
        Moment::parse(text).ok()
    }

    fn expected(&self) -> String {
        "a date such as 2021-11-03, or an RFC 3339 time".to_owned()
    }
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
