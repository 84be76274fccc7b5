//! The document profile that related works are found by.

use serde::{Deserialize, Serialize};

use crate::analysis::{ArticleTerms, KeyTerms};
use crate::article::date::DAY_S;
use crate::article::{Article, url_key};
use crate::engine::TopicLabel;
use crate::engine::filters::label_key;

/// The maximum number of links used: a page with more of them is a list of links.
const MAX_LINKS: usize = 100;

/// The profile of an article for finding related works.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DocumentProfile {
    /// Its key terms.
    pub terms: KeyTerms,
    /// Its topics and their ancestors, sorted by path.
    pub topics: Vec<TopicLabel>,
    /// The keys of its authors' names, see [`label_key`].
    pub authors: Vec<String>,
    /// The key of its series' name.
    pub series: Option<String>,
    /// The key of its own address, see [`url_key::key`].
    pub url: Option<String>,
    /// The keys of the addresses that it links to.
    pub links: Vec<String>,
    /// See [`eventful_day`].
    pub eventful_day: Option<i32>,
}

impl DocumentProfile {
    /// The profile of an article, given its terms.
    pub fn of(article: &Article, terms: &ArticleTerms) -> DocumentProfile {
        let unique = |keys: &mut Vec<String>| {
            keys.sort_unstable();
            keys.dedup();
        };
        let levels = article.topics.iter().flat_map(|topic| topic.prefixes().zip(&topic.labels));
        let mut topics: Vec<TopicLabel> =
            levels.map(|(path, label)| TopicLabel { path: path.to_owned(), label: label.clone() }).collect();
        topics.sort_by(|a, b| a.path.cmp(&b.path));
        topics.dedup_by(|a, b| a.path == b.path);
        let mut authors: Vec<String> = article.authors.iter().map(|author| label_key(author)).collect();
        unique(&mut authors);
        let url = article.url.as_deref().map(url_key::key);
        let mut links: Vec<String> = article.links.iter().take(MAX_LINKS).map(|link| url_key::key(link)).collect();
        unique(&mut links);
        links.retain(|link| Some(link) != url.as_ref());
        DocumentProfile {
            terms: terms.key_terms.clone(),
            topics,
            authors,
            series: article.series.as_deref().map(label_key),
            url,
            links,
            eventful_day: eventful_day(article),
        }
    }
}

impl DocumentProfile {
    /// The index keys of the profile, besides its words.
    pub fn keys(&self) -> impl Iterator<Item = String> {
        let topics = self.topics.iter().map(|topic| topic_key(&topic.path));
        let authors = self.authors.iter().map(|author| author_key(author));
        let series = self.series.iter().map(|series| series_key(series));
        let links = self.links.iter().map(|link| link_key(link));
        topics.chain(authors).chain(series).chain(links)
    }
}

/// The key of a topic, by its path.
pub fn topic_key(path: &str) -> String {
    format!("topic {path}")
}

/// The key of an author, by [`label_key`].
pub fn author_key(author: &str) -> String {
    format!("author {author}")
}

/// The key of a series, by [`label_key`].
pub fn series_key(series: &str) -> String {
    format!("series {series}")
}

/// The key of a link to a page, by its [`url_key::key`].
pub fn link_key(url: &str) -> String {
    format!("link {url}")
}

/// The key of a work.
pub fn work_key(work: &str) -> String {
    format!("work {work}")
}

/// The day of publication (since 1970) of a timely article, by the clock of its place: such articles are
/// related to others of the same time.
pub fn eventful_day(article: &Article) -> Option<i32> {
    let published_at = article.published_at.as_ref().filter(|_| article.is_timely())?;
    i32::try_from(published_at.local_s().div_euclid(DAY_S)).ok()
}
