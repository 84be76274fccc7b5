//! The geometry of hits with pictures, on the results page and in the widgets, on a phone and on a wide
//! screen:
//!
//! * a title begins beside its picture or above its end, never below it, and no text is covered by one;
//! * pictures of any proportion have the same size, from before they are loaded: nothing moves;
//! * one that cannot be had shows nothing broken.

use std::fs;
use std::sync::LazyLock;

use fichero::http::Settings;
use serde_json::json;

use crate::page::{Page, browse};
use crate::sites::{SITE, made_with, serve};
use crate::support::served::index_with;

/// Where fichero answers of ten articles with pictures: wide ones, tall ones, and one that is missing.
static FICHERO: LazyLock<String> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let sizes = ["1600x400", "300x900", "64x64", "1200x800"];
    let records: String = (0..10)
        .map(|number| {
            let picture = if number == 9 { "/missing" } else { &format!("/picture/{}", sizes[number % 4]) };
            let record = json!({
                "id": format!("{number}"), "lang": "es", "url": format!("https://www.ires.example/{number}"),
                "title": format!("{number}. Una biblioteca para cada universidad de la región, y lo que cuesta mantenerla"),
                "body": "La biblioteca presta libros a toda la región. ".repeat(9),
                "topics": ["Programas/Bibliotecas"], "image": format!("{}{picture}", *SITE),
                "published_at": format!("2024-01-{:02}", 20 - number),
            });
            format!("{record}\n")
        })
        .collect();
    fs::write(folder.path().join("a.jsonl"), records).unwrap();
    let site = index_with(&folder.path().join("a.jsonl"), &folder.path().join("data"), Settings::default());
    // Its files are open for as long as the router lives.
    serve(site.router)
});

/// Scrolls through the page, so that every picture is loaded or given up.
fn load(page: &Page, pictures: &str) {
    page.until(&format!("{pictures}.length > 0"));
    page.until(&format!(
        "{pictures}.every((picture) => picture.complete || (picture.scrollIntoView(), false)) && (scrollTo(0, 0), true)"
    ));
}

/// Adds up in `moved` how far things move by themselves, in parts of the screen.
const SHIFTS: &str = "window.moved = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((shift) => { if (!shift.hadRecentInput) moved += shift.value; }))
        .observe({ type: 'layout-shift', buffered: true });";

/// What is wrong with the places of pictures and texts in the items of a list.
fn misplaced(items: &str, title: &str) -> String {
    format!(
        "{items}.flatMap((item) => {{
            const picture = item.querySelector('img')?.getBoundingClientRect();
            if (!picture?.width) return [];
            const lines = [...item.querySelectorAll('h2, h3, h4, p')].flatMap((text) => {{
                const range = document.createRange();
                range.selectNodeContents(text);
                return [...range.getClientRects()].map((line) => [text, line]);
            }});
            const covers = ({{ left, right, top, bottom }}) =>
                left < picture.right - 1 && right > picture.left + 1 && top < picture.bottom - 1 && bottom > picture.top + 1;
            const covered = lines.filter(([, line]) => covers(line)).map(([text]) => `covered: ${{text.textContent}}`);
            const begin = lines.find(([text]) => text.matches('{title}'))[1].top;
            return begin < picture.bottom - 1 ? covered : [...covered, `below its picture: ${{item.textContent}}`];
        }})"
    )
}

/// Opens a page and looks at its pictures; `items`, `pictures` and `title` select them.
fn look(page: &Page, address: &str, items: &str, title: &str) {
    let pictures = format!("{items}.map((item) => item.querySelector('img')).filter(Boolean)");
    for (width, height) in [(360, 740), (768, 1024), (1280, 900)] {
        page.is_sized(width, height);
        page.open(address);
        load(page, &pictures);
        page.comes_to(&format!("{items}.length"), 10);
        page.comes_to(&misplaced(items, title), json!([]));
        let sizes = "filter((picture) => picture.naturalWidth).map(({ width, height }) => `${width}x${height}`)";
        page.comes_to(&format!("new Set({pictures}.{sizes}).size"), 1);
        page.comes_to("moved", 0);
        // In the place of the picture that is missing the browser would write its text.
        let texts = "filter((picture) => !picture.naturalWidth).map((picture) => picture.alt).join('')";
        page.comes_to(&format!("{pictures}.{texts}"), "");
        page.complains_only_of("404");
    }
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn titles_stand_beside_their_pictures_and_nothing_moves() {
    let widget = made_with(
        "es",
        &format!("<script type=module src={}/widgets/fichero.js></script>", *FICHERO),
        &format!("<fichero-search server={} results=inline></fichero-search>", *FICHERO),
        None,
    );
    browse(|page| {
        page.cdp("Page.addScriptToEvaluateOnNewDocument", &json!({ "source": SHIFTS }));
        look(page, &format!("{}/search?q=biblioteca&ui_lang=es", *FICHERO), "all('.hits li')", "h2");
        look(page, &format!("{widget}?f-q=biblioteca"), "seen('[part=item]')", "[part=title]");
    });
}
