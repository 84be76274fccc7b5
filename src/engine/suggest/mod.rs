//! Suggestions while typing: the types, and the logic shared by all engines.

mod misspelt_text;
mod typed;

use std::cmp::Reverse;
use std::collections::BTreeSet;

pub(crate) use self::misspelt_text::MisspeltText;
pub(crate) use self::typed::{MIN_LABEL_CHARS, Typed, Writing};
use super::planning::edit_model;
use super::planning::folded_word;
use super::query::{MAX_CHARS, Query};
use super::ranking::{LanguageStats, articles_of};
use super::snippets::highlighter::escape;
use super::{Card, EngineError, Filters, IndexVersion, SearchEngine, SearchRequest, language_fit};
use crate::analysis::{CompletionSource, completion_key, language_group, normalize, with_variants_cache};
use crate::article::{Kind, language_is_under};

/// The maximum number of completions, and of articles, of one answer.
pub const MAX_SUGGESTIONS: usize = 20;
/// The weight of a work with a completion in its title or labels; a work with it in its text has
/// weight 1.
const HEADING_WEIGHT: u64 = 3;
/// A phrase is dropped in favour of longer ones that start with it, if these have this share of its
/// works.
const GOES_ON: f32 = 0.8;
/// A completion belongs to a language if its frequency there is at least this share of that in its
/// most frequent language: texts of all languages quote English.
const OWN_SHARE: f32 = 0.2;
/// A completion in more than this share of a language's articles, or of all, is too common to be
/// useful, if there are more than a few articles.
const COMMON_SHARE: f32 = 0.3;
const FEW: u64 = 20;

/// A request for suggestions.
#[derive(Debug, Clone)]
pub struct SuggestRequest {
    /// The text typed so far.
    pub text: String,
    /// The languages of suggestions (BCP 47; `pt` matches `pt-BR`); any if empty.
    pub langs: Vec<String>,
    /// The reader's language; suggestions in it come first.
    pub ui_lang: Option<String>,
    /// The maximum number of completions, and of articles, at most [`MAX_SUGGESTIONS`] each.
    pub limit: usize,
    /// The current time in Unix seconds: articles that are not published yet or have expired are
    /// ignored.
    pub now_s: i64,
}

impl SuggestRequest {
    /// A request for six suggestions; `now_s` is the current time in Unix seconds.
    pub fn new(text: &str, now_s: i64) -> SuggestRequest {
        SuggestRequest { text: text.to_owned(), langs: Vec::new(), ui_lang: None, limit: 6, now_s }
    }

    /// Whether suggestions in a language are allowed.
    pub(crate) fn takes_lang(&self, lang: &str) -> bool {
        self.langs.is_empty() || self.langs.iter().any(|asked| language_is_under(lang, asked))
    }

    pub(crate) fn fit(&self, lang: &str) -> u8 {
        language_fit(lang, self.ui_lang.as_deref())
    }
}

/// A word or phrase that a reader may go on with; searching for it finds something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// As the site writes it.
    pub text: String,
    /// The same, escaped, what goes beyond the typed text in `<mark>`.
    pub text_html: String,
    /// The language (BCP 47) it is in: the reader's, or that of most of its works.
    pub lang: String,
    /// How many works lead with it: in their titles and labels, or saying it again and again. A large
    /// number is an estimate.
    pub works: u64,
}

/// An article that a reader may go to.
#[derive(Debug, Clone, PartialEq)]
pub struct SuggestedArticle {
    /// The article.
    pub id: String,
    /// The title.
    pub title: String,
    /// The title, escaped, the words that were typed or begun in `<mark>`.
    pub title_html: String,
    /// The page's address.
    pub url: Option<String>,
    /// BCP 47.
    pub lang: String,
    /// What sort of page it is.
    pub kind: Kind,
}

impl SuggestedArticle {
    fn of(title_html: String, card: Card) -> SuggestedArticle {
        SuggestedArticle { id: card.id, title: card.title, title_html, url: card.url, lang: card.lang, kind: card.kind }
    }
}

