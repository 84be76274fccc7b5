//! The names of fields as other tools write them, and their values as an article has them.
//!
//! A field is understood if its name differs from ours by case, `_`, `-` or white space alone, or stands
//! in one table with the name that others give it. Our own name goes first, then the others in the order
//! of the table.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::fields;
use super::publication::{compared as compared_name, is_mark};

/// How a value of another tool becomes one of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Take {
    /// As it is.
    Same,
    /// A text, also as WordPress and Drupal answer it: `{"rendered": "…"}`, `{"value": "…", "processed": "…"}`.
    Text,
    /// A language, also as a POSIX locale: `es_CO.UTF-8`.
    Language,
    /// The address of a page; patterns of addresses (Jekyll's `/:year/:title/`) and flags are none.
    Address,
    /// A picture's address, also in a list or in an object.
    Picture,
    /// A date; a flag (`published: true`) is none.
    Date,
    /// A list of names, also of objects with a `name`. Numbers are keys of another table.
    Names,
    /// A list, also of objects with a `name`, or one text with commas between its entries.
    List,
    /// The same, but our own is taken as it is: the label of a topic may have a comma.
    Categories,
}

/// Our name of a field, the names of others in their compared form, and how the value is taken.
const TABLE: [(&str, &[&str], Take); 18] = [
    ("id", &[], Take::Same),
    ("title", &["headline", "posttitle"], Take::Text),
    ("body", &["text", "content", "contenthtml", "contenttext", "html", "postcontent", "articlebody"], Take::Text),
    ("summary", &["description", "excerpt", "customexcerpt", "postexcerpt", "abstract", "teaser"], Take::Text),
    ("work", &["translationkey", "translationof"], Take::Same),
    ("lang", &["language", "locale", "langcode", "inlanguage"], Take::Language),
    ("kind", &[], Take::Same),
    ("url", &["link", "permalink", "canonicalurl", "canonical"], Take::Address),
    ("authors", &["author", "byline", "creator"], Take::Names),
    (
        "published_at",
        &["date", "publishdate", "pubdate", "datepublished", "postdate", "published", "created"],
        Take::Date,
    ),
    (
        "updated_at",
        &["lastmod", "modified", "lastmodified", "datemodified", "updated", "postmodified", "changed"],
        Take::Date,
    ),
    ("starts_at", &["startdate"], Take::Date),
    ("ends_at", &["enddate"], Take::Date),
    ("topics", &["categories", "category"], Take::Categories),
    ("tags", &["keywords"], Take::List),
    ("series", &[], Take::Same),
    ("links", &[], Take::Same),
    ("image", &["cover", "featuredimage", "featureimage", "coverimage", "ogimage"], Take::Picture),
];

/// Fields that say something of a record, and nothing of an article.
const OF_RECORDS: [&str; 3] = ["delete", "slug", TAXONOMIES];

/// Zola's table of lists of labels, each of which is a field elsewhere.
const TAXONOMIES: &str = "taxonomies";

/// A record with the names and values of our fields. Marks that say whether an article is public stay
/// under their names, too.
///
/// `hidden` and `expires_at` in another spelling are marks (`publication.rs`).
pub(crate) fn canonical(record: &Map<String, Value>) -> Cow<'_, Map<String, Value>> {
    match with_taxonomies(record) {
        Some(record) => Cow::Owned(with_own_names(&record).into_owned()),
        None => with_own_names(record),
    }
}

/// A record whose taxonomies are fields of its own; `None` if it has none.
fn with_taxonomies(record: &Map<String, Value>) -> Option<Map<String, Value>> {
    let (_, taxonomies) = record.iter().find(|(name, _)| compared_name(name) == TAXONOMIES)?;
    let mut fields = record.clone();
    for (name, labels) in taxonomies.as_object()? {
        fields.entry(name).or_insert_with(|| labels.clone());
    }
    Some(fields)
}

