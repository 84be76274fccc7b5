//! Counts the works under each value of a facet.

use std::cmp::Reverse;

use super::filters::Facet;
use super::ranking::LanguageStats;
use crate::analysis::language_group;

/// The maximum number of tags and of authors listed, the most frequent ones.
pub const MAX_LABELS: usize = 100;

/// The counts of the facets that were asked for; the others are not there.
///
/// A work counts once under a value, when one of its versions matches, passes every filter but
/// the facet's own, and has the value; so that a value's count is the total of the same search
/// with that value for the facet's filter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FacetCounts {
    /// By language, the most frequent first; `pt` counts what is `pt-BR` too.
    pub lang: Option<Vec<ValueCount>>,
    /// By kind, the most frequent first.
    pub kind: Option<Vec<ValueCount>>,
    /// By topic, a tree; in each level the most frequent first.
    pub topic: Option<Vec<TopicCount>>,
    /// By tag, the most frequent first, at most 100.
    pub tag: Option<Vec<ValueCount>>,
    /// By author, the most frequent first, at most 100.
    pub author: Option<Vec<ValueCount>>,
    /// By year of publication, the newest first.
    pub year: Option<Vec<YearCount>>,
}

/// A value and how many works have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueCount {
    /// What the facet's filter takes.
    pub value: String,
    /// The number of works.
    pub count: u64,
}

/// A year, in UTC, and its months.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearCount {
    /// The year: `2021`.
    pub value: String,
    /// The number of works.
    pub count: u64,
    /// Its months as `2021-11`, the newest first. A work whose versions were published in
    /// different months counts in each.
    pub months: Vec<ValueCount>,
}

/// A topic, and what is below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicCount {
    /// The path of slugs, what the filter takes.
    pub value: String,
    /// How the site writes the topic in the reader's language, or else in the one it has most
    /// articles of, or else in any.
    pub label: String,
    /// The number of works at the topic or below it.
    pub count: u64,
    /// The topics one level below.
    pub children: Vec<TopicCount>,
}

impl FacetCounts {
    /// Sorts and sets the counts of a facet without hierarchy.
    pub(crate) fn set_values(&mut self, facet: Facet, mut counts: Vec<ValueCount>) {
        counts.sort_by(|a, b| (Reverse(a.count), &a.value).cmp(&(Reverse(b.count), &b.value)));
        match facet {
            Facet::Lang => self.lang = Some(counts),
            Facet::Kind => self.kind = Some(counts),
            Facet::Tag | Facet::Author => {
                counts.truncate(MAX_LABELS);
                *(if facet == Facet::Tag { &mut self.tag } else { &mut self.author }) = Some(counts);
            }
            Facet::Topic | Facet::Year => {}
        }
    }

    /// Sorts topics into a tree. The input contains all ancestors of every topic.
    pub(crate) fn set_topics(&mut self, mut topics: Vec<TopicCount>) {
        // Each topic comes directly before its descendants.
        topics.sort_by(|a, b| a.value.split('/').cmp(b.value.split('/')));
        let mut roots = Vec::new();
        for topic in topics {
            plant(&mut roots, topic);
        }
        sort_topics(&mut roots);
        self.topic = Some(roots);
    }

    /// Sorts and sets years and their months.
    pub(crate) fn set_years(&mut self, years: impl IntoIterator<Item = (i16, u64, Vec<(i8, u64)>)>) {
        let mut years: Vec<_> = years.into_iter().collect();
        years.sort_by_key(|(year, ..)| Reverse(*year));
        let months_of = |year: i16, mut months: Vec<(i8, u64)>| {
            months.sort_by_key(|(month, _)| Reverse(*month));
            let value = |(month, count)| ValueCount { value: format!("{}-{month:02}", year_name(year)), count };
            months.into_iter().map(value).collect()
        };
        let of = |(year, count, months)| YearCount { value: year_name(year), count, months: months_of(year, months) };
        self.year = Some(years.into_iter().map(of).collect());
    }
}

/// The language groups to take a topic's label from, in order: the reader's, then the one with most
/// articles.
pub(crate) fn label_groups(ui_lang: Option<&str>, languages: &[LanguageStats]) -> Vec<String> {
    let most = languages.iter().rev().max_by_key(|language| language.articles);
    ui_lang.map(language_group).into_iter().chain(most.map(|language| language.lang.clone())).collect()
}

fn year_name(year: i16) -> String {
    format!("{year:04}")
}

/// Inserts a topic below its parent.
fn plant(level: &mut Vec<TopicCount>, topic: TopicCount) {
    let is_below =
        |parent: &&mut TopicCount| topic.value.strip_prefix(&parent.value).is_some_and(|rest| rest.starts_with('/'));
    match level.last_mut().filter(is_below) {
        Some(parent) => plant(&mut parent.children, topic),
        None => level.push(topic),
    }
}

fn sort_topics(level: &mut [TopicCount]) {
    level.sort_by(|a, b| (Reverse(a.count), &a.value).cmp(&(Reverse(b.count), &b.value)));
    for topic in level {
        sort_topics(&mut topic.children);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_become_a_tree_with_the_most_frequent_first() {
        let topic = |value: &str, count| TopicCount {
            value: value.to_owned(),
            label: value.to_uppercase(),
            count,
            children: Vec::new(),
        };
        let mut counts = FacetCounts::default();
        counts.set_topics(vec![
            topic("b", 3),
            topic("a/c", 2),
            topic("a", 2),
            topic("b/d", 1),
            topic("b/e", 2),
            topic("a-b", 1),
        ]);
        let tree = counts.topic.unwrap();
        assert_eq!(tree.iter().map(|topic| topic.value.as_str()).collect::<Vec<_>>(), ["b", "a", "a-b"]);
        let below: Vec<&str> = tree[0].children.iter().map(|topic| topic.value.as_str()).collect();
        assert_eq!(below, ["b/e", "b/d"]);
        assert_eq!(tree[1].children[0].value, "a/c");
    }
}
