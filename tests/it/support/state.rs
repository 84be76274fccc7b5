//! Small sites with known articles, what a data folder answers, and whether the two agree.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fichero::engine::query::Query;
use fichero::engine::tantivy::Generation;
use fichero::engine::{ArticleKey, SearchEngine, SearchRequest, Sort};
use fichero::indexing::index_updater::open_engine;
use fichero::storage::catalog::Catalog;
use fichero::storage::data_dir::DataFolder;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support;

/// What is compared of an article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub work: String,
    pub lang: String,
    pub title: String,
    pub body: String,
}

/// All articles of a site, by id.
pub type Articles = BTreeMap<String, Text>;

/// A word that only one article has, in one edition of it.
pub fn own_word(number: usize, edition: usize) -> String {
    let letters = b"bdfgkmnprt";
    let digits = [edition % 10, number / 100 % 10, number / 10 % 10, number % 10];
    let middle: String = digits.iter().map(|digit| char::from(letters[*digit])).collect();
    format!("xol{middle}ok")
}

fn article(number: usize, edition: usize) -> (String, Text) {
    let id = if number % 4 == 3 { format!("page-{number:03}") } else { format!("item-{number:03}") };
    let lang = if number.is_multiple_of(2) { "en" } else { "es" };
    let text = Text {
        work: format!("work {}", number / 2),
        lang: lang.to_owned(),
        title: format!("Number {number}, edition {edition}"),
        body: format!("Edition {edition} of {id} speaks of {} and of mobility.", own_word(number, edition)),
    };
    (id, text)
}

/// The first state of a site: pairs of translations.
pub fn first_state(count: usize) -> Articles {
    (0..count).map(|number| article(number, 1)).collect()
}

/// The state after it: articles added, changed, deleted, and kept.
pub fn second_state(count: usize) -> Articles {
    let kept = (0..count).filter(|number| number % 7 != 5);
    let kept = kept.map(|number| article(number, if number % 3 == 1 { 2 } else { 1 }));
    kept.chain((count..count + count / 6 + 1).map(|number| article(number, 2))).collect()
}

/// How many works there are.
pub fn works(articles: &Articles) -> u64 {
    articles.values().map(|text| text.work.as_str()).collect::<BTreeSet<_>>().len() as u64
}

/// Writes a state as a folder of Markdown pages and a file of JSON lines, in place of what the
/// folder held.
pub fn write_sources(folder: &Path, articles: &Articles) {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    fs::create_dir_all(folder.join("pages")).unwrap();
    let mut lines = String::new();
    for (id, Text { work, lang, title, body }) in articles {
        if id.starts_with("page") {
            let page = format!("---\nid: {id}\nlang: {lang}\nwork: {work}\ntitle: \"{title}\"\n---\n\n{body}\n");
            fs::write(folder.join("pages").join(format!("{id}.md")), page).unwrap();
        } else {
            let line = json!({"id": id, "lang": lang, "work": work, "title": title, "body": body});
            lines.push_str(&format!("{line}\n"));
        }
    }
    fs::write(folder.join("items.jsonl"), lines).unwrap();
}

/// Writes `fichero.toml`, whose gate lets everything through, and `strict.toml`, which lets
/// nothing vanish and has a judged query.
fn configure(folder: &Path, sources: &Path) {
    let strict = "max_vanished_percent = 0\nqueries = \"queries.jsonl\"\nqrels = \"qrels.tsv\"";
    for (name, gate) in [("fichero.toml", "max_vanished_percent = 100"), ("strict.toml", strict)] {
        let text = format!("[gate]\n{gate}\n[[source]]\nname = \"site\"\npath = {:?}\n", sources.to_str().unwrap());
        fs::write(folder.join(name), text).unwrap();
    }
    fs::write(folder.join("queries.jsonl"), json!({"_id": "q", "text": own_word(1, 1)}).to_string()).unwrap();
    fs::write(folder.join("qrels.tsv"), "q\titem-001\t1\n").unwrap();
}

/// A folder with a configuration, whose data folder is `index`.
pub struct Site {
    folder: TempDir,
    sources: PathBuf,
}

