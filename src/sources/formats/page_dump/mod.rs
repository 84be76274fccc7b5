//! Extracts articles from plain-text page dumps: whole web pages, including boilerplate, as printed
//! by a text browser or html2text.
//!
//! There are no tags, so several weak signals are combined: how long and how sentence-like the
//! lines are, their neighbours, section labels in four languages, dates and bylines, repetitions
//! within the page (the teaser repeats the first paragraph, the window title the heading), and
//! lines that recur across the pages of the site ([`SiteProfile`]). The densest run of prose is the
//! main content; title, date and authors are searched for around it.

pub(crate) mod boilerplate;
pub(crate) mod byline;
pub(crate) mod dates;
pub(crate) mod header;
pub(crate) mod lines;
pub(crate) mod main_content;
pub(crate) mod profile;
pub(crate) mod tables;
#[cfg(test)]
mod tests;
pub(crate) mod words;

pub use self::profile::SiteProfile;

use thiserror::Error;

use self::boilerplate::{LineKind, Sign};
use self::lines::{Item, Marker};
use self::main_content::MainContent;

/// The article extracted from one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageDump {
    /// One line, never empty; the first words of the body if the page has no title.
    pub title: String,
    /// The publication date as RFC 3339 full-date (`YYYY-MM-DD`), or the date of the last update if
    /// the page gives no other. `None` without a valid date.
    pub published_at: Option<String>,
    /// The names in the byline, in order.
    pub authors: Vec<String>,
    /// The teaser above the body (a cut one ends with `…`), or the subtitle.
    pub summary: Option<String>,
    /// Paragraphs, headings, lists and footnotes. Paragraphs are separated by a blank line; list
    /// items are on consecutive lines and start with `- ` or their number.
    pub body: String,
    /// Paths such as `Programs/Research`, from a breadcrumb or a category line near the title;
    /// empty if there is none.
    pub topics: Vec<String>,
}

/// Why no article could be extracted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PageDumpError {
    /// The dump contains no letter and no digit.
    #[error("the page dump holds no text")]
    Empty,
    /// The dump contains only menus, lists of teasers or links.
    #[error("no article was found in the page dump")]
    NoArticle,
}

/// Extracts the article of one page.
///
/// `profile` improves the detection of boilerplate; an empty one (`SiteProfile::default()`) has no
/// effect. Never panics; runs in time linear in the length of the page.
///
/// [`PageDumpError::Empty`] if there is no text, [`PageDumpError::NoArticle`] if there is no prose,
/// or only a list of teasers.
pub fn read(page: &str, profile: &SiteProfile) -> Result<PageDump, PageDumpError> {
    let items = lines::items(page);
    if items.is_empty() {
        return Err(PageDumpError::Empty);
    }
    let mut signs = boilerplate::signs(&items, profile);
    let mut inset = main_content::insets(&items, &signs);
    let mut found = main_content::find(&items, &signs, &inset);
    if found.is_none() && signs.iter().any(|sign| sign.recurs) {
        // Other pages may repeat a short article completely: classify this page without the
        // profile.
        signs = boilerplate::signs(&items, &SiteProfile::default());
        inset = main_content::insets(&items, &signs);
        found = main_content::find(&items, &signs, &inset);
    }
    let content = found.ok_or(PageDumpError::NoArticle)?;
    if main_content::is_listing(&items, &signs, content) {
        return Err(PageDumpError::NoArticle);
    }
    let head = header::find(&items, &signs, content);
    let body = body(&items, &signs, &inset, &head.skip, MainContent { start: head.body, end: content.end });
    if body.is_empty() {
        return Err(PageDumpError::NoArticle);
    }
    Ok(PageDump {
        title: head.title.unwrap_or_else(|| first_words(&body)),
        published_at: head.published_at,
        authors: head.authors,
        summary: head.summary,
        body,
        topics: head.topics,
    })
}

/// A substitute for a missing title: the first sentence, or the first words up to a limit.
fn first_words(body: &str) -> String {
    const MOST_CHARS: usize = 90;
    let line = body.lines().next().unwrap_or_default();
    let mut title = String::new();
    let mut chars = 0;
    for word in line.split(' ') {
        chars += word.chars().count() + 1;
        if !title.is_empty() && chars > MOST_CHARS {
            title.push('…');
            return title;
        }
        if title.is_empty() && chars > MOST_CHARS {
            return word.chars().take(MOST_CHARS).collect();
        }
        if !title.is_empty() {
            title.push(' ');
        }
        title.push_str(word);
        // A shorter word is more likely an abbreviation than the end of a sentence.
        if word.ends_with(['.', '!', '?']) && word.len() > 3 {
            break;
        }
    }
    title
}

/// The text of those main content items that belong to the body.
fn body(items: &[Item], signs: &[Sign], inset: &[bool], skip: &[usize], content: MainContent) -> String {
    let mut body_items: Vec<&Item> = Vec::new();
    let mut previous_prose = false;
    for at in content.start..=content.end {
        let (Some(item), Some(sign)) = (items.get(at), signs.get(at)) else {
            break;
        };
        if inset.get(at).copied().unwrap_or(false) || skip.binary_search(&at).is_ok() {
            continue;
        }
        let next = signs.get(at + 1).filter(|_| at < content.end).map(|s| &s.kind);
        let precedes_text = matches!(
            next,
            Some(LineKind::Prose | LineKind::Sentence | LineKind::Introduced | LineKind::Event | LineKind::Short)
        );
        let keep = match &sign.kind {
            LineKind::Prose | LineKind::Sentence | LineKind::Introduced | LineKind::Footnote | LineKind::Event => true,
            // Both "Introduction" and "Print this page" recur on many pages, but only the first
            // precedes a paragraph.
            LineKind::Short => {
                !sign.recurs || precedes_text && previous_prose || precedes_text && body_items.is_empty()
            }
            LineKind::Entry => !sign.recurs,
            // Within a text, a date on its own line is the heading of a chronicle.
            LineKind::Meta(meta) => meta.authors.is_empty() && !body_items.is_empty() && precedes_text,
            LineKind::Trail(_) => !sign.recurs && !body_items.is_empty() && item.text.contains('|'),
            LineKind::Label(_) | LineKind::Notice | LineKind::More | LineKind::Aside => false,
        };
        previous_prose =
            matches!(sign.kind, LineKind::Prose | LineKind::Sentence | LineKind::Introduced | LineKind::Entry);
        if keep {
            body_items.push(item);
        }
    }
    let mut out = String::new();
    let mut listed = false;
    for item in body_items {
        if !out.is_empty() {
            out.push_str(if listed && item.listed() { "\n" } else { "\n\n" });
        }
        listed = item.listed();
        match &item.marker {
            Marker::Bullet => out.push_str("- "),
            Marker::Number(number) => {
                out.push_str(number);
                out.push(' ');
            }
            Marker::None | Marker::Heading(_) => {}
        }
        out.push_str(&item.text);
    }
    out
}
