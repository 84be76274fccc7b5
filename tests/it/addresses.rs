//! The addresses of articles whose sources give none, or only paths:
//!
//! * articles that nothing can link to are counted when they are read;
//! * a source's pattern gives them addresses, in the language that is found out, too;
//! * the date in front of a file's name is the article's, and no part of its slug;
//! * another pattern or base takes effect at the next reindex.

use fichero::article::AddressRules;

use crate::support::site::{Reads, Site};

fn site() -> Site {
    let site = Site::new();
    site.write("site/es/becas.md", "---\ntitle: Becas\nlang: es\n---\nVéase [lo anterior](../notas/).\n");
    site.write("site/es/notas/index.md", "---\ntitle: Las notas de la universidad y de sus bibliotecas\n---\nLas notas de los estudiantes se publican en la página de la universidad.\n");
    site.write("site/es/mapa.md", "---\ntitle: Mapa\nlang: es\nslug: como-llegar\nimage: /mapa.png\n---\nCalle 1.\n");
    site.write("site/es/oculto.md", "---\ntitle: Oculto\nlang: es\nhidden: true\n---\nNada.\n");
    site.write("site/es/propio.md", "---\ntitle: Propio\nlang: es\nurl: /propio/\n---\nTexto.\n");
    site
}

fn rules(base: Option<&str>, pattern: &str) -> AddressRules {
    AddressRules::new(base, Some(pattern)).unwrap()
}

fn urls(site: &Site) -> Vec<(String, Option<String>)> {
    site.articles().into_iter().map(|(id, article)| (id, article.url)).collect()
}

#[test]
fn articles_that_nothing_can_link_to_are_counted_when_they_are_read() {
    let site = site();
    // Neither the hidden one nor the one with an address.
    assert_eq!(site.reindex().sources[0].without_address, 3);
    site.settle();
    site.reindex();
    assert_eq!(site.reindex().sources[0].without_address, 0, "nothing was read");
}

#[test]
fn a_pattern_gives_addresses_and_another_one_others_at_the_next_reindex() {
    let mut site = site();
    site.reindex();
    site.settle();
    site.reindex();
    site.sources[0].reading.addresses = rules(None, "https://www.example.org/{lang}/{slug}/");
    let report = site.reindex();
    assert_eq!((report.sources[0].changed, report.sources[0].without_address), (4, 0));
    let of = |path: &str| Some(format!("https://www.example.org{path}"));
    let expected = [
        ("es/becas", of("/es/becas/")),
        ("es/mapa", of("/es/como-llegar/")),
        ("es/notas/index", of("/es/notas/")),
        ("es/oculto", of("/es/oculto/")),
        ("es/propio", Some("/propio/".to_owned())),
    ];
    let expected = expected.map(|(id, url)| (id.to_owned(), url));
    assert_eq!(urls(&site), expected);
    let articles = site.articles();
    assert_eq!(articles["es/becas"].links, ["https://www.example.org/es/notas/"]);
    assert_eq!(articles["es/mapa"].image.as_deref(), Some("https://www.example.org/mapa.png"));

    let reads = Reads::default();
    site.reindex_into("index", &Default::default(), &reads);
    assert_eq!(reads.count(), 0, "the same rules read nothing again");
    site.sources[0].reading.addresses = rules(Some("https://m.example.org/web/"), "{id}");
    site.reindex();
    let url = |id: &str| site.articles()[id].url.clone().unwrap();
    assert_eq!(url("es/becas"), "https://m.example.org/web/es/becas");
    assert_eq!(url("es/propio"), "https://m.example.org/propio/");
}

#[test]
fn date_in_front_of_a_files_name_is_the_articles_and_no_part_of_its_slug() {
    let mut site = Site::new();
    site.write("site/_posts/2024-05-01-hello.md", "---\ntitle: Hello\nlang: en\n---\nWords.\n");
    site.write(
        "site/_posts/2024-05-02-own.md",
        "---\ntitle: Own\nlang: en\ndate: 2020-01-02\nslug: mine\n---\nWords.\n",
    );
    site.write("site/blog/2024-05-03-folder/index.md", "---\ntitle: Folder\nlang: en\n---\nWords.\n");
    site.write("site/_drafts/later.md", "---\ntitle: Later\nlang: en\n---\nWords.\n");
    site.sources[0].reading.addresses = rules(None, "https://www.example.org/{year}/{month}/{day}/{slug}/");
    site.reindex();
    let of = |path: &str| Some(format!("https://www.example.org{path}"));
    let expected = [
        ("_posts/2024-05-01-hello", of("/2024/05/01/hello/")),
        ("_posts/2024-05-02-own", of("/2020/01/02/mine/")),
        ("blog/2024-05-03-folder/index", of("/2024/05/03/folder/")),
    ];
    assert_eq!(urls(&site), expected.map(|(id, url)| (id.to_owned(), url)));
}
