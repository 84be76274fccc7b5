//! The API documentation as a page. The server renders it from the OpenAPI document; it is
//! self-contained; its one script adds buttons that copy the examples.

#![expect(clippy::indexing_slicing, reason = "a JSON value answers null where it has no such member")]

use axum::body::Bytes;
use axum::http::HeaderValue;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::Value;
use utoipa::openapi::OpenApi;

use crate::config::base_url::BaseUrl;
use crate::http::formats::html_assets;
use crate::http::formats::icon::ICON;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What a reader comes for, with the operation to begin with, in the order in which a site is connected.
const TASKS: [(&str, &str); 10] = [
    ("Search", "search"),
    ("Suggest while somebody types", "suggest"),
    ("Put a search box and blocks on a page", "widgets"),
    ("Show what is related to an article", "related"),
    ("Show what is new", "recent"),
    ("Show one article and its translations", "article"),
    ("Offer a feed of a search", "feed"),
    ("Add, change or delete an article", "pushArticle"),
    ("Read the sources again", "reindex"),
    ("Watch the server", "ready"),
];

/// The rendered page.
pub(crate) struct ReferencePage {
    html: Bytes,
    pub(crate) policy: HeaderValue,
}

impl ReferencePage {
    /// Renders the page of an OpenAPI document.
    pub(crate) fn of(api: &OpenApi) -> ReferencePage {
        let script = html_assets::inline(SCRIPT);
        let policy =
            format!("{}; script-src {script}; img-src data:; form-action 'none'", html_assets::with_style(STYLE));
        let paths: Vec<&str> = api.paths.paths.keys().map(String::as_str).collect();
        let api = serde_json::to_value(api).unwrap_or_default();
        ReferencePage {
            html: Bytes::from(Reference { api: &api, paths }.page().into_string()),
            // Base64 is ASCII.
            policy: HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'")),
        }
    }

    /// The page, with examples for the server at an address: they are written for `written`.
    pub(crate) fn html_at(&self, base: Option<&BaseUrl>, written: &str) -> Bytes {
        // Others that a host may have, such as quotation marks, would end a text of the shell.
        let is_plain = |base: &&str| base.chars().all(|c| c.is_ascii_alphanumeric() || "-._:/[]".contains(c));
        let base = base.map(BaseUrl::as_str).filter(|base| *base != written).filter(is_plain);
        match (base, std::str::from_utf8(&self.html)) {
            (Some(base), Ok(html)) => Bytes::from(html.replace(&format!("curl '{written}"), &format!("curl '{base}"))),
            _ => self.html.clone(),
        }
    }
}

/// An operation of the document, with its method and path.
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    value: &'a Value,
}

struct Reference<'a> {
    api: &'a Value,
    /// The paths in the order of the document.
    paths: Vec<&'a str>,
}

