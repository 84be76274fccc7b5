//! The facet dictionary: the facet values of all segments of a snapshot under common numbers, so
//! that versions of a work in different segments can be compared.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use jiff::civil::Date;
use rustc_hash::FxHashSet;
use tantivy::DocId;
use tantivy::columnar::StrColumn;

use super::segment::{DocAddress, Segment};
use crate::analysis::{language_group, without_marks};
use crate::article::date::clock_s;
use crate::article::language_is_under;
use crate::engine::filters::{Facet, Filters, label_key, month_of};
use crate::engine::tantivy::index::schema::LABEL_SEPARATOR;

/// A tag or an author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FacetLabel {
    /// The comparison key, see [`label_key`].
    pub(crate) key: String,
    /// The first of its spellings on a visible article, in character order.
    pub(crate) text: String,
}

/// A month in which articles were published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Month {
    pub(crate) year: i16,
    pub(crate) month: i8,
}

/// The labels of a topic.
#[derive(Debug, Clone, Default)]
struct TopicLabels {
    /// The label in most articles.
    any: String,
    /// The label in most articles of a language group, for groups that have one.
    by_group: BTreeMap<String, String>,
}

/// The numbers of a segment's values.
#[derive(Default)]
struct SegmentValues {
    langs: Vec<u32>,
    kinds: Vec<u32>,
    topics: Vec<u32>,
    tags: Vec<u32>,
    authors: Vec<u32>,
}

/// All facet values of a snapshot. The number of a value is its index in its list.
pub(crate) struct FacetDictionary {
    pub(crate) langs: Vec<String>,
    /// For every language, the listed languages that include it, itself among them.
    langs_above: Vec<Vec<u32>>,
    pub(crate) kinds: Vec<String>,
    pub(crate) topics: Vec<String>,
    topic_labels: Vec<TopicLabels>,
    pub(crate) tags: Vec<FacetLabel>,
    pub(crate) authors: Vec<FacetLabel>,
    pub(crate) months: Vec<Month>,
    pub(crate) years: Vec<i16>,
    /// For every month, the number of its year; years are numbered after all months.
    month_years: Vec<u32>,
    /// The start of each month in seconds of a clock, see [`month_of`].
    month_starts: Vec<i64>,
    segments: Vec<SegmentValues>,
}

impl FacetDictionary {
    /// Reads the dictionaries of all segments. `now_s` is the current time in Unix seconds: labels
    /// are taken from visible articles.
    pub(crate) fn new(segments: &[Segment], now_s: i64) -> io::Result<FacetDictionary> {
        let mut numbers: Vec<SegmentValues> = segments.iter().map(|_| SegmentValues::default()).collect();
        let langs = sorted(segments.iter().flat_map(|segment| &segment.langs));
        let kinds = sorted(segments.iter().flat_map(|segment| &segment.kinds));
        for (numbers, segment) in numbers.iter_mut().zip(segments) {
            numbers.langs = segment.langs.iter().map(|lang| place_of(&langs, lang)).collect();
            numbers.kinds = segment.kinds.iter().map(|kind| place_of(&kinds, kind)).collect();
        }
        let counted = counted_langs(segments);
        let is_under = |lang: &String| {
            // An invisible article must not reveal its language.
            let is_told = |other: &String| other == lang || counted.contains(other);
            let above = (0u32..).zip(&langs).filter(|(_, other)| language_is_under(lang, other) && is_told(other));
            above.map(|(number, _)| number).collect()
        };
        let langs_above = langs.iter().map(is_under).collect();
        let (topics, topic_numbers) = merged(segments, |segment| segment.topic.as_ref())?;
        let (tags, tag_numbers) = labels(segments, now_s, |segment| segment.tag.as_ref())?;
        let (authors, author_numbers) = labels(segments, now_s, |segment| segment.author.as_ref())?;
        for (numbers, ((topics, tags), authors)) in
            numbers.iter_mut().zip(topic_numbers.into_iter().zip(tag_numbers).zip(author_numbers))
        {
            (numbers.topics, numbers.tags, numbers.authors) = (topics, tags, authors);
        }
        let topic_labels = topic_labels(segments, now_s, &topics)?;
        let month_starts = months(segments);
        let months: Vec<Month> = month_starts.iter().map(|(month, _)| *month).collect();
        let mut years: Vec<i16> = months.iter().map(|month| month.year).collect();
        years.dedup();
        let month_years = months
            .iter()
            .map(|month| number(months.len() + years.binary_search(&month.year).unwrap_or_default()))
            .collect();
        let month_starts = month_starts.into_iter().map(|(_, start)| start).collect();
        Ok(FacetDictionary {
            langs,
            langs_above,
            kinds,
            topics,
            topic_labels,
            tags,
            authors,
            months,
            years,
            month_years,
            month_starts,
            segments: numbers,
        })
    }

