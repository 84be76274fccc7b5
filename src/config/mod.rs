//! The validated configuration from flags, environment and file.

pub mod base_url;
pub mod gate;
pub mod http;
pub mod listen;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use serde::Deserialize;

use self::base_url::BaseUrl;
use self::http::ServiceSettings;
use self::listen::{DEFAULT_PORT, Listen};
use crate::analysis::ExpectedLanguages;
use crate::article::{
    AddressError, AddressRules, FieldMap, FieldMapError, KindError, Kinds, OwnField, OwnFieldError, OwnFieldType,
    OwnFields, SearchedAs, SiteKind, language_tag,
};
use crate::engine::ranking::{DEFAULT_RECENCY, MAX_RECENCY};
use crate::sources::ReadingRules;
use crate::storage::catalog::push::PUSHES;

/// The configuration file that is read if none is named.
pub const DEFAULT_FILE: &str = "fichero.toml";

/// Errors of the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The named file cannot be read.
    #[error("{path}: the configuration cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        #[source]
        source: io::Error,
    },
    /// The file is not a valid configuration.
    #[error("{path}: {message}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// The problem, with its position.
        message: String,
    },
    /// Two sources have one name.
    #[error("{path}: two sources are named {name:?}: give each its own name")]
    SameName {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
    },
    /// A source has the name of the pushed articles.
    #[error(
        "{path}: a source is named {PUSHES:?}, which is the name of what is pushed over HTTP: give it another name"
    )]
    ReservedName {
        /// The file.
        path: PathBuf,
    },
    /// The admin token is configured twice.
    #[error("{path}: [admin] has token_file and token_sha256: leave one of them out")]
    TwoTokens {
        /// The file.
        path: PathBuf,
    },
    /// The preference for newer articles is out of range.
    #[error("{path}: recency is {recency}: it should be from 0 (age does not matter) to {MAX_RECENCY}")]
    Recency {
        /// The file.
        path: PathBuf,
        /// What it says.
        recency: f32,
    },
    /// The time zone is unknown.
    #[error("{path}: time_zone is {name:?}: it should be a name of the IANA time zone database, such as {example}")]
    TimeZone {
        /// The file.
        path: PathBuf,
        /// What it says.
        name: String,
        /// A name like it, or else any.
        example: String,
    },
    /// A rule of addresses is invalid.
    #[error("{path}: {at}{source}")]
    Address {
        /// The file.
        path: PathBuf,
        /// The source that has it, for the message; empty for the whole site.
        at: String,
        /// The problem.
        source: AddressError,
    },
    /// A language of the site or a source is no BCP 47 code.
    #[error("{path}: {at}{setting} has {lang:?}: it should be a BCP 47 language such as es or pt-BR")]
    Language {
        /// The file.
        path: PathBuf,
        /// The source, or nothing.
        at: String,
        /// The setting.
        setting: &'static str,
        /// What it says.
        lang: String,
    },
    /// The field names of a source are invalid.
    #[error("{path}: source {name:?}: {source}")]
    Map {
        /// The file.
        path: PathBuf,
        /// The source.
        name: String,
        /// The problem.
        source: FieldMapError,
    },
    /// A kind is invalid.
    #[error("{path}: [kinds.{name}] {source}")]
    Kind {
        /// The file.
        path: PathBuf,
        /// Its name.
        name: String,
        /// The problem.
        source: KindError,
    },
    /// A field of the site's own is invalid.
    #[error("{path}: [fields.{name}] {source}")]
    OwnField {
        /// The file.
        path: PathBuf,
        /// Its name.
        name: String,
        /// The problem.
        source: OwnFieldError,
    },
    /// The limits of the gate are invalid.
    #[error("{path}: [gate]: {source}")]
    Gate {
        /// The file.
        path: PathBuf,
        /// The problem.
        source: gate::SettingsError,
    },
    /// The public address of the API is not a valid address.
    #[error("{path}: public_url is {url:?}: it should be an address such as https://search.example.org")]
    PublicUrl {
        /// The file.
        path: PathBuf,
        /// What it says.
        url: String,
    },
}

/// A source of articles.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceConfig {
    /// Its name.
    pub name: String,
    /// The folder or file.
    pub path: PathBuf,
    /// How its records are read.
    pub reading: ReadingRules,
}