/// What a reader is offered.
#[derive(Debug, Clone, PartialEq)]
pub struct SuggestAnswer {
    /// Words and phrases, the likeliest first. Those that start with the typed text; if there are
    /// none, or none in the reader's language, those that do after correcting one typing error.
    pub completions: Vec<Completion>,
    /// Distinct works whose title, topics or authors contain what was typed, with the last word as
    /// a prefix; if there are none, the results of a search.
    pub articles: Vec<SuggestedArticle>,
    /// The index version of the answer.
    pub index_version: IndexVersion,
}

/// The lookups of an engine for suggestions.
pub(crate) trait Suggester: SearchEngine {
    /// The likeliest completions that start with a key, in articles that also contain the (folded)
    /// words `with`.
    fn begun(&self, key: &str, with: &[String], request: &SuggestRequest) -> Result<Vec<Offer>, EngineError>;
    /// The likeliest completions that start with a correction of the text.
    fn mended(
        &self,
        misspelt: &MisspeltText,
        with: &[String],
        request: &SuggestRequest,
    ) -> Result<Vec<Offer>, EngineError>;
    /// The completion with exactly this key.
    fn exact(&self, key: &str, request: &SuggestRequest) -> Result<Option<Offer>, EngineError>;
    /// The folded words within `max_edits` edits of `folded`, each with its document frequency.
    fn similar_words(&self, folded: &str, max_edits: u8) -> Result<Vec<(String, u64)>, EngineError>;
    /// The language groups of the articles.
    fn languages(&self) -> &[LanguageStats];
    /// The works whose title or labels match what was typed (at least one word): those in the
    /// reader's language first, then by where they match, then the newest; ties are broken by id.
    fn headed(&self, typed: &Typed, request: &SuggestRequest) -> Result<Vec<Card>, EngineError>;
}

/// What a reader is offered.
pub(crate) fn suggest(engine: &impl Suggester, request: &SuggestRequest) -> Result<SuggestAnswer, EngineError> {
    let text =
        request.text.char_indices().nth(MAX_CHARS).map_or(request.text.as_str(), |(end, _)| &request.text[..end]);
    let request = &SuggestRequest { text: text.to_owned(), ..request.clone() };
    let typed = Typed::of(&request.text);
    let (offers, is_mended) =
        if typed.is_empty() { (themes(engine, request)?, false) } else { offers(engine, &typed, request)? };
    let completions = completions(offers, request);
    let meant = completions.first().filter(|_| is_mended).map(|meant| Typed::of(&format!("{} ", meant.text)));
    let mut articles = Vec::new();
    for typed in [Some(&typed), meant.as_ref()].into_iter().flatten() {
        if articles.is_empty() && !typed.is_empty() && request.limit > 0 {
            let headed = engine.headed(typed, request)?.into_iter();
            articles.extend(headed.map(|card| SuggestedArticle::of(typed.title_html(&card.title), card)));
        }
    }
    // A single letter is not searched for; two letters are searched for as a complete word, not as
    // a prefix.
    let is_worth_it = !typed.is_short() || typed.begun.as_deref().is_some_and(|begun| begun.chars().nth(1).is_some());
    if articles.is_empty() && is_worth_it {
        let begins = if typed.begun.is_some() && !typed.is_short() { "*" } else { "" };
        let query = Query::parse(&format!("{}{begins}", request.text));
        let asked = SearchRequest {
            filters: Filters { langs: request.langs.clone(), ..Filters::default() },
            ui_lang: request.ui_lang.clone(),
            limit: request.limit,
            literal: true,
            ..SearchRequest::new(query, request.now_s)
        };
        let hits = engine.search(&asked)?.hits.into_iter();
        articles.extend(hits.map(|hit| SuggestedArticle::of(hit.title_html, hit.card)));
    }
    Ok(SuggestAnswer { completions, articles, index_version: engine.index_version() })
}

