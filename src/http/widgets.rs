//! The script of the widgets, for the pages of sites.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use headers::{HeaderMapExt, IfNoneMatch};

use super::failures::{Problems, Unfailing};
use super::{App, labels};

/// What stands in the script where its labels belong.
const LABELS_PLACE: &str = "@labels.txt@";

/// The script, ready to be sent.
static SCRIPT: LazyLock<Script> = LazyLock::new(Script::whole);

struct Script {
    text: Bytes,
    /// The same as long as the text is.
    tag: HeaderValue,
}

impl Script {
    fn whole() -> Script {
        let text = include_str!("widgets/fichero.js").replacen(LABELS_PLACE, labels::OF_WIDGETS.trim(), 1);
        let hash = blake3::hash(text.as_bytes()).to_hex();
        // Weak: it is sent in several encodings.
        let tag = HeaderValue::from_str(&format!("W/\"{}\"", hash.get(..32).unwrap_or_default()));
        Script { text: Bytes::from(text), tag: tag.unwrap_or(HeaderValue::from_static("W/\"\"")) }
    }
}

/// The widgets
///
/// A module script that defines `<fichero-search>`, `<fichero-related>` and `<fichero-recent>`:
/// to be loaded by a `<script type="module">`. It needs nothing else. Whatever stands in the query is
/// passed over.
#[utoipa::path(
    get,
    path = "/widgets/fichero.js",
    operation_id = "widgets",
    tag = "Widgets",
    responses((status = 200, description = "The script", body = String, content_type = "text/javascript"), Problems<Unfailing>)
)]
pub(super) async fn script(State(app): State<App>, headers: HeaderMap) -> Response {
    let script = &*SCRIPT;
    let kept = [(header::ETAG, script.tag.clone()), (header::CACHE_CONTROL, app.cache_control.clone())];
    let tag = script.tag.to_str().ok().and_then(|tag| tag.parse().ok());
    let wanted = headers.typed_get::<IfNoneMatch>();
    if tag.is_some_and(|tag| wanted.is_some_and(|wanted| !wanted.precondition_passes(&tag))) {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    let about = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (kept, about, script.text.clone()).into_response()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// What the script may weigh on the way: 12 KB by `gzip -9`, than which this encoder's best is
    /// 0.9 % worse (12,345 bytes for 12,243, measured 2026-11-26).
    const MAX_BYTES: usize = 12_288 * 1_009 / 1_000;

    #[test]
    fn the_script_is_whole_and_light() {
        let text = std::str::from_utf8(&SCRIPT.text).unwrap();
        assert!(!text.contains(LABELS_PLACE) && text.contains("\nnext | Next | Siguiente"), "{text}");
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&SCRIPT.text).unwrap();
        let length = gzip.finish().unwrap().len();
        assert!(length <= MAX_BYTES, "{length} bytes");
    }
}
