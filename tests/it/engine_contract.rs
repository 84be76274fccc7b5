//! What every [`SearchEngine`] must do. The contract is written once, over a maker of engines,
//! and run on three: the brute-force oracle, the embedded engine built by one reindex, and the
//! embedded engine grown by four reindexes that add, change, hide and delete.
//!
//! Of a search:
//! * a work is answered once, and everywhere in the same state of the articles;
//! * the version shown passes the filters, is in the reader's language if one of them is, and
//!   else the best match; the other visible versions are its translations;
//! * totals are the same on every page and count the works that paging lists, none of them twice;
//! * ties fall the same way each time, by id;
//! * without grouping every version that passes is listed, and nothing else;
//! * a chain of cursors lists what one page of all lists;
//! * a facet's count is the total that its filter gives, whatever else is filtered; topics are a
//!   tree in the reader's language;
//! * filters are exact; works that are left out neither show nor count; dates order both ways with undated articles last;
//! * without words everything is listed, newest first;
//! * up to two words all must be held, beyond that a share of the weight;
//! * phrases stand in one zone in their order, exclusions exclude, both by the written word;
//! * a word is found however it is typed: accents, case, plurals, composition, ligatures, width;
//!   and however it is set: footnote marks, dashes, accents beside their letters, points, spaces;
//! * a label is counted without its footnote marks;
//! * titles and snippets hold no markup but `<mark>`, around the query's words in the forms in
//!   which they match, and keep their length; no query text is an error.
//!
//! Of articles: by id and by any spelling of their address, with their whole text and translations. What is to come,
//! has expired or is hidden is nowhere, to the second.
//!
//! Of related articles: never the article nor its work, no work twice, its own language first,
//! all visible works if asked for as many, what shares its words before what does not, limit and
//! filters kept, the same each time.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use fichero::article::{Article, Kind, Moment};
use fichero::engine::facets::TopicCount;
use fichero::engine::filters::{DateBound, month_of};
use fichero::engine::{
    ArticleKey, Facet, Filters, Hit, MAX_TRANSLATIONS, Reason, RelatedRequest, SearchAnswer, SearchRequest, Sort,
    language_fit, ranking,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::library::*;
use crate::support::makers::{self, Made, Maker, by_id};

macro_rules! contract {
    ($($property:ident)*) => {
        mod oracle { $(#[test] fn $property() { super::$property(super::makers::oracle); })* }
        mod embedded { $(#[test] fn $property() { super::$property(super::makers::embedded); })* }
        mod grown { $(#[test] fn $property() { super::$property(super::makers::grown); })* }
    };
}

contract! {
    a_work_is_answered_once_in_the_version_to_show
    the_variety_of_the_reader_comes_before_its_sisters
    paging_lists_every_work_once_and_totals_count_them
    without_grouping_every_version_is_listed
    versions_beyond_the_thousandth_by_id_stand_alone
    cursors_list_what_paging_lists
    a_facet_counts_what_its_filter_gives
    topics_are_a_tree_labelled_for_the_reader
    labels_are_not_those_of_articles_to_come
    ties_fall_by_id_each_time
    filters_are_exact
    works_that_are_left_out_are_nowhere
    coming_events_precede_past_ones_also_on_a_page_that_is_asked_after_they_ended
    dates_order_both_ways_and_the_undated_come_last
    without_words_everything_is_listed_newest_first
    what_is_not_to_be_seen_is_nowhere
    what_is_seen_is_told_to_the_second
    one_or_two_words_must_all_be_held
    of_more_words_a_share_must_be_held
    phrases_and_exclusions_are_exact
    what_one_version_holds_excludes_the_work
    a_word_is_found_however_it_is_typed
    a_word_is_found_and_marked_however_it_is_set
    footnote_marks_make_no_other_label
    titles_and_snippets_are_escaped_marked_and_short
    snippets_show_the_best_passages_with_the_words_in_the_forms_that_match
    any_query_text_is_answered
    articles_come_back_whole
    an_address_that_several_share_leads_to_the_first_visible
    an_address_is_understood_in_any_spelling
    related_articles_are_others_in_the_own_language_first
    related_articles_keep_limit_and_filters
    related_articles_share_words_on_ten_articles
    related_articles_may_share_a_phrase_of_words_that_all_have
    a_site_of_which_nothing_is_seen_is_answered
}

fn search(made: &Made, request: &SearchRequest) -> SearchAnswer {
    made.engine.search(request).unwrap()
}

fn set<'a>(items: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    items.into_iter().map(str::to_owned).collect()
}

// Search

fn a_work_is_answered_once_in_the_version_to_show(maker: Maker) {
    let made = maker(&library());
    let articles = by_id(&made.articles);
    let mut shown_for_readers = 0;
    for request in requests() {
        let answer = search(&made, &request);
        let works = works_of(&answer.hits);
        assert_eq!(works.iter().collect::<HashSet<_>>().len(), works.len(), "{request:?}");
        assert_eq!(answer.total.value, works.len() as u64);
        assert_eq!((answer.index_version, answer.total.relation), (made.engine.index_version(), "eq"));
        for hit in &answer.hits {
            let article = articles[hit.card.id.as_str()];
            assert!(passes(&request.filters, article, request.now_s), "{} by {request:?}", article.id);
            let mut others: Vec<&Article> = made
                .articles
                .iter()
                .filter(|other| other.work == article.work && other.id != article.id && is_visible(other, NOW))
                .collect();
            others.sort_by_key(|other| (&other.lang, &other.id));
            let listed = hit
                .translations
                .iter()
                .map(|translation| (&translation.id, &translation.lang, &translation.title, &translation.url));
            assert!(
                listed.eq(others.iter().map(|other| (&other.id, &other.lang, &other.title, &other.url))),
                "{hit:?}"
            );
        }
        // Which version to show is told by asking for each language alone: the weights stay.
        if request.filters != Filters::default() || request.sort != Sort::Relevance || request.query.words.is_empty() {
            continue;
        }
        let mut versions: BTreeMap<String, Vec<(u8, f32, String)>> = BTreeMap::new();
        for lang in made.articles.iter().map(|article| article.lang.clone()).collect::<BTreeSet<_>>() {
            let filters = Filters { langs: vec![lang.clone()], ..Filters::default() };
            for hit in search(&made, &SearchRequest { filters, ..request.clone() })
                .hits
                .into_iter()
                .filter(|hit| hit.card.lang == lang)
            {
                let fit = language_fit(&lang, request.ui_lang.as_deref());
                versions.entry(hit.card.work).or_default().push((fit, hit.score, hit.card.id));
            }
        }
        assert_eq!(versions.len(), answer.hits.len(), "{request:?}");
        for hit in &answer.hits {
            let versions = &versions[&hit.card.work];
            let shown = versions.iter().find(|version| version.2 == hit.card.id).unwrap();
            assert!(versions.iter().all(|version| version.0 <= shown.0), "{versions:?} by {request:?}");
            if request.query.words.len() > 1 {
                continue; // the score of a whole query says more than how well each word is held
            }
            let best =
                versions.iter().max_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(b.2.cmp(&a.2))).unwrap();
            assert_eq!(hit.card.id, best.2, "{versions:?} by {request:?}");
            let best_score = versions.iter().map(|version| version.1).fold(0.0, f32::max);
            assert_eq!(hit.score, best_score, "a work is as good as its best version: {versions:?} by {request:?}");
            shown_for_readers +=
                usize::from(best.0 > 0 && versions.iter().any(|other| other.0 == 0 && other.1 > best.1));
        }
    }
    assert!(shown_for_readers > 0, "no version was shown for its language against a better match");
}

fn the_variety_of_the_reader_comes_before_its_sisters(maker: Maker) {
    let made = maker(&library());
    for (query, reader, shown) in [
        ("lexicon", None, "h/hans"),
        ("lexicon", Some("zh-Hans"), "h/hans"),
        ("lexicon", Some("zh-Hant"), "h/hant"),
        ("lexicon", Some("zh"), "h/hans"),
        ("unesco", Some("es-MX"), "u/es"),
        ("unesco", Some("de"), "u/en"),
        ("unesco", Some("FR"), "u/fr"),
        // Its Portuguese version does not hold the word.
        ("unesco", Some("pt"), "u/en"),
    ] {
        let answer = search(&made, &SearchRequest { ui_lang: reader.map(str::to_owned), ..request(query) });
        assert_eq!(ids_of(&answer), [shown], "{query} {reader:?}");
    }
}

fn paging_lists_every_work_once_and_totals_count_them(maker: Maker) {
    let made = maker(&library());
    for whole in requests().into_iter().step_by(3) {
        let all = search(&made, &whole);
        for limit in [1, 4, 7] {
            let mut hits: Vec<Hit> = Vec::new();
            for offset in (0..).step_by(limit) {
                let page = search(&made, &SearchRequest { offset, limit, ..whole.clone() });
                assert_eq!(page.total, all.total);
                assert_eq!(page.hits.len(), limit.min(all.hits.len().saturating_sub(offset)));
                if page.hits.is_empty() {
                    break;
                }
                hits.extend(page.hits);
            }
            assert_eq!(hits, all.hits, "{whole:?} by {limit}");
        }
    }
}

fn without_grouping_every_version_is_listed(maker: Maker) {
    let made = maker(&library());
    for request in requests().into_iter().step_by(5) {
        let works = search(&made, &request);
        let versions = search(&made, &SearchRequest { group: false, ..request.clone() });
        let ids: BTreeSet<String> = ids_of(&versions).into_iter().collect();
        assert_eq!(ids.len() as u64, versions.total.value, "{request:?}");
        let by_id = by_id(&made.articles);
        assert!(ids.iter().all(|id| passes(&request.filters, by_id[id.as_str()], NOW)), "{request:?}");
        // What stands for a work is one of its versions, and each version is of a listed work.
        assert!(ids_of(&works).iter().all(|id| ids.contains(id)), "{request:?}");
        let listed: BTreeSet<&str> = works_of(&versions.hits).into_iter().collect();
        assert_eq!(listed, works_of(&works.hits).into_iter().collect(), "{request:?}");
    }
    let all = SearchRequest { group: false, ..request("") };
    let visible = made.articles.iter().filter(|article| is_visible(article, NOW)).count();
    assert_eq!(search(&made, &all).total.value, visible as u64);
}

fn cursors_list_what_paging_lists(maker: Maker) {
    let made = maker(&library());
    for whole in requests().into_iter().step_by(4) {
        for group in [true, false] {
            let whole = SearchRequest { group, facets: Vec::new(), ..whole.clone() };
            let all = search(&made, &whole);
            assert_eq!(all.next, None);
            for limit in [1, 3, 7] {
                let mut hits: Vec<Hit> = Vec::new();
                let mut after = None;
                for _ in 0..=all.hits.len() {
                    let page = search(&made, &SearchRequest { after, limit, ..whole.clone() });
                    assert_eq!((page.total, &page.notes), (all.total, &all.notes), "{whole:?}");
                    hits.extend(page.hits);
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
                assert_eq!(hits, all.hits, "{whole:?} by {limit}");
            }
        }
    }
}

/// The facets of an answer as filters that each replace the asked-for one, with their counts.
fn facet_filters(filters: &Filters, answer: &SearchAnswer) -> Vec<(Filters, u64)> {
    let mut found = Vec::new();
    let facets = &answer.facets;
    let value = |value: &str| vec![value.to_owned()];
    for lang in facets.lang.iter().flatten() {
        found.push((Filters { langs: value(&lang.value), ..filters.clone() }, lang.count));
    }
    for kind in facets.kind.iter().flatten() {
        found.push((Filters { kinds: vec![Kind::named(&kind.value).unwrap()], ..filters.clone() }, kind.count));
    }
    for tag in facets.tag.iter().flatten() {
        found.push((Filters { tags: value(&tag.value), ..filters.clone() }, tag.count));
    }
    for author in facets.author.iter().flatten() {
        found.push((Filters { authors: value(&author.value), ..filters.clone() }, author.count));
    }
    let mut topics: Vec<&TopicCount> = facets.topic.iter().flatten().collect();
    while let Some(topic) = topics.pop() {
        found.push((Filters { topics: value(&topic.value), ..filters.clone() }, topic.count));
        topics.extend(&topic.children);
    }
    for year in facets.year.iter().flatten() {
        found.push((Filters { years: vec![year.value.parse().unwrap()], ..filters.clone() }, year.count));
        for month in &year.months {
            let first = |month: &str| Moment::parse(&format!("{month}-01")).unwrap().local_s();
            let from_s = first(&month.value);
            // Any month has ended 31 days after its first, and the next one not 20 days later.
            let next = (from_s..).step_by(DAY_S as usize).find(|at| month_of(*at) != month_of(from_s));
            let (from, until) = (Some(DateBound::Local(from_s)), next.map(DateBound::Local));
            // The months say what there is besides other bounds.
            if filters.from.is_none() && filters.until.is_none() {
                let of_month = Filters { years: Vec::new(), from, until, ..filters.clone() };
                found.push((of_month, month.count));
            }
        }
    }
    found
}

fn a_facet_counts_what_its_filter_gives(maker: Maker) {
    let made = maker(&library());
    let mut counted = 0;
    for query in ["", "xylograph", "colophon series", "unesco -colophon"] {
        for (place, filters) in filters().into_iter().enumerate() {
            let request = SearchRequest {
                filters: filters.clone(),
                group: place % 4 != 3,
                facets: Facet::ALL.to_vec(),
                ..request(query)
            };
            let answer = search(&made, &request);
            for (filters, count) in facet_filters(&filters, &answer) {
                let narrowed = search(
                    &made,
                    &SearchRequest { filters: filters.clone(), facets: Vec::new(), limit: 0, ..request.clone() },
                );
                assert_eq!(narrowed.total.value, count, "{query:?} {filters:?}");
                counted += 1;
            }
            // Nothing that has hits is missing.
            for lang in ["en", "es", "fr", "pt", "pt-BR", "zh", "zh-Hans", "zh-Hant"] {
                let filters = Filters { langs: vec![lang.to_owned()], ..filters.clone() };
                let total = search(&made, &SearchRequest { filters, facets: Vec::new(), limit: 0, ..request.clone() })
                    .total
                    .value;
                let listed = answer.facets.lang.as_ref().unwrap().iter().find(|listed| listed.value == lang);
                let is_declared = made.articles.iter().any(|article| article.lang == lang);
                assert_eq!(listed.map_or(0, |listed| listed.count), if is_declared { total } else { 0 }, "{lang}");
            }
        }
    }
    assert!(counted > 1_000, "{counted}");
}

fn topics_are_a_tree_labelled_for_the_reader(maker: Maker) {
    let topic = |path: &str, label: &str| json!([{"path": path, "label": label}]);
    let made = maker(&[
        with(page("a", "en", "One", ""), json!({"topics": topic("programs/research", "Programmes/Research")})),
        with(page("b", "en", "Two", ""), json!({"topics": topic("programs", "Programmes"), "work": "w"})),
        with(page("c", "es", "Tres", ""), json!({"topics": topic("programs", "Programas"), "work": "w"})),
        with(page("d", "es", "Cuatro", ""), json!({"topics": topic("programs/grants", "Programas/Becas")})),
    ]);
    let tree = |ui_lang: Option<&str>| {
        let request = SearchRequest { ui_lang: ui_lang.map(str::to_owned), facets: vec![Facet::Topic], ..request("") };
        search(&made, &request).facets.topic.unwrap()
    };
    let leaf = |value: &str, label: &str| TopicCount {
        value: value.to_owned(),
        label: label.to_owned(),
        count: 1,
        children: Vec::new(),
    };
    let expected = |root: &str| TopicCount {
        value: "programs".to_owned(),
        label: root.to_owned(),
        count: 3,
        children: vec![leaf("programs/grants", "Becas"), leaf("programs/research", "Research")],
    };
    assert_eq!(tree(Some("es-MX")), [expected("Programas")]);
    assert_eq!(tree(Some("en")), [expected("Programmes")]);
    // There are as many articles of each language: the first in the order of their names.
    assert_eq!(tree(Some("fr")), [expected("Programmes")]);
    assert_eq!(tree(None), [expected("Programmes")]);
}

fn labels_are_not_those_of_articles_to_come(maker: Maker) {
    let topic = |label: &str| json!([{"path": "programs", "label": label}]);
    let to_come = json!({"topics": topic("A merger"), "tags": ["Qualité"], "published_at": "2099-01-01"});
    let made = maker(&[
        with(page("a", "en", "One", ""), json!({"topics": topic("Programmes"), "tags": ["qualite"]})),
        with(page("b", "en", "Two", ""), to_come.clone()),
        with(page("c", "en", "Three", ""), to_come.clone()),
        with(page("d", "es", "Cuatro", ""), to_come),
    ]);
    for ui_lang in [None, Some("en"), Some("es")] {
        let ui_lang = ui_lang.map(str::to_owned);
        let facets = search(&made, &SearchRequest { ui_lang, facets: Facet::ALL.to_vec(), ..request("") }).facets;
        assert_eq!(facets.topic.unwrap()[0].label, "Programmes");
        assert_eq!(facets.tag.unwrap()[0].value, "qualite");
    }
}

fn ties_fall_by_id_each_time(maker: Maker) {
    let names = ["b", "a", "é", "A", "10", "9", "b/2", "aa"];
    let records: Vec<Value> = names
        .iter()
        .map(|name| with(page(name, "en", "Same words", "Same"), json!({"published_at": "2020-01-01"})))
        .collect();
    let made = maker(&records);
    let mut expected = names;
    expected.sort_unstable();
    for query in ["same", "", "same words"] {
        for sort in [Sort::Relevance, Sort::Newest, Sort::Oldest, Sort::Events] {
            let request = SearchRequest { sort, ..request(query) };
            for _ in 0..3 {
                assert_eq!(ids_of(&search(&made, &request)), expected);
            }
            let tail = SearchRequest { offset: 3, limit: 2, ..request };
            assert_eq!(ids_of(&search(&made, &tail)), expected[3..5]);
        }
    }
}

fn filters_are_exact(maker: Maker) {
    let made = maker(&library());
    let holds = |article: &Article, word: &str| {
        format!("{} {}", article.title, article.body)
            .to_lowercase()
            .split(|c: char| !c.is_alphanumeric())
            .any(|known| known == word)
    };
    let mut seen = HashSet::new();
    for filters in filters() {
        for query in ["", "xylograph", "colophon", "unesco"] {
            let passing = made.articles.iter().filter(|article| query.is_empty() || holds(article, query));
            let passing: BTreeSet<&str> =
                passing.filter(|article| passes(&filters, article, NOW)).map(|article| article.work.as_str()).collect();
            let answer = search(&made, &SearchRequest { filters: filters.clone(), ..request(query) });
            assert_eq!(works_of(&answer.hits).into_iter().collect::<BTreeSet<_>>(), passing, "{query} {filters:?}");
            seen.insert(passing.into_iter().map(str::to_owned).collect::<Vec<_>>());
        }
    }
    assert!(seen.len() > 20, "the filters hardly differ");
}

fn works_that_are_left_out_are_nowhere(maker: Maker) {
    let made = maker(&library());
    let by_id = |id: &str| ArticleKey::Id(id.to_owned());
    let by_url = |url: &str| ArticleKey::Url(url.to_owned());
    let unseen = made.articles.iter().filter(|article| !is_visible(article, NOW));
    let mut nothing: Vec<ArticleKey> = unseen.map(|article| by_id(&article.id)).collect();
    assert!(!nothing.is_empty());
    nothing.extend([by_id("nowhere"), by_url("https://x.org/nowhere"), by_url("https://x.org/hidden"), by_id("")]);
    let mut shown_less = 0;
    for (without, works) in [
        (vec![by_id("u/es")], &["u"][..]),
        (vec![by_url("http://www.x.org/u/?utm_source=x#part"), by_id("u/en")], &["u"]),
        (vec![by_id("u/en"), by_id("m/en"), by_id("nowhere")], &["u", "m"]),
        (nothing, &[]),
    ] {
        for request in requests().into_iter().step_by(7) {
            let all = search(&made, &request);
            let left = search(&made, &SearchRequest { without: without.clone(), ..request.clone() });
            let stays = |hit: &&Hit| !works.contains(&hit.card.work.as_str());
            let expected: Vec<Hit> = all.hits.iter().filter(stays).cloned().collect();
            shown_less += all.hits.len() - expected.len();
            assert_eq!(left.hits, expected, "{request:?} without {without:?}");
            assert_eq!((left.total.value, &left.notes), (expected.len() as u64, &all.notes), "{request:?}");
            let Some(kinds) = left.facets.kind.filter(|_| request.filters == Filters::default()) else { continue };
            for kind in kinds {
                let filters = Filters { kinds: vec![Kind::named(&kind.value).unwrap()], ..Filters::default() };
                let of_kind = search(&made, &SearchRequest { filters, without: without.clone(), ..request.clone() });
                assert_eq!(of_kind.total.value, kind.count, "{request:?} without {without:?}");
            }
        }
    }
    assert!(shown_less > 20, "{shown_less}");
}

fn dates_order_both_ways_and_the_undated_come_last(maker: Maker) {
    let made = maker(&library());
    for query in ["", "xylograph", "unesco", "colophon"] {
        for (sort, sign) in [(Sort::Newest, -1), (Sort::Oldest, 1)] {
            let answer = search(&made, &SearchRequest { sort, ..request(query) });
            let key = |hit: &Hit| {
                let at = hit.card.published_at.as_ref().map(|at| at.start_s() * sign);
                (at.is_none(), at, hit.card.id.clone())
            };
            assert!(answer.hits.is_sorted_by_key(key), "{query} {sort:?}");
            assert!(query == "unesco" || answer.hits.iter().any(|hit| hit.card.published_at.is_none()));
        }
    }
}

fn coming_events_precede_past_ones_also_on_a_page_that_is_asked_after_they_ended(maker: Maker) {
    let event = |id: &str, starts: &str, ends: Option<&str>| {
        with(
            page(id, "en", "Open day", "All day"),
            json!({"starts_at": starts, "ends_at": ends, "published_at": "2020-01-01"}),
        )
    };
    let records = [
        event("over", "2023-11-13", None),
        event("long over", "2021-01-01", Some("2021-01-03")),
        event("today", "2023-11-14", None),
        event("going on", "2023-11-01", Some("2023-11-30")),
        event("later today", "2023-11-14T19:30:00-03:00", Some("2023-11-14T20:00:00-03:00")),
        event("next year", "2024-01-01", None),
        page("no event", "en", "Open day", "No day"),
    ];
    let made = maker(&records);
    let list = ["going on", "today", "later today", "next year", "over", "long over", "no event"];
    for query in ["", "day"] {
        let events = SearchRequest { sort: Sort::Events, ..request(query) };
        assert_eq!(ids_of(&search(&made, &events)), list, "{query}");
        let first = search(&made, &SearchRequest { limit: 2, ..events.clone() });
        let late = SearchRequest { after: first.next, now_s: NOW + 3 * DAY_S, ..events.clone() };
        assert_eq!(ids_of(&search(&made, &late)), list[2..], "{query}");
        let anew = SearchRequest { now_s: NOW + 3 * DAY_S, ..events };
        let past = ["later today", "today", "over"];
        assert_eq!(ids_of(&search(&made, &anew)), [&list[..1], &list[3..4], &past, &list[5..]].concat(), "{query}");
    }
}

fn without_words_everything_is_listed_newest_first(maker: Maker) {
    let made = maker(&library());
    let visible: BTreeSet<&str> =
        made.articles.iter().filter(|article| is_visible(article, NOW)).map(|article| article.work.as_str()).collect();
    for query in ["", "  ", "\"\" - --"] {
        let relevance = search(&made, &request(query));
        assert_eq!(works_of(&relevance.hits).into_iter().collect::<BTreeSet<_>>(), visible);
        assert_eq!(relevance, search(&made, &SearchRequest { sort: Sort::Newest, ..request(query) }));
        assert!(relevance.hits.iter().all(|hit| hit.score == 0.0 && !hit.title_html.contains("<mark>")));
    }
}

fn what_is_not_to_be_seen_is_nowhere(maker: Maker) {
    let made = maker(&library());
    let engine = made.engine.as_ref();
    assert_eq!(ids(engine, "quasar"), [""; 0]);
    let unseen: Vec<&Article> = made.articles.iter().filter(|article| !is_visible(article, NOW)).collect();
    assert_eq!(unseen.len(), 6);
    let mut shown: HashSet<String> = HashSet::new();
    for request in requests() {
        for hit in search(&made, &request).hits {
            shown.extend(hit.translations.into_iter().map(|translation| translation.id));
            shown.insert(hit.card.id);
        }
    }
    for article in made.articles.iter().filter(|article| is_visible(article, NOW)) {
        shown.extend(related(engine, &article.id).into_iter().map(|hit| hit.card.id));
        let answer = engine.article(&ArticleKey::Id(article.id.clone()), NOW).unwrap().unwrap();
        shown.extend(answer.translations.into_iter().map(|translation| translation.id));
        assert!(shown.contains(&article.id));
    }
    for article in unseen {
        assert!(!shown.contains(&article.id), "{}", article.id);
        let keys = [Some(ArticleKey::Id(article.id.clone())), article.url.clone().map(ArticleKey::Url)];
        for key in keys.into_iter().flatten() {
            assert_eq!(engine.article(&key, NOW).unwrap(), None);
            assert_eq!(engine.related(&RelatedRequest::new(key, NOW)).unwrap(), None);
        }
    }
}

fn what_is_seen_is_told_to_the_second(maker: Maker) {
    let made = maker(&library());
    let midnight = 1_700_006_400; // 2023-11-15, 00:00 UTC
    let seen = |query: &str, id: &str, now_s: i64| {
        let found = !search(&made, &SearchRequest { now_s, ..request(query) }).hits.is_empty();
        let article = made.engine.article(&ArticleKey::Id(id.to_owned()), now_s).unwrap().is_some();
        let related = made.engine.related(&RelatedRequest { now_s, ..related_request(id) }).unwrap().is_some();
        assert_eq!((found, article), (article, related), "{id} at {now_s}");
        found
    };
    // A plain date is the whole day, at both ends.
    assert!(!seen("pulsar", "last-day", midnight - 86_401) && seen("pulsar", "last-day", midnight - 86_400));
    assert!(seen("pulsar", "last-day", midnight - 1) && !seen("pulsar", "last-day", midnight));
    assert!(seen("tomorrow", "future", midnight) && !seen("tomorrow", "future", midnight - 1));
    assert!(seen("ieri", "expired-version", NOW - 1) && !seen("ieri", "expired-version", NOW));
    assert!(seen("morgen", "future-version", NOW + 1) && !seen("morgen", "future-version", NOW));
}

/// Articles that hold the first so many of some words in turn, each word in as many articles.
fn holders_of(words: &[&str], held: usize) -> Vec<Value> {
    (0..words.len())
        .map(|first| {
            let body: Vec<&str> = words.iter().cycle().skip(first).take(held).copied().collect();
            page(&format!("{held}-{first}"), "en", "Holder", &body.join(" and "))
        })
        .collect()
}

fn one_or_two_words_must_all_be_held(maker: Maker) {
    let words = ["zebra", "yak", "vole"];
    let mut records = holders_of(&words, 1);
    records.extend(holders_of(&words, 2));
    records.push(page("title and body", "en", "A zebra", "A yak"));
    records.push(with(page("body and tag", "es", "Nada", "Yak"), json!({"tags": ["Zebra"]})));
    records.push(page("summary", "fr", "Rien", ""));
    records[8]["summary"] = "zebra yak".into();
    let made = maker(&records);
    let holds = |record: &Value, word: &str| record.to_string().to_lowercase().contains(word);
    for query in
        ["zebra", "yak", "vole", "zebra yak", "yak vole", "VOLE zebra", "zebra zebra", "zebra nowhere", "nowhere"]
    {
        let words: Vec<String> = query.split(' ').map(str::to_lowercase).collect();
        let all = |record: &&Value| words.iter().all(|word| holds(record, word));
        let expected = set(records.iter().filter(all).map(|record| record["id"].as_str().unwrap()));
        assert_eq!(ids(made.engine.as_ref(), query).into_iter().collect::<BTreeSet<_>>(), expected, "{query}");
    }
}

fn of_more_words_a_share_must_be_held(maker: Maker) {
    let words = ["zebra", "yak", "vole", "toad", "stork", "raven", "quail", "puma", "otter", "newt", "moose", "lynx"];
    let mut outcomes = HashSet::new();
    for asked in [3, 6, 12] {
        let words = &words[..asked];
        // Every word stands in as many articles as any other, so that all weigh the same.
        let helds = BTreeSet::from([1, 2, 3, asked]);
        let records: Vec<Value> = helds.iter().flat_map(|held| holders_of(words, *held)).collect();
        let made = maker(&records);
        let found = ids(made.engine.as_ref(), &words.join(" "));
        for held in helds {
            let share = |held: f32| held / asked as f32 >= ranking::WEIGHTS.match_share;
            let is_enough = share(held as f32);
            // Deleted articles may count in weights, so that nothing is said of the very edge.
            let is_at_edge = [0.85, 1.15].iter().any(|by| share(held as f32 * by) != is_enough);
            for first in (0..asked).filter(|_| !is_at_edge) {
                assert_eq!(found.contains(&format!("{held}-{first}")), is_enough, "{held} of {asked}");
                outcomes.insert(is_enough);
            }
        }
        assert!(found[0].starts_with(&format!("{asked}-")), "who holds all comes first: {found:?}");
    }
    assert_eq!(outcomes.len(), 2);
}

fn phrases_and_exclusions_are_exact(maker: Maker) {
    let records = [
        page("exact", "en", "One", "About higher education and more"),
        page("apart", "en", "Two", "About higher and other education"),
        page("turned", "en", "Three", "About education, higher than ever"),
        page("zones", "en", "Higher", "Education"),
        page("title", "en", "Higher education", "Elsewhere"),
        page("punctuated", "en", "Four", "It is higher; education"),
        page("plural", "en", "Five", "About higher educations"),
        page("es", "es", "Educación superior", "La educación superior es un derecho"),
        page("zh", "zh", "六", "高等教育和学生"),
        with(page("compound", "en", "Seven", "An e-learning course on COVID-19"), json!({"tags": ["Higher grounds"]})),
    ];
    let made = maker(&records);
    for (query, expected) in [
        ("\"higher education\"", &["exact", "title", "punctuated"][..]),
        ("“HIGHER   education”", &["exact", "title", "punctuated"]),
        ("\"education higher\"", &["turned"]),
        ("\"about higher education\"", &["exact"]),
        ("\"educacion superior\"", &["es"]),
        ("\"la educación superior\"", &["es"]),
        ("\"educations\"", &["plural"]),
        ("\"高等教育和学生\"", &["zh"]),
        ("\"e-learning course\"", &["compound"]),
        ("\"covid-19\"", &["compound"]),
        ("\"higher education\" \"and more\"", &["exact"]),
        ("higher -\"higher education\"", &["apart", "turned", "zones", "plural", "compound"]),
        ("higher -education", &["plural", "compound"]),
        ("higher -Education -grounds", &["plural"]),
        ("higher -about -title -elsewhere -grounds", &["zones", "punctuated"]),
        ("superior -educacion", &[]),
        ("\"nowhere at all\"", &[]),
    ] {
        let found: BTreeSet<String> = ids(made.engine.as_ref(), query).into_iter().collect();
        assert_eq!(found, set(expected.iter().copied()), "{query}");
    }
}

fn what_one_version_holds_excludes_the_work(maker: Maker) {
    let of_work =
        |id: &str, lang: &str, title: &str, body: &str| with(page(id, lang, title, body), json!({"work": "w"}));
    let made = maker(&[
        of_work("w/es", "es", "Movilidad virtual", "El piloto termina."),
        of_work("w/en", "en", "Virtual mobility", "The trial ends."),
        page("other", "en", "Virtual mobility", "Elsewhere."),
    ]);
    let found = |group: bool| {
        let request = SearchRequest { group, ..request("virtual -piloto") };
        made.engine.search(&request).unwrap().hits.into_iter().map(|hit| hit.card.id).collect::<BTreeSet<_>>()
    };
    assert_eq!(found(true), set(["other"]));
    assert_eq!(found(false), set(["other"]));
}

fn a_word_is_found_however_it_is_typed(maker: Maker) {
    let texts: [(&str, &str, &[&str]); 17] = [
        (
            "es",
            "La educación",
            &["educacion", "EDUCACIÓN", "Educacio\u{301}n", "ＥＤＵＣＡＣＩＯＮ", "edu\u{ad}cación"],
        ),
        ("es", "La inclusio\u{301}n", &["inclusión", "inclusion", "INCLUSION"]),
        ("es", "Las investigaciones", &["investigación", "investigacion", "investigaciones"]),
        ("es", "Otro año", &["ano", "AÑO", "an\u{303}o"]),
        ("pt", "A inscrição", &["inscricao", "INSCRIÇÃO", "inscric\u{327}a\u{303}o"]),
        ("pt", "As avaliações", &["avaliação", "avaliacoes", "AVALIAÇÕES"]),
        ("gl", "As nacións e os animais", &["nación", "nacion", "NACIÓNS", "animal", "animais"]),
        ("gl", "Unha muller de luz", &["mulleres", "MULLERES", "luces"]),
        ("fr", "Les étudiants d’Égypte", &["etudiant", "ÉTUDIANTE", "egypte", "l'Égypte"]),
        ("fr", "Au cœur des mœurs", &["coeur", "cœur", "COEUR", "moeurs"]),
        ("en", "Student ﬁnances", &["finance", "ﬁnance", "students", "STUDENT'S"]),
        ("en", "ＵＮＥＳＣＯ ２０２１", &["unesco", "U.N.E.S.C.O.", "2021", "ＵＮＥＳＣＯ"]),
        ("de", "Die Straße", &["strasse", "STRASSE", "straße"]),
        ("tr", "İzmir", &["izmir", "İZMİR", "IZMIR"]),
        ("el", "Ο δρόμος", &["δρομοσ", "ΔΡΟΜΟΣ", "δρόμος"]),
        ("zh", "高等教育的国际化", &["高等教育", "国际"]),
        ("en", "An e-learning platform", &["elearning", "e-learning", "E-Learning", "e‑learning"]),
    ];
    let records: Vec<Value> =
        texts.iter().enumerate().map(|(place, (lang, text, _))| page(&format!("{place}"), lang, text, text)).collect();
    let made = maker(&records);
    for (place, (_, text, spellings)) in texts.iter().enumerate() {
        for spelling in *spellings {
            let found = ids(made.engine.as_ref(), spelling);
            assert!(found.contains(&place.to_string()), "{spelling} does not find {text}: {found:?}");
        }
    }
    // A tilde that was typed counts.
    let made = maker(&[page("year", "es", "Un año", ""), page("other", "es", "Un ano", "")]);
    assert_eq!(ids(made.engine.as_ref(), "año"), ["year"]);
    assert_eq!(ids(made.engine.as_ref(), "ano").len(), 2);
}

fn a_word_is_found_and_marked_however_it_is_set(maker: Maker) {
    /// A language, a title in it, and queries with what each of them marks in it.
    type Case = (&'static str, &'static str, &'static [(&'static str, &'static str)]);
    let texts: [Case; 14] = [
        (
            "es",
            "Los pastores¹ del valle[4]",
            &[("pastores", "pastores"), ("valle", "valle"), ("\"pastores del valle\"", "pastores¹ del valle")],
        ),
        ("es", "La monta˜na nevada", &[("montaña", "monta˜na"), ("monta˜na", "monta˜na")]),
        ("pt", "A vocac¸˜ao", &[("vocação", "vocac¸˜ao")]),
        ("en", "An e–vote", &[("evote", "e–vote"), ("e-vote", "e–vote"), ("e−vote", "e–vote")]),
        ("es", "Acuerdo con la RR. PP. y un D.Sc.", &[("RRPP", "RR. PP"), ("dsc", "D.Sc"), ("RR.PP.", "RR. PP")]),
        ("es", "Un total de 31.400 semillas", &[("31400", "31.400"), ("31.400", "31.400"), ("31 400", "31.400")]),
        ("es", "El A N E X O", &[("anexo", "A N E X O")]),
        ("es", "Taller de G++ y F#", &[("g++", "G++"), ("F#", "F#")]),
        ("fr", "Rive-d’Arve", &[("arve", "Arve")]),
        (
            "ca",
            "Una pel·lícula",
            &[("pel.lícula", "pel·lícula"), ("pel-lícula", "pel·lícula"), ("pellicula", "pel·lícula")],
        ),
        ("gn", "Kaʼaguy", &[("ka'aguy", "Kaʼaguy"), ("kaaguy", "Kaʼaguy")]),
        ("ru", "Доро\u{301}га", &[("дорога", "Доро\u{301}га")]),
        ("zh", "博物館與畫廊", &[("博物馆", "博物館"), ("画廊", "畫廊")]),
        ("es", "Cordillera\u{200b}andina", &[("andina", "andina")]),
    ];
    let records: Vec<Value> =
        texts.iter().enumerate().map(|(place, (lang, text, _))| page(&format!("{place}"), lang, text, "")).collect();
    let made = maker(&records);
    for (place, (_, text, queries)) in texts.iter().enumerate() {
        for (query, marked) in *queries {
            let answer = search(&made, &request(query));
            assert!(answer.recovery.is_none() && answer.corrections.is_empty(), "{query} in {text}");
            let hit = answer.hits.iter().find(|hit| hit.card.id == place.to_string());
            let hit = hit.unwrap_or_else(|| panic!("{query} does not find {text}"));
            let title_html = hit.title_html.replace("</mark><mark>", "");
            assert!(title_html.contains(&format!("<mark>{marked}</mark>")), "{query}: {title_html}");
        }
    }
    for (query, text) in [("400", "31.400"), ("G", "G++"), ("F", "F#"), ("4", "valle[4]")] {
        let found = search(&made, &SearchRequest { literal: true, ..request(query) });
        assert!(found.hits.iter().all(|hit| !hit.card.title.contains(text)), "{query} finds {text}");
    }
}

fn footnote_marks_make_no_other_label(maker: Maker) {
    let of = |id: &str, tag: &str, author: &str| {
        with(page(id, "es", "Un texto", ""), json!({"tags": [tag], "authors": [author]}))
    };
    let made = maker(&[
        of("one", "riego", "Inés Vega"),
        of("two", "riego²", "Inés Vega*"),
        of("three", "siembra†", "Luis Toro[1]"),
    ]);
    let answer = search(&made, &SearchRequest { facets: vec![Facet::Tag, Facet::Author], ..request("") });
    let counts = |values: Option<Vec<_>>| {
        let values: Vec<fichero::engine::facets::ValueCount> = values.unwrap();
        values.into_iter().map(|of| (of.value, of.count)).collect::<Vec<_>>()
    };
    let expected = |labels: [&str; 2]| labels.map(str::to_owned).into_iter().zip([2, 1]).collect::<Vec<_>>();
    assert_eq!(counts(answer.facets.tag), expected(["riego", "siembra"]));
    assert_eq!(counts(answer.facets.author), expected(["Inés Vega", "Luis Toro"]));
}

/// What a marked text says and what of it is marked; fails where there is other markup.
fn unmark(html: &str) -> (String, Vec<String>) {
    let mut text = String::new();
    let mut marked = Vec::new();
    for (place, piece) in html.split("<mark>").enumerate() {
        let (inside, outside) = match piece.split_once("</mark>") {
            Some((inside, outside)) if place > 0 => (inside, outside),
            Some(_) => panic!("closed before it is opened: {html}"),
            None => ("", piece),
        };
        assert_eq!(!inside.is_empty(), place > 0, "{html}");
        assert!(!format!("{inside}{outside}").contains(['<', '>', '"', '\'']), "{html}");
        marked.extend((place > 0).then(|| unescape(inside)));
        text.push_str(&unescape(inside));
        text.push_str(&unescape(outside));
    }
    (text, marked)
}

fn unescape(html: &str) -> String {
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    let text = entities.iter().fold(html.to_owned(), |text, (entity, c)| text.replace(entity, c));
    let bare =
        html.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "").replace("&quot;", "").replace("&#39;", "");
    assert!(!bare.contains('&'), "{html}");
    text
}

fn titles_and_snippets_are_escaped_marked_and_short(maker: Maker) {
    let long = "Words without any meaning stand here, <b>bold</b> & \"quoted\". ".repeat(30);
    let needle = format!("{long}\n\n{long}The needle's eye, the NEEDLES and needle-work.{long}\n\nA last paragraph.");
    let mut records = library();
    records.push(page("long", "en", "<mark>Needles</mark> & haystacks", &needle));
    records.push(with(page("teaser", "en", "Needle teaser", ""), json!({"summary": "A teaser about nothing"})));
    let made = maker(&records);
    let articles = by_id(&made.articles);
    for query in [
        "needle",
        "the",
        "unesco",
        "script alert quotes",
        "markup typography",
        "amp lt gt mark",
        "高等教育",
        "xylograph colophon",
        "",
    ] {
        for snippet_chars in [1, 3, 10, 40, 160, 2_000] {
            for hit in search(&made, &SearchRequest { snippet_chars, ..request(query) }).hits {
                let article = articles[hit.card.id.as_str()];
                let (title, _) = unmark(&hit.title_html);
                assert_eq!(title, article.title);
                let (snippet, _) = unmark(&hit.snippet_html);
                assert!(snippet.chars().count() <= snippet_chars, "{snippet_chars}: {snippet:?}");
                let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
                let (body, summary) = (flat(&article.body), flat(&article.summary));
                for piece in snippet.trim_matches('…').split(" … ") {
                    assert!(body.contains(piece) || summary.contains(piece), "{snippet:?}");
                }
                assert!(!snippet.is_empty() || (article.body.is_empty() && article.summary.is_empty()));
            }
        }
    }
    let answer = search(&made, &request("needles"));
    let long = answer.hits.iter().find(|hit| hit.card.id == "long").unwrap();
    assert_eq!(unmark(&long.title_html).1, ["Needles"]);
    assert_eq!(unmark(&long.snippet_html).1[..2], ["needle", "NEEDLES"].map(str::to_owned), "{}", long.snippet_html);
    let teaser = answer.hits.iter().find(|hit| hit.card.id == "teaser").unwrap();
    assert_eq!(
        (teaser.snippet_html.as_str(), teaser.title_html.as_str()),
        ("A teaser about nothing", "<mark>Needle</mark> teaser")
    );
}

fn snippets_show_the_best_passages_with_the_words_in_the_forms_that_match(maker: Maker) {
    let filler = "Nothing of it is told in this paragraph, however long it may be. ".repeat(12);
    let body = format!(
        "{filler}\n\nWeavers kept a wheelchair in the loom house.\n\n{filler}\n\nThe shuttle of the weaver flew by night.\n\n\
         {filler}\n\nDistance learning, so called: learning from a distance.\n\n{filler}"
    );
    let made = maker(&[page("weaver", "en", "On looms", &body)]);
    for (query, title, snippet) in [
        ("shuttles", "On looms", "The [shuttle] of the weaver flew by night."),
        (
            "weaver shuttle",
            "On looms",
            "[Weavers] kept a wheelchair in the loom house. … The [shuttle] of the [weaver] flew by night.",
        ),
        (
            "loom shuttle",
            "On [looms]",
            "Weavers kept a wheelchair in the [loom] house. … The [shuttle] of the weaver flew by night.",
        ),
        ("shutle", "On looms", "The [shuttle] of the weaver flew by night."),
        ("wheel chair", "On looms", "Weavers kept a [wheelchair] in the loom house."),
        ("wheelch*", "On looms", "Weavers kept a [wheelchair] in the loom house."),
        ("\"loom house\"", "On looms", "Weavers kept a wheelchair in the [loom house]."),
        ("title:looms shuttle", "On [looms]", "The [shuttle] of the weaver flew by night."),
        ("teleworking", "On looms", "[Distance learning], so called: learning from a distance."),
        (
            "the shuttle of the weaver",
            "On looms",
            "[Weavers] kept a wheelchair in the loom house. … The [shuttle] [of] [the] [weaver] flew by night.",
        ),
        ("shuttle -title:night", "On looms", "The [shuttle] of the weaver flew by night."),
    ] {
        let request = SearchRequest { snippet_chars: 130, ..helped(query) };
        let hit = search(&made, &request).hits.pop().unwrap();
        let brackets = |html: &str| html.replace("<mark>", "[").replace("</mark>", "]");
        assert_eq!(brackets(&hit.title_html), title, "{query}");
        let shown = brackets(&hit.snippet_html);
        assert!(snippet.split(" … ").all(|fragment| shown.contains(fragment)), "{query}: {shown}");
        assert_eq!(shown.matches('[').count(), snippet.matches('[').count(), "{query}: {shown}");
    }
}

fn any_query_text_is_answered(maker: Maker) {
    let made = maker(&library());
    let mut runner = TestRunner::new(Config { cases: 150, failure_persistence: None, ..Config::default() });
    let text = "(\\PC{0,8}|[\"«“ -]{0,3}|unesco|-|高等| ){0,12}";
    runner
        .run(&(text, proptest::option::of("\\PC{0,6}"), 0usize..60), |(text, ui_lang, offset)| {
            let request = SearchRequest { ui_lang, offset, limit: 10, ..request(&text) };
            let answer = search(&made, &request);
            prop_assert!(answer.total.value as usize >= offset.min(answer.total.value as usize) + answer.hits.len());
            for hit in answer.hits {
                unmark(&hit.title_html);
                unmark(&hit.snippet_html);
            }
            Ok(())
        })
        .unwrap();
    for query in ["a ".repeat(10_000), "\0".to_owned(), "\u{202e}\u{feff}".to_owned(), "\u{1f}=+x".to_owned()] {
        search(&made, &request(&query));
    }
}

// Articles

fn articles_come_back_whole(maker: Maker) {
    let mut records = library();
    let sentence = "Ein Satz, auch eine Phrase, und «etwas mehr» 高等教育. ";
    records.push(with(
        page("whole/ü \"1\"", "pt-BR", "Inteiro", &format!("First\nline\n\n{}\n\n# Heading\n\n{}", sentence.repeat(60), "x".repeat(3_000))),
        json!({
            "work": "m", "kind": "event", "summary": "S", "authors": ["Ana", "Zoë"], "published_at": "2020-02-29T10:00:00+05:00",
            "updated_at": "2020-03-01", "starts_at": "2020-04-01", "ends_at": "2020-04-02", "tags": ["a", "b"], "series": "R",
            "topics": [{"path": "programs/research", "label": "Pesquisa"}], "image": "https://x.org/i.png", "url": "https://x.org/whole",
        }),
    ));
    let made = maker(&records);
    for article in made.articles.iter().filter(|article| is_visible(article, NOW)) {
        let keys = [Some(ArticleKey::Id(article.id.clone())), article.url.clone().map(ArticleKey::Url)];
        for key in keys.into_iter().flatten() {
            let answer = made.engine.article(&key, NOW).unwrap().unwrap();
            assert_eq!(answer.body, article.body.trim_end());
            assert_eq!(answer.card, fichero::engine::Card::of(article));
            let others = made.articles.iter().filter(|other| other.work == article.work && other.id != article.id);
            let others = set(others.filter(|other| is_visible(other, NOW)).map(|other| other.id.as_str()));
            assert_eq!(set(answer.translations.iter().map(|other| other.id.as_str())), others);
            assert_eq!(answer.index_version, made.engine.index_version());
        }
    }
    for key in ["", "m", "u", "U/EN", "s0", "leaver a", "https://x.org/u"].map(|id| ArticleKey::Id(id.to_owned())) {
        assert_eq!(made.engine.article(&key, NOW).unwrap(), None, "{key:?}");
    }
    for url in ["", "https://x.org", "https://x.org/U", "u/en"].map(|url| ArticleKey::Url(url.to_owned())) {
        assert_eq!(made.engine.article(&url, NOW).unwrap(), None, "{url:?}");
    }
}

fn an_address_that_several_share_leads_to_the_first_visible(maker: Maker) {
    let at = |id: &str, fields: Value| {
        let url = if id == "b" { "http://www.x.org#part" } else { "https://x.org/" };
        with(with(page(id, "en", "Shared address", ""), json!({"url": url})), fields)
    };
    let made = maker(&[
        at("d", json!({})),
        at("c", json!({"published_at": "2023-11-15"})),
        at("b", json!({})),
        at("a", json!({"hidden": true})),
        at("e", json!({})),
    ]);
    let key = ArticleKey::Url("https://x.org/".to_owned());
    for _ in 0..3 {
        assert_eq!(made.engine.article(&key, NOW).unwrap().unwrap().card.id, "b");
        let request = RelatedRequest::new(key.clone(), NOW);
        assert_eq!(made.engine.related(&request).unwrap().unwrap().id.as_deref(), Some("b"));
    }
}

fn an_address_is_understood_in_any_spelling(maker: Maker) {
    let at = |id: &str, url: &str| with(page(id, "es", "Una página", ""), json!({"url": url}));
    let made = maker(&[
        at("page", "https://www.x.org/es/educación/"),
        at("12", "https://x.org/?p=12&lang=es"),
        at("13", "https://x.org/?p=13&lang=es"),
        at("untitled", "http://xn--mnchen-3ya.example/a%20b"),
        at("unsaid", "not an address"),
    ]);
    let found = |url: &str| {
        let key = ArticleKey::Url(url.to_owned());
        let article = made.engine.article(&key, NOW).unwrap().map(|answer| answer.card.id);
        let request = RelatedRequest::new(key, NOW);
        assert_eq!(made.engine.related(&request).unwrap().and_then(|answer| answer.id), article, "{url}");
        article
    };
    for (id, urls) in [
        (
            "page",
            &[
                "https://www.x.org/es/educación/",
                "http://X.ORG/es/educaci%C3%B3n?utm_source=boletin&fbclid=x#arriba",
                "//www.x.org:443/es/educacio\u{301}n/index.html",
                "x.org/es/educaci%c3%b3n",
            ][..],
        ),
        ("12", &["https://x.org/index.php?lang=es&p=12", "x.org?gclid=1&p=%31%32&lang=es"]),
        ("13", &["http://www.x.org/?lang=es&p=13"]),
        ("untitled", &["https://MÜNCHEN.example/a%20b/", "münchen.example/a b"]),
        ("unsaid", &[" not an address "]),
    ] {
        for url in urls {
            assert_eq!(found(url).as_deref(), Some(id), "{url}");
        }
    }
    for url in ["https://x.org/ES/educación", "https://x.org/?p=12", "https://x.org/?p=12&lang=en", "x.org", "12", ""]
    {
        assert_eq!(found(url), None, "{url}");
    }
}

// Related articles

fn related_articles_are_others_in_the_own_language_first(maker: Maker) {
    let made = maker(&library());
    let articles = by_id(&made.articles);
    let visible: BTreeSet<&str> =
        made.articles.iter().filter(|article| is_visible(article, NOW)).map(|article| article.work.as_str()).collect();
    for article in made.articles.iter().filter(|article| is_visible(article, NOW)) {
        let request = related_request(&article.id);
        let answer = made.engine.related(&request).unwrap().unwrap();
        assert_eq!(
            (answer.id.as_deref(), answer.index_version),
            (Some(article.id.as_str()), made.engine.index_version())
        );
        let works: Vec<&str> = answer.hits.iter().map(|hit| hit.card.work.as_str()).collect();
        let mut others = visible.clone();
        others.remove(article.work.as_str());
        assert_eq!(works.iter().copied().collect::<BTreeSet<_>>(), others, "all there are, for so many are asked for");
        assert_eq!(works.len(), others.len(), "each once");
        let primary = |lang: &str| lang.split('-').next().unwrap().to_owned();
        let is_foreign = |hit: &fichero::engine::RelatedHit| primary(&hit.card.lang) != primary(&article.lang);
        assert!(
            answer.hits.is_sorted_by_key(is_foreign),
            "{}: {:?}",
            article.id,
            answer.hits.iter().map(|hit| &hit.card.lang).collect::<Vec<_>>()
        );
        for hit in &answer.hits {
            assert!(!hit.reasons.is_empty() && is_visible(articles[hit.card.id.as_str()], NOW));
            // A work that has a version in the article's language is shown in it.
            let has_own = made.articles.iter().any(|other| {
                other.work == hit.card.work && is_visible(other, NOW) && primary(&other.lang) == primary(&article.lang)
            });
            assert!(!has_own || !is_foreign(hit), "{} for {}", hit.card.id, article.id);
        }
        assert_eq!(made.engine.related(&request).unwrap().unwrap(), answer);
    }
    assert_eq!(made.engine.related(&related_request("nowhere")).unwrap(), None);
}

fn related_articles_keep_limit_and_filters(maker: Maker) {
    let made = maker(&library());
    for id in ["m/en", "s00", "u/es"] {
        let all = related(made.engine.as_ref(), id);
        for limit in [1, 2, 5, 11] {
            let answer = made.engine.related(&RelatedRequest { limit, ..related_request(id) }).unwrap().unwrap();
            assert_eq!(answer.hits, all[..limit], "the nearest of all");
        }
        let own = &by_id(&made.articles)[id].work;
        for filters in filters() {
            let passing = made.articles.iter().filter(|article| passes(&filters, article, NOW) && article.work != *own);
            let passing: BTreeSet<&str> = passing.map(|article| article.work.as_str()).collect();
            let request = RelatedRequest { filters: filters.clone(), ..related_request(id) };
            let hits = made.engine.related(&request).unwrap().unwrap().hits;
            assert_eq!(
                hits.iter().map(|hit| hit.card.work.as_str()).collect::<BTreeSet<_>>(),
                passing,
                "{id} {filters:?}"
            );
            let articles = by_id(&made.articles);
            assert!(hits.iter().all(|hit| passes(&filters, articles[hit.card.id.as_str()], NOW)));
        }
    }
}

fn related_articles_share_words_on_ten_articles(maker: Maker) {
    let subjects = [
        ("Glaciers", "Glaciers melt in the Andes, and rivers swell with their water."),
        ("Volcanoes", "Volcanoes of the Andes cover glaciers with ash, and rivers carry it."),
        ("Libraries", "Libraries lend books to readers of every age."),
        ("Readers", "Readers ask libraries for books that nobody printed."),
        ("Chess", "Chess players study openings for years."),
    ];
    let mut records: Vec<Value> = Vec::new();
    for (place, (title, body)) in subjects.iter().enumerate() {
        records.push(with(
            page(&format!("en{place}"), "en", title, body),
            json!({"work": format!("w{place}"), "published_at": "2021-01-01"}),
        ));
        records.push(with(
            page(&format!("es{place}"), "es", "Traducción", "Una traducción sin más palabras."),
            json!({"work": format!("w{place}")}),
        ));
    }
    records[8]["topics"] = json!(["Games/Boards"]);
    records[4]["topics"] = json!(["Games"]);
    let made = maker(&records);
    for (id, nearest, word) in
        [("en0", "en1", "Andes"), ("en1", "en0", "Andes"), ("en2", "en3", "Libraries"), ("en3", "en2", "libraries")]
    {
        let hits = related(made.engine.as_ref(), id);
        assert_eq!(hits.len(), 4);
        assert_eq!(hits[0].card.id, nearest, "{id}");
        let Reason::Terms { terms } = &hits[0].reasons[0] else { panic!("{:?}", hits[0].reasons) };
        assert!(terms.contains(&word.to_owned()), "{terms:?}");
        assert!(hits.iter().all(|hit| hit.card.lang == "en"));
        assert!(hits.is_sorted_by(|a, b| a.score >= b.score));
    }
    let chess = related(made.engine.as_ref(), "en4");
    assert_eq!(chess.len(), 4, "never empty while others are visible");
}

fn related_articles_may_share_a_phrase_of_words_that_all_have(maker: Maker) {
    // Each word stands in all of them, so that none tells anything; the pairs do.
    let title = |place: usize| if place.is_multiple_of(3) { "Condors Glaciers" } else { "Glaciers Condors" };
    let made = maker(&(0..24).map(|place| page(&format!("a{place:02}"), "en", title(place), "")).collect::<Vec<_>>());
    let request = RelatedRequest { limit: 6, ..related_request("a00") };
    let hits = made.engine.related(&request).unwrap().unwrap().hits;
    assert_eq!(hits.iter().map(|hit| hit.card.title.as_str()).collect::<Vec<_>>(), ["Condors Glaciers"; 6]);
    assert!(hits.iter().all(|hit| hit.score.is_finite() && hit.score > 0.0), "{hits:?}");
    assert_eq!(hits[0].reasons, [Reason::Terms { terms: vec!["Condors Glaciers".to_owned()] }]);
}

fn versions_beyond_the_thousandth_by_id_stand_alone(maker: Maker) {
    let version = |place: usize| {
        let lang = ["en", "es", "fr"][usize::from(place > 3) + usize::from(place == 1_005)];
        // Their order is not that of their ids.
        let id = format!("v{:04}", (place * 7) % 1_010);
        with(
            page(&id, lang, "Axolotl", ""),
            json!({"work": "many", "tags": [if place.is_multiple_of(2) { "even" } else { "odd" }]}),
        )
    };
    let mut records: Vec<Value> = (0..1_010).map(version).collect();
    // What nobody sees takes no place.
    records.push(with(page("a", "en", "Axolotl", ""), json!({"work": "many", "expires_at": "2020-01-01"})));
    let made = maker(&records);
    let request = SearchRequest { facets: vec![Facet::Tag], limit: 100, ..request("axolotl") };
    let answer = search(&made, &request);
    assert_eq!(answer.total.value, 11);
    let alone: BTreeSet<&str> =
        answer.hits.iter().filter(|hit| hit.translations.is_empty()).map(|hit| hit.card.id.as_str()).collect();
    let beyond: Vec<String> = (1_000..1_010).map(|place| format!("v{place}")).collect();
    assert_eq!(alone, beyond.iter().map(String::as_str).collect());
    let together = answer.hits.iter().find(|hit| !hit.translations.is_empty()).unwrap();
    assert_eq!((together.translations.len(), together.translations_total), (MAX_TRANSLATIONS, Some(999)));
    let langs: BTreeSet<&str> = together.translations.iter().map(|other| other.lang.as_str()).collect();
    assert_eq!(langs, BTreeSet::from(["en", "es", "fr"]), "the first of every language are listed");
    assert!(together.translations.is_sorted_by_key(|other| (other.lang.clone(), other.id.clone())));
    let counts: u64 = answer.facets.tag.unwrap().iter().map(|value| value.count).sum();
    assert_eq!(counts, 2 + 10);
}

fn a_site_of_which_nothing_is_seen_is_answered(maker: Maker) {
    let made = maker(&[
        with(page("a", "en", "Hidden words", ""), json!({"hidden": true})),
        with(page("b", "en", "Words to come", ""), json!({"published_at": "2099-01-01"})),
    ]);
    for query in ["", "words", "\"hidden words\"", "-words", "one two three words"] {
        assert_eq!(search(&made, &request(query)).total.value, 0);
    }
    let made = maker(&[with(page("a", "en", "Hidden words", ""), json!({"hidden": true}))]);
    assert_eq!((search(&made, &request("words")).total.value, search(&made, &request("")).hits.len()), (0, 0));
    let made = maker(&[page("a", "en", "Alone", "")]);
    assert_eq!(related(made.engine.as_ref(), "a"), []);
}
