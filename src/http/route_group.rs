//! The audience of a route, which follows from its group in `router.rs`.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use utoipa::openapi::Paths;
use utoipa::openapi::path::PathItem;

/// A group of routes. Rate limits, CORS, caching and the format of errors depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RouteGroup {
    /// Data: the search API, feeds, descriptions, the script of the widgets.
    Api,
    /// Pages for readers; their errors are pages.
    Page,
    /// Blocks that other servers include in their pages. An error must not spoil the page.
    Block,
    /// Changes: never allowed to cross-origin pages.
    Admin,
    /// Monitoring: never limited, so that a busy server can be observed.
    Operator,
}

impl RouteGroup {
    /// The group of a request, as set by [`identify`]; `Page` without it.
    pub(crate) fn of(request: &Request) -> RouteGroup {
        request.extensions().get().copied().unwrap_or(RouteGroup::Page)
    }

    /// Whether everybody may request it, from any origin, within the rate limit.
    pub(crate) fn is_public(self) -> bool {
        matches!(self, RouteGroup::Api | RouteGroup::Page | RouteGroup::Block)
    }
}

/// The group of every route.
#[derive(Debug, Default)]
pub(crate) struct RouteTable {
    /// By the route's template, such as `/v1/articles/{id}`: the group of each of its methods.
    routes: HashMap<String, Vec<(Method, RouteGroup)>>,
    /// By the first segment of a path: the groups of its routes.
    areas: HashMap<String, Vec<RouteGroup>>,
}

impl RouteTable {
    /// Adds the routes of a group, as found in their OpenAPI description.
    pub(crate) fn add(&mut self, group: RouteGroup, paths: &Paths) {
        for (template, item) in &paths.paths {
            let methods = methods_of(item).into_iter().map(|method| (method, group));
            self.routes.entry(template.clone()).or_default().extend(methods);
            self.areas.entry(area_of(template).to_owned()).or_default().push(group);
        }
    }

    /// The group of a method of a route. An unsupported method has the group of the route's first
    /// method; a path without a route has the group of the routes with the same first segment.
    pub(crate) fn group(&self, template: Option<&str>, method: &Method, path: &str) -> RouteGroup {
        let Some(methods) = template.and_then(|template| self.routes.get(template)) else {
            return self.group_of_area(path);
        };
        let method = if matches!(*method, Method::HEAD | Method::OPTIONS) { &Method::GET } else { method };
        let exact = methods.iter().find(|(known, _)| known == method);
        exact.or(methods.first()).map_or(RouteGroup::Page, |(_, group)| *group)
    }

    fn group_of_area(&self, path: &str) -> RouteGroup {
        let groups = self.areas.get(area_of(path)).map(Vec::as_slice).unwrap_or_default();
        let are_pages = groups.iter().any(|group| matches!(group, RouteGroup::Page | RouteGroup::Block));
        groups.first().copied().filter(|_| !are_pages).unwrap_or(RouteGroup::Page)
    }
}

/// The methods in the description of a path.
fn methods_of(item: &PathItem) -> Vec<Method> {
    let described = [
        (Method::GET, item.get.is_some()),
        (Method::PUT, item.put.is_some()),
        (Method::POST, item.post.is_some()),
        (Method::DELETE, item.delete.is_some()),
    ];
    described.into_iter().filter(|(_, exists)| *exists).map(|(method, _)| method).collect()
}

/// The first segment of a path.
fn area_of(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or_default()
}

/// Sets the group of a request for the inner layers. A preflight has the group of the request that
/// it announces.
pub(crate) async fn identify(State(routes): State<Arc<RouteTable>>, mut request: Request, next: Next) -> Response {
    let requested = preflight_method(request.method(), request.headers());
    let template = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let group = routes.group(template, requested.as_ref().unwrap_or(request.method()), request.uri().path());
    request.extensions_mut().insert(group);
    next.run(request).await
}

/// The method that a CORS preflight announces; `None` where the request is no preflight.
pub(crate) fn preflight_method(method: &Method, headers: &HeaderMap) -> Option<Method> {
    if method != Method::OPTIONS || !headers.contains_key(header::ORIGIN) {
        return None;
    }
    let requested = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
    Method::from_bytes(requested.as_bytes()).ok()
}

/// The route's template, such as `/v1/articles/{id}`: the label of its metrics.
pub(crate) fn route_of(request: &Request) -> String {
    request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned()
}