impl<'a> Reference<'a> {
    fn page(&self) -> Markup {
        let title = text(&self.api["info"]["title"]);
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) ": the API" }
                    link rel="icon" href=(ICON);
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    (self.contents())
                    main #main {
                        h1 { (title) ": the API" }
                        p.soft {
                            "Version " (text(&self.api["info"]["version"])) ". For programs: "
                            a href="openapi.json" { "OpenAPI 3.1" } "."
                        }
                        (prose(text(&self.api["info"]["description"])))
                        h2 #tasks { "What do you want to do?" }
                        (self.tasks())
                        @for tag in list(&self.api["tags"]) {
                            @let name = text(&tag["name"]);
                            h2 id=(anchor(name)) { (name) }
                            (prose(text(&tag["description"])))
                            @for operation in self.operations(name) { (self.operation(&operation)) }
                        }
                        h2 #answers { "What answers are made of" }
                        @for (name, schema) in members(&self.api["components"]["schemas"]) {
                            h3 id=(anchor(name)) { (name) }
                            (prose(text(&schema["description"])))
                            (fields(schema))
                        }
                    }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        }
    }

    fn contents(&self) -> Markup {
        html! {
            nav aria-label="Contents" {
                p { a href="#tasks" { "What do you want to do?" } }
                (self.tasks())
                @for tag in list(&self.api["tags"]) {
                    @let name = text(&tag["name"]);
                    p { a href={ "#" (anchor(name)) } { (name) } }
                    ul {
                        @for operation in self.operations(name) {
                            li {
                                a href={ "#" (text(&operation.value["operationId"])) } {
                                    (text(&operation.value["summary"]))
                                }
                            }
                        }
                    }
                }
                p { a href="#answers" { "What answers are made of" } }
            }
        }
    }

    /// The tasks whose operation is in the document.
    fn tasks(&self) -> Markup {
        let is_there = |id: &str| {
            let mut items = members(&self.api["paths"]).flat_map(|(_, item)| members(item));
            items.any(|(_, operation)| operation["operationId"] == id)
        };
        html! {
            ul {
                @for (task, operation) in TASKS {
                    @if is_there(operation) { li { a href={ "#" (operation) } { (task) } } }
                }
            }
        }
    }

    /// The operations of a tag.
    fn operations(&self, tag: &str) -> Vec<Operation<'a>> {
        let all = self.paths.iter().flat_map(|path| {
            members(&self.api["paths"][path]).map(move |(method, value)| Operation { method, path, value })
        });
        all.filter(|operation| list(&operation.value["tags"]).any(|name| name == tag)).collect()
    }

    fn operation(&self, operation: &Operation<'_>) -> Markup {
        let value = operation.value;
        let id = text(&value["operationId"]);
        html! {
            section aria-labelledby=(id) {
                h3 id=(id) { (text(&value["summary"])) }
                p.route { b { (operation.method.to_uppercase()) } " " code { (operation.path) } }
                (prose(text(&value["description"])))
                @if !value["security"].is_null() {
                    p { "Needs a token: " code { "Authorization: Bearer …" } "." }
                }
                (parameters(value))
                @for (media_type, content) in members(&value["requestBody"]["content"]) {
                    h4 { "Body: " code { (media_type) } }
                    (fields(&content["schema"]))
                }
                @for sample in list(&value["x-codeSamples"]) {
                    h4 { "Example" }
                    (code_block(text(&sample["source"])))
                }
                (answers(value))
                (problems(value))
            }
        }
    }
}

fn parameters(operation: &Value) -> Markup {
    let rows = list(&operation["parameters"]).map(|parameter| {
        let location = Some(text(&parameter["in"])).filter(|location| *location != "query");
        row(text(&parameter["name"]), location, &parameter["schema"], text(&parameter["description"]))
    });
    let rows: Vec<Markup> = rows.collect();
    html! {
        @if !rows.is_empty() {
            h4 { "Parameters" }
            (table(["Name", "Value", "Meaning"], rows))
        }
    }
}

fn answers(operation: &Value) -> Markup {
    let good = members(&operation["responses"]).filter(|(status, _)| status.starts_with('2'));
    html! {
        @for (status, response) in good {
            h4 { "Answer" }
            p {
                (status) ": " (inline(text(&response["description"])))
                @for (media_type, content) in members(&response["content"]) {
                    "; " code { (media_type) } ": " (kind(&content["schema"]))
                }
                "."
            }
            @for (_, content) in members(&response["content"]).filter(|(_, content)| !content["example"].is_null()) {
                details {
                    summary { "What the example answers" }
                    (code_block(&format!("{:#}", content["example"])))
                }
            }
        }
    }
}

fn problems(operation: &Value) -> Markup {
    let bad = members(&operation["responses"]).filter(|(status, _)| !status.starts_with('2'));
    let rows = bad.flat_map(|(status, response)| {
        members(&response["content"]["application/problem+json"]["examples"]).map(move |(code, example)| {
            html! {
                tr {
                    th scope="row" { code { (code) } }
                    td { (status) }
                    td { (text(&example["value"]["detail"])) }
                }
            }
        })
    });
    html! {
        details {
            summary { "Problems" }
            (table(["Code", "Status", "For example"], rows.collect()))
        }
    }
}

