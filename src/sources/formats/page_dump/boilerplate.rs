//! Classifies each item of a page: prose, list, date, label, notice.

use super::byline::{Meta, meta};
use super::dates;
use super::lines::{Item, Marker, fold, key, key_of_folded};
use super::profile::SiteProfile;
use super::tables::{LineLabel, tables};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LineKind {
    /// A paragraph, or a list item of one or more sentences.
    Prose,
    /// A short line that ends like a sentence.
    Sentence,
    /// A short line: heading, title, name, menu entry without a bullet.
    Short,
    /// A short list item.
    Entry,
    /// A short list item under a line that ends with a colon.
    Introduced,
    /// `[1] ...`, a bare address, or a numbered address.
    Footnote,
    /// Time, place or registration of an event; a line of a programme that starts with a time.
    Event,
    Meta(Meta),
    /// Breadcrumbs or a menu on one line: the parts.
    Trail(Vec<String>),
    Label(LineLabel),
    /// A long sentence that belongs to the site: cookies, newsletter, harassment policy.
    Notice,
    /// "Read more" and the like.
    More,
    /// Photo credits, "5 min read", file names.
    Aside,
}

/// An item's kind, and whether it recurs across the site.
#[derive(Debug, Clone)]
pub(crate) struct Sign {
    pub kind: LineKind,
    pub recurs: bool,
}

/// Classifies every item of a page.
pub(crate) fn signs(items: &[Item], profile: &SiteProfile) -> Vec<Sign> {
    let mut introduced = false;
    let mut signs: Vec<Sign> = Vec::with_capacity(items.len());
    for item in items {
        let mut kind = kind(item);
        if kind == LineKind::Entry && introduced {
            kind = LineKind::Introduced;
        }
        if !item.listed() {
            introduced = item.introduces() && item.words >= 4 && matches!(kind, LineKind::Prose | LineKind::Sentence);
        }
        signs.push(Sign { recurs: profile.recurs(item), kind });
    }
    introduce_flanked(items, &mut signs);
    introduce_unmarked(items, &mut signs);
    restore_headings(items, &mut signs);
    let around = |at: usize, signs: &[Sign]| {
        let near = |i: Option<usize>| i.and_then(|i| signs.get(i)).is_some_and(|s| s.kind == LineKind::Event);
        near(at.checked_sub(1)) || near(at.checked_add(1))
    };
    // "Date: 18 May 2022" next to "Time: ..." is the date of an event, not of the publication.
    for (at, item) in items.iter().enumerate() {
        let dated = matches!(signs.get(at).map(|s| &s.kind), Some(LineKind::Meta(_)));
        let keyed = item.text.split_once(':').is_some_and(|(head, _)| {
            matches!(key(head).as_str(), "date" | "dates" | "fecha" | "data" | "when" | "cuando" | "quando" | "quand")
        });
        if dated
            && keyed
            && around(at, &signs)
            && let Some(sign) = signs.get_mut(at)
        {
            sign.kind = LineKind::Event;
        }
    }
    signs
}

/// Marks short lists between prose (with an optional heading) as part of the text, like lists after
/// a colon.
fn introduce_flanked(items: &[Item], signs: &mut [Sign]) {
    const LONGEST: usize = 15;
    let prose = |signs: &[Sign], at: Option<usize>| {
        at.is_some_and(|at| {
            signs.get(at).is_some_and(|s| {
                !s.recurs && matches!(s.kind, LineKind::Prose | LineKind::Sentence | LineKind::Introduced)
            }) && items.get(at).is_some_and(|i| i.words >= 5 || i.listed())
        })
    };
    let heading =
        |signs: &[Sign], at: Option<usize>| at.and_then(|at| signs.get(at)).is_some_and(|s| s.kind == LineKind::Short);
    let mut at = 0;
    while at < signs.len() {
        let run = signs.iter().skip(at).take_while(|s| s.kind == LineKind::Entry && !s.recurs).count();
        if run == 0 {
            at += 1;
            continue;
        }
        let end = at + run;
        let above =
            prose(signs, at.checked_sub(1)) || heading(signs, at.checked_sub(1)) && prose(signs, at.checked_sub(2));
        let below = prose(signs, Some(end)) || heading(signs, Some(end)) && prose(signs, Some(end + 1));
        if run <= LONGEST && above && below {
            for sign in signs.iter_mut().take(end).skip(at) {
                sign.kind = LineKind::Introduced;
            }
        }
        at = end;
    }
}

