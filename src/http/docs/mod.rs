//! The documentation of the API: the OpenAPI document, its page, its examples.

pub(crate) mod examples;
pub(crate) mod openapi;
pub(crate) mod page;
pub(crate) mod routes;