/// Suggestions for an empty text: what the site is about, without persons and without completions
/// that are too common to be useful.
fn themes(engine: &impl Suggester, request: &SuggestRequest) -> Result<Vec<Offer>, EngineError> {
    let mut offers = engine.begun("", &[], &SuggestRequest { limit: MAX_SUGGESTIONS, ..request.clone() })?;
    let in_all: u64 = engine.languages().iter().map(|language| language.articles).sum();
    offers.retain(|offer| {
        let WorkCounts { works, names, .. } = offer.counts;
        let group = offer.writing(request).map(|writing| language_group(&writing.lang));
        let in_lang = group.map_or(0, |group| articles_of(engine.languages(), &group));
        let is_common = |all: u64| all > FEW && works as f32 > COMMON_SHARE * all as f32;
        !is_common(in_lang) && !is_common(in_all) && 2 * names <= works
    });
    Ok(offers)
}

/// Candidates: completions that start with the typed text; if there are few, completions of its
/// last word in articles that contain the other words; if there are none, both with one typing
/// error corrected. If an unknown word only starts completions in other languages than the
/// reader's, also corrected completions in the reader's language.
fn offers(engine: &impl Suggester, typed: &Typed, request: &SuggestRequest) -> Result<(Vec<Offer>, bool), EngineError> {
    let key = completion_key(&request.text);
    let mut offers = engine.begun(&key, &[], request)?;
    if offers.is_empty() && key.ends_with(' ') {
        offers.extend(engine.exact(key.trim_end(), request)?);
    }
    if offers.len() < request.limit
        && let Some((begun, heads)) = typed.parts()
    {
        let rest = SuggestRequest { limit: request.limit - offers.len(), ..request.clone() };
        compose(engine, heads, engine.begun(begun, heads, &rest)?, request, &mut offers)?;
    }
    let is_own = |offer: &Offer| request.ui_lang.is_none() || offer.fit(request) > 0;
    if !offers.is_empty() && (!typed.is_one_word() || offers.iter().any(is_own)) {
        return Ok((offers, false));
    }
    if typed.is_one_word() && !engine.similar_words(key.trim_end(), 0)?.is_empty() {
        return Ok((offers, false)); // a known word without completions in the reader's language
    }
    if !offers.is_empty() {
        // A misspelt word may start words of a related language: *mobilidad*.
        if let Some(misspelt) = MisspeltText::of(&key).filter(MisspeltText::is_long) {
            offers.extend(engine.mended(&misspelt, &[], request)?.into_iter().filter(is_own));
        }
        return Ok((offers, false));
    }
    if let Some(misspelt) = MisspeltText::of(&key) {
        offers = engine.mended(&misspelt, &[], request)?;
    }
    if offers.is_empty()
        && let Some((begun, heads)) = typed.parts()
    {
        let mended = mended_words(engine, heads)?;
        let found = match (&mended, MisspeltText::of(begun)) {
            (Some(mended), _) => engine.begun(begun, mended, request)?,
            (None, Some(misspelt)) => engine.mended(&misspelt, heads, request)?,
            (None, None) => Vec::new(),
        };
        compose(engine, mended.as_deref().unwrap_or(heads), found, request, &mut offers)?;
    }
    Ok((offers, true))
}

/// The words with the only unknown one corrected; `None` if there is none or several, or no
/// candidate.
fn mended_words(engine: &impl Suggester, words: &[String]) -> Result<Option<Vec<String>>, EngineError> {
    let mut mended = None;
    for (place, word) in words.iter().enumerate() {
        if !engine.similar_words(word, 0)?.is_empty() {
            continue;
        }
        if mended.is_some() || edit_model::max_edits(word) == 0 {
            return Ok(None);
        }
        let expected =
            |(known, articles): &(String, u64)| edit_model::likelihood(word, known) * (*articles as f32).sqrt();
        let similar = engine.similar_words(word, 1)?;
        let Some((meant, _)) = similar.into_iter().max_by(|a, b| expected(a).total_cmp(&expected(b))) else {
            return Ok(None);
        };
        let mut words = words.to_vec();
        if let Some(word) = words.get_mut(place) {
            *word = meant;
        }
        mended = Some(words);
    }
    Ok(mended)
}

