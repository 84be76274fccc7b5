//! What each item of a page looks like: prose, list, date, label, notice.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::dates;
use super::lines::{Item, Marker, fold, key, key_of_folded};
use super::profile::SiteProfile;
use super::words;

/// What stands under a section label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    Share,
    Related,
    Comments,
    /// Newsletter boxes, "follow us", copyright lines: the page's end, or a box before the article.
    Closing,
    /// Skip links, search, menus, print, logos: nothing that ends or opens an article.
    Tool,
}

/// What a date says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum DateLabel {
    Updated,
    Bare,
    Published,
}

/// A line that gives date, authors or both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Meta {
    pub date: Option<(String, DateLabel)>,
    pub authors: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A paragraph, or a list item of one or more sentences.
    Prose,
    /// A short line that ends as a sentence does.
    Sentence,
    /// A short line: heading, title, name, unbulleted menu entry.
    Short,
    /// A short list item.
    Entry,
    /// A short list item under a line that ends with a colon.
    Introduced,
    /// `[1] ...`, a bare address, or a numbered address.
    Footnote,
    /// Time, place or registration of an event; an hour of a programme.
    Event,
    Meta(Meta),
    /// Breadcrumbs or a menu on one line: the parts.
    Trail(Vec<String>),
    Label(Label),
    /// A long sentence that belongs to the site: cookies, newsletter, harassment policy.
    Notice,
    /// "Read more" and the like.
    More,
    /// Photo credits, "5 min read", file names.
    Aside,
}

/// An item's kind, and whether it recurs over the site.
#[derive(Debug, Clone)]
pub(super) struct Sign {
    pub kind: Kind,
    pub recurs: bool,
}

/// Classifies every item of a page.
pub(super) fn signs(items: &[Item], profile: &SiteProfile) -> Vec<Sign> {
    let mut introduced = false;
    let mut signs: Vec<Sign> = Vec::with_capacity(items.len());
    for item in items {
        let mut kind = kind(item);
        if kind == Kind::Entry && introduced {
            kind = Kind::Introduced;
        }
        if !item.listed() {
            introduced = item.introduces()
                && item.words >= 4
                && matches!(kind, Kind::Prose | Kind::Sentence);
        }
        signs.push(Sign {
            recurs: profile.recurs(item),
            kind,
        });
    }
    introduce_flanked(items, &mut signs);
    let around = |at: usize, signs: &[Sign]| {
        let near = |i: Option<usize>| {
            i.and_then(|i| signs.get(i))
                .is_some_and(|s| s.kind == Kind::Event)
        };
        near(at.checked_sub(1)) || near(at.checked_add(1))
    };
    // "Date: 18 May 2022" beside "Time: ..." is when the event is, not when the page was published.
    for (at, item) in items.iter().enumerate() {
        let dated = matches!(signs.get(at).map(|s| &s.kind), Some(Kind::Meta(_)));
        let keyed = item.text.split_once(':').is_some_and(|(head, _)| {
            matches!(
                key(head).as_str(),
                "date" | "dates" | "fecha" | "data" | "when" | "cuando" | "quando" | "quand"
            )
        });
        if dated
            && keyed
            && around(at, &signs)
            && let Some(sign) = signs.get_mut(at)
        {
            sign.kind = Kind::Event;
        }
    }
    signs
}

/// Short lists with prose on both sides, a heading perhaps between, are of the
/// text as lists after a colon are.
fn introduce_flanked(items: &[Item], signs: &mut [Sign]) {
    const LONGEST: usize = 15;
    let prose = |signs: &[Sign], at: Option<usize>| {
        at.is_some_and(|at| {
            signs.get(at).is_some_and(|s| {
                !s.recurs && matches!(s.kind, Kind::Prose | Kind::Sentence | Kind::Introduced)
            }) && items.get(at).is_some_and(|i| i.words >= 5 || i.listed())
        })
    };
    let heading = |signs: &[Sign], at: Option<usize>| {
        at.and_then(|at| signs.get(at))
            .is_some_and(|s| s.kind == Kind::Short)
    };
    let mut at = 0;
    while at < signs.len() {
        let run = signs
            .iter()
            .skip(at)
            .take_while(|s| s.kind == Kind::Entry && !s.recurs)
            .count();
        if run == 0 {
            at += 1;
            continue;
        }
        let end = at + run;
        let above = prose(signs, at.checked_sub(1))
            || heading(signs, at.checked_sub(1)) && prose(signs, at.checked_sub(2));
        let below =
            prose(signs, Some(end)) || heading(signs, Some(end)) && prose(signs, Some(end + 1));
        if run <= LONGEST && above && below {
            for sign in signs.iter_mut().take(end).skip(at) {
                sign.kind = Kind::Introduced;
            }
        }
        at = end;
    }
}

