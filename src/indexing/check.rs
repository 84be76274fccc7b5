//! `fichero check`: verifies the files of a data folder and compares the index with the catalog.

use anyhow::Result;
use serde::Serialize;

use super::accept::updater;
use super::audit::differences;
use super::index_updater::open_whole;
use crate::storage::catalog::Catalog;
use crate::storage::data_dir::DataFolder;

/// The result of a check.
#[derive(Debug, Serialize)]
pub struct Check {
    /// Problems of the catalog's file.
    pub catalog: Vec<String>,
    /// Problems of generations. A damaged one is marked and not served any more.
    pub generations: Vec<String>,
    /// The generation that was compared with the catalog; `None` if none could be read.
    pub compared: Option<u64>,
    /// The ids of articles that differ from the catalog.
    pub different: Vec<String>,
    /// Whether these are applied again, by this command or by the running server.
    pub mended: bool,
}

impl Check {
    /// Whether no problem was found.
    pub fn is_well(&self) -> bool {
        self.catalog.is_empty() && self.generations.is_empty() && self.different.is_empty()
    }
}

/// Verifies everything in a data folder. Articles that differ between the index and the catalog are
/// applied again, by the running server or else here.
pub fn check(data: &DataFolder) -> Result<Check> {
    let mut updater = updater(data, "check")?;
    let mut catalog = Catalog::open(data.path())?;
    let mut found = Check {
        catalog: catalog.problems()?,
        generations: Vec::new(),
        compared: None,
        different: Vec::new(),
        mended: false,
    };
    if let Some(updater) = &mut updater {
        updater.tick_until_idle()?;
    }
    let current = data.current();
    for number in data.generation_numbers() {
        match open_whole(data, &catalog, number)? {
            Ok(engine) if Some(number) == current => {
                found.compared = Some(number);
                found.different = differences(&catalog, &engine.contents())?;
            }
            Ok(_) => {}
            // It is being built.
            Err(_) if current.is_none_or(|current| number > current) && data.reindex_holder().is_some() => {}
            Err(error) => found.generations.push(format!("generation {number}: {error}")),
        }
    }
    if !found.different.is_empty() {
        catalog.apply_again(&found.different)?;
        if let Some(updater) = &mut updater {
            updater.tick_until_idle()?;
        }
        found.mended = true;
    }
    Ok(found)
}
