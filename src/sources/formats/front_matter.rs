//! Front matter: the fields in front of a text.
//!
//! YAML between `---` lines and TOML between `+++` lines are always front matter. People also write it
//! a little otherwise: behind blank lines or a comment, between four dashes or those of a word
//! processor, in a code block, as JSON. Such a block is front matter if it names a field of an article,
//! or a mark that says whether the article is public; otherwise it is text, such as a text that begins
//! with a rule. What is front matter and cannot be parsed is an error, and never text: a `hidden: true`
//! in it would be published.

use serde_json::{Map, Value, json};

use crate::article::is_field_name;

/// A text with its fields.
#[derive(Debug)]
pub(crate) struct FrontMatter<'t> {
    /// The fields.
    pub(crate) fields: Map<String, Value>,
    /// The text behind them.
    pub(crate) body: &'t str,
}

/// The syntax of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Syntax {
    Yaml,
    Toml,
    Json,
}

/// Splits a Markdown text; `None` if it has no front matter. The error is for the author.
pub(crate) fn split(text: &str) -> Result<Option<FrontMatter<'_>>, String> {
    for (fence, syntax) in [("---", Syntax::Yaml), ("+++", Syntax::Toml)] {
        if let Some((_, rest)) = text.split_once('\n').filter(|(line, _)| line.trim_end() == fence) {
            let is_end = |line: &str| line == fence || (line == "..." && syntax == Syntax::Yaml);
            let (block, body) =
                until(rest, is_end).ok_or_else(|| format!("the front matter that begins with {fence} does not end"))?;
            return Ok(Some(FrontMatter { fields: parse(block, syntax)?, body }));
        }
    }
    Ok(split_loosely(text)?.or_else(|| {
        let text = skip_white(text);
        let (block, body) = text.split_once("\n\n").unwrap_or((text, ""));
        metadata(block).map(|fields| FrontMatter { fields, body })
    }))
}

/// Splits a text of any kind: only a block that names a field is front matter.
pub(crate) fn split_loosely(text: &str) -> Result<Option<FrontMatter<'_>>, String> {
    let mut text = skip_white(text);
    while let Some((comment, rest)) = text.strip_prefix("<!--").and_then(|rest| rest.split_once("-->")) {
        if let Some(fields) = metadata(comment.trim_matches('-').trim()) {
            return Ok(Some(FrontMatter { fields, body: rest }));
        }
        text = skip_white(rest);
    }
    if text.starts_with('{') {
        return split_json(text);
    }
    let (line, rest) = text.split_once('\n').unwrap_or((text, ""));
    let line = line.trim();
    if let Some(info) = line.strip_prefix("```").or_else(|| line.strip_prefix("~~~")) {
        let fence: String = line.chars().take(3).collect();
        let Some((block, body)) = until(rest, |line| line == fence) else { return Ok(None) };
        let syntax = match info.trim().to_ascii_lowercase().as_str() {
            "yaml" | "yml" | "" => Syntax::Yaml,
            "toml" => Syntax::Toml,
            "json" => Syntax::Json,
            _ => return Ok(None),
        };
        if !names_field(block) {
            return Ok(None);
        }
        // The fence may stand around a block with rules of its own.
        let fields = match split_loosely(block)? {
            Some(inner) => inner.fields,
            None => parse(block, syntax)?,
        };
        return Ok(Some(FrontMatter { fields, body }));
    }
    let Some((rule, syntax)) = rule_of(line) else { return Ok(None) };
    let is_end = |line: &str| rule_of(line).is_some_and(|(other, _)| other == rule) || (line == "..." && rule == '-');
    // These are rules of texts, too.
    if matches!(rule, '*' | '=') && !names_field(rest.lines().next().unwrap_or_default()) {
        return Ok(None);
    }
    match until(rest, is_end) {
        Some((block, body)) if names_field(block) => Ok(Some(FrontMatter { fields: parse(block, syntax)?, body })),
        // Without an end, the fields go up to the first blank line.
        None if !matches!(rule, '*' | '=') && names_field(rest.split("\n\n").next().unwrap_or_default()) => {
            Err(format!("the front matter that begins with {line} does not end"))
        }
        _ => Ok(None),
    }
}

fn split_json(text: &str) -> Result<Option<FrontMatter<'_>>, String> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Map<String, Value>>();
    match values.next() {
        Some(Ok(fields)) if fields.keys().any(|name| is_field_name(name)) => {
            let body = text.get(values.byte_offset()..).unwrap_or_default();
            Ok(Some(FrontMatter { fields, body }))
        }
        Some(Err(error)) if names_field(text.split("\n\n").next().unwrap_or_default()) => {
            Err(format!("front matter is not JSON: {error}"))
        }
        _ => Ok(None),
    }
}

/// The text behind white space and byte-order marks.
fn skip_white(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
}

