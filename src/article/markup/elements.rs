//! The elements of HTML.

/// The elements that part what is before them, in them and behind them.
pub(super) const BLOCKS: [&str; 43] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "html",
    "legend",
    "listing",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "plaintext",
    "pre",
    "search",
    "section",
    "summary",
    "table",
    "ul",
    "xmp",
    "noscript",
];

/// The elements that stand in a line like a word.
pub(super) const WORDS: [&str; 17] = [
    "audio", "button", "canvas", "embed", "iframe", "img", "input", "math", "meter", "object", "optgroup", "option",
    "progress", "select", "svg", "textarea", "video",
];

/// The other elements of HTML (the standard's index, with the obsolete ones).
pub(super) const OTHERS: [&str; 65] = [
    "a", "abbr", "acronym", "area", "b", "base", "bdi", "bdo", "big", "blink", "br", "cite", "code", "col", "colgroup",
    "data", "datalist", "dd", "del", "dfn", "dt", "em", "font", "frame", "frameset", "head", "i", "ins", "kbd",
    "label", "li", "link", "map", "mark", "marquee", "meta", "nobr", "noembed", "noframes", "output", "param",
    "picture", "q", "rp", "rt", "ruby", "s", "samp", "script", "slot", "small", "source", "span", "strike", "strong",
    "style", "sub", "sup", "tbody", "td", "template", "tfoot", "th", "thead", "time",
];

/// And the rest of them.
pub(super) const MORE: [&str; 8] = ["title", "tr", "track", "tt", "u", "var", "wbr", "image"];

/// Elements that never have an end.
pub(super) const VOID: [&str; 13] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

/// Whether this, in lower case, is the name of an element of HTML.
pub(crate) fn is_element(name: &str) -> bool {
    [&BLOCKS[..], &WORDS, &OTHERS, &MORE].iter().any(|names| names.contains(&name))
}

/// Whether an element of this name has no end.
pub(crate) fn is_void(name: &str) -> bool {
    VOID.contains(&name)
}

/// Whether an element of this name is a block.
pub(crate) fn is_block(name: &str) -> bool {
    BLOCKS.contains(&name) || matches!(name, "li" | "td" | "th" | "tr" | "dt" | "dd")
}
