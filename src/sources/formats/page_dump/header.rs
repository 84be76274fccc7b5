//! Finds the header of an article around its main content: title, date, authors, summary, topics.

use std::collections::HashSet;

use super::boilerplate::{self, LineKind, Sign};
use super::lines::{Item, Marker, cut_mark, fold, key};
use super::main_content::MainContent;
use super::tables::DateLabel;
use super::tables::LineLabel;

/// The values found above (and just below) the main content.
#[derive(Debug, Default)]
pub(crate) struct Header {
    pub title: Option<String>,
    pub published_at: Option<String>,
    pub authors: Vec<String>,
    pub summary: Option<String>,
    pub topics: Vec<String>,
    /// The first item of the body.
    pub body: usize,
    /// Items after that which do not belong to the body, in ascending order.
    pub skip: Vec<usize>,
}

/// How many items above the main content are searched for a title.
const REACH: usize = 40;
/// The score from which a line above the main content is accepted as the title.
const LIKELY: i32 = 6;

struct PageLines<'p> {
    items: &'p [Item],
    signs: &'p [Sign],
    keys: HashSet<String>,
    window: String,
}

/// Reads the header around the main content.
pub(crate) fn find(items: &[Item], signs: &[Sign], content: MainContent) -> Header {
    // Menu entries above, to distinguish them from a title.
    let keys = items
        .iter()
        .zip(signs)
        .take(content.start)
        .filter(|(item, sign)| item.listed() && matches!(sign.kind, LineKind::Entry | LineKind::Introduced))
        .map(|(item, _)| key(&item.text))
        .collect();
    // Text browsers print the window title first.
    let window =
        items.first().filter(|item| !item.listed() && item.words <= 40).map(|item| key(&item.text)).unwrap_or_default();
    let page = PageLines { items, signs, keys, window };
    let (title, start, lead) = page.title_and_start(content);

    let mut head = Header { body: start, ..Header::default() };
    head.title = title.and_then(|at| items.get(at)).map(|item| {
        let first = title == Some(0);
        if first { without_site(&item.text).to_owned() } else { item.text.clone() }
    });
    page.between(title, lead, start, content, &mut head);
    page.dates_and_authors(title, start, content, &mut head);
    head.topics = page.topics(title, start);
    head.skip.sort_unstable();
    head.skip.dedup();
    head
}

