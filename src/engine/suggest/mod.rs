//! What a reader is offered while typing: the words of it, and what every engine does with what it
//! found.

#[cfg(feature = "test-support")]
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::planning::edit_model;
use super::planning::folded_word;
use super::query::{MAX_CHARS, Query};
use super::ranking::{LanguageStats, articles_of};
use super::snippets::highlighter::escape;
use super::{Card, EngineError, Filters, IndexVersion, SearchEngine, SearchRequest, language_fit};
#[cfg(feature = "test-support")]
use crate::analysis::HeadPlace;
use crate::analysis::{Standing, completion_key, fold, language_group, normalize, with_forms_cache, words};
use crate::article::{Kind, language_is_under};

/// The most completions, and the most articles, of one answer.
pub const MAX_SUGGESTIONS: usize = 20;
/// What a work counts for whose title or labels hold a completion, one whose texts do being 1.
const HEADING_WEIGHT: u64 = 3;
/// A phrase is left to longer ones that begin with it where these have this share of its works.
const GOES_ON: f32 = 0.8;
/// A language has a word for its own where it stands there at least this share as often as in the
/// language that has it most: texts of all languages quote English.
const OWN_SHARE: f32 = 0.2;
/// What more works than this share of a language's articles, or of all, hold says nothing about one of
/// them, where there are more than a few.
const COMMON_SHARE: f32 = 0.3;
const FEW: u64 = 20;
/// The shortest text that is corrected, in characters.
const MIN_CORRECTED_CHARS: usize = 4;
/// The most words before the last one that a completion is put behind.
const MAX_HEADS: usize = 6;
/// The shortest beginning, in characters, that is looked for among labels, and the shortest that is
/// looked for within titles where it is all that was typed: shorter ones are met nearly everywhere.
pub(crate) const MIN_LABEL_CHARS: usize = 3;
/// From this length on the first letter may be wrong, too.
const MIN_FIRST_CORRECTED_CHARS: usize = 6;
/// The longest text that is corrected, in characters; the longest completion has fewer.
const MAX_CORRECTED_CHARS: usize = 64;

/// What is asked for while somebody types.
#[derive(Debug, Clone)]
pub struct SuggestRequest {
    /// What was typed so far.
    pub text: String,
    /// The languages of what is offered (BCP 47; `pt` takes `pt-BR`); any where there is none.
    pub langs: Vec<String>,
    /// The reader's language: what is in it comes first.
    pub ui_lang: Option<String>,
    /// Completions to answer at most, and articles, at most [`MAX_SUGGESTIONS`] of each.
    pub limit: usize,
    /// The present, Unix time: what is not published yet or has expired is not offered.
    pub now_s: i64,
}

impl SuggestRequest {
    /// Six suggestions for a text; `now_s` is the present, Unix time.
    pub fn new(text: &str, now_s: i64) -> SuggestRequest {
        SuggestRequest { text: text.to_owned(), langs: Vec::new(), ui_lang: None, limit: 6, now_s }
    }

    /// Whether something in a language may be offered.
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
    /// Words and phrases, the likeliest first. Those that begin with what was typed; where none
    /// does, or none of the reader's language, those that do with one slip mended.
    pub completions: Vec<Completion>,
    /// Works whose title, topics or authors hold what was typed, the last word as a beginning, each
    /// once; where there are none, what a search finds.
    pub articles: Vec<SuggestedArticle>,
    /// The state it was given from.
    pub index_version: IndexVersion,
}