impl Site {
    /// A site without an index over sources that are elsewhere.
    pub fn over(sources: &Path) -> Site {
        let folder = tempfile::tempdir().unwrap();
        configure(folder.path(), sources);
        Site { folder, sources: sources.to_owned() }
    }

    /// A site without an index over its own sources, `site`.
    pub fn with(articles: &Articles) -> Site {
        let folder = tempfile::tempdir().unwrap();
        configure(folder.path(), Path::new("site"));
        let site = Site { sources: folder.path().join("site"), folder };
        site.now_says(articles);
        site
    }

    /// Another site over the same sources, with a copy of the data folder as it is.
    pub fn copy(&self) -> Site {
        let copy = Site::over(&self.sources);
        copy_folder(&self.data(), &copy.data());
        copy
    }

    /// Changes what the sources say.
    pub fn now_says(&self, articles: &Articles) {
        write_sources(&self.sources, articles);
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("index")
    }

    pub fn data_folder(&self) -> DataFolder {
        DataFolder::existing(&self.data())
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = support::fichero(self.folder());
        command.args(arguments);
        command
    }

    /// Runs the binary; it may fail, but never by a panic or a signal.
    pub fn try_run(&self, arguments: &[&str]) -> Output {
        checked(self.command(arguments))
    }

    /// Runs the binary to a good end.
    pub fn run(&self, arguments: &[&str]) -> Output {
        let output = self.try_run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        output
    }

    /// Runs the binary to a good end and reads what it prints.
    pub fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_slice(&self.run(arguments).stdout).unwrap()
    }

    /// Runs a reindex that must find the sources whole.
    pub fn reindex(&self, arguments: &[&str]) -> Value {
        let report = self.json(&[&["reindex", "--json"], arguments].concat());
        for source in report["sources"].as_array().unwrap() {
            assert_eq!((&source["rejected"], &source["flaws"]), (&json!(0), &json!([])), "{report}");
        }
        report
    }

    /// What is published: every article, read from the published generation alone; `None` where
    /// nothing is. Fails where an id or a work is answered twice, or a total is wrong.
    pub fn answered(&self) -> Option<Articles> {
        let data = self.data_folder();
        let engine = open_engine(&data, data.current()?).unwrap();
        Some(articles_of(&engine))
    }

    /// What the catalog holds.
    pub fn accepted(&self) -> Articles {
        let articles = Catalog::open(&self.data()).unwrap().all_articles().unwrap();
        let count = articles.len();
        let text = |article: fichero::article::Article| {
            (article.id, Text { work: article.work, lang: article.lang, title: article.title, body: article.body })
        };
        let articles: Articles = articles.into_iter().map(text).collect();
        assert_eq!(articles.len(), count, "an id stands twice in the catalog");
        articles
    }

    /// Fails unless the command line answers exactly these articles, as far as it shows them.
    pub fn must_answer_on_the_command_line(&self, articles: &Articles) {
        let answer = self.json(&["search", "--json", "--limit", "100", ""]);
        assert_eq!(answer["total"]["value"], works(articles), "{}", answer["total"]);
        let hits = answer["hits"].as_array().unwrap();
        assert_eq!(hits.len() as u64, works(articles).min(100));
        let mut seen = BTreeSet::new();
        for hit in hits {
            for version in hit["translations"].as_array().unwrap().iter().chain([hit]) {
                let id = version["id"].as_str().unwrap();
                assert!(seen.insert(id), "{id} is answered twice");
                assert_eq!(version["title"], articles[id].title, "{id}");
            }
            assert_eq!(hit["snippet_html"], articles[hit["id"].as_str().unwrap()].body);
        }
    }

    /// Fails unless the data folder says exactly what the sources say and holds nothing else.
    pub fn must_be_settled(&self, articles: &Articles) {
        assert_same(self.answered().as_ref(), articles);
        assert_same(Some(&self.accepted()), articles);
        self.must_answer_on_the_command_line(articles);
        let status = self.json(&["status", "--json"]);
        assert_eq!(status["articles"], articles.len(), "{status}");
        assert_eq!(status["pending_changes"], 0, "{status}");
        assert_eq!(status["held"], false, "{status}");
        assert_eq!(status["problems"], json!([]), "{status}");
        assert_eq!(status["last_run"]["state"], "accepted", "{status}");
        self.must_hold_no_orphans();
    }

    /// Fails where a dead process left something in the data folder.
    pub fn must_hold_no_orphans(&self) {
        let data = self.data_folder();
        let current = data.current().unwrap();
        let others: Vec<u64> = data.generation_numbers().into_iter().filter(|number| *number != current).collect();
        assert!(others.len() <= 1, "generations {others:?} beside {current}");
        for number in others {
            assert!(number < current, "generation {number} beside {current}");
            let other = Generation::open(&data.generation(number)).unwrap();
            assert_eq!(other.applied().unwrap().run, None, "generation {number} was never published");
        }
        for folder in [self.data(), data.generation(current)] {
            for entry in fs::read_dir(&folder).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                assert!(!name.ends_with(".new"), "{name} was left in {}", folder.display());
            }
        }
        let catalog = Connection::open(self.data().join("catalog.sqlite")).unwrap();
        let number = |query: &str| catalog.query_row(query, [], |row| row.get::<_, u64>(0)).unwrap();
        for table in ["staged", "staged_file", "staged_profile"] {
            assert_eq!(number(&format!("SELECT COUNT(*) FROM {table}")), 0, "{table}");
        }
        assert_eq!(number("SELECT COUNT(*) FROM content WHERE key NOT IN (SELECT content FROM record)"), 0);
        assert_eq!(number("SELECT COUNT(*) FROM run WHERE state = 'staging'"), 0);
        let integrity: String = catalog.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(integrity, "ok");
    }

    /// What decides which state is to be answered: changes with an acceptance, a rollback and a
    /// resume. `None` where there is no catalog yet. Reads a copy: nothing is recovered by it.
    pub fn decision(&self) -> Option<(u64, bool, u64)> {
        let folder = tempfile::tempdir().unwrap();
        for name in ["catalog.sqlite", "catalog.sqlite-wal"] {
            if self.data().join(name).exists() {
                fs::copy(self.data().join(name), folder.path().join(name)).unwrap();
            }
        }
        if !folder.path().join("catalog.sqlite").exists() {
            return None;
        }
        let catalog = Connection::open(folder.path().join("catalog.sqlite")).unwrap();
        let decision = catalog.query_row(
            "SELECT generation, is_held, (SELECT COUNT(*) FROM run WHERE state = 'accepted') FROM publication",
            [],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        );
        decision.ok()
    }
}

