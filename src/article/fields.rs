//! The fields of a record that describes an article. Each is declared once, with its name, its form
//! and the treatment of invalid values. The parser, the OpenAPI schema of pushes and drafts, and
//! the list in the README are derived from these declarations.

use std::borrow::Cow;
use std::collections::HashSet;

use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::date::Moment;
use super::kind::{Kind, Kinds};
use super::markup;
use super::problem::{ArticleProblem, MAX_LIST_ITEMS, MAX_SHORT_CHARS};
use super::publication::names_coming_year;
use super::text::{language_tag, one_line, with_word_gaps};
use super::topic::{MAX_TOPIC_LEVELS, Topic};
use super::url_key;

/// A field of a record, with values of a type; the default of the type stands for an absent field.
pub struct Field<T> {
    /// What is said of it.
    pub description: FieldDescription,
    /// Parses its values.
    parse: Parse<T>,
    /// What happens to a record with an invalid value.
    on_error: OnError,
    /// Takes the markup out of its texts.
    unmark: Option<Unmark>,
}

/// The text of a value that may be HTML, see [`markup`].
type Unmark = fn(&str) -> Cow<'_, str>;

/// Parses the value of a field of this name. List entries that cannot be kept are left out and
/// reported.
type Parse<T> = fn(&'static str, &Value, &mut Parsing<'_>) -> Parsed<T>;
type Parsed<T> = Result<T, ArticleProblem>;

/// The description of a field, without its type.
#[derive(Debug)]
pub struct FieldDescription {
    /// Its name.
    pub name: &'static str,
    /// A description in one sentence; empty where the shape suffices.
    pub about: &'static str,
    /// Whether a draft may have the field, and its meaning there where that differs.
    pub in_draft: InDraft,
    /// The JSON shape of its values.
    pub shape: Shape,
}

/// Whether a draft may have a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InDraft {
    /// The field has no meaning in a draft.
    No,
    /// The meaning is the same as in a record.
    Same,
    /// The meaning is a different one.
    As(&'static str),
}

/// What happens to a record with an invalid value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnError {
    /// The value is left out and reported: losing a date is better than losing the page.
    LeaveOut,
    /// The record is refused. Without the value there is no article, or the article may be one that
    /// must not be shown.
    Refuse,
}

/// The JSON shape of a field's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Text.
    Text,
    /// A BCP 47 language.
    Language,
    /// The name of a [`Kind`].
    Kind,
    /// A date, or a date with time and offset.
    Moment,
    /// A list of texts.
    Texts,
    /// A list of topics: paths, or objects of path and label.
    Topics,
    /// True or false.
    Flag,
}

const fn field<T>(name: &'static str, shape: Shape, parse: Parse<T>, about: &'static str) -> Field<T> {
    let description = FieldDescription { name, about, in_draft: InDraft::No, shape };
    Field { description, parse, on_error: OnError::LeaveOut, unmark: None }
}

impl<T> Field<T> {
    const fn in_draft(mut self, in_draft: InDraft) -> Field<T> {
        self.description.in_draft = in_draft;
        self
    }

    const fn marked_up(mut self, unmark: Unmark) -> Field<T> {
        self.unmark = Some(unmark);
        self
    }

    const fn required(mut self) -> Field<T> {
        self.on_error = OnError::Refuse;
        self
    }
}

/// The id.
pub const ID: Field<String> = field("id", Shape::Text, exact, "Its name.")
    .in_draft(InDraft::As("The article that it takes the place of: its work is left out."))
    .required();
/// The title.
pub const TITLE: Field<String> = field("title", Shape::Text, line, "The title; with a text it may be empty.")
    .in_draft(InDraft::As("The title."))
    .required()
    .marked_up(markup::line);
/// The text.
pub const BODY: Field<String> =
    field("body", Shape::Text, paragraphs, "Plain text, its paragraphs and headings separated by blank lines.")
        .in_draft(InDraft::Same)
        .required()
        .marked_up(markup::text);
/// The teaser.
pub const SUMMARY: Field<String> =
    field("summary", Shape::Text, long_line, "The teaser.").in_draft(InDraft::Same).required().marked_up(markup::line);
/// The id that all translations of an article share.
pub const WORK: Field<String> =
    field("work", Shape::Text, line, "The set of translations it belongs to; its own id when it stands alone.")
        .in_draft(InDraft::As("The set of translations that it belongs to: they are left out."))
        .required();
/// The language.
pub const LANG: Field<Option<String>> =
    field("lang", Shape::Language, language, "BCP 47; found out when it is not given.").in_draft(InDraft::Same);
