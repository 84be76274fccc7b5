//! The encodings of files: what is not UTF-8 is decoded where there is no doubt, and refused with the
//! way to convert it elsewhere.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_8859_15, MACINTOSH, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use encoding_rs_io::DecodeReaderBytesBuilder;

use crate::analysis::detect;

/// How much of a stream shows whether it is UTF-16 without a mark.
const HEAD_BYTES: usize = 8 << 10;
/// The fewest accented letters from which Windows-1252 is certain. With fewer, the other encodings of
/// one byte a character make as much sense.
const MIN_ACCENTED: usize = 3;
/// The languages that are written in Windows-1252, as BCP 47 codes.
const WESTERN: [&str; 15] = ["es", "pt", "fr", "en", "de", "it", "ca", "gl", "eu", "nl", "sv", "da", "nb", "no", "fi"];

/// A text, and the encoding where the file does not say it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Decoded {
    pub(crate) text: String,
    pub(crate) guessed: Option<&'static str>,
}

/// Decodes the bytes of a file, without a byte order mark. The error says what is wrong and how the
/// file is converted.
pub(crate) fn decode(bytes: Vec<u8>, file: &Path) -> Result<Decoded, String> {
    if let [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] = bytes.as_slice() {
        return Err(format!("UTF-32: {}", conversion("UTF-32", file)));
    }
    let marked = Encoding::for_bom(&bytes).filter(|(encoding, _)| *encoding != UTF_8);
    if let Some((encoding, mark)) = marked.or_else(|| Some((utf16_without_mark(&bytes)?, 0))) {
        let guessed = (mark == 0).then_some(encoding.name());
        let text = encoding.decode_without_bom_handling_and_without_replacement(bytes.get(mark..).unwrap_or_default());
        let text = text.ok_or_else(|| format!("{} that ends or breaks within a character", encoding.name()))?;
        return Ok(Decoded { text: text.into_owned(), guessed });
    }
    match String::from_utf8(bytes) {
        Ok(text) => {
            let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
            Ok(Decoded { text, guessed: None })
        }
        Err(error) => {
            let place = error.utf8_error().valid_up_to() + 1;
            decode_legacy(error.as_bytes(), file)
                .map_err(|reason| format!("not UTF-8: byte {place} is not part of a character; {reason}"))
        }
    }
}

/// Decodes bytes that are not Unicode, where only a Western European encoding makes sense of them.
pub(crate) fn decode_legacy(bytes: &[u8], file: &Path) -> Result<Decoded, String> {
    let chunks = || bytes.utf8_chunks();
    let genuine: usize = chunks().map(|chunk| chunk.valid().chars().filter(|letter| !letter.is_ascii()).count()).sum();
    // Two bytes of another encoding may be a character by chance.
    if genuine > 0 && genuine >= chunks().filter(|chunk| !chunk.invalid().is_empty()).count() {
        return Err("other characters are UTF-8: write this one anew".to_owned());
    }
    if bytes.contains(&0) {
        return Err("it holds zero bytes: export it as UTF-8".to_owned());
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    let probably = |encoding: &str| format!("it is probably {encoding}: {}", conversion(encoding, file));
    if guess != WINDOWS_1252 {
        return Err(probably(guess.name()));
    }
    // The detector takes what it does not know for Windows-1252.
    for encoding in [WINDOWS_1252, ISO_8859_15, MACINTOSH] {
        let (text, _) = encoding.decode_without_bom_handling(bytes);
        let Some(letters) = accented_letters(&text) else { continue };
        let is_sure = encoding != MACINTOSH && letters >= MIN_ACCENTED;
        if is_sure && detect(&text).is_some_and(|lang| WESTERN.contains(&lang)) {
            return Ok(Decoded { text: text.into_owned(), guessed: Some(encoding.name()) });
        }
        return Err(probably(encoding.name()));
    }
    Err(format!("its encoding is not known, perhaps that of DOS: {}; look at the result", conversion("CP850", file)))
}

fn conversion(encoding: &str, file: &Path) -> String {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let quoted = name.replace('\'', "'\\''");
    format!("`iconv -f {encoding} -t utf-8 '{quoted}' > 'utf-8-{quoted}'` converts it")
}

/// UTF-16 without a byte order mark: the characters of ASCII in it, spaces at least, have a zero byte
/// each, all on the same side, and it makes sense as UTF-16.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let first = pairs.iter().filter(|[byte, _]| *byte == 0).count();
    let second = pairs.iter().filter(|[_, byte]| *byte == 0).count();
    let encoding = if second > 20 * first {
        UTF_16LE
    } else if first > 20 * second {
        UTF_16BE
    } else {
        return None;
    };
    let zeros = first + second;
    if !rest.is_empty() || zeros * 100 < bytes.len() {
        return None;
    }
    let is_text = |text: &str| !text.contains(|letter: char| letter.is_control() && !letter.is_whitespace());
    let as_utf16 = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    // A few zeros may be strewn into UTF-8.
    let is_utf8 = || std::str::from_utf8(bytes).is_ok_and(|text| is_text(&text.replace('\0', "")));
    (is_text(&as_utf16) && (zeros * 10 >= bytes.len() || !is_utf8())).then_some(encoding)
}

