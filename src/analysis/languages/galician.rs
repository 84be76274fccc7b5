//! Galician. There is no Snowball stemmer for it: the rules below unify a word with its plural, and
//! ignore gender.
//!
//! Neither the lists of the NLTK nor whatlang include it, so no text is detected as Galician. A
//! text that does not declare its language is taken for Portuguese or Spanish, and no text in these
//! is taken for Galician. If the stop words below were used for detection, 27 of 59 lines of the
//! Declaration of Human Rights would be detected, and 11 of 2,179 Spanish and Portuguese sentences
//! would be taken for Galician.

use super::language_analyzer::LanguageAnalyzer;

pub(super) const LANGUAGE: LanguageAnalyzer = LanguageAnalyzer {
    subtags: &["gl"],
    common_form: Some(common_form),
    own_stop_words: Some(STOP_WORDS),
    low_information_words: LOW_INFORMATION_WORDS,
    connectors: Some(CONNECTORS),
    ..LanguageAnalyzer::PLAIN
};

/// The plurals of words in *-l*, typed with accents or without, and their singulars: *animais*,
/// *papeis*, *españois*, *azuis*.
const PLURALS_OF_L: [(&str, &str); 4] = [("ais", "al"), ("eis", "el"), ("ois", "ol"), ("uis", "ul")];
/// The shortest of them, in characters (*reais*, but not *leis* nor *bois*).
const MIN_L_CHARS: usize = 5;
/// The shortest plural that loses its `s`, in characters.
const MIN_CHARS: usize = 4;
/// The fewest characters before an *-e* that is removed.
const MIN_BEFORE_E: usize = 3;
/// The fewest characters before an *-ese* that is removed (*inglese*, but not *xénese*).
const MIN_BEFORE_ESE: usize = 4;

/// The form that a word shares with its plural: mostly the singular.
///
/// A final *-e* after a consonant is removed as well. It belongs to some singulars (*clase*) and to
/// the plural of others (*mes*, *meses*), and the plural alone does not say which.
fn common_form(word: &str) -> Option<String> {
    let singular = singular(word);
    without_ending(singular.as_deref().unwrap_or(word)).or(singular)
}

/// A plural without its ending.
///
/// An *s* after an accented vowel stays, because it belongs to the word in *francés* and *país*.
/// The plural *irmás* finds *irmá* nevertheless, because both are also stemmed without their
/// accents.
fn singular(word: &str) -> Option<String> {
    let chars = word.chars().count();
    let mut of_l = PLURALS_OF_L.iter().filter(|_| chars >= MIN_L_CHARS);
    if let Some((stem, ending)) = of_l.find_map(|(plural, singular)| Some((word.strip_suffix(plural)?, singular))) {
        return Some(format!("{stem}{ending}"));
    }
    let stem = word.strip_suffix('s').filter(|_| chars >= MIN_CHARS)?;
    // *Pais* may be *país* without its accent, which is not the plural of *pai*; *gris* is no
    // plural either.
    let loses_s = match stem.strip_suffix('i') {
        Some(before) => before.ends_with(['e', 'o']) || chars > MIN_CHARS,
        None => stem.ends_with(['a', 'e', 'o', 'n']),
    };
    loses_s.then(|| stem.to_owned())
}

/// A word without an ending that only its singular or only its plural may have.
fn without_ending(singular: &str) -> Option<String> {
    let before_e = before_e(singular);
    if let Some(stem) = before_e.and_then(|stem| stem.strip_suffix('c')) {
        // The plural of *luz* is *luces*.
        return Some(format!("{stem}z"));
    }
    let stem = before_e.unwrap_or(singular);
    // The plural of *civil* is *civís*, that of *fácil* is *fáciles*.
    let is_long = stem.chars().count() >= MIN_L_CHARS;
    let before_l = stem.strip_suffix('l').filter(|stem| is_long && stem.ends_with('i'));
    before_l.or(before_e).map(str::to_owned)
}

