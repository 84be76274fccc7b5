//! The state of the index that an answer was given from.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::engine::IndexVersion;

/// Generation and last change, written `12.48211`.
#[derive(Debug, Serialize)]
pub struct IndexVersionJson(String);

impl From<IndexVersion> for IndexVersionJson {
    fn from(version: IndexVersion) -> IndexVersionJson {
        IndexVersionJson(version.to_string())
    }
}

impl PartialSchema for IndexVersionJson {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9]+\\.[0-9]+$"));
        let about = "Which state of the articles an answer was given from: generation and last change.";
        text.description(Some(about)).examples([json!("12.48211")]).into()
    }
}

impl ToSchema for IndexVersionJson {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("IndexVersion")
    }
}
