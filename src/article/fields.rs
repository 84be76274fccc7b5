//! The fields of a record that describes an article. Each is declared once, with its name, its form
//! and the treatment of invalid values. The parser, the OpenAPI schema of pushes and drafts, and
//! the list in the README are derived from these declarations.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::date::Moment;
use super::kind::Kind;
use super::problem::{ArticleProblem, MAX_LIST_ITEMS, MAX_SHORT_CHARS};
use super::publication::names_coming_year;
use super::text::{is_language_tag, one_line};
use super::topic::{MAX_TOPIC_LEVELS, Topic};
use super::url_key;

/// A field of a record.
#[derive(Debug)]
pub struct Field<F> {
    /// Its name.
    pub name: &'static str,
    /// A second name, used by retrieval test sets.
    alias: Option<&'static str>,
    /// A description in one sentence; empty where the form suffices.
    pub about: &'static str,
    /// Whether a draft may have the field, and its meaning there where that differs.
    pub in_draft: InDraft,
    /// How its values are parsed.
    form: F,
    /// What happens to a record with an invalid value.
    on_error: OnError,
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

/// A form of values: how they are parsed.
pub trait ValueForm {
    /// The parsed type; its default stands for an absent field.
    type Value: Default;
    /// The JSON shape of the values.
    const SHAPE: Shape;

    /// Parses the value of a field. List entries that cannot be kept are left out and reported in
    /// `flaws`.
    fn read(
        &self,
        field: &'static str,
        value: &Value,
        flaws: &mut Vec<ArticleProblem>,
    ) -> Result<Self::Value, ArticleProblem>;
}

const fn field<F>(name: &'static str, form: F, about: &'static str) -> Field<F> {
    Field { name, alias: None, about, in_draft: InDraft::No, form, on_error: OnError::LeaveOut }
}

impl<F> Field<F> {
    const fn alias(mut self, alias: &'static str) -> Field<F> {
        self.alias = Some(alias);
        self
    }

    const fn in_draft(mut self, in_draft: InDraft) -> Field<F> {
        self.in_draft = in_draft;
        self
    }

    const fn required(mut self) -> Field<F> {
        self.on_error = OnError::Refuse;
        self
    }
}

/// The id.
pub const ID: Field<Exact> = field("id", Exact, "Its name.")
    .alias("_id")
    .in_draft(InDraft::As("The article that it takes the place of: its work is left out."))
    .required();
/// The title.
pub const TITLE: Field<Line> =
    field("title", Line, "The title; with a text it may be empty.").in_draft(InDraft::As("The title.")).required();
/// The text.
pub const BODY: Field<Paragraphs> =
    field("body", Paragraphs, "Plain text, its paragraphs and headings separated by blank lines.")
        .alias("text")
        .in_draft(InDraft::Same)
        .required();
/// The teaser.
pub const SUMMARY: Field<LongLine> = field("summary", LongLine, "The teaser.").in_draft(InDraft::Same).required();
/// The id that all translations of an article share.
pub const WORK: Field<Line> =
    field("work", Line, "The set of translations it belongs to; its own id when it stands alone.")
        .in_draft(InDraft::As("The set of translations that it belongs to: they are left out."))
        .required();
/// The language.
pub const LANG: Field<LanguageTag> =
    field("lang", LanguageTag, "BCP 47; found out when it is not given.").in_draft(InDraft::Same);
/// The kind.
pub const KIND: Field<KindValue> = field("kind", KindValue, "").in_draft(InDraft::Same);
/// The page's address.
pub const URL: Field<WebAddress> = field("url", WebAddress, "The page's address.")
    .in_draft(InDraft::As("The address that it will have: the work of a page that is there is left out."));
/// Names of persons.
pub const AUTHORS: Field<TextList> = field("authors", TextList, "Names of persons.").in_draft(InDraft::Same);
/// When it was or will be published.
pub const PUBLISHED_AT: Field<PublicationDate> =
    field("published_at", PublicationDate, "").in_draft(InDraft::As("When it will be published.")).required();
/// When it was last changed by its editors.
pub const UPDATED_AT: Field<Date> = field("updated_at", Date, "");
/// An event's beginning.
pub const STARTS_AT: Field<Date> = field("starts_at", Date, "An event's beginning.");
/// An event's end.
pub const ENDS_AT: Field<Date> = field("ends_at", Date, "An event's end.");
/// From when on it is not shown.
pub const EXPIRES_AT: Field<Date> = field("expires_at", Date, "From when on it is not answered any more.").required();
/// Its paths in the topic menu.
pub const TOPICS: Field<TopicPaths> =
    field("topics", TopicPaths, "Its places in the topic menu: paths such as `Programs/Research`, or path and label.")
        .in_draft(InDraft::Same);
/// Free keywords.
pub const TAGS: Field<TextList> = field("tags", TextList, "Free keywords.").in_draft(InDraft::Same);
/// The series.
pub const SERIES: Field<Line> = field("series", Line, "The series it is a part of.").in_draft(InDraft::Same);
/// The addresses to which it links.
pub const LINKS: Field<TextList> = field("links", TextList, "Addresses it points to.").in_draft(InDraft::Same);
/// The address of a picture.
pub const IMAGE: Field<WebAddress> = field("image", WebAddress, "The address of a picture.");
/// Whether it is stored but never shown.
pub const HIDDEN: Field<TrueOrFalse> = field("hidden", TrueOrFalse, "Kept, but never answered.").required();

/// The description of a field, without its type.
pub trait FieldDescription: Sync {
    /// Its name.
    fn name(&self) -> &'static str;
    /// A description in one sentence; empty where the shape suffices.
    fn about(&self) -> &'static str;
    /// Whether a draft may have it.
    fn in_draft(&self) -> InDraft;
    /// The JSON shape of its values.
    fn shape(&self) -> Shape;
}

impl<F: ValueForm + Sync> FieldDescription for Field<F> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn in_draft(&self) -> InDraft {
        self.in_draft
    }

