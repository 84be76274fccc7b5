//! What other tools write is read as their users meant it:
//!
//! * of five static-site generators and five exports of content management systems, the public page
//!   is there with its title, date, authors, labels and text;
//! * what they mark as a draft, as private, as hidden, to come or past is told by the report and
//!   found by nothing.
//!
//! The fixtures are in `tests/fixtures/generators`, a folder for each tool.

use std::collections::BTreeMap;
use std::path::Path;

use fichero::analysis::ExpectedLanguages;
use fichero::article::Article;
use fichero::config::SourceConfig;
use fichero::sources::ReadingRules;

use crate::support::site::{Site, found};

/// A public page as it is read.
struct Page {
    title: &'static str,
    lang: &'static str,
    /// In RFC 3339 or as a date, as far as the tool says it.
    published_at: &'static str,
    authors: &'static [&'static str],
    /// Topics and tags.
    labels: &'static [&'static str],
    /// Something that its text says.
    text: &'static str,
}

/// For each tool its page, and how many others are read and kept back.
const TOOLS: [(&str, Page, u64); 10] = [
    (
        "hugo",
        Page {
            title: "Becas para estudiar fuera",
            lang: "es",
            published_at: "2023-03-14",
            authors: &["Alma Ríos"],
            labels: &["Movilidad", "becas", "plazos"],
            text: "La beca cubre el pasaje.",
        },
        4,
    ),
    (
        "jekyll",
        Page {
            title: "Abre la nueva biblioteca",
            lang: "es",
            published_at: "2022-11-03",
            authors: &["Tomás Vidal"],
            labels: &["noticias", "campus", "biblioteca lectura"],
            text: "La sala de lectura abre de ocho a veinte.",
        },
        1,
    ),
    (
        "zola",
        Page {
            title: "Um laboratório aberto",
            lang: "pt",
            published_at: "2021-06-18",
            authors: &["Rita Moura"],
            labels: &["Pesquisa", "laboratório"],
            text: "abre às terças para todos os cursos",
        },
        1,
    ),
    (
        "eleventy",
        Page {
            title: "Open day for families",
            lang: "en",
            published_at: "2024-02-10",
            authors: &["Nora Pine"],
            labels: &["visits", "families"],
            text: "Lunch is at one.",
        },
        2,
    ),
    (
        "docusaurus",
        Page {
            title: "Admission in three steps",
            lang: "en",
            published_at: "",
            authors: &[],
            labels: &["admission", "documents"],
            text: "Bring the original documents.",
        },
        2,
    ),
    (
        "ghost",
        Page {
            title: "Le campus rouvre ses jardins",
            lang: "fr",
            published_at: "2023-04-03",
            authors: &["Élodie Garnier"],
            labels: &["Campus"],
            text: "L’entrée est libre.",
        },
        3,
    ),
    (
        "drupal",
        Page {
            title: "Convenio con la biblioteca provincial",
            lang: "es",
            published_at: "2022-08-09",
            authors: &[],
            labels: &[],
            text: "El convenio dura tres años.",
        },
        1,
    ),
    (
        "wordpress",
        Page {
            title: "Curso de verano – inscripción",
            lang: "es",
            published_at: "2024-05-06",
            authors: &[],
            labels: &[],
            text: "Las clases empiezan en enero.",
        },
        3,
    ),
    (
        "strapi",
        Page {
            title: "Guia de matrícula",
            lang: "pt-BR",
            published_at: "2024-06-02",
            authors: &[],
            labels: &[],
            text: "A matrícula abre em julho.",
        },
        1,
    ),
    (
        "table",
        Page {
            title: "Horario de la mesa de entradas",
            lang: "es",
            published_at: "2023-09-01",
            authors: &["Secretaría"],
            labels: &["horario", "trámites"],
            text: "atiende de nueve a trece",
        },
        1,
    ),
];

fn labels(article: &Article) -> Vec<&str> {
    let topics = article.topics.iter().filter_map(|topic| topic.labels.last());
    topics.chain(&article.tags).map(String::as_str).collect()
}

#[test]
fn pages_of_other_tools_are_read_and_their_drafts_are_not_shown() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/generators");
    let mut site = Site::new();
    let languages = ["en", "es", "pt", "fr"].map(str::to_owned).to_vec();
    let reading = ReadingRules { languages: ExpectedLanguages { languages, default: None }, ..ReadingRules::default() };
    let source = |(tool, ..): &(&str, Page, u64)| SourceConfig {
        name: (*tool).to_owned(),
        path: fixtures.join(tool),
        reading: reading.clone(),
    };
    site.sources = TOOLS.iter().map(source).collect();
    let report = site.reindex();
    let articles = site.articles();
    let read: BTreeMap<&str, u64> =
        report.sources.iter().map(|source| (source.source.as_str(), source.added)).collect();
    let engine = site.engine();
    for (tool, page, drafts) in TOOLS {
        let of_tool = |article: &&Article| article.title == page.title;
        let article = articles.values().find(of_tool).unwrap_or_else(|| panic!("{tool}: {:?}", articles.keys()));
        assert!(!article.hidden, "{tool}");
        assert_eq!(article.lang, page.lang, "{tool}");
        let published_at = article.published_at.as_ref().map(|at| at.as_str().to_owned()).unwrap_or_default();
        assert!(published_at.starts_with(page.published_at), "{tool}: {published_at}");
        assert_eq!(published_at.is_empty(), page.published_at.is_empty(), "{tool}: {published_at}");
        assert_eq!(article.authors, page.authors, "{tool}");
        assert_eq!(labels(article), page.labels, "{tool}");
        assert!(article.body.contains(page.text), "{tool}: {}", article.body);
        assert_eq!(read[tool], 1 + drafts, "{tool}");
        assert!(found(&engine, page.title).contains(&article.id), "{tool}");
    }
    assert_eq!(found(&engine, "").len(), TOOLS.len(), "all others are kept back");
    assert_eq!(found(&engine, "palabrasecreta"), [""; 0]);
}
