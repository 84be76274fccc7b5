//! How people type: each way of typing finds what is meant, in its order. Run on the oracle and
//! on the embedded engine alike.
//!
//! * The word as typed beats another form of it, that beats a corrected spelling; the accents that
//!   were typed beat others; a title beats a summary beats a body; words near each other and in
//!   order beat words apart; holding more of the query beats holding less.
//! * Accents, case, Unicode forms, apostrophes, hyphens, initials, numbers: both ways.
//! * A typo is mended from the words of the index, and the caller is told; numbers, codes, short
//!   words and words that are known never are.
//! * Names are found whole; `title:`, `author:`, `topic:`, `begin*` limit and extend.
//! * Languages: shared words and names are found across them, mixed queries work, the reader's
//!   language moves near-ties and hides nothing.
//! * Synonyms, recency and explanations do what they say.

use fichero::engine::{Correction, Note, SearchAnswer, SearchRequest};
use serde_json::{Value, json};

use crate::support::library::*;
use crate::support::makers::{self, Made, Maker};

macro_rules! ways {
    ($($way:ident)*) => {
        mod oracle { $(#[test] fn $way() { super::$way(super::makers::oracle); })* }
        mod embedded { $(#[test] fn $way() { super::$way(super::makers::embedded); })* }
    };
}

ways! {
    what_is_nearer_to_what_was_typed_comes_first
    forms_are_found_both_ways
    typos_are_mended_and_told
    what_is_no_typo_is_left_alone
    names_and_codes_are_found_whole
    zones_and_beginnings_are_as_asked
    phrases_are_exact_and_wishes_in_questions
    languages_meet
    the_readers_language_moves_near_ties_only
    a_paragraph_in_another_language_is_read_in_it
    synonyms_stand_for_each_other
    all_words_anywhere_come_before_one_in_a_title
    function_words_do_not_count
    one_of_two_words_comes_after_both
    title_of_both_words_needs_no_title_of_one
    title_that_is_what_was_typed_comes_first
    title_of_another_form_is_not_what_was_typed
    name_with_its_particle_is_found_before_a_title_with_the_word
    words_that_begin_with_an_unknown_one_are_found
    good_word_that_the_site_does_not_hold_is_no_other_word
    newer_articles_come_first_only_if_wanted
    explanations_say_where_words_stand
}

fn search(made: &Made, request: &SearchRequest) -> SearchAnswer {
    made.engine.search(request).unwrap()
}

fn request(query: &str) -> SearchRequest {
    helped(query)
}

fn found(made: &Made, query: &str) -> Vec<String> {
    ids_of(&search(made, &request(query)))
}

fn what_is_nearer_to_what_was_typed_comes_first(maker: Maker) {
    let rest = "Otras palabras que rellenan el texto para que sea largo y no diga nada más de esto.";
    let body = |text: &str| format!("{text} {rest}");
    // The better one first; the worse one has the lower id, which wins ties.
    let pairs: [(&str, &str, Value, Value); 9] = [
        (
            "exact before stem",
            "diplomados",
            page("z", "es", "", &body("Los diplomados")),
            page("a", "es", "", &body("Los diplomado")),
        ),
        (
            "accents as typed",
            "término",
            page("z", "es", "", &body("El término")),
            page("a", "es", "", &body("El termino")),
        ),
        (
            "title before summary",
            "beca",
            page("z", "es", "Una beca aquí", rest),
            with(page("a", "es", "Nada de eso", rest), json!({"summary": "Una beca aquí"})),
        ),
        (
            "summary before body",
            "beca",
            with(page("z", "es", "Nada", &body("Cosas")), json!({"summary": "Una beca aquí"})),
            with(page("a", "es", "Nada", &body("Una beca")), json!({"summary": "Otras cosas aquí"})),
        ),
        (
            "near before apart",
            "acceso abierto",
            page("z", "es", "", &body("El acceso abierto y otras cosas que se dicen")),
            page("a", "es", "", &body("El acceso y otras cosas que se dicen de abierto")),
        ),
        (
            "in order before turned",
            "acceso abierto",
            page("z", "es", "", &body("Un acceso abierto")),
            page("a", "es", "", &body("Un abierto acceso")),
        ),
        (
            "more of the query first",
            "acceso abierto revistas",
            page("z", "es", "", &body("revistas con acceso que es abierto")),
            page("a", "es", "", &body("revistas con acceso que es cerrado")),
        ),
        (
            "stem before fuzzy",
            "becarios",
            page("z", "es", "", &body("Un becario")),
            page("a", "es", "", &body("Un bacario")),
        ),
        (
            "typed hyphen",
            "covid-19",
            page("z", "es", "", &body("La covid-19")),
            page("a", "es", "", &body("La covid y 19 cosas")),
        ),
    ];
    for (what, query, better, worse) in pairs {
        let made = maker(&with_filler([worse, better]));
        assert_eq!(found(&made, query).first().map(String::as_str), Some("z"), "{what}: {query}");
    }
}

fn forms_are_found_both_ways(maker: Maker) {
    let pairs = [
        ("fr", "l'enseignement", "enseignement"),
        ("fr", "d’accès", "acces"),
        ("es", "covid-19", "COVID19"),
        ("es", "COVID 19", "covid-19"),
        ("en", "e-learning", "elearning"),
        ("en", "wheelchair", "wheel chair"),
        ("en", "U.N.E.S.C.O.", "unesco"),
        ("es", "CRES 2018", "cres 2018"),
        ("en", "office ﬁnances", "finances"),
        ("es", "ＣＲＥＳ", "cres"),
        ("pt", "ações", "acao"),
        ("pt", "regiões", "regiao"),
        ("tr", "Türkiye'nin", "Türkiye"),
        ("ar", "عام ٢٠١٨", "2018"),
    ];
    for (lang, one, other) in pairs {
        for (written, typed) in [(one, other), (other, one)] {
            let made = maker(&with_filler([page("z", lang, "", &format!("— {written} —"))]));
            assert_eq!(found(&made, typed), ["z"], "{typed} for {written}");
        }
    }
}

fn typos_are_mended_and_told(maker: Maker) {
    let made = maker(&with_filler([
        page("m", "es", "Movilidad estudiantil", "La movilidad en las universidades."),
        page("r", "es", "Reconocimiento", "El reconocimiento de estudios."),
        page("q", "en", "Quality assurance", "The quality of universities."),
    ]));
    for (typed, meant, id) in [
        ("movilidda", "movilidad", "m"),
        ("mobilidad", "movilidad", "m"),
        ("xovilidad", "movilidad", "m"),
        ("movilidadd", "movilidad", "m"),
        ("reconosimineto", "reconocimiento", "r"),
        ("qualitty", "quality", "q"),
        ("RECONOCIMEINTO", "reconocimiento", "r"),
    ] {
        let answer = search(&made, &request(typed));
        assert_eq!(ids_of(&answer).first().map(String::as_str), Some(id), "{typed}");
        let expected = Correction { typed: typed.to_lowercase(), searched: vec![meant.to_owned()] };
        assert_eq!(answer.corrections, [expected], "{typed}");
        assert!(answer.hits[0].title_html.contains("<mark>"), "{}", answer.hits[0].title_html);
    }
}

fn what_is_no_typo_is_left_alone(maker: Maker) {
    let made = maker(&with_filler([
        page("n", "es", "Informe 2000", "El expediente ab1234 y el artículo 17 con la ODS."),
        page("m", "es", "Casa", "Una casa y otra casa."),
        page("c", "es", "Caza", "Una caza."),
    ]));
    // Numbers, codes, short words, and words that the index knows.
    for (typed, expected) in [("2001", &[][..]), ("ab1235", &[]), ("OSD", &[]), ("caza", &["c"]), ("casa", &["m"])] {
        assert_eq!(ids(made.engine.as_ref(), typed), expected, "{typed}");
        assert_eq!(search(&made, &request(typed)).corrections, [], "{typed}");
    }
}

fn names_and_codes_are_found_whole(maker: Maker) {
    let made = maker(&with_filler([
        with(page("a", "es", "Un informe", "Texto."), json!({"authors": ["Yara Bastidas"]})),
        with(page("b", "en", "A report", "Text."), json!({"authors": ["Claudia Delgado Barrios"]})),
        page("iau", "en", "IAU survey", "The IAU asked."),
        page("cres", "es", "La CRES en Córdoba", "La CRES de 2018."),
        page("pmesut", "es", "PMESUT", "Programa del Perú."),
        page("crest", "es", "Cresta", "Una cresta."),
    ]));
    for (typed, id) in [
        ("bastidas", "a"),
        ("Yara", "a"),
        ("delgado barrios", "b"),
        ("iau", "iau"),
        ("cres", "cres"),
        ("PMESUT", "pmesut"),
        ("cordoba", "cres"),
        ("bastida", "a"),
    ] {
        assert_eq!(found(&made, typed).first().map(String::as_str), Some(id), "{typed}");
    }
    assert!(!found(&made, "cres").contains(&"crest".to_owned()));
}

fn zones_and_beginnings_are_as_asked(maker: Maker) {
    let made = maker(&with_filler([
        page("t", "es", "Movilidad", "Otra cosa."),
        page("b", "es", "Otra cosa", "Movilidad y movimiento."),
        with(
            page("a", "en", "A thing", "Text."),
            json!({"authors": ["Ana Pérez"], "topics": ["Programs/Academic Mobility"]}),
        ),
        with(
            page("p", "es", "Pérez en el título", "Texto."),
            json!({"topics": [{"path": "programs/academic-mobility", "label": "Movilidad académica"}]}),
        ),
    ]));
    let sorted = |query: &str| {
        let mut ids = ids(made.engine.as_ref(), query);
        ids.sort();
        ids
    };
    for (query, expected) in [
        ("movilidad", &["b", "p", "t"][..]),
        ("title:movilidad", &["t"]),
        ("título:movilidad", &["t"]),
        ("author:perez", &["a"]),
        ("autor:\"ana perez\"", &["a"]),
        ("author:\"perez ana\"", &[]),
        ("title:perez", &["p"]),
        ("topic:academic-mobility", &["a", "p"]),
        ("topic:movilidad", &["p"]),
        ("movilidad -title:movilidad", &["b", "p"]),
        ("movim*", &["b"]),
        ("MOVI*", &["b", "p", "t"]),
        ("otra -movim*", &["t"]),
        ("title:movi* otra", &["t"]),
        ("zzz*", &[]),
        ("* movim*", &["b"]),
    ] {
        assert_eq!(sorted(query), expected, "{query}");
    }
    let many: Vec<Value> = (0..150)
        .map(|place| {
            page(
                &format!("{place}"),
                "en",
                &format!("zq{}", "abcdefgh".repeat(1 + place % 3)),
                &format!("zq{}x", (b'a' + (place % 26) as u8) as char).repeat(1 + place / 26),
            )
        })
        .collect();
    let answer = search(&maker(&many), &request("zq*"));
    assert_eq!(answer.total.value, 150);
    assert!(matches!(answer.notes.as_slice(), [Note::ManyWords { words, .. }] if *words > 128), "{:?}", answer.notes);
}

fn phrases_are_exact_and_wishes_in_questions(maker: Maker) {
    let made = maker(&with_filler([
        page("a", "en", "One", "To be or not to be, that is the question of the universities."),
        page("b", "en", "Two", "To question is not to be."),
    ]));
    assert_eq!(found(&made, "\"to be or not to be\""), ["a"]);
    assert_eq!(ids(made.engine.as_ref(), "\"be to\""), Vec::<String>::new());
    let answer = search(&made, &request("who asked the question \"universities of the question\" first of all"));
    assert_eq!(
        (ids_of(&answer).first().map(String::as_str), answer.notes.as_slice()),
        (Some("a"), &[Note::LoosePhrase][..])
    );
    let answer = search(&made, &request("question \"universities of the\""));
    assert_eq!((ids_of(&answer), answer.notes.as_slice()), (vec!["a".to_owned()], &[Note::LoosePhrase][..]));
}

fn languages_meet(maker: Maker) {
    let made = maker(&with_filler([
        page("es", "es", "Reconocimiento en Panamá", "El convenio de reconocimiento."),
        page("en", "en", "Open science policy", "A policy of open science for universities."),
        page("pt", "pt", "Ciência aberta em Porto Alegre", "A ciência aberta nas universidades."),
    ]));
    for (query, id) in [
        ("recognition panama", "es"),
        ("open science politica", "en"),
        ("ciencia aberta universities", "pt"),
        ("porto alegre university", "pt"),
    ] {
        assert_eq!(found(&made, query).first().map(String::as_str), Some(id), "{query}");
    }
}

fn the_readers_language_moves_near_ties_only(maker: Maker) {
    let made = maker(&with_filler([
        page("a", "es", "Virtual", "Portal virtual."),
        page("b", "en", "Virtual", "Portal virtual."),
        page("c", "pt", "Virtual", "Portal virtual."),
        page("only", "fr", "Le colloque", "Un colloque à Paris."),
    ]));
    for (reader, first) in [("en", "b"), ("pt-BR", "c"), ("es-MX", "a")] {
        let of = |query: &str| SearchRequest { ui_lang: Some(reader.to_owned()), ..request(query) };
        let ids = ids_of(&search(&made, &of("virtual")));
        assert_eq!((ids[0].as_str(), ids.len()), (first, 3), "{reader}");
        assert_eq!(ids_of(&search(&made, &of("colloque"))), ["only"], "{reader}");
    }
}

fn a_paragraph_in_another_language_is_read_in_it(maker: Maker) {
    let spanish = "La biblioteca del instituto guarda los informes que se han publicado desde que se fundó, en todas sus lenguas.";
    let english = "This is what the report says about the studies that were made in the countries of the region, and about their categories.";
    let made = maker(&with_filler([page("mixed", "es", "Biblioteca", &format!("{spanish}\n\n{english}"))]));
    // Forms that the Spanish stemmer does not bring together.
    for typed in ["study", "category", "informe", "studies"] {
        let answer = search(&made, &request(typed));
        assert_eq!(ids_of(&answer), ["mixed"], "{typed}");
        assert!(answer.corrections.is_empty(), "{typed}");
        assert!(answer.hits[0].snippet_html.contains("<mark>"), "{}", answer.hits[0].snippet_html);
    }
}

fn synonyms_stand_for_each_other(maker: Maker) {
    // The groups are those of `makers::SYNONYMS`.
    let made = maker(&with_filler([
        page("a", "en", "Home", "A year of teleworking."),
        page("b", "en", "Study", "About distance learning."),
        page("apart", "en", "Far", "Learning at a distance."),
        page("c", "es", "Movilidad", "La movilidad."),
        page("d", "pt", "Bolsas", "As becas."),
    ]));
    let sorted = |query: &str| {
        let mut ids = found(&made, query);
        ids.sort();
        ids
    };
    assert_eq!(sorted("teleworking"), ["a", "b"]);
    assert_eq!(found(&made, "teleworking")[0], "a");
    assert_eq!(sorted("\"distance learning\""), ["b"]);
    assert_eq!(found(&made, "distance learning")[0], "b");
    assert!(found(&made, "distance learning").contains(&"a".to_owned()));
    assert_eq!(sorted("beca"), ["c", "d"]);
    let marked = &search(&made, &request("teleworking")).hits[1].snippet_html;
    assert!(marked.contains("<mark>distance learning</mark>"), "{marked}");
}

fn all_words_anywhere_come_before_one_in_a_title(maker: Maker) {
    let made = maker(&with_filler([
        page("a1", "es", "Ortega y el faro", "Ortega, Ortega y otra vez el faro."),
        page("a2", "es", "Un faro", "Sobre el faro."),
        with(page("z", "es", "Charla de otoño", "Se habla de peces."), json!({"authors": ["Irene Ortega Faro"]})),
        page("b1", "es", "Mareas", "Las mareas y las mareas."),
        page("b2", "es", "Energía de las mareas", "Nada de centrales."),
        page("y", "es", "Informe anual", "En el sur hay una central nueva de mareas y de viento."),
    ]));
    assert_eq!(found(&made, "irene ortega faro")[0], "z");
    assert_eq!(found(&made, "central nueva de mareas")[0], "y");
    let parts = search(&made, &request("irene ortega faro")).hits[0].explanation.clone().unwrap().parts;
    assert!(parts.iter().any(|part| part.text.contains("side by side") && part.points > 0.0), "{parts:?}");
}

fn function_words_do_not_count(maker: Maker) {
    let made = maker(&with_filler([
        page("both", "es", "Una nota", "El cierre de la fábrica."),
        page("one", "es", "Otra nota", "La fábrica de la costa."),
        page("none", "es", "Sobre la mar", "De la mar y de la costa."),
        page("name", "es", "Carta", "La carta de Lía de la Vega."),
        page("a", "es", "La vega del norte", "La vega, junto a la sierra."),
    ]));
    let plain = search(&made, &request("cierre fábrica"));
    let with_function_words = search(&made, &request("el cierre de la fábrica"));
    assert_eq!(ids_of(&with_function_words)[0], "both");
    assert_eq!((with_function_words.total, plain.total.full), (plain.total, 1));
    assert!(!found(&made, "fábrica de la").contains(&"none".to_owned()));
    assert!(found(&made, "de la").len() >= 4, "a query of nothing else is searched for");
    assert_eq!(ids_of(&search(&made, &request("\"de la vega\""))), ["name"]);
}

fn one_of_two_words_comes_after_both(maker: Maker) {
    let mut records = with_filler([
        page("both", "es", "Agenda", &format!("{} un taller, y al final unas velas.", "Cosas sin más. ".repeat(60))),
        page("title", "es", "Velas", "Las velas y otra vez las velas."),
        page("passing", "es", "Tarde", "Un taller de barro."),
    ]);
    records.extend((0..6).map(|place| page(&format!("t{place}"), "es", "Taller", "Un taller.")));
    let made = maker(&records);
    let answer = search(&made, &request("velas taller"));
    assert_eq!(ids_of(&answer)[..2], ["both", "title"]);
    assert_eq!((answer.total.value, answer.total.full), (answer.hits.len() as u64, 1));
    assert!(answer.hits.is_sorted_by(|a, b| a.score >= b.score));
    let by_date = SearchRequest { sort: fichero::engine::Sort::Newest, ..request("velas taller") };
    assert_eq!(ids_of(&search(&made, &by_date)), ["both"]);
    let literal = SearchRequest { literal: true, ..request("velas taller") };
    assert_eq!(ids_of(&search(&made, &literal)), ["both"]);
}

fn title_that_is_what_was_typed_comes_first(maker: Maker) {
    let often = "El puerto, y el puerto, y el puerto de siempre.";
    let made = maker(&with_filler([
        with(page("a", "es", "Puerto nuevo", often), json!({"summary": "El puerto", "tags": ["puerto"]})),
        with(page("b", "es", "El viejo puerto", often), json!({"summary": "El puerto", "tags": ["puerto"]})),
        page("z", "es", "Puerto", "Un lugar."),
        page("box", "es", "Guía de la caja fuerte", "La caja fuerte, la caja fuerte, la caja fuerte."),
        page("box2", "es", "Caja fuerte", "Lo que hay dentro."),
    ]));
    assert_eq!(found(&made, "puerto")[0], "z");
    assert_eq!(found(&made, "el Puerto")[0], "z");
    assert_eq!(found(&made, "caja fuerte")[0], "box2");
}

fn title_of_both_words_needs_no_title_of_one(maker: Maker) {
    let records = |both: &str| {
        with_filler([
            page("both", "es", both, "Un acuerdo de pesca con Islandia."),
            page("one", "es", "Acuerdo con Finlandia", "Un acuerdo con Finlandia."),
        ])
    };
    let made = maker(&records("Acuerdo con Islandia"));
    assert_eq!(found(&made, "acuerdo islandia"), ["both"], "it is what was looked for");
    let made = maker(&records("Pesca"));
    assert_eq!(found(&made, "acuerdo islandia"), ["both", "one"]);
}

fn title_of_another_form_is_not_what_was_typed(maker: Maker) {
    let made = maker(&with_filler([
        page("other", "es", "Técnico y obrero", "Lo técnico y lo obrero."),
        page("itself", "es", "Once escuelas técnicas", "Las escuelas técnicas y el gasto técnico."),
    ]));
    assert_eq!(found(&made, "técnicas"), ["itself", "other"]);
}

fn name_with_its_particle_is_found_before_a_title_with_the_word(maker: Maker) {
    let made = maker(&with_filler([
        with(page("name", "es", "Nota", "Una charla."), json!({"authors": ["Ana de la Serna Vidal"]})),
        page("word", "es", "La serna del valle", "La serna del valle se ve desde la loma de la ermita."),
    ]));
    assert_eq!(found(&made, "de la Serna"), ["name", "word"]);
    assert_eq!(found(&made, "serna"), ["word", "name"]);
}

fn words_that_begin_with_an_unknown_one_are_found(maker: Maker) {
    let made = maker(&with_filler([
        page("a", "es", "Nota", "La hidrogeología de la cuenca."),
        page("b", "es", "Nota", "Un hidrante."),
    ]));
    let answer = search(&made, &request("hidrogeo"));
    assert_eq!(ids_of(&answer), ["a"]);
    assert_eq!(answer.notes, [Note::Beginnings { word: "hidrogeo".to_owned() }]);
    assert!(answer.corrections.is_empty());
    let literal = SearchRequest { literal: true, ..request("hidrogeo") };
    assert!(search(&made, &literal).hits.is_empty());
}

fn good_word_that_the_site_does_not_hold_is_no_other_word(maker: Maker) {
    let made = maker(&with_filler([
        page("a", "es", "Nota", "El marinero y la fortuna."),
        page("b", "es", "Nota", "Una cosecha en la ladera."),
    ]));
    for absent in ["carpintero", "tontura", "sospecha"] {
        let answer = search(&made, &request(absent));
        assert!(answer.corrections.is_empty(), "{absent}: {:?}", answer.corrections);
    }
    for (slip, meant) in [("marimero", "marinero"), ("fortunna", "fortuna"), ("cosehca", "cosecha")] {
        assert_eq!(search(&made, &request(slip)).corrections[0].searched, [meant], "{slip}");
    }
}

fn newer_articles_come_first_only_if_wanted(maker: Maker) {
    let dated =
        |id: &str, date: &str| with(page(id, "en", "Annual report", "The report."), json!({"published_at": date}));
    let made = maker(&with_filler([dated("a", "2012-01-01"), dated("b", "2022-01-01"), dated("c", "2017-01-01")]));
    let of = |recency: f32| ids_of(&search(&made, &SearchRequest { recency, ..request("annual report") }));
    assert_eq!(
        (of(0.0), of(0.03)),
        (["a", "b", "c"].map(str::to_owned).to_vec(), ["b", "c", "a"].map(str::to_owned).to_vec())
    );
}

fn explanations_say_where_words_stand(maker: Maker) {
    let made = maker(&with_filler([
        with(
            page("a", "es", "La movilidad virtual", "La movilidad y las movilidades."),
            json!({"published_at": "2022-01-01"}),
        ),
        page("b", "es", "Otra cosa", "Virtual."),
    ]));
    let answer = search(&made, &request("movilidad virtual estudiantes"));
    let hit = &answer.hits[0];
    let explanation = hit.explanation.as_ref().unwrap();
    let texts: Vec<&str> = explanation.parts.iter().map(|part| part.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "“movilidad”: in the title, in the text (2 times)",
            "“virtual”: in the title",
            "“estudiantes” is not in it",
            "its words stand near each other, as in the query",
        ]
    );
    let factors: Vec<&str> = explanation.factors.iter().map(|factor| factor.text.as_str()).collect();
    assert_eq!(factors, ["it does not hold everything that was typed", "it is new"]);
    let points: f32 = explanation.parts.iter().map(|part| part.points).sum();
    assert!((points - hit.score).abs() < 1e-3 * hit.score);
    assert!(search(&made, &SearchRequest { explain: false, ..request("virtual") }).hits[0].explanation.is_none());
}
