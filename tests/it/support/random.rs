//! Random small sites and random requests to them, of few words, so that they meet.

use fichero::article::{Kind, Moment};
use fichero::engine::filters::DateBound;
use fichero::engine::query::Query;
use fichero::engine::ranking::{DEFAULT_RECENCY, MAX_RECENCY};
use fichero::engine::{ArticleKey, Facet, Filters, SearchRequest, Sort};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use super::library::{DAY_S, NOW};

const LANGS: [&str; 8] = ["en", "es", "pt", "pt-BR", "fr", "zh", "zh-Hant", "en"];
const EVERYWHERE: [&str; 5] = ["UNESCO", "covid-19", "2021", "virtual", "U.N."];
const TOPICS: [&str; 5] =
    ["Programs", "Programs/Research", "Programs/Research/Mobility", "Priorities", "Priorities/Equity"];
const DATES: [&str; 8] = [
    "2019-05-01",
    "2021-01-20",
    "2021-01-20",
    "2021-01-20T12:00:00-03:00",
    "2022-12-31",
    "2022-12-31T22:15:00-05:00",
    "2023-01-01T00:30:00+09:00",
    "2023-11-14T22:13:21Z",
];

/// Beginnings and ends of events, around [`NOW`].
const EVENTS: [(&str, Option<&str>); 6] = [
    ("2021-05-01", None),
    ("2023-11-13", Some("2023-11-14")),
    ("2023-11-14T09:00:00-03:00", None),
    ("2023-11-14T20:00:00Z", Some("2023-11-14T22:13:20Z")),
    ("2023-11-14T22:13:20Z", Some("2023-11-14T23:00:00Z")),
    ("2024-02-01", Some("2023-01-01")),
];

fn vocabulary(lang: &str) -> Vec<&'static str> {
    let own: &[&str] = match lang.split('-').next().unwrap_or_default() {
        "es" => &[
            "la",
            "movilidad",
            "educación",
            "educacion",
            "universidad",
            "universidades",
            "calidad",
            "año",
            "estudiantes",
        ],
        "pt" => &["a", "mobilidade", "educação", "universidade", "universidades", "qualidade", "ano", "inscrição"],
        "fr" => &["la", "mobilité", "l'enseignement", "université", "universités", "qualité", "étudiants", "œuvre"],
        "zh" => &["高等教育", "学生", "大学", "质量", "和"],
        _ => &["the", "mobility", "student", "students", "university", "quality", "e-learning", "higher", "education"],
    };
    own.iter().chain(&EVERYWHERE).copied().collect()
}

/// Words of a language in a row, with what may stand between words.
fn text(
    lang: &'static str,
    words: std::ops::Range<usize>,
    separators: &'static [&'static str],
) -> BoxedStrategy<String> {
    vec((select(vocabulary(lang)), select(separators)), words)
        .prop_map(|pieces| {
            let mut text = String::new();
            for (word, separator) in pieces {
                text.push_str(word);
                text.push_str(separator);
            }
            text
        })
        .boxed()
}

/// A way to write the address of the page with the number N.
fn spelling() -> impl Strategy<Value = &'static str> {
    const WAYS: [&str; 4] = [
        "https://x.org/Nó",
        "http://www.X.org/N%C3%B3/?utm_source=x#part",
        "//x.org:443/N%c3%b3/index.html",
        "x.org/No\u{301}",
    ];
    select(&WAYS[..])
}

fn spelled(page: usize, spelling: &str) -> String {
    spelling.replace('N', &page.to_string())
}

fn record() -> impl Strategy<Value = Value> {
    select(&LANGS[..]).prop_flat_map(|lang| {
        const IN_LINE: &[&str] = &[" ", " ", " ", ", ", " <b> ", " & "];
        const IN_BODY: &[&str] = &[" ", " ", " ", " ", ". ", ", ", "\n", "\n\n", "\n\n* * *\n\n", " <i>"];
        let texts = (
            text(lang, 1..5, IN_LINE),
            prop_oneof![2 => Just(String::new()), 1 => text(lang, 1..8, IN_LINE)],
            prop_oneof![
                12 => (text(lang, 0..16, IN_BODY), prop_oneof![8 => Just(1usize), 1 => Just(12)]),
                // Of several passages, so that a snippet chooses.
                1 => (text(lang, 120..260, IN_BODY), Just(1)),
            ],
        );
        let labels = (
            subsequence(&TOPICS[..], 0..3),
            vec(select(vocabulary(lang)), 0..2),
            option::of(select(&["Ana Pérez", "Zoë O'Neil"][..])),
        );
        let dates = (
            option::weighted(0.8, select(&DATES[..])),
            option::weighted(0.15, select(&["2023-11-13", "2023-11-14", "2030-01-01"][..])),
            option::weighted(0.3, select(&EVENTS[..])),
        );
        let rest = (
            option::weighted(0.6, 0usize..8),
            select(Kind::BUILT_IN.to_vec()),
            prop::bool::weighted(0.08),
            option::weighted(0.4, (0usize..20, spelling())),
            (
                vec((0usize..20, spelling()), 0..3),
                option::weighted(0.2, select(&["Cuadernos", "cuadernos ", "Notes"][..])),
            ),
        );
        (texts, labels, dates, rest).prop_map(
            move |(
                (title, summary, (body, times)),
                (topics, tags, author),
                (published, expires, event),
                (work, kind, hidden, url, (links, series)),
            )| {
                let links: Vec<String> = links.into_iter().map(|(page, spelling)| spelled(page, spelling)).collect();
                json!({
                    "lang": lang, "title": title, "summary": summary, "body": body.repeat(times), "kind": kind.as_str(),
                    "topics": topics, "tags": tags, "authors": author, "published_at": published, "expires_at": expires,
                    "starts_at": event.map(|(starts, _)| starts), "ends_at": event.and_then(|(_, ends)| ends),
                    "work": work.map(|work| format!("work {work}")), "hidden": hidden,
                    "url": url.map(|(page, spelling)| spelled(page, spelling)), "links": links, "series": series,
                })
            },
        )
    })
}

