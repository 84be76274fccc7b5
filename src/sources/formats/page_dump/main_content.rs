//! Finds the main content of a page: its densest run of prose.

use super::boilerplate::{LineKind, Sign};
use super::lines::{Item, Marker, key};
use super::tables::LineLabel;

/// The first and the last item of the run, both inclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MainContent {
    pub start: usize,
    pub end: usize,
}

// Weights of line kinds, relative to a word of prose with weight 1. Set so that one paragraph of
// ordinary length outweighs a heading or a short list between paragraphs, and an entry of a listing
// (title, date, teaser of some 25 words) about breaks even; tried on the fixtures, not measured on
// a corpus.
const SHORT: i64 = -6;
const LONE_WORDS: i64 = -8;
const ENTRY: i64 = -10;
const RECURRING: i64 = -12;
const DATE: i64 = -25;
const SHARE_BAR: i64 = -80;
const NOTICE: i64 = -30;

/// The minimum number of words of prose for an article.
const LEAST_WORDS: usize = 6;
/// The weight from which text after "Comments" or "Related" is no longer taken for the article.
const SOLID: i64 = 40;

fn weight(item: &Item, sign: &Sign, share_run: bool) -> i64 {
    let words = i64::try_from(item.words).unwrap_or(i64::MAX / 2);
    match &sign.kind {
        LineKind::Prose | LineKind::Sentence if sign.recurs => -10,
        LineKind::Prose if item.listed() => words / 2,
        LineKind::Prose => words,
        LineKind::Sentence if item.words >= 8 => words,
        LineKind::Sentence => words / 2,
        LineKind::Short | LineKind::Entry | LineKind::Introduced if sign.recurs => RECURRING,
        LineKind::Short if matches!(item.marker, Marker::Heading(_)) => -3,
        LineKind::Short if is_notes_heading(item) => 0,
        LineKind::Short if item.words <= 3 => LONE_WORDS,
        LineKind::Short => SHORT,
        LineKind::Entry => ENTRY,
        LineKind::Introduced | LineKind::Event => 2,
        LineKind::Footnote => 4,
        LineKind::Meta(meta) if meta.date.is_some() => DATE,
        LineKind::Meta(_) | LineKind::Trail(_) => -15,
        LineKind::Label(LineLabel::Share) if share_run => -5,
        LineKind::Label(LineLabel::Share) => SHARE_BAR,
        LineKind::Label(_) => RECURRING,
        LineKind::Notice | LineKind::More => NOTICE,
        LineKind::Aside => -3,
    }
}

fn is_notes_heading(item: &Item) -> bool {
    matches!(
        key(&item.text).as_str(),
        "notes"
            | "references"
            | "footnotes"
            | "sources"
            | "notas"
            | "referencias"
            | "fuentes"
            | "fontes"
            | "bibliografia"
            | "bibliography"
            | "bibliographie"
            | "notes et references"
    )
}

/// Marks boxes within a text ("Read also", a newsletter button): a label and a few short lines,
/// with paragraphs before and after.
pub(crate) fn insets(items: &[Item], signs: &[Sign]) -> Vec<bool> {
    const LONGEST: usize = 5;
    let mut inset = vec![false; items.len()];
    let prose = |at: usize| {
        signs.get(at).is_some_and(|s| s.kind == LineKind::Prose && !s.recurs)
            && items.get(at).is_some_and(|i| !i.listed() && !i.ends_cut())
    };
    for (at, sign) in signs.iter().enumerate() {
        let is_box_label = match sign.kind {
            LineKind::Label(LineLabel::Related) => true,
            LineKind::Label(LineLabel::Closing) => items.get(at).is_some_and(|i| is_newsletter(&i.text)),
            _ => false,
        };
        if !is_box_label || !at.checked_sub(1).is_some_and(prose) {
            continue;
        }
        let short = signs
            .iter()
            .skip(at + 1)
            .take(LONGEST)
            .take_while(|s| {
                matches!(
                    s.kind,
                    LineKind::Short | LineKind::Entry | LineKind::Notice | LineKind::Label(LineLabel::Closing)
                )
            })
            .count();
        let next = at + 1 + short;
        if short < LONGEST && prose(next) && prose(next + 1) {
            for mark in inset.iter_mut().take(next).skip(at) {
                *mark = true;
            }
        }
    }
    inset
}

