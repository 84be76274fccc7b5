//! The similarity model of related works, independent of any index.
//!
//! An article is described by its [`DocumentProfile`]: weighted words and phrases, topics, authors,
//! series, links. The [`Similarity`] of two works combines the texts of versions in the same
//! language and other shared signals. Which of the most similar works are shown is chosen at query
//! time ([`diversify`]).

pub mod diversify;
pub mod document_profile;
pub mod reasons;

pub use self::document_profile::DocumentProfile;

use std::cmp::Ordering;

use super::{FallbackTier, ranking};
use crate::analysis::{ByZone, KeyTerm, PhraseRole, Zone, fold, normalize};

/// The maximum number of words of an article used for similarity.
pub const MAX_WORDS: usize = 48;
/// How many of these lead to other articles, beside phrases; the others count where one of them is
/// shared. Common words are in nearly every article, which would all have to be gone through.
/// With so many the answers are nearly as good as with all, in half the time: experiment
/// `related.leading-words`.
pub const LEADING_WORDS: usize = 16;
/// The maximum number of its phrases used for similarity.
pub const MAX_PHRASES: usize = 7;
/// How many of the most similar works are stored per article.
pub const KEPT: usize = 60;

/// What each sign of nearness is worth. Each names the experiment, a section of
/// `benches/EXPERIMENTS.md`, that has the figures of its neighbours.
struct SimilarityWeights {
    /// What a word in a zone is worth. A title says what its article is about: experiment
    /// `related.zones`.
    zones: ByZone<f32>,
    /// Where another occurrence hardly counts any more: experiment `related.k1`.
    k1: f32,
    /// How much longer zones are held down. With less, a page that lists others is near to too many:
    /// experiment `related.lengths`.
    lengths: f32,
    /// What a word of the asked-for article's title is worth besides, where its text dwells on it. A loud
    /// title (*Deep Dive*) says little of what the article is about: experiment `related.title`.
    title: f32,
    /// What a phrase is worth beside a word. Its words have counted already: experiment
    /// `related.phrase`.
    phrase: f32,
    /// All topics shared: experiment `related.signs`, as for the signs below.
    topics: f32,
    /// A link to it.
    linked: f32,
    /// A link from it.
    links_here: f32,
    /// The same series, which few articles have: the same weight as a link.
    series: f32,
    /// An author shared that nobody else has: it decides between works that are as near.
    author: f32,
    /// Two events or press releases of one day.
    time: f32,
    /// The number of days after which a third of that is left.
    time_scale_days: f32,
}

static WEIGHTS: SimilarityWeights = SimilarityWeights {
    zones: ByZone::new([3.0, 1.0, 1.0, 1.0, 0.0]),
    k1: 1.6,
    lengths: 0.75,
    title: 2.0,
    phrase: 0.15,
    topics: 0.15,
    linked: 0.15,
    links_here: 0.1,
    series: 0.15,
    author: 0.01,
    time: 0.02,
    time_scale_days: 90.0,
};

/// Words in more than this share of a language's articles do not discriminate.
const MAX_TERM_SHARE: f64 = 0.5;
/// With so few articles, every shared word is in a large share of them.
const FEW_ARTICLES: u64 = 20;

/// A term of the source article, with the weight of sharing it.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedTerm {
    /// Its index among the profile's words, or phrases.
    pub place: usize,
    /// Its inverse document frequency times its weight in the source article.
    pub weight: f32,
}

/// Whether a term discriminates: other articles than the `own` ones contain it, but not too many of
/// the language's `articles`.
fn is_discriminative(articles: u64, doc_freq: u64, own: u64) -> bool {
    doc_freq > own && (articles <= FEW_ARTICLES || doc_freq as f64 <= MAX_TERM_SHARE * articles as f64)
}

/// The terms with the highest weights, at most `most`, highest first. The weight combines the log
/// frequency, a bonus for the title that grows with the frequency in the text, and the inverse
/// document frequency within the language, squared because both sides of a comparison have it. `own` is the number of documents that are
/// the article itself: 1, or 0 for a draft. The callback returns the document frequency of a term
/// among the language's `articles`.
pub fn weightiest<E>(
    terms: &[KeyTerm],
    most: usize,
    articles: u64,
    own: u64,
    mut doc_freq: impl FnMut(&KeyTerm) -> Result<u64, E>,
) -> Result<Vec<WeightedTerm>, E> {
    let mut weighted = Vec::with_capacity(terms.len());
    for (place, term) in terms.iter().enumerate() {
        let doc_freq = doc_freq(term)?;
        if is_discriminative(articles, doc_freq, own) {
            let idf = ranking::idf(articles, doc_freq);
            weighted.push((WeightedTerm { place, weight: within_weight(term) * idf }, idf));
        }
    }
    let stem = |weighted: &WeightedTerm| terms.get(weighted.place).map(|term| &term.stem);
    let order = |a: &WeightedTerm, b: &WeightedTerm| b.weight.total_cmp(&a.weight).then_with(|| stem(a).cmp(&stem(b)));
    weighted.sort_by(|(a, _), (b, _)| order(a, b));
    weighted.truncate(most);
    let squared = weighted.into_iter().map(|(term, idf)| WeightedTerm { weight: term.weight * idf, ..term });
    let mut weighted: Vec<WeightedTerm> = squared.collect();
    weighted.sort_by(order);
    Ok(weighted)
}

