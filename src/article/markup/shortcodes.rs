//! WordPress's shortcodes, which its export leaves in a text: `[caption id="x"]A picture[/caption]`.
//!
//! They are taken out, and what stands between them stays. A word in brackets is a shortcode if it has
//! an end (`[/name]`), attributes (`name="value"`), or is one of those that WordPress itself defines; any
//! other one, such as `[sic]` or `[1]`, is text.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::article::text::head;

/// The shortcodes of WordPress itself (`wp-includes/media.php`, `class-wp-embed.php`).
const OF_WORDPRESS: [&str; 7] = ["audio", "caption", "embed", "gallery", "playlist", "video", "wp_caption"];

/// How far a shortcode is looked for, in bytes.
const MAX_LENGTH: usize = 4_000;

/// The names of the shortcodes of a text that begin and end.
#[derive(Debug, Default)]
pub(crate) struct Names<'t> {
    paired: HashSet<&'t str>,
}

impl<'t> Names<'t> {
    /// The names in a text.
    pub(crate) fn of(text: &'t str) -> Names<'t> {
        let begun: HashSet<&str> = text.match_indices('[').filter_map(|(at, _)| name(text.get(at + 1..)?)).collect();
        let ended = text.match_indices("[/").filter_map(|(at, _)| {
            let rest = text.get(at + 2..)?;
            let name = name(rest)?;
            rest.get(name.len()..)?.trim_start().starts_with(']').then_some(name)
        });
        Names { paired: ended.filter(|name| begun.contains(name)).collect() }
    }

    /// A part of the text without its shortcodes.
    pub(crate) fn strip<'p>(&self, part: &'p str) -> Cow<'p, str> {
        let mut stripped = String::new();
        let mut at = 0;
        for (begin, code) in shortcodes(part, self) {
            stripped.push_str(part.get(at..begin).unwrap_or_default());
            at = begin + code.length;
            let rest = part.get(at..).unwrap_or_default();
            if !stripped.is_empty() && !stripped.ends_with(|c: char| c.is_whitespace() || c == '>') {
                let is_parted =
                    rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || ".,;:!?)<".contains(c));
                stripped.push_str(if is_parted && code.caption.is_none() { "" } else { " " });
            }
            if stripped.ends_with(' ') && rest.starts_with(' ') {
                at += 1;
            }
            if let Some(caption) = code.caption {
                stripped.push_str(caption);
                stripped.push(' ');
            }
        }
        if at == 0 {
            return Cow::Borrowed(part);
        }
        stripped.push_str(part.get(at..).unwrap_or_default());
        Cow::Owned(stripped)
    }
}

struct Shortcode<'t> {
    length: usize,
    /// The caption that old versions of WordPress write as an attribute.
    caption: Option<&'t str>,
}

/// The shortcodes of a part of a text, and where they begin.
fn shortcodes<'t>(part: &'t str, names: &Names<'_>) -> impl Iterator<Item = (usize, Shortcode<'t>)> {
    let mut end = 0;
    part.match_indices('[').filter_map(move |(at, _)| {
        if at < end || part.get(..at).is_some_and(|before| before.ends_with('[')) {
            return None;
        }
        let code = shortcode(part.get(at..)?, names)?;
        end = at + code.length;
        Some((at, code))
    })
}

/// The shortcode that a text begins with.
fn shortcode<'t>(text: &'t str, names: &Names<'_>) -> Option<Shortcode<'t>> {
    let inside = text.strip_prefix('[')?;
    let is_end = inside.starts_with('/');
    let inside = inside.strip_prefix('/').unwrap_or(inside);
    let name = name(inside)?;
    let rest = inside.get(name.len()..)?;
    let length = end_of(head(rest, MAX_LENGTH))?;
    let attributes = rest.get(..length)?;
    let is_known = names.paired.contains(name) || (!is_end && OF_WORDPRESS.contains(&name));
    let is_shortcode = match (is_end, attributes.trim()) {
        (true, attributes) => is_known && attributes.is_empty(),
        (false, "" | "/") => is_known,
        (false, _) if attributes.starts_with('=') => is_known,
        (false, _) => attributes.starts_with(char::is_whitespace) && (is_known || has_attributes(attributes)),
    };
    let length = text.len() - rest.len() + length + 1;
    let caption = attribute(attributes, "caption").filter(|caption| !caption.is_empty());
    is_shortcode.then_some(Shortcode { length, caption })
}

/// The name that a text begins with.
fn name(text: &str) -> Option<&str> {
    let length = text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')).count();
    text.get(..length).filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Where the attributes end: at the next bracket that is not in a quoted value.
fn end_of(attributes: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in attributes.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '"' | '\'') && attributes.get(..at).is_some_and(|before| before.ends_with('=')) => {
                quote = Some(c);
            }
            None if c == ']' => return Some(at),
            None if c == '[' => return None,
            None => {}
        }
    }
    None
}

/// Whether there is a `name=value` with a quoted value, or nothing else.
fn has_attributes(text: &str) -> bool {
    let is_pair =
        |word: &str| word.split_once('=').is_some_and(|(key, value)| name(key) == Some(key) && !value.is_empty());
    let is_quoted = |at: usize| {
        let before = text.get(..at).unwrap_or_default().rsplit(char::is_whitespace).next().unwrap_or_default();
        let value = text.get(at + 1..).unwrap_or_default();
        name(before) == Some(before) && value.starts_with(['"', '\'', '“', '”', '″', '&'])
    };
    text.match_indices('=').any(|(at, _)| is_quoted(at)) || text.trim_end_matches('/').split_whitespace().all(is_pair)
}

/// The quoted value of an attribute.
fn attribute<'t>(attributes: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = attributes.split_once(&format!(" {name}="))?;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest.get(1..)?.split(quote).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str) -> String {
        Names::of(text).strip(text).into_owned()
    }

    #[test]
    fn shortcodes_go_and_their_text_stays() {
        for (text, expected) in [
            ("[caption id=\"a\" width=\"3\"]Una foto[/caption]", "Una foto"),
            ("[row][col width=\"1/2\"]Uno[/col][col]dos[/col][/row] tres", "Uno dos tres"),
            ("Antes [form-7 id=\"12\" title=\"Un ] título\"] después", "Antes después"),
            ("[gallery] fin", " fin"),
            ("[video width=640 height=360 /]fin", "fin"),
            ("[x_y a=&#8221;1&#8221;]fin", "fin"),
            ("Con [b]énfasis[/b], y [url=https://a.example]un enlace[/url].", "Con énfasis, y un enlace."),
            ("[wp_caption caption=\"Un mapa\"]<img>[/wp_caption]", "Un mapa <img>"),
        ] {
            assert_eq!(stripped(text), expected, "{text}");
        }
    }

    #[test]
    fn other_brackets_are_text() {
        for text in [
            "El signo [sic] y la cita [1], [12] o [véase a=b más abajo].",
            "[[caption]] se escribe así",
            "la lista [a, b] y v[i] = 3",
            "[/caption] sin comienzo",
            "[ENLACE](https://a.example)",
            "[sin fin",
            "[García, 2019]",
        ] {
            assert_eq!(stripped(text), text);
        }
    }
}