fn kind(item: &Item) -> Kind {
    let folded = fold(&item.text);
    if item.words <= 10 {
        let key = key_of_folded(&folded);
        if let Some(label) = label(&folded, &key) {
            return Kind::Label(label);
        }
        if tables().more.contains(key.as_str()) {
            return Kind::More;
        }
        if is_aside(item, &folded) {
            return Kind::Aside;
        }
    }
    if is_footnote(item) {
        return Kind::Footnote;
    }
    // "Read also: a title" in the middle of an article.
    let names_related = |head: &str| label(head, &key_of_folded(head)) == Some(Label::Related);
    if item.words <= 30
        && folded
            .split_once(':')
            .is_some_and(|(head, _)| names_related(head))
    {
        return Kind::Aside;
    }
    if item.words <= 24 {
        if let Some(kind) = copyright(item, &folded) {
            return kind;
        }
        if is_event(item) {
            return Kind::Event;
        }
        if let Some(meta) = meta(item) {
            return Kind::Meta(meta);
        }
    }
    if let Some(parts) = trail(item) {
        return Kind::Trail(parts);
    }
    if is_notice(item, &folded) {
        return Kind::Notice;
    }
    if item.words >= 28 && (item.ends_sentence() || !is_menu_run(&item.text)) {
        return Kind::Prose;
    }
    let ends = item.ends_sentence() || item.ends_cut();
    let asks = item.text.ends_with(['?', '!']) && !item.text.contains(". ");
    match (item.listed(), ends) {
        (true, true) if item.words >= 8 => Kind::Prose,
        (true, _) => Kind::Entry,
        _ if item.words >= 28 => Kind::Short,
        (false, true) if item.words >= 12 && !asks => Kind::Prose,
        (false, true) if matches!(item.marker, Marker::Heading(_)) => Kind::Short,
        (false, true) => Kind::Sentence,
        (false, false) => Kind::Short,
    }
}

/// The word lists of [`words`], ready to be asked.
struct Tables {
    labels: HashMap<&'static str, Label>,
    dates: HashMap<&'static str, DateLabel>,
    by: HashSet<&'static str>,
    more: HashSet<&'static str>,
    section: HashSet<&'static str>,
    kicker: HashSet<&'static str>,
    home: HashSet<&'static str>,
    event: HashSet<&'static str>,
    notices: [Vec<&'static str>; 3],
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let set = |list: &'static str| list.split(", ").collect();
        let mut labels = HashMap::new();
        for (list, label) in [
            (words::TOOL, Label::Tool),
            (words::CLOSING, Label::Closing),
            (words::COMMENTS, Label::Comments),
            (words::RELATED, Label::Related),
            (words::SHARE, Label::Share),
        ] {
            labels.extend(list.split(", ").map(|name| (name, label)));
        }
        let mut dates = HashMap::new();
        dates.extend(
            words::PUBLISHED
                .split(", ")
                .map(|name| (name, DateLabel::Published)),
        );
        dates.extend(
            words::UPDATED
                .split(", ")
                .map(|name| (name, DateLabel::Updated)),
        );
        Tables {
            labels,
            dates,
            by: set(words::BY),
            more: set(words::MORE),
            section: set(words::SECTION),
            kicker: set(words::KICKER),
            home: set(words::HOME),
            event: set(words::EVENT),
            notices: [words::COOKIES, words::BOXES, words::POLICIES]
                .map(|list| list.split(", ").collect()),
        }
    })
}

