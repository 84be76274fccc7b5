//! Strict parsing of parameters: an unknown parameter is an error that names it.
//!
//! A query string and a JSON body become the same list of names and texts, and are validated by the
//! same code.

use std::borrow::Cow;
use std::convert::Infallible;
use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use encoding_rs::WINDOWS_1252;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use utoipa::IntoParams;
use utoipa::openapi::path::{self, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::ArrayBuilder;
use utoipa::openapi::{RefOr, Required};

use super::registry::{Described, Parameter, Q, Takes};
use super::types::{Choice, Flag, Form, JsonForm, Whole};
use crate::http::error::problem::Problem;

/// The most values of one parameter: more than anybody selects on a page.
const MAX_VALUES: usize = 100;
/// The most unknown names in an error.
const MAX_NAMED: usize = 10;

/// The names and values of one request; the route knows all names.
pub(crate) struct Params(Vec<(String, String)>);

/// The parameters of a route that takes them in its query string.
pub(crate) struct InQuery<T> {
    /// The given parameters.
    pub(crate) params: Params,
    takes: PhantomData<T>,
}

impl<S: Sync, T: Takes> FromRequestParts<S> for InQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<InQuery<T>, Problem> {
        Ok(InQuery { params: Params::from_query::<T>(parts.uri.query())?, takes: PhantomData })
    }
}

/// The parameters of a page, which ignores unknown ones: an address works even if a newsletter or
/// an advertisement has added parameters. Empty values count as absent.
pub(crate) struct InAddress<T> {
    /// The given parameters.
    pub(crate) params: Params,
    takes: PhantomData<T>,
}

impl<S: Sync, T: Takes> FromRequestParts<S> for InAddress<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<InAddress<T>, Infallible> {
        Ok(InAddress { params: Params::from_address::<T>(parts.uri.query()), takes: PhantomData })
    }
}

impl<T: Takes> IntoParams for InAddress<T> {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<path::Parameter> {
        InQuery::<T>::into_params(place)
    }
}

impl<T: Takes> IntoParams for InQuery<T> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<path::Parameter> {
        let described = |parameter: &dyn Described| {
            let schema = match parameter.is_repeatable() {
                true => ArrayBuilder::new().items(RefOr::T(parameter.schema())).into(),
                false => parameter.schema(),
            };
            let example = parameter.example().map(|value| match parameter.is_repeatable() {
                true => json!([value]),
                false => json!(value),
            });
            path::ParameterBuilder::new()
                .name(parameter.name())
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
                .description(Some(parameter.about()))
                .schema(Some(schema))
                .style(parameter.is_repeatable().then_some(ParameterStyle::Form))
                .explode(parameter.is_repeatable().then_some(true))
                .example(example)
                .build()
        };
        T::all().map(described).collect()
    }
}

impl Params {
    /// Parses a query string. An empty value counts as absent: a form sends one for each field that was
    /// left empty.
    pub(crate) fn from_query<T: Takes>(query: Option<&str>) -> Result<Params, Problem> {
        let mut pairs: Vec<(String, String)> = pairs(query).collect();
        check_names::<T>(pairs.iter().map(|(name, _)| name.as_str()))?;
        pairs.retain(|(_, value)| !value.is_empty());
        Ok(Params(pairs))
    }

