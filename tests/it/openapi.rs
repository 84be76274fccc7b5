//! The API's description and what it describes, through the in-process router over the project's
//! own corpus:
//!
//! * the contract stands in `tests/snapshots/openapi.json`: a change of it is seen here;
//! * every operation has an id of its own, a summary, a group that is described, and its problems;
//! * every reference leads somewhere;
//! * the parameters it names are those that the routes take, and the bounds are those that hold;
//! * its examples are what is answered, and on its page they are for the server that is asked;
//! * the page has all of it, is whole by itself, and forbids the browser to load anything else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use fichero::config::base_url::BaseUrl;
use fichero::http::{Settings, router};
use fichero::indexing::index_updater::EngineSlot;
use serde_json::{Value, json};

use crate::support::served::{Answer, CORPUS, ask, ask_text, escaped, get, good, problem};

/// Set, the tests write down what they find instead of comparing with it.
const ACCEPT: &str = "FICHERO_ACCEPT_SNAPSHOTS";

/// The routes that pass over parameters they do not take: addresses of these stand in other pages.
const LENIENT: [&str; 2] = ["/search", "/widgets/fichero.js"];

fn description() -> Value {
    good("/openapi.json")
}

/// Compares with a file, or writes it.
fn compare(file: &Path, found: &Value, what: &str) {
    if std::env::var_os(ACCEPT).is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, format!("{found:#}\n")).unwrap();
        return;
    }
    let text = fs::read_to_string(file).unwrap_or_default();
    let expected: Value = serde_json::from_str(&text).unwrap_or_default();
    let mut differences = Vec::new();
    differ(&expected, found, "", &mut differences);
    assert!(
        differences.is_empty(),
        "{what} is not what {} says. If that is meant, set {ACCEPT}=1, run the test again, and read the difference \
         before it is committed:\n{}",
        file.display(),
        differences.join("\n")
    );
}

/// Lists where two values differ, and what they are there.
fn differ(expected: &Value, found: &Value, place: &str, differences: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for name in expected.keys().chain(found.keys()).collect::<BTreeSet<_>>() {
                let of = |members: &serde_json::Map<String, Value>| members.get(name).cloned().unwrap_or_default();
                differ(&of(expected), &of(found), &format!("{place}/{name}"), differences);
            }
        }
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            for (at, (before, after)) in before.iter().zip(after).enumerate() {
                differ(before, after, &format!("{place}/{at}"), differences);
            }
        }
        (before, after) if before != after => differences.push(format!("{place}:\n  - {before}\n  + {after}")),
        _ => {}
    }
}

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Method, path and operation of all that is described.
fn operations(api: &Value) -> Vec<(Method, String, Value)> {
    let mut operations = Vec::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            operations.push((method, path.clone(), operation.clone()));
        }
    }
    operations
}

#[test]
fn openapi_matches_its_snapshot() {
    let mut api = description();
    api["info"]["version"] = json!("any");
    // The examples have files of their own.
    for item in api["paths"].as_object_mut().unwrap().values_mut() {
        for operation in item.as_object_mut().unwrap().values_mut() {
            if let Some(Value::Object(content)) = operation.pointer_mut("/responses/200/content") {
                content.values_mut().for_each(|content| drop(content.as_object_mut().unwrap().remove("example")));
            }
        }
    }
    compare(&in_repository("tests/snapshots/openapi.json"), &api, "the contract");
}

#[test]
fn every_operation_is_described() {
    let api = description();
    assert!(api["openapi"].as_str().unwrap().starts_with("3.1."));
    let tags: BTreeSet<&str> =
        api["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&api) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id.to_owned()), "{id} twice");
        for text in ["summary", "description"] {
            assert!(operation[text].as_str().is_some_and(|text| !text.is_empty()), "{text} of {method} {path}");
        }
        let of = operation["tags"].as_array().unwrap();
        assert!(of.len() == 1 && tags.contains(of[0].as_str().unwrap()), "{method} {path}: {of:?}");
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}");
        let problems = responses.iter().filter(|(status, _)| !status.starts_with('2'));
        assert!(problems.clone().count() > 0, "{method} {path}");
        for (status, response) in problems {
            let content = &response["content"]["application/problem+json"];
            for (code, example) in content["examples"].as_object().unwrap() {
                assert_eq!(example["value"]["code"], code.as_str());
                assert_eq!(example["value"]["status"].to_string(), *status);
            }
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].as_str().is_some_and(|text| !text.is_empty()), "{parameter} of {path}");
        }
    }
    assert!(ids.len() >= 20, "{ids:?}");
}

#[test]
fn every_openapi_reference_resolves() {
    fn check(value: &Value, api: &Value) -> usize {
        let own = value.get("$ref").map_or(0, |reference| {
            let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
            assert!(api.pointer(pointer).is_some(), "{reference}");
            1
        });
        let below: usize = match value {
            Value::Object(members) => members.values().map(|value| check(value, api)).sum(),
            Value::Array(items) => items.iter().map(|value| check(value, api)).sum(),
            _ => 0,
        };
        own + below
    }
    let api = description();
    assert!(check(&api, &api) > 20);
}

