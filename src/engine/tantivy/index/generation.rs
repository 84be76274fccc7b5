//! A generation on disk: a Tantivy index in a folder, with a manifest that describes it.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tantivy::directory::error::{LockError, OpenReadError};
use tantivy::indexer::IndexWriterOptions;
use tantivy::{Index, IndexReader, IndexWriter, ReloadPolicy, TantivyError, Term};

use super::backpressure::{InFlight, InFlightDocument};
use super::directory::GenerationFolder;
pub use super::error::GenerationError;
use super::error::{Result, is_damage};
use super::failure::of_writing;
use super::schema::{ContentKey, IndexFields, SCHEMA_VERSION, document, schema, tokenizers};
use crate::analysis::{ArticleTerms, TokenVariantsCache, Zone, fingerprint};
use crate::article::Article;
use crate::crash_point;
use crate::engine::IndexVersion;
use crate::engine::planning::synonyms::SynonymGroup;
use crate::engine::tantivy::reader::neighbours::NearestStore;
use crate::engine::tantivy::reader::segment::KnownSegments;
use crate::engine::tantivy::reader::snapshot::Snapshot;
use crate::engine::tantivy::related::{self, StoreError};
use crate::panics::contain;

const MANIFEST: &str = "manifest.json";
/// The file that marks a generation as damaged; contains the reason.
const DAMAGE: &str = "DAMAGED";

/// The description of a generation. It is written last, so a folder without one is an unfinished
/// build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The generation's number.
    pub generation: u64,
    /// The version of its schema.
    pub schema_version: u32,
    /// The fingerprint of the analysis that produced its terms, see [`fingerprint`].
    pub analysis: String,
    /// The id of the catalog that it was built from.
    pub catalog: String,
    /// The number of articles at its build, by language.
    pub articles: BTreeMap<String, u64>,
    /// When it was built, RFC 3339.
    pub built_at: String,
    /// The version of fichero that built it.
    pub built_by: String,
}

