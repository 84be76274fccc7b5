//! How the pages look, for people: with `FICHERO_SCREENSHOTS=1`, `target/screenshots` gets each
//! page and state at 360, 768 and 1280 pixels, light and dark. A few are kept in
//! `docs/screenshots`.

use crate::page::{Page, artifacts, browse};
use crate::sites::{FICHERO, demo};

/// How one comes to a page or a state of it.
type Visit = fn(&Page);

const VISITS: [(&str, Visit); 9] = [
    ("start", |page| {
        page.open(&demo("index.html"));
        fill(page);
    }),
    ("article", |page| {
        page.open(&demo("es/recognition-refugees.html"));
        fill(page);
    }),
    ("blocks", |page| {
        page.open(&demo("es/recognition-refugees.html"));
        page.run("all('main > article > :not(.topics, h1, .byline, .lead)').forEach((element) => element.remove())");
        fill(page);
    }),
    ("suggestions", |page| {
        page.open(&demo("es/vsm-what-is-it.html"));
        page.click("[role=combobox]");
        page.write("movil");
        page.until("texts('[role=option]').slice(0, 2).every((text) => /^movil/i.test(text)) && texts('[role=option]').length > 1");
        page.press("ArrowDown");
    }),
    ("results", |page| {
        page.open(&demo("es/buscar.html?f-q=reconocimiento+de+titulos"));
        page.until("seen('[part=hits]').length");
    }),
    ("search", |page| {
        page.open(&format!("{}/search?q=reconocimiento+de+titulos&ui_lang=es&kind=article", *FICHERO));
    }),
    ("nothing", |page| page.open(&format!("{}/search?q=zzzzz&ui_lang=es", *FICHERO))),
    ("welcome", |page| page.open(&format!("{}/?ui_lang=es", *FICHERO))),
    ("lost", |page| {
        page.open(&format!("{}/nowhere?ui_lang=es", *FICHERO));
        page.complains_only_of("404");
    }),
];

fn fill(page: &Page) {
    page.until("all('fichero-related, fichero-recent').every((block) => block.hasAttribute('filled') || (block.scrollIntoView(), false))");
    page.run("scrollTo(0, 0)");
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn pages_are_drawn_where_that_is_asked_for() {
    if std::env::var_os("FICHERO_SCREENSHOTS").is_none() {
        println!("FICHERO_SCREENSHOTS is not set: nothing is drawn");
        return;
    }
    let folder = artifacts("screenshots");
    browse(|page| {
        for (name, visit) in VISITS {
            for (width, height) in [(360, 740), (768, 1024), (1280, 900)] {
                page.is_sized(width, height);
                visit(page);
                for scheme in ["light", "dark"] {
                    page.prefers(scheme);
                    page.screenshot(&folder.join(format!("{name}-{width}-{scheme}.webp")));
                }
            }
        }
        println!("drawn into {}", folder.display());
    });
}
