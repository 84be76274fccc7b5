//! Pushes: single articles are put and deleted, or many in a stream of any length.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::{StreamExt, stream};
use headers::{ETag, Header, HeaderMapExt, IfMatch, IfNoneMatch};
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::admin::blocking;
use crate::admin::Admin;
use crate::article::{ArticleProblem, check_id, composed};
use crate::http::error::problem::Problem;
use crate::http::error::responses::{DeletionErrors, Problems, PushErrors, PushStreamErrors};
use crate::http::middleware::timeouts::BodyWait;
use crate::http::paths;
use crate::http::request::auth::Admitted;
use crate::http::request::json_body;
use crate::http::request::ndjson::{Lines, NdjsonLine};
use crate::http::request::query::{InQuery, Params};
use crate::http::request::registry::{NamingPushed, Nothing, PUSHED_ID, Pushing, PushingNamed, STRICT};
use crate::http::state::App;
use crate::http::wire::record::PushedArticle;
use crate::sources::{JsonRecord, MAX_ARTICLE_BYTES, ReadingRules};
use crate::storage::catalog::push::{Condition, Held, Push, PushOutcome, Pushed};

/// The most lines that one transaction stores, and the most bytes that they may have.
const BATCH: usize = 500;
const BATCH_BYTES: usize = 4 << 20;
/// How long the server waits for more lines before it stores an incomplete batch and returns its
/// results.
const PAUSE: Duration = Duration::from_millis(20);
/// How long a client may send nothing before it counts as disconnected.
const SILENCE: Duration = Duration::from_secs(600);

const NDJSON: [&str; 4] =
    ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"];

/// What became of one pushed article.
#[derive(Debug, Serialize, ToSchema)]
struct PushResult {
    /// The line of the stream, from 1; absent where there is no stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    /// The article's id; of a refused line, as far as it could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    /// `created`, `changed`, `unchanged`, `deleted` or `refused`.
    status: &'static str,
    /// The change's place in the order of changes: an `index_version` that ends in this number or
    /// a greater one answers it.
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    /// The hash of what is pushed under the id now; an `If-Match` takes it in quotation marks.
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    /// The source that is answered in place of what was pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    shadowed_by: Option<String>,
    /// Fields that were left out because they could not be understood, and doubts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    flaws: Vec<String>,
    /// The stable name of why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// Why it was refused, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The article of a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "it is a description only")]
struct ArticleId {
    /// The article's id, its slashes as `%2F`, or as they are.
    #[param(min_length = 1, max_length = 200, pattern = r"^[^\x00-\x1f\x7f-\x9f]+$", example = "becas-2027")]
    id: String,
}

/// What the article must be for the change to happen.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "it is a description only")]
struct Conditions {
    /// Only where this is the hash of what is pushed now, in quotation marks; `*`: whatever is.
    #[param(rename = "If-Match", required = false, pattern = r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"#)]
    if_match: String,
    /// `*`: only where nothing has the id.
    #[param(rename = "If-None-Match", required = false, pattern = r#"^(\*|(W/)?"[!#-~]*"( *, *(W/)?"[!#-~]*")*)$"#)]
    if_none_match: String,
}

/// The routes that push articles.
pub(crate) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(push_stream, push_one_by_query, delete_one_by_query))
        .routes(routes!(push_one, delete_one))
}

