//! The article: one language version of a page, and its parts.
//!
//! Every input (a JSON line, front matter, a push) passes through [`Article::from_fields`], so
//! every article is valid.

pub(crate) mod address;
pub(crate) mod date;
mod field_map;
pub mod fields;
pub(crate) mod kind;
pub(crate) mod markup;
pub(crate) mod names;
mod own_fields;
pub(crate) mod problem;
mod publication;
mod site;
pub(crate) mod text;
pub(crate) mod topic;
pub mod url_key;

pub use self::address::{AddressError, AddressRules};
use self::date::DAY_S;
pub use self::date::{Moment, MomentError};
pub use self::field_map::{FieldMap, FieldMapError};
pub use self::kind::{Kind, KindError, Kinds, SiteKind};
pub use self::own_fields::{
    OWN_FIELDS, OwnData, OwnField, OwnFieldError, OwnFieldType, OwnFields, OwnValue, SearchedAs,
};
pub use self::problem::{ArticleProblem, MAX_ID_CHARS, MAX_LIST_ITEMS, MAX_SHORT_CHARS, MAX_VERSIONS, check_id};
pub use self::site::Site;
pub use self::text::{composed, is_language_tag, language_is_under, language_tag, one_line};
pub use self::topic::{MAX_TOPIC_LEVELS, Topic, slug};

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::fields::{
    AUTHORS, BODY, ENDS_AT, EXPIRES_AT, FieldReader, HIDDEN, ID, IMAGE, KIND, LANG, LINKS, PUBLISHED_AT, Parsing,
    SERIES, STARTS_AT, SUMMARY, TAGS, TITLE, TOPICS, UPDATED_AT, URL, WORK,
};
use self::publication::Publication;

/// One language version of a page, parsed and validated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Article {
    /// Its unique name: 1 to 200 characters, no control characters, [composed].
    pub id: String,
    /// The id that all its translations share; its own id when it has none.
    pub work: String,
    /// The page's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// BCP 47, as declared or detected; `und` when neither is possible.
    pub lang: String,
    /// What sort of page it is.
    #[serde(default)]
    pub kind: Kind,
    /// What the site's configuration says about whether its kind is timely; without it, what holds of
    /// the built-in kinds, see [`Article::is_timely`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timely: Option<bool>,
    /// The title; may be empty where there is a body.
    pub title: String,
    /// The teaser.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// Plain text, its paragraphs and headings separated by blank lines.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// The addresses to which it links.
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
    /// From when on it is not shown; a plain date counts to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Moment>,
    /// The series it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// Its paths in the topic menu.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub topics: Vec<Topic>,
    /// Free keywords.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The address of a picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Whether it is stored but never shown.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// The fields of the site's own, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, OwnValue>,
}

/// Whether records have a field of this name, or other tools a mark that says whether an article is
/// public. Case, hyphens and underscores do not matter.
pub fn is_field_name(name: &str) -> bool {
    let compared = publication::compared(name);
    publication::is_mark(name) || fields::ALL.iter().any(|field| publication::compared(field.name) == compared)
}

/// The language of an article that declares none and whose language cannot be detected.
pub const UNDETERMINED: &str = "und";

impl Article {
    /// Parses an article from the fields of a record, and returns the problems of the values that
    /// it left out.
    ///
    /// A record without a valid id or without any text is refused. So is a record with an invalid
    /// `hidden` or `expires_at`, because they say what must not be shown, and one with an invalid
    /// `published_at` that names this year or a later one, because it may mean the future. Any
    /// other invalid value is left out and reported: losing a date is better than losing the page.
    ///
    /// Marks of other tools that say the article is not public hide it, and are reported
    /// (`publication.rs` lists them); one that cannot be understood, or a field whose name is nearly that
    /// of one, refuses the record. Other spellings of the names, and those of other tools, are understood
    /// (`names.rs`); other unknown fields are reported. Where text is expected, a number or boolean
    /// becomes text; where a list is expected, a single text becomes a list of one. An absent `lang`
    /// becomes [`UNDETERMINED`]; the caller detects it.
    ///
    /// Texts may have markup, of which a reader sees the text only (`markup` says how).
    pub fn from_fields(record: &Map<String, Value>) -> Result<(Article, Vec<ArticleProblem>), ArticleProblem> {
        Article::from_fields_in(record, &[], Site::default())
    }