/// The weight of a term within its article.
fn within_weight(term: &KeyTerm) -> f32 {
    let (occurrences, title) = match term.in_title {
        true => (term.frequency + 1.0, WEIGHTS.title * term.frequency / (term.frequency + 1.0)),
        false => (term.frequency.max(1.0), 0.0),
    };
    1.0 + occurrences.ln() + title
}

/// What a word that stands in a zone is worth (BM25, each zone saturated by itself, so that a
/// title counts in a long article too): `frequency` times in `length` words, where the language's
/// mean is `mean`.
///
/// One field of all zones is worse, and so is a cosine over log tf·idf: experiment
/// `related.zones-apart`.
pub fn zone_score(zone: Zone, frequency: u32, length: u32, mean: f32) -> f32 {
    let frequency = frequency as f32;
    let length = 1.0 - WEIGHTS.lengths + WEIGHTS.lengths / mean * length as f32;
    WEIGHTS.zones[zone] * (WEIGHTS.k1 + 1.0) * frequency / (frequency + WEIGHTS.k1 * length)
}

/// The zones in which words count.
pub fn zones() -> impl Iterator<Item = Zone> {
    Zone::ALL.into_iter().filter(|zone| WEIGHTS.zones[*zone] > 0.0)
}

/// Whether a term is prominent in its article: it is in the title, the teaser or the labels, or
/// occurs more than once, and it is a discriminative term in its language group.
pub fn is_prominent_term(term: &KeyTerm, group: &str) -> bool {
    let tells = |word: Option<&str>| {
        word.is_some_and(|word| PhraseRole::of(group, &fold(&normalize(word))) == PhraseRole::Content)
    };
    let mut words = term.written.split_whitespace();
    let is_repeated_or_labelled = term.frequency >= 2.0 || term.in_title || term.zone != Zone::Body;
    is_repeated_or_labelled && tells(words.next()) && words.next_back().is_none_or(|last| tells(Some(last)))
}

/// Whether a word with this frequency in a zone is prominent.
pub fn is_prominent(zone: Zone, frequency: u32) -> bool {
    zone != Zone::Body || frequency > 1
}

/// The score of a phrase, relative to a word that occurs once.
pub fn phrase_score() -> f32 {
    WEIGHTS.phrase
}

/// The text score of an article with the same terms, used for normalization. Based on the `words`,
/// or on the `phrases` if there are none. Never zero.
pub fn whole_text(words: &[WeightedTerm], phrases: &[WeightedTerm]) -> f32 {
    /// What the mean word of an article is worth in it, found over related/mdn-es and `corpus/eval`.
    const MEAN_SCORE: f32 = 3.3;
    let terms = if words.is_empty() { phrases } else { words };
    MEAN_SCORE * terms.iter().map(|term| term.weight).sum::<f32>().max(f32::MIN_POSITIVE)
}

/// The rarity of something with this document frequency: 1 if a single article has it, 0 if all
/// have it.
fn rarity(articles: u64, doc_freq: u64) -> f32 {
    let share = |count: u64| (articles.max(2) as f64 / count.max(1) as f64).ln().max(0.0);
    (share(doc_freq) / share(1)) as f32
}

/// The score of sharing each topic of an article and its ancestors: rare ones more; they sum to the
/// score of sharing all topics. Each document frequency counts articles under a topic, among all
/// `articles`.
pub fn topic_scores(articles: u64, doc_freq: &[u64]) -> Vec<f32> {
    let tells = |doc_freq: u64| articles <= FEW_ARTICLES || doc_freq as f64 <= MAX_TERM_SHARE * articles as f64;
    let rarity = |doc_freq: &u64| if tells(*doc_freq) { rarity(articles, *doc_freq) } else { 0.0 };
    let rarities: Vec<f32> = doc_freq.iter().map(rarity).collect();
    let sum: f32 = rarities.iter().sum();
    rarities.into_iter().map(|rarity| if sum > 0.0 { WEIGHTS.topics * rarity / sum } else { 0.0 }).collect()
}

/// The score of sharing an author with this document frequency.
pub fn author_score(articles: u64, doc_freq: u64) -> f32 {
    WEIGHTS.author * rarity(articles, doc_freq)
}

/// The score of two events or press releases that are `days` days apart.
pub fn time_score(days: u32) -> f32 {
    WEIGHTS.time * (-(days as f32) / WEIGHTS.time_scale_days).exp()
}

/// What a work shares with the source article, as bits: one per word, one per phrase, then flags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shared(pub u64);