/// Push an article
///
/// Puts one article under the id in the path: it is durable when the answer comes, and found
/// within a second. A field that cannot be understood, or that no article has, is left out and named
/// under `flaws`; but `hidden`, `published_at` and `expires_at`, which say what must not be shown, refuse
/// the push, and so does a field whose name is nearly one of these.
#[utoipa::path(
    put,
    path = paths::ARTICLE,
    operation_id = "pushArticle",
    tag = "Changes",
    security(("bearer" = [])),
    params(ArticleId, Conditions, InQuery<Pushing>),
    request_body = PushedArticle,
    responses(
        (status = 200, description = "It was there already", body = PushResult, headers(("ETag" = String, description = "The hash of what is pushed under the id now."))),
        (status = 201, description = "It is new", body = PushResult, headers(("ETag" = String, description = "The hash of what is pushed under the id now."))),
        Problems<PushErrors>
    )
)]
async fn push_one(
    State(app): State<App>,
    Admitted(admin, _permit): Admitted,
    InQuery { params, .. }: InQuery<Pushing>,
    id: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Problem> {
    put(admin, app.settings.reading.clone(), id_in_path(id)?, params.flag(&STRICT)?, request).await
}

/// Push an article, named by `id`
///
/// The same; an id with slashes passes any proxy like this.
#[utoipa::path(
    put,
    path = paths::ARTICLES,
    operation_id = "pushArticleByQuery",
    tag = "Changes",
    security(("bearer" = [])),
    params(InQuery<PushingNamed>, Conditions),
    request_body = PushedArticle,
    responses(
        (status = 200, description = "It was there already", body = PushResult, headers(("ETag" = String, description = "The hash of what is pushed under the id now."))),
        (status = 201, description = "It is new", body = PushResult, headers(("ETag" = String, description = "The hash of what is pushed under the id now."))),
        Problems<PushErrors>
    )
)]
async fn push_one_by_query(
    State(app): State<App>,
    Admitted(admin, _permit): Admitted,
    InQuery { params, .. }: InQuery<PushingNamed>,
    request: Request,
) -> Result<Response, Problem> {
    put(admin, app.settings.reading.clone(), id_in_query(&params)?, params.flag(&STRICT)?, request).await
}

async fn put(
    admin: Arc<Admin>,
    rules: ReadingRules,
    id: String,
    is_strict: bool,
    request: Request,
) -> Result<Response, Problem> {
    json_body::check_type(request.headers(), &[json_body::JSON])?;
    let condition = condition(request.headers())?;
    let body = json_body::read(request, MAX_ARTICLE_BYTES).await?;
    let (pushed, id, flaws) = blocking(move || -> Result<_, Problem> {
        let mut record = JsonRecord::parse(&body).map_err(|reason| Problem::bad_body(&format!("is {reason}")))?;
        match record.id() {
            Ok(written) if written == id => {}
            Ok(written) => {
                return Err(Problem::bad_article(format!("id: {written:?} in the body, {id:?} in the address")));
            }
            Err(ArticleProblem::NoId) => record.set_id(&id),
            Err(problem) => return Err(Problem::bad_article(problem.to_string())),
        }
        let (article, flaws) = record.article(&rules).map_err(|problem| Problem::bad_article(problem.to_string()))?;
        check(is_strict, &flaws)?;
        let push = Push { id: id.clone(), article: Some(Box::new(article)), condition };
        Ok((admin.push(&[push])?, id, flaws))
    })
    .await??;
    answer(pushed, id, &flaws)
}

/// Take back a pushed article
///
/// Deletes what was pushed under the id. What another source has under it is answered again.
#[utoipa::path(
    delete,
    path = paths::ARTICLE,
    operation_id = "deleteArticle",
    tag = "Changes",
    security(("bearer" = [])),
    params(ArticleId, Conditions),
    responses((status = 200, description = "It is deleted, or was not there", body = PushResult), Problems<DeletionErrors>)
)]
async fn delete_one(
    Admitted(admin, _permit): Admitted,
    _: InQuery<Nothing>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    delete(admin, id_in_path(id)?, &headers).await
}

/// Take back a pushed article, named by `id`
///
/// The same; an id with slashes passes any proxy like this.
#[utoipa::path(
    delete,
    path = paths::ARTICLES,
    operation_id = "deleteArticleByQuery",
    tag = "Changes",
    security(("bearer" = [])),
    params(InQuery<NamingPushed>, Conditions),
    responses((status = 200, description = "It is deleted, or was not there", body = PushResult), Problems<DeletionErrors>)
)]
async fn delete_one_by_query(
    Admitted(admin, _permit): Admitted,
    InQuery { params, .. }: InQuery<NamingPushed>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    delete(admin, id_in_query(&params)?, &headers).await
}

async fn delete(admin: Arc<Admin>, id: String, headers: &HeaderMap) -> Result<Response, Problem> {
    let push = Push { id: id.clone(), article: None, condition: condition(headers)? };
    let pushed = blocking(move || admin.push(&[push])).await??;
    answer(pushed, id, &[])
}

