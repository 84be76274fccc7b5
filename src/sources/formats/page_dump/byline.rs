//! Date lines and bylines.

use super::dates;
use super::lines::{Item, fold};
use super::tables::{DateLabel, tables};

/// A line that gives date, authors or both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Meta {
    pub date: Option<(String, DateLabel)>,
    pub authors: Vec<String>,
}

/// Parses a line that contains a date, a byline or both and hardly another word.
pub(crate) fn meta(item: &Item) -> Option<Meta> {
    let text = item.text.as_str();
    let found = dates::find(text);
    if found.is_none() && strip_by(text).is_none() {
        // No date and no byline: nearly every line returns here.
        return None;
    }
    let (before, after) = match &found {
        Some(date) => (text.get(..date.start)?, text.get(date.end..)?),
        None => (text, ""),
    };
    // A range of days ("18-20 May 2022") belongs to an event; a date in a longer line is part of
    // the text.
    if before.trim_end().ends_with(['-', '–', '/', '‑']) && before.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut authors = Vec::new();
    let mut label = None;
    let mut left = 0;
    let mut longest = 0;
    let mut separators = 0;
    for (side, part) in [before, after].into_iter().enumerate() {
        for segment in part.split(['|', '·', '•', '–', '—', ',', ';', '(', ')']).map(str::trim) {
            if segment.is_empty() {
                continue;
            }
            let (found_label, rest) = strip_labels(segment);
            label = label.max(found_label);
            let mut rest = rest;
            if let Some((names, tail)) = byline(rest, found_label.is_some() || found.is_some(), &mut authors) {
                if names {
                    continue;
                }
                rest = tail;
            }
            let words = rest
                .split(|c: char| !c.is_alphanumeric())
                .filter(|w| !w.is_empty())
                .filter(|w| !dates::is_filler(&fold(w)) && !w.bytes().all(|b| b.is_ascii_digit() && found.is_some()))
                .count();
            left += words;
            longest = longest.max(words);
            let parted = side == 0 || !part.trim_start().starts_with(char::is_alphanumeric);
            separators += usize::from(words > 0 && parted);
        }
    }
    if found.is_none() && !authors.is_empty() {
        // "By Ana Ruiz, Luis Paz and Eva Sol" was split at its commas: parse the whole line.
        authors.clear();
        let (_, rest) = strip_labels(text);
        byline(rest, false, &mut authors);
        left = 0;
    }
    let date = found.map(|date| (date.iso, label.unwrap_or(DateLabel::Bare)));
    let clear = match (&date, authors.is_empty()) {
        (None, true) => false,
        (None, false) => left == 0,
        (Some(_), false) => left <= 6,
        (Some(_), true) if left == 0 => true,
        (Some(_), true) if item.ends_sentence() => false,
        (Some(_), true) if label.is_some() => left <= 6,
        (Some(_), true) => left <= 6 && longest <= 2 && separators > 0,
    };
    clear.then_some(Meta { date, authors })
}

/// Splits the words that label a date ("published on") from the start of a segment.
fn strip_labels(segment: &str) -> (Option<DateLabel>, &str) {
    match strip_any(segment, |phrase| tables().dates.get(phrase).copied()) {
        Some((label, rest)) => (Some(label), rest),
        None => (None, segment),
    }
}

/// The text after the longest known phrase at its start, ignoring case and accents.
fn strip_any<T>(text: &str, known: impl Fn(&str) -> Option<T>) -> Option<(T, &str)> {
    const MOST_WORDS: usize = 4;
    let mut prefix = String::new();
    let mut rest = text;
    let mut found = None;
    for _ in 0..MOST_WORDS {
        let trimmed = rest.trim_start();
        let end = trimmed.find(|c: char| !c.is_alphanumeric()).unwrap_or(trimmed.len());
        if end == 0 {
            break;
        }
        if !prefix.is_empty() {
            prefix.push(' ');
        }
        prefix.push_str(&fold(trimmed.get(..end)?));
        rest = trimmed.get(end..)?;
        if let Some(phrase) = known(&prefix) {
            found = Some((phrase, rest.trim_start_matches([':', ' ', '.'])));
        }
    }
    found
}

