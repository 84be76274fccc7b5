//! What a folder of files holds that is not read: by default nobody wants it found.

use std::collections::BTreeMap;

use crate::sources::PassedOver;

/// How many extensions are listed by name; the rest are counted together.
const MAX_LISTED: usize = 8;

/// Why a file or folder is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reason {
    /// A file without articles, by its extension.
    Format,
    /// Its name begins with a dot.
    Hidden,
    /// A `.ficheroignore` names it.
    IgnoreFile,
    /// A `.gitignore` names it.
    GitIgnore,
    /// Packages that a package manager has installed.
    Packages,
    /// A virtual environment of Python or Conda.
    Environment,
    /// What a generator has written.
    BuildOutput,
    /// A folder that declares itself a cache (CACHEDIR.TAG).
    Cache,
    /// What an archiver, a file server or the system has added, and its trash.
    System,
    /// A copy that a synchroniser or a merge made of two versions.
    ConflictedCopy,
    /// A backup or lock of an editor.
    Backup,
    /// A copy that stands beside its original.
    Copy,
    /// Pages that nobody has published yet, by the name that Jekyll and Hexo give their folder.
    Drafts,
    /// A file or folder that is read by another path already.
    SameFile,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Reason::Format => "format",
            Reason::Hidden => "hidden",
            Reason::IgnoreFile => "ficheroignore",
            Reason::GitIgnore => "gitignore",
            Reason::Packages => "packages",
            Reason::Environment => "virtual_environment",
            Reason::BuildOutput => "build_output",
            Reason::Cache => "cache",
            Reason::System => "system",
            Reason::ConflictedCopy => "conflicted_copy",
            Reason::Backup => "backup",
            Reason::Copy => "copy",
            Reason::Drafts => "drafts",
            Reason::SameFile => "same_file",
        }
    }

    fn what(self) -> &'static str {
        match self {
            Reason::Format => "files",
            Reason::Hidden => "hidden files and folders",
            Reason::IgnoreFile => "files and folders named in .ficheroignore",
            Reason::GitIgnore => "files and folders named in .gitignore",
            Reason::Packages => "folders of installed packages",
            Reason::Environment => "virtual environments",
            Reason::BuildOutput => "folders of build output",
            Reason::Cache => "caches",
            Reason::System => "folders of the system, with trash and metadata",
            Reason::ConflictedCopy => "conflicted copies",
            Reason::Backup => "backups and locks of editors",
            Reason::Copy => "copies beside their originals",
            Reason::Drafts => "folders of drafts",
            Reason::SameFile => "other paths of files that are read already",
        }
    }
}

/// Counts what is passed over, by reason.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// The number of each reason, and the first by name.
    reasons: BTreeMap<Reason, (u64, String)>,
    extensions: BTreeMap<String, u64>,
}

impl Tally {
    pub(crate) fn add(&mut self, reason: Reason, name: &str) {
        let (count, first) = self.reasons.entry(reason).or_insert_with(|| (0, name.to_owned()));
        *count += 1;
        if name < first.as_str() {
            name.clone_into(first);
        }
        if reason == Reason::Format {
            let file = name.rsplit('/').next().unwrap_or(name);
            let extension = file.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
            *self.extensions.entry(extension.unwrap_or_default()).or_default() += 1;
        }
    }

    pub(crate) fn finish(self) -> Vec<PassedOver> {
        let kinds = self.extensions;
        let passed_over = self.reasons.into_iter().map(|(reason, (count, first))| {
            let (what, remedy) = match reason {
                Reason::Format => (format!("files: {}", by_extension(&kinds)), conversion(&kinds)),
                Reason::IgnoreFile => (reason.what().to_owned(), String::new()),
                Reason::SameFile => (reason.what().to_owned(), "each file is one article".to_owned()),
                _ => (reason.what().to_owned(), reading_all_the_same(&first)),
            };
            PassedOver { reason: reason.name().to_owned(), what, count, first, remedy }
        });
        passed_over.collect()
    }
}

