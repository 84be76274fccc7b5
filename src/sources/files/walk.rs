//! Lists the files of a source recursively.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, DirEntry, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ignore::Match;
use ignore::gitignore::Gitignore;

use super::ignore_file::{self, IGNORE_FILE};
use super::passed_over::{self, Reason, Tally};
use crate::article::composed;
use crate::owner;
use crate::sources::{Format, MAX_ARTICLE_BYTES, Part, PartProblem, PassedOver};

/// A file with articles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Its part of the source. It has no fingerprint if the file changed so recently that another
    /// change could go unnoticed.
    pub part: Part,
    /// Its path.
    pub path: PathBuf,
    /// Its format.
    pub format: Format,
}

impl FoundFile {
    /// The name without its extension: the id of an article that has none.
    pub fn stem(&self) -> &str {
        let name = &self.part.name;
        name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem)
    }
}

/// The version of the file parsers: files read with an older version are read again.
const READER_VERSION: u32 = 4;

/// A file that changed more recently than this could change again without a different timestamp.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

/// What a walk has found.
#[derive(Debug, Default)]
pub struct Listing {
    /// The files with articles, sorted by name.
    pub files: Vec<FoundFile>,
    /// What could not be listed.
    pub problems: Vec<PartProblem>,
    /// What is not read on purpose.
    pub passed_over: Vec<PassedOver>,
}

/// Lists the files of a folder recursively, or the single file that `root` is.
///
/// Passes over hidden files, what a `.ficheroignore` or a `.gitignore` names, and what nobody wants
/// found (`passed_over.rs`), unless a line of a `.ficheroignore` that begins with `!` says
/// otherwise. A file that several links or hard links lead to is listed once: under the first of its
/// paths that leads through no link, if there is one. A loop of links is reported as a problem and
/// does not stop the walk.
pub fn list(root: &Path) -> Listing {
    let mut walk = Walk { root: root.to_owned(), ..Walk::default() };
    match fs::metadata(root) {
        Ok(metadata) if metadata.is_file() => walk.add_file(root, &metadata, false),
        Ok(_) => walk.everything_below_root(),
        Err(error) => walk.add_problem(root, &error),
    }
    walk.finish()
}

/// What `.ficheroignore` and `.gitignore` say from the root down to a folder.
#[derive(Debug)]
struct IgnoreRules {
    above: Option<Arc<IgnoreRules>>,
    own: Gitignore,
    git: Gitignore,
}

impl IgnoreRules {
    /// What the nearest rule says that matches a path.
    fn matched<'r>(
        rules: &'r Option<Arc<IgnoreRules>>,
        of: impl Fn(&'r IgnoreRules) -> &'r Gitignore,
        path: &Path,
        is_folder: bool,
    ) -> Match<()> {
        let mut here = rules.as_deref();
        while let Some(rules) = here {
            match of(rules).matched(path, is_folder) {
                Match::None => here = rules.above.as_deref(),
                found => return found.map(|_| ()),
            }
        }
        Match::None
    }
}

/// A folder to be listed.
struct Folder {
    path: PathBuf,
    rules: Option<Arc<IgnoreRules>>,
    /// Whether a `.ficheroignore` wants it read, or it is the root.
    is_wanted: bool,
    is_by_link: bool,
}

/// What the system knows a file by.
type FileId = (u64, u64);

/// A file with articles, before files with several paths are told apart.
struct Candidate {
    file: FoundFile,
    id: Option<FileId>,
    has_other_paths: bool,
    is_by_link: bool,
}

#[derive(Default)]
struct Walk {
    root: PathBuf,
    candidates: Vec<Candidate>,
    problems: Vec<PartProblem>,
    passed_over: Tally,
    folders: HashSet<FileId>,
    pending: Vec<Folder>,
    /// Links with the rules that hold beside them; followed once all other files are known.
    links: BTreeMap<PathBuf, (Option<Arc<IgnoreRules>>, bool)>,
}

