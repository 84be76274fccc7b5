//! The files of a source, read on a thread of their own: whoever takes what is read is not held up
//! by a file that does not come.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use crate::sources::{Event, FoundFile, SiteProfile, read_file};

/// How many records may be read ahead; each may be as large as an article can be.
const AHEAD: usize = 4;
/// After how long without anything it is said that nothing comes.
const QUIET: Duration = Duration::from_millis(20);

/// Reads files in their order, see [`read_file`]; ends early where `take` fails.
pub(crate) fn read_files<'f, E>(
    files: &'f [FoundFile],
    profile: &SiteProfile,
    mut take: impl FnMut(Event<'f>) -> Result<(), E>,
) -> Result<(), E> {
    thread::scope(|scope| {
        let (sender, inbox) = sync_channel(AHEAD);
        scope.spawn(move || {
            for file in files {
                let send = |line, record| sender.send(Event::Record(&file.part, line, record));
                let read = read_file(&file.path, file.stem(), file.format, profile, send);
                // Where nothing is taken any more, nothing more is read.
                if read.and_then(|end| sender.send(Event::End(&file.part, end))).is_err() {
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
    fn files_come_whole_and_in_their_order_and_no_more_once_one_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            let lines: String =
                (0..20).map(|line| format!("{{\"id\": \"{name}{line}\", \"title\": \"T\"}}\n")).collect();
            std::fs::write(folder.path().join(format!("{name}.jsonl")), lines).unwrap();
        }
        let (mut files, _) = list(folder.path());
        files[1].path = folder.path().join("nowhere");
        let read = |most: usize| {
            let mut seen = Vec::new();
            let read = read_files(&files, &SiteProfile::default(), |event| {
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
