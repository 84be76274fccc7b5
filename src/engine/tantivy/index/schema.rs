//! The schema of an index, and the conversion of an article to a document.
//!
//! The words of every zone are indexed twice: as typed and folded (`title_words`), and stemmed
//! (`title_stems`, tagged with their language). Both are already analysed: Tantivy gets lists of
//! terms and does not tokenize (see [`TermList`]).

use std::borrow::Cow;
use std::collections::BTreeSet;

use tantivy::TantivyDocument;
use tantivy::schema::{FAST, Field, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{RawTokenizer, TextAnalyzer, Token, TokenStream, Tokenizer, TokenizerManager};

use crate::analysis::{ArticleTerms, ByZone, Completion, CompletionSource, HeadingPosition, MinHash, Zone};
use crate::article::{Article, event_span_s, url_key};
use crate::engine::Card;
use crate::engine::related::DocumentProfile;
use crate::engine::related::document_profile::{eventful_day, work_key};
use crate::engine::snippets::{BodyPassage, body_passages};
use crate::engine::suggest::MIN_LABEL_CHARS;

/// The version of the fields below and of their content. A generation with another version is never
/// used.
pub const SCHEMA_VERSION: u32 = 12;

/// The separator of a topic's path and label in the column of labels; no path contains it.
pub(crate) const LABEL_SEPARATOR: char = '\u{1f}';

/// The first bytes of an article's content hash, stored in the index: if they differ from the
/// catalog's, the index has another text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentKey(pub u64);

impl ContentKey {
    /// The key of a content hash, see [`Article::content_hash`].
    pub fn of(hash: &[u8; 32]) -> ContentKey {
        let (head, _) = hash.split_at(8);
        ContentKey(head.iter().fold(0, |key, byte| key << 8 | u64::from(*byte)))
    }
}

const TERM_LIST: &str = "term_list";

/// The fields of one zone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ZoneFields {
    /// Words as typed and folded, with positions.
    pub(crate) words: Field,
    /// Stems, with positions.
    pub(crate) stems: Field,
    /// The zone's length in words.
    pub(crate) length: Field,
}

/// All fields.
#[derive(Debug, Clone)]
pub(crate) struct IndexFields {
    pub(crate) id: Field,
    /// The key of the address, see [`url_key::key`].
    pub(crate) url: Field,
    pub(crate) work: Field,
    /// Identifies the content of the article, see [`ContentKey`].
    pub(crate) content: Field,
    pub(crate) lang: Field,
    pub(crate) kind: Field,
    /// See [`eventful_day`].
    pub(crate) eventful_day: Field,
    pub(crate) topic: Field,
    /// The labels of an article's topics and their ancestors: path, separator, label.
    pub(crate) topic_label: Field,
    pub(crate) tag: Field,
    pub(crate) author: Field,
    pub(crate) published: Field,
    /// When it was published by the clock of its place, see [`Moment::local_s`](crate::article::Moment::local_s).
    pub(crate) published_local: Field,
    pub(crate) expires: Field,
    /// When an event begins, and the first second after it, see [`event_span_s`].
    pub(crate) event_starts: Field,
    pub(crate) event_over: Field,
    pub(crate) zones: ByZone<ZoneFields>,
    /// The distinct folded words of all zones: the vocabulary with its document frequencies.
    pub(crate) vocabulary: Field,
    /// Completions, see [`completion_list`].
    pub(crate) completions: Field,
    /// The words of titles and labels, and their prefixes, see [`head_list`].
    pub(crate) heads: Field,
    pub(crate) passage: Field,
    pub(crate) passage_start: Field,
    pub(crate) card: Field,
    /// The [`DocumentProfile`] as JSON.
    pub(crate) profile: Field,
    /// The key terms that are phrases.
    pub(crate) phrases: Field,
    /// The keys of its profile and of its work.
    pub(crate) keys: Field,
    /// The numbers of its text's MinHash sketch.
    pub(crate) sketch: Field,
}