/// What an engine finds while somebody types.
pub(crate) trait Suggester: SearchEngine {
    /// The likeliest completions that begin with a key, in articles that hold some words (folded)
    /// besides.
    fn begun(&self, key: &str, with: &[String], request: &SuggestRequest) -> Result<Vec<Offer>, EngineError>;
    /// The likeliest that begin with what was meant.
    fn mended(
        &self,
        misspelt: &MisspeltText,
        with: &[String],
        request: &SuggestRequest,
    ) -> Result<Vec<Offer>, EngineError>;
    /// The completion of a key.
    fn exact(&self, key: &str, request: &SuggestRequest) -> Result<Option<Offer>, EngineError>;
    /// The folded words within so many edits of one, with how many articles hold each.
    fn similar_words(&self, folded: &str, max_edits: u8) -> Result<Vec<(String, u64)>, EngineError>;
    /// The language groups of the articles.
    fn languages(&self) -> &[LanguageStats];
    /// The works that are headed by what was typed, at least one word: those in the reader's
    /// language first, then by where they hold it, then the newest; ties fall by id.
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
    // A letter is no word to search for, and two are hardly the beginning of one.
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

/// What may be offered where nothing is typed: what the site is about, but for persons, and for what
/// so many articles have in common that it leads nowhere.
fn themes(engine: &impl Suggester, request: &SuggestRequest) -> Result<Vec<Offer>, EngineError> {
    let mut offers = engine.begun("", &[], &SuggestRequest { limit: MAX_SUGGESTIONS, ..request.clone() })?;
    let in_all: u64 = engine.languages().iter().map(|language| language.articles).sum();
    offers.retain(|offer| {
        let Holders { works, names, .. } = offer.holders;
        let group = offer.writing(request).map(|writing| language_group(&writing.lang));
        let in_lang = group.map_or(0, |group| articles_of(engine.languages(), &group));
        let is_common = |all: u64| all > FEW && works as f32 > COMMON_SHARE * all as f32;
        !is_common(in_lang) && !is_common(in_all) && 2 * names <= works
    });
    Ok(offers)
}

/// What may be offered: what begins with the typed text; where that is little, what goes on with its
/// last word in articles that hold the others; where there is nothing, both with a slip mended. And
/// where a word that the site does not know only begins words of other languages than the reader's,
/// also those of theirs that it begins with a slip mended.
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
        return Ok((offers, false)); // a word of the site, that leads nowhere else
    }
    if !offers.is_empty() {
        // What a reader misspells begins words of a language that is close to theirs: *mobilidad*.
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

/// Words of which the one that no article holds is mended; `None` where there is none, or several, or
/// nothing is like it.
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

/// Adds completions behind words that their articles hold besides, both of one language where those
/// words are completions themselves.
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
        // With a tilde it would be another word.
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

/// The words of a typed text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Typed {
    /// Those that stand whole, folded, each once.
    pub(crate) whole: Vec<String>,
    /// The one that is being typed, folded.
    pub(crate) begun: Option<String>,
}

impl Typed {
    pub(crate) fn of(text: &str) -> Typed {
        let spoken = words(text).into_iter().filter(|word| word.span == 1);
        let mut whole: Vec<(String, usize)> = spoken.map(|word| (folded_word(&word.text), word.bytes.end)).collect();
        let is_open = whole.last().is_some_and(|(_, end)| *end == text.len());
        let begun = if is_open { whole.pop().map(|(word, _)| word) } else { None };
        let mut typed = Typed { whole: Vec::with_capacity(whole.len()), begun };
        for (word, _) in whole {
            if !typed.whole.contains(&word) {
                typed.whole.push(word);
            }
        }
        typed
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.whole.is_empty() && self.begun.is_none()
    }

    fn is_one_word(&self) -> bool {
        self.whole.len() + usize::from(self.begun.is_some()) == 1
    }

    /// The word that is being typed, and the others before it; `None` where there are none, or more
    /// than anybody would go on with, or where little of the word is typed: anything begins so.
    fn parts(&self) -> Option<(&str, &[String])> {
        let begun = self.begun.as_deref().filter(|_| (1..=MAX_HEADS).contains(&self.whole.len()))?;
        let begun = Some(begun).filter(|begun| begun.chars().count() >= MIN_LABEL_CHARS)?;
        Some((begun, &self.whole))
    }

    /// Whether so little was typed that it is met nearly everywhere.
    pub(crate) fn is_short(&self) -> bool {
        let begun = self.begun.as_deref().unwrap_or_default();
        self.whole.is_empty() && begun.chars().count() < MIN_LABEL_CHARS
    }

    /// Whether a folded word is one that was typed, or begins as the one that is being typed.
    fn is_word(&self, word: &str) -> bool {
        self.whole.iter().any(|whole| whole == word) || self.begun.as_ref().is_some_and(|begun| word.starts_with(begun))
    }

