//! What makes one work related to another, free of any index.
//!
//! An article is told by its [`DocumentProfile`]: weighty words and phrases, topics, authors, series,
//! links. Two works are as near ([`Similarity`]) as the versions of them that share a language say
//! the same, and by what they share besides. Which of the nearest are shown is chosen at reading
//! ([`diversify`]).

pub mod diversify;
pub mod reasons;
pub mod subject;

pub use self::subject::DocumentProfile;

use std::cmp::Ordering;

use super::{Rung, ranking};
use crate::analysis::{ByZone, KeyTerm, Part, Zone, fold, normalize};

/// How many words of an article are looked for.
pub const MAX_WORDS: usize = 48;
/// How many of these lead to other articles, beside phrases; the others count where one of them is
/// shared. Common words are in nearly every article, which would all have to be gone through.
/// With so many the answers are nearly as good as with all, in half the time: experiment
/// `related.leading-words`.
pub const LEADING_WORDS: usize = 16;
/// How many of its phrases are looked for besides.
pub const MAX_PHRASES: usize = 7;
/// How many works are kept of those that are nearest to an article.
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
    /// What a word of the asked-for article's title is worth besides. More adds nothing: experiment
    /// `related.title`.
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
    /// The same series, which few articles have: as a link to it.
    series: f32,
    /// An author shared that nobody else has: it decides between works that are as near.
    author: f32,
    /// Two events or press releases of one day.
    time: f32,
    /// After so many days, a third of that.
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

/// Words that more of a language's articles hold than this share say nothing about one of them.
const MAX_TERM_SHARE: f64 = 0.5;
/// On a handful of articles every shared word is held by a large share of them.
const FEW_ARTICLES: u64 = 20;

/// A term of the article that is asked about, with what sharing it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedTerm {
    /// Its place among the subject's words, or its phrases.
    pub place: usize,
    /// Its inverse document frequency times its weight in the asked-for article.
    pub weight: f32,
}

/// Whether a term that `holders` of a language's `articles` hold could lead to others and tells
/// anything.
fn is_telling(articles: u64, holders: u64, own: u64) -> bool {
    holders > own && (articles <= FEW_ARTICLES || holders as f64 <= MAX_TERM_SHARE * articles as f64)
}