/// The name of a zone's column of lengths.
pub(crate) fn length_column(zone: Zone) -> String {
    format!("{}_length", zone.name())
}

/// The schema and its fields.
pub(crate) fn schema() -> (Schema, IndexFields) {
    let mut builder = Schema::builder();
    let terms = TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer(TERM_LIST)
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions),
    );
    let zones = ByZone::of(|zone| ZoneFields {
        words: builder.add_text_field(&format!("{}_words", zone.name()), terms.clone()),
        stems: builder.add_text_field(&format!("{}_stems", zone.name()), terms.clone()),
        length: builder.add_u64_field(&length_column(zone), FAST),
    });
    let vocabulary = TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer(TERM_LIST)
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::Basic),
    );
    let completions = TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer(TERM_LIST)
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::WithFreqs),
    );
    let column = TextOptions::default().set_fast("raw");
    let fields = IndexFields {
        id: builder.add_text_field("id", STRING | FAST),
        url: builder.add_text_field("url", STRING),
        work: builder.add_u64_field("work", FAST),
        content: builder.add_u64_field("content", FAST),
        lang: builder.add_text_field("lang", column.clone()),
        kind: builder.add_text_field("kind", column.clone()),
        eventful_day: builder.add_i64_field("eventful_day", FAST),
        topic: builder.add_text_field("topic", column.clone()),
        topic_label: builder.add_text_field("topic_label", column.clone()),
        tag: builder.add_text_field("tag", column.clone()),
        author: builder.add_text_field("author", column),
        published: builder.add_i64_field("published", FAST),
        published_local: builder.add_i64_field("published_local", FAST),
        expires: builder.add_i64_field("expires", FAST),
        event_starts: builder.add_i64_field("event_starts", FAST),
        event_over: builder.add_i64_field("event_over", FAST),
        zones,
        vocabulary: builder.add_text_field("vocabulary", vocabulary.clone()),
        heads: builder.add_text_field("heads", vocabulary.clone()),
        completions: builder.add_text_field("completions", completions),
        passage: builder.add_bytes_field("passage", FAST),
        passage_start: builder.add_u64_field("passage_start", FAST),
        card: builder.add_bytes_field("card", STORED),
        profile: builder.add_bytes_field("subject", FAST),
        phrases: builder.add_text_field("phrases", vocabulary.clone()),
        keys: builder.add_text_field("keys", vocabulary),
        sketch: builder.add_u64_field("sketch", FAST),
    };
    (builder.build(), fields)
}

/// The tokenizers that the schema names.
pub(crate) fn tokenizers() -> TokenizerManager {
    let tokenizers = TokenizerManager::new();
    tokenizers.register("raw", RawTokenizer::default());
    // Tantivy requires it for fields that are not text.
    tokenizers.register("default", RawTokenizer::default());
    tokenizers.register(TERM_LIST, TextAnalyzer::from(TermList::default()));
    tokenizers
}

