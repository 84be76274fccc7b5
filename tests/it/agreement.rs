//! The embedded engine against the oracle: the same questions to both, on random sites.
//!
//! * It says what the oracle says: totals, hits, order, scores, translations, marked titles and
//!   snippets, related articles with their reasons, articles.
//! * After several reindexes its state is whole (Tantivy counts deleted articles in frequencies
//!   until segments merge, so that weights are compared only after a full build, which says
//!   exactly what the oracle says).

use std::cell::{Cell, LazyCell};
use std::collections::{BTreeMap, BTreeSet};

use fichero::engine::query::Query;
use fichero::engine::{
    ArticleKey, Explanation, Filters, Hit, RelatedAnswer, RelatedRequest, RelatedTo, SearchAnswer, SearchEngine,
    SearchRequest, Sort, ranking,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::Value;

use crate::support::library::{NOW, ids_of, library, related_request, request, requests};
use crate::support::{makers, random};

/// How far two scores of one thing may be apart, of their size.
const SCORE_TOLERANCE: f32 = 1e-3;
/// How near two scores may be so that either may come first, of their size.
const TIE_TOLERANCE: f32 = 1e-4;

fn is_near(a: f32, b: f32, tolerance: f32) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs())
}

/// Compares an answer with the oracle's answer, and with the oracle's whole list where a hit is not
/// on the same page.
fn agree(
    got: &SearchAnswer,
    oracle: &SearchAnswer,
    whole: impl Fn() -> SearchAnswer,
    is_ranked: bool,
) -> Result<(), TestCaseError> {
    let whole = LazyCell::new(whole);
    prop_assert_eq!(got.total, oracle.total);
    prop_assert_eq!((&got.corrections, &got.notes), (&oracle.corrections, &oracle.notes));
    prop_assert_eq!(&got.recovery, &oracle.recovery);
    prop_assert_eq!(&got.facets, &oracle.facets);
    prop_assert_eq!(&got.newest, &oracle.newest);
    prop_assert_eq!(got.next.is_some(), oracle.next.is_some());
    prop_assert_eq!(got.hits.len(), oracle.hits.len(), "{:?} {:?}", ids_of(got), ids_of(oracle));
    for (hit, expected) in got.hits.iter().zip(&oracle.hits) {
        prop_assert!(is_near(hit.score, expected.score, SCORE_TOLERANCE), "{:?} {:?}", hit, expected);
        let of = |answer: &'_ SearchAnswer| answer.hits.iter().find(|other| other.card.id == hit.card.id).cloned();
        let on_page = of(oracle);
        // The more hits a page has, the shorter its snippets may be.
        let elsewhere = || of(&whole).map(|same| Hit { snippet_html: hit.snippet_html.clone(), ..same });
        let same = on_page.or_else(elsewhere);
        let Some(same) = same else { return Err(TestCaseError::fail(format!("{hit:?} instead of {expected:?}"))) };
        let may_swap = is_ranked && is_near(same.score, expected.score, TIE_TOLERANCE);
        prop_assert!(same.card.id == expected.card.id || may_swap, "{:?} {:?}", ids_of(got), ids_of(oracle));
        explanations_agree(hit, &same)?;
        let alike = Hit { score: same.score, explanation: same.explanation.clone(), ..hit.clone() };
        prop_assert_eq!(&alike, &same);
    }
    Ok(())
}

/// Compares what two engines say of why a hit stands where it stands; what they say adds up.
fn explanations_agree(hit: &Hit, expected: &Hit) -> Result<(), TestCaseError> {
    let (Some(said), Some(wanted)) = (&hit.explanation, &expected.explanation) else {
        prop_assert_eq!(hit.explanation.is_some(), expected.explanation.is_some());
        return Ok(());
    };
    let points: f32 = said.parts.iter().map(|part| part.points).sum();
    prop_assert!(is_near(points, hit.score, SCORE_TOLERANCE), "{:?} of {}", said, hit.score);
    // What is nothing to speak of may be rounded away by one of the two.
    let is_said = |points: f32| points.abs() > SCORE_TOLERANCE;
    let texts = |explanation: &Explanation| -> Vec<String> {
        explanation.parts.iter().filter(|part| is_said(part.points)).map(|part| part.text.clone()).collect()
    };
    prop_assert_eq!(texts(said), texts(wanted));
    prop_assert_eq!(said.factors.len(), wanted.factors.len());
    Ok(())
}

/// Compares the answers to a request; returns how many hits they have.
fn searches_agree(
    got: &dyn SearchEngine,
    oracle: &dyn SearchEngine,
    request: &SearchRequest,
) -> Result<usize, TestCaseError> {
    let whole = || oracle.search(&SearchRequest { offset: 0, limit: 1_000, ..request.clone() }).unwrap();
    let is_ranked = request.sort == Sort::Relevance && !request.query.words.is_empty();
    let (got, expected) = (got.search(request).unwrap(), oracle.search(request).unwrap());
    agree(&got, &expected, whole, is_ranked)
        .map_err(|error| TestCaseError::fail(format!("{error}\nby {request:?}")))?;
    Ok(got.hits.len())
}

