//! Fields of a site's own: what its configuration says about them, and their values.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::date::Moment;
use super::markup;
use super::problem::{ArticleProblem, MAX_LIST_ITEMS, MAX_SHORT_CHARS};
use super::publication::compared;
use super::text::one_line;

/// The most characters of a field's name.
const MAX_NAME_CHARS: usize = 40;
/// The member of a record in which its own fields may stand, too.
pub const OWN_FIELDS: &str = "fields";

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OwnFieldType {
    /// Short texts, compared as a whole.
    Keyword,
    /// A number.
    Number,
    /// A date or time.
    Date,
    /// A text of any length.
    Text,
}

/// The part of an article with whose weight the words of a field are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SearchedAs {
    /// Its summary.
    Summary,
    /// Its topics, tags and series.
    Topics,
    /// Its authors.
    Authors,
}

/// What the configuration says about a field.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnField {
    name: String,
    of_type: OwnFieldType,
    is_shown: bool,
    searched: Option<SearchedAs>,
}

/// Why a field cannot be configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OwnFieldError {
    /// The name has other characters than a name of the API.
    #[error("should be named in lower-case letters, digits and underscores, beginning with a letter")]
    Name,
    /// Every article has such a field, or other tools say with it whether an article is public.
    #[error("has the name of a field that is understood already: give it another, such as {0:?}")]
    Taken(String),
    /// Its values have no words.
    #[error("is searched, and has no words: only fields of the types keyword and text can be")]
    NoWords,
}

impl OwnField {
    /// A field by its name.
    pub fn new(
        name: &str,
        of_type: OwnFieldType,
        is_shown: bool,
        searched: Option<SearchedAs>,
    ) -> Result<OwnField, OwnFieldError> {
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !name.starts_with(|c: char| c.is_ascii_lowercase())
            || !name.chars().all(is_name)
            || name.chars().count() > MAX_NAME_CHARS
        {
            return Err(OwnFieldError::Name);
        }
        if super::names::is_known(name) || compared(name) == OWN_FIELDS {
            return Err(OwnFieldError::Taken(format!("site_{name}")));
        }
        if searched.is_some() && !matches!(of_type, OwnFieldType::Keyword | OwnFieldType::Text) {
            return Err(OwnFieldError::NoWords);
        }
        Ok(OwnField { name: name.to_owned(), of_type, is_shown, searched })
    }

    /// The data in a value of a record, which may be HTML; `None` where there is none.
    fn read(&self, value: &Value, zone: Option<&TimeZone>) -> Result<Option<OwnData>, String> {
        let words = |value: &Value| match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(flag) => Ok(flag.to_string()),
            _ => Err("should be text".to_owned()),
        };
        let short = |value: &Value| {
            let line = one_line(&markup::line(&words(value)?));
            match line.chars().nth(MAX_SHORT_CHARS) {
                Some(_) => Err(format!("longer than {MAX_SHORT_CHARS} characters")),
                None => Ok(line),
            }
        };
        match self.of_type {
            OwnFieldType::Keyword => {
                let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
                if values.len() > MAX_LIST_ITEMS {
                    return Err(format!("more than {MAX_LIST_ITEMS} entries"));
                }
                let mut keywords: Vec<String> = Vec::new();
                for keyword in values.iter().map(short) {
                    let keyword = keyword?;
                    if !keyword.is_empty() && !keywords.contains(&keyword) {
                        keywords.push(keyword);
                    }
                }
                Ok(Some(OwnData::Keyword(keywords)).filter(|_| !values.is_empty()))
            }
            OwnFieldType::Number => {
                let number = match value {
                    Value::String(text) => text.trim().parse().ok(),
                    value => value.as_f64(),
                };
                let number = number.filter(|number: &f64| number.is_finite());
                number.map(|number| Some(OwnData::Number(number))).ok_or_else(|| "should be a number".to_owned())
            }
            OwnFieldType::Date => match short(value)? {
                text if text.is_empty() => Ok(None),
                text => {
                    Moment::parse_in(&text, zone).map(|at| Some(OwnData::Date(at))).map_err(|error| error.to_string())
                }
            },
            OwnFieldType::Text => {
                let text = markup::text(&words(value)?).trim().to_owned();
                Ok(Some(OwnData::Text(text)).filter(|text| *text != OwnData::Text(String::new())))
            }
        }
    }
}

