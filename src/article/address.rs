//! The addresses of articles whose records give none, or only a path.

use std::fmt;
use std::ops::RangeInclusive;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::{ParseError, Url};

use super::{Article, Moment, UNDETERMINED, url_key};

/// Every character except those that RFC 3986 (2.3) calls unreserved is percent-encoded.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// How the articles of a source get their addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AddressRules {
    /// The page to which paths are relative; its path ends with a slash.
    base: Option<Url>,
    /// The address of an article that gives none.
    pattern: Option<UrlPattern>,
}

/// Why rules of addresses are invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The base is no address of a page.
    #[error("base_url is {0:?}: it should be an address such as https://www.example.org/")]
    Base(String),
    /// The pattern names something that articles do not have.
    #[error("url_pattern has {{{0}}}: it can have {parts}", parts = Placeholder::list())]
    NoSuchPart(String),
    /// A brace of the pattern has no counterpart.
    #[error("url_pattern is {0:?}: each {{ needs a }} after it")]
    Brace(String),
    /// The pattern does not make addresses, or the same one for all articles.
    #[error(
        "url_pattern is {0:?}: it should be an address such as https://www.example.org/{{lang}}/{{slug}}/, or with base_url a path such as /{{lang}}/{{slug}}/, with {{slug}}, {{id}} or {{work}} in it"
    )]
    Pattern(String),
}

impl AddressRules {
    /// The rules of a base and a pattern.
    ///
    /// ```
    /// use fichero::article::AddressRules;
    /// assert!(AddressRules::new(None, Some("https://www.example.org/{lang}/{slug}/")).is_ok());
    /// assert!(AddressRules::new(None, Some("/{lang}/{slug}/")).is_err()); // on which site?
    /// ```
    pub fn new(base: Option<&str>, pattern: Option<&str>) -> Result<AddressRules, AddressError> {
        let base = base.map(|text| base_of(text).ok_or_else(|| AddressError::Base(text.to_owned()))).transpose()?;
        let pattern = pattern.map(|text| UrlPattern::parse(text, base.as_ref())).transpose()?;
        Ok(AddressRules { base, pattern })
    }

    /// Gives an article the address of the pattern where its record gives none, and completes paths:
    /// that of the page by the base, those of its picture and its links by the page. `slug` is what
    /// the record says of it.
    pub(crate) fn complete(&self, article: &mut Article, slug: Option<&str>) {
        if self.base.is_none() && self.pattern.is_none() {
            return;
        }
        if article.url.is_none() {
            article.url = self.pattern.as_ref().and_then(|pattern| pattern.fill(article, slug));
        }
        if let (Some(base), Some(url)) = (&self.base, &article.url) {
            article.url = Some(joined(base, url));
        }
        let page = article.url.as_deref().and_then(|url| Url::parse(url).ok());
        if let Some(page) = page.as_ref().or(self.base.as_ref()) {
            article.image = article.image.take().map(|image| joined(page, &image));
        }
        if let Some(page) = page {
            article.links.iter_mut().for_each(|link| *link = joined(&page, link));
        }
    }

    /// A text that changes with the rules; empty where there are none.
    pub(crate) fn fingerprint(&self) -> String {
        let base = self.base.as_ref().map(|base| format!(":{base}")).unwrap_or_default();
        let pattern = self.pattern.as_ref().map(|pattern| format!(":{pattern}")).unwrap_or_default();
        base + &pattern
    }
}

/// An address with a slash at its end, so that relative addresses are below it.
fn base_of(text: &str) -> Option<Url> {
    let text = text.trim();
    let whole = if text.ends_with('/') { text.to_owned() } else { format!("{text}/") };
    let url = Url::parse(&whole).ok()?;
    let is_page = matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
    is_page.then_some(url)
}

/// A relative address as a link on a page means it; any other stays as it is written.
fn joined(page: &Url, text: &str) -> String {
    match Url::parse(text) {
        Err(ParseError::RelativeUrlWithoutBase) => page.join(text).map_or_else(|_| text.to_owned(), String::from),
        _ => text.to_owned(),
    }
}

/// An address with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
struct UrlPattern(Vec<UrlPart>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum UrlPart {
    Text(String),
    Of(Placeholder),
}

/// What of an article stands in its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Placeholder {
    /// Its language.
    Lang,
    /// The `slug` of its record, or else the last part of its id.
    Slug,
    /// Its id, whose slashes stay.
    Id,
    /// Its work, whose slashes stay.
    Work,
    /// The year of publication.
    Year,
    /// Its month, two digits.
    Month,
    /// Its day, two digits.
    Day,
}

impl Placeholder {
    const ALL: [(Placeholder, &'static str); 7] = [
        (Placeholder::Lang, "lang"),
        (Placeholder::Slug, "slug"),
        (Placeholder::Id, "id"),
        (Placeholder::Work, "work"),
        (Placeholder::Year, "year"),
        (Placeholder::Month, "month"),
        (Placeholder::Day, "day"),
    ];

    fn list() -> String {
        Placeholder::ALL.map(|(_, name)| format!("{{{name}}}")).join(", ")
    }

    fn name(self) -> &'static str {
        Placeholder::ALL.iter().find(|(known, _)| *known == self).map_or("", |(_, name)| name)
    }

