//! The scenarios of the API's guide (`docs/api/*.md`), played against the server that a reader of
//! the guide would start: `fichero` over the project's corpus, with an admin token.
//!
//! A scenario is a fenced `http` block with a request and the `http` block after it with what is
//! promised of the answer: the status, headers, and a body. Of a JSON object the members shown
//! must be there; of an array the elements shown, in order, and more only behind a final `"…"`;
//! `"…"` stands for any value, and in a text for any part of it. `{{name}}` takes what stands at
//! its place in an answer, and puts it into later requests of the same file.
//!
//! What a push changed is asked for until it is found, for up to a second.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support;
use crate::support::Server;

/// The guide's token.
const TOKEN: &str = "the-token-of-the-guide";
/// Within this a push is found.
const SEARCHABLE_WITHIN: Duration = Duration::from_secs(1);

/// A request and what is promised of its answer.
struct Scenario {
    /// The line in the file, from 1.
    line: usize,
    request: Message,
    answer: Message,
}

/// The parts of a request or an answer, as written.
#[derive(Default)]
struct Message {
    first: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Message {
    fn read(text: &str) -> Message {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("no header: {line:?}"));
            (name.to_ascii_lowercase(), value.to_owned())
        };
        let first = lines.next().expect("a first line").to_owned();
        Message { first, headers: lines.map(header).collect(), body: body.trim_end().to_owned() }
    }

    fn is_answer(&self) -> bool {
        self.first.starts_with("HTTP/")
    }
}

