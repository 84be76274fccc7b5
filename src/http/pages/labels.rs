//! The labels of pages and widgets: one file per table, one line per label, one column per
//! language.
//!
//! The pages and the widgets' script share the table of the widgets, so both show the same labels.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use crate::article::{Kind, Kinds};

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

/// The label of a kind in a language: the configured one, else the built-in one, else the configured one
/// of another language, else the kind's name.
pub(crate) fn kind_label<'k>(kinds: &'k Kinds, kind: &'k Kind, lang: &str) -> Cow<'k, str> {
    let label = kinds.label(kind, lang).or_else(|| WIDGETS.text(kind.as_str(), lang).filter(|_| kind.is_built_in()));
    match label.or_else(|| kinds.any_label(kind)) {
        Some(label) => Cow::Borrowed(label),
        None => Cow::Owned(capitalized(&kind.as_str().replace('-', " "))),
    }
}

/// The rows of the configured kinds for the table of the widgets, whose last row of a key counts.
pub(crate) fn kind_rows(kinds: &Kinds) -> String {
    let row = |kind: &Kind| {
        let labels = WIDGETS.langs.iter().map(|lang| kind_label(kinds, kind, lang));
        labels.fold(format!("\n{}", kind.as_str()), |row, label| row + " | " + &label)
    };
    kinds.configured().map(|configured| row(configured.kind())).collect()
}

/// A text with its first letter in upper case, for names of languages in a list.
pub(crate) fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
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
    use crate::article::SiteKind;

    #[test]
    fn the_table_of_the_widgets_is_complete() {
        check(WIDGET_TABLE);
        assert_eq!(WIDGETS.text("next", "pt"), Some("Próxima página"));
        assert_eq!(WIDGETS.text("next", "xx"), Some("Next page"));
        assert_eq!(WIDGETS.text("nothing of that name", "en"), None);
    }

    #[test]
    fn kinds_are_labelled_by_the_configuration_first() {
        let labels =
            |labels: &[(&str, &str)]| labels.iter().map(|(lang, text)| ((*lang).into(), (*text).into())).collect();
        let kinds = Kinds::new(vec![
            SiteKind::new("event", labels(&[("es", "Actividad")]), None).unwrap(),
            SiteKind::new("phd-thesis", labels(&[("pt", "Tese"), ("es", "Tesis")]), None).unwrap(),
            SiteKind::new("data-set", labels(&[]), None).unwrap(),
        ]);
        let label = |name: &str, lang: &str| kind_label(&kinds, &Kind::named(name).unwrap(), lang).into_owned();
        assert_eq!((label("event", "es"), label("event", "fr")), ("Actividad".into(), "Événement".into()));
        assert_eq!((label("phd-thesis", "pt"), label("phd-thesis", "en")), ("Tese".into(), "Tesis".into()));
        // A key of the table that is no kind is no label of one.
        assert_eq!((label("data-set", "en"), label("year", "es")), ("Data set".into(), "Year".into()));
        let rows = kind_rows(&kinds);
        assert_eq!(rows.lines().nth(2), Some("phd-thesis | Tesis | Tesis | Tese | Tesis | Tesis"), "{rows}");
        assert_eq!(kind_rows(&Kinds::default()), "");
        assert_eq!(capitalized("español"), "Español");
    }

    #[test]
    fn the_guide_names_every_label() {
        let guide = include_str!("../../../docs/widgets.md");
        for (key, texts) in &WIDGETS.rows {
            assert!(guide.contains(&format!("\n| `{key}` | {} |\n", texts[0])), "{key}");
        }
    }
}
