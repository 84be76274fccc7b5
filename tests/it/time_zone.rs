//! Days and years at the site's place:
//!
//! * without a time zone, the day of an article is the one that its text has, by its own offset;
//! * with one, years, days, feeds and embargoes are those of the zone, whatever offset is written;
//! * another time zone takes effect at the next reindex, and nothing else is read again by one;
//! * a push is read in the zone, and keeps its instant and its day when the zone is another one.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use fichero::admin::{Admin, Token};
use fichero::config::Config;
use fichero::http::{Settings, router};
use fichero::indexing::index_updater::EngineSlot;
use fichero::indexing::reindex::Options;
use fichero::indexing::report::Progress;
use fichero::sources::ReadingRules;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::support::served::{ask, ask_text, get_from};
use crate::support::site::{Reads, Site};

/// Published around a turn of the year.
const ARTICLES: [(&str, &str); 6] = [
    ("plain", "2022-12-31"),
    ("late-in-lima", "2022-12-31T23:10:00-05:00"),
    ("early-in-tokyo", "2023-01-01T06:00:00+09:00"),
    ("greenwich", "2023-01-01T02:30:00Z"),
    ("floating", "2022-12-31T22:00:00"),
    ("new-year", "2023-01-01"),
];

fn site() -> Site {
    let site = Site::new();
    let line = |(id, at): (&str, &str)| {
        json!({"id": id, "lang": "es", "title": format!("Aviso {id}"), "published_at": at}).to_string() + "\n"
    };
    site.write("site/avisos.jsonl", ARTICLES.map(line).concat());
    site
}

fn zone(name: &str) -> Option<TimeZone> {
    Some(TimeZone::get(name).unwrap())
}

fn reading(time_zone: Option<TimeZone>) -> ReadingRules {
    ReadingRules { time_zone, ..ReadingRules::default() }
}

/// A reindex of the site, which is in this zone.
fn reindex_in(site: &mut Site, time_zone: Option<TimeZone>, progress: &dyn Progress) {
    site.sources[0].reading = reading(time_zone);
    site.reindex_into("index", &Options::default(), progress);
}

/// The site's API, with what is published now.
fn served(site: &Site, settings: Settings) -> Router {
    let slot = EngineSlot::default();
    slot.store(Some(Arc::new(site.engine())));
    router(slot, settings)
}

