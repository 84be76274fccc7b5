//! Related works.
//!
//! On random sites, of articles and of drafts, from what is kept and from what is worked out:
//!
//! * never the article itself, a version of it or a copy of its text;
//! * no work twice, no text twice, nothing that readers may not see or that the filters leave out;
//! * the language asked from first, others only when it has no more, and marked;
//! * never nothing while another work passes;
//! * the tiers in their order, a reason for each, the same answer each time.
//!
//! What is kept of the nearest works changes no answer, nor does damage to it. What leads from one
//! article to another is told as the reason.

use std::cell::Cell;
use std::collections::{BTreeSet, HashSet};
use std::fs;

use fichero::analysis::{ArticleTerms, MinHash, language_group};
use fichero::article::Article;
use fichero::engine::{
    ArticleKey, FallbackTier, Filters, Reason, RelatedAnswer, RelatedHit, RelatedRequest, RelatedTo, SearchEngine,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};

use crate::support::library::{NOW, is_visible, page, passes, with};
use crate::support::{makers, random};

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 200, ..Config::default() })
}

fn sketch(article: &Article) -> Option<MinHash> {
    ArticleTerms::of(article, &mut Default::default()).sketch
}

fn are_copies(a: &Article, b: &Article) -> bool {
    sketch(a).zip(sketch(b)).is_some_and(|(a, b)| a.is_copy_of(&b))
}

/// Checks an answer by the articles that there are.
fn check(
    answer: &RelatedAnswer,
    asked: &Article,
    articles: &[Article],
    request: &RelatedRequest,
) -> Result<(), TestCaseError> {
    let of = |id: &str| articles.iter().find(|article| article.id == id).unwrap();
    let passing: Vec<&Article> = articles
        .iter()
        .filter(|article| {
            passes(&request.filters, article, request.now_s) && article.work != asked.work && article.id != asked.id
        })
        .collect();
    let same_page: HashSet<&str> = match &request.to {
        RelatedTo::Article(_) => HashSet::new(),
        RelatedTo::Draft(draft) => articles
            .iter()
            .filter(|article| article.id == draft.id || (draft.url.is_some() && article.url.is_some()))
            .map(|article| article.work.as_str())
            .collect(),
    };
    let mut works = HashSet::new();
    for hit in &answer.hits {
        let shown = of(&hit.card.id);
        prop_assert!(passing.iter().any(|article| article.id == shown.id), "{} is not to be shown", shown.id);
        prop_assert!(works.insert(&shown.work), "{} twice", shown.work);
        prop_assert!(!hit.reasons.is_empty());
        let is_foreign = language_group(&shown.lang) != language_group(&asked.lang);
        prop_assert_eq!(hit.other_language, is_foreign);
    }
    let others = passing.iter().filter(|article| !same_page.contains(article.work.as_str())).count();
    prop_assert!(!answer.hits.is_empty() || others == 0, "nothing for {}", asked.id);
    if answer.hits.iter().any(|hit| !are_copies(of(&hit.card.id), asked)) {
        for (place, hit) in answer.hits.iter().enumerate() {
            let shown = of(&hit.card.id);
            let earlier = answer.hits[..place].iter().find(|other| are_copies(of(&other.card.id), shown));
            prop_assert!(earlier.is_none() && !are_copies(shown, asked), "{} is a copy", shown.id);
        }
    }
    if request.filters.langs.is_empty() && !request.any_lang {
        prop_assert!(answer.hits.is_sorted_by_key(|hit| (hit.other_language, hit.tier)), "{:?}", tiers(answer));
        let own = |article: &&&Article| language_group(&article.lang) == language_group(&asked.lang);
        let siblings: Vec<&Article> = articles.iter().filter(|other| other.work == asked.work).chain([asked]).collect();
        let is_copy = |article: &&&Article| {
            siblings.iter().any(|sibling| are_copies(sibling, article))
                || answer.hits.iter().any(|hit| are_copies(of(&hit.card.id), article))
        };
        // A work whose version that suits the reader best is a copy is passed over, with its others.
        let copies: HashSet<&str> =
            passing.iter().filter(own).filter(is_copy).map(|article| article.work.as_str()).collect();
        let left: BTreeSet<&str> = passing
            .iter()
            .filter(own)
            .filter(|article| !works.contains(&article.work) && !same_page.contains(article.work.as_str()))
            .filter(|article| !copies.contains(article.work.as_str()))
            .map(|article| article.id.as_str())
            .collect();
        let has_foreign = answer.hits.iter().any(|hit| hit.other_language);
        prop_assert!(!has_foreign || left.is_empty(), "others than {left:?} of the own language");
        prop_assert!(answer.hits.len() == request.limit || left.is_empty(), "{left:?} are missing");
    }
    Ok(())
}

