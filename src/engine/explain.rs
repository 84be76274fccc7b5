//! Explains the score of a hit to the people who write the articles.

use super::planning::{Plan, PlannedPhrase, PlannedWord, Variant, VariantOrigin};
use super::ranking::{self, Counting, MatchState, PhraseMatch};
use crate::analysis::Zone;

/// How often a variant occurs in a zone of an article.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Occurrences {
    /// In any form; for a variant of several words, the whole sequence.
    pub stems: u32,
    /// As the inflection with the most occurrences, ignoring accents.
    pub inflected: u32,
    /// As the word itself, ignoring accents.
    pub folded: u32,
    /// With the accents that were typed.
    pub typed: u32,
}

impl Occurrences {
    /// Whether the word itself or an inflection of it occurs.
    pub fn is_itself(&self) -> bool {
        self.folded > 0 || self.inflected > 0
    }

    /// The weighted frequency.
    pub fn frequency(&self, variant: &Variant, zone: Zone) -> f32 {
        if variant.sequence.len() > 1 {
            return self.stems as f32;
        }
        let weights = variant.counting.weights(zone);
        weights.stem * self.stems as f32 + weights.folded * self.folded as f32 + weights.typed * self.typed as f32
    }
}

/// The evidence that an engine has about one article.
pub trait Evidence {
    /// The error of a lookup.
    type Error;
    /// How often a variant occurs in a zone.
    fn occurrences(&self, variant: &Variant, zone: Zone) -> Result<Occurrences, Self::Error>;
    /// How the whole query stands in the article as a phrase.
    fn phrase(&self, phrase: &PlannedPhrase) -> Result<Option<PhraseMatch>, Self::Error>;
    /// The zone's length in words.
    fn length(&self, zone: Zone) -> u32;
    /// The mean length of the zone in the article's language.
    fn mean_length(&self, zone: Zone) -> f32;
}

/// The breakdown of an article's score, besides its words.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreBreakdown {
    /// The score of the hit.
    pub score: f32,
    /// The score of the version shown, without proximity.
    pub version: f32,
    /// The proximity score of its words.
    pub proximity: f32,
    /// The factor for its language.
    pub language: f32,
    /// The factor for its age.
    pub recency: f32,
    /// The factor that keeps a partial match behind the others.
    pub part: f32,
}

/// Why a hit has its score.
#[derive(Debug, Clone, PartialEq)]
pub struct Explanation {
    /// What it got points for; together they are the score.
    pub parts: Vec<ExplanationPart>,
    /// What its points were raised or lowered by; that is in the points.
    pub factors: Vec<ExplanationFactor>,
}

/// One reason for points.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplanationPart {
    /// The reason.
    pub text: String,
    /// The points.
    pub points: f32,
}

/// Something that all points were raised or lowered by.
#[derive(Debug, Clone, PartialEq)]
pub struct ExplanationFactor {
    /// What it is.
    pub text: String,
    /// By how much the points were multiplied.
    pub factor: f32,
}

/// The share of a score below which a difference counts as rounding.
const ROUNDING: f32 = 1e-4;

/// Factors closer to 1 than this are not shown.
const MIN_SHOWN_DEVIATION: f32 = 0.005;

