//! Reads the files of a source on a separate thread, so that a slow file does not block the
//! receiver.

use std::io;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::owner;
use crate::sources::{Event, FoundFile, ReadingRules, SiteProfile, read_file};

/// How many records may be read ahead; each may have the maximum size.
const AHEAD: usize = 4;
/// How long the reader may be idle before [`Event::Quiet`] is sent.
const QUIET: Duration = Duration::from_millis(20);

/// Reads files in order, see [`read_file`]; stops when `take` fails.
pub(crate) fn read_files<'f, E>(
    files: &'f [FoundFile],
    profile: &SiteProfile,
    rules: &ReadingRules,
    mut take: impl FnMut(Event<'f>) -> Result<(), E>,
) -> Result<(), E> {
    thread::scope(|scope| {
        let (sender, inbox) = sync_channel(AHEAD);
        scope.spawn(move || {
            for file in files {
                let send = |line, record| sender.send(Event::Record(&file.part, line, record));
                let read = read_file(&file.path, file.stem(), file.format, profile, rules, send);
                let explained = |error: io::Error| io::Error::new(error.kind(), owner::explained(&file.path, &error));
                // Stop reading when the receiver is gone.
                if read.and_then(|end| sender.send(Event::End(&file.part, end.map_err(explained)))).is_err() {
                    return;
                }
            }
        });
        loop {
            match inbox.recv_timeout(QUIET) {
                Ok(event) => take(event)?,
                Err(RecvTimeoutError::Timeout) => {
                    take(Event::Quiet)?;
                    let Ok(event) = inbox.recv() else { return Ok(()) };
                    take(event)?;
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::list;

    #[test]
    fn files_are_read_in_order_until_the_receiver_fails() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            let lines: String =
                (0..20).map(|line| format!("{{\"id\": \"{name}{line}\", \"title\": \"T\"}}\n")).collect();
            std::fs::write(folder.path().join(format!("{name}.jsonl")), lines).unwrap();
        }
        let mut files = list(folder.path()).files;
        files[1].path = folder.path().join("nowhere");
        let read = |most: usize| {
            let mut seen = Vec::new();
            let read = read_files(&files, &SiteProfile::default(), &ReadingRules::default(), |event| {
                match event {
                    Event::Record(file, line, _) => seen.push(format!("{}:{line}", file.name)),
                    Event::End(file, end) => seen.push(format!("{} {}", file.name, end.is_ok())),
                    Event::Deleted(_) | Event::Quiet => {}
                }
                if seen.len() < most { Ok(()) } else { Err(()) }
            });
            (seen, read)
        };
        let mut expected: Vec<String> = (1..=20).map(|line| format!("a.jsonl:{line}")).collect();
        expected.extend(["a.jsonl true".to_owned(), "b.jsonl false".to_owned()]);
        expected.extend((1..=20).map(|line| format!("c.jsonl:{line}")));
        expected.push("c.jsonl true".to_owned());
        assert_eq!(read(usize::MAX), (expected.clone(), Ok(())));
        for most in 1..expected.len() {
            assert_eq!(read(most), (expected[..most].to_vec(), Err(())));
        }
    }
}