/// The part before an *-e* after a consonant, or before the *-ese* of *franceses*, whose singular
/// is *frances* when typed without its accent.
fn before_e(singular: &str) -> Option<&str> {
    let at_least = |chars: usize| move |stem: &&str| stem.chars().count() >= chars;
    if let Some(stem) = singular.strip_suffix("ese").filter(at_least(MIN_BEFORE_ESE)) {
        return Some(stem);
    }
    let stem = singular.strip_suffix('e').filter(at_least(MIN_BEFORE_E))?;
    let is_behind_consonant = stem.ends_with("qu") || stem.ends_with("gu") || stem.ends_with(is_consonant);
    is_behind_consonant.then_some(stem)
}

fn is_consonant(c: char) -> bool {
    c.is_alphabetic() && !"aeiouáéíóúïü".contains(c)
}

/// Articles, their contractions, prepositions, conjunctions, pronouns, and the verbs that help others.
const STOP_WORDS: &str = "\
     o a os as un unha uns unhas do da dos das dun dunha duns dunhas no na nos nas nun nunha nuns nunhas ao á aos ás \
     ó ós co coa cos coas cun cunha cuns cunhas polo pola polos polas de en con por para sen sobre entre ata desde \
     dende ante contra tras durante mediante e ou nin mais pero senón que se porque como cando onde mentres aínda \
     pois logo xa eu ti el ela nós vós eles elas me te lle lles vos mo cho llo llos min comigo contigo consigo meu \
     miña meus miñas teu túa teus túas seu súa seus súas noso nosa nosos nosas voso vosa vosos vosas este esta estes \
     estas isto ese esa eses esas iso aquel aquela aqueles aquelas aquilo deste desta destes destas disto dese desa \
     deses desas diso daquel daquela daqueles daquelas neste nesta nestes nestas nisto nese nesa neses nesas niso \
     naquel naquela naqueles naquelas todo toda todos todas moito moita moitos moitas máis menos tan tanto tal cada \
     outro outra outros outras algún algunha algúns algunhas ningún ningunha alguén ninguén nada algo calquera mesmo \
     mesma mesmos mesmas quen cal cales canto canta cantos cantas cuxo cuxa cuxos cuxas é son era eran foi foron ser \
     sexa sexan será sido está están estaba estar ten teñen tiña tiñan ter teña hai había houbo ha han haber non si \
     tamén só moi ben así entón sempre nunca";

/// Words that nobody searches for on their own, besides the stop words.
const LOW_INFORMATION_WORDS: &str = "\
     abaixo abril acaba acaban acima actualmente ademais agora agosto ala ali alta alto ano anos anterior anteriores \
     antes apenas aqui arredor atopa atopan atras baixo bastante bo boa boas bos case caso casos catorce catro cen \
     cento cerca certa certas certo certos chama chamada chamado chega chegan chegar chegou cinco cincuenta coma \
     comeza comezan comezar comezou conseguir corenta cousa cousas cuarta cuarto dado dan dar debe deben decembro \
     deixa deixan deixar demais demasiado dentro deu dez dezanove dezaoito dezaseis dezasete di dia diante dias \
     dicir diferente diferentes din distinta distintas distinto distintos dixeron dixo doce domingo dous duas enriba \
     entra entrar escribiu especialmente existe existen existir facendo facer fai falta fan fara febreiro feita \
     feito fin final fixeron fixo fora gran grande grandes hora horas hoxe igual inclue incluen incluidas incluidos \
     incluindo incluir incluso lado leva levan levar longo lonxe lugar lugares luns maio maior maiores maioria \
     maneira maneiras martes marzo medio mellor mellores mercores mes meses mil mitade momento momentos nova novas \
     nove novecentos novembro noventa novo novos numero numeros ofrece ofrecen oitenta oito once onte outubro parece \
     parte partes partir pasa pasado pasar pequena pequenas pequeno pequenos permite permiten permitir pode poden \
     poder poderia poderian poida poidan pon poner posible posibles pouca poucas pouco poucos preto primeira \
     primeiras primeiro primeiros principalmente propia propias propio propios proxima proximas proximo proximos \
     puido punto puntos queda quedan quedar quere queren querer quince quizais razon realiza realizar recibe sabado \
     sabe saber segue seguen seguinte seguintes segunda segundo seis semana semanas seran seria serian sesenta sete \
     setembro setenta tanta tantas tantos tarde terceira terceiro termina terminan terminar tomar trae trata trece \
     tres trinta ultima ultimas ultimo ultimos unica unicas unico unicos usa usada usado usan usar utiliza utilizada \
     utilizado utilizar vai van varias varios ve veces ven venres ver verdade vez vinte visto volve volver xamais \
     xaneiro xeito xeitos xeralmente xoves xullo xuno xunto xuntos";

