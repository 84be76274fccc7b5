//! Articles as they are sent: the description of a push and of a draft, made of the fields of an
//! article.

use std::borrow::Cow;

use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::article::{KindJson, MomentJson, TopicLabelJson};
use crate::article::fields::{self, FieldDescription, InDraft, Shape};
use crate::article::{MAX_ID_CHARS, OWN_FIELDS};

/// The form of a BCP 47 language.
const LANGUAGE: &str = "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$";

/// An article as it is pushed under the id of its address.
pub(crate) struct PushedArticle;

impl PartialSchema for PushedArticle {
    fn schema() -> RefOr<Schema> {
        let of_push = fields::ALL.into_iter().filter(|field| field.name != fields::ID.description.name);
        let properties = of_push.map(|field| (field, field.about));
        let object = object(properties).description(Some("An article as it is pushed."));
        object.required(fields::TITLE.description.name).into()
    }
}

impl ToSchema for PushedArticle {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        of_parts(schemas);
    }
}

/// An article that is not published yet.
pub(crate) struct DraftRecord;

impl PartialSchema for DraftRecord {
    fn schema() -> RefOr<Schema> {
        let of_draft = |field: &'static FieldDescription| match field.in_draft {
            InDraft::No => None,
            InDraft::Same => Some((field, field.about)),
            InDraft::As(about) => Some((field, about)),
        };
        let about = "An article that is not published yet, as it would be pushed: one of title, summary and body\n\
                     must have text. The other fields of a push can stand in it, too.";
        object(fields::ALL.into_iter().filter_map(of_draft)).description(Some(about)).into()
    }
}

impl ToSchema for DraftRecord {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Draft")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        of_parts(schemas);
    }
}

/// The schemas that those of records name.
fn of_parts(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    fn add<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
    add::<KindJson>(schemas);
    add::<MomentJson>(schemas);
    add::<TopicLabelJson>(schemas);
}

/// An object with these fields, each with what it is.
fn object(fields: impl Iterator<Item = (&'static FieldDescription, &'static str)>) -> ObjectBuilder {
    let object = fields.fold(ObjectBuilder::new().schema_type(Type::Object), |object, (field, about)| {
        object.property(field.name, property(field, about))
    });
    let about = "The fields of the site's own, by name. They can stand beside the others, too.";
    object.property(OWN_FIELDS, ObjectBuilder::new().schema_type(Type::Object).description(Some(about)))
}

fn property(field: &FieldDescription, about: &str) -> RefOr<Schema> {
    let plain = |kind: Type| ObjectBuilder::new().schema_type(SchemaType::new(kind)).description(Some(about));
    let named = |name: Cow<'static, str>| Ref::from_schema_name(name);
    match field.shape {
        Shape::Text if field.name == fields::ID.description.name => {
            plain(Type::String).min_length(Some(1)).max_length(Some(MAX_ID_CHARS)).into()
        }
        Shape::Text => plain(Type::String).into(),
        Shape::Language => plain(Type::String).pattern(Some(LANGUAGE)).into(),
        Shape::Flag => plain(Type::Boolean).into(),
        Shape::Kind | Shape::Moment => {
            let mut of = named(if field.shape == Shape::Kind { KindJson::name() } else { MomentJson::name() });
            of.description = about.to_owned();
            of.into()
        }
        Shape::Texts => {
            let texts = ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String));
            texts.description(Some(about)).into()
        }
        Shape::Topics => ArrayBuilder::new().items(named(TopicLabelJson::name())).description(Some(about)).into(),
    }
}
