//! What sort of page an article is: the built-in kinds, and those of a site's configuration.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::text::{is_language_tag, language_is_under, one_line};
use super::topic::slug;

/// The most characters of a kind's name and of its labels.
const MAX_CHARS: usize = 60;

/// What sort of page an article is, by its name in the API and in front matter: lower-case letters,
/// digits and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kind(Cow<'static, str>);

impl Kind {
    /// A page of the site that is none of the others.
    pub const ARTICLE: Kind = Kind(Cow::Borrowed("article"));
    /// A press release.
    pub const PRESS_RELEASE: Kind = Kind(Cow::Borrowed("press-release"));
    /// A blog post.
    pub const BLOG: Kind = Kind(Cow::Borrowed("blog"));
    /// An event, with a beginning and an end.
    pub const EVENT: Kind = Kind(Cow::Borrowed("event"));
    /// A publication: a report, a book, an issue of a journal.
    pub const PUBLICATION: Kind = Kind(Cow::Borrowed("publication"));

    /// The kinds that every site has, in the order in which they are listed to people.
    pub const BUILT_IN: [Kind; 5] = [Kind::ARTICLE, Kind::PRESS_RELEASE, Kind::BLOG, Kind::EVENT, Kind::PUBLICATION];

    /// The kind of a name, whether the site has it or not; case, spaces and underscores do not matter.
    pub fn named(text: &str) -> Option<Kind> {
        let name = slug(text);
        let built_in = Kind::BUILT_IN.into_iter().find(|kind| kind.as_str() == name);
        built_in.or_else(|| Some(Kind(Cow::Owned(name))).filter(|kind| !kind.as_str().is_empty()))
    }

    /// The kind's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether every site has it.
    pub fn is_built_in(&self) -> bool {
        Kind::BUILT_IN.contains(self)
    }

    /// Whether articles of a built-in kind belong to the time of their publication, see
    /// [`Article::is_timely`](super::Article::is_timely).
    pub(super) fn is_timely(&self) -> bool {
        [Kind::EVENT, Kind::PRESS_RELEASE].contains(self)
    }
}

impl Default for Kind {
    fn default() -> Kind {
        Kind::ARTICLE
    }
}

/// What a site's configuration says about a kind: one of its own, or a built-in one.
#[derive(Debug, Clone, PartialEq)]
pub struct SiteKind {
    kind: Kind,
    /// Its labels by BCP 47 language.
    labels: BTreeMap<String, String>,
    is_timely: Option<bool>,
}

/// Why a kind cannot be configured.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KindError {
    /// The name has other characters than a name of the API.
    #[error("should be named in lower-case letters, digits and hyphens, such as {0:?}")]
    Name(String),
    /// A language of its labels is none.
    #[error("has a label in {0:?}: it should be a BCP 47 language such as es or pt-BR")]
    Language(String),
    /// A label cannot be shown.
    #[error("has the label {0:?}: it should be a line of 1 to {MAX_CHARS} characters without |")]
    Label(String),
}

impl SiteKind {
    /// A kind by its name, its labels by language, and whether its articles belong to the time of their
    /// publication; without that, what holds of a built-in kind.
    pub fn new(name: &str, labels: BTreeMap<String, String>, is_timely: Option<bool>) -> Result<SiteKind, KindError> {
        let kind = Kind::named(name).filter(|kind| kind.as_str() == name && name.chars().count() <= MAX_CHARS);
        let kind = kind.ok_or_else(|| {
            let proposed: String = slug(name).chars().take(MAX_CHARS).collect();
            KindError::Name(if proposed.is_empty() { "thesis".to_owned() } else { proposed })
        })?;
        for (lang, label) in &labels {
            if !is_language_tag(lang) {
                return Err(KindError::Language(lang.clone()));
            }
            let is_line = !label.is_empty() && *label == one_line(label) && !label.contains('|');
            if !is_line || label.chars().count() > MAX_CHARS {
                return Err(KindError::Label(label.clone()));
            }
        }
        Ok(SiteKind { kind, labels, is_timely })
    }

    /// The kind.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }
}

/// The kinds of a site: the built-in ones, and those that its configuration adds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Kinds {
    /// The configured kinds, by name.
    configured: Arc<[SiteKind]>,
}

impl Kinds {
    /// The kinds of a site that configures these.
    pub fn new(configured: Vec<SiteKind>) -> Kinds {
        Kinds { configured: configured.into() }
    }

