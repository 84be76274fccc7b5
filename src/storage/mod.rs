//! Data on disk: the data folder, the catalog, backups.

pub mod backup;
pub mod catalog;
pub mod data_dir;
pub mod failure;
pub mod file_id;
pub(crate) mod reserve;
pub mod sweep;
