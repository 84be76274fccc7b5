//! Limits the connections by the number of available file descriptors.

/// The descriptors that the index, the catalog and the log may need.
#[cfg(unix)]
const OTHERS: u64 = 128;

/// The number of connections for which there are file descriptors, at most `wanted`. It raises the
/// process's soft limit as far as the hard limit allows. Without that, a limit of 1,024, which most
/// systems start with, is exhausted before the connections are, and then the index has no
/// descriptors either.
#[cfg(unix)]
pub(crate) fn connections(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    let needed = wanted.saturating_add(OTHERS);
    let Rlimit { current: Some(mut soft), maximum } = getrlimit(Resource::Nofile) else { return narrowed(wanted) };
    if soft < needed {
        let raised = maximum.map_or(needed, |hard| hard.min(needed)).max(soft);
        match setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }) {
            Ok(()) => soft = raised,
            Err(error) => tracing::debug!(%error, "the limit of open files could not be raised"),
        }
    }
    let most = fitting(wanted, soft);
    if most < wanted {
        tracing::warn!(
            open_files = soft,
            connections = most,
            "fewer connections than max_connections: the system allows too few open files (ulimit -n)"
        );
    }
    narrowed(most)
}

#[cfg(unix)]
fn narrowed(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// The number of connections that fit beside the other open files.
#[cfg(unix)]
fn fitting(wanted: u64, open_files: u64) -> u64 {
    wanted.min(open_files.saturating_sub(OTHERS).max(open_files / 2)).max(1)
}

/// These systems have no such limit.
#[cfg(not(unix))]
pub(crate) fn connections(wanted: usize) -> usize {
    wanted
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_open_files_for_the_index() {
        for (wanted, open_files, expected) in
            [(1_024, 65_536, 1_024), (1_024, 1_152, 1_024), (1_024, 1_024, 896), (1_024, 100, 50), (1_024, 0, 1)]
        {
            assert_eq!(fitting(wanted, open_files), expected, "{wanted} of {open_files}");
        }
    }
}
