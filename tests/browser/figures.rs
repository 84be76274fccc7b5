//! What the results' page weighs and how soon it is seen:
//!
//! * page, style and script together, as they are sent, are at most 40 KB without pictures;
//! * the largest contentful paint over loopback is printed, not judged.

use serde_json::json;

use crate::page::browse;
use crate::sites::FICHERO;

const MAX_BYTES: f64 = 40.0 * 1024.0;
const LOADS: usize = 9;

/// Resolves to the moment of the largest paint, once the page stands still.
const LARGEST_PAINT: &str =
    "return new Promise((done) => new PerformanceObserver((list) => done(list.getEntries().at(-1).startTime))
    .observe({ type: 'largest-contentful-paint', buffered: true }))";

/// What was sent for the page and all that it loaded but pictures, with its kinds.
const TRANSFER: &str = "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .filter((entry) => entry.initiatorType !== 'img').map((entry) => [new URL(entry.name).pathname, entry.transferSize])";

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn the_results_page_is_light_and_soon_seen() {
    let address = format!("{}/search?q=reconocimiento+de+titulos&ui_lang=es", *FICHERO);
    let mut paints = Vec::new();
    browse(|page| {
        page.cdp("Network.enable", &json!({}));
        page.cdp("Network.setCacheDisabled", &json!({ "cacheDisabled": true }));
        for _ in 0..LOADS {
            page.open("about:blank");
            page.open(&address);
            page.until("customElements.get('fichero-search') && document.readyState === 'complete'");
            paints.push(page.run(LARGEST_PAINT).as_f64().unwrap());
        }
        let sent = page.eval(TRANSFER);
        let bytes: f64 = sent.as_array().unwrap().iter().filter_map(|entry| entry[1].as_f64()).sum();
        println!("the results' page: {:.1} KB without pictures: {sent}", bytes / 1024.0);
        assert!(
            sent.as_array().unwrap().iter().any(|entry| entry[0] == "/widgets/fichero.js" && entry[1] != 0),
            "{sent}"
        );
        assert!(bytes <= MAX_BYTES, "{sent}");
    });
    paints.sort_by(f64::total_cmp);
    println!(
        "its largest contentful paint, nothing cached: median {:.0} ms, best {:.0}, worst {:.0} of {LOADS}",
        paints[LOADS / 2],
        paints[0],
        paints[LOADS - 1]
    );
}
