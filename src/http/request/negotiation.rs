//! Content negotiation: the weighted lists of `Accept` and `Accept-Language` (RFC 9110, 12.4.2 and
//! 12.5).

use axum::http::header::HeaderName;
use axum::http::{HeaderMap, header};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::article::language_tag;

/// The ranges of a header and their weights from 0 (never) to 1, in their order. An invalid weight
/// counts as 1; a header is never an error.
fn weighted<'h>(headers: &'h HeaderMap, name: &HeaderName) -> impl Iterator<Item = (&'h str, f32)> {
    let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim_end().eq_ignore_ascii_case("q").then(|| value.trim().parse::<f32>().ok())?
        });
        (range, weight.filter(|weight| (0.0..=1.0).contains(weight)).unwrap_or(1.0))
    })
}

/// The preferred language of `Accept-Language`; `None` where it names none.
pub(crate) fn language(headers: &HeaderMap) -> Option<String> {
    language_that(headers, |tag| Some(tag.to_owned()))
}

/// The value of the preferred language of `Accept-Language` for which `known` has one.
pub(crate) fn language_that<T>(headers: &HeaderMap, known: impl Fn(&str) -> Option<T>) -> Option<T> {
    let mut best: Option<(f32, T)> = None;
    for (tag, weight) in weighted(headers, &header::ACCEPT_LANGUAGE) {
        if weight > 0.0
            && best.as_ref().is_none_or(|(most, _)| weight > *most)
            && let Some(found) = language_tag(tag).and_then(|tag| known(&tag))
        {
            best = Some((weight, found));
        }
    }
    best.map(|(_, found)| found)
}

/// The media types of data.
const DATA: [&str; 2] = ["application/json", "application/problem+json"];

/// Whether `Accept` prefers a page to data.
pub(crate) fn prefers_page(headers: &HeaderMap) -> bool {
    DATA.into_iter().all(|data| prefers(headers, "text/html", data))
}

/// Whether `Accept` prefers data to a page.
pub(crate) fn prefers_data(headers: &HeaderMap) -> bool {
    DATA.into_iter().any(|data| prefers(headers, data, "text/html"))
}

/// Whether `Accept-Encoding` accepts the identity coding or one of `encodings` (RFC 9110, 12.5.3).
/// Identity is acceptable unless it is refused by name or by `*`.
pub(crate) fn takes_encoding(headers: &HeaderMap, encodings: &[&str]) -> bool {
    let mut others = None;
    let mut identity = None;
    for (coding, weight) in weighted(headers, &header::ACCEPT_ENCODING) {
        if coding == "*" {
            others = Some(weight);
        } else if coding.eq_ignore_ascii_case("identity") {
            identity = Some(weight);
        } else if weight > 0.0 && encodings.iter().any(|known| coding.eq_ignore_ascii_case(known)) {
            return true;
        }
    }
    identity.or(others).unwrap_or(1.0) > 0.0 || others.is_some_and(|weight| weight > 0.0)
}

/// `Accept-Language` in the documentation of the routes that read it.
pub(crate) struct AcceptLanguage;

impl IntoParams for AcceptLanguage {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let header = ParameterBuilder::new().name("Accept-Language").parameter_in(ParameterIn::Header);
        let about = "The reader's language, where `ui_lang` names none. It is never an error.";
        let schema = ObjectBuilder::new().schema_type(Type::String);
        vec![header.required(Required::False).description(Some(about)).schema(Some(schema)).build()]
    }
}

/// Whether `Accept` prefers a media type to the default one. The most precise range that matches a
/// type decides (RFC 9110, 12.5.1). A client that accepts neither gets the default, which serves it
/// better than an error.
pub(crate) fn prefers(headers: &HeaderMap, media_type: &str, to: &str) -> bool {
    weight_of(headers, media_type) > weight_of(headers, to)
}

fn weight_of(headers: &HeaderMap, media_type: &str) -> f32 {
    let main = media_type.split('/').next().unwrap_or_default();
    let mut best = (0, 0.0);
    for (range, weight) in weighted(headers, &header::ACCEPT) {
        let precision = match range.split_once('/') {
            Some(_) if range.eq_ignore_ascii_case(media_type) => 3,
            Some((range, "*")) if range.eq_ignore_ascii_case(main) => 2,
            Some(("*", "*")) => 1,
            _ => continue,
        };
        if precision > best.0 {
            best = (precision, weight);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_with_the_highest_weight_is_preferred() {
        for (value, expected) in [
            ("es", Some("es")),
            ("en;q=0.5, es;q=0.9, *;q=0.1", Some("es")),
            ("pt-BR,pt;q=0.9", Some("pt-BR")),
            ("pt_BR,pt;q=0.9", Some("pt-BR")),
            ("en; Q = 0.2, fr", Some("fr")),
            ("*", None),
            ("es;q=0", None),
            (";;,q=x", None),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, value.parse().unwrap())]);
            assert_eq!(language(&headers).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn a_type_with_a_higher_weight_is_preferred() {
        let (ld, json) = ("application/ld+json", "application/json");
        for (value, expected) in [
            (ld, true),
            ("Application/LD+JSON", true),
            ("application/ld+json, */*;q=0.1", true),
            ("application/json;q=0.5, application/ld+json", true),
            ("application/ld+json;profile=\"x\";q=0.9, application/*;q=0.8", true),
            ("application/json, application/ld+json", false),
            ("application/ld+json;q=0.4, application/json;q=0.5", false),
            ("application/ld+json;q=0", false),
            ("application/ld+json;q=0, */*", false),
            ("application/*", false),
            ("*/*", false),
            ("text/html", false),
            ("", false),
            (",;=,q", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, value.parse().unwrap())]);
            assert_eq!(prefers(&headers, ld, json), expected, "{value}");
        }
        assert!(!prefers(&HeaderMap::new(), ld, json));
    }
}
