//! The JSON of the API: what programs read, and what the OpenAPI description says of it.
//!
//! Each type has the name that the description gives it, with `Json` behind it, and is made of what
//! an engine or a reindex answers. Their names and fields are a contract; those of the engine and of
//! what is stored are not.

pub mod article;
pub(crate) mod record;
pub mod reindex;
pub mod related;
pub mod search;
pub mod suggest;
pub mod version;

/// Converts each value of a list.
pub fn all<T, J: From<T>>(values: Vec<T>) -> Vec<J> {
    values.into_iter().map(J::from).collect()
}
