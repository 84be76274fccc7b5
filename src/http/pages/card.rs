//! An article in a list, as results and blocks render it.

use maud::{Markup, html};
use url::Url;

use super::locale::{Reader, language_name};
use crate::engine::{Card, TopicLabel};

/// An address that is safe to link to: an absolute one of `http` or `https`.
pub(crate) fn web_address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

/// The address of an article's picture.
pub(crate) fn picture(card: &Card) -> Option<String> {
    web_address(&card.picture()?)
}

/// A link to an article, or only its content where there is no address.
pub(crate) fn link(url: Option<&str>, lang: &str, class: Option<&str>, content: &Markup) -> Markup {
    match url.and_then(web_address) {
        Some(url) => html! { a class=[class] href=(url) hreflang=(lang) { (content) } },
        None => content.clone(),
    }
}

/// The labels of an article's topics.
pub(crate) fn topics(topics: &[TopicLabel]) -> String {
    topics.iter().map(|topic| topic.label.as_str()).collect::<Vec<_>>().join(" · ")
}

/// The facts of an article in a line: the label of its kind where one is given, its language where it
/// differs from the page's, its day, its authors.
pub(crate) fn facts(reader: &Reader, card: &Card, kind: Option<&str>) -> Markup {
    let moment = card.date();
    html! {
        @if let Some(kind) = kind { span { (kind) } " " }
        @if reader.is_foreign(&card.lang) { span lang=(card.lang) dir="auto" { (language_name(&card.lang)) } " " }
        @if let Some(moment) = moment { time datetime=(moment.as_str()) { (reader.day(moment)) } " " }
        @if !card.authors.is_empty() { span { (reader.label_with("by", &[("names", &reader.list(&card.authors))])) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_web_are_linked_to() {
        for (text, expected) in [
            ("https://a.example/x?y=1#z", Some("https://a.example/x?y=1#z")),
            ("HTTP://A.example", Some("http://a.example/")),
            ("javascript:alert(1)", None),
            (" java\nscript:alert(1)", None),
            ("data:text/html,x", None),
            ("//b.example/x", None),
            ("/img/x.png", None),
            ("", None),
        ] {
            assert_eq!(web_address(text).as_deref(), expected, "{text}");
        }
    }
}
