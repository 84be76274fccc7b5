//! Results in the page (`results="inline"`):
//!
//! * a search shows its hits, total and facets, tells the page, and stands in the address;
//! * a facet narrows to exactly its count; the focus stays on it; topics are a tree;
//! * pages of results; the browser's Back and Forward; the address opened anew: the same state;
//! * a misspelt word, a search without results, a server that fails: the reader is told;
//! * of answers that come out of order the last question's is shown;
//! * two searches on one page have an address each and leave each other alone;
//! * fixed filters narrow every search and are no facets;
//! * facets are shown where they lead to what they count;
//! * nothing is counted that is not shown;
//! * no more is asked for than the server answers.

use serde_json::{Value, json};

use crate::page::{Page, browse};
use crate::sites::{Stand, made};
use crate::support::served::good;

/// What is shown of a search.
const STATE: &str = "[texts('[part=heading]')[0] ?? '', texts('[part=hits] [part=title]'), all('[part=facet] input:checked').map((input) => input.id), texts('[part=pages] [aria-current=page]')]";

#[track_caller]
fn search(page: &Page, query: &str) {
    page.click("[role=combobox]");
    page.press("Control+a");
    page.write(query);
    page.press("Enter");
}

/// Waits until what is asked is shown.
#[track_caller]
pub(crate) fn settled(page: &Page) {
    page.until("seen('[part=results]').length && !one('[part=results][aria-busy]')");
}

