//! Article drafts from plain-text page dumps: what a text browser or
//! html2text printed of a whole web page, furniture included.
//!
//! There are no tags to go by, so several weak signs are weighed: how long and
//! how sentence-like the lines are, what stands beside them, section labels in
//! four languages, dates and bylines, what is said twice (the teaser repeats
//! the first paragraph, the window title the heading), and what recurs over
//! the pages of the site ([`SiteProfile`]). The densest run of prose is the
//! core of the body; title, date and authors are looked for around it.

pub(crate) mod boilerplate;
pub(crate) mod byline;
pub(crate) mod core;
pub(crate) mod dates;
pub(crate) mod header;
pub(crate) mod lines;
pub(crate) mod profile;
pub(crate) mod tables;
#[cfg(test)]
mod tests;
pub(crate) mod words;

pub use self::profile::SiteProfile;

use thiserror::Error;

use self::boilerplate::{LineKind, Sign};
use self::core::MainContent;
use self::lines::{Item, Marker};

/// What could be read of the article of one page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageDump {
    /// One line, never empty; the first words of the body where the page has no title.
    pub title: String,
    /// RFC 3339 full-date (`YYYY-MM-DD`) of publication; the date of the last
    /// update where the page gives no other. `None` without a valid date.
    pub published_at: Option<String>,
    /// Names of the byline, in its order.
    pub authors: Vec<String>,
    /// The teaser above the body (a cut one ends with `…`), or the subtitle.
    pub summary: Option<String>,
    /// Paragraphs, headings, lists and footnotes. A blank line stands between
    /// paragraphs; list items follow each other on lines of their own, with
    /// `- ` or their number.
    pub body: String,
    /// Paths such as `Programs/Research`, from a breadcrumb or a category line
    /// by the title; empty where there is none.
    pub topics: Vec<String>,
}

/// Why no article could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PageDumpError {
    /// No letter and no digit in it.
    #[error("the page dump holds no text")]
    Empty,
    /// Menus, lists of teasers or links only.
    #[error("no article was found in the page dump")]
    NoArticle,
}

/// Reads the article of one page.
///
/// `profile` makes it surer what is furniture; an empty one
/// (`SiteProfile::default()`) says nothing. Never panics; takes time linear in
/// the length of the page.
///
/// # Errors
/// [`PageDumpError::Empty`] without any text, [`PageDumpError::NoArticle`]
/// where there is no prose, or only a listing of teasers.
pub fn read(page: &str, profile: &SiteProfile) -> Result<PageDump, PageDumpError> {
    let items = lines::items(page);
    if items.is_empty() {
        return Err(PageDumpError::Empty);
    }
    let mut signs = boilerplate::signs(&items, profile);
    let mut inset = core::insets(&items, &signs);
    let mut found = core::find(&items, &signs, &inset);
    if found.is_none() && signs.iter().any(|sign| sign.recurs) {
        // A short article that other pages repeat whole: judge it by this page alone.
        signs = boilerplate::signs(&items, &SiteProfile::default());
        inset = core::insets(&items, &signs);
        found = core::find(&items, &signs, &inset);
    }
    let core = found.ok_or(PageDumpError::NoArticle)?;
    if core::is_listing(&items, &signs, core) {
        return Err(PageDumpError::NoArticle);
    }
    let head = header::find(&items, &signs, core);
    let body = body(&items, &signs, &inset, &head.skip, MainContent { start: head.body, end: core.end });
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

/// A stand-in for a title: the first sentence or the first dozen words.
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
        // A shorter word is rather an abbreviation than the end of a sentence.
        if word.ends_with(['.', '!', '?']) && word.len() > 3 {
            break;
        }
    }
    title
}

/// The items of the core that belong to the text, as text.
fn body(items: &[Item], signs: &[Sign], inset: &[bool], skip: &[usize], core: MainContent) -> String {
    let mut kept: Vec<&Item> = Vec::new();
    let mut previous_prose = false;
    for at in core.start..=core.end {
        let (Some(item), Some(sign)) = (items.get(at), signs.get(at)) else {
            break;
        };
        if inset.get(at).copied().unwrap_or(false) || skip.binary_search(&at).is_ok() {
            continue;
        }
        let next = signs.get(at + 1).filter(|_| at < core.end).map(|s| &s.kind);
        let opens = matches!(
            next,
            Some(LineKind::Prose | LineKind::Sentence | LineKind::Introduced | LineKind::Event | LineKind::Short)
        );
        let keep = match &sign.kind {
            LineKind::Prose | LineKind::Sentence | LineKind::Introduced | LineKind::Footnote | LineKind::Event => true,
            // "Introduction" recurs on many pages, "Print this page" too; only the first opens a paragraph.
            LineKind::Short => !sign.recurs || opens && previous_prose || opens && kept.is_empty(),
            LineKind::Entry => !sign.recurs,
            // In the midst of a text a lone date is the heading of a chronicle.
            LineKind::Meta(meta) => meta.authors.is_empty() && !kept.is_empty() && opens,
            LineKind::Trail(_) => !sign.recurs && !kept.is_empty() && item.text.contains('|'),
            LineKind::Label(_) | LineKind::Notice | LineKind::More | LineKind::Aside => false,
        };
        previous_prose =
            matches!(sign.kind, LineKind::Prose | LineKind::Sentence | LineKind::Introduced | LineKind::Entry);
        if keep {
            kept.push(item);
        }
    }
    let mut out = String::new();
    let mut listed = false;
    for item in kept {
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