fn with_own_names(record: &Map<String, Value>) -> Cow<'_, Map<String, Value>> {
    let compared: Vec<(String, &String)> = record.keys().map(|name| (compared_name(name), name)).collect();
    let mut canonical = Cow::Borrowed(record);
    for (own, others, take) in TABLE {
        let own_compared = compared_name(own);
        let wanted = std::iter::once(own_compared.as_str()).chain(others.iter().copied());
        let spelled = wanted.flat_map(|wanted| compared.iter().filter(move |(name, _)| name == wanted));
        let own_name = record.get_key_value(own).map(|(name, _)| name);
        for name in own_name.into_iter().chain(spelled.map(|(_, name)| *name)) {
            let Some(given) = record.get(name).filter(|value| !value.is_null()) else { continue };
            let Some(value) = taken(take, given, name == own) else { continue };
            if name != own || *value != *given {
                let value = value.into_owned();
                let fields = canonical.to_mut();
                // An object may say that its text is protected.
                if !is_mark(name) && !given.is_object() {
                    fields.remove(name);
                }
                fields.insert(own.to_owned(), value);
            }
            break;
        }
    }
    canonical
}

/// Like [`canonical`], for a record that nothing else identifies: its slug is the id if it has none.
pub(crate) fn identified(record: &Map<String, Value>) -> Cow<'_, Map<String, Value>> {
    let mut canonical = canonical(record);
    if canonical.get("id").is_none_or(Value::is_null)
        && let Some((_, slug)) = record.iter().find(|(name, value)| compared_name(name) == "slug" && value.is_string())
    {
        canonical.to_mut().insert("id".to_owned(), slug.clone());
    }
    canonical
}

/// Whether this is the name of the field `id`.
pub(crate) fn is_id(name: &str) -> bool {
    compared_name(name) == "id"
}

/// The fields of a record that mean nothing here.
pub(super) fn unknown(record: &Map<String, Value>) -> impl Iterator<Item = (&str, &Value)> {
    let fields = record.iter().map(|(name, value)| (name.as_str(), value));
    fields.filter(|(name, value)| !value.is_null() && !is_known(name))
}

/// Whether a field of this name is understood, for an article or otherwise.
pub(super) fn is_known(name: &str) -> bool {
    let name = compared_name(name);
    is_mark(&name)
        || OF_RECORDS.contains(&name.as_str())
        || fields::ALL.iter().any(|field| compared_name(field.name) == name)
        || TABLE.iter().any(|(_, others, _)| others.contains(&name.as_str()))
}

/// A value as one of ours; `None` if it says nothing of the field. What we have no form for is left to
/// the field, which reports it.
fn taken(take: Take, value: &Value, is_own: bool) -> Option<Cow<'_, Value>> {
    let same = Cow::Borrowed(value);
    match (take, value) {
        (Take::Text, Value::Object(parts)) => ["rendered", "processed", "value"]
            .iter()
            .find_map(|name| parts.get(*name))
            .map(Cow::Borrowed)
            .or(Some(same)),
        (Take::Language, Value::String(text)) if text.contains(['.', '@']) => {
            text.split(['.', '@']).next().map(|tag| Cow::Owned(tag.into()))
        }
        (Take::Address, _) if is_own => Some(same),
        (Take::Address, Value::String(text)) => is_address(text).then_some(same),
        (Take::Address, _) => None,
        (Take::Picture, Value::Array(items)) if !is_own => taken(take, items.first()?, is_own),
        (Take::Picture, Value::Object(parts)) => {
            ["url", "src", "image"].iter().find_map(|name| parts.get(*name)).map(Cow::Borrowed).or(Some(same))
        }
        (Take::Date, Value::Bool(_)) if !is_own => None,
        // A flag in words is a mark.
        (Take::Date, Value::String(text)) if !is_own && !text.contains(|c: char| c.is_ascii_digit()) => None,
        (Take::Names, _) => Some(names(value, is_own)).filter(|names| is_own || !is_empty_list(names)),
        (Take::Categories, _) if is_own => Some(same),
        (Take::List | Take::Categories, Value::String(text)) if text.contains(',') => {
            Some(Cow::Owned(text.split(',').map(str::trim).filter(|text| !text.is_empty()).collect()))
        }
        (Take::List | Take::Categories, _) if !is_own => {
            Some(names(value, is_own)).filter(|names| !is_empty_list(names))
        }
        (Take::List, Value::Array(items)) if items.iter().any(Value::is_object) => Some(names(value, is_own)),
        _ => Some(same),
    }
}

