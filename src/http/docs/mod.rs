//! What the API says about itself: the OpenAPI document, its page, its examples.

pub(crate) mod examples;
pub(crate) mod openapi;
pub(crate) mod page;
pub(crate) mod routes;