impl Walk {
    fn everything_below_root(&mut self) {
        let path = self.root.clone();
        self.pending.push(Folder { path, rules: None, is_wanted: true, is_by_link: false });
        loop {
            if let Some(folder) = self.pending.pop() {
                self.list_folder(&folder);
            } else if let Some((path, (rules, is_wanted))) = self.links.pop_first() {
                self.follow(path, rules, is_wanted);
            } else {
                return;
            }
        }
    }

    fn list_folder(&mut self, folder: &Folder) {
        let entries = fs::metadata(&folder.path).and_then(|metadata| {
            let is_new = id_of(&metadata).is_none_or(|id| self.folders.insert(id));
            is_new.then(|| fs::read_dir(&folder.path)?.collect::<io::Result<Vec<_>>>()).transpose()
        });
        let mut entries = match entries {
            Ok(Some(entries)) => entries,
            Ok(None) => return self.pass_over(Reason::SameFile, &folder.path),
            Err(error) => return self.add_problem(&folder.path, &error),
        };
        entries.sort_by_key(DirEntry::file_name);
        let names: Vec<String> = entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        let beside: Vec<&str> = names.iter().map(String::as_str).collect();
        if !folder.is_wanted
            && let Some(reason) = passed_over::folder_of(&beside)
        {
            return self.pass_over(reason, &folder.path);
        }
        let rules = self.rules_in(folder, &beside);
        for (entry, name) in entries.iter().zip(&beside) {
            self.add_entry(folder, &rules, entry, name, &beside);
        }
    }

    /// The rules for what is in a folder.
    fn rules_in(&mut self, folder: &Folder, beside: &[&str]) -> Option<Arc<IgnoreRules>> {
        if beside.contains(&IGNORE_FILE)
            && let Err(reason) = ignore_file::check(&folder.path)
        {
            // What it was to keep away would be published: the source is not read at all.
            let reason = format!("{}: {reason}", self.below_root(&folder.path.join(IGNORE_FILE)));
            self.problems.push(PartProblem { part: display(&self.root), reason, is_unseen: true });
            return folder.rules.clone();
        }
        let mut read = |name: &str| match beside.contains(&name) {
            true => self.patterns_of(&folder.path.join(name)),
            false => Gitignore::empty(),
        };
        let (own, git) = (read(IGNORE_FILE), read(".gitignore"));
        if own.is_empty() && git.is_empty() {
            return folder.rules.clone();
        }
        Some(Arc::new(IgnoreRules { above: folder.rules.clone(), own, git }))
    }

    fn patterns_of(&mut self, path: &Path) -> Gitignore {
        let (rules, error) = Gitignore::new(path);
        if let Some(error) = error {
            let reason = format!("cannot be read as meant: {error}");
            self.problems.push(PartProblem { part: self.below_root(path), reason, is_unseen: false });
        }
        rules
    }

