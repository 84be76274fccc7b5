//! Markdown with front matter.

use std::borrow::Cow;
use std::collections::HashSet;

use pulldown_cmark::{Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};
use serde_json::{Map, Value, json};

use super::front_matter::{self, FrontMatter};
use crate::article::{MAX_LIST_ITEMS, url_key};
use crate::sources::{ReadingRules, Record, Rejection};

/// Parses one file: [front matter](front_matter), then the body. Without an `id`, the id is the file name; without a `title`, the title is the first
/// heading of the body. Links of the body follow those of the front matter; relative ones are
/// resolved against the article's `url`.
pub(crate) fn read(text: &str, stem: &str, rules: &ReadingRules) -> Record {
    // Old Macs and some word processors end lines otherwise.
    let text = &if text.contains(['\r', '\u{2028}']) {
        Cow::Owned(text.replace("\r\n", "\n").replace(['\r', '\u{2028}'], "\n"))
    } else {
        Cow::Borrowed(text)
    };
    let (mut fields, body, has_front_matter) = match front_matter::split(text) {
        Ok(Some(FrontMatter { fields, body })) => (fields, body, true),
        Ok(None) => (Map::new(), text.as_ref(), false),
        Err(reason) => {
            return Record::Rejected(Rejection { line: Some(1), id: Some(stem.to_owned()), reason });
        }
    };
    let mut plain = plain_text(body);
    let has_title = fields.get("title").is_some_and(|title| !title.is_null());
    if let Some(heading) = plain.title.take().filter(|_| !has_title) {
        fields.insert("title".to_owned(), json!(heading));
    }
    if fields.get("id").is_none_or(Value::is_null) {
        fields.insert("id".to_owned(), json!(stem));
    }
    let url = fields.get("url").and_then(Value::as_str);
    let in_body: Vec<Value> =
        plain.links.iter().filter_map(|link| url_key::linked(link, url)).map(Value::from).collect();
    let mut links = match fields.remove("links") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(links)) => links,
        Some(link) => vec![link],
    };
    links.extend(in_body);
    fields.insert("links".to_owned(), Value::Array(links));
    fields.insert("body".to_owned(), json!(plain.text));
    match rules.article(&fields) {
        Ok((article, flaws)) => Record::Article(Box::new(article), flaws),
        Err(problem) => {
            let line = has_front_matter.then_some(1);
            let id = fields.get("id").and_then(Value::as_str).map(str::to_owned);
            Record::Rejected(Rejection { line, id, reason: problem.to_string() })
        }
    }
}

#[derive(Default)]
struct Plain {
    /// The first heading of level 1, which is not part of the text.
    title: Option<String>,
    /// Paragraphs, headings and lists, separated by blank lines.
    text: String,
    /// Link targets as written. Collects one more than an article may have, so that an excess is
    /// noticed.
    links: Vec<String>,
}

/// The visible text of a Markdown body.
fn plain_text(markdown: &str) -> Plain {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_GFM;
    let mut plain = Plain::default();
    let mut linked = HashSet::new();
    let mut block = String::new();
    let mut item_depth = 0usize;
    let mut title_begins = false;
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }) => {
                title_begins = plain.title.is_none() && plain.text.is_empty();
            }
            Event::End(TagEnd::Heading(_)) if title_begins => {
                title_begins = false;
                plain.title = Some(crate::article::one_line(&block)).filter(|title| !title.is_empty());
                block.clear();
            }
            Event::Start(Tag::Item) => {
                end_line(&mut block);
                item_depth += 1;
                block.push_str("- ");
            }
            Event::End(TagEnd::Item) => item_depth = item_depth.saturating_sub(1),
            Event::End(TagEnd::Paragraph) if item_depth > 0 => end_line(&mut block),
            Event::Start(Tag::FootnoteDefinition(label)) => block.push_str(&format!("[{label}] ")),
            Event::FootnoteReference(label) => block.push_str(&format!("[{label}]")),
            Event::Start(Tag::Link { link_type, dest_url, .. })
                if link_type != LinkType::Email
                    && plain.links.len() <= MAX_LIST_ITEMS
                    && linked.insert(dest_url.clone()) =>
            {
                plain.links.push(dest_url.into_string());
            }
            Event::End(TagEnd::TableCell) => block.push('\t'),
            Event::End(TagEnd::TableRow | TagEnd::TableHead) => end_line(&mut block),
            Event::End(
                TagEnd::Paragraph
                | TagEnd::Heading(_)
                | TagEnd::List(_)
                | TagEnd::CodeBlock
                | TagEnd::Table
                | TagEnd::BlockQuote(_)
                | TagEnd::FootnoteDefinition,
            ) if item_depth == 0 => end_block(&mut block, &mut plain.text),
            Event::Text(text) | Event::Code(text) => block.push_str(&text),
            Event::SoftBreak | Event::HardBreak => block.push('\n'),
            _ => {}
        }
    }
    end_block(&mut block, &mut plain.text);
    plain
}

