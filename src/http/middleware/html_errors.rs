//! Renders error responses as HTML for clients that prefer it; the status is unchanged.

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use maud::html;

use crate::http::error::problem::ReportedProblem;
use crate::http::pages::layout::{self, PageLayout, SiteFrame, form};
use crate::http::pages::locale::Reader;
use crate::http::paths;
use crate::http::request::negotiation;
use crate::http::request::query::Params;
use crate::http::request::registry::{Q, Reading, UI_LANG};
use crate::http::route_group::RouteGroup;
use crate::http::state::App;

/// Renders the errors of routes for readers. It must wrap all layers that can fail.
pub(crate) async fn render_errors(State(app): State<App>, request: Request, next: Next) -> Response {
    let group = RouteGroup::of(&request);
    if !matches!(group, RouteGroup::Page | RouteGroup::Block) {
        return next.run(request).await;
    }
    let failed = FailedRequest {
        has_route: request.extensions().get::<MatchedPath>().is_some(),
        method: request.method().clone(),
        uri: request.uri().clone(),
        headers: request.headers().clone(),
    };
    let response = next.run(request).await;
    let Some(ReportedProblem(problem)) = response.extensions().get::<ReportedProblem>() else { return response };
    let rendered = match group {
        RouteGroup::Page if negotiation::prefers_page(&failed.headers) => {
            failed.page(&app, problem.code(), problem.parameters(), response.status())
        }
        RouteGroup::Block if !negotiation::prefers_data(&failed.headers) => {
            (response.status(), layout::guarded(), Body::empty()).into_response()
        }
        _ => return response,
    };
    // The problem's own headers stay, such as `Allow`, `Retry-After` and `Cache-Control`.
    let (mut parts, _) = response.into_parts();
    let (rendered_parts, body) = rendered.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    for (name, value) in &rendered_parts.headers {
        parts.headers.insert(name, value.clone());
    }
    Response::from_parts(parts, body)
}

/// The parts of a failed request that an error page needs.
struct FailedRequest {
    /// Whether its address has a route.
    has_route: bool,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl FailedRequest {
    fn page(&self, app: &App, code: &str, parameters: &[String], status: StatusCode) -> Response {
        let params = Params::from_address::<Reading>(self.uri.query());
        let ui_lang = params.one(&UI_LANG).ok().flatten();
        let q = params.one(&Q).ok().flatten().unwrap_or_default();
        let site = SiteFrame::of(&app.settings, &self.uri, &self.headers);
        let reader = Reader::of(ui_lang.as_deref(), &self.headers);
        let label = label_of(code);
        let title = reader.label(&format!("p-{label}"));
        let page = PageLayout {
            site: &site,
            reader: &reader,
            path: None,
            ui_lang: ui_lang.as_deref(),
            title,
            is_front: false,
            head: html! { meta name="robots" content="noindex"; },
            in_lang: &|lang| self.query_in(lang),
            main: html! {
                p.total { (reader.label_with("status", &[("n", status.as_str())])) }
                h1 { (title) }
                p.lead { (reader.label(&format!("d-{label}"))) }
                @if !parameters.is_empty() {
                    p { (reader.label_with_html("parts", &html! { strong { (parameters.join(", ")) } })) }
                }
                (form(&site, &reader, &q, ui_lang.as_deref().map(|lang| (UI_LANG.name, lang)).into_iter()))
                ul.ways {
                    @if let Some(again) = self.again(&site).filter(|_| status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS) {
                        li { a href=(again) rel="nofollow" { (reader.label("again")) } }
                    }
                    li { a href=(site.link(paths::RESULTS_PAGE, &layout::lang_query(ui_lang.as_deref()))) { (reader.label("newest")) } }
                    li { a href=(site.link(paths::FRONT_PAGE, &layout::lang_query(ui_lang.as_deref()))) { (reader.label("home")) } }
                }
            },
            foot: html! {},
        };
        page.answer(status)
    }

    /// The query string of the same address in another language.
    fn query_in(&self, lang: &str) -> String {
        let pairs = form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes());
        let others = pairs.filter(|(name, _)| name != UI_LANG.name);
        form_urlencoded::Serializer::new(String::new()).extend_pairs(others).append_pair(UI_LANG.name, lang).finish()
    }

    /// The same address, for trying again. Only for a read of an existing route, because any other
    /// address could lead anywhere.
    fn again(&self, site: &SiteFrame) -> Option<String> {
        let is_read = matches!(self.method, Method::GET | Method::HEAD);
        (is_read && self.has_route).then(|| site.link(self.uri.path(), self.uri.query().unwrap_or_default()))
    }
}

/// The label of a problem on an error page; several codes share one.
fn label_of(code: &str) -> &'static str {
    match code {
        "no-such-route" => "no-such-route",
        "no-such-article" => "no-such-article",
        "method-not-allowed" => "method-not-allowed",
        "bad-value" | "unknown-parameter" => "bad-value",
        "not-ready" => "not-ready",
        "too-busy" | "took-too-long" | "rate-limited" | "locked" => "busy",
        "headers-too-large" | "body-too-large" => "too-long",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use tower::ServiceExt;

    use super::*;
    use crate::http::docs::openapi;
    use crate::http::error::problem::Problem;
    use crate::http::route_group::RouteTable;
    use crate::http::state::settings::Settings;
    use crate::indexing::index_updater::EngineSlot;

    type Fault = fn() -> Problem;

    /// The response of a route in a group that fails with a problem that tests cannot provoke
    /// otherwise.
    async fn rendered(problem: Fault, group: RouteGroup, accept: &str) -> (StatusCode, String) {
        let settings = Settings::default();
        let document = openapi::ApiDocument::of(openapi::outline(&settings), &settings);
        let app = App::new(EngineSlot::default(), RouteTable::default(), document, settings);
        let router = axum::Router::new()
            .fallback(move || async move { problem() })
            .layer(axum::middleware::from_fn_with_state(app, render_errors))
            .layer(axum::Extension(group));
        let request = Request::get("/").header(header::ACCEPT, accept).body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        let status = response.status();
        let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn errors_are_rendered_by_the_group_of_the_route() {
        let cases: [(Fault, u16, &str); 7] = [
            (Problem::too_busy, 503, "Too many searches at once"),
            (Problem::took_too_long, 503, "Too many searches at once"),
            (Problem::body_too_slow, 408, "Something went wrong"),
            (|| Problem::internal(&std::fmt::Error), 500, "Something went wrong"),
            (Problem::bad_host, 400, "Something went wrong"),
            (Problem::no_encoding, 406, "Something went wrong"),
            (|| Problem::too_large(9), 413, "The request is too long"),
        ];
        for (problem, status, title) in cases {
            let (page_status, page) = rendered(problem, RouteGroup::Page, "text/html").await;
            assert_eq!(page_status.as_u16(), status);
            assert!(page.contains(&format!("<h1>{title}</h1>")), "{page}");
            assert_eq!(rendered(problem, RouteGroup::Block, "text/html").await, (page_status, String::new()));
            for (group, accept) in [
                (RouteGroup::Page, "*/*"),
                (RouteGroup::Api, "text/html"),
                (RouteGroup::Admin, "text/html"),
                (RouteGroup::Operator, "text/html"),
                (RouteGroup::Block, "application/json"),
            ] {
                let (data_status, data) = rendered(problem, group, accept).await;
                assert!(data_status == page_status && data.starts_with("{\"type\""), "{data}");
            }
        }
    }
}
