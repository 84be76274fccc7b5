//! What a site's configuration says about how its records are read.

use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use crate::analysis::{ExpectedLanguages, foreign_language, language_group};
use crate::article::{AddressRules, Article, ArticleProblem, FieldMap, Kinds, OwnFields, Site, UNDETERMINED};

/// The shortest body, in characters, that can contradict a declared language. From there on nearly all
/// false declarations are found, and hardly a true one is doubted: experiment `languages.doubted`.
const MIN_DOUBTED_CHARS: usize = 500;

/// The rules by which the records of a source become articles.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadingRules {
    /// The site's time zone, see [`Moment::parse_in`](crate::article::Moment::parse_in).
    pub time_zone: Option<TimeZone>,
    /// The names that the source has for fields.
    pub names: FieldMap,
    /// The kinds of the site's articles.
    pub kinds: Kinds,
    /// The fields of the site's own.
    pub fields: OwnFields,
    /// How articles get their addresses.
    pub addresses: AddressRules,
    /// The languages of articles that declare none.
    pub languages: ExpectedLanguages,
}

impl ReadingRules {
    /// Parses an article from the fields of a record, see [`Article::from_fields`], and completes it:
    /// its language, if it declares none, and its addresses.
    pub(crate) fn article(
        &self,
        fields: &Map<String, Value>,
    ) -> Result<(Article, Vec<ArticleProblem>), ArticleProblem> {
        self.partly_plain_article(fields, &[])
    }

    /// Like [`ReadingRules::article`], for a record in which the fields of these names are plain text.
    pub(crate) fn partly_plain_article(
        &self,
        fields: &Map<String, Value>,
        plain: &[&str],
    ) -> Result<(Article, Vec<ArticleProblem>), ArticleProblem> {
        let site = Site { time_zone: self.time_zone.as_ref(), kinds: &self.kinds, fields: &self.fields };
        let (mut article, mut flaws) = Article::from_fields_in(fields, plain, site)?;
        self.complete_language(&mut article, &mut flaws);
        self.addresses.complete(&mut article, fields.get("slug").and_then(Value::as_str));
        Ok((article, flaws))
    }

    /// A text that changes with the rules; empty for the default ones.
    pub(crate) fn fingerprint(&self) -> String {
        let zone = self.time_zone.as_ref().and_then(TimeZone::iana_name);
        let languages = match &self.languages {
            ExpectedLanguages { languages, default: None } if languages.is_empty() => String::new(),
            ExpectedLanguages { languages, default } => format!(":{languages:?}{default:?}"),
        };
        zone.map(|zone| format!(":{zone}")).unwrap_or_default()
            + &self.addresses.fingerprint()
            + &languages
            + &self.kinds.fingerprint()
            + &self.names.fingerprint()
            + &self.fields.fingerprint()
    }

    /// Detects the language of an article that declares none, and reports a declared language that
    /// clearly contradicts the text.
    fn complete_language(&self, article: &mut Article, flaws: &mut Vec<ArticleProblem>) {
        if article.lang == UNDETERMINED {
            let text = format!("{}\n{}\n{}", article.title, article.summary, article.body);
            if let Some(found) = self.languages.detect(&text) {
                article.lang = found;
            }
        } else if article.body.chars().nth(MIN_DOUBTED_CHARS - 1).is_some()
            && let Some(found) = foreign_language(&article.body, &language_group(&article.lang))
        {
            flaws.push(ArticleProblem::Language { declared: article.lang.clone(), found });
        }
    }
}
