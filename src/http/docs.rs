//! The API's page, for people: written on the server from its description, whole by itself. It
//! asks for no other resource and runs no script.

use std::fmt::Write;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use serde_json::Value;
use utoipa::openapi::OpenApi;

use super::failures::{OfReference, Problems};
use super::icon::ICON;
use super::parameters::Nothing;
use super::params::InQuery;
use super::{App, content_policy};
use crate::engine::highlight;

const STYLE: &str = include_str!("docs.css");

/// The page, ready to be sent.
pub(super) struct Page {
    html: Bytes,
    policy: HeaderValue,
}

/// The API's page
///
/// OpenAPI's description as a page: what you read here.
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "docs",
    tag = "Documentation",
    responses((status = 200, description = "The page", body = String, content_type = "text/html"), Problems<OfReference>)
)]
pub(super) async fn docs(State(app): State<App>, _: InQuery<Nothing>) -> impl IntoResponse {
    let page = &app.document.page;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::CONTENT_SECURITY_POLICY, page.policy.clone()),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, page.html.clone())
}

impl Page {
    /// Writes the page of an OpenAPI document.
    pub(super) fn of(api: &OpenApi) -> Page {
        let policy = format!("{}; img-src data:; form-action 'none'", content_policy::with_style(STYLE));
        let mut html = String::with_capacity(100_000);
        // Writing into a string cannot fail.
        let paths: Vec<&str> = api.paths.paths.keys().map(String::as_str).collect();
        let api = serde_json::to_value(api).unwrap_or_default();
        let _ = Writer { api: &api, paths, html: &mut html }.page();
        Page {
            html: Bytes::from(html),
            // Base64 is ASCII.
            policy: HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'")),
        }
    }
}

/// An operation of the document and where it stands.
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    value: &'a Value,
}

struct Writer<'a> {
    api: &'a Value,
    /// In the order in which they are told.
    paths: Vec<&'a str>,
    html: &'a mut String,
}

impl<'a> Writer<'a> {
    fn page(&mut self) -> std::fmt::Result {
        let title = text(&self.api["info"]["title"]);
        write!(
            self.html,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <title>{0}: the API</title>\n<link rel=\"icon\" href=\"{ICON}\">\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <a class=\"skip\" href=\"#main\">Skip to the content</a>\n",
            escape(title)
        )?;
        self.contents()?;
        write!(
            self.html,
            "<main id=\"main\">\n<h1>{}: the API</h1>\n<p class=\"soft\">Version {}. For programs: \
             <a href=\"/openapi.json\">OpenAPI 3.1</a>.</p>\n{}\n",
            escape(title),
            escape(text(&self.api["info"]["version"])),
            prose(text(&self.api["info"]["description"]))
        )?;
        for tag in list(&self.api["tags"]) {
            let name = text(&tag["name"]);
            let (id, about) = (anchor(name), prose(text(&tag["description"])));
            writeln!(self.html, "<h2 id=\"{id}\">{}</h2>\n{about}", escape(name))?;
            for operation in self.operations(name) {
                self.operation(&operation)?;
            }
        }
        self.schemas()?;
        self.html.write_str("</main>\n</body>\n</html>\n")
    }

    fn contents(&mut self) -> std::fmt::Result {
        self.html.write_str("<nav aria-label=\"Contents\">\n")?;
        for tag in list(&self.api["tags"]) {
            let name = text(&tag["name"]);
            write!(self.html, "<p><a href=\"#{}\">{}</a></p>\n<ul>\n", anchor(name), escape(name))?;
            for operation in self.operations(name) {
                let (id, summary) = (text(&operation.value["operationId"]), text(&operation.value["summary"]));
                writeln!(self.html, "<li><a href=\"#{}\">{}</a></li>", escape(id), escape(summary))?;
            }
            self.html.write_str("</ul>\n")?;
        }
        self.html.write_str("<p><a href=\"#answers\">What answers are made of</a></p>\n</nav>\n")
    }

