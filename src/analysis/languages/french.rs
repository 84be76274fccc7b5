//! French. Its Snowball stemmer does not unify the plurals of words in *-eu* and *-ail*, and few
//! feminines that differ by more than an *-e*. So the form that a word shares with them is stemmed
//! instead. Where an ending has two readings (*heureuse* is of *heureux*, *chercheuse* of
//! *chercheur*), both are stemmed.

use pagefind_stem::Algorithm;

use super::language_analyzer::{LanguageAnalyzer, irregular, replace_ending};

pub(super) const LANGUAGE: LanguageAnalyzer = LanguageAnalyzer {
    common_form: Some(common_form),
    other_form: Some(other_form),
    paradigms: &[PARADIGMS],
    derivations: DERIVATIONS,
    irregular_forms: IRREGULAR,
    low_information_words: LOW_INFORMATION_WORDS,
    connectors: Some(CONNECTORS),
    revision: 1,
    ..LanguageAnalyzer::with_stemmer(&["fr"], || Algorithm::French)
};

/// The endings of plurals and feminines without their *-s*, those of the common form, and the
/// shortest word to which the rule applies, in characters.
const ENDINGS: &[(&str, &str, usize)] = &[
    ("yaux", "yau", 6),
    ("eaux", "eau", 4),
    ("aux", "al", 6),
    ("eusement", "eu", 10),
    ("eux", "eu", 4),
    ("euse", "eu", 6),
    ("trice", "teur", 7),
    ("gère", "ger", 5),
    ("gere", "ger", 6),
    ("chère", "cher", 5),
    ("chere", "cher", 5),
    ("llère", "ller", 8),
    ("llere", "ller", 8),
    ("ière", "ier", 6),
    ("iere", "ier", 6),
];
/// Words with a plural or feminine of their own, typed with accents or without.
const IRREGULAR: &[(&str, &str)] = &[
    ("travaux", "travail"),
    ("vitraux", "vitrail"),
    ("baux", "bail"),
    ("coraux", "corail"),
    ("émaux", "émail"),
    ("emaux", "email"),
    ("soupiraux", "soupirail"),
    ("vantaux", "vantail"),
    ("ventaux", "ventail"),
    ("yeux", "œil"),
    ("oeil", "œil"),
    ("maux", "mal"),
    ("belle", "beau"),
    ("nouvelle", "nouveau"),
    ("jumelle", "jumeau"),
    ("folle", "fou"),
    ("molle", "mou"),
    ("vieille", "vieu"),
    ("nulle", "nul"),
    ("gentille", "gentil"),
    ("grosse", "gros"),
    ("basse", "bas"),
    ("grasse", "gras"),
    ("lasse", "las"),
    ("épaisse", "épais"),
    ("epaisse", "epais"),
    ("rousse", "roux"),
    ("douce", "doux"),
    ("fausse", "faux"),
    ("jalouse", "jaloux"),
    ("sèche", "sec"),
    ("seche", "sec"),
    ("blanche", "blanc"),
    ("franche", "franc"),
    ("fraîche", "frais"),
    ("fraiche", "frais"),
    ("longue", "long"),
    ("publique", "public"),
    ("grecque", "grec"),
    ("turque", "turc"),
    ("laïque", "laïc"),
    ("laique", "laic"),
    ("favorite", "favori"),
    ("petite", "petit"),
    ("brève", "bref"),
    ("breve", "bref"),
    ("aïeux", "aïeul"),
];
/// Words in *-ers* that are no plurals.
const SINGULARS_IN_ERS: &[&str] = &["divers", "pervers", "univers", "travers", "envers", "revers", "convers"];
/// The shortest plural in *-ers*, in characters.
const MIN_ERS_CHARS: usize = 6;

/// The form that a word shares with its plural and its feminine.
fn common_form(word: &str) -> Option<String> {
    let singular = word.strip_suffix('s').unwrap_or(word);
    let form = irregular(singular, IRREGULAR).or_else(|| replace_ending(singular, ENDINGS));
    let form = form.or_else(|| replace_ending(word, ENDINGS));
    let is_ers = singular.ends_with("er") && word.chars().count() >= MIN_ERS_CHARS && !SINGULARS_IN_ERS.contains(&word);
    form.or_else(|| (is_ers && singular != word).then(|| singular.to_owned()))
}