/// What a command did that ended some process midway: what was answered before it, and what
/// would have been after it.
pub struct Interrupted<'a> {
    pub before: Option<&'a Articles>,
    pub after: &'a Articles,
    /// [`Site::decision`] before it.
    pub decision: Option<(u64, bool, u64)>,
    /// What the sources say.
    pub sources: &'a Articles,
}

impl Interrupted<'_> {
    /// Fails unless a site is as it should be after a death, right away, at the next start of a
    /// server, and after the next reindex.
    pub fn must_have_left_all_well(&self, site: &Site) {
        let is_decided = site.decision() != self.decision;
        self.must_be_published(site);
        self.must_start(&site.copy(), is_decided);

        site.reindex(&[]);
        site.must_be_settled(self.sources);
        let number = if self.sources.contains_key("item-001") { 1 } else { 2 };
        let text = &self.sources[&format!("item-{number:03}")];
        let edition = if text.title.ends_with('2') { 2 } else { 1 };
        let found = site.json(&["search", "--json", &own_word(number, edition)]);
        assert_eq!((&found["total"]["value"], &found["hits"][0]["title"]), (&json!(1), &json!(text.title)));
        let people = site.run(&["search", &own_word(number, edition)]);
        assert!(String::from_utf8_lossy(&people.stdout).contains(&text.title));

        let again = site.reindex(&[]);
        assert_eq!(again["changes"], 0, "{again}");
        let source = &again["sources"][0];
        assert_eq!((&source["added"], &source["changed"], &source["deleted"]), (&json!(0), &json!(0), &json!(0)));
        assert_eq!(source["unchanged"], self.sources.len());
    }

    /// Before anything is mended: the old state or the new one, whole.
    fn must_be_published(&self, site: &Site) {
        let Some(answered) = site.answered() else {
            assert!(self.before.is_none(), "what was published is not any more");
            let output = site.try_run(&["search", "--json", ""]);
            assert_eq!(output.status.code(), Some(1));
            assert!(stderr(&output).contains("fichero reindex"), "{}", stderr(&output));
            return;
        };
        if self.before.is_none_or(|before| *before != answered) {
            assert_same(Some(&answered), self.after);
        }
        site.must_answer_on_the_command_line(&answered);
        let status = site.json(&["status", "--json"]);
        assert!(status["index_version"].is_string(), "{status}");
        assert_eq!(
            status["problems"].as_array().unwrap().iter().filter(|problem| is_current(problem, &status)).count(),
            0
        );
    }

    /// The next start answers what was decided, and sweeps.
    fn must_start(&self, site: &Site, is_decided: bool) {
        let expected = match self.before {
            Some(before) if !is_decided => before,
            _ => self.after,
        };
        let server = support::Server::start(site.folder(), &[]);
        let mut client = server.client();
        // The server answers from what is published while it takes up what was decided.
        support::wait_until("the server to take up what was decided", || {
            let answer = client.get("/v1/search?limit=100");
            assert_eq!(answer.status, 200);
            let total = answer.json()["total"]["value"].as_u64().unwrap();
            assert!(total == works(expected) || self.before.is_some_and(|before| total == works(before)), "{total}");
            total == works(expected) && site.answered().as_ref() == Some(expected) && site.is_swept()
        });
        if self.before.is_none() {
            assert_same(Some(&site.accepted()), self.after);
        }
        let (status, log) = server.stop();
        assert!(status.success() && !log.contains("panicked"), "{status}: {log}");
    }
}

