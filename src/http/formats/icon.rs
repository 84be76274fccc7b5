//! The icon of our pages in a browser's tab: a drawer of a card cabinet.

/// The icon as a data URL. Without an icon link, every browser requests `/favicon.ico`. The page's
/// policy must allow it (`img-src data:`).
pub(crate) const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E\
    %3Crect x='1' y='2' width='14' height='12' rx='2' fill='%230b5a8f'/%3E\
    %3Cpath d='M4 5h8v3H4z' fill='%23fff'/%3E%3Ccircle cx='8' cy='11' r='1.2' fill='%23fff'/%3E%3C/svg%3E";