fn related_agree(got: Option<RelatedAnswer>, oracle: Option<RelatedAnswer>) -> Result<(), TestCaseError> {
    let (Some(got), Some(oracle)) = (&got, &oracle) else {
        prop_assert_eq!(got.is_some(), oracle.is_some());
        return Ok(());
    };
    prop_assert_eq!(&got.id, &oracle.id);
    prop_assert_eq!(got.hits.len(), oracle.hits.len());
    for (hit, expected) in got.hits.iter().zip(&oracle.hits) {
        prop_assert!(is_near(hit.score, expected.score, SCORE_TOLERANCE), "{:?} {:?}", hit, expected);
        if hit.card.id == expected.card.id {
            prop_assert_eq!((&hit.card, &hit.reasons), (&expected.card, &expected.reasons));
            continue;
        }
        let same = oracle.hits.iter().find(|other| other.card.id == hit.card.id);
        prop_assert!(
            same.is_none_or(|same| is_near(same.score, expected.score, TIE_TOLERANCE)),
            "{:?} {:?}",
            hit,
            expected
        );
        prop_assert!(is_near(hit.score, expected.score, TIE_TOLERANCE) && hit.score > 0.0, "{:?} {:?}", hit, expected);
    }
    Ok(())
}

/// Compares articles by every id and address that there is or was.
fn articles_agree(
    got: &dyn SearchEngine,
    oracle: &dyn SearchEngine,
    records: &[Value],
    now_s: i64,
) -> Result<(), TestCaseError> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let ids = records.iter().filter_map(|record| text(&record["id"])).map(ArticleKey::Id);
    let urls = records.iter().filter_map(|record| text(&record["url"])).map(ArticleKey::Url);
    let gone = ["leaver a", "leaver b", "leaver c"].map(|id| ArticleKey::Id(id.to_owned()));
    for key in ids.chain(urls).chain(gone) {
        let (mut got, expected) = (got.article(&key, now_s).unwrap(), oracle.article(&key, now_s).unwrap());
        if let (Some(got), Some(expected)) = (&mut got, &expected) {
            got.index_version = expected.index_version;
        }
        prop_assert_eq!(got, expected, "{:?}", key);
    }
    Ok(())
}

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() })
}

#[test]
fn embedded_engine_agrees_with_the_oracle_on_random_sites() {
    let related = (any::<prop::sample::Index>(), random::filters(), 1usize..12, random::now_s(), any::<(bool, bool)>());
    let left_out = prop::option::weighted(0.2, any::<prop::sample::Index>());
    let questions = (prop::collection::vec((random::request(), left_out), 40), prop::collection::vec(related, 12));
    let answered = Cell::new(0);
    runner(40)
        .run(&(random::site(), questions), |(records, (requests, related))| {
            let (made, oracle) = (makers::embedded(&records), makers::oracle_of(&records));
            let engine = made.engine.as_ref();
            for (request, left_out) in &requests {
                let mut request = request.clone();
                let left_out = left_out.map(|left_out| left_out.get(&records)["id"].as_str().unwrap().to_owned());
                request.without.extend(left_out.map(ArticleKey::Id));
                let hits = searches_agree(engine, &oracle, &request)?;
                answered.set(answered.get() + usize::from(hits > 0 && !request.query.words.is_empty()));
            }
            for (which, filters, limit, now_s, (any_lang, is_draft)) in related {
                let record = which.get(&records);
                let key = record["url"].as_str().filter(|_| limit % 3 == 0).map(|url| ArticleKey::Url(url.to_owned()));
                let key = key.unwrap_or_else(|| ArticleKey::Id(record["id"].as_str().unwrap().to_owned()));
                let filters = if limit % 2 == 0 { Filters::default() } else { filters };
                let to = if is_draft {
                    RelatedTo::Draft(Box::new(makers::articles_of(std::slice::from_ref(record)).remove(0)))
                } else {
                    RelatedTo::Article(key.clone())
                };
                let request = RelatedRequest { to, filters, any_lang, limit, ..RelatedRequest::new(key, now_s) };
                related_agree(engine.related(&request).unwrap(), oracle.related(&request).unwrap())
                    .map_err(|error| TestCaseError::fail(format!("{error}\nby {request:?}")))?;
            }
            articles_agree(engine, &oracle, &records, NOW)
        })
        .unwrap();
    println!("{} of 1600 random requests with words have hits", answered.get());
    assert!(answered.get() > 300, "too few queries find something");
}

/// The works of an answer, each with all its visible versions.
fn whole_works(answer: &SearchAnswer) -> BTreeMap<String, BTreeSet<String>> {
    let versions = |hit: &Hit| {
        hit.translations.iter().map(|other| other.id.clone()).chain([hit.card.id.clone()]).collect::<BTreeSet<_>>()
    };
    answer.hits.iter().map(|hit| (hit.card.work.clone(), versions(hit))).collect()
}

