//! Sources of articles: every [`Source`] produces the same article model. This module does not
//! depend on the catalog or the index, and formats do not depend on sources.

pub(crate) mod encoding;
pub mod files;
pub mod formats;
pub(crate) mod mojibake;
pub mod registry;
pub mod rules;
pub mod source;

pub use self::files::walk::{FoundFile, Listing, list};
pub use self::formats::page_dump::SiteProfile;
pub use self::rules::ReadingRules;
pub use self::source::{Event, Part, PartProblem, PassedOver, Reading, Sink, Source};

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use self::encoding::Decoded;
use crate::article::{Article, ArticleProblem, names};

/// The largest Markdown file, page dump or JSON line, in bytes.
pub const MAX_ARTICLE_BYTES: usize = 16 << 20;

/// The format of a file, by its extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `.md`, `.markdown`: one article with front matter.
    Markdown,
    /// `.jsonl`, `.ndjson`: one article per line.
    JsonLines,
    /// `.txt`: one page as printed by a text browser.
    PageDump,
}

impl Format {
    /// The format of a path; `None` for a file that is not an article source.
    pub fn of(path: &Path) -> Option<Format> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "md" | "markdown" => Some(Format::Markdown),
            "jsonl" | "ndjson" => Some(Format::JsonLines),
            "txt" => Some(Format::PageDump),
            _ => None,
        }
    }
}

/// One record of a file.
#[derive(Debug)]
pub enum Record {
    /// A valid article, with its problems: fields that were left out, or doubtful values.
    Article(Box<Article>, Vec<ArticleProblem>),
    /// A record that is not a valid article.
    Rejected(Rejection),
}

/// Why a record or a whole file was rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The line it begins in, from 1; `None` for the whole file.
    pub line: Option<u64>,
    /// Its id, as far as it could be read.
    pub id: Option<String>,
    /// The problem, as text.
    pub reason: String,
}

/// Reads a file's records in order. An invalid record is passed on as rejected; an error means that
/// the file could not be read to its end.
///
/// `stem` is the file's path relative to its source, without extension: the id of an article that
/// has none.
pub fn read_file<E>(
    path: &Path,
    stem: &str,
    format: Format,
    profile: &SiteProfile,
    rules: &ReadingRules,
    mut take: impl FnMut(u64, Record) -> Result<(), E>,
) -> Result<io::Result<()>, E> {
    match format {
        Format::JsonLines => formats::json_lines::read(path, rules, take),
        Format::Markdown | Format::PageDump => {
            let (text, doubts) = match read_text(path) {
                Ok(Ok(Decoded { mut text, guessed })) => {
                    let mended = mojibake::mend(&mut text);
                    (text, guessed.map(ArticleProblem::GuessedEncoding).into_iter().chain(mended))
                }
                Ok(Err(reason)) => {
                    let rejection = Rejection { line: None, id: Some(stem.to_owned()), reason };
                    take(1, Record::Rejected(rejection))?;
                    return Ok(Ok(()));
                }
                Err(error) => return Ok(Err(error)),
            };
            let record = match format {
                // A page dump has no front matter: a person wrote this file.
                Format::PageDump if !matches!(formats::front_matter::split_loosely(&text), Ok(None)) => {
                    formats::markdown::read(&text, stem, rules)
                }
                Format::PageDump => page_dump_record(&text, stem, profile, rules),
                _ => formats::markdown::read(&text, stem, rules),
            };
            take(1, with_doubts(record, doubts))?;
            Ok(Ok(()))
        }
    }
}

/// Builds the profile of a site's page dumps from all of them; skips files that cannot be read.
pub fn profile_of(files: &[FoundFile]) -> SiteProfile {
    let mut profile = SiteProfile::default();
    for page in files.iter().filter(|file| file.format == Format::PageDump) {
        if let Ok(Ok(Decoded { mut text, .. })) = read_text(&page.path) {
            mojibake::mend(&mut text);
            profile.observe(&text);
        }
    }
    profile
}