/// The scenarios of a file, in order.
fn scenarios(text: &str) -> Vec<Scenario> {
    let mut blocks: Vec<(usize, Message)> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((line, fence)) = lines.next() {
        if fence == "```http" {
            let block: Vec<&str> = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```").collect();
            blocks.push((line + 1, Message::read(&block.join("\n"))));
        }
    }
    let mut scenarios = Vec::new();
    let mut blocks = blocks.into_iter().peekable();
    while let Some((line, request)) = blocks.next() {
        assert!(!request.is_answer(), "line {line}: an answer to nothing");
        let (_, answer) =
            blocks.next_if(|(_, block)| block.is_answer()).unwrap_or_else(|| panic!("line {line}: no answer"));
        scenarios.push(Scenario { line, request, answer });
    }
    scenarios
}

/// An answer as it came.
struct Got {
    status: u16,
    headers: BTreeMap<String, String>,
    body: String,
}

fn ask(server: &Server, agent: &ureq::Agent, message: &Message) -> Got {
    let (method, path) = message.first.split_once(' ').expect("a method and a path");
    let mut request = ureq::http::Request::builder().method(method).uri(format!("http://{}{path}", server.address));
    for (name, value) in &message.headers {
        request = request.header(name, value);
    }
    let mut response = agent
        .run(request.body(message.body.as_str()).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", message.first));
    let header = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
        (name.to_string(), value.to_str().unwrap().to_owned())
    };
    Got {
        status: response.status().as_u16(),
        headers: response.headers().iter().map(header).collect(),
        body: response.body_mut().read_to_string().unwrap(),
    }
}

type Names = BTreeMap<String, String>;

/// Puts what was taken before into a text.
fn filled(text: &str, names: &Names) -> String {
    names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
}

/// Whether a text is as promised; takes names.
fn is_text(got: &str, promised: &str, names: &mut Names) -> bool {
    if let Some(name) = promised.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"))
        && !names.contains_key(name)
    {
        names.insert(name.to_owned(), got.to_owned());
        return true;
    }
    let promised = filled(promised, names);
    let parts: Vec<&str> = promised.split('…').collect();
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return false };
    if parts.len() == 1 {
        return got == promised;
    }
    let Some(mut rest) = got.strip_prefix(first) else { return false };
    for part in &parts[1..parts.len() - 1] {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Says where a value is not as promised.
fn differs(got: &Value, promised: &Value, at: &str, names: &mut Names) -> Option<String> {
    match (got, promised) {
        (_, Value::String(any)) if any == "…" => None,
        (Value::String(got), Value::String(text)) => {
            (!is_text(got, text, names)).then(|| format!("{at}: {got:?} instead of {text:?}"))
        }
        (Value::Object(got), Value::Object(members)) => {
            members.iter().find_map(|(name, promised)| match got.get(name) {
                Some(value) => differs(value, promised, &format!("{at}.{name}"), names),
                None => Some(format!("{at}.{name} is missing")),
            })
        }
        (Value::Array(got), Value::Array(elements)) => {
            let is_open = elements.last().is_some_and(|last| last == "…");
            let shown = &elements[..elements.len() - usize::from(is_open)];
            if got.len() < shown.len() || (!is_open && got.len() > shown.len()) {
                return Some(format!("{at}: {} elements instead of {}", got.len(), shown.len()));
            }
            let pairs = got.iter().zip(shown).enumerate();
            pairs
                .into_iter()
                .find_map(|(place, (got, promised))| differs(got, promised, &format!("{at}[{place}]"), names))
        }
        _ => (got != promised).then(|| format!("{at}: {got} instead of {promised}")),
    }
}

/// Says what is not as promised of an answer.
fn fault(got: &Got, promised: &Message, names: &mut Names) -> Option<String> {
    let status = promised.first.split(' ').nth(1).expect("a status");
    if got.status.to_string() != status {
        return Some(format!("status {} instead of {status}", got.status));
    }
    for (name, value) in &promised.headers {
        match got.headers.get(name) {
            Some(held) if is_text(held, value, names) => {}
            held => return Some(format!("{name}: {held:?} instead of {value:?}")),
        }
    }
    let is_json = got.headers.get("content-type").is_some_and(|kind| kind.contains("json") && !kind.contains("ndjson"));
    if promised.body.is_empty() {
        return None;
    }
    if is_json {
        let read = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| format!("{error} in {text}"));
        return match (read(&got.body), read(&promised.body)) {
            (Ok(got), Ok(promised)) => differs(&got, &promised, "body", names),
            (Err(error), _) | (_, Err(error)) => Some(error),
        };
    }
    (!is_text(got.body.trim_end(), &promised.body, names)).then(|| "another body".to_owned())
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/api");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "md"));
    files.sort();
    files
}

#[test]
fn guide_examples_match_server_answers() {
    let folder = tempfile::tempdir().unwrap();
    let config = format!("[[source]]\nname = \"corpus\"\npath = {:?}\n", support::corpus());
    fs::write(folder.path().join("fichero.toml"), config).unwrap();
    let server = Server::start_with(folder.path(), &[], &[("FICHERO_TOKEN", TOKEN)]);
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .accept_encoding("identity")
        // A server may close a connection on which it answered before it had read the whole body.
        .max_idle_connections(0)
        .build()
        .into();
    let mut faults = Vec::new();
    let mut played = 0;
    for file in files() {
        let mut names = Names::new();
        for scenario in scenarios(&fs::read_to_string(&file).unwrap()) {
            let filled = Message {
                first: filled(&scenario.request.first, &names),
                headers: scenario
                    .request
                    .headers
                    .iter()
                    .map(|(name, value)| (name.clone(), filled(value, &names)))
                    .collect(),
                body: filled(&scenario.request.body, &names),
            };
            let begun = Instant::now();
            let (got, fault) = loop {
                let got = ask(&server, &agent, &filled);
                let mut taken = names.clone();
                let fault = fault(&got, &scenario.answer, &mut taken);
                let may_come = filled.first.starts_with("GET ") && begun.elapsed() < SEARCHABLE_WITHIN;
                if fault.is_none() || !may_come {
                    names = taken;
                    break (got, fault);
                }
                std::thread::sleep(Duration::from_millis(50));
            };
            if let Some(fault) = fault {
                let name = file.file_name().unwrap().to_string_lossy().into_owned();
                let Got { status, headers, body } = got;
                faults.push(format!(
                    "{name}:{}: {}\n  {fault}\n  {status} {headers:?}\n  {body}",
                    scenario.line, filled.first
                ));
            }
            played += 1;
        }
    }
    println!("{played} scenarios");
    assert!(faults.is_empty(), "{} of {played}:\n{}", faults.len(), faults.join("\n"));
    assert!(played >= 30, "only {played} scenarios");
}

#[test]
fn scenario_mismatch_is_reported() {
    let mut names = Names::new();
    let mut check = |got: &str, promised: &str| {
        let read = |text: &str| serde_json::from_str(text).unwrap();
        differs(&read(got), &read(promised), "body", &mut names)
    };
    for (got, promised) in [
        (r#"{"a": 1, "b": 2}"#, r#"{"a": 1}"#),
        (r#"[1, 2, 3]"#, r#"[1, "…"]"#),
        (r#"{"a": "one two three"}"#, r#"{"a": "one … three"}"#),
        (r#"{"a": null}"#, r#"{"a": "…"}"#),
        (r#"{"a": "x1"}"#, r#"{"a": "{{token}}"}"#),
        (r#"{"a": "x1"}"#, r#"{"a": "{{token}}"}"#),
    ] {
        assert_eq!(check(got, promised), None, "{got} {promised}");
    }
    for (got, promised) in [
        (r#"{"b": 2}"#, r#"{"a": "…"}"#),
        (r#"[1, 2, 3]"#, r#"[1, 2]"#),
        (r#"[1]"#, r#"[1, 2, "…"]"#),
        (r#"[2, 1]"#, r#"[1, "…"]"#),
        (r#"{"a": "one two"}"#, r#"{"a": "one … three"}"#),
        (r#"{"a": "1"}"#, r#"{"a": 1}"#),
        (r#"{"a": "x2"}"#, r#"{"a": "{{token}}"}"#),
    ] {
        assert!(check(got, promised).is_some(), "{got} {promised}");
    }
}