    /// What stands for it in the address of an article; `None` where the article does not say it.
    fn value(self, article: &Article, slug: Option<&str>) -> Option<String> {
        let date = |range| article.published_at.as_ref().and_then(|at| at.as_str().get(range)).map(str::to_owned);
        let below = |path: &str| path.split('/').map(encoded).collect::<Vec<_>>().join("/");
        match self {
            Placeholder::Lang => Some(encoded(&article.lang)).filter(|lang| lang != UNDETERMINED),
            Placeholder::Slug => {
                slug.map(str::trim).filter(|slug| !slug.is_empty()).or(last_part(&article.id)).map(encoded)
            }
            Placeholder::Id => Some(below(&article.id)),
            Placeholder::Work => Some(below(&article.work)),
            Placeholder::Year => date(0..4),
            Placeholder::Month => date(5..7),
            Placeholder::Day => date(8..10),
        }
    }
}

/// The last part of an id that is a path; of the file that stands for its folder, the folder.
fn last_part(id: &str) -> Option<&str> {
    let mut parts = id.rsplit('/').filter(|part| !part.is_empty());
    let last = parts.next()?;
    Some(if matches!(last, "index" | "_index") { parts.next().unwrap_or(last) } else { last })
}

/// The date and the slug in the name of a file, or of its folder, as Jekyll and Eleventy read them:
/// `_posts/2024-05-01-hello`.
pub(crate) fn dated_slug(path: &str) -> Option<(String, &str)> {
    let name = last_part(path)?;
    let mut parts = name.splitn(4, '-');
    let mut number = |digits: RangeInclusive<usize>| {
        parts.next().filter(|part| digits.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let (year, month, day) = (number(4..=4)?, number(1..=2)?, number(1..=2)?);
    let slug = parts.next().filter(|slug| !slug.is_empty())?;
    let date = format!("{year}-{month:0>2}-{day:0>2}");
    Moment::parse(&date).is_ok().then_some((date, slug))
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

impl UrlPattern {
    fn parse(text: &str, base: Option<&Url>) -> Result<UrlPattern, AddressError> {
        let mut parts = Vec::new();
        let mut rest = text.trim();
        while let Some((before, after)) = rest.split_once('{') {
            let closed = after.split_once('}').filter(|_| !before.contains('}'));
            let Some((name, behind)) = closed else { return Err(AddressError::Brace(text.to_owned())) };
            let known = Placeholder::ALL.iter().find(|(_, known)| *known == name.trim());
            let (placeholder, _) = known.ok_or_else(|| AddressError::NoSuchPart(name.to_owned()))?;
            parts.extend([UrlPart::Text(before.to_owned()), UrlPart::Of(*placeholder)]);
            rest = behind;
        }
        if rest.contains('}') {
            return Err(AddressError::Brace(text.to_owned()));
        }
        parts.push(UrlPart::Text(rest.to_owned()));
        let pattern = UrlPattern(parts);
        let example: String = pattern.parts(|_| Some("x".to_owned())).unwrap_or_default();
        let is_address = match (Url::parse(&example), base) {
            (Ok(url), _) => matches!(url.scheme(), "http" | "https"),
            (Err(ParseError::RelativeUrlWithoutBase), Some(base)) => base.join(&example).is_ok(),
            _ => false,
        };
        let tells_apart =
            |part: &UrlPart| matches!(part, UrlPart::Of(Placeholder::Slug | Placeholder::Id | Placeholder::Work));
        match is_address && pattern.0.iter().any(tells_apart) {
            true => Ok(pattern),
            false => Err(AddressError::Pattern(text.to_owned())),
        }
    }

    /// The address of an article; `None` where the article does not say all that it needs.
    fn fill(&self, article: &Article, slug: Option<&str>) -> Option<String> {
        self.parts(|placeholder| placeholder.value(article, slug)).and_then(|address| url_key::web(&address))
    }

    fn parts(&self, value: impl Fn(Placeholder) -> Option<String>) -> Option<String> {
        let part = |part: &UrlPart| match part {
            UrlPart::Text(text) => Some(text.clone()),
            UrlPart::Of(placeholder) => value(*placeholder),
        };
        self.0.iter().map(part).collect()
    }
}

impl fmt::Display for UrlPattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            UrlPart::Text(text) => formatter.write_str(text),
            UrlPart::Of(placeholder) => write!(formatter, "{{{}}}", placeholder.name()),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn article(fields: Value) -> Article {
        let mut record = json!({"id": "es/blog/becas-2027", "title": "Becas", "lang": "es"});
        record.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        Article::from_fields(record.as_object().unwrap()).unwrap().0
    }

    fn url(rules: &AddressRules, fields: Value, slug: Option<&str>) -> Option<String> {
        let mut article = article(fields);
        rules.complete(&mut article, slug);
        article.url
    }

    #[test]
    fn an_article_without_an_address_gets_that_of_the_pattern() {
        let site = "https://www.example.org";
        for (pattern, fields, slug, expected) in [
            ("/{lang}/{slug}/", json!({}), None, Some("/es/becas-2027/")),
            ("/{lang}/{slug}/", json!({}), Some("ayudas"), Some("/es/ayudas/")),
            ("/{lang}/{slug}/", json!({"id": "es/becas/index"}), Some(" "), Some("/es/becas/")),
            (
                "/{lang}/{slug}/",
                json!({"lang": "pt-BR", "id": "niñez y más"}),
                None,
                Some("/pt-BR/ni%C3%B1ez%20y%20m%C3%A1s/"),
            ),
            ("/{id}.html", json!({"id": "a b/c"}), None, Some("/a%20b/c.html")),
            ("/{work}?lang={lang}", json!({"work": "w"}), None, Some("/w?lang=es")),
            (
                "/{year}/{month}/{day}/{slug}",
                json!({"published_at": "2021-03-05T23:00:00-05:00"}),
                None,
                Some("/2021/03/05/becas-2027"),
            ),
            // What the pattern needs is not there.
            ("/{year}/{slug}", json!({}), None, None),
            ("/{lang}/{slug}", json!({"lang": null}), None, None),
            // An address that is given stays.
            ("/{lang}/{slug}/", json!({"url": "https://other.example/x"}), None, Some("!https://other.example/x")),
        ] {
            let rules = AddressRules::new(None, Some(&format!("{site}{pattern}"))).unwrap();
            let expected = expected.map(|text| text.strip_prefix('!').map_or(format!("{site}{text}"), str::to_owned));
            assert_eq!(url(&rules, fields.clone(), slug), expected, "{pattern} {fields}");
        }
    }

    #[test]
    fn a_date_in_front_of_a_name_is_no_part_of_the_slug() {
        for (path, expected) in [
            ("es/_posts/2024-05-01-hello-world", Some(("2024-05-01", "hello-world"))),
            ("_posts/2024-5-1-hello", Some(("2024-05-01", "hello"))),
            ("blog/2024-05-01-hello/index", Some(("2024-05-01", "hello"))),
            ("2024-05-01-2", Some(("2024-05-01", "2"))),
            ("2024-05-01", None),
            ("2024-05-01-", None),
            ("2024-05-hello", None),
            ("2024-13-01-hello", None),
            ("24-05-01-hello", None),
            ("2024-05-01/hello", None),
            ("plan-2024-05-01-x", None),
        ] {
            let expected = expected.map(|(date, slug)| (date.to_owned(), slug));
            assert_eq!(dated_slug(path), expected, "{path}");
        }
    }

    #[test]
    fn paths_are_completed_by_the_base_and_by_the_page() {
        let rules = AddressRules::new(Some("https://www.example.org/web"), Some("{lang}/{slug}/")).unwrap();
        for (given, expected) in [
            (json!({"url": "/es/x/"}), "https://www.example.org/es/x/"),
            (json!({"url": "es/x/"}), "https://www.example.org/web/es/x/"),
            (json!({"url": "http://old.example/x"}), "http://old.example/x"),
            (json!({}), "https://www.example.org/web/es/becas-2027/"),
        ] {
            assert_eq!(url(&rules, given.clone(), None).as_deref(), Some(expected), "{given}");
        }
        let mut article = article(
            json!({"url": "/es/x/", "image": "a.jpg", "links": ["../y/", "https://a.example", "mailto:a@b.example"]}),
        );
        rules.complete(&mut article, None);
        assert_eq!(article.image.as_deref(), Some("https://www.example.org/es/x/a.jpg"));
        assert_eq!(article.links, ["https://www.example.org/es/y/", "https://a.example", "mailto:a@b.example"]);
        let untouched = json!({"url": "/es/x/", "image": "/a.jpg"});
        assert_eq!(url(&AddressRules::default(), untouched, None).as_deref(), Some("/es/x/"));
    }

    #[test]
    fn what_makes_no_addresses_is_refused() {
        for (base, pattern, named) in [
            (Some("www.example.org"), None, "base_url"),
            (Some("ftp://www.example.org"), None, "base_url"),
            (Some("https://www.example.org/?a=b"), None, "base_url"),
            (None, Some("/{lang}/{slug}/"), "an address such as"),
            (None, Some("https://a.example/{lang}/"), "with {slug}, {id} or {work}"),
            (None, Some("https://a.example/{title}/"), "{title}: it can have {lang}, {slug}"),
            (None, Some("https://a.example/{slug/"), "needs a }"),
            (None, Some("https://a.example/slug}/{id}"), "needs a }"),
            (None, Some("javascript:{id}"), "an address such as"),
        ] {
            let error = AddressRules::new(base, pattern).unwrap_err().to_string();
            assert!(error.contains(named), "{base:?} {pattern:?}: {error}");
        }
    }
}
