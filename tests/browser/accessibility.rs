//! Every page of the demo site, every state of the widgets on it, and the server's pages:
//!
//! * axe-core finds nothing against it, light and dark;
//! * at 320 pixels, at 200 % zoom, with letters of twice the size and with wide spacing of the
//!   text (WCAG 1.4.12), nothing has to be scrolled sideways.

use crate::axe::finds_nothing;
use crate::page::{Page, browse};
use crate::sites::{AWAY, FICHERO, demo, made_with};

/// Spacing that a reader may set.
const SPACED: &str = "const spaced = new CSSStyleSheet();
    spaced.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-block-end: 2em !important }');
    const roots = [document, ...all('*').map((element) => element.shadowRoot).filter(Boolean)];
    roots.forEach((root) => root.adoptedStyleSheets.push(spaced));
    return roots.length";

#[track_caller]
fn is_well(page: &Page, state: &str) {
    page.is_sized(1280, 900);
    finds_nothing(page, state);
    page.is_sized(320, 640);
    assert_eq!(page.overflow(), "", "{state}, 320 pixels");
    finds_nothing(page, &format!("{state}, 320 pixels"));
    page.is_zoomed(640, 450, 2.0);
    assert_eq!(page.overflow(), "", "{state}, 200 %");
    page.run("document.documentElement.style.fontSize = '200%'");
    assert_eq!(page.overflow(), "", "{state}, letters of twice the size");
    page.run("document.documentElement.style.fontSize = ''");
    page.is_sized(360, 640);
    page.run(SPACED);
    assert_eq!(page.overflow(), "", "{state}, wide spacing");
}

#[track_caller]
fn blocks_are_filled(page: &Page) {
    page.run(
        "all('fichero-related, fichero-recent').forEach((block) => block.scrollIntoView({ behavior: 'instant' }))",
    );
    page.until("all('fichero-related, fichero-recent').every((block) => block.hasAttribute('filled') || (block.scrollIntoView(), false))");
    page.run("scrollTo(0, 0)");
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn the_start_pages_are_well() {
    browse(|page| {
        for path in ["index.html", "en/index.html"] {
            page.open(&demo(path));
            blocks_are_filled(page);
            is_well(page, path);
        }
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn the_articles_are_well() {
    browse(|page| {
        for path in ["es/recognition-refugees.html", "en/vsm-what-is-it.html"] {
            page.open(&demo(path));
            blocks_are_filled(page);
            page.run("one('fichero-related').shadowRoot.querySelector('a').focus()");
            page.until("seen('[part=tooltip]').length");
            is_well(page, path);
        }
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn the_open_list_is_well() {
    browse(|page| {
        page.open(&demo("index.html"));
        page.click("[role=combobox]");
        page.write("movil");
        page.comes_to("texts('[role=option]')[0]", "movilidad académica");
        page.press("ArrowDown");
        page.press("ArrowDown");
        is_well(page, "an open list");
        // Remembered searches.
        page.open(&demo("en/search.html"));
        page.run("localStorage['fichero.searches'] = '[\"scholarships\", \"recognition of degrees\"]'");
        page.click("[role=combobox]");
        page.until("seen('[role=option]').length > 2");
        is_well(page, "a list of remembered searches");
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn results_in_the_page_are_well() {
    browse(|page| {
        for (address, part) in [
            ("es/buscar.html?f-q=reconocimiento&f-kind=article", "hits"),
            ("es/buscar.html?f-q=universidad&f-page=2", "pages"),
            ("en/search.html?f-q=recogniton", "notice"),
            ("en/search.html?f-q=zzzzz", "notice"),
            ("en/search.html?f-q=zzzzz&f-literal=true", "heading"),
        ] {
            page.open(&demo(address));
            page.until(&format!("seen('[part={part}]').length && !one('[aria-busy]')"));
            page.run("one('details')?.setAttribute('open', '')");
            is_well(page, address);
        }
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn the_results_page_is_well() {
    browse(|page| {
        for query in [
            "q=reconocimiento&ui_lang=es&kind=article",
            "q=universidad&ui_lang=es&page=2",
            "q=recomocimiento&ui_lang=es",
            "q=zzzzz&ui_lang=pt",
            "q=zzzzz&ui_lang=fr&literal=true",
            "ui_lang=en",
        ] {
            page.open(&format!("{}/search?{query}", *FICHERO));
            page.run("all('details').forEach((details) => details.open = true)");
            is_well(page, query);
        }
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn the_welcome_the_reference_and_a_lost_page_are_well() {
    browse(|page| {
        for path in ["/?ui_lang=es", "/docs", "/nowhere"] {
            page.open(&format!("{}{path}", *FICHERO));
            is_well(page, path);
        }
        page.complains_only_of("404");
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn from_right_to_left_and_without_an_answer_it_is_well() {
    browse(|page| {
        let head =
            "<meta name=color-scheme content='light dark'><script type=module src=FICHERO/widgets/fichero.js></script>";
        let body = "<main><h1>بحث</h1><fichero-search results=inline></fichero-search><fichero-recent></fichero-recent></main>";
        let address = made_with("ar", head, body, None);
        page.open(&format!("{address}?f-q=universidad"));
        page.until("seen('[part=hits]').length && one('fichero-recent').hasAttribute('filled')");
        page.run("one('details').open = true");
        is_well(page, "from right to left");
        page.open(&made_with("ar", head, &body.replace("inline", &format!("inline server={AWAY}")), None));
        page.until("seen('[role=combobox]').length && one('fichero-recent').hasAttribute('filled')");
        page.run("one('[role=combobox]').value = 'x'; one('form').requestSubmit()");
        page.comes_to("texts('[part=heading]')[0]", "البحث غير متاح في الوقت الحالي.");
        is_well(page, "without an answer");
        page.complains_only_of("ERR_");
    });
}
