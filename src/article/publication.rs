//! Marks in a record that say the article is not public, as other tools write them.
//!
//! | mark | written by |
//! | --- | --- |
//! | `draft: true` | Hugo, Zola, Astro, Docusaurus, Eleventy |
//! | `published: false`, or a date to come | Jekyll, dev.to, Publii |
//! | `status`, `post_status`, `visibility`, `review_state`: anything but public | WordPress, Drupal, Ghost, Statamic, Strapi, Plone |
//! | `private`, `unlisted`, `scheduled`, `hide: true`; `public`, `publish`, `visible: false` | Docusaurus, Gatsby themes, Obsidian, exports of databases |
//! | `noindex: true`, `robots: noindex`, `search: false`, `sitemap: false` | Yoast SEO, Jekyll, MkDocs, Hugo |
//! | `password`, `post_password`: any | WordPress |
//! | a flag, a state or a directive in `params`, `extra`, `meta`, `seo` | Hugo, Zola, Nuxt, plugins |
//! | `build: { render: never }`, `permalink: false` | Hugo, Eleventy |
//! | `publishDate`, `date`, `embargo` in the future | Hugo, Jekyll, DSpace |
//! | `expiryDate`, `unpublish_date` in the past | Hugo, Contentful |
//! | `publishedAt: null` beside `createdAt` | Strapi, exports of databases |
//!
//! Names are compared without case, hyphens and underscores. A mark that is there and cannot be
//! understood refuses the record: it may be one that must not be shown.

use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::date::Moment;
use super::problem::ArticleProblem;
use super::topic::slug;

/// A mark: its names, in lower case without hyphens and underscores, and how its value is read. The first name is the one that problems call it by.
struct Mark {
    names: &'static [&'static str],
    reads: Reads,
}

/// How the value of a mark is read.
#[derive(Clone, Copy)]
enum Reads {
    /// A boolean: not public where it is this.
    NotPublicIf(bool),
    /// A boolean, or a date from which on the article is public.
    PublicSince,
    /// The name of a state.
    State,
    /// A secret: not public where there is one.
    Secret,
    /// Directives for robots, as text or as a list.
    Robots,
    /// A boolean, or an object in which a member keeps the page out.
    Inclusion,
    /// Hugo's build options.
    Build,
    /// `false`, or an address.
    Permalink,
    /// A date from which on the article is public.
    Embargo,
    /// A date of publication or of writing: it counts where it is to come.
    Dated,
    /// A date from which on the article is not public.
    Expiry,
}

const MARKS: [Mark; 15] = [
    Mark { names: &["draft", "isdraft", "borrador", "rascunho", "brouillon"], reads: Reads::NotPublicIf(true) },
    Mark { names: &["hidden", "ishidden", "hide", "oculto"], reads: Reads::NotPublicIf(true) },
    Mark {
        names: &["private", "isprivate", "unlisted", "unpublished", "scheduled", "protected"],
        reads: Reads::NotPublicIf(true),
    },
    Mark {
        names: &["noindex", "excludefromsearch", "searchexclude", "eleventyexcludefromcollections"],
        reads: Reads::NotPublicIf(true),
    },
    Mark {
        names: &["public", "ispublic", "visible", "isvisible", "ispublished", "publish", "indexable", "searchable"],
        reads: Reads::NotPublicIf(false),
    },
    Mark { names: &["published"], reads: Reads::PublicSince },
    Mark {
        names: &["status", "poststatus", "publishstatus", "publicationstatus", "visibility", "reviewstate"],
        reads: Reads::State,
    },
    Mark { names: &["password", "postpassword"], reads: Reads::Secret },
    Mark { names: &["robots"], reads: Reads::Robots },
    Mark { names: &["search", "sitemap"], reads: Reads::Inclusion },
    Mark { names: &["build"], reads: Reads::Build },
    Mark { names: &["permalink"], reads: Reads::Permalink },
    Mark {
        names: &["publishdate", "publishat", "publishon", "scheduledat", "embargo", "embargountil"],
        reads: Reads::Embargo,
    },
    Mark { names: &["date", "dategmt", "pubdate", "postdate", "datepublished", "publishedat"], reads: Reads::Dated },
    Mark {
        names: &["expirydate", "expiredate", "expires", "expireson", "expiresat", "unpublishdate", "unpublishat"],
        reads: Reads::Expiry,
    },
];

