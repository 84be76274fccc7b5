//! The text of the widgets' script.

use axum::body::Bytes;
use blake3::Hash;

use crate::article::Kinds;
use crate::http::pages::labels;

const SOURCE: &str = include_str!("fichero.js");

/// The placeholder for the labels in the script.
const LABELS_PLACEHOLDER: &str = "@labels.txt@";

/// The script, ready to be sent.
pub(crate) struct Script {
    pub(crate) text: Bytes,
    /// The hash of the text.
    pub(crate) hash: Hash,
}

impl Script {
    /// The script of a site with these kinds.
    pub(crate) fn of(kinds: &Kinds) -> Script {
        // The table stands in a template literal.
        let rows = labels::kind_rows(kinds).replace('\\', r"\\").replace('`', r"\`").replace('$', r"\$");
        let table = labels::WIDGET_TABLE.trim().to_owned() + &rows;
        let text = minified(SOURCE).replacen(LABELS_PLACEHOLDER, &table, 1);
        Script { hash: blake3::hash(text.as_bytes()), text: Bytes::from(text) }
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
        let script = Script::of(&Kinds::default());
        let text = std::str::from_utf8(&script.text).unwrap();
        assert!(!text.contains(LABELS_PLACEHOLDER) && text.contains("\nnext | Next page | Página siguiente"), "{text}");
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&script.text).unwrap();
        let length = gzip.finish().unwrap().len();
        assert!(length <= MAX_BYTES, "{length} bytes");
    }
}