    fn add_entry(
        &mut self,
        folder: &Folder,
        rules: &Option<Arc<IgnoreRules>>,
        entry: &DirEntry,
        name: &str,
        beside: &[&str],
    ) {
        let path = entry.path();
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(error) => return self.add_problem(&path, &error),
        };
        let is_folder = if kind.is_symlink() { path.is_dir() } else { kind.is_dir() };
        if !is_folder && !kind.is_file() && !kind.is_symlink() {
            return;
        }
        // The files that say what is read, and repositories.
        if matches!(name, IGNORE_FILE | ".gitignore" | ".git" | ".hg" | ".svn" | ".DS_Store") {
            return;
        }
        let own = IgnoreRules::matched(rules, |rules| &rules.own, &path, is_folder);
        if !own.is_whitelist()
            && let Some(reason) = reason_to_pass_over(&own, rules, &path, is_folder, name, beside)
        {
            // Settings of tools are not worth a word.
            if reason != Reason::Hidden || is_folder || Format::of(&path).is_some() {
                self.pass_over(reason, &path);
            }
            return;
        }
        let is_wanted = own.is_whitelist();
        if kind.is_symlink() {
            self.links.insert(path, (rules.clone(), is_wanted));
        } else if is_folder {
            let is_by_link = folder.is_by_link;
            self.pending.push(Folder { path, rules: rules.clone(), is_wanted, is_by_link });
        } else if Format::of(&path).is_none() {
            self.pass_over(Reason::Format, &path);
        } else {
            match entry.metadata() {
                Ok(metadata) => self.add_file(&path, &metadata, folder.is_by_link),
                Err(error) => self.add_problem(&path, &error),
            }
        }
    }

    fn follow(&mut self, path: PathBuf, rules: Option<Arc<IgnoreRules>>, is_wanted: bool) {
        match fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let target = fs::read_link(&path).unwrap_or_default();
                let reason = format!("a link to {}, where nothing is", target.display());
                self.problems.push(PartProblem { part: self.below_root(&path), reason, is_unseen: false });
            }
            Err(error) => self.add_problem(&path, &error),
            Ok(metadata) if metadata.is_dir() => {
                if let Some(target) = folder_around(&path) {
                    let reason = format!("a loop: a link to {}, which it is in", target.display());
                    self.problems.push(PartProblem { part: self.below_root(&path), reason, is_unseen: false });
                } else {
                    self.pending.push(Folder { path, rules, is_wanted, is_by_link: true });
                }
            }
            Ok(_) if Format::of(&path).is_none() => self.pass_over(Reason::Format, &path),
            Ok(metadata) => self.add_file(&path, &metadata, true),
        }
    }

    fn add_file(&mut self, path: &Path, metadata: &Metadata, is_by_link: bool) {
        let Some(format) = Format::of(path).filter(|_| metadata.is_file()) else { return };
        let below = path.strip_prefix(&self.root).ok().filter(|below| !below.as_os_str().is_empty());
        let Some(name) = below.or(path.file_name().map(Path::new)).and_then(Path::to_str) else {
            let reason = "the file's name is not UTF-8".to_owned();
            self.problems.push(PartProblem { part: display(path), reason, is_unseen: false });
            return;
        };
        let part = Part {
            name: composed(&name.replace('\\', "/")).into_owned(),
            fingerprint: fingerprint(metadata),
            is_one_article: format != Format::JsonLines,
        };
        self.candidates.push(Candidate {
            file: FoundFile { part, path: path.to_owned(), format },
            id: id_of(metadata),
            has_other_paths: has_other_paths(metadata),
            is_by_link,
        });
    }

    fn pass_over(&mut self, reason: Reason, path: &Path) {
        self.passed_over.add(reason, &self.below_root(path));
    }

    /// Reports what could not be listed. It may hide articles, unless nothing is there any more.
    fn add_problem(&mut self, path: &Path, error: &io::Error) {
        let is_unseen = error.kind() != ErrorKind::NotFound;
        let reason = owner::explained(path, error);
        self.problems.push(PartProblem { part: self.below_root(path), reason, is_unseen });
    }

    /// A path relative to the root, as parts are named; the root itself as it is.
    fn below_root(&self, path: &Path) -> String {
        match path.strip_prefix(&self.root).ok().filter(|below| !below.as_os_str().is_empty()) {
            Some(below) => composed(&display(below).replace('\\', "/")).into_owned(),
            None => display(path),
        }
    }

    fn finish(mut self) -> Listing {
        self.candidates.sort_by(|a, b| (a.is_by_link, &a.file.part.name).cmp(&(b.is_by_link, &b.file.part.name)));
        let mut known = HashSet::new();
        let mut files = Vec::with_capacity(self.candidates.len());
        for Candidate { file, id, has_other_paths, is_by_link } in std::mem::take(&mut self.candidates) {
            let is_new = id.is_none_or(|id| known.insert(id));
            if is_new || !(is_by_link || has_other_paths) {
                files.push(file);
            } else {
                self.passed_over.add(Reason::SameFile, &file.part.name);
            }
        }
        files.sort_by(|a, b| a.part.name.cmp(&b.part.name));
        // Two files whose names differ in their Unicode form alone are two parts all the same.
        let same = |pair: &[FoundFile]| matches!(pair, [a, b] if a.part.name == b.part.name);
        let repeated: HashSet<String> = files
            .windows(2)
            .filter(|pair| same(pair))
            .filter_map(|pair| Some(pair.first()?.part.name.clone()))
            .collect();
        for file in files.iter_mut().filter(|file| repeated.contains(&file.part.name)) {
            if let Some(name) = file.path.strip_prefix(&self.root).ok().and_then(Path::to_str) {
                file.part.name = name.replace('\\', "/");
            }
        }
        files.sort_by(|a, b| a.part.name.cmp(&b.part.name));
        self.problems.sort_by(|a, b| a.part.cmp(&b.part));
        Listing { files, problems: self.problems, passed_over: self.passed_over.finish() }
    }
}