fn answer(pushed: Vec<Pushed>, id: String, flaws: &[ArticleProblem]) -> Result<Response, Problem> {
    // One push has one result.
    let Some(pushed) = pushed.into_iter().next() else { return Err(Problem::no_article()) };
    let etag = pushed.hash.as_ref().and_then(etag);
    let status = if pushed.outcome == PushOutcome::Created { StatusCode::CREATED } else { StatusCode::OK };
    let body = result(None, id, pushed, flaws)?;
    let mut response = (status, Json(body)).into_response();
    if let Some(etag) = etag {
        response.headers_mut().typed_insert(etag);
    }
    Ok(response)
}

/// Push many articles
///
/// A stream of any length, one article a line with its `id`, or `{"id": "…", "delete": true}`;
/// the answer has one result a line, as soon as what the line says is durable. A line that is
/// refused is told, and the stream goes on.
#[utoipa::path(
    post,
    path = paths::ARTICLES,
    operation_id = "pushArticles",
    tag = "Changes",
    security(("bearer" = [])),
    params(InQuery<Pushing>),
    request_body(content = String, content_type = "application/x-ndjson", description = "One JSON object a line."),
    responses(
        (status = 200, description = "One result a line", body = PushResult, content_type = "application/x-ndjson"),
        Problems<PushStreamErrors>
    )
)]
async fn push_stream(
    State(app): State<App>,
    Admitted(admin, permit): Admitted,
    InQuery { params, .. }: InQuery<Pushing>,
    request: Request,
) -> Result<Response, Problem> {
    let is_strict = params.flag(&STRICT)?;
    json_body::check_type(request.headers(), &NDJSON)?;
    let mut intake = PushIntake {
        admin,
        rules: Arc::new(app.settings.reading.clone()),
        waiting: request.extensions().get::<BodyWait>().cloned().unwrap_or_default(),
        body: request.into_body().into_data_stream(),
        lines: Lines::new(MAX_ARTICLE_BYTES),
        is_open: true,
        is_strict,
        _permit: permit,
    };
    // The first results are awaited before the response's head is sent: a client that waits for
    // `100 Continue` gets it when the body is first polled.
    let first = intake.next_results().await;
    let rest = stream::unfold(intake, |mut intake| async {
        let results = intake.next_results().await?;
        Some((results, intake))
    })
    // Compression polls once more after the end.
    .fuse();
    let results = stream::iter(first).chain(rest).map(Ok::<_, std::convert::Infallible>);
    let content_type = (header::CONTENT_TYPE, HeaderValue::from_static(NDJSON[0]));
    Ok(([content_type], Body::from_stream(results)).into_response())
}

/// A stream of lines that are stored in the catalog. The next batch is read only after the client
/// has taken the results of the previous one, so at most one batch is in memory.
struct PushIntake {
    admin: Arc<Admin>,
    rules: Arc<ReadingRules>,
    waiting: BodyWait,
    body: BodyDataStream,
    lines: Lines,
    is_open: bool,
    is_strict: bool,
    _permit: OwnedSemaphorePermit,
}

impl PushIntake {
    /// Stores the next batch and returns its results; `None` at the end.
    async fn next_results(&mut self) -> Option<Bytes> {
        loop {
            let batch = self.next_batch().await;
            if batch.is_empty() {
                if self.is_open {
                    continue;
                }
                return None;
            }
            // The time that storing takes does not count as time spent waiting for the client.
            self.waiting.end();
            let (admin, rules) = (Arc::clone(&self.admin), Arc::clone(&self.rules));
            let is_strict = self.is_strict;
            match blocking(move || store(&admin, &rules, batch, is_strict)).await {
                Ok(results) => return Some(results),
                Err(_) => self.is_open = false, // a panic, which is logged; nothing was stored
            }
        }
    }

