//! Cursors over an index that changes between the pages.
//!
//! * By date, whatever changes: an article that stays as it is comes once, in order, nothing twice.
//! * By relevance, while the state of the first page is held: the pages are of that state's list,
//!   over changes and over a switch of generations.
//! * After that the list goes on behind the last hit's place, and says that the articles changed.

use std::collections::{BTreeMap, BTreeSet};

use fichero::engine::cursor::HOLD_S;
use fichero::engine::tantivy::EmbeddedEngine;
use fichero::engine::{Cursor, Note, SearchAnswer, SearchEngine, SearchRequest, Sort};
use fichero::indexing::reindex::Options;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use crate::support::site::{Site, now_s, request};

/// The site's articles: for each id, the day of publication and how often it says the word.
type Articles = BTreeMap<String, (u8, usize)>;

fn write(site: &Site, articles: &Articles) {
    let line = |(id, (day, often)): (&String, &(u8, usize))| {
        let body = format!("{} {}", "lantern ".repeat(*often), "and something else besides ".repeat(6));
        json!({"id": id, "lang": "en", "title": format!("Article {id}"), "body": body, "published_at": format!("2020-01-{day:02}")})
            .to_string()
    };
    site.write("site/all.jsonl", articles.iter().map(line).collect::<Vec<_>>().join("\n"));
}

fn page(engine: &EmbeddedEngine, sort: Sort, limit: usize, after: Option<Cursor>) -> SearchAnswer {
    engine.search(&SearchRequest { sort, limit, after, ..request("lantern") }).unwrap()
}

fn ids(answer: &SearchAnswer) -> Vec<String> {
    answer.hits.iter().map(|hit| hit.card.id.clone()).collect()
}

fn twelve() -> Articles {
    (0..12).map(|place| (format!("a{place:02}"), (1 + place % 5, 1 + place as usize))).collect()
}

#[test]
fn pages_by_relevance_show_one_list_while_its_snapshot_is_retained() {
    let site = Site::new();
    let mut articles = twelve();
    write(&site, &articles);
    site.reindex();
    let engine = site.engine();
    let whole = ids(&page(&engine, Sort::Relevance, 100, None));
    let first = page(&engine, Sort::Relevance, 5, None);
    assert_eq!(ids(&first), whole[..5]);

    // The best becomes the worst, one of the next page goes, new ones come.
    articles.insert(whole[0].clone(), (1, 1));
    articles.remove(&whole[6]);
    articles.insert("z".to_owned(), (9, 40));
    write(&site, &articles);
    site.reindex();
    engine.reload().unwrap();
    assert_ne!(engine.index_version(), first.index_version);
    let second = page(&engine, Sort::Relevance, 4, first.next.clone());
    assert_eq!((ids(&second), second.index_version), (whole[5..9].to_vec(), first.index_version));
    assert_eq!((&second.notes, second.total), (&vec![], first.total));

    // Another generation takes over.
    site.reindex_with(&Options { full: true, ..Options::default() });
    let other = site.engine();
    other.inherit_snapshots(&engine);
    drop(engine);
    let third = page(&other, Sort::Relevance, 100, second.next.clone());
    assert_eq!((ids(&third), third.index_version), (whole[9..].to_vec(), first.index_version));

    // The state is not held any more: on from the same place in the list of today.
    other.release_retained(now_s() + HOLD_S + 1);
    let today = ids(&page(&other, Sort::Relevance, 100, None));
    let last = today.iter().position(|id| *id == second.hits[3].card.id).unwrap();
    let changed = page(&other, Sort::Relevance, 100, second.next);
    assert_eq!((ids(&changed), changed.notes), (today[last + 1..].to_vec(), vec![Note::IndexChanged]));
    assert_eq!(changed.index_version, other.index_version());
}

