//! The integration tests: one binary, a module for each suite. A suite opens with the properties
//! that it proves; what several of them need is in `support`.
//!
//! `cargo test --test it` runs them all, `cargo test --test it api::` those of one suite. Those that
//! need the shared data are ignored unless asked for: `cargo test --test it sources:: -- --ignored`.
//!
//! The suites share a process, and nothing in it may be changed for all of them: no environment, no
//! current folder, no panic hook, no limit. Where a test needs another one, it starts the binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by them")]
#![allow(unreachable_pub, reason = "support is public to the suites only")]

mod addresses;
mod agreement;
mod api;
mod architecture;
mod asking;
mod audit;
#[cfg(unix)]
mod backup;
mod blocks;
mod budget;
#[cfg(unix)]
mod command_line;
mod connections;
#[cfg(feature = "crash-points")]
mod crash;
mod engine_contract;
mod evaluate;
#[cfg(unix)]
mod faults;
mod folders;
mod formats;
mod gate;
mod generators;
mod hostile;
mod inflections;
mod invisible;
#[cfg(unix)]
mod kill;
mod kinds;
mod languages;
mod listing;
mod openapi;
mod operation;
mod ordinary_words;
mod own_fields;
mod pages;
mod paging;
#[cfg(unix)]
mod pushes;
mod recovery;
#[cfg(unix)]
mod refusals;
mod related;
mod scenarios;
mod scripted;
#[cfg(unix)]
mod serving;
mod sources;
#[cfg(unix)]
mod storage;
mod suggest;
mod support;
mod thesaurus;
mod time_zone;
mod typing;
mod unavailable;