/// Why a single file is not read, and how to make articles of it.
pub(crate) fn without_articles(name: &str) -> String {
    let mut tally = Tally::default();
    tally.add(Reason::Format, name);
    format!("a file without articles: {}", conversion(&tally.extensions))
}

/// How a file or folder is read although it is passed over by default.
fn reading_all_the_same(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    // What means something else in a pattern.
    let escaped: String = last
        .chars()
        .flat_map(|letter| ['\\', letter].into_iter().skip(usize::from(!"*?[]\\".contains(letter))))
        .collect();
    format!("a line !{escaped} in a .ficheroignore has it read all the same, and !* everything")
}

/// `2 .pdf, 1 .html`: the most frequent first.
fn by_extension(kinds: &BTreeMap<String, u64>) -> String {
    let mut kinds: Vec<(&String, &u64)> = kinds.iter().collect();
    kinds.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let mut told: Vec<String> = kinds
        .iter()
        .take(MAX_LISTED)
        .map(|(extension, count)| match extension.as_str() {
            "" => format!("{count} without an extension"),
            extension => format!("{count} .{extension}"),
        })
        .collect();
    let others: u64 = kinds.iter().skip(MAX_LISTED).map(|(_, count)| **count).sum();
    if others > 0 {
        told.push(format!("{others} others"));
    }
    told.join(", ")
}

