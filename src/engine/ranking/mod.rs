//! The scoring formulas shared by all engines: word weights, zone scores, and when an article
//! matches.

use std::borrow::Cow;

use crate::analysis::{ByZone, Zone};

/// Everything that was measured rather than derived.
///
/// Each names the experiment, a section of `benches/EXPERIMENTS.md`, that has the figures of its
/// neighbours on the open sets.
#[derive(Debug)]
pub struct Weights {
    /// BM25's saturation of repeated words. Less is as good, more is worse: experiment
    /// `ranking.k1`.
    pub k1: f32,
    /// How much a word counts in a zone. A title says what its article is about; with more for topics
    /// and tags fewer queries have an answer among the first three: experiment `ranking.zones`.
    pub zones: ByZone<f32>,
    /// How much a zone's length is held against it (BM25's b). More and less are worse:
    /// experiment `ranking.lengths`.
    pub lengths: ByZone<f32>,
    /// What of an occurrence counts for any form of the word (its stem), against the word itself.
    /// Titles are short and exact, bodies say things in many forms: experiment `ranking.stem`.
    pub stem: ByZone<f32>,
    /// The most that an article scores for a word of a short query if it only contains other words of its
    /// stem, while other articles contain the word itself or an inflection of it: *public* for
    /// *publications*. Not more than what one occurrence in a long body is worth: experiment
    /// `ranking.same-stem`.
    pub same_stem: f32,
    /// What of an occurrence counts for the accents only, where the word was typed with some. It
    /// orders what is alike otherwise: experiment `ranking.accents`.
    pub accents: f32,
    /// What a word that a synonym stands for is worth. No set has synonyms: so little that a synonym in
    /// a title comes after what was typed in a text.
    pub synonym: f32,
    /// What a word of a prefix is worth. No set has prefixes: below 1, for the same reason.
    pub prefix: f32,
    /// What a word of the same family is worth, in place of a word that does not occur. No set has such
    /// queries: below a correction, because it says something else.
    pub family: f32,
    /// What two words are worth that are written as one, or one as two. That they are looked for at
    /// all is what counts: experiment `ranking.joined`.
    pub joined: f32,
    /// What a corrected word is worth, where the correction is certain. It also finds forms that a
    /// stemmer does not know: experiment `ranking.correction`.
    pub correction: f32,
    /// The share of the query's weight that an article must hold, for queries of over two words. Long
    /// questions hold many words that no answer has: experiment `ranking.match-share`.
    pub match_share: f32,
    /// What is left of a stop word's weight. Neither all of it nor hardly any is as good: experiment
    /// `ranking.stop-word`.
    pub stop_word: f32,
    /// What a pair of neighbours is worth in a zone, against one of its words. More is better, in
    /// titles far more: experiment `ranking.pairs`.
    pub pairs: ByZone<f32>,
    /// How far off its distance in the query a pair may stand in an article, in words. Farther words
    /// stand together by chance: experiment `ranking.pair-window`.
    pub pair_window: f32,
    /// What is left of a pair that stands the other way round. With much more it counts
    /// for too much: experiment `ranking.pair-turned`.
    pub pair_turned: f32,
    /// What is left of a pair that has another word between in the query. It mostly belongs together:
    /// experiment `ranking.pair-over-word`.
    pub pair_over_word: f32,
    /// What the whole query is worth, standing side by side in any zone, against one occurrence of its
    /// words in a text: experiment `ranking.phrase`.
    pub phrase: f32,
    /// The same, where the title begins with it.
    pub title_begins: f32,
    /// The same, where it is the title.
    pub title_is: f32,
    /// The power of the share of a query's weight that an article holds, where it has few words: experiment
    /// `ranking.coverage`.
    pub missing: f32,
    /// Up to how many words it is that power. With more it falls with the sixth power of their number.
    pub missing_words: f32,
    /// The power that is left with very many words: questions lose by more.
    pub coverage: f32,
    /// How much an article loses whose language is certainly not the query's. More helps where
    /// translations are among the answers, and hurts where nothing tells the language: experiment
    /// `ranking.language`.
    pub language: f32,
    /// How much the reader's own language is expected before a word is read (a factor of e). Few words
    /// say little of their language: experiment `ranking.reader-prior`.
    pub reader_log_prior: f32,
}