/// The kind.
pub const KIND: Field<Kind> = field("kind", Shape::Kind, kind, "").in_draft(InDraft::Same);
/// The page's address.
pub const URL: Field<Option<String>> = field("url", Shape::Text, web_address, "The page's address.")
    .in_draft(InDraft::As("The address that it will have: the work of a page that is there is left out."));
/// Names of persons.
pub const AUTHORS: Field<Vec<String>> =
    field("authors", Shape::Texts, text_list, "Names of persons.").in_draft(InDraft::Same).marked_up(markup::line);
/// When it was or will be published.
pub const PUBLISHED_AT: Field<Option<Moment>> = field("published_at", Shape::Moment, publication_date, "")
    .in_draft(InDraft::As("When it will be published."))
    .required();
/// When it was last changed by its editors.
pub const UPDATED_AT: Field<Option<Moment>> = field("updated_at", Shape::Moment, date, "");
/// An event's beginning.
pub const STARTS_AT: Field<Option<Moment>> = field("starts_at", Shape::Moment, date, "An event's beginning.");
/// An event's end.
pub const ENDS_AT: Field<Option<Moment>> = field("ends_at", Shape::Moment, date, "An event's end.");
/// From when on it is not shown.
pub const EXPIRES_AT: Field<Option<Moment>> =
    field("expires_at", Shape::Moment, date, "From when on it is not answered any more.").required();
/// Its paths in the topic menu.
pub const TOPICS: Field<Vec<Topic>> = field(
    "topics",
    Shape::Topics,
    topics,
    "Its places in the topic menu: paths such as `Programs/Research`, or path and label.",
)
.in_draft(InDraft::Same)
.marked_up(markup::line);
/// Free keywords.
pub const TAGS: Field<Vec<String>> =
    field("tags", Shape::Texts, text_list, "Free keywords.").in_draft(InDraft::Same).marked_up(markup::line);
/// The series.
pub const SERIES: Field<String> =
    field("series", Shape::Text, line, "The series it is a part of.").in_draft(InDraft::Same).marked_up(markup::line);
/// The addresses to which it links.
pub const LINKS: Field<Vec<String>> =
    field("links", Shape::Texts, text_list, "Addresses it points to; the links of a body in HTML are added.")
        .in_draft(InDraft::Same);
/// The address of a picture.
pub const IMAGE: Field<Option<String>> = field("image", Shape::Text, web_address, "The address of a picture.");
/// Whether it is stored but never shown.
pub const HIDDEN: Field<bool> = field("hidden", Shape::Flag, flag, "Kept, but never answered.").required();

/// All fields, in the order of the documentation.
pub const ALL: [&FieldDescription; 20] = [
    &ID.description,
    &TITLE.description,
    &BODY.description,
    &SUMMARY.description,
    &WORK.description,
    &LANG.description,
    &KIND.description,
    &URL.description,
    &AUTHORS.description,
    &PUBLISHED_AT.description,
    &UPDATED_AT.description,
    &STARTS_AT.description,
    &ENDS_AT.description,
    &EXPIRES_AT.description,
    &TOPICS.description,
    &TAGS.description,
    &SERIES.description,
    &LINKS.description,
    &IMAGE.description,
    &HIDDEN.description,
];

/// Reads the fields of a record, and collects a problem for each value that is left out.
pub(super) struct FieldReader<'a> {
    pub(super) record: &'a Map<String, Value>,
    /// The fields whose texts have no markup any more.
    pub(super) plain: &'a [&'a str],
    pub(super) parsing: Parsing<'a>,
}

/// What parsing a value needs to know, and the problems that it finds.
pub(super) struct Parsing<'a> {
    /// The problems of the values that are left out.
    pub(super) flaws: &'a mut Vec<ArticleProblem>,
    /// The site's time zone.
    pub(super) zone: Option<&'a TimeZone>,
    /// The site's kinds.
    pub(super) kinds: &'a Kinds,
}

impl FieldReader<'_> {
    /// The value of a field; the default where it is absent, `null` or left out.
    pub(super) fn read<T: Default>(&mut self, field: &Field<T>) -> Parsed<T> {
        let name = field.description.name;
        let Some(value) = self.record.get(name).filter(|value| !value.is_null()) else { return Ok(T::default()) };
        let unmark = field.unmark.filter(|_| !self.plain.contains(&name));
        let value = unmark.map_or(Cow::Borrowed(value), |unmark| unmarked(value, unmark));
        match (field.parse)(name, &value, &mut self.parsing) {
            Err(problem) if field.on_error == OnError::LeaveOut => {
                self.parsing.flaws.push(problem);
                Ok(T::default())
            }
            read => read,
        }
    }
}