impl Shared {
    const PHRASES: u32 = MAX_WORDS as u32;
    const FLAGS: u32 = Self::PHRASES + MAX_PHRASES as u32;
    /// They share a topic.
    pub const TOPIC: Shared = Shared(1 << Self::FLAGS);
    /// They are in the same series.
    pub const SERIES: Shared = Shared(1 << (Self::FLAGS + 1));
    /// The source article links to the work.
    pub const LINKED: Shared = Shared(1 << (Self::FLAGS + 2));
    /// The work links to the source article.
    pub const LINKS_HERE: Shared = Shared(1 << (Self::FLAGS + 3));
    /// The shared words and phrases are not prominent in both.
    pub const MENTIONED_ONLY: Shared = Shared(1 << (Self::FLAGS + 4));
    const TERMS: u64 = (1 << Self::FLAGS) - 1;

    /// The bit of the word at an index among the weighted words.
    pub fn word(place: usize) -> Shared {
        Shared(1 << (place as u32 % Self::PHRASES))
    }

    /// The bit of the phrase at an index among the weighted phrases.
    pub fn phrase(place: usize) -> Shared {
        Shared(1 << (Self::PHRASES + place as u32 % MAX_PHRASES as u32))
    }

    /// The union.
    pub fn and(self, other: Shared) -> Shared {
        Shared(self.0 | other.0)
    }

    /// Whether it has all bits of another.
    pub fn has(self, other: Shared) -> bool {
        self.0 & other.0 == other.0
    }

    /// Only the words and phrases.
    pub fn terms(self) -> Shared {
        Shared(self.0 & Self::TERMS)
    }

    /// Only the flags.
    pub fn flags(self) -> Shared {
        Shared(self.0 & !Self::TERMS)
    }

    /// Whether nothing is shared.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// The words and phrases that two texts share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SharedTerms {
    all: Shared,
    prominent: Shared,
}

impl SharedTerms {
    /// Adds a shared term; `is_prominent` says whether it is prominent in both.
    pub fn take(&mut self, term: Shared, is_prominent: bool) {
        self.all = self.all.and(term);
        if is_prominent {
            self.prominent = self.prominent.and(term);
        }
    }

    /// The union.
    pub fn and(self, other: SharedTerms) -> SharedTerms {
        SharedTerms { all: self.all.and(other.all), prominent: self.prominent.and(other.prominent) }
    }

    /// Whether no term is shared.
    pub fn is_none(self) -> bool {
        self.all.is_none()
    }

    /// The terms to report: those prominent in both, or without any, all shared ones.
    pub fn reported(self) -> Shared {
        let is_mentioned_only = self.prominent.is_none() && !self.is_none();
        if is_mentioned_only { self.all.and(Shared::MENTIONED_ONLY) } else { self.prominent }
    }
}

/// The similarity of a work to the source article, and what they share.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Similarity {
    /// Higher is more similar; about 1 for the article itself.
    pub score: f32,
    /// What they share.
    pub shared: Shared,
}

impl Similarity {
    /// The fallback tier of a work, by what it shares.
    pub fn tier(&self) -> FallbackTier {
        let leads = [Shared::LINKED, Shared::LINKS_HERE, Shared::SERIES].into_iter().any(|flag| self.shared.has(flag));
        if leads || !self.shared.terms().is_none() { FallbackTier::Text } else { FallbackTier::Topic }
    }

    /// The order of works: by tier, then the most similar first.
    pub fn order(&self, other: &Similarity) -> Ordering {
        self.tier().cmp(&other.tier()).then(other.score.total_cmp(&self.score))
    }
}

/// Sums the evidence of two works' similarity.
#[derive(Debug, Clone, Copy, Default)]
pub struct SimilarityEvidence {
    /// The text scores of the language versions, each weighted by its language's articles.
    texts: f32,
    /// The best score of all pairs of versions.
    topics: f32,
    authors: f32,
    flags: Shared,
}

impl SimilarityEvidence {
    /// Adds the text score of two versions in one language, see [`whole_text`], weighted by the
    /// number of its articles: the more there are, the more reliable are document frequencies.
    pub fn add_text(&mut self, text: f32, articles: u64) {
        self.texts += text * articles as f32;
    }

    /// Adds what two versions share besides text: the summed scores of topics and authors, and
    /// flags.
    pub fn take(&mut self, topics: f32, authors: f32, flags: Shared) {
        self.topics = self.topics.max(topics);
        self.authors = self.authors.max(authors);
        self.flags = self.flags.and(flags);
    }

    /// The similarity. `articles` are those of the languages that both works have, counted for
    /// every version of the source work; `time` is the best time score of two versions. `None` if
    /// nothing relates the two: authors and time alone do not.
    pub fn similarity(&self, articles: u64, time: f32) -> Option<Similarity> {
        let score = |flag: Shared, score: f32| if self.flags.has(flag) { score } else { 0.0 };
        let text = if articles > 0 { self.texts / articles as f32 } else { 0.0 };
        let leads = text
            + self.topics
            + score(Shared::SERIES, WEIGHTS.series)
            + score(Shared::LINKED, WEIGHTS.linked)
            + score(Shared::LINKS_HERE, WEIGHTS.links_here);
        let score = leads + self.authors + time;
        (leads > 0.0).then_some(Similarity { score, shared: self.flags })
    }
}