fn tiers(answer: &RelatedAnswer) -> Vec<(bool, FallbackTier)> {
    answer.hits.iter().map(|hit| (hit.other_language, hit.tier)).collect()
}

#[test]
fn related_works_follow_the_rules_on_random_sites() {
    let question = || (any::<prop::sample::Index>(), random::filters(), 1usize..12, any::<(bool, bool, bool)>());
    let answered = Cell::new(0);
    for maker in [makers::embedded as makers::Maker, makers::grown] {
        runner(30)
            .run(&(random::site(), prop::collection::vec(question(), 16)), |(records, questions)| {
                let made = maker(&records);
                let articles: Vec<Article> = made.articles.iter().filter(|article| !article.hidden).cloned().collect();
                for (which, filters, limit, (any_lang, is_draft, is_filtered)) in questions {
                    let asked = which.get(&made.articles).clone();
                    let key = ArticleKey::Id(asked.id.clone());
                    let to = if is_draft {
                        RelatedTo::Draft(Box::new(asked.clone()))
                    } else {
                        RelatedTo::Article(key.clone())
                    };
                    let filters = if is_filtered { filters } else { Filters::default() };
                    let request = RelatedRequest { to, filters, any_lang, limit, ..RelatedRequest::new(key, NOW) };
                    let answer = made.engine.related(&request).unwrap();
                    prop_assert_eq!(&made.engine.related(&request).unwrap(), &answer);
                    prop_assert_eq!(answer.is_some(), is_draft || is_visible(&asked, NOW));
                    let Some(answer) = answer else { continue };
                    answered.set(answered.get() + answer.hits.len());
                    check(&answer, &asked, &articles, &request)
                        .map_err(|error| TestCaseError::fail(format!("{error}\nby {request:?}")))?;
                }
                Ok(())
            })
            .unwrap();
    }
    assert!(answered.get() > 1_000, "only {} works were answered", answered.get());
}

/// All answers of a site that differ by what is asked.
fn answers(engine: &dyn SearchEngine, articles: &[Article]) -> Vec<Option<RelatedAnswer>> {
    let filters = [
        Filters::default(),
        Filters { kinds: vec![fichero::article::Kind::EVENT], ..Filters::default() },
        Filters { langs: vec!["es".to_owned()], ..Filters::default() },
    ];
    let mut answers = Vec::new();
    for article in articles {
        for filters in &filters {
            for (limit, any_lang) in [(6, false), (6, true), (40, false)] {
                let request = RelatedRequest {
                    filters: filters.clone(),
                    any_lang,
                    limit,
                    ..RelatedRequest::new(ArticleKey::Id(article.id.clone()), NOW)
                };
                answers.push(engine.related(&request).unwrap());
            }
        }
    }
    answers
}

#[test]
fn stored_neighbours_and_damage_to_them_change_no_answer() {
    runner(2)
        .run(&random::larger_site(), |records| {
            let site = makers::Site::new();
            site.reindex(&records, false);
            let articles = makers::articles_of(&records);
            let kept = site.open();
            prop_assert!(kept.has_nearest());
            let expected = answers(&kept, &articles);
            // Each damage leads to the same computation: a few articles show it.
            let few: Vec<Article> = articles.iter().step_by(9).cloned().collect();
            let expected_of_few = answers(&kept, &few);
            drop(kept);
            let file = site.generation().join("nearest.bin");
            let whole = fs::read(&file).unwrap();
            let mut flipped = whole.clone();
            flipped.iter_mut().skip(32).step_by(97).for_each(|byte| *byte ^= 0x55);
            let mut foreign = whole.clone();
            foreign[8] ^= 1;
            for bytes in [&b""[..], &whole[..20], &whole[..whole.len() - 1], &foreign] {
                fs::write(&file, bytes).unwrap();
                let engine = site.open();
                prop_assert!(!engine.has_nearest());
                prop_assert!(answers(&engine, &few) == expected_of_few, "another answer without what is kept");
            }
            // Damage inside may change what is answered, but breaks nothing.
            fs::write(&file, &flipped).unwrap();
            answers(&site.open(), &articles);
            fs::remove_file(&file).unwrap();
            let engine = site.open();
            prop_assert!(answers(&engine, &few) == expected_of_few, "another answer without what is kept");
            engine.keep_nearest(2, &|| true).unwrap();
            prop_assert!(engine.has_nearest() && answers(&engine, &articles) == expected);
            Ok(())
        })
        .unwrap();
}