/// A value with the markup of its texts taken out, also in a list and in the members of an object.
fn unmarked(value: &Value, unmark: Unmark) -> Cow<'_, Value> {
    match value {
        Value::String(text) => match unmark(text) {
            Cow::Borrowed(plain) if plain.len() == text.len() => Cow::Borrowed(value),
            plain => Cow::Owned(Value::String(plain.into_owned())),
        },
        Value::Array(items) => {
            Cow::Owned(Value::Array(items.iter().map(|item| unmarked(item, unmark).into_owned()).collect()))
        }
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| (name.clone(), unmarked(value, unmark).into_owned());
            Cow::Owned(Value::Object(members.iter().map(member).collect()))
        }
        value => Cow::Borrowed(value),
    }
}

/// Text, unchanged. A number or boolean becomes text.
fn exact(field: &'static str, value: &Value, _: &mut Parsing<'_>) -> Parsed<String> {
    text(field, value)
}

/// Text of any length, in paragraphs.
///
/// Line ends become `\n` and NUL characters spaces; blank lines at both ends are removed.
fn paragraphs(field: &'static str, value: &Value, _: &mut Parsing<'_>) -> Parsed<String> {
    let text = text(field, value)?;
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}'], "\n").replace('\u{2029}', "\n\n");
    Ok(with_word_gaps(&text.replace('\0', " ")).trim_matches('\n').trim_end().to_owned())
}

/// Text on one line, of any length.
fn long_line(field: &'static str, value: &Value, _: &mut Parsing<'_>) -> Parsed<String> {
    Ok(one_line(&text(field, value)?))
}

/// Text on one line, of at most [`MAX_SHORT_CHARS`] characters.
fn line(field: &'static str, value: &Value, _: &mut Parsing<'_>) -> Parsed<String> {
    short_line(field, &text(field, value)?)
}

/// A BCP 47 language; an underscore becomes a hyphen.
fn language(field: &'static str, value: &Value, _: &mut Parsing<'_>) -> Parsed<Option<String>> {
    let Some(text) = filled_line(field, value)? else { return Ok(None) };
    let wrong = || problem(field, &text, "should be a BCP 47 language such as es or pt-BR".to_owned());
    language_tag(&text).map(Some).ok_or_else(wrong)
}

/// The name of a [`Kind`].
fn kind(field: &'static str, value: &Value, parsing: &mut Parsing<'_>) -> Parsed<Kind> {
    let Some(text) = filled_line(field, value)? else { return Ok(Kind::default()) };
    let kinds = parsing.kinds;
    kinds.find(&text).ok_or_else(|| problem(field, &text, format!("should be {}", kinds.names())))
}

/// A date, or a date with time and offset.
fn date(field: &'static str, value: &Value, parsing: &mut Parsing<'_>) -> Parsed<Option<Moment>> {
    let Some(text) = filled_line(field, value)? else { return Ok(None) };
    let moment = Moment::parse_in(&text, parsing.zone).map_err(|error| problem(field, &text, error.to_string()))?;
    if moment.has_doubtful_year() {
        parsing.flaws.push(ArticleProblem::DoubtfulYear { field, value: text });
    }
    Ok(Some(moment))
}

/// A date or time of publication. An invalid value is left out where it names only past years,
/// because the article is published already. Any other invalid value may mean the future, so it
/// refuses the record.
fn publication_date(field: &'static str, value: &Value, parsing: &mut Parsing<'_>) -> Parsed<Option<Moment>> {
    match date(field, value, parsing) {
        Err(problem) if !names_coming_year(value, parsing.zone) => {
            parsing.flaws.push(problem);
            Ok(None)
        }
        read => read,
    }
}

/// An address to which a reader may be led: of `http` or `https`, or a path.
fn web_address(field: &'static str, value: &Value, _: &mut Parsing<'_>) -> Parsed<Option<String>> {
    let Some(address) = filled_line(field, value)? else { return Ok(None) };
    let wrong = || problem(field, &address, "should be an address of http or https".to_owned());
    url_key::web(&address).map(Some).ok_or_else(wrong)
}

/// A list of distinct texts; a single text is a list of one.
fn text_list(field: &'static str, value: &Value, parsing: &mut Parsing<'_>) -> Parsed<Vec<String>> {
    let wrong = || ArticleProblem::Type { field, expected: "a list of texts" };
    let texts = items(value).iter().map(|item| scalar_text(item).ok_or_else(wrong));
    distinct_lines(field, texts, parsing.flaws)
}

