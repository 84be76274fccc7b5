//! The token of the admin routes.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::TokenPlace;

/// The environment variable that may hold the token.
pub const TOKEN_VARIABLE: &str = "FICHERO_TOKEN";
/// The shortest token, in characters: anything shorter can be guessed.
pub const MIN_TOKEN_CHARS: usize = 16;

/// Errors of the token. The messages name the remedy and never the token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Both the environment and the configuration name it.
    #[error("the admin token is named twice, by {TOKEN_VARIABLE} and by {0} in [admin]: leave one of them out")]
    Twice(&'static str),
    /// It is so short that it can be guessed.
    #[error(
        "{place}: the admin token has {chars} characters, it needs at least {MIN_TOKEN_CHARS}: `openssl rand -hex 24` makes one"
    )]
    Short {
        /// Where it is kept.
        place: String,
        /// Its length.
        chars: usize,
    },
    /// It contains characters that a header cannot hold.
    #[error("{place}: the admin token may hold letters, digits and -._~+/= only: `openssl rand -hex 24` makes one")]
    Characters {
        /// Where it is kept.
        place: String,
    },
    /// Its file cannot be read.
    #[error("{path}: the file of the admin token cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
    /// The configured hash is not a SHA-256 hash.
    #[error("token_sha256 in [admin] should be 64 hexadecimal digits: `printf %s TOKEN | sha256sum` prints them")]
    Digest,
}

/// The token, stored as its SHA-256 hash only.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl Token {
    /// The token named by the environment (the value of [`TOKEN_VARIABLE`]) or the configuration;
    /// `None` if neither names one, which turns the admin routes off.
    pub fn find(place: &TokenPlace, variable: Option<OsString>) -> Result<Option<Token>, TokenError> {
        match (place, variable) {
            (TokenPlace::Unset, None) => Ok(None),
            (TokenPlace::Unset, Some(value)) => Token::new(&value.to_string_lossy(), TOKEN_VARIABLE).map(Some),
            (TokenPlace::File(path), None) => Token::from_file(path).map(Some),
            (TokenPlace::Sha256(digits), None) => match blake3::Hash::from_hex(digits) {
                // SHA-256 and BLAKE3 hashes have the same hexadecimal form.
                Ok(digest) => Ok(Some(Token(digest.into()))),
                Err(_) => Err(TokenError::Digest),
            },
            (TokenPlace::File(_), Some(_)) => Err(TokenError::Twice("token_file")),
            (TokenPlace::Sha256(_), Some(_)) => Err(TokenError::Twice("token_sha256")),
        }
    }

    /// A token from its text; `place` says where it is configured.
    pub fn new(text: &str, place: &str) -> Result<Token, TokenError> {
        let chars = text.chars().count();
        if chars < MIN_TOKEN_CHARS {
            return Err(TokenError::Short { place: place.to_owned(), chars });
        }
        // RFC 6750, 2.1
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)) {
            return Err(TokenError::Characters { place: place.to_owned() });
        }
        Ok(Token(digest(text)))
    }

    fn from_file(path: &Path) -> Result<Token, TokenError> {
        let failed = |source| TokenError::Read { path: path.to_owned(), source };
        let text = fs::read_to_string(path).map_err(failed)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            if fs::metadata(path).map_err(failed)?.permissions().mode() & 0o004 != 0 {
                tracing::warn!(path = %path.display(), "everybody on this machine can read the admin token: `chmod o-r` the file");
            }
        }
        Token::new(text.trim(), &path.display().to_string())
    }

    /// Whether a caller's token is this one. Compares in constant time.
    pub fn is(&self, shown: &str) -> bool {
        self.0.ct_eq(&digest(shown)).into()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token(…)")
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "correct-horse-battery";

    fn error_message(place: &TokenPlace, variable: Option<&str>) -> String {
        Token::find(place, variable.map(OsString::from)).unwrap_err().to_string()
    }

    #[test]
    fn each_way_names_the_same_token() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, format!("{TOKEN}\n")).unwrap();
        // printf %s correct-horse-battery | sha256sum
        let sha256 = "62249369389075490555A758353aec61500c6218fa597252d52dc4bd0148f12d".to_owned();
        for (place, variable) in
            [(TokenPlace::Unset, Some(TOKEN)), (TokenPlace::File(path), None), (TokenPlace::Sha256(sha256), None)]
        {
            let token = Token::find(&place, variable.map(OsString::from)).unwrap().unwrap();
            assert!(token.is(TOKEN) && !token.is("correct-horse-batterz") && !token.is(""), "{place:?}");
            assert!(!format!("{token:?}").contains("horse"));
        }
        assert!(Token::find(&TokenPlace::Unset, None).unwrap().is_none());
    }

    #[test]
    fn errors_name_the_problem_but_never_the_token() {
        let sha256 = |digits: &str| TokenPlace::Sha256(digits.to_owned());
        for (place, variable, message) in [
            (TokenPlace::File("x".into()), Some(TOKEN), "FICHERO_TOKEN and by token_file"),
            (sha256(&"0".repeat(64)), Some(TOKEN), "FICHERO_TOKEN and by token_sha256"),
            (TokenPlace::Unset, Some(""), "FICHERO_TOKEN: the admin token has 0 characters"),
            (TokenPlace::Unset, Some("a-horse-of-15-c"), "has 15 characters"),
            (TokenPlace::Unset, Some("horse of sixteen"), "letters, digits and"),
            (TokenPlace::File("no/such/file".into()), None, "no/such/file: the file of the admin token"),
            (sha256("00"), None, "64 hexadecimal digits"),
            (sha256(&"+1".repeat(32)), None, "64 hexadecimal digits"),
            (sha256(&"é".repeat(32)), None, "64 hexadecimal digits"),
        ] {
            let error_message = error_message(&place, variable);
            assert!(error_message.contains(message) && !error_message.contains("horse"), "{error_message}");
        }
    }
}