    /// How many numbers the values of a facet have.
    pub(crate) fn count(&self, facet: Facet) -> usize {
        match facet {
            Facet::Lang => self.langs.len(),
            Facet::Kind => self.kinds.len(),
            Facet::Topic => self.topics.len(),
            Facet::Tag => self.tags.len(),
            Facet::Author => self.authors.len(),
            Facet::Year => self.months.len() + self.years.len(),
        }
    }

    /// Whether any value of an article for a facet satisfies a condition. A language includes its
    /// base languages, a topic its ancestors, a month its year.
    pub(crate) fn any(
        &self,
        facet: Facet,
        segment: &Segment,
        place: DocAddress,
        mut is_wanted: impl FnMut(u32) -> bool,
    ) -> bool {
        let doc = place.doc;
        let Some(numbers) = self.segments.get(place.segment) else { return false };
        let mut labels = |column: Option<&StrColumn>, numbers: &[u32]| {
            values_of(column, doc).filter_map(|ordinal| numbers.get(ordinal as usize)).any(|value| is_wanted(*value))
        };
        match facet {
            Facet::Lang => {
                let lang = numbers.langs.get(segment.lang.get_val(doc) as usize);
                let above = lang.and_then(|lang| self.langs_above.get(*lang as usize));
                above.into_iter().flatten().any(|lang| is_wanted(*lang))
            }
            Facet::Kind => numbers.kinds.get(segment.kind.get_val(doc) as usize).is_some_and(|kind| is_wanted(*kind)),
            Facet::Topic => labels(segment.topic.as_ref(), &numbers.topics),
            Facet::Tag => labels(segment.tag.as_ref(), &numbers.tags),
            Facet::Author => labels(segment.author.as_ref(), &numbers.authors),
            Facet::Year => self.month_at(segment.published_local.first(doc)).is_some_and(|month| {
                is_wanted(month) || self.month_years.get(month as usize).is_some_and(|year| is_wanted(*year))
            }),
        }
    }

    /// For every value of a facet, whether its filter selects it; `None` if the filter is empty.
    pub(crate) fn meant(&self, facet: Facet, filters: &Filters) -> Option<Vec<bool>> {
        let has_label = |labels: &[FacetLabel], asked: &[String]| {
            let keys: FxHashSet<String> = asked.iter().map(|asked| label_key(asked)).collect();
            (!asked.is_empty()).then(|| labels.iter().map(|label| keys.contains(&label.key)).collect())
        };
        match facet {
            Facet::Lang => (!filters.langs.is_empty()).then(|| {
                let is_meant = |lang: &String| filters.langs.iter().any(|asked| language_is_under(lang, asked));
                self.langs.iter().map(is_meant).collect()
            }),
            Facet::Kind => (!filters.kinds.is_empty()).then(|| {
                let is_meant = |kind: &String| filters.kinds.iter().any(|asked| asked.as_str() == kind);
                self.kinds.iter().map(is_meant).collect()
            }),
            Facet::Topic => (!filters.topics.is_empty()).then(|| {
                let asked: FxHashSet<&String> = filters.topics.iter().collect();
                self.topics.iter().map(|topic| asked.contains(topic)).collect()
            }),
            Facet::Tag => has_label(&self.tags, &filters.tags),
            Facet::Author => has_label(&self.authors, &filters.authors),
            Facet::Year => (!filters.years.is_empty()).then(|| {
                let years = self.years.iter().map(|year| filters.years.contains(year));
                self.months.iter().map(|_| false).chain(years).collect()
            }),
        }
    }

    /// The number of the month that contains a second of a clock, see [`month_of`].
    fn month_at(&self, local_s: Option<i64>) -> Option<u32> {
        let at = local_s?;
        // The list contains the month of every article.
        self.month_starts.partition_point(|start| *start <= at).checked_sub(1).map(number)
    }