#[test]
fn returned_cursor_does_not_extend_the_retention() {
    let site = Site::new();
    let mut articles = twelve();
    write(&site, &articles);
    site.reindex();
    let engine = site.engine();
    let now_s = now_s();
    let at = |now_s: i64, after: Option<Cursor>| {
        engine.search(&SearchRequest { now_s, limit: 2, after, ..request("lantern") }).unwrap()
    };
    let first = at(now_s, None);
    articles.remove(&first.hits[0].card.id);
    write(&site, &articles);
    site.reindex();
    engine.reload().unwrap();
    // The page after it, asked late, and its cursor made younger than it is.
    let late_s = now_s + HOLD_S - 10;
    let second = at(late_s, first.next);
    assert_eq!((second.index_version, second.place), (first.index_version, 2));
    let third = at(late_s + 20, second.next.map(|next| Cursor { now_s: late_s + 20, ..next }));
    assert_eq!((third.index_version, third.notes), (engine.index_version(), vec![Note::IndexChanged]));
}

#[test]
fn list_continues_after_a_deleted_article() {
    let site = Site::new();
    let mut articles = twelve();
    write(&site, &articles);
    site.reindex();
    let engine = site.engine();
    let first = page(&engine, Sort::Relevance, 5, None);
    let whole = ids(&page(&engine, Sort::Relevance, 100, None));
    articles.remove(&whole[4]);
    write(&site, &articles);
    site.reindex();
    let engine = site.engine();
    let second = page(&engine, Sort::Relevance, 100, first.next);
    assert_eq!(second.notes, [Note::IndexChanged]);
    assert_eq!(ids(&second), whole[5..]);
}

#[derive(Debug, Clone)]
enum Edit {
    Put(u8, u8),
    Remove(u8),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        2 => (0u8..24, 1u8..28).prop_map(|(id, day)| Edit::Put(id, day)),
        1 => (0u8..24).prop_map(Edit::Remove),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 60, ..ProptestConfig::default() })]
    #[test]
    fn pages_by_date_show_remaining_articles_once_despite_changes(
        edits in vec(vec(edit(), 0..4), 8), limit in 2usize..5, sort in prop::sample::select(vec![Sort::Newest, Sort::Oldest])
    ) {
        let site = Site::new();
        let mut articles: Articles = (0..20).map(|place| (format!("a{place:02}"), (1 + place % 7, 1))).collect();
        write(&site, &articles);
        site.reindex();
        let engine = site.engine();
        let mut untouched: BTreeSet<String> = articles.keys().cloned().collect();
        let mut seen: Vec<(u8, String)> = Vec::new();
        let mut after = None;
        for edits in edits.into_iter().chain(std::iter::repeat(Vec::new())) {
            let answer = page(&engine, sort, limit, after);
            prop_assert_eq!(answer.index_version, engine.index_version());
            prop_assert!(answer.notes.is_empty());
            seen.extend(ids(&answer).into_iter().map(|id| (articles[&id].0, id)));
            after = answer.next;
            if after.is_none() {
                break;
            }
            for edit in &edits {
                let (Edit::Put(id, _) | Edit::Remove(id)) = edit;
                let id = format!("a{id:02}");
                untouched.remove(&id);
                match edit {
                    Edit::Put(_, day) => articles.insert(id, (*day, 2)),
                    Edit::Remove(_) => articles.remove(&id),
                };
            }
            if !edits.is_empty() {
                write(&site, &articles);
                site.reindex();
                engine.reload().unwrap();
            }
        }
        let place = |(day, id): &(u8, String)| (if sort == Sort::Newest { 99 - day } else { *day }, id.clone());
        prop_assert!(seen.windows(2).all(|pair| place(&pair[0]) < place(&pair[1])), "{:?}", seen);
        let of_untouched: BTreeSet<String> =
            seen.into_iter().map(|(_, id)| id).filter(|id| untouched.contains(id)).collect();
        prop_assert_eq!(of_untouched, untouched);
    }
}
