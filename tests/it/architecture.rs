//! The code against the table in `ARCHITECTURE.md`: which layer may use which, and that no two files
//! import each other in a circle. What stands in `#[cfg(test)]` modules and in comments does not count.
//! Besides, that every experiment which a comment names is described, and every one described is named.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{fs, iter};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file of `src/`, and where in it each other file is used.
struct SourceFile {
    /// Its path under `src/`.
    path: String,
    /// Its module, such as `["engine", "planning", "plan"]`.
    module: Vec<String>,
    /// Its code, line by line, without comments and tests; an empty line for each that is left out.
    lines: Vec<String>,
}

impl SourceFile {
    fn read(path: &Path) -> SourceFile {
        let text = fs::read_to_string(root().join("src").join(path)).unwrap();
        let mut module: Vec<String> =
            path.with_extension("").iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        if module.last().is_some_and(|name| ["mod", "lib", "main"].contains(&name.as_str())) {
            module.pop();
        }
        let mut is_test = false;
        let mut lines = Vec::new();
        for line in text.lines() {
            is_test |= line == "#[cfg(test)]";
            let code = line.split("//").next().unwrap_or_default();
            lines.push(if is_test { String::new() } else { code.to_owned() });
            is_test &= line != "}";
        }
        SourceFile { path: path.to_str().unwrap().to_owned(), module, lines }
    }

    /// The first part of its path: the layer that it belongs to.
    fn layer(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap_or_default()
    }

    /// The paths that it names, absolute, each with the number of its line: those of `use`, their trees
    /// taken apart, and those in the code. The flag tells a re-export.
    fn paths(&self) -> Vec<(usize, bool, Vec<String>)> {
        let mut found = Vec::new();
        let mut lines = self.lines.iter().enumerate();
        while let Some((at, line)) = lines.next() {
            let code = line.trim_start();
            let shared = || code.split_once(" use ").filter(|(head, _)| head.starts_with("pub") && !head.contains(' '));
            let Some(tree) = code.strip_prefix("use ").or_else(|| shared().map(|(_, tree)| tree)) else {
                found.extend(inline_paths(line).map(|path| (at + 1, false, path)));
                continue;
            };
            let mut tree = tree.to_owned();
            while !tree.contains(';')
                && let Some((_, line)) = lines.next()
            {
                tree.push_str(line);
            }
            let tree = tree.split(';').next().unwrap_or_default();
            found.extend(leaves(tree).into_iter().map(|path| (at + 1, code.starts_with("pub"), path)));
        }
        let absolute = |(at, is_public, path)| Some((at, is_public, self.absolute(path)?));
        found.into_iter().filter_map(absolute).collect()
    }

    /// A path from the root of the crate; `None` for those of other crates.
    fn absolute(&self, path: Vec<String>) -> Option<Vec<String>> {
        let ups = path.iter().take_while(|part| *part == "super").count();
        match path.first()?.as_str() {
            "crate" | "fichero" => Some(path[1..].to_vec()),
            "self" => Some(self.module.iter().chain(&path[1..]).cloned().collect()),
            "super" => {
                let parent = self.module.len().checked_sub(ups)?;
                Some(self.module[..parent].iter().chain(&path[ups..]).cloned().collect())
            }
            _ => None,
        }
    }
}

/// The paths that begin with `crate`, `self` or `super` in a line of code.
fn inline_paths(line: &str) -> impl Iterator<Item = Vec<String>> {
    let is_of_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let words = line.split(move |c| !is_of_path(c)).filter(|word| word.contains("::"));
    words.map(|word| word.split("::").map(str::to_owned).collect())
}

/// The paths of a tree such as `a::{b, c::{self, d}}`.
fn leaves(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.split("::").filter(|part| *part != "self" || path == "self").map(str::to_owned).collect()];
    };
    let head: Vec<String> = tree[..open].split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let inside = &tree[open + 1..tree.rfind('}').unwrap()];
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for c in inside.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match c {
            ',' if depth == 0 => parts.push(String::new()),
            _ => parts.last_mut().unwrap().push(c),
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| leaves(part)).map(|path| head.iter().cloned().chain(path).collect()).collect()
}

fn source_files() -> Vec<SourceFile> {
    let mut folders = vec![PathBuf::new()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join("src").join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = folder.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
                files.push(SourceFile::read(&path));
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// What each layer may use, as the table says.
fn layers() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let rows = text.lines().skip_while(|line| !line.starts_with("| layer |")).skip(2);
    let mut layers = BTreeMap::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let [layer, _, may_use] = cells[..] else { panic!("{row}") };
        for layer in names(layer) {
            layers.insert(layer, names(may_use).into_iter().collect());
        }
    }
    layers
}

#[test]
fn layers_use_only_what_the_table_allows() {
    let layers = layers();
    let mut wrong = String::new();
    for file in source_files() {
        // The roots declare everything.
        if ["lib.rs", "main.rs"].contains(&file.path.as_str()) {
            continue;
        }
        let may_use = layers.get(file.layer());
        let may_use = may_use.unwrap_or_else(|| panic!("src/{} belongs to no layer of ARCHITECTURE.md", file.path));
        for (line, _, path) in file.paths() {
            let Some(used) = path.first().filter(|used| layers.contains_key(*used)) else { continue };
            if used != file.layer() && !may_use.contains(used) {
                writeln!(wrong, "src/{}:{line}: {} may not use {}", file.path, file.layer(), path.join("::")).unwrap();
            }
        }
    }
    assert!(wrong.is_empty(), "against the table of layers in ARCHITECTURE.md:\n{wrong}");
}