fn label(text: &str, key: &str) -> Option<Label> {
    const SHARING: &[&str] = &[
        "share",
        "compartir",
        "compartilhar",
        "compartilhe",
        "partager",
        "partagez",
        "facebook",
        "linkedin",
    ];
    // "3 Comments", "Comments (3)": the count is not part of the name.
    let words: Vec<&str> = key
        .split(' ')
        .filter(|w| !w.bytes().all(|b| b.is_ascii_digit()))
        .collect();
    let name = words.join(" ");
    if let Some((head, _)) = text.split_once(':')
        && matches!(
            fold(head.trim()).as_str(),
            "tags"
                | "etiquetas"
                | "mots-cles"
                | "palabras clave"
                | "palavras-chave"
                | "keywords"
                | "marcadores"
        )
    {
        return Some(Label::Tool);
    }
    let names = &tables().labels;
    if let Some(label) = names.get(name.as_str()) {
        // Without a count these may well be headings of the text.
        let doubtful = matches!(
            name.as_str(),
            "response" | "responses" | "respuestas" | "reactions"
        );
        return (!doubtful || name.len() < key.len()).then_some(*label);
    }
    // "Share on Facebook", "Facebook Twitter LinkedIn".
    let sharing = words
        .iter()
        .filter(|w| names.get(*w) == Some(&Label::Share))
        .count();
    (sharing >= 2 && sharing * 2 >= words.len() && words.iter().any(|w| SHARING.contains(w)))
        .then_some(Label::Share)
}

/// Headings that open a part of an article, never the whole of it.
pub(super) fn is_section_name(text: &str) -> bool {
    tables().section.contains(key(text).as_str())
}

/// Names of the sort of page, printed above the title.
pub(super) fn is_kicker(text: &str) -> bool {
    tables().kicker.contains(key(text).as_str())
}

/// Words by which a breadcrumb starts.
pub(super) fn is_home(text: &str) -> bool {
    tables().home.contains(key(text).as_str())
}

fn is_aside(item: &Item, folded: &str) -> bool {
    let file = [".jpg", ".jpeg", ".png", ".gif", ".svg", ".webp"]
        .iter()
        .any(|ext| folded.ends_with(ext));
    let credit = [
        "photo:",
        "photo credit:",
        "photo by",
        "foto:",
        "fotografia:",
        "image:",
        "imagen:",
        "imagem:",
        "credit:",
        "credits:",
        "credito:",
        "creditos:",
        "credit photo",
        "photo ©",
        "foto ©",
        "image credit:",
        "getty images",
        "shutterstock",
    ]
    .iter()
    .any(|start| folded.starts_with(start));
    let reading = folded.contains("min read")
        || folded.contains("minute read")
        || folded.contains("de lectura")
        || folded.contains("de leitura")
        || folded.contains("de lecture");
    file || credit || reading && item.words <= 7
}

fn is_footnote(item: &Item) -> bool {
    let text = item.text.as_str();
    let address =
        text.starts_with("http://") || text.starts_with("https://") || text.starts_with("www.");
    if address && item.words <= 4 {
        return true;
    }
    let note = text
        .strip_prefix('[')
        .and_then(|t| t.split_once(']'))
        .is_some_and(|(number, rest)| {
            (1..=3).contains(&number.len())
                && number.bytes().all(|b| b.is_ascii_digit())
                && !rest.is_empty()
        });
    note || text.starts_with(['¹', '²', '³'])
}

/// `©` with a year or a claim of rights ends a page; alone it credits a picture.
fn copyright(item: &Item, folded: &str) -> Option<Kind> {
    let rights = [
        "all rights reserved",
        "todos los derechos",
        "todos os direitos",
        "tous droits reserves",
        "derechos reservados",
        "direitos reservados",
    ]
    .iter()
    .any(|claim| folded.contains(claim));
    let sign =
        item.text.contains('©') || folded.starts_with("copyright") || folded.starts_with("(c) ");
    let year = folded
        .split(|c: char| !c.is_ascii_digit())
        .any(|n| n.len() == 4 && (n.starts_with("19") || n.starts_with("20")));
    if rights || sign && year {
        Some(Kind::Label(Label::Closing))
    } else if sign {
        Some(Kind::Aside)
    } else {
        None
    }
}

fn is_event(item: &Item) -> bool {
    if let Some((head, tail)) = item.text.split_once(':')
        && !tail.trim().is_empty()
        && !tail.starts_with("//")
        && tables().event.contains(key(head).as_str())
    {
        return true;
    }
    if !item.text.bytes().take(9).any(|b| b.is_ascii_digit()) {
        return false;
    }
    // A line of a programme starts with its hour.
    let head: String = item.text.chars().take(9).collect();
    dates::has_clock(&head) && dates::find(&item.text).is_none() && item.words >= 3
}

const SEPARATORS: [char; 8] = ['|', '›', '»', '>', '→', '·', '•', '/'];

