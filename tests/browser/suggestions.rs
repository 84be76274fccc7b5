//! The search box and what it suggests:
//!
//! * the pattern of the editable combobox: arrows go through the list and by the input itself,
//!   Home and End go back into the text, Escape closes, Alt+Down opens, Tab leaves; roles and
//!   states follow, and the number of suggestions is announced;
//! * Enter searches for a suggestion or follows an article, and for the text where none is chosen;
//! * a pointer chooses without taking the focus; a finger too;
//! * while an input method composes, nothing is asked, shown or sent; on a telephone it is;
//! * typing fast asks once; an answer that came too late is never shown, its request is given up;
//! * where the server is slow, fails or is away, the form works;
//! * the page is told, and may forbid; searches are remembered only where that is switched on.

use serde_json::{Value, json};

use crate::page::{Page, Setup, browse, browse_as};
use crate::sites::{AWAY, Stand, made};
use crate::support::served::good;

const INPUT: &str = "[role=combobox]";
const OPTION: &str = "[role=option]";

/// How many suggestions fichero has for a text.
fn suggested(query: &str, lang: &str) -> usize {
    let answer = good(&format!("/v1/suggest?q={query}&limit=5&ui_lang={lang}"));
    answer["completions"].as_array().unwrap().len() + answer["articles"].as_array().unwrap().len()
}

/// The chosen option's place, if the input names one and nothing contradicts.
fn active() -> &'static str {
    "(() => { const chosen = all('[role=option][aria-selected=true]'), id = attribute('[role=combobox]', 'aria-activedescendant');
      if (chosen.length > 1 || (chosen[0]?.id ?? null) !== id) return 'contradiction';
      return all('[role=option]').indexOf(chosen[0]); })()"
}

/// Opens a page with one search box and goes into it by the keyboard.
#[track_caller]
fn at_box(page: &Page, body: &str) {
    page.open(&made("es", body));
    page.until("seen('[role=combobox]').length");
    page.press("Tab");
    page.comes_to("focused() === one('[role=combobox]')", true);
}