/// Fields that hold fields of a theme or plugin.
const SECTIONS: [&str; 4] = ["params", "extra", "meta", "seo"];

/// States of what is public; slugs without hyphens, in the languages of our sites.
const PUBLIC: [&str; 17] = [
    "publish",
    "published",
    "public",
    "live",
    "active",
    "visible",
    "released",
    "approved",
    "everyone",
    "all",
    "open",
    "publicado",
    "publicada",
    "publico",
    "publica",
    "publie",
    "publiee",
];

/// States of what is not.
const NOT_PUBLIC: [&str; 43] = [
    "draft",
    "autodraft",
    "private",
    "pending",
    "pendingreview",
    "future",
    "scheduled",
    "trash",
    "trashed",
    "inherit",
    "archived",
    "archive",
    "unpublished",
    "hidden",
    "review",
    "inreview",
    "needsreview",
    "inprogress",
    "wip",
    "unlisted",
    "deleted",
    "embargoed",
    "expired",
    "internal",
    "password",
    "protected",
    "passwordprotected",
    "members",
    "membersonly",
    "paid",
    "tiers",
    "subscribers",
    "restricted",
    "inactive",
    "disabled",
    "borrador",
    "rascunho",
    "brouillon",
    "privado",
    "privada",
    "prive",
    "pendiente",
    "pendente",
];

/// What the marks of a record say.
#[derive(Debug, Default)]
pub(super) struct Publication {
    /// The marks by which it is not public at all; for the report.
    pub(super) held_back: Vec<ArticleProblem>,
    /// From when on it is public, where that is to come.
    pub(super) not_before: Option<Moment>,
    /// From when on it is not.
    pub(super) not_after: Option<Moment>,
}

impl Publication {
    /// Reads the marks of a record. The fields of an article in their own spelling are not looked at:
    /// they are read as such.
    pub(super) fn of(
        record: &Map<String, Value>,
        own: impl Fn(&str) -> bool,
        zone: Option<&TimeZone>,
    ) -> Result<Publication, ArticleProblem> {
        let mut publication = Publication::default();
        for (name, value) in record.iter().filter(|(name, value)| !own(name) && !is_absent(value)) {
            if let Some(mark) = mark_of(name) {
                publication.take(name, mark.reads, value, zone)?;
            } else if SECTIONS.contains(&compared(name).as_str()) {
                publication.take_section(value);
            } else if is_protected(value) {
                publication
                    .held_back
                    .push(ArticleProblem::NotPublic { field: shortened(name), value: "…".to_owned() });
            }
        }
        if publication.held_back.is_empty()
            && let Some(name) = unpublished_row(record)
        {
            publication.held_back.push(ArticleProblem::NotPublic { field: shortened(name), value: "null".to_owned() });
        }
        Ok(publication)
    }

    /// Takes the marks in a section of a record. It is for themes and plugins, of which a mark that is not
    /// understood says nothing.
    fn take_section(&mut self, section: &Value) {
        for (name, value) in section.as_object().into_iter().flatten().filter(|(_, value)| !is_absent(value)) {
            let Some(mark) = mark_of(name) else { continue };
            if matches!(mark.reads, Reads::NotPublicIf(_) | Reads::State | Reads::Robots | Reads::Inclusion) {
                let _ = self.take(name, mark.reads, value, None);
            }
        }
    }