    /// The operations of a group.
    fn operations(&self, tag: &str) -> Vec<Operation<'a>> {
        let all = self.paths.iter().flat_map(|path| {
            members(&self.api["paths"][path]).map(move |(method, value)| Operation { method, path, value })
        });
        all.filter(|operation| list(&operation.value["tags"]).any(|name| name == tag)).collect()
    }

    fn operation(&mut self, operation: &Operation<'_>) -> std::fmt::Result {
        let value = operation.value;
        let id = escape(text(&value["operationId"]));
        write!(
            self.html,
            "<section aria-labelledby=\"{id}\">\n<h3 id=\"{id}\">{}</h3>\n<p class=\"route\"><b>{}</b> <code>{}</code></p>\n{}",
            escape(text(&value["summary"])),
            escape(&operation.method.to_uppercase()),
            escape(operation.path),
            prose(text(&value["description"]))
        )?;
        if !value["security"].is_null() {
            self.html.write_str("<p>Needs a token: <code>Authorization: Bearer …</code>.</p>\n")?;
        }
        self.parameters(value)?;
        self.body(value)?;
        for sample in list(&value["x-codeSamples"]) {
            write!(
                self.html,
                "<h4>Example</h4>\n<pre tabindex=\"0\"><code>{}</code></pre>\n",
                escape(text(&sample["source"]))
            )?;
        }
        self.answers(value)?;
        self.problems(value)?;
        self.html.write_str("</section>\n")
    }

    fn parameters(&mut self, operation: &Value) -> std::fmt::Result {
        let mut rows = list(&operation["parameters"]).peekable();
        if rows.peek().is_none() {
            return Ok(());
        }
        self.html.write_str("<h4>Parameters</h4>\n")?;
        self.head(["Name", "Value", "Meaning"])?;
        for parameter in rows {
            let place = match text(&parameter["in"]) {
                "query" => String::new(),
                place => format!(" <span class=\"soft\">in the {}</span>", escape(place)),
            };
            self.row(text(&parameter["name"]), &place, &parameter["schema"], text(&parameter["description"]))?;
        }
        self.html.write_str("</table></div>\n")
    }

    fn body(&mut self, operation: &Value) -> std::fmt::Result {
        for (media_type, content) in members(&operation["requestBody"]["content"]) {
            writeln!(self.html, "<h4>Body: <code>{}</code></h4>", escape(media_type))?;
            self.fields(&content["schema"])?;
        }
        Ok(())
    }

    fn answers(&mut self, operation: &Value) -> std::fmt::Result {
        for (status, response) in members(&operation["responses"]).filter(|(status, _)| status.starts_with('2')) {
            write!(self.html, "<h4>Answer</h4>\n<p>{}: {}", escape(status), inline(text(&response["description"])))?;
            for (media_type, content) in members(&response["content"]) {
                write!(self.html, "; <code>{}</code>: {}", escape(media_type), kind(&content["schema"]))?;
            }
            self.html.write_str(".</p>\n")?;
            for (_, content) in members(&response["content"]).filter(|(_, content)| !content["example"].is_null()) {
                let example = escape(&format!("{:#}", content["example"]));
                write!(
                    self.html,
                    "<details><summary>What the example answers</summary>\n<pre tabindex=\"0\"><code>{example}</code></pre></details>\n"
                )?;
            }
        }
        Ok(())
    }

    fn problems(&mut self, operation: &Value) -> std::fmt::Result {
        self.html.write_str("<details><summary>Problems</summary>\n")?;
        self.head(["Code", "Status", "For example"])?;
        for (status, response) in members(&operation["responses"]).filter(|(status, _)| !status.starts_with('2')) {
            for (code, example) in members(&response["content"]["application/problem+json"]["examples"]) {
                writeln!(
                    self.html,
                    "<tr><th scope=\"row\"><code>{}</code></th><td>{}</td><td>{}</td></tr>",
                    escape(code),
                    escape(status),
                    escape(text(&example["value"]["detail"]))
                )?;
            }
        }
        self.html.write_str("</table></div></details>\n")
    }

    fn schemas(&mut self) -> std::fmt::Result {
        self.html.write_str("<h2 id=\"answers\">What answers are made of</h2>\n")?;
        for (name, schema) in members(&self.api["components"]["schemas"]) {
            let (id, about) = (anchor(name), prose(text(&schema["description"])));
            writeln!(self.html, "<h3 id=\"{id}\">{}</h3>\n{about}", escape(name))?;
            self.fields(schema)?;
        }
        Ok(())
    }

    /// The members of an object, or what else a schema is.
    fn fields(&mut self, schema: &Value) -> std::fmt::Result {
        let parts: Vec<&Value> = match list(&schema["allOf"]).collect::<Vec<_>>() {
            parts if parts.is_empty() => vec![schema],
            parts => parts,
        };
        let last = parts.len().saturating_sub(1);
        for (place, part) in parts.into_iter().enumerate() {
            if let Some(name) = reference(part) {
                let end = if place == last { "." } else { ", and:" };
                writeln!(self.html, "<p>All of <a href=\"#{}\">{}</a>{end}</p>", anchor(name), escape(name))?;
                continue;
            }
            if part["properties"].is_null() {
                writeln!(self.html, "<p>{}.</p>", kind(part))?;
                continue;
            }
            self.head(["Name", "Value", "Meaning"])?;
            for (name, value) in members(&part["properties"]) {
                self.row(name, "", value, text(&value["description"]))?;
            }
            self.html.write_str("</table></div>\n")?;
        }
        Ok(())
    }

    fn head(&mut self, columns: [&str; 3]) -> std::fmt::Result {
        let [first, second, third] = columns;
        writeln!(
            self.html,
            "<div class=\"table\" tabindex=\"0\"><table>\n<tr><th scope=\"col\">{first}</th><th scope=\"col\">{second}</th><th scope=\"col\">{third}</th></tr>"
        )
    }

    fn row(&mut self, name: &str, place: &str, schema: &Value, about: &str) -> std::fmt::Result {
        writeln!(
            self.html,
            "<tr><th scope=\"row\"><code>{}</code>{place}</th><td>{}</td><td>{}</td></tr>",
            escape(name),
            kind(schema),
            inline(about)
        )
    }
}