impl PageLines<'_> {
    fn kind(&self, at: usize) -> Option<&LineKind> {
        self.signs.get(at).map(|sign| &sign.kind)
    }

    fn item(&self, at: usize) -> Option<&Item> {
        self.items.get(at)
    }

    fn is_prose(&self, at: usize) -> bool {
        self.kind(at) == Some(&LineKind::Prose)
    }

    fn is_meta(&self, at: usize) -> bool {
        matches!(self.kind(at), Some(LineKind::Meta(_)))
    }

    /// The index of the title, the first index of the body, and the range of the lead (teaser or
    /// introduction printed above the date), empty if there is none.
    fn title_and_start(&self, content: MainContent) -> (Option<usize>, usize, std::ops::Range<usize>) {
        // Above the article there may be prose that does not belong to it, such as a banner or a
        // slogan. A heading that the page itself marks as its title wins.
        let strong = (content.start + 1..content.end.min(content.start + REACH)).find(|&at| {
            self.item(at).is_some_and(|item| item.marker == Marker::Heading(1) || at > 0 && self.is_window_title(item))
                && self.may_be_title(at)
                && self.words(content.start, at) < self.words(at + 1, content.end + 1)
        });
        if let Some(at) = strong {
            let start = self.after_lead(at + 1, content).unwrap_or(at + 1);
            return (Some(at), start, at + 1..start);
        }
        let above = self.best_title(content.start);
        if let Some(start) = self.after_lead(content.start, content) {
            let inner = (content.start..start)
                .rev()
                .filter(|&at| self.kind(at) == Some(&LineKind::Short) && self.may_be_title(at))
                .find(|&at| self.item(at).is_some_and(|item| item.words >= 3) && !self.is_section(at));
            match (inner, above) {
                (Some(at), None) => return (Some(at), start, at + 1..start),
                (Some(at), Some((_, score))) if score < LIKELY && self.item(at).is_some_and(|i| i.words >= 4) => {
                    return (Some(at), start, at + 1..start);
                }
                (_, above) => return (above.map(|(at, _)| at), start, content.start..start),
            }
        }
        // A question or a long title may have been classified as the first line of the prose.
        if above.is_none_or(|(_, score)| score < LIKELY - 2) {
            let first = self.item(content.start);
            let title_like = first.is_some_and(|item| {
                !item.listed()
                    && item.words <= 30
                    && (item.text.ends_with(['?', '!']) || matches!(item.marker, Marker::Heading(_)))
            });
            if title_like && content.start < content.end {
                return (Some(content.start), content.start + 1, content.start + 1..content.start + 1);
            }
        }
        (above.map(|(at, _)| at), content.start, content.start..content.start)
    }

    /// The start of the body if the first paragraphs are a lead: a teaser that the next paragraphs
    /// repeat, or one or two paragraphs above the date line.
    fn after_lead(&self, from: usize, content: MainContent) -> Option<usize> {
        const NEAR: usize = 12;
        let first = (from..=content.end.min(from + NEAR))
            .find(|&at| self.is_prose(at) || self.kind(at) == Some(&LineKind::Sentence))?;
        let next = (first + 1..=content.end.min(first + NEAR)).find(|&at| self.is_prose(at));
        if let (Some(next), Some(teaser)) = (next, self.item(first))
            && self.repeats(&teaser.text, next, content.end).is_some()
        {
            return Some(next);
        }
        let date = (first + 1..content.end.min(from + NEAR)).find(|&at| self.is_meta(at))?;
        let lead = (from..date).filter(|&at| self.is_prose(at)).count();
        // More dates further down belong to entries or comments, and then this one may too.
        let entries = (date + 4..=content.end)
            .filter(|&at| matches!(self.kind(at), Some(LineKind::Meta(meta)) if meta.date.is_some()))
            .take(2)
            .count();
        let (before, after) = (self.words(from, date), self.words(date + 1, content.end + 1));
        if lead > 2 || entries >= 2 || after < before || before > 160 {
            return None;
        }
        (date + 1..=content.end).find(|&at| self.is_prose(at) || self.kind(at) == Some(&LineKind::Sentence))
    }

    /// The number of words of prose in `from..to`.
    fn words(&self, from: usize, to: usize) -> usize {
        let prose = |at: &usize| matches!(self.kind(*at), Some(LineKind::Prose | LineKind::Sentence));
        (from..to).filter(prose).filter_map(|at| self.item(at)).map(|item| item.words).sum()
    }

    fn is_section(&self, at: usize) -> bool {
        self.item(at).is_some_and(|item| boilerplate::is_section_name(&item.text) || boilerplate::is_kicker(&item.text))
    }

    /// Whether a line looks as much like a title as the one below it.
    fn rivals(&self, at: usize) -> bool {
        let recurs = self.signs.get(at).is_some_and(|sign| sign.recurs);
        self.may_be_title(at) && !recurs && !self.is_section(at) && self.item(at).is_some_and(|item| item.words >= 3)
    }

    fn is_window_title(&self, item: &Item) -> bool {
        let key = key(&item.text);
        item.words >= 3 && !key.is_empty() && self.window.contains(&key)
    }

    fn may_be_title(&self, at: usize) -> bool {
        let Some(item) = self.item(at) else {
            return false;
        };
        let shape = match self.kind(at) {
            Some(LineKind::Short | LineKind::Sentence) => !item.listed(),
            // A title may contain a date or a time, or look like a list.
            Some(LineKind::Event | LineKind::Trail(_)) => matches!(item.marker, Marker::Heading(_)),
            _ => false,
        };
        shape && item.words <= 40 && !item.text.contains('@') && !item.text.contains("://")
    }

    /// The best title candidate above an item, with its score.
    fn best_title(&self, below: usize) -> Option<(usize, i32)> {
        let mut best: Option<(usize, i32)> = None;
        let mut between = 0;
        for at in (below.saturating_sub(REACH)..below).rev() {
            if self.may_be_title(at) {
                let score = self.title_score(at, below) - between * 3 / 2;
                if best.is_none_or(|(_, most)| score > most) {
                    best = Some((at, score));
                }
            }
            between += match self.kind(at) {
                Some(LineKind::Short | LineKind::Sentence | LineKind::Prose) if self.is_section(at) => 0,
                Some(LineKind::Short | LineKind::Sentence | LineKind::Prose | LineKind::Entry | LineKind::Notice) => 1,
                _ => 0,
            };
        }
        best
    }

    fn title_score(&self, at: usize, below: usize) -> i32 {
        let Some(item) = self.item(at) else {
            return i32::MIN / 2;
        };
        let name = key(&item.text);
        let mut score = match item.words {
            0 | 1 => 0,
            2 => 1,
            3 => 2,
            4..=24 => 4,
            _ => 1,
        };
        score += match item.marker {
            Marker::Heading(1) => 8,
            Marker::Heading(2) => 3,
            Marker::Heading(_) => 1,
            _ => 0,
        };
        let trailed = (at.saturating_sub(8)..below).any(|near| match self.kind(near) {
            Some(LineKind::Trail(parts)) => parts.last().is_some_and(|last| same_start(&key(last), &name)),
            _ => false,
        });
        let windowed = at > 0 && self.is_window_title(item);
        score += 6 * (i32::from(trailed) + i32::from(windowed));
        // A title may recur too, because lists of recent pages repeat it on every page.
        let recurs = self.signs.get(at).is_some_and(|sign| sign.recurs);
        if recurs && !trailed && !windowed {
            score -= 4;
        }
        // The last entry of a breadcrumb list directly above may equal the title.
        if self.keys.contains(&name)
            && at.checked_sub(1).and_then(|i| self.item(i)).is_none_or(|i| key(&i.text) != name)
        {
            score -= 3;
        }
        if item.text.ends_with('.') {
            score -= 1;
        }
        if item.introduces() {
            score -= 2;
        }
        if boilerplate::is_section_name(&item.text) || boilerplate::is_kicker(&item.text) {
            score -= 5;
        }
        let caps = !item.text.chars().any(char::is_lowercase);
        if caps && item.words <= 3 {
            score -= 2;
        }
        let above = at.checked_sub(1);
        let dated = self.is_meta(at + 1) || above.is_some_and(|i| self.is_meta(i));
        let alone_above = at + 1 == below && !above.is_some_and(|i| self.rivals(i));
        if dated || alone_above {
            score += 2;
        }
        let after_text = above.is_some_and(|i| {
            matches!(self.kind(i), Some(LineKind::Sentence)) && self.item(i).is_some_and(|item| item.words >= 6)
        });
        if after_text && item.marker == Marker::None {
            score -= 3;
        }
        // If the order is line, date, line, text, the second line is only a heading of the text.
        let dated = (0..at).rev().take_while(|&i| self.is_meta(i)).last();
        if dated.and_then(|i| i.checked_sub(1)).is_some_and(|i| self.rivals(i)) && item.marker == Marker::None {
            score -= 5;
        }
        if matches!(at.checked_sub(1).and_then(|i| self.kind(i)), Some(LineKind::Trail(_))) {
            score += 1;
        }
        // Menus without bullets are runs of short lines.
        let lone = |i: Option<usize>| {
            i.is_some_and(|i| {
                self.kind(i) == Some(&LineKind::Short) && self.item(i).is_some_and(|item| item.words <= 4)
            })
        };
        if item.words <= 4 && (1..=3).all(|back| lone(at.checked_sub(back))) && lone(Some(at + 1)) {
            score -= 2;
        }
        score
    }

    /// If a paragraph repeats the text of a teaser, returns the teaser as a summary: without the
    /// omission mark and a truncated last word, and with `…` if it was cut.
    fn repeats(&self, teaser: &str, at: usize, end: usize) -> Option<String> {
        const LEAST_WORDS: usize = 5;
        let whole = cut_mark(teaser);
        let text = whole.unwrap_or(teaser);
        let teaser_words: Vec<String> = words(text);
        if teaser_words.len() < LEAST_WORDS {
            return None;
        }
        let mut repeated = (at..=end.min(at.saturating_add(40)))
            .filter(|&i| !self.is_meta(i))
            .filter_map(|i| self.item(i))
            .flat_map(|item| words(&item.text));
        let mut same = 0;
        let mut half = false;
        for word in &teaser_words {
            let Some(next) = repeated.next() else { break };
            if *word == next {
                same += 1;
            } else {
                half = same + 1 == teaser_words.len() && next.starts_with(word.as_str());
                break;
            }
        }
        // A word or two may differ: a missing footnote mark, or a truncated word.
        if same < LEAST_WORDS || same + 1 < teaser_words.len() && same * 10 < teaser_words.len() * 9 {
            return None;
        }
        let text = if half { text.rsplit_once(' ').map_or(text, |(head, _)| head) } else { text };
        let cut = whole.is_some() || half || !text.ends_with(['.', '!', '?', '"', '”', '»', ')', ':']);
        Some(if cut { format!("{}…", text.trim_end_matches([',', ';', ':', ' '])) } else { text.to_owned() })
    }

    /// Classifies the lines between the title and the main content: summary, first lines of the
    /// body, or neither.
    fn between(
        &self,
        title: Option<usize>,
        lead: std::ops::Range<usize>,
        start: usize,
        content: MainContent,
        head: &mut Header,
    ) {
        let name = title.and_then(|at| self.item(at)).map(|item| key(&item.text)).unwrap_or_default();
        for at in content.start.max(start)..=content.end.min(start.saturating_add(6)) {
            let doubled = self.item(at).is_some_and(|item| !name.is_empty() && key(&item.text) == name);
            if doubled {
                head.skip.push(at);
            }
        }
        let from = title.map_or(lead.start, |at| at + 1).min(start);
        let mut body = Vec::new();
        let mut subtitle = None;
        let mut dated = false;
        for at in from..start {
            let (Some(item), Some(kind)) = (self.item(at), self.kind(at)) else {
                continue;
            };
            let leads = lead.contains(&at);
            let recurs = self.signs.get(at).is_some_and(|sign| sign.recurs);
            let doubled = key(&item.text) == name;
            match kind {
                LineKind::Meta(_) => dated = true,
                LineKind::Prose | LineKind::Sentence | LineKind::Short if !doubled => {
                    if let Some(summary) = self.repeats(&item.text, start, content.end) {
                        head.summary = head.summary.take().or(Some(summary));
                    } else if leads && *kind == LineKind::Prose && head.summary.is_none() {
                        head.summary = Some(item.text.clone());
                    } else if leads && *kind == LineKind::Prose || *kind == LineKind::Sentence && !recurs {
                        body.push(at);
                    } else if *kind == LineKind::Prose {
                        // This paragraph recurs on the site (otherwise it would be in the main
                        // content). It is the first paragraph of the body unless boilerplate
                        // separates it from the rest.
                        body.push(at);
                    } else if *kind == LineKind::Short && !recurs {
                        if item.words >= 8 && subtitle.is_none() {
                            subtitle = Some(item.text.clone());
                        } else if at + 1 == start && (dated || item.words < 8) && !is_bare_name(item) {
                            body.push(at);
                        }
                    }
                }
                LineKind::Event => body.push(at),
                LineKind::Introduced => body.push(at),
                _ => {}
            }
        }
        head.summary = head.summary.take().or(subtitle);
        // Sentences before a paragraph belong to the body, which then starts with the first of
        // them.
        if let Some(&first) = body.first() {
            head.body = first;
            let parted = (first..start).any(|at| {
                matches!(
                    self.kind(at),
                    Some(
                        LineKind::Meta(_)
                            | LineKind::Trail(_)
                            | LineKind::Notice
                            | LineKind::More
                            | LineKind::Label(LineLabel::Share)
                    )
                )
            });
            // Lines after the first sentence belong to the body, unless boilerplate separates them.
            head.skip.extend((first..start).filter(|at| parted && body.binary_search(at).is_err()));
        }
    }

    fn dates_and_authors(&self, title: Option<usize>, start: usize, content: MainContent, head: &mut Header) {
        let title_at = title.unwrap_or(start);
        let mut found: Option<(u8, String)> = None;
        let mut authors: Option<(u8, Vec<String>)> = None;
        let from = title_at.saturating_sub(5);
        let to = (start + 2).min(content.end + 1);
        let after = content.end + 1..(content.end + 7).min(self.items.len());
        for at in (from..to).chain(after) {
            let below = at > content.end;
            if below && matches!(self.kind(at), Some(LineKind::Label(LineLabel::Related | LineLabel::Comments))) {
                break;
            }
            let Some(LineKind::Meta(meta)) = self.kind(at) else {
                continue;
            };
            if let Some((iso, label)) = &meta.date {
                let rank = match (label, below) {
                    (DateLabel::Published, false) => 6,
                    (DateLabel::Bare, false) if at > title_at => 5,
                    (DateLabel::Bare, false) => 4,
                    (DateLabel::Published, true) => 3,
                    (DateLabel::Updated, _) => 1,
                    (DateLabel::Bare, true) => 0,
                };
                if rank > 0 && found.as_ref().is_none_or(|(most, _)| rank > *most) {
                    found = Some((rank, iso.clone()));
                }
                if below && *label == DateLabel::Bare {
                    // An unlabelled list of other pages begins here.
                    break;
                }
            }
            let rank = if below { 1 } else { 2 };
            if !meta.authors.is_empty() && authors.as_ref().is_none_or(|(most, _)| rank > *most) {
                authors = Some((rank, meta.authors.clone()));
            }
        }
        head.published_at = found.map(|(_, iso)| iso).or_else(|| self.dateline(head.body, content));
        head.authors = authors.map(|(_, names)| names).unwrap_or_default();
    }

    /// The date of a dateline such as "Quito, 3 March 2021 – The council ...".
    fn dateline(&self, at: usize, content: MainContent) -> Option<String> {
        const REACH_CHARS: usize = 70;
        let item = self.item(at.min(content.end))?;
        let opening: String = item.text.chars().take(REACH_CHARS).collect();
        let date = super::dates::find(&opening)?;
        let before = opening.get(..date.start)?;
        let after = opening.get(date.end..)?.trim_start_matches(['.', ')', ' ']);
        let place = before.split_whitespace().count() <= 4 && !before.contains(". ");
        (place && after.starts_with(['–', '—', '-', ':'])).then_some(date.iso)
    }

    fn topics(&self, title: Option<usize>, start: usize) -> Vec<String> {
        let Some(title_at) = title else {
            return Vec::new();
        };
        let name = self.item(title_at).map(|item| key(&item.text)).unwrap_or_default();
        for at in (title_at.saturating_sub(8)..start).rev() {
            let (Some(item), Some(kind)) = (self.item(at), self.kind(at)) else {
                continue;
            };
            if let Some(topics) = categories(item) {
                return topics;
            }
            if let LineKind::Trail(parts) = kind {
                let ends = parts.last().is_some_and(|last| same_start(&key(last), &name));
                let crumbs = item.text.contains(['›', '»', '→']) || item.text.contains(" > ");
                if at < title_at
                    && (ends
                        || crumbs && parts.first().is_some_and(|p| boilerplate::is_home(p))
                        || item.text.contains(':') && crumbs)
                {
                    return path(parts, &name);
                }
            }
        }
        self.listed_crumbs(title_at, &name)
    }

    /// A breadcrumb printed as a list: it starts with "Home" and ends with the title.
    fn listed_crumbs(&self, title_at: usize, name: &str) -> Vec<String> {
        const DEEPEST: usize = 7;
        let Some(last) = title_at.checked_sub(1) else {
            return Vec::new();
        };
        let is_last = self.item(last).is_some_and(|item| item.listed() && same_start(&key(&item.text), name));
        if !is_last {
            return Vec::new();
        }
        let first = (last.saturating_sub(DEEPEST)..last)
            .rev()
            .take_while(|&at| self.item(at).is_some_and(Item::listed))
            .find(|&at| self.item(at).is_some_and(|item| boilerplate::is_home(&item.text)));
        let Some(first) = first else {
            return Vec::new();
        };
        let parts: Vec<String> = (first..=last).filter_map(|at| self.item(at)).map(|item| item.text.clone()).collect();
        path(&parts, name)
    }
}