/// The weights in use.
pub static WEIGHTS: Weights = Weights {
    k1: 0.9,
    zones: ByZone::new([7.0, 1.5, 1.0, 1.5, 0.5]),
    lengths: ByZone::new([0.55, 0.5, 0.8, 0.3, 0.3]),
    stem: ByZone::new([0.3, 0.4, 0.4, 0.3, 0.3]),
    same_stem: 0.35,
    accents: 0.05,
    synonym: 0.1,
    prefix: 0.8,
    family: 0.6,
    joined: 0.9,
    correction: 0.9,
    match_share: 0.1,
    stop_word: 0.25,
    pairs: ByZone::new([3.0, 0.5, 0.5, 0.5, 0.5]),
    pair_window: 6.0,
    pair_turned: 0.3,
    pair_over_word: 0.6,
    phrase: 4.0,
    title_begins: 6.0,
    title_is: 15.0,
    missing: 5.0,
    missing_words: 4.0,
    coverage: 0.4,
    language: 0.3,
    reader_log_prior: 2.5,
};

/// Statistics of the articles of one language group.
#[derive(Debug, Clone, PartialEq)]
pub struct LanguageStats {
    /// The group's name, see [`crate::analysis::language_group`].
    pub lang: String,
    /// The number of articles.
    pub articles: u64,
    /// The total number of words of each zone.
    pub words: ByZone<u64>,
}

impl LanguageStats {
    /// The mean length of a zone in words; at least 1.
    pub fn mean_words(&self, zone: Zone) -> f32 {
        let mean = self.words[zone] as f64 / self.articles.max(1) as f64;
        mean.max(1.0) as f32
    }
}

/// The number of articles of a language group.
pub fn articles_of(languages: &[LanguageStats], group: &str) -> u64 {
    languages.iter().find(|language| language.lang == group).map_or(0, |language| language.articles)
}

/// The inverse document frequency of a word that `matching` of `articles` contain (in Lucene's
/// variant of BM25: never negative).
pub fn idf(articles: u64, matching: u64) -> f32 {
    let matching = matching.min(articles) as f64;
    let rest = articles as f64 - matching;
    (1.0 + (rest + 0.5) / (matching + 0.5)).ln() as f32
}

/// The contribution of each kind of occurrence to the frequency of a word.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FormWeights {
    /// The word in any form.
    pub stem: f32,
    /// The word itself, ignoring accents.
    pub folded: f32,
    /// The word with the accents that were typed.
    pub typed: f32,
}

/// Which occurrences of a word count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// Occurrences in any form; the word itself counts more.
    Forms {
        /// Whether the word was typed with accents, which then count too.
        has_accents: bool,
        /// Whether other words of its stem are bounded, see [`bounded_score`].
        is_bounded: bool,
    },
    /// Occurrences in any form, all equal.
    Stems,
    /// Only occurrences of the word itself.
    Words,
}

impl Counting {
    /// Whether other words of the stem are bounded, see [`bounded_score`].
    pub fn is_bounded(self) -> bool {
        matches!(self, Counting::Forms { is_bounded: true, .. })
    }

    /// The weight of each kind of occurrence in a zone; they sum to 1.
    pub fn weights(self, zone: Zone) -> FormWeights {
        match self {
            Counting::Forms { has_accents, .. } => {
                let stem = WEIGHTS.stem[zone];
                let typed = if has_accents { WEIGHTS.accents } else { 0.0 };
                FormWeights { stem, folded: 1.0 - stem - typed, typed }
            }
            Counting::Stems => FormWeights { stem: 1.0, folded: 0.0, typed: 0.0 },
            Counting::Words => FormWeights { stem: 0.0, folded: 1.0, typed: 0.0 },
        }
    }
}

/// The score at which other words of a stem reach half of [`Weights::same_stem`].
const HALF_BOUND_SCORE: f32 = 0.3;

/// A word's score in an article where other words of its stem are bounded: at least the bound if the
/// article contains the word itself or an inflection, else less than it, in the same order.
pub fn bounded_score(score: f32, is_itself: bool) -> f32 {
    if is_itself { score.max(WEIGHTS.same_stem) } else { WEIGHTS.same_stem * score / (score + HALF_BOUND_SCORE) }
}