/// Endings with a second reading, without their *-s*.
const OTHER_ENDINGS: &[(&str, &str, usize)] = &[("euse", "eur", 6), ("ive", "if", 4), ("euve", "euf", 5)];
/// Words that end in *-s* in the singular and would become another word without it.
const SINGULARS: &[&str] = &[
    "mois", "fois", "bois", "avis", "paris", "trois", "dois", "sois", "vois", "puis", "plus", "mais", "sous", "tous",
    "vous",
];
/// The shortest plural that loses its *-s* after a vowel, in characters.
const MIN_CHARS: usize = 4;

/// The second reading of a word: of a feminine in *-euse* or *-ive*, or of a word in *-is* and *-us*
/// as a plural (*lois* beside *chinois*), which the stemmer takes for singulars.
fn other_form(word: &str) -> Option<String> {
    let singular = word.strip_suffix('s');
    let plural = singular.filter(|stem| {
        let is_long = word.chars().count() >= MIN_CHARS;
        is_long && stem.ends_with(['i', 'u', 'o', 'a']) && !SINGULARS.contains(&word)
    });
    replace_ending(singular.unwrap_or(word), OTHER_ENDINGS).or_else(|| plural.map(str::to_owned))
}

/// Words that nobody searches for on their own, besides the function words.
const LOW_INFORMATION_WORDS: &str = "\
     afin ainsi ait alors an annee annees ans apres as au aucun aucune aujourdhui auparavant aussi aussitot autant \
     autre autres avant avoir beaucoup besoin bien bon bonne bonnes bons bout cas ceci cela celle celles celui cent \
     certain certaine certaines certains chacun chacune chaque chez chose choses ci cinq cinquante combien comme \
     comment commence commencer compris concernant contre corrige corriges cote cours dabord davantage deja demain \
     dernier derniere dernieres derniers depuis derriere des desormais desquels dessous dessus deux deuxieme devant \
     devenir devient devoir devra devrait differents differentes dire disent dit dix doit doivent donc donne donner \
     dont douze durant effet egalement elle elles encore enfin ensemble ensuite entre environ est et etaient etait \
     etant etc etre eux exemple existe existent faire fait faite faites faits faut fois font forme grace grand \
     grande grandes grands hier hors heure huit ici inclus jamais jour jours jusque laisse laisser lequel leur leurs \
     lieu lieux loin long longtemps lors lorsque lui maintenant mais malgre maniere meilleur meilleure meilleurs \
     meme memes mettre mieux mille mis mise moins mois moitie moment nest neuf nombre nombres nombreuses nombreux \
     notamment notre nous nouveau nouveaux nouvel nouvelle nouvelles nul offre onze ou oui outre par parce parfois \
     parmi partie parties partir partout pas passe passer pendant permet permettent permettre petit petite petites \
     petits peu peut peuvent peutetre plupart plus plusieurs plutot point points possible possibles pour pourquoi \
     pourrait pourraient pouvoir premier premiere premieres premiers prendre pres presque prise prochain prochaine \
     prochaines prochains propre propres puis puisque quand quarante quatorze quatre quatrieme quel quelle quelles \
     quelque quelques quels qui quinze quoi quoique raison recevoir rend rendre rien sait sans sauf savoir second \
     seconde seize selon semaine semaines sept sera serait seul seule seulement seules seuls sien simple simplement \
     sinon six soi soit soixante sont sorte souvent suite suivant suivante suivantes suivants sur surtout tant tard \
     tel telle telles tels tenir toujours tous tout toute toutefois toutes travers treize trente tres trois \
     troisieme trop trouve trouver un une utilise utilisee utilisees utiliser utilises va valeur venir vers vient \
     vingt voici voila voir vont votre vous vrai vraiment decouvert decouverte decouvertes lundi mardi mercredi \
     jeudi vendredi samedi dimanche janvier fevrier mars avril mai juin juillet aout septembre octobre novembre \
     decembre";

/// The function words that connect the parts of a name.
const CONNECTORS: &str = "a au aux avec contre d dans de des du en entre et l la le les ou par pour sans sur un une";

