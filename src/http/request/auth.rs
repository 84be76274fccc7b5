//! Authorizes changes by the admin token (RFC 6750).

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use headers::HeaderMapExt;
use headers::authorization::{Authorization, Bearer};
use tokio::sync::OwnedSemaphorePermit;

use crate::admin::Admin;
use crate::http::error::problem::Problem;
use crate::http::middleware::client_ip::client_of;
use crate::http::state::App;
use crate::http::state::rate_limiter::bucket_of;

/// Proof that the caller sent the admin token. As a handler's argument it comes before the body,
/// which is not read for anybody else.
pub(crate) struct Authorized(pub(crate) Arc<Admin>);

impl FromRequestParts<App> for Authorized {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Authorized, Problem> {
        let admin = app.settings.admin.clone().ok_or_else(Problem::admin_off)?;
        let Some(shown) = parts.headers.typed_get::<Authorization<Bearer>>() else {
            return Err(Problem::unauthorized(false));
        };
        let client = bucket_of(client_of(&parts.extensions, &parts.headers, &app.settings.service.trusted_proxies));
        match app.guesses.check(client, admin.admits(shown.token())).await {
            Ok(true) => Ok(Authorized(admin)),
            Ok(false) => Err(Problem::unauthorized(true)),
            Err(wait) => Err(Problem::rate_limited(wait)),
        }
    }
}

/// Like [`Authorized`], with a permit for concurrent pushes.
pub(crate) struct Admitted(pub(crate) Arc<Admin>, pub(crate) OwnedSemaphorePermit);

impl FromRequestParts<App> for Admitted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Admitted, Problem> {
        let Authorized(admin) = Authorized::from_request_parts(parts, app).await?;
        let permit = admin.admit().ok_or_else(Problem::too_busy)?;
        Ok(Admitted(admin, permit))
    }
}