#[track_caller]
fn is_closed(page: &Page) {
    page.comes_to(
        "[attribute('[role=combobox]', 'aria-expanded'), seen('[role=listbox]').length]",
        json!(["false", 0]),
    );
    page.comes_to(active(), -1);
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn the_keyboard_goes_through_the_list_and_back_into_the_text() {
    browse(|page| {
        at_box(page, "<fichero-search></fichero-search><p id=after>After</p>");
        is_closed(page);
        page.write("movil");
        let count = suggested("movil", "es");
        assert!(count >= 6, "{count}");
        // The last row, for all results, is not one of them.
        page.comes_to("seen('[role=option]').length", count + 1);
        page.comes_to("attribute('[role=combobox]', 'aria-expanded')", "true");
        page.comes_to("text('[role=status]')", format!("{count} sugerencias"));
        page.comes_to("one('#' + attribute('[role=combobox]', 'aria-controls')).role", "listbox");
        page.comes_to("attribute('[role=combobox]', 'aria-autocomplete')", "list");
        page.comes_to("all('[role=group]').map((group) => group.ariaLabel)", json!(["Sugerencias", "Páginas"]));
        page.comes_to(active(), -1);

        page.press("ArrowDown");
        page.comes_to(active(), 0);
        page.press("ArrowDown");
        page.comes_to(active(), 1);
        page.press("ArrowUp");
        page.press("ArrowUp");
        page.comes_to(active(), -1);
        page.press("ArrowUp");
        page.comes_to(active(), count);
        page.comes_to("text('[aria-selected=true]')", "Todos los resultados de «movil»");
        page.press("ArrowDown");
        page.comes_to(active(), -1);

        page.press("ArrowDown");
        page.press("Home");
        page.comes_to(active(), -1);
        page.comes_to("[one('[role=combobox]').selectionStart, seen('[role=listbox]').length]", json!([0, 1]));
        page.press("ArrowDown");
        page.press("End");
        page.comes_to(active(), -1);
        page.comes_to("one('[role=combobox]').selectionStart", 5);
        page.press("ArrowDown");
        page.press("ArrowLeft");
        page.comes_to(active(), -1);
        page.comes_to("one('[role=combobox]').selectionStart", 4);

        page.press("Escape");
        is_closed(page);
        page.comes_to("one('[role=combobox]').value", "movil");
        page.press("Alt+ArrowDown");
        page.comes_to("seen('[role=option]').length", count + 1);
        page.comes_to(active(), -1);
        page.press("Alt+ArrowUp");
        is_closed(page);
        page.press("ArrowUp");
        page.comes_to(active(), count);
        page.press("Escape");
        page.press("ArrowDown");
        page.comes_to(active(), 0);

        page.press("Tab");
        is_closed(page);
        page.comes_to("focused().localName", "button");
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn enter_searches_for_what_is_chosen_or_typed() {
    browse(|page| {
        let body = "<fichero-search></fichero-search>";
        at_box(page, body);
        page.write("movil");
        page.until("seen('[role=option]').length");
        page.press("ArrowDown");
        let chosen = page.eval("text('[aria-selected=true]')");
        assert_eq!(chosen, "movilidad académica");
        page.press("Enter");
        page.until_at("/search?q=movilidad+acad%C3%A9mica&ui_lang=es");

        at_box(page, body);
        page.write("movil");
        page.until("seen('[role=option]').length");
        page.press("Enter");
        page.until_at("/search?q=movil&ui_lang=es");

        // An article is gone to.
        at_box(page, body);
        page.run("cancelled.push('article')");
        page.write("movil");
        page.until("seen('[role=option]').length");
        page.press("ArrowUp");
        page.press("ArrowUp");
        page.press("Enter");
        let article =
            good("/v1/suggest?q=movil&limit=5&ui_lang=es")["articles"].as_array().unwrap().last().unwrap().clone();
        page.comes_to("attribute('a[role=option]:last-of-type', 'href')", article["url"].clone());
        let told = json!({ "type": "article", "id": article["id"], "url": article["url"], "lang": "es", "title": article["title"] });
        page.comes_to("told", json!([["fichero:select", told]]));
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn the_last_row_leads_to_all_results_of_what_is_typed() {
    browse(|page| {
        for (lang, row) in [
            ("es", "Todos los resultados de «movil»"),
            ("pt", "Todos os resultados de “movil”"),
            ("fr", "Tous les résultats pour « movil »"),
            ("en", "All results for “movil”"),
        ] {
            page.open(&made(lang, "<fichero-search></fichero-search>"));
            page.until("seen('[role=combobox]').length");
            // The row belongs to the list that `/` and Ctrl-K lead into.
            page.press("/");
            page.write("movil");
            page.until("seen('[role=option]').length");
            page.comes_to("texts('[role=option]').at(-1)", row);
            page.comes_to("all('[role=listbox] > [role=option]').length", 1);
            page.press("ArrowUp");
            page.press("Enter");
            page.until_at(&format!("/search?q=movil&ui_lang={lang}"));
        }
        // A finger or a pointer too, and results in place; nothing typed has no such row.
        at_box(page, "<fichero-search results=inline></fichero-search>");
        page.write("movil");
        page.until("seen('[role=option]').length");
        page.click(".fichero-all");
        page.until("texts('[part=heading]')[0]?.includes(' resultado')");
        page.comes_to("one('[role=combobox]').value", "movil");
        page.comes_to(
            "told.find(([name]) => name === 'fichero:select')",
            json!(["fichero:select", { "type": "all", "query": "movil" }]),
        );
        page.press("Control+a");
        page.press("Backspace");
        page.press("ArrowDown");
        page.until("seen('[role=option]').length");
        page.comes_to("all('.fichero-all').length", 0);
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn a_pointer_chooses_and_the_focus_stays() {
    browse(|page| {
        at_box(page, "<p id=before>Before the box</p><fichero-search results=inline></fichero-search>");
        page.write("movil");
        page.until("seen('[role=option]').length");
        page.hover(OPTION);
        page.comes_to(active(), -1);
        page.hold(OPTION);
        page.comes_to("[focused() === one('[role=combobox]'), seen('[role=listbox]').length]", json!([true, 1]));
        page.release();
        page.comes_to("one('[role=combobox]').value", "movilidad académica");
        page.until("texts('[part=heading]')[0]?.includes(' resultado')");
        is_closed(page);
        // Elsewhere closes.
        page.click(INPUT);
        page.press("Backspace");
        page.until("seen('[role=option]').length");
        page.press("Escape");
        page.press("ArrowDown");
        page.until("seen('[role=option]').length");
        page.hold("#before");
        is_closed(page);
        page.release();
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn a_finger_chooses_and_the_keyboard_of_the_screen_goes_away() {
    browse_as(Setup { is_phone: true, ..Setup::default() }, |page| {
        page.open(&made("es", "<fichero-search results=inline></fichero-search>"));
        page.tap(INPUT);
        page.comes_to("focused() === one('[role=combobox]')", true);
        // What an empty input offers may be there before.
        page.write("movil");
        page.comes_to("texts('[role=option]')[0]", "movilidad académica");
        page.comes_to("seen('[role=option]').filter((option) => option.getBoundingClientRect().height < 24).length", 0);
        page.comes_to("[one('[role=listbox]').getBoundingClientRect()].every(({ left, right }) => left >= 0 && right <= innerWidth)", true);
        page.tap(OPTION);
        page.until("texts('[part=heading]')[0]?.includes(' resultado')");
        page.comes_to("focused() === one('[part=heading]')", true);
        is_closed(page);
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn while_an_input_method_composes_nothing_is_asked_or_sent() {
    browse(|page| {
        let stand = Stand::new();
        at_box(page, &format!("<fichero-search server={}></fichero-search>", stand.address));
        let compose = |text: &str| {
            let at = text.chars().count();
            page.cdp("Input.imeSetComposition", &json!({ "text": text, "selectionStart": at, "selectionEnd": at }));
        };
        compose("さ");
        compose("さが");
        page.comes_to("one('[role=combobox]').value", "さが");
        // The input method's own Enter.
        let enter = json!({ "type": "rawKeyDown", "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229 });
        page.cdp("Input.dispatchKeyEvent", &enter);
        assert!(stand.is_quiet());
        is_closed(page);
        page.comes_to("told.length", 0);
        page.cdp("Input.insertText", &json!({ "text": "探す" }));
        let asked = stand.next();
        assert_eq!((asked.path.as_str(), asked.value("q")), ("/v1/suggest", Some("探す")));
        // With the list open, a new composition closes it.
        asked.answer(&json!({ "completions": [{ "text": "探す人", "text_html": "探す<mark>人</mark>", "lang": "ja" }], "articles": [] }));
        page.comes_to("seen('[role=option]').length", 2);
        page.press("ArrowDown");
        compose("人");
        assert!(stand.is_quiet());
        is_closed(page);
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn composed_hangul_is_text_and_composed_pinyin_is_not() {
    browse(|page| {
        let stand = Stand::new();
        at_box(page, &format!("<fichero-search server={}></fichero-search>", stand.address));
        let compose = |text: &str| {
            let at = text.chars().count();
            page.cdp("Input.imeSetComposition", &json!({ "text": text, "selectionStart": at, "selectionEnd": at }));
        };
        compose("ni'hao");
        assert!(stand.is_quiet());
        compose("");
        compose("하");
        let asked = stand.next();
        assert_eq!((asked.path.as_str(), asked.value("q")), ("/v1/suggest", Some("하")));
        compose("학");
        let asked = stand.next();
        assert_eq!(asked.value("q"), Some("학"));
        asked.answer(&json!({ "completions": [{ "text": "학교", "text_html": "학<mark>교</mark>", "lang": "ko" }], "articles": [] }));
        page.comes_to("seen('[role=option]').length", 2);
        // The Enter that ends the composition.
        let enter =
            json!({ "type": "keyDown", "key": "Enter", "code": "Enter", "text": "\r", "windowsVirtualKeyCode": 229 });
        page.cdp("Input.dispatchKeyEvent", &enter);
        assert!(stand.is_quiet());
        page.comes_to("told.length", 0);
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn escape_shuts_the_list_and_reaches_nobody_else_before_it_is_shut() {
    browse(|page| {
        at_box(page, "<fichero-search></fichero-search>");
        page.run("window.escapes = []; for (const kind of ['keydown', 'keyup']) document.addEventListener(kind, (event) => event.key === 'Escape' && escapes.push(kind))");
        page.write("universi");
        page.until("seen('[role=option]').length");
        page.press("Escape");
        is_closed(page);
        page.comes_to("escapes", json!([]));
        page.press("Escape");
        page.comes_to("escapes", json!(["keydown", "keyup"]));
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn shortcuts_lead_into_the_box_and_leave_other_fields_alone() {
    browse(|page| {
        at_box(
            page,
            "<div style='background: rgb(9, 9, 40); color: rgb(240, 240, 240); font-size: 12px'><fichero-search><form action=/x><input type=search name=q></form></fichero-search></div><p><input id=other></p>",
        );
        page.run("one('#other').focus()");
        page.write("/");
        page.comes_to("[one('#other').value, focused().id]", json!(["/", "other"]));
        page.run("focused().blur()");
        page.press("/");
        page.comes_to("[focused().name, one('[role=combobox]').value]", json!(["q", ""]));
        // The form of the page has the looks of the made one, in the colours around it; a phone zooms
        // in on smaller letters.
        page.comes_to(
            "[style('[role=combobox]', 'color'), style('[role=combobox]', 'font-size')]",
            json!(["rgb(240, 240, 240)", "16px"]),
        );
        let keyboard = ["autocapitalize", "autocorrect", "enterkeyhint", "inputmode"];
        let keyboard = keyboard.map(|name| format!("attribute('[role=combobox]', '{name}')")).join(", ");
        page.comes_to(&format!("[{keyboard}]"), json!(["none", "off", "search", "search"]));
        page.write("universi");
        page.until("seen('[role=option]').length");
        page.comes_to("style('[role=listbox]', 'background-color')", "rgb(9, 9, 40)");
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn only_the_answer_to_the_last_text_is_shown() {
    browse(|page| {
        let stand = Stand::new();
        at_box(page, &format!("<fichero-search server={}></fichero-search>", stand.address));
        page.run(
            "window.shown = []; new MutationObserver(() => shown.push(...texts('[role=option]')))
            .observe(one('[role=listbox]'), { childList: true })",
        );
        // Typed at once, asked once.
        page.write("movi");
        let first = stand.next();
        assert_eq!(first.value("q"), Some("movi"));
        assert_eq!((first.value("limit"), first.value("ui_lang")), (Some("5"), Some("es")));
        let answer =
            |text: &str| json!({ "completions": [{ "text": text, "text_html": text, "lang": "es" }], "articles": [] });
        page.write("l");
        first.answer(&answer("first"));
        let second = stand.next();
        assert_eq!(second.value("q"), Some("movil"));
        second.answer(&answer("second"));
        page.comes_to("texts('[role=option]')", json!(["second", "Todos los resultados de «movil»"]));
        page.comes_to("shown", json!(["second", "Todos los resultados de «movil»"]));

        // Emptied, the list goes away and an answer under way is dropped.
        page.write("i");
        let third = stand.next();
        page.press("Control+a");
        page.press("Backspace");
        crate::support::wait_until("the third question to be given up", || third.is_given_up());
        is_closed(page);

        // A search does not wait for suggestions, and none comes after it.
        page.write("beca");
        let late = stand.next();
        page.run("cancelled.push('fichero:search')");
        page.press("Enter");
        page.comes_to("told", json!([["fichero:search", { "query": "beca", "total": null }]]));
        crate::support::wait_until("the last question to be given up", || late.is_given_up());
        assert!(stand.is_quiet());
        is_closed(page);

        // What fails shows nothing.
        page.write("s");
        stand.next().fail();
        page.comes_to("text('[role=status]')", "0 sugerencias");
        is_closed(page);
        page.complains_only_of("500");
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn without_a_server_the_form_is_a_form() {
    browse(|page| {
        at_box(page, &format!("<fichero-search server={AWAY}></fichero-search>"));
        page.write("becas");
        page.comes_to("text('[role=status]')", "0 sugerencias");
        is_closed(page);
        page.complains_only_of("ERR_");
        // The form as the page wrote it, where not even the script came.
        let form = "<form role=search action=SITE/index.html><input type=search name=q><button>Buscar</button></form>";
        let body = format!("<fichero-search>{form}</fichero-search>");
        page.open(&crate::sites::made_with(
            "es",
            &format!("<script type=module src={AWAY}/f.js></script>"),
            &body,
            None,
        ));
        page.click("input");
        page.write("becas");
        page.press("Enter");
        page.until_at("/index.html?q=becas");
        page.complains_only_of("ERR_");
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn the_page_is_told_and_may_forbid() {
    browse(|page| {
        at_box(page, "<fichero-search></fichero-search>");
        page.run("cancelled.push('completion', 'fichero:search')");
        page.write("movil");
        page.until("seen('[role=option]').length");
        page.click(OPTION);
        page.comes_to("told", json!([["fichero:select", { "type": "completion", "query": "movilidad académica" }]]));
        page.comes_to("one('[role=combobox]').value", "movil");
        page.press("Enter");
        page.comes_to("told[1]", json!(["fichero:search", { "query": "movil", "total": null }]));
        page.comes_to("location.pathname.startsWith('/made/')", true);
        page.comes_to("localStorage.length", 0);
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn searches_are_remembered_only_where_that_is_switched_on() {
    browse(|page| {
        at_box(page, "<fichero-search></fichero-search>");
        page.run("cancelled.push('fichero:search')");
        page.write("becas");
        page.press("Enter");
        page.until("told.length");
        page.comes_to("localStorage.length", 0);

        at_box(page, "<fichero-search recent></fichero-search>");
        page.run("cancelled.push('fichero:search')");
        for query in ["uno", "dos", "uno"] {
            page.press("Control+a");
            page.write(query);
            page.press("Enter");
        }
        page.comes_to("localStorage['fichero.searches']", r#"["uno","dos"]"#);
        page.press("Control+a");
        page.press("Backspace");
        page.press("ArrowDown");
        page.comes_to(
            "texts('[aria-label=\"Búsquedas recientes\"] [role=option]')",
            json!(["uno", "dos", "Borrar las búsquedas recientes"]),
        );
        page.comes_to(active(), 0);
        page.press("ArrowDown");
        page.run("cancelled = []; addEventListener('submit', (event) => event.preventDefault())");
        page.press("Enter");
        page.comes_to(
            "told.slice(-2).map(([name, { type, query }]) => [name, type ?? null, query])",
            json!([["fichero:select", "recent", "dos"], ["fichero:search", Value::Null, "dos"]]),
        );
        page.comes_to("localStorage['fichero.searches']", r#"["dos","uno"]"#);
        page.press("Control+a");
        page.press("Backspace");
        page.click(INPUT);
        page.until("seen('[role=option]').length > 2");
        for _ in 0..3 {
            page.press("ArrowDown");
        }
        page.press("Enter");
        page.comes_to("JSON.parse(localStorage['fichero.searches'])", json!([]));
        is_closed(page);
    });
}
