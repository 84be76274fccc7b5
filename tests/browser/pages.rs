//! The server's own pages:
//!
//! * without scripts, the results' page is complete: form, facets, what is chosen, orders, pages
//!   and languages are links and forms, and each facet leads to as many works as it says;
//! * with them, its box suggests, by the keyboard too, and nothing is against its policy;
//! * a misspelt word is told, with the way back to what was typed; no results, with ways on;
//! * an address opened anew shows the same; Back and Forward go through the steps;
//! * the API's page has buttons that copy its examples, and without scripts none;
//! * the welcome page leads to it; a page that is not there says so in the reader's language.

use serde_json::{Value, json};

use crate::page::{Page, Setup, browse, browse_as};
use crate::sites::FICHERO;
use crate::support::served::good;

/// What is shown of a search.
const STATE: &str = "[one('input[name=q]').value, texts('h1'), texts('main .total')[0] ?? '', texts('.hits h2'), texts('.facets [aria-current]'), texts('.pages [aria-current]')]";

fn at(path: &str) -> String {
    format!("{}{path}", *FICHERO)
}

fn titles(answer: &Value) -> Value {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["title"].clone()).collect()
}

/// The number of a text such as `16 resultados`.
#[track_caller]
fn counts(page: &Page, total: &Value) {
    page.comes_to("Number(/\\d+/.exec(text('main .total'))?.[0])", total.clone());
}

fn goes_through_the_results(page: &Page) {
    page.open(&at("/search?ui_lang=es"));
    page.comes_to("document.documentElement.lang", "es");
    page.click("input[name=q]");
    page.write("reconocimiento");
    page.press("Enter");
    page.until_at("q=reconocimiento");
    let all = good("/v1/search?q=reconocimiento&ui_lang=es&limit=10");
    counts(page, &all["total"]["value"]);
    page.comes_to("texts('.hits h2')", titles(&all));
    let first = page.eval(STATE);

    page.click("[rel=next]");
    page.until_at("page=2");
    let second = good("/v1/search?q=reconocimiento&ui_lang=es&limit=10&offset=10");
    page.comes_to("texts('.hits h2')", titles(&second));
    page.comes_to("texts('.pages [aria-current=page]')", json!(["2"]));
    page.back();
    page.comes_to(STATE, first.clone());

    page.run("one('.facets details').open = true");
    let kind = all["facets"]["kind"][0].clone();
    let value = kind["value"].as_str().unwrap();
    page.click(&format!(".facets a[href*='kind={value}']"));
    page.until_at(&format!("kind={value}"));
    counts(page, &kind["count"]);
    page.comes_to("texts('.chosen a').length", 1);
    let filtered = page.eval(STATE);
    // What is chosen stays with another query.
    page.comes_to("one('form input[name=kind]').value", value);
    let address = page.until_at("kind=");
    page.back();
    page.comes_to(STATE, first.clone());
    page.forward();
    page.comes_to(STATE, filtered.clone());
    page.open("about:blank");
    page.open(&address);
    page.comes_to(STATE, filtered);
    page.click(".chosen a");
    page.comes_to(STATE, first);

    page.click(".orders a[href*='sort=date']");
    page.until_at("sort=date");
    page.comes_to("texts('.hits h2')", titles(&good("/v1/search?q=reconocimiento&ui_lang=es&limit=10&sort=date")));
    page.click(".languages [lang=en]");
    page.comes_to("document.documentElement.lang", "en");
    page.until_at("sort=date");
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn without_scripts_the_results_page_is_complete() {
    browse_as(Setup { has_scripts: false, ..Setup::default() }, |page| {
        goes_through_the_results(page);
        page.comes_to("customElements.get('fichero-search') ?? null", Value::Null);
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn with_scripts_it_is_the_same_and_suggests() {
    browse(|page| {
        goes_through_the_results(page);
        page.open(&at("/search?ui_lang=es"));
        page.until("seen('[role=combobox]').length");
        // By the keyboard from the top of the page.
        page.press("Tab");
        page.comes_to("focused().className", "skip");
        for _ in 0..10 {
            if page.eval("focused().role") == "combobox" {
                break;
            }
            page.press("Tab");
        }
        page.comes_to("focused().role", "combobox");
        page.write("movil");
        page.until("texts('[role=option]')[0]?.startsWith('movil')");
        page.press("ArrowDown");
        page.press("Enter");
        page.until_at("/search?q=movilidad+acad%C3%A9mica");
        page.until("seen('.hits > li').length");
        page.comes_to("refused", json!([]));
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn what_helped_is_told_and_can_be_undone() {
    browse(|page| {
        page.open(&at("/search?q=recomocimiento&ui_lang=es"));
        page.until("text('.notice').includes('reconocimiento')");
        page.click(".notice a");
        page.until_at("literal=true");
        page.comes_to("[texts('.hits > li').length, texts('.ways a').length > 0]", json!([0, true]));
        page.open(&at("/search?q=zzzzz&ui_lang=es"));
        page.until("texts('h1')[0].includes('zzzzz') && texts('.hits > li').length === 10");
        // Markup in a query is text.
        page.open(&at("/search?q=%3Cb%3Ebecas%22%3Cscript%3Ealert(1)%3C/script%3E&ui_lang=es"));
        page.comes_to(
            "[one('input[name=q]').value, all('main b, main script:not([type])').length]",
            json!(["<b>becas\"<script>alert(1)</script>", 0]),
        );
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn the_welcome_page_leads_to_results_and_a_lost_reader_is_told() {
    browse_as(Setup { languages: "fr-FR,fr", ..Setup::default() }, |page| {
        page.open(&at("/"));
        page.comes_to("document.documentElement.lang", "fr");
        page.click("input[name=q]");
        page.write("bourses");
        page.press("Enter");
        page.until_at("/search?q=bourses");
        page.comes_to("document.documentElement.lang", "fr");
        page.open(&at("/nowhere"));
        page.comes_to("[document.documentElement.lang, texts('h1').length]", json!(["fr", 1]));
        page.complains_only_of("404");
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn examples_of_the_reference_are_copied() {
    browse(|page| {
        page.open(&at("/docs"));
        page.comes_to("all('pre').every((example) => example.previousElementSibling.textContent === 'Copy')", true);
        page.until("text('pre').startsWith('curl ' + String.fromCharCode(39) + location.origin + '/')");
        page.run("navigator.clipboard.writeText = async (text) => { window.copied = text; }");
        page.run("one('.copy').focus()");
        page.press("Enter");
        page.comes_to("copied === text('pre')", true);
        page.comes_to("[text('.copy'), text('[role=status]')]", json!(["Copied", "Copied"]));
        page.comes_to("[text('.copy'), text('[role=status]')]", json!(["Copy", ""]));
        // Where the browser has no clipboard for scripts, the example is selected.
        page.run("navigator.clipboard.writeText = async () => { throw new Error(); }");
        page.press("Enter");
        page.comes_to("getSelection().toString().trim() === text('pre').trim()", true);
        page.until("text('.copy') !== 'Copy'");
    });
    let without = Setup { has_scripts: false, ..Setup::default() };
    browse_as(without, |page| {
        page.open(&at("/docs"));
        page.comes_to("all('button').length", 0);
    });
}