/// What holding a word in one zone is worth, before the word's weight (BM25, each zone saturated
/// by itself): `frequency` weighted occurrences in a zone of `length` words, where the language's
/// mean is `mean`.
///
/// The frequencies of all zones are not summed before they are saturated (BM25F): a title then hardly
/// counts in long articles, experiment `ranking.zones-apart`.
pub fn zone_score(zone: Zone, frequency: f32, length: u32, mean: f32) -> f32 {
    let b = WEIGHTS.lengths[zone];
    WEIGHTS.zones[zone] * saturate(frequency / (1.0 - b + b * length as f32 / mean))
}

fn saturate(frequency: f32) -> f32 {
    frequency * (WEIGHTS.k1 + 1.0) / (frequency + WEIGHTS.k1)
}

/// The weighted frequency of a pair of query words (the second `gap` words after the first) in a
/// zone, given their sorted positions there. Each occurrence of the first counts less the more its
/// distance differs from `gap`, and less in reverse order.
pub fn pair_frequency(first: &[u32], second: &[u32], gap: u32) -> f32 {
    let reach = gap.saturating_add(WEIGHTS.pair_window as u32);
    let (first, second) = (near(first, second, reach), near(second, first, reach));
    let mut frequency: f32 = 0.0;
    let proximity = |distance: u32| {
        let off = distance.abs_diff(gap) as f32 + 1.0;
        if off <= WEIGHTS.pair_window { 1.0 / off } else { 0.0 }
    };
    let mut next = 0;
    for at in first.iter() {
        while second.get(next).is_some_and(|position| position <= at) {
            next += 1;
        }
        let in_order = second.get(next).map_or(0.0, |position| proximity(position - at));
        let before = second.iter().take(next).rfind(|position| *position < at);
        let turned = before.map_or(0.0, |position| WEIGHTS.pair_turned * proximity(at - position));
        frequency += f32::max(in_order, turned);
        if frequency >= MAX_PAIR_FREQUENCY {
            break;
        }
    }
    frequency
}

/// The limit of a pair's frequency: at this value it is saturated to 99 %, and the function words
/// of a long text occur together on every line.
const MAX_PAIR_FREQUENCY: f32 = 100.0;

/// How many times more positions than `others` make it worthwhile to filter the distant ones out.
const FAR_MORE: usize = 8;

/// The positions within `reach` of any of `others`, both sorted; all positions if there are not
/// many more than `others`.
fn near<'p>(positions: &'p [u32], others: &[u32], reach: u32) -> Cow<'p, [u32]> {
    if positions.len() / FAR_MORE <= others.len() {
        return Cow::Borrowed(positions);
    }
    let mut near = Vec::new();
    let mut rest = positions;
    for other in others {
        let (_, from) = rest.split_at(rest.partition_point(|position| *position < other.saturating_sub(reach)));
        let (inside, behind) = from.split_at(from.partition_point(|position| *position <= other.saturating_add(reach)));
        near.extend_from_slice(inside);
        rest = behind;
    }
    Cow::Owned(near)
}

/// The proximity score of a pair of words in a zone.
pub fn pair_score(zone: Zone, weight: f32, frequency: f32) -> f32 {
    WEIGHTS.pairs[zone] * weight * saturate(frequency)
}

/// How the whole query stands in an article, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PhraseMatch {
    /// Its words stand side by side, as they were typed.
    Within,
    /// The title begins with it.
    TitleBegins,
    /// An author's name holds all of it, function words and one other word: `da Silva`.
    InName,
    /// It is the title.
    TitleIs,
}

/// The score of holding the whole query as a phrase; `weight` is that of its words together.
pub fn phrase_score(weight: f32, held: PhraseMatch) -> f32 {
    weight
        * match held {
            PhraseMatch::Within => WEIGHTS.phrase,
            PhraseMatch::TitleBegins => WEIGHTS.title_begins,
            PhraseMatch::InName | PhraseMatch::TitleIs => WEIGHTS.title_is,
        }
}

/// The zones in which proximity counts.
pub fn pair_zones() -> impl Iterator<Item = Zone> {
    Zone::ALL.into_iter().filter(|zone| WEIGHTS.pairs[*zone] > 0.0)
}

