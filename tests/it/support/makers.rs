//! Makers of engines from a list of records: the oracle, the embedded engine built at once the
//! real way (files, reindex, generation), and the embedded engine grown by several reindexes.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use fichero::article::Article;
use fichero::config::SourceConfig;
use fichero::config::gate::GateSettings;
use fichero::engine::oracle::BruteForceEngine;
use fichero::engine::planning::synonyms;
use fichero::engine::tantivy::EmbeddedEngine;
use fichero::engine::{IndexVersion, SearchEngine};
use fichero::indexing::index_updater::open_engine;
use fichero::indexing::reindex::{Options, reindex};
use fichero::indexing::report::{Progress, Rejected, Report};
use fichero::storage::data_dir::DataFolder;
use serde_json::Value;
use tempfile::TempDir;

/// An engine, and what it was made of.
pub struct Made {
    pub engine: Box<dyn SearchEngine>,
    pub articles: Vec<Article>,
    /// Removed after the engine, which reads from it.
    _site: Option<Site>,
}

/// Makes an engine from records as a line of JSON holds them.
pub type Maker = fn(&[Value]) -> Made;

/// The records as the program understands them; they must be flawless.
pub fn articles_of(records: &[Value]) -> Vec<Article> {
    let read = |record: &Value| {
        let (article, flaws) = Article::from_fields(record.as_object().unwrap()).unwrap();
        assert!(flaws.is_empty(), "{flaws:?} in {record}");
        article
    };
    records.iter().map(read).collect()
}

/// Words that stand for each other on the sites that are made here.
pub const SYNONYMS: &str = "\
distance learning, e-learning, teleworking
es: becas, movilidad
enseñanza superior, educación superior, higher education, enseignement
";

pub fn oracle_of(records: &[Value]) -> BruteForceEngine {
    let version = IndexVersion { generation: 1, seq: 1 };
    BruteForceEngine::new(articles_of(records), synonyms::parse(SYNONYMS).unwrap(), version)
}

pub fn oracle(records: &[Value]) -> Made {
    Made { engine: Box::new(oracle_of(records)), articles: articles_of(records), _site: None }
}

/// The embedded engine, built by one reindex.
pub fn embedded(records: &[Value]) -> Made {
    let site = Site::new();
    site.reindex(records, false);
    Made { engine: Box::new(site.open()), articles: articles_of(records), _site: Some(site) }
}

/// The embedded engine, its articles added, changed and deleted by four reindexes. What was
/// there before shares no word with what is there in the end.
pub fn grown(records: &[Value]) -> Made {
    let site = Site::new();
    for state in history(records, |records, place| {
        let mut draft = records[place].clone();
        draft["title"] = "A placeholder".into();
        draft["summary"] = "Unfinished, unread".into();
        draft["body"] = "Placeholders stood here before anything else".into();
        draft["published_at"] = Value::Null;
        draft
    }) {
        site.reindex(&state, false);
    }
    Made { engine: Box::new(site.open()), articles: articles_of(records), _site: Some(site) }
}

/// Four states of a site of which the last is `records`. On the way articles come as drafts, are
/// missing, hidden, of another work, and there are some that do not stay.
pub fn history(records: &[Value], draft: impl Fn(&[Value], usize) -> Value) -> [Vec<Value>; 4] {
    let leaver = |name: &str, place: usize| {
        let mut record = draft(records, place % records.len());
        record["id"] = format!("leaver {name}").into();
        record["url"] = Value::Null;
        record
    };
    let moved = |place: usize| {
        let mut record = draft(records, place);
        record["work"] = format!("another work {}", place % 3).into();
        record["lang"] = "en".into();
        record
    };
    let with_hidden = |place: usize| {
        let mut record = records[place].clone();
        record["hidden"] = true.into();
        record
    };
    let places = || 0..records.len();
    let mut first: Vec<Value> = places().filter(|place| place % 2 == 0).map(moved).collect();
    first.extend([leaver("a", 0), leaver("b", 1), leaver("c", 2)]);
    let mut second: Vec<Value> =
        places().map(|place| if place % 3 == 0 { records[place].clone() } else { draft(records, place) }).collect();
    second.extend([leaver("b", 1), leaver("c", 3)]);
    let mut third: Vec<Value> = places()
        .filter(|place| place % 4 != 1)
        .map(|place| if place % 5 == 2 { with_hidden(place) } else { records[place].clone() })
        .collect();
    third.push(leaver("c", 3));
    [first, second, third, records.to_vec()]
}

/// A source of one file, with its data folder.
pub struct Site {
    folder: TempDir,
}

struct Silent;

impl Progress for Silent {
    fn reading(&self, _: &str, _: u64) {}
    fn building(&self, _: u64) {}
}

impl Site {
    pub fn new() -> Site {
        Site { folder: tempfile::tempdir().unwrap() }
    }

    /// Replaces the file and has it read.
    pub fn reindex(&self, records: &[Value], full: bool) -> Report {
        let path = self.folder.path().join("site.jsonl");
        let lines: Vec<String> = records.iter().map(Value::to_string).collect();
        fs::write(&path, lines.join("\n")).unwrap();
        let data = DataFolder::open(&self.folder.path().join("index")).unwrap();
        let source = SourceConfig { name: "site".to_owned(), path, ..SourceConfig::default() };
        let synonyms = self.folder.path().join("synonyms.txt");
        fs::write(&synonyms, SYNONYMS).unwrap();
        let gate = GateSettings { always_allowed: u64::MAX, ..GateSettings::default() };
        let options = Options { full, synonyms: Some(synonyms), gate, ..Options::default() };
        let report = reindex(&data, &[source], &options, &Silent).unwrap();
        let site = &report.sources[0];
        // Its texts are made of words of all languages, whatever they declare; a work may be too large.
        let is_doubt =
            |flaw: &Rejected| flaw.reason.starts_with("lang: declared as") || flaw.reason.starts_with("work: ");
        assert!(report.is_complete() && site.rejections.is_empty() && site.flaws.iter().all(is_doubt), "{report:?}");
        assert_eq!(report.articles(), records.len() as u64);
        report
    }

    /// The folder of the generation that answers now.
    pub fn generation(&self) -> PathBuf {
        let data = DataFolder::existing(&self.folder.path().join("index"));
        data.generation(data.current().unwrap())
    }

    /// Its data folder.
    pub fn data(&self) -> DataFolder {
        DataFolder::existing(&self.folder.path().join("index"))
    }

    /// The engine that answers now. It does not see later reindexes.
    pub fn open(&self) -> EmbeddedEngine {
        let data = self.data();
        open_engine(&data, data.current().unwrap()).unwrap()
    }
}

/// Articles by their ids.
pub fn by_id(articles: &[Article]) -> BTreeMap<&str, &Article> {
    articles.iter().map(|article| (article.id.as_str(), article)).collect()
}
