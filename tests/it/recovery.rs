//! A search that finds nothing, or little, is helped, and says how. Run on the oracle and on the
//! embedded engine alike, built at once and grown.
//!
//! * In this order, each only if it finds more: another spelling, for which the other words of the
//!   query count; words joined or split; fewer words, those that tell nothing left out first,
//!   then any of them being enough; other languages and fewer filters; a broader topic; what is newest.
//! * A word of another language is taken for a slip where it hardly ever stands with the others.
//! * What is searched for is told as the site writes it, with what changed marked and what was left
//!   out named.
//! * No search ends without works to read where the site has any: hits, or what is newest, which stands
//!   apart. All pages are of one list.
//! * `literal` turns all of it off; a search that finds what was typed is not helped.

use std::collections::BTreeSet;

use fichero::engine::filters::DateBound;
use fichero::engine::{Cursor, Facet, Filters, Recovery, RecoveryKind, SearchAnswer, SearchRequest, Sort};
use serde_json::{Value, json};

use crate::support::library::*;
use crate::support::makers::{self, Made, Maker};

macro_rules! ways {
    ($($way:ident)*) => {
        mod oracle { $(#[test] fn $way() { super::$way(super::makers::oracle); })* }
        mod embedded { $(#[test] fn $way() { super::$way(super::makers::embedded); })* }
        mod grown { $(#[test] fn $way() { super::$way(super::makers::grown); })* }
    };
}

ways! {
    the_other_words_tell_which_spelling_is_meant
    words_are_joined_and_split
    what_tells_nothing_is_left_out
    of_two_words_that_nothing_holds_together_either_is_enough
    filters_are_widened_in_their_order
    no_search_ends_without_works_to_read
    all_pages_are_of_one_list
    a_facet_counts_what_its_filter_gives
    nothing_is_told_of_what_readers_may_not_see
    what_is_found_as_typed_is_not_helped
    spellings_are_shown_as_the_site_writes_them
}

/// A site in three languages.
fn site() -> Vec<Value> {
    let topic = |record: Value, topic: &str| with(record, json!({"topics": [topic]}));
    let mut records = vec![
        topic(page("es/1", "es", "Movilidad", "La movilidad estudiantil en la región."), "Programs/Research/Mobility"),
        topic(page("es/2", "es", "Premios", "Los premios de movilidad estudiantil."), "Programs/Research"),
        page("es/3", "es", "Encuesta", "Otra encuesta sobre la movilidad de la comunidad estudiantil."),
        page("pt/1", "pt", "Mobilidade", "A mobilidade estudantil nas universidades."),
        page("pt/2", "pt", "Bolsas", "As bolsas e a vida estudantil."),
        page("pt/3", "pt", "Moradia", "A moradia estudantil."),
        page("pt/4", "pt", "Transporte", "O transporte estudantil."),
        page("pt/5", "pt", "Saúde", "A saúde estudantil."),
        page("en/1", "en", "Journals", "The journals with open access to everything."),
        page("en/2", "en", "Repositories", "On open access in repositories."),
        page("en/3", "en", "Teaching", "Courses of elearning. A post pandemic world, with UNESCO in it."),
        page("fr/1", "fr", "Bibliothèque", "Un accès à la bibliothèque."),
    ];
    for (place, record) in records.iter_mut().enumerate() {
        record["published_at"] = format!("2022-01-{:02}", place + 1).into();
    }
    records
}

fn search(made: &Made, request: &SearchRequest) -> SearchAnswer {
    made.engine.search(request).unwrap()
}

fn recovery(made: &Made, request: &SearchRequest) -> Recovery {
    search(made, request).recovery.unwrap_or_else(|| panic!("not helped: {request:?}"))
}

fn filtered(query: &str, filters: Filters) -> SearchRequest {
    SearchRequest { filters, ..helped(query) }
}

fn langs(langs: &[&str]) -> Filters {
    Filters { langs: langs.iter().map(|lang| (*lang).to_owned()).collect(), ..Filters::default() }
}

fn under(topic: &str) -> Filters {
    Filters { topics: vec![topic.to_owned()], ..Filters::default() }
}

fn the_other_words_tell_which_spelling_is_meant(maker: Maker) {
    let made = maker(&site());
    for (typed, to, to_html) in [
        // Far more articles hold the Portuguese word, but none with the other word.
        ("movilidad estudantil", "movilidad estudiantil", "movilidad <mark>estudiantil</mark>"),
        ("open acces", "open access", "open <mark>access</mark>"),
        ("¿Movilidda estudantil?", "¿movilidad estudiantil?", "¿<mark>movilidad</mark> <mark>estudiantil</mark>?"),
        ("<reposittories>", "<repositories>", "&lt;<mark>repositories</mark>&gt;"),
    ] {
        let told = recovery(&made, &helped(typed));
        assert_eq!((told.kind, told.from.as_str()), (RecoveryKind::Spelling, typed), "{typed}");
        assert_eq!((told.to.as_str(), told.to_html.as_str()), (to, to_html), "{typed}");
        assert!(told.dropped().is_empty() && told.topics.is_empty(), "{told:?}");
    }
    assert_eq!(ids_of(&search(&made, &helped("movilidad estudantil")))[0], "es/1");
}

fn words_are_joined_and_split(maker: Maker) {
    let made = maker(&site());
    for (typed, kind, to, found) in [
        ("e learning", RecoveryKind::Joined, "elearning", "en/3"),
        ("postpandemic", RecoveryKind::Split, "post pandemic", "en/3"),
        ("courses postpandemic", RecoveryKind::Split, "courses post pandemic", "en/3"),
    ] {
        let answer = search(&made, &helped(typed));
        let told = answer.recovery.as_ref().unwrap();
        assert_eq!((told.kind, told.to.as_str()), (kind, to), "{typed}");
        assert_eq!(ids_of(&answer), [found], "{typed}");
    }
    // Both parts are words of the site, but never stand together.
    assert_eq!(recovery(&made, &helped("openworld")).kind, RecoveryKind::Newest);
}

fn what_tells_nothing_is_left_out(maker: Maker) {
    let made = maker(&site());
    // Words of grammar do not count, so that nothing is told of them.
    let answer = search(&made, &helped("with bolsas"));
    assert_eq!((ids_of(&answer), answer.recovery), (vec!["pt/2".to_owned()], None));
    for (typed, to, dropped, found) in [
        ("xyzzyx bolsas", "bolsas", &["xyzzyx"][..], &["pt/2"][..]),
        ("\"access open\"", "access open", &[], &["en/1", "en/2"]),
        ("xyzzyx title:access -repositories", "access -repositories", &["xyzzyx"], &["en/1"]),
        // What is left is as it was typed.
        ("UNESCO xyzzyx", "UNESCO", &["xyzzyx"], &["en/3"]),
        ("title:xyzzyx Post-Pandemic", "xyzzyx Post-Pandemic", &[], &["en/3"]),
    ] {
        let answer = search(&made, &helped(typed));
        let told = answer.recovery.as_ref().unwrap();
        assert_eq!((told.kind, told.to.as_str()), (RecoveryKind::FewerWords, to), "{typed}");
        assert_eq!(told.dropped(), dropped, "{typed}");
        assert_eq!(
            ids_of(&answer).into_iter().collect::<BTreeSet<_>>(),
            found.iter().map(|id| (*id).to_owned()).collect()
        );
    }
}

fn of_two_words_that_nothing_holds_together_either_is_enough(maker: Maker) {
    let made = maker(&site());
    let fr = langs(&["fr"]);
    for (request, to, dropped, found) in [
        (helped("bolsas movilidad"), "bolsas movilidad", &[][..], &["pt/2", "es/1", "es/2", "es/3"][..]),
        (helped("title:repositories journals -unesco"), "repositories journals -unesco", &[], &["en/1", "en/2"]),
        // One that nothing under the filters holds is left out, and named.
        (filtered("bibliothèque movilidad", fr.clone()), "bibliothèque", &["movilidad"], &["fr/1"]),
    ] {
        let answer = search(&made, &request);
        let told = answer.recovery.as_ref().unwrap_or_else(|| panic!("not helped: {request:?}"));
        let kind = if request.filters == fr { RecoveryKind::FewerWords } else { RecoveryKind::AnyWord };
        assert_eq!((told.kind, told.to.as_str()), (kind, to), "{request:?}");
        assert_eq!(told.dropped(), dropped, "{request:?}");
        let ids: BTreeSet<String> = ids_of(&answer).into_iter().collect();
        assert_eq!(ids, found.map_strings().into_iter().collect(), "{request:?}");
    }
    assert_eq!(ids_of(&search(&made, &helped("bolsas movilidad")))[0], "pt/2", "the rarer word tells more");
}

fn filters_are_widened_in_their_order(maker: Maker) {
    let made = maker(&site());
    let year = Filters { years: vec![1999], ..langs(&["es"]) };
    for (request, kind, dropped, topics, found) in [
        // A spelling is told along with what came after it.
        (filtered("movilidda", langs(&["fr"])), RecoveryKind::OtherLanguages, &["lang=fr"][..], &[][..], 3),
        // Fewer words are tried before other languages.
        (filtered("bibliothèque movilidad", langs(&["fr"])), RecoveryKind::FewerWords, &["movilidad"], &[], 1),
        (filtered("movilidad", year), RecoveryKind::FewerFilters, &["year=1999"], &[], 3),
        (
            filtered("premios", under("programs/research/mobility")),
            RecoveryKind::BroaderTopic,
            &["topic=programs/research/mobility"],
            &["programs/research"],
            1,
        ),
        (
            filtered("journals", under("programs/research")),
            RecoveryKind::BroaderTopic,
            &["topic=programs/research"],
            &[],
            1,
        ),
        (
            filtered(
                "movilidad",
                Filters {
                    from: Some(DateBound::Instant(NOW)),
                    until: Some(DateBound::Instant(NOW + 1)),
                    ..under("programs")
                },
            ),
            RecoveryKind::FewerFilters,
            &["date_from=2023-11-14T22:13:20Z", "date_to=2023-11-14T22:13:20Z"],
            &[],
            2,
        ),
        (
            filtered(
                "movilidad",
                Filters { from: Some(DateBound::Local(0)), until: Some(DateBound::Local(DAY_S)), ..langs(&["es"]) },
            ),
            RecoveryKind::FewerFilters,
            &["date_from=1970-01-01", "date_to=1970-01-01"],
            &[],
            3,
        ),
        (filtered("xyzzyx", under("programs/research")), RecoveryKind::Newest, &["xyzzyx"], &[], 2),
        (filtered("xyzzyx", langs(&["pt"])), RecoveryKind::Newest, &["xyzzyx"], &[], 5),
        (helped("xyzzyx"), RecoveryKind::Newest, &["xyzzyx"], &[], 12),
    ] {
        let answer = search(&made, &request);
        let told = answer.recovery.as_ref().unwrap_or_else(|| panic!("not helped: {request:?}"));
        assert_eq!((told.kind, told.dropped().as_slice()), (kind, dropped.map_strings().as_slice()), "{request:?}");
        assert_eq!(
            (told.topics.as_slice(), answer.total.value),
            // Nothing found: what is newest stands apart.
            (topics.map_strings().as_slice(), if kind == RecoveryKind::Newest { 0 } else { found }),
            "{request:?}"
        );
        assert_eq!(answer.newest.len(), if kind == RecoveryKind::Newest { found as usize } else { 0 }, "{request:?}");
    }
    // In the order of their dates and from the first on, whichever order and page were asked for.
    for request in [
        helped("xyzzyx"),
        SearchRequest { sort: Sort::Oldest, ..helped("xyzzyx") },
        SearchRequest { offset: 5, ..helped("xyzzyx") },
    ] {
        let request = SearchRequest { facets: Facet::ALL.to_vec(), ..request };
        let answer = search(&made, &request);
        let ids = |hits: &[fichero::engine::Hit]| hits.iter().map(|hit| hit.card.id.clone()).collect::<Vec<_>>();
        let newest = ids(&answer.newest);
        assert_eq!((newest[0].as_str(), newest[11].as_str()), ("fr/1", "es/1"));
        assert_eq!((answer.total.value, answer.hits.len(), &answer.next), (0, 0, &None), "{request:?}");
        assert_eq!(answer.facets.lang, Some(Vec::new()), "what is newest is not counted");
        let few = search(&made, &SearchRequest { limit: 2, ..request });
        assert_eq!((ids(&few.newest), few.next), (newest[..2].to_vec(), None));
    }
    assert_eq!(recovery(&made, &filtered("movilidda", langs(&["fr"]))).to, "movilidad");
}

trait Strings {
    fn map_strings(&self) -> Vec<String>;
}

impl Strings for [&str] {
    fn map_strings(&self) -> Vec<String> {
        self.iter().map(|text| (*text).to_owned()).collect()
    }
}

fn no_search_ends_without_works_to_read(maker: Maker) {
    let made = maker(&site());
    let nowhere = Filters {
        kinds_not: fichero::article::Kind::BUILT_IN.to_vec(),
        tags: vec!["none".to_owned()],
        from: Some(DateBound::Instant(NOW)),
        ..langs(&["zu"])
    };
    for query in [
        "",
        "xyzzyx",
        "\"a b c\"",
        "-movilidad",
        "title:x author:y",
        "cov-19 2031",
        "高等教育",
        "*",
        "movilidad -movilidad",
    ] {
        for filters in [Filters::default(), langs(&["fr"]), under("none/at/all"), nowhere.clone()] {
            for sort in [Sort::Relevance, Sort::Newest, Sort::Oldest, Sort::Events] {
                let request = SearchRequest { sort, ..filtered(query, filters.clone()) };
                let answer = search(&made, &request);
                let is_answered = search(&made, &SearchRequest { literal: true, ..request.clone() }).total.value > 0;
                let is_list = request.query.words.is_empty() && request.query.phrases.is_empty();
                let is_found = answer.total.value > 0;
                assert!(is_list || !(if is_found { answer.hits } else { answer.newest }).is_empty(), "{request:?}");
                assert!(is_answered || answer.recovery.is_some() != is_list, "{request:?}");
            }
        }
    }
    let empty = search(&maker(&[with(page("h", "en", "Hidden", "Text"), json!({"hidden": true}))]), &helped("text"));
    assert_eq!((empty.hits.len(), empty.recovery), (0, None));
}

fn all_pages_are_of_one_list(maker: Maker) {
    let made = maker(&site());
    for whole in [
        helped("movilidad estudantil"),
        helped("bolsas estudiantil"),
        filtered("estudantil", langs(&["fr"])),
        filtered("movilidad", under("none")),
    ] {
        let whole = SearchRequest { facets: Facet::ALL.to_vec(), ..whole };
        let all = search(&made, &whole);
        assert!(all.recovery.is_some() && all.hits.len() as u64 == all.total.value, "{whole:?}");
        let langs = all.facets.lang.as_ref().unwrap();
        assert_eq!(langs.iter().map(|lang| lang.count).sum::<u64>(), all.total.value, "{whole:?}");
        let (mut by_offset, mut by_cursor) = (Vec::new(), Vec::new());
        let mut after: Option<Cursor> = None;
        for offset in 0..all.hits.len() {
            for (ids, page) in [
                (&mut by_offset, SearchRequest { offset, limit: 1, ..whole.clone() }),
                (&mut by_cursor, SearchRequest { after: after.take(), limit: 1, ..whole.clone() }),
            ] {
                let page = search(&made, &page);
                assert_eq!((page.total, &page.facets, &page.recovery), (all.total, &all.facets, &all.recovery));
                ids.extend(ids_of(&page));
                after = page.next;
            }
        }
        assert_eq!((after, &by_offset, &by_cursor), (None, &ids_of(&all), &ids_of(&all)), "{whole:?}");
    }
}

fn a_facet_counts_what_its_filter_gives(maker: Maker) {
    let made = maker(&site());
    for query in ["movilidda", "movilidad estudantil", "estudantil", "e learning", "postpandemic", "xyzzyx bolsas"] {
        let all = search(&made, &SearchRequest { facets: Facet::ALL.to_vec(), ..helped(query) });
        let counts = all.facets.lang.unwrap();
        assert!(!counts.is_empty(), "{query}");
        for count in counts {
            let answer = search(&made, &filtered(query, langs(&[&count.value])));
            assert_eq!(answer.total.value, count.count, "{query} in {}", count.value);
        }
    }
}

fn nothing_is_told_of_what_readers_may_not_see(maker: Maker) {
    let mut records = site();
    records.push(with(
        page("es/9", "es", "Quásar", "Movilidad y Quásar."),
        json!({"published_at": "2023-12-01", "topics": ["Programs"]}),
    ));
    let made = maker(&records);
    for query in ["quasarr", "quásarr", "movilidad estudiantil quasarr"] {
        let answer = search(&made, &helped(query));
        assert!(answer.corrections.is_empty(), "{query}: {:?}", answer.corrections);
        assert_ne!(answer.recovery.map(|told| told.kind), Some(RecoveryKind::Spelling), "{query}");
        let later = search(&made, &SearchRequest { now_s: NOW + 30 * DAY_S, ..helped(query) });
        assert_eq!(later.corrections[0].searched[0], "Quásar", "{query}");
    }
}

fn what_is_found_as_typed_is_not_helped(maker: Maker) {
    let made = maker(&site());
    for query in
        ["movilidad estudiantil", "open access", "estudantil", "acces", "premios movilidad unesco", "elearning", ""]
    {
        let (answer, literal) = (search(&made, &helped(query)), search(&made, &request(query)));
        assert_eq!((&answer.recovery, answer.corrections.len()), (&None, 0), "{query}");
        assert_eq!(answer.total, literal.total, "{query}");
    }
    let list = search(&made, &filtered("", langs(&["de"])));
    assert_eq!((list.total.value, list.recovery), (0, None), "a list without a query");
    for query in ["movilidad estudantil", "movilidda", "e learning", "postpandemic", "xyzzyx", "bolsas estudiantil"] {
        let literal = search(&made, &request(query));
        assert_eq!((literal.total.value, literal.recovery, literal.corrections.len()), (0, None, 0), "{query}");
    }
}

fn spellings_are_shown_as_the_site_writes_them(maker: Maker) {
    let made = maker(&site());
    for (typed, written) in [("bibliotheqeu", "bibliothèque"), ("unescco", "UNESCO"), ("encuessta", "encuesta")] {
        let answer = search(&made, &helped(typed));
        assert_eq!(answer.recovery.unwrap().to, written);
        assert_eq!(answer.corrections[0].searched[0], written);
    }
}