    fn take(&mut self, name: &str, reads: Reads, value: &Value, zone: Option<&TimeZone>) -> Result<(), ArticleProblem> {
        let not_understood =
            |expected| ArticleProblem::UnclearMark { field: shortened(name), value: shown(value), expected };
        let flag = || flag(value).ok_or_else(|| not_understood("true or false"));
        let moment = || moment(value, zone).ok_or_else(|| not_understood("a date such as 2027-06-01"));
        let is_public = match reads {
            Reads::NotPublicIf(not_public) => flag()? != not_public,
            Reads::PublicSince => match self::flag(value) {
                Some(flag) => flag,
                None => {
                    self.embargo(moment()?);
                    true
                }
            },
            Reads::State => state(value).ok_or_else(|| not_understood("a state such as publish or draft"))?,
            Reads::Secret => self::flag(value) == Some(false),
            Reads::Robots => !directives(value).any(|directive| matches!(directive.as_str(), "noindex" | "none")),
            Reads::Inclusion => match value {
                Value::Object(members) => {
                    !["exclude", "disable", "disabled", "noindex"].iter().any(|name| is_flag(members.get(*name), true))
                }
                _ => flag()?,
            },
            Reads::Build => value.as_object().is_none_or(|options| {
                let is_never = |option: Option<&Value>| {
                    is_flag(option, false) || option.and_then(Value::as_str).is_some_and(|text| text == "never")
                };
                !is_never(options.get("render")) && !is_never(options.get("list"))
            }),
            Reads::Permalink => value.as_bool() != Some(false),
            Reads::Embargo => {
                self.embargo(moment()?);
                true
            }
            Reads::Dated => {
                match self::moment(value, zone) {
                    Some(moment) => self.embargo(moment),
                    None if names_coming_year(value, zone) => return Err(not_understood("a date such as 2027-06-01")),
                    None => {}
                }
                true
            }
            Reads::Expiry => {
                if !matches!(value.as_str(), Some("never" | "none")) && self::flag(value) != Some(false) {
                    let moment = moment()?;
                    if self.not_after.as_ref().is_none_or(|known| moment.end_s() < known.end_s()) {
                        self.not_after = Some(moment);
                    }
                }
                true
            }
        };
        if !is_public {
            // A password is not repeated.
            let value = if matches!(reads, Reads::Secret) { "…".to_owned() } else { shown(value) };
            self.held_back.push(ArticleProblem::NotPublic { field: shortened(name), value });
        }
        Ok(())
    }

    /// Notes a date from which on the article is public; the latest counts.
    fn embargo(&mut self, moment: Moment) {
        let is_to_come = moment.start_s() > jiff::Timestamp::now().as_second();
        if is_to_come && self.not_before.as_ref().is_none_or(|known| moment.start_s() > known.start_s()) {
            self.not_before = Some(moment);
        }
    }
}

/// A name without case, hyphens, underscores and white space.
pub(super) fn compared(name: &str) -> String {
    let is_compared = |c: &char| !matches!(c, '-' | '_' | '\u{feff}') && !c.is_whitespace();
    name.chars().filter(is_compared).flat_map(char::to_lowercase).collect()
}

fn mark_of(name: &str) -> Option<&'static Mark> {
    let name = compared(name);
    MARKS.iter().find(|mark| mark.names.contains(&name.as_str()))
}

/// Whether a name is that of a mark.
pub(super) fn is_mark(name: &str) -> bool {
    mark_of(name).is_some()
}

/// The protecting field that a name was probably meant to be: one or two edits away, with a value that it
/// could have.
pub(super) fn protecting_field_like(name: &str, value: &Value) -> Option<&'static str> {
    let name = compared(name);
    let is_date = || moment(value, None).is_some() || names_coming_year(value, None);
    let near = |field: &str| Some(strsim::osa_distance(&name, &compared(field))).filter(|edits| *edits <= 2);
    let is_state = |edits: usize| state(value).is_some() || (edits == 1 && value.is_string());
    ["hidden", "draft"]
        .into_iter()
        .find(|field| near(field).is_some() && flag(value).is_some())
        .or_else(|| ["expires_at", "published_at"].into_iter().find(|field| near(field).is_some() && is_date()))
        .or_else(|| ["status", "visibility"].into_iter().find(|field| near(field).is_some_and(is_state)))
}

/// The time of publication that a row of a database has not, though it says when it was created.
fn unpublished_row(record: &Map<String, Value>) -> Option<&str> {
    let named = |wanted: &str| record.iter().find(|(name, _)| compared(name) == wanted);
    let (name, _) = named("publishedat").filter(|(_, value)| value.is_null())?;
    named("createdat").filter(|(_, value)| !value.is_null()).map(|_| name.as_str())
}

