//! The HTTP layer: handlers parse requests, call the engine, and render responses.

pub(crate) mod api;
pub(crate) mod docs;
pub(crate) mod error;
pub(crate) mod formats;
pub(crate) mod listener;
pub(crate) mod middleware;
pub(crate) mod ops;
pub(crate) mod pages;
pub(crate) mod paths;
pub(crate) mod request;
pub(crate) mod route_group;
pub(crate) mod router;
pub(crate) mod state;
pub(crate) mod widgets;
pub mod wire;

pub use self::listener::serve;
pub use self::router::router;
pub use self::state::settings::Settings;
