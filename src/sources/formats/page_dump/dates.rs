//! Parses calendar dates as written in English, Spanish, Portuguese and French.

use super::lines::fold;

/// A valid calendar date found in a text, with its byte range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FoundDate {
    /// RFC 3339 full-date, `YYYY-MM-DD`.
    pub iso: String,
    /// Byte offset of the first character.
    pub start: usize,
    /// Byte offset just past the last character.
    pub end: usize,
}

/// Numbers outside this range are not taken for years.
const YEARS: std::ops::RangeInclusive<u32> = 1900..=2100;

#[derive(Debug)]
enum DateToken {
    Number { value: u32, digits: usize, start: usize, end: usize },
    Word { folded: String, start: usize, end: usize },
}

impl DateToken {
    fn start(&self) -> usize {
        match self {
            DateToken::Number { start, .. } | DateToken::Word { start, .. } => *start,
        }
    }

    fn end(&self) -> usize {
        match self {
            DateToken::Number { end, .. } | DateToken::Word { end, .. } => *end,
        }
    }

    fn word(&self) -> Option<&str> {
        match self {
            DateToken::Word { folded, .. } => Some(folded),
            DateToken::Number { .. } => None,
        }
    }
}

/// Finds the first valid date of a short text.
///
/// Purely numeric dates are read day first, or month first if day first is impossible
/// (`01/20/2021`). A month without a day is not a date.
pub(crate) fn find(text: &str) -> Option<FoundDate> {
    if !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let tokens = tokens(text);
    (0..tokens.len()).find_map(|at| {
        let rest = tokens.get(at..)?;
        // The tail of "18-20 May 2022" or of a longer number is not a date of its own.
        numeric(text, rest).or_else(|| worded(text, rest))
    })
}

/// Whether a text contains a time of day: `10:30`, `10h30`, `9 am`, `15h`.
pub(crate) fn has_clock(text: &str) -> bool {
    let tokens = tokens(text);
    tokens.iter().enumerate().any(|(at, token)| {
        let DateToken::Number { value, digits, end, .. } = token else {
            return false;
        };
        if *value > 24 || *digits > 2 {
            return false;
        }
        match tokens.get(at + 1) {
            Some(DateToken::Word { folded, .. }) => {
                matches!(folded.as_str(), "h" | "hs" | "hrs" | "am" | "pm" | "heures" | "horas")
            }
            Some(DateToken::Number { value, digits, start, .. }) => {
                *digits == 2 && *value < 60 && text.get(*end..*start) == Some(":")
            }
            None => false,
        }
    })
}

/// Whether a word next to a date carries no information of its own: weekdays, hours, time zones,
/// short connecting words.
pub(crate) fn is_filler(folded: &str) -> bool {
    super::words::FILLER.split(", ").any(|filler| filler == folded)
}

fn tokens(text: &str) -> Vec<DateToken> {
    let mut tokens = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        if !first.is_alphanumeric() {
            continue;
        }
        let digit = first.is_ascii_digit();
        let mut end = start + first.len_utf8();
        while let Some((at, next)) = chars.peek().copied() {
            if !next.is_alphanumeric() || next.is_ascii_digit() != digit {
                break;
            }
            end = at + next.len_utf8();
            chars.next();
        }
        let slice = text.get(start..end).unwrap_or_default();
        tokens.push(if digit {
            DateToken::Number { value: slice.parse().unwrap_or(u32::MAX), digits: end - start, start, end }
        } else {
            DateToken::Word { folded: fold(slice), start, end }
        });
    }
    tokens
}

fn numeric(text: &str, tokens: &[DateToken]) -> Option<FoundDate> {
    let [
        DateToken::Number { value: a, digits: a_digits, start, end: a_end },
        DateToken::Number { value: b, digits: b_digits, start: b_start, end: b_end },
        DateToken::Number { value: c, digits: c_digits, start: c_start, end },
        ..,
    ] = tokens
    else {
        return None;
    };
    let separator = text.get(*a_end..*b_start)?.trim();
    if separator != text.get(*b_end..*c_start)?.trim() || !matches!(separator, "-" | "/" | "." | "‑" | "–") {
        return None;
    }
    if *b_digits > 2 {
        return None;
    }
    let iso = match (a_digits, c_digits) {
        (4, 1 | 2) => calendar(*a, *b, *c)?,
        (1 | 2, 4) => calendar(*c, *b, *a).or_else(|| calendar(*c, *a, *b))?,
        (2, 2) if *b_digits == 2 && separator != "-" => {
            let year = if *c >= 90 { 1900 + c } else { 2000 + c };
            calendar(year, *b, *a).or_else(|| calendar(year, *a, *b))?
        }
        _ => return None,
    };
    Some(FoundDate { iso, start: *start, end: *end })
}

