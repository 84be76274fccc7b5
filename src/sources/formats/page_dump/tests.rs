//! Properties: on pages of invented sites in four languages and many layouts, title, date, authors,
//! summary, topics and the ends of the body are extracted correctly, without boilerplate; a list of
//! teasers is rejected; any text is read without panic, in linear time; a profile never removes an
//! article.

use std::path::Path;

use proptest::prelude::*;

use super::*;

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/page_dump").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

struct Expected {
    file: &'static str,
    title: &'static str,
    date: Option<&'static str>,
    authors: &'static [&'static str],
    /// Start and end of the summary.
    summary: Option<(&'static str, &'static str)>,
    topics: &'static [&'static str],
    starts: &'static str,
    ends: &'static str,
    has: &'static [&'static str],
    /// Must not occur in title, summary or body; compared ignoring case.
    lacks: &'static [&'static str],
}

const EXPECTED: &[Expected] = &[
    Expected {
        file: "en_institute.txt",
        title: "How village schools keep watch over their rivers",
        date: Some("2022-03-14"),
        authors: &[],
        summary: Some(("Twelve village schools", "Their teachers say that…")),
        topics: &[],
        starts: "Twelve village schools along the upper Sorva have begun to measure the quality of their water every week, with kits",
        ends: "The notebooks were shown at the Meeting of Basin Councils.",
        has: &["[1]https://observatory.example/reports", "calendar"],
        lacks: &["newsletter", "tolerance", "Winter Camp", "glossary", "related items", "[…]", "Governance"],
    },
    Expected {
        file: "es_institute.txt",
        title: "El museo flotante llega a los puertos del sur",
        date: Some("2021-04-07"),
        authors: &["Inés Calvo", "Rodrigo Peña"],
        summary: Some(("El museo flotante zarpará", "La…")),
        topics: &[],
        starts: "El museo flotante zarpará",
        ends: "cuenta una de las donantes.",
        has: &[
            "Qué se podrá ver a bordo",
            "salas pequeñas:\n\n- Redes y anzuelos\n- Cartas de marea\n- Voces del puerto\n\n“Mi",
        ],
        lacks: &["boletín", "carpintería", "faro", "WhatsApp", "compartir", "Observatorio"],
    },
    Expected {
        file: "pt_blog_comments.txt",
        title: "Hortas suspensas mudam o pátio da escola",
        date: Some("2022-03-03"),
        authors: &["Helena Prado"],
        summary: None,
        topics: &[],
        starts: "As hortas suspensas da escola",
        ends: "comprar livros com o dinheiro.",
        has: &["No começo, faltava água."],
        lacks: &["Leia também", "minhocário", "Marcos", "nylon", "cooperativa", "Responder"],
    },
    Expected {
        file: "fr_event.txt",
        title: "Atelier de cartographie des sentiers anciens",
        date: Some("2021-02-01"),
        authors: &[],
        summary: None,
        topics: &["Agenda/Ateliers"],
        starts: "Date : 18 mars 2021",
        ends: "auprès du secrétariat.",
        has: &["Lieu : Maison des associations", "14h15 Lecture des vieux cadastres"],
        lacks: &["Publié", "fontaine", "moulin", "Facebook", "réservés", "Aller au contenu"],
    },
    Expected {
        file: "es_no_date.txt",
        title: "Historia de la imprenta comunal",
        date: None,
        authors: &[],
        summary: None,
        topics: &[],
        starts: "La imprenta comunal nació en 1952",
        ends: "casi toda la colección.",
        has: &["periódico de cuatro páginas"],
        lacks: &["Quiénes somos", "Teléfono", "Tipógrafos"],
    },
    Expected {
        file: "en_comments.txt",
        title: "What the salt marsh taught a city planner",
        date: Some("2019-05-09"),
        authors: &["Miriam Oake"],
        summary: None,
        topics: &[],
        starts: "I went to the salt marsh",
        ends: "one careless ditch to drain it.",
        has: &[],
        lacks: &["Peter", "survey", "archive", "Share", "3 Comments"],
    },
    Expected {
        file: "en_markdown_lists.txt",
        title: "Setting up a repair café in your town",
        date: Some("2020-05-28"),
        authors: &[],
        summary: None,
        topics: &[],
        starts: "A repair café is a room",
        ends: "The association answers questions by letter.",
        has: &[
            "open one in three months.",
            "What you need\n\n- A room with good light and sockets\n- Two long tables\n- Volunteers",
            "1. Put a poster on the door a week before.\n2. Weigh",
            "Nothing is broken",
        ],
        lacks: &["newsletter", "glue", "Guides", "updated", "](", "##"],
    },
    Expected {
        file: "fr_crlf_nbsp.txt",
        title: "Un hiver chez les horlogers",
        date: Some("2019-08-14"),
        authors: &[],
        summary: None,
        topics: &[],
        starts: "L’atelier des horlogers du val d’Orme ouvre ses portes : pendant",
        ends: "muette depuis vingt ans.",
        has: &["« Une pendule"],
        lacks: &["Facebook", "Musée", "\r", "\u{a0}", "  "],
    },
    Expected {
        file: "es_press_short.txt",
        title: "La cooperativa de tejedoras abre su quinta tienda",
        date: Some("2021-01-20"),
        authors: &[],
        summary: None,
        topics: &[],
        starts: "La cooperativa de tejedoras inaugurará",
        ends: "del precio de cada pieza.",
        has: &["\n\nEl local venderá"],
        lacks: &["comunicado", "Etiquetas", "Cuenca"],
    },
    Expected {
        file: "pt_cookies.txt",
        title: "Moradores recuperam nascente esquecida na serra",
        date: Some("2022-03-03"),
        authors: &[],
        summary: None,
        topics: &["Projetos/Nascentes"],
        starts: "Durante quarenta anos",
        ends: "antes do inverno.",
        has: &["olho-d'água"],
        lacks: &["cookies", "newsletter", "direitos", "Portal"],
    },
    Expected {
        file: "en_lynx_wrapped.txt",
        title: "A lighthouse says goodbye to its keeper",
        date: Some("2021-01-20"),
        authors: &["Owen Strand"],
        summary: None,
        topics: &[],
        starts: "The lighthouse of Carrick Head was switched off on the last night of winter, after one hundred and forty years of service. The keeper,",
        ends: "before the end of the month of May.",
        has: &["A group of neighbours has asked to keep it alight on Sundays, with"],
        lacks: &["ferry", "visible links", "Classifieds", "Share", "https"],
    },
    Expected {
        file: "fr_question_title.txt",
        title: "Pourquoi les ruches du plateau sont-elles peintes en bleu depuis trois générations ?",
        date: Some("2020-05-02"),
        authors: &["Léa du Bois", "Jean Roy"],
        summary: None,
        topics: &[],
        starts: "On raconte au village",
        ends: "[2] Entretien avec M. Roy, avril 2020.",
        has: &["Introduction", "Notes", "[1] Archives de la compagnie"],
        lacks: &["châtaignier", "essaims", "lecture", "Revue"],
    },
    Expected {
        file: "es_single_paragraph.txt",
        title: "Cierre temporal por obras en la sede central",
        date: Some("2023-07-05"),
        authors: &[],
        summary: None,
        topics: &[],
        starts: "La sede central permanecerá",
        ends: "en la sede del mercado.",
        has: &[],
        lacks: &["Catálogo", "horarios", "privacidad"],
    },
    Expected {
        file: "en_sidebar_first.txt",
        title: "An organ rebuilt from three ruins",
        date: Some("2021-05-03"),
        authors: &["Ruth Amble"],
        summary: Some(("Three broken organs", "Saint Brannoc")),
        topics: &["Culture/Music"],
        starts: "Good news.",
        ends: "who now maintain the organ.",
        has: &["Why it took so long", "- She translated the plans"],
        lacks: &["Bakers", "Instagram", "jpg", "Previous", "About the author"],
    },
];