fn trail(item: &Item) -> Option<Vec<String>> {
    if item.words > 80 {
        return None;
    }
    let text = item.text.as_str();
    let spaced = |sign: char| {
        let parts: Vec<&str> = match sign {
            // Slashes and dots stand within words too.
            '/' | '·' | '>' | '•' => {
                let pattern: String = [' ', sign, ' '].iter().collect();
                text.split(pattern.as_str()).collect()
            }
            _ => text.split(sign).collect(),
        };
        let parts: Vec<String> = parts
            .into_iter()
            .map(|p| p.trim().to_owned())
            .filter(|p| !p.is_empty())
            .collect();
        parts
    };
    let after_label = text.split_once(':').is_some_and(|(head, _)| {
        matches!(
            key(head).as_str(),
            "you are here"
                | "usted esta aqui"
                | "esta aqui"
                | "voce esta aqui"
                | "vous etes ici"
                | "estas aqui"
        )
    });
    for sign in SEPARATORS {
        if !text.contains(sign) {
            continue;
        }
        let mut parts = spaced(sign);
        let few_words = item.words <= parts.len() * 6;
        let home = parts.first().is_some_and(|p| is_home(p));
        let enough = parts.len() >= 3 || parts.len() == 2 && (home || after_label);
        if enough && (few_words && !item.ends_sentence() || home || after_label) {
            if after_label
                && let Some(first) = parts.first_mut()
                && let Some((_, tail)) = first.split_once(':')
            {
                *first = tail.trim().to_owned();
            }
            return Some(parts);
        }
    }
    None
}

/// Many capitalised words and no sentence: a menu printed on one line.
fn is_menu_run(text: &str) -> bool {
    let (mut words, mut capitals) = (0_usize, 0_usize);
    for word in text.split(' ') {
        if let Some(first) = word.chars().find(|c| c.is_alphabetic()) {
            words += 1;
            capitals += usize::from(first.is_uppercase());
        }
    }
    capitals * 10 >= words * 6 && !text.contains(". ")
}

fn is_notice(item: &Item, folded: &str) -> bool {
    // An article on newsletters or on harassment speaks longer than a banner.
    const LONGEST: [(usize, usize); 3] = [(0, 160), (1, 60), (2, 25)];
    LONGEST.iter().any(|(group, most)| {
        item.words <= *most
            && tables()
                .notices
                .get(*group)
                .is_some_and(|phrases| phrases.iter().any(|phrase| folded.contains(phrase)))
    })
}