fn related(records: &[Value], id: &str) -> Vec<RelatedHit> {
    let made = makers::embedded(records);
    made.engine.related(&RelatedRequest::new(ArticleKey::Id(id.to_owned()), NOW)).unwrap().unwrap().hits
}

const PROSE: &str = "The glaciers of the Andes feed the rivers that forty cities drink from, and their retreat is \
                     measured by nine universities which share one station and a very old mule.";

#[test]
fn near_duplicate_is_shown_once() {
    let other = "A station in the Andes measures how glaciers shrink and what that means for rivers and cities below.";
    let records = [
        page("a", "en", "Rivers of the Andes", other),
        with(page("b", "en", "Glaciers are measured", PROSE), json!({"kind": "press-release"})),
        with(page("c", "en", "News from our mule", &format!("{PROSE} Read on below.")), json!({"kind": "blog"})),
        page("d", "en", "Chess in schools", "Openings are learned by heart, endings are not."),
    ];
    let ids = |id: &str| related(&records, id).into_iter().map(|hit| hit.card.id).collect::<Vec<_>>();
    assert_eq!(ids("a").iter().filter(|id| *id == "b" || *id == "c").count(), 1);
    assert_eq!(ids("b"), ["a", "d"], "nor is a copy of the page itself");
    assert_eq!(related(&records[1..3], "b").len(), 1, "but where there is nothing else");
}

#[test]
fn draft_is_not_related_to_a_version_that_has_appeared_since() {
    // The engine opens today, when the version has expired; readers of 2023 see it.
    let version = with(page("a/es", "es", "Glaciares", "Se miden."), json!({"work": "a", "expires_at": "2023-11-14"}));
    let records = [version, page("b", "es", "Ajedrez", "Se aprende jugando.")];
    let draft = with(page("a/en", "en", "Glaciers", "They are measured."), json!({"work": "a"}));
    let made = makers::embedded(&records);
    let to = RelatedTo::Draft(Box::new(makers::articles_of(&[draft]).remove(0)));
    let request = RelatedRequest { to, ..RelatedRequest::new(ArticleKey::Id(String::new()), NOW) };
    let hits = made.engine.related(&request).unwrap().unwrap().hits;
    assert_eq!(hits.iter().map(|hit| hit.card.id.as_str()).collect::<Vec<_>>(), ["b"]);
}

#[test]
fn relation_signals_are_the_reasons() {
    let records = [
        with(
            page("a", "en", "Measuring glaciers", PROSE),
            json!({
                "url": "https://x.org/a", "links": ["http://www.x.org/b/"], "series": "Field notes",
                "topics": ["Programs/Research/Water"], "authors": ["Ana Pérez"],
            }),
        ),
        with(page("b", "en", "Quipus", "Knots that count."), json!({"url": "https://x.org/b"})),
        with(page("c", "en", "Llamas", "They carry."), json!({"links": ["https://x.org/a#top"]})),
        with(page("d", "en", "Maize", "It grows."), json!({"series": "field notes"})),
        with(page("e", "en", "Tariffs", "They rise."), json!({"topics": ["Programs/Research/Water"]})),
        page("f", "en", "Andes rivers", "Rivers of the Andes, fed by glaciers, and glaciers measured again."),
        with(page("g", "en", "Poems", "They rhyme."), json!({"authors": ["ANA PEREZ"]})),
        page("h", "en", "Chess", "It is played."),
    ];
    let hits = related(&records, "a");
    let found = |id: &str| hits.iter().find(|hit| hit.card.id == id);
    let reasons = |id: &str| found(id).map(|hit| hit.reasons.clone()).unwrap();
    assert_eq!(reasons("b"), [Reason::LinkedFromHere]);
    assert_eq!(reasons("c"), [Reason::LinksHere]);
    assert_eq!(reasons("d")[0], Reason::Series { series: "Field notes".to_owned() });
    let water = Reason::Topic { path: "programs/research/water".to_owned(), label: "Water".to_owned() };
    assert_eq!(reasons("e"), [water]);
    let Reason::Terms { terms } = &reasons("f")[0] else { panic!("{:?}", reasons("f")) };
    assert!(terms.contains(&"glaciers".to_owned()), "{terms:?}");
    let tier = |id: &str| found(id).map(|hit| hit.tier);
    assert_eq!(
        [tier("b"), tier("e"), tier("f")],
        [Some(FallbackTier::Text), Some(FallbackTier::Topic), Some(FallbackTier::Text)]
    );
    assert_eq!(
        [tier("g"), tier("h")].into_iter().flatten().next(),
        Some(FallbackTier::Kind),
        "an author alone leads nowhere"
    );
}

