//! The problems of a record, and its limits.

/// The longest id, in characters.
pub const MAX_ID_CHARS: usize = 200;
/// The longest value of the other short fields (title, names, addresses), in characters.
pub const MAX_SHORT_CHARS: usize = 4_000;
/// The most entries of a list (topics, tags, authors, links).
pub const MAX_LIST_ITEMS: usize = 1_000;
/// The most versions of a work. Of the versions that readers may see, the first by id belong to the
/// work; every other becomes a work of its own.
pub const MAX_VERSIONS: usize = 1_000;

/// A problem of a record. The message names the field and what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArticleProblem {
    /// The id is missing or empty.
    #[error("id: missing or empty")]
    NoId,
    /// The id is longer than [`MAX_ID_CHARS`].
    #[error("id: {0} characters, at most {MAX_ID_CHARS} are allowed")]
    LongId(usize),
    /// The id holds a control character.
    #[error("id: holds a control character")]
    ControlInId,
    /// There is neither a title nor a text.
    #[error("title and body: both empty, nothing to find")]
    Empty,
    /// A field has another type than it should have.
    #[error("{field}: should be {expected}")]
    Type {
        /// The field's name.
        field: &'static str,
        /// The expected type, in words.
        expected: &'static str,
    },
    /// A field has an invalid value.
    #[error("{field}: {reason}: {value:?}")]
    Value {
        /// The field's name.
        field: &'static str,
        /// The value, shortened.
        value: String,
        /// What is wrong with the value.
        reason: String,
    },
    /// A field of the site's own has an invalid value.
    #[error("fields.{field}: {reason}: {value:?}")]
    OwnField {
        /// The field's name.
        field: String,
        /// The value, shortened.
        value: String,
        /// What is wrong with the value.
        reason: String,
    },
    /// The text is in another language than it declares.
    #[error(
        "lang: declared as {declared:?}, but the text reads as {found:?}; kept as declared: correct it, or leave it out to have it found out"
    )]
    Language {
        /// The declared language, BCP 47.
        declared: String,
        /// The language group of the text.
        found: &'static str,
    },
    /// Another tool's mark says that the article is not public.
    #[error("{field}: {value}: not public; stored, and not shown")]
    NotPublic {
        /// The mark's name, as it is written.
        field: String,
        /// The value, shortened.
        value: String,
    },
    /// A mark of another tool that says whether the article is public cannot be understood.
    #[error("{field}: should be {expected}, because it says whether the article is public: {value:?}")]
    UnclearMark {
        /// The mark's name, as it is written.
        field: String,
        /// The value, shortened.
        value: String,
        /// The expected value, in words.
        expected: &'static str,
    },
    /// The file does not say its encoding; only this one makes sense of it.
    #[error("read as {0}, which is not declared anywhere: convert the file with `iconv -f {0} -t utf-8` to be sure")]
    GuessedEncoding(&'static str),
    /// All of its text was decoded wrongly before it came, and was put right. With a sample.
    #[error("UTF-8 that was taken for Windows-1252 is put right, such as {0:?}: export it as UTF-8")]
    MendedEncoding(String),
    /// Some of its text was decoded wrongly before it came. With a sample.
    #[error("text that was decoded wrongly, and that nobody will find, such as {0:?}: write it anew")]
    WrongEncoding(String),
    /// A field has a name that nearly is that of one that says whether the article is public.
    #[error("{field}: is {known} meant? That field says whether the article is public, so the record is refused")]
    LooksProtecting {
        /// The field's name, as it is written.
        field: String,
        /// The name that it is like.
        known: &'static str,
    },
    /// A year is before 1000, or more than 100 years ahead.
    #[error("{field}: is the year right? Kept as it is: {value:?}")]
    DoubtfulYear {
        /// The field's name.
        field: &'static str,
        /// The date.
        value: String,
    },
    /// A field that no article has.
    #[error("{0}: no field of an article; left out")]
    UnknownField(String),
    /// Its work has more versions than [`MAX_VERSIONS`].
    #[error(
        "work: {0:?} has more than {MAX_VERSIONS} versions: the first by their ids are one work, every other stands alone"
    )]
    ManyVersions(String),
}

impl ArticleProblem {
    /// Whether the article lacks a value that its record has. Otherwise the problem is a doubt
    /// about an article that is complete.
    pub fn is_loss(&self) -> bool {
        !matches!(
            self,
            ArticleProblem::Language { .. }
                | ArticleProblem::NotPublic { .. }
                | ArticleProblem::GuessedEncoding(_)
                | ArticleProblem::MendedEncoding(_)
                | ArticleProblem::WrongEncoding(_)
                | ArticleProblem::DoubtfulYear { .. }
                | ArticleProblem::UnknownField(_)
                | ArticleProblem::ManyVersions(_)
        )
    }

    /// Whether the problem is an invalid type or value of this field.
    pub fn is_of(&self, name: &str) -> bool {
        matches!(self, ArticleProblem::Type { field, .. } | ArticleProblem::Value { field, .. } if *field == name)
    }
}

/// Validates an id: 1 to [`MAX_ID_CHARS`] characters, no control characters.
pub fn check_id(id: &str) -> Result<(), ArticleProblem> {
    if id.trim().is_empty() {
        return Err(ArticleProblem::NoId);
    }
    if id.chars().any(char::is_control) {
        return Err(ArticleProblem::ControlInId);
    }
    match id.chars().count() {
        chars if chars > MAX_ID_CHARS => Err(ArticleProblem::LongId(chars)),
        _ => Ok(()),
    }
}