    /// Like [`Article::from_fields`], for a record of a site in which the fields of these names are plain
    /// text: a `<` in them is one that readers see.
    pub fn from_fields_in(
        record: &Map<String, Value>,
        plain: &[&str],
        site: Site<'_>,
    ) -> Result<(Article, Vec<ArticleProblem>), ArticleProblem> {
        let canonical = names::canonical(record);
        let record = canonical.as_ref();
        let id = Article::id_in(record)?;
        let is_own = |name: &str| fields::ALL.iter().any(|field| field.name == name);
        let Publication { held_back, not_before, not_after } = Publication::of(record, is_own, site.time_zone)?;
        let unknown = || names::unknown(record).filter(|(name, _)| !site.fields.has(name));
        for (field, value) in unknown() {
            if let Some(known) = publication::protecting_field_like(field, value) {
                return Err(ArticleProblem::LooksProtecting { field: field.chars().take(60).collect(), known });
            }
        }
        let mut flaws = Vec::new();
        let parsing = Parsing { flaws: &mut flaws, zone: site.time_zone, kinds: site.kinds };
        let mut reader = FieldReader { record, plain, parsing };
        let title = reader.read(&TITLE)?;
        let summary = reader.read(&SUMMARY)?;
        let body = reader.read(&BODY)?;
        if title.is_empty() && body.is_empty() && summary.is_empty() {
            return Err(ArticleProblem::Empty);
        }
        let work = reader.read(&WORK)?;
        let work = if work.is_empty() { id.clone() } else { composed(&work).into_owned() };
        let kind = reader.read(&KIND)?;
        let mut article = Article {
            work,
            url: reader.read(&URL)?,
            lang: reader.read(&LANG)?.unwrap_or_else(|| UNDETERMINED.to_owned()),
            timely: site.kinds.is_timely(&kind),
            kind,
            title,
            summary,
            body,
            links: reader.read(&LINKS)?,
            authors: reader.read(&AUTHORS)?,
            published_at: reader.read(&PUBLISHED_AT)?,
            updated_at: reader.read(&UPDATED_AT)?,
            starts_at: reader.read(&STARTS_AT)?,
            ends_at: reader.read(&ENDS_AT)?,
            expires_at: reader.read(&EXPIRES_AT)?,
            series: Some(reader.read(&SERIES)?).filter(|series| !series.is_empty()),
            topics: reader.read(&TOPICS)?,
            tags: reader.read(&TAGS)?,
            image: reader.read(&IMAGE)?,
            hidden: reader.read(&HIDDEN)?,
            fields: site.fields.read(record, site.time_zone, &mut flaws),
            id,
        };
        if let Some(Value::String(body)) = record.get(BODY.description.name)
            && !plain.contains(&BODY.description.name)
        {
            let found = markup::links(body);
            let found = found.iter().filter_map(|link| url_key::linked(link, article.url.as_deref()));
            article.links = fields::with_links(std::mem::take(&mut article.links), found, &mut flaws)?;
        }
        article.hidden |= !held_back.is_empty();
        if let Some(not_before) = not_before
            && article.published_at.as_ref().is_none_or(|known| known.start_s() < not_before.start_s())
        {
            article.published_at = Some(not_before);
        }
        if let Some(not_after) = not_after
            && article.expires_at.as_ref().is_none_or(|known| not_after.end_s() < known.end_s())
        {
            article.expires_at = Some(not_after);
        }
        flaws.extend(held_back);
        flaws.extend(unknown().map(|(name, _)| ArticleProblem::UnknownField(name.chars().take(60).collect())));
        Ok((article, flaws))
    }

    /// The validated id in the fields of a record, [composed].
    pub fn id_in(fields: &Map<String, Value>) -> Result<String, ArticleProblem> {
        let parsing = Parsing { flaws: &mut Vec::new(), zone: None, kinds: Site::default().kinds };
        let id = FieldReader { record: fields, plain: &[], parsing }.read(&ID)?;
        check_id(&id)?;
        Ok(composed(&id).into_owned())
    }

    /// The hash of all content of the article; it changes when the article does.
    pub fn content_hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        // Writing JSON into a hasher cannot fail: it has no I/O, and every key is a string.
        if let Err(error) = serde_json::to_writer(&mut hasher, self) {
            hasher.update(error.to_string().as_bytes());
        }
        *hasher.finalize().as_bytes()
    }

    /// Whether the article belongs to the time of its publication, as events and press releases do:
    /// it is rather related to articles of the same time.
    pub fn is_timely(&self) -> bool {
        self.timely.unwrap_or_else(|| self.kind.is_timely())
    }

    /// Whether readers may see the article at this second (Unix time).
    pub fn is_visible_at(&self, now_s: i64) -> bool {
        is_visible_at(now_s, self.hidden, self.published_at.as_ref(), self.expires_at.as_ref())
    }
}