/// The weightiest of some terms, at most `most`: by log frequency, whether the title has them, and
/// inverse document frequency within the language, squared as both sides of a comparison have it;
/// the weightiest first. `own` of the holders are the article itself: 1, or 0 for a draft. `holders` says how many of the language's `articles` hold a term.
pub fn weightiest<E>(
    terms: &[KeyTerm],
    most: usize,
    articles: u64,
    own: u64,
    mut holders: impl FnMut(&KeyTerm) -> Result<u64, E>,
) -> Result<Vec<WeightedTerm>, E> {
    let mut weighted = Vec::with_capacity(terms.len());
    for (place, term) in terms.iter().enumerate() {
        let holders = holders(term)?;
        if is_telling(articles, holders, own) {
            let in_title = if term.in_title { WEIGHTS.title } else { 0.0 };
            let idf = ranking::idf(articles, holders);
            weighted.push((WeightedTerm { place, weight: (1.0 + term.frequency.ln() + in_title) * idf }, idf));
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

/// What a word that stands in a zone is worth (BM25, each zone saturated by itself, so that a
/// title counts in a long article too): `frequency` times in `length` words, where the language's
/// mean is `mean`.
///
/// One field of all zones is worse, and so is a cosine over log tf·idf: experiment
/// `related.zones-apart`.
pub fn zone_worth(zone: Zone, frequency: u32, length: u32, mean: f32) -> f32 {
    let frequency = frequency as f32;
    let length = 1.0 - WEIGHTS.lengths + WEIGHTS.lengths / mean * length as f32;
    WEIGHTS.zones[zone] * (WEIGHTS.k1 + 1.0) * frequency / (frequency + WEIGHTS.k1 * length)
}

/// The zones in which a word counts.
pub fn zones() -> impl Iterator<Item = Zone> {
    Zone::ALL.into_iter().filter(|zone| WEIGHTS.zones[*zone] > 0.0)
}

/// Whether an article dwells on a term of its own, in a language group: it stands in the title, the
/// teaser, what it is filed under, or more than once, and says something by itself.
pub fn dwells_on(term: &KeyTerm, group: &str) -> bool {
    let tells = |word: Option<&str>| word.is_some_and(|word| Part::of(group, &fold(&normalize(word))) == Part::Telling);
    let mut words = term.written.split_whitespace();
    let is_told = term.frequency >= 2.0 || term.zone != Zone::Body;
    is_told && tells(words.next()) && words.next_back().is_none_or(|last| tells(Some(last)))
}

/// Whether an article dwells on a word that stands in a zone of it so many times.
pub fn dwells(zone: Zone, frequency: u32) -> bool {
    zone != Zone::Body || frequency > 1
}

/// What a phrase is worth that an article has, beside a word that stands there once.
pub fn phrase_worth() -> f32 {
    WEIGHTS.phrase
}

/// What an article's text would be worth that is told by the same words: the measure of every
/// other. Of the `words` that are looked for; where there are none, of the `phrases`. Never nought.
pub fn whole_text(words: &[WeightedTerm], phrases: &[WeightedTerm]) -> f32 {
    /// What the mean word of an article is worth in it, found over related/mdn-es and `corpus/eval`.
    const MEAN_WORTH: f32 = 3.3;
    let terms = if words.is_empty() { phrases } else { words };
    MEAN_WORTH * terms.iter().map(|term| term.weight).sum::<f32>().max(f32::MIN_POSITIVE)
}

/// How rare something is that `holders` of `articles` have: 1 where it is theirs alone, 0 where
/// it is everybody's.
fn rarity(articles: u64, holders: u64) -> f32 {
    let share = |count: u64| (articles.max(2) as f64 / count.max(1) as f64).ln().max(0.0);
    (share(holders) / share(1)) as f32
}

/// What each topic of an article is worth to share, and all levels above it: the rare ones more,
/// in sum what all topics shared are worth. `holders` are how many of all `articles` stand under
/// each.
pub fn topic_worths(articles: u64, holders: &[u64]) -> Vec<f32> {
    let tells = |holders: u64| articles <= FEW_ARTICLES || holders as f64 <= MAX_TERM_SHARE * articles as f64;
    let rarity = |holders: &u64| if tells(*holders) { rarity(articles, *holders) } else { 0.0 };
    let rarities: Vec<f32> = holders.iter().map(rarity).collect();
    let sum: f32 = rarities.iter().sum();
    rarities.into_iter().map(|rarity| if sum > 0.0 { WEIGHTS.topics * rarity / sum } else { 0.0 }).collect()
}

/// What an author shared is worth, whom `holders` of all `articles` have.
pub fn author_worth(articles: u64, holders: u64) -> f32 {
    WEIGHTS.author * rarity(articles, holders)
}

/// What it is worth that two articles, both events or press releases, are so many days apart.
pub fn time_worth(days: u32) -> f32 {
    WEIGHTS.time * (-(days as f32) / WEIGHTS.time_scale_days).exp()
}

/// What a work shares with the article that is asked about: a bit a word, a bit a phrase behind
/// them, and behind these what follows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shared(pub u64);

impl Shared {
    const PHRASES: u32 = MAX_WORDS as u32;
    const FLAGS: u32 = Self::PHRASES + MAX_PHRASES as u32;
    /// A topic.
    pub const TOPIC: Shared = Shared(1 << Self::FLAGS);
    /// A series.
    pub const SERIES: Shared = Shared(1 << (Self::FLAGS + 1));
    /// The article links to it.
    pub const LINKED: Shared = Shared(1 << (Self::FLAGS + 2));
    /// It links to the article.
    pub const LINKS_HERE: Shared = Shared(1 << (Self::FLAGS + 3));
    /// Words and phrases, none of which both dwell on.
    pub const IN_PASSING: Shared = Shared(1 << (Self::FLAGS + 4));
    const TERMS: u64 = (1 << Self::FLAGS) - 1;

    /// The word at a place among the weightiest.
    pub fn word(place: usize) -> Shared {
        Shared(1 << (place as u32 % Self::PHRASES))
    }

    /// The phrase at a place among the weightiest.
    pub fn phrase(place: usize) -> Shared {
        Shared(1 << (Self::PHRASES + place as u32 % MAX_PHRASES as u32))
    }

    /// Both.
    pub fn and(self, other: Shared) -> Shared {
        Shared(self.0 | other.0)
    }

    /// Whether it has all of another.
    pub fn has(self, other: Shared) -> bool {
        self.0 & other.0 == other.0
    }

    /// The words and phrases only.
    pub fn terms(self) -> Shared {
        Shared(self.0 & Self::TERMS)
    }

    /// All but the words and phrases.
    pub fn flags(self) -> Shared {
        Shared(self.0 & !Self::TERMS)
    }

    /// Whether there is nothing.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }
}

/// The words and phrases that two texts share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SharedTerms {
    all: Shared,
    dwelt_on: Shared,
}

impl SharedTerms {
    /// Takes note of a term that is shared, and whether both dwell on it.
    pub fn take(&mut self, term: Shared, is_dwelt_on: bool) {
        self.all = self.all.and(term);
        if is_dwelt_on {
            self.dwelt_on = self.dwelt_on.and(term);
        }
    }

    /// Those of either.
    pub fn and(self, other: SharedTerms) -> SharedTerms {
        SharedTerms { all: self.all.and(other.all), dwelt_on: self.dwelt_on.and(other.dwelt_on) }
    }

    /// Whether there are none.
    pub fn is_none(self) -> bool {
        self.all.is_none()
    }

    /// What they say: the terms that both dwell on; without any, what both mention.
    pub fn told(self) -> Shared {
        let is_in_passing = self.dwelt_on.is_none() && !self.is_none();
        if is_in_passing { self.all.and(Shared::IN_PASSING) } else { self.dwelt_on }
    }
}

/// How near a work is to the article that is asked about, and what they share.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Similarity {
    /// Higher is nearer; 1 is about the article itself.
    pub score: f32,
    /// What they share.
    pub shared: Shared,
}

impl Similarity {
    /// The rung that a work stands on by what it shares.
    pub fn rung(&self) -> Rung {
        let leads = [Shared::LINKED, Shared::LINKS_HERE, Shared::SERIES].into_iter().any(|flag| self.shared.has(flag));
        if leads || !self.shared.terms().is_none() { Rung::Text } else { Rung::Topic }
    }

    /// The order in which works are shown: by rung, on a rung the nearest first.
    pub fn order(&self, other: &Similarity) -> Ordering {
        self.rung().cmp(&other.rung()).then(other.score.total_cmp(&self.score))
    }
}

/// Adds up what two works have in common.
#[derive(Debug, Clone, Copy, Default)]
pub struct SimilarityEvidence {
    /// What the texts of the language versions say, each weighted by its language's articles.
    texts: f32,
    /// The best of all pairs of versions.
    topics: f32,
    authors: f32,
    flags: Shared,
}

impl SimilarityEvidence {
    /// Adds what the texts of two versions in one language say, see [`whole_text`], of a language
    /// with so many articles: the more there are, the surer it is what is rare.
    pub fn add_text(&mut self, text: f32, articles: u64) {
        self.texts += text * articles as f32;
    }

    /// Takes note of what two versions share besides, in sum of [`topic_worths`] and of
    /// [`author_worth`].
    pub fn take(&mut self, topics: f32, authors: f32, flags: Shared) {
        self.topics = self.topics.max(topics);
        self.authors = self.authors.max(authors);
        self.flags = self.flags.and(flags);
    }

    /// The sum. `articles` are those of the languages that both works have, each counted for every
    /// version of the asked-for work; `time` is the best [`time_worth`] of two versions. `None` where
    /// nothing is shared that leads from one to the other: authors and time alone do not.
    pub fn nearness(&self, articles: u64, time: f32) -> Option<Similarity> {
        let worth = |flag: Shared, worth: f32| if self.flags.has(flag) { worth } else { 0.0 };
        let text = if articles > 0 { self.texts / articles as f32 } else { 0.0 };
        let leads = text
            + self.topics
            + worth(Shared::SERIES, WEIGHTS.series)
            + worth(Shared::LINKED, WEIGHTS.linked)
            + worth(Shared::LINKS_HERE, WEIGHTS.links_here);
        let score = leads + self.authors + time;
        (leads > 0.0).then_some(Similarity { score, shared: self.flags })
    }
}