    /// Where an article with some head words holds what was typed: all of it in the title, the first
    /// word at its beginning or not, or a part of it in labels; `None` where it does not, or where so
    /// little was typed that its place is not good enough.
    #[cfg(feature = "test-support")]
    pub(crate) fn place(&self, words: &[(Cow<'_, str>, HeadPlace)]) -> Option<HeadPlace> {
        let whole = |typed: &String| words.iter().find(|(word, _)| word == typed).map(|(_, place)| *place);
        let mut places: Vec<HeadPlace> = self.whole.iter().map(whole).collect::<Option<_>>()?;
        if let Some(begun) = &self.begun {
            let best = words.iter().filter(|(word, _)| word.starts_with(begun)).map(|(_, place)| *place).max()?;
            if best == HeadPlace::Label && begun.chars().count() < MIN_LABEL_CHARS {
                return None;
            }
            places.push(best);
        }
        let first = places.first_mut()?;
        let begins = *first == HeadPlace::TitleBegin;
        *first = (*first).min(HeadPlace::Title);
        let place = match places.into_iter().min()? {
            HeadPlace::Label => HeadPlace::Label,
            _ if begins => HeadPlace::TitleBegin,
            _ => HeadPlace::Title,
        };
        (!self.is_short() || begins).then_some(place)
    }

    /// A title as HTML, the typed words marked. Where a letter or two were typed, what the title
    /// begins with is all that is worth it.
    pub(crate) fn title_html(&self, title: &str) -> String {
        let mut html = String::with_capacity(title.len() + 16);
        let mut from = 0;
        for word in words(title).into_iter().filter(|word| word.span == 1) {
            let is_meant = !self.is_short() || word.position == 0;
            let is_typed = is_meant && (self.is_word(&folded_word(&word.text)) || self.is_word(&fold(&word.text)));
            if word.bytes.start >= from && is_typed {
                escape(&title[from..word.bytes.start], &mut html);
                html.push_str("<mark>");
                escape(&title[word.bytes.clone()], &mut html);
                html.push_str("</mark>");
                from = word.bytes.end;
            }
        }
        escape(&title[from..], &mut html);
        html
    }
}

/// A way to write a completion.
#[derive(Debug, Clone)]
pub(crate) struct Writing {
    pub(crate) text: String,
    pub(crate) lang: String,
    /// How many articles write it so.
    pub(crate) articles: u64,
}

/// How many works hold a completion.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Holders {
    /// All of them.
    pub(crate) works: u64,
    /// Those of them that have it in title, labels or names.
    pub(crate) headings: u64,
    /// Those of these that have it in a name only.
    pub(crate) names: u64,
}

impl Holders {
    /// Counts a work that has it so.
    pub(crate) fn add(&mut self, standing: Standing) {
        self.works += 1;
        self.headings += u64::from(standing != Standing::Text);
        self.names += u64::from(standing == Standing::Name);
    }

    /// Each number turned into another.
    pub(crate) fn map(self, of: impl Fn(u64) -> u64) -> Holders {
        Holders { works: of(self.works), headings: of(self.headings), names: of(self.names) }
    }
}

/// A completion that may be offered.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) key: String,
    /// Never empty.
    pub(crate) writings: Vec<Writing>,
    /// The works that it leads to.
    pub(crate) holders: Holders,
    /// How likely what was typed is a slip for it; 1 for what begins so.
    pub(crate) likelihood: f32,
    /// Whether no article writes it so: its articles hold its first words apart from the others.
    pub(crate) is_composed: bool,
}

impl Offer {
    /// How well it suits a reader.
    fn fit(&self, request: &SuggestRequest) -> u8 {
        self.writing(request).map_or(0, |writing| request.fit(&writing.lang))
    }

    /// What it leads to.
    fn weight(&self) -> f32 {
        let weight = self.holders.works + (HEADING_WEIGHT - 1) * self.holders.headings;
        self.likelihood * weight as f32
    }

    /// How it is written for a reader: in the language that suits best, of those that it stands in
    /// often, and there as in most articles.
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
        // Of two ways that are as frequent, the one without capitals.
        let of_lang = self.writings.iter().filter(|writing| writing.lang == lang);
        of_lang.max_by(|a, b| (a.articles, &a.text).cmp(&(b.articles, &b.text)))
    }
}