/// Reads a line that holds a date, a byline or both and hardly a word more.
pub(super) fn meta(item: &Item) -> Option<Meta> {
    let text = item.text.as_str();
    let found = dates::find(text);
    if found.is_none() && strip_by(text).is_none() {
        // No date and no byline: nearly every line ends here.
        return None;
    }
    let (before, after) = match &found {
        Some(date) => (text.get(..date.start)?, text.get(date.end..)?),
        None => (text, ""),
    };
    // A range of days ("18-20 May 2022") is an event's, and a date of a longer line is told, not stamped.
    if before.trim_end().ends_with(['-', '–', '/', '‑'])
        && before.bytes().any(|b| b.is_ascii_digit())
    {
        return None;
    }
    let mut authors = Vec::new();
    let mut label = None;
    let mut left = 0;
    let mut longest = 0;
    let mut separators = 0;
    for (side, part) in [before, after].into_iter().enumerate() {
        for segment in part
            .split(['|', '·', '•', '–', '—', ',', ';', '(', ')'])
            .map(str::trim)
        {
            if segment.is_empty() {
                continue;
            }
            let (said, rest) = strip_labels(segment);
            label = label.max(said);
            let mut rest = rest;
            if let Some((names, tail)) =
                byline(rest, said.is_some() || found.is_some(), &mut authors)
            {
                if names {
                    continue;
                }
                rest = tail;
            }
            let words = rest
                .split(|c: char| !c.is_alphanumeric())
                .filter(|w| !w.is_empty())
                .filter(|w| {
                    !dates::is_filler(&fold(w))
                        && !w.bytes().all(|b| b.is_ascii_digit() && found.is_some())
                })
                .count();
            left += words;
            longest = longest.max(words);
            separators += usize::from(
                words > 0 && side == 0
                    || words > 0 && !part.trim_start().starts_with(char::is_alphanumeric),
            );
        }
    }
    if found.is_none() && !authors.is_empty() {
        // "By Ana Ruiz, Luis Paz and Eva Sol" was cut at its commas.
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

/// Takes the words that tell what a date is from the start of a segment.
fn strip_labels(segment: &str) -> (Option<DateLabel>, &str) {
    match strip_any(segment, |phrase| tables().dates.get(phrase).copied()) {
        Some((label, rest)) => (Some(label), rest),
        None => (None, segment),
    }
}

/// The rest of a text after the longest of some phrases, whatever its case and accents.
fn strip_any<T>(text: &str, known: impl Fn(&str) -> Option<T>) -> Option<(T, &str)> {
    const MOST_WORDS: usize = 4;
    let mut prefix = String::new();
    let mut rest = text;
    let mut found = None;
    for _ in 0..MOST_WORDS {
        let trimmed = rest.trim_start();
        let end = trimmed
            .find(|c: char| !c.is_alphanumeric())
            .unwrap_or(trimmed.len());
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

/// Reads "By A and B" into names. `Some((true, _))` where the whole segment was names.
fn byline<'t>(segment: &'t str, dated: bool, authors: &mut Vec<String>) -> Option<(bool, &'t str)> {
    let rest = strip_by(segment)?;
    if rest.is_empty() {
        // "Por:" alone, the name on the next line or after the date.
        return dated.then_some((false, rest));
    }
    let names = names(rest)?;
    authors.extend(names);
    Some((true, ""))
}

/// Names of people or bodies, or `None` where a part cannot be one.
pub(super) fn names(text: &str) -> Option<Vec<String>> {
    const PARTICLES: &[&str] = &[
        "de", "del", "la", "las", "los", "da", "das", "do", "dos", "du", "des", "van", "von",
        "der", "den", "le", "al", "el", "di", "e", "y", "of", "the", "for", "d", "l", "para",
        "pour", "a",
    ];
    let mut text = text.trim().trim_end_matches('.').to_owned();
    for joint in [
        " and ", " y ", " e ", " et ", " & ", "; ", " with ", " con ", " com ", " avec ",
    ] {
        text = text.replace(joint, ", ");
    }
    let names: Vec<String> = text
        .split(',')
        .map(|n| n.trim().to_owned())
        .filter(|n| !n.is_empty())
        .collect();
    let plausible = |name: &String| {
        let words: Vec<&str> = name.split(' ').collect();
        let capital = |w: &&str| {
            w.chars()
                .find(|c| c.is_alphabetic())
                .is_some_and(char::is_uppercase)
        };
        (1..=6).contains(&words.len())
            && name.chars().count() <= 60
            && words.first().is_some_and(capital)
            && words
                .iter()
                .all(|w| capital(w) || PARTICLES.contains(&fold(w).trim_end_matches('\'')))
            && words.iter().filter(|w| capital(w)).count() * 2 >= words.len()
            && !name
                .chars()
                .any(|c| c.is_ascii_digit() || matches!(c, ':' | '?' | '!' | '/' | '@' | '"'))
    };
    (!names.is_empty() && names.len() <= 12 && names.iter().all(plausible)).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page_dump::lines::items;

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
            (
                "By Yara Sol and Pedro Paz | 3 May 2022",
                "2022-05-03",
                DateLabel::Bare,
                vec!["Yara Sol", "Pedro Paz"],
            ),
            (
                "Publié le 14/08/2019 à 10h30",
                "2019-08-14",
                DateLabel::Published,
                vec![],
            ),
            (
                "Mis à jour le 2 mai 2020",
                "2020-05-02",
                DateLabel::Updated,
                vec![],
            ),
            (
                "Posted on March 3, 2022 by Jo Hill in News",
                "2022-03-03",
                DateLabel::Published,
                vec![],
            ),
            (
                "Blog | 3 May 2022 | Montevideo",
                "2022-05-03",
                DateLabel::Bare,
                vec![],
            ),
            (
                "Quito, 3 de marzo de 2022",
                "2022-03-03",
                DateLabel::Bare,
                vec![],
            ),
        ] {
            let meta = of(line);
            assert_eq!(
                meta.as_ref().and_then(|m| m.date.clone()),
                Some((iso.to_owned(), label)),
                "{line}"
            );
            if line.contains("Jo Hill") {
                continue;
            }
            assert_eq!(
                meta.map(|m| m.authors).unwrap_or_default(),
                authors,
                "{line}"
            );
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
        assert_eq!(
            of("Par Léa du Bois, Jean Roy et Zoé Ba").map(|m| m.authors.len()),
            Some(3)
        );
    }
}
