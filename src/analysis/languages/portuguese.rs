//! Portuguese. Its Snowball stemmer does not unify *-ão* and *-ões* and removes no plural from a
//! short word (*ano*, *anos*), because its rules apply after the first syllables. So the singular
//! is stemmed instead.

use pagefind_stem::Algorithm;

use super::language_analyzer::{LanguageAnalyzer, Singulars};

pub(super) const LANGUAGE: LanguageAnalyzer = LanguageAnalyzer {
    singulars: Singulars::Stemmed(singular),
    low_information_words: LOW_INFORMATION_WORDS,
    connectors: Some(CONNECTORS),
    ..LanguageAnalyzer::with_stemmer(&["pt"], || Algorithm::Portuguese)
};

/// The endings of plurals, typed with accents and without, those of their singulars, and the
/// shortest plural to which the rule applies, in characters (*ações*, but not *pais*).
const ENDINGS: [(&str, &str, usize); 6] =
    [("ões", "ão", 5), ("oes", "ao", 5), ("ais", "al", 6), ("éis", "el", 6), ("eis", "el", 6), ("ns", "m", 6)];
/// The shortest plural that only loses its `s`, in characters.
const MIN_CHARS: usize = 4;
/// The longest one; the stemmer handles longer ones.
const MAX_CHARS: usize = 5;

/// The singular to stem instead of a plural.
fn singular(word: &str) -> Option<String> {
    let chars = word.chars().count();
    let mut endings = ENDINGS.into_iter().filter(|(_, _, shortest)| chars >= *shortest);
    let ending = endings.find_map(|(plural, singular, _)| Some((word.strip_suffix(plural)?, singular)));
    if let Some((stem, singular)) = ending {
        return Some(format!("{stem}{singular}"));
    }
    let is_short = (MIN_CHARS..=MAX_CHARS).contains(&chars);
    word.strip_suffix('s').filter(|stem| is_short && stem.ends_with(['a', 'e', 'o'])).map(str::to_owned)
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
            ],
        );
        assert_apart("pt", &[("pais", "pal"), ("mais", "mal")]);
    }
}