fn page_dump_record(text: &str, stem: &str, profile: &SiteProfile, rules: &ReadingRules) -> Record {
    let rejected = |reason: String| Record::Rejected(Rejection { line: None, id: Some(stem.to_owned()), reason });
    let page = match formats::page_dump::read(text, profile) {
        Ok(page) => page,
        Err(error) => return rejected(error.to_string()),
    };
    let fields = serde_json::json!({
        "id": stem,
        "title": page.title,
        "summary": page.summary,
        "body": page.body,
        "authors": page.authors,
        "published_at": page.published_at,
        "topics": page.topics,
    });
    // A page dump was printed: it has no markup.
    let plain = ["title", "summary", "body", "authors", "topics"];
    match fields.as_object().map(|fields| rules.partly_plain_article(fields, &plain)) {
        Some(Ok((article, flaws))) => Record::Article(Box::new(article), flaws),
        Some(Err(problem)) => rejected(problem.to_string()),
        None => rejected("not an article".to_owned()),
    }
}

/// A JSON record from the API: an article, or an operation on one.
#[derive(Debug)]
pub struct JsonRecord {
    /// Its fields under our names, their texts put right.
    fields: serde_json::Map<String, serde_json::Value>,
    /// What was put right, or could not be.
    mended: Option<ArticleProblem>,
}

impl JsonRecord {
    /// Parses a JSON object; the error says what is wrong and where.
    pub fn parse(bytes: &[u8]) -> Result<JsonRecord, String> {
        let mut fields = names::canonical(&formats::json_lines::fields(bytes)?).into_owned();
        let mended = mojibake::mend_fields(&mut fields);
        Ok(JsonRecord { fields, mended })
    }

    /// The id, as far as it could be read.
    pub fn id_as_written(&self) -> Option<&str> {
        formats::json_lines::id(&self.fields)
    }

    /// The validated id.
    pub fn id(&self) -> Result<String, ArticleProblem> {
        Article::id_in(&self.fields)
    }

    /// Gives it an id where it has none.
    pub fn set_id(&mut self, id: &str) {
        self.fields.insert("id".to_owned(), id.into());
    }

    /// The value of a boolean field, `false` if missing; the error names the expected type.
    pub fn flag(&self, field: &'static str) -> Result<bool, ArticleProblem> {
        match self.fields.get(field) {
            None => Ok(false),
            Some(value) => value.as_bool().ok_or(ArticleProblem::Type { field, expected: "true or false" }),
        }
    }

    /// The article, read like a file's record with the same fields, and its problems: fields that
    /// were left out, or doubtful values.
    ///
    /// An invalid `published_at` is an error, because it may be an embargo date, and the sender can
    /// still correct it.
    pub fn article(&self, rules: &ReadingRules) -> Result<(Article, Vec<ArticleProblem>), ArticleProblem> {
        let (article, mut flaws) = rules.article(&self.fields)?;
        flaws.extend(self.mended.clone());
        if let Some(embargo) = flaws.iter().position(|flaw| flaw.is_of("published_at")) {
            return Err(flaws.swap_remove(embargo));
        }
        Ok((article, flaws))
    }
}

/// The record with doubts about the text that it was read from.
pub(crate) fn with_doubts(mut record: Record, doubts: impl IntoIterator<Item = ArticleProblem>) -> Record {
    if let Record::Article(_, flaws) = &mut record {
        flaws.extend(doubts);
    }
    record
}

/// A whole file as text; the inner error says why it cannot be read as text.
fn read_text(path: &Path) -> io::Result<Result<Decoded, String>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_ARTICLE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_ARTICLE_BYTES {
        return Ok(Err(format!("larger than {} MB, the most that one article may have", MAX_ARTICLE_BYTES >> 20)));
    }
    Ok(encoding::decode(bytes, path))
}
