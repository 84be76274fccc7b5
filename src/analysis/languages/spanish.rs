//! Spanish. Its Snowball stemmer takes the endings of some plurals for those of verbs (*préstamos*,
//! *líneas*) and does not remove those of others (*caracteres*). So what may be a plural also gets
//! the stem of its singular. Loan words that end in a consonant take an *-s* (*rankings*, *ONGs*).

use pagefind_stem::Algorithm;

use super::inflections::LOAN_PLURALS;
use super::language_analyzer::{LanguageAnalyzer, irregular, replace_ending};

pub(super) const LANGUAGE: LanguageAnalyzer = LanguageAnalyzer {
    other_form: Some(other_form),
    cuts_folded_words_short: true,
    paradigms: &[LOAN_PLURALS, PARADIGMS],
    derivations: DERIVATIONS,
    other_spellings: OTHER_SPELLINGS,
    irregular_forms: IRREGULAR,
    low_information_words: LOW_INFORMATION_WORDS,
    connectors: Some(CONNECTORS),
    revision: 1,
    ..LanguageAnalyzer::with_stemmer(&["es"], || Algorithm::Spanish)
};

/// The shortest plural that loses its `s`, in characters.
const MIN_CHARS: usize = 4;
/// The shortest one of a word that ends in a consonant (*láseres*, but not *Andes*).
const MIN_CONSONANT_CHARS: usize = 7;

/// Feminines that the stemmer takes for a form of a verb: *ingeniera* beside *hubiera*.
const FEMININES: &[(&str, &str, usize)] = &[("ieras", "iero", 8), ("iera", "iero", 7)];
/// Feminines of another root.
const IRREGULAR: &[(&str, &str)] =
    &[("actriz", "actor"), ("actrices", "actor"), ("emperatriz", "emperador"), ("emperatrices", "emperador")];

/// The singular of which a word may be the plural, or the masculine of which it may be the feminine.
fn other_form(word: &str) -> Option<String> {
    irregular(word, IRREGULAR).or_else(|| replace_ending(word, FEMININES)).or_else(|| singular(word))
}

fn singular(word: &str) -> Option<String> {
    let stem = word.strip_suffix('s').filter(|_| word.chars().count() >= MIN_CHARS)?;
    if let Some(stem) = stem.strip_suffix("ce") {
        return Some(format!("{stem}z"));
    }
    let is_long = word.chars().count() >= MIN_CONSONANT_CHARS;
    if let Some(consonant) = stem.strip_suffix('e').filter(|stem| is_long && stem.ends_with(['d', 'n', 'r'])) {
        return Some(consonant.to_owned());
    }
    let is_loan = stem.ends_with(|c: char| c.is_ascii_lowercase() && !"aeiousxyz".contains(c));
    (is_loan || stem.ends_with(['a', 'e', 'i', 'o', 'u', 'á', 'é', 'ó'])).then(|| stem.to_owned())
}

/// Words that nobody searches for on their own, besides the function words.
const LOW_INFORMATION_WORDS: &str = "\
     abajo ademas adonde afirma ahi ahora algo alguien algun alguna algunas alguno algunos alla alli antes apenas \
     aquel aquella aquellas aquello aquellos aqui arriba asi atras aun aunque bajo bastante bien buen buena buenas \
     bueno buenos cabo cada casi caso casos catorce cerca cien cierta ciertas cierto ciertos cinco cincuenta como \
     con conocer conseguir consigue contra corregido cosa cosas cual cuales cualquier cualquiera cuando cuanta \
     cuantas cuanto cuantos cuarenta cuarta cuarto cuatro da dado dan dar dara debe deben deber debia debido decir \
     deja dejan dejar demas demasiado dentro descubierto descubrio desde despues detras dia dias dice dicen dicha \
     dichas dicho dichos diecisiete diez diferente diferentes dijeron dijo distinta distintas distinto distintos \
     doce donde dos durante ejemplo embargo empezar empieza encima encuentra encuentran entonces entra entrar entre \
     eran existe existen existir falta fecha final fuera gran grande grandes haber habia habian habra hablar hace \
     hacen hacer hacerlo hacia haciendo hago hasta hay haya hecho hicieron hizo hora horas hoy hubo igual incluida \
     incluidas incluido incluidos incluir incluso incluye incluyen ir jamas junto juntos lado largo lejos les \
     llamada llamado lleva llevar luego lugar lugares manera maneras mayoria mejor mejores menos mes meses mientras \
     mil misma mismas mismo mismos mitad momento momentos mucha muchas mucho muchos muy nada nadie ninguna ninguno \
     nos nosotros nueva nuevas nueve nuevo nuevos numero numeros nunca ochenta ocho ofrece once otra otras otro \
     otros paga pagar para parece parecer parte partes partir pasa pasado pasar pequena pequeno pero poca pocas poco \
     pocos poder podia podra podria podrian pone poner por porque posible posibles primer primera primeras primero \
     primeros propia propias propio propios proxima proximas proximo proximos pudo pueda puedan puede pueden pues \
     puesta puesto punto puntos queda quedan quedar quedaba queria quiere quieren quiza quizas quien quienes quince \
     razon realiza realizar recibe saber sabe segun segunda segundo seis semana semanas sera serian seria siempre \
     siete sigue siguen siguiente siguientes sino sobre sola solamente solas solo solos supiera supo tal tales \
     tambien tampoco tan tanta tantas tanto tantos tarde tener tenia tercer tercera tercero termina terminan \
     terminar tiene tienen toda todas todavia todo todos tomar trae trata tras traves trece treinta tres ultima \
     ultimas ultimo ultimos una unas uno unos unica unico usa usada usado usan usar utiliza utilizada utilizado \
     utilizar va vale van varias varios veces veinte ver verdad vez viene vienen visto volver vuelve ya catorce \
     existente existentes hecha hechos permite permiten permitir podrian usted ustedes ano anos actualmente \
     generalmente especialmente principalmente llega llegan llego llegaron escribio lunes martes miercoles jueves \
     viernes sabado domingo enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre";

