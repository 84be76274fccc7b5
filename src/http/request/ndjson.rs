//! Splits a stream of bytes into lines; the longest allowed line bounds its memory.

/// One line of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NdjsonLine {
    /// Its number, from 1.
    pub(crate) number: u64,
    /// Its bytes without the line end, or its length where it is too long.
    pub(crate) text: Result<Vec<u8>, usize>,
}

/// Splits bytes into lines.
pub(crate) struct Lines {
    max_bytes: usize,
    number: u64,
    /// The beginning of the incomplete line, at most the allowed length.
    begun: Vec<u8>,
    /// The length of that line so far.
    length: usize,
}

impl Lines {
    /// Allows lines of so many bytes.
    pub(crate) fn new(max_bytes: usize) -> Lines {
        Lines { max_bytes, number: 1, begun: Vec::new(), length: 0 }
    }

    /// Adds bytes, and appends the lines that they complete to `lines`. Blank lines are counted but
    /// left out.
    pub(crate) fn feed(&mut self, bytes: &[u8], lines: &mut Vec<NdjsonLine>) {
        for (index, part) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if index > 0 {
                self.end_line(lines);
            }
            self.extend(part);
        }
    }

    /// Ends the last line, which may lack a line end.
    pub(crate) fn finish(&mut self, lines: &mut Vec<NdjsonLine>) {
        self.end_line(lines);
    }

    fn extend(&mut self, bytes: &[u8]) {
        self.length += bytes.len();
        if self.length <= self.max_bytes {
            self.begun.extend_from_slice(bytes);
        } else {
            self.begun = Vec::new();
        }
    }

    fn end_line(&mut self, lines: &mut Vec<NdjsonLine>) {
        let (number, length) = (self.number, std::mem::take(&mut self.length));
        let mut text = std::mem::take(&mut self.begun);
        self.number += 1;
        if length > self.max_bytes {
            lines.push(NdjsonLine { number, text: Err(length) });
            return;
        }
        if number == 1 && text.starts_with(b"\xef\xbb\xbf") {
            text.drain(..3);
        }
        if !text.trim_ascii().is_empty() {
            lines.push(NdjsonLine { number, text: Ok(text) });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(chunks: &[&[u8]], max_bytes: usize) -> Vec<NdjsonLine> {
        let (mut lines, mut found) = (Lines::new(max_bytes), Vec::new());
        for chunk in chunks {
            lines.feed(chunk, &mut found);
        }
        lines.finish(&mut found);
        found
    }

    #[test]
    fn lines_are_numbered_and_long_ones_are_measured() {
        let text = |number, text: &str| NdjsonLine { number, text: Ok(text.into()) };
        let long = |number, length| NdjsonLine { number, text: Err(length) };
        let found = lines(&[b"\xef\xbb\xbfone\n\n \r\ntw", b"o\r\n123456", b"7890\n", b"three"], 5);
        assert_eq!(found, [long(1, 6), text(4, "two\r"), long(5, 10), text(6, "three")]);
        assert_eq!(lines(&[b"\xef\xbb\xbfone\n"], 9), [text(1, "one")]);
        assert_eq!(lines(&[], 5), []);
        assert_eq!(lines(&[b"\n"], 5), []);
    }

    proptest! {
        #[test]
        fn the_lines_do_not_depend_on_the_chunks(text in "[a\n é]{0,40}", at in 0usize..60, max_bytes in 0usize..9) {
            let bytes = text.as_bytes();
            let (first, second) = bytes.split_at(at.min(bytes.len()));
            let singly: Vec<&[u8]> = bytes.chunks(1).collect();
            let whole = lines(&[bytes], max_bytes);
            prop_assert_eq!(&lines(&[first, second], max_bytes), &whole);
            prop_assert_eq!(&lines(&singly, max_bytes), &whole);
            for line in &whole {
                let written = text.split('\n').nth(line.number as usize - 1).unwrap();
                match &line.text {
                    Ok(text) => prop_assert_eq!(text.as_slice(), written.as_bytes()),
                    Err(length) => prop_assert_eq!((*length, true), (written.len(), written.len() > max_bytes)),
                }
            }
        }
    }
}
