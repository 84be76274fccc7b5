//! English. The plurals that no ending tells, which its Snowball stemmer leaves alone, are listed.

use pagefind_stem::Algorithm;

use super::language_analyzer::{LanguageAnalyzer, irregular, replace_ending};

pub(super) const LANGUAGE: LanguageAnalyzer = LanguageAnalyzer {
    common_form: Some(common_form),
    other_form: Some(other_form),
    paradigms: &[PARADIGMS],
    derivations: DERIVATIONS,
    other_spellings: OTHER_SPELLINGS,
    irregular_forms: IRREGULAR,
    low_information_words: LOW_INFORMATION_WORDS,
    connectors: Some(CONNECTORS),
    revision: 1,
    ..LanguageAnalyzer::with_stemmer(&["en"], || Algorithm::English)
};

/// Endings of plurals, those of their singulars, and the shortest word to which the rule applies, in
/// characters. Those of Greek words: *analyses*, *hypotheses*.
const ENDINGS: &[(&str, &str, usize)] =
    &[("alyses", "alysis", 8), ("theses", "thesis", 6), ("men", "man", 5), ("selves", "self", 6)];
/// Irregular plurals.
const IRREGULAR: &[(&str, &str)] = &[
    ("men", "man"),
    ("children", "child"),
    ("grandchildren", "grandchild"),
    ("people", "person"),
    ("wolves", "wolf"),
    ("feet", "foot"),
    ("teeth", "tooth"),
    ("geese", "goose"),
    ("mice", "mouse"),
    ("lice", "louse"),
    ("oxen", "ox"),
    ("knives", "knife"),
    ("wives", "wife"),
    ("halves", "half"),
    ("shelves", "shelf"),
    ("bookshelves", "bookshelf"),
    ("thieves", "thief"),
    ("calves", "calf"),
    ("loaves", "loaf"),
    ("scarves", "scarf"),
    ("hooves", "hoof"),
    ("buses", "bus"),
    ("gases", "gas"),
    ("lenses", "lens"),
    ("quizzes", "quiz"),
    ("crises", "crisis"),
    ("bases", "basis"),
    ("axes", "axis"),
    ("oases", "oasis"),
    ("diagnoses", "diagnosis"),
    ("criteria", "criterion"),
    ("phenomena", "phenomenon"),
    ("curricula", "curriculum"),
    ("bacteria", "bacterium"),
    ("memoranda", "memorandum"),
    ("symposia", "symposium"),
    ("spectra", "spectrum"),
    ("strata", "stratum"),
    ("indices", "index"),
    ("appendices", "appendix"),
    ("matrices", "matrix"),
    ("vertices", "vertex"),
    ("alumni", "alumnus"),
    ("stimuli", "stimulus"),
    ("nuclei", "nucleus"),
    ("syllabi", "syllabus"),
    ("cacti", "cactus"),
    ("fungi", "fungus"),
    ("radii", "radius"),
    ("foci", "focus"),
    ("codices", "codex"),
    ("automata", "automaton"),
    ("sheaves", "sheaf"),
    ("menus", "menu"),
    ("gurus", "guru"),
];
/// Plurals that are forms of a verb too.
const AMBIGUOUS: &[(&str, &str)] = &[("leaves", "leaf"), ("lives", "life"), ("bases", "base"), ("axes", "axe")];
/// Words in *-men* that are no plurals.
const SINGULARS_IN_MEN: &[&str] = &["specimen", "regimen", "abdomen", "acumen", "omen", "semen", "stamen", "yemen"];

/// The singular of an irregular plural.
fn common_form(word: &str) -> Option<String> {
    if SINGULARS_IN_MEN.contains(&word) {
        return None;
    }
    irregular(word, IRREGULAR).or_else(|| replace_ending(word, ENDINGS))
}

/// The singular of a plural that is also a form of another word.
fn other_form(word: &str) -> Option<String> {
    irregular(word, AMBIGUOUS)
}

