//! The script of the widgets.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use headers::ETag;

use super::error::responses::{NoErrors, Problems};
use super::middleware::caching;
use super::pages::labels;
use crate::http::paths;
use crate::http::state::App;

const SOURCE: &str = include_str!("fichero.js");

/// The placeholder for the labels in the script.
const LABELS_PLACEHOLDER: &str = "@labels.txt@";

/// The script, ready to be sent.
static SCRIPT: LazyLock<Script> = LazyLock::new(Script::build);

struct Script {
    text: Bytes,
    /// A hash of the text.
    tag: Option<ETag>,
}

impl Script {
    fn build() -> Script {
        let text = minified(SOURCE).replacen(LABELS_PLACEHOLDER, labels::WIDGET_TABLE.trim(), 1);
        Script { tag: caching::weak_tag(&blake3::hash(text.as_bytes())), text: Bytes::from(text) }
    }
}

/// The script without indentation and without comments on lines of their own. The first line, which
/// describes the script, stays.
fn minified(source: &str) -> String {
    let is_comment = |line: &str| line.starts_with("//") || (line.starts_with("/*") && line.ends_with("*/"));
    let lines = source.lines().map(str::trim_start).enumerate();
    let kept_lines = lines.filter(|(index, line)| *index == 0 || !(line.is_empty() || is_comment(line)));
    kept_lines.flat_map(|(_, line)| [line, "\n"]).collect()
}

/// The widgets
///
/// A module script that defines `<fichero-search>`, `<fichero-related>` and `<fichero-recent>`:
/// to be loaded by a `<script type="module">`. It needs nothing else. Whatever stands in the query is
/// passed over.
#[utoipa::path(
    get,
    path = paths::WIDGETS,
    operation_id = "widgets",
    tag = "Widgets",
    responses((status = 200, description = "The script", body = String, content_type = "text/javascript"), Problems<NoErrors>)
)]
pub(crate) async fn script(State(app): State<App>, headers: HeaderMap) -> Response {
    let Script { text, tag } = &*SCRIPT;
    let (tag, cache_control) = (tag.clone(), app.cache_control.clone());
    if tag.as_ref().is_some_and(|tag| caching::has_present(&headers, tag)) {
        return caching::not_modified(tag, cache_control, &caching::ENCODINGS_ONLY);
    }
    let about = [(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"))];
    let mut response = (about, text.clone()).into_response();
    caching::set_cache_headers(response.headers_mut(), tag, cache_control, &caching::ENCODINGS_ONLY);
    response
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// The limit of the compressed script's size.
    const MAX_BYTES: usize = 14 * 1_024;

    #[test]
    fn only_comments_on_lines_of_their_own_are_removed() {
        let source = "// What it is.\n\n/** A. */\nconst a = `\n  // b\n  c /* d */`; // e\n  /* f\n  g */\n";
        assert_eq!(minified(source), "// What it is.\nconst a = `\nc /* d */`; // e\n/* f\ng */\n");
        // A template between backticks contains only styles and labels, where such lines are
        // comments too.
        assert_eq!(SOURCE.matches("`\n").count(), 3, "one more text of several lines");
    }

    #[test]
    fn the_script_is_complete_and_small() {
        let text = std::str::from_utf8(&SCRIPT.text).unwrap();
        assert!(!text.contains(LABELS_PLACEHOLDER) && text.contains("\nnext | Next page | Página siguiente"), "{text}");
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&SCRIPT.text).unwrap();
        let length = gzip.finish().unwrap().len();
        assert!(length <= MAX_BYTES, "{length} bytes");
    }
}
