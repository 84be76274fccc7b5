//! The article: one language version of a page, and the parts it is made of.
//!
//! Everything that comes from outside (a JSON line, front matter, a push) passes through
//! [`Article::from_fields`], so that an article that exists is a valid one.

pub(crate) mod date;
pub(crate) mod topic;
pub mod url_key;

pub use self::date::{Moment, MomentError};
pub use self::topic::{MAX_TOPIC_LEVELS, Topic, slug};

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The longest id, in characters.
pub const MAX_ID_CHARS: usize = 200;
/// The longest of the other short fields (title, names, addresses), in characters.
pub const MAX_SHORT_CHARS: usize = 4_000;
/// The most entries of a list (topics, tags, authors, links).
pub const MAX_LIST_ITEMS: usize = 1_000;
/// The most versions of a work: of those that readers may see, the first by their ids. Every other
/// stands alone, as a work of its own.
pub const MAX_VERSIONS: usize = 1_000;

/// What sort of page an article is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A page of the site that is none of the others.
    #[default]
    Article,
    /// A press release.
    PressRelease,
    /// A blog post.
    Blog,
    /// An event, with a beginning and an end.
    Event,
    /// A publication: a report, a book, an issue of a journal.
    Publication,
}

impl Kind {
    /// All kinds, in the order in which they are listed to people.
    pub const ALL: [Kind; 5] = [Kind::Article, Kind::PressRelease, Kind::Blog, Kind::Event, Kind::Publication];

    /// The kind's name in the API and in front matter.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Article => "article",
            Kind::PressRelease => "press-release",
            Kind::Blog => "blog",
            Kind::Event => "event",
            Kind::Publication => "publication",
        }
    }

    /// Reads a kind's name; case, spaces and underscores do not matter.
    pub fn parse(text: &str) -> Option<Kind> {
        let name = slug(text);
        Kind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// One language version of a page, as it was understood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Article {
    /// Its name: 1 to 200 characters, no control characters.
    pub id: String,
    /// The set of translations it belongs to; its own id when it stands alone.
    pub work: String,
    /// The page's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// BCP 47, as it was declared; `und` when it is neither declared nor detectable.
    pub lang: String,
    /// What sort of page it is.
    #[serde(default)]
    pub kind: Kind,
    /// The title; may be empty where there is a body.
    pub title: String,
    /// The teaser.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// Plain text, its paragraphs and headings separated by blank lines.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// Addresses it points to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
    /// Names of persons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authors: Vec<String>,
    /// When it was or will be published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_at: Option<Moment>,
    /// When it was last changed by its editors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Moment>,
    /// An event's beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<Moment>,
    /// An event's end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Moment>,
    /// From when on it is not answered any more; a plain date counts to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Moment>,
    /// The series it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// Its places in the topic menu.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<Topic>,
    /// Free keywords.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The address of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Kept, but never answered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
}

/// The language of an article that neither declares one nor lets it be detected.
pub const UNDETERMINED: &str = "und";

/// Why a record is no article. The message names the field and what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArticleProblem {
    /// The id is missing or empty.
    #[error("id: missing or empty")]
    NoId,
    /// The id is longer than [`MAX_ID_CHARS`].
    #[error("id: {0} characters, at most {MAX_ID_CHARS} are allowed")]
    LongId(usize),
    /// The id holds a control character.
    #[error("id: holds a control character")]
    ControlInId,
    /// Neither a title nor a text.
    #[error("title and body: both empty, nothing to find")]
    Empty,
    /// A field is of another type than it should be.
    #[error("{field}: should be {expected}")]
    Type {
        /// The field's name.
        field: &'static str,
        /// What was expected, in words.
        expected: &'static str,
    },
    /// A field has a value that it cannot have.
    #[error("{field}: {reason}: {value:?}")]
    Value {
        /// The field's name.
        field: &'static str,
        /// What was found, shortened.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The text is in another language than it is declared to be.
    #[error(
        "lang: declared as {declared:?}, but the text reads as {found:?}; kept as declared: correct it, or leave it out to have it found out"
    )]
    Language {
        /// The language as it was declared, BCP 47.
        declared: String,
        /// The language group of the text.
        found: &'static str,
    },
    /// Its work has more versions than [`MAX_VERSIONS`].
    #[error(
        "work: {0:?} has more than {MAX_VERSIONS} versions: the first by their ids are one work, every other stands alone"
    )]
    ManyVersions(String),
}

impl ArticleProblem {
    /// Whether the article is there without a part that its record has; the contrary is a doubt
    /// about an article that is there as it was written.
    pub fn is_loss(&self) -> bool {
        !matches!(self, ArticleProblem::Language { .. } | ArticleProblem::ManyVersions(_))
    }

