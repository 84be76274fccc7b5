//! What one search may cost is bounded, the same way every time, and the answer says so. Run on the
//! oracle and on the embedded engine alike.
//!
//! * The beginnings of a query share their words: as many beginnings as there are letters cost no
//!   more than one.
//! * Of a long query of frequent words, those that say least are left out, and named.
//! * An ordinary query is looked for whole, and so is a word that most articles hold.
//! * A search that is helped in many ways ends, with hits.
//! * The snippets of a long page are shorter.
//! * The embedded engine stops when it is told that nobody waits.

use std::cell::Cell;
use std::rc::Rc;

use fichero::engine::cancellation::supervised;
use fichero::engine::planning::MAX_PREFIX_WORDS;
use fichero::engine::snippets::MAX_PAGE_CHARS;
use fichero::engine::{EngineError, Note, SearchAnswer, SearchRequest};
use serde_json::Value;

use crate::support::library::*;
use crate::support::makers::{self, Made, Maker};

macro_rules! bounds {
    ($($bound:ident)*) => {
        mod oracle { $(#[test] fn $bound() { super::$bound(super::makers::oracle); })* }
        mod embedded { $(#[test] fn $bound() { super::$bound(super::makers::embedded); })* }
    };
}

bounds! {
    beginnings_share_their_words
    of_frequent_words_those_that_say_least_are_left_out
    an_ordinary_query_is_looked_for_whole
    snippets_of_a_long_page_are_shorter
}

fn search(made: &Made, request: &SearchRequest) -> SearchAnswer {
    made.engine.search(request).unwrap()
}

fn is_partial(answer: &SearchAnswer) -> bool {
    answer.notes.iter().any(Note::is_partial)
}

/// A word of no language.
fn word(number: usize) -> String {
    let letter = |from: u8, place: usize| char::from(from + (place % 13) as u8);
    format!("{}o{}ak", letter(b'b', number / 13), letter(b'm', number))
}

/// Pages that hold the same words; every other one some more.
fn wordy(pages: usize, words: usize, more: usize) -> Vec<Value> {
    let text = |words: std::ops::Range<usize>| words.map(word).collect::<Vec<_>>().join(" ");
    (0..pages)
        .map(|place| {
            let until = if place % 2 == 0 { words + more } else { words };
            page(&format!("p{place:04}"), "en", &format!("{place}"), &text(0..until))
        })
        .collect()
}

fn beginnings_share_their_words(maker: Maker) {
    // 20 words begin with each of six letters.
    let body: Vec<String> = (0..120)
        .map(|place| format!("{}{}", ["ba", "ce", "di", "fo", "gu", "ha"][place % 6], "xy".repeat(1 + place / 6)))
        .collect();
    let pages: Vec<Value> = (0..4).map(|place| page(&format!("{place}"), "en", "Words", &body.join(" "))).collect();
    let made = maker(&pages);
    let used = |query: &str| -> Vec<usize> {
        let answer = search(&made, &request(query));
        assert_eq!(answer.total.value, 4, "{query}");
        assert_eq!(is_partial(&answer), !answer.notes.is_empty());
        answer.notes.iter().map(|note| if let Note::ManyWords { used, .. } = note { *used } else { 0 }).collect()
    };
    assert_eq!(used("ba*"), Vec::<usize>::new());
    let used = used("b* c* d* f* g* h* ba* ce* di* fo*");
    assert_eq!(used.len(), 10);
    assert!(used.iter().all(|used| *used == MAX_PREFIX_WORDS.div_ceil(10)), "{used:?}");
}

fn of_frequent_words_those_that_say_least_are_left_out(maker: Maker) {
    let made = maker(&wordy(800, 30, 10));
    let query = (0..40).map(word).collect::<Vec<_>>().join(" ");
    let answer = search(&made, &SearchRequest { limit: 100, ..request(&query) });
    let Some(Note::WordsLeftOut { words }) = answer.notes.first() else { panic!("{:?}", answer.notes) };
    // The ten others are in half of the pages.
    assert!(words.len() < 30 && !words.is_empty(), "{words:?}");
    assert_eq!(*words, (30 - words.len()..30).map(word).collect::<Vec<_>>(), "of equals the last");
    assert!(is_partial(&answer));
    assert!(answer.hits.iter().all(|hit| hit.card.id[1..].parse::<usize>().unwrap() % 2 == 0), "{:?}", ids_of(&answer));
    let again = search(&made, &SearchRequest { limit: 100, ..request(&query) });
    assert_eq!((ids_of(&again), again.total), (ids_of(&answer), answer.total));
}

fn an_ordinary_query_is_looked_for_whole(maker: Maker) {
    let made = maker(&wordy(800, 30, 10));
    for words in [1, 2, 3, 12, 24] {
        let query = (0..words).map(word).collect::<Vec<_>>().join(" ");
        let answer = search(&made, &request(&query));
        assert_eq!((answer.total.value, &answer.notes), (800, &Vec::new()), "{query}");
    }
}

fn snippets_of_a_long_page_are_shorter(maker: Maker) {
    let text = format!("{} needle {}", "hay stack ".repeat(200), "stack hay ".repeat(200));
    let pages: Vec<Value> = (0..60).map(|place| page(&format!("{place}"), "en", "Hay", &text)).collect();
    let made = maker(&pages);
    let longest = |limit| {
        let request = SearchRequest { limit, snippet_chars: 1_000, highlight: false, ..request("needle") };
        search(&made, &request).hits.iter().map(|hit| hit.snippet_html.chars().count()).max().unwrap()
    };
    assert!(longest(10) > 800, "{}", longest(10));
    let most = MAX_PAGE_CHARS / 60;
    assert!((most / 2..=most).contains(&longest(60)), "{}", longest(60));
}

#[test]
fn search_relaxed_in_many_ways_ends_with_hits() {
    let made = makers::embedded(&wordy(800, 30, 10));
    let query = (0..20).map(|place| format!("{}{}", word(place), word(place + 1))).collect::<Vec<_>>().join(" ");
    let answer = search(&made, &helped(&format!("{query} \"{} {}\"", word(5), word(3))));
    assert!(answer.total.value > 0 && answer.recovery.is_some(), "{answer:?}");
}

#[test]
fn embedded_engine_stops_when_the_request_is_cancelled() {
    let made = makers::embedded(&wordy(800, 30, 10));
    let query = (0..24).map(word).collect::<Vec<_>>().join(" ");
    let asked = |stop_at: usize| {
        let times = Rc::new(Cell::new(0));
        let count = Rc::clone(&times);
        let supervisor = move || {
            count.set(count.get() + 1);
            count.get() < stop_at
        };
        let request = SearchRequest { explain: true, ..request(&query) };
        (supervised(Box::new(supervisor), || made.engine.search(&request)), times.get())
    };
    let (answer, whole) = asked(usize::MAX);
    assert!(answer.is_ok() && whole > 50, "it asks {whole} times");
    for stop_at in [1, 2, whole / 4, whole / 2, whole - 1] {
        let (stopped, times) = asked(stop_at);
        assert!(matches!(stopped, Err(EngineError::TimedOut)), "at {stop_at}");
        assert_eq!(times, stop_at, "it is not asked again");
    }
    let related = supervised(Box::new(|| false), || made.engine.related(&related_request("p0001")));
    assert!(matches!(related, Err(EngineError::TimedOut)));
}
