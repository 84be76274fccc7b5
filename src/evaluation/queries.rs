//! Reads queries, in the forms in which collections are published.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// A query of a file.
#[derive(Debug, Deserialize)]
pub(super) struct JudgedQuery {
    #[serde(rename = "_id")]
    pub(super) id: String,
    pub(super) text: String,
    #[serde(default)]
    pub(super) lang: String,
    /// Properties of the query, noted by its author.
    #[serde(default)]
    pub(super) traits: Vec<String>,
}

/// Reads queries: JSON lines with `_id` and `text` (BEIR's), TREC topics (`<top>`, of which `<num>`
/// and `<title>` are read), or lines of an id and a text, separated by a tab.
pub(super) fn read(path: &Path) -> Result<Vec<JudgedQuery>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    parse(&path.display().to_string(), &text)
}

fn parse(file: &str, text: &str) -> Result<Vec<JudgedQuery>> {
    let text = text.trim_start_matches('\u{feff}');
    let queries = match text.trim_start().chars().next() {
        Some('<') => topics(file, text)?,
        _ => lines(file, text)?,
    };
    let mut ids = HashSet::new();
    if let Some(again) = queries.iter().find(|query| !ids.insert(query.id.as_str())) {
        bail!("{file}: two queries have the id {:?}", again.id);
    }
    Ok(queries)
}

fn lines(file: &str, text: &str) -> Result<Vec<JudgedQuery>> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            let at = || format!("{file}:{}: not a query", number + 1);
            if line.trim_start().starts_with('{') {
                return serde_json::from_str(line).with_context(at);
            }
            let (id, text) = line.split_once('\t').with_context(at)?;
            Ok(query(id, text))
        })
        .collect()
}

/// The topics of a TREC collection. Their tags are not closed in the older ones, so that it is no XML.
fn topics(file: &str, text: &str) -> Result<Vec<JudgedQuery>> {
    let starts: Vec<usize> =
        text.match_indices("<top").map(|(start, _)| start).filter(|start| is_topic(text, *start)).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let topics = starts.iter().zip(ends).map(|(start, end)| {
        let topic = text.get(*start..end).unwrap_or_default();
        let id = element(topic, "num", "Number:").or_else(|| attribute(topic, "number"));
        let words = element(topic, "title", "Topic:").or_else(|| element(topic, "query", ""));
        match (id, words) {
            (Some(id), Some(words)) => Ok(query(&id, &words)),
            _ => {
                let line = text.get(..*start).unwrap_or_default().lines().count() + 1;
                bail!("{file}:{line}: a topic without a number or a title")
            }
        }
    });
    topics.collect()
}

/// Whether `<top>` or `<topic …>` begins here, not `<topics>`.
fn is_topic(text: &str, start: usize) -> bool {
    let name = text.get(start + 1..).unwrap_or_default().split(|c: char| !c.is_ascii_alphabetic()).next();
    matches!(name, Some("top" | "topic"))
}

/// The text of an element, up to the next tag, without its label and on one line.
fn element(topic: &str, name: &str, label: &str) -> Option<String> {
    let (_, rest) = topic.split_once(&format!("<{name}>"))?;
    let text = rest.split('<').next().unwrap_or_default().trim();
    let text = text.strip_prefix(label).unwrap_or(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

fn attribute(topic: &str, name: &str) -> Option<String> {
    let (tag, _) = topic.split_once('>')?;
    let (_, rest) = tag.split_once(&format!("{name}=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

fn query(id: &str, text: &str) -> JudgedQuery {
    JudgedQuery { id: id.trim().to_owned(), text: text.trim().to_owned(), lang: String::new(), traits: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, String)> {
        parse("f", text).unwrap().into_iter().map(|query| (query.id, query.text)).collect()
    }

    #[test]
    fn queries_of_all_forms_are_the_same() {
        let expected =
            [("301".to_owned(), "student mobility".to_owned()), ("302".to_owned(), "open access".to_owned())];
        for text in [
            "{\"_id\": \"301\", \"text\": \"student mobility\"}\n\n{\"_id\": \"302\", \"text\": \"open access\", \"metadata\": {}}",
            "\u{feff}301\tstudent mobility\r\n302\topen access\r\n",
            "<top>\n<num> Number: 301\n<title> student\n mobility\n\n<desc> Description:\nWho goes where?\n</top>\n<top>\n\
             <num> Number: 302\n<title> Topic: open access\n</top>",
            "<topics>\n<topic number=\"301\" type=\"x\"><query>student mobility</query></topic>\n\
             <topic number=\"302\"><query>open access</query></topic>\n</topics>",
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_query_is_named() {
        for (text, message) in [
            ("{\"text\": \"x\"}", "f:1: not a query"),
            ("1\ta\n\njust text", "f:3: not a query"),
            ("1\ta\n1\tb", "f: two queries have the id \"1\""),
            ("<top>\n<num> 1\n<title> a\n</top>\n<top>\n<title> b\n</top>", "f:5: a topic without a number or a title"),
        ] {
            assert_eq!(parse("f", text).unwrap_err().to_string(), message, "{text}");
        }
    }
}
