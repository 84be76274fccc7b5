//! Articles and what is shown of them in lists.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AnyOfBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use super::all;
use super::version::IndexVersionJson;
use crate::article::{Kind, Moment, OwnData};
use crate::engine::{ArticleAnswer, Card, TopicLabel, Translation};

/// What sort of page an article is.
#[derive(Debug, Serialize)]
pub struct KindJson(Kind);

impl From<Kind> for KindJson {
    fn from(kind: Kind) -> KindJson {
        KindJson(kind)
    }
}

impl PartialSchema for KindJson {
    fn schema() -> RefOr<Schema> {
        let names = Kind::BUILT_IN.map(|kind| kind.as_str().to_owned());
        let kind = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names));
        kind.description(Some("What sort of page an article is.")).into()
    }
}

impl ToSchema for KindJson {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Kind")
    }
}

/// A date or time, in the site's time zone or else as its editor wrote it.
#[derive(Debug, Serialize)]
pub struct MomentJson(String);

impl From<Moment> for MomentJson {
    fn from(moment: Moment) -> MomentJson {
        MomentJson(moment.as_str().to_owned())
    }
}

impl PartialSchema for MomentJson {
    fn schema() -> RefOr<Schema> {
        let about =
            "A date, or a date with time and offset (RFC 3339): in the site's time zone, or else as it was written.";
        let format =
            |format| ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(format)));
        let either = AnyOfBuilder::new().item(format(KnownFormat::Date)).item(format(KnownFormat::DateTime));
        either.description(Some(about)).examples([json!("2021-11-03"), json!("2021-11-03T09:00:00-03:00")]).into()
    }
}

impl ToSchema for MomentJson {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Moment")
    }
}

/// A topic of a hit, labelled in the language of the article.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TopicLabel)]
pub struct TopicLabelJson {
    /// The path of slugs.
    pub path: String,
    /// The label of the deepest level.
    pub label: String,
}

impl From<TopicLabel> for TopicLabelJson {
    fn from(label: TopicLabel) -> TopicLabelJson {
        TopicLabelJson { path: label.path, label: label.label }
    }
}

/// What is shown of an article in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Card)]
pub struct CardJson {
    /// The article.
    pub id: String,
    /// The set of translations it belongs to.
    pub work: String,
    /// The page's address: of `http` or `https`, or a path.
    pub url: Option<String>,
    /// BCP 47.
    pub lang: String,
    /// What sort of page it is.
    pub kind: KindJson,
    /// The title.
    pub title: String,
    /// The teaser.
    pub summary: String,
    /// When it was published.
    pub published_at: Option<MomentJson>,
    /// When it was last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<MomentJson>,
    /// An event's beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<MomentJson>,
    /// An event's end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<MomentJson>,
    /// Names of persons.
    pub authors: Vec<String>,
    /// The address of a picture; absolute where `url` is.
    pub image: Option<String>,
    /// Its places in the topic menu.
    pub topics: Vec<TopicLabelJson>,
    /// Free keywords.
    pub tags: Vec<String>,
    /// The series it is a part of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// The fields of the site's own, by name: texts in a list, a number, a date or a text.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = Object)]
    pub fields: BTreeMap<String, OwnDataJson>,
}

/// The value of a field of the site's own.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum OwnDataJson {
    /// Distinct short texts.
    Keyword(Vec<String>),
    /// A number without a fraction.
    Whole(i64),
    /// A number.
    Number(f64),
    /// A date or time.
    Date(MomentJson),
    /// A text.
    Text(String),
}

impl From<OwnData> for OwnDataJson {
    fn from(data: OwnData) -> OwnDataJson {
        match data {
            OwnData::Keyword(texts) => OwnDataJson::Keyword(texts),
            // Up to here every whole number has a form of its own.
            OwnData::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
                OwnDataJson::Whole(number as i64)
            }
            OwnData::Number(number) => OwnDataJson::Number(number),
            OwnData::Date(at) => OwnDataJson::Date(at.into()),
            OwnData::Text(text) => OwnDataJson::Text(text),
        }
    }
}

impl From<Card> for CardJson {
    fn from(card: Card) -> CardJson {
        CardJson {
            image: card.picture(),
            id: card.id,
            work: card.work,
            url: card.url,
            lang: card.lang,
            kind: card.kind.into(),
            title: card.title,
            summary: card.summary,
            published_at: card.published_at.map(Into::into),
            updated_at: card.updated_at.map(Into::into),
            starts_at: card.starts_at.map(Into::into),
            ends_at: card.ends_at.map(Into::into),
            authors: card.authors,
            topics: all(card.topics),
            tags: card.tags,
            series: card.series,
            fields: card.fields.into_iter().map(|(name, data)| (name, data.into())).collect(),
        }
    }
}

/// Another language version of a hit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Translation)]
pub struct TranslationJson {
    /// Its language.
    pub lang: String,
    /// Its id.
    pub id: String,
    /// Its address.
    pub url: Option<String>,
    /// Its title.
    pub title: String,
}

impl From<Translation> for TranslationJson {
    fn from(translation: Translation) -> TranslationJson {
        TranslationJson { lang: translation.lang, id: translation.id, url: translation.url, title: translation.title }
    }
}

/// One article, whole.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ArticleAnswer)]
pub struct ArticleJson {
    /// What is shown of it in lists.
    #[serde(flatten)]
    pub card: CardJson,
    /// Its text.
    pub body: String,
    /// The work's other versions, by language; of very many, a hundred: the first of every language
    /// by their ids, then the second of every one, and so on.
    pub translations: Vec<TranslationJson>,
    /// How many other versions the work has, where not all are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub translations_total: Option<u64>,
    /// The state it was given from.
    pub index_version: IndexVersionJson,
}

impl From<ArticleAnswer> for ArticleJson {
    fn from(answer: ArticleAnswer) -> ArticleJson {
        ArticleJson {
            card: answer.card.into(),
            body: answer.body,
            translations: all(answer.translations),
            translations_total: answer.translations_total,
            index_version: answer.index_version.into(),
        }
    }
}