fn check(expected: &Expected, dump: &PageDump, circumstance: &str) {
    let place = format!("{} {circumstance}", expected.file);
    assert_eq!(dump.title, expected.title, "{place}");
    assert_eq!(dump.published_at.as_deref(), expected.date, "{place}");
    assert_eq!(dump.authors, expected.authors, "{place}");
    assert_eq!(dump.topics, expected.topics, "{place}");
    match (&dump.summary, expected.summary) {
        (None, None) => {}
        (Some(summary), Some((start, end))) => {
            assert!(summary.starts_with(start) && summary.ends_with(end), "{place}: {summary}");
        }
        (summary, _) => panic!("{place}: summary {summary:?}"),
    }
    let body = &dump.body;
    assert!(body.starts_with(expected.starts), "{place}: starts\n{body}");
    assert!(body.ends_with(expected.ends), "{place}: ends\n{body}");
    for word in expected.has {
        assert!(body.contains(word), "{place}: lacks {word}\n{body}");
    }
    let all = format!("{}\n{}\n{body}", dump.title, dump.summary.as_deref().unwrap_or_default()).to_lowercase();
    for word in expected.lacks {
        assert!(!all.contains(&word.to_lowercase()), "{place}: has {word}\n{all}");
    }
    let opening: String = body.chars().take(60).collect();
    assert_eq!(body.matches(&opening).count(), 1, "{place}: opening twice");
}