/// Marks lists printed without bullets: short lines between a colon and a paragraph or the end of
/// the article.
fn introduce_unmarked(items: &[Item], signs: &mut [Sign]) {
    const LONGEST: usize = 30;
    let mut at = 0;
    while at + 1 < signs.len() {
        let introduces = signs.get(at).is_some_and(|s| matches!(s.kind, LineKind::Prose | LineKind::Sentence))
            && items.get(at).is_some_and(|i| i.introduces() && i.words >= 4);
        at += 1;
        if !introduces {
            continue;
        }
        let run = signs
            .iter()
            .skip(at)
            .take_while(|s| matches!(s.kind, LineKind::Short | LineKind::Sentence) && !s.recurs)
            .count();
        // A section after the article ends a list, like a paragraph does.
        let closed = signs.get(at + run).is_some_and(|s| {
            s.kind == LineKind::Prose && !s.recurs
                || matches!(s.kind, LineKind::Label(LineLabel::Share | LineLabel::Related | LineLabel::Comments))
        });
        if (1..=LONGEST).contains(&run) && closed {
            for sign in signs.iter_mut().skip(at).take(run) {
                sign.kind = LineKind::Introduced;
            }
        }
        at += run;
    }
}

/// "Upcoming events", "Contact us" or "See also" may be a heading within a long article, if a
/// paragraph precedes it, a long one follows, and no date is near.
fn restore_headings(items: &[Item], signs: &mut [Sign]) {
    const LONG: usize = 20;
    const NEAR: usize = 4;
    for at in 1..signs.len() {
        let ambiguous =
            matches!(signs.get(at).map(|s| &s.kind), Some(LineKind::Label(LineLabel::Related | LineLabel::Closing)))
                && items.get(at).is_some_and(|item| tables().ambiguous.contains(key(&item.text).as_str()));
        if !ambiguous {
            continue;
        }
        let above = signs
            .get(at - 1)
            .is_some_and(|s| !s.recurs && matches!(s.kind, LineKind::Prose | LineKind::Introduced | LineKind::Short));
        let next = if signs.get(at + 1).is_some_and(|s| s.kind == LineKind::Short) { at + 2 } else { at + 1 };
        let below = signs.get(next).is_some_and(|s| s.kind == LineKind::Prose && !s.recurs)
            && items.get(next).is_some_and(|i| !i.listed() && !i.ends_cut() && i.words >= LONG);
        let entries =
            signs.iter().skip(at).take(NEAR + 1).any(|s| matches!(s.kind, LineKind::Meta(_) | LineKind::More));
        if let (true, true, false, Some(sign)) = (above, below, entries, signs.get_mut(at)) {
            sign.kind = LineKind::Short;
        }
    }
}

fn kind(item: &Item) -> LineKind {
    let folded = fold(&item.text);
    if item.words <= 10 {
        let key = key_of_folded(&folded);
        if let Some(label) = label(&folded, &key) {
            return LineKind::Label(label);
        }
        if tables().more.contains(key.as_str()) {
            return LineKind::More;
        }
        if is_aside(item, &folded) {
            return LineKind::Aside;
        }
    }
    if is_footnote(item) {
        return LineKind::Footnote;
    }
    // "Read also: a title" in the middle of an article.
    let names_related = |head: &str| label(head, &key_of_folded(head)) == Some(LineLabel::Related);
    if item.words <= 30 && folded.split_once(':').is_some_and(|(head, _)| names_related(head)) {
        return LineKind::Aside;
    }
    if item.words <= 24 {
        if let Some(kind) = copyright(item, &folded) {
            return kind;
        }
        if is_event(item) {
            return LineKind::Event;
        }
        if let Some(meta) = meta(item) {
            return LineKind::Meta(meta);
        }
    }
    if let Some(parts) = trail(item) {
        return LineKind::Trail(parts);
    }
    if is_notice(item, &folded) {
        return LineKind::Notice;
    }
    if item.words >= 28 && (item.ends_sentence() || !is_menu_run(&item.text)) {
        return LineKind::Prose;
    }
    let ends = item.ends_sentence() || item.ends_cut();
    let asks = item.text.ends_with(['?', '!']) && !item.text.contains(". ");
    match (item.listed(), ends) {
        (true, true) if item.words >= 8 => LineKind::Prose,
        (true, _) => LineKind::Entry,
        _ if item.words >= 28 => LineKind::Short,
        (false, true) if item.words >= 12 && !asks => LineKind::Prose,
        (false, true) if matches!(item.marker, Marker::Heading(_)) => LineKind::Short,
        (false, true) => LineKind::Sentence,
        (false, false) => LineKind::Short,
    }
}