    /// Parses the known parameters of a query string, and ignores the others. Control characters,
    /// which a page cannot contain, become spaces.
    pub(crate) fn from_address<T: Takes>(query: Option<&str>) -> Params {
        let taken = pairs(query).filter(|(name, _)| T::all().any(|parameter| parameter.name() == name));
        let cleaned = taken.map(|(name, value)| (name, value.replace(char::is_control, " ")));
        Params(cleaned.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// Parses a JSON object: texts, numbers and booleans as JSON has them, several values of a
    /// repeatable parameter as an array.
    pub(crate) fn from_json<T: Takes>(object: &Map<String, Value>) -> Result<Params, Problem> {
        check_names::<T>(object.keys().map(String::as_str))?;
        let mut pairs = Vec::with_capacity(object.len());
        for parameter in T::all() {
            let Some(value) = object.get(parameter.name()) else { continue };
            let values = match value {
                Value::Array(values) if parameter.is_repeatable() => values.as_slice(),
                value => std::slice::from_ref(value),
            };
            for value in values {
                let text = json_text(parameter.json(), value)
                    .ok_or_else(|| Problem::bad_value(parameter.name(), &parameter.expected()))?;
                pairs.push((parameter.name().to_owned(), text));
            }
        }
        Ok(Params(pairs))
    }

    /// The same without some parameters.
    pub(crate) fn without(&self, parameters: &[&dyn Described]) -> Params {
        let is_left = |(name, _): &&(String, String)| parameters.iter().all(|parameter| parameter.name() != name);
        Params(self.0.iter().filter(is_left).cloned().collect())
    }

    /// The same with one more value.
    pub(crate) fn with(mut self, parameter: &dyn Described, value: &str) -> Params {
        self.0.push((parameter.name().to_owned(), value.to_owned()));
        self
    }

    /// The given parameters as a query string.
    pub(crate) fn to_query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// The values of a repeatable parameter.
    pub(crate) fn all<F: Form>(&self, parameter: &Parameter<F>) -> Result<Vec<F::Value>, Problem> {
        let values = self.0.iter().filter(|(name, _)| name == parameter.name);
        if values.clone().nth(MAX_VALUES).is_some() {
            return Err(Problem::bad_value(parameter.name, &format!("given at most {MAX_VALUES} times")));
        }
        values.map(|(_, text)| read(parameter, text)).collect()
    }

    /// The value of a parameter that may be given once.
    pub(crate) fn one<F: Form>(&self, parameter: &Parameter<F>) -> Result<Option<F::Value>, Problem> {
        let mut values = self.0.iter().filter(|(name, _)| name == parameter.name);
        let first = values.next();
        if values.next().is_some() {
            return Err(Problem::bad_value(parameter.name, "given once"));
        }
        first.map(|(_, text)| read(parameter, text)).transpose()
    }

    /// A whole number, or its default.
    pub(crate) fn whole(&self, parameter: &Parameter<Whole>) -> Result<usize, Problem> {
        Ok(self.one(parameter)?.unwrap_or(parameter.form.default))
    }

    /// A boolean, or its default.
    pub(crate) fn flag(&self, parameter: &Parameter<Flag>) -> Result<bool, Problem> {
        Ok(self.one(parameter)?.unwrap_or(parameter.form.default))
    }

    /// The chosen value, or its default.
    pub(crate) fn choice<C: Copy + Sync>(&self, parameter: &Parameter<Choice<C>>) -> Result<C, Problem> {
        Ok(self.one(parameter)?.unwrap_or(parameter.form.default.1))
    }
}

/// The names and values of a query string.
fn pairs(query: Option<&str>) -> impl Iterator<Item = (String, String)> {
    query.unwrap_or_default().split('&').filter_map(|piece| {
        let (name, value) = form_urlencoded::parse(piece.as_bytes()).next()?;
        let mended = if value.contains(char::REPLACEMENT_CHARACTER) {
            of_an_old_page(piece)
        } else if name == Q.name {
            encoded_once(&value)
        } else {
            None
        };
        Some((name.into_owned(), mended.unwrap_or_else(|| value.into_owned())))
    })
}

/// The value in a piece of a query string that is not UTF-8, as links from pages in Windows-1252 and
/// ISO-8859-1 have it (`q=educaci%F3n`).
fn of_an_old_page(piece: &str) -> Option<String> {
    let (_, value) = piece.split_once('=')?;
    let value = value.replace('+', " ");
    let bytes: Cow<'_, [u8]> = percent_decode_str(&value).into();
    let is_old = str::from_utf8(&bytes).is_err();
    is_old.then(|| WINDOWS_1252.decode_without_bom_handling(&bytes).0.into_owned())
}

/// A value whose letters were encoded twice (`educaci%25C3%25B3n`). What is ASCII is left as it is:
/// somebody may search for `%20`.
fn encoded_once(value: &str) -> Option<String> {
    let decoded = percent_decode_str(value).decode_utf8().ok()?;
    let letters = |text: &str| text.chars().filter(|char| !char.is_ascii()).count();
    (letters(&decoded) > letters(value)).then(|| decoded.into_owned())
}

fn read<F: Form>(parameter: &Parameter<F>, text: &str) -> Result<F::Value, Problem> {
    parameter.form.read(text).ok_or_else(|| Problem::bad_value(parameter.name, &parameter.form.expected()))
}

fn check_names<'n, T: Takes>(names: impl Iterator<Item = &'n str>) -> Result<(), Problem> {
    let mut unknown: Vec<String> = Vec::new();
    for name in names {
        if !T::all().any(|parameter| parameter.name() == name) && !unknown.iter().any(|seen| seen == name) {
            unknown.push(name.to_owned());
        }
        if unknown.len() == MAX_NAMED {
            break;
        }
    }
    if unknown.is_empty() {
        return Ok(());
    }
    let taken: Vec<&str> = T::all().map(|parameter| parameter.name()).collect();
    Err(Problem::unknown_parameters(unknown, &taken))
}

/// A JSON value in the form of a query string; `None` where it has another JSON type.
fn json_text(form: JsonForm, value: &Value) -> Option<String> {
    match (form, value) {
        (JsonForm::Text, Value::String(text)) => Some(text.clone()),
        (JsonForm::Flag, Value::Bool(flag)) => Some(flag.to_string()),
        // `10.0` and `-0` are whole numbers in JSON Schema; a fraction or a number out of range is
        // refused later because of its text.
        (JsonForm::Whole, Value::Number(number)) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 => Some(format!("{:.0}", float + 0.0)),
            _ => Some(number.to_string()),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::pairs;

    #[test]
    fn letters_of_old_pages_and_letters_encoded_twice_are_read() {
        let value = |query: &str| pairs(Some(query)).map(|(_, value)| value).collect::<Vec<_>>();
        for (query, expected) in [
            ("q=educaci%F3n+a%F1o", "educación año"),
            ("q=educaci%C3%B3n", "educación"),
            ("q=educaci%25C3%25B3n", "educación"),
            ("q=a%2520b", "a%20b"),
            ("q=100%25", "100%"),
            ("q=%EF%BF%BD", "\u{FFFD}"),
            ("url=%2Feducaci%25C3%25B3n", "/educaci%C3%B3n"),
            ("q=", ""),
        ] {
            assert_eq!(value(query), [expected], "{query}");
        }
        assert_eq!(value("q=a&&lang=es"), ["a", "es"]);
    }
}