/// How to make articles of the documents among the files of other formats.
fn conversion(kinds: &BTreeMap<String, u64>) -> String {
    let has = |extensions: &[&'static str]| extensions.iter().copied().find(|extension| kinds.contains_key(*extension));
    let mut ways = Vec::new();
    let documents =
        ["html", "htm", "docx", "odt", "rst", "adoc", "org", "epub", "tex", "textile", "mediawiki", "ipynb", "rtf"];
    if let Some(extension) = has(&documents) {
        ways.push(format!("`pandoc page.{extension} -t gfm -s -o page.md`"));
    }
    if has(&["pdf"]).is_some() {
        ways.push("`pdftotext -layout page.pdf page.txt`".to_owned());
    }
    if has(&["json"]).is_some() {
        ways.push("`jq -c '.[]' list.json > list.jsonl`".to_owned());
    }
    if has(&["mdx", "mdown", "mkd", "qmd", "rmd"]).is_some() {
        ways.push("rename them to .md".to_owned());
    }
    let read = "only .md, .markdown, .jsonl, .ndjson and .txt files are read";
    if ways.is_empty() { read.to_owned() } else { format!("{read}; convert the others: {}", ways.join(", ")) }
}

/// Folders that a generator or package manager writes, where one of these files or folders stands
/// beside them; a `*` at the end stands for any ending. Each is the default of the tool's documentation.
const WRITTEN: &[(&str, Reason, &[&str])] = &[
    ("vendor", Reason::Packages, &["composer.json", "go.mod", "Gemfile", "Cargo.toml"]),
    // Jekyll, Eleventy, Quarto
    (
        "_site",
        Reason::BuildOutput,
        &["_config.yml", "_config.yaml", "_config.toml", ".eleventy.*", "eleventy.config.*", "_quarto.yml"],
    ),
    // Hugo, Gatsby, Hexo
    ("public", Reason::BuildOutput, &["hugo.toml", "hugo.yaml", "hugo.json", "gatsby-config.*", "scaffolds"]),
    // MkDocs
    ("site", Reason::BuildOutput, &["mkdocs.yml", "mkdocs.yaml"]),
    // mdBook; Quarto, bookdown, GitBook and HonKit
    ("book", Reason::BuildOutput, &["book.toml"]),
    ("_book", Reason::BuildOutput, &["_quarto.yml", "_bookdown.yml", "book.json", "book.js"]),
    // Sphinx, Jupyter Book, Elixir
    ("_build", Reason::BuildOutput, &["conf.py", "_toc.yml", "mix.exs"]),
    // Pelican, Nikola
    ("output", Reason::BuildOutput, &["pelicanconf.py", "conf.py"]),
    (
        "dist",
        Reason::BuildOutput,
        &[
            "astro.config.*",
            "vite.config.*",
            "vue.config.*",
            "webpack.config.*",
            "rollup.config.*",
            "angular.json",
            "gridsome.config.*",
            "nuxt.config.*",
            ".vitepress",
            ".vuepress",
            "pyproject.toml",
            "setup.py",
        ],
    ),
    (
        "build",
        Reason::BuildOutput,
        &[
            "docusaurus.config.*",
            "svelte.config.*",
            "metalsmith.*",
            "antora-playbook.*",
            "build.gradle*",
            "CMakeLists.txt",
            "pyproject.toml",
            "setup.py",
        ],
    ),
    // Next.js, Cargo and Maven
    ("out", Reason::BuildOutput, &["next.config.*"]),
    ("target", Reason::BuildOutput, &["Cargo.toml", "pom.xml"]),
];

/// Configurations whose names several tools use: Hugo's and Zola's say the address of the site.
const AMBIGUOUS: (&str, &[&str]) = ("public", &["config.toml", "config.yaml", "config.yml", "config.json"]);
const ADDRESS_KEYS: [&str; 2] = ["baseurl", "base_url"];

/// Why a folder is passed over, by its name and what stands beside it. `read` gives the content of a
/// file beside it.
pub(crate) fn folder(name: &str, beside: &[&str], read: impl Fn(&str) -> String) -> Option<Reason> {
    match name {
        "node_modules" | "bower_components" | "jspm_packages" => return Some(Reason::Packages),
        "__MACOSX"
        | "@eaDir"
        | "#recycle"
        | "@Recycle"
        | "#snapshot"
        | "$RECYCLE.BIN"
        | "System Volume Information"
        | "lost+found" => {
            return Some(Reason::System);
        }
        "_drafts" => return Some(Reason::Drafts),
        _ if is_conflicted(name, |_| false) => return Some(Reason::ConflictedCopy),
        _ => {}
    }
    let is_beside = |pattern: &str| match pattern.strip_suffix('*') {
        Some(start) => beside.iter().any(|name| name.starts_with(start)),
        None => beside.contains(&pattern),
    };
    let written = WRITTEN.iter().find(|(folder, _, marks)| *folder == name && marks.iter().any(|mark| is_beside(mark)));
    if let Some((_, reason, _)) = written {
        return Some(*reason);
    }
    let (folder, configurations) = AMBIGUOUS;
    let says_address = |file: &&str| {
        let text = read(file).to_lowercase();
        ADDRESS_KEYS.iter().any(|key| text.contains(key))
    };
    (name == folder && configurations.iter().filter(|file| is_beside(file)).any(says_address))
        .then_some(Reason::BuildOutput)
}

/// Why a folder is passed over, by what is in it.
pub(crate) fn folder_of(inside: &[&str]) -> Option<Reason> {
    if inside.contains(&"pyvenv.cfg") || inside.contains(&"conda-meta") {
        return Some(Reason::Environment);
    }
    inside.contains(&"CACHEDIR.TAG").then_some(Reason::Cache)
}

/// Why a file is passed over, by its name and what stands beside it. `is_same` says whether the content
/// of a file beside it is the same.
pub(crate) fn file(name: &str, beside: &[&str], is_same: impl Fn(&str) -> bool) -> Option<Reason> {
    if is_backup(name) {
        return Some(Reason::Backup);
    }
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let original_is_beside = |original: &str| beside.contains(&format!("{original}.{extension}").as_str());
    if [".old", ".tmp"].iter().any(|end| stem.strip_suffix(end).is_some_and(original_is_beside)) {
        return Some(Reason::Backup);
    }
    if is_conflicted(stem, original_is_beside) {
        return Some(Reason::ConflictedCopy);
    }
    let is_copy = original_of_copy(stem).is_some_and(original_is_beside)
        || numbered_original(stem)
            .is_some_and(|original| original_is_beside(original) && is_same(&format!("{original}.{extension}")));
    is_copy.then_some(Reason::Copy)
}

/// The original of a copy, as file managers name it: `page - Copy (2)`, `page copy 2`, `page (copia)`,
/// `Copy of page`, `Kopie von page`.
fn original_of_copy(stem: &str) -> Option<&str> {
    let begins = ["Copy of ", "Copia de ", "Cópia de ", "Copie de ", "Kopie von ", "Copia di "];
    if let Some(original) = begins.iter().find_map(|begin| stem.strip_prefix(begin)) {
        return Some(original);
    }
    let unnumbered = numbered_original(stem).unwrap_or(stem);
    let last = unnumbered.rfind(' ')?;
    let (before, word) = (unnumbered.get(..last)?, unnumbered.get(last + 1..)?);
    let word = word.strip_prefix('(').and_then(|word| word.strip_suffix(')')).unwrap_or(word).to_lowercase();
    COPY.contains(&word.as_str()).then(|| before.strip_suffix(" -").unwrap_or(before))
}

/// The original of a name with a number at its end: `page (1)`, `page 2`. It may be another page.
fn numbered_original(stem: &str) -> Option<&str> {
    let (original, number) = stem.rsplit_once(' ')?;
    let number = number.strip_prefix('(').and_then(|number| number.strip_suffix(')')).unwrap_or(number);
    (number.len() <= 2 && is_number(number)).then_some(original)
}

/// `page.md~`, `#page.md#`, `~$page.md`, `page.md.bak`, `page.bak.md`.
fn is_backup(name: &str) -> bool {
    let ends = [".bak", ".swp", ".swo", ".orig", ".old", ".tmp", ".rej"];
    let lower = name.to_lowercase();
    let stem = lower.rsplit_once('.').map_or(lower.as_str(), |(stem, _)| stem);
    name.ends_with('~')
        || name.starts_with("~$")
        || name.starts_with(".#")
        || (name.starts_with('#') && name.ends_with('#'))
        || ends.iter().any(|end| lower.ends_with(end))
        || [".bak", ".orig"].iter().any(|end| stem.ends_with(end))
}

/// The beginnings of words for a conflict, and words for a copy, in the names that synchronisers give,
/// in lower case.
const CONFLICT: [&str; 9] =
    ["conflict", "konflikt", "conflit", "conflitto", "конфликт", "競合", "冲突", "衝突", "충돌"];
const COPY: [&str; 7] = ["copy", "copia", "cópia", "copie", "kopie", "kopia", "копия"];
/// Notes of Dropbox on names that a system cannot tell apart.
const NAME_CONFLICTS: [&str; 4] =
    ["case conflict", "selective sync conflict", "unicode encoding conflict", "white space conflict"];

/// Whether a name without extension is that of a conflicted copy. Names that could also be a title
/// count only where the original stands beside it.
fn is_conflicted(stem: &str, original_is_beside: impl Fn(&str) -> bool) -> bool {
    let lower = stem.to_lowercase();
    // Git's merge tools: page_BACKUP_1234.md, page.REMOTE.1234.md
    let mut pieces = stem.rsplitn(3, ['_', '.']);
    if let (Some(number), Some("BACKUP" | "BASE" | "LOCAL" | "REMOTE"), Some(original)) =
        (pieces.next(), pieces.next(), pieces.next())
        && is_number(number)
        && original_is_beside(original)
    {
        return true;
    }
    // Syncthing: page.sync-conflict-20240101-120000-ABCDEFG; ownCloud: page_conflict-20240101-120000
    if let Some((before, after)) = lower.rsplit_once("conflict-")
        && before.ends_with(['-', '_', '.'])
        && let mut time = after.split('-')
        && time.next().is_some_and(|date| date.len() == 8 && is_number(date))
        && time.next().is_some_and(|hour| hour.len() == 6 && is_number(hour))
    {
        return true;
    }
    // Dropbox, Nextcloud, Seafile and others: a note in brackets
    let bracket = [('(', ')'), ('[', ']')].into_iter().find_map(|(open, close)| {
        let (before, note) = lower.strip_suffix(close)?.rsplit_once(open)?;
        Some((before.trim_end().len(), note.to_owned()))
    });
    if let Some((length, note)) = &bracket
        && CONFLICT.iter().any(|word| note.contains(word))
    {
        let is_sure = COPY.iter().chain(&NAME_CONFLICTS).any(|words| note.contains(words)) || has_date(note);
        return is_sure || stem.get(..*length).is_some_and(original_is_beside);
    }
    // OneDrive: page-DESKTOP-AB12CD3
    let of_computer = ["-DESKTOP-", "-LAPTOP-"].iter().find_map(|computer| stem.rsplit_once(computer));
    if let Some((original, computer)) = of_computer
        && computer.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && original_is_beside(original)
    {
        return true;
    }
    // Resilio, rclone: page.Conflict, page.conflict1
    let numbered = lower.trim_end_matches(|letter: char| letter.is_ascii_digit());
    ["conflict", "conflicted"]
        .iter()
        .filter_map(|word| numbered.strip_suffix(word)?.strip_suffix(['.', '_', '-', ' ']))
        .any(|before| stem.get(..before.len()).is_some_and(&original_is_beside))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text holds a whole date: `2024-01-01`.
fn has_date(text: &str) -> bool {
    text.as_bytes().windows(10).any(|window| {
        window.iter().enumerate().all(|(place, byte)| match place {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_backups_and_locks_are_known_by_their_names() {
        let original = ["page.md"];
        for (name, expected) in [
            ("page.sync-conflict-20250314-092653-ABCDEF7.md", Some(Reason::ConflictedCopy)),
            ("page (conflicted copy 2025-03-14).md", Some(Reason::ConflictedCopy)),
            ("page (Luz's conflicted copy 2025-03-14).md", Some(Reason::ConflictedCopy)),
            ("page (cópia em conflito de Rui 2025-03-14).md", Some(Reason::ConflictedCopy)),
            ("page (copie en conflit de Zoé 2025-03-14).md", Some(Reason::ConflictedCopy)),
            ("page (SFConflict luz@example.org 2025-03-14-09-26-53).md", Some(Reason::ConflictedCopy)),
            ("page_conflict-20250314-092653.md", Some(Reason::ConflictedCopy)),
            ("page (Case Conflict 1).md", Some(Reason::ConflictedCopy)),
            ("page [conflicted].md", Some(Reason::ConflictedCopy)),
            ("page.conflict1.md", Some(Reason::ConflictedCopy)),
            ("page-DESKTOP-AB12CD3.md", Some(Reason::ConflictedCopy)),
            ("other-DESKTOP-AB12CD3.md", None),
            ("Page (Selective Sync Conflict).md", Some(Reason::ConflictedCopy)),
            ("page_REMOTE_4711.md", Some(Reason::ConflictedCopy)),
            ("page.md~", Some(Reason::Backup)),
            ("page.md.~3~", Some(Reason::Backup)),
            ("#page.md#", Some(Reason::Backup)),
            ("~$page.md", Some(Reason::Backup)),
            ("page.bak.md", Some(Reason::Backup)),
            ("page.md.BAK", Some(Reason::Backup)),
            ("page.md", None),
            ("armed-conflict.md", None),
            ("sudan (conflict).md", None),
            ("el conflicto (copia).md", None),
            ("conflict-resolution.md", None),
            ("conflict-2024.md", None),
            ("plan_LOCAL_2024.md", None),
            ("armed_conflict-20250314.md", None),
            ("my notes (2).md", None),
            ("#hashtag.md", None),
        ] {
            assert_eq!(file(name, &original, |_| true), expected, "{name}");
        }
    }

    #[test]
    fn what_is_passed_over_is_documented() {
        let spans = crate::article::tests::documented("## What is passed over");
        let written = WRITTEN.iter().map(|(folder, ..)| *folder).chain([AMBIGUOUS.0]);
        for folder in written {
            assert!(spans.contains(&folder), "{folder} in docs/what-is-read.md");
        }
        let nothing = |_: &str| String::new();
        for span in spans {
            let is_file = span.contains("page") && span != "page.md";
            assert!(!is_file || file(span, &["page.md"], |_| true).is_some() || span.starts_with(".#"), "{span}");
            let is_of_system =
                span.starts_with(['@', '#', '$', '_']) && !span.contains("page") && !span.starts_with("_b");
            assert!(!is_of_system || span == "_site" || folder(span, &[], nothing).is_some(), "{span}");
        }
    }

    #[test]
    fn copies_are_passed_over_beside_their_originals_alone() {
        for name in [
            "page - Copy.md",
            "page - Copy (2).md",
            "page copy.md",
            "page copy 2.md",
            "page (copia).md",
            "page - copia (3).md",
            "Copy of page.md",
            "Kopie von page.md",
        ] {
            assert_eq!(file(name, &["page.md"], |_| false), Some(Reason::Copy), "{name}");
            assert_eq!(file(name, &["other.md", "page.txt"], |_| true), None, "{name}");
        }
        for name in ["page (1).md", "page 2.md"] {
            assert_eq!(file(name, &["page.md"], |original| original == "page.md"), Some(Reason::Copy), "{name}");
            assert_eq!(file(name, &["page.md"], |_| false), None, "{name}");
            assert_eq!(file(name, &["other.md"], |_| true), None, "{name}");
        }
        for (name, expected) in [("page.old.md", Some(Reason::Backup)), ("year.old.md", None), ("page 2024.md", None)] {
            assert_eq!(file(name, &["page.md"], |_| true), expected, "{name}");
        }
    }

    #[test]
    fn build_output_and_packages_are_known_only_beside_what_made_them() {
        let nothing = |_: &str| String::new();
        for (name, beside, expected) in [
            ("node_modules", &[][..], Some(Reason::Packages)),
            ("vendor", &["go.mod"][..], Some(Reason::Packages)),
            ("vendor", &["becas.md"][..], None),
            ("_site", &["_config.yml"][..], Some(Reason::BuildOutput)),
            ("_site", &[][..], None),
            ("public", &["hugo.toml"][..], Some(Reason::BuildOutput)),
            ("public", &["next.config.mjs"][..], None),
            ("dist", &["astro.config.mjs"][..], Some(Reason::BuildOutput)),
            ("build", &["docusaurus.config.js"][..], Some(Reason::BuildOutput)),
            ("build", &["package.json"][..], None),
            ("target", &["plan.md"][..], None),
            ("#recycle", &[][..], Some(Reason::System)),
            ("System Volume Information", &[][..], Some(Reason::System)),
            ("_drafts", &[][..], Some(Reason::Drafts)),
            ("drafts", &[][..], None),
            ("fotos (conflicted copy 2025-03-14)", &[][..], Some(Reason::ConflictedCopy)),
        ] {
            assert_eq!(folder(name, beside, nothing), expected, "{name} beside {beside:?}");
        }
        let zola = |_: &str| "base_url = \"https://ires.example\"".to_owned();
        assert_eq!(folder("public", &["config.toml"], zola), Some(Reason::BuildOutput));
        assert_eq!(folder("public", &["config.toml"], nothing), None);
        assert_eq!(folder_of(&["bin", "pyvenv.cfg"]), Some(Reason::Environment));
        assert_eq!(folder_of(&["a.md"]), None);
    }

    #[test]
    fn files_of_other_formats_are_counted_by_extension_with_a_way_to_convert_them() {
        let mut tally = Tally::default();
        for name in ["b/report.PDF", "a.pdf", "page.html", "LICENSE"] {
            tally.add(Reason::Format, name);
        }
        tally.add(Reason::Packages, "x/node_modules");
        let told = tally.finish();
        assert_eq!((told[0].count, told[0].first.as_str()), (4, "LICENSE"));
        assert_eq!(told[0].what, "files: 2 .pdf, 1 without an extension, 1 .html");
        assert!(told[0].remedy.contains("pandoc page.html") && told[0].remedy.contains("pdftotext"), "{told:?}");
        assert_eq!((told[1].reason.as_str(), told[1].count), ("packages", 1));
        assert!(told[1].remedy.contains("!node_modules"), "{told:?}");
    }
}
