//! Results in the page (`results="inline"`), where a search leads astray:
//!
//! * what was left out is told as it was asked for: filters always, words where others are answered;
//! * what is newest is no result of a search that finds nothing, nor is what lies beyond the filters
//!   that the site fixed;
//! * a page beyond the last, and a filter that there is not, lead to what there is; filters can be
//!   cleared where nothing is left of them;
//! * language tags that the browser refuses are shown as they are;
//! * a box that is moved goes on searching; a link within the page leaves the search alone;
//! * every search is told, also where the answer reads the same; the focus is never lost.

use serde_json::{Value, json};

use crate::inline::settled;
use crate::page::{Page, browse};
use crate::sites::{Stand, made, made_with};
use crate::support::served::good;

const BOX: &str = "<fichero-search results=inline></fichero-search>";
const HEADING: &str = "texts('[part=heading]')[0]";
const NOTICE: &str = "texts('[part=notice] p')";
const TOTAL: &str = "told.at(-1)?.[1].total";

/// Opens a page at a search.
#[track_caller]
fn at(page: &Page, body: &str, state: &str) {
    page.open(&format!("{}?{state}", made("es", body)));
    page.until("told.length");
    settled(page);
}

/// Searches without typing, for which suggestions would be asked for.
#[track_caller]
fn ask(page: &Page, query: &str) {
    page.run(&format!("one('[role=combobox]').value = '{query}'; one('form').requestSubmit()"));
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn what_is_newest_is_no_result() {
    browse(|page| {
        at(page, BOX, "f-q=zzzzz&f-year=1901");
        page.comes_to(HEADING, "No hay resultados para «zzzzz»");
        page.comes_to(
            NOTICE,
            json!(["Revise la ortografía, o pruebe con otras palabras o con menos.", "Se omitió: 1901."]),
        );
        page.comes_to(TOTAL, 0);
        page.comes_to("texts('[part=hits] [part=item]').length", 10);
        page.comes_to("all('[part=literal]').length", 0);
        page.comes_to(
            "text('[role=status]')",
            "No hay resultados para «zzzzz». Revise la ortografía, o pruebe con otras palabras o con menos. Se omitió: 1901.",
        );
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn what_was_left_out_is_told_as_it_was_asked_for() {
    browse(|page| {
        let stand = Stand::new();
        let body = format!("<fichero-search results=inline server={}></fichero-search>", stand.address);
        page.open(&format!("{}?f-q=becas&f-topic=news/grants", made("es", &body)));
        let mut answer = good("/v1/search?q=becas&ui_lang=es");
        let mut left_out = |dropped: Value| {
            answer["recovery"] = json!({
                "kind": "broader_topic", "from": "becas", "to": "becas", "to_html": "becas", "dropped": dropped, "topics": []
            });
            stand.next().answer(&answer);
        };
        left_out(json!(["topic=news/grants"]));
        page.comes_to(NOTICE, json!(["Se omitió: grants."]));
        ask(page, "movilidad");
        left_out(json!(["topic", "kind=blog", "lang=pt", "kind_not=blog", "tag=a=b/c"]));
        page.comes_to(NOTICE, json!(["Se omitió: topic, Blog, portugués, kind_not=blog y tag=a=b/c."]));
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn fixed_filters_stay() {
    browse(|page| {
        at(page, "<fichero-search results=inline year=1901 tag=none></fichero-search>", "f-q=becas&f-year=2020");
        page.comes_to(HEADING, "No hay resultados para «becas»");
        page.comes_to(TOTAL, 0);
        page.comes_to("all('[part=notice], [part=item], [part=facet], [part=clear]').length", 0);
        // What the reader chose may be left out.
        let kind = good("/v1/search?q=becas&ui_lang=es")["facets"]["kind"][0].clone();
        let body = format!("<fichero-search results=inline kind={}></fichero-search>", kind["value"].as_str().unwrap());
        at(page, &body, "f-q=becas&f-year=1901");
        page.comes_to(HEADING, format!("{} resultados", kind["count"]));
        page.comes_to(NOTICE, json!(["Se omitió: 1901."]));
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn there_are_no_dead_ends() {
    browse(|page| {
        let total = good("/v1/search?q=universidad&ui_lang=es")["total"]["value"].as_u64().unwrap();
        let last = total.div_ceil(10);
        assert!(last > 1, "{total}");
        for beyond in [last + 1, 9_999] {
            at(page, BOX, &format!("f-q=universidad&f-page={beyond}"));
            page.comes_to("texts('[part=pages] [aria-current]')", json!([last.to_string()]));
            page.comes_to("location.search", format!("?f-q=universidad&f-page={last}"));
            page.comes_to("told.map(([, { page }]) => page)", json!([last]));
        }
        at(page, BOX, "f-q=universidad&f-kind=poem&f-page=2");
        page.comes_to(HEADING, format!("{total} resultados"));
        page.comes_to("location.search", "?f-q=universidad");
        page.complains_only_of("400");
        // What is wrong without them is not asked for twice.
        let refused = "<fichero-search results=inline kind=poem></fichero-search>";
        page.open(&format!("{}?f-q=becas", made("es", refused)));
        page.comes_to(HEADING, "La búsqueda no está disponible en este momento.");
        page.complains_only_of("400");

        at(page, BOX, "f-q=universidad&f-year=1901&f-literal=true");
        page.comes_to(HEADING, "No hay resultados para «universidad»");
        page.click("[part=clear]");
        page.comes_to(HEADING, format!("{total} resultados"));
        page.comes_to("location.search", "?f-q=universidad&f-literal=true");
        page.comes_to("focused() === one('[part=heading]')", true);
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn language_tags_that_a_browser_refuses_do_no_harm() {
    browse(|page| {
        let head = "<script>Object.defineProperty(navigator, 'languages', { get: () => ['x_1', 'es-1', 'es-MX'] })</script>\
            <script type=module src=FICHERO/widgets/fichero.js></script>";
        let total = &good("/v1/search?q=becas&ui_lang=es")["total"]["value"];
        page.open(&format!("{}?f-q=becas&f-lang=es-1", made_with("es", head, BOX, None)));
        page.comes_to(HEADING, format!("{total} resultados"));
        page.comes_to(NOTICE, json!(["Se omitió: es-1."]));
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn a_box_that_is_moved_goes_on_searching() {
    browse(|page| {
        let stand = Stand::new();
        let body = format!("<fichero-search results=inline server={}></fichero-search><nav></nav>", stand.address);
        page.open(&format!("{}?f-q=becas", made("es", &body)));
        let first = stand.next();
        page.run("one('nav').append(one('fichero-search'))");
        crate::support::wait_until("the first question to be given up", || first.is_given_up());
        stand.next().forward();
        page.until(&format!("{HEADING}?.includes(' resultado')"));
        settled(page);
        // With its results, it need not ask.
        page.run("document.body.append(one('fichero-search'))");
        assert!(stand.is_quiet());
        page.until(&format!("{HEADING}?.includes(' resultado')"));
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn a_link_within_the_page_leaves_the_search_alone() {
    browse(|page| {
        let stand = Stand::new();
        let body = format!(
            "<a id=skip href='#there'>Skip</a><fichero-search results=inline server={}></fichero-search><p id=there>There</p>",
            stand.address
        );
        page.open(&format!("{}?f-q=universidad", made("es", &body)));
        stand.next().forward();
        page.click("[part=facet] input");
        stand.next().forward();
        page.until("one('[part=facet] input')?.checked");
        ask(page, "becas");
        stand.next().forward();
        page.until("told.length === 3");
        page.run("one('[role=combobox]').value = 'bec'; addEventListener('popstate', () => window.left = true)");
        page.click("#skip");
        page.until("window.left");
        assert!(stand.is_quiet());
        page.comes_to("[one('[role=combobox]').value, location.hash]", json!(["bec", "#there"]));
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn every_search_is_told_and_the_focus_is_kept() {
    browse(|page| {
        let stand = Stand::new();
        let body = format!("<fichero-search results=inline server={}></fichero-search>", stand.address);
        page.open(&format!("{}?f-q=becas", made("es", &body)));
        let answer = good("/v1/search?q=becas&ui_lang=es");
        let said = format!("{} resultados", answer["total"]["value"]);
        stand.next().answer(&answer);
        page.comes_to("text('[role=status]')", said.as_str());
        ask(page, "movilidad");
        let second = stand.next();
        page.comes_to("text('[role=status]')", "");
        second.answer(&answer);
        page.comes_to("text('[role=status]')", said.as_str());
        page.run("one('[part=hits] [part=link]').focus()");
        page.back();
        stand.next().answer(&answer);
        page.until("told.length === 3");
        page.comes_to("focused() === one('[part=heading]')", true);
    });
}