/// The members of an object schema, or a short description of another schema.
fn fields(schema: &Value) -> Markup {
    let parts: Vec<&Value> = match list(&schema["allOf"]).collect::<Vec<_>>() {
        parts if parts.is_empty() => vec![schema],
        parts => parts,
    };
    let last = parts.len().saturating_sub(1);
    html! {
        @for (index, part) in parts.into_iter().enumerate() {
            @if let Some(name) = reference(part) {
                p { "All of " (link(name)) @if index == last { "." } @else { ", and:" } }
            } @else if part["properties"].is_null() {
                p { (kind(part)) "." }
            } @else {
                (table(["Name", "Value", "Meaning"], members(&part["properties"])
                    .map(|(name, value)| row(name, None, value, text(&value["description"])))
                    .collect()))
            }
        }
    }
}

fn table(columns: [&str; 3], rows: Vec<Markup>) -> Markup {
    html! {
        // The table scrolls on a small screen; `tabindex` lets the keyboard scroll it too.
        div.table tabindex="0" {
            table {
                tr { @for column in columns { th scope="col" { (column) } } }
                @for row in rows { (row) }
            }
        }
    }
}

fn row(name: &str, location: Option<&str>, schema: &Value, about: &str) -> Markup {
    html! {
        tr {
            th scope="row" {
                code { (name) }
                @if let Some(location) = location { " " span.soft { "in the " (location) } }
            }
            td { (kind(schema)) }
            td { (inline(about)) }
        }
    }
}

fn code_block(source: &str) -> Markup {
    html! { pre tabindex="0" { code { (source) } } }
}

fn link(schema: &str) -> Markup {
    html! { a href={ "#" (anchor(schema)) } { (schema) } }
}

/// A short description of a value.
fn kind(schema: &Value) -> Markup {
    if let Some(name) = reference(schema) {
        return link(name);
    }
    if let Some(kinds) = ["oneOf", "anyOf", "allOf"].into_iter().find_map(|key| schema[key].as_array()) {
        return html! {
            @for (index, of) in kinds.iter().enumerate() {
                @if index > 0 { " or " }
                (kind(of))
            }
        };
    }
    if schema["enum"].is_array() {
        return html! {
            @for (index, name) in list(&schema["enum"]).enumerate() {
                @if index > 0 { ", " }
                code { (text(name)) }
            }
            (default(schema))
        };
    }
    let names: Vec<&str> = match &schema["type"] {
        Value::Array(names) => names.iter().map(text).collect(),
        name => vec![text(name)],
    };
    if names.contains(&"array") {
        return html! { "any number of: " (kind(&schema["items"])) };
    }
    let mut words = names.join(" or ");
    if words.is_empty() {
        words.push_str("anything");
    }
    if let Some(format) = schema["format"].as_str().filter(|format| format.starts_with("date")) {
        words = format.to_owned();
    }
    let (min, max) = (&schema["minimum"], &schema["maximum"]);
    if !max.is_null() {
        words.push_str(&format!(" from {min} to {max}"));
    }
    html! { (words) (default(schema)) }
}

fn default(schema: &Value) -> Markup {
    html! {
        @match &schema["default"] {
            Value::Null => {},
            Value::String(name) => { "; " code { (name) } " if not given" },
            value => { "; " (value.to_string()) " if not given" },
        }
    }
}

/// The name of the schema that a reference names.
fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

fn anchor(name: &str) -> String {
    format!("about-{}", crate::article::slug(name))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

/// Text as paragraphs.
fn prose(text: &str) -> Markup {
    html! {
        @for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            p { (inline(paragraph)) }
        }
    }
}

/// Text on one line; parts between backticks become code.
fn inline(text: &str) -> Markup {
    html! {
        @for (index, part) in text.split('`').enumerate() {
            @if index % 2 == 0 { (part) } @else { code { (part) } }
        }
    }
}