    /// Whether a field has a type or a value that it cannot have.
    pub fn is_of(&self, name: &str) -> bool {
        matches!(self, ArticleProblem::Type { field, .. } | ArticleProblem::Value { field, .. } if *field == name)
    }
}

impl Article {
    /// Reads an article from the fields of a record, and says what had to be left out of it.
    ///
    /// Without a good id and some text there is no article; nor with a `hidden` or `expires_at`
    /// that cannot be understood, for they say what must not be shown, nor with such a
    /// `published_at` that names this year or a later one: it may be still to come. Any other field
    /// that is wrong is left out and named: losing a date is better than losing the page.
    ///
    /// Fields that the model does not know are passed over. A number or boolean is taken as text
    /// where text is expected, a single text as a list of one where a list is. `_id` and `text`
    /// stand for `id` and `body`, as retrieval test sets name them. An absent `lang` becomes
    /// [`UNDETERMINED`]; finding it out is the caller's.
    pub fn from_fields(fields: &Map<String, Value>) -> Result<(Article, Vec<ArticleProblem>), ArticleProblem> {
        let id = Article::id_in(fields)?;
        let reader = Fields(fields);
        let title = reader.line("title")?.unwrap_or_default();
        let summary = reader.line("summary")?.unwrap_or_default();
        let body = reader.text("body")?.or(reader.text("text")?).unwrap_or_default();
        let body = clean_text(&body);
        if title.is_empty() && body.is_empty() && summary.is_empty() {
            return Err(ArticleProblem::Empty);
        }
        let work = match reader.line("work")? {
            Some(work) if !work.is_empty() => work,
            _ => id.clone(),
        };
        let mut flaws = Vec::new();
        let article = Article {
            work,
            url: or_flaw(reader.web_address("url"), &mut flaws),
            lang: or_flaw(reader.language("lang"), &mut flaws).unwrap_or_else(|| UNDETERMINED.to_owned()),
            kind: or_flaw(reader.kind("kind"), &mut flaws),
            title,
            summary,
            body,
            links: or_flaw(reader.list("links", &mut flaws), &mut flaws),
            authors: or_flaw(reader.list("authors", &mut flaws), &mut flaws),
            published_at: reader.published("published_at", &mut flaws)?,
            updated_at: or_flaw(reader.moment("updated_at"), &mut flaws),
            starts_at: or_flaw(reader.moment("starts_at"), &mut flaws),
            ends_at: or_flaw(reader.moment("ends_at"), &mut flaws),
            expires_at: reader.moment("expires_at")?,
            series: or_flaw(reader.line("series"), &mut flaws).filter(|series| !series.is_empty()),
            topics: or_flaw(reader.topics("topics", &mut flaws), &mut flaws),
            tags: or_flaw(reader.list("tags", &mut flaws), &mut flaws),
            image: or_flaw(reader.web_address("image"), &mut flaws),
            hidden: reader.flag("hidden")?,
            id,
        };
        Ok((article, flaws))
    }

    /// The id in the fields of a record, checked.
    pub fn id_in(fields: &Map<String, Value>) -> Result<String, ArticleProblem> {
        let reader = Fields(fields);
        let id = reader.text("id")?.or(reader.text("_id")?).unwrap_or_default();
        check_id(&id)?;
        Ok(id)
    }

    /// The hash of everything the article says, by which a change is told from none.
    pub fn content_hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        // Writing JSON into a hasher cannot fail: it has no I/O, and every key is a string.
        if let Err(error) = serde_json::to_writer(&mut hasher, self) {
            hasher.update(error.to_string().as_bytes());
        }
        *hasher.finalize().as_bytes()
    }

    /// Whether readers may see the article at this second (Unix time).
    pub fn is_visible_at(&self, now_s: i64) -> bool {
        is_visible_at(now_s, self.hidden, self.published_at.as_ref(), self.expires_at.as_ref())
    }
}

/// Whether readers may see an article of these fields at this second (Unix time).
pub fn is_visible_at(now_s: i64, hidden: bool, published_at: Option<&Moment>, expires_at: Option<&Moment>) -> bool {
    !hidden && published_at.is_none_or(|at| at.start_s() <= now_s) && expires_at.is_none_or(|at| now_s < at.end_s())
}

/// Checks an id from outside: 1 to [`MAX_ID_CHARS`] characters, no control characters.
pub fn check_id(id: &str) -> Result<(), ArticleProblem> {
    if id.trim().is_empty() {
        return Err(ArticleProblem::NoId);
    }
    if id.chars().any(char::is_control) {
        return Err(ArticleProblem::ControlInId);
    }
    match id.chars().count() {
        chars if chars > MAX_ID_CHARS => Err(ArticleProblem::LongId(chars)),
        _ => Ok(()),
    }
}

