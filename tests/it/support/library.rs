//! A small library of fixed articles, filters applied to articles plainly, and requests.

use fichero::article::{Article, Kind};
use fichero::engine::filters::DateBound;
use fichero::engine::query::Query;
use fichero::engine::{
    ArticleKey, Facet, Filters, Hit, RelatedHit, RelatedRequest, SearchAnswer, SearchEngine, SearchRequest, Sort,
};
use serde_json::{Value, json};

/// 2023-11-14, 22:13:20 UTC.
pub const NOW: i64 = 1_700_000_000;
pub const DAY_S: i64 = 86_400;

/// A record with a title and a body.
pub fn page(id: &str, lang: &str, title: &str, body: &str) -> Value {
    json!({ "id": id, "lang": lang, "title": title, "body": body })
}

/// A record with further fields.
pub fn with(mut record: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().unwrap() {
        record[name] = value.clone();
    }
    record
}

/// Articles about other things, so that words have a weight.
fn filler() -> Vec<Value> {
    let of = |lang: &str, words: [&str; 4]| -> Vec<Value> {
        let text = |place: usize| format!("{} {} {}", words[place % 4], words[(place + 1) % 4], words[(place + 2) % 4]);
        (0..8).map(|place| page(&format!("filler {lang} {place}"), lang, &text(place), &text(place + 1))).collect()
    };
    let mut records = of("en", ["garden", "river", "music", "kitchen"]);
    records.extend(of("es", ["jardín", "cocina", "música", "montaña"]));
    records.extend(of("pt", ["praia", "cozinha", "floresta", "ponte"]));
    records.extend(of("fr", ["plage", "cuisine", "forêt", "pont"]));
    records
}

/// The records among articles about other things.
pub fn with_filler(records: impl IntoIterator<Item = Value>) -> Vec<Value> {
    filler().into_iter().chain(records).collect()
}

/// Some forty articles: a work in five languages, a series of twenty-four over all kinds,
/// topics, dates and languages, two varieties of Chinese, articles that must not be seen.
pub fn library() -> Vec<Value> {
    let mut records = vec![
        with(
            page("u/en", "en", "UNESCO at work", "What UNESCO does for universities."),
            json!({"work": "u", "url": "https://x.org/u", "published_at": "2022-03-01"}),
        ),
        with(
            page("u/es", "es", "La UNESCO en acción", "Lo que hace para las universidades de la región."),
            json!({"work": "u", "url": "https://x.org/es/u", "published_at": "2022-03-02"}),
        ),
        with(
            page("u/fr", "fr", "À l'œuvre", "Ce que fait l'organisation pour les universités, dit UNESCO."),
            json!({"work": "u", "published_at": "2022-03-01T10:00:00+02:00"}),
        ),
        with(
            page("u/pt", "pt-BR", "Em ação", "O que a organização faz pelas universidades."),
            json!({"work": "u", "published_at": "2022-03-04"}),
        ),
        with(page("u/zh", "zh", "联合国教科文组织", "高等教育和学生 UNESCO"), json!({"work": "u"})),
        with(page("h/hans", "zh-Hans", "高等教育 lexicon lexicon", "学生"), json!({"work": "h"})),
        with(page("h/hant", "zh-Hant", "高等教育", "lexicon 和其他許多不同的文字在這裡"), json!({"work": "h"})),
        with(
            page(
                "m/en",
                "en",
                "Virtual student mobility",
                "Virtual student mobility in higher education.\n\nIt grew with COVID-19, and e-learning with it.",
            ),
            json!({"work": "m", "published_at": "2021-01-20", "topics": ["Programs/Research/Academic Mobility"]}),
        ),
        with(
            page(
                "m/es",
                "es",
                "Movilidad estudiantil virtual",
                "La movilidad virtual en la educación superior.\n\nCreció con la COVID-19.",
            ),
            json!({"work": "m", "published_at": "2021-01-21", "topics": ["Programs/Research/Academic Mobility"]}),
        ),
        page("n", "en", "Students move", "Mobility of a virtual kind: students who stay at home. Higher. Education."),
        with(
            page(
                "odd \"id\" / ñ?&#",
                "en",
                "<script>alert(\"Quotes & 'marks'\")</script>",
                "A body with <b>markup</b> & entities &amp; the word typography.",
            ),
            json!({"url": "https://x.org/?a=b&c=\"d\"#é"}),
        ),
        // Never seen at NOW: not yet, no more, hidden.
        with(
            page("future", "en", "Quasar tomorrow", "quasar"),
            json!({"published_at": "2023-11-15", "url": "https://x.org/future"}),
        ),
        with(
            page("future-version", "de", "Quasar morgen", "quasar"),
            json!({"work": "m", "published_at": "2023-11-14T22:13:21Z"}),
        ),
        with(
            page("expired", "en", "Quasar yesterday", "quasar"),
            json!({"expires_at": "2023-11-13", "url": "https://x.org/expired"}),
        ),
        with(
            page("expired-version", "it", "Quasar ieri", "quasar"),
            json!({"work": "u", "expires_at": "2023-11-14T22:13:20Z"}),
        ),
        with(page("hidden", "en", "Quasar nowhere", "quasar"), json!({"hidden": true, "url": "https://x.org/hidden"})),
        with(page("hidden-version", "ca", "Quasar enlloc", "quasar"), json!({"work": "u", "hidden": true})),
        // Seen until the day ends.
        with(
            page("last-day", "en", "Pulsar today", "pulsar"),
            json!({"expires_at": "2023-11-14", "published_at": "2023-11-14"}),
        ),
    ];
    let langs = ["en", "es", "fr", "pt", "pt-BR", "zh"];
    let topics = [
        json!([]),
        json!(["Programs"]),
        json!(["Programs/Research", "Priorities"]),
        json!(["Programs/Research/Quality", "Programs-old"]),
    ];
    for place in 0..24 {
        let mut record = page(
            &format!("s{place:02}"),
            langs[place % 6],
            &format!("Xylograph {}", ["one", "two", "three"][place % 3]),
            &format!("Number {place} of the series.{}", if place % 4 == 0 { "" } else { " With a colophon." }),
        );
        record["kind"] = Kind::BUILT_IN[place % 5].as_str().into();
        record["topics"] = topics[place % 4].clone();
        record["tags"] =
            [json!([]), json!(["Género", "quality"]), json!(["GENERO"]), json!(["Open access"])][place % 4].clone();
        record["authors"] = [json!(["Ana Pérez"]), json!(["Zoë O'Neil", "ana perez"]), json!([])][place % 3].clone();
        record["work"] = format!("series {}", place / 2).into();
        if place % 3 == 1 {
            record["starts_at"] = format!("2023-11-{:02}T20:00:00-03:00", 5 + place % 5 * 4).into();
        }
        if place % 7 != 6 {
            record["published_at"] = format!("20{}-0{}-11", 18 + place % 5, 1 + place % 3).into();
        }
        records.push(record);
    }
    records
}

