//! `fichero check`: whether everything in a data folder is as it was written, and the index holds
//! what the catalog holds.

use anyhow::Result;
use serde::Serialize;

use super::accept::applier;
use super::applier::open_whole;
use super::audit::differences;
use crate::storage::catalog::Catalog;
use crate::storage::data_dir::DataFolder;

/// What was found.
#[derive(Debug, Serialize)]
pub struct Check {
    /// What is wrong with the catalog's file.
    pub catalog: Vec<String>,
    /// What is wrong with generations. A damaged one is marked, and not answered from any more.
    pub generations: Vec<String>,
    /// The generation that was compared with the catalog; nothing where none could be read.
    pub compared: Option<u64>,
    /// The articles that it held otherwise than the catalog.
    pub different: Vec<String>,
    /// Whether these are applied again: by this command, or by the server that runs.
    pub mended: bool,
}

impl Check {
    /// Whether nothing is wrong.
    pub fn is_well(&self) -> bool {
        self.catalog.is_empty() && self.generations.is_empty() && self.different.is_empty()
    }
}

/// Reads everything in a data folder. Articles that the index holds otherwise than the catalog are
/// applied again, by the server that runs, or else here.
pub fn check(data: &DataFolder) -> Result<Check> {
    let mut applier = applier(data, "check")?;
    let mut catalog = Catalog::open(data.path())?;
    let mut found = Check {
        catalog: catalog.problems()?,
        generations: Vec::new(),
        compared: None,
        different: Vec::new(),
        mended: false,
    };
    if let Some(applier) = &mut applier {
        applier.settle()?;
    }
    let current = data.current();
    for number in data.generation_numbers() {
        match open_whole(data, &catalog, number)? {
            Ok(engine) if Some(number) == current => {
                found.compared = Some(number);
                found.different = differences(&catalog, &engine.contents())?;
            }
            Ok(_) => {}
            // One that is being built.
            Err(_) if current.is_none_or(|current| number > current) && data.reindex_holder().is_some() => {}
            Err(error) => found.generations.push(format!("generation {number}: {error}")),
        }
    }
    if !found.different.is_empty() {
        catalog.apply_again(&found.different)?;
        if let Some(applier) = &mut applier {
            applier.settle()?;
        }
        found.mended = true;
    }
    Ok(found)
}
