//! The Content Security Policy (level 3) of our pages.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// The policy of a page that loads nothing, may not be framed, and has this inline style.
pub(crate) fn with_style(css: &str) -> String {
    let style = BASE64_STANDARD.encode(Sha256::digest(css));
    format!("default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; frame-ancestors 'none'")
}
