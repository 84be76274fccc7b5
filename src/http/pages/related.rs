//! The related block as HTML, for sites that include it on the server.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::card;
use super::layout;
use super::locale::Reader;
use crate::engine::{Reason, RelatedHit, RelatedTo, SearchEngine};
use crate::http::api::articles::key;
use crate::http::api::related::RelatedParams;
use crate::http::error::problem::Problem;
use crate::http::error::responses::{BlockErrors, Problems};
use crate::http::request::clock;
use crate::http::request::query::InQuery;
use crate::http::request::registry::{BLOCK_LANG, Including, LEVEL, REASONS};
use crate::http::state::App;

/// The most reasons, and the most words of one; the widget has the same limit.
const MAX_REASONS: usize = 3;

/// The related block as HTML
///
/// The works of `GET /v1/related` as a `<section>` to be put into a page on the server (SSI, ESI):
/// no style, no script, a class at everything. Where there is nothing to show, and where something
/// is wrong, the body is empty, so that no error stands in a page; who prefers
/// `application/problem+json` is told what it is.
#[utoipa::path(
    get,
    path = "/widgets/related",
    operation_id = "relatedBlock",
    tag = "Widgets",
    params(InQuery<Including>),
    responses((status = 200, description = "The block, or nothing", body = String, content_type = "text/html"), Problems<BlockErrors>)
)]
pub(crate) async fn related(
    State(app): State<App>,
    InQuery { params, .. }: InQuery<Including>,
) -> Result<Response, Problem> {
    let key = key(&params)?;
    let request = RelatedParams::read(&params, &app.settings)?;
    let lang = params.one(&BLOCK_LANG)?;
    let (level, has_reasons) = (params.whole(&LEVEL)?, params.choice(&REASONS)?);
    let work = move |engine: &dyn SearchEngine| {
        let engine = engine.at_present();
        let lang = match lang {
            Some(lang) => lang,
            None => engine.article(&key, clock::now_s())?.ok_or_else(Problem::no_article)?.card.lang,
        };
        Ok((lang, request.answer(engine.as_ref(), RelatedTo::Article(key))?.hits))
    };
    let (lang, hits) = app.with_engine(work).await?;
    let block = Block { reader: Reader::for_language(&lang), level, has_reasons };
    let lang = [(header::CONTENT_LANGUAGE, HeaderValue::from_static(block.reader.lang))];
    Ok((lang, layout::guarded(), block.write(&hits).into_string()).into_response())
}

struct Block {
    reader: Reader,
    level: usize,
    has_reasons: bool,
}

impl Block {
    fn write(&self, hits: &[RelatedHit]) -> Markup {
        let title = self.reader.label("related");
        html! {
            @if !hits.is_empty() {
                section.fichero-related lang=(self.reader.lang) aria-label=(title) {
                    (heading(self.level, "fichero-related-heading", None, &html! { (title) }))
                    ul.fichero-related-list role="list" {
                        @for hit in hits { li.fichero-related-item { (self.item(hit)) } }
                    }
                }
            }
        }
    }

    fn item(&self, hit: &RelatedHit) -> Markup {
        let (reader, card) = (&self.reader, &hit.card);
        let reasons = if self.has_reasons { self.reasons(&hit.reasons) } else { String::new() };
        let link =
            card::link(card.url.as_deref(), &card.lang, Some("fichero-related-link"), &html! { (card.heading()) });
        html! {
            @if let Some(picture) = card::picture(card) { img.fichero-related-image src=(picture) alt="" loading="lazy"; }
            @if !card.topics.is_empty() { p.fichero-related-topics lang=(card.lang) dir="auto" { (card::topics(&card.topics)) } }
            (heading(self.level + 1, "fichero-related-title", Some(&card.lang), &link))
            p.fichero-related-meta { (card::facts(reader, card, None)) }
            @if !reasons.is_empty() { p.fichero-related-reasons { (reasons) } }
        }
    }

    fn reasons(&self, reasons: &[Reason]) -> String {
        let texts: Vec<String> = reasons.iter().filter_map(|reason| self.reason(reason)).take(MAX_REASONS).collect();
        texts.join(" · ")
    }

    /// The text of a reason; `None` for the fallback tiers of kind and date.
    fn reason(&self, reason: &Reason) -> Option<String> {
        let (key, what) = match reason {
            Reason::Terms { terms } => ("by-terms", self.reader.list(terms.get(..MAX_REASONS).unwrap_or(terms))),
            Reason::LinkedFromHere => ("by-linked-from-here", String::new()),
            Reason::LinksHere => ("by-links-here", String::new()),
            Reason::Series { series } => ("by-series", series.clone()),
            Reason::Topic { label, .. } => ("by-topic", label.clone()),
            Reason::Author { author } => ("by-author", author.clone()),
            Reason::Kind | Reason::Recent => return None,
        };
        Some(self.reader.label_with(key, &[("what", &what)]))
    }
}

/// A heading of a level; HTML has none below the sixth.
fn heading(level: usize, class: &str, lang: Option<&str>, content: &Markup) -> Markup {
    let dir = lang.map(|_| "auto");
    match level {
        2 => html! { h2 class=(class) lang=[lang] dir=[dir] { (content) } },
        3 => html! { h3 class=(class) lang=[lang] dir=[dir] { (content) } },
        4 => html! { h4 class=(class) lang=[lang] dir=[dir] { (content) } },
        5 => html! { h5 class=(class) lang=[lang] dir=[dir] { (content) } },
        _ => html! { h6 class=(class) lang=[lang] dir=[dir] { (content) } },
    }
}