/// Explains a hit's score.
pub fn explain<E: Evidence>(plan: &Plan, evidence: &E, breakdown: &ScoreBreakdown) -> Result<Explanation, E::Error> {
    let mut parts = Vec::new();
    let mut held = MatchState::default();
    // Words that were left out have no evidence.
    for word in plan.words.iter().filter(|word| !word.variants.is_empty()) {
        let (text, score) = explain_word(word, evidence)?;
        if score > 0.0 {
            held.take(&word.term(), score);
        }
        parts.push(ExplanationPart { text, points: score * word.weight });
    }
    if let Some(phrase) = plan.phrase.as_ref().filter(|_| plan.requirements.holds_all(&held))
        && let Some(found) = evidence.phrase(phrase)?
    {
        let text = match found {
            PhraseMatch::Within => "its words stand side by side, as they were typed",
            PhraseMatch::TitleBegins => "its title begins with what was typed",
            PhraseMatch::InName => "an author's name holds what was typed",
            PhraseMatch::TitleIs => "its title is what was typed",
        };
        parts.push(ExplanationPart { text: text.to_owned(), points: ranking::phrase_score(phrase.weight, found) });
    }
    let coverage = plan.requirements.coverage(&held);
    for part in &mut parts {
        part.points *= coverage * breakdown.language * breakdown.recency * breakdown.part;
    }
    if breakdown.proximity > 0.0 {
        let text = "its words stand near each other, as in the query".to_owned();
        parts.push(ExplanationPart { text, points: breakdown.proximity });
    }
    let elsewhere = breakdown.score - breakdown.proximity - breakdown.version;
    if elsewhere > ROUNDING * breakdown.score {
        let text = "another language version of it matches better".to_owned();
        parts.push(ExplanationPart { text, points: elsewhere });
    }
    let factors = [
        ("it does not hold everything that was typed", coverage * breakdown.part),
        ("its language is probably not the one that was typed in", breakdown.language),
        ("it is new", breakdown.recency),
    ];
    let factors = factors.into_iter().filter(|(_, factor)| (factor - 1.0).abs() >= MIN_SHOWN_DEVIATION);
    let factors = factors.map(|(text, factor)| ExplanationFactor { text: text.to_owned(), factor }).collect();
    Ok(Explanation { parts, factors })
}

/// Why an article scores for a word, and its score before the word's weight.
fn explain_word<E: Evidence>(word: &PlannedWord, evidence: &E) -> Result<(String, f32), E::Error> {
    let mut best: Option<(f32, String)> = None;
    for variant in &word.variants {
        let mut score = 0.0;
        let mut places = Vec::new();
        let mut is_itself = false;
        for zone in word.zones() {
            let found = evidence.occurrences(variant, zone)?;
            let frequency = found.frequency(variant, zone);
            is_itself |= found.is_itself();
            if frequency > 0.0 {
                score += ranking::zone_score(zone, frequency, evidence.length(zone), evidence.mean_length(zone));
                places.push(place(zone, variant, found));
            }
        }
        if score > 0.0 && variant.counting.is_bounded() {
            score = ranking::bounded_score(score, is_itself);
        }
        score *= variant.factor;
        if score > best.as_ref().map_or(0.0, |(most, _)| *most) {
            best = Some((score, format!("“{}”{}: {}", word.text, how(word, variant), places.join(", "))));
        }
    }
    Ok(match best {
        Some((score, text)) => (text, score),
        None => (format!("“{}” is not in it", word.text), 0.0),
    })
}

fn how(word: &PlannedWord, variant: &Variant) -> String {
    match variant.origin {
        VariantOrigin::Typed if variant.text == word.text => String::new(),
        VariantOrigin::Prefix => ", the beginning of a word".to_owned(),
        VariantOrigin::Typed | VariantOrigin::Joined | VariantOrigin::Split => format!(", written “{}”", variant.text),
        VariantOrigin::Synonym => format!(", for which “{}” stands as well", variant.text),
        VariantOrigin::Family => format!(", of whose family “{}” is", variant.text),
        VariantOrigin::Correction => format!(", probably meant as “{}”", variant.text),
        VariantOrigin::SoftExpansion => format!(", perhaps meant as “{}”", variant.text),
    }
}

fn place(zone: Zone, variant: &Variant, found: Occurrences) -> String {
    let name = match zone {
        Zone::Title => "title",
        Zone::Summary => "summary",
        Zone::Body => "text",
        Zone::Topics => "topics and tags",
        Zone::Authors => "authors",
    };
    let times = found.stems.max(found.folded);
    let often = if times > 1 { format!(" ({times} times)") } else { String::new() };
    let is_other =
        found.folded == 0 && matches!(variant.counting, Counting::Forms { .. }) && variant.sequence.len() == 1;
    format!("in the {name}{often}{}", if is_other { ", in another form" } else { "" })
}
