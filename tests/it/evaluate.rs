//! `fichero evaluate`: judgements become figures.
//!
//! * The figures of related articles are those of the ranking that `--run` writes: works count
//!   once, with the highest grade of their versions, by language of the article and of all.
//! * The article's own work is no answer. Articles that are not in the index or hidden, and those
//!   without related ones, are named and not measured; where none is left it is an error.
//! * The blocks are those under all articles that are shown.
//! * Without topics, tags and series the text alone relates.
//! * The published index says what the corpus says that it is made of, over many pages.
//! * An earlier evaluation is compared with; plain more-like-this is measured besides.
//! * Misspelt queries, made or given: how many are still answered, how many suggestions are right; the
//!   same seed makes the same ones.
//! * Queries and judgements are read in the forms of BEIR and TREC; a query for which nothing is relevant
//!   is named and not measured.
//! * Queries are made out of the articles, by a seed, for pages that are known to be there.
//! * Judged queries are measured as well; the two exclude each other, and what cannot be done is
//!   said.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{fichero, run, run_json};

/// Words so different that none is taken for another one misspelt.
const WORDS: [&str; 12] = [
    "aardvark",
    "bicycle",
    "cathedral",
    "dolphin",
    "elephant",
    "flamingo",
    "giraffe",
    "horizon",
    "iguana",
    "jasmine",
    "kangaroo",
    "lighthouse",
];

fn record(id: &str, work: &str, lang: &str, day: usize, words: &[&str]) -> Value {
    let (title, body) = (words.first().unwrap(), words.join(" "));
    let date = format!("2024-{:02}-{:02}", 1 + day / 28, 1 + day % 28);
    json!({ "id": id, "work": work, "lang": lang, "title": title, "body": body, "published_at": date })
}

/// A folder with a corpus, its records and judgements.
struct Judged {
    folder: TempDir,
}

