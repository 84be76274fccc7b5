//! Portuguese. Its Snowball stemmer does not unify *-ão* with *-ões*, nor *-l* with *-is*, and removes
//! no plural from a short word (*ano*, *anos*), because its rules apply after the first syllables.
//! So the form that a word shares with its plural and its feminine is stemmed instead.

use pagefind_stem::Algorithm;

use super::inflections::LOAN_PLURALS;
use super::language_analyzer::{LanguageAnalyzer, irregular, replace_ending};

pub(super) const LANGUAGE: LanguageAnalyzer = LanguageAnalyzer {
    common_form: Some(common_form),
    cuts_folded_words_short: true,
    paradigms: &[LOAN_PLURALS, PARADIGMS],
    derivations: DERIVATIONS,
    other_spellings: OTHER_SPELLINGS,
    irregular_forms: IRREGULAR,
    low_information_words: LOW_INFORMATION_WORDS,
    connectors: Some(CONNECTORS),
    revision: 1,
    ..LanguageAnalyzer::with_stemmer(&["pt"], || Algorithm::Portuguese)
};

/// The endings of plurals and feminines, typed with accents and without, those of the common form,
/// and the shortest word to which the rule applies, in characters (*ações*, but not *mais*).
///
/// A plural in *-eis* belongs to a word in *-el* (*papéis*) or to one in *-il* (*fáceis*), and *-is*
/// to one in *-il* (*perfis*): all of them share a form in *-el*.
const ENDINGS: &[(&str, &str, usize)] = &[
    ("ões", "ão", 5),
    ("oes", "ao", 5),
    ("ães", "ão", 4),
    ("aes", "ao", 4),
    ("ãos", "ão", 4),
    ("aos", "ao", 5),
    ("ãs", "ão", 5),
    ("ã", "ão", 4),
    ("ais", "al", 5),
    ("éis", "el", 5),
    ("eis", "el", 5),
    ("óis", "ol", 4),
    ("ois", "ol", 6),
    ("uis", "ul", 4),
    ("reis", "rei", 4),
    ("leis", "lei", 4),
    ("bois", "boi", 4),
    ("il", "el", 5),
    ("ns", "m", 3),
    ("éus", "éu", 4),
    ("eus", "eu", 5),
    ("aus", "au", 4),
    ("bus", "bu", 5),
    ("rus", "ru", 5),
    ("tus", "tu", 6),
    ("nus", "nu", 5),
    ("eia", "eu", 5),
    ("eias", "eu", 6),
    ("árias", "ário", 6),
    ("ária", "ário", 5),
    ("bs", "b", 4),
    ("cs", "c", 4),
    ("ds", "d", 4),
    ("gs", "g", 4),
    ("ks", "k", 4),
    ("ls", "l", 4),
    ("ps", "p", 4),
    ("rs", "r", 4),
    ("ts", "t", 4),
    ("ws", "w", 4),
];
/// Words with a plural or feminine of another root.
const IRREGULAR: &[(&str, &str)] = &[
    ("atriz", "ator"),
    ("atrizes", "ator"),
    ("imperatriz", "imperador"),
    ("imperatrizes", "imperador"),
    ("boa", "bom"),
    ("boas", "bom"),
    ("mães", "mãe"),
    ("maes", "mae"),
    ("campi", "campus"),
    ("leoa", "leão"),
    ("leoas", "leão"),
    ("patroa", "patrão"),
    ("patroas", "patrão"),
    ("heroína", "herói"),
    ("heroínas", "herói"),
    ("heróis", "herói"),
    ("herois", "heroi"),
    ("poetisa", "poeta"),
    ("poetisas", "poeta"),
    ("útil", "útel"),
    ("util", "utel"),
    ("ágil", "ágel"),
    ("agil", "agel"),
];
/// The shortest plural in *-is* of a word in *-il*, in characters.
const MIN_IS_CHARS: usize = 5;
/// The shortest plural that only loses its `s`, in characters.
const MIN_CHARS: usize = 4;
/// The longest one; the stemmer handles longer ones.
const MAX_CHARS: usize = 5;

/// The form that a word shares with its plural and its feminine: mostly the masculine singular.
fn common_form(word: &str) -> Option<String> {
    irregular(word, IRREGULAR)
        .or_else(|| replace_ending(word, ENDINGS))
        .or_else(|| without_is(word))
        .or_else(|| without_s(word))
}

