//! French.

use pagefind_stem::Algorithm;

use super::language_analyzer::LanguageAnalyzer;

pub(super) const LANGUAGE: LanguageAnalyzer = LanguageAnalyzer {
    low_information_words: LOW_INFORMATION_WORDS,
    connectors: Some(CONNECTORS),
    ..LanguageAnalyzer::with_stemmer(&["fr"], || Algorithm::French)
};

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

#[cfg(test)]
mod tests {
    use crate::analysis::languages::tests::{assert_apart, assert_found_by_each_other};

    #[test]
    fn forms_of_a_word_find_each_other() {
        assert_found_by_each_other("fr", &[("etudiants", "étudiant"), ("universités", "universite")]);
        assert_apart("fr", &[("bourse", "bourreau"), ("cours", "coeur")]);
    }
}