#[test]
fn incremental_changes_reach_the_state_of_a_full_build() {
    let queries = prop::collection::vec((random::plain_query(), random::filters()), 30);
    let questions = (queries, prop::collection::vec(random::request(), 20), 3usize..=4);
    runner(12)
        .run(&(random::site(), questions), |(records, (queries, requests, runs))| {
            let site = makers::Site::new();
            // What comes in between has the words of others.
            let draft = |records: &[Value], place: usize| {
                let mut draft = records[(place + 1) % records.len()].clone();
                draft["id"] = records[place]["id"].clone();
                draft
            };
            let states = makers::history(&records, draft);
            for state in &states[states.len() - runs..] {
                site.reindex(state, false);
            }
            let oracle = makers::oracle_of(&records);
            let engine = site.open();
            for (query, filters) in queries {
                // A compound such as covid-19 is two words.
                for query in [query.as_str(), ""].into_iter().filter(|query| Query::parse(query).words.len() <= 2) {
                    let request = SearchRequest { filters: filters.clone(), ..request(query) };
                    let (got, expected) = (engine.search(&request).unwrap(), oracle.search(&request).unwrap());
                    prop_assert_eq!(got.total, expected.total, "{:?}", &request);
                    prop_assert_eq!(whole_works(&got), whole_works(&expected), "{:?}", &request);
                }
                searches_agree(&engine, &oracle, &SearchRequest { filters: filters.clone(), ..request("") })?;
                for sort in [Sort::Newest, Sort::Oldest] {
                    searches_agree(&engine, &oracle, &SearchRequest { filters: filters.clone(), sort, ..request("") })?;
                }
            }
            articles_agree(&engine, &oracle, &records, NOW)?;
            for record in &records {
                let request = related_request(record["id"].as_str().unwrap());
                let works = |engine: &dyn SearchEngine| {
                    let answer = engine.related(&request).unwrap();
                    answer.map(|answer| answer.hits.into_iter().map(|hit| hit.card.work).collect::<BTreeSet<_>>())
                };
                prop_assert_eq!(works(&engine), works(&oracle));
            }
            drop(engine);
            let report = site.reindex(&records, true);
            prop_assert_eq!(report.changes, 0);
            let engine = site.open();
            for request in &requests {
                searches_agree(&engine, &oracle, request)?;
            }
            articles_agree(&engine, &oracle, &records, NOW)
        })
        .unwrap();
}

/// Deeper than the works whose words' nearness is looked at, and of several pages.
#[test]
fn embedded_engine_agrees_with_the_oracle_on_a_larger_site() {
    runner(2)
        .run(&(random::larger_site(), prop::collection::vec(random::request(), 60)), |(records, requests)| {
            let (made, oracle) = (makers::embedded(&records), makers::oracle_of(&records));
            let deeper = [ranking::PAIR_DEPTH - 5, ranking::PAIR_DEPTH, 90].into_iter().cycle();
            for (request, deeper) in requests.into_iter().zip(deeper) {
                for offset in [0, deeper] {
                    searches_agree(made.engine.as_ref(), &oracle, &SearchRequest { offset, ..request.clone() })?;
                }
            }
            Ok(())
        })
        .unwrap();
}

/// Where some words lead to other articles and further ones only count, and where the texts lead to
/// so many that topics need not.
#[test]
fn related_works_agree_with_the_oracle_on_a_site_of_many_words() {
    let question = (any::<prop::sample::Index>(), random::filters(), 1usize..12, any::<(bool, bool, bool)>());
    runner(4)
        .run(&(random::wordy_site(), prop::collection::vec(question, 80)), |(records, questions)| {
            let (made, oracle) = (makers::embedded(&records), makers::oracle_of(&records));
            for (which, filters, limit, (any_lang, is_draft, is_filtered)) in questions {
                let asked = which.get(&made.articles);
                let key = ArticleKey::Id(asked.id.clone());
                let to =
                    if is_draft { RelatedTo::Draft(Box::new(asked.clone())) } else { RelatedTo::Article(key.clone()) };
                let filters = if is_filtered { filters } else { Filters::default() };
                let request = RelatedRequest { to, filters, any_lang, limit, ..RelatedRequest::new(key, NOW) };
                related_agree(made.engine.related(&request).unwrap(), oracle.related(&request).unwrap())
                    .map_err(|error| TestCaseError::fail(format!("{error}\nby {request:?}")))?;
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn embedded_engine_agrees_with_the_oracle_on_the_library() {
    let records = library();
    let (made, oracle) = (makers::embedded(&records), makers::oracle_of(&records));
    for request in requests() {
        searches_agree(made.engine.as_ref(), &oracle, &request).unwrap();
        searches_agree(made.engine.as_ref(), &oracle, &SearchRequest { literal: false, ..request }).unwrap();
    }
    for article in &made.articles {
        let request = related_request(&article.id);
        related_agree(made.engine.related(&request).unwrap(), oracle.related(&request).unwrap()).unwrap();
    }
}
