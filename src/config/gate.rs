//! GateSettings of the publish gate: the section `[gate]` of the configuration.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The limits within which a run is accepted without a person.
#[derive(Debug, Clone, PartialEq)]
pub struct GateSettings {
    /// The percentage (0 to 100) of all articles, and of all works, that may be lost.
    pub max_vanished_percent: f64,
    /// The same limit for the articles served from one source.
    pub max_vanished_percent_per_source: f64,
    /// The same limit for the articles in one language.
    pub max_vanished_percent_per_language: f64,
    /// How many articles and works each of these may lose regardless of the percentage.
    pub always_allowed: u64,
    /// The judged queries, if configured.
    pub judged: Option<Judged>,
}

/// Judged queries, and how much worse their results may become.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The queries, JSON lines with `_id`, `text` and `lang`.
    pub queries: PathBuf,
    /// The judgements: query, article and grade, separated by tabs.
    pub qrels: PathBuf,
    /// How far (0 to 1) their mean nDCG@10 may fall.
    pub max_ndcg_drop: f64,
    /// The preference for newer articles, as in readers' searches.
    pub recency: f32,
}

/// A tenth may be lost.
const MAX_VANISHED_PERCENT: f64 = 10.0;
/// As many as a person deletes in one go. Below fifty articles a tenth is less than that.
const ALWAYS_ALLOWED: u64 = 5;
/// More than adding a few good articles lowers the mean of some hundred queries, and less than the
/// loss of a field does.
const MAX_NDCG_DROP: f64 = 0.02;

impl Default for GateSettings {
    fn default() -> GateSettings {
        GateSettings {
            max_vanished_percent: MAX_VANISHED_PERCENT,
            max_vanished_percent_per_source: MAX_VANISHED_PERCENT,
            max_vanished_percent_per_language: MAX_VANISHED_PERCENT,
            always_allowed: ALWAYS_ALLOWED,
            judged: None,
        }
    }
}

/// Errors of the limits.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A value is out of range.
    #[error("{key} is {value}: it should be from 0 to {max}")]
    OutOfRange {
        /// The setting.
        key: &'static str,
        /// Its value.
        value: f64,
        /// The largest allowed value.
        max: f64,
    },
    /// Queries without judgements, or the other way round.
    #[error("queries and qrels come together: name both files or neither")]
    Half,
    /// A limit on judged queries without judged queries.
    #[error("max_ndcg_drop is set, but no judged queries are: name them with queries and qrels")]
    NoQueries,
}

/// `[gate]` as written in the configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileSettings {
    max_vanished_percent: Option<f64>,
    max_vanished_percent_per_source: Option<f64>,
    max_vanished_percent_per_language: Option<f64>,
    always_allowed: Option<u64>,
    queries: Option<PathBuf>,
    qrels: Option<PathBuf>,
    max_ndcg_drop: Option<f64>,
}

impl FileSettings {
    /// The validated settings; relative paths are relative to `base`. A limit that is not set for
    /// sources or languages is that of the whole site.
    pub(crate) fn validate(self, base: &Path, recency: f32) -> Result<GateSettings, SettingsError> {
        let all = self.max_vanished_percent.unwrap_or(MAX_VANISHED_PERCENT);
        let judged = match (self.queries, self.qrels) {
            (Some(queries), Some(qrels)) => Some(Judged {
                queries: base.join(queries),
                qrels: base.join(qrels),
                max_ndcg_drop: within("max_ndcg_drop", self.max_ndcg_drop.unwrap_or(MAX_NDCG_DROP), 1.0)?,
                recency,
            }),
            (None, None) if self.max_ndcg_drop.is_some() => return Err(SettingsError::NoQueries),
            (None, None) => None,
            _ => return Err(SettingsError::Half),
        };
        let percent = |key, value| within(key, value, 100.0);
        Ok(GateSettings {
            max_vanished_percent: percent("max_vanished_percent", all)?,
            max_vanished_percent_per_source: percent(
                "max_vanished_percent_per_source",
                self.max_vanished_percent_per_source.unwrap_or(all),
            )?,
            max_vanished_percent_per_language: percent(
                "max_vanished_percent_per_language",
                self.max_vanished_percent_per_language.unwrap_or(all),
            )?,
            always_allowed: self.always_allowed.unwrap_or(ALWAYS_ALLOWED),
            judged,
        })
    }
}

fn within(key: &'static str, value: f64, max: f64) -> Result<f64, SettingsError> {
    if (0.0..=max).contains(&value) { Ok(value) } else { Err(SettingsError::OutOfRange { key, value, max }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<GateSettings, String> {
        let file: FileSettings = toml::from_str(text).map_err(|error| error.to_string())?;
        file.validate(Path::new("site"), 0.5).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_not_set_is_as_documented() {
        assert_eq!(read(""), Ok(GateSettings::default()));
        let settings = read("max_vanished_percent = 30\nmax_vanished_percent_per_language = 2.5").unwrap();
        assert_eq!(settings.max_vanished_percent_per_source, 30.0);
        assert_eq!(settings.max_vanished_percent_per_language, 2.5);
        let judged = read("queries = \"q.jsonl\"\nqrels = \"/q.tsv\"").unwrap().judged.unwrap();
        assert_eq!((judged.queries, judged.qrels), (PathBuf::from("site/q.jsonl"), PathBuf::from("/q.tsv")));
        assert_eq!((judged.max_ndcg_drop, judged.recency), (0.02, 0.5));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, named) in [
            ("max_vanished_percent = 101", "max_vanished_percent is 101"),
            ("max_vanished_percent_per_source = -1", "max_vanished_percent_per_source is -1"),
            ("max_vanished_percent_per_language = nan", "max_vanished_percent_per_language is NaN"),
            ("always_allowed = -1", "always_allowed"),
            ("queries = \"q\"", "come together"),
            ("qrels = \"q\"", "come together"),
            ("max_ndcg_drop = 0.1", "no judged queries"),
            ("queries = \"q\"\nqrels = \"q\"\nmax_ndcg_drop = 2", "from 0 to 1"),
            ("max_vanished = 1", "max_vanished"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}