/// Whether a line is only a place or a person, and so no heading.
fn is_bare_name(item: &Item) -> bool {
    item.words <= 1 || item.text.ends_with(',')
}

fn words(text: &str) -> Vec<String> {
    key(text).split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// Whether two folded lines are equal, or one is a truncated form of the other.
fn same_start(a: &str, b: &str) -> bool {
    const LEAST: usize = 12;
    a == b && !a.is_empty() || a.len() >= LEAST && b.starts_with(a) || b.len() >= LEAST && a.starts_with(b)
}

/// A topic path from breadcrumb labels, without "Home", the page's own title and the page type.
fn path(parts: &[String], title: &str) -> Vec<String> {
    let labels: Vec<String> = parts
        .iter()
        .filter(|part| !boilerplate::is_home(part) && !boilerplate::is_kicker(part) && !same_start(&key(part), title))
        // A slash within a label would be parsed as another level.
        .map(|part| part.replace('/', "-"))
        .collect();
    if labels.is_empty() { Vec::new() } else { vec![labels.join("/")] }
}

/// Parses "Category: Equity, Innovation" into topics.
fn categories(item: &Item) -> Option<Vec<String>> {
    let (head, tail) = item.text.split_once(':')?;
    let known = matches!(
        fold(head.trim()).as_str(),
        "category"
            | "categories"
            | "topic"
            | "topics"
            | "filed under"
            | "categoria"
            | "categorias"
            | "tema"
            | "temas"
            | "rubrique"
            | "rubriques"
            | "categorie"
            | "theme"
            | "themes"
            | "thematique"
            | "area tematica"
            | "eixo tematico"
    );
    if !known || item.words > 20 {
        return None;
    }
    let topics: Vec<String> = tail
        .split([',', ';', '|'])
        .map(|topic| topic.trim().replace('/', "-"))
        .filter(|topic| !topic.is_empty())
        .collect();
    (!topics.is_empty()).then_some(topics)
}

/// The window title without the site name at its end.
fn without_site(title: &str) -> &str {
    for separator in [" | ", " – ", " — ", " - ", " » ", " :: "] {
        if let Some((head, site)) = title.rsplit_once(separator)
            && head.split(' ').count() >= 3
            && site.split(' ').count() <= 6
        {
            return head.trim();
        }
    }
    title
}