/// The common form of a plural in *-is* after a consonant: *perfis*. Where another syllable has the
/// accent, the word ends in *-i* (*táxis*) or has no plural (*lápis*).
fn without_is(word: &str) -> Option<String> {
    let stem = word.strip_suffix("is").filter(|_| word.chars().count() >= MIN_IS_CHARS)?;
    if !stem.is_ascii() {
        return Some(format!("{stem}i"));
    }
    (!stem.ends_with(['a', 'e', 'i', 'o', 'u'])).then(|| format!("{stem}el"))
}

fn without_s(word: &str) -> Option<String> {
    let is_short = (MIN_CHARS..=MAX_CHARS).contains(&word.chars().count());
    word.strip_suffix('s')
        .filter(|stem| is_short && stem.ends_with(['a', 'e', 'o', 'á', 'é', 'ê', 'ó', 'ô']))
        .map(str::to_owned)
}

/// Words that nobody searches for on their own, besides the function words.
const LOW_INFORMATION_WORDS: &str = "\
     abaixo acima acontece agora ainda alem algo alguem algum alguma algumas alguns ali anterior antes apenas apos \
     aquela aquelas aquele aqueles aqui assim ate atras atualmente baixo bastante bem boa boas bom bons cada caso \
     casos catorze cem cerca certa certas certo certos cinco cinquenta coisa coisas com comeca comecar como contra \
     corrigido corrigida corrigidos cuja cujo da dado dao dar de deixa deixar deixam demais dentro depois desde \
     descoberto descobriu dessa desse desta deste deve devem dez dezesseis dezessete dia dias diferente diferentes \
     diz dizem dizer dois doze duas durante embora enquanto entao entre essa essas esse esses esta estas este estes \
     existe existem existir falta faz fazem fazendo fazer fez fica ficam ficar fim foi fora foram geralmente grande \
     grandes haver hoje hora horas inclui incluem incluindo incluir incluso ja jamais juntos la lado ler lhe longe \
     longo lugar lugares maioria mais mas melhor melhores menos mes meses mesma mesmas mesmo mesmos mil muita muitas \
     muito muitos nada nao nenhum nenhuma nessa nesse nesta neste ninguem nova novas nove novo novos numero numeros \
     nunca oferece oitenta oito onde onze ontem outra outras outro outros para parece parte partes partir passa \
     passado passar pela pelas pelo pelos pequena pequeno permite permitem permitir perto pode podem poder poderia \
     poderiam poe pois por porem porque possivel possiveis pouca poucas pouco poucos primeira primeiras primeiro \
     primeiros propria proprias proprio proprios proxima proximas proximo proximos quais qual qualquer quando quanta \
     quanto quantos quarenta quarta quarto quase quatorze quatro que quem quer querem quinze razao recebe saber sabe \
     se seguinte seguintes segunda segundo seis seja sejam sem semana semanas sempre sendo sera seriam sessenta sete \
     setenta sob sobre sozinho tal tambem tampouco tanta tantas tanto tantos tarde tem tenha tera terceira terceiro \
     termina terminar toda todas todavia todo todos tomar traz trata tras tres treze trinta tudo ultima ultimas \
     ultimo ultimos um uma umas uns unica unico usa usada usado usando usar utiliza utilizada utilizado utilizar vai \
     vao varias varios vem ver verdade vez vezes vinte visto volta voce voces ano anos versoes havia haviam houve \
     chega chegam chegou chegaram escreveu sabado domingo janeiro fevereiro marco abril maio junho julho agosto \
     setembro outubro novembro dezembro";

/// The function words that connect the parts of a name.
const CONNECTORS: &str = "\
     a ao aos as com contra da das de do dos e em entre na nas no nos o os ou para pela pelas pelo pelos por sem \
     sobre um uma";

/// The endings of the forms of one word, folded.
const PARADIGMS: &[&str] = &[
    "a as",
    "e es",
    "o os",
    "i is",
    "u us",
    "ao oes",
    "ao aes",
    "ao aos",
    "al ais",
    "el eis",
    "il is",
    "il eis",
    "ol ois",
    "ul uis",
    "m ns",
    "r res",
    "z zes",
    "s ses",
    "ico ica icos icas",
    "ado ada ados adas",
    "ido ida idos idas",
    "ivo iva ivos ivas",
    "oso osa osos osas",
    "ario aria arios arias",
    "eiro eira eiros eiras",
    "ano ana anos anas",
    "ino ina inos inas",
    "or ora ores oras",
    "es esa eses esas",
    "ao a oes as",
    "ao a aos as",
    "ao ona oes onas",
    "eu eia eus eias",
    "ol ola ois olas",
    "logo loga logos logas",
    "grafo grafa grafos grafas",
];

