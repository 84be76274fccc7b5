//! The API's description: OpenAPI 3.1, made of the annotations of the handlers.
//!
//! A route is annotated with `#[utoipa::path]` and registered with `routes!` in `router.rs`:
//! the router and the document have it from there, both.

use axum::body::Bytes;
use serde_json::{Value, json};
use utoipa::openapi::schema::ComponentsBuilder;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::server::Server;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder};
use utoipa::{PartialSchema, ToSchema};

use super::examples;
use super::page::ReferencePage;
use crate::article::{Kind, Kinds};
use crate::config::base_url::BaseUrl;
use crate::http::error::problem::Problem;
use crate::http::state::settings::Settings;

/// The name of the security scheme of routes that change something.
pub(crate) const BEARER: &str = "bearer";

/// The groups of routes, in the order of the documentation.
const TAGS: [(&str, &str); 7] = [
    ("Search", "Find works: one hit each, in the reader's language, its translations beside it."),
    ("Articles", "Single articles, and the works that are near to them."),
    (
        "Pages",
        "Pages for readers, in English, Spanish, Portuguese and French. Errors of these are pages, too, for who prefers `text/html`.",
    ),
    ("Widgets", "Search box and blocks for the pages of a site."),
    ("Changes", "Push articles and decide what is answered from. These routes need the admin token."),
    ("Operation", "Whether the server is well, and what it answers from."),
    ("Documentation", "This description."),
];

const ABOUT: &str = "Full-text search and related articles for a multilingual site.

Names are in snake_case, dates in RFC 3339, languages in BCP 47. A parameter that a route does not have, or a value that it cannot have, is a 400 that names it; the text of a query never is an error. Every error is `application/problem+json` (RFC 9457) with a stable `code`. Later versions add fields and parameters, and take none away: pass over what you do not know.

Fields that end in `_html` are escaped text with `<mark>` as the only element, safe to insert into a page; all others are plain text.";

/// What the document says that no route does; the routes are added to it.
pub(crate) fn outline(settings: &Settings) -> OpenApi {
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("The token of the server's configuration, for routes that change something."));
    let components = ComponentsBuilder::new()
        .schema(Problem::name(), Problem::schema())
        .security_scheme(BEARER, SecurityScheme::Http(token.build()));
    let license = LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0"));
    let info = InfoBuilder::new()
        .title("fichero")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(license.build()));
    let tags = TAGS.map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build());
    let server = settings.public_url.as_ref().map_or("/", BaseUrl::as_str);
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new(server)]))
        .tags(Some(tags))
        .components(Some(components.build()))
        .build()
}

/// The description with the site's own kinds wherever it lists the built-in ones.
fn with_kinds(api: OpenApi, kinds: &Kinds) -> OpenApi {
    fn extend(value: &mut Value, built_in: &Value, all: &Value) {
        match value {
            value if value == built_in => *value = all.clone(),
            Value::Array(items) => items.iter_mut().for_each(|item| extend(item, built_in, all)),
            Value::Object(members) => members.values_mut().for_each(|member| extend(member, built_in, all)),
            _ => {}
        }
    }
    if kinds.configured().next().is_none() {
        return api;
    }
    let mut json = json!(api);
    extend(&mut json, &json!(Kind::BUILT_IN), &json!(kinds.all().collect::<Vec<_>>()));
    serde_json::from_value(json).unwrap_or(api)
}

/// The description, ready to be sent.
pub(crate) struct ApiDocument {
    /// As it was made.
    pub(crate) api: OpenApi,
    pub(crate) json: Bytes,
    pub(crate) page: ReferencePage,
    /// The address that the examples are written for.
    pub(crate) base: String,
}

impl ApiDocument {
    /// Adds the examples to what the routes say, and writes both forms of it.
    pub(crate) fn of(api: OpenApi, settings: &Settings) -> ApiDocument {
        let mut api = with_kinds(api, &settings.reading.kinds);
        let base = settings.public_url.as_ref().map_or("http://127.0.0.1:8080", BaseUrl::as_str);
        for item in api.paths.paths.values_mut() {
            for operation in [&mut item.get, &mut item.put, &mut item.post, &mut item.delete].into_iter().flatten() {
                examples::add(operation, base);
            }
        }
        // A description is made of texts and numbers, which JSON can hold; should that change, the
        // tests of the document fail.
        let json = serde_json::to_string_pretty(&api).unwrap_or_default();
        ApiDocument { json: Bytes::from(json), page: ReferencePage::of(&api), base: base.to_owned(), api }
    }
}
