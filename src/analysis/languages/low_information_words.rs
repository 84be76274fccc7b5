//! Words that nobody looks for by themselves, besides the function words: numerals, days and months,
//! adverbs, verbs and adjectives that go with everything. And the function words that hold the parts
//! of a name together (*calidad de la educación*), rather than those that begin a clause.
//!
//! The lists are our own, made by reading what completions the sites in `corpus/` and a site of
//! 18,000 articles gave without them; folded. Other languages have none.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::stop_words::is_stop_word;

const VAGUE: [(&str, &str); 4] = [
    (
        "en",
        "able about above according across actually add added adding additional afterwards again ago allow allowed allowing \
         allows almost along already also although always among another anyone anything anyway around ask asked asks away \
         back became become becomes becoming begin begins behind best better big bring brings call called calls came can \
         cannot case cases cause caused causes causing certain clear come comes coming consider considered contain contained \
         contains could couple currently day days different discovered discover done due each easily easy either else end \
         ended enough etc even ever every everyone everything exist existing exists far few fewer fifth find finds first five \
         fixed following follows found four fourth full gave get gets getting give given gives giving go goes going gone \
         good got great half happen happened happens held helps hence here high hold holds however hundred \
         include included includes including indeed instead keep keeps kept kind knew know known knows large \
         last late later latter least leave leaves left less let lets like likely little long look looking looks lot lots low \
         made main mainly make makes making many matter may maybe mean means meant might million mind more \
         moreover most mostly move much must named near nearly need needed needs neither never new next nine nobody none \
         nothing now number numbers occur occurs often old one ones only others otherwise particular \
         past per perhaps please point points possible possibly present probably properly provide provided \
         provides put puts quite rather reads ready real really reason recent recently referenced regarding related \
         right run runs said same saw say saying says second see seem seems seen sent set sets seven several shall short \
         show showed shown shows side similar simple simply since six small soon sort start started starts still stop such \
         sure take taken takes taking tell tells ten thank thanks that thats thereby therefore thing things think third \
         though thousand three thus today together told too took toward towards tried tries true try \
         trying turn turned turns twelve twenty twice two type unless unlike until upon us use used useful uses using \
         usual usually various via want wanted wants way ways well went whatever whenever \
         wherever whether whole whose wish within without wonder word words would write writes wrong \
         yes yet zero eight eleven hours hour fifteen thirty forty fifty sixty wrote \
         monday tuesday wednesday thursday friday saturday sunday january february april june july august september october \
         november december",
    ),
    (
        "es",
        "abajo ademas adonde afirma ahi ahora algo alguien algun alguna algunas alguno algunos alla alli antes apenas aquel \
         aquella aquellas aquello aquellos aqui arriba asi atras aun aunque bajo bastante bien buen buena buenas bueno buenos \
         cabo cada casi caso casos catorce cerca cien cierta ciertas cierto ciertos cinco cincuenta como con conocer \
         conseguir consigue contra corregido cosa cosas cual cuales cualquier cualquiera cuando cuanta cuantas cuanto \
         cuantos cuarenta cuarta cuarto cuatro da dado dan dar dara debe deben deber debia debido decir deja dejan dejar \
         demas demasiado dentro descubierto descubrio desde despues detras dia dias dice dicen dicha dichas dicho dichos \
         diecisiete diez diferente diferentes dijeron dijo distinta distintas distinto distintos doce donde dos durante \
         ejemplo embargo empezar empieza encima encuentra encuentran entonces entra entrar entre eran existe existen existir \
         falta fecha final fuera gran grande grandes haber habia habian habra hablar hace hacen hacer \
         hacerlo hacia haciendo hago hasta hay haya hecho hicieron hizo hora horas hoy hubo igual incluida incluidas incluido \
         incluidos incluir incluso incluye incluyen ir jamas junto juntos lado largo lejos les llamada llamado lleva llevar \
         luego lugar lugares manera maneras mayoria mejor mejores menos mes meses \
         mientras mil misma mismas mismo mismos mitad momento momentos mucha muchas mucho muchos muy nada nadie ninguna \
         ninguno nos nosotros nueva nuevas nueve nuevo nuevos numero numeros nunca ochenta ocho ofrece once otra otras otro \
         otros paga pagar para parece parecer parte partes partir pasa pasado pasar pequena pequeno pero poca pocas poco \
         pocos poder podia podra podria podrian pone poner por porque posible posibles primer primera primeras primero \
         primeros propia propias propio propios proxima proximas proximo proximos pudo pueda puedan puede pueden \
         pues puesta puesto punto puntos queda quedan quedar quedaba queria quiere quieren quiza quizas quien quienes quince \
         razon realiza realizar recibe saber sabe segun segunda segundo seis semana semanas sera serian seria siempre siete \
         sigue siguen siguiente siguientes sino sobre sola solamente solas solo solos supiera supo tal tales tambien tampoco \
         tan tanta tantas tanto tantos tarde tener tenia tercer tercera tercero termina terminan terminar \
         tiene tienen toda todas todavia todo todos tomar trae trata tras traves trece treinta tres ultima ultimas ultimo \
         ultimos una unas uno unos unica unico usa usada usado usan usar utiliza utilizada utilizado utilizar va vale \
         van varias varios veces veinte ver verdad vez viene vienen visto volver vuelve ya catorce \
         existente existentes hecha hechos permite permiten permitir podrian usted ustedes ano anos actualmente \
         generalmente especialmente principalmente llega llegan llego llegaron escribio \
         lunes martes miercoles jueves viernes sabado domingo enero febrero marzo abril mayo junio julio agosto septiembre \
         octubre noviembre diciembre",
    ),
    (
        "pt",
        "abaixo acima acontece agora ainda alem algo alguem algum alguma algumas alguns ali anterior antes apenas apos aquela \
         aquelas aquele aqueles aqui assim ate atras atualmente baixo bastante bem boa boas bom bons cada caso casos catorze \
         cem cerca certa certas certo certos cinco cinquenta coisa coisas com comeca comecar como contra corrigido corrigida \
         corrigidos cuja cujo da dado dao dar de deixa deixar deixam demais dentro depois desde descoberto descobriu dessa \
         desse desta deste deve devem dez dezesseis dezessete dia dias diferente diferentes diz dizem dizer dois doze duas \
         durante embora enquanto entao entre essa essas esse esses esta estas este estes existe existem existir falta faz \
         fazem fazendo fazer fez fica ficam ficar fim foi fora foram geralmente grande grandes haver hoje hora \
         horas inclui incluem incluindo incluir incluso ja jamais juntos la lado ler lhe longe longo lugar lugares \
         maioria mais mas melhor melhores menos mes meses mesma mesmas mesmo mesmos mil muita \
         muitas muito muitos nada nao nenhum nenhuma nessa nesse nesta neste ninguem nova novas nove novo novos numero \
         numeros nunca oferece oitenta oito onde onze ontem outra outras outro outros para parece parte partes partir passa \
         passado passar pela pelas pelo pelos pequena pequeno permite permitem permitir perto pode podem poder poderia \
         poderiam poe pois por porem porque possivel possiveis pouca poucas pouco poucos primeira primeiras primeiro \
         primeiros propria proprias proprio proprios proxima proximas proximo proximos quais qual qualquer quando \
         quanta quanto quantos quarenta quarta quarto quase quatorze quatro que quem quer querem quinze razao recebe saber \
         sabe se seguinte seguintes segunda segundo seis seja sejam sem semana semanas sempre sendo sera seriam sessenta \
         sete setenta sob sobre sozinho tal tambem tampouco tanta tantas tanto tantos tarde tem tenha tera \
         terceira terceiro termina terminar toda todas todavia todo todos tomar traz trata tras tres treze trinta tudo \
         ultima ultimas ultimo ultimos um uma umas uns unica unico usa usada usado usando usar utiliza utilizada \
         utilizado utilizar vai vao varias varios vem ver verdade vez vezes vinte visto volta voce voces ano anos \
         versoes havia haviam houve chega chegam chegou chegaram escreveu \
         sabado domingo janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    ),
    (
        "fr",
        "afin ainsi ait alors an annee annees ans apres as au aucun aucune aujourdhui auparavant aussi aussitot autant autre \
         autres avant avoir beaucoup besoin bien bon bonne bonnes bons bout cas ceci cela celle celles celui cent certain \
         certaine certaines certains chacun chacune chaque chez chose choses ci cinq cinquante combien comme comment \
         commence commencer compris concernant contre corrige corriges cote cours dabord davantage deja demain dernier \
         derniere dernieres derniers depuis derriere des desormais desquels dessous dessus deux deuxieme devant devenir \
         devient devoir devra devrait differents differentes dire disent dit dix doit doivent donc donne donner dont douze \
         durant effet egalement elle elles encore enfin ensemble ensuite entre environ est et etaient etait etant etc etre \
         eux exemple existe existent faire fait faite faites faits faut fois font forme grace grand grande grandes grands \
         hier hors heure huit ici inclus jamais jour jours jusque laisse laisser lequel leur leurs lieu lieux loin \
         long longtemps lors lorsque lui maintenant mais malgre maniere meilleur meilleure meilleurs meme memes mettre \
         mieux mille mis mise moins mois moitie moment nest neuf nombre nombres nombreuses nombreux notamment notre nous \
         nouveau nouveaux nouvel nouvelle nouvelles nul offre onze ou oui outre par parce parfois parmi partie parties \
         partir partout pas passe passer pendant permet permettent permettre petit petite petites petits peu peut peuvent \
         peutetre plupart plus plusieurs plutot point points possible possibles pour pourquoi pourrait pourraient pouvoir \
         premier premiere premieres premiers prendre pres presque prise prochain prochaine prochaines prochains propre \
         propres puis puisque quand quarante quatorze quatre quatrieme quel quelle quelles quelque quelques quels qui \
         quinze quoi quoique raison recevoir rend rendre rien sait sans sauf savoir second seconde seize selon semaine \
         semaines sept sera serait seul seule seulement seules seuls sien simple simplement sinon six soi soit soixante sont \
         sorte souvent suite suivant suivante suivantes suivants sur surtout tant tard tel telle telles tels tenir \
         toujours tous tout toute toutefois toutes travers treize trente tres trois troisieme trop trouve trouver un une \
         utilise utilisee utilisees utiliser utilises va valeur venir vers vient vingt voici voila voir \
         vont votre vous vrai vraiment decouvert decouverte decouvertes \
         lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier mars avril mai juin juillet aout septembre \
         octobre novembre decembre",
    ),
];

const LINKING: [(&str, &str); 4] = [
    ("en", "a an and as at between by for from in into of on or over the to towards under with"),
    ("es", "a al con contra de del e el en entre la las lo los o para por sin sobre su sus u un una y"),
    (
        "pt",
        "a ao aos as com contra da das de do dos e em entre na nas no nos o os ou para pela pelas pelo pelos por sem sobre um uma",
    ),
    ("fr", "a au aux avec contre d dans de des du en entre et l la le les ou par pour sans sur un une"),
];

type Lists = HashMap<&'static str, HashSet<&'static str>>;

fn lists(table: &'static [(&str, &str)]) -> Lists {
    table.iter().map(|(group, words)| (*group, words.split_whitespace().collect())).collect()
}

/// What a word does in a phrase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It says something by itself.
    Telling,
    /// It holds a phrase together.
    Linking,
    /// It says little, or begins a clause.
    Vague,
}

impl Part {
    /// What a folded word does in a language group.
    pub fn of(group: &str, folded: &str) -> Part {
        static VAGUE_LISTS: LazyLock<Lists> = LazyLock::new(|| lists(&VAGUE));
        static LINKING_LISTS: LazyLock<Lists> = LazyLock::new(|| lists(&LINKING));
        let is_stop = is_stop_word(group, folded);
        let is_vague = is_stop || VAGUE_LISTS.get(group).is_some_and(|list| list.contains(folded));
        // In languages without a list, any function word can.
        let is_linking = is_vague && LINKING_LISTS.get(group).map_or(is_stop, |list| list.contains(folded));
        // English stands in texts of all languages.
        match (is_linking, is_vague || is_stop_word("en", folded)) {
            (true, _) => Part::Linking,
            (false, true) => Part::Vague,
            (false, false) => Part::Telling,
        }
    }
}
