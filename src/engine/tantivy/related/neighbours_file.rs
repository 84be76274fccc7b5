//! Computes the nearest works of every article once for a set of articles, and stores them in a
//! file.
//!
//! The file contains exactly what would be computed at query time: if it is missing, damaged or of
//! other articles, queries are slower but have the same answers.

use std::fs;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use super::scorer::{Near, Scorer, VersionProfile};
use crate::crash_point;
use crate::engine::EngineError;
use crate::engine::related::{KEPT, Similarity};
use crate::engine::tantivy::reader::neighbours::{FILE, HEAD, Kept, MAGIC, MAX_VERSIONS, RelatedCandidate};
use crate::engine::tantivy::reader::segment::DocAddress;
use crate::engine::tantivy::reader::snapshot::Snapshot;

/// How many works are computed and written at a time.
const CHUNK: u32 = 256;
/// The data to store of a work. `groups` are the languages of its versions; `has_group` says
/// whether a work has a version in one.
fn kept_of_near(near: &Near, groups: &[Option<usize>], has_group: impl Fn(u32, Option<usize>) -> bool) -> Kept {
    let best = |version: usize, is_wanted: &dyn Fn(u32) -> bool| -> Vec<RelatedCandidate> {
        let works = near.works.iter().enumerate();
        let mut best: Vec<(Similarity, u32, usize)> = works
            .filter(|(_, (work, similarity))| similarity.score > 0.0 && is_wanted(*work))
            .map(|(at, (work, similarity))| (*similarity, *work, at))
            .collect();
        let order = |a: &(Similarity, u32, usize), b: &(Similarity, u32, usize)| a.0.order(&b.0).then(a.1.cmp(&b.1));
        if best.len() > KEPT {
            best.select_nth_unstable_by(KEPT, order);
            best.truncate(KEPT);
        }
        best.sort_unstable_by(order);
        best.into_iter().map(|(.., at)| near.candidate(at, version)).collect()
    };
    let in_language = |(version, group): (usize, &Option<usize>)| best(version, &|work| has_group(work, *group));
    Kept {
        looked_for: near.looked_for.clone(),
        in_language: groups.iter().enumerate().map(in_language).collect(),
        of_all: best(0, &|_| true),
    }
}

/// Why the nearest works were not stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The index could not be read.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The file could not be written.
    #[error("the nearest works could not be written")]
    Write(#[from] io::Error),
}

/// Computes the nearest works of every article of a snapshot with `threads` threads and stores them
/// in a generation's folder. Stops without storing anything once `is_wanted` returns false; returns
/// whether they are stored.
pub(crate) fn keep(
    folder: &Path,
    snapshot: &Snapshot,
    threads: usize,
    is_wanted: &(dyn Fn() -> bool + Sync),
) -> Result<bool, StoreError> {
    let works = snapshot.works as u32;
    let chunks = works.div_ceil(CHUNK);
    let new = folder.join(format!("{FILE}.new"));
    let (next, stopped) = (AtomicU32::new(0), AtomicBool::new(false));
    let (sender, inbox) = sync_channel::<Vec<(u32, Vec<u8>)>>(threads * 2);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                let (sender, next, stopped) = (sender.clone(), &next, &stopped);
                scope.spawn(move || -> Result<(), EngineError> {
                    let mut scorer = Scorer::new(snapshot);
                    loop {
                        let chunk = next.fetch_add(1, Ordering::Relaxed);
                        if chunk >= chunks {
                            return Ok(());
                        }
                        if !is_wanted() {
                            stopped.store(true, Ordering::Relaxed);
                            return Ok(());
                        }
                        let mut kept = Vec::with_capacity(CHUNK as usize);
                        for work in chunk * CHUNK..((chunk + 1) * CHUNK).min(works) {
                            let mut bytes = Vec::new();
                            kept_of(snapshot, &mut scorer, work)?.write(&mut bytes);
                            kept.push((work, bytes));
                        }
                        if sender.send(kept).is_err() {
                            return Ok(()); // writing has failed, and returns the error
                        }
                    }
                })
            })
            .collect();
        drop(sender);
        let written = write(&new, snapshot, &inbox);
        // A worker whose send fails ends.
        drop(inbox);
        for worker in workers {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        }
        written?;
        let is_whole = !stopped.load(Ordering::Relaxed);
        crash_point!("nearest:written");
        if is_whole {
            fs::rename(&new, folder.join(FILE))?;
            fs::File::open(folder)?.sync_all()?;
        }
        Ok(is_whole)
    })
}

/// Writes the data in the order in which the workers send it, and the table of ranges.
fn write(path: &Path, snapshot: &Snapshot, inbox: &Receiver<Vec<(u32, Vec<u8>)>>) -> io::Result<()> {
    let mut out = BufWriter::new(fs::File::create(path)?);
    out.write_all(&[0; HEAD])?;
    let mut at = HEAD as u64;
    let mut table = vec![(0u64, 0u64); snapshot.works];
    for chunk in inbox {
        for (work, bytes) in chunk {
            out.write_all(&bytes)?;
            let end = at + bytes.len() as u64;
            if let Some(range) = table.get_mut(work as usize) {
                *range = (at, end);
            }
            at = end;
        }
    }
    for (start, end) in &table {
        out.write_all(&start.to_le_bytes())?;
        out.write_all(&end.to_le_bytes())?;
    }
    let mut head = MAGIC.to_vec();
    for number in [snapshot.fingerprint(), snapshot.works as u64, at] {
        head.extend(number.to_le_bytes());
    }
    out.seek(SeekFrom::Start(0))?;
    out.write_all(&head)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// The data to store of a work.
fn kept_of(snapshot: &Snapshot, scorer: &mut Scorer<'_>, work: u32) -> Result<Kept, EngineError> {
    let asked = asked_versions(snapshot, work, None)?;
    if asked.is_empty() {
        return Ok(Kept::default());
    }
    let groups: Vec<Option<usize>> = asked.iter().map(|version| version.group).collect();
    let near = scorer.near(&asked, &[work], KEPT)?;
    let has_group =
        |work: u32, group: Option<usize>| group.is_some_and(|group| snapshot.works_index.has_language(work, group));
    Ok(kept_of_near(&near, &groups, has_group))
}

/// The profiles of a work's counted versions, by id, followed by that of a source article that is
/// not counted yet.
pub(crate) fn asked_versions(
    snapshot: &Snapshot,
    work: u32,
    uncounted: Option<DocAddress>,
) -> Result<Vec<VersionProfile>, EngineError> {
    let versions = snapshot.counted_versions(work).take(MAX_VERSIONS);
    let asked = versions.chain(uncounted).map(|place| {
        let group = snapshot.segments.get(place.segment).map(|segment| segment.lang_of(place.doc).1);
        Ok(VersionProfile { profile: snapshot.profile(place)?, group, is_indexed: snapshot.is_counted(place) })
    });
    asked.collect()
}