/// Why an entry is not read, if no `.ficheroignore` wants it.
fn reason_to_pass_over(
    own: &Match<()>,
    rules: &Option<Arc<IgnoreRules>>,
    path: &Path,
    is_folder: bool,
    name: &str,
    beside: &[&str],
) -> Option<Reason> {
    if own.is_ignore() {
        return Some(Reason::IgnoreFile);
    }
    let read = |name: &str| fs::read_to_string(path.with_file_name(name)).unwrap_or_default();
    let is_same = |original: &str| is_same_content(path, &path.with_file_name(original));
    let unwanted =
        if is_folder { passed_over::folder(name, beside, read) } else { passed_over::file(name, beside, is_same) };
    if unwanted.is_some() {
        return unwanted;
    }
    if name.starts_with('.') {
        return Some(Reason::Hidden);
    }
    IgnoreRules::matched(rules, |rules| &rules.git, path, is_folder).is_ignore().then_some(Reason::GitIgnore)
}

/// Whether two files hold the same bytes. One that cannot be read, or is larger than an article may be,
/// is not compared.
fn is_same_content(a: &Path, b: &Path) -> bool {
    let length = |path: &Path| fs::metadata(path).ok().filter(Metadata::is_file).map(|metadata| metadata.len());
    match (length(a), length(b)) {
        (Some(a_bytes), Some(b_bytes)) if a_bytes == b_bytes && a_bytes <= MAX_ARTICLE_BYTES as u64 => {
            matches!((fs::read(a), fs::read(b)), (Ok(a), Ok(b)) if a == b)
        }
        _ => false,
    }
}

/// The folder that a link leads to, if the link is in it.
fn folder_around(link: &Path) -> Option<PathBuf> {
    let target = fs::canonicalize(link).ok()?;
    fs::canonicalize(link.parent()?).ok()?.starts_with(&target).then_some(target)
}

fn display(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(unix)]
fn id_of(metadata: &Metadata) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn id_of(_: &Metadata) -> Option<FileId> {
    None
}

#[cfg(unix)]
fn has_other_paths(metadata: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(metadata) > 1
}

#[cfg(not(unix))]
fn has_other_paths(_: &Metadata) -> bool {
    false
}

#[cfg(unix)]
fn changed_at(metadata: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    // The change time of the inode also shows a copy that keeps the old modification time, and a
    // rename over the file.
    let seconds = u64::try_from(metadata.ctime()).ok()?;
    let nanoseconds = u32::try_from(metadata.ctime_nsec()).ok()?;
    Some(UNIX_EPOCH + Duration::new(seconds, nanoseconds))
}

#[cfg(not(unix))]
fn changed_at(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().ok()
}

fn fingerprint(metadata: &Metadata) -> Option<String> {
    let changed = changed_at(metadata)?;
    let modified = metadata.modified().ok()?;
    let newest = changed.max(modified);
    if SystemTime::now().duration_since(newest).is_ok_and(|age| age < SETTLED_AFTER) {
        return None;
    }
    let nanoseconds = |time: SystemTime| time.duration_since(UNIX_EPOCH).map(|since| since.as_nanos()).unwrap_or(0);
    Some(format!("{READER_VERSION}:{}:{}:{}", metadata.len(), nanoseconds(modified), nanoseconds(changed)))
}
