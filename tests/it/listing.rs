//! What a results page asks for, through the in-process router over the project's own corpus:
//!
//! * filters by every name, exclusions, values nobody has;
//! * facets as asked, each ignoring its own filter; the topic tree by itself;
//! * cursors go on to the end of the list, and only for their own search;
//! * versions singly.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use axum::http::StatusCode;
use fichero::article::Moment;
use serde_json::Value;

use crate::support::served::{get, good, problem};

fn total(query: &str) -> u64 {
    good(&format!("/v1/search?limit=0&facets=none&literal=true&{query}"))["total"]["value"].as_u64().unwrap()
}

fn ids(answer: &Value) -> Vec<String> {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
}

fn counts(values: &Value) -> Vec<(String, u64)> {
    let value = |count: &Value| (count["value"].as_str().unwrap().to_owned(), count["count"].as_u64().unwrap());
    values.as_array().unwrap().iter().map(value).collect()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[test]
fn every_facet_counts_what_its_filter_gives() {
    for query in
        ["", "q=university", "q=movilidad&lang=es&lang=pt", "q=education&kind=article&year=2021&topic_not=priorities"]
    {
        let answer = good(&format!("/v1/search?facets=all&{query}"));
        let mut checked = 0;
        for facet in ["lang", "kind", "tag", "author", "year"] {
            let kept: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with(&format!("{facet}="))).collect();
            for (value, count) in counts(&answer["facets"][facet]) {
                let narrowed = format!("{}&{facet}={}", kept.join("&"), encoded(&value));
                assert_eq!(total(narrowed.trim_start_matches('&')), count, "{facet} {value} of {query}");
                checked += 1;
            }
        }
        assert!(checked > 5, "{query}: {answer}");
        let mut topics: Vec<Value> = answer["facets"]["topic"].as_array().unwrap().clone();
        while let Some(topic) = topics.pop() {
            let value = topic["value"].as_str().unwrap();
            assert_eq!(
                total(&format!("{query}&topic={value}")),
                topic["count"].as_u64().unwrap(),
                "{value} of {query}"
            );
            topics.extend(topic["children"].as_array().unwrap().iter().cloned());
        }
        for year in answer["facets"]["year"].as_array().unwrap() {
            assert!(year["months"].as_array().unwrap().iter().all(|month| {
                month["value"].as_str().unwrap().starts_with(&format!("{}-", year["value"].as_str().unwrap()))
            }));
        }
    }
}

