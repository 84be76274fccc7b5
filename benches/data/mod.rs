//! Where the benchmarks take their data from, and figures in words.

#![allow(dead_code, reason = "every benchmark uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

pub(crate) mod made;
pub(crate) mod served;
pub(crate) mod site;

use std::path::{Path, PathBuf};
use std::time::Duration;

use fichero::config::SourceConfig;
use fichero::indexing::reindex::{self, Options};
use fichero::indexing::report::{Progress, Report};
use fichero::storage::data_dir::DataFolder;

/// The folder with the data that is not part of the project: `FICHERO_SHARED`, or `../shared`
/// beside the project. Says plainly when a file of it is absent.
pub(crate) fn shared(file: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let path = std::env::var_os("FICHERO_SHARED").map_or(beside, PathBuf::from).join(file);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: there is no {} (FICHERO_SHARED names the folder)", path.display());
    None
}

/// Tells nobody.
pub(crate) struct Silent;

impl Progress for Silent {
    fn reading(&self, _: &str, _: u64) {}
    fn building(&self, _: u64) {}
}

/// Indexes one file into a data folder.
pub(crate) fn index(data: &Path, file: &Path) -> Report {
    let data = DataFolder::open(data).unwrap();
    let sources = [SourceConfig { name: "site".to_owned(), path: file.to_owned(), ..SourceConfig::default() }];
    let report = reindex::reindex(&data, &sources, &Options::default(), &Silent).unwrap();
    assert!(report.is_complete(), "{report:?}");
    report
}

/// The value below which a share (0 to 1) of sorted values lies.
pub(crate) fn percentile(sorted: &[Duration], share: f64) -> Duration {
    let at = ((sorted.len() - 1) as f64 * share).round() as usize;
    sorted[at]
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The anonymous memory of a process, of its `/proc/<pid>/status`; 0 once it has ended.
pub(crate) fn rss_anon_kb(status: &str) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse().unwrap_or(0)
}