fn is_empty_list(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

fn names(value: &Value, is_own: bool) -> Cow<'_, Value> {
    let name = |item: &Value| match item {
        Value::Object(parts) => {
            let named = ["name", "title", "label"].iter().find_map(|name| parts.get(*name)).cloned();
            named.or_else(|| is_own.then(|| item.clone()))
        }
        Value::Number(_) if !is_own => None,
        item => Some(item.clone()),
    };
    match value {
        Value::Array(items) => Cow::Owned(items.iter().filter_map(name).collect()),
        Value::Object(_) | Value::Number(_) => Cow::Owned(name(value).into_iter().collect()),
        value => Cow::Borrowed(value),
    }
}

/// Whether a text is an address, and not a pattern or template of one.
fn is_address(text: &str) -> bool {
    let text = text.trim();
    (text.starts_with('/') || text.contains("://")) && !text.contains("/:") && !text.contains(['{', '<'])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::article::{Article, ArticleProblem, Moment};

    fn read(fields: Value) -> (Article, Vec<ArticleProblem>) {
        let mut record = json!({"id": "x", "title": "Acta"});
        record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        Article::from_fields(record.as_object().unwrap()).unwrap()
    }

    #[test]
    fn names_of_other_tools_are_understood() {
        let (article, flaws) = read(json!({
            "content_html": "<p>Texto</p>", "description": "Resumen", "translationKey": "acta", "locale": "es_CO.UTF-8",
            "permalink": "https://ires.example/acta/", "author": {"name": "Ana Ruiz"}, "date": "2021-05-01",
            "lastmod": "2021-06-01", "categories": "Noticias, Becas", "keywords": ["a", "b"],
            "featured_image": {"url": "/img/a.png"},
        }));
        assert_eq!(flaws, []);
        assert_eq!(
            (article.body.as_str(), article.summary.as_str(), article.work.as_str()),
            ("Texto", "Resumen", "acta")
        );
        assert_eq!((article.lang.as_str(), article.url.as_deref()), ("es-CO", Some("https://ires.example/acta/")));
        assert_eq!(
            (article.authors, article.tags),
            (vec!["Ana Ruiz".to_owned()], vec!["a".to_owned(), "b".to_owned()])
        );
        let date = |moment: &Option<Moment>| moment.as_ref().map(|moment| moment.as_str().to_owned());
        assert_eq!(date(&article.published_at).as_deref(), Some("2021-05-01"));
        assert_eq!(date(&article.updated_at).as_deref(), Some("2021-06-01"));
        let topics: Vec<&str> = article.topics.iter().map(|topic| topic.path.as_str()).collect();
        assert_eq!(topics, ["noticias", "becas"]);
        assert_eq!(article.image.as_deref(), Some("/img/a.png"));
    }

    #[test]
    fn other_spellings_of_our_names_are_understood() {
        let (article, flaws) = read(json!({
            "Published-At": "2021-05-01", "updatedAt": "2021-06-01", " Tags ": "a, b", "SUMMARY": "Resumen", "starts at": "2021-07-01",
        }));
        assert_eq!(flaws, []);
        assert_eq!((article.summary.as_str(), article.tags.len()), ("Resumen", 2));
        assert!(article.published_at.is_some() && article.updated_at.is_some() && article.starts_at.is_some());
    }

    #[test]
    fn our_own_name_goes_before_that_of_others() {
        let (article, _) = read(
            json!({"Title": "Otro", "headline": "Otro", "body": "uno", "content": "dos", "lang": null, "language": "es"}),
        );
        assert_eq!((article.title.as_str(), article.body.as_str(), article.lang.as_str()), ("Acta", "uno", "es"));
    }

    #[test]
    fn values_that_say_nothing_of_the_field_are_passed_over() {
        let (article, flaws) = read(json!({
            "permalink": "/:year/:title/", "author": 7, "categories": [3, 5], "published": true, "content": {"rendered": "<p>x</p>", "protected": false},
        }));
        assert_eq!(flaws, []);
        assert_eq!((article.url, article.authors.len(), article.topics.len()), (None, 0, 0));
        assert_eq!((article.published_at, article.body.as_str()), (None, "x"));
    }

    #[test]
    fn a_slug_is_the_id_of_a_record_that_has_none() {
        let id = |record: Value| identified(record.as_object().unwrap()).get("id").cloned();
        assert_eq!(id(json!({"slug": "acta"})), Some(json!("acta")));
        assert_eq!(id(json!({"Slug": "acta", "ID": 7})), Some(json!(7)));
        assert_eq!(canonical(json!({"slug": "acta"}).as_object().unwrap()).get("id"), None);
    }

    #[test]
    fn only_lists_of_labels_without_commas_are_split_at_commas() {
        let (article, _) = read(json!({"topics": "Ciencia, tecnología", "tags": "a, b", "authors": "Ruiz, Ana"}));
        assert_eq!((article.topics.len(), article.tags.len(), article.authors.len()), (1, 2, 1));
    }

    #[test]
    fn an_unknown_field_is_named() {
        let (_, flaws) = read(json!({"tittle": "Acta", "layout": null, "delete": false}));
        assert_eq!(flaws, [ArticleProblem::UnknownField("tittle".to_owned())]);
        assert!(!flaws.iter().any(ArticleProblem::is_loss));
    }

    #[test]
    fn a_field_that_looks_like_one_that_protects_refuses_the_record() {
        for (name, value, known) in [
            ("hiden", json!(true), "hidden"),
            ("Hidden_", json!(true), ""),
            ("drfat", json!("yes"), "draft"),
            ("expired_at", json!("2021-01-01"), "expires_at"),
            ("publshed-at", json!("2999-01-01"), "published_at"),
            ("statuss", json!("private"), "status"),
            ("visiblity", json!("members"), "visibility"),
            ("state", json!("Jalisco"), ""),
            ("state", json!("draft"), "status"),
            ("stats", json!({"views": 3}), ""),
            ("craft", json!("ceramics"), ""),
        ] {
            let mut record = json!({"id": "x", "title": "Acta"});
            record[name] = value;
            let read = Article::from_fields(record.as_object().unwrap());
            match read {
                Err(problem) => {
                    let text = problem.to_string();
                    assert!(!known.is_empty() && text.contains(name) && text.contains(known), "{name}: {text}");
                }
                Ok(_) => assert_eq!(known, "", "{name}"),
            }
        }
    }

    #[test]
    fn names_of_others_are_documented() {
        let spans: Vec<String> =
            crate::article::tests::documented("**Names of fields.**").iter().map(|span| compared_name(span)).collect();
        for (own, others, _) in TABLE.iter().filter(|(_, others, _)| !others.is_empty()) {
            let own_compared = compared_name(own);
            let row: Vec<&str> = std::iter::once(own_compared.as_str()).chain(others.iter().copied()).collect();
            assert!(spans.windows(row.len()).any(|told| told == row), "{own} in docs/what-is-read.md");
        }
    }

    #[test]
    fn names_of_others_are_distinct_and_in_their_compared_form() {
        let mut names: Vec<&str> = TABLE.iter().flat_map(|(_, others, _)| others.iter().copied()).collect();
        assert!(names.iter().all(|name| compared_name(name) == **name));
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(TABLE.iter().all(|(own, ..)| fields::ALL.iter().any(|field| field.name == *own)));
    }
}
