//! The reader's language, as the browser tells it.

use axum::http::{HeaderMap, header};

use crate::article::is_language_tag;

/// The language that `Accept-Language` prefers (RFC 9110, 12.5.4); `None` where it names none.
pub(super) fn preferred(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut best: Option<(f32, &str)> = None;
    for range in text.split(',') {
        let mut parts = range.split(';');
        let tag = parts.next().unwrap_or_default().trim();
        let quality = parts.find_map(|part| part.trim().strip_prefix("q=")?.trim().parse().ok()).unwrap_or(1.0);
        if is_language_tag(tag) && quality > 0.0 && best.is_none_or(|(most, _)| quality > most) {
            best = Some((quality, tag));
        }
    }
    best.map(|(_, tag)| tag.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weightiest_language_is_preferred() {
        for (value, expected) in [
            ("es", Some("es")),
            ("en;q=0.5, es;q=0.9, *;q=0.1", Some("es")),
            ("pt-BR,pt;q=0.9", Some("pt-BR")),
            ("*", None),
            ("es;q=0", None),
            (";;,q=x", None),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, value.parse().unwrap())]);
            assert_eq!(preferred(&headers).as_deref(), expected, "{value}");
        }
    }
}