/// Whether a text is one that WordPress's REST API keeps back behind a password.
fn is_protected(value: &Value) -> bool {
    value.as_object().is_some_and(|parts| parts.contains_key("rendered") && is_flag(parts.get("protected"), true))
}

/// Whether a mark says nothing: it is `null`, or an empty text.
fn is_absent(value: &Value) -> bool {
    value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// A boolean, as it is written in JSON, YAML 1.1 and exports.
fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) => match number.as_i64()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
        Value::String(text) => match text.trim().to_lowercase().as_str() {
            "true" | "yes" | "y" | "on" | "1" | "sí" | "si" | "sim" | "oui" => Some(true),
            "false" | "no" | "n" | "off" | "0" | "não" | "nao" | "non" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn is_flag(value: Option<&Value>, wanted: bool) -> bool {
    value.and_then(flag) == Some(wanted)
}

/// Whether a state is that of something public.
fn state(value: &Value) -> Option<bool> {
    let Some(text) = value.as_str() else { return flag(value) };
    let word = slug(text).replace('-', "");
    match word.as_str() {
        word if PUBLIC.contains(&word) => Some(true),
        word if NOT_PUBLIC.contains(&word) => Some(false),
        _ => flag(value),
    }
}

fn moment(value: &Value, zone: Option<&TimeZone>) -> Option<Moment> {
    Moment::parse_in(value.as_str()?, zone).ok()
}

/// Whether a text that is no date names this year or a later one: it may be a date to come.
pub(super) fn names_coming_year(value: &Value, zone: Option<&TimeZone>) -> bool {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return false,
    };
    let this_year = zone.unwrap_or(&TimeZone::UTC).to_datetime(jiff::Timestamp::now()).year();
    let numbers = text.split(|c: char| !c.is_ascii_digit());
    let mut years = numbers.filter(|digits| digits.len() == 4).filter_map(|digits| digits.parse::<i16>().ok());
    years.any(|year| year >= this_year)
}

/// Directives separated by commas or white space, or as a list, in lower case.
fn directives(value: &Value) -> impl Iterator<Item = String> {
    let texts: Vec<String> = match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_lowercase).collect(),
        value => value.as_str().map(str::to_lowercase).into_iter().collect(),
    };
    let split = |text: String| text.split([',', ' ']).map(str::to_owned).collect::<Vec<_>>();
    texts.into_iter().flat_map(split)
}

