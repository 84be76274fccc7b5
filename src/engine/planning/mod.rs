//! Plans a query for the current articles: term expansions of each word in each language, and the
//! weight of each word.

pub(crate) mod budget;
pub(crate) mod cached_collection;
pub mod collection;
pub(crate) mod corrections;
pub mod edit_model;
pub mod plan;
pub(crate) mod planner;
pub mod relaxation;
pub(crate) mod rewording;
pub mod synonyms;

pub(crate) use self::cached_collection::CachedCollection;
pub use self::collection::{Collection, PrefixMatches};
pub(crate) use self::plan::folded_word;
pub use self::plan::{
    Correction, CorrectionMode, Note, Pair, Plan, PlannedClause, PlannedPhrase, PlannedWord, Variant, VariantOrigin,
    WordForms,
};
pub use self::planner::MAX_PREFIX_WORDS;