/// The endings of the forms of one word, folded.
const PARADIGMS: &[&str] = &[
    "al ale aux ales",
    "ail aux",
    "au aux",
    "eau elle eaux elles",
    "eu eux",
    "eux euse euses",
    "eur euse eurs euses",
    "teur trice teurs trices",
    "er ere ers eres",
    "f ve fs ves",
    "n ne ns nes",
    "en enne ens ennes",
    "on onne ons onnes",
    "l le ls les",
    "el elle els elles",
    "t te ts tes",
    "et ette ets ettes",
    "et ete ets etes",
    "d de ds des",
    "s se ses",
    "s sse sses",
    "x sse sses",
    "x se ses",
    "i ie is ies",
    "u ue us ues",
    "e ee es ees",
    "e es",
    "a as",
    "o os",
    "ou oux",
    "r rs",
    "c cs",
    "g gs",
    "k ks",
    "m ms",
    "p ps",
    "que ques",
    "c que cs ques",
    "c che cs ches",
];

/// Suffixes that replace each other in a family of words, folded.
const DERIVATIONS: &[&str] = &[
    "er ation ateur atif able atoire ement age ance ant eur e - ateur",
    "er ement eur ant ance ence e",
    "ier ication icateur icable e ude udiant",
    "quer cation catif cateur que",
    "ir ition issement isseur issant",
    "uire uction ucteur uctif uit",
    "ire ction cteur ctif ctoral",
    "iger ection ecteur ectif",
    "riger rection recteur rectif",
    "crire cription cripteur criptif crit",
    "ecrire escription escriptif",
    "mettre mission missible misseur mis",
    "der sion sif seur",
    "endre ense ension ensif enseur",
    "endre ehension ehensif",
    "tendre tension tensif",
    "dre dance dant",
    "oudre olution olu",
    "oser osition ositif",
    "aitre aissance aissant",
    "aitre u aissance",
    "oitre oissance oissant",
    "er ence ent ant",
    "ger geance geant gence",
    "ite - iser isation",
    "ite e iser isation ifier ification",
    "ite el iser",
    "ite ique ifier",
    "ilite ile iliter",
    "bilite ble biliser",
    "ite al aliser",
    "ite ain aniser",
    "alite al aliser",
    "ique ie iser e iste",
    "ique a ie isme iste",
    "atique a e",
    "tique tie tiser",
    "ytique yse yser",
    "sophique sophie sophe sopher",
    "logique logie logue",
    "graphique graphie graphe",
    "nomique nomie nome",
    "ique e iser isation",
    "numerique numeriser",
    "al e iser",
    "el e aliser iel",
    "el e -",
    "onal on onaliser onalisme",
    "ional ion ionner ionnaire",
    "iel ie ialiser",
    "ural ure uraliser",
    "urel ure",
    "ental ent",
    "entiel ence",
    "eux e ie",
    "ier e ement er",
    "ain a e ique",
    "ien ie",
    "ien -",
    "ais e -",
    "ois e -",
    "ien e",
    "olien ola",
    "olien uela",
    "an a",
    "ain ique",
    "iste e ie isme",
    "erie er ier ere",
    "aire e ie",
    "ment -",
    "ement e",
    "travail travailler",
    "ail ailler ailleur",
    "rcherche chercheur",
    "chercheur recherche rechercher",
];

#[cfg(test)]
mod tests {
    use crate::analysis::languages::tests::{assert_apart, assert_found_by_each_other};

    #[test]
    fn forms_of_a_word_find_each_other() {
        assert_found_by_each_other(
            "fr",
            &[
                ("etudiants", "étudiant"),
                ("universités", "universite"),
                ("adieux", "adieu"),
                ("amoureux", "amoureuse"),
                ("masseuses", "masseur"),
                ("spectatrice", "spectateurs"),
                ("bergère", "berger"),
                ("bergere", "berger"),
                ("vitraux", "vitrail"),
                ("tournois", "tournoi"),
                ("pensives", "pensif"),
                ("franches", "franc"),
            ],
        );
        assert_apart(
            "fr",
            &[("bourse", "bourreau"), ("cours", "coeur"), ("mois", "moi"), ("peur", "peu"), ("univers", "univer")],
        );
    }
}