#[test]
fn only_requested_facets_are_counted() {
    let names = |query: &str| -> Vec<String> {
        let answer = good(&format!("/v1/search?limit=0{query}"));
        answer["facets"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>().into_iter().collect()
    };
    assert_eq!(names(""), ["kind", "lang", "topic", "year"]);
    assert_eq!(names("&facets=all"), ["author", "kind", "lang", "tag", "topic", "year"]);
    assert_eq!(names("&facets=none"), Vec::<String>::new());
    assert_eq!(names("&facets=tag&facets=lang"), ["lang", "tag"]);
    assert_eq!(problem(&get("/v1/search?facets=colour"), StatusCode::BAD_REQUEST).1, ["facets"]);
}

#[test]
fn exclusions_and_values_nobody_has() {
    let all = total("");
    assert_eq!(total("kind=event") + total("kind_not=event"), all);
    let tag = counts(&good("/v1/search?facets=tag")["facets"]["tag"])[0].clone();
    // A work goes only when none of its versions passes.
    assert!(total(&format!("tag_not={}", encoded(&tag.0))) < all);
    assert_eq!(total(&format!("tag={}", encoded(&tag.0.to_uppercase()))), tag.1);
    assert_eq!(total("topic_not=programs&topic=programs"), 0);
    for nobody in ["tag=nobody", "author=Nobody", "year=1848", "topic=nowhere", "lang=tlh"] {
        assert_eq!(total(nobody), 0, "{nobody}");
        assert!(total(&format!("{nobody}&{}", nobody.replace("nobody", "x").replace("Nobody", "x"))) == 0);
    }
    for (bad, name) in
        [("year=0", "year"), ("year=20x1", "year"), ("kind_not=poem", "kind_not"), ("topic_not=/", "topic_not")]
    {
        assert_eq!(problem(&get(&format!("/v1/search?{bad}")), StatusCode::BAD_REQUEST).1, [name]);
    }
}

#[test]
fn cursors_continue_to_the_end_of_their_list() {
    for query in ["q=universidad", "", "q=education&sort=date&group=false", "lang=es&sort=-date", "sort=starts_at"] {
        let whole = good(&format!("/v1/search?limit=100&{query}"));
        assert_eq!(whole["next_cursor"], Value::Null);
        let mut listed = Vec::new();
        let mut page = good(&format!("/v1/search?limit=7&{query}"));
        loop {
            listed.extend(ids(&page));
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            page = good(&format!("/v1/search?limit=7&cursor={cursor}&{query}"));
            assert_eq!((&page["total"], page["offset"].as_u64()), (&whole["total"], Some(listed.len() as u64)));
        }
        assert_eq!(listed, ids(&whole), "{query}");
    }
    // The beginnings of the corpus, all of the past: the latest first, and then what has none.
    let hits = good("/v1/search?sort=starts_at&limit=100")["hits"].as_array().unwrap().clone();
    let begins = |hit: &Value| hit["starts_at"].as_str().map(|at| Moment::parse(at).unwrap().start_s());
    assert!(hits.is_sorted_by_key(|hit| (begins(hit).is_none(), begins(hit).map(Reverse))));
    assert!(hits.first().and_then(begins).is_some() && hits.last().and_then(begins).is_none());
    let page = good("/v1/search?q=universidad&limit=2");
    let cursor = page["next_cursor"].as_str().unwrap();
    for other in ["q=university", "q=universidad&lang=es", "q=universidad&group=false", "q=universidad&ui_lang=pt"] {
        let answer = get(&format!("/v1/search?{other}&cursor={cursor}"));
        assert_eq!(problem(&answer, StatusCode::BAD_REQUEST).1, ["cursor"], "{other}");
    }
    for (bad, name) in [(format!("cursor={}", &cursor[1..]), "cursor"), (format!("cursor={cursor}&offset=2"), "offset")]
    {
        let answer = get(&format!("/v1/search?q=universidad&{bad}"));
        assert_eq!(problem(&answer, StatusCode::BAD_REQUEST).1, [name], "{bad}");
    }
}

#[test]
fn too_many_filter_values_are_rejected() {
    let many = |count: usize| get(&format!("/v1/search?limit=0{}", "&tag=x".repeat(count)));
    assert_eq!(many(100).status, StatusCode::OK);
    assert_eq!(problem(&many(101), StatusCode::BAD_REQUEST).1, ["tag"]);
    let names: String = (0..1_000).map(|number| format!("&x{number}=1")).collect();
    assert_eq!(problem(&get(&format!("/v1/search?limit=0{names}")), StatusCode::BAD_REQUEST).1.len(), 10);
    assert_eq!(problem(&get("/v1/topics?topic=programs"), StatusCode::BAD_REQUEST).1, ["topic"]);
}

#[test]
fn ungrouped_versions_are_listed_individually() {
    let works = good("/v1/search?limit=100");
    let versions = good("/v1/search?limit=100&group=false");
    let translations: usize =
        works["hits"].as_array().unwrap().iter().map(|hit| hit["translations"].as_array().unwrap().len()).sum();
    assert_eq!(
        versions["total"]["value"].as_u64().unwrap(),
        works["total"]["value"].as_u64().unwrap() + translations as u64
    );
    assert!(translations > 20);
}

#[test]
fn the_topic_menu_is_a_tree_in_the_readers_language() {
    let english = good("/v1/topics?ui_lang=en");
    let spanish = good("/v1/topics?ui_lang=es&lang=es");
    let tree = english["topics"].as_array().unwrap();
    assert_eq!(english["topics"], good("/v1/search?facets=topic&ui_lang=en")["facets"]["topic"]);
    let below: u64 = tree[0]["children"].as_array().unwrap().iter().map(|topic| topic["count"].as_u64().unwrap()).sum();
    assert!(below > 0 && tree[0]["count"].as_u64().unwrap() > 0, "{english}");
    assert_ne!(tree[0]["label"], spanish["topics"][0]["label"], "{spanish}");
    assert_eq!(problem(&get("/v1/topics?q=x"), StatusCode::BAD_REQUEST).1, ["q"]);
}