/// The best of what may be offered, in order: the reader's language first, then what leads to most.
/// Of two forms of the same words the first stays, and of two that lead to the same works, one of
/// which goes on where the other ends, the longer one.
fn completions(mut offers: Vec<Offer>, request: &SuggestRequest) -> Vec<Completion> {
    offers.sort_by(|a, b| {
        let by_fit = b.fit(request).cmp(&a.fit(request));
        let by_fit = by_fit.then(a.is_composed.cmp(&b.is_composed));
        by_fit.then(b.weight().total_cmp(&a.weight())).then_with(|| a.key.cmp(&b.key))
    });
    let typed = completion_key(&request.text);
    let goes_on = |offer: &Offer| {
        let is_longer = |other: &&Offer| other.key.strip_prefix(&offer.key).is_some_and(|rest| rest.starts_with(' '));
        let longer: Vec<u64> = offers.iter().filter(is_longer).map(|other| other.holders.works).collect();
        let all = longer.iter().sum::<u64>() as f32;
        longer.iter().any(|works| *works >= offer.holders.works)
            || (offer.key.contains(' ') && all >= GOES_ON * offer.holders.works as f32)
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
            works: offer.holders.works,
        });
    }
    chosen
}

/// A word and its stems.
type Stems = (String, BTreeSet<String>);

fn stems_of(key: &str, lang: &str) -> Vec<Stems> {
    with_forms_cache(&language_group(lang), |cache| {
        key.split(' ').map(|word| (word.to_owned(), cache.forms(word).stems.iter().cloned().collect())).collect()
    })
}

/// Whether two rows of words are the same in other inflections: stems alone take a verb for the noun
/// that is made of it.
fn is_same(one: &[Stems], other: &[Stems]) -> bool {
    let is_inflection = |((one, one_stems), (other, other_stems)): (&Stems, &Stems)| {
        let common = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
        let shorter = one.chars().count().min(other.chars().count());
        common + 1 >= shorter && !one_stems.is_disjoint(other_stems)
    };
    one.len() == other.len() && one.iter().zip(other).all(is_inflection)
}

/// A completion as HTML: what goes beyond what was typed is marked.
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

/// A key that may be mended: what was typed, and how many of its first letters are taken as right.
pub(crate) struct MisspeltText {
    key: String,
    /// The beginning that is as typed.
    pub(crate) kept: String,
}

impl MisspeltText {
    /// What to look for in place of a typed key; `None` for one that is not corrected: short ones,
    /// and numbers.
    pub(crate) fn of(key: &str) -> Option<MisspeltText> {
        let key = key.trim_end();
        let chars = key.chars().count();
        let is_mended =
            (MIN_CORRECTED_CHARS..=MAX_CORRECTED_CHARS).contains(&chars) && key.contains(char::is_alphabetic);
        let kept = if chars < MIN_FIRST_CORRECTED_CHARS { 1 } else { 0 };
        is_mended.then(|| MisspeltText { key: key.to_owned(), kept: key.chars().take(kept).collect() })
    }

    /// Whether so much was typed that what begins nearly so is hardly there by chance: any letter of it
    /// may be wrong.
    fn is_long(&self) -> bool {
        self.kept.is_empty()
    }

    /// What was typed.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// As much of a key as what was typed can stand for.
    pub(crate) fn beginning<'k>(&self, key: &'k str) -> &'k str {
        let end = key.char_indices().nth(self.key.chars().count() + 1);
        end.map_or(key, |(end, _)| &key[..end])
    }

    /// How likely what was typed is a slip, a single one, for the beginning of a key; 0 where it
    /// is none.
    pub(crate) fn likelihood(&self, key: &str) -> f32 {
        self.meant(key).map(|begin| edit_model::likelihood(&self.key, begin)).fold(0.0, f32::max)
    }

    /// The shortest beginning of a key that what was typed may be a slip for, a single one.
    pub(crate) fn shortest<'k>(&self, key: &'k str) -> Option<&'k str> {
        self.meant(key).next()
    }

    /// The beginnings of a key that what was typed may be a slip for, a single one.
    fn meant<'k>(&self, key: &'k str) -> impl Iterator<Item = &'k str> {
        let typed = self.key.chars().count();
        let beginnings = (typed.saturating_sub(1)..=typed + 1).filter_map(move |length| {
            let end = key.char_indices().map(|(at, c)| at + c.len_utf8()).nth(length.saturating_sub(1));
            end.map(|end| &key[..end])
        });
        beginnings.filter(|begin| {
            begin.starts_with(&self.kept)
                && edit_model::edits(&self.key, begin) <= 1
                && digits(begin) == digits(&self.key)
        })
    }
}

/// The runs of digits of a text.
fn digits(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).collect()
}
