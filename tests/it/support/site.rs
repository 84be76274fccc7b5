//! A folder with sources, their files written, edited and reindexed by tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use fichero::article::Article;
use fichero::config::SourceConfig;
use fichero::engine::query::Query;
use fichero::engine::tantivy::EmbeddedEngine;
use fichero::engine::{ArticleAnswer, ArticleKey, SearchEngine, SearchRequest};
use fichero::indexing::index_updater::open_engine;
use fichero::indexing::reindex::{Options, reindex};
use fichero::indexing::report::{Progress, Report, SourceReport};
use fichero::storage::catalog::Catalog;
use fichero::storage::data_dir::DataFolder;
use tempfile::TempDir;

/// A file younger than this is read again by the next reindex, for a second change within the
/// clock's grain would not show.
const SETTLED_AFTER: Duration = Duration::from_millis(2_050);

/// Counts the good records that are read.
#[derive(Default)]
pub struct Reads(AtomicU64);

impl Reads {
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Progress for Reads {
    fn reading(&self, _: &str, _: u64) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn building(&self, _: u64) {}
}

/// Sources in a temporary folder, and a data folder `index` beside them.
pub struct Site {
    folder: TempDir,
    pub sources: Vec<SourceConfig>,
}

impl Site {
    /// One source, the folder `site`.
    pub fn new() -> Site {
        Site::with(&["site"])
    }

    /// Sources named after their folders.
    pub fn with(names: &[&str]) -> Site {
        let mut site = Site { folder: tempfile::tempdir().unwrap(), sources: Vec::new() };
        site.configure(names);
        for name in names {
            fs::create_dir_all(site.path(name)).unwrap();
        }
        site
    }

    /// Makes these the configured sources, in this order.
    pub fn configure(&mut self, names: &[&str]) {
        self.sources = names
            .iter()
            .map(|name| SourceConfig { name: (*name).to_owned(), path: self.path(name), ..SourceConfig::default() })
            .collect();
    }

    /// The temporary folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path below the temporary folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, with the folders above it. It comes by a rename, as editors do it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let aside = self.path(".written");
        fs::write(&aside, content).unwrap();
        fs::rename(aside, path).unwrap();
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// Waits until every file is old enough to be passed over by the next reindex but one.
    pub fn settle(&self) {
        settle(&[self]);
    }

    pub fn data(&self) -> DataFolder {
        DataFolder::open(&self.path("index")).unwrap()
    }

    /// A reindex of the configured sources.
    pub fn reindex(&self) -> Report {
        self.reindex_with(&Options::default())
    }

    pub fn reindex_with(&self, options: &Options) -> Report {
        self.reindex_into("index", options, &Reads::default())
    }

    /// A reindex, and how many good records it read.
    pub fn reindex_counted(&self) -> (Report, u64) {
        let reads = Reads::default();
        let report = self.reindex_into("index", &Options::default(), &reads);
        (report, reads.count())
    }

    /// A reindex into another data folder.
    pub fn reindex_into(&self, data: &str, options: &Options, progress: &dyn Progress) -> Report {
        reindex(&DataFolder::open(&self.path(data)).unwrap(), &self.sources, options, progress).unwrap()
    }

    /// The articles that are answered, by id, as the catalog has them.
    pub fn articles(&self) -> BTreeMap<String, Article> {
        self.articles_in("index")
    }

    pub fn articles_in(&self, data: &str) -> BTreeMap<String, Article> {
        let articles = Catalog::open(&self.path(data)).unwrap().all_articles().unwrap();
        articles.into_iter().map(|article| (article.id.clone(), article)).collect()
    }

    pub fn titles(&self) -> BTreeMap<String, String> {
        self.articles().into_iter().map(|(id, article)| (id, article.title)).collect()
    }

    pub fn last_seq(&self) -> u64 {
        Catalog::open(&self.path("index")).unwrap().last_seq().unwrap()
    }

    /// The engine that answers at present.
    pub fn engine(&self) -> EmbeddedEngine {
        self.engine_in("index")
    }

    pub fn engine_in(&self, data: &str) -> EmbeddedEngine {
        let data = DataFolder::existing(&self.path(data));
        open_engine(&data, data.current().unwrap()).unwrap()
    }
}

/// As [`Site::settle`], of several at once.
pub fn settle(sites: &[&Site]) {
    let mut newest = SystemTime::UNIX_EPOCH;
    for source in sites.iter().flat_map(|site| &site.sources) {
        for file in files_below(&source.path) {
            newest = newest.max(changed_at(&file));
        }
    }
    while SystemTime::now().duration_since(newest).map_or(true, |age| age < SETTLED_AFTER) {
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn files_below(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return if path.exists() { vec![path.to_owned()] } else { Vec::new() };
    }
    fs::read_dir(path).unwrap().flat_map(|entry| files_below(&entry.unwrap().path())).collect()
}

fn changed_at(path: &Path) -> SystemTime {
    let metadata = fs::metadata(path).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let changed = Duration::new(metadata.ctime() as u64, metadata.ctime_nsec() as u32);
        metadata.modified().unwrap().max(SystemTime::UNIX_EPOCH + changed)
    }
    #[cfg(not(unix))]
    metadata.modified().unwrap()
}

/// What one source's part of a report counts: added, changed, unchanged, deleted, rejected.
pub fn counts(source: &SourceReport) -> [u64; 5] {
    [source.added, source.changed, source.unchanged, source.deleted, source.rejected]
}

/// A Markdown file with front matter.
pub fn markdown(fields: &str, body: &str) -> String {
    format!("---\n{fields}\n---\n{body}\n")
}

pub fn now_s() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A request for the first hundred works that hold what is typed.
pub fn request(query: &str) -> SearchRequest {
    SearchRequest { limit: 100, recency: 0.0, literal: true, ..SearchRequest::new(Query::parse(query), now_s()) }
}

/// The ids of the first hundred hits.
pub fn found(engine: &dyn SearchEngine, query: &str) -> Vec<String> {
    engine.search(&request(query)).unwrap().hits.into_iter().map(|hit| hit.card.id).collect()
}

pub fn article(engine: &dyn SearchEngine, id: &str) -> Option<ArticleAnswer> {
    engine.article(&ArticleKey::Id(id.to_owned()), now_s()).unwrap()
}

/// The shared data, where it is; else says that what needs it is skipped.
pub fn shared(path: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let shared = std::env::var_os("FICHERO_SHARED").map_or(beside, PathBuf::from);
    let path = shared.join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not here (FICHERO_SHARED names the folder of the shared data)", path.display());
    None
}