/// Whether a label may also be a heading of the text, unless a count is next to it.
fn is_doubtful(name: &str) -> bool {
    matches!(name, "response" | "responses" | "respuestas" | "reactions")
}

fn label(text: &str, key: &str) -> Option<LineLabel> {
    const SHARING: &[&str] =
        &["share", "compartir", "compartilhar", "compartilhe", "partager", "partagez", "facebook", "linkedin"];
    let names = &tables().labels;
    if let (Some(label), false) = (names.get(key), is_doubtful(key)) {
        return Some(*label);
    }
    // "3 Comments", "Comments (3)": the count is not part of the name.
    let words: Vec<&str> = key.split(' ').filter(|w| !w.bytes().all(|b| b.is_ascii_digit())).collect();
    let name = words.join(" ");
    if let Some((head, _)) = text.split_once(':')
        && matches!(
            fold(head.trim()).as_str(),
            "tags" | "etiquetas" | "mots-cles" | "palabras clave" | "palavras-chave" | "keywords" | "marcadores"
        )
    {
        return Some(LineLabel::Tool);
    }
    if name.len() < key.len()
        && let Some(label) = names.get(name.as_str())
    {
        return Some(*label);
    }
    // "Share on Facebook", "Facebook Twitter LinkedIn".
    let sharing = words.iter().filter(|w| names.get(*w) == Some(&LineLabel::Share)).count();
    (sharing >= 2 && sharing * 2 >= words.len() && words.iter().any(|w| SHARING.contains(w)))
        .then_some(LineLabel::Share)
}

/// Whether a line is the heading of a part of an article, never of the whole.
pub(crate) fn is_section_name(text: &str) -> bool {
    tables().section.contains(key(text).as_str())
}

/// Whether a line names the page type, printed above the title.
pub(crate) fn is_kicker(text: &str) -> bool {
    tables().kicker.contains(key(text).as_str())
}

/// Whether a text is the first entry of a breadcrumb.
pub(crate) fn is_home(text: &str) -> bool {
    tables().home.contains(key(text).as_str())
}

fn is_aside(item: &Item, folded: &str) -> bool {
    let file = [".jpg", ".jpeg", ".png", ".gif", ".svg", ".webp"].iter().any(|ext| folded.ends_with(ext));
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
    let address = text.starts_with("http://") || text.starts_with("https://") || text.starts_with("www.");
    if address && item.words <= 4 {
        return true;
    }
    let note = text.strip_prefix('[').and_then(|t| t.split_once(']')).is_some_and(|(number, rest)| {
        (1..=3).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit()) && !rest.is_empty()
    });
    note || text.starts_with(['¹', '²', '³'])
}

/// `©` with a year, or a rights claim, ends a page; `©` alone is an image credit.
fn copyright(item: &Item, folded: &str) -> Option<LineKind> {
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
    let sign = item.text.contains('©') || folded.starts_with("copyright") || folded.starts_with("(c) ");
    let year = folded
        .split(|c: char| !c.is_ascii_digit())
        .any(|n| n.len() == 4 && (n.starts_with("19") || n.starts_with("20")));
    if rights || sign && year {
        Some(LineKind::Label(LineLabel::Closing))
    } else if sign {
        Some(LineKind::Aside)
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
    // A line of a programme starts with a time.
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
            // Slashes and dots also occur within words.
            '/' | '·' | '>' | '•' => {
                let pattern: String = [' ', sign, ' '].iter().collect();
                text.split(pattern.as_str()).collect()
            }
            _ => text.split(sign).collect(),
        };
        let parts: Vec<String> = parts.into_iter().map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect();
        parts
    };
    let after_label = text.split_once(':').is_some_and(|(head, _)| {
        matches!(
            key(head).as_str(),
            "you are here" | "usted esta aqui" | "esta aqui" | "voce esta aqui" | "vous etes ici" | "estas aqui"
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

/// Whether a line is a menu printed on one line: many capitalised words and no sentence.
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
    // Paragraphs of an article about newsletters or harassment are longer than a banner.
    const LONGEST: [(usize, usize); 3] = [(0, 160), (1, 60), (2, 25)];
    LONGEST.iter().any(|(group, most)| {
        item.words <= *most
            && tables().notices.get(*group).is_some_and(|phrases| phrases.iter().any(|phrase| folded.contains(phrase)))
    })
}
