//! Writes XML 1.0 with any text in it.

use std::borrow::Cow;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

/// Writes a document into memory.
pub(crate) fn document(write: impl FnOnce(&mut XmlDocument) -> io::Result<()>) -> io::Result<Vec<u8>> {
    let mut document = XmlDocument(Writer::new(Vec::new()));
    document.0.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    write(&mut document)?;
    Ok(document.0.into_inner())
}

/// A document that is being written.
pub(crate) struct XmlDocument(Writer<Vec<u8>>);

impl XmlDocument {
    /// Writes an element with child elements.
    pub(crate) fn parent(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        write: impl FnOnce(&mut XmlDocument) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut start = quick_xml::events::BytesStart::new(name);
        for (name, value) in attributes {
            start.push_attribute((*name, allowed(value).as_ref()));
        }
        self.0.write_event(Event::Start(start))?;
        write(self)?;
        self.0.write_event(Event::End(quick_xml::events::BytesEnd::new(name)))
    }

    /// Writes an element with text.
    pub(crate) fn text(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) -> io::Result<()> {
        self.parent(name, attributes, |document| document.0.write_event(Event::Text(BytesText::new(&allowed(text)))))
    }

    /// Writes an empty element.
    pub(crate) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.parent(name, attributes, |_| Ok(()))
    }
}

/// The text with replacement characters for those that XML 1.0 does not allow, not even escaped.
fn allowed(text: &str) -> Cow<'_, str> {
    let is_allowed = |c: char| match c {
        '\t' | '\n' | '\r' => true,
        c => c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'),
    };
    match text.chars().all(is_allowed) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(text.chars().map(|c| if is_allowed(c) { c } else { '\u{fffd}' }).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_can_be_written() {
        let text = "a<b>&amp;\"' \0\u{1f}\u{ffff}ñ]]>";
        let bytes = document(|document| document.text("x", &[("y", text)], text)).unwrap();
        let written = String::from_utf8(bytes).unwrap();
        let (attribute, content) = written.split_once('>').unwrap().1.split_once('>').unwrap();
        assert!(attribute.starts_with("<x y=\"a&lt;b&gt;&amp;amp;&quot;"), "{written}");
        assert!(content.starts_with("a&lt;b&gt;&amp;amp;"), "{written}");
        assert!(!written.contains(['\0', '\u{1f}', '\u{ffff}']) && written.contains('\u{fffd}'));
        assert!(!written.contains("]]>"), "{written}");
    }
}