/// The character that stands for a rule, and the syntax between two of them: three hyphens, plus signs,
/// underscores, asterisks, equals signs or semicolons and more, also with spaces between them, or the
/// dashes that word processors make of hyphens. A comment or the name of the syntax may follow.
fn rule_of(line: &str) -> Option<(char, Syntax)> {
    // Converters to Markdown put a backslash before what could be a rule.
    let line = line.replace('\\', "");
    let line = line.trim();
    let first = line.chars().next()?;
    let rule = if is_dash(first) { '-' } else { first };
    let syntax = match rule {
        '-' | '_' | '*' | '=' => Syntax::Yaml,
        '+' => Syntax::Toml,
        ';' => Syntax::Json,
        _ => return None,
    };
    let is_mark = |c: char| c == rule || (rule == '-' && is_dash(c));
    let behind = match line.chars().all(|c| is_mark(c) || c == ' ') {
        true => "",
        false => line.trim_start_matches(is_mark),
    };
    let marks = line.get(..line.len() - behind.len())?;
    let hyphens: usize = marks.chars().map(hyphens_in).sum();
    let behind = behind.trim();
    let is_bare = behind.is_empty() || behind.starts_with('#') || ["yaml", "yml", "toml", "json"].contains(&behind);
    (hyphens >= 3 && is_bare).then_some((rule, syntax))
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// How many hyphens a word processor has made this dash of.
fn hyphens_in(dash: char) -> usize {
    match dash {
        ' ' => 0,
        '–' => 2,
        '—' | '―' => 3,
        _ => 1,
    }
}

/// The fields of lines such as `Title: Acta`, or `.. title: Acta`; a line that is indented goes on with
/// the value before it. `None` if there is another line, or no title: then it is a text.
fn metadata(block: &str) -> Option<Map<String, Value>> {
    let mut fields = Map::new();
    let mut last: Option<String> = None;
    for line in block.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(Value::String(value)) = last.as_ref().and_then(|name| fields.get_mut(name))
            && line.starts_with([' ', '\t'])
        {
            value.push(' ');
            value.push_str(line.trim());
            continue;
        }
        let line = line.trim();
        let (name, value) = line.strip_prefix(".. ").unwrap_or(line).split_once(':')?;
        let is_name = name.starts_with(char::is_alphabetic)
            && name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        if !is_name || value.starts_with("//") {
            return None;
        }
        fields.insert(name.to_owned(), json!(value.trim()));
        last = Some(name.to_owned());
    }
    fields.keys().any(|name| name.trim().eq_ignore_ascii_case("title")).then(|| with_flag(fields))
}

/// The lines before the first one that is an end, and those behind it.
fn until(text: &str, is_end: impl Fn(&str) -> bool) -> Option<(&str, &str)> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if is_end(line.trim_end()) {
            return Some((text.get(..at)?, text.get(at + line.len()..)?));
        }
        at += line.len();
    }
    None
}

/// Whether a line of a block gives a value to a field of an article.
fn names_field(block: &str) -> bool {
    block.lines().any(|line| {
        let key = line.split_once([':', '=']).map(|(key, _)| key.trim_matches(['{', ',', '"', '\'', ' ', '\t']));
        key.is_some_and(is_field_name)
    })
}

fn parse(block: &str, syntax: Syntax) -> Result<Map<String, Value>, String> {
    match syntax {
        Syntax::Yaml => yaml(block),
        Syntax::Toml => toml(block),
        Syntax::Json => {
            serde_json::from_str(block.trim()).map_err(|error| format!("front matter is not JSON: {error}"))
        }
    }
}

fn yaml(text: &str) -> Result<Map<String, Value>, String> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    // The parser limits depth, aliases and size, so that no file can exhaust memory. Values that
    // are not plain numbers or booleans stay strings: `lang: no` is Norwegian.
    let options = serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
    };
    let value: Value = serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| format!("front matter is not YAML: {}", first_line(&error)))?;
    match value {
        Value::Object(fields) => Ok(with_flag(fields)),
        Value::Null => Ok(Map::new()),
        _ => Err("front matter is not a list of fields".to_owned()),
    }
}

/// Fields whose `hidden` is a boolean where it is the text of one.
fn with_flag(mut fields: Map<String, Value>) -> Map<String, Value> {
    if let Some(flag) = fields.get("hidden").and_then(Value::as_str).and_then(yes_or_no) {
        fields.insert("hidden".to_owned(), json!(flag));
    }
    fields
}

/// Parses a boolean, also in YAML 1.1 notation.
fn yes_or_no(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "y" | "on" => Some(true),
        "false" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}

fn toml(text: &str) -> Result<Map<String, Value>, String> {
    let table: ::toml::Table =
        text.parse().map_err(|error: ::toml::de::Error| format!("front matter is not TOML: {}", error.message()))?;
    Ok(table.into_iter().map(|(name, value)| (name, toml_value(value))).collect())
}

/// TOML has a date type; dates are converted to text, as in YAML.
fn toml_value(value: ::toml::Value) -> Value {
    match value {
        ::toml::Value::String(text) => json!(text),
        ::toml::Value::Integer(number) => json!(number),
        ::toml::Value::Float(number) => json!(number),
        ::toml::Value::Boolean(flag) => json!(flag),
        ::toml::Value::Datetime(moment) => json!(moment.to_string()),
        ::toml::Value::Array(items) => Value::Array(items.into_iter().map(toml_value).collect()),
        ::toml::Value::Table(table) => {
            Value::Object(table.into_iter().map(|(name, value)| (name, toml_value(value))).collect())
        }
    }
}