#[test]
fn shared_prominent_words_are_a_reason_and_others_a_last_resort() {
    let asked = "The glacier shrank. A glacier is measured on a Tuesday. Nobody measured it, nobody at all.";
    let topic = json!({"topics": ["Programs/Water"]});
    let records = |labels: &Value| {
        vec![
            with(page("a", "en", "Field notes", asked), labels.clone()),
            with(
                page("b", "en", "Ice", "One glacier, one more glacier: on a Tuesday, nobody, nobody."),
                labels.clone(),
            ),
            with(
                page("c", "en", "Chess", "The chess club meets on a Tuesday, and nobody, nobody wins."),
                labels.clone(),
            ),
            page("d", "en", "Maize", "It grows."),
        ]
    };
    let reasons = |labels: &Value, id: &str| {
        let hits = related(&records(labels), "a");
        hits.into_iter().find(|hit| hit.card.id == id).unwrap().reasons
    };
    let terms = |words: &[&str]| Reason::Terms { terms: words.iter().map(|word| (*word).to_owned()).collect() };
    let water = Reason::Topic { path: "programs/water".to_owned(), label: "Water".to_owned() };
    assert_eq!(reasons(&topic, "b"), [terms(&["glacier"]), water.clone()]);
    assert_eq!(reasons(&topic, "c"), [water], "Tuesday is only mentioned");
    assert_eq!(reasons(&json!({}), "b"), [terms(&["glacier"])]);
    assert!(
        matches!(&reasons(&json!({}), "c")[..], [Reason::Terms { terms }] if terms.contains(&"Tuesday".to_owned()))
    );
}

#[test]
fn words_of_a_translation_are_a_last_resort_reason() {
    let of_work = |record: Value, work: &str| with(record, json!({"work": work}));
    let es = "Nieve que mengua, ríos que cambian: lo que se mide cada verano.";
    let other = "Montañas y agua, vistas desde una sola caseta de piedra.";
    let english = "The glaciers of the Andes are measured at one station, and glaciers shrink.";
    let topic = json!({"topics": ["Programs/Water"]});
    let records = |topic: &Value| {
        vec![
            with(of_work(page("a/es", "es", "Nieve", es), "a"), topic.clone()),
            of_work(page("a/en", "en", "Glaciers", PROSE), "a"),
            with(of_work(page("b/es", "es", "Caseta", other), "b"), topic.clone()),
            of_work(page("b/en", "en", "A station in the Andes", english), "b"),
            page("c", "es", "Ajedrez", "Se aprende jugando."),
            page("d", "en", "Chess", "It is learned by playing."),
        ]
    };
    let reasons = |records: &[Value]| {
        let hits = related(records, "a/es");
        let found = hits.iter().find(|hit| hit.card.id == "b/es").unwrap();
        assert_eq!(found.tier, FallbackTier::Text, "{:?}", found.reasons);
        found.reasons.clone()
    };
    let water = Reason::Topic { path: "programs/water".to_owned(), label: "Water".to_owned() };
    assert_eq!(reasons(&records(&topic)), [water]);
    assert!(matches!(&reasons(&records(&json!({})))[..], [Reason::Terms { terms }] if !terms.is_empty()));
}