    fn shape(&self) -> Shape {
        F::SHAPE
    }
}

/// All fields, in the order of the documentation.
pub const ALL: [&dyn FieldDescription; 20] = [
    &ID,
    &TITLE,
    &BODY,
    &SUMMARY,
    &WORK,
    &LANG,
    &KIND,
    &URL,
    &AUTHORS,
    &PUBLISHED_AT,
    &UPDATED_AT,
    &STARTS_AT,
    &ENDS_AT,
    &EXPIRES_AT,
    &TOPICS,
    &TAGS,
    &SERIES,
    &LINKS,
    &IMAGE,
    &HIDDEN,
];

/// Reads the fields of a record, and collects a problem for each value that is left out.
pub(super) struct FieldReader<'a> {
    pub(super) record: &'a Map<String, Value>,
    pub(super) flaws: &'a mut Vec<ArticleProblem>,
}

impl FieldReader<'_> {
    /// The value of a field; the default of its form where it is absent, `null` or left out.
    pub(super) fn read<F: ValueForm>(&mut self, field: &Field<F>) -> Result<F::Value, ArticleProblem> {
        let named = |name| Some((name, self.record.get(name).filter(|value| !value.is_null())?));
        let Some((name, value)) = named(field.name).or_else(|| field.alias.and_then(named)) else {
            return Ok(F::Value::default());
        };
        match field.form.read(name, value, self.flaws) {
            Err(problem) if field.on_error == OnError::LeaveOut => {
                self.flaws.push(problem);
                Ok(F::Value::default())
            }
            read => read,
        }
    }
}

/// Text, unchanged. A number or boolean becomes text.
#[derive(Debug)]
pub struct Exact;
/// Text of any length, in paragraphs.
#[derive(Debug)]
pub struct Paragraphs;
/// Text on one line, of any length.
#[derive(Debug)]
pub struct LongLine;
/// Text on one line, of at most [`MAX_SHORT_CHARS`] characters.
#[derive(Debug)]
pub struct Line;
/// A BCP 47 language; an underscore becomes a hyphen.
#[derive(Debug)]
pub struct LanguageTag;
/// The name of a [`Kind`].
#[derive(Debug)]
pub struct KindValue;
/// A date, or a date with time and offset.
#[derive(Debug)]
pub struct Date;
/// A date or time of publication. An invalid value is left out where it names only past years,
/// because the article is published already. Any other invalid value may mean the future, so it
/// refuses the record.
#[derive(Debug)]
pub struct PublicationDate;
/// An address to which a reader may be led: of `http` or `https`, or a path.
#[derive(Debug)]
pub struct WebAddress;
/// A list of distinct texts; a single text is a list of one.
#[derive(Debug)]
pub struct TextList;
/// A list of distinct topics. Topics that are too deep are left out.
#[derive(Debug)]
pub struct TopicPaths;
/// `true` or `false`.
#[derive(Debug)]
pub struct TrueOrFalse;

impl ValueForm for Exact {
    type Value = String;
    const SHAPE: Shape = Shape::Text;

    fn read(&self, field: &'static str, value: &Value, _: &mut Vec<ArticleProblem>) -> Result<String, ArticleProblem> {
        text(field, value)
    }
}

impl ValueForm for Paragraphs {
    type Value = String;
    const SHAPE: Shape = Shape::Text;

    /// Line ends become `\n` and NUL characters spaces; blank lines at both ends are removed.
    fn read(&self, field: &'static str, value: &Value, _: &mut Vec<ArticleProblem>) -> Result<String, ArticleProblem> {
        let text = text(field, value)?;
        let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}'], "\n").replace('\u{2029}', "\n\n");
        Ok(text.replace('\0', " ").trim_matches('\n').trim_end().to_owned())
    }
}

