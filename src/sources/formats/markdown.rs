//! Markdown with front matter.

use std::borrow::Cow;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd, TextMergeStream, html};
use serde_json::{Map, Value, json};

use super::front_matter::{self, FrontMatter};
use crate::article::address::dated_slug;
use crate::article::fields::PUBLISHED_AT;
use crate::article::markup::html::{LineEnds, Shown};
use crate::article::markup::{self, shortcodes};
use crate::article::{ArticleProblem, MAX_LIST_ITEMS, Moment, names, one_line, slug, url_key};
use crate::sources::{ReadingRules, Record, Rejection};

/// Parses one file: [front matter](front_matter), then the body. Without an `id`, the id is the file
/// name; without a `title`, the title is the first heading of the body, which is a part of the text
/// otherwise, if it is another one. Links of the body follow those of the front matter; relative ones are
/// resolved against the article's `url`.
pub(crate) fn read(text: &str, stem: &str, rules: &ReadingRules) -> Record {
    // Old Macs and some word processors end lines otherwise.
    let mut text = Cow::Borrowed(text);
    if text.contains(['\r', '\u{2028}']) {
        text = Cow::Owned(text.replace("\r\n", "\n").replace(['\r', '\u{2028}'], "\n"));
    }
    // What the space bar types while the key is held that makes the `#`, on some keyboards.
    if text.contains("#\u{a0}") {
        text = Cow::Owned(text.replace("#\u{a0}", "# "));
    }
    let text = &text;
    let (mut fields, body, has_front_matter) = match front_matter::split(text) {
        Ok(Some(FrontMatter { fields, body })) => (fields, body, true),
        Ok(None) => (Map::new(), text.as_ref(), false),
        Err(reason) => {
            return Record::Rejected(Rejection { line: Some(1), id: Some(stem.to_owned()), reason });
        }
    };
    rules.names.apply(&mut fields);
    let has_id = fields.iter().any(|(name, value)| names::is_id(name) && !value.is_null());
    if !has_id {
        fields.insert("id".to_owned(), json!(stem));
    }
    let mut fields = names::canonical(&fields).into_owned();
    let date_to_come = take_name(stem, has_id, &mut fields, rules);
    let mut plain = plain_text(body);
    let mut plain_fields = vec!["body"];
    if let Some(heading) = plain.title.take() {
        match fields.get("title").filter(|title| title.as_str().is_none_or(|title| !title.trim().is_empty())) {
            None | Some(Value::Null) => {
                fields.insert("title".to_owned(), json!(heading));
                plain_fields.push("title");
            }
            Some(title) if title.as_str().is_some_and(|title| slug(title) == slug(&heading)) => {}
            Some(_) => plain.text = format!("{heading}\n\n{}", plain.text),
        }
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
    match rules.partly_plain_article(&fields, &plain_fields) {
        Ok((article, mut flaws)) => {
            flaws.extend(date_to_come);
            Record::Article(Box::new(article), flaws)
        }
        Err(problem) => {
            let line = has_front_matter.then_some(1);
            let id = fields.get("id").and_then(Value::as_str).map(str::to_owned);
            Record::Rejected(Rejection { line, id, reason: problem.to_string() })
        }
    }
}

/// Takes the date and the slug of a file's name (`_posts/2024-05-01-hello`) where its fields say none. A
/// date to come keeps the article back, as a `date` would: the report says so.
fn take_name(
    stem: &str,
    has_id: bool,
    fields: &mut Map<String, Value>,
    rules: &ReadingRules,
) -> Option<ArticleProblem> {
    let (date, slug) = dated_slug(stem)?;
    let is_absent = |fields: &Map<String, Value>, name: &str| fields.get(name).is_none_or(Value::is_null);
    // A page with an id of its own has the last part of that in its address.
    if !has_id && is_absent(fields, "slug") {
        fields.insert("slug".to_owned(), json!(slug));
    }
    if !is_absent(fields, PUBLISHED_AT.description.name) {
        return None;
    }
    fields.insert(PUBLISHED_AT.description.name.to_owned(), json!(date));
    let moment = Moment::parse_in(&date, rules.time_zone.as_ref()).ok()?;
    let is_to_come = moment.start_s() > jiff::Timestamp::now().as_second();
    is_to_come.then(|| ArticleProblem::NotPublic { field: "file name".to_owned(), value: date })
}

/// The text of a Markdown body.
#[derive(Debug, Default)]
struct Plain {
    /// The first heading, if there is no Markdown before it but pictures.
    title: Option<String>,
    /// Paragraphs, headings and lists, separated by blank lines; without the title.
    text: String,
    /// The targets of links, as written.
    links: Vec<String>,
}

/// The visible text of a Markdown body: that of the HTML that it is rendered as.
fn plain_text(markdown: &str) -> Plain {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_GFM
        | Options::ENABLE_HEADING_ATTRIBUTES;
    let shortcodes = shortcodes::Names::of(markdown);
    let mut before = Vec::new();
    let mut events = with_plain_notes(TextMergeStream::new(Parser::new_ext(markdown, options)), &shortcodes);
    let mut plain = Plain::default();
    let mut heading = Vec::new();
    let mut pictures = 0;
    while let Some(event) = events.next() {
        match event {
            Event::Start(Tag::Image { .. }) => pictures += 1,
            Event::End(TagEnd::Image) => pictures -= 1,
            _ => {}
        }
        let is_comment = |event: &Event<'_>| matches!(event, Event::Html(html) if html.starts_with("<!--"));
        let is_html = |event: &Event<'_>| matches!(event, Event::Html(_) | Event::InlineHtml(_)) && !is_comment(event);
        // A lower heading behind HTML is one of its parts.
        let is_title = match &event {
            Event::Start(Tag::Heading { level, .. }) => *level == HeadingLevel::H1 || !before.iter().any(is_html),
            _ => false,
        };
        let is_text = pictures == 0 && matches!(event, Event::Text(_) | Event::Code(_));
        before.push(event);
        if is_title {
            before.pop();
            heading.extend(events.by_ref().take_while(|event| !matches!(event, Event::End(TagEnd::Heading(_)))));
        }
        // Only HTML and pictures can be in front of the title.
        if is_title || is_text {
            break;
        }
    }
    plain.title = Some(one_line(&shown(heading.into_iter()).text)).filter(|title| !title.is_empty());
    let Shown { text, links } = shown(before.into_iter().chain(events));
    (plain.text, plain.links) = (text, links);
    // One more than an article may have, so that an excess is noticed.
    plain.links.truncate(MAX_LIST_ITEMS + 1);
    plain
}

fn shown<'e>(events: impl Iterator<Item = Event<'e>>) -> Shown {
    let mut page = String::new();
    html::push_html(&mut page, events);
    markup::html::shown(&page, LineEnds::Spaces)
}

