//! Which state of the articles an engine answers from.

use serde::Serialize;
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Which state of the articles an answer was given from: generation and applied `seq`,
/// written `12.48211`.
#[derive(Default, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexVersion {
    /// The generation's number.
    pub generation: u64,
    /// The last change that is in it.
    pub seq: u64,
}

impl std::fmt::Display for IndexVersion {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.generation, self.seq)
    }
}

impl Serialize for IndexVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl PartialSchema for IndexVersion {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9]+\\.[0-9]+$"));
        let about = "Which state of the articles an answer was given from: generation and last change.";
        text.description(Some(about)).examples([json!("12.48211")]).into()
    }
}

impl ToSchema for IndexVersion {}