#[test]
fn layers_have_no_cycle() {
    let layers = layers();
    let uses = |layer: &String| layers[layer].clone();
    for layer in layers.keys() {
        let mut reached = uses(layer);
        while let Some(more) = reached.iter().flat_map(uses).find(|other| !reached.contains(other)) {
            reached.insert(more);
        }
        assert!(!reached.contains(layer), "the table of ARCHITECTURE.md leads from {layer} back to it");
    }
}

#[test]
fn files_have_no_import_cycle() {
    let files = source_files();
    let file_of: BTreeMap<&[String], &str> =
        files.iter().map(|file| (file.module.as_slice(), file.path.as_str())).collect();
    // A name that a module passes on is used where it is defined.
    let mut passed_on: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for file in &files {
        for (_, _, path) in file.paths().into_iter().filter(|(_, is_public, _)| *is_public) {
            let name = file.module.iter().chain(path.last()).cloned().collect();
            passed_on.insert(name, path);
        }
    }
    let defined = |path: &[String]| {
        let path = iter::successors(Some(path.to_vec()), |path| passed_on.get(path).cloned()).take(6).last().unwrap();
        (0..=path.len()).rev().find_map(|length| file_of.get(&path[..length]).copied())
    };
    let mut uses: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for file in &files {
        let own = uses.entry(&file.path).or_default();
        for (_, is_public, path) in file.paths() {
            let is_own_folder = is_public && path.starts_with(&file.module);
            own.extend(defined(&path).filter(|used| *used != file.path && *used != "lib.rs" && !is_own_folder));
        }
    }
    // What uses nothing that is left, or is used by nothing that is left, is in no circle.
    let is_free = |file: &&str, uses: &BTreeMap<&str, BTreeSet<&str>>| {
        uses[file].iter().all(|used| !uses.contains_key(used)) || uses.values().all(|used| !used.contains(file))
    };
    while let Some(free) = uses.keys().find(|file| is_free(file, &uses)).copied() {
        uses.remove(free);
    }
    let left: Vec<String> = uses
        .iter()
        .map(|(file, used)| {
            let used: Vec<&str> = used.iter().filter(|used| uses.contains_key(*used)).copied().collect();
            format!("src/{file} uses {}", used.join(", "))
        })
        .collect();
    assert!(left.is_empty(), "in circles, or between two:\n{}", left.join("\n"));
}

/// The lines of the code that break a rule, each with its file and number.
fn lines_against(is_against: impl Fn(&SourceFile, &str) -> bool) -> String {
    let mut wrong = String::new();
    for file in source_files() {
        for (at, line) in file.lines.iter().enumerate().filter(|(_, line)| is_against(&file, line)) {
            writeln!(wrong, "src/{}:{}: {}", file.path, at + 1, line.trim()).unwrap();
        }
    }
    wrong
}

#[test]
fn only_http_describes_the_api() {
    let wrong = lines_against(|file, line| file.layer() != "http" && line.contains("utoipa"));
    assert!(wrong.is_empty(), "the API's types are in src/http/wire:\n{wrong}");
}

#[test]
fn a_route_has_its_address_in_its_annotation_or_in_paths() {
    // A text that is an address: of the versioned API, or of a route beside it.
    let is_address = |text: &str| {
        text.starts_with("/v1/")
            || ["/search", "/docs", "/health", "/metrics", "/widgets/"].iter().any(|start| text.starts_with(start))
    };
    let wrong = lines_against(|file, line| {
        let is_declared = ["http/paths.rs", "http/docs/examples.rs"].contains(&file.path.as_str())
            || line.contains("path = ")
            || line.contains("example = ");
        file.layer() == "http" && !is_declared && line.split('"').skip(1).step_by(2).any(is_address)
    });
    assert!(wrong.is_empty(), "an address as a text beside its route:\n{wrong}");
}

/// The types under `engine/` that implement `SearchEngine`, and the folders that they are in.
fn engines() -> Vec<String> {
    let files = source_files();
    let lines = files.iter().flat_map(|file| file.lines.iter().map(move |line| (file, line)));
    let mut names = Vec::new();
    for (file, line) in lines.filter(|(file, _)| file.layer() == "engine") {
        let Some(name) = line.trim().strip_prefix("impl SearchEngine for ") else { continue };
        names.push(name.trim_start_matches('&').trim_end_matches([' ', '{']).to_owned());
        names.push(format!("engine::{}", file.module[1]));
    }
    names
}

#[test]
fn only_engine_and_indexing_know_which_engine_it_is() {
    let engines = engines();
    assert!(engines.iter().any(|name| name == "EmbeddedEngine"), "{engines:?}");
    let is_word = |line: &str, name: &str| {
        line.match_indices(name)
            .any(|(at, _)| !line[at + name.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let wrong = lines_against(|file, line| {
        let is_elsewhere = !["engine", "indexing"].contains(&file.layer());
        is_elsewhere && (line.contains("tantivy::") || engines.iter().any(|name| is_word(line, name)))
    });
    assert!(wrong.is_empty(), "{wrong}");
}
