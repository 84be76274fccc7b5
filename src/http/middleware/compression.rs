//! Compresses responses.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};

use crate::http::error::problem::Problem;
use crate::http::request::negotiation;

/// Smaller bodies fit into one packet anyway.
const MIN_BYTES: u64 = 1_024;

/// The level, on the scales of gzip, zstd and br alike. The default level of br saves hardly more
/// and takes many times as long as the search: experiment `http.compression`.
const LEVEL: i32 = 4;

/// Compresses text with gzip, br or zstd, as the client prefers.
pub(crate) fn layer() -> CompressionLayer<impl Predicate> {
    let worth_it = SizeAbove::new(MIN_BYTES).and(NotForContentType::IMAGES);
    CompressionLayer::new().quality(CompressionLevel::Precise(LEVEL)).compress_when(worth_it)
}

/// Refuses a request whose client accepts none of the available encodings, before any work is done.
pub(crate) async fn refuse(request: Request, next: Next) -> Response {
    if negotiation::takes_encoding(request.headers(), &["gzip", "br", "zstd"]) {
        return next.run(request).await;
    }
    Problem::no_encoding().into_response()
}
