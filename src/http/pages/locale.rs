//! The locale of a page: its language, and the reader's format of dates, numbers and lists.

use std::borrow::Cow;
use std::sync::LazyLock;

use axum::http::HeaderMap;
use icu_calendar::{Date, Gregorian};
use icu_datetime::FixedCalendarDateTimeFormatter;
use icu_datetime::fieldsets::YMD;
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_list::ListFormatter;
use icu_list::options::ListFormatterOptions;
use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules};
use maud::{Markup, html};

use super::labels::{self, LabelPart, Labels};
use crate::article::Moment;
use crate::http::request::negotiation;

/// The labels of the pages that the widgets do not have.
const LABELS: &str = include_str!("labels.txt");

static PAGES: LazyLock<Labels> = LazyLock::new(|| Labels::read(LABELS));

/// The languages of the pages; the first is the default.
pub(crate) const LANGS: [&str; 4] = ["en", "es", "pt", "fr"];

/// The reader of a page.
pub(crate) struct Reader {
    /// One of [`LANGS`].
    pub(crate) lang: &'static str,
    /// The reader's variety of it as requested; `None` where no language of the pages was
    /// requested.
    pub(crate) requested_lang: Option<String>,
    /// The locale for dates and numbers.
    locale: Locale,
}

impl Reader {
    /// The reader whose language a parameter gives, or else the headers.
    pub(crate) fn of(ui_lang: Option<&str>, headers: &HeaderMap) -> Reader {
        let known = |tag: &str| {
            let primary = tag.split('-').next().unwrap_or_default();
            let lang = LANGS.into_iter().find(|lang| lang.eq_ignore_ascii_case(primary))?;
            Some((lang, tag.to_owned()))
        };
        let found = ui_lang.and_then(known).or_else(|| negotiation::language_that(headers, known));
        let (lang, requested_lang) = found.map_or((LANGS[0], None), |(lang, tag)| (lang, Some(tag)));
        let tag = requested_lang.as_deref().unwrap_or(lang);
        let locale = tag.parse().or_else(|_| lang.parse()).unwrap_or(Locale::UNKNOWN);
        Reader { lang, requested_lang, locale }
    }

    /// A reader of texts in this language.
    pub(crate) fn for_language(lang: &str) -> Reader {
        Reader::of(Some(lang), &HeaderMap::new())
    }

    /// A label. A missing one is empty, so that the page is rendered nevertheless.
    pub(crate) fn label(&self, key: &str) -> &'static str {
        let found = PAGES.text(key, self.lang).or_else(|| labels::WIDGETS.text(key, self.lang));
        debug_assert!(found.is_some(), "there is no label {key}");
        found.unwrap_or_default()
    }

    /// A label with its placeholders replaced.
    pub(crate) fn label_with(&self, key: &str, values: &[(&str, &str)]) -> String {
        let value = |name: &str| values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
        let parts = labels::parts(self.label(key)).map(|part| match part {
            LabelPart::Text(text) => text,
            LabelPart::Value(name) => value(name),
        });
        parts.collect()
    }

    /// A label with its placeholders replaced by markup.
    pub(crate) fn label_with_html(&self, key: &str, value: &Markup) -> Markup {
        html! {
            @for part in labels::parts(self.label(key)) {
                @match part {
                    LabelPart::Text(text) => (text),
                    LabelPart::Value(_) => (value),
                }
            }
        }
    }

    /// `42 results`, in the form that the language of the page has for the number.
    pub(crate) fn count(&self, what: &str, number: u64) -> String {
        let rules = self.lang.parse().map(|lang: Locale| PluralRules::try_new_cardinal(lang.into()));
        let form = match rules {
            Ok(Ok(rules)) => rules.category_for(number),
            _ => PluralCategory::Other,
        };
        let form = match form {
            PluralCategory::Zero => "zero",
            PluralCategory::One => "one",
            PluralCategory::Two => "two",
            PluralCategory::Few => "few",
            PluralCategory::Many => "many",
            PluralCategory::Other => "other",
        };
        self.label_with(&format!("{what}-{form}"), &[("n", &self.number(number))])
    }

    /// A number in the reader's format.
    pub(crate) fn number(&self, number: u64) -> String {
        match DecimalFormatter::try_new((&self.locale).into(), Default::default()) {
            Ok(formatter) => formatter.format(&Decimal::from(number)).to_string(),
            Err(_) => number.to_string(),
        }
    }

    /// The day of a point in time as the site wrote it, in the reader's format.
    pub(crate) fn day(&self, moment: &Moment) -> String {
        let day = moment.as_str().get(..10).unwrap_or(moment.as_str());
        self.format_date(day).unwrap_or_else(|| day.to_owned())
    }

    fn format_date(&self, day: &str) -> Option<String> {
        let date: jiff::civil::Date = day.parse().ok()?;
        let (year, month, day) = (date.year(), date.month().unsigned_abs(), date.day().unsigned_abs());
        let date = Date::try_new_gregorian(year.into(), month, day).ok()?;
        let formatter =
            FixedCalendarDateTimeFormatter::<Gregorian, _>::try_new((&self.locale).into(), YMD::long()).ok()?;
        Some(formatter.format(&date).to_string())
    }

    /// `A, B and C`.
    pub(crate) fn list(&self, items: &[String]) -> String {
        match ListFormatter::try_new_and((&self.locale).into(), ListFormatterOptions::default()) {
            Ok(formatter) => formatter.format(items.iter()).to_string(),
            Err(_) => items.join(", "),
        }
    }

    /// Whether a text in this language is foreign on the page.
    pub(crate) fn is_foreign(&self, lang: &str) -> bool {
        !crate::article::language_is_under(lang, self.lang)
    }
}