/// Queries that the library answers in different ways.
pub const QUERIES: [&str; 12] = [
    "",
    "unesco",
    "xylograph",
    "colophon series",
    "virtual student mobility",
    "movilidad virtual",
    "\"higher education\"",
    "xylograph -colophon",
    "高等教育",
    "universidades",
    "-xylograph",
    "quasar",
];

/// Languages of readers.
pub const READERS: [Option<&str>; 6] = [None, Some("en"), Some("es"), Some("pt"), Some("zh-Hant"), Some("de")];

/// Filters of every sort, and some together.
pub fn filters() -> Vec<Filters> {
    let langs =
        |langs: &[&str]| Filters { langs: langs.iter().map(|lang| (*lang).to_owned()).collect(), ..Filters::default() };
    let topics = |topics: &[&str]| Filters {
        topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
        ..Filters::default()
    };
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
    let dates = |from: Option<DateBound>, until: Option<DateBound>| Filters { from, until, ..Filters::default() };
    let day = |text: &str| Some(DateBound::Local(fichero::article::Moment::parse(text).unwrap().local_s()));
    let instant = |text: &str| Some(DateBound::Instant(fichero::article::Moment::parse(text).unwrap().start_s()));
    vec![
        Filters::default(),
        langs(&["pt"]),
        langs(&["pt-BR"]),
        langs(&["PT-br"]),
        langs(&["es", "fr"]),
        langs(&["e"]),
        langs(&["de"]),
        Filters { kinds: vec![Kind::EVENT], ..Filters::default() },
        Filters { kinds: vec![Kind::BLOG, Kind::ARTICLE], ..Filters::default() },
        topics(&["programs"]),
        topics(&["programs/research"]),
        topics(&["programs/research/quality", "priorities"]),
        topics(&["program"]),
        topics(&["research"]),
        dates(day("2020-01-11"), None),
        dates(None, day("2020-01-11")),
        dates(day("2019-02-11"), day("2021-01-11")),
        dates(day("2021-01-11"), day("2021-01-11")),
        dates(instant("2020-01-11T00:00:00Z"), day("2021-01-12")),
        Filters { tags: texts(&["genero"]), ..Filters::default() },
        Filters { tags: texts(&["open  ACCESS", "none"]), ..Filters::default() },
        Filters { tags_not: texts(&["Quality"]), ..Filters::default() },
        Filters { authors: texts(&["ANA PEREZ"]), ..Filters::default() },
        Filters { authors: texts(&["zoe o'neil"]), kinds_not: vec![Kind::BLOG], ..Filters::default() },
        Filters { years: vec![2019, 2021], ..Filters::default() },
        Filters { years: vec![2018], tags: texts(&["género"]), ..langs(&["fr", "en"]) },
        Filters { topics_not: texts(&["programs/research"]), ..Filters::default() },
        Filters { topics_not: texts(&["priorities"]), ..topics(&["programs"]) },
        Filters { kinds: vec![Kind::ARTICLE, Kind::PRESS_RELEASE], ..langs(&["en", "pt"]) },
        Filters { from: day("2019-01-01"), ..topics(&["programs"]) },
    ]
}