    /// The label of a topic in the first of some language groups that has one, or else in most
    /// articles.
    pub(crate) fn topic_label(&self, topic: usize, groups: &[String]) -> &str {
        let Some(labels) = self.topic_labels.get(topic) else { return "" };
        groups.iter().find_map(|group| labels.by_group.get(group)).unwrap_or(&labels.any)
    }
}

/// The languages of the counted articles.
fn counted_langs(segments: &[Segment]) -> BTreeSet<&String> {
    let mut counted = BTreeSet::new();
    for segment in segments {
        let mut is_held = vec![false; segment.langs.len()];
        for doc in (0..segment.reader.max_doc()).filter(|doc| segment.is_counted(*doc)) {
            if let Some(is_held) = is_held.get_mut(segment.lang.get_val(doc) as usize) {
                *is_held = true;
            }
        }
        counted.extend(segment.langs.iter().zip(is_held).filter(|(_, is_held)| *is_held).map(|(lang, _)| lang));
    }
    counted
}

/// Distinct values, sorted.
fn sorted<'v>(values: impl Iterator<Item = &'v String>) -> Vec<String> {
    values.collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

fn place_of(list: &[String], value: &str) -> u32 {
    number(list.partition_point(|known| known.as_str() < value))
}

fn values_of(column: Option<&StrColumn>, doc: DocId) -> impl Iterator<Item = u64> + '_ {
    column.into_iter().flat_map(move |column| column.ords().values_for_doc(doc))
}

/// The values of a column by ordinal.
fn dictionary(column: Option<&StrColumn>) -> io::Result<Vec<String>> {
    let Some(column) = column else { return Ok(Vec::new()) };
    let mut values = Vec::with_capacity(column.num_terms());
    let mut stream = column.dictionary().stream()?;
    while stream.advance() {
        values.push(String::from_utf8_lossy(stream.key()).into_owned());
    }
    Ok(values)
}

/// The sorted values of a column over all segments, and for every segment their numbers.
fn merged(
    segments: &[Segment],
    column: impl Fn(&Segment) -> Option<&StrColumn>,
) -> io::Result<(Vec<String>, Vec<Vec<u32>>)> {
    let own = segments.iter().map(|segment| dictionary(column(segment))).collect::<io::Result<Vec<_>>>()?;
    let all = sorted(own.iter().flatten());
    let numbers = own.iter().map(|own| own.iter().map(|value| place_of(&all, value)).collect()).collect();
    Ok((all, numbers))
}

/// The labels of a column over all segments, by key, and for every segment their numbers.
fn labels(
    segments: &[Segment],
    now_s: i64,
    column: impl Fn(&Segment) -> Option<&StrColumn>,
) -> io::Result<(Vec<FacetLabel>, Vec<Vec<u32>>)> {
    let (spellings, spelling_numbers) = merged(segments, &column)?;
    let mut by_key: BTreeMap<String, Vec<(usize, &String)>> = BTreeMap::new();
    for (place, spelling) in spellings.iter().enumerate() {
        by_key.entry(label_key(spelling)).or_default().push((place, spelling));
    }
    // Tantivy keeps the spellings of deleted articles until it merges, and some belong to articles
    // that are not visible yet.
    let mut is_used = vec![by_key.len() == spellings.len(); spellings.len()];
    if by_key.len() < spellings.len() {
        for (segment, numbers) in segments.iter().zip(&spelling_numbers) {
            let visible = segment.reader.doc_ids_alive().filter(|doc| segment.is_visible(*doc, now_s));
            for ordinal in visible.flat_map(|doc| values_of(column(segment), doc)) {
                let used = numbers.get(ordinal as usize).and_then(|number| is_used.get_mut(*number as usize));
                if let Some(used) = used {
                    *used = true;
                }
            }
        }
    }
    let mut labels = Vec::with_capacity(by_key.len());
    let mut label_of = vec![0; spellings.len()];
    for (key, places) in by_key {
        for (place, _) in &places {
            if let Some(label) = label_of.get_mut(*place) {
                *label = number(labels.len());
            }
        }
        let used = places.iter().find(|(place, _)| is_used.get(*place) == Some(&true));
        let first = used.or(places.first());
        labels.push(FacetLabel {
            key,
            text: first.map_or(String::new(), |(_, spelling)| without_marks(spelling).into_owned()),
        });
    }
    let of_segment = |numbers: &Vec<u32>| {
        numbers.iter().filter_map(|number| label_of.get(*number as usize)).copied().collect::<Vec<u32>>()
    };
    let numbers = spelling_numbers.iter().map(of_segment).collect();
    Ok((labels, numbers))
}

