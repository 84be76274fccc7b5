//! What can go wrong on each route, for its description.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde_json::json;
use utoipa::IntoResponses;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Ref, Type};
use utoipa::openapi::{ContentBuilder, RefOr, ResponseBuilder, response};

use super::problem::{
    ADMIN_OFF, BAD_ARTICLE, BAD_BODY, BAD_HEADER, BAD_HOST, BAD_VALUE, BODY_TOO_SLOW, DATA_LOST, HEADERS_TOO_LARGE,
    INTERNAL, LOCKED, MEDIA_TYPE, MEDIA_TYPE_UNKNOWN, NO_ARTICLE, NO_EARLIER_GENERATION, NO_ENCODING, NO_TASK,
    NOT_PUSHED, NOT_READY, NOT_STORED, NOTHING_PUBLISHED, PRECONDITION_FAILED, Problem, ProblemKind, RATE_LIMITED,
    REINDEX_RUNNING, TOO_BUSY, TOO_LARGE, TOOK_TOO_LONG, UNAUTHORIZED, UNKNOWN_PARAMETER,
};

/// What can go wrong on every route, before or behind it.
static ANYWHERE: [&ProblemKind; 6] =
    [&NO_ENCODING, &BODY_TOO_SLOW, &RATE_LIMITED, &HEADERS_TOO_LARGE, &INTERNAL, &TOOK_TOO_LONG];

/// What can go wrong on a route besides, for its documentation.
pub(crate) trait Fails {
    /// The problems, each once.
    const KINDS: &'static [&'static ProblemKind];
    /// Whether they are told as HTML, too.
    const IN_HTML: bool = false;
}

/// Of a route that passes over whatever it is asked.
pub(crate) struct Unfailing;

impl Fails for Unfailing {
    const KINDS: &'static [&'static ProblemKind] = &[];
}

/// Of a route that takes nothing and asks no index.
pub(crate) struct OfAnything;

impl Fails for OfAnything {
    const KINDS: &'static [&'static ProblemKind] = &[&UNKNOWN_PARAMETER];
}

/// Of a route that says whether there is an index.
pub(crate) struct OfReadiness;

impl Fails for OfReadiness {
    const KINDS: &'static [&'static ProblemKind] = &[&UNKNOWN_PARAMETER, &NOT_READY, &DATA_LOST];
}

/// Of a page that passes over parameters it does not know.
pub(crate) struct OfPage;

impl Fails for OfPage {
    const KINDS: &'static [&'static ProblemKind] = &[&BAD_VALUE, &NOT_READY, &TOO_BUSY];
    const IN_HTML: bool = true;
}

/// Of the documentation as a page.
pub(crate) struct OfReference;

impl Fails for OfReference {
    const KINDS: &'static [&'static ProblemKind] = OfAnything::KINDS;
    const IN_HTML: bool = true;
}

/// Of the front door.
pub(crate) struct OfDoor;

impl Fails for OfDoor {
    const KINDS: &'static [&'static ProblemKind] = &[&UNKNOWN_PARAMETER, &BAD_VALUE, &TOO_BUSY];
    const IN_HTML: bool = true;
}

/// Of a piece of a page that is about an article.
pub(crate) struct OfBlock;

impl Fails for OfBlock {
    const KINDS: &'static [&'static ProblemKind] = OfArticle::KINDS;
    const IN_HTML: bool = true;
}

/// Of a search by query string.
pub(crate) struct OfSearch;

impl Fails for OfSearch {
    const KINDS: &'static [&'static ProblemKind] = &[&UNKNOWN_PARAMETER, &BAD_VALUE, &NOT_READY, &TOO_BUSY];
}

/// Of what has absolute addresses in it besides.
pub(crate) struct OfFeed;

impl Fails for OfFeed {
    const KINDS: &'static [&'static ProblemKind] = &[&UNKNOWN_PARAMETER, &BAD_VALUE, &BAD_HOST, &NOT_READY, &TOO_BUSY];
}

/// Of the description of the search for browsers.
pub(crate) struct OfDescription;

impl Fails for OfDescription {
    const KINDS: &'static [&'static ProblemKind] = &[&UNKNOWN_PARAMETER, &BAD_HOST];
}

/// Of a search by JSON.
pub(crate) struct OfBody;

impl Fails for OfBody {
    const KINDS: &'static [&'static ProblemKind] =
        &[&UNKNOWN_PARAMETER, &BAD_VALUE, &BAD_BODY, &TOO_LARGE, &MEDIA_TYPE_UNKNOWN, &NOT_READY, &TOO_BUSY];
}

/// Of what is asked about one article.
pub(crate) struct OfArticle;

impl Fails for OfArticle {
    const KINDS: &'static [&'static ProblemKind] =
        &[&UNKNOWN_PARAMETER, &BAD_VALUE, &NO_ARTICLE, &NOT_READY, &TOO_BUSY];
}

/// Of what is asked about a draft.
pub(crate) struct OfDraft;

