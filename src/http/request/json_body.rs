//! JSON bodies of requests. Type and size are checked before the body is read.

use std::marker::PhantomData;

use axum::body::{Bytes, HttpBody};
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::query::Params;
use super::registry::{Described, Nothing, Takes};
use crate::http::error::problem::Problem;

/// The longest JSON body, in bytes: twenty searches of 512 characters fit easily.
pub(crate) const MAX_BYTES: usize = 64 * 1024;

/// A JSON object. A route that reads one takes no query parameters.
pub(crate) struct Object(pub(crate) Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Object {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Object, Problem> {
        Params::from_query::<Nothing>(request.uri().query())?;
        check_type(request.headers(), &[JSON])?;
        let bytes = read(request, MAX_BYTES).await?;
        // serde_json limits the nesting: a deeper body is an error, not a stack overflow.
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(object)) => Ok(Object(object)),
            Ok(_) => Err(Problem::bad_body("should be a JSON object")),
            Err(error) => Err(Problem::bad_body(&format!("is no JSON: {error}"))),
        }
    }
}

/// The parameters of a route that takes them in its body, as members of an object.
pub(crate) struct InBody<T> {
    /// The given parameters.
    pub(crate) params: Params,
    takes: PhantomData<T>,
}

impl<S: Send + Sync, T: Takes> FromRequest<S> for InBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<InBody<T>, Problem> {
        let Object(object) = Object::from_request(request, state).await?;
        Ok(InBody { params: Params::from_json::<T>(&object)?, takes: PhantomData })
    }
}

impl<T: Takes> PartialSchema for InBody<T> {
    fn schema() -> RefOr<Schema> {
        let member = |object: ObjectBuilder, parameter: &dyn Described| {
            let value = parameter.schema();
            let schema: RefOr<Schema> = match parameter.is_repeatable() {
                true => {
                    let several = ArrayBuilder::new().items(RefOr::T(value.clone()));
                    OneOfBuilder::new().item(value).item(several).description(Some(parameter.about())).into()
                }
                false => described(value, parameter.about()).into(),
            };
            object.property(parameter.name(), schema)
        };
        let object = ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(false)));
        T::all().fold(object, member).into()
    }
}

impl<T: Takes> ToSchema for InBody<T> {}

/// The schema of one value, with its description.
fn described(mut schema: Schema, about: &str) -> Schema {
    let description = match &mut schema {
        Schema::Object(object) => &mut object.description,
        Schema::AnyOf(any) => &mut any.description,
        // Parameters have no other schemas.
        _ => return schema,
    };
    *description = Some(about.to_owned());
    schema
}

/// Reads a body of at most so many bytes. A body with a larger declared length is refused before it
/// is read.
pub(crate) async fn read(mut request: Request, max_bytes: usize) -> Result<Bytes, Problem> {
    if request.body().size_hint().lower() > max_bytes as u64 {
        return Err(Problem::too_large(max_bytes));
    }
    DefaultBodyLimit::max(max_bytes).apply(&mut request);
    Bytes::from_request(request, &()).await.map_err(|rejection| match rejection {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => Problem::too_large(max_bytes),
        _ => Problem::bad_body("could not be read to its end"),
    })
}

/// Refuses a body of another type, or one with a content coding (RFC 9110, 8.4): it would be parsed
/// without decoding, and its decoded size would be unlimited.
pub(crate) fn check_type(headers: &HeaderMap, types: &[&str]) -> Result<(), Problem> {
    check_coding(headers)?;
    if is_of_type(headers, types) { Ok(()) } else { Err(Problem::media_type(types.first().unwrap_or(&JSON))) }
}

/// Refuses a body with a content coding.
pub(crate) fn check_coding(headers: &HeaderMap) -> Result<(), Problem> {
    let codings = headers.get_all(header::CONTENT_ENCODING);
    let is_plain = |coding: &str| coding.trim().is_empty() || coding.trim().eq_ignore_ascii_case("identity");
    match codings.iter().all(|line| line.to_str().is_ok_and(|line| line.split(',').all(is_plain))) {
        true => Ok(()),
        false => Err(Problem::coded_body()),
    }
}

/// The media type of JSON.
pub(crate) const JSON: &str = "application/json";

/// Whether the body declares one of these media types; parameters of the type do not matter.
fn is_of_type(headers: &HeaderMap, types: &[&str]) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()) else { return false };
    let media_type = value.split(';').next().unwrap_or_default().trim();
    types.iter().any(|known| media_type.eq_ignore_ascii_case(known))
}