#[test]
fn fixtures_read_as_expected() {
    for expected in EXPECTED {
        let dump = read(&fixture(expected.file), &SiteProfile::default());
        check(expected, &dump.unwrap_or_else(|error| panic!("{}: {error}", expected.file)), "");
    }
}

#[test]
fn line_ends_and_trailing_spaces_do_not_matter() {
    for expected in EXPECTED {
        let page = fixture(expected.file).replace("\r\n", "\n").replace('\n', " \u{a0}\t\r\n");
        let dump = read(&page, &SiteProfile::default());
        check(expected, &dump.unwrap_or_else(|error| panic!("{}: {error}", expected.file)), "(crlf)");
    }
}

#[test]
fn a_site_profile_keeps_the_article() {
    // Each fixture with sibling pages that share its boilerplate: the same page with another text,
    // and its title in their lists of recent pages.
    for expected in EXPECTED {
        let page = fixture(expected.file);
        let mut profile = SiteProfile::default();
        profile.observe(&page);
        let opening: String = expected.starts.chars().take(20).collect();
        for sister in 0..5 {
            let other: Vec<String> = page
                .lines()
                .enumerate()
                .map(|(at, line)| {
                    let own = line.split_whitespace().count() > 9 || line.contains(&opening);
                    if own {
                        format!("Sentence {at} of page {sister} says nothing that was said before.")
                    } else {
                        line.to_owned()
                    }
                })
                .collect();
            profile.observe(&other.join("\n"));
        }
        let dump = read(&page, &profile).unwrap_or_else(|error| panic!("{}: {error}", expected.file));
        assert_eq!(dump.title, expected.title, "{}", expected.file);
        assert_eq!(dump.published_at.as_deref(), expected.date, "{}", expected.file);
        for word in expected.lacks {
            assert!(
                !dump.body.to_lowercase().contains(&word.to_lowercase()),
                "{}: {word}\n{}",
                expected.file,
                dump.body
            );
        }
    }
}

#[test]
fn a_profile_removes_boilerplate_missing_from_the_tables() {
    let page = |n: usize| {
        format!(
            "Home\nShop\n\nThe orchard of row {n}\n\nThe trees of row {n} were planted by the pupils of the village school in a wet spring.\n\n\
             They bear fruit in row {n} since the third year, and the jam is sold at the fair.\n\n\
             The orchard society was founded by seven friends and lives on gifts and on the sale of juice.\n"
        )
    };
    let mut profile = SiteProfile::default();
    for n in 0..5 {
        profile.observe(&page(n));
    }
    let with = read(&page(1), &profile).map(|dump| dump.body);
    assert!(with.is_ok_and(|body| body.ends_with("sold at the fair.") && body.starts_with("The trees of row 1")));
}