/// The records of a site, 2 to 30.
pub fn site() -> impl Strategy<Value = Vec<Value>> {
    records(2..31)
}

/// The records of a site, some two hundred.
pub fn larger_site() -> impl Strategy<Value = Vec<Value>> {
    records(180..220)
}

/// The records of a site of some hundred articles of many words, the common ones in most of them.
pub fn wordy_site() -> impl Strategy<Value = Vec<Value>> {
    let words = vec(0.0f32..1.0, 30..60).prop_map(|words| {
        let word = |skewed: f32| format!("palabra{} ", (skewed.powi(3) * 300.0) as u32);
        words.into_iter().map(word).collect::<String>()
    });
    let record = (words, select(&["en", "es", "es"][..]), subsequence(&TOPICS[..], 0..3), 0u32..70, 0u32..40);
    vec(record, 90..120).prop_map(|records| {
        let record = |(place, (body, lang, topics, work, day)): (usize, (String, &str, Vec<&str>, u32, u32))| {
            json!({
                "id": format!("{place}"), "work": format!("{work}"), "lang": lang, "title": "Nota", "body": body,
                "topics": topics, "kind": "event", "published_at": format!("2021-{:02}-{:02}", 1 + day / 28, 1 + day % 28),
            })
        };
        records.into_iter().enumerate().map(record).collect()
    })
}

/// Records, their ids not in the order of anything else.
fn records(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Value>> {
    let copies = vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..3);
    (vec(record(), count), copies, any::<u8>()).prop_map(|(mut records, copies, salt)| {
        for (of, to) in copies {
            let (of, to) = (of.index(records.len()), to.index(records.len()));
            for field in ["summary", "body", "lang"] {
                records[to][field] = records[of][field].clone();
            }
        }
        for (place, record) in records.iter_mut().enumerate() {
            let mixed = (place as u8).wrapping_mul(37).wrapping_add(salt);
            record["id"] = format!("{mixed:02x}/{place}").into();
        }
        records
    })
}

/// A word of a language as somebody might type it.
fn typed(lang: &'static str) -> impl Strategy<Value = String> {
    (select(vocabulary(lang)), 0..12).prop_map(|(word, way)| match way {
        0 => word.to_uppercase(),
        1 => fichero::analysis::fold(word).into_owned(),
        2 => format!("{word}s"),
        3 => format!("{}*", word.chars().take(3).collect::<String>()),
        // A letter short: misspelt where the word is long.
        4 => word.chars().skip(1).collect(),
        _ => word.to_owned(),
    })
}

/// One or two words of a language, nothing else.
pub fn plain_query() -> impl Strategy<Value = String> {
    select(&LANGS[..]).prop_flat_map(|lang| vec(typed(lang), 1..=2)).prop_map(|words| words.join(" "))
}

fn query() -> impl Strategy<Value = String> {
    select(&LANGS[..]).prop_flat_map(|lang| {
        let part = prop_oneof![
            12 => typed(lang),
            2 => select(&LANGS[..]).prop_flat_map(typed),
            1 => typed(lang).prop_map(|word| format!("-{word}")),
            2 => vec(typed(lang), 1..=2).prop_map(|words| format!("\"{}\"", words.join(" "))),
            1 => vec(typed(lang), 2).prop_map(|words| format!("-\"{}\"", words.join(" "))),
            1 => (select(&["title:", "autor:", "topic:", "-titre:"][..]), typed(lang))
                .prop_map(|(zone, word)| format!("{zone}{word}")),
            1 => select(&["becas", "teleworking", "distance learning", "perez", "e learning", "enseñanza superior"][..])
                .prop_map(str::to_owned),
            1 => Just("nowhere".to_owned()),
        ];
        vec(part, 0..=5).prop_map(|parts| parts.join(" "))
    })
}