/// The data of a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OwnData {
    /// Distinct short texts.
    Keyword(Vec<String>),
    /// A finite number.
    Number(f64),
    /// A date or time.
    Date(Moment),
    /// A text.
    Text(String),
}

/// The value of a field, with what the configuration said about it when it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OwnValue {
    /// The data.
    #[serde(flatten)]
    pub data: OwnData,
    /// Whether answers have it.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub is_shown: bool,
    /// The part of the article with whose weight its words are searched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub searched: Option<SearchedAs>,
}

fn yes() -> bool {
    true
}

fn is_yes(flag: &bool) -> bool {
    *flag
}

impl OwnValue {
    /// Its texts, if its words are searched as those of a part of the article.
    pub fn texts_searched_as(&self, part: SearchedAs) -> impl Iterator<Item = &str> {
        let texts = match &self.data {
            OwnData::Keyword(texts) => texts.as_slice(),
            OwnData::Text(text) => std::slice::from_ref(text),
            OwnData::Number(_) | OwnData::Date(_) => &[],
        };
        texts.iter().filter(move |_| self.searched == Some(part)).map(String::as_str)
    }
}

/// The fields that a site's configuration adds, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OwnFields {
    fields: Arc<[OwnField]>,
}

impl OwnFields {
    /// The fields of a site that configures these.
    pub fn new(fields: Vec<OwnField>) -> OwnFields {
        OwnFields { fields: fields.into() }
    }

    /// Whether a record's field is one of these, or has them as its members; the name may differ by case,
    /// hyphens and underscores.
    pub(super) fn has(&self, name: &str) -> bool {
        let name = compared(name);
        !self.fields.is_empty() && (name == OWN_FIELDS || self.find(&name).is_some())
    }

    /// The values of a record, at the top or in its member `fields`. Invalid ones are left out and
    /// reported, as are members of `fields` that are no fields of the site.
    pub(super) fn read(
        &self,
        record: &Map<String, Value>,
        zone: Option<&TimeZone>,
        flaws: &mut Vec<ArticleProblem>,
    ) -> BTreeMap<String, OwnValue> {
        let mut values = BTreeMap::new();
        if self.fields.is_empty() {
            return values;
        }
        let members = record.iter().filter(|(name, _)| compared(name) == OWN_FIELDS);
        let members = members.filter_map(|(_, members)| members.as_object()).flatten();
        for (name, value) in members.clone().filter(|(name, _)| self.find(&compared(name)).is_none()) {
            flaws.extend((!value.is_null()).then(|| ArticleProblem::UnknownField(format!("{OWN_FIELDS}.{name:.60}"))));
        }
        for (name, value) in record.iter().chain(members).filter(|(_, value)| !value.is_null()) {
            let Some(field) = self.find(&compared(name)) else { continue };
            match field.read(value, zone) {
                Ok(None) => {}
                Ok(Some(data)) => {
                    let value = OwnValue { data, is_shown: field.is_shown, searched: field.searched };
                    values.insert(field.name.clone(), value);
                }
                Err(reason) => flaws.push(ArticleProblem::OwnField {
                    field: field.name.clone(),
                    value: value.to_string().chars().take(60).collect(),
                    reason,
                }),
            }
        }
        values
    }

    /// A text that changes with the fields; empty without any.
    pub fn fingerprint(&self) -> String {
        self.fields.iter().map(|field| format!(":{field:?}")).collect()
    }