/// Whether readers may see an article with these values at this second (Unix time).
pub fn is_visible_at(now_s: i64, hidden: bool, published_at: Option<&Moment>, expires_at: Option<&Moment>) -> bool {
    !hidden && published_at.is_none_or(|at| at.start_s() <= now_s) && expires_at.is_none_or(|at| now_s < at.end_s())
}

/// The second at which an event begins, and the first after it, in Unix time; `None` without a beginning.
/// An event without an end lasts until the end of the day on which it begins.
pub fn event_span_s(starts_at: Option<&Moment>, ends_at: Option<&Moment>) -> Option<(i64, i64)> {
    let starts_at = starts_at?;
    let midnight_s = match starts_at.is_date() {
        true => starts_at.end_s(),
        false => starts_at.start_s() + DAY_S - starts_at.local_s().rem_euclid(DAY_S),
    };
    Some((starts_at.start_s(), ends_at.map_or(midnight_s, Moment::end_s).max(starts_at.start_s())))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    /// What stands between backticks behind a place of `docs/what-is-read.md`, up to the next part.
    pub(crate) fn documented(place: &str) -> Vec<&'static str> {
        let page = include_str!("../../docs/what-is-read.md");
        let (_, behind) = page.split_once(place).unwrap();
        let part = behind.split("\n## ").next().unwrap().split("\n**").next().unwrap();
        part.split('`').skip(1).step_by(2).collect()
    }

    /// The article, or its first problem.
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
        assert_eq!(
            (article.lang.as_str(), article.kind.clone(), article.title.as_str()),
            ("pt-BR", Kind::PRESS_RELEASE, "A b")
        );
        assert_eq!((article.body.as_str(), article.authors.len(), article.tags.len()), ("one\n\ntw o", 1, 1));
        assert_eq!(article.topics[0].path, "a-b/c");
        let again: Article = serde_json::from_str(&serde_json::to_string(&article).unwrap()).unwrap();
        assert_eq!(again, article);
        assert_eq!(again.content_hash(), article.content_hash());
    }

    #[test]
    fn links_in_a_body_of_html_are_added_to_those_of_the_record() {
        let body = "<p><a href=\"../b?x=1\">B</a>, <a href='https://y.org/'>Y</a>, <a href=#top>up</a>, <a href=mailto:a@x.org>mail</a></p>";
        let article = read(json!({"id": "x", "title": "x", "url": "https://x.org/es/a", "content_html": body,
            "links": ["https://z.org/", "https://y.org/"]}))
        .unwrap();
        assert_eq!(article.links, ["https://z.org/", "https://y.org/", "https://x.org/b?x=1"]);
        // Without an address, as they are written.
        let nowhere = read(json!({"id": "x", "title": "x", "body": body})).unwrap();
        assert_eq!(nowhere.links, ["../b?x=1", "https://y.org/"]);
        let plain =
            read(json!({"id": "x", "title": "x", "body": "Say a < b, `<a href=/b>b</a>` or [b](/b)."})).unwrap();
        assert_eq!(plain.links, [""; 0]);
    }

    #[test]
    fn invalid_records_name_their_problem() {
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
    fn ids_are_composed_however_they_are_written() {
        let apart = read(json!({"id": "n\u{303}andu\u{301}", "work": "an\u{303}o", "title": "x"})).unwrap();
        assert_eq!((apart.id.as_str(), apart.work.as_str()), ("ñandú", "año"));
        assert_eq!(apart, read(json!({"id": "ñandú", "work": "año", "title": "x"})).unwrap());
        assert_eq!(read(json!({"id": "n\u{303}", "title": "x"})).unwrap().work, "ñ");
    }

    #[test]
    fn an_invalid_value_is_left_out_and_reported() {
        let record = json!({"id": "x", "title": "x", "published_at": "2017-29-07", "kind": "essay", "lang": "en"});
        let (article, flaws) = Article::from_fields(record.as_object().unwrap()).unwrap();
        assert_eq!((article.published_at, article.kind, article.lang.as_str()), (None, Kind::ARTICLE, "en"));
        let flaws: Vec<String> = flaws.iter().map(ToString::to_string).collect();
        assert!(flaws[0].starts_with("kind: should be article") && flaws[0].ends_with("\"essay\""), "{flaws:?}");
        assert!(flaws[1].starts_with("published_at: ") && flaws[1].ends_with("\"2017-29-07\""), "{flaws:?}");
    }

    #[test]
    fn an_invalid_date_that_may_be_in_the_future_refuses_the_record() {
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
    fn an_address_that_is_not_of_the_web_is_left_out_and_reported() {
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
    fn long_lists_are_cut_and_deep_topics_left_out_and_reported() {
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
}