fn first_line(error: &impl std::fmt::Display) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &str = "title: Acta\nhidden: true\n";

    fn hidden(text: &str) -> Option<bool> {
        let front_matter = split(text).unwrap()?;
        assert_eq!(front_matter.body.trim(), "Texto.", "{text:?}");
        front_matter.fields.get("hidden").and_then(Value::as_bool)
    }

    #[test]
    fn front_matter_that_is_written_a_little_otherwise_is_understood() {
        for (before, opening, closing) in [
            ("", "---", "---"),
            ("", "--- ", "---\t"),
            ("", "---", "..."),
            ("\u{feff}", "---", "---"),
            ("\n\n", "---", "---"),
            ("  ", "---", "---"),
            ("\u{a0}", "---", "---"),
            ("<!-- made with X -->\n", "---", "---"),
            ("", "----", "----"),
            ("", "——", "—"),
            ("", "–-", "–-"),
            ("", "___", "___"),
            ("", "\u{2010}\u{2010}\u{2010}", "\u{2010}\u{2010}\u{2010}"),
            ("", "\u{2212}\u{2011}\u{2012}", "---"),
            ("", "- - -", "- - -"),
            ("", "\\-\\-\\-", "\\---"),
            ("", "***", "***"),
            ("", "===", "====="),
            ("", "--- # fields", "---"),
            ("", "---yaml", "---"),
            ("", "```yaml", "```"),
            ("", "~~~", "~~~"),
            ("", "```yaml\n---", "---\n```"),
        ] {
            let text = format!("{before}{opening}\n{FIELDS}{closing}\n\nTexto.\n");
            assert_eq!(hidden(&text), Some(true), "{text:?}");
        }
        for text in [
            "+++\ntitle = \"Acta\"\nhidden = true\n+++\nTexto.",
            "\n+++\ntitle = \"Acta\"\nhidden = true\n+++\nTexto.",
            "```toml\nhidden = true\n```\nTexto.",
            "{\n\"title\": \"Acta\",\n\"hidden\": true\n}\n\nTexto.",
            ";;;\n{\"title\": \"Acta\", \"hidden\": true}\n;;;\nTexto.",
            "---\ntitle: Acta\nhidden: 'true'\n---\nTexto.",
            "Title: Acta\nTags: a,\n  b\nhidden: true\n\nTexto.",
            "<!--\n.. title: Acta\n.. hidden: true\n-->\nTexto.",
            "<!-- x -->\n<!---\ntitle: Acta\nhidden: true\n--->\n\nTexto.",
        ] {
            assert_eq!(hidden(text), Some(true), "{text:?}");
        }
    }

    #[test]
    fn rules_around_front_matter_are_documented() {
        let spans = crate::article::tests::documented("**Front matter**");
        let rules: Vec<&str> = spans.into_iter().filter(|span| !span.starts_with(char::is_alphanumeric)).collect();
        assert!(rules.len() > 10, "{rules:?}");
        for rule in rules.iter().filter(|rule| !rule.starts_with('.')) {
            let fields = match rule_of(rule) {
                Some((_, Syntax::Yaml)) => "hidden: true",
                Some((_, Syntax::Toml)) => "hidden = true",
                Some((_, Syntax::Json)) => "{\"hidden\": true}",
                None => panic!("{rule}"),
            };
            assert_eq!(hidden(&format!("{rule}\n{fields}\n{rule}\nTexto.")), Some(true), "{rule}");
        }
    }

    #[test]
    fn a_text_that_begins_with_a_rule_or_a_code_block_is_text() {
        for text in [
            "----\n\nUn texto que empieza con una regla.\n\n----\n\nFin.",
            "# Con una regla\n\n---\n\nhidden: true\n\n---\n",
            "```yaml\nservices:\n  web: x\n```\nTexto.",
            "```rust\nhidden: true\n```\n",
            "{{< shortcode >}}\n\nTexto.",
            "***\n\ntitle: x\n\n***\n",
            "-- \ntitle: x\n--\n",
            "===\n\ntitle: x\n\n===\n",
            "- a\n- b\n\ntitle: x\n",
            "Una cita: con dos puntos\n\nTexto.",
            "Title: a\nTexto que sigue.\n\nTexto.",
            "<!-- nota: nada -->\n\nTexto.",
            "Texto.",
            "",
        ] {
            assert!(matches!(split(text), Ok(None)), "{text:?}: {:?}", split(text));
        }
    }

    #[test]
    fn front_matter_that_cannot_be_parsed_is_refused() {
        for text in [
            "---\ntitle: x\n",
            "\n---\ntitle: x\nhidden: true\n",
            "----\ntitle: [x\n----\nTexto.",
            "{\n\"title\": \"x\",\n\"hidden\": true,\n}\n\nTexto.",
            ";;;\n{\"hidden\": tru}\n;;;\n",
            "```toml\nhidden = \n```\nTexto.",
        ] {
            assert!(split(text).is_err(), "{text:?}: {:?}", split(text));
        }
    }
}
