//! What a page of ours may load (Content Security Policy, level 3).

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

/// The policy of a page that loads nothing, stands in no frame, and has this style within it.
pub(crate) fn with_style(css: &str) -> String {
    let style = BASE64_STANDARD.encode(Sha256::digest(css));
    format!("default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; frame-ancestors 'none'")
}