pub fn filters() -> impl Strategy<Value = Filters> {
    let langs =
        prop_oneof![6 => Just(vec![]), 1 => subsequence(&["en", "es", "pt", "pt-BR", "fr", "zh", "de"][..], 1..3)];
    let kinds = prop_oneof![6 => Just(vec![]), 1 => subsequence(Kind::BUILT_IN.to_vec(), 1..4)];
    let topics = prop_oneof![
        6 => Just(vec![]),
        1 => subsequence(&["programs", "programs/research", "programs/research/mobility", "priorities", "none"][..], 1..3)
    ];
    let tags = || prop_oneof![6 => Just(vec![]), 1 => subsequence(&["covid 19", "UNESCO", "QUALITE", "mobility", "none"][..], 1..4)];
    let authors = prop_oneof![6 => Just(vec![]), 1 => subsequence(&["ana perez", "ZOE O'NEIL"][..], 1..=2)];
    let years = prop_oneof![6 => Just(vec![]), 1 => subsequence(&[2019i16, 2021, 2022, 1999][..], 1..3)];
    let kinds_not = prop_oneof![8 => Just(vec![]), 1 => subsequence(Kind::BUILT_IN.to_vec(), 1..3)];
    let topics_not = prop_oneof![8 => Just(vec![]), 1 => subsequence(&["programs/research", "priorities"][..], 1..=2)];
    let owned = |texts: Vec<&str>| -> Vec<String> { texts.into_iter().map(str::to_owned).collect() };
    let moment = || {
        let bound = (select(&DATES[..]), proptest::bool::ANY).prop_map(|(text, is_local)| {
            let moment = Moment::parse(text).unwrap();
            if is_local { DateBound::Local(moment.local_s()) } else { DateBound::Instant(moment.start_s()) }
        });
        option::weighted(0.15, bound)
    };
    let excluded = (kinds_not, topics_not, tags());
    (langs, kinds, topics, (tags(), authors, years), (moment(), moment()), excluded).prop_map(
        move |(langs, kinds, topics, (tags, authors, years), (from, until), (kinds_not, topics_not, tags_not))| {
            Filters {
                langs: owned(langs),
                kinds,
                topics: owned(topics),
                tags: owned(tags),
                authors: owned(authors),
                years,
                from,
                until,
                kinds_not,
                topics_not: owned(topics_not),
                tags_not: owned(tags_not),
            }
        },
    )
}

pub fn now_s() -> impl Strategy<Value = i64> {
    prop_oneof![4 => Just(NOW), 1 => Just(NOW + 1), 1 => Just(NOW + 2 * DAY_S), 1 => Just(NOW - 700 * DAY_S)]
}

/// A reader's language.
fn ui_lang() -> impl Strategy<Value = Option<String>> {
    option::of(select(&["en", "es", "es-MX", "pt", "pt-BR", "fr", "zh-Hant", "de"][..]).prop_map(str::to_owned))
}

/// The address of a page that there may be.
fn left_out() -> impl Strategy<Value = ArticleKey> {
    (0usize..20, spelling()).prop_map(|(page, spelling)| ArticleKey::Url(spelled(page, spelling)))
}

pub fn request() -> impl Strategy<Value = SearchRequest> {
    let order = prop_oneof![4 => Just(Sort::Relevance), 1 => Just(Sort::Newest), 1 => Just(Sort::Oldest), 1 => Just(Sort::Events)];
    let page = (prop_oneof![5 => Just(0usize), 1 => 0usize..12], prop_oneof![1 => 1usize..6, 1 => Just(100)]);
    let recency = prop_oneof![1 => Just(0.0), 2 => Just(DEFAULT_RECENCY), 1 => Just(MAX_RECENCY)];
    let facets = prop_oneof![2 => Just(Facet::ALL.to_vec()), 1 => subsequence(&Facet::ALL[..], 0..3)];
    let listed = (prop::bool::weighted(0.8), facets, prop::bool::weighted(0.2));
    let asked = (filters(), prop_oneof![2 => Just(vec![]), 1 => vec(left_out(), 1..4)]);
    (query(), asked, ui_lang(), listed, order, page, 10usize..200, (recency, now_s())).prop_map(
        |(
            query,
            (filters, without),
            ui_lang,
            (group, facets, literal),
            sort,
            (offset, limit),
            snippet_chars,
            (recency, now_s),
        )| {
            SearchRequest {
                filters,
                without,
                ui_lang,
                group,
                facets,
                highlight: limit % 5 != 0,
                sort,
                offset,
                limit,
                snippet_chars,
                recency,
                explain: true,
                literal,
                ..SearchRequest::new(Query::parse(&query), now_s)
            }
        },
    )
}