/// Words that nobody searches for on their own, besides the function words.
const LOW_INFORMATION_WORDS: &str = "\
     able about above according across actually add added adding additional afterwards again ago allow allowed \
     allowing allows almost along already also although always among another anyone anything anyway around ask asked \
     asks away back became become becomes becoming begin begins behind best better big bring brings call called \
     calls came can cannot case cases cause caused causes causing certain clear come comes coming consider \
     considered contain contained contains could couple currently day days different discovered discover done due \
     each easily easy either else end ended enough etc even ever every everyone everything exist existing exists far \
     few fewer fifth find finds first five fixed following follows found four fourth full gave get gets getting give \
     given gives giving go goes going gone good got great half happen happened happens held helps hence here high \
     hold holds however hundred include included includes including indeed instead keep keeps kept kind knew know \
     known knows large last late later latter least leave leaves left less let lets like likely little long look \
     looking looks lot lots low made main mainly make makes making many matter may maybe mean means meant might \
     million mind more moreover most mostly move much must named near nearly need needed needs neither never new \
     next nine nobody none nothing now number numbers occur occurs often old one ones only others otherwise \
     particular past per perhaps please point points possible possibly present probably properly provide provided \
     provides put puts quite rather reads ready real really reason recent recently referenced regarding related \
     right run runs said same saw say saying says second see seem seems seen sent set sets seven several shall short \
     show showed shown shows side similar simple simply since six small soon sort start started starts still stop \
     such sure take taken takes taking tell tells ten thank thanks that thats thereby therefore thing things think \
     third though thousand three thus today together told too took toward towards tried tries true try trying turn \
     turned turns twelve twenty twice two type unless unlike until upon us use used useful uses using usual usually \
     various via want wanted wants way ways well went whatever whenever wherever whether whole whose wish within \
     without wonder word words would write writes wrong yes yet zero eight eleven hours hour fifteen thirty forty \
     fifty sixty wrote monday tuesday wednesday thursday friday saturday sunday january february april june july \
     august september october november december";

/// The function words that connect the parts of a name.
const CONNECTORS: &str = "a an and as at between by for from in into of on or over the to towards under with";

/// The endings of the forms of one word, folded.
const PARADIGMS: &[&str] = &[
    "- s es ed ing",
    "e es ed ing",
    "y ies ied ying",
    "f ves",
    "fe ves",
    "is es",
    "um a",
    "us i",
    "on a",
    "x ces",
    "man men",
];

/// Of Britain and of America.
const OTHER_SPELLINGS: &[(&str, &str)] = &[
    ("is", "iz"),
    ("ys", "yz"),
    ("our", "or"),
    ("re", "er"),
    ("ogue", "og"),
    ("elling", "eling"),
    ("elled", "eled"),
    ("eller", "eler"),
    ("olment", "ollment"),
    ("ilment", "illment"),
    ("lful", "llful"),
    ("ae", "e"),
    ("oe", "e"),
    ("ence", "ense"),
    ("amme", "am"),
    ("dgement", "dgment"),
];
/// Suffixes that replace each other in a family of words, folded.
const DERIVATIONS: &[&str] = &[
    "ate ation ative ator able ance ant",
    "e ation ative ator able ion ive ing ed er",
    "- ation ative able ment er or ion ive ing ance ence ent al ional",
    "be ption ptive ber",
    "de sion sive der",
    "d sion sive ce se",
    "t ssion ssible",
    "ive eption eptive",
    "ve lution",
    "end ension ensive ence ense",
    "uce uction uctive",
    "ish ication isher",
    "pose position posal posed",
    "ete etition etitive etitor",
    "ity - ize",
    "ity e ify",
    "ity ial",
    "ability able",
    "bility ble",
    "ility ile ilitate",
    "icity ic",
    "ity al",
    "ic y ize",
    "ical y ic ize",
    "y ical ic ist",
    "ysis ytical yse ytic yze",
    "cy tic tize",
    "cy te",
    "al - ize",
    "al e",
    "ial y ialize ialise",
    "onal on",
    "ional ion",
    "ical ify ity",
    "ent ence ency",
    "ant ance ancy",
    "nt nce ncial",
    "ous e y",
    "ious y",
    "ize ization ise isation",
    "ize ity",
    "ize al ization",
    "ify ification ificatory",
    "ist - ism",
    "ian ia",
    "an a",
    "ian -",
    "ese -",
    "ness -",
    "iness y",
    "ly -",
    "ment - mental",
    "th -",
];

#[cfg(test)]
mod tests {
    use crate::analysis::languages::tests::{assert_apart, assert_found_by_each_other};

    #[test]
    fn forms_of_a_word_find_each_other() {
        assert_found_by_each_other(
            "en",
            &[
                ("studies", "study"),
                ("universities", "university"),
                ("cafes", "café"),
                ("shelves", "shelf"),
                ("women", "woman"),
                ("leaves", "leaf"),
            ],
        );
        assert_apart("en", &[("new", "news"), ("study", "student"), ("specimen", "speciman")]);
    }
}