/// Whether a text has the form of a BCP 47 tag: subtags of 1 to 8 letters and digits, the first
/// of 2 to 8 letters.
pub fn is_language_tag(text: &str) -> bool {
    let mut subtags = text.split('-');
    let primary = subtags.next().unwrap_or_default();
    (2..=8).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && subtags
            .all(|subtag| (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Whether a language falls under a wanted one: `pt` takes `pt-BR`, `pt-BR` does not take `pt`.
pub fn language_is_under(lang: &str, wanted: &str) -> bool {
    lang.len() >= wanted.len()
        && lang.is_char_boundary(wanted.len())
        && lang[..wanted.len()].eq_ignore_ascii_case(wanted)
        && matches!(lang.as_bytes().get(wanted.len()), None | Some(b'-'))
}

/// The value, or its default with the problem noted.
fn or_flaw<T: Default>(value: Result<T, ArticleProblem>, flaws: &mut Vec<ArticleProblem>) -> T {
    value.unwrap_or_else(|problem| {
        flaws.push(problem);
        T::default()
    })
}

struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn text(&self, field: &'static str) -> Result<Option<String>, ArticleProblem> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => scalar_text(value).map(Some).ok_or(ArticleProblem::Type { field, expected: "text" }),
        }
    }

    /// Text on one line: white space of any sort folded to single spaces.
    fn line(&self, field: &'static str) -> Result<Option<String>, ArticleProblem> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        if field == "summary" { Ok(Some(one_line(&text))) } else { short_line(field, &text).map(Some) }
    }

    /// A list without repetitions; what is past its greatest length is left out, as a flaw.
    fn list(&self, field: &'static str, flaws: &mut Vec<ArticleProblem>) -> Result<Vec<String>, ArticleProblem> {
        let wrong = || ArticleProblem::Type { field, expected: "a list of texts" };
        let mut list = Distinct::default();
        for item in self.items(field) {
            let item = one_line(&scalar_text(item).ok_or_else(wrong)?);
            if !item.is_empty() && !list.take(&item, || item.clone()) {
                flaws.push(too_many(field, &item));
                break;
            }
        }
        Ok(list.items)
    }

    /// What a field that may be a list holds; a single value is a list of one.
    fn items(&self, field: &str) -> &[Value] {
        match self.0.get(field) {
            None | Some(Value::Null) => &[],
            Some(Value::Array(items)) => items,
            Some(value) => std::slice::from_ref(value),
        }
    }

    fn language(&self, field: &'static str) -> Result<Option<String>, ArticleProblem> {
        let Some(text) = self.line(field)?.filter(|text| !text.is_empty()) else { return Ok(None) };
        let tag = text.replace('_', "-");
        if is_language_tag(&tag) {
            Ok(Some(tag))
        } else {
            Err(value_problem(field, &text, "should be a BCP 47 language such as es or pt-BR".to_owned()))
        }
    }

    fn kind(&self, field: &'static str) -> Result<Kind, ArticleProblem> {
        match self.line(field)?.filter(|text| !text.is_empty()) {
            None => Ok(Kind::default()),
            Some(text) => Kind::parse(&text).ok_or_else(|| {
                value_problem(field, &text, "should be article, press-release, blog, event or publication".to_owned())
            }),
        }
    }

    fn moment(&self, field: &'static str) -> Result<Option<Moment>, ArticleProblem> {
        match self.line(field)?.filter(|text| !text.is_empty()) {
            None => Ok(None),
            Some(text) => {
                Moment::parse(&text).map(Some).map_err(|error| value_problem(field, &text, error.to_string()))
            }
        }
    }

    /// When it is published. What cannot be understood and names no year that is not past is left
    /// out, as a flaw.
    fn published(
        &self,
        field: &'static str,
        flaws: &mut Vec<ArticleProblem>,
    ) -> Result<Option<Moment>, ArticleProblem> {
        let this_year = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).year();
        let names_coming_year = |text: String| {
            let numbers = text.split(|c: char| !c.is_ascii_digit());
            let mut years = numbers.filter(|digits| digits.len() == 4).filter_map(|digits| digits.parse::<i16>().ok());
            years.any(|year| year >= this_year)
        };
        match self.moment(field) {
            Err(problem) if self.text(field).ok().flatten().is_some_and(names_coming_year) => Err(problem),
            read => Ok(or_flaw(read, flaws)),
        }
    }

    /// An address that readers are led to; one that is not of the web is left out.
    fn web_address(&self, field: &'static str) -> Result<Option<String>, ArticleProblem> {
        let Some(address) = self.line(field)?.filter(|address| !address.is_empty()) else { return Ok(None) };
        match url_key::web(&address) {
            Some(address) => Ok(Some(address)),
            None => Err(value_problem(field, &address, "should be an address of http or https".to_owned())),
        }
    }

    /// The topics; those that are too deep or too many are left out, as flaws.
    fn topics(&self, field: &'static str, flaws: &mut Vec<ArticleProblem>) -> Result<Vec<Topic>, ArticleProblem> {
        let wrong = || ArticleProblem::Type { field, expected: "a list of paths, or of {path, label}" };
        let mut topics = Distinct::default();
        for item in self.items(field) {
            let topic = match item {
                Value::Object(parts) => {
                    let parts = Fields(parts);
                    let path = parts.line("path")?.ok_or_else(wrong)?;
                    let label = parts.line("label")?.unwrap_or_default();
                    Topic::with_label(&path, &label)
                }
                value => Topic::parse(&short_line(field, &scalar_text(value).ok_or_else(wrong)?)?),
            };
            let Some(topic) = topic else { continue };
            if topic.labels.len() > MAX_TOPIC_LEVELS {
                flaws.push(value_problem(field, &topic.path, format!("deeper than {MAX_TOPIC_LEVELS} levels")));
            } else if !topics.take(&topic.path, || topic.clone()) {
                flaws.push(too_many(field, &topic.path));
                break;
            }
        }
        Ok(topics.items)
    }

    fn flag(&self, field: &'static str) -> Result<bool, ArticleProblem> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(ArticleProblem::Type { field, expected: "true or false" }),
        }
    }
}