impl Fails for OfDraft {
    const KINDS: &'static [&'static ProblemKind] = &[
        &UNKNOWN_PARAMETER,
        &BAD_VALUE,
        &BAD_BODY,
        &BAD_ARTICLE,
        &TOO_LARGE,
        &MEDIA_TYPE_UNKNOWN,
        &NOT_READY,
        &TOO_BUSY,
    ];
}

/// Of a push of one article.
pub(crate) struct OfPush;

impl Fails for OfPush {
    const KINDS: &'static [&'static ProblemKind] = &[
        &UNKNOWN_PARAMETER,
        &BAD_BODY,
        &BAD_ARTICLE,
        &BAD_HEADER,
        &UNAUTHORIZED,
        &ADMIN_OFF,
        &PRECONDITION_FAILED,
        &TOO_LARGE,
        &MEDIA_TYPE_UNKNOWN,
        &LOCKED,
        &TOO_BUSY,
        &NOT_STORED,
        &DATA_LOST,
    ];
}

/// Of the deletion of a pushed article.
pub(crate) struct OfDeletion;

impl Fails for OfDeletion {
    const KINDS: &'static [&'static ProblemKind] = &[
        &UNKNOWN_PARAMETER,
        &BAD_ARTICLE,
        &BAD_HEADER,
        &UNAUTHORIZED,
        &ADMIN_OFF,
        &NO_ARTICLE,
        &NOT_PUSHED,
        &PRECONDITION_FAILED,
        &LOCKED,
        &TOO_BUSY,
        &NOT_STORED,
        &DATA_LOST,
    ];
}

/// Of a stream of pushes; what is wrong with a line stands in the line's result.
pub(crate) struct OfStream;

impl Fails for OfStream {
    const KINDS: &'static [&'static ProblemKind] =
        &[&UNKNOWN_PARAMETER, &UNAUTHORIZED, &ADMIN_OFF, &MEDIA_TYPE_UNKNOWN, &TOO_BUSY];
}

/// Of a reindex that is asked for.
pub(crate) struct OfReindex;

impl Fails for OfReindex {
    const KINDS: &'static [&'static ProblemKind] = &[
        &UNKNOWN_PARAMETER,
        &BAD_BODY,
        &UNAUTHORIZED,
        &ADMIN_OFF,
        &REINDEX_RUNNING,
        &TOO_LARGE,
        &MEDIA_TYPE_UNKNOWN,
        &NOT_STORED,
        &DATA_LOST,
    ];
}

/// Of a task.
pub(crate) struct OfTask;

impl Fails for OfTask {
    const KINDS: &'static [&'static ProblemKind] = &[&UNKNOWN_PARAMETER, &UNAUTHORIZED, &ADMIN_OFF, &NO_TASK];
}

/// Of a change of what is answered from.
pub(crate) struct OfPublication;

impl Fails for OfPublication {
    const KINDS: &'static [&'static ProblemKind] = &[
        &UNKNOWN_PARAMETER,
        &UNAUTHORIZED,
        &ADMIN_OFF,
        &NOTHING_PUBLISHED,
        &NO_EARLIER_GENERATION,
        &LOCKED,
        &NOT_STORED,
        &DATA_LOST,
    ];
}

/// The answers of a route when something goes wrong, as OpenAPI has them: by status, each with
/// an example for each code.
pub(crate) struct Problems<F>(PhantomData<F>);

impl<F: Fails> IntoResponses for Problems<F> {
    fn responses() -> BTreeMap<String, RefOr<response::Response>> {
        let mut by_status: BTreeMap<u16, Vec<&'static ProblemKind>> = BTreeMap::new();
        for kind in F::KINDS.iter().chain(&ANYWHERE) {
            by_status.entry(kind.status()).or_default().push(kind);
        }
        by_status
            .into_iter()
            .map(|(status, kinds)| (status.to_string(), documented(&kinds, F::IN_HTML).into()))
            .collect()
    }
}

/// The answer of one status with any of these problems.
fn documented(kinds: &[&'static ProblemKind], in_html: bool) -> response::Response {
    let lines: Vec<String> = kinds.iter().map(|kind| format!("`{}`: {}", kind.code(), kind.title())).collect();
    let examples = kinds.iter().map(|kind| {
        let example = ExampleBuilder::new().summary(kind.title()).value(Some(json!(Problem::of(kind))));
        (kind.code().to_owned(), example.build().into())
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .examples_from_iter(examples.collect::<Vec<(String, RefOr<_>)>>());
    let mut response = ResponseBuilder::new().description(lines.join("; ")).content(MEDIA_TYPE, content.build());
    if in_html {
        let text = ObjectBuilder::new().schema_type(Type::String);
        response = response.content("text/html", ContentBuilder::new().schema(Some(text)).build());
    }
    if kinds.iter().all(|kind| !kind.has_retry()) {
        return response.build();
    }
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(0));
    let header = HeaderBuilder::new()
        .schema(Some(seconds))
        .description(Some("After how many seconds it is worth trying again."));
    response.header("Retry-After", header.build()).build()
}
