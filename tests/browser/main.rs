//! The widgets and the pages in a real browser: Chromium, driven by ChromeDriver over its
//! protocol (JSON over HTTP). Each file opens with the properties that it proves. Needs Debian's
//! `chromium` and `chromium-driver`, or others of their kind, and axe-core where `.ci/run` puts
//! it:
//!
//! ```sh
//! npm install --prefix target/axe --no-save axe-core@4.14.1
//! cargo test --test browser -- --ignored
//! ```
//!
//! What a test saw when it failed is in `target/failures`. Besides what each test proves, the
//! console of every browser must be empty in the end, and no policy may have refused anything.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod accessibility;
mod astray;
mod axe;
mod blocks;
mod driver;
mod embedding;
mod figures;
mod inline;
mod page;
mod pages;
mod pictures;
mod screenshots;
mod sites;
mod suggestions;
#[path = "../it/support/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "a part of it is needed here")]
mod support;