/// The labels of every topic in visible articles, or else in the others.
fn topic_labels(segments: &[Segment], now_s: i64, topics: &[String]) -> io::Result<Vec<TopicLabels>> {
    let (labels, numbers) = merged(segments, |segment| segment.topic_label.as_ref())?;
    // The number of visible articles of each language group with each label, and of all other
    // articles.
    let mut others: Vec<u32> = vec![0; labels.len()];
    let mut counts: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for (segment, numbers) in segments.iter().zip(&numbers) {
        let mut own: Vec<Vec<u32>> = vec![vec![0; numbers.len()]; segment.langs.len()];
        for doc in segment.reader.doc_ids_alive() {
            let Some(own) = own.get_mut(segment.lang.get_val(doc) as usize) else { continue };
            let is_visible = segment.is_visible(doc, now_s);
            for ordinal in values_of(segment.topic_label.as_ref(), doc) {
                let count = match numbers.get(ordinal as usize) {
                    Some(number) if !is_visible => others.get_mut(*number as usize),
                    _ => own.get_mut(ordinal as usize),
                };
                if let Some(count) = count {
                    *count += 1;
                }
            }
        }
        for (lang, own) in segment.langs.iter().zip(own) {
            let sums = counts.entry(language_group(lang)).or_insert_with(|| vec![0; labels.len()]);
            for (count, number) in own.iter().zip(numbers) {
                if let Some(sum) = sums.get_mut(*number as usize) {
                    *sum += count;
                }
            }
        }
    }
    let mut found: Vec<Leading> = vec![Leading::default(); topics.len()];
    for (place, label) in labels.iter().enumerate() {
        let Some((path, text)) = label.split_once(LABEL_SEPARATOR) else { continue };
        let Some(topic) = found.get_mut(place_of(topics, path) as usize) else { continue };
        let written = |counts: &[u32]| counts.get(place).copied().unwrap_or(0);
        let in_all: u32 = counts.values().map(|counts| written(counts)).sum();
        // The label of an invisible article is used only if the topic has no other.
        let rank = if in_all > 0 { (true, in_all) } else { (false, written(&others)) };
        if rank > topic.most {
            (topic.most, topic.labels.any) = (rank, text.to_owned());
        }
        for (group, counts) in &counts {
            let most = topic.most_in.entry(group.clone()).or_insert(0);
            if written(counts) > *most {
                *most = written(counts);
                topic.labels.by_group.insert(group.clone(), text.to_owned());
            }
        }
    }
    Ok(found.into_iter().map(|topic| topic.labels).collect())
}

/// The most frequent labels of a topic so far.
#[derive(Default, Clone)]
struct Leading {
    labels: TopicLabels,
    /// Whether the overall label is from visible articles, and its number of articles.
    most: (bool, u32),
    /// The number of articles with the label of each language group.
    most_in: BTreeMap<String, u32>,
}

/// The months in which articles that are not deleted were published, each with its start, in order.
fn months(segments: &[Segment]) -> Vec<(Month, i64)> {
    let mut months: BTreeMap<Month, (i64, i64)> = BTreeMap::new();
    for segment in segments {
        let mut last: Option<(i64, i64)> = None;
        for at in segment.reader.doc_ids_alive().filter_map(|doc| segment.published_local.first(doc)) {
            if last.is_some_and(|(start, end)| start <= at && at < end) {
                continue;
            }
            let Some((year, month)) = month_of(at) else { continue };
            let bounds = *months.entry(Month { year, month }).or_insert_with(|| bounds_of(year, month, at));
            last = Some(bounds);
        }
    }
    months.into_iter().map(|(month, (start, _))| (month, start)).collect()
}

/// The start of a month and of the next one; `at` is within the month.
fn bounds_of(year: i16, month: i8, at: i64) -> (i64, i64) {
    let Ok(first) = Date::new(year, month, 1) else { return (at, at) };
    let next = first.last_of_month().tomorrow();
    (clock_s(first), next.map_or(i64::MAX, clock_s))
}