/// Events in which footnotes are `[1]`, line ends are line ends, and shortcodes are taken out.
fn with_plain_notes<'e>(
    events: impl Iterator<Item = Event<'e>>,
    shortcodes: &shortcodes::Names<'_>,
) -> impl Iterator<Item = Event<'e>> {
    let mut is_code = false;
    let mut note: Option<String> = None;
    events.flat_map(move |event| {
        match &event {
            Event::Start(Tag::CodeBlock(_)) => is_code = true,
            Event::End(TagEnd::CodeBlock) => is_code = false,
            _ => {}
        }
        let mut mark = None;
        let event = match event {
            Event::Start(Tag::FootnoteDefinition(label)) => {
                note = Some(format!("[{label}] "));
                Event::Html("<div>".into())
            }
            Event::End(TagEnd::FootnoteDefinition) => Event::Html("</div>".into()),
            Event::FootnoteReference(label) => Event::Text(format!("[{label}]").into()),
            Event::Text(text) if !is_code => Event::Text(match shortcodes.strip(&text) {
                Cow::Borrowed(_) => text,
                Cow::Owned(stripped) => stripped.into(),
            }),
            Event::SoftBreak => Event::HardBreak,
            event => event,
        };
        if !matches!(event, Event::Html(_)) {
            mark = note.take().map(|mark| Event::Text(mark.into()));
        }
        [Some(event), mark].into_iter().flatten()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::article::Article;

    fn article(text: &str) -> Article {
        match read(text, "es/x", &ReadingRules::default()) {
            Record::Article(article, _) => *article,
            Record::Rejected(rejection) => panic!("{rejection:?}"),
        }
    }

    fn reason(text: &str) -> String {
        match read(text, "es/x", &ReadingRules::default()) {
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
            "One bold link and code.[1]\nSecond line.\n\nPart\n\n- a\n- b\n- c\n\nx\ty\n1\t2\n\nraw\n\n[1] The note."
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
        let Record::Article(article, flaws) = read(&many, "x", &ReadingRules::default()) else { panic!("no article") };
        assert_eq!(article.links.len(), MAX_LIST_ITEMS);
        assert!(flaws.iter().any(|flaw| flaw.to_string().starts_with("links: ")), "{flaws:?}");
    }

    #[test]
    fn the_date_in_a_files_name_is_the_date_of_an_article_without_one() {
        let of = |stem: &str, fields: &str| match read(
            &format!("---\ntitle: x\n{fields}---\nx"),
            stem,
            &ReadingRules::default(),
        ) {
            Record::Article(article, flaws) => (article.published_at.map(|at| at.as_str().to_owned()), flaws.len()),
            Record::Rejected(rejection) => panic!("{rejection:?}"),
        };
        let date = |text: &str| Some(text.to_owned());
        assert_eq!(of("_posts/2024-05-01-hello", ""), (date("2024-05-01"), 0));
        assert_eq!(of("_posts/2024-05-01-hello", "date: 2023-01-02\n"), (date("2023-01-02"), 0));
        assert_eq!(of("_posts/2024-05-01-hello", "published: true\n"), (date("2024-05-01"), 0));
        assert_eq!(of("_posts/2099-05-01-hello", ""), (date("2099-05-01"), 1));
        assert_eq!(of("plan-2024", ""), (None, 0));
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

    #[test]
    fn html_in_a_text_keeps_its_words_apart() {
        for (text, expected) in [
            ("Caracas<br>Venezuela", "Caracas\nVenezuela"),
            ("<p>Uno</p><p>dos</p>", "Uno\n\ndos"),
            ("<details>\n<summary>Más</summary>\n\n*Texto*\n\n</details>\n\nFin", "Más\n\nTexto\n\nFin"),
            ("<script>\nlet x = '<p>';\n</script>\n\nFin", "Fin"),
            ("La etiqueta `<script>` y `a &amp; b`; a &lt; b, R&D", "La etiqueta <script> y a &amp; b; a < b, R&D"),
            ("![Uno](a.png)![dos](b.png)", "Uno dos"),
            ("- Uno\n  - dos\n\n  tres\n\n  > cuatro\n\n  ```\n  cinco\n  ```\n", "- Uno\n- dos\ntres\ncuatro\ncinco"),
            ("[caption id=\"x\"]![a](b.png) Pie[/caption]\n\n`[gallery]` [sic]", "a Pie\n\n[gallery] [sic]"),
        ] {
            assert_eq!(article(text).body, expected, "{text}");
        }
    }

    #[test]
    fn a_heading_of_another_text_than_the_title_stays_in_the_body() {
        let found = article("---\ntitle: Becas 2027\n---\n# Convocatoria de otoño\n\nTexto.");
        assert_eq!((found.title.as_str(), found.body.as_str()), ("Becas 2027", "Convocatoria de otoño\n\nTexto."));
        let found = article("---\ntitle: Becas 2027\n---\n# *Becas* 2027\n\nTexto.");
        assert_eq!((found.title.as_str(), found.body.as_str()), ("Becas 2027", "Texto."));
        let found = article("<!-- nota -->\n\n# El elemento `<b>`\n\nTexto.");
        assert_eq!((found.title.as_str(), found.body.as_str()), ("El elemento <b>", "Texto."));
    }

    #[test]
    fn the_title_is_the_first_heading_however_it_is_written() {
        for text in [
            "# Acta final\n\nTexto.",
            "Acta final\n====\n\nTexto.",
            "## Acta final\n\nTexto.",
            "# Acta final {#acta .x}\n\nTexto.",
            "#\u{a0}Acta final\n\nTexto.",
            "---\ntitle: ''\n---\n# Acta final\n\nTexto.",
            "[![](a.svg)](https://a.example/b)\n\n# Acta final\n\nTexto.",
        ] {
            let found = article(text);
            assert_eq!((found.title.as_str(), found.body.as_str()), ("Acta final", "Texto."), "{text}");
        }
        assert_eq!(article("Texto.\n\n# Acta final").title, "");
    }

    /// A piece of a line.
    #[derive(Debug, Clone)]
    enum Inline {
        Word,
        Strong,
        Link,
        Code,
        Glued,
        Images,
        Break,
        HardBreak,
        Html,
        Comment,
    }

    #[derive(Debug, Clone)]
    enum Block {
        Paragraph(Vec<Inline>),
        Heading(usize),
        Fence,
        Table(usize, usize),
        HtmlTable(usize),
        Html(Vec<Inline>),
        Script,
        Details(Vec<Block>),
        Quote(Vec<Block>),
        List(bool, Vec<Vec<Block>>),
    }

    /// Writes words of its own, and remembers them in order.
    #[derive(Default)]
    struct Writer {
        words: Vec<String>,
    }

    impl Writer {
        fn word(&mut self) -> String {
            let mut number = self.words.len() + 26;
            let mut word = String::new();
            while number > 0 {
                word.push(char::from(b'a' + (number % 26) as u8));
                number /= 26;
            }
            word.insert(0, 'x');
            self.words.push(word.clone());
            word
        }

        fn glued(&mut self) -> String {
            let (first, second) = (self.word(), self.word());
            let words = self.words.len();
            self.words.truncate(words - 2);
            self.words.push(format!("{first}{second}"));
            format!("{first}**{second}**")
        }

        fn inline(&mut self, pieces: &[Inline]) -> String {
            let pieces: Vec<String> = pieces
                .iter()
                .map(|piece| match piece {
                    Inline::Word => self.word(),
                    Inline::Strong => format!("**{}** *{}*", self.word(), self.word()),
                    Inline::Link => format!("[{}](https://a.example/b)", self.word()),
                    Inline::Code => format!("`{}`", self.word()),
                    Inline::Glued => self.glued(),
                    Inline::Images => format!("![{}](a.png)![{}](b.png)", self.word(), self.word()),
                    Inline::Break => format!("{}<br>{}", self.word(), self.word()),
                    Inline::HardBreak => format!("{}\\\n{}", self.word(), self.word()),
                    Inline::Html => format!("<span class=\"q\">{}</span>", self.word()),
                    Inline::Comment => "<!-- q -->".to_owned(),
                })
                .collect();
            pieces.join(" ")
        }

        fn blocks(&mut self, blocks: &[Block]) -> String {
            let blocks: Vec<String> = blocks.iter().map(|block| self.block(block)).collect();
            blocks.join("\n\n")
        }

        fn block(&mut self, block: &Block) -> String {
            match block {
                Block::Paragraph(pieces) => format!("{} {}", self.word(), self.inline(pieces)),
                Block::Heading(level) => format!("{} {}", "#".repeat(*level), self.word()),
                Block::Fence => format!("```\n{}\n{}\n```", self.word(), self.word()),
                Block::Table(columns, rows) => {
                    let rule = format!("|{}", "---|".repeat(*columns));
                    let mut lines: Vec<String> = (0..=*rows)
                        .map(|_| (0..*columns).map(|_| format!("| {} ", self.word())).collect::<String>() + "|")
                        .collect();
                    lines.insert(1, rule);
                    lines.join("\n")
                }
                Block::HtmlTable(columns) => {
                    let cells: String = (0..*columns).map(|_| format!("<td>{}</td>", self.word())).collect();
                    format!("<table><tr>{cells}</tr></table>")
                }
                Block::Html(pieces) => {
                    let plain =
                        pieces.iter().filter(|piece| matches!(piece, Inline::Break | Inline::Html | Inline::Word));
                    let plain: Vec<Inline> = plain.cloned().collect();
                    format!("<div><p>{}</p><p>{}</p></div>", self.word(), self.inline(&plain))
                }
                Block::Script => "<script>q(1 < 2)</script>".to_owned(),
                Block::Details(blocks) => {
                    let summary = self.word();
                    format!("<details><summary>{summary}</summary>\n\n{}\n\n</details>", self.blocks(blocks))
                }
                Block::Quote(blocks) => indented(&self.blocks(blocks), "> ", "> "),
                Block::List(is_ordered, items) => {
                    let marker = if *is_ordered { "1. " } else { "- " };
                    let items: Vec<String> = items
                        .iter()
                        .map(|blocks| indented(&self.blocks(blocks), marker, &" ".repeat(marker.len())))
                        .collect();
                    items.join("\n")
                }
            }
        }
    }

    fn indented(text: &str, first: &str, others: &str) -> String {
        let lines = text.lines().enumerate();
        let lines: Vec<String> =
            lines.map(|(index, line)| format!("{}{line}", if index == 0 { first } else { others })).collect();
        lines.join("\n")
    }

    fn documents() -> impl Strategy<Value = Vec<Block>> {
        let inline = prop_oneof![
            Just(Inline::Word),
            Just(Inline::Strong),
            Just(Inline::Link),
            Just(Inline::Code),
            Just(Inline::Glued),
            Just(Inline::Images),
            Just(Inline::Break),
            Just(Inline::HardBreak),
            Just(Inline::Html),
            Just(Inline::Comment),
        ];
        let pieces = proptest::collection::vec(inline, 0..5);
        let leaf = prop_oneof![
            3 => pieces.clone().prop_map(Block::Paragraph),
            1 => (2usize..5).prop_map(Block::Heading),
            1 => Just(Block::Fence),
            1 => (1usize..4, 1usize..3).prop_map(|(columns, rows)| Block::Table(columns, rows)),
            1 => (1usize..4).prop_map(Block::HtmlTable),
            1 => pieces.prop_map(Block::Html),
            1 => Just(Block::Script),
        ];
        let block = leaf.prop_recursive(4, 24, 4, |inner| {
            let blocks = proptest::collection::vec(inner, 1..4);
            let item = blocks.clone().prop_map(|mut blocks| {
                blocks.insert(0, Block::Paragraph(Vec::new()));
                blocks
            });
            prop_oneof![
                blocks.clone().prop_map(Block::Details),
                blocks.prop_map(Block::Quote),
                (any::<bool>(), proptest::collection::vec(item, 1..3))
                    .prop_map(|(ordered, items)| Block::List(ordered, items)),
            ]
        });
        proptest::collection::vec(block, 1..5)
    }

    proptest! {
        /// No word of a document is lost, and none is written together with its neighbour.
        #[test]
        fn the_words_of_the_body_are_those_of_the_document(blocks in documents()) {
            let mut writer = Writer::default();
            let text = writer.blocks(&blocks);
            let Plain { title, text: body, .. } = plain_text(&text);
            let title: Vec<&str> = title.iter().flat_map(|title| title.split_whitespace()).collect();
            prop_assert!(title.iter().all(|word| writer.words.iter().any(|written| written == word)), "{}", text);
            writer.words.retain(|word| !title.contains(&word.as_str()));
            let words: Vec<&str> = body.split_whitespace().filter(|word| *word != "-").collect();
            prop_assert_eq!(words, writer.words, "{}\n=>\n{}", text, body);
        }
    }
}