#[test]
fn a_teaser_on_every_page_does_not_remove_the_text_of_its_page() {
    let text = "The ferry of the lower lake will sail again from the first Sunday of May, three times a day.";
    let second = "Tickets are sold on board, and children travel free of charge until the end of summer.";
    let own = format!("Home\nTimes\n\nThe ferry sails again\n\n4 April 2020\n\n{text}\n\n{second}\n");
    let mut profile = SiteProfile::default();
    profile.observe(&own);
    for n in 0..9 {
        profile.observe(&format!("Home\nTimes\n\nStory {n}\n\nThis is what was told of story {n} by those who saw it.\n\nRecent posts\n\nThe ferry sails again\n\n{text}\n"));
    }
    assert!(profile.is_boilerplate(text));
    let dump = read(&own, &profile);
    assert_eq!(dump.as_ref().map(|d| d.title.as_str()), Ok("The ferry sails again"));
    assert_eq!(dump.map(|d| d.body), Ok(format!("{text}\n\n{second}")));
}

#[test]
fn listings_and_empty_pages() {
    let none = SiteProfile::default();
    assert_eq!(read(&fixture("en_listing.txt"), &none), Err(PageDumpError::NoArticle));
    for empty in ["", "\n\n", " \u{a0}\r\n\t", "---\n***\n•\n©"] {
        assert_eq!(read(empty, &none), Err(PageDumpError::Empty), "{empty:?}");
    }
    for nothing in ["Home", "Home\nNews\nContact", "• A\n• B\n• C", "20 January 2021", "© 2020 All rights reserved."]
    {
        assert_eq!(read(nothing, &none), Err(PageDumpError::NoArticle), "{nothing:?}");
    }
}

#[test]
fn title_of_a_single_line_is_its_first_sentence() {
    let line = "The bridge over the Sorva is closed until Monday because of the ice. Walkers may use the ferry.";
    let dump = read(line, &SiteProfile::default());
    assert_eq!(dump.as_ref().map(|d| d.body.as_str()), Ok(line));
    assert_eq!(
        dump.map(|d| d.title),
        Ok("The bridge over the Sorva is closed until Monday because of the ice.".to_owned())
    );
}

#[test]
fn dates_are_found_in_many_positions() {
    let body = "The council of the lower valley met in the mill to speak about the frost and its damages.\n\nIt decided to open a fund for the growers, and to plant hedges against the wind.";
    for (head, date) in [
        ("Frost in the lower valley\n20/01/2021", Some("2021-01-20")),
        ("20 de enero de 2021\nHelada en el valle bajo", Some("2021-01-20")),
        ("Frost in the lower valley\nLast updated: 3 May 2022\nPublished: 20 January 2021", Some("2021-01-20")),
        ("Geada no vale de baixo\nAtualizado em 20 de janeiro de 2021", Some("2021-01-20")),
        ("Gel dans la basse vallée\nMis en ligne le mercredi 20 janvier 2021 par Zoé Roy", Some("2021-01-20")),
        ("Frost in the lower valley\n\n  • 20 Jan 2021\n  • By Ann Lee", Some("2021-01-20")),
        ("Frost in the lower valley\n31/31/2021", None),
    ] {
        let dump = read(&format!("Home\nAbout\n\n{head}\n\n{body}\n"), &SiteProfile::default());
        assert_eq!(dump.as_ref().map(|d| d.published_at.as_deref()), Ok(date), "{head}");
        assert_eq!(dump.map(|d| d.body).as_deref(), Ok(body), "{head}");
    }
    let told = format!("Frost in the lower valley\n\nMill Town, 20 January 2021 – {body}");
    assert_eq!(read(&told, &SiteProfile::default()).map(|d| d.published_at), Ok(Some("2021-01-20".to_owned())));
}

#[test]
fn article_headings_named_like_boilerplate_are_kept() {
    let page = "Home\nNews\n\nA year of the reading circle\n\n4 April 2020\n\nReading aloud\n\n\
        The circle met forty times in the old school and read eleven books from the first page to the last.\n\n\
        It was not easy to choose them. The list of the next year says:\n\nThe sea wall\n\nA house of salt\n\n\
        Upcoming events\n\n\
        In May the circle will walk to the mill, where the author of the sea wall was born, and read there until dusk falls on the river.\n\n\
        SHARE\n\nUpcoming events\n\n  • Night of museums\n\n    5 May 2020\n";
    let dump = read(page, &SiteProfile::default());
    let Ok(dump) = dump else { panic!("{dump:?}") };
    assert_eq!(dump.title, "A year of the reading circle");
    assert!(dump.body.starts_with("Reading aloud\n\nThe circle"), "{}", dump.body);
    assert!(
        dump.body.contains("says:\n\nThe sea wall\n\nA house of salt\n\nUpcoming events\n\nIn May"),
        "{}",
        dump.body
    );
    assert!(dump.body.ends_with("on the river."), "{}", dump.body);
}

