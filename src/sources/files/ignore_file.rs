//! The files that say what is to be kept away, checked before they are trusted.
//!
//! A line that is not understood would keep nothing away, and what it was meant for would be published.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use ignore::gitignore::GitignoreBuilder;

/// The name of the files.
pub(crate) const IGNORE_FILE: &str = ".ficheroignore";

/// Whether the ignore file of a folder, if it has one, can be read as it was meant; the error names the
/// line and says what to do.
pub(crate) fn check(folder: &Path) -> Result<(), String> {
    let path = folder.join(IGNORE_FILE);
    match fs::metadata(&path) {
        Ok(found) if found.is_dir() => {
            return Err("is a folder; it should be a file with one pattern a line".to_owned());
        }
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.to_string()),
    }
    let bytes = fs::read(&path).map_err(|error| error.to_string())?;
    let text = text(&bytes)?;
    for (index, line) in text.lines().enumerate() {
        check_line(folder, line).map_err(|reason| format!("line {}: {reason}", index + 1))?;
    }
    Ok(())
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    let line_at = |at: usize| 1 + bytes.iter().take(at).filter(|byte| **byte == b'\n').count();
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err("line 1: is in UTF-16; save the file as UTF-8".to_owned());
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(format!("line {}: holds zero bytes, as UTF-16 does; save the file as UTF-8", line_at(at)));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = line_at(error.valid_up_to());
        format!("line {line}: not UTF-8, perhaps Windows-1252; save the file as UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut returns = text.match_indices('\r').map(|(at, _)| at);
    if let Some(at) = returns.find(|at| text.as_bytes().get(at + 1) != Some(&b'\n')) {
        return Err(format!("line {}: a carriage return without a line feed; end lines with a line feed", line_at(at)));
    }
    Ok(text)
}

fn check_line(folder: &Path, line: &str) -> Result<(), String> {
    let pattern = line.trim_end();
    if pattern.is_empty() || pattern.starts_with('#') {
        return Ok(());
    }
    let mut builder = GitignoreBuilder::new(folder);
    // An unclosed class would be taken as it stands, as git does, and match nothing.
    builder.allow_unclosed_class(false);
    builder.add_line(None, line).map_err(|error| error.to_string())?;
    builder.build().map_err(|error| error.to_string())?;
    let path = pattern.strip_prefix('!').unwrap_or(pattern);
    if path.starts_with("./") || path.starts_with("../") {
        return Err(format!("{pattern:?} matches nothing; a path begins at this folder, without ./"));
    }
    // A backslash takes a special character literally; before a letter it was meant as a slash.
    let is_separator = |(at, _): (usize, &str)| {
        path.get(at + 1..).is_none_or(|rest| rest.is_empty() || rest.starts_with(char::is_alphanumeric))
    };
    match path.match_indices('\\').any(is_separator) {
        true => Err(format!("{pattern:?} has a backslash; folders are parted by /")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(content: &[u8]) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(IGNORE_FILE), content).unwrap();
        check(folder.path())
    }

    #[test]
    fn an_ignore_file_that_means_what_it_says_is_accepted() {
        for content in [
            "# reservado del año\nreservado/\n",
            "\u{feff}reservado/\r\n\r\n*.bak\r\n",
            "/reservado/  \n!reservado/a.md\n",
            "\\#acta.md\n\\!acta.md\nacta\\ .md\n**/x/[a-c]*.md\n",
            "",
        ] {
            assert_eq!(checked(content.as_bytes()), Ok(()), "{content:?}");
        }
        assert_eq!(check(tempfile::tempdir().unwrap().path()), Ok(()));
    }

    #[test]
    fn an_ignore_file_that_cannot_be_read_as_meant_is_refused_by_its_line() {
        let utf_16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        for (content, line) in [
            ([&b"\xff\xfe"[..], &utf_16("reservado/\n")].concat(), 1),
            (utf_16("reservado/\n"), 1),
            (b"a/\n# a\xf1o\nreservado/\n".to_vec(), 2),
            (b"a/\nreservado/[\n".to_vec(), 2),
            (b"[z-a]\nreservado/\n".to_vec(), 1),
            (b"# nota\rreservado/\r".to_vec(), 1),
            (b"reservado\\\n".to_vec(), 1),
            (b"x\n\nreservado\\2024\n".to_vec(), 3),
            (b"./reservado/\n".to_vec(), 1),
        ] {
            let reason = checked(&content).unwrap_err();
            assert!(reason.starts_with(&format!("line {line}: ")), "{content:?}: {reason}");
        }
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(IGNORE_FILE)).unwrap();
        assert!(check(folder.path()).unwrap_err().starts_with("is a folder"));
    }
}