/// The configuration, validated.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The file that it was read from; `None` without one.
    pub file: Option<PathBuf>,
    /// The data folder.
    pub data: PathBuf,
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The configured sources; `corpus` when the file names none.
    pub sources: Vec<SourceConfig>,
    /// The synonyms file.
    pub synonyms: Option<PathBuf>,
    /// How much newer articles are preferred, see [`crate::engine::ranking::recency_factor`].
    pub recency: f32,
    /// The public address of the API.
    pub public_url: Option<BaseUrl>,
    /// The name of the site for readers, see [`crate::http::Settings::site_name`].
    pub site_name: Option<String>,
    /// How records of no configured source are read: those that are pushed, and those of a path on
    /// the command line. Its time zone is also that of the days and years in which articles are
    /// counted, filtered and shown.
    pub reading: ReadingRules,
    /// The limits within which a run is accepted without a person.
    pub gate: gate::GateSettings,
    /// Where the admin token is configured.
    pub token: TokenPlace,
    /// Settings of the HTTP service.
    pub http: ServiceSettings,
}

/// Where the file configures the token of the admin routes; the environment may name it too, see
/// [`Token::find`](crate::admin::Token::find).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum TokenPlace {
    /// Not configured.
    #[default]
    Unset,
    /// In this file.
    File(PathBuf),
    /// As its SHA-256 hash, in hexadecimal digits.
    Sha256(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileConfig {
    #[serde(default)]
    admin: FileAdmin,
    data: Option<PathBuf>,
    listen: Option<Listen>,
    synonyms: Option<PathBuf>,
    recency: Option<f32>,
    public_url: Option<String>,
    site_name: Option<String>,
    time_zone: Option<String>,
    base_url: Option<String>,
    languages: Option<Vec<String>>,
    default_lang: Option<String>,
    #[serde(default)]
    kinds: BTreeMap<String, KindTable>,
    #[serde(default)]
    fields: BTreeMap<String, FieldTable>,
    #[serde(default)]
    gate: gate::FileSettings,
    #[serde(default)]
    http: ServiceSettings,
    #[serde(default)]
    source: Vec<SourceTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KindTable {
    #[serde(default)]
    labels: BTreeMap<String, String>,
    timely: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldTable {
    #[serde(rename = "type")]
    of_type: OwnFieldType,
    shown: Option<bool>,
    searched: Option<SearchedAs>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceTable {
    name: String,
    path: PathBuf,
    base_url: Option<String>,
    url_pattern: Option<String>,
    languages: Option<Vec<String>>,
    default_lang: Option<String>,
    #[serde(default)]
    map: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileAdmin {
    token_file: Option<PathBuf>,
    token_sha256: Option<String>,
}

impl Config {
    /// Reads the configuration: flags and environment (`data`, `listen`) take precedence over the
    /// file. Without `file`, [`DEFAULT_FILE`] is read if it exists. Relative paths in the file are
    /// relative to the file's folder.
    pub fn load(file: Option<&Path>, data: Option<PathBuf>, listen: Option<SocketAddr>) -> Result<Config, ConfigError> {
        let path = file.unwrap_or(Path::new(DEFAULT_FILE));
        let (read, is_read) = match fs::read_to_string(path) {
            Ok(text) => match toml::from_str(&text) {
                Ok(read) => (read, true),
                Err(error) => {
                    let message = parse_message(&error, &text);
                    return Err(ConfigError::Parse { path: path.to_owned(), message });
                }
            },
            Err(error) if file.is_none() && error.kind() == io::ErrorKind::NotFound => (FileConfig::default(), false),
            Err(source) => return Err(ConfigError::Read { path: path.to_owned(), source }),
        };
        let base = path.parent().unwrap_or(Path::new(""));
        let addresses = AddressRules::new(read.base_url.as_deref(), None).map_err(|source| ConfigError::Address {
            path: path.to_owned(),
            at: String::new(),
            source,
        })?;
        let time_zone = read.time_zone.map(|name| {
            time_zone(&name).map_err(|example| ConfigError::TimeZone { path: path.to_owned(), name, example })
        });
        let kinds = read.kinds.into_iter().map(|(name, KindTable { labels, timely })| {
            let kind = SiteKind::new(&name, labels, timely);
            kind.map_err(|source| ConfigError::Kind { path: path.to_owned(), name, source })
        });
        let fields = read.fields.into_iter().map(|(name, FieldTable { of_type, shown, searched })| {
            let field = OwnField::new(&name, of_type, shown.unwrap_or(true), searched);
            field.map_err(|source| ConfigError::OwnField { path: path.to_owned(), name, source })
        });
        let reading = ReadingRules {
            fields: OwnFields::new(fields.collect::<Result<_, _>>()?),
            time_zone: time_zone.transpose()?,
            names: FieldMap::default(),
            kinds: Kinds::new(kinds.collect::<Result<_, _>>()?),
            addresses,
            languages: expected_languages(path, "", read.languages, read.default_lang)?,
        };
        let mut sources: Vec<SourceConfig> = Vec::new();
        for SourceTable { name, path: source, base_url, url_pattern, languages, default_lang, map } in read.source {
            if sources.iter().any(|known| known.name == name) {
                return Err(ConfigError::SameName { path: path.to_owned(), name });
            }
            if name == PUSHES {
                return Err(ConfigError::ReservedName { path: path.to_owned() });
            }
            let base_url = base_url.as_ref().or(read.base_url.as_ref());
            let addresses =
                AddressRules::new(base_url.map(String::as_str), url_pattern.as_deref()).map_err(|source| {
                    ConfigError::Address { path: path.to_owned(), at: format!("source {name:?}: "), source }
                })?;
            let of_source = expected_languages(path, &format!("source {name:?}: "), languages, default_lang)?;
            let languages = ExpectedLanguages {
                languages: Some(of_source.languages)
                    .filter(|own| !own.is_empty())
                    .unwrap_or_else(|| reading.languages.languages.clone()),
                default: of_source.default.or_else(|| reading.languages.default.clone()),
            };
            let names = FieldMap::new(map).map_err(|source| ConfigError::Map {
                path: path.to_owned(),
                name: name.clone(),
                source,
            })?;
            let reading = ReadingRules { addresses, languages, names, ..reading.clone() };
            sources.push(SourceConfig { name, path: base.join(source), reading });
        }
        if sources.is_empty() {
            let (name, path) = ("corpus".to_owned(), PathBuf::from("corpus"));
            sources.push(SourceConfig { name, path, reading: reading.clone() });
        }
        let recency = match read.recency {
            Some(recency) if !(0.0..=MAX_RECENCY).contains(&recency) => {
                return Err(ConfigError::Recency { path: path.to_owned(), recency });
            }
            recency => recency.unwrap_or(DEFAULT_RECENCY),
        };
        let gate = read.gate.validate(base, recency);
        let gate = gate.map_err(|source| ConfigError::Gate { path: path.to_owned(), source })?;
        let token = match (read.admin.token_file, read.admin.token_sha256) {
            (None, None) => TokenPlace::Unset,
            (Some(file), None) => TokenPlace::File(base.join(file)),
            (None, Some(digest)) => TokenPlace::Sha256(digest),
            (Some(_), Some(_)) => return Err(ConfigError::TwoTokens { path: path.to_owned() }),
        };
        let public_url = read
            .public_url
            .map(|url| BaseUrl::parse(&url).ok_or_else(|| ConfigError::PublicUrl { path: path.to_owned(), url }));
        Ok(Config {
            file: is_read.then(|| path.to_owned()),
            token,
            data: data.or(read.data.map(|data| base.join(data))).unwrap_or_else(|| PathBuf::from("index")),
            listen: listen.or(read.listen.map(|listen| listen.0)).unwrap_or(Listen::on_port(DEFAULT_PORT).0),
            sources,
            synonyms: read.synonyms.map(|synonyms| base.join(synonyms)),
            recency,
            gate,
            http: read.http,
            public_url: public_url.transpose()?,
            reading,
            site_name: read.site_name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()),
        })
    }
}

/// What the file, or a source (`at`), says about languages.
fn expected_languages(
    path: &Path,
    at: &str,
    languages: Option<Vec<String>>,
    default: Option<String>,
) -> Result<ExpectedLanguages, ConfigError> {
    let tag = |setting, lang: String| {
        language_tag(lang.trim()).ok_or_else(|| ConfigError::Language {
            path: path.to_owned(),
            at: at.to_owned(),
            setting,
            lang,
        })
    };
    let languages =
        languages.unwrap_or_default().into_iter().map(|lang| tag("languages", lang)).collect::<Result<_, _>>()?;
    Ok(ExpectedLanguages { languages, default: default.map(|lang| tag("default_lang", lang)).transpose()? })
}

/// The time zone of a name; the error is a name that may be meant, or else an example.
fn time_zone(name: &str) -> Result<TimeZone, String> {
    let name = name.trim();
    TimeZone::get(name).ok().filter(|zone| !zone.is_unknown()).ok_or_else(|| {
        // Most names are a continent and a city, and people know the city.
        let city = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase().replace([' ', '-'], "_");
        // The signs of names such as Etc/GMT-4 are the other way round: nobody who writes GMT-4 means it.
        let mut known = jiff::tz::db().available().filter(|known| !known.as_str().starts_with("Etc/"));
        known
            .find(|known| city(known.as_str()) == city(name))
            .map_or("America/Caracas or Europe/Madrid".to_owned(), |known| known.to_string())
    })
}

/// The problem of a file with its position, and with the line itself unless it may contain a token.
fn parse_message(error: &toml::de::Error, text: &str) -> String {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let place = before.matches('\n').count();
    if text.lines().nth(place).is_some_and(|line| line.contains("token")) {
        return format!("line {}: {}", place + 1, error.message());
    }
    error.to_string().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_override_the_file_and_the_file_overrides_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.toml");
        fs::write(&path, "data = \"d\"\nlisten = \"127.0.0.1:1\"\n[[source]]\nname = \"a\"\npath = \"x\"\n").unwrap();
        let config = Config::load(Some(&path), None, Some("127.0.0.1:2".parse().unwrap())).unwrap();
        assert_eq!(config.data, folder.path().join("d"));
        assert_eq!(config.listen.port(), 2);
        assert_eq!(config.reading.time_zone, None);
        assert_eq!(
            config.sources,
            [SourceConfig { name: "a".into(), path: folder.path().join("x"), ..SourceConfig::default() }]
        );
        fs::write(&path, "listen = 8081\n").unwrap();
        assert_eq!(Config::load(Some(&path), None, None).unwrap().listen.to_string(), "127.0.0.1:8081");
    }

    #[test]
    fn a_time_zone_is_known_by_its_name_in_any_case() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.toml");
        for (name, iana) in [("America/Caracas", "America/Caracas"), ("europe/madrid", "Europe/Madrid"), ("UTC", "UTC")]
        {
            fs::write(&path, format!("time_zone = \"{name}\"\n")).unwrap();
            let zone = Config::load(Some(&path), None, None).unwrap().reading.time_zone;
            assert_eq!(zone.as_ref().and_then(TimeZone::iana_name), Some(iana));
        }
    }

    #[test]
    fn errors_name_the_problem() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.toml");
        fs::write(&path, "dta = \"d\"\n").unwrap();
        assert!(Config::load(Some(&path), None, None).unwrap_err().to_string().contains("dta"));
        fs::write(&path, "public_url = \"example.org\"\n").unwrap();
        assert!(matches!(Config::load(Some(&path), None, None), Err(ConfigError::PublicUrl { .. })));
        assert!(matches!(Config::load(Some(&folder.path().join("none")), None, None), Err(ConfigError::Read { .. })));
        fs::write(&path, "[[source]]\nname = \"pushes\"\npath = \"x\"\n").unwrap();
        assert!(matches!(Config::load(Some(&path), None, None), Err(ConfigError::ReservedName { .. })));
        for (name, example) in [
            ("Caracas", "such as America/Caracas"),
            ("America/Port of Spain", "such as America/Port_of_Spain"),
            ("GMT-4", "such as America/Caracas or Europe/Madrid"),
            ("-04:00", "such as America/Caracas or Europe/Madrid"),
            ("Etc/Unknown", "such as America/Caracas or Europe/Madrid"),
            ("", "such as America/Caracas or Europe/Madrid"),
        ] {
            fs::write(&path, format!("time_zone = \"{name}\"\n")).unwrap();
            let error = Config::load(Some(&path), None, None).unwrap_err().to_string();
            assert!(error.contains("IANA") && error.ends_with(example), "{name}: {error}");
        }
        for (text, named) in [
            ("languages = [\"es\", \"español\"]\n", "languages has \"español\": it should be a BCP 47 language"),
            ("[[source]]\nname = \"a\"\npath = \"x\"\ndefault_lang = \"\"\n", "source \"a\": default_lang has \"\""),
            (
                "[[source]]\nname = \"a\"\npath = \"x\"\nmap = { tipo = \"kind\" }\n",
                "source \"a\": map has \"tipo\", which is no field of an article",
            ),
            (
                "[kinds.Tesis]\n",
                "[kinds.Tesis] should be named in lower-case letters, digits and hyphens, such as \"tesis\"",
            ),
            ("[kinds.thesis]\nlabels = { es = \"\" }\n", "[kinds.thesis] has the label \"\""),
            ("base_url = \"example.org\"\n", "base_url is \"example.org\""),
            ("[[source]]\nname = \"a\"\npath = \"x\"\nurl_pattern = \"/{slug}/\"\n", "source \"a\": url_pattern is"),
            (
                "base_url = \"https://a.example\"\n[[source]]\nname = \"a\"\npath = \"x\"\nurl_pattern = \"/{x}/\"\n",
                "source \"a\": url_pattern has {x}",
            ),
        ] {
            fs::write(&path, text).unwrap();
            let error = Config::load(Some(&path), None, None).unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
        fs::write(&path, "[admin]\ntoken_file = \"t\"\ntoken_sha256 = \"00\"\n").unwrap();
        let error = Config::load(Some(&path), None, None).unwrap_err().to_string();
        assert!(error.contains("token_file and token_sha256"), "{error}");
    }
}
