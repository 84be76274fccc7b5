//! Who may change something: whoever shows the admin token (RFC 6750).

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use headers::HeaderMapExt;
use headers::authorization::{Authorization, Bearer};
use tokio::sync::OwnedSemaphorePermit;

use super::App;
use super::client_address::client_of;
use super::problem::Problem;
use super::rate_limit::bucket_of;
use crate::admin::Admin;

/// The changes that a caller who showed the token may ask for. An argument of this type comes
/// before the body, which is not read for anybody else.
pub(super) struct Authorized(pub(super) Arc<Admin>);

impl FromRequestParts<App> for Authorized {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Authorized, Problem> {
        let admin = app.settings.admin.clone().ok_or_else(Problem::admin_off)?;
        let Some(shown) = parts.headers.typed_get::<Authorization<Bearer>>() else {
            return Err(Problem::unauthorized(false));
        };
        let client = bucket_of(client_of(&parts.extensions, &parts.headers, &app.settings.service.trusted_proxies));
        match app.guesses.judge(client, admin.token().is(shown.token())).await {
            Ok(true) => Ok(Authorized(admin)),
            Ok(false) => Err(Problem::unauthorized(true)),
            Err(wait) => Err(Problem::rate_limited(wait)),
        }
    }
}

/// As [`Authorized`], with a place among those who push at the same time.
pub(super) struct Admitted(pub(super) Arc<Admin>, pub(super) OwnedSemaphorePermit);

impl FromRequestParts<App> for Admitted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Admitted, Problem> {
        let Authorized(admin) = Authorized::from_request_parts(parts, app).await?;
        let place = admin.admit().ok_or_else(Problem::too_busy)?;
        Ok(Admitted(admin, place))
    }
}