/// Of Portugal before the reform of 1990, and of Brazil.
const OTHER_SPELLINGS: &[(&str, &str)] = &[("ct", "t"), ("cc", "c"), ("pt", "t"), ("pc", "c"), ("mn", "n")];
/// Suffixes that replace each other in a family of words, folded.
const DERIVATIONS: &[&str] = &[
    "ar acao ador ante avel ativo atorio amento anca agem ancia o a e ada ado or",
    "er imento edor ido ente ivel encia or a o",
    "ir icao imento idor ido ente ivel encia",
    "iver imento",
    "uir ucao utor utivo",
    "uzir ucao utor utivo uto",
    "gir cao tor tivo to",
    "igir ecao etor etivo eto encia ente",
    "eger eicao eitor eitoral eito",
    "crever cricao critor critivo crito",
    "mitir missao missor missivel",
    "dir sao sor sivo",
    "der sao sor sivo sa so",
    "ender ensao ensivo ensor efesa enso",
    "ender ensor esa ensivo",
    "verter versao verso",
    "olver olucao olutivo olvimento",
    "or osicao osta osto ositor ositivo",
    "er encao encia",
    "etir eticao etitivo etidor etencia",
    "trair tracao trator trativo",
    "ferir ferencia",
    "sentir sentimento senso",
    "vir vencao",
    "idade itar itado itacao",
    "idade o izar izacao",
    "idade - izar izacao",
    "idade e ificar ificacao",
    "icidade ico ificar",
    "ilidade il ilitar ilizar",
    "bilidade vel bilitar bilizar",
    "dade - ar",
    "culdade cil cultar",
    "acidade az acitar acitado",
    "eza o e ecer",
    "ico o a ia izar",
    "ico ica ia o ista izar",
    "atico a izar",
    "tico se sar",
    "tico cia tizar",
    "ico ica ismo ista izar",
    "oso a o ia",
    "al a o e ar izar izacao",
    "onal ao onalizar onalismo",
    "ional ao iao ionario ionar",
    "iao ional ionalizar",
    "ncial ncia nciar",
    "ial ia io ializar",
    "ural ura uralizar",
    "ental e ento entar",
    "inal em",
    "orial or",
    "iano i ia",
    "ano a o e - izar",
    "olano uela",
    "ense a o e -",
    "eno e a - ia",
    "orenho or",
    "uano u",
    "es ia a",
    "ces ca",
    "ones ao",
    "iense ia",
    "guense gua",
    "alteco ala",
    "ileiro il",
    "ino ina",
    "icano ico ica",
    "ista ia a o ismo al",
    "ismo e ista",
    "aria eiro eira or",
    "ario a o aria",
    "eiro o a ar",
    "logo logia logico",
    "grafo grafia grafico",
    "nomo nomia nomico",
    "sofo sofia sofico sofar",
    "metro metria metrico",
    "amente o a",
    "emente e",
    "mente -",
    "ificar icacao ificacao icador",
    "icola icultura icultor",
    "ecer ecimento ecido ecente",
    "cer cimento cido cente",
    "ajar agem ajante",
    "iar ilancia ilante",
];

#[cfg(test)]
mod tests {
    use crate::analysis::languages::tests::{assert_apart, assert_found_by_each_other};

    #[test]
    fn forms_of_a_word_find_each_other() {
        assert_found_by_each_other(
            "pt",
            &[
                ("inscricao", "inscrição"),
                ("inscrição", "inscrições"),
                ("avaliacao", "avaliações"),
                ("avaliacoes", "avaliação"),
                ("nacionais", "nacional"),
                ("anos", "ano"),
                ("funis", "funil"),
                ("dóceis", "dócil"),
                ("ageis", "ágil"),
                ("cachecóis", "cachecol"),
                ("nuvens", "nuvem"),
                ("pães", "pão"),
                ("troféus", "troféu"),
                ("bibliotecária", "bibliotecários"),
            ],
        );
        assert_apart("pt", &[("pais", "pal"), ("mais", "mal"), ("anel", "anil")]);
    }
}
