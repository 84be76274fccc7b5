//! A source that follows a script, the second implementation of [`Source`] beside files: whatever it
//! tells, in whichever order and however it ends,
//!
//! * what it told is answered, what it did not tell stays, unless all was told or it said that it is gone;
//! * a reading that breaks off, or cannot understand a record, deletes nothing, and the next one goes on from what was kept;
//! * what the source keeps for itself comes back to it, and only from readings that were accepted;
//! * a part that is unchanged is not asked for again;
//! * what is wrong is told by the name of its part, and the rest goes on;
//! * a source that is slow holds up nobody who writes.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fichero::article::Article;
use fichero::config::SourceConfig;
use fichero::config::gate::GateSettings;
use fichero::indexing::reindex::{Options, reindex_with};
use fichero::indexing::report::{Progress, SourceReport};
use fichero::sources::{Event, Part, PartProblem, Reading, ReadingRules, Record, Rejection, Sink, Source};
use fichero::storage::catalog::Catalog;
use fichero::storage::data_dir::DataFolder;
use serde_json::json;
use tempfile::TempDir;

/// What a source does, one step after the other.
#[derive(Clone)]
enum Step {
    /// A part is there, in this state.
    Part(&'static str, &'static str),
    /// An article of the part at hand, with its title.
    Article(&'static str, &'static str),
    /// A record of the part at hand that is no article.
    Bad(&'static str),
    /// A record of the part at hand of which not even the id can be read.
    Unreadable,
    /// An article is gone.
    Deleted(&'static str),
    /// The part at hand cannot be read to its end.
    Broken,
    /// Nothing comes for a while.
    Slow,
    /// Something could not be looked at.
    Unseen(&'static str),
    /// Keeps this for the next reading.
    Keep(&'static str),
}

/// Tells a script; what it finds kept and which parts are wanted is written down.
#[derive(Clone)]
struct Scripted {
    steps: Vec<Step>,
    end: Reading,
    found: Arc<Mutex<Option<String>>>,
    wanted: Arc<Mutex<Vec<String>>>,
}

impl Source for Scripted {
    fn read(&self, sink: &mut dyn Sink) -> anyhow::Result<Reading> {
        *self.found.lock().unwrap() = sink.state()?;
        let part = |name: &str, fingerprint: &str| Part {
            name: name.to_owned(),
            fingerprint: Some(fingerprint.to_owned()),
            is_one_article: false,
        };
        let mut wanted = Vec::new();
        for step in &self.steps {
            match step {
                Step::Part(name, fingerprint) if sink.wants(&part(name, fingerprint))? => wanted.push(*name),
                Step::Unseen(name) => sink.problem(PartProblem {
                    part: (*name).to_owned(),
                    reason: "it is dark there".to_owned(),
                    is_unseen: true,
                })?,
                Step::Keep(state) => sink.keep_state(state)?,
                _ => {}
            }
        }
        self.wanted.lock().unwrap().extend(wanted.iter().map(|name| (*name).to_owned()));
        let mut at: Option<Part> = None;
        let mut is_broken = false;
        for step in &self.steps {
            let is_wanted = at.as_ref().is_some_and(|part| wanted.contains(&part.name.as_str()));
            match step {
                Step::Part(name, fingerprint) => {
                    if let Some(part) = at.replace(part(name, fingerprint)).filter(|_| is_wanted) {
                        end(sink, &part, std::mem::take(&mut is_broken))?;
                    }
                }
                Step::Article(id, title) if is_wanted => {
                    let fields = json!({"id": id, "title": title, "lang": "en"});
                    let (article, flaws) = Article::from_fields(fields.as_object().unwrap()).unwrap();
                    sink.take(Event::Record(at.as_ref().unwrap(), 1, Record::Article(Box::new(article), flaws)))?;
                }
                Step::Bad(id) if is_wanted => {
                    let rejection = Rejection { line: None, id: Some((*id).to_owned()), reason: "bad".to_owned() };
                    sink.take(Event::Record(at.as_ref().unwrap(), 1, Record::Rejected(rejection)))?;
                }
                Step::Unreadable if is_wanted => {
                    let rejection = Rejection { line: Some(1), id: None, reason: "not a JSON object".to_owned() };
                    sink.take(Event::Record(at.as_ref().unwrap(), 1, Record::Rejected(rejection)))?;
                }
                Step::Deleted(id) => sink.take(Event::Deleted(id))?,
                Step::Broken => is_broken = true,
                Step::Slow => {
                    sink.take(Event::Quiet)?;
                    std::thread::sleep(Duration::from_millis(300));
                }
                _ => {}
            }
        }
        let is_wanted = at.as_ref().is_some_and(|part| wanted.contains(&part.name.as_str()));
        // Where a reading breaks off, the part at hand has no end.
        if let Some(part) = at.filter(|_| is_wanted && !matches!(self.end, Reading::Failed(_))) {
            end(sink, &part, is_broken)?;
        }
        Ok(self.end.clone())
    }
}

fn end(sink: &mut dyn Sink, part: &Part, is_broken: bool) -> anyhow::Result<()> {
    let read = if is_broken { Err(io::Error::other("the line went dead")) } else { Ok(()) };
    sink.take(Event::End(part, read))
}

struct Silent;

impl Progress for Silent {
    fn reading(&self, _: &str, _: u64) {}
    fn building(&self, _: u64) {}
}

/// A data folder with one source.
struct Site {
    folder: TempDir,
}

/// What a reading came to.
struct Read {
    report: SourceReport,
    found: Option<String>,
    wanted: Vec<String>,
}

impl Site {
    fn new() -> Site {
        Site { folder: tempfile::tempdir().unwrap() }
    }

    fn data(&self) -> DataFolder {
        DataFolder::open(self.folder.path()).unwrap()
    }

    fn read(&self, steps: &[Step], end: Reading) -> Read {
        self.read_with(steps, end, &Options::default())
    }

    fn read_with(&self, steps: &[Step], end: Reading, options: &Options) -> Read {
        let scripted = Scripted { steps: steps.to_vec(), end, found: Arc::default(), wanted: Arc::default() };
        let open = |_: &Path, _: ReadingRules| Box::new(scripted.clone()) as Box<dyn Source>;
        let named =
            SourceConfig { name: "news".to_owned(), path: PathBuf::from("somewhere"), ..SourceConfig::default() };
        let gate = GateSettings { always_allowed: u64::MAX, ..GateSettings::default() };
        let options = Options { gate, ..options.clone() };
        let mut report = reindex_with(&open, &self.data(), &[named], &options, &Silent).unwrap();
        let found = scripted.found.lock().unwrap().clone();
        let wanted = scripted.wanted.lock().unwrap().clone();
        Read { report: report.sources.remove(0), found, wanted }
    }

    /// The titles of what is answered, by id.
    fn answered(&self) -> BTreeMap<String, String> {
        let catalog = Catalog::open(self.folder.path()).unwrap();
        catalog.all_articles().unwrap().into_iter().map(|article| (article.id, article.title)).collect()
    }

    fn ids(&self) -> Vec<String> {
        self.answered().into_keys().collect()
    }
}

const TWO_PARTS: [Step; 6] = [
    Step::Part("1", "v1"),
    Step::Article("a", "Maize"),
    Step::Article("b", "Chess"),
    Step::Part("2", "v1"),
    Step::Article("c", "Quipus"),
    Step::Keep("page 2"),
];

#[test]
fn whole_reading_deletes_unreported_articles_and_reads_changed_parts_only() {
    let site = Site::new();
    let first = site.read(&TWO_PARTS, Reading::Whole);
    assert_eq!((first.report.added, first.found, first.wanted.len()), (3, None, 2));
    assert_eq!(site.ids(), ["a", "b", "c"]);
    let steps = [Step::Part("1", "v2"), Step::Article("a", "Maize again"), Step::Part("2", "v1")];
    let second = site.read(&steps, Reading::Whole);
    assert_eq!(second.found.as_deref(), Some("page 2"), "what was kept comes back");
    assert_eq!(second.wanted, ["1"], "an unchanged part is not asked for");
    let SourceReport { changed, unchanged, deleted, .. } = second.report;
    assert_eq!((changed, unchanged, deleted), (1, 1, 1));
    assert_eq!(site.answered()["a"], "Maize again");
    assert_eq!(site.ids(), ["a", "c"]);
    let all = site.read_with(&TWO_PARTS, Reading::Whole, &Options { full: true, ..Options::default() });
    assert_eq!((all.found, all.wanted.len()), (None, 2), "a full reading begins anew");
}

#[test]
fn reading_of_changes_deletes_only_what_it_names() {
    let site = Site::new();
    site.read(&TWO_PARTS, Reading::Whole);
    let steps = [Step::Part("3", "v1"), Step::Article("d", "Llamas"), Step::Deleted("b"), Step::Deleted("nobody")];
    let read = site.read(&steps, Reading::Changes);
    assert_eq!((read.report.added, read.report.deleted), (1, 1));
    assert_eq!(site.ids(), ["a", "c", "d"]);
    // What comes back after it was named is there.
    let steps = [Step::Part("4", "v1"), Step::Deleted("a"), Step::Article("a", "Maize, back")];
    assert_eq!(site.read(&steps, Reading::Changes).report.deleted, 0);
    assert_eq!(site.answered()["a"], "Maize, back");
    assert!(site.read(&TWO_PARTS, Reading::Changes).wanted.is_empty(), "the parts are still known");
}

#[test]
fn failed_reading_deletes_nothing_and_the_next_one_continues() {
    let site = Site::new();
    site.read(&TWO_PARTS, Reading::Whole);
    let steps = [Step::Part("1", "v2"), Step::Article("a", "Maize, half"), Step::Part("2", "v2")];
    let broken = site.read(&steps, Reading::Failed("503 from somewhere".to_owned()));
    let failed = broken.report.failed.unwrap();
    assert!(failed.starts_with("503 from somewhere") && failed.ends_with("stays"), "{failed}");
    assert_eq!(broken.report.deleted, 0);
    assert_eq!(site.ids(), ["a", "b", "c"]);
    let steps =
        [Step::Part("1", "v2"), Step::Article("a", "Maize"), Step::Part("2", "v2"), Step::Article("c", "Quipus")];
    let next = site.read(&steps, Reading::Whole);
    assert!(next.wanted.contains(&"2".to_owned()), "what was not read to its end is read");
    assert_eq!(site.ids(), ["a", "c"]);
    // Before anything was told, too.
    site.read(&[], Reading::Failed("no route to host".to_owned()));
    assert_eq!(site.ids(), ["a", "c"]);
}

#[test]
fn unreadable_parts_are_reported_and_kept_and_the_rest_is_indexed() {
    let site = Site::new();
    site.read(&TWO_PARTS, Reading::Whole);
    let steps = [Step::Part("1", "v2"), Step::Article("a", "Maize 2"), Step::Broken, Step::Unseen("2")];
    let read = site.read(&steps, Reading::Whole);
    let told: Vec<&str> = read.report.rejections.iter().map(|rejected| rejected.file.as_str()).collect();
    assert_eq!(told, ["2", "1"]);
    assert_eq!(site.ids(), ["a", "b", "c"]);
    assert_eq!(site.answered()["a"], "Maize 2");
    let steps = [
        Step::Part("1", "v3"),
        Step::Bad("a"),
        Step::Article("b", "Chess"),
        Step::Part("2", "v1"),
        Step::Article("c", "Quipus"),
    ];
    let read = site.read(&steps, Reading::Whole);
    assert_eq!((read.report.rejected, read.report.deleted), (1, 0));
    assert_eq!(site.answered()["a"], "Maize 2", "a record that is bad now keeps what was good");
    assert!(site.read(&steps, Reading::Whole).wanted.contains(&"1".to_owned()), "it is read until it is mended");
}

#[test]
fn what_is_missing_stays_while_a_record_or_a_part_cannot_be_read() {
    let unreadable = [Step::Part("1", "v2"), Step::Article("a", "Maize 2"), Step::Unreadable];
    let broken = [Step::Part("1", "v2"), Step::Article("a", "Maize 2"), Step::Broken];
    let emptied = [Step::Part("1", "v2"), Step::Part("2", "v2"), Step::Article("a", "Maize 2")];
    for steps in [&unreadable[..], &broken, &emptied] {
        let site = Site::new();
        site.read(&TWO_PARTS, Reading::Whole);
        for options in [Options::default(), Options { full: true, ..Options::default() }] {
            let SourceReport { deleted, unread, kept, .. } = site.read_with(steps, Reading::Whole, &options).report;
            assert_eq!((deleted, unread, kept), (0, 1, 2), "what is in part 2, which is gone, stays too");
            assert_eq!(site.ids(), ["a", "b", "c"]);
            assert_eq!(site.answered()["a"], "Maize 2", "what can be read is taken in");
        }
        // Once all can be read, what is missing is gone.
        let steps = [Step::Part("1", "v3"), Step::Article("a", "Maize 3"), Step::Article("b", "Chess")];
        let SourceReport { deleted, unread, kept, .. } = site.read(&steps, Reading::Whole).report;
        assert_eq!((deleted, unread, kept), (1, 0, 0));
        assert_eq!(site.ids(), ["a", "b"]);
    }
    let site = Site::new();
    site.read(&TWO_PARTS, Reading::Whole);
    let prune = Options { prune: true, ..Options::default() };
    assert_eq!(site.read_with(&unreadable, Reading::Whole, &prune).report.deleted, 2);
    assert_eq!(site.ids(), ["a"]);
}

#[test]
fn slow_source_does_not_block_the_catalog() {
    let site = Site::new();
    site.read(&TWO_PARTS, Reading::Whole);
    let steps =
        [Step::Part("1", "v2"), Step::Article("a", "Maize"), Step::Slow, Step::Article("b", "Chess"), Step::Slow];
    std::thread::scope(|scope| {
        let reading = scope.spawn(|| site.read(&steps, Reading::Changes));
        std::thread::sleep(Duration::from_millis(100));
        // Nobody has a transaction open while nothing comes: whoever writes need not wait.
        let catalog = rusqlite::Connection::open(site.folder.path().join("catalog.sqlite")).unwrap();
        catalog.busy_timeout(Duration::from_millis(50)).unwrap();
        catalog.execute_batch("BEGIN IMMEDIATE; ROLLBACK").unwrap();
        assert_eq!(reading.join().unwrap().report.deleted, 0);
    });
}