/// The factor for the scores of partial matches, so that they come after all others; 1 if they do.
/// Given for every match whether it is partial, and its score.
pub fn part_factor(matches: impl Iterator<Item = (bool, f32)>) -> f32 {
    /// How far the best partial match stays behind the last other one.
    const BEHIND: f32 = 0.99;
    let (mut least, mut most) = (f32::INFINITY, 0.0);
    for (is_part, score) in matches {
        if is_part {
            most = score.max(most);
        } else {
            least = score.min(least);
        }
    }
    if most < least { 1.0 } else { BEHIND * least / most }
}

/// How many of the best works get a proximity score; works after them cannot move before them.
pub const PAIR_DEPTH: usize = 64;

/// What a word of a query counts for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QueryTerm {
    /// Its weight.
    pub weight: f32,
    /// Whether it is limited to a zone.
    pub is_limited: bool,
    /// Whether it says what is looked for, which function words do not.
    pub is_telling: bool,
}

/// How much of what must match an article holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coverage {
    /// Not enough: it is no match.
    None,
    /// In its title, what tells least of two words. It is a partial match if no title holds both.
    TitlePart,
    /// What tells most of two words. It is listed after the articles that hold both.
    Part,
    /// Enough.
    Enough,
}

/// How much of a query an article matches.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct MatchState {
    /// The sum of the words' scores.
    pub score: f32,
    /// The weight of the matched telling words that are not limited to a zone.
    pub weight: f32,
    /// The number of these words.
    pub words: u16,
    /// The number of matched words that are limited to a zone.
    pub limited: u16,
    /// The number of the words in the title, counted for queries of two such words only.
    pub title_words: u16,
}

impl MatchState {
    /// Adds the score of a matched word.
    pub fn take(&mut self, word: &QueryTerm, score: f32) {
        self.score += word.weight * score;
        if word.is_limited {
            self.limited += 1;
        } else if word.is_telling {
            self.weight += word.weight;
            self.words += 1;
        }
    }
}

/// What an article must match of a query.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct MatchRequirements {
    /// The weight of the telling words that are not limited to a zone.
    pub weight: f32,
    /// The number of these words.
    pub words: u16,
    /// The number of all words that were typed, function words too.
    pub typed_words: u16,
    /// The number of words that are limited to a zone.
    pub limited: u16,
    /// Whether all words must match regardless of their number, because they are the parts of one
    /// code.
    pub is_code: bool,
    /// Whether any one word is enough, because no article contains all.
    pub is_relaxed: bool,
}

impl MatchRequirements {
    /// Whether an article matches: it must contain all words limited to a zone; of the telling
    /// others, all if there are one or two, else a minimum share of their weight. Of two, an article
    /// matches in part that holds half of the weight, or perhaps one in its title.
    pub fn met_by(&self, held: &MatchState) -> Coverage {
        let share = |share: f32| share * self.weight * (1.0 - f32::EPSILON);
        let is_all = self.holds_all(held);
        let coverage = match self.words {
            0 => Coverage::Enough,
            _ if is_all => Coverage::Enough,
            1 => Coverage::None,
            _ if self.is_code || held.words == 0 => Coverage::None,
            2 if !self.is_relaxed && held.weight >= share(0.5) => Coverage::Part,
            2 if !self.is_relaxed && held.title_words > 0 => Coverage::TitlePart,
            2 if !self.is_relaxed => Coverage::None,
            _ if self.is_relaxed || held.weight >= share(WEIGHTS.match_share) => Coverage::Enough,
            _ => Coverage::None,
        };
        if held.limited == self.limited { coverage } else { Coverage::None }
    }

    /// Whether it matters which words titles hold.
    pub fn asks_titles(&self) -> bool {
        self.words == 2 && !self.is_relaxed
    }

    /// Whether a title holds both of two words: where there is one, no [`Coverage::TitlePart`] is a match.
    pub fn is_title_of_both(&self, held: &MatchState) -> bool {
        self.asks_titles() && held.title_words == self.words
    }

    /// Whether an article holds all telling words.
    pub fn holds_all(&self, held: &MatchState) -> bool {
        held.words == self.words && held.limited == self.limited
    }