/// Texts on one line each, the empty ones and repetitions left out. Reads no further than a list may go.
fn distinct_lines<T: AsRef<str>>(
    field: &'static str,
    texts: impl Iterator<Item = Parsed<T>>,
    flaws: &mut Vec<ArticleProblem>,
) -> Parsed<Vec<String>> {
    let mut list = Distinct::default();
    for text in texts {
        let line = one_line(text?.as_ref());
        if !line.is_empty() && !list.take(&line, || line.clone()) {
            flaws.push(too_many(field, &line));
            break;
        }
    }
    Ok(list.items)
}

/// The links of a record with those that were found in its body, each once.
pub(super) fn with_links(
    given: Vec<String>,
    found: impl Iterator<Item = String>,
    flaws: &mut Vec<ArticleProblem>,
) -> Parsed<Vec<String>> {
    distinct_lines(LINKS.description.name, given.into_iter().chain(found).map(Ok), flaws)
}

/// A list of distinct topics. Topics that are too deep are left out.
fn topics(field: &'static str, value: &Value, parsing: &mut Parsing<'_>) -> Parsed<Vec<Topic>> {
    let wrong = || ArticleProblem::Type { field, expected: "a list of paths, or of {path, label}" };
    let mut topics = Distinct::default();
    for item in items(value) {
        let topic = match item {
            Value::Object(parts) => {
                let part = |name| parts.get(name).filter(|value| !value.is_null());
                let path = short_line("path", &text("path", part("path").ok_or_else(wrong)?)?)?;
                let label = part("label").map(|label| short_line("label", &text("label", label)?)).transpose()?;
                Topic::with_label(&path, &label.unwrap_or_default())
            }
            value => Topic::parse(&short_line(field, &scalar_text(value).ok_or_else(wrong)?)?),
        };
        let Some(topic) = topic else { continue };
        if topic.labels.len() > MAX_TOPIC_LEVELS {
            parsing.flaws.push(problem(field, &topic.path, format!("deeper than {MAX_TOPIC_LEVELS} levels")));
        } else if !topics.take(&topic.path, || topic.clone()) {
            parsing.flaws.push(too_many(field, &topic.path));
            break;
        }
    }
    Ok(topics.items)
}

/// `true` or `false`.
fn flag(field: &'static str, value: &Value, _: &mut Parsing<'_>) -> Parsed<bool> {
    value.as_bool().ok_or(ArticleProblem::Type { field, expected: "true or false" })
}

fn text(field: &'static str, value: &Value) -> Result<String, ArticleProblem> {
    scalar_text(value).ok_or(ArticleProblem::Type { field, expected: "text" })
}

/// A short line; `None` where it is empty.
fn filled_line(field: &'static str, value: &Value) -> Result<Option<String>, ArticleProblem> {
    Ok(Some(short_line(field, &text(field, value)?)?).filter(|line| !line.is_empty()))
}

/// Text on one line; a problem where it is longer than a short field may be.
fn short_line(field: &'static str, text: &str) -> Result<String, ArticleProblem> {
    let line = one_line(text);
    if line.chars().nth(MAX_SHORT_CHARS).is_some() {
        return Err(problem(field, &line, format!("longer than {MAX_SHORT_CHARS} characters")));
    }
    Ok(line)
}

fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// The entries of a field that may be a list; a single value is a list of one.
fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        value => std::slice::from_ref(value),
    }
}

fn too_many(field: &'static str, first: &str) -> ArticleProblem {
    problem(field, first, format!("more than {MAX_LIST_ITEMS} entries, left out from here on"))
}

fn problem(field: &'static str, value: &str, reason: String) -> ArticleProblem {
    ArticleProblem::Value { field, value: value.chars().take(60).collect(), reason }
}

/// A list of distinct items.
struct Distinct<T> {
    items: Vec<T>,
    keys: HashSet<String>,
}

impl<T> Default for Distinct<T> {
    fn default() -> Distinct<T> {
        Distinct { items: Vec::new(), keys: HashSet::new() }
    }
}

impl<T> Distinct<T> {
    /// Adds an item unless its key is present; returns `false` where the list is full.
    fn take(&mut self, key: &str, item: impl FnOnce() -> T) -> bool {
        if self.keys.contains(key) {
            return true;
        }
        if self.items.len() >= MAX_LIST_ITEMS {
            return false;
        }
        self.keys.insert(key.to_owned());
        self.items.push(item());
        true
    }
}