fn ids(router: &Router, filter: &str) -> Vec<String> {
    let answer = get_from(router, &format!("/v1/search?limit=50&facets=none&literal=true&{filter}"));
    assert_eq!(answer.status, StatusCode::OK, "{filter}: {}", answer.body);
    let hits = answer.body["hits"].as_array().unwrap().iter();
    let mut ids: Vec<String> = hits.map(|hit| hit["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

/// Checks that these articles, and no others, are of the last day of 2022, by every filter.
fn is_of_the_old_year(router: &Router, old: &[&str]) {
    let mut old = old.to_vec();
    old.sort_unstable();
    let mut new: Vec<&str> = ARTICLES.iter().map(|(id, _)| *id).filter(|id| !old.contains(id)).collect();
    new.sort_unstable();
    for filter in
        ["year=2022", "date_to=2022-12-31", "date_from=2022-12-31&date_to=2022-12-31", "date_to=2022-12-31T23:59:59"]
    {
        assert_eq!(ids(router, filter), old, "{filter}");
    }
    for filter in ["year=2023", "date_from=2023-01-01", "date_from=2023-01-01&date_to=2023-01-01"] {
        assert_eq!(ids(router, filter), new, "{filter}");
    }
    let facets = get_from(router, "/v1/search?facets=year").body["facets"]["year"].clone();
    let count = |year: &str, month: &str, count: usize| json!({"value": year, "count": count, "months": [{"value": month, "count": count}]});
    let expected = json!([count("2023", "2023-01", new.len()), count("2022", "2022-12", old.len())]);
    assert_eq!(facets, expected);
}

#[test]
fn without_a_time_zone_the_day_is_the_one_that_is_written() {
    let site = site();
    site.reindex();
    let router = served(&site, Settings::default());
    is_of_the_old_year(&router, &["plain", "late-in-lima", "floating"]);
    // A time with an offset is an instant for all of them.
    assert_eq!(ids(&router, "date_from=2023-01-01T04:10:00Z"), ["late-in-lima"]);
    assert_eq!(ids(&router, "date_to=2022-12-31T18:00:00-03:00"), ["early-in-tokyo", "plain"]);
}

#[test]
fn a_time_zone_is_that_of_days_years_and_feeds_from_the_next_reindex_on() {
    let mut site = site();
    site.reindex();
    site.settle();
    // All files were new; by now they are old enough to be passed over.
    site.reindex();
    let reads = Reads::default();
    reindex_in(&mut site, None, &reads);
    assert_eq!(reads.count(), 0);

    reindex_in(&mut site, zone("America/Caracas"), &reads);
    assert_eq!(reads.count(), ARTICLES.len() as u64);
    let router = served(&site, Settings { reading: reading(zone("America/Caracas")), ..Settings::default() });
    is_of_the_old_year(&router, &["plain", "early-in-tokyo", "greenwich", "floating"]);
    let shown = |id: &str| get_from(&router, &format!("/v1/articles/{id}")).body["published_at"].clone();
    assert_eq!(shown("plain"), "2022-12-31");
    assert_eq!(shown("greenwich"), "2022-12-31T22:30:00-04:00");
    assert_eq!(shown("floating"), "2022-12-31T22:00:00-04:00");
    let feed = ask_text(
        &router,
        Request::get("/search.atom").header(header::HOST, "search.example").body(Body::empty()).unwrap(),
    )
    .body;
    for published in ["2022-12-31T00:00:00-04:00", "2022-12-31T22:30:00-04:00", "2023-01-01T00:00:00-04:00"] {
        assert!(feed.contains(&format!("<published>{published}</published>")), "{published}: {feed}");
    }

    reindex_in(&mut site, zone("America/Caracas"), &reads);
    assert_eq!(reads.count(), ARTICLES.len() as u64, "an unchanged zone reads nothing again");
    reindex_in(&mut site, zone("Asia/Tokyo"), &Reads::default());
    let router = served(&site, Settings::default());
    is_of_the_old_year(&router, &["plain", "floating"]);
}

#[test]
fn days_begin_and_end_at_midnight_of_the_zone_for_embargoes() {
    let mut site = Site::new();
    let record = json!({"id": "x", "title": "Aviso", "published_at": "2022-12-31", "expires_at": "2023-01-15"});
    site.write("site/a.jsonl", record.to_string());
    reindex_in(&mut site, zone("America/Caracas"), &Reads::default());
    let article = site.articles().remove("x").unwrap();
    let is_visible = |at: &str| article.is_visible_at(at.parse::<jiff::Timestamp>().unwrap().as_second());
    for (at, expected) in [
        ("2022-12-31T03:59:59Z", false),
        ("2022-12-31T04:00:00Z", true),
        ("2023-01-16T03:59:59Z", true),
        ("2023-01-16T04:00:00Z", false),
    ] {
        assert_eq!(is_visible(at), expected, "{at}");
    }
}

#[test]
fn a_push_is_read_in_the_zone_and_keeps_its_meaning_in_another() {
    let mut site = site();
    site.reindex();
    let config = site.path("fichero.toml");
    std::fs::write(&config, "data = \"index\"\n[[source]]\nname = \"site\"\npath = \"site\"\n").unwrap();
    let config = Config::load(Some(&config), None, None).unwrap();
    let token = "a-token-for-time-zones";
    let admin = Some(Arc::new(Admin::new(site.data(), config, Token::new(token, "here").unwrap())));
    let router = served(&site, Settings { admin, reading: reading(zone("America/Caracas")), ..Settings::default() });
    let push = |method: &str, path: &str, kind: &str, body: String| {
        let request =
            Request::builder().method(method).uri(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        ask(&router, request.header(header::CONTENT_TYPE, kind).body(Body::from(body)).unwrap())
    };
    let article =
        |id: &str, at: &str| json!({"id": id, "title": "Empuje", "lang": "es", "published_at": at}).to_string();
    let one = push("PUT", "/v1/articles/day", "application/json", article("day", "2022-12-31"));
    assert_eq!(one.status, StatusCode::CREATED, "{}", one.body);
    let line = push("POST", "/v1/articles", "application/x-ndjson", article("line", "2023-01-01T02:30:00Z"));
    assert_eq!(line.body["status"], "created", "{}", line.body);

    for time_zone in [zone("America/Caracas"), zone("Asia/Tokyo"), None] {
        reindex_in(&mut site, time_zone.clone(), &Reads::default());
        let articles = site.articles();
        let pushed = |id: &str| articles[id].published_at.clone().unwrap();
        assert_eq!(pushed("line").as_str(), "2022-12-31T22:30:00-04:00", "{time_zone:?}");
        assert_eq!(pushed("day").to_rfc3339(), "2022-12-31T00:00:00-04:00", "{time_zone:?}");
        let of_2022: Vec<String> = ids(&served(&site, Settings::default()), "year=2022&q=empuje");
        assert_eq!(of_2022, ["day", "line"], "{time_zone:?}");
    }
    let tag = |time_zone: Option<TimeZone>| {
        let router = served(&site, Settings { reading: reading(time_zone), ..Settings::default() });
        get_from(&router, "/v1/search").headers.get(header::ETAG).cloned()
    };
    assert_ne!(tag(None), tag(zone("Asia/Tokyo")));
}