/// Adds completions after other words that their articles also contain. If those words are
/// completions themselves, both must be in one language.
fn compose(
    engine: &impl Suggester,
    heads: &[String],
    found: Vec<Offer>,
    request: &SuggestRequest,
    offers: &mut Vec<Offer>,
) -> Result<(), EngineError> {
    let mut written = String::new();
    let mut langs: Vec<String> = Vec::new();
    for head in heads.iter().filter(|_| !found.is_empty()) {
        let usual = engine.exact(head, request)?;
        let usual = usual.as_ref().and_then(|offer| offer.writing(request));
        // With a tilde it would be a different word.
        let usual = usual.filter(|writing| folded_word(&normalize(&writing.text)) == *head);
        written.push_str(usual.map_or(head, |writing| &writing.text));
        written.push(' ');
        langs.extend(usual.map(|writing| writing.lang.clone()));
    }
    let before = completion_key(&written);
    for offer in found {
        let key = format!("{before}{}", offer.key);
        let repeats = offer.key.split(' ').any(|word| heads.iter().any(|head| edit_model::begin_alike(word, head)));
        if repeats || offers.iter().any(|known| known.key == key) {
            continue;
        }
        let with_heads = |writing: Writing| Writing { text: format!("{written}{}", writing.text), ..writing };
        let of_one_lang = |writing: &Writing| langs.iter().all(|lang| *lang == writing.lang);
        let writings: Vec<Writing> = offer.writings.into_iter().filter(of_one_lang).map(with_heads).collect();
        if !writings.is_empty() {
            offers.push(Offer { key, writings, is_composed: true, ..offer });
        }
    }
    Ok(())
}

/// The number of works that contain a completion.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WorkCounts {
    /// All works.
    pub(crate) works: u64,
    /// Works with it in the title, labels or names.
    pub(crate) headings: u64,
    /// Works with it in a name only.
    pub(crate) names: u64,
}

impl WorkCounts {
    /// Counts a work.
    pub(crate) fn add(&mut self, source: CompletionSource) {
        self.works += 1;
        self.headings += u64::from(source != CompletionSource::Text);
        self.names += u64::from(source == CompletionSource::Name);
    }

    /// Maps each count.
    pub(crate) fn map(self, of: impl Fn(u64) -> u64) -> WorkCounts {
        WorkCounts { works: of(self.works), headings: of(self.headings), names: of(self.names) }
    }
}

/// A candidate completion.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) key: String,
    /// Never empty.
    pub(crate) writings: Vec<Writing>,
    /// The counts of its works.
    pub(crate) counts: WorkCounts,
    /// The likelihood that the typed text is a misspelling of it; 1 if it starts with the text.
    pub(crate) likelihood: f32,
    /// Whether it is composed: its articles contain its first words separately from the others.
    pub(crate) is_composed: bool,
}

impl Offer {
    /// How well its language fits the reader.
    fn fit(&self, request: &SuggestRequest) -> u8 {
        self.writing(request).map_or(0, |writing| request.fit(&writing.lang))
    }

    /// Its weight by works and likelihood.
    fn weight(&self) -> f32 {
        let weight = self.counts.works + (HEADING_WEIGHT - 1) * self.counts.headings;
        self.likelihood * weight as f32
    }

