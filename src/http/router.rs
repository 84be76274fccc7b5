//! The routes, and the layers that every request passes.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::{HeaderValue, Request, header};
use axum::middleware::{from_fn, from_fn_with_state, map_request, map_response};
use axum::response::Response;
use tower_http::trace::{DefaultOnFailure, DefaultOnResponse, TraceLayer};
use tracing::Level;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::docs::openapi::ApiDocument;
use super::route_group::{self, RouteGroup, RouteTable};
use super::state::App;
use super::state::settings::Settings;
use super::{api, docs, formats, middleware, ops, pages, widgets};
use crate::engine::CurrentEngine;

/// The routes with their OpenAPI description, and the group of each.
struct Routes {
    router: OpenApiRouter<App>,
    table: RouteTable,
}

impl Routes {
    fn with(mut self, group: RouteGroup, routes: OpenApiRouter<App>) -> Routes {
        self.table.add(group, &routes.get_openapi().paths);
        self.router = self.router.merge(routes);
        self
    }

    /// All routes, in the order of the documentation.
    fn all(settings: &Settings) -> Routes {
        let none = Routes {
            router: OpenApiRouter::with_openapi(docs::openapi::outline(settings)),
            table: RouteTable::default(),
        };
        let group = OpenApiRouter::new;
        none.with(RouteGroup::Page, group().routes(routes!(pages::welcome)).routes(routes!(pages::results)))
            .with(
                RouteGroup::Api,
                group()
                    .routes(routes!(api::search::search, api::search::search_by_json))
                    .routes(routes!(api::search::multi_search))
                    .routes(routes!(api::suggest::suggest))
                    .routes(routes!(api::suggest::suggest_for_browsers))
                    .routes(routes!(formats::atom::feed))
                    .routes(routes!(formats::opensearch::description))
                    .routes(routes!(api::topics::topics))
                    .routes(routes!(api::recent::recent))
                    .routes(routes!(api::articles::article_by_query))
                    .routes(routes!(api::articles::article_by_id))
                    .routes(routes!(api::related::related_by_id))
                    .routes(routes!(api::related::related_by_query, api::related::related_to_draft)),
            )
            .with(RouteGroup::Admin, api::push::routes().merge(api::admin::routes()))
            .with(
                RouteGroup::Operator,
                group()
                    .routes(routes!(ops::health::livez))
                    .routes(routes!(ops::health::readyz))
                    .routes(routes!(ops::metrics::metrics)),
            )
            .with(RouteGroup::Api, group().routes(routes!(docs::routes::openapi)))
            .with(RouteGroup::Page, group().routes(routes!(docs::routes::docs)))
            .with(RouteGroup::Api, group().routes(routes!(widgets::script)))
            .with(RouteGroup::Block, group().routes(routes!(pages::related)))
    }
}

