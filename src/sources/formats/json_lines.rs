//! JSON lines: one article per line.

use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde_json::{Map, Value};

use crate::article::{ArticleProblem, names};
use crate::sources::encoding::{self, Decoded};
use crate::sources::{MAX_ARTICLE_BYTES, ReadingRules, Record, Rejection, mojibake, with_doubts};

/// Reads a file line by line; memory is bounded by the longest allowed line.
pub(crate) fn read<E>(
    path: &Path,
    rules: &ReadingRules,
    mut take: impl FnMut(u64, Record) -> Result<(), E>,
) -> Result<io::Result<()>, E> {
    let mut reader = match encoding::open_utf8(path) {
        Ok(file) => BufReader::with_capacity(1 << 16, file),
        Err(error) => return Ok(Err(error)),
    };
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let length = match read_line(&mut reader, &mut line) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) => return Ok(Err(error)),
        };
        if length > MAX_ARTICLE_BYTES {
            let reason = format!("a line of {length} bytes, at most {MAX_ARTICLE_BYTES} are allowed");
            take(number, Record::Rejected(Rejection { line: Some(number), id: None, reason }))?;
            continue;
        }
        let bytes = if number == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line) } else { &line };
        if !bytes.trim_ascii().is_empty() {
            take(number, record(bytes, number, path, rules))?;
        }
    }
    Ok(Ok(()))
}

/// Reads up to and including the next line end; stores at most one byte more than the longest
/// allowed line. Returns the number of bytes read, 0 at the end of the file.
fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    let mut length = 0;
    loop {
        let available = match reader.fill_buf() {
            Ok(available) => available,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let (taken, is_end) = match available.iter().position(|byte| *byte == b'\n') {
            Some(at) => (at + 1, true),
            None => (available.len(), available.is_empty()),
        };
        let room = (MAX_ARTICLE_BYTES + 1).saturating_sub(line.len());
        line.extend(available.iter().take(taken.min(room)));
        reader.consume(taken);
        length += taken;
        if is_end {
            return Ok(length);
        }
    }
}

fn record(bytes: &[u8], number: u64, file: &Path, rules: &ReadingRules) -> Record {
    let rejected = |id, reason| Record::Rejected(Rejection { line: Some(number), id, reason });
    let (parsed, guessed) = match fields(bytes) {
        Err(reason) if std::str::from_utf8(bytes).is_err() => match encoding::decode_legacy(bytes, file) {
            Ok(Decoded { text, guessed }) => (fields(text.as_bytes()), guessed),
            Err(remedy) => (Err(format!("{reason}; {remedy}")), None),
        },
        parsed => (parsed, None),
    };
    let mut fields = match parsed {
        Ok(fields) => fields,
        Err(reason) => return rejected(None, reason),
    };
    let mended = mojibake::mend_fields(&mut fields);
    rules.names.apply(&mut fields);
    let fields = names::identified(&fields);
    let record = match rules.article(&fields) {
        Ok((article, flaws)) => Record::Article(Box::new(article), flaws),
        Err(problem) => rejected(id(&fields).map(str::to_owned), problem.to_string()),
    };
    with_doubts(record, guessed.map(ArticleProblem::GuessedEncoding).into_iter().chain(mended))
}

/// The fields of a record; the error says what is wrong and where.
pub(crate) fn fields(bytes: &[u8]) -> Result<Map<String, Value>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        format!("not UTF-8: byte {} of the line is not part of a character", error.valid_up_to() + 1)
    })?;
    serde_json::from_str(text).map_err(|error| format!("not a JSON object: {error}"))
}

/// The id of a record, if it is a string.
pub(crate) fn id(fields: &Map<String, Value>) -> Option<&str> {
    fields.get("id").and_then(Value::as_str)
}
