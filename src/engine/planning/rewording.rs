//! Renders the query that was searched for: as typed where unchanged, else in the site's spelling.

use std::collections::BTreeMap;

use super::plan::{Plan, PlannedWord, VariantOrigin};
use crate::analysis::{Word, Zone, fold, words};
use crate::engine::Card;
use crate::engine::query::{Clause, Query, QueryWord};
use crate::engine::response::RecoveryKind;
use crate::engine::snippets::Body;
use crate::engine::snippets::highlighter::escape;

/// A piece of a query, and whether it differs from what was typed.
type Piece = (String, bool);

/// A plan as text: the query that it answers, the same as HTML, and the words that were dropped.
pub(crate) fn worded(query: &Query, plan: &Plan, kind: RecoveryKind) -> (String, String, Vec<String>) {
    let is_left = |typed: &&QueryWord| plan.words.iter().any(|word| word.text == typed.text);
    let dropped: Vec<String> =
        query.words.iter().filter(|typed| !is_left(typed)).map(|typed| typed.text.clone()).collect();
    let typed_zones = query.words.iter().map(|word| word.zone);
    let is_in_zones = typed_zones.eq((0..query.words.len()).map(|place| plan.words.get(place)?.zone));
    let pieces = if plan.words.is_empty() {
        Vec::new()
    } else if dropped.is_empty() && is_in_zones && plan.required.is_empty() == query.phrases.is_empty() {
        respelt(&query.text, plan, kind)
    } else {
        rebuilt(query, plan)
    };
    let mut html = String::new();
    for (piece, is_changed) in &pieces {
        html.push_str(if *is_changed { "<mark>" } else { "" });
        escape(piece, &mut html);
        html.push_str(if *is_changed { "</mark>" } else { "" });
    }
    (pieces.into_iter().map(|(piece, _)| piece).collect(), html, dropped)
}

/// The corrected form of a word; `None` if it is unchanged.
fn respelling(word: &PlannedWord) -> Option<&str> {
    let corrected =
        word.variants.iter().find(|variant| matches!(variant.origin, VariantOrigin::Correction | VariantOrigin::Split));
    corrected.map(|variant| variant.text.as_str())
}

/// The words of a text that can be part of a plan, with their positions.
fn tokens(text: &str) -> Vec<Word<'_>> {
    words(text).into_iter().filter(|word| word.span == 1 && !word.is_dashed).collect()
}

/// The text with corrected words, and everything else as typed.
fn respelt(text: &str, plan: &Plan, kind: RecoveryKind) -> Vec<Piece> {
    let tokens = tokens(text);
    let planned = |place: usize| {
        let token = tokens.get(place)?;
        plan.words.iter().find(|word| word.text == token.text)
    };
    let joined = |place: usize| {
        let variants = planned(place)?.variants.iter().filter(|variant| variant.origin == VariantOrigin::Joined);
        let next = planned(place + 1)?;
        variants.map(|variant| variant.text.as_str()).find(|text| next.variants.iter().any(|other| other.text == *text))
    };
    let mut pieces: Vec<Piece> = Vec::new();
    let mut end = 0;
    let mut place = 0;
    while let Some(token) = tokens.get(place) {
        let mut bytes = token.bytes.clone();
        let mut written = planned(place).and_then(respelling);
        if kind == RecoveryKind::Joined
            && let (Some(text), Some(next)) = (joined(place), tokens.get(place + 1))
        {
            (written, bytes.end) = (Some(text), next.bytes.end);
            place += 1;
        }
        if let Some(written) = written {
            pieces.push((text.get(end..bytes.start).unwrap_or_default().to_owned(), false));
            pieces.push((written.to_owned(), true));
            end = bytes.end;
        }
        place += 1;
    }
    pieces.push((text.get(end..).unwrap_or_default().to_owned(), false));
    pieces
}