/// A value as a problem shows it.
fn shown(value: &Value) -> String {
    shortened(&value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::article::Article;

    fn read(marks: Value) -> Result<(Article, Vec<ArticleProblem>), ArticleProblem> {
        let mut record = json!({"id": "x", "title": "Ornitorrinco"});
        record.as_object_mut().unwrap().extend(marks.as_object().unwrap().clone());
        Article::from_fields(record.as_object().unwrap())
    }

    #[test]
    fn marks_of_other_tools_hide_an_article_and_are_reported() {
        for mark in [
            json!({"draft": true}),
            json!({"Draft": "yes"}),
            json!({"Hidden": true}),
            json!({"is_draft": 1}),
            json!({"published": false}),
            json!({"published": "no"}),
            json!({"status": "private"}),
            json!({"status": "Auto-Draft"}),
            json!({"status": 0}),
            json!({"post_status": "pending"}),
            json!({"_status": "draft"}),
            json!({"review_state": "in review"}),
            json!({"visibility": "members"}),
            json!({"estado": "x", "status": "Borrador"}),
            json!({"noindex": true}),
            json!({"robots": "NoIndex, follow"}),
            json!({"robots": ["noindex"]}),
            json!({"search": false}),
            json!({"search": {"exclude": true}}),
            json!({"sitemap": false}),
            json!({"sitemap": {"disable": true}}),
            json!({"post_password": "secreto"}),
            json!({"build": {"render": "never"}}),
            json!({"_build": {"list": false}}),
            json!({"permalink": false}),
            json!({"unlisted": true}),
            json!({"visible": false}),
            json!({"hidden ": true}),
            json!({"content": {"rendered": "", "protected": true}}),
            json!({"public": "false"}),
            json!({"draft": false, "status": "draft"}),
            json!({"borrador": "sí"}),
            json!({"params": {"hidden": true}}),
            json!({"seo": {"robots": "noindex"}}),
        ] {
            let (article, flaws) = read(mark.clone()).unwrap();
            assert!(article.hidden, "{mark}");
            let told = flaws.iter().any(|flaw| matches!(flaw, ArticleProblem::NotPublic { .. }) && !flaw.is_loss());
            assert!(told && !format!("{flaws:?}").contains("secreto"), "{mark}: {flaws:?}");
        }
    }

    #[test]
    fn marks_of_what_is_public_change_nothing() {
        for mark in [
            json!({"draft": false}),
            json!({"draft": null, "status": "", "post_password": ""}),
            json!({"published": true}),
            json!({"published": "2021-05-01"}),
            json!({"status": "publish"}),
            json!({"status": 1}),
            json!({"status": "Publicado"}),
            json!({"visibility": "public"}),
            json!({"robots": "index, follow"}),
            json!({"search": true, "sitemap": {"priority": 0.5}}),
            json!({"permalink": "/es/x/"}),
            json!({"date": "2021-05-01", "expires": "never"}),
            json!({"date": "Mon, 03 May 2021 08:00:00 +0000"}),
            json!({"date": "2021-05-03 08:00:00 -0300"}),
            json!({"expiryDate": "2999-01-01"}),
        ] {
            let (article, flaws) = read(mark.clone()).unwrap();
            assert!(article.is_visible_at(jiff::Timestamp::now().as_second()) && flaws.is_empty(), "{mark}: {flaws:?}");
        }
    }

    #[test]
    fn dates_of_other_tools_keep_an_article_back() {
        let now_s = jiff::Timestamp::now().as_second();
        for mark in [
            json!({"date": "2999-01-01"}),
            json!({"publishDate": "2999-01-01T08:00:00Z"}),
            json!({"published": "2999-01-01"}),
            json!({"published_at": "2021-05-01", "publish_date": "2999-01-01"}),
            json!({"expiryDate": "2019-01-01"}),
            json!({"expires_at": "2999-01-01", "Unpublish-Date": "2019-01-01"}),
        ] {
            let (article, _) = read(mark.clone()).unwrap();
            assert!(!article.hidden && !article.is_visible_at(now_s), "{mark}");
        }
    }

    #[test]
    fn a_mark_that_is_not_understood_refuses_the_record() {
        for (mark, name) in [
            (json!({"draft": "perhaps"}), "draft"),
            (json!({"Draft": ["x"]}), "Draft"),
            (json!({"published": "soon"}), "published"),
            (json!({"status": "quiet"}), "status"),
            (json!({"publishDate": "next spring"}), "publishDate"),
            (json!({"date": "01/06/2999"}), "date"),
            (json!({"expiryDate": "tomorrow"}), "expiryDate"),
            (json!({"noindex": "x"}), "noindex"),
        ] {
            let problem = read(mark.clone()).unwrap_err();
            assert!(problem.to_string().starts_with(&format!("{name}: should be ")), "{mark}: {problem}");
        }
    }

    #[test]
    fn marks_and_states_are_documented() {
        let spans = crate::article::tests::documented("## What is kept back");
        let is_told = |name: &str| spans.iter().any(|span| compared(span) == name);
        let missing: Vec<&str> =
            MARKS.iter().flat_map(|mark| mark.names).copied().filter(|name| !is_told(name)).collect();
        assert_eq!(missing, [""; 0], "docs/what-is-read.md");
        let states: Vec<&str> = PUBLIC.into_iter().chain(NOT_PUBLIC).filter(|state| !is_told(state)).collect();
        assert_eq!(states, [""; 0], "docs/what-is-read.md");
        assert!(SECTIONS.iter().all(|name| is_told(name)));
    }

    #[test]
    fn names_of_marks_are_distinct_and_in_their_compared_form() {
        let mut names: Vec<&str> = MARKS.iter().flat_map(|mark| mark.names).copied().collect();
        assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase())), "{names:?}");
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        let states: Vec<&str> = PUBLIC.into_iter().chain(NOT_PUBLIC).collect();
        assert!(states.iter().all(|state| slug(state).replace('-', "") == **state), "{states:?}");
    }
}