fn is_newsletter(text: &str) -> bool {
    let key = key(text);
    ["newsletter", "subscri", "suscri", "boletin", "boletim", "assine", "inscreva", "abonne", "lettre", "sign up"]
        .iter()
        .any(|stem| key.contains(stem))
}

/// Finds the run with the highest weight between two boundaries (Kadane's algorithm on each
/// section). `None` if there is hardly any prose.
pub(crate) fn find(items: &[Item], signs: &[Sign], inset: &[bool]) -> Option<MainContent> {
    let mut best: Option<(i64, MainContent)> = None;
    // The weight of the run that ends here, and its start.
    let mut run: Option<(i64, usize)> = None;
    let mut per_cent = 100;
    let mut share_run = false;
    for (at, (item, sign)) in items.iter().zip(signs).enumerate() {
        if inset.get(at).copied().unwrap_or(false) {
            continue;
        }
        if let LineKind::Label(label @ (LineLabel::Related | LineLabel::Comments | LineLabel::Closing)) = sign.kind {
            run = None;
            let solid = best.is_some_and(|(weight, _)| weight >= SOLID);
            per_cent = match label {
                LineLabel::Comments if solid => per_cent.min(20),
                LineLabel::Related if solid => per_cent.min(40),
                LineLabel::Closing if solid => per_cent.min(60),
                _ => per_cent,
            };
            continue;
        }
        let weight = weight(item, sign, share_run);
        share_run = sign.kind == LineKind::Label(LineLabel::Share);
        let (sum, start) = match run {
            Some((sum, start)) if sum > 0 => (sum + weight, start),
            _ => (weight, at),
        };
        run = Some((sum, start));
        let weighted = sum.saturating_mul(per_cent) / 100;
        if sum > 0 && best.is_none_or(|(most, _)| weighted > most) {
            best = Some((weighted, MainContent { start, end: at }));
        }
    }
    let (_, content) = best?;
    let words: usize = within(signs, content)
        .filter(|(_, sign)| matches!(sign.kind, LineKind::Prose | LineKind::Sentence))
        .filter_map(|(at, _)| items.get(at))
        .map(|item| item.words)
        .sum();
    (words >= LEAST_WORDS).then_some(content)
}

fn within(signs: &[Sign], content: MainContent) -> impl Iterator<Item = (usize, &Sign)> {
    signs.iter().enumerate().take(content.end + 1).skip(content.start)
}

/// Whether the page is a list of teasers, of which the densest run is only a part.
pub(crate) fn is_listing(items: &[Item], signs: &[Sign], content: MainContent) -> bool {
    const MANY: usize = 3;
    let mut more = 0;
    let mut cut = 0;
    let mut longest = 0;
    let mut run = 0;
    let mut most_words = 0;
    for (at, sign) in within(signs, content) {
        let Some(item) = items.get(at) else { continue };
        match &sign.kind {
            LineKind::Prose => {
                cut += usize::from(item.ends_cut());
                run += 1;
                longest = longest.max(run);
                most_words = most_words.max(item.words);
            }
            LineKind::More => more += 1,
            LineKind::Introduced | LineKind::Footnote | LineKind::Event => {}
            _ => run = 0,
        }
    }
    if more >= MANY || cut >= MANY {
        return true;
    }
    if longest > 1 || most_words > 100 {
        return false;
    }
    // Count similar teasers up to the next boundary, each next to a date or "read more".
    let ends = |sign: &Sign| {
        matches!(sign.kind, LineKind::Label(LineLabel::Related | LineLabel::Comments | LineLabel::Closing))
    };
    let first = signs.iter().take(content.start).rposition(ends).map_or(0, |at| at + 1);
    let beside = |at: usize| {
        let near = at.saturating_sub(2)..=at.saturating_add(2);
        near.filter_map(|i| signs.get(i))
            .any(|s| s.kind == LineKind::More || matches!(&s.kind, LineKind::Meta(meta) if meta.date.is_some()))
    };
    signs
        .iter()
        .enumerate()
        .skip(first)
        .take_while(|(at, sign)| *at <= content.end || !ends(sign))
        .filter(|(at, sign)| sign.kind == LineKind::Prose && beside(*at))
        .take(MANY)
        .count()
        == MANY
}
