//! Topics: paths in the topic menu.

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// The most levels of an article's topic. Code that walks the tree of topics level by level relies
/// on it.
pub const MAX_TOPIC_LEVELS: usize = 16;

/// A path in the topic menu. The path of slugs identifies it; the labels name each level in the
/// article's own language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    /// Slugs from the root down, joined by `/`: `programs/research/academic-mobility`.
    pub path: String,
    /// The label of every level, from the root down; there are as many as slugs.
    pub labels: Vec<String>,
}

impl Topic {
    /// Parses a path of labels such as `Programs/Research/Academic Mobility`; ` > ` separates
    /// levels too. `None` when no level remains.
    pub fn parse(text: &str) -> Option<Topic> {
        let labels = levels(text);
        let slugs: Vec<String> = labels.iter().map(|label| slug(label)).collect();
        (!slugs.is_empty()).then(|| Topic { path: slugs.join("/"), labels })
    }

    /// A topic that is identified by `path` and whose levels are labelled by `label`. A label with
    /// fewer levels than the path names the last ones; the others are named after their slugs.
    pub fn with_label(path: &str, label: &str) -> Option<Topic> {
        let mut topic = Topic::parse(path)?;
        let given = levels(label);
        let first = topic.labels.len().saturating_sub(given.len());
        let skipped = given.len().saturating_sub(topic.labels.len());
        for (own, given) in topic.labels.iter_mut().skip(first).zip(given.into_iter().skip(skipped)) {
            *own = given;
        }
        Some(topic)
    }

    /// The label of the deepest level.
    pub fn label(&self) -> &str {
        self.labels.last().map_or("", String::as_str)
    }

    /// The topic's path and the paths of all levels above it, the root first.
    pub fn prefixes(&self) -> impl Iterator<Item = &str> {
        let ends = self.path.match_indices('/').map(|(at, _)| at).chain([self.path.len()]);
        ends.map(|end| &self.path[..end])
    }
}

fn levels(text: &str) -> Vec<String> {
    text.split('/')
        .flat_map(|part| part.split(" > "))
        .map(super::text::one_line)
        .filter(|level| !slug(level).is_empty())
        .collect()
}

/// Lower-case letters and digits without accents; everything else becomes single hyphens.
///
/// ```
/// assert_eq!(fichero::article::slug("Response to COVID-19"), "response-to-covid-19");
/// assert_eq!(fichero::article::slug("Movilidad académica"), "movilidad-academica");
/// ```
pub fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)) {
        if c.is_alphanumeric() {
            slug.extend(c.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_is_identified_by_its_path_of_slugs() {
        let english = Topic::parse("Programs/Research > Academic Mobility").unwrap();
        let spanish =
            Topic::with_label("programs/research/academic-mobility", "Investigación/Movilidad académica").unwrap();
        assert_eq!(english.path, spanish.path);
        assert_eq!(spanish.labels, ["programs", "Investigación", "Movilidad académica"]);
        assert_eq!(
            english.prefixes().collect::<Vec<_>>(),
            ["programs", "programs/research", "programs/research/academic-mobility"]
        );
        assert_eq!(Topic::parse(" / -- / "), None);
    }
}
