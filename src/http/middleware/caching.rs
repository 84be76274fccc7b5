//! HTTP caching: entity tags, `Cache-Control` and `Vary`.
//!
//! The entity tag of a response from the index is a hash of everything that the response depends
//! on: the state of the index, the request, the settings, and the day. It is known before the
//! search runs, so an unchanged page costs one hash. The tag is weak (RFC 9110, 8.8.1) because the
//! same response is sent in several encodings and contains the time that it took.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use headers::{ETag, HeaderMapExt, IfNoneMatch};

use crate::article::date::DAY_S;
use crate::config::base_url::BaseUrl;
use crate::engine::{CurrentEngine, EngineStatus, SearchEngine};
use crate::http::request::registry::CURSOR;
use crate::http::route_group::RouteGroup;
use crate::http::state::App;
use crate::http::state::search_pool::PoolStatistics;
use crate::http::state::settings::Settings;

/// The headers by which a response varies.
pub(crate) struct VaryPolicy {
    /// The `Vary` header.
    vary: HeaderValue,
    /// The request headers in the entity tag, without encodings: a weak tag is the same in all
    /// encodings.
    headers: &'static [HeaderName],
    /// Whether the links in a response contain the host of the request.
    names_host: bool,
}

static NEGOTIATED: VaryPolicy = VaryPolicy {
    vary: HeaderValue::from_static("Accept-Language, Accept, Accept-Encoding"),
    headers: &[header::ACCEPT_LANGUAGE, header::ACCEPT],
    names_host: true,
};

/// For responses that are the same for all readers.
pub(crate) static ENCODINGS_ONLY: VaryPolicy =
    VaryPolicy { vary: HeaderValue::from_static("Accept-Encoding"), headers: &[], names_host: false };

impl VaryPolicy {
    fn of(request: &Request) -> &'static VaryPolicy {
        // Caches include a block in pages, so it does not vary by reader.
        if RouteGroup::of(request) == RouteGroup::Block { &ENCODINGS_ONLY } else { &NEGOTIATED }
    }
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");

/// Adds entity tags to public responses from the index, and answers 304 where the client's tag is
/// current.
pub(crate) async fn cache(State(app): State<App>, request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_read || !RouteGroup::of(&request).is_public() {
        let mut response = next.run(request).await;
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(NO_STORE);
        return response;
    }
    let Some(state) = IndexState::present(app.current.as_ref()) else {
        let mut response = next.run(request).await;
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(NO_CACHE);
        return response;
    };
    let policy = VaryPolicy::of(&request);
    let tag = state.tag(&request, &app.settings).filter(|_| !has_cursor(request.uri()));
    let wanted = request.headers().typed_get::<IfNoneMatch>();
    let is_any = wanted.as_ref() == Some(&IfNoneMatch::any());
    // A client that sends this tag got it with a response; `*` requires that the response exists.
    if !is_any && tag.as_ref().is_some_and(|tag| has_present(request.headers(), tag)) {
        return not_modified(tag, app.cache_control.clone(), policy);
    }
    let mut response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    if PoolStatistics::so_far().count == 0 {
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(NO_CACHE);
        return response;
    }
    // If the tagged state is current before and after the search, the response comes from that
    // state.
    let tag = tag.filter(|_| IndexState::present(app.current.as_ref()).as_ref() == Some(&state));
    let cache_control = if tag.is_some() { app.cache_control.clone() } else { NO_CACHE };
    if is_any {
        return not_modified(tag, cache_control, policy);
    }
    set_cache_headers(response.headers_mut(), tag, cache_control, policy);
    response
}

/// Whether a request continues an earlier page. Its response also depends on how long the earlier
/// state of the index is retained.
fn has_cursor(uri: &Uri) -> bool {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).any(|(name, _)| name == CURSOR.name)
}

/// Whether the client's `If-None-Match` contains the tag.
pub(crate) fn has_present(headers: &HeaderMap, tag: &ETag) -> bool {
    headers.typed_get::<IfNoneMatch>().is_some_and(|wanted| !wanted.precondition_passes(tag))
}

/// A weak tag, for content that is sent in several encodings.
pub(crate) fn weak_tag(of: &blake3::Hash) -> Option<ETag> {
    format!("W/\"{}\"", of.to_hex().get(..32)?).parse().ok()
}

pub(crate) fn not_modified(tag: Option<ETag>, cache_control: HeaderValue, policy: &VaryPolicy) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    set_cache_headers(response.headers_mut(), tag, cache_control, policy);
    response
}

pub(crate) fn set_cache_headers(
    headers: &mut HeaderMap,
    tag: Option<ETag>,
    cache_control: HeaderValue,
    policy: &VaryPolicy,
) {
    if let Some(tag) = tag {
        headers.typed_insert(tag);
    }
    headers.insert(header::CACHE_CONTROL, cache_control);
    headers.insert(header::VARY, policy.vary.clone());
}

/// The state of the index at an instant. A later state of the same engine has a higher `seq`.
/// Another engine has another address while this one is held. So if the states at two instants are
/// equal, the state did not change in between.
struct IndexState {
    engine: Arc<dyn SearchEngine>,
    status: EngineStatus,
    day: i64,
}

impl PartialEq for IndexState {
    fn eq(&self, other: &IndexState) -> bool {
        Arc::ptr_eq(&self.engine, &other.engine) && (&self.status, self.day) == (&other.status, other.day)
    }
}

impl IndexState {
    /// `None` where there is no engine, or its status is unavailable.
    fn present(current: &dyn CurrentEngine) -> Option<IndexState> {
        let engine = current.engine()?;
        let now_s = jiff::Timestamp::now().as_second();
        let status = engine.status(now_s).ok()?;
        // Newer articles rank higher by their age, which changes the order over months.
        Some(IndexState { engine, status, day: now_s.div_euclid(DAY_S) })
    }

    /// The tag of the response to a request. Negotiated headers are hashed as text, because a
    /// client sends the same text every time.
    fn tag(&self, request: &Request, settings: &Settings) -> Option<ETag> {
        let uri = request.uri();
        let mut hasher = blake3::Hasher::new();
        let mut add = |part: &[u8]| {
            hasher.update(&part.len().to_le_bytes());
            hasher.update(part);
        };
        add(env!("CARGO_PKG_VERSION").as_bytes());
        add(&settings.recency.to_le_bytes());
        add(format!(
            "{:?} {:?} {:?} {:?}",
            settings.public_url, settings.site_name, settings.reading.time_zone, settings.reading.kinds
        )
        .as_bytes());
        // Two indexes may reach the same version, but not at the same time.
        add(self.status.built_at.as_bytes());
        add(self.status.version.to_string().as_bytes());
        self.status.visibility_changes_s.iter().for_each(|change_s| add(&change_s.to_le_bytes()));
        add(&self.day.to_le_bytes());
        add(uri.path().as_bytes());
        add(uri.query().unwrap_or_default().as_bytes());
        let policy = VaryPolicy::of(request);
        // The host in the response's links, determined as the links determine it: an absolute
        // request target may name another host than the `Host` header.
        let base = BaseUrl::of(settings, uri, request.headers()).filter(|_| policy.names_host);
        add(base.as_ref().map_or("", BaseUrl::as_str).as_bytes());
        for name in policy.headers {
            let lines: Vec<&[u8]> = request.headers().get_all(name).iter().map(HeaderValue::as_bytes).collect();
            add(&lines.join(&b','));
        }
        weak_tag(&hasher.finalize())
    }
}