    fn find(&self, compared_name: &str) -> Option<&OwnField> {
        self.fields.iter().find(|field| compared(&field.name) == compared_name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields() -> OwnFields {
        let field = |name: &str, of_type, is_shown, searched| OwnField::new(name, of_type, is_shown, searched).unwrap();
        OwnFields::new(vec![
            field("country", OwnFieldType::Keyword, true, Some(SearchedAs::Topics)),
            field("pages", OwnFieldType::Number, true, None),
            field("call_ends", OwnFieldType::Date, false, None),
            field("abstract_note", OwnFieldType::Text, true, Some(SearchedAs::Summary)),
        ])
    }

    #[test]
    fn values_are_read_at_the_top_and_in_a_member_of_their_own() {
        let record = json!({
            "Country": ["Per&uacute;", "<b>Chile</b>", "Chile", ""], "title": "T",
            "fields": {"pages": "12", "call-ends": "2027-03-01", "abstract_note": "<p>A</p><p>B</p>", "isbn": 1},
        });
        let mut flaws = Vec::new();
        let values = fields().read(record.as_object().unwrap(), None, &mut flaws);
        assert_eq!(flaws, [ArticleProblem::UnknownField("fields.isbn".into())]);
        let data: Vec<(&str, &OwnData)> = values.iter().map(|(name, value)| (name.as_str(), &value.data)).collect();
        let (date, text) = (Moment::parse("2027-03-01").unwrap(), "A\n\nB".to_owned());
        let (date, text) = (OwnData::Date(date), OwnData::Text(text));
        let (number, keywords) = (OwnData::Number(12.0), OwnData::Keyword(vec!["Perú".into(), "Chile".into()]));
        assert_eq!(data, [("abstract_note", &text), ("call_ends", &date), ("country", &keywords), ("pages", &number)]);
        assert!(!values["call_ends"].is_shown && values["pages"].is_shown);
        let stored = serde_json::to_string(&values).unwrap();
        assert_eq!(serde_json::from_str::<BTreeMap<String, OwnValue>>(&stored).unwrap(), values, "{stored}");
        assert!(stored.contains(r#""pages":{"number":12.0}"#), "{stored}");
        assert_eq!(values["country"].texts_searched_as(SearchedAs::Topics).collect::<Vec<_>>(), ["Perú", "Chile"]);
        assert_eq!(values["country"].texts_searched_as(SearchedAs::Authors).count(), 0);
    }

    #[test]
    fn invalid_values_are_left_out_and_reported() {
        for (record, reason) in [
            (json!({"pages": "many"}), "fields.pages: should be a number: \"\\\"many\\\"\""),
            (json!({"call_ends": "soon"}), "fields.call_ends: should be a date"),
            (json!({"country": [["a"]]}), "fields.country: should be text"),
            (json!({"country": "x".repeat(MAX_SHORT_CHARS + 1)}), "fields.country: longer than"),
        ] {
            let mut flaws = Vec::new();
            assert!(fields().read(record.as_object().unwrap(), None, &mut flaws).is_empty());
            assert!(flaws.len() == 1 && flaws[0].to_string().starts_with(reason), "{flaws:?}");
        }
        let mut flaws = Vec::new();
        let empty = json!({"country": [], "call_ends": " ", "abstract_note": "", "pages": null});
        assert!(fields().read(empty.as_object().unwrap(), None, &mut flaws).is_empty() && flaws.is_empty());
    }

    #[test]
    fn names_that_are_understood_already_are_refused() {
        let new = |name: &str| OwnField::new(name, OwnFieldType::Number, true, None).map(|field| field.name);
        assert_eq!(new("País"), Err(OwnFieldError::Name));
        assert_eq!(new("1st"), Err(OwnFieldError::Name));
        for name in ["title", "keywords", "draft", "noindex", "fields", "slug"] {
            assert_eq!(new(name), Err(OwnFieldError::Taken(format!("site_{name}"))), "{name}");
        }
        let searched = OwnField::new("pages", OwnFieldType::Number, true, Some(SearchedAs::Summary));
        assert_eq!(searched, Err(OwnFieldError::NoWords));
    }
}