/// An analysed article as a document, and its approximate size in bytes.
pub(crate) fn document(
    fields: &IndexFields,
    article: &Article,
    work: u64,
    content: ContentKey,
    terms: &ArticleTerms,
) -> Result<(TantivyDocument, usize), serde_json::Error> {
    let mut document = TantivyDocument::default();
    let mut bytes_held = 0;
    document.add_text(fields.id, &article.id);
    if let Some(url) = &article.url {
        document.add_text(fields.url, url_key::key(url));
    }
    document.add_u64(fields.work, work);
    document.add_u64(fields.content, content.0);
    document.add_text(fields.lang, &article.lang);
    document.add_text(fields.kind, article.kind.as_str());
    if let Some(day) = eventful_day(article) {
        document.add_i64(fields.eventful_day, day.into());
    }
    let mut paths: Vec<&str> = article.topics.iter().flat_map(|topic| topic.prefixes()).collect();
    paths.sort_unstable();
    paths.dedup();
    for path in paths {
        document.add_text(fields.topic, path);
    }
    let levels = article.topics.iter().flat_map(|topic| topic.prefixes().zip(&topic.labels));
    let labels: BTreeSet<String> = levels.map(|(path, label)| format!("{path}{LABEL_SEPARATOR}{label}")).collect();
    for label in labels {
        document.add_text(fields.topic_label, label);
    }
    for tag in &article.tags {
        document.add_text(fields.tag, tag);
    }
    for author in &article.authors {
        document.add_text(fields.author, author);
    }
    if let Some(at) = &article.published_at {
        document.add_i64(fields.published, at.start_s());
        document.add_i64(fields.published_local, at.local_s());
    }
    if let Some(at) = &article.expires_at {
        document.add_i64(fields.expires, at.end_s());
    }
    if let Some((starts_s, over_s)) = event_span_s(article.starts_at.as_ref(), article.ends_at.as_ref()) {
        document.add_i64(fields.event_starts, starts_s);
        document.add_i64(fields.event_over, over_s);
    }
    for (zone, zone_fields) in terms.zones.iter().zip(&fields.zones) {
        let words = term_list(zone.terms.iter().map(|(at, forms)| (*at, forms.words.iter().map(String::as_str))));
        let stems = term_list(zone.terms.iter().map(|(at, forms)| (*at, forms.stems.iter().map(String::as_str))));
        bytes_held += words.len() + stems.len();
        document.add_text(zone_fields.words, words);
        document.add_text(zone_fields.stems, stems);
        document.add_u64(zone_fields.length, u64::from(zone.length));
    }
    let vocabulary = term_list([(0, terms.vocabulary().into_iter())].into_iter());
    bytes_held += vocabulary.len();
    document.add_text(fields.vocabulary, vocabulary);
    let completions = completion_list(&terms.completions, &article.lang);
    let heads = head_list(&terms.heading_words());
    bytes_held += completions.len() + heads.len();
    document.add_text(fields.completions, completions);
    document.add_text(fields.heads, heads);
    let passages = body_passages(&article.body).zip(&terms.passage_starts).zip(&terms.passage_langs);
    for ((passage, start), lang) in passages {
        let bytes = stored_passage(&passage, *lang);
        bytes_held += bytes.len();
        document.add_bytes(fields.passage, &bytes);
        document.add_u64(fields.passage_start, u64::from(*start));
    }
    let card = serde_json::to_vec(&Card::of(article))?;
    let profile = DocumentProfile::of(article, terms);
    let phrases = profile.terms.phrases.iter().map(|phrase| phrase.stem.as_str());
    document.add_text(fields.phrases, term_list([(0, phrases)].into_iter()));
    let keys: Vec<String> = profile.keys().chain([work_key(&article.work)]).collect();
    document.add_text(fields.keys, term_list([(0, keys.iter().map(String::as_str))].into_iter()));
    for number in terms.sketch.into_iter().flat_map(MinHash::to_numbers) {
        document.add_u64(fields.sketch, number);
    }
    let profile = serde_json::to_vec(&profile)?;
    bytes_held += card.len() + profile.len();
    document.add_bytes(fields.card, &card);
    document.add_bytes(fields.profile, &profile);
    Ok((document, bytes_held))
}

/// The source of a completion by its number of repetitions in the list: once for the most common
/// one.
const COMPLETION_SOURCES: [CompletionSource; 3] =
    [CompletionSource::Heading, CompletionSource::Text, CompletionSource::Name];

/// The source of a completion, by its term frequency in the article's list.
pub(crate) fn completion_source(times: u32) -> CompletionSource {
    COMPLETION_SOURCES.get(times.saturating_sub(1) as usize).copied().unwrap_or(CompletionSource::Text)
}

/// The separator of the parts of a term; no word contains it, and it sorts before all characters of
/// words.
pub(crate) const PART_SEPARATOR: char = '\u{1e}';

/// Completions as a text for [`TermList`]. A term consists of the completion's key, the article's
/// language, and the surface form if it differs from the key.
fn completion_list(completions: &[Completion], lang: &str) -> String {
    let mut list = String::new();
    for completion in completions {
        let text = writing_of(completion);
        let times = COMPLETION_SOURCES.iter().position(|source| *source == completion.source).unwrap_or(0) + 1;
        for _ in 0..times {
            push_term(&mut list, &[&completion.key, "\u{1e}", lang, "\u{1e}", &text]);
        }
    }
    list
}

