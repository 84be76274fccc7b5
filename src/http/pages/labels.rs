//! The labels of pages and widgets: one file per table, one line per label, one column per
//! language.
//!
//! The pages and the widgets' script share the table of the widgets, so both show the same labels.

use std::collections::HashMap;
use std::sync::LazyLock;

/// The table of the widgets, as embedded in their script.
pub(crate) const WIDGET_TABLE: &str = include_str!("../widgets/labels.txt");

/// The labels of the widgets, which the pages share.
pub(crate) static WIDGETS: LazyLock<Labels> = LazyLock::new(|| Labels::read(WIDGET_TABLE));

/// A parsed table of labels.
pub(crate) struct Labels {
    langs: Vec<&'static str>,
    rows: HashMap<&'static str, Vec<&'static str>>,
}

impl Labels {
    /// Parses lines of `key | text | text`; the first line names the languages of the columns.
    pub(crate) fn read(table: &'static str) -> Labels {
        let mut rows = table.lines().map(|line| {
            let mut cells = line.split(" | ").map(str::trim);
            (cells.next().unwrap_or_default(), cells.collect::<Vec<_>>())
        });
        let langs = rows.next().map(|(_, langs)| langs).unwrap_or_default();
        Labels { langs, rows: rows.collect() }
    }

    /// A label in a language of the table, else in the language of its first column.
    pub(crate) fn text(&self, key: &str, lang: &str) -> Option<&'static str> {
        let row = self.rows.get(key)?;
        let column = self.langs.iter().position(|known| *known == lang).unwrap_or(0);
        row.get(column).copied()
    }
}

/// A part of a label.
pub(crate) enum LabelPart {
    /// Literal text.
    Text(&'static str),
    /// The name of a placeholder.
    Value(&'static str),
}

/// The parts of a label with placeholders, such as `By {names}`.
pub(crate) fn parts(label: &'static str) -> impl Iterator<Item = LabelPart> {
    label.split_inclusive(['{', '}']).filter_map(|part| match part.strip_suffix('}') {
        Some(name) => Some(LabelPart::Value(name)),
        None => Some(part.strip_suffix('{').unwrap_or(part)).filter(|text| !text.is_empty()).map(LabelPart::Text),
    })
}

/// Checks that a table is complete: each label once, in every language, with the same placeholders,
/// and with no characters that a script's template would interpret.
#[cfg(test)]
pub(crate) fn check(table: &'static str) {
    use std::collections::BTreeSet;

    let values = |text: &str| -> BTreeSet<String> {
        text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect()
    };
    let labels = Labels::read(table);
    assert_eq!(labels.rows.len() + 1, table.lines().count(), "a key occurs twice");
    for (key, texts) in &labels.rows {
        assert_eq!(texts.len(), labels.langs.len(), "{key}");
        for text in texts {
            assert!(!text.is_empty() && !text.contains(['`', '\\', '$', '<', '&']), "{key}: {text}");
            // Forms for one and for two may say the number by themselves.
            let is_form = ["-zero", "-one", "-two"].iter().any(|form| key.ends_with(form));
            assert!(values(text) == values(texts[0]) || is_form && values(text).is_empty(), "{key}: {text}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_the_widgets_is_complete() {
        check(WIDGET_TABLE);
        assert_eq!(WIDGETS.text("next", "pt"), Some("Próxima página"));
        assert_eq!(WIDGETS.text("next", "xx"), Some("Next page"));
        assert_eq!(WIDGETS.text("nothing of that name", "en"), None);
    }

    #[test]
    fn the_guide_names_every_label() {
        let guide = include_str!("../../../docs/widgets.md");
        for (key, texts) in &WIDGETS.rows {
            assert!(guide.contains(&format!("\n| `{key}` | {} |\n", texts[0])), "{key}");
        }
    }
}