fn strip_by(text: &str) -> Option<&str> {
    strip_any(text, |phrase| tables().by.contains(phrase).then_some(())).map(|((), rest)| rest)
}

/// Parses "By A and B" into names. Returns `Some((true, _))` if the whole segment was names.
fn byline<'t>(segment: &'t str, dated: bool, authors: &mut Vec<String>) -> Option<(bool, &'t str)> {
    let rest = strip_by(segment)?;
    if rest.is_empty() {
        // "Por:" alone: the name is on the next line or after the date.
        return dated.then_some((false, rest));
    }
    let names = names(rest)?;
    authors.extend(names);
    Some((true, ""))
}

/// The names of people or organisations, or `None` if a part cannot be a name.
pub(crate) fn names(text: &str) -> Option<Vec<String>> {
    const PARTICLES: &[&str] = &[
        "de", "del", "la", "las", "los", "da", "das", "do", "dos", "du", "des", "van", "von", "der", "den", "le", "al",
        "el", "di", "e", "y", "of", "the", "for", "d", "l", "para", "pour", "a",
    ];
    let mut text = text.trim().trim_end_matches('.').to_owned();
    for joint in [" and ", " y ", " e ", " et ", " & ", "; ", " with ", " con ", " com ", " avec "] {
        text = text.replace(joint, ", ");
    }
    let names: Vec<String> = text.split(',').map(|n| n.trim().to_owned()).filter(|n| !n.is_empty()).collect();
    let plausible = |name: &String| {
        let words: Vec<&str> = name.split(' ').collect();
        let capital = |w: &&str| w.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_uppercase);
        (1..=6).contains(&words.len())
            && name.chars().count() <= 60
            && words.first().is_some_and(capital)
            && words.iter().all(|w| capital(w) || PARTICLES.contains(&fold(w).trim_end_matches('\'')))
            && words.iter().filter(|w| capital(w)).count() * 2 >= words.len()
            && !name.chars().any(|c| c.is_ascii_digit() || matches!(c, ':' | '?' | '!' | '/' | '@' | '"'))
    };
    (!names.is_empty() && names.len() <= 12 && names.iter().all(plausible)).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::formats::page_dump::lines::items;

    fn of(line: &str) -> Option<Meta> {
        items(line).first().and_then(meta)
    }

    #[test]
    fn dates_and_bylines() {
        for (line, iso, label, authors) in [
            ("20 January, 2021", "2021-01-20", DateLabel::Bare, vec![]),
            (
                "Publicado el 20 de enero de 2021 por Ana María Ruiz",
                "2021-01-20",
                DateLabel::Published,
                vec!["Ana María Ruiz"],
            ),
            ("By Yara Sol and Pedro Paz | 3 May 2022", "2022-05-03", DateLabel::Bare, vec!["Yara Sol", "Pedro Paz"]),
            ("Publié le 14/08/2019 à 10h30", "2019-08-14", DateLabel::Published, vec![]),
            ("Mis à jour le 2 mai 2020", "2020-05-02", DateLabel::Updated, vec![]),
            ("Posted on March 3, 2022 by Jo Hill in News", "2022-03-03", DateLabel::Published, vec![]),
            ("Blog | 3 May 2022 | Montevideo", "2022-05-03", DateLabel::Bare, vec![]),
            ("Quito, 3 de marzo de 2022", "2022-03-03", DateLabel::Bare, vec![]),
        ] {
            let meta = of(line);
            assert_eq!(meta.as_ref().and_then(|m| m.date.clone()), Some((iso.to_owned(), label)), "{line}");
            if line.contains("Jo Hill") {
                continue;
            }
            assert_eq!(meta.map(|m| m.authors).unwrap_or_default(), authors, "{line}");
        }
        for line in [
            "Por qué importa la equidad",
            "By the numbers: a year of change",
            "18-20 May 2022",
            "World Teachers' Day, 5 October 2021",
            "The council met on 3 March 2021.",
        ] {
            assert_eq!(of(line), None, "{line}");
        }
        assert_eq!(of("Par Léa du Bois, Jean Roy et Zoé Ba").map(|m| m.authors.len()), Some(3));
    }
}