#[track_caller]
fn counts(page: &Page, total: &Value) {
    page.comes_to("texts('[part=heading]')[0]", format!("{total} resultados"));
    settled(page);
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn facets_pages_and_the_browsers_buttons_hold_the_state() {
    browse(|page| {
        let address = made("es", "<fichero-search results=inline limit=4></fichero-search>");
        page.open(&address);
        page.until("seen('[role=combobox]').length");
        page.comes_to("[texts('[part=heading]'), seen('[part=results]').length]", json!([[], 0]));
        let answer = good("/v1/search?q=reconocimiento&ui_lang=es&limit=4");
        search(page, "reconocimiento");
        counts(page, &answer["total"]["value"]);
        let titles: Vec<_> = answer["hits"].as_array().unwrap().iter().map(|hit| hit["title"].clone()).collect();
        page.comes_to("texts('[part=hits] [part=title]')", json!(titles));
        page.comes_to("location.search", "?f-q=reconocimiento");
        page.comes_to(
            "told.at(-1)",
            json!(["fichero:search", { "query": "reconocimiento", "total": answer["total"]["value"], "page": 1 }]),
        );
        page.comes_to("text('[role=status]').includes(' resultado')", true);
        page.comes_to("focused() === one('[role=combobox]')", true);
        page.comes_to("texts('[part=facet] legend')", json!(["Tema", "Tipo", "Año"]));
        let unfiltered = page.eval(STATE);

        let kind = &answer["facets"]["kind"][0];
        page.run(&format!("one('[id=\"kind={}\"]').focus()", kind["value"].as_str().unwrap()));
        page.press("Space");
        counts(page, &kind["count"]);
        page.comes_to("location.search", format!("?f-q=reconocimiento&f-kind={}", kind["value"].as_str().unwrap()));
        page.comes_to(
            "[focused().id, focused().checked]",
            json!([format!("kind={}", kind["value"].as_str().unwrap()), true]),
        );
        let filtered = page.eval(STATE);

        page.click("[part=pages] [rel=next]");
        page.comes_to("texts('[part=pages] [aria-current=page]')", json!(["2"]));
        page.comes_to("focused() === one('[part=heading]')", true);
        page.comes_to("one('[part=hits]').getAttribute('role')", "list");
        let second = page.eval(STATE);
        let shared = page.until_at("f-page=2");

        page.back();
        page.comes_to(STATE, filtered.clone());
        page.back();
        page.comes_to(STATE, unfiltered);
        page.forward();
        page.comes_to(STATE, filtered);
        page.forward();
        page.comes_to(STATE, second.clone());
        page.reload();
        page.comes_to(STATE, second.clone());
        page.comes_to("one('[role=combobox]').value", "reconocimiento");
        page.open("about:blank");
        page.open(&shared);
        page.comes_to(STATE, second);

        // Back to where nothing was searched for.
        page.open(&address);
        search(page, "becas");
        page.until("texts('[part=heading]').length");
        page.back();
        page.comes_to("[texts('[part=heading]'), one('[role=combobox]').value]", json!([[], ""]));
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn topics_are_a_tree_and_filters_can_be_cleared() {
    browse(|page| {
        page.open(&made("es", "<fichero-search results=inline></fichero-search>"));
        search(page, "universidad");
        page.until("seen('[part=facet] input').length");
        let top = good("/v1/search?q=universidad&ui_lang=es")["facets"]["topic"][0].clone();
        let (value, child) = (top["value"].as_str().unwrap(), top["children"][0].clone());
        page.comes_to(&format!("all('[id=\"topic={}\"]').length", child["value"].as_str().unwrap()), 0);
        page.click(&format!("[id='topic={value}']"));
        counts(page, &top["count"]);
        page.click(&format!("[id='topic={}']", child["value"].as_str().unwrap()));
        page.until_at("f-topic=");
        page.comes_to("all('[part=facet] input:checked').map((input) => input.value)", json!([child["value"]]));
        counts(page, &child["count"]);
        page.comes_to("text('summary')", "Filtros (1)");
        page.click("[part=clear]");
        page.comes_to("all('[part=facet] input:checked').length", 0);
        page.comes_to("location.search", "?f-q=universidad");
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn the_reader_is_told_what_helped_and_what_failed() {
    browse(|page| {
        page.open(&made("es", "<fichero-search results=inline></fichero-search>"));
        search(page, "recomocimiento");
        page.comes_to("text('[part=notice] p')", "Se muestran resultados para reconocimiento.");
        page.until("text('[role=status]').includes('Se muestran resultados para reconocimiento.')");
        page.click("[part=literal]");
        page.comes_to("texts('[part=heading]')[0]", "No hay resultados para «recomocimiento»");
        page.comes_to("focused() === one('[part=heading]')", true);
        page.until_at("f-literal=true");
        search(page, "zzzzz");
        page.comes_to("texts('[part=heading]')", json!(["No hay resultados para «zzzzz»"]));
        page.comes_to(
            "texts('[part=notice] p')",
            json!(["Revise la ortografía, o pruebe con otras palabras o con menos."]),
        );
        page.comes_to("texts('[part=newest]')", json!(["Publicado recientemente"]));
        page.until("seen('[part=hits] [part=item]').length === 10");
        // Markup in a query is text.
        search(page, "<b>\"becas\"&amp;");
        page.until_at("f-q=%3Cb%3E");
        settled(page);
        page.comes_to("all('[part=results] b:not(legend b)').length", 0);

        let stand = Stand::new();
        page.open(&made("es", &format!("<fichero-search results=inline server={}></fichero-search>", stand.address)));
        page.until("seen('[role=combobox]').length");
        page.run("one('[role=combobox]').value = 'becas'; one('form').requestSubmit()");
        page.comes_to("texts('[part=heading]')", json!(["Buscando…"]));
        let asked = stand.next();
        assert_eq!((asked.path.as_str(), asked.value("q")), ("/v1/search", Some("becas")));
        asked.fail();
        page.comes_to("texts('[part=heading]')", json!(["La búsqueda no está disponible en este momento."]));
        page.comes_to("text('[role=status]')", "La búsqueda no está disponible en este momento.");
        page.complains_only_of("500");
        // The same once more, when the server is there again.
        page.run("one('form').requestSubmit()");
        stand.next().forward();
        page.until("texts('[part=heading]')[0].includes(' resultado')");
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn the_answer_to_the_last_question_is_shown() {
    browse(|page| {
        let stand = Stand::new();
        page.open(&made("es", &format!("<fichero-search results=inline server={}></fichero-search>", stand.address)));
        page.until("seen('[role=combobox]').length");
        let ask = |query: &str| {
            page.run(&format!("one('[role=combobox]').value = '{query}'; one('form').requestSubmit()"));
            let asked = stand.next();
            assert_eq!(asked.value("q"), Some(query));
            asked
        };
        let first = ask("becas");
        let second = ask("movilidad");
        crate::support::wait_until("the first question to be given up", || first.is_given_up());
        second.forward();
        page.until("texts('[part=heading]')[0].includes(' resultado')");
        settled(page);
        first.forward();
        // Back asks anew; leaving for nowhere drops what is under way.
        page.back();
        let third = stand.next();
        assert_eq!(third.value("q"), Some("becas"));
        page.back();
        crate::support::wait_until("the question to be given up", || third.is_given_up());
        page.comes_to("texts('[part=heading]')", json!([]));
        page.comes_to("[attribute('[part=results]', 'aria-busy'), text('[role=status]')]", json!([null, ""]));
        page.comes_to("told.map(([, { query }]) => query)", json!(["movilidad"]));
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn two_searches_on_a_page_leave_each_other_alone() {
    browse(|page| {
        let body = "<fichero-search id=a results=inline></fichero-search>\
            <fichero-search id=b results=inline kind=event facets='kind,year'></fichero-search><fichero-search></fichero-search>";
        page.open(&made("es", body));
        page.comes_to("new Set(all('[role=listbox]').map((list) => list.id)).size", 3);
        let heading =
            |id: &str| format!("(one('#{id}').shadowRoot.querySelector('[part=heading]')?.textContent ?? '')");
        page.click("#a [role=combobox]");
        page.write("becas");
        page.press("Enter");
        page.until(&format!("{}.includes(' resultado')", heading("a")));
        page.comes_to(&heading("b"), "");
        let first = page.eval(&heading("a"));
        page.run("one('#b').scrollIntoView()");
        page.click("#b [role=combobox]");
        page.write("universidad");
        page.press("Enter");
        let events = good("/v1/search?q=universidad&kind=event&ui_lang=es&limit=10");
        page.comes_to(&heading("b"), format!("{} resultados", events["total"]["value"]));
        page.comes_to("location.search", "?f-q=becas&f2-q=universidad");
        page.comes_to(&heading("a"), first.clone());
        page.comes_to(
            "[...one('#b').shadowRoot.querySelectorAll('legend')].map((legend) => legend.textContent)",
            json!(["Año"]),
        );
        page.reload();
        page.comes_to(&heading("b"), format!("{} resultados", events["total"]["value"]));
        page.comes_to(&heading("a"), first);
        page.back();
        page.comes_to(&heading("b"), "");
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn facets_are_shown_where_they_lead_to_what_they_count() {
    browse(|page| {
        let at = |body: &str, state: &str| {
            page.open(&format!("{}?{state}", made("es", body)));
            page.until("told.length");
            settled(page);
            page.until("seen('[part=hits] [part=item]').length");
        };
        let shown = "['notice', 'facet', 'clear'].map((part) => seen(`[part=${part}]`).length > 0)";
        let open = "<fichero-search results=inline></fichero-search>";
        let events = "<fichero-search results=inline kind=event></fichero-search>";
        for (body, state, expected) in [
            // Less is searched for, with and without filters.
            (open, "f-q=movilidad+zarigueya", [true, true, false]),
            (open, "f-q=doctorado+duracion", [true, true, false]),
            // Of two words, what holds one of them is a match.
            (open, "f-q=movilidad+virtual&f-kind=event", [false, true, true]),
            (events, "f-q=movilidad+virtual", [false, true, false]),
            // In another spelling all is.
            (open, "f-q=movilidda+virtual&f-kind=blog", [true, true, true]),
            (open, "f-q=zzzzzzzzzzzz", [true, false, false]),
        ] {
            at(body, state);
            page.comes_to(shown, json!(expected));
        }
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn only_what_is_shown_is_counted() {
    browse(|page| {
        let stand = Stand::new();
        let all = "topic=news kind=event year=2021 langs=es";
        for (attributes, facets) in [
            ("facets=''", vec!["none"]),
            (all, vec!["none"]),
            ("facets='kind,year' kind=event", vec!["year"]),
            ("", vec!["topic", "kind", "year", "lang"]),
        ] {
            let body =
                format!("<fichero-search results=inline {attributes} server={}></fichero-search>", stand.address);
            page.open(&format!("{}?f-q=becas", made("es", &body)));
            let asked = stand.next();
            let counted: Vec<_> =
                asked.parameters.iter().filter(|(name, _)| name == "facets").map(|(_, value)| value.as_str()).collect();
            assert_eq!(counted, facets, "{attributes}");
            asked.forward();
            page.until("told.length");
        }
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn no_more_is_asked_for_than_the_server_answers() {
    browse(|page| {
        let stand = Stand::new();
        let body = format!(
            "<fichero-search results=inline limit=150 suggestions=25 server={0}></fichero-search>\
            <fichero-recent limit=101 server={0}></fichero-recent>",
            stand.address
        );
        page.open(&made("es", &body));
        let recent = stand.next();
        assert_eq!((recent.path.as_str(), recent.value("limit")), ("/v1/recent", Some("100")));
        recent.forward();
        page.click("[role=combobox]");
        let suggested = stand.next();
        assert_eq!((suggested.path.as_str(), suggested.value("limit")), ("/v1/suggest", Some("20")));
        suggested.forward();
        page.run("one('[role=combobox]').value = 'universidad'; one('form').requestSubmit()");
        let asked = stand.next();
        assert_eq!((asked.path.as_str(), asked.value("limit")), ("/v1/search", Some("100")));
        asked.forward();
        page.until("texts('[part=heading]')[0]?.includes(' resultado')");
    });
}
