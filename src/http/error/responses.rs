//! The possible errors of each route, for the OpenAPI document.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde_json::json;
use utoipa::IntoResponses;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Ref, Type};
use utoipa::openapi::{ContentBuilder, RefOr, ResponseBuilder, response};

use super::problem::{
    ADMIN_OFF, BAD_ARTICLE, BAD_BODY, BAD_HEADER, BAD_HOST, BAD_VALUE, BODY_TOO_SLOW, DATA_LOST, FLAWED_ARTICLE,
    HEADERS_TOO_LARGE, INTERNAL, LOCKED, MEDIA_TYPE, MEDIA_TYPE_UNKNOWN, NO_ARTICLE, NO_EARLIER_GENERATION,
    NO_ENCODING, NO_TASK, NOT_PUSHED, NOT_READY, NOT_STORED, NOTHING_PUBLISHED, PRECONDITION_FAILED, Problem,
    ProblemKind, RATE_LIMITED, REINDEX_RUNNING, TOO_BUSY, TOO_LARGE, TOOK_TOO_LONG, UNAUTHORIZED, UNKNOWN_PARAMETER,
};

/// The errors of every route, which the middleware may return.
static ANYWHERE: [&ProblemKind; 6] =
    [&NO_ENCODING, &BODY_TOO_SLOW, &RATE_LIMITED, &HEADERS_TOO_LARGE, &INTERNAL, &TOOK_TOO_LONG];

/// The errors of a route, beyond those of every route.
pub(crate) trait RouteErrors {
    /// The problems, each once.
    const KINDS: &'static [&'static ProblemKind];
    /// Whether they are also rendered as HTML.
    const IN_HTML: bool = false;
}

/// A route that ignores invalid requests.
pub(crate) struct NoErrors;

impl RouteErrors for NoErrors {
    const KINDS: &'static [&'static ProblemKind] = &[];
}

/// A route that takes no parameters and needs no index.
pub(crate) struct CommonErrors;

impl RouteErrors for CommonErrors {
    const KINDS: &'static [&'static ProblemKind] = &[&UNKNOWN_PARAMETER];
}

/// The readiness check.
pub(crate) struct ReadinessErrors;

impl RouteErrors for ReadinessErrors {
    const KINDS: &'static [&'static ProblemKind] = &[&UNKNOWN_PARAMETER, &NOT_READY, &DATA_LOST];
}

/// A page that ignores unknown parameters.
pub(crate) struct PageErrors;

impl RouteErrors for PageErrors {
    const KINDS: &'static [&'static ProblemKind] = &[&BAD_VALUE, &NOT_READY, &TOO_BUSY];
    const IN_HTML: bool = true;
}

/// The documentation page.
pub(crate) struct ReferenceErrors;

impl RouteErrors for ReferenceErrors {
    const KINDS: &'static [&'static ProblemKind] = CommonErrors::KINDS;
    const IN_HTML: bool = true;
}

/// The front page.
pub(crate) struct FrontPageErrors;

impl RouteErrors for FrontPageErrors {
    const KINDS: &'static [&'static ProblemKind] = &[&UNKNOWN_PARAMETER, &BAD_VALUE, &TOO_BUSY];
    const IN_HTML: bool = true;
}

/// A block about an article, for inclusion in another page.
pub(crate) struct BlockErrors;

impl RouteErrors for BlockErrors {
    const KINDS: &'static [&'static ProblemKind] = ArticleErrors::KINDS;
    const IN_HTML: bool = true;
}

/// A search by query string.
pub(crate) struct SearchErrors;

impl RouteErrors for SearchErrors {
    const KINDS: &'static [&'static ProblemKind] = &[&UNKNOWN_PARAMETER, &BAD_VALUE, &NOT_READY, &TOO_BUSY];
}

/// A feed, which has absolute addresses.
pub(crate) struct FeedErrors;

impl RouteErrors for FeedErrors {
    const KINDS: &'static [&'static ProblemKind] = &[&UNKNOWN_PARAMETER, &BAD_VALUE, &BAD_HOST, &NOT_READY, &TOO_BUSY];
}

/// The OpenSearch description.
pub(crate) struct DescriptionErrors;

impl RouteErrors for DescriptionErrors {
    const KINDS: &'static [&'static ProblemKind] = &[&UNKNOWN_PARAMETER, &BAD_HOST];
}

/// A search by JSON.
pub(crate) struct JsonSearchErrors;

impl RouteErrors for JsonSearchErrors {
    const KINDS: &'static [&'static ProblemKind] =
        &[&UNKNOWN_PARAMETER, &BAD_VALUE, &BAD_BODY, &TOO_LARGE, &MEDIA_TYPE_UNKNOWN, &NOT_READY, &TOO_BUSY];
}

/// A request about one article.
pub(crate) struct ArticleErrors;

impl RouteErrors for ArticleErrors {
    const KINDS: &'static [&'static ProblemKind] =
        &[&UNKNOWN_PARAMETER, &BAD_VALUE, &NO_ARTICLE, &NOT_READY, &TOO_BUSY];
}

/// A request about a draft.
pub(crate) struct DraftErrors;

impl RouteErrors for DraftErrors {
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

/// A push of one article.
pub(crate) struct PushErrors;

impl RouteErrors for PushErrors {
    const KINDS: &'static [&'static ProblemKind] = &[
        &UNKNOWN_PARAMETER,
        &BAD_VALUE,
        &BAD_BODY,
        &BAD_ARTICLE,
        &FLAWED_ARTICLE,
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

/// The deletion of a pushed article.
pub(crate) struct DeletionErrors;

impl RouteErrors for DeletionErrors {
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

/// A stream of pushes; the errors of a line are in the line's result.
pub(crate) struct PushStreamErrors;

impl RouteErrors for PushStreamErrors {
    const KINDS: &'static [&'static ProblemKind] =
        &[&UNKNOWN_PARAMETER, &BAD_VALUE, &UNAUTHORIZED, &ADMIN_OFF, &MEDIA_TYPE_UNKNOWN, &TOO_BUSY];
}

/// A reindex.
pub(crate) struct ReindexErrors;

impl RouteErrors for ReindexErrors {
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

/// A task.
pub(crate) struct TaskErrors;

impl RouteErrors for TaskErrors {
    const KINDS: &'static [&'static ProblemKind] = &[&UNKNOWN_PARAMETER, &UNAUTHORIZED, &ADMIN_OFF, &NO_TASK];
}

/// A change of the published generation.
pub(crate) struct PublicationErrors;

impl RouteErrors for PublicationErrors {
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

/// The OpenAPI error responses of a route, by status, with one example per code.
pub(crate) struct Problems<F>(PhantomData<F>);

impl<F: RouteErrors> IntoResponses for Problems<F> {
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

/// The response of one status, for any of these problems.
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
