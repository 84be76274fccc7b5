//! The fields of a source that stand for ours under names of its own.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::fields;
use super::publication::{compared, is_mark};

/// Which field of a source's records stands for which of ours.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FieldMap {
    /// Our name, and the path to the source's value: names of members, from the outside in.
    entries: Vec<(&'static str, Vec<String>)>,
}

/// The fields that say whether an article is shown. A record's own one is not replaced by another.
const PROTECTING: [&str; 3] =
    [fields::HIDDEN.description.name, fields::EXPIRES_AT.description.name, fields::PUBLISHED_AT.description.name];

/// Why a map is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldMapError {
    /// The name is none of ours.
    #[error("map has {0:?}, which is no field of an article: it should be one of {list}", list = names())]
    Field(String),
    /// There is no name in its place.
    #[error("map has no name for {0}: it should be that of the source's field, such as \"tipo\" or \"meta.tipo\"")]
    Empty(&'static str),
}

fn names() -> String {
    fields::ALL.map(|field| field.name).join(", ")
}

impl FieldMap {
    /// A map of our names to those of a source. A name with points, such as `meta.tipo`, is that of a
    /// member of a member, unless a field has it as it is.
    pub fn new(map: BTreeMap<String, String>) -> Result<FieldMap, FieldMapError> {
        let entry = |(own, theirs): (String, String)| {
            let known = fields::ALL.iter().find(|field| field.name == own);
            let own = known.ok_or(FieldMapError::Field(own))?.name;
            let path: Vec<String> = theirs.split('.').map(|name| name.trim().to_owned()).collect();
            if path.iter().any(String::is_empty) {
                return Err(FieldMapError::Empty(own));
            }
            Ok((own, path))
        };
        Ok(FieldMap { entries: map.into_iter().map(entry).collect::<Result<_, _>>()? })
    }

    /// Moves the values of a record to our names. A mapped value takes the place of one that stands under
    /// our name; a value that says whether the article is shown stays, and only `hidden: false` gives way.
    pub(crate) fn apply(&self, record: &mut Map<String, Value>) {
        // All are taken before any is set, so that a field may stand for one whose name it has.
        let taken: Vec<(&str, Value)> =
            self.entries.iter().filter_map(|(own, path)| Some((*own, take(record, path, own)?))).collect();
        for (own, value) in taken {
            record.insert(own.to_owned(), value);
        }
    }

    /// A text that changes with the map; empty without one.
    pub(crate) fn fingerprint(&self) -> String {
        self.entries.iter().map(|entry| format!(":{entry:?}")).collect()
    }
}

/// Takes the value for one of our fields out of a record; `None` if there is none, or if the record's own
/// one stays.
fn take(record: &mut Map<String, Value>, path: &[String], own: &str) -> Option<Value> {
    let given = record.get(own).filter(|value| !value.is_null() && **value != Value::Bool(false));
    if PROTECTING.contains(&own) && given.is_some() {
        return None;
    }
    let whole = path.join(".");
    if let Some(name) = member(record, &whole) {
        return take_member(record, &name);
    }
    let (first, rest) = path.split_first()?;
    let name = member(record, first)?;
    let (last, between) = rest.split_last()?;
    let mut object = record.get_mut(&name)?.as_object_mut()?;
    for step in between {
        let name = member(object, step)?;
        object = object.get_mut(&name)?.as_object_mut()?;
    }
    let last = member(object, last)?;
    let value = take_member(object, &last);
    // What is left of an object is reported as an unknown field, an empty one is not.
    if record.get(&name).is_some_and(|left| left.as_object().is_some_and(Map::is_empty)) {
        record.remove(&name);
    }
    value
}

/// The name of a member, which may differ by case, hyphens and underscores.
fn member(object: &Map<String, Value>, name: &str) -> Option<String> {
    let exact = object.get_key_value(name).map(|(known, _)| known);
    let found = exact.or_else(|| object.keys().find(|known| compared(known) == compared(name)));
    found.filter(|found| object.get(*found).is_some_and(|value| !value.is_null())).cloned()
}

/// A member's value. A mark that says whether the article is public stays where it is, too.
fn take_member(object: &mut Map<String, Value>, name: &str) -> Option<Value> {
    if is_mark(name) { object.get(name).cloned() } else { object.remove(name) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(entries: &[(&str, &str)]) -> Result<FieldMap, FieldMapError> {
        FieldMap::new(entries.iter().map(|(own, theirs)| ((*own).to_owned(), (*theirs).to_owned())).collect())
    }

    #[test]
    fn values_are_moved_to_our_names() {
        let map = map(&[
            ("kind", "tipo"),
            ("title", "titular"),
            ("summary", "meta.bajada"),
            ("tags", "a.b"),
            ("url", "tags"),
        ])
        .unwrap();
        for (record, expected) in [
            (json!({"Tipo": "blog", "x": 1}), json!({"kind": "blog", "x": 1})),
            (json!({"tipo": null, "kind": "blog"}), json!({"tipo": null, "kind": "blog"})),
            (json!({"title": "SEO", "titular": "Título"}), json!({"title": "Título"})),
            (json!({"meta": {"bajada": "B", "y": 2}}), json!({"summary": "B", "meta": {"y": 2}})),
            (json!({"meta": {"bajada": "B"}}), json!({"summary": "B"})),
            (json!({"meta": "none"}), json!({"meta": "none"})),
            (json!({"a.b": ["c"], "tags": "/x"}), json!({"tags": ["c"], "url": "/x"})),
        ] {
            let mut record = record.as_object().unwrap().clone();
            map.apply(&mut record);
            assert_eq!(Value::Object(record), expected);
        }
    }

    #[test]
    fn what_keeps_an_article_back_is_not_mapped_away() {
        let map = map(&[("hidden", "oculto"), ("published_at", "fecha"), ("summary", "private")]).unwrap();
        for (record, hidden, date) in [
            (json!({"hidden": true, "oculto": false}), json!(true), Value::Null),
            (json!({"hidden": false, "oculto": true}), json!(true), Value::Null),
            (json!({"oculto": true, "fecha": "2020-01-01"}), json!(true), json!("2020-01-01")),
            (json!({"published_at": "2099-01-01", "fecha": "2020-01-01"}), Value::Null, json!("2099-01-01")),
        ] {
            let mut record = record.as_object().unwrap().clone();
            map.apply(&mut record);
            let of = |name: &str| record.get(name).cloned().unwrap_or_default();
            assert_eq!((of("hidden"), of("published_at")), (hidden, date));
        }
        let mut record = json!({"private": true}).as_object().unwrap().clone();
        map.apply(&mut record);
        assert_eq!(record["private"], true);
    }

    #[test]
    fn names_that_are_none_are_refused() {
        assert_eq!(map(&[("tipo", "kind")]), Err(FieldMapError::Field("tipo".into())));
        assert!(FieldMapError::Field("tipo".into()).to_string().contains("one of id, title, body"));
        assert_eq!(map(&[("kind", " ")]), Err(FieldMapError::Empty("kind")));
        assert_eq!(map(&[("kind", "a..b")]), Err(FieldMapError::Empty("kind")));
    }
}