fn end_line(block: &mut String) {
    block.truncate(block.trim_end_matches([' ', '\t']).len());
    if !block.is_empty() && !block.ends_with('\n') {
        block.push('\n');
    }
}

fn end_block(block: &mut String, text: &mut String) {
    let finished = block.trim();
    if !finished.is_empty() {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(finished);
    }
    block.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(text: &str) -> Article {
        match read(text, "es/x") {
            Record::Article(article, _) => *article,
            Record::Rejected(rejection) => panic!("{rejection:?}"),
        }
    }

    fn reason(text: &str) -> String {
        match read(text, "es/x") {
            Record::Article(article, _) => panic!("{article:?}"),
            Record::Rejected(rejection) => rejection.reason,
        }
    }

    #[test]
    fn yaml_and_toml_front_matter_give_the_same_article() {
        let yaml = article("---\ntitle: Título\nlang: es\npublished_at: 2021-11-03\nauthors: [Ana]\n---\nTexto.\n");
        let toml = article(
            "+++\ntitle = \"Título\"\nlang = \"es\"\npublished_at = 2021-11-03\nauthors = [\"Ana\"]\n+++\nTexto.\n",
        );
        assert_eq!(yaml, toml);
        assert_eq!((yaml.id.as_str(), yaml.body.as_str()), ("es/x", "Texto."));
    }

    #[test]
    fn markdown_is_converted_to_its_visible_text() {
        let article = article(
            "# The title\n\nOne **bold** [link](https://a.example/b) and `code`.[^1]\nSecond line.\n\n## Part\n\n- a\n- b\n  - c\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n<div>raw</div>\n\n[^1]: The note.\n",
        );
        assert_eq!(article.title, "The title");
        assert_eq!(
            article.body,
            "One bold link and code.[1]\nSecond line.\n\nPart\n\n- a\n- b\n- c\n\nx\ty\n1\t2\n\n[1] The note."
        );
        assert_eq!(article.links, ["https://a.example/b"]);
    }

    #[test]
    fn links_of_front_matter_and_body_are_collected() {
        let text = "---\ntitle: x\nurl: https://x.org/es/a\nlinks: [https://y.org/, 'https://x.org/b']\n---\n\
            [b](/b), [c](c#part), [same page](#part), <https://z.org/?p=1>, <ana@x.org>, [r][], ![no link](/i.png)\n\n\
            [r]: ../r 'Reference'\n";
        let found = article(text);
        assert_eq!(
            found.links,
            ["https://y.org/", "https://x.org/b", "https://x.org/es/c#part", "https://z.org/?p=1", "https://x.org/r"]
        );
        assert_eq!(found.body, "b, c, same page, https://z.org/?p=1, ana@x.org, r, no link");
        let nowhere = article(&text.replace("url: https://x.org/es/a\n", ""));
        assert_eq!(nowhere.links[1..], ["https://x.org/b", "/b", "c#part", "https://z.org/?p=1", "../r"]);
        let single = article("---\ntitle: x\nlinks: https://y.org/\n---\n[b](https://x.org/b)");
        assert_eq!(single.links, ["https://y.org/", "https://x.org/b"]);
    }

    #[test]
    fn excess_links_are_dropped_and_reported() {
        let many: String = (0..2_400).map(|place| format!("[l](https://x.org/{})\n", place / 2)).collect();
        let Record::Article(article, flaws) = read(&many, "x") else { panic!("no article") };
        assert_eq!(article.links.len(), MAX_LIST_ITEMS);
        assert!(flaws.iter().any(|flaw| flaw.to_string().starts_with("links: ")), "{flaws:?}");
    }

    #[test]
    fn yaml_1_1_booleans_stay_strings() {
        let norwegian = article("---\nid: y\ntitle: On\nlang: no\ntags: [off, 007, 1_000]\nhidden: yes\n---\nx");
        assert_eq!((norwegian.id.as_str(), norwegian.title.as_str(), norwegian.lang.as_str()), ("y", "On", "no"));
        assert_eq!(
            (norwegian.tags.as_slice(), norwegian.hidden),
            (&["off", "007", "1_000"].map(str::to_owned)[..], true)
        );
    }

    #[test]
    fn broken_front_matter_is_reported() {
        assert!(reason("---\ntitle: x\n").contains("does not end"));
        assert!(reason("---\ntitle: [x\n---\n").starts_with("front matter is not YAML"));
        assert!(reason("+++\ntitle = \n+++\n").starts_with("front matter is not TOML"));
        assert!(reason("---\n- a\n---\nx").contains("not a list of fields"));
        let deep = format!("---\ntitle: {}{}\n---\nx", "[".repeat(100_000), "]".repeat(100_000));
        assert!(reason(&deep).starts_with("front matter is not YAML"));
        assert!(reason("---\ntitle: x\nhidden: perhaps\n---\nx").starts_with("hidden"));
    }
}