    /// The lines that have arrived, up to a batch; waits only for the first.
    async fn next_batch(&mut self) -> Vec<NdjsonLine> {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        while self.is_open && batch.len() < BATCH && bytes < BATCH_BYTES {
            let timeout = if batch.is_empty() { SILENCE } else { PAUSE };
            match tokio::time::timeout(timeout, self.body.next()).await {
                Err(_) if !batch.is_empty() => break,
                Ok(Some(Ok(chunk))) => {
                    bytes += chunk.len();
                    self.lines.feed(&chunk, &mut batch);
                }
                // The client has disconnected; its last line may be incomplete, so it is dropped.
                Err(_) | Ok(Some(Err(_))) => self.is_open = false,
                Ok(None) => {
                    self.is_open = false;
                    self.lines.finish(&mut batch);
                }
            }
        }
        batch
    }
}

/// Stores a batch and returns its results, one per line.
fn store(admin: &Admin, rules: &ReadingRules, batch: Vec<NdjsonLine>, is_strict: bool) -> Bytes {
    let mut results = Vec::with_capacity(batch.len());
    let (mut pushes, mut positions) = (Vec::new(), Vec::new());
    for NdjsonLine { number, text } in batch {
        let text = text.map_err(|length| Box::new(too_long(number, length)));
        match text.and_then(|text| read(number, &text, rules, is_strict)) {
            Ok((push, flaws)) => {
                positions.push((results.len(), number, push.id.clone(), flaws));
                pushes.push(push);
                results.push(None);
            }
            Err(refused) => results.push(Some(*refused)),
        }
    }
    match if pushes.is_empty() { Ok(Vec::new()) } else { admin.push(&pushes) } {
        Ok(pushed) => {
            for (pushed, (position, number, id, flaws)) in pushed.into_iter().zip(positions) {
                let stored = result(Some(number), id.clone(), pushed, &flaws);
                let stored = stored.unwrap_or_else(|problem| refused(number, Some(id), problem));
                if let Some(result) = results.get_mut(position) {
                    *result = Some(stored);
                }
            }
        }
        Err(error) => {
            let problem = Problem::from(error);
            let (code, reason) = (problem.code(), problem.into_detail());
            for (position, number, id, _) in positions {
                if let Some(result) = results.get_mut(position) {
                    *result = Some(refused_as(number, Some(id), code, reason.clone()));
                }
            }
        }
    }
    let mut text = Vec::new();
    for result in results.into_iter().flatten() {
        match serde_json::to_vec(&result) {
            Ok(line) => text.extend(line),
            Err(error) => tracing::error!(%error, "a result cannot be written"),
        }
        text.push(b'\n');
    }
    text.into()
}

/// Parses one line.
fn read(
    number: u64,
    text: &[u8],
    rules: &ReadingRules,
    is_strict: bool,
) -> Result<(Push, Vec<ArticleProblem>), Box<PushResult>> {
    let record = JsonRecord::parse(text).map_err(|reason| Box::new(refused_as(number, None, "bad-json", reason)))?;
    let bad = |problem: ArticleProblem| {
        let id = record.id_as_written().map(str::to_owned);
        Box::new(refused(number, id, Problem::bad_article(problem.to_string())))
    };
    if record.flag("delete").map_err(bad)? {
        return Ok((Push { id: record.id().map_err(bad)?, article: None, condition: None }, Vec::new()));
    }
    let (article, flaws) = record.article(rules).map_err(bad)?;
    check(is_strict, &flaws).map_err(|problem| Box::new(refused(number, Some(article.id.clone()), problem)))?;
    Ok((Push { id: article.id.clone(), article: Some(Box::new(article)), condition: None }, flaws))
}

/// An error with all flaws of an article that must have none.
fn check(is_strict: bool, flaws: &[ArticleProblem]) -> Result<(), Problem> {
    if !is_strict || flaws.is_empty() {
        return Ok(());
    }
    Err(Problem::flawed_article(flaws.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))
}

