//! Decides which sources a reindex reads, and their names.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::config::SourceConfig;
use crate::storage::catalog::Catalog;
use crate::storage::catalog::push::PUSHES;
use crate::storage::catalog::stage::SourceSpec;

/// All sources that should exist, in order of precedence: the configured ones that are read now or
/// were read before, then those given on the command line.
pub(crate) fn named_sources(
    catalog: &Catalog,
    configured: &[SourceConfig],
    specs: &[(SourceSpec, PathBuf)],
) -> Result<Vec<SourceSpec>> {
    let known = catalog.sources()?;
    let mut named = Vec::new();
    for source in configured {
        let is_read = specs.iter().find(|(spec, _)| spec.name == source.name);
        let is_known = known.iter().any(|known| known.name == source.name);
        match is_read {
            Some((spec, _)) => named.push(spec.clone()),
            None if is_known => named.push(configured_spec(source)),
            None => {}
        }
    }
    named.extend(specs.iter().filter(|(spec, _)| !spec.is_configured).map(|(spec, _)| spec.clone()));
    Ok(named)
}

pub(crate) fn configured_spec(source: &SourceConfig) -> SourceSpec {
    SourceSpec { name: source.name.clone(), location: location(&source.path), is_configured: true }
}

pub(crate) fn location(path: &Path) -> String {
    std::path::absolute(path).map_or_else(|_| path.display().to_string(), |path| path.display().to_string())
}

/// The canonical path; the path itself if nothing is there.
pub(crate) fn canonical(path: &Path) -> String {
    std::fs::canonicalize(path).map_or_else(|_| location(path), |path| path.display().to_string())
}

/// The sources to read, with their paths. A path on the command line is read as the existing source
/// at that path, or as a new source named after the path. A path inside a configured source, or
/// around one, is an error: the same articles would be stored twice.
pub(crate) fn source_specs(
    catalog: &Catalog,
    configured: &[SourceConfig],
    paths: &[PathBuf],
) -> Result<Vec<(SourceSpec, PathBuf)>> {
    let mut specs: Vec<(SourceSpec, PathBuf)> = Vec::new();
    if paths.is_empty() {
        for source in configured {
            specs.push((configured_spec(source), source.path.clone()));
        }
        return Ok(specs);
    }
    for path in paths {
        let at = canonical(path);
        let known =
            configured.iter().find(|source| location(&source.path) == location(path) || canonical(&source.path) == at);
        let overlapping = configured.iter().find(|source| {
            let source = canonical(&source.path);
            Path::new(&source).starts_with(&at) || Path::new(&at).starts_with(&source)
        });
        if let (None, Some(SourceConfig { name, path: source, .. })) = (known, overlapping) {
            bail!(
                "{}: the source {name:?} has articles of it already: run `fichero reindex {}`, which reads only what has changed",
                path.display(),
                source.display()
            );
        }
        let name = match known {
            Some(source) => source.name.clone(),
            None => match catalog.source_at(&at)?.filter(|name| configured.iter().all(|source| source.name != *name)) {
                Some(name) => name,
                None => unused_name(catalog, configured, path, &at)?,
            },
        };
        if specs.iter().all(|(spec, _)| spec.name != name) {
            let location = if known.is_some() { location(path) } else { at };
            specs.push((SourceSpec { name, location, is_configured: known.is_some() }, path.clone()));
        }
    }
    Ok(specs)
}

/// The name of a new source for a path on the command line: the path as given, unless another
/// source has this name; its articles would then count as deleted.
pub(crate) fn unused_name(catalog: &Catalog, configured: &[SourceConfig], path: &Path, at: &str) -> Result<String> {
    let name = path.display().to_string().trim_end_matches('/').to_owned();
    let is_taken = name == PUSHES
        || configured.iter().any(|source| source.name == name)
        || catalog.sources()?.iter().any(|source| source.name == name);
    Ok(if is_taken || name.is_empty() { at.to_owned() } else { name })
}
