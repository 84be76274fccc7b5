//! The blocks of related and of recent articles:
//!
//! * they show what fichero answers, in its order, in the page's language, and say when they do;
//! * they are asked for when they come near the screen, not before;
//! * what is related is not shown among what is recent;
//! * with nothing to show, a slow, failing or absent server: nothing is seen and no room is taken;
//! * reasons stand in a line or a tooltip, which focus and mouse show and Escape takes away;
//! * the page is told what is followed, and may forbid it.

use serde_json::{Value, json};

use crate::page::{Page, browse};
use crate::sites::{AWAY, Stand, demo, made, made_with};
use crate::support::served::good;

const ARTICLE: &str = "es/recognition-refugees";

fn titles(answer: &Value) -> Value {
    answer["hits"].as_array().unwrap().iter().map(|hit| hit["title"].clone()).collect()
}

fn shown(selector: &str) -> String {
    format!(
        "all('{selector}').flatMap((block) => [...block.shadowRoot.querySelectorAll('[part=title]')].map((title) => title.textContent))"
    )
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn an_article_shows_what_is_related_and_recent() {
    browse(|page| {
        page.open(&demo("es/recognition-refugees.html"));
        page.comes_to(
            "all('fichero-related, fichero-recent').filter((block) => block.hasAttribute('filled')).length",
            0,
        );
        page.run("one('fichero-related').scrollIntoView()");
        let related = good(&format!("/v1/related?id={ARTICLE}&limit=6"));
        page.comes_to(&shown("fichero-related"), titles(&related));
        // What is related is not shown again.
        let elsewhere: Vec<&str> = related["hits"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hit| hit["id"].as_str().unwrap())
            .chain([ARTICLE])
            .collect();
        let exclude = elsewhere.join("&exclude=");
        let recent = good(&format!("/v1/recent?kind=press-release&limit=3&ui_lang=es&exclude={exclude}"));
        page.comes_to(&shown("fichero-recent"), titles(&recent));
        page.comes_to(
            "texts('[part=heading]')",
            json!(["Contenidos relacionados", "Otros comunicados de prensa recientes"]),
        );
        page.comes_to("all('fichero-related, fichero-recent').every((block) => block.hasAttribute('filled'))", true);
        page.comes_to("all('section').every((part) => part.ariaLabelledByElements?.[0]?.matches('h2') ?? true)", true);
        page.comes_to(
            "all('fichero-related [part=link], [part=title][lang]').every((title) => title.lang !== '')",
            true,
        );
        // The date of the page's language.
        page.until("/^\\d+ de [a-z]+ de \\d{4}$/.test(text('time'))");
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn a_block_is_asked_for_when_it_comes_near_the_screen() {
    browse(|page| {
        let stand = Stand::new();
        let body = format!(
            "<fichero-related id=near article={ARTICLE} langs=any topic_not='events,news' limit=2 server={0}></fichero-related>\
            <div style='height: 5000px'></div><fichero-recent id=far server={0}></fichero-recent>",
            stand.address
        );
        page.open(&made("es", &body));
        let asked = stand.next();
        let expected =
            [("id", ARTICLE), ("limit", "2"), ("lang", "any"), ("topic_not", "events"), ("topic_not", "news")];
        assert_eq!(asked.path, "/v1/related");
        assert_eq!(asked.parameters, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        asked.forward();
        page.until("one('#near').hasAttribute('filled')");
        assert!(stand.is_quiet(), "what is far is not asked for");
        page.run("scrollTo(0, 5000)");
        let asked = stand.next();
        assert_eq!(asked.path, "/v1/recent");
        let here = page.until_at("/made/");
        let related = good(&format!("/v1/related?id={ARTICLE}&limit=2&lang=any&topic_not=events&topic_not=news"));
        let ids: Vec<&str> =
            related["hits"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap()).collect();
        let expected =
            [("exclude", here.as_str()), ("exclude", ids[0]), ("exclude", ids[1]), ("ui_lang", "es"), ("limit", "3")];
        assert_eq!(asked.parameters, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        // A page that takes it away does not wait for it.
        page.run("one('#far').remove()");
        crate::support::wait_until("the question to be given up", || asked.is_given_up());
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn no_work_stands_in_both_blocks() {
    browse(|page| {
        // All that there is of the kind is related, in the order of another block.
        let blocks = format!(
            "<fichero-recent limit=40></fichero-recent><div style='height: 5000px'></div><fichero-related article={ARTICLE} limit=30></fichero-related>"
        );
        let related = good(&format!("/v1/related?id={ARTICLE}&limit=30"));
        let recent = good("/v1/recent?limit=40&ui_lang=es");
        let works = |answer: &Value| -> Vec<Value> {
            answer["hits"].as_array().unwrap().iter().map(|hit| hit["work"].clone()).collect()
        };
        assert!(works(&related).iter().any(|work| works(&recent).contains(work)), "nothing could stand in both");
        page.open(&made("es", &blocks));
        page.until("one('fichero-recent').hasAttribute('filled')");
        page.comes_to(&shown("fichero-related"), titles(&related));
        page.comes_to(
            &format!("{}.filter((title) => {}.includes(title))", shown("fichero-recent"), shown("fichero-related")),
            json!([]),
        );
        // One that is taken away, or fails, holds nobody up.
        let stand = Stand::new();
        page.open(&made(
            "es",
            &format!(
                "<fichero-recent server={0}></fichero-recent><fichero-related server={0}></fichero-related>",
                stand.address
            ),
        ));
        let asked = stand.next();
        assert_eq!(asked.path, "/v1/related");
        assert!(stand.is_quiet(), "what is recent waits for it");
        asked.fail();
        let asked = stand.next();
        assert_eq!(asked.path, "/v1/recent");
        asked.forward();
        page.until("one('fichero-recent').hasAttribute('filled')");
        page.complains_only_of("500");
    });
}

/// Where the paragraphs of a page stand.
const PLACES: &str = "all('p').map((paragraph) => Math.round(paragraph.getBoundingClientRect().top))";

/// Counts in `window.over` the questions of a page that were answered, or failed, some time ago.
const COUNTING: &str = "<script>
    window.over = 0;
    const ask = window.fetch;
    window.fetch = (...question) => ask(...question).finally(() => setTimeout(() => over++, 100));
    </script><script type=module src=FICHERO/widgets/fichero.js></script>";

#[track_caller]
fn takes_no_room(page: &Page, bare: &Value) {
    page.comes_to(PLACES, bare.clone());
    page.comes_to(
        "[seen('[part=heading], [part=item]').length, document.documentElement.scrollHeight > innerHeight]",
        json!([0, false]),
    );
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn with_nothing_to_show_no_room_is_taken() {
    browse(|page| {
        let counting = |body: String| made_with("es", COUNTING, &body, None);
        for layout in [
            "<div>",
            "<div style='display: grid; gap: 3rem'>",
            "<div style='display: flex; flex-direction: column; gap: 3rem'>",
        ] {
            let body = |blocks: &str| format!("{layout}<p>Before</p>{blocks}<p>After</p></div>");
            page.open(&made("es", &body("")));
            let bare = page.eval(PLACES);
            let away = format!(
                "<fichero-related style='margin-block: 2rem' article={ARTICLE} server={AWAY}></fichero-related><fichero-recent server={AWAY}></fichero-recent>"
            );
            page.open(&counting(body(&away)));
            page.comes_to("over", 2);
            takes_no_room(page, &bare);
            page.complains_only_of("ERR_");

            let stand = Stand::new();
            let block = format!("<fichero-recent server={}></fichero-recent>", stand.address);
            page.open(&counting(body(&block)));
            let asked = stand.next();
            takes_no_room(page, &bare);
            asked.answer(&json!({ "hits": [] }));
            page.comes_to("over", 1);
            takes_no_room(page, &bare);
            page.reload();
            stand.next().fail();
            page.comes_to("over", 1);
            takes_no_room(page, &bare);
            page.complains_only_of("500");
            // A page that fichero does not know.
            page.open(&counting(body("<fichero-related url='https://elsewhere.example/'></fichero-related>")));
            page.comes_to("over", 1);
            takes_no_room(page, &bare);
            page.complains_only_of("404");
        }
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn reasons_are_a_line_or_a_tooltip() {
    browse(|page| {
        page.open(&made("es", &format!("<fichero-related article={ARTICLE} reasons=line></fichero-related>")));
        page.comes_to("texts('[part=line]').length", 6);
        page.until("texts('[part=line]').some((line) => line.startsWith('En común: '))");
        page.comes_to(
            "all('[part=link]').every((link) => link.ariaDescribedByElements?.[0]?.getAttribute('part') === 'line')",
            true,
        );

        page.open(&made("es", &format!("<fichero-related article={ARTICLE} reasons=tooltip></fichero-related>")));
        page.comes_to("all('[part=tooltip]').length", 6);
        page.comes_to("seen('[part=tooltip]').length", 0);
        page.press("Tab");
        page.comes_to("[focused().part.value, seen('[part=tooltip]').length]", json!(["link", 1]));
        page.press("Escape");
        page.comes_to("[focused().part.value, seen('[part=tooltip]').length]", json!(["link", 0]));
        page.press("Tab");
        page.comes_to("seen('[part=tooltip]').map((tip) => tip.id)", json!(["reasons-2"]));
        page.run("focused().blur()");
        page.hover("[part=link]");
        page.comes_to("seen('[part=tooltip]').map((tip) => tip.id)", json!(["reasons-1"]));
        // The pointer can go onto it, and it goes on.
        page.hover("[part=tooltip]");
        page.comes_to("seen('[part=tooltip]').map((tip) => tip.id)", json!(["reasons-1"]));
        page.press("Escape");
        page.comes_to("seen('[part=tooltip]').length", 0);

        page.open(&made("es", &format!("<fichero-related article={ARTICLE}></fichero-related>")));
        page.comes_to("[texts('[part=item]').length, all('[part=tooltip], [part=line]').length]", json!([6, 0]));
    });
}

#[test]
#[ignore = "needs Chromium and ChromeDriver"]
fn the_page_is_told_what_is_followed_and_may_forbid_it() {
    browse(|page| {
        let address = made("es", &format!("<fichero-related article={ARTICLE}></fichero-related>"));
        page.open(&address);
        page.until("seen('[part=link]').length");
        page.run("cancelled.push('related')");
        let second = good(&format!("/v1/related?id={ARTICLE}&limit=6"))["hits"][1].clone();
        // All of an item is its link.
        page.hold("[part=item]:nth-child(2) [part=meta]");
        page.release();
        let told = json!({ "type": "related", "position": 2, "id": second["id"], "url": second["url"], "lang": "es", "title": second["title"] });
        page.comes_to("told", json!([["fichero:select", told]]));
        page.comes_to("location.href", address);
    });
}
