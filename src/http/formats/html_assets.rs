//! The Content Security Policy (level 3) of our pages.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// The policy of a page that loads nothing, may not be framed, and has this inline style.
pub(crate) fn with_style(css: &str) -> String {
    format!("default-src 'none'; style-src {}; base-uri 'none'; frame-ancestors 'none'", inline(css))
}

/// The source expression of an inline style or script.
pub(crate) fn inline(text: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text)))
}