/// The prefix of a surface form that is stored literally.
const LITERAL: char = '=';

/// The compact encoding of a surface form: empty if it equals the key, one letter per word if they
/// differ only in capitals, else the whole text.
fn writing_of(completion: &Completion) -> String {
    let cases: Option<String> = (completion.key.split(' '))
        .zip(completion.text.split(' '))
        .map(|(key, text)| CASES.into_iter().find(|case| with_case(key, *case) == text))
        .collect();
    match cases {
        Some(cases) if cases.chars().all(|case| case == CASES[0]) && completion.text == completion.key => String::new(),
        Some(cases) if written_as(&completion.key, &cases) == completion.text => cases,
        _ => format!("{LITERAL}{}", completion.text),
    }
}

/// The capitalization of a word: lower case, first letter, all letters.
const CASES: [char; 3] = ['l', 'c', 'u'];

fn with_case(word: &str, case: char) -> String {
    match case {
        'c' => {
            let mut letters = word.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
        }
        'u' => word.to_uppercase(),
        _ => word.to_owned(),
    }
}

fn written_as(key: &str, cases: &str) -> String {
    let words: Vec<String> = key.split(' ').zip(cases.chars()).map(|(word, case)| with_case(word, case)).collect();
    words.join(" ")
}

/// Parses a term of [`completion_list`]: key, language, and the encoded surface form for
/// [`completion_text`].
pub(crate) fn read_completion(term: &[u8]) -> Option<(&str, &str, &str)> {
    let mut parts = std::str::from_utf8(term).ok()?.split(PART_SEPARATOR);
    Some((parts.next()?, parts.next()?, parts.next()?))
}

/// The surface form of a completion.
pub(crate) fn completion_text(key: &str, writing: &str) -> String {
    match writing.strip_prefix(LITERAL) {
        Some(text) => text.to_owned(),
        None if writing.is_empty() => key.to_owned(),
        None => written_as(key, writing),
    }
}

/// The maximum length of a prefix that is indexed as a term, in characters: shorter prefixes match
/// too many words to scan while somebody types.
pub(crate) const MAX_BEGINNING_CHARS: usize = 3;
/// The prefix of a head word's terms, by its position.
fn before(place: HeadingPosition) -> &'static str {
    match place {
        HeadingPosition::TitleBegin => "^",
        HeadingPosition::Title => "",
        HeadingPosition::Label => "@",
    }
}

/// The term of a whole head word at a place.
pub(crate) fn head_term(word: &str, place: HeadingPosition) -> String {
    format!("{}{PART_SEPARATOR}", head_beginning(word, place))
}

/// What the terms begin with of head words at a place that begin with a text; where it is short, it
/// is a term itself.
pub(crate) fn head_beginning(begun: &str, place: HeadingPosition) -> String {
    format!("{}{begun}", before(place))
}