impl ValueForm for LongLine {
    type Value = String;
    const SHAPE: Shape = Shape::Text;

    fn read(&self, field: &'static str, value: &Value, _: &mut Vec<ArticleProblem>) -> Result<String, ArticleProblem> {
        Ok(one_line(&text(field, value)?))
    }
}

impl ValueForm for Line {
    type Value = String;
    const SHAPE: Shape = Shape::Text;

    fn read(&self, field: &'static str, value: &Value, _: &mut Vec<ArticleProblem>) -> Result<String, ArticleProblem> {
        short_line(field, &text(field, value)?)
    }
}

impl ValueForm for LanguageTag {
    type Value = Option<String>;
    const SHAPE: Shape = Shape::Language;

    fn read(
        &self,
        field: &'static str,
        value: &Value,
        _: &mut Vec<ArticleProblem>,
    ) -> Result<Option<String>, ArticleProblem> {
        let Some(text) = filled_line(field, value)? else { return Ok(None) };
        let tag = text.replace('_', "-");
        match is_language_tag(&tag) {
            true => Ok(Some(tag)),
            false => Err(problem(field, &text, "should be a BCP 47 language such as es or pt-BR".to_owned())),
        }
    }
}

impl ValueForm for KindValue {
    type Value = Kind;
    const SHAPE: Shape = Shape::Kind;

    fn read(&self, field: &'static str, value: &Value, _: &mut Vec<ArticleProblem>) -> Result<Kind, ArticleProblem> {
        let Some(text) = filled_line(field, value)? else { return Ok(Kind::default()) };
        Kind::parse(&text).ok_or_else(|| {
            problem(field, &text, "should be article, press-release, blog, event or publication".to_owned())
        })
    }
}

impl ValueForm for Date {
    type Value = Option<Moment>;
    const SHAPE: Shape = Shape::Moment;

    fn read(
        &self,
        field: &'static str,
        value: &Value,
        _: &mut Vec<ArticleProblem>,
    ) -> Result<Option<Moment>, ArticleProblem> {
        let Some(text) = filled_line(field, value)? else { return Ok(None) };
        Moment::parse(&text).map(Some).map_err(|error| problem(field, &text, error.to_string()))
    }
}

impl ValueForm for PublicationDate {
    type Value = Option<Moment>;
    const SHAPE: Shape = Shape::Moment;

    fn read(
        &self,
        field: &'static str,
        value: &Value,
        flaws: &mut Vec<ArticleProblem>,
    ) -> Result<Option<Moment>, ArticleProblem> {
        match Date.read(field, value, flaws) {
            Err(problem) if !names_coming_year(value) => {
                flaws.push(problem);
                Ok(None)
            }
            read => read,
        }
    }
}

impl ValueForm for WebAddress {
    type Value = Option<String>;
    const SHAPE: Shape = Shape::Text;

    fn read(
        &self,
        field: &'static str,
        value: &Value,
        _: &mut Vec<ArticleProblem>,
    ) -> Result<Option<String>, ArticleProblem> {
        let Some(address) = filled_line(field, value)? else { return Ok(None) };
        let wrong = || problem(field, &address, "should be an address of http or https".to_owned());
        url_key::web(&address).map(Some).ok_or_else(wrong)
    }
}

impl ValueForm for TextList {
    type Value = Vec<String>;
    const SHAPE: Shape = Shape::Texts;

    fn read(
        &self,
        field: &'static str,
        value: &Value,
        flaws: &mut Vec<ArticleProblem>,
    ) -> Result<Vec<String>, ArticleProblem> {
        let wrong = || ArticleProblem::Type { field, expected: "a list of texts" };
        let mut list = Distinct::default();
        for item in items(value) {
            let item = one_line(&scalar_text(item).ok_or_else(wrong)?);
            if !item.is_empty() && !list.take(&item, || item.clone()) {
                flaws.push(too_many(field, &item));
                break;
            }
        }
        Ok(list.items)
    }
}

impl ValueForm for TopicPaths {
    type Value = Vec<Topic>;
    const SHAPE: Shape = Shape::Topics;

    fn read(
        &self,
        field: &'static str,
        value: &Value,
        flaws: &mut Vec<ArticleProblem>,
    ) -> Result<Vec<Topic>, ArticleProblem> {
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
                flaws.push(problem(field, &topic.path, format!("deeper than {MAX_TOPIC_LEVELS} levels")));
            } else if !topics.take(&topic.path, || topic.clone()) {
                flaws.push(too_many(field, &topic.path));
                break;
            }
        }
        Ok(topics.items)
    }
}

impl ValueForm for TrueOrFalse {
    type Value = bool;
    const SHAPE: Shape = Shape::Flag;

    fn read(&self, field: &'static str, value: &Value, _: &mut Vec<ArticleProblem>) -> Result<bool, ArticleProblem> {
        value.as_bool().ok_or(ArticleProblem::Type { field, expected: "true or false" })
    }
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