    /// The score factor for the matched share of the weight: a power of it. The fewer words were typed,
    /// the more a missing one costs: three words are all wanted, and a question of twelve has some that
    /// no answer holds.
    pub fn coverage(&self, held: &MatchState) -> f32 {
        if self.weight <= 0.0 || self.holds_all(held) {
            return 1.0;
        }
        let power = WEIGHTS.missing * (WEIGHTS.missing_words / f32::from(self.typed_words.max(1))).powi(6);
        (held.weight / self.weight).min(1.0).powf(power.clamp(WEIGHTS.coverage, WEIGHTS.missing))
    }
}

/// Smoothing: how many average articles are added to every language.
const LANGUAGE_SMOOTHING: f64 = 1.0;

/// The posterior probability of each language being the query's, from the document frequencies of
/// its words (naive Bayes). Sums to 1.
///
/// `frequencies[l][w]` is the document frequency of word `w` among the `articles[l]` articles of
/// language `l`.
pub fn language_posterior(articles: &[u64], frequencies: &[Vec<u64>], reader: &[bool]) -> Vec<f32> {
    let words = frequencies.first().map_or(0, Vec::len);
    let doc_freq = |language: &Vec<u64>, word: usize| language.get(word).copied().unwrap_or(0) as f64;
    let all: f64 = articles.iter().map(|articles| *articles as f64).sum();
    // Unknown words are ignored. For known ones, each language gets a fraction of an article, as if
    // the word were equally frequent everywhere.
    let expected: Vec<f64> = (0..words)
        .map(|word| frequencies.iter().map(|language| doc_freq(language, word)).sum::<f64>() / all.max(1.0))
        .collect();
    let mut logs: Vec<f64> = Vec::with_capacity(articles.len());
    for ((articles, language), is_readers) in articles.iter().zip(frequencies).zip(reader) {
        let known = expected.iter().enumerate().filter(|(_, expected)| **expected > 0.0);
        let log: f64 = known
            .map(|(word, expected)| {
                let held = doc_freq(language, word) + LANGUAGE_SMOOTHING * expected;
                (held / (*articles as f64 + LANGUAGE_SMOOTHING)).min(1.0).ln()
            })
            .sum();
        logs.push(log + if *is_readers { f64::from(WEIGHTS.reader_log_prior) } else { 0.0 });
    }
    let best = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logs.iter().map(|log| (log - best).exp()).sum();
    logs.iter().map(|log| ((log - best).exp() / sum) as f32).collect()
}

/// The score factor of an article's language, given its posterior probability and that of the most
/// likely language.
pub fn language_factor(posterior: f32, best: f32) -> f32 {
    1.0 - WEIGHTS.language * (1.0 - posterior / best.max(f32::MIN_POSITIVE))
}

/// How much the newest article is preferred where the site does not say. It orders near-ties, and
/// nothing else: experiment `ranking.recency`.
pub const DEFAULT_RECENCY: f32 = 0.03;
/// The maximum preference.
pub const MAX_RECENCY: f32 = 1.0;

/// The half-life of the recency bonus.
const RECENCY_HALF_LIFE_S: f32 = 365.0 * 86_400.0;