/// Whether the operation needs the admin token.
fn is_for_admins(operation: &Value) -> bool {
    operation.get("security").is_some()
}

#[test]
fn changing_operations_require_the_token() {
    let api = description();
    assert_eq!(api["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    let mut secured = 0;
    for (method, path, operation) in operations(&api) {
        let is_public = method == Method::GET && !path.starts_with("/v1/tasks")
            || ["/v1/search", "/v1/multi-search", "/v1/related"].contains(&path.as_str());
        assert_eq!(is_for_admins(&operation), !is_public, "{method} {path}");
        if is_for_admins(&operation) {
            assert_eq!(operation["security"], json!([{ "bearer": [] }]));
            // The server of these tests has none.
            let answer = request(&method, &path, "");
            assert_eq!(problem(&answer, StatusCode::FORBIDDEN).0, "admin-off", "{method} {path}");
            let responses = &operation["responses"];
            assert!(responses["401"].is_object() && responses["403"].is_object(), "{method} {path}");
            secured += 1;
        }
    }
    assert!(secured >= 7, "{secured}");
}

fn request(method: &Method, path: &str, query: &str) -> Answer {
    let path = path.replace("{id}", "es%2Frecognition-handbook");
    let request = Request::builder().method(method).uri(format!("{path}?{query}")).header(header::HOST, "a.example");
    let request = request.header(header::ACCEPT, "application/json");
    let answer = ask_text(&CORPUS.router, request.body(Body::empty()).unwrap());
    let body = serde_json::from_str(&answer.body).unwrap_or_default();
    Answer { status: answer.status, headers: answer.headers, body }
}

#[test]
fn documented_parameters_and_bounds_match_the_routes() {
    let api = description();
    let (mut bounds, mut lenient) = (0, 0);
    for (method, path, operation) in operations(&api).into_iter().filter(|(method, ..)| *method == Method::GET) {
        if is_for_admins(&operation) {
            continue;
        }
        let parameters: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().collect();
        let in_query: Vec<&Value> = parameters.into_iter().filter(|parameter| parameter["in"] == "query").collect();
        let names: Vec<&str> = in_query.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
        let answer = request(&method, &path, "colour=red");
        if LENIENT.contains(&path.as_str()) {
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            lenient += 1;
        } else {
            let taken = answer.body["detail"].as_str().unwrap().split_once("takes ").unwrap().1;
            let named = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
            assert_eq!(taken, named, "{path}");
            problem(&answer, StatusCode::BAD_REQUEST);
        }
        // Where an article must be named.
        let key = if names.contains(&"url") { "id=es/recognition-handbook&" } else { "" };
        for parameter in &in_query {
            let (name, schema) = (parameter["name"].as_str().unwrap(), &parameter["schema"]);
            let (Some(min), Some(max)) = (schema["minimum"].as_i64(), schema["maximum"].as_i64()) else { continue };
            let default = schema["default"].as_i64().unwrap();
            for (value, expected) in [(min - 1, 400), (min, 200), (default, 200), (max, 200), (max + 1, 400)] {
                let answer = request(&method, &path, &format!("{key}{name}={value}"));
                assert_eq!(answer.status.as_u16(), expected, "{path} {name}={value}");
            }
            bounds += 1;
        }
        for parameter in &in_query {
            let (name, example) = (parameter["name"].as_str().unwrap(), &parameter["example"]);
            let value = match example {
                Value::Array(values) => values[0].as_str().unwrap(),
                Value::String(value) => value,
                _ => continue,
            };
            let key = if ["id", "url"].contains(&name) { "" } else { key };
            let answer = request(&method, &path, &format!("{key}{name}={}", escaped(value)));
            assert_eq!(answer.status, StatusCode::OK, "{path} {name}={value}: {}", answer.body);
        }
    }
    assert!(bounds >= 8, "{bounds}");
    assert_eq!(lenient, LENIENT.len());
}

/// An answer without what differs from call to call and from index to index.
fn timeless(mut value: Value) -> Value {
    match &mut value {
        Value::Object(members) => {
            members.retain(|name, _| !["took_ms", "index_version", "next_cursor", "score"].contains(&name.as_str()));
            members.values_mut().for_each(|member| *member = timeless(member.take()));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = timeless(item.take())),
        _ => {}
    }
    value
}

#[test]
fn examples_match_actual_answers() {
    let files = [
        ("search", "search"),
        ("searchByJson", "search_by_json"),
        ("multiSearch", "multi_search"),
        ("articleById", "article"),
        ("relatedById", "related"),
        ("recent", "recent"),
        ("suggest", "suggest"),
    ];
    let (mut asked, mut compared) = (0, 0);
    for (method, path, operation) in operations(&description()) {
        let Some(command) = operation["x-codeSamples"][0]["source"].as_str() else { continue };
        // Those are played with a token by the scenarios of the guide.
        if is_for_admins(&operation) {
            continue;
        }
        // curl 'ADDRESS' and perhaps --json 'BODY'
        let quoted: Vec<&str> = command.split('\'').skip(1).step_by(2).collect();
        let address = quoted[0].strip_prefix("http://127.0.0.1:8080").unwrap();
        let request = Request::builder().method(&method).uri(address).header(header::HOST, "127.0.0.1:8080");
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let body = quoted.get(1).copied().unwrap_or_default().to_owned();
        let answer = ask_text(&CORPUS.router, request.body(Body::from(body)).unwrap());
        assert_eq!(answer.status, StatusCode::OK, "{method} {path}: {}", answer.body);
        asked += 1;
        let id = operation["operationId"].as_str().unwrap();
        let example = &operation["responses"]["200"]["content"]["application/json"]["example"];
        if let Some((_, file)) = files.iter().find(|(of, _)| *of == id)
            && std::env::var_os(ACCEPT).is_some()
        {
            let mut answer: Value = serde_json::from_str(&answer.body).unwrap();
            shorten(&mut answer);
            compare(&in_repository(&format!("src/http/docs/examples/{file}.json")), &answer, "");
            continue;
        }
        if !example.is_null() {
            let mut answer: Value = serde_json::from_str(&answer.body).unwrap();
            shorten(&mut answer);
            let mut differences = Vec::new();
            differ(&timeless(example.clone()), &timeless(answer), &path, &mut differences);
            assert!(differences.is_empty(), "set {ACCEPT}=1 to accept it:\n{}", differences.join("\n"));
            compared += 1;
        }
    }
    assert!(asked >= 12 && (compared >= 7 || std::env::var_os(ACCEPT).is_some()), "{asked} {compared}");
}

/// Leaves out most of an article's text, which is long.
fn shorten(answer: &mut Value) {
    if let Some(Value::String(body)) = answer.get_mut("body") {
        let end = body.char_indices().nth(120).map_or(body.len(), |(at, _)| at);
        body.truncate(end);
        body.push('…');
    }
}

#[test]
fn docs_page_is_complete_and_self_contained() {
    let answer = ask_text(&CORPUS.router, Request::get("/docs").body(Body::empty()).unwrap());
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    let policy = answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    let page = &answer.body;
    let api = description();
    for (_, path, operation) in operations(&api) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(page.contains(&format!("<h3 id=\"{id}\">")) && page.contains(&format!("href=\"#{id}\"")), "{id}");
        assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            assert!(page.contains(&format!("<th scope=\"row\"><code>{name}</code>")), "{name}");
        }
    }
    for name in api["components"]["schemas"].as_object().unwrap().keys() {
        assert!(page.contains(&format!(">{name}</h3>")), "{name}");
    }
    // Its icon is within it.
    assert_eq!(page.matches("<link").count(), page.matches("<link rel=\"icon\" href=\"data:").count());
    // Its one script is within it, and needed for nothing but the buttons that it makes.
    assert!(page.matches("<script").count() == 1 && page.contains("<script>") && !page.contains("<button"));
    assert!(policy.contains("; script-src 'sha256-"), "{policy}");
    for outside in ["<img", "@import", "url(", " style=", "src="] {
        assert!(!page.contains(outside), "{outside}");
    }
    // What it links to within itself is there.
    for target in page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(page.contains(&format!("id=\"{target}\"")), "{target}");
    }
}