/// Sets the headers that keep browsers from guessing another content type and from sending a
/// reader's query to another site.
async fn guard(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// The router, which answers from the engine that is current at the time of a request. It needs a
/// runtime with timers.
pub fn router(current: Arc<dyn CurrentEngine>, settings: Settings) -> Router {
    LazyLock::force(&ops::metrics::STARTED);
    let Routes { router, table } = Routes::all(&settings);
    let (routes, api) = router.split_for_parts();
    let app = App::new(current, table, ApiDocument::of(api, &settings), settings);
    let trace = TraceLayer::new_for_http()
        // The path only: queries are not logged.
        .make_span_with(|request: &Request<_>| {
            tracing::info_span!("request", method = %request.method(), path = request.uri().path())
        })
        .on_response(DefaultOnResponse::new().level(Level::DEBUG))
        // A fault is logged with its cause where it is found; a server that is not ready is none.
        .on_failure(DefaultOnFailure::new().level(Level::DEBUG));
    let routes = routes
        .fallback(ops::health::no_such_route)
        .method_not_allowed_fallback(ops::health::no_such_method)
        // Layers run in reverse order of registration: the last one sees the request first.
        .layer(from_fn_with_state(app.clone(), middleware::caching::cache))
        .layer(from_fn_with_state(app.clone(), middleware::timeouts::limit_time))
        .layer(from_fn_with_state(app.clone(), middleware::rate_limit::limit_rate))
        .layer(from_fn(middleware::timeouts::limit_headers))
        .layer(from_fn_with_state(app.clone(), middleware::html_errors::render_errors))
        .layer(middleware::compression::layer())
        .layer(from_fn(middleware::compression::refuse))
        .layer(from_fn_with_state(app.clone(), middleware::cors::share))
        .layer(from_fn(middleware::cors::options))
        .layer(from_fn_with_state(app.clone(), middleware::observe::observe))
        .layer(from_fn_with_state(app.clone(), route_group::identify))
        .layer(trace)
        .with_state(app);
    Router::new()
        .fallback_service(routes)
        .layer(map_request(middleware::id_in_path::encode_slashes))
        .layer(map_response(middleware::cors::allow_options))
        .layer(map_response(guard))
}

#[cfg(test)]
mod tests {
    use axum::http::Method;

    use super::*;

    #[test]
    fn a_request_has_the_group_of_its_route() {
        let table = Routes::all(&Settings::default()).table;
        for (method, template, path, expected) in [
            (Method::GET, Some("/v1/search"), "/v1/search", RouteGroup::Api),
            (Method::POST, Some("/v1/search"), "/v1/search", RouteGroup::Api),
            (Method::HEAD, Some("/v1/articles/{id}"), "/v1/articles/x", RouteGroup::Api),
            (Method::PUT, Some("/v1/articles/{id}"), "/v1/articles/x", RouteGroup::Admin),
            (Method::DELETE, Some("/v1/articles/{id}"), "/v1/articles/x", RouteGroup::Admin),
            (Method::POST, Some("/v1/articles"), "/v1/articles", RouteGroup::Admin),
            (Method::PUT, Some("/v1/articles"), "/v1/articles", RouteGroup::Admin),
            (Method::DELETE, Some("/v1/articles"), "/v1/articles", RouteGroup::Admin),
            (Method::GET, Some("/v1/articles"), "/v1/articles", RouteGroup::Api),
            (Method::GET, Some("/v1/tasks/{id}"), "/v1/tasks/7", RouteGroup::Admin),
            (Method::GET, Some("/v1/reindex"), "/v1/reindex", RouteGroup::Admin),
            (Method::PATCH, Some("/v1/rollback"), "/v1/rollback", RouteGroup::Admin),
            (Method::GET, Some("/metrics"), "/metrics", RouteGroup::Operator),
            (Method::DELETE, Some("/health/readyz"), "/health/readyz", RouteGroup::Operator),
            (Method::GET, Some("/"), "/", RouteGroup::Page),
            (Method::POST, Some("/search"), "/search", RouteGroup::Page),
            (Method::GET, Some("/docs"), "/docs", RouteGroup::Page),
            (Method::GET, Some("/search.atom"), "/search.atom", RouteGroup::Api),
            (Method::GET, Some("/openapi.json"), "/openapi.json", RouteGroup::Api),
            (Method::GET, Some("/widgets/fichero.js"), "/widgets/fichero.js", RouteGroup::Api),
            (Method::GET, Some("/widgets/related"), "/widgets/related", RouteGroup::Block),
            (Method::GET, None, "/v1/nothing", RouteGroup::Api),
            (Method::GET, None, "/v1", RouteGroup::Api),
            (Method::GET, None, "/health/nothing", RouteGroup::Operator),
            (Method::GET, None, "/v1x", RouteGroup::Page),
            (Method::GET, None, "/nothing/v1", RouteGroup::Page),
            (Method::GET, None, "//v1", RouteGroup::Page),
            (Method::GET, None, "/widgets/nothing", RouteGroup::Page),
        ] {
            assert_eq!(table.group(template, &method, path), expected, "{method} {path}");
        }
    }
}
