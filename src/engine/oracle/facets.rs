//! Facet counts, each facet separately.

use std::collections::{BTreeMap, BTreeSet};

use super::{BruteForceEngine, OracleChoice};
use crate::analysis::language_group;
use crate::article::{Article, language_is_under};
use crate::engine::SearchRequest;
use crate::engine::facets::{FacetCounts, TopicCount, ValueCount, label_groups};
use crate::engine::filters::{Facet, Filters, label_key, month_of};

impl BruteForceEngine {
    /// The number of works, or versions, under every value of the requested facets, under filters.
    pub(super) fn count(
        &self,
        matching: &[OracleChoice<'_>],
        filters: &Filters,
        request: &SearchRequest,
    ) -> FacetCounts {
        let mut answer = FacetCounts::default();
        for facet in &request.facets {
            let filters = filters.without(*facet);
            let mut works: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
            let mut months: BTreeMap<(i16, i8), BTreeSet<&str>> = BTreeMap::new();
            let mut years: BTreeMap<i16, BTreeSet<&str>> = BTreeMap::new();
            for entry in matching.iter().map(|choice| choice.entry).filter(|entry| filters.take(&entry.article)) {
                let article = &entry.article;
                let counted = if request.group { entry.work.as_str() } else { article.id.as_str() };
                for value in self.values(*facet, article) {
                    works.entry(value).or_default().insert(counted);
                }
                if let Some((year, month)) = article.published_at.as_ref().and_then(|at| month_of(at.local_s())) {
                    months.entry((year, month)).or_default().insert(counted);
                    years.entry(year).or_default().insert(counted);
                }
            }
            let values = works.iter().map(|(value, works)| (value.clone(), works.len() as u64));
            match facet {
                Facet::Topic => {
                    let label = |path: &str| self.topic_label(path, request.ui_lang.as_deref());
                    let of = |(value, count): (String, u64)| TopicCount {
                        label: label(&value),
                        value,
                        count,
                        children: Vec::new(),
                    };
                    answer.set_topics(values.map(of).collect());
                }
                Facet::Year => answer.set_years(years.into_iter().map(|(year, works)| {
                    let own = months.iter().filter(|((other, _), _)| *other == year);
                    (year, works.len() as u64, own.map(|((_, month), works)| (*month, works.len() as u64)).collect())
                })),
                _ => answer.set_values(*facet, values.map(|(value, count)| ValueCount { value, count }).collect()),
            }
        }
        answer
    }

    /// The facet values of an article.
    fn values(&self, facet: Facet, article: &Article) -> Vec<String> {
        let spelled =
            |label: &String, known: &BTreeMap<String, String>| known.get(&label_key(label)).unwrap_or(label).clone();
        match facet {
            Facet::Lang => {
                let counted = self.counted().map(|entry| &entry.article).chain([article]);
                let above = counted.filter(|other| language_is_under(&article.lang, &other.lang));
                above.map(|other| other.lang.clone()).collect()
            }
            Facet::Kind => vec![article.kind.as_str().to_owned()],
            Facet::Topic => article.topics.iter().flat_map(|topic| topic.prefixes()).map(str::to_owned).collect(),
            Facet::Tag => article.tags.iter().map(|tag| spelled(tag, &self.tags)).collect(),
            Facet::Author => article.authors.iter().map(|author| spelled(author, &self.authors)).collect(),
            Facet::Year => Vec::new(),
        }
    }

    /// The label of a topic in most articles of the reader's language, or else of the language with
    /// most articles, or else of all.
    fn topic_label(&self, path: &str, ui_lang: Option<&str>) -> String {
        let most = |is_meant: &dyn Fn(&Article) -> bool| {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            let articles = self.entries.iter().map(|entry| &entry.article);
            for article in articles.filter(|article| is_meant(article)) {
                let levels = article.topics.iter().flat_map(|topic| topic.prefixes().zip(&topic.labels));
                let labels: BTreeSet<&str> =
                    levels.filter(|(level, _)| *level == path).map(|(_, label)| label.as_str()).collect();
                for label in labels {
                    *counts.entry(label).or_insert(0) += 1;
                }
            }
            counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(label, _)| label.to_owned())
        };
        let is_visible = |article: &Article| article.is_visible_at(self.opened_s);
        let in_group = |group: String| most(&|article| is_visible(article) && language_group(&article.lang) == group);
        let found = label_groups(ui_lang, &self.languages).into_iter().find_map(in_group);
        found.or_else(|| most(&is_visible)).or_else(|| most(&|_| true)).unwrap_or_default()
    }
}
