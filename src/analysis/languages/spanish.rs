//! Spanish. Its Snowball stemmer takes the endings of some plurals for those of verbs (*préstamos*,
//! *líneas*) and does not remove those of others (*caracteres*). So what may be a plural also gets
//! the stem of its singular.

use pagefind_stem::Algorithm;

use super::language_analyzer::{LanguageAnalyzer, Singulars};

pub(super) const LANGUAGE: LanguageAnalyzer = LanguageAnalyzer {
    singulars: Singulars::Beside(singular),
    low_information_words: LOW_INFORMATION_WORDS,
    connectors: Some(CONNECTORS),
    ..LanguageAnalyzer::with_stemmer(&["es"], || Algorithm::Spanish)
};

/// The shortest plural that loses its `s`, in characters.
const MIN_CHARS: usize = 4;
/// The shortest one of a word that ends in a consonant (*láseres*, but not *Andes*).
const MIN_CONSONANT_CHARS: usize = 7;

/// The singular of which a word may be the plural.
fn singular(word: &str) -> Option<String> {
    let stem = word.strip_suffix('s').filter(|_| word.chars().count() >= MIN_CHARS)?;
    if let Some(stem) = stem.strip_suffix("ce") {
        return Some(format!("{stem}z"));
    }
    let is_long = word.chars().count() >= MIN_CONSONANT_CHARS;
    if let Some(consonant) = stem.strip_suffix('e').filter(|stem| is_long && stem.ends_with(['d', 'n', 'r'])) {
        return Some(consonant.to_owned());
    }
    stem.ends_with(['a', 'e', 'i', 'o', 'u', 'á', 'é', 'ó']).then(|| stem.to_owned())
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
            ],
        );
        assert_apart("es", &[("Andes", "and"), ("mes", "me")]);
    }
}