/// The query rebuilt from the remaining words as typed, and from its exclusions. Parts of a
/// compound stay together.
fn rebuilt(query: &Query, plan: &Plan) -> Vec<Piece> {
    let tokens = tokens(&query.text);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut last: Option<(usize, &Word<'_>)> = None;
    for word in &plan.words {
        let from = last.map_or(0, |(last, _)| last + 1);
        let found = tokens.iter().enumerate().skip(from).find(|(_, token)| token.text == word.text);
        let between = last.zip(found).filter(|((last, _), (place, _))| last + 1 == *place);
        let gap = between.and_then(|((_, last), (_, token))| query.text.get(last.bytes.end..token.bytes.start));
        let separator = gap.filter(|gap| !gap.contains(char::is_whitespace)).unwrap_or(separator(&pieces));
        pieces.push((format!("{separator}{}", zone_name(word.zone)), false));
        let is_prefix = query.words.iter().any(|typed| typed.text == word.text && typed.is_prefix);
        let typed = found.and_then(|(_, token)| query.text.get(token.bytes.clone())).unwrap_or(&word.text);
        match respelling(word) {
            Some(written) => pieces.push((written.to_owned(), true)),
            None => pieces.push((format!("{typed}{}", if is_prefix { "*" } else { "" }), false)),
        }
        last = found.or(last);
    }
    for Clause { words, is_prefix, zone } in &query.excluded {
        let star = if *is_prefix { "*" } else { "" };
        let text = match words.as_slice() {
            [word] => format!("{word}{star}"),
            words => format!("\"{}\"", words.join(" ")),
        };
        pieces.push((format!("{}-{}{text}", separator(&pieces), zone_name(*zone)), false));
    }
    pieces
}

fn separator(before: &[Piece]) -> &'static str {
    if before.is_empty() { "" } else { " " }
}

/// The zone prefix of a word.
fn zone_name(zone: Option<Zone>) -> &'static str {
    match zone {
        Some(Zone::Title) => "title:",
        Some(Zone::Authors) => "author:",
        Some(Zone::Topics) => "topic:",
        Some(Zone::Summary | Zone::Body) | None => "",
    }
}

/// The surface form of a folded word in a body, at its given position.
pub(crate) fn form_in_body<B: Body>(body: &B, position: u32, folded: &str) -> Result<Option<String>, B::Error> {
    let Some(ordinal) = (0..body.passages()).take_while(|ordinal| body.start(*ordinal) <= position).last() else {
        return Ok(None);
    };
    Ok(body.passage(ordinal)?.and_then(|passage| form_in(&passage.text, folded)))
}

/// The surface form of a folded word in the card of an article.
pub(crate) fn form_on_card(card: &Card, folded: &str) -> Option<String> {
    let labels = card.topics.iter().map(|topic| &topic.label).chain(&card.tags).chain(&card.series);
    let texts = [&card.summary, &card.title].into_iter().chain(labels);
    texts.chain(&card.authors).find_map(|text| form_in(text, folded))
}

/// The most frequent surface form; of equally frequent ones, the first in order.
pub(crate) fn most_frequent_form(written: impl IntoIterator<Item = String>) -> Option<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for form in written {
        *counts.entry(form).or_default() += 1;
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(form, _)| form)
}

/// The surface form of the first occurrence of a folded word in a text. A capital at the beginning
/// of a sentence is not part of the form.
fn form_in(text: &str, folded: &str) -> Option<String> {
    let word = words(text).into_iter().find(|word| word.span > 0 && fold(&word.text) == folded)?;
    let (before, written) = (text.get(..word.bytes.start)?.trim_end(), text.get(word.bytes)?);
    let begins = before.chars().next_back().is_none_or(|last| !last.is_alphanumeric() && !matches!(last, ',' | ';'));
    let (first, rest) = written.split_at(written.chars().next()?.len_utf8());
    let is_sentence_case = begins && !rest.chars().any(char::is_uppercase);
    Some(if is_sentence_case { first.to_lowercase() + rest } else { written.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surface_form_ignores_the_capital_of_a_sentence() {
        for (text, folded, written) in [
            ("Educación superior", "educacion", "educación"),
            ("La Educación. Superior", "superior", "superior"),
            ("in the Bologna process", "bologna", "Bologna"),
            ("UNESCO says", "unesco", "UNESCO"),
            ("an E-Learning course; e-learning", "elearning", "E-Learning"),
        ] {
            assert_eq!(form_in(text, folded).as_deref(), Some(written), "{text}");
        }
        assert_eq!(form_in("nothing of it", "nada"), None);
        let forms = ["b", "a", "b", "c"].map(str::to_owned);
        assert_eq!(most_frequent_form(forms).as_deref(), Some("b"));
    }
}