/// The function words that connect the parts of a name.
const CONNECTORS: &str = "\
     a ao aos as ata co coa coas con contra cos da das de do dos dun dunha e en entre na nas no nos nun nunha o os \
     ou para pola polas polo polos por sen sobre un unha";

#[cfg(test)]
mod tests {
    use crate::analysis::languages::tests::{assert_apart, assert_found_by_each_other, finds};
    use crate::analysis::{PhraseRole, detect, is_stop_word};

    #[test]
    fn singulars_and_plurals_find_each_other() {
        assert_found_by_each_other(
            "gl",
            &[
                ("casa", "casas"),
                ("ano", "anos"),
                ("serie", "series"),
                ("heroe", "heroes"),
                ("lei", "leis"),
                ("boi", "bois"),
                ("taxi", "taxis"),
                ("irmá", "irmás"),
                ("avó", "avós"),
                ("can", "cans"),
                ("ben", "bens"),
                ("nación", "nacións"),
                ("irmán", "irmáns"),
                ("animal", "animais"),
                ("papel", "papeis"),
                ("español", "españois"),
                ("azul", "azuis"),
                ("real", "reais"),
                ("civil", "civís"),
                ("fácil", "fáciles"),
                ("muller", "mulleres"),
                ("traballador", "traballadores"),
                ("luz", "luces"),
                ("mes", "meses"),
                ("país", "países"),
                ("francés", "franceses"),
                ("portugués", "portugueses"),
                ("autobús", "autobuses"),
                ("clase", "clases"),
                ("análise", "análises"),
                ("índice", "índices"),
                ("nome", "nomes"),
                ("aire", "aires"),
                ("parque", "parques"),
                ("universidade", "universidades"),
                ("interese", "intereses"),
            ],
        );
    }

    #[test]
    fn accents_may_be_left_out() {
        assert_found_by_each_other(
            "gl",
            &[
                ("nacion", "nacións"),
                ("nacions", "nación"),
                ("irmans", "irmán"),
                ("irmas", "irmá"),
                ("civis", "civil"),
                ("faciles", "fácil"),
                ("paises", "país"),
                ("pais", "países"),
                ("frances", "franceses"),
                ("autobus", "autobuses"),
                ("indices", "índice"),
            ],
        );
        // A tilde that was typed counts.
        assert!(finds("gl", "espanois", "español") && !finds("gl", "español", "espanois"));
    }

    #[test]
    fn other_words_stay_apart() {
        assert_apart(
            "gl",
            &[
                ("pai", "país"),
                ("pai", "países"),
                ("mal", "mais"),
                ("mal", "mai"),
                ("rei", "real"),
                ("lei", "leal"),
                ("boi", "bol"),
                ("can", "cana"),
                ("cans", "canas"),
                ("casa", "caso"),
                ("campo", "campus"),
                ("gris", "gri"),
                ("sol", "son"),
                ("mil", "mi"),
                ("norma", "normal"),
                ("normas", "normais"),
                ("nación", "nacional"),
                ("xene", "xénese"),
                ("español", "espada"),
            ],
        );
    }

    #[test]
    fn function_words_are_distinguished_from_content_words() {
        for word in ["unha", "dos", "non", "tamen", "coas", "sua"] {
            assert!(is_stop_word("gl", word), "{word}");
        }
        for word in ["muller", "ensino", "lingua", "galicia"] {
            assert!(!is_stop_word("gl", word) && PhraseRole::of("gl", word) == PhraseRole::Content, "{word}");
        }
        assert_eq!(
            (PhraseRole::of("gl", "de"), PhraseRole::of("gl", "primeiro")),
            (PhraseRole::Connector, PhraseRole::LowInformation)
        );
    }

    #[test]
    fn no_text_is_detected_to_be_galician() {
        let text = "Todas as persoas teñen dereito a unha educación pública e gratuíta na súa lingua.";
        assert!(["pt", "es"].map(Some).contains(&detect(text)), "{:?}", detect(text));
    }
}