impl Manifest {
    /// The manifest of a generation that this binary has just built.
    pub fn new(generation: u64, catalog: String, articles: BTreeMap<String, u64>) -> Manifest {
        Manifest {
            generation,
            catalog,
            schema_version: SCHEMA_VERSION,
            analysis: fingerprint(),
            articles,
            built_at: jiff::Timestamp::now().to_string(),
            built_by: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// The payload of a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// The last `seq` in the index.
    pub seq: u64,
    /// The run whose staged changes are also in it, if it was built before their acceptance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<i64>,
    /// The synonym groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub synonyms: Vec<SynonymGroup>,
    /// The `seq` at which the synonyms changed last; 0 if there never were any.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub synonyms_seq: u64,
}

impl Applied {
    /// The payload as JSON, followed by a line with its checksum. Tantivy has none for it.
    pub fn to_payload(&self) -> serde_json::Result<String> {
        let text = serde_json::to_string(self)?;
        let seal = blake3::hash(text.as_bytes()).to_hex();
        Ok(format!("{text}\n{seal}"))
    }

    /// Parses a payload; `None` if its checksum does not match.
    fn from_payload(payload: &str) -> Option<Applied> {
        let (text, seal) = payload.rsplit_once('\n')?;
        let is_whole = blake3::hash(text.as_bytes()).to_hex().as_str() == seal;
        is_whole.then(|| serde_json::from_str(text).ok())?
    }
}

fn is_zero(seq: &u64) -> bool {
    *seq == 0
}

/// An open generation.
pub struct Generation {
    path: PathBuf,
    manifest: Manifest,
    index: Index,
    fields: IndexFields,
    reader: IndexReader,
}

impl Generation {
    /// Opens a generation; an error if it was built for another binary, is marked as damaged, or
    /// has a missing or truncated file. The content of files is not read, see
    /// [`Generation::verify`].
    pub fn open(path: &Path) -> Result<Generation> {
        contained(path, || Generation::open_trusting(path))
    }

    fn open_trusting(path: &Path) -> Result<Generation> {
        if let Ok(reason) = fs::read_to_string(path.join(DAMAGE)) {
            return Err(GenerationError::Damaged { path: path.to_owned(), reason });
        }
        let unreadable = |source: Box<dyn std::error::Error + Send + Sync>| GenerationError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let manifest = fs::read(path.join(MANIFEST)).map_err(|error| unreadable(error.into()))?;
        let manifest: Manifest = serde_json::from_slice(&manifest).map_err(|error| unreadable(error.into()))?;
        let (expected, fields) = schema();
        if manifest.schema_version != SCHEMA_VERSION || manifest.analysis != fingerprint() {
            return Err(GenerationError::Unfit { path: path.to_owned(), built_by: manifest.built_by });
        }
        let folder = GenerationFolder::open(path).map_err(|error| unreadable(error.into()))?;
        let mut index = Index::open(folder).map_err(|error| unreadable(error.into()))?;
        if index.schema() != expected {
            return Err(GenerationError::Unfit { path: path.to_owned(), built_by: manifest.built_by });
        }
        index.set_tokenizers(tokenizers());
        let reader: IndexReader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(|error| unreadable(error.into()))?;
        // Tantivy treats a missing positions file as that of a segment without positions.
        for segment in reader.searcher().segment_readers() {
            segment.inverted_index(fields.zones[Zone::Title].words).map_err(|error| unreadable(error.into()))?;
        }
        Ok(Generation { path: path.to_owned(), manifest, index, fields, reader })
    }

    /// Compares every file of the index with its checksum; an error if any is damaged. It reads
    /// some gigabytes a second if the files are in memory.
    pub fn verify(&self) -> Result<()> {
        let unreadable = |source| GenerationError::Unreadable { path: self.path.clone(), source };
        contained(&self.path, || {
            let metas = self.index.load_metas().map_err(|error| unreadable(error.into()))?;
            let mut files: Vec<PathBuf> = metas.list_segment_files().into_iter().collect();
            files.sort_unstable();
            for file in files {
                let damaged = |reason: &str| GenerationError::Damaged {
                    path: self.path.clone(),
                    reason: format!("{}: {reason}", file.display()),
                };
                match self.index.directory().validate_checksum(&file) {
                    Ok(true) => {}
                    Ok(false) => return Err(damaged("it is not what its checksum says")),
                    // Opening reports missing files that are needed; others may never have existed,
                    // or have been merged away by the writing process.
                    Err(OpenReadError::FileDoesNotExist(_)) => {}
                    Err(OpenReadError::IoError { io_error, .. }) if !is_damage(io_error.kind()) => {
                        return Err(unreadable(Box::new(io::Error::new(io_error.kind(), io_error.to_string()))));
                    }
                    Err(error) => return Err(damaged(&error.to_string())),
                }
            }
            Ok(())
        })
    }

    /// Marks a generation as damaged permanently, so that it is not used again.
    pub fn condemn(path: &Path, reason: &str) -> io::Result<()> {
        crate::durable::write_durably(&path.join(DAMAGE), reason.as_bytes())
    }

    /// Whether a generation is marked as damaged, see [`Generation::condemn`].
    pub fn is_condemned(path: &Path) -> bool {
        path.join(DAMAGE).exists()
    }

    /// The manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The payload of its last commit.
    pub fn applied(&self) -> Result<Applied> {
        let unreadable = |source| GenerationError::Unreadable { path: self.path.clone(), source };
        let metas = self.index.load_metas().map_err(|error| unreadable(error.into()))?;
        Applied::from_payload(metas.payload.as_deref().unwrap_or_default()).ok_or_else(|| GenerationError::Damaged {
            path: self.path.clone(),
            reason: "meta.json: what was noted with the last commit is not as it was written".to_owned(),
        })
    }

    /// The version of its last commit.
    pub fn version(&self) -> Result<IndexVersion> {
        Ok(IndexVersion { generation: self.manifest.generation, seq: self.applied()?.seq })
    }

    /// Returns an error if the generation does not belong to the catalog or contains later changes
    /// than it: counting changes from there would miss some.
    pub fn check_belongs(&self, catalog: &str, last_seq: u64) -> Result<()> {
        if self.manifest.catalog == catalog && self.applied()?.seq <= last_seq {
            return Ok(());
        }
        Err(GenerationError::Foreign { path: self.path.clone() })
    }

    /// A writer for small changes. Only the holder of the writer lock may create one.
    pub fn writer(&self) -> Result<GenerationWriter> {
        let writer = GenerationWriter::new(&self.path, &self.index, &self.fields, 1, SMALL_HEAP_BYTES)?;
        // Tantivy gives the first change of a writer the stamp of the last commit. A merge of
        // segments left by an earlier process uses that stamp too: it treats a segment that reached
        // the stamp as up to date, and skips that change for good. So the first change is one that
        // can be skipped: no article has an empty id.
        writer.delete("");
        // An interrupted commit may have left files with the names that the same changes would use
        // again, and Tantivy does not overwrite files.
        writer.writer.garbage_collect_files().wait().map_err(|error| writer.failed(of_writing(error)))?;
        Ok(writer)
    }

    /// Runs smoke queries: the number of articles, and looking up a few of them by id.
    pub fn check(&self, articles: u64) -> Result<()> {
        let smoke = |reason: String| GenerationError::Smoke { path: self.path.clone(), reason };
        let snapshot = self.snapshot(KnownSegments::new())?;
        if snapshot.living() != articles {
            return Err(smoke(format!("{} articles instead of {articles}", snapshot.living())));
        }
        for (ordinal, segment) in snapshot.segments.iter().enumerate() {
            let docs: Vec<u32> =
                segment.reader.doc_ids_alive().step_by(1 + segment.reader.max_doc() as usize / 4).collect();
            for doc in docs {
                let id = segment.id_of(doc)?;
                let found = snapshot.find(snapshot.fields.id, &id)?;
                let place = crate::engine::tantivy::DocAddress { segment: ordinal, doc };
                if found != Some(place) || snapshot.card(place)?.id != id {
                    return Err(smoke(format!("article {id:?} is not found by its id")));
                }
            }
        }
        Ok(())
    }

    /// A snapshot of its last commit; `best` is the cached data of its segments. If another process
    /// commits at the same time, the snapshot may contain that commit under the number of the
    /// previous one.
    pub(crate) fn snapshot(&self, best: KnownSegments) -> Result<Snapshot> {
        contained(&self.path, || self.snapshot_trusting(best))
    }

    fn snapshot_trusting(&self, best: KnownSegments) -> Result<Snapshot> {
        // Read the number before the segments: articles missing from the segments would never be
        // caught up with.
        let Applied { seq, synonyms, .. } = self.applied()?;
        self.reader
            .reload()
            .map_err(|error| GenerationError::Unreadable { path: self.path.clone(), source: error.into() })?;
        let version = IndexVersion { generation: self.manifest.generation, seq };
        let snapshot = Snapshot::new(self.reader.searcher(), self.fields.clone(), version, synonyms, best)?;
        self.find_nearest(&snapshot);
        Ok(snapshot)
    }

    /// Attaches the stored nearest works to a snapshot, if they match its articles; returns whether
    /// they do.
    pub(crate) fn find_nearest(&self, snapshot: &Snapshot) -> bool {
        let kept = NearestStore::open(&self.path, snapshot.fingerprint(), snapshot.works).map(Arc::new);
        let is_found = kept.is_some();
        snapshot.nearest.store(kept);
        is_found
    }

    /// Computes and stores the nearest works of every article, see [`related::keep`]. Only the
    /// holder of the writer lock may call it.
    pub(crate) fn keep_nearest_of(
        &self,
        snapshot: &Snapshot,
        threads: usize,
        is_wanted: &(dyn Fn() -> bool + Sync),
    ) -> Result<()> {
        let is_kept = contained(&self.path, || {
            related::keep(&self.path, snapshot, threads, is_wanted).map_err(|error| match error {
                StoreError::Engine(error) => GenerationError::Engine(error),
                StoreError::Write(error) => GenerationError::Write { path: self.path.clone(), source: error.into() },
            })
        })?;
        if is_kept {
            self.find_nearest(snapshot);
        }
        Ok(())
    }

    /// Computes the nearest works of every article with `threads` threads and stores them, so that
    /// related articles are read instead of computed.
    pub fn keep_nearest(&self, threads: usize) -> Result<()> {
        self.keep_nearest_of(&self.snapshot(KnownSegments::new())?, threads, &|| true)
    }
}

/// Reads files of a generation; a panic means that they are damaged.
fn contained<T>(path: &Path, read: impl FnOnce() -> Result<T>) -> Result<T> {
    contain(read)
        .unwrap_or_else(|panic| Err(GenerationError::Damaged { path: path.to_owned(), reason: panic.to_string() }))
}

/// The writer's memory for small changes; Tantivy requires at least 15 MB.
const SMALL_HEAP_BYTES: usize = 20_000_000;
/// The writer's memory for a full build, per thread.
pub const BUILD_HEAP_BYTES: usize = 60_000_000;
/// The number of threads for a build: those of the machine, at most four.
pub fn build_threads() -> usize {
    thread::available_parallelism().map_or(1, |threads| threads.get().min(4))
}

/// What Tantivy is told of that: while it writes a segment and merges others it holds more than
/// twice its budget (`cargo bench --bench memory`).
const TOLD_HEAP_BYTES: usize = BUILD_HEAP_BYTES / 3;

/// How long to wait for the lock of Tantivy's writer. The caller already holds fichero's writer
/// lock.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);

/// Writes changes to an index.
pub struct GenerationWriter {
    path: PathBuf,
    fields: IndexFields,
    writer: IndexWriter<InFlightDocument>,
    in_flight: Arc<InFlight>,
}

/// Whether an article is indexed.
pub fn is_indexed(article: &Article) -> bool {
    !article.hidden
}

/// Analyses articles on one thread and keeps its caches warm.
#[derive(Default)]
pub struct ArticleAnalyzer {
    caches: HashMap<String, TokenVariantsCache>,
}

impl GenerationWriter {
    /// Creates a new generation in a folder that does not exist yet.
    pub fn create(path: &Path, threads: usize) -> Result<GenerationWriter> {
        let failed =
            |source: Box<dyn std::error::Error + Send + Sync>| GenerationError::Write { path: path.to_owned(), source };
        fs::create_dir_all(path).map_err(|error| failed(error.into()))?;
        let (schema, fields) = schema();
        let mut index = Index::create_in_dir(path, schema).map_err(|error| failed(error.into()))?;
        index.set_tokenizers(tokenizers());
        GenerationWriter::new(path, &index, &fields, threads, threads * TOLD_HEAP_BYTES)
    }

    fn new(
        path: &Path,
        index: &Index,
        fields: &IndexFields,
        threads: usize,
        heap_bytes: usize,
    ) -> Result<GenerationWriter> {
        // One merge at a time: each keeps the terms of its segments in memory.
        let options = IndexWriterOptions::builder()
            .num_worker_threads(threads)
            .memory_budget_per_thread(heap_bytes / threads)
            .num_merge_threads(1)
            .build();
        let begun = Instant::now();
        let writer = loop {
            match index.writer_with_options(options.clone()) {
                // No other process writes: an earlier writer of this process has just ended, and a
                // child process between fork and exec still has its lock file open.
                Err(TantivyError::LockFailure(LockError::LockBusy, _)) if begun.elapsed() < LOCK_PATIENCE => {
                    thread::sleep(Duration::from_millis(5));
                }
                opened => break opened,
            }
        };
        let writer = writer.map_err(|error| GenerationError::Write { path: path.to_owned(), source: error.into() })?;
        Ok(GenerationWriter { path: path.to_owned(), fields: fields.clone(), writer, in_flight: Arc::default() })
    }

    fn failed(&self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> GenerationError {
        GenerationError::Write { path: self.path.clone(), source: source.into() }
    }

    /// Adds an article that is not in the index, if it [is indexed](is_indexed). `content`
    /// identifies its content.
    pub fn add(
        &self,
        article: &Article,
        work: u64,
        content: ContentKey,
        analyzer: &mut ArticleAnalyzer,
    ) -> Result<bool> {
        if !is_indexed(article) {
            return Ok(false);
        }
        let terms = ArticleTerms::of(article, &mut analyzer.caches);
        let (document, bytes) =
            document(&self.fields, article, work, content, &terms).map_err(|error| self.failed(error))?;
        let waiting = self.in_flight.admit(document, bytes);
        self.writer.add_document(waiting).map_err(|error| self.failed(of_writing(error)))?;
        Ok(true)
    }

    /// Removes an article, if it exists.
    pub fn delete(&self, id: &str) {
        self.writer.delete_term(Term::from_field_text(self.fields.id, id));
    }

    /// Makes all changes so far durable and visible.
    pub fn commit(&mut self, applied: &Applied) -> Result<()> {
        let path = self.path.clone();
        let failed =
            |source: Box<dyn std::error::Error + Send + Sync>| GenerationError::Write { path: path.clone(), source };
        crash_point!("commit:before");
        let mut commit = self.writer.prepare_commit().map_err(|error| failed(of_writing(error)))?;
        commit.set_payload(&applied.to_payload().map_err(|error| failed(error.into()))?);
        crash_point!("commit:prepared");
        commit.commit().map_err(|error| failed(of_writing(error)))?;
        crash_point!("commit:after");
        Ok(())
    }

    /// Completes a full build: waits for the merges and writes the manifest.
    pub fn finish(mut self, applied: &Applied, manifest: &Manifest) -> Result<()> {
        self.commit(applied)?;
        let GenerationWriter { path, writer, .. } = self;
        let failed =
            |source: Box<dyn std::error::Error + Send + Sync>| GenerationError::Write { path: path.clone(), source };
        writer.wait_merging_threads().map_err(|error| failed(of_writing(error)))?;
        crash_point!("build:before-manifest");
        let text = serde_json::to_vec_pretty(manifest).map_err(|error| failed(error.into()))?;
        crate::durable::write_durably(&path.join(MANIFEST), &text).map_err(|error| failed(error.into()))?;
        crash_point!("build:after-manifest");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tantivy::merge_policy::NoMergePolicy;

    use super::*;

    #[test]
    fn writer_waits_for_the_lock_of_its_predecessor() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1");
        drop(GenerationWriter::create(&path, 1).unwrap());
        let held = fs::File::open(path.join(".tantivy-writer.lock")).unwrap();
        held.try_lock().unwrap();
        let (schema, fields) = schema();
        let index = Index::open_in_dir(&path).unwrap();
        assert_eq!(index.schema(), schema);
        let release = thread::spawn(move || {
            thread::sleep(Duration::from_millis(50));
            held.unlock().unwrap();
        });
        GenerationWriter::new(&path, &index, &fields, 1, SMALL_HEAP_BYTES).unwrap();
        release.join().unwrap();
    }

    /// Adds the article that has a number as its id and `seq`.
    fn commit(writer: &mut GenerationWriter, seq: u64, analyzer: &mut ArticleAnalyzer) {
        let fields = serde_json::json!({"id": seq, "title": "Title", "lang": "en"});
        let (article, _) = Article::from_fields(fields.as_object().unwrap()).unwrap();
        writer.add(&article, seq, ContentKey::of(&article.content_hash()), analyzer).unwrap();
        writer.commit(&Applied { seq, ..Applied::default() }).unwrap();
    }

    /// The writer of an earlier process left segments that are to be merged, one of which had
    /// changes applied up to the last commit. The merge that the next writer begins with must not
    /// pass over its first change.
    #[test]
    fn first_deletion_of_a_writer_survives_leftover_merges() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1");
        let mut analyzer = ArticleAnalyzer::default();
        let writer = GenerationWriter::create(&path, 1).unwrap();
        writer.finish(&Applied::default(), &Manifest::new(1, "catalog".to_owned(), BTreeMap::new())).unwrap();
        let generation = Generation::open(&path).unwrap();
        let mut writer = generation.writer().unwrap();
        writer.writer.set_merge_policy(Box::new(NoMergePolicy));
        let add = |writer: &GenerationWriter, id: &str, analyzer: &mut ArticleAnalyzer| {
            let fields = serde_json::json!({"id": id, "title": "Title", "lang": "en"});
            let (article, _) = Article::from_fields(fields.as_object().unwrap()).unwrap();
            writer.add(&article, 1, ContentKey(1), analyzer).unwrap();
        };
        for seq in 1..=10 {
            add(&writer, &format!("{seq}/a"), &mut analyzer);
            add(&writer, &format!("{seq}/b"), &mut analyzer);
            add(&writer, &format!("{seq}/c"), &mut analyzer);
            writer.commit(&Applied { seq, ..Applied::default() }).unwrap();
        }
        writer.delete("5/a");
        writer.commit(&Applied { seq: 11, ..Applied::default() }).unwrap();
        drop(writer);

        let mut writer = generation.writer().unwrap();
        writer.delete("5/b");
        add(&writer, "11/a", &mut analyzer);
        writer.commit(&Applied { seq: 12, ..Applied::default() }).unwrap();
        writer.writer.wait_merging_threads().unwrap();
        let snapshot = Generation::open(&path).unwrap().snapshot(KnownSegments::new()).unwrap();
        assert!(snapshot.segments.len() < 10, "no segments were merged");
        assert_eq!(snapshot.find(snapshot.fields.id, "5/b").unwrap(), None);
        assert_eq!(snapshot.articles(), 29);
    }

    #[test]
    fn snapshot_contains_its_version_while_another_process_commits() {
        const COMMITS: u64 = 30;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("1");
        let mut analyzer = ArticleAnalyzer::default();
        let writer = GenerationWriter::create(&path, 1).unwrap();
        let manifest = Manifest::new(1, "catalog".to_owned(), BTreeMap::new());
        writer.finish(&Applied::default(), &manifest).unwrap();
        let opened = Generation::open(&path).unwrap();
        let mut writer = Generation::open(&path).unwrap().writer().unwrap();
        commit(&mut writer, 1, &mut analyzer);
        let snapshot = opened.snapshot(KnownSegments::new()).unwrap();
        assert_eq!((snapshot.version.seq, snapshot.articles()), (1, 1));
        let commits = thread::spawn(move || (2..=COMMITS).for_each(|seq| commit(&mut writer, seq, &mut analyzer)));
        loop {
            let is_last = commits.is_finished();
            let snapshot = opened.snapshot(KnownSegments::new()).unwrap();
            assert!(snapshot.articles() >= snapshot.version.seq, "{} of {}", snapshot.articles(), snapshot.version.seq);
            if is_last {
                assert_eq!((snapshot.version.seq, snapshot.articles()), (COMMITS, COMMITS));
                return;
            }
        }
    }
}