/// The terms of head words as a text for [`TermList`]. A word at the beginning of the title is also
/// a word in the title.
fn head_list(words: &[(Cow<'_, str>, HeadingPosition)]) -> String {
    let mut list = String::new();
    let mut beginnings: Vec<(&str, &str)> = Vec::with_capacity(words.len() * MAX_BEGINNING_CHARS);
    for (word, place) in words {
        let shortest = if *place == HeadingPosition::Label { MIN_LABEL_CHARS } else { 1 };
        let in_title = (*place == HeadingPosition::TitleBegin).then_some(HeadingPosition::Title);
        for place in [Some(*place), in_title].into_iter().flatten() {
            let ends = word.char_indices().map(|(at, c)| at + c.len_utf8());
            let ends = ends.take(MAX_BEGINNING_CHARS).skip(shortest - 1);
            beginnings.extend(ends.map(|end| (before(place), &word[..end])));
            push_term(&mut list, &[before(place), word, "\u{1e}"]);
        }
    }
    beginnings.sort_unstable();
    beginnings.dedup();
    for (before, beginning) in beginnings {
        push_term(&mut list, &[before, beginning]);
    }
    list
}

/// The stored form of a passage: flags, the length of the name of its language (0 for the article's
/// own), that name, the text.
fn stored_passage(passage: &BodyPassage, lang: Option<&str>) -> Vec<u8> {
    let lang = lang.unwrap_or_default();
    let mut bytes = Vec::with_capacity(passage.text.len() + lang.len() + 2);
    bytes.push((u8::from(passage.continues) * CONTINUES) | (u8::from(passage.is_continued) * IS_CONTINUED));
    bytes.push(u8::try_from(lang.len()).unwrap_or(0));
    bytes.extend_from_slice(lang.as_bytes());
    bytes.extend_from_slice(passage.text.as_bytes());
    bytes
}

const CONTINUES: u8 = 1;
const IS_CONTINUED: u8 = 2;

/// Parses a stored passage; `None` if the bytes are invalid.
pub(crate) fn read_passage(bytes: &[u8]) -> Option<BodyPassage> {
    let (flags, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (lang, text) = rest.split_at_checked(usize::from(*length))?;
    let text_of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(BodyPassage {
        text: text_of(text),
        lang: Some(text_of(lang)).filter(|lang| !lang.is_empty()),
        continues: flags & CONTINUES != 0,
        is_continued: flags & IS_CONTINUED != 0,
    })
}

/// The separator of a list's terms; no term contains it.
const SEPARATOR: char = '\u{1f}';

/// Writes terms with their positions as a text for [`TermList`]. Positions must be non-decreasing.
fn term_list<'t>(terms: impl Iterator<Item = (u32, impl Iterator<Item = &'t str>)>) -> String {
    let mut list = String::new();
    let mut position = 0;
    for (at, forms) in terms {
        for form in forms {
            for _ in position..at {
                list.push('+');
            }
            position = at;
            push_term(&mut list, &[form]);
        }
    }
    list
}

/// Writes a term, given in parts, at the present position.
fn push_term(list: &mut String, parts: &[&str]) {
    list.push('=');
    list.extend(parts.iter().copied());
    list.push(SEPARATOR);
}

/// Parses a text written by [`term_list`]: each term follows a `=`, and each `+` before it moves to
/// the next position.
///
/// Tantivy's own input for analysed text copies every token twice; this one copies none.
#[derive(Clone, Default)]
struct TermList {
    token: Token,
}

struct TermListStream<'a> {
    rest: &'a str,
    token: &'a mut Token,
}

impl Tokenizer for TermList {
    type TokenStream<'a> = TermListStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> TermListStream<'a> {
        self.token.reset();
        self.token.position = 0;
        TermListStream { rest: text, token: &mut self.token }
    }
}

impl TokenStream for TermListStream<'_> {
    fn advance(&mut self) -> bool {
        let Some((head, tail)) = self.rest.split_once(SEPARATOR) else { return false };
        let Some((moves, term)) = head.split_once('=') else { return false };
        self.token.position += moves.len();
        self.token.text.clear();
        self.token.text.push_str(term);
        self.rest = tail;
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_list_gives_back_terms_and_positions() {
        let forms = [vec!["a".to_owned(), "á".to_owned()], vec!["b".to_owned()], vec!["c".to_owned()]];
        let text = term_list(
            [(0, &forms[0]), (0, &forms[1]), (3, &forms[2])]
                .into_iter()
                .map(|(at, forms)| (at, forms.iter().map(String::as_str))),
        );
        let mut tokenizer = TermList::default();
        let mut stream = tokenizer.token_stream(&text);
        let mut found = Vec::new();
        while stream.advance() {
            found.push((stream.token().text.clone(), stream.token().position));
        }
        assert_eq!(found, [("a", 0), ("á", 0), ("b", 0), ("c", 3)].map(|(term, at)| (term.to_owned(), at)));
    }
}
