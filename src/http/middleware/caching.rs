//! What may be kept of answers, and when one that is kept is still true.
//!
//! An answer from the index has an entity tag made of everything that it depends on: the state of
//! the index, what was asked, the settings, the time as far as it matters. None of it needs the
//! search to run, so that an unchanged page costs a hash. The tag is weak (RFC 9110, 8.8.1): the
//! same answer is sent in several encodings, and says how long it took.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use headers::{ETag, HeaderMapExt, IfNoneMatch};

use crate::config::base_url::BaseUrl;
use crate::engine::{CurrentEngine, EngineStatus, SearchEngine};
use crate::http::request::registry::CURSOR;
use crate::http::route_group::RouteGroup;
use crate::http::state::App;
use crate::http::state::search_pool::PoolStatistics;
use crate::http::state::settings::Settings;

/// What answers vary with, besides their addresses.
pub(crate) struct Varying {
    /// As caches are told.
    told: HeaderValue,
    /// What the tag is made of, encodings aside: a weak one is the same in all.
    headers: &'static [HeaderName],
    /// Whether the links in an answer name the host that was asked.
    names_host: bool,
}

static MOSTLY: Varying = Varying {
    told: HeaderValue::from_static("Accept-Language, Accept, Accept-Encoding"),
    headers: &[header::ACCEPT_LANGUAGE, header::ACCEPT],
    names_host: true,
};

/// What is the same for all readers.
pub(crate) static ENCODINGS_ONLY: Varying =
    Varying { told: HeaderValue::from_static("Accept-Encoding"), headers: &[], names_host: false };

impl Varying {
    fn of(request: &Request) -> &'static Varying {
        // A block is put into pages by caches.
        if RouteGroup::of(request) == RouteGroup::Block { &ENCODINGS_ONLY } else { &MOSTLY }
    }
}

const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_CACHE: HeaderValue = HeaderValue::from_static("no-cache");
/// Newer articles are preferred by their age, which drifts over months.
const DAY_S: i64 = 86_400;

/// Tags the public answers that come from the index, and answers 304 where the client has the
/// present one.
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
    let varies = Varying::of(&request);
    let tag = state.tag(&request, &app.settings).filter(|_| !has_cursor(request.uri()));
    let wanted = request.headers().typed_get::<IfNoneMatch>();
    let is_any = wanted.as_ref() == Some(&IfNoneMatch::any());
    // Who names this tag was given it with an answer; `*` must wait to see whether there is one.
    if !is_any && tag.as_ref().is_some_and(|tag| has_present(request.headers(), tag)) {
        return not_modified(tag, app.cache_control.clone(), varies);
    }
    let mut response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    if PoolStatistics::so_far().count == 0 {
        response.headers_mut().entry(header::CACHE_CONTROL).or_insert(NO_CACHE);
        return response;
    }
    // Where the state that was tagged is present before and after, the answer is of it.
    let tag = tag.filter(|_| IndexState::present(app.current.as_ref()).as_ref() == Some(&state));
    let cache_control = if tag.is_some() { app.cache_control.clone() } else { NO_CACHE };
    if is_any {
        return not_modified(tag, cache_control, varies);
    }
    mark(response.headers_mut(), tag, cache_control, varies);
    response
}

/// Whether an answer goes on from an earlier one. How it does depends on how long that one's
/// state of the index is held, too.
fn has_cursor(uri: &Uri) -> bool {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).any(|(name, _)| name == CURSOR.name)
}

/// Whether a client has what a tag is of.
pub(crate) fn has_present(headers: &HeaderMap, tag: &ETag) -> bool {
    headers.typed_get::<IfNoneMatch>().is_some_and(|wanted| !wanted.precondition_passes(tag))
}

/// A weak tag, for what is sent in several encodings.
pub(crate) fn weak_tag(of: &blake3::Hash) -> Option<ETag> {
    format!("W/\"{}\"", of.to_hex().get(..32)?).parse().ok()
}

pub(crate) fn not_modified(tag: Option<ETag>, cache_control: HeaderValue, varies: &Varying) -> Response {
    let mut response = StatusCode::NOT_MODIFIED.into_response();
    mark(response.headers_mut(), tag, cache_control, varies);
    response
}

pub(crate) fn mark(headers: &mut HeaderMap, tag: Option<ETag>, cache_control: HeaderValue, varies: &Varying) {
    if let Some(tag) = tag {
        headers.typed_insert(tag);
    }
    headers.insert(header::CACHE_CONTROL, cache_control);
    headers.insert(header::VARY, varies.told.clone());
}

/// What is answered from at an instant. A later state of the same engine has a higher `seq`, and
/// another engine is another value, as long as this one is held: what is equal at two instants
/// was so in between.
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
    /// `None` where there is no engine, or it cannot be asked.
    fn present(current: &dyn CurrentEngine) -> Option<IndexState> {
        let engine = current.engine()?;
        let now_s = jiff::Timestamp::now().as_second();
        let status = engine.status(now_s).ok()?;
        Some(IndexState { engine, status, day: now_s.div_euclid(DAY_S) })
    }

    /// The tag of the answer to a request. Of the headers that are negotiated by, the whole text
    /// counts: a client sends the same one every time.
    fn tag(&self, request: &Request, settings: &Settings) -> Option<ETag> {
        let uri = request.uri();
        let mut hasher = blake3::Hasher::new();
        let mut add = |part: &[u8]| {
            hasher.update(&part.len().to_le_bytes());
            hasher.update(part);
        };
        add(env!("CARGO_PKG_VERSION").as_bytes());
        add(&settings.recency.to_le_bytes());
        add(format!("{:?} {:?}", settings.public_url, settings.site_name).as_bytes());
        // Two indexes can have come to the same version, but not at the same time.
        add(self.status.built_at.as_bytes());
        add(self.status.version.to_string().as_bytes());
        self.status.visibility_changes_s.iter().for_each(|turn_s| add(&turn_s.to_le_bytes()));
        add(&self.day.to_le_bytes());
        add(uri.path().as_bytes());
        add(uri.query().unwrap_or_default().as_bytes());
        let varies = Varying::of(request);
        // The host that the answer's links name, found as they find it: an absolute request target
        // names another one than the header Host may.
        let base = BaseUrl::of(settings, uri, request.headers()).filter(|_| varies.names_host);
        add(base.as_ref().map_or("", BaseUrl::as_str).as_bytes());
        for name in varies.headers {
            let lines: Vec<&[u8]> = request.headers().get_all(name).iter().map(HeaderValue::as_bytes).collect();
            add(&lines.join(&b','));
        }
        weak_tag(&hasher.finalize())
    }
}