/// The result of an accepted push; a problem for a refused one.
fn result(line: Option<u64>, id: String, pushed: Pushed, flaws: &[ArticleProblem]) -> Result<PushResult, Problem> {
    let status = match pushed.outcome {
        PushOutcome::Created => "created",
        PushOutcome::Changed => "changed",
        PushOutcome::Unchanged => "unchanged",
        PushOutcome::Deleted => "deleted",
        PushOutcome::ConditionFailed => {
            let etag = pushed.hash.as_ref().and_then(etag).map(|etag| {
                let mut headers = HeaderMap::new();
                headers.typed_insert(etag);
                headers.remove(header::ETAG)
            });
            return Err(Problem::precondition_failed(etag.flatten()));
        }
        PushOutcome::NotPushed => return Err(Problem::not_pushed(&pushed.shadowed_by.unwrap_or_default())),
    };
    let crowded = pushed.crowded_work.map(ArticleProblem::ManyVersions);
    Ok(PushResult {
        line,
        id: Some(id),
        status,
        seq: pushed.seq,
        hash: pushed.hash.as_ref().map(hex),
        shadowed_by: pushed.shadowed_by,
        flaws: flaws.iter().chain(&crowded).map(ToString::to_string).collect(),
        code: None,
        reason: None,
    })
}

fn too_long(number: u64, length: usize) -> PushResult {
    let reason = format!("a line of {length} bytes, at most {MAX_ARTICLE_BYTES} are allowed");
    refused_as(number, None, "line-too-long", reason)
}

fn refused(number: u64, id: Option<String>, problem: Problem) -> PushResult {
    let code = problem.code();
    refused_as(number, id, code, problem.into_detail())
}

fn refused_as(number: u64, id: Option<String>, code: &'static str, reason: String) -> PushResult {
    PushResult {
        line: Some(number),
        id,
        status: "refused",
        seq: None,
        hash: None,
        shadowed_by: None,
        flaws: Vec::new(),
        code: Some(code),
        reason: Some(reason),
    }
}

/// The condition of `If-Match` and `If-None-Match` (RFC 9110, 13.1) on the article pushed under the
/// id. `If-None-Match: *` requires that no source has the id.
fn condition(headers: &HeaderMap) -> Result<Option<Condition>, Problem> {
    let matches: Option<IfMatch> = tags(headers, "If-Match")?;
    let matches_not: Option<IfNoneMatch> = tags(headers, "If-None-Match")?;
    if matches.is_none() && matches_not.is_none() {
        return Ok(None);
    }
    Ok(Some(Box::new(move |held: &Held| {
        let present = held.hash.as_ref().and_then(etag);
        let is_as_wanted =
            matches.as_ref().is_none_or(|wanted| present.as_ref().is_some_and(|etag| wanted.precondition_passes(etag)));
        let is_other = matches_not.as_ref().is_none_or(|unwanted| match &present {
            Some(etag) => unwanted.precondition_passes(etag),
            None => held.other_source.is_none() || *unwanted != IfNoneMatch::any(),
        });
        is_as_wanted && is_other
    })))
}

/// A header of entity tags. A malformed tag is an error, because it would silently match nothing.
fn tags<H: Header>(headers: &HeaderMap, name: &str) -> Result<Option<H>, Problem> {
    let bad = || Problem::bad_header(name, "* or a list of hashes in quotation marks");
    for value in headers.get_all(H::name()) {
        let text = value.to_str().map_err(|_| bad())?.trim();
        if text != "*" && text.split(',').any(|tag| tag.trim().parse::<ETag>().is_err()) {
            return Err(bad());
        }
    }
    headers.typed_try_get().map_err(|_| bad())
}

fn id_in_path(id: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    let Path(id) = id.map_err(|_| Problem::bad_article("id: not UTF-8".to_owned()))?;
    checked(id)
}

fn id_in_query(params: &Params) -> Result<String, Problem> {
    checked(params.one(&PUSHED_ID)?.ok_or_else(|| Problem::bad_value(PUSHED_ID.name, "given"))?)
}

fn checked(id: String) -> Result<String, Problem> {
    check_id(&id).map_err(|problem| Problem::bad_article(problem.to_string()))?;
    Ok(composed(&id).into_owned())
}

fn hex(hash: &[u8; 32]) -> String {
    blake3::Hash::from(*hash).to_hex().to_string()
}

fn etag(hash: &[u8; 32]) -> Option<ETag> {
    format!("\"{}\"", hex(hash)).parse().ok()
}