/// The decay function of age: a score factor of 1 + `recency` for the newest article of all, with
/// the bonus halved for each year before it; 1 for an undated one.
pub fn recency_factor(recency: f32, published_s: Option<i64>, newest_s: Option<i64>) -> f32 {
    match (published_s, newest_s) {
        (Some(published), Some(newest)) if recency > 0.0 => {
            let age_s = newest.saturating_sub(published).max(0) as f32;
            1.0 + recency * (-age_s / RECENCY_HALF_LIFE_S).exp2()
        }
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_two_words_must_all_match_and_more_need_a_share() {
        let requirements = |words, weight| MatchRequirements { words, weight, ..MatchRequirements::default() };
        let held = |words, weight| MatchState { words, weight, ..MatchState::default() };
        let met = |requirements: MatchRequirements, held: MatchState| requirements.met_by(&held);
        assert_eq!(met(requirements(1, 1.0), held(1, 1.0)), Coverage::Enough);
        assert_eq!(met(requirements(2, 2.0), held(2, 2.0)), Coverage::Enough);
        assert_eq!(met(requirements(3, 3.0), held(1, 2.0)), Coverage::Enough);
        assert_eq!(met(requirements(3, 3.0), held(1, 0.1)), Coverage::None);
        assert_eq!(met(requirements(3, 0.0), held(0, 0.0)), Coverage::None);
        let limited = MatchRequirements { limited: 1, ..requirements(1, 1.0) };
        assert_eq!(met(limited, held(1, 1.0)), Coverage::None);
        assert_eq!(met(limited, MatchState { limited: 1, ..held(1, 1.0) }), Coverage::Enough);
    }

    #[test]
    fn the_more_telling_of_two_words_matches_in_part_and_the_other_perhaps_in_a_title() {
        let two = MatchRequirements { words: 2, weight: 3.0, ..MatchRequirements::default() };
        let held = |weight, title_words| MatchState { words: 1, weight, title_words, ..MatchState::default() };
        assert_eq!(two.met_by(&held(2.0, 0)), Coverage::Part);
        assert_eq!(two.met_by(&held(1.0, 1)), Coverage::TitlePart);
        assert_eq!(two.met_by(&held(1.0, 0)), Coverage::None);
        assert_eq!(MatchRequirements { is_code: true, ..two }.met_by(&held(2.0, 1)), Coverage::None);
        assert_eq!(MatchRequirements { is_relaxed: true, ..two }.met_by(&held(1.0, 0)), Coverage::Enough);
    }

    #[test]
    fn missing_word_costs_more_the_fewer_were_typed() {
        let of = |words: u16| {
            let all = f32::from(words);
            let typed = MatchRequirements { words, typed_words: words, weight: all, ..MatchRequirements::default() };
            typed.coverage(&MatchState { words: words - 1, weight: all - 1.0, ..MatchState::default() })
        };
        assert!(of(3) < 0.15 && of(3) < of(4) && of(4) < of(6) && of(6) < of(12) && of(12) > 0.9);
    }

    #[test]
    fn partial_matches_come_after_all_others() {
        let factor = part_factor([(false, 2.0), (true, 9.0), (false, 0.5), (true, 1.0)].into_iter());
        assert!(factor * 9.0 < 0.5);
        assert_eq!(part_factor([(false, 2.0), (true, 1.0)].into_iter()), 1.0);
        assert_eq!(part_factor([(true, 1.0)].into_iter()), 1.0);
    }

    #[test]
    fn other_words_of_a_stem_never_outscore_the_word_itself_and_keep_their_order() {
        let scores = [0.01, 0.3, 1.0, 13.0].map(|score| bounded_score(score, false));
        assert!(scores.is_sorted() && scores[0] < scores[3] && scores[3] < bounded_score(0.01, true));
        assert_eq!(bounded_score(2.0, true), 2.0);
    }

    #[test]
    fn language_with_more_known_words_is_more_likely() {
        let posterior = language_posterior(&[100, 100], &[vec![90, 20], vec![0, 20]], &[false, false]);
        assert!(posterior[0] > 0.9);
        let even = language_posterior(&[100, 100], &[vec![5], vec![5]], &[false, true]);
        assert!(even[1] > even[0]);
        // Unknown words have no effect, and a small language is not more likely for being small.
        let unknown = language_posterior(&[100, 5], &[vec![0], vec![0]], &[false, false]);
        assert_eq!(unknown, [0.5, 0.5]);
        let small = language_posterior(&[100, 5], &[vec![6], vec![0]], &[false, false]);
        assert!(small[0] > 0.8, "{small:?}");
    }

    #[test]
    fn distant_positions_do_not_change_the_pair_frequency() {
        let everywhere: Vec<u32> = (0..500).map(|place| place * 3).collect();
        for others in [vec![], vec![40], vec![0, 41, 44, 900], vec![1_499, 1_500, 9_000]] {
            let by_one: f32 = everywhere.iter().map(|at| pair_frequency(&[*at], &others, 2)).sum();
            assert_eq!(pair_frequency(&everywhere, &others, 2), by_one, "{others:?}");
            let among_all: f32 = others.iter().map(|at| pair_frequency(&[*at], &everywhere, 2)).sum();
            assert_eq!(pair_frequency(&others, &everywhere, 2), among_all, "{others:?}");
        }
    }

    #[test]
    fn adjacent_words_beat_reversed_ones_and_those_beat_distant_ones() {
        let of = |second: u32| pair_frequency(&[10], &[second], 1);
        assert!(of(11) > of(9) && of(9) > of(14) && of(14) > of(30));
        assert_eq!(pair_frequency(&[10], &[12], 2), pair_frequency(&[10], &[11], 1));
    }
}