/// The items of a list, each once.
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
    /// Takes an item unless its key is there; `false` where there is no room for it.
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

/// Text on one line, unless it is longer than a short field may be.
fn short_line(field: &'static str, text: &str) -> Result<String, ArticleProblem> {
    let line = one_line(text);
    if line.chars().nth(MAX_SHORT_CHARS).is_some() {
        return Err(value_problem(field, &line, format!("longer than {MAX_SHORT_CHARS} characters")));
    }
    Ok(line)
}

fn too_many(field: &'static str, first: &str) -> ArticleProblem {
    value_problem(field, first, format!("more than {MAX_LIST_ITEMS} entries, left out from here on"))
}

fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn value_problem(field: &'static str, value: &str, reason: String) -> ArticleProblem {
    ArticleProblem::Value { field, value: value.chars().take(60).collect(), reason }
}

/// White space of any sort folded to single spaces, none at the ends.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c == '\0').filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Line ends made `\n`, NUL characters made spaces, no blank lines at the ends.
fn clean_text(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace(['\r', '\u{2028}'], "\n").replace('\u{2029}', "\n\n");
    text.replace('\0', " ").trim_matches('\n').trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The article, or the first thing that is wrong with it.
    fn read(value: Value) -> Result<Article, ArticleProblem> {
        match value {
            Value::Object(fields) => Article::from_fields(&fields).map(|(article, _)| article),
            _ => panic!("the test gives an object"),
        }
    }

    #[test]
    fn a_record_with_every_field_round_trips_through_json() {
        let article = read(json!({
            "id": "es:x", "work": "x", "lang": "pt_BR", "kind": "Press Release", "title": " A\n b ",
            "body": "one\r\n\r\ntw\0o", "authors": "Ana", "published_at": "2021-01-20", "topics": ["A B/C", {"path": "a-b/d", "label": "Á/Ð"}],
            "tags": ["x", "x"], "hidden": true
        }))
        .unwrap();
        assert_eq!((article.lang.as_str(), article.kind, article.title.as_str()), ("pt-BR", Kind::PressRelease, "A b"));
        assert_eq!((article.body.as_str(), article.authors.len(), article.tags.len()), ("one\n\ntw o", 1, 1));
        assert_eq!(article.topics[0].path, "a-b/c");
        let again: Article = serde_json::from_str(&serde_json::to_string(&article).unwrap()).unwrap();
        assert_eq!(again, article);
        assert_eq!(again.content_hash(), article.content_hash());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (record, message) in [
            (json!({"title": "x"}), "id: missing or empty"),
            (json!({"id": "", "title": "x"}), "id: missing or empty"),
            (json!({"id": "a\u{7}", "title": "x"}), "id: holds a control character"),
            (json!({"id": "é".repeat(201), "title": "x"}), "id: 201 characters, at most 200 are allowed"),
            (json!({"id": "x"}), "title and body: both empty, nothing to find"),
            (json!({"id": "x", "title": ["x"]}), "title: should be text"),
            (json!({"id": "x", "title": "x", "hidden": "no"}), "hidden: should be true or false"),
        ] {
            assert_eq!(read(record).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn a_wrong_field_is_left_out_and_named() {
        let record = json!({"id": "x", "title": "x", "published_at": "2017-29-07", "kind": "essay", "lang": "en"});
        let (article, flaws) = Article::from_fields(record.as_object().unwrap()).unwrap();
        assert_eq!((article.published_at, article.kind, article.lang.as_str()), (None, Kind::Article, "en"));
        let flaws: Vec<String> = flaws.iter().map(ToString::to_string).collect();
        assert!(flaws[0].starts_with("kind: should be article") && flaws[0].ends_with("\"essay\""), "{flaws:?}");
        assert!(flaws[1].starts_with("published_at: ") && flaws[1].ends_with("\"2017-29-07\""), "{flaws:?}");
    }

    #[test]
    fn a_date_that_may_be_to_come_is_not_passed_over() {
        let year = jiff::tz::TimeZone::UTC.to_datetime(jiff::Timestamp::now()).year();
        let read = |date: String| read(json!({"id": "x", "title": "x", "published_at": date}));
        for date in [format!("01/06/{}", year + 1), format!("{year} spring"), format!("{}-29-07", year + 40)] {
            let problem = read(date.clone()).unwrap_err();
            assert!(problem.is_of("published_at") && problem.to_string().contains(&date), "{problem}");
        }
        for date in [format!("01/06/{}", year - 1), "yesterday".to_owned(), "1234567".to_owned()] {
            assert_eq!(read(date.clone()).unwrap().published_at, None, "{date}");
        }
    }

    #[test]
    fn an_address_that_is_not_of_the_web_is_left_out_and_named() {
        for field in ["url", "image"] {
            for (address, kept) in [
                ("https://ires.example/es/becas", Some("https://ires.example/es/becas")),
                ("/es/becas", Some("/es/becas")),
                ("ires.example:8080/es", Some("https://ires.example:8080/es")),
                ("javascript:alert(1)", None),
                (" JavaScript:alert(1)", None),
                ("data:text/html,x", None),
                ("ftp://ires.example/x", None),
            ] {
                let record = json!({"id": "x", "title": "x", field: address});
                let (article, flaws) = Article::from_fields(record.as_object().unwrap()).unwrap();
                let found = if field == "url" { article.url } else { article.image };
                assert_eq!(found.as_deref(), kept, "{field} {address}");
                assert_eq!(flaws.iter().any(|flaw| flaw.is_of(field)), kept.is_none(), "{field} {address}");
            }
        }
    }

    #[test]
    fn lists_are_cut_and_deep_topics_left_out_and_named() {
        let many: Vec<String> = (0..200_000).map(|number| format!("n{}", number % 100_000)).collect();
        let deep = |levels: usize| vec!["a"; levels].join("/");
        let topics = json!([deep(16), deep(17), {"path": deep(17), "label": "A"}, "b"]);
        let record = json!({"id": "x", "title": "x", "tags": many, "links": many[..1_000], "topics": topics});
        let (article, flaws) = Article::from_fields(record.as_object().unwrap()).unwrap();
        assert_eq!((&article.tags[..], &article.links[..]), (&many[..1_000], &many[..1_000]));
        assert_eq!(article.topics.iter().map(|topic| &topic.path[..]).collect::<Vec<_>>(), [&deep(16)[..], "b"]);
        let flaws: Vec<String> = flaws.iter().map(ToString::to_string).collect();
        let too_deep = format!("topics: deeper than 16 levels: {:?}", deep(17));
        let too_many = "tags: more than 1000 entries, left out from here on: \"n1000\"";
        assert_eq!(flaws, [&too_deep[..], &too_deep, too_many]);
        let record = json!({"id": "x", "title": "x", "topics": "a".repeat(4_001), "tags": many});
        let (article, flaws) = Article::from_fields(record.as_object().unwrap()).unwrap();
        assert_eq!((article.topics.len(), article.tags.len(), flaws.len()), (0, 1_000, 2));
        assert!(flaws[0].to_string().starts_with("topics: longer than 4000 characters"), "{flaws:?}");
    }

    #[test]
    fn a_language_takes_what_stands_under_it() {
        assert!(language_is_under("pt-BR", "pt") && language_is_under("PT", "pt"));
        assert!(!language_is_under("pt", "pt-BR") && !language_is_under("ptx", "pt") && !language_is_under("é", "e"));
    }
}