impl Judged {
    fn new(records: &[Value], judgements: &[(&str, &str, u32)]) -> Judged {
        let folder = tempfile::tempdir().unwrap();
        let lines: Vec<String> = records.iter().map(Value::to_string).collect();
        fs::write(folder.path().join("site.jsonl"), lines.join("\n")).unwrap();
        let lines: Vec<String> =
            judgements.iter().map(|(article, related, grade)| format!("{article}\t{related}\t{grade}\n")).collect();
        fs::write(folder.path().join("related.tsv"), format!("article\trelated\tgrade\n{}", lines.concat())).unwrap();
        Judged { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Evaluates the corpus.
    fn evaluate(&self, further: &[&str]) -> Value {
        let arguments = ["evaluate", "--json", "--related", "related.tsv", "--corpus", "site.jsonl"];
        run_json(self.path(), &[&arguments, further].concat())
    }

    /// Evaluates what is sure to fail, and gives back what is said.
    fn failing(&self, arguments: &[&str]) -> String {
        let output = fichero(self.path()).arg("evaluate").args(arguments).output().unwrap();
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

/// Two languages; `b` and `c` share words with `a`, the rest with each other.
fn bilingual() -> Judged {
    let mut records = vec![
        record("a-en", "a", "en", 1, &["aardvark", "bicycle", "cathedral", "dolphin"]),
        record("a-es", "a", "es", 1, &["aardvark", "bicycle", "cathedral", "dolphin"]),
        record("b-en", "b", "en", 2, &["bicycle", "cathedral", "dolphin", "elephant", "flamingo"]),
        record("b-es", "b", "es", 2, &["bicycle", "cathedral", "dolphin", "elephant", "flamingo"]),
        record("c-en", "c", "en", 3, &["cathedral", "giraffe", "horizon", "iguana"]),
        record("d-en", "d", "en", 4, &["giraffe", "horizon", "jasmine"]),
        record("e-es", "e", "es", 5, &["aardvark", "kangaroo", "lighthouse"]),
        record("hidden", "hidden", "en", 6, &["giraffe", "horizon", "jasmine"]),
    ];
    records[7]["hidden"] = json!(true);
    Judged::new(
        &records,
        &[
            ("a-en", "a-es", 3),
            ("a-en", "b-en", 1),
            ("a-en", "b-es", 2),
            ("a-en", "d-en", 3),
            ("a-en", "c-en", 0),
            ("c-en", "d-en", 1),
            ("a-es", "e-es", 2),
            ("gone", "a-en", 1),
            ("hidden", "d-en", 1),
            ("d-en", "c-en", 0),
            ("b-en", "b-es", 2),
        ],
    )
}

/// nDCG@10 by the textbook, of grades in the order of a ranking.
fn ndcg_10(ranked: &[f64], mut judged: Vec<f64>) -> f64 {
    let dcg = |grades: &[f64]| -> f64 {
        grades.iter().take(10).enumerate().map(|(place, grade)| grade / (place as f64 + 2.0).log2()).sum()
    };
    judged.sort_by(|a, b| b.total_cmp(a));
    dcg(ranked) / dcg(&judged)
}

#[test]
fn queries_and_judgements_of_other_tools_are_measured_alike() {
    let site = bilingual();
    let write = |name: &str, text: &str| fs::write(site.path().join(name), text).unwrap();
    write("lines.jsonl", "{\"_id\": \"1\", \"text\": \"aardvark bicycle\"}\n{\"_id\": \"2\", \"text\": \"giraffe\"}\n");
    write("grades.tsv", "query-id\tcorpus-id\tscore\n1\ta-en\t2.0\n1\te-es\t1\n2\td-en\t0\n");
    write(
        "topics",
        "<top>\n<num> Number: 1\n<title> aardvark bicycle\n</top>\n<top>\n<num> 2\n<title> giraffe\n</top>\n",
    );
    write("qrels", "1 0 a-en 2\n1 0 e-es 1\n2 0 d-en -1\n");
    let evaluate = |queries: &str, qrels: &str| {
        let arguments = ["--queries", queries, "--qrels", qrels, "--corpus", "site.jsonl", "--run", "run.tsv"];
        let evaluation = run_json(site.path(), &[&["evaluate", "--json"], &arguments[..]].concat());
        (
            evaluation["per_query"].clone(),
            evaluation["without_relevant"].clone(),
            evaluation["figures"]["all"]["queries"].clone(),
        )
    };
    let measured = evaluate("lines.jsonl", "grades.tsv");
    assert_eq!(measured, evaluate("topics", "qrels"));
    assert_eq!((&measured.1, &measured.2), (&json!(["2"]), &json!(1)), "nothing could be found for the second");
    let run = fs::read_to_string(site.path().join("run.tsv")).unwrap();
    let scores: Vec<f64> = run.lines().map(|line| line.split('\t').nth(4).unwrap().parse().unwrap()).collect();
    assert!(scores.len() >= 2 && scores.is_sorted_by(|a, b| a >= b) && scores[0].fract() != 0.0, "{run}");
    write("other", "9 0 a-en 2\n");
    let said = site.failing(&["--queries", "topics", "--qrels", "other", "--corpus", "site.jsonl"]);
    assert!(said.contains("no article is judged relevant for any query of topics"), "{said}");
}

#[test]
fn pages_that_are_known_to_be_there_are_looked_for() {
    // Each article has names, a line and words with a function word between that no other has.
    let article = |number: usize| {
        let word = |place: usize| WORDS[(number + place) % WORDS.len()];
        let name = |text: &str| text[..1].to_uppercase() + &text[1..];
        let body = format!("{} {} and the {} of {} with {number}", name(word(1)), name(word(2)), word(3), word(5));
        json!({ "id": format!("n{number}"), "lang": "en", "title": word(0), "body": body })
    };
    let site = Judged::new(&(0..WORDS.len()).map(article).collect::<Vec<_>>(), &[]);
    let evaluate = |further: &[&str]| {
        let arguments = ["evaluate", "--json", "--corpus", "site.jsonl", "--known-items"];
        run_json(site.path(), &[&arguments, further].concat())
    };
    let one = evaluate(&["40", "--run", "run.tsv"]);
    let classes = one["known_items"].as_object().unwrap();
    let count = |class: &str| classes[class]["queries"].as_u64().unwrap();
    assert_eq!(
        classes.keys().collect::<Vec<_>>(),
        ["four to six in a row", "function words between", "two common names"]
    );
    assert_eq!([count("two common names"), count("function words between")], [12, 12], "one of each article");
    for (class, figures) in classes {
        assert_eq!(figures["first_three"], 1.0, "{class}");
        assert_eq!(figures["first_lacks_word"], 0.0, "{class}");
    }
    let queries = |evaluation: &Value| evaluation["per_query"].clone();
    assert_eq!(queries(&one), queries(&evaluate(&["40", "--seed", "1"])), "the same seed, the same queries");
    assert_eq!(evaluate(&["2"])["figures"]["all"]["queries"], 6, "as many of a class as were asked for");
    let said = site.failing(&["--known-items", "--queries", "x", "--qrels", "y"]);
    assert!(said.contains("cannot be used with"), "{said}");
}

#[test]
fn figures_follow_the_ranking_and_count_works() {
    let site = bilingual();
    let evaluation = site.evaluate(&["--run", "run.tsv"]);
    let grades: BTreeMap<&str, HashMap<&str, f64>> = BTreeMap::from([
        ("a-en", HashMap::from([("b", 2.0), ("d", 3.0)])),
        ("a-es", HashMap::from([("e", 2.0)])),
        ("c-en", HashMap::from([("d", 1.0)])),
    ]);
    let run = fs::read_to_string(site.path().join("run.tsv")).unwrap();
    let mut rankings: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut works: HashSet<(&str, &str)> = HashSet::new();
    for line in run.lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let work = columns[2].split('-').next().unwrap();
        assert!(works.insert((columns[0], work)) && !columns[0].starts_with(&format!("{work}-")), "{run}");
        rankings.entry(columns[0]).or_default().push(grades[columns[0]].get(work).copied().unwrap_or(0.0));
    }
    assert_eq!(rankings.keys().collect::<Vec<_>>(), grades.keys().collect::<Vec<_>>());
    let mut sum = 0.0;
    for (article, ranked) in &rankings {
        let expected = ndcg_10(ranked, grades[article].values().copied().collect());
        let told = evaluation["per_query"][article].as_f64().unwrap();
        assert!((told - expected).abs() < 1e-9, "{article}: {told} {expected}");
        sum += expected;
    }
    let figures = &evaluation["figures"];
    assert!((figures["all"]["ndcg_10"].as_f64().unwrap() - sum / 3.0).abs() < 1e-9);
    assert_eq!(figures["en"]["queries"], 2);
    assert_eq!(figures["es"]["queries"], 1);
    assert_eq!(figures["es"]["ndcg_10"], evaluation["per_query"]["a-es"]);
    // Five works: all that is judged is among the first ten.
    assert_eq!(figures["all"]["recall_10"], 1.0);
    assert_eq!(figures["all"]["success_5"], 1.0);
    assert_eq!(figures["all"]["queries"], 3);
}

#[test]
fn unmeasurable_articles_are_reported() {
    let site = bilingual();
    let evaluation = site.evaluate(&[]);
    assert_eq!(evaluation["missing"], json!(["gone", "hidden"]));
    assert_eq!(evaluation["without_related"], json!(["d-en", "b-en"]));
    let arguments = ["evaluate", "--related", "related.tsv", "--corpus", "site.jsonl", "--baseline"];
    let told = String::from_utf8(run(site.path(), &arguments).stdout).unwrap();
    for line in
        ["7 blocks of 6, 0 of them empty", "not measured, not in the index or not shown: 2: gone, hidden", "plain MLT"]
    {
        assert!(told.contains(line), "{line}: {told}");
    }
    fs::write(site.path().join("none.tsv"), "gone\ta-en\t1\nb-en\ta-en\t0\nd-en\td-en\t2").unwrap();
    let said = site.failing(&["--related", "none.tsv", "--corpus", "site.jsonl"]);
    assert!(
        said.contains(
            "none.tsv: nothing to measure: of the articles judged, 1 are not in the index or not shown and 2"
        ),
        "{said}"
    );
}

#[test]
fn blocks_cover_every_visible_article() {
    let evaluation = bilingual().evaluate(&[]);
    let blocks = &evaluation["blocks"];
    assert_eq!((&blocks["blocks"], &blocks["size"], &blocks["works"]), (&json!(7), &json!(6), &json!(5)));
    let (hits, most) = (blocks["hits"].as_f64().unwrap(), blocks["most_shown"]["blocks"].as_f64().unwrap());
    assert!((blocks["mean_shown"].as_f64().unwrap() - hits / 5.0).abs() < 1e-9);
    assert!(hits > 0.0 && most >= hits / 5.0 && most <= 7.0, "{blocks}");
    let coverage = blocks["coverage"].as_f64().unwrap();
    assert!(coverage > 0.0 && coverage <= 1.0);
    let reasons = blocks["reasons"].as_object().unwrap();
    assert!(!reasons.is_empty() && reasons.values().all(|share| (0.0..=1.0).contains(&share.as_f64().unwrap())));
}

#[test]
fn without_topics_the_text_alone_relates() {
    // Each pair has one thing in common, and nothing in its text; what is newest has nothing.
    let mut records: Vec<Value> =
        WORDS.iter().enumerate().map(|(day, word)| record(word, word, "en", day, &[word])).collect();
    for (field, value, pair) in [
        ("topics", json!(["Research/Quarries"]), [0, 1]),
        ("tags", json!(["velocity"]), [2, 3]),
        ("series", json!("Wednesday letters"), [4, 5]),
    ] {
        for number in pair {
            records[number][field] = value.clone();
        }
    }
    let judgements = [(WORDS[0], WORDS[1], 1), (WORDS[2], WORDS[3], 1), (WORDS[4], WORDS[5], 1)];
    let site = Judged::new(&records, &judgements);
    assert_eq!(site.evaluate(&[])["figures"]["all"]["success_1"], 1.0);
    assert_eq!(site.evaluate(&["--without-topics"])["figures"]["all"]["success_1"], 0.0);
}

/// An evaluation without what differs from one to the next.
fn without_times(mut evaluation: Value) -> Value {
    let figures = evaluation["figures"].as_object_mut().unwrap().values_mut().map(|figures| figures.as_object_mut());
    for figures in figures {
        figures.unwrap().retain(|name, _| !name.ends_with("_ms"));
    }
    evaluation["blocks"].as_object_mut().unwrap().retain(|name, _| !name.ends_with("_ms"));
    evaluation["baseline"] = evaluation["baseline"]["all"]["ndcg_10"].clone();
    evaluation
}

#[test]
fn published_index_evaluates_like_its_corpus() {
    let word = |number: usize| WORDS[number % WORDS.len()];
    let records: Vec<Value> = (0..600)
        .map(|number| {
            let id = format!("n{number:03}");
            record(&id, &id, "en", number % 300, &[word(number), word(number / 12), word(number / 144 + 5)])
        })
        .collect();
    let site = Judged::new(&records, &[("n000", "n012", 1), ("n300", "n312", 2), ("n599", "n011", 1)]);
    run(site.path(), &["reindex", "site.jsonl"]);
    let published = run_json(site.path(), &["evaluate", "--json", "--baseline", "--related", "related.tsv"]);
    assert_eq!(published["blocks"]["blocks"], 600);
    assert!(published["baseline"]["all"]["queries"] == 3);
    assert_eq!(without_times(published), without_times(site.evaluate(&["--baseline"])));
}

#[test]
fn evaluation_compares_with_an_earlier_one() {
    let site = bilingual();
    let mut earlier = site.evaluate(&[]);
    let now = earlier["per_query"]["a-en"].clone();
    earlier["per_query"]["a-en"] = json!(-1.0);
    earlier["per_query"].as_object_mut().unwrap().remove("c-en");
    fs::write(site.path().join("earlier.json"), earlier.to_string()).unwrap();
    let differences = &site.evaluate(&["--against", "earlier.json"])["differences"];
    assert_eq!(*differences, json!([{ "query": "a-en", "text": "aardvark", "before": -1.0, "now": now }]));
}

#[test]
fn judged_queries_are_measured() {
    let site = bilingual();
    fs::write(site.path().join("queries.jsonl"), r#"{"_id": "q", "text": "elephant", "lang": "es"}"#).unwrap();
    fs::write(site.path().join("qrels.tsv"), "query\tarticle\tgrade\nq\tb-en\t1\n").unwrap();
    let arguments =
        ["evaluate", "--json", "--corpus", "site.jsonl", "--queries", "queries.jsonl", "--qrels", "qrels.tsv"];
    let evaluation = run_json(site.path(), &[&arguments[..], &["--baseline", "--filter-lang"]].concat());
    for figures in [&evaluation["figures"]["es"], &evaluation["baseline"]["all"]] {
        assert_eq!(
            (&figures["queries"], &figures["ndcg_10"], &figures["success_1"]),
            (&json!(1), &json!(1.0), &json!(1.0))
        );
    }
    assert!(evaluation.get("blocks").is_none());
}

#[test]
fn evaluation_errors_name_the_problem() {
    let site = bilingual();
    fs::write(site.path().join("broken.tsv"), "article\trelated\tgrade\na-en\tb-en\n").unwrap();
    fs::write(site.path().join("empty.tsv"), "article\trelated\tgrade\n").unwrap();
    let corpus = ["--corpus", "site.jsonl"];
    for (arguments, message) in [
        (vec![], "<--queries <FILE>|--related <FILE>|--known-items [<QUERIES>]>"),
        (vec!["--queries", "q"], "--qrels <FILE>"),
        (vec!["--qrels", "q"], "<--queries <FILE>|--related <FILE>|--known-items [<QUERIES>]>"),
        (vec!["--related", "r", "--queries", "q", "--qrels", "q"], "'--related <FILE>' cannot be used with"),
        (vec!["--related", "r", "--qrels", "q"], "'--related <FILE>' cannot be used with '--qrels <FILE>'"),
        (vec!["--known-items", "--tell-lang"], "'--known-items [<QUERIES>]' cannot be used with '--tell-lang'"),
        (vec!["--related", "r", "--seed", "2"], "<--misspell <SLIPS>|--known-items [<QUERIES>]>"),
        (vec!["--related", "r", "--tell-lang"], "'--related <FILE>' cannot be used with '--tell-lang'"),
        (vec!["--related", "r", "--without-topics"], "--corpus <PATH>"),
        (
            [&corpus[..], &["--queries", "q", "--qrels", "q", "--without-topics"]].concat(),
            "cannot be used with '--without-topics'",
        ),
        ([&corpus[..], &["--related", "absent.tsv"]].concat(), "absent.tsv"),
        (
            [&corpus[..], &["--related", "broken.tsv"]].concat(),
            "broken.tsv:2: not article, related article and grade, separated by tabs",
        ),
        ([&corpus[..], &["--related", "empty.tsv"]].concat(), "empty.tsv: no judgements in it"),
        ([&corpus[..], &["--related", "related.tsv", "--depth", "0"]].concat(), "depth 0: 1 to 100"),
        ([&corpus[..], &["--related", "related.tsv", "--depth", "101"]].concat(), "depth 101: 1 to 100"),
        (vec!["--related", "related.tsv"], "no index here yet"),
    ] {
        let said = site.failing(&arguments);
        assert!(said.contains(message), "{arguments:?}: {said}");
    }
}

#[test]
fn misspelt_queries_are_measured_against_the_correct_ones() {
    let records: Vec<Value> = WORDS
        .iter()
        .enumerate()
        .map(|(day, word)| record(&format!("a{day}"), &format!("w{day}"), "en", day, &[word]))
        .collect();
    let site = Judged::new(&records, &[]);
    let query =
        |place: usize, text: &str| json!({ "_id": format!("q{place}"), "text": text, "lang": "en" }).to_string();
    let queries: Vec<String> = WORDS.iter().enumerate().map(|(place, word)| query(place, word)).collect();
    let misspelt = [query(0, "aardvaark"), query(1, "xylophone"), query(2, WORDS[2])];
    let judgements: Vec<String> = (0..WORDS.len()).map(|place| format!("q{place}\ta{place}\t1")).collect();
    for (file, lines) in [("queries.jsonl", &queries[..]), ("misspelt.jsonl", &misspelt), ("qrels.tsv", &judgements)] {
        fs::write(site.path().join(file), lines.join("\n")).unwrap();
    }
    let set = ["evaluate", "--json", "--corpus", "site.jsonl", "--queries", "queries.jsonl", "--qrels", "qrels.tsv"];
    let measured = |further: &[&str]| run_json(site.path(), &[&set, further].concat())["misspelt"]["all"].clone();
    let given = measured(&["--misspelt", "misspelt.jsonl"]);
    let expected = json!({
        "found": 12, "misspelt": 2, "kept": 0.5, "suggestions": 1, "right": 1.0, "false_alarms": 0.0,
    });
    assert_eq!(given, expected);
    let made = measured(&["--misspell", "1"]);
    assert_eq!((&made["misspelt"], &made["false_alarms"]), (&json!(12), &json!(0.0)));
    assert!(made["kept"].as_f64().unwrap() > 0.9 && made["right"].as_f64().unwrap() > 0.9, "{made}");
    assert_eq!(measured(&["--misspell", "1", "--seed", "1"]), made);
}
