//! Query parameters, strictly: what a route does not know is an error that names it.

use std::str::FromStr;

use super::problem::Problem;
use crate::article::{Kind, Moment, Topic, is_language_tag};
use crate::engine::Filters;

/// The parameters of one request.
pub(super) struct Params(Vec<(String, String)>);

/// The parameters that filter articles, on every route that lists some.
pub(super) const FILTERS: [&str; 5] = ["lang", "kind", "topic", "date_from", "date_to"];

impl Params {
    /// Reads a query string. Bytes that are no UTF-8 become replacement characters.
    pub(super) fn read(query: Option<&str>, known: &[&str]) -> Result<Params, Problem> {
        let pairs: Vec<(String, String)> =
            form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
        let mut unknown: Vec<String> = Vec::new();
        for (name, _) in &pairs {
            if !known.contains(&name.as_str()) && !unknown.contains(name) {
                unknown.push(name.clone());
            }
        }
        if unknown.is_empty() { Ok(Params(pairs)) } else { Err(Problem::unknown_parameters(unknown, known)) }
    }

    /// All values of a parameter that may be repeated.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that may stand once.
    pub(super) fn one(&self, name: &str) -> Result<Option<&str>, Problem> {
        let mut values = self.0.iter().filter(|(known, _)| known == name);
        let first = values.next().map(|(_, value)| value.as_str());
        if values.next().is_some() { Err(Problem::bad_value(name, "given once")) } else { Ok(first) }
    }

    /// A whole number within bounds.
    pub(super) fn number(&self, name: &str, default: usize, min: usize, max: usize) -> Result<usize, Problem> {
        let Some(text) = self.one(name)? else { return Ok(default) };
        let bad = || Problem::bad_value(name, &format!("a whole number from {min} to {max}"));
        let number = usize::from_str(text).map_err(|_| bad())?;
        if (min..=max).contains(&number) { Ok(number) } else { Err(bad()) }
    }

    /// Yes or no; no where it is not given.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.one(name)? {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Problem::bad_value(name, "true or false")),
        }
    }

    /// One language.
    pub(super) fn language(&self, name: &str) -> Result<Option<String>, Problem> {
        self.one(name)?.map(|text| language(name, text)).transpose()
    }

    /// The filters that every list takes.
    pub(super) fn filters(&self) -> Result<Filters, Problem> {
        let mut filters = Filters::default();
        for text in self.all("lang") {
            filters.langs.push(language("lang", text)?);
        }
        for text in self.all("kind") {
            let expected = "article, press-release, blog, event or publication";
            filters.kinds.push(Kind::parse(text).ok_or_else(|| Problem::bad_value("kind", expected))?);
        }
        for text in self.all("topic") {
            let expected = "a topic path such as programs/research";
            filters.topics.push(Topic::parse(text).ok_or_else(|| Problem::bad_value("topic", expected))?.path);
        }
        filters.from_s = self.moment("date_from")?.map(|moment| moment.start_s());
        filters.until_s = self.moment("date_to")?.map(|moment| moment.end_s().max(moment.start_s() + 1));
        Ok(filters)
    }

    fn moment(&self, name: &str) -> Result<Option<Moment>, Problem> {
        let expected = "a date such as 2021-11-03, or an RFC 3339 time";
        let parse = |text| Moment::parse(text).map_err(|_| Problem::bad_value(name, expected));
        self.one(name)?.map(parse).transpose()
    }
}

fn language(name: &str, text: &str) -> Result<String, Problem> {
    if is_language_tag(text) {
        Ok(text.to_owned())
    } else {
        Err(Problem::bad_value(name, "a BCP 47 language such as es or pt-BR"))
    }
}