fn is_current(problem: &Value, status: &Value) -> bool {
    problem.as_str().unwrap().starts_with(&format!("generation {}:", status["generation"]))
}

impl Site {
    fn is_swept(&self) -> bool {
        let data = self.data_folder();
        let numbers = data.generation_numbers();
        numbers.len() <= 2 && numbers.iter().all(|number| Generation::open(&data.generation(*number)).is_ok())
    }
}

/// Runs a command that may fail, but never by a panic or a signal.
pub fn checked(mut command: Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.code().is_some(), "{command:?}: {}: {}", output.status, stderr(&output));
    assert!(!stderr(&output).contains("panicked at"), "{command:?}: {}", stderr(&output));
    output
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Every article of an engine, whole.
pub fn articles_of(engine: &dyn SearchEngine) -> Articles {
    let now_s = jiff::Timestamp::now().as_second();
    let mut articles = Articles::new();
    let mut works = BTreeSet::new();
    loop {
        let request = SearchRequest {
            sort: Sort::Newest,
            offset: works.len(),
            limit: 100,
            ..SearchRequest::new(Query::parse(""), now_s)
        };
        let answer = engine.search(&request).unwrap();
        for hit in &answer.hits {
            assert!(works.insert(hit.card.work.clone()), "the work {:?} is answered twice", hit.card.work);
            for id in hit.translations.iter().map(|version| &version.id).chain([&hit.card.id]) {
                let whole =
                    engine.article(&ArticleKey::Id(id.clone()), now_s).unwrap().expect("an article that is listed");
                let card = whole.card;
                let text = Text { work: card.work, lang: card.lang, title: card.title, body: whole.body };
                assert!(articles.insert(id.clone(), text).is_none(), "{id} is answered twice");
            }
        }
        if answer.hits.is_empty() {
            assert_eq!(answer.total.value, works.len() as u64);
            return articles;
        }
    }
}

/// Fails, naming the articles that differ.
pub fn assert_same(found: Option<&Articles>, expected: &Articles) {
    let found = found.expect("something that is published");
    let ids: BTreeSet<&String> = found.keys().chain(expected.keys()).collect();
    let different: Vec<_> = ids.into_iter().filter(|id| found.get(*id) != expected.get(*id)).collect();
    let first = different.first().map(|id| (found.get(*id), expected.get(*id)));
    assert!(different.is_empty(), "{} differ: {different:?}; found, expected: {first:?}", different.len());
}

/// Copies a folder, where it is there.
pub fn copy_folder(from: &Path, to: &Path) {
    if !from.exists() {
        return;
    }
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