    /// Its surface form for a reader: in the best fitting language among those where it is
    /// frequent, the form of most articles.
    fn writing(&self, request: &SuggestRequest) -> Option<&Writing> {
        let of_lang = |lang: &str| -> u64 {
            self.writings.iter().filter(|writing| writing.lang == lang).map(|writing| writing.articles).sum()
        };
        let most = self.writings.iter().map(|writing| of_lang(&writing.lang)).max().unwrap_or(0);
        let langs = self.writings.iter().map(|writing| writing.lang.as_str());
        let lang = langs.max_by_key(|lang| {
            let is_own = of_lang(lang) as f32 >= OWN_SHARE * most as f32;
            (is_own, if is_own { request.fit(lang) } else { 0 }, of_lang(lang), Reverse(*lang))
        })?;
        let of_lang = self.writings.iter().filter(|writing| writing.lang == lang);
        of_lang.max_by_key(|writing| (writing.articles, Reverse(writing.capitals()), writing.text.as_str()))
    }
}

/// The best candidates in order: the reader's language first, then by weight. Of two inflections of
/// the same words the first stays; of two completions with the same works, one of which extends the
/// other, the longer one.
fn completions(mut offers: Vec<Offer>, request: &SuggestRequest) -> Vec<Completion> {
    offers.sort_by(|a, b| {
        let by_fit = b.fit(request).cmp(&a.fit(request));
        let by_fit = by_fit.then(a.is_composed.cmp(&b.is_composed));
        by_fit.then(b.weight().total_cmp(&a.weight())).then_with(|| a.key.cmp(&b.key))
    });
    let typed = completion_key(&request.text);
    let goes_on = |offer: &Offer| {
        let is_longer = |other: &&Offer| other.key.strip_prefix(&offer.key).is_some_and(|rest| rest.starts_with(' '));
        let longer: Vec<u64> = offers.iter().filter(is_longer).map(|other| other.counts.works).collect();
        let all = longer.iter().sum::<u64>() as f32;
        longer.iter().any(|works| *works >= offer.counts.works)
            || (offer.key.contains(' ') && all >= GOES_ON * offer.counts.works as f32)
    };
    let mut chosen: Vec<Completion> = Vec::with_capacity(request.limit);
    let mut stems: Vec<(usize, Vec<Stems>)> = Vec::new();
    for offer in &offers {
        if chosen.len() == request.limit {
            break;
        }
        let Some(writing) = offer.writing(request).filter(|_| !goes_on(offer)) else { continue };
        let own = stems_of(&offer.key, &writing.lang);
        if stems.iter().any(|(_, known)| is_same(&own, known)) {
            continue;
        }
        stems.push((chosen.len(), own));
        chosen.push(Completion {
            text: writing.text.clone(),
            text_html: completed_html(&writing.text, &offer.key, &typed),
            lang: writing.lang.clone(),
            works: offer.counts.works,
        });
    }
    chosen
}

/// A word and its stems.
type Stems = (String, BTreeSet<String>);

fn stems_of(key: &str, lang: &str) -> Vec<Stems> {
    with_variants_cache(&language_group(lang), |cache| {
        key.split(' ').map(|word| (word.to_owned(), cache.variants(word).stems.iter().cloned().collect())).collect()
    })
}

/// Whether two sequences are inflections of the same words. Comparing stems alone would equate a
/// verb with a noun derived from it.
fn is_same(one: &[Stems], other: &[Stems]) -> bool {
    let is_inflection = |((one, one_stems), (other, other_stems)): (&Stems, &Stems)| {
        let common = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
        let shorter = one.chars().count().min(other.chars().count());
        common + 1 >= shorter && !one_stems.is_disjoint(other_stems)
    };
    one.len() == other.len() && one.iter().zip(other).all(is_inflection)
}

/// A completion as HTML: the part after the typed text is marked.
fn completed_html(text: &str, key: &str, typed: &str) -> String {
    let common: usize = key.chars().zip(typed.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let mut html = String::with_capacity(text.len() + 16);
    if common == 0 || common >= key.len() {
        escape(text, &mut html);
        return html;
    }
    let ends: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    let is_before = |end: &usize| completion_key(&text[..*end]).trim_end().len() < common;
    let end = ends.get(ends.partition_point(is_before)).copied().unwrap_or(text.len());
    escape(&text[..end], &mut html);
    html.push_str("<mark>");
    escape(&text[end..], &mut html);
    html.push_str("</mark>");
    html
}