fn worded(text: &str, tokens: &[DateToken]) -> Option<FoundDate> {
    let first = tokens.first()?;
    let mut at = 1;
    let (day, month) = match first {
        DateToken::Number { value, digits: 1 | 2, .. } => {
            at = skip(tokens, at, &["st", "nd", "rd", "th", "er", "ero", "ro", "o", "º", "°", "a", "ª"], 1);
            at = skip(tokens, at, &["de", "of", "d", "the", "del"], 2);
            let month = month(tokens.get(at)?.word()?)?;
            at += 1;
            (*value, month)
        }
        DateToken::Word { folded, .. } => {
            let month = month(folded)?;
            at = skip(tokens, at, &["the"], 1);
            let DateToken::Number { value, digits: 1 | 2, .. } = tokens.get(at)? else {
                return None;
            };
            at = skip(tokens, at + 1, &["st", "nd", "rd", "th"], 1);
            (*value, month)
        }
        DateToken::Number { .. } => return None,
    };
    at = skip(tokens, at, &["de", "del", "do", "of"], 1);
    let last = tokens.get(at)?;
    let DateToken::Number { value: year, digits: 4, .. } = last else {
        return None;
    };
    let (start, end) = (first.start(), last.end());
    // The parts of one date are close together, with no sentence boundary between them.
    let joined = text.get(start..end)?;
    if joined.chars().any(|c| matches!(c, ';' | '|' | '?' | '!' | ':' | '('))
        || joined.contains(". ") && joined.len() > 24
    {
        return None;
    }
    Some(FoundDate { iso: calendar(*year, month, day)?, start, end })
}

fn skip(tokens: &[DateToken], mut at: usize, words: &[&str], most: usize) -> usize {
    for _ in 0..most {
        match tokens.get(at).and_then(DateToken::word) {
            Some(word) if words.contains(&word) => at += 1,
            _ => break,
        }
    }
    at
}

/// The number of a month by its name or usual abbreviation, folded to lower-case ASCII, in the four
/// languages.
pub(crate) fn month(folded: &str) -> Option<u32> {
    Some(match folded {
        "january" | "jan" | "enero" | "ene" | "janeiro" | "janvier" | "janv" => 1,
        "february" | "feb" | "febrero" | "fevereiro" | "fev" | "fevrier" | "fevr" => 2,
        "march" | "mar" | "marzo" | "marco" | "mars" => 3,
        "april" | "apr" | "abril" | "abr" | "avril" | "avr" => 4,
        "may" | "mayo" | "maio" | "mai" => 5,
        "june" | "jun" | "junio" | "junho" | "juin" => 6,
        "july" | "jul" | "julio" | "julho" | "juillet" | "juil" => 7,
        "august" | "aug" | "agosto" | "ago" | "aout" => 8,
        "september" | "sep" | "sept" | "septiembre" | "setiembre" | "setembro" | "set" | "septembre" => 9,
        "october" | "oct" | "octubre" | "outubro" | "out" | "octobre" => 10,
        "november" | "nov" | "noviembre" | "novembro" | "novembre" => 11,
        "december" | "dec" | "diciembre" | "dic" | "dezembro" | "dez" | "decembre" => 12,
        _ => return None,
    })
}

fn calendar(year: u32, month: u32, day: u32) -> Option<String> {
    if !YEARS.contains(&year) {
        return None;
    }
    let leap = (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    (1..=last).contains(&day).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_four_languages() {
        for (text, iso) in [
            ("20 January, 2021", "2021-01-20"),
            ("January 20, 2021", "2021-01-20"),
            ("Jan. 20th, 2021", "2021-01-20"),
            ("20 JAN 2021", "2021-01-20"),
            ("20-Jan-2021", "2021-01-20"),
            ("the 2nd of May 2020", "2020-05-02"),
            ("20 de enero de 2021", "2021-01-20"),
            ("Miércoles, 20 de enero del 2021", "2021-01-20"),
            ("enero 20, 2021", "2021-01-20"),
            ("Publicado em 3 de março de 2022", "2022-03-03"),
            ("1º de março de 2022", "2022-03-01"),
            ("le 1er février 2021", "2021-02-01"),
            ("Publié le 14 août 2019 à 10h30", "2019-08-14"),
            ("20/01/2021", "2021-01-20"),
            ("01/20/2021", "2021-01-20"),
            ("3.4.2021", "2021-04-03"),
            ("20/01/21", "2021-01-20"),
            ("2021-01-20", "2021-01-20"),
            ("2021-01-20T10:00:00Z", "2021-01-20"),
            ("29 February 2020", "2020-02-29"),
        ] {
            assert_eq!(find(text).map(|d| d.iso).as_deref(), Some(iso), "{text}");
        }
    }

    #[test]
    fn invalid_dates_are_not_found() {
        for text in [
            "",
            "January 2021",
            "31/02/2021",
            "29 February 2021",
            "Agenda 2030",
            "1234/56/7890",
            "call 58-212-286",
            "May the force",
            "2021",
            "99/99/9999",
            "99999999999/1/1",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }

    #[test]
    fn clocks() {
        assert!(has_clock("10:30") && has_clock("à 14 h 00") && has_clock("9 am") && has_clock("15h"));
        assert!(!has_clock("2:1 ratio") && !has_clock("John 3"));
    }
}