/// What a value is, in a few words of HTML.
fn kind(schema: &Value) -> String {
    if let Some(name) = reference(schema) {
        return format!("<a href=\"#{}\">{}</a>", anchor(name), escape(name));
    }
    for key in ["oneOf", "anyOf", "allOf"] {
        if schema[key].is_array() {
            let kinds: Vec<String> = list(&schema[key]).map(kind).collect();
            return kinds.join(" or ");
        }
    }
    if schema["enum"].is_array() {
        let names: Vec<String> =
            list(&schema["enum"]).map(|name| format!("<code>{}</code>", escape(text(name)))).collect();
        return format!("{}{}", names.join(", "), default(schema));
    }
    let names: Vec<&str> = match &schema["type"] {
        Value::Array(names) => names.iter().map(text).collect(),
        name => vec![text(name)],
    };
    if names.contains(&"array") {
        return format!("any number of: {}", kind(&schema["items"]));
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
    format!("{}{}", escape(&words), default(schema))
}

fn default(schema: &Value) -> String {
    match &schema["default"] {
        Value::Null => String::new(),
        Value::String(name) => format!("; <code>{}</code> if not given", escape(name)),
        value => format!("; {value} if not given"),
    }
}

/// The name of the schema that is referred to.
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

/// Paragraphs of HTML.
fn prose(text: &str) -> String {
    let paragraphs = text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty());
    paragraphs.map(|paragraph| format!("<p>{}</p>\n", inline(paragraph))).collect()
}

/// A line of HTML: what stands between backticks is code.
fn inline(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(place, part)| if place % 2 == 0 { escape(part) } else { format!("<code>{}</code>", escape(part)) })
        .collect()
}

fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    highlight::escape(text, &mut html);
    html
}