/// The name of a language in itself, with the variety where there is one: `português (BR)`; the
/// code where the name is unknown.
pub(crate) fn language_name(code: &str) -> String {
    let (primary, variety) = code.split_once('-').unwrap_or((code, ""));
    let lower = primary.to_ascii_lowercase();
    let known = isolang::Language::from_639_1(&lower).or_else(|| isolang::Language::from_639_3(&lower));
    match known.and_then(|language| language.to_autonym()) {
        None => code.to_owned(),
        Some(name) if variety.is_empty() => name.to_owned(),
        Some(name) => format!("{name} ({variety})"),
    }
}

/// The beginning of a query, short enough for a sentence.
pub(crate) fn shortened(query: &str) -> Cow<'_, str> {
    const MAX_SHOWN: usize = 80;
    match query.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => Cow::Owned(format!("{}…", query[..end].trim_end())),
        None => Cow::Borrowed(query),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header;

    use super::*;

    fn reader(ui_lang: Option<&str>, accepted: &str) -> Reader {
        let headers = HeaderMap::from_iter([(header::ACCEPT_LANGUAGE, accepted.parse().unwrap())]);
        Reader::of(ui_lang, &headers)
    }

    #[test]
    fn the_labels_are_complete() {
        labels::check(LABELS);
        let code = [
            include_str!("results.rs"),
            include_str!("facets.rs"),
            include_str!("recovery_notice.rs"),
            include_str!("layout.rs"),
            include_str!("welcome.rs"),
            include_str!("../middleware/html_errors.rs"),
            include_str!("locale.rs"),
        ];
        // The keys of problem and date labels are composed from these names.
        let is_built = |key: &str| ["p-", "d-", "date_"].iter().any(|before| key.starts_with(before));
        for key in LABELS.lines().skip(1).filter_map(|line| line.split(" | ").next()).filter(|key| !is_built(key)) {
            assert!(code.iter().any(|code| code.contains(&format!("\"{key}\""))), "nothing shows {key}");
        }
        for lang in LANGS {
            assert_eq!(LABELS.lines().next().unwrap().split(" | ").filter(|known| *known == lang).count(), 1);
            assert!(labels::WIDGETS.text("search", lang).is_some());
        }
    }

    #[test]
    fn a_page_is_in_the_first_of_the_readers_languages_that_pages_have() {
        for (ui_lang, accepted, expected) in [
            (Some("pt-BR"), "es", "pt"),
            (Some("ES"), "fr", "es"),
            (Some("de"), "fr;q=0.8, es;q=0.9", "es"),
            (None, "de, fr;q=0.5", "fr"),
            (None, "*", "en"),
            (None, "es;q=0, ja", "en"),
        ] {
            assert_eq!(reader(ui_lang, accepted).lang, expected, "{ui_lang:?} {accepted}");
        }
    }

    #[test]
    fn dates_numbers_and_lists_are_formatted_for_the_reader() {
        let date = Moment::parse("2021-11-03").unwrap();
        let names = ["Ana".to_owned(), "Luis".to_owned(), "Inés".to_owned()];
        for (lang, day, number, list) in [
            ("en-US", "November 3, 2021", "12,345", "Ana, Luis, and Inés"),
            ("en-GB", "3 November 2021", "12,345", "Ana, Luis and Inés"),
            ("es", "3 de noviembre de 2021", "12.345", "Ana, Luis e Inés"),
            ("pt-BR", "3 de novembro de 2021", "12.345", "Ana, Luis e Inés"),
            ("fr", "3 novembre 2021", "12\u{202f}345", "Ana, Luis et Inés"),
        ] {
            let reader = reader(Some(lang), "*");
            assert_eq!((reader.day(&date).as_str(), reader.number(12_345).as_str()), (day, number), "{lang}");
            assert_eq!(reader.list(&names), list, "{lang}");
        }
    }

    #[test]
    fn counts_have_the_form_of_their_number() {
        for (lang, number, expected) in [
            ("en", 1, "1 result"),
            ("en", 0, "0 results"),
            ("es", 1, "1 resultado"),
            ("es", 4, "4 resultados"),
            ("es", 1_000_000, "1.000.000 de resultados"),
            ("pt", 1_234, "1.234 resultados"),
            ("fr", 0, "0 résultat"),
            ("fr", 2, "2 résultats"),
        ] {
            assert_eq!(reader(Some(lang), "*").count("results", number), expected, "{lang} {number}");
        }
    }

    #[test]
    fn languages_are_named_in_themselves() {
        for (code, name) in [("es", "español"), ("pt-BR", "português (BR)"), ("zh", "中文"), ("und", "und")] {
            assert_eq!(language_name(code), name);
        }
    }
}