/// Whether an article passes, told plainly.
pub fn passes(filters: &Filters, article: &Article, now_s: i64) -> bool {
    let is_or_below = |path: &str, wanted: &str, separator: char| {
        path == wanted || path.strip_prefix(wanted).is_some_and(|rest| rest.starts_with(separator))
    };
    let lang = article.lang.to_ascii_lowercase();
    let by_lang = filters.langs.iter().any(|wanted| is_or_below(&lang, &wanted.to_ascii_lowercase(), '-'));
    let plain = |label: &String| label.to_lowercase().replace(['é', 'ë'], "e").replace("  ", " ");
    let has =
        |own: &[String], asked: &[String]| own.iter().any(|own| asked.iter().any(|asked| plain(asked) == plain(own)));
    let is_under = |asked: &[String]| {
        article.topics.iter().any(|topic| asked.iter().any(|asked| is_or_below(&topic.path, asked, '/')))
    };
    // A text begins with the day at its place, and one that has a `T` goes on with the time there.
    let year = article.published_at.as_ref().map(|at| at.as_str()[..4].parse::<i16>().unwrap());
    let by_date = match &article.published_at {
        Some(at) => {
            // Without the offset.
            let on_its_clock = &at.as_str()[..at.as_str().len().min(19)];
            let clock_s = fichero::article::Moment::parse(on_its_clock).unwrap().start_s();
            let second = |bound: DateBound| match bound {
                DateBound::Local(bound_s) => (clock_s, bound_s),
                DateBound::Instant(bound_s) => (at.start_s(), bound_s),
            };
            filters.from.map(second).is_none_or(|(at, from)| at >= from)
                && filters.until.map(second).is_none_or(|(at, until)| at < until)
        }
        None => filters.from.is_none() && filters.until.is_none(),
    };
    is_visible(article, now_s)
        && (filters.langs.is_empty() || by_lang)
        && (filters.kinds.is_empty() || filters.kinds.contains(&article.kind))
        && (filters.topics.is_empty() || is_under(&filters.topics))
        && (filters.tags.is_empty() || has(&article.tags, &filters.tags))
        && (filters.authors.is_empty() || has(&article.authors, &filters.authors))
        && (filters.years.is_empty() || year.is_some_and(|year| filters.years.contains(&year)))
        && !filters.kinds_not.contains(&article.kind)
        && !is_under(&filters.topics_not)
        && !has(&article.tags, &filters.tags_not)
        && by_date
}

/// Whether readers may see an article, told plainly.
pub fn is_visible(article: &Article, now_s: i64) -> bool {
    let is_future = article.published_at.as_ref().is_some_and(|at| at.start_s() > now_s);
    let is_expired = article.expires_at.as_ref().is_some_and(|at| at.end_s() <= now_s);
    !article.hidden && !is_future && !is_expired
}

/// A request for all there is to a query as it was typed.
pub fn request(query: &str) -> SearchRequest {
    SearchRequest { literal: true, ..helped(query) }
}

/// A request for all there is to a query, which is helped where it finds nothing.
pub fn helped(query: &str) -> SearchRequest {
    SearchRequest { limit: 100, snippet_chars: 160, explain: true, ..SearchRequest::new(Query::parse(query), NOW) }
}

pub fn related_request(id: &str) -> RelatedRequest {
    RelatedRequest { limit: 100, ..RelatedRequest::new(ArticleKey::Id(id.to_owned()), NOW) }
}

/// Every combination of the library's queries, readers, filters and sorts that is worth its time.
pub fn requests() -> Vec<SearchRequest> {
    let mut requests = Vec::new();
    for query in QUERIES {
        for ui_lang in READERS {
            for sort in [Sort::Relevance, Sort::Newest, Sort::Oldest, Sort::Events] {
                let ui_lang = ui_lang.map(str::to_owned);
                requests.push(SearchRequest { ui_lang, sort, facets: Facet::ALL.to_vec(), ..request(query) });
            }
            for filters in filters() {
                let ui_lang = ui_lang.map(str::to_owned);
                requests.push(SearchRequest { ui_lang, filters, ..request(query) });
            }
        }
    }
    requests
}

/// The first hundred hits of a query, in order.
pub fn ids(engine: &dyn SearchEngine, query: &str) -> Vec<String> {
    ids_of(&engine.search(&request(query)).unwrap())
}

pub fn ids_of(answer: &SearchAnswer) -> Vec<String> {
    answer.hits.iter().map(|hit| hit.card.id.clone()).collect()
}

pub fn works_of(hits: &[Hit]) -> Vec<&str> {
    hits.iter().map(|hit| hit.card.work.as_str()).collect()
}

/// The related articles of one, as many as there are.
pub fn related(engine: &dyn SearchEngine, id: &str) -> Vec<RelatedHit> {
    engine.related(&related_request(id)).unwrap().unwrap().hits
}
