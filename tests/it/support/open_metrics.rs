//! The text that Prometheus reads, strictly.

use std::collections::{BTreeMap, BTreeSet};

/// The samples of an OpenMetrics text, by name and labels; fails where the text is not well formed.
pub fn scrape(text: &[u8]) -> BTreeMap<String, f64> {
    let text = std::str::from_utf8(text).unwrap();
    let body = text.strip_suffix("# EOF\n").expect("an end");
    let mut samples = BTreeMap::new();
    let mut kinds: BTreeMap<&str, &str> = BTreeMap::new();
    let mut helped = BTreeSet::new();
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.chars().all(|each| each.is_ascii_lowercase() || each.is_ascii_digit() || each == '_')
    };
    for line in body.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').unwrap();
            assert!(is_name(name) && help.ends_with('.'), "{line}");
            assert!(helped.insert(name), "twice: {line}");
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind) && helped.contains(name), "{line}");
            assert_eq!(kinds.insert(name, kind), None, "twice: {line}");
        } else {
            let (series, value) = line.rsplit_once(' ').expect(line);
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            assert!(is_name(name) && labels.ends_with('}'), "{line}");
            let labels = labels.strip_suffix('}').unwrap();
            for label in labels.split("\",").filter(|label| !label.is_empty()) {
                let (label, value) = label.split_once("=\"").expect(line);
                assert!(is_name(label) && !value.contains('\n'), "{line}");
            }
            let family =
                |suffix: &str, kind: &str| name.strip_suffix(suffix).is_some_and(|base| kinds.get(base) == Some(&kind));
            let is_known = family("_total", "counter")
                || family("", "gauge")
                || ["_bucket", "_sum", "_count"].iter().any(|suffix| family(suffix, "histogram"));
            assert!(is_known, "of no family: {line}");
            let value: f64 = value.parse().expect(line);
            assert_eq!(samples.insert(series.to_owned(), value), None, "twice: {line}");
        }
    }
    samples
}