/// The accented letters of a text that was decoded from one byte a character; `None` if it has
/// characters, or characters in places, that a Western European text does not have.
fn accented_letters(text: &str) -> Option<usize> {
    let mut letters = 0;
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(letter) = rest.next() {
        let after = rest.peek().copied().unwrap_or(' ');
        match letter {
            '\0'..='\x7f' => {}
            'Ð' | 'ð' | 'Ý' | 'ý' | 'Þ' | 'þ' | '×' | '÷' => return None,
            'À'..='ÿ' | 'Œ' | 'œ' | 'Ÿ' => letters += 1,
            '’' | '\u{a0}' | '\u{ad}' | 'ª' | 'º' | '°' | '·' => {}
            '‘' | '“' | '”' | '«' | '»' | '–' | '—' | '…' | '•' | '€' | '¡' | '¿' | '§' | '£' | '©' | '®' | '™'
                if !(before.is_alphabetic() && after.is_alphabetic()) => {}
            _ => return None,
        }
        before = letter;
    }
    Some(letters)
}

/// A file as UTF-8, read piece by piece: UTF-16 is decoded, everything else comes as it is.
pub(crate) fn open_utf8(path: &Path) -> io::Result<impl Read> {
    let mut file = File::open(path)?;
    let mut head = Vec::new();
    Read::by_ref(&mut file).take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    let unmarked = if Encoding::for_bom(&head).is_none() { utf16_without_mark(&head) } else { None };
    Ok(DecodeReaderBytesBuilder::new()
        .encoding(unmarked)
        .utf8_passthru(true)
        .strip_bom(true)
        .build(Cursor::new(head).chain(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str =
        "---\ntitle: Año de la educación\n---\n\nLa información sobre las becas está aquí: “más allá” – ¿cuándo?\n";

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    fn of(bytes: impl Into<Vec<u8>>) -> Result<Decoded, String> {
        decode(bytes.into(), Path::new("site/page.md"))
    }

    #[test]
    fn utf16_is_read_with_and_without_a_mark() {
        let cyrillic = "Университет объявляет набор студентов на новый учебный год.\n";
        for text in [PAGE, "Plain words of a page in English.\n", cyrillic] {
            for (to_bytes, name) in
                [(u16::to_le_bytes as fn(u16) -> [u8; 2], "UTF-16LE"), (u16::to_be_bytes, "UTF-16BE")]
            {
                let marked = of(utf16(&format!("\u{feff}{text}"), to_bytes));
                assert_eq!(marked, Ok(Decoded { text: text.to_owned(), guessed: None }));
                let unmarked = of(utf16(text, to_bytes));
                assert_eq!(unmarked, Ok(Decoded { text: text.to_owned(), guessed: Some(name) }), "{text}");
            }
        }
        let cut = [&b"\xff\xfe"[..], &utf16("ab", u16::to_le_bytes)[..3]].concat();
        assert!(of(cut).unwrap_err().starts_with("UTF-16LE that ends"));
    }

    #[test]
    fn utf8_stays_as_it_is_even_with_zeros_strewn_in() {
        for text in [PAGE, "a\0b c\0d, words and more words of a text\0", "", "日本語の文章です。"] {
            assert_eq!(of(text), Ok(Decoded { text: text.to_owned(), guessed: None }));
        }
        assert_eq!(of("\u{feff}x").unwrap().text, "x");
    }

    #[test]
    fn windows_1252_is_read_where_nothing_else_makes_sense() {
        let (bytes, _, _) = WINDOWS_1252.encode(PAGE);
        assert_eq!(of(bytes), Ok(Decoded { text: PAGE.to_owned(), guessed: Some("windows-1252") }));
        let euro = "La formación superior en España cuesta 20 € al año y está abierta";
        let bytes: Vec<u8> =
            euro.chars().map(|letter| if letter == '€' { 0xa4 } else { u8::try_from(letter).unwrap() }).collect();
        assert_eq!(of(bytes), Ok(Decoded { text: euro.to_owned(), guessed: Some("ISO-8859-15") }));
    }

    #[test]
    fn other_encodings_are_refused_with_the_way_to_convert_them() {
        let encoded = |encoding: &'static Encoding, text: &str| encoding.encode(text).0.into_owned();
        let mac: Vec<u8> = "La educación pública está aquí y en el país"
            .chars()
            .map(|letter| match letter {
                'ó' => 0x97,
                'ú' => 0x9c,
                'á' => 0x87,
                'í' => 0x92,
                ascii => u8::try_from(ascii).unwrap(),
            })
            .collect();
        let dos = "La institución ofrece becas para la educación superior en América Latina y también información"
            .chars()
            .map(|letter| match letter {
                'ó' => 0xa2,
                'é' => 0x82,
                ascii => u8::try_from(ascii).unwrap(),
            })
            .collect();
        let russian = "Университет объявляет набор студентов на новый учебный год.";
        let polish = "Zażółć gęślą jaźń, a potem przeczytaj całą książkę o świecie.";
        for (bytes, expected) in [
            (mac, "iconv -f macintosh -t utf-8 'page.md'"),
            (dos, "perhaps that of DOS: `iconv -f CP850"),
            (encoded(encoding_rs::SHIFT_JIS, "大学は新しい学年の学生を募集しています。"), "iconv -f Shift_JIS"),
            (encoded(encoding_rs::WINDOWS_1251, russian), "iconv -f windows-1251 -t utf-8"),
            (encoded(encoding_rs::WINDOWS_1250, polish), "iconv -f windows-1250 -t utf-8"),
            (b"# Caf\xe9\n".to_vec(), "byte 6 is not part of a character; it is probably windows-1252: `iconv"),
            (b"caf\xe9 y m\xc3\xa1s".to_vec(), "other characters are UTF-8"),
            (b"\xff\xfe\0\0a\0\0\0".to_vec(), "iconv -f UTF-32"),
        ] {
            let reason = of(bytes).unwrap_err();
            assert!(reason.contains(expected), "{reason}");
        }
    }

    #[test]
    fn streams_are_decoded_like_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.jsonl");
        let text = "{\"title\": \"Educación\"}\n".repeat(2_000);
        for bytes in [
            text.clone().into_bytes(),
            utf16(&format!("\u{feff}{text}"), u16::to_le_bytes),
            utf16(&text, u16::to_be_bytes),
        ] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(io::read_to_string(open_utf8(&path).unwrap()).unwrap(), text);
        }
    }
}