#[test]
fn docs_examples_are_for_the_address_that_they_are_asked_under() {
    let page = |host: &str| {
        let request = Request::get("/docs").header(header::HOST, host);
        ask_text(&CORPUS.router, request.body(Body::empty()).unwrap()).body
    };
    let asked = page("search.example:8080");
    assert!(asked.contains("curl 'http://search.example:8080/v1/search?q=") && !asked.contains("//127.0.0.1"));
    // A host that is none is not repeated.
    for host in ["\"><script>alert(1)</script>", "'; rm -r .", "a'b.example"] {
        assert!(page(host).contains("curl 'http://127.0.0.1:8080/v1/search?q="), "{host}");
    }
    let public_url = BaseUrl::parse("https://example.org/search").unwrap();
    let site = router(EngineSlot::default(), Settings { public_url: Some(public_url), ..Settings::default() });
    let configured =
        ask_text(&site, Request::get("/docs").header(header::HOST, "other.example").body(Body::empty()).unwrap());
    assert!(configured.body.contains("curl 'https://example.org/search/v1/search?q="), "{}", configured.status);
    assert!(!configured.body.contains("other.example"));
}

#[test]
fn welcome_lists_every_documented_route_and_405_names_its_methods() {
    let json = get("/openapi.json");
    assert_eq!(json.headers[header::CONTENT_TYPE], "application/json");
    let welcome = good("/");
    let listed: BTreeSet<&str> =
        welcome["routes"].as_array().unwrap().iter().map(|path| path.as_str().unwrap()).collect();
    let described: BTreeSet<&str> = json.body["paths"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(listed, described);
    // A route that only posts says so.
    let answer = ask(&CORPUS.router, Request::get("/v1/multi-search").body(Body::empty()).unwrap());
    assert_eq!(problem(&answer, StatusCode::METHOD_NOT_ALLOWED).0, "method-not-allowed");
    assert_eq!(answer.headers[header::ALLOW], "POST,OPTIONS");
}