/// The function words that connect the parts of a name.
const CONNECTORS: &str = "a al con contra de del e el en entre la las lo los o para por sin sobre su sus un una y";

/// The endings of the forms of one word, folded.
const PARADIGMS: &[&str] = &[
    "a as",
    "e es",
    "o os",
    "i is ies",
    "u us ues",
    "n nes",
    "l les",
    "r res",
    "d des",
    "z ces",
    "s ses",
    "y yes",
    "j jes",
    "m ms",
    "ico ica icos icas",
    "ado ada ados adas",
    "ido ida idos idas",
    "ivo iva ivos ivas",
    "oso osa osos osas",
    "ario aria arios arias",
    "ero era eros eras",
    "ano ana anos anas",
    "ino ina inos inas",
    "eno ena enos enas",
    "or ora ores oras",
    "es esa eses esas",
    "an ana anes anas",
    "on ona ones onas",
    "ol ola oles olas",
    "logo loga logos logas",
    "grafo grafa grafos grafas",
    "ente enta entes entas",
];

/// Where the academy leaves the choice, and where a country does.
const OTHER_SPELLINGS: &[(&str, &str)] = &[
    ("post", "pos"),
    ("trans", "tras"),
    ("psico", "sico"),
    ("pseudo", "seudo"),
    ("obscur", "oscur"),
    ("subs", "sus"),
    ("septi", "seti"),
    ("reem", "rem"),
    ("mexic", "mejic"),
];
/// Suffixes that replace each other in a family of words, folded.
const DERIVATIONS: &[&str] = &[
    "ar acion ador ante able ativo atorio amiento anza aje ancia o a e ada ado or",
    "er imiento edor ido iente ible encia or a o",
    "ir icion imiento idor ido iente ente ible encia",
    "uir uccion uctor uctivo",
    "ucir uccion uctor uctivo ucto",
    "gir ccion ctor ctivo cto ctoral",
    "egir eccion ector ectivo ecto ectoral",
    "igir eccion ector ectivo ecto encia ente",
    "cribir cripcion criptor criptivo crito",
    "mitir mision misor misible",
    "dir sion sor sivo",
    "der sion sor sivo sa so",
    "ender ension ensivo ensor ensa enso",
    "vertir version verso",
    "ver lucion lutivo",
    "olver olucion olutivo uelta uelto",
    "oner osicion uesta uesto ositor ositivo",
    "ner ncion ncia",
    "etir eticion etitivo etidor etencia",
    "traer traccion tractor tractivo",
    "ferir ferencia",
    "sentir sentimiento senso",
    "venir vencion",
    "idad itar itado itacion",
    "idad o izar izacion",
    "idad - izar izacion",
    "idad e ificar ificacion",
    "icidad ico ificar",
    "ilidad le ilitar ilizar",
    "bilidad ble bilitar bilizar",
    "dad d",
    "dad - ar",
    "tad - tar",
    "acidad az acitar acitado",
    "eza o e ecer",
    "idad o ecer ificar",
    "ico o a ia izar",
    "ico ica ia o ista izar",
    "atico a as izar",
    "tico sis izar",
    "tico cia tizar",
    "itico isis izar",
    "ico ica ismo ista izar",
    "oso a o ia",
    "al a o e ar izar izacion",
    "onal on onalizar onalismo",
    "ional ion ionario ionar",
    "ncial ncia nciar",
    "ial ia io ializar",
    "ural ura uralizar",
    "ental e ento entar",
    "inal en",
    "orial or",
    "ico e o",
    "iano i ia",
    "ano a o e - izar",
    "olano uela",
    "ense a o e -",
    "eno e a - ia",
    "oreno or",
    "uano u",
    "es ia a",
    "ces cia",
    "ones on",
    "iense ia",
    "guense gua",
    "alteco ala",
    "ileno il",
    "ino ina",
    "icano ico ica icanizar",
    "ista ia a o ismo al",
    "ismo e ista",
    "eria ero era or",
    "ario a o aria",
    "ero o a ar",
    "logo logia logico",
    "grafo grafia grafico",
    "nomo nomia nomico",
    "sofo sofia sofico sofar",
    "metro metria metrico",
    "amente o a",
    "emente e",
    "mente -",
    "ificar icacion ificacion icador",
    "icola icultura icultor",
    "ido ecer",
    "ecer ecimiento eciente ez",
    "entar encia ente ento",
];

#[cfg(test)]
mod tests {
    use crate::analysis::languages::tests::{assert_apart, assert_found_by_each_other};

    #[test]
    fn forms_of_a_word_find_each_other() {
        assert_found_by_each_other(
            "es",
            &[
                ("educacion", "educación"),
                ("universidades", "universidad"),
                ("investigaciones", "investigación"),
                ("investigacion", "investigaciones"),
                ("años", "año"),
                ("artes", "arte"),
                ("préstamos", "préstamo"),
                ("lineas", "línea"),
                ("caracteres", "carácter"),
                ("veces", "vez"),
                ("rankings", "ranking"),
                ("ONGs", "ONG"),
                ("consejera", "consejero"),
                ("pasajeras", "pasajero"),
            ],
        );
        assert_apart("es", &[("Andes", "and"), ("mes", "me"), ("bíceps", "bice")]);
    }
}
