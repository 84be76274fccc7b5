//! Response formats other than JSON, and what they share.

pub(crate) mod atom;
pub(crate) mod html_assets;
pub(crate) mod icon;
pub(crate) mod json_ld;
pub(crate) mod opensearch;
pub(crate) mod xml;