/// Dumps of real pages, if this machine has them: set `FICHERO_SEEDS` to their folder.
#[test]
fn the_seed_page() {
    let Some(folder) = std::env::var_os("FICHERO_SEEDS") else {
        println!("skipped: FICHERO_SEEDS is not set");
        return;
    };
    let path = Path::new(&folder).join("000_999b3e70c8adb92e.txt");
    let Ok(page) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is not there", path.display());
        return;
    };
    let seed = Expected {
        file: "seed",
        title: "About virtual student mobility in higher education",
        date: Some("2021-01-20"),
        authors: &[],
        summary: Some(("Apart from causing major disruptions", "fully ICT support…")),
        topics: &[],
        starts: "Apart from causing major disruptions",
        ends: "The Sustainable and Inclusive Internationalization Virtual Conference.",
        has: &["\n\n[1]https://www.iau-aiu.net", "poster", "equity", "‘traditional’"],
        lacks: &[
            "newsletter",
            "harassment",
            "Bootcamp",
            "Campus IESALC",
            "Bastidas",
            "Maneiro",
            "Facebook",
            "related items",
        ],
    };
    let mut profile = SiteProfile::default();
    for circumstance in ["alone", "seen once", "seen twice", "seen thrice: all of it recurs"] {
        let dump = read(&page, &profile);
        check(&seed, &dump.unwrap_or_else(|error| panic!("{error}")), circumstance);
        profile.observe(&page);
    }
}

/// Lines that the parser recognises, in any order.
fn recognised_line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("  • Menu".to_owned()),
        Just("Share".to_owned()),
        Just("RELATED ITEMS".to_owned()),
        Just("3 Comments".to_owned()),
        Just("Home › News › A title of four words".to_owned()),
        Just("A title of four words".to_owned()),
        Just("# Heading".to_owned()),
        Just("=====".to_owned()),
        Just("20 de enero de 2021 | Por Ana Ruiz".to_owned()),
        Just("By Ann Lee".to_owned()),
        Just("Date: 18 May 2022".to_owned()),
        Just("Time: 10:30".to_owned()),
        Just("[1]https://a.example/".to_owned()),
        Just("[12]Link to a page".to_owned()),
        Just("Three halls are open:".to_owned()),
        Just("The pupils of the village school planted the trees in a wet spring long ago, and […]".to_owned()),
        Just("The pupils of the village school planted the trees in a wet spring long ago, and sang.".to_owned()),
        Just("We use cookies to improve your experience on this site and for nothing else.".to_owned()),
        "\\PC{0,60}",
        "[ -~]{0,200}",
    ]
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(page in any::<String>()) {
        let mut profile = SiteProfile::default();
        for _ in 0..4 { profile.observe(&page); }
        let _ = profile.is_boilerplate(&page);
        let _ = read(&page, &profile);
    }

    #[test]
    fn any_lines_give_clean_text_with_either_line_ending(lines in prop::collection::vec(recognised_line(), 0..60), crlf in any::<bool>()) {
        let page = lines.join(if crlf { "\r\n" } else { "\n" });
        let none = SiteProfile::default();
        if let Ok(dump) = read(&page, &none) {
            prop_assert!(!dump.title.trim().is_empty());
            prop_assert!(!dump.body.trim().is_empty());
            let clean = !["\u{a0}", "\r", "\n\n\n"].iter().any(|sign| dump.body.contains(sign));
            prop_assert!(clean, "white space: {:?}", dump.body);
            prop_assert_eq!(read(&page, &none), Ok(dump));
        }
    }
}