    /// All kinds, the built-in ones first.
    pub fn all(&self) -> impl Iterator<Item = Kind> {
        let own = self.configured().map(SiteKind::kind).filter(|kind| !kind.is_built_in());
        Kind::BUILT_IN.into_iter().chain(own.cloned())
    }

    /// What the configuration says about kinds.
    pub fn configured(&self) -> impl Iterator<Item = &SiteKind> {
        self.configured.iter()
    }

    /// The kind of a name, if the site has it; case, spaces and underscores do not matter.
    pub fn find(&self, text: &str) -> Option<Kind> {
        Kind::named(text).filter(|kind| kind.is_built_in() || self.configured_as(kind).is_some())
    }

    /// The names of all kinds: `article, blog or event`.
    pub fn names(&self) -> String {
        let names: Vec<Kind> = self.all().collect();
        let names: Vec<&str> = names.iter().map(Kind::as_str).collect();
        match names.split_last() {
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    }

    /// The configured label of a kind in a language or a variety of it.
    pub fn label(&self, kind: &Kind, lang: &str) -> Option<&str> {
        let labels = &self.configured_as(kind)?.labels;
        let in_variety = || labels.iter().find(|(known, _)| language_is_under(known, lang)).map(|(_, text)| text);
        labels.get(lang).or_else(in_variety).map(String::as_str)
    }

    /// The first configured label of a kind, for a language without one.
    pub fn any_label(&self, kind: &Kind) -> Option<&str> {
        self.configured_as(kind)?.labels.values().next().map(String::as_str)
    }

    /// What the configuration says about whether articles of a kind belong to the time of their
    /// publication.
    pub(super) fn is_timely(&self, kind: &Kind) -> Option<bool> {
        self.configured_as(kind)?.is_timely
    }

    /// A text that changes when what is stored of articles changes with the kinds.
    pub fn fingerprint(&self) -> String {
        self.configured().map(|own| format!(":{}{:?}", own.kind.as_str(), own.is_timely)).collect()
    }

    fn configured_as(&self, kind: &Kind) -> Option<&SiteKind> {
        self.configured.iter().find(|own| own.kind == *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(labels: &[(&str, &str)]) -> BTreeMap<String, String> {
        labels.iter().map(|(lang, label)| ((*lang).to_owned(), (*label).to_owned())).collect()
    }

    #[test]
    fn a_site_has_the_built_in_kinds_and_its_own() {
        let thesis = SiteKind::new("phd-thesis", labels(&[("es-CO", "Tesis")]), Some(true)).unwrap();
        let event = SiteKind::new("event", labels(&[("es", "Actividad")]), Some(false)).unwrap();
        let kinds = Kinds::new(vec![event, thesis]);
        let found = kinds.find("PhD thesis").unwrap();
        assert_eq!((found.as_str(), kinds.find("Press_Release")), ("phd-thesis", Some(Kind::PRESS_RELEASE)));
        assert_eq!((kinds.find("tesis"), kinds.find(" ")), (None, None));
        assert_eq!(kinds.names(), "article, press-release, blog, event, publication or phd-thesis");
        assert_eq!((kinds.label(&found, "es"), kinds.label(&found, "en")), (Some("Tesis"), None));
        assert_eq!((kinds.label(&Kind::EVENT, "es"), kinds.any_label(&found)), (Some("Actividad"), Some("Tesis")));
        assert_eq!(kinds.is_timely(&Kind::EVENT), Some(false));
        assert_eq!(Kinds::default().names(), "article, press-release, blog, event or publication");
    }

    #[test]
    fn a_kind_that_cannot_be_shown_is_refused() {
        assert_eq!(SiteKind::new("Tesis Doctoral", labels(&[]), None), Err(KindError::Name("tesis-doctoral".into())));
        assert_eq!(SiteKind::new("", labels(&[]), None), Err(KindError::Name("thesis".into())));
        let of = |lang: &str, label: &str| SiteKind::new("thesis", labels(&[(lang, label)]), None);
        assert_eq!(of("español", "Tesis"), Err(KindError::Language("español".into())));
        for label in ["", " Tesis", "a\nb", "a | b", &"x".repeat(61)] {
            assert_eq!(of("es", label), Err(KindError::Label(label.into())), "{label}");
        }
    }
}
