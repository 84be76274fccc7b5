//! The widgets in the pages of a site:
//!
//! * under a strict Content-Security-Policy, with trusted types, without inline script or style;
//! * without scripts: the form leads to the results' page, the blocks take no room;
//! * the form of the page sends fixed filters along as the one that is made does, none twice;
//! * from right to left; in the page's language, also where only a part of the page declares it;
//! * two copies of the script; an element that is moved, or made by a script;
//! * labels, levels, custom properties and parts do what the reference says;
//! * an answer's markup is never the page's.

use serde_json::json;

use crate::page::{Setup, browse, browse_as};
use crate::sites::{Stand, demo, made, made_with};

const ARTICLE: &str = "es/recognition-refugees";

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn a_strict_policy_refuses_nothing() {
    browse(|page| {
        let policy = "default-src 'none'; script-src FICHERO/widgets/; connect-src FICHERO; form-action FICHERO; \
            img-src https:; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
        let script = "<script type=module src=FICHERO/widgets/fichero.js></script>";
        let body = format!(
            "<fichero-search results=inline></fichero-search><fichero-related article={ARTICLE} reasons=tooltip></fichero-related>\
            <fichero-recent></fichero-recent>"
        );
        page.open(&made_with("es", script, &body, Some(policy)));
        page.until("all('fichero-related, fichero-recent').every((block) => block.hasAttribute('filled'))");
        // What the script styles is styled.
        page.comes_to("style('[part=list]', 'display')", "grid");
        page.click("[role=combobox]");
        page.write("movil");
        page.until("seen('[role=option]').length");
        page.comes_to("style('[role=listbox]', 'position')", "absolute");
        page.press("Enter");
        page.until("seen('[part=facet] input').length");
        page.click("[part=facet] input");
        page.until_at("f-topic=");
        page.comes_to("refused", json!([]));
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn without_scripts_the_form_leads_to_the_results_page() {
    browse_as(Setup { has_scripts: false, ..Setup::default() }, |page| {
        page.open(&demo("es/recognition-refugees.html"));
        page.comes_to("customElements.get('fichero-search') ?? null", json!(null));
        page.comes_to(
            "all('fichero-related, fichero-recent').map((block) => block.getBoundingClientRect().height)",
            json!([0, 0]),
        );
        page.click("fichero-search input");
        page.write("becas");
        page.press("Enter");
        page.until_at("/search?q=becas&ui_lang=es");
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn a_form_sends_fixed_filters_along() {
    browse(|page| {
        let form = |more: &str| {
            format!(
                "<form role=search action=FICHERO/search><input type=search name=q>{more}<button>Go</button></form>"
            )
        };
        for (attributes, form, sent) in [
            ("kind='event, blog' langs=es", form(""), "q=becas&kind=event&kind=blog&lang=es"),
            (
                "kind='event, blog' langs=es",
                form("<input type=hidden name=kind value=event>"),
                "q=becas&kind=event&lang=es",
            ),
            ("", form("<input type=hidden name=ui_lang value=es>"), "q=becas&ui_lang=es"),
            ("kind=event", String::new(), "q=becas&ui_lang=es&kind=event"),
        ] {
            page.open(&made("es", &format!("<div></div><fichero-search {attributes}>{form}</fichero-search>")));
            page.until("seen('[role=combobox]').length");
            // Moved, it is the same box.
            page.run("one('div').append(one('fichero-search'))");
            page.click("[role=combobox]");
            page.write("becas");
            page.press("Enter");
            let address = page.until_at("/search?");
            assert_eq!(address.split_once('?').unwrap().1, sent, "{attributes}");
        }
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn a_page_from_right_to_left_is_one() {
    browse(|page| {
        page.open(&made("ar", "<fichero-search results=inline></fichero-search><fichero-recent></fichero-recent>"));
        page.comes_to("text('fichero-recent [part=heading], [part=heading]')", "نُشر حديثًا");
        page.comes_to(
            "[style('[part=heading]', 'direction'), style('[part=heading]', 'text-align')]",
            json!(["rtl", "right"]),
        );
        page.click("[role=combobox]");
        page.write("univers");
        page.until("seen('[role=option]').length");
        let sides = "(() => { const [list, input] = ['[role=listbox]', '.fichero-form'].map((selector) => one(selector).getBoundingClientRect());
            return [Math.abs(list.right - input.right) < 2, list.left >= 0] })()";
        page.comes_to(sides, json!([true, true]));
        page.press("Enter");
        page.until("texts('[part=heading]')[0]?.includes(' نتيجة')");
        // The facets stand on the right of the hits.
        page.comes_to(
            "one('[part=facets]').getBoundingClientRect().left > one('[part=found]').getBoundingClientRect().left",
            true,
        );
        page.comes_to(
            "style('[part=hits] [part=title][lang=es], [part=hits] [part=title]', 'unicode-bidi')",
            "plaintext",
        );
        assert_eq!(page.overflow(), "");
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn a_widget_speaks_the_language_around_it() {
    browse(|page| {
        let body = "<div lang=pt-BR><fichero-search></fichero-search></div><div lang=fr><fichero-recent></fichero-recent></div>\
            <div lang=xx><fichero-recent limit=1></fichero-recent></div>";
        page.open(&made("es", body));
        page.comes_to("text('.fichero-form button')", "Pesquisar");
        page.comes_to("one('input[name=ui_lang]').value", "pt-BR");
        page.comes_to("texts('[part=heading]')", json!(["Publications récentes", "Recently published"]));
        page.until("all('time').length");
        page.until("/ (janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre) /.test(text('time'))");
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn two_copies_of_the_script_are_as_one() {
    browse(|page| {
        let stand = Stand::new();
        let head = format!(
            "<script type=module src=FICHERO/widgets/fichero.js></script><script type=module src={}widgets/fichero.js></script>",
            stand.address
        );
        page.open(&made_with("es", &head, "<fichero-search></fichero-search><fichero-recent></fichero-recent>", None));
        page.until("one('fichero-recent').hasAttribute('filled')");
        page.comes_to("all('[role=listbox]').length", 1);
        page.click("[role=combobox]");
        page.write("movil");
        page.until("seen('[role=option]').length");
        assert!(stand.is_quiet(), "the first copy's server is asked");
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn an_element_may_be_moved_or_made_by_a_script() {
    browse(|page| {
        page.open(&made("es", "<div id=a><fichero-search></fichero-search></div><div id=b></div>"));
        page.until("seen('[role=combobox]').length");
        page.run("one('#b').append(one('fichero-search'))");
        page.comes_to("[all('form').length, all('[role=listbox]').length]", json!([1, 1]));
        page.click("[role=combobox]");
        page.write("movil");
        page.until("seen('[role=option]').length");
        page.run("one('fichero-search').remove()");
        page.run(&format!(
            "const box = document.createElement('fichero-search'); box.setAttribute('results', 'inline');
            const related = document.createElement('fichero-related'); related.setAttribute('article', '{ARTICLE}');
            one('#a').append(box, related);"
        ));
        page.until("one('fichero-related').hasAttribute('filled')");
        page.click("[role=combobox]");
        page.write("becas");
        page.press("Enter");
        page.until("texts('[part=heading]')[0]?.includes(' resultado')");
        // In the shadow tree of a site's own element.
        page.run(
            "const host = document.createElement('div'); one('#b').append(host);
            host.attachShadow({ mode: 'open' }).append(document.createElement('fichero-search'));
            one('#a').remove();",
        );
        page.click("[role=combobox]");
        page.write("movil");
        page.until("seen('[role=option]').length");
        page.comes_to("style('[role=listbox]', 'position')", "absolute");
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn a_site_gives_labels_levels_and_looks() {
    browse(|page| {
        let head = "<script type=module src=FICHERO/widgets/fichero.js></script><style>
            :root { --fichero-link: rgb(1, 2, 3); --fichero-muted: rgb(4, 5, 6); --fichero-border: rgb(7, 8, 9); --fichero-focus: rgb(10, 11, 12);
              --fichero-surface: rgb(230, 231, 232); --fichero-text: rgb(13, 14, 15); --fichero-accent: rgb(16, 17, 18); --fichero-on-accent: rgb(240, 241, 242);
              --fichero-heading-font: monospace; --fichero-radius: 7px; --fichero-gap: 11px; --fichero-mark: rgb(19, 20, 21); --fichero-column: 9rem; }
            fichero-recent::part(heading) { letter-spacing: 3px; }
            fichero-recent::part(item) { padding-inline: 5px; }
            fichero-search::part(snippet) { letter-spacing: 1px; }</style>";
        let body = "<fichero-search results=inline level=3 label-search=Encontrar label-results-other='{n} hallazgos'></fichero-search>\
            <fichero-recent level=4 limit=2 label-recent='Lo nuevo'></fichero-recent><fichero-recent id=bare limit=1 label-recent=''></fichero-recent>";
        page.open(&made_with("es", head, body, None));
        page.comes_to("texts('.fichero-form button')", json!(["Encontrar"]));
        page.comes_to("all('fichero-recent').filter((block) => block.hasAttribute('filled')).length", 2);
        page.comes_to("all('fichero-recent').flatMap((block) => [...block.shadowRoot.querySelectorAll('h3, h4, h5')].map((title) => title.localName))",
            json!(["h4", "h5", "h5", "h3"]));
        page.comes_to("texts('[part=heading]')", json!(["Lo nuevo"]));
        page.comes_to("style('fichero-recent', 'display')", "block");
        let looks = |selector: &str, names: &str| {
            format!(
                "(() => {{ const host = one('{selector}'); return {names}.map((name) => getComputedStyle(host).getPropertyValue(name)) }})()"
            )
        };
        page.comes_to(&looks("[part=link]", "['color']"), json!(["rgb(1, 2, 3)"]));
        page.comes_to(&looks("[part=meta]", "['color']"), json!(["rgb(4, 5, 6)"]));
        page.comes_to(&looks("[part=item]", "['border-top-color', 'padding-left']"), json!(["rgb(7, 8, 9)", "5px"]));
        page.comes_to(&looks("[part=heading]", "['font-family', 'letter-spacing']"), json!(["monospace", "3px"]));
        page.comes_to(&looks("[part=list]", "['column-gap']"), json!(["11px"]));
        page.comes_to(
            &looks(".fichero-form button", "['background-color', 'color', 'border-radius']"),
            json!(["rgb(16, 17, 18)", "rgb(240, 241, 242)", "7px"]),
        );
        page.comes_to(
            &looks(".fichero-form input", "['background-color', 'color']"),
            json!(["rgb(230, 231, 232)", "rgb(13, 14, 15)"]),
        );
        page.press("Tab");
        page.comes_to(&looks(".fichero-form input", "['outline-color']"), json!(["rgb(10, 11, 12)"]));
        page.write("universidad");
        page.until("seen('[role=option]').length");
        page.comes_to(
            &looks("[role=listbox]", "['background-color', 'color']"),
            json!(["rgb(230, 231, 232)", "rgb(13, 14, 15)"]),
        );
        page.press("Enter");
        page.until("texts('h3[part=heading]')[0]?.endsWith(' hallazgos')");
        page.comes_to(&looks("[part=snippet]", "['letter-spacing']"), json!(["1px"]));
        page.comes_to(&looks("[part=snippet] mark", "['background-color']"), json!(["rgb(19, 20, 21)"]));
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn an_answers_markup_is_text() {
    browse(|page| {
        let stand = Stand::new();
        let body = format!(
            "<fichero-search server={0}></fichero-search><fichero-recent server={0}></fichero-recent>",
            stand.address
        );
        page.open(&made("es", &body));
        let hit = |url: &str| json!({ "id": "x", "url": url, "lang": "es", "kind": "article", "title": "<img src=x onerror=alert(1)>", "authors": ["<b>A</b>"], "topics": [{ "label": "<i>T</i>" }] });
        stand.next().answer(&json!({ "hits": [hit("javascript:alert(1)"), hit("https://www.ires.example/x")] }));
        page.comes_to("texts('[part=title]')", json!(["<img src=x onerror=alert(1)>", "<img src=x onerror=alert(1)>"]));
        page.comes_to("all('[part=title] a').map((link) => link.href)", json!(["https://www.ires.example/x"]));
        page.comes_to("all('img, b, i').length", 0);
        page.press("Tab");
        page.write("x");
        let completion = json!({ "text": "x", "text_html": "&lt;b&gt;<mark>x</mark><b>y</b>&amp;lt;", "lang": "es" });
        stand.next().answer(&json!({ "completions": [completion], "articles": [] }));
        page.comes_to("texts('[role=option]')[0]", "<b>x<b>y</b>&lt;");
        page.comes_to("[texts('[role=option] mark'), all('[role=option] b').length]", json!([["x"], 0]));
    });
}
