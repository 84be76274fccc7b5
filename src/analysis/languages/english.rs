//! English.

use pagefind_stem::Algorithm;

use super::language_analyzer::LanguageAnalyzer;

pub(super) const LANGUAGE: LanguageAnalyzer = LanguageAnalyzer {
    low_information_words: LOW_INFORMATION_WORDS,
    connectors: Some(CONNECTORS),
    ..LanguageAnalyzer::with_stemmer(&["en"], || Algorithm::English)
};

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

#[cfg(test)]
mod tests {
    use crate::analysis::languages::tests::{assert_apart, assert_found_by_each_other};

    #[test]
    fn forms_of_a_word_find_each_other() {
        assert_found_by_each_other("en", &[("studies", "study"), ("universities", "university"), ("cafes", "café")]);
        assert_apart("en", &[("new", "news"), ("study", "student")]);
    }
}
