//! The command line: parses arguments, runs a command and returns an exit code.

mod evaluate;
mod output;

use std::io::{self, IsTerminal, Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};
use fichero::article::{Kind, Kinds, Topic};
use fichero::config::Config;
use fichero::config::listen::Listen;
use fichero::engine::query::Query;
use fichero::engine::{ArticleKey, Filters, RelatedRequest, SearchEngine, SearchRequest, Sort};
use fichero::indexing::reindex::Options;
use fichero::indexing::{accept, check, index_updater, reindex, rollback, status};
use fichero::server;
use fichero::storage::backup;
use fichero::storage::data_dir::DataFolder;
use fichero::telemetry::{self, LogFormat};
use output::ProgressLine;

/// Full-text search and related articles for multilingual institutional sites.
///
/// Without a command it serves; the first time, it first indexes the articles in `corpus/`.
#[derive(Parser)]
#[command(name = "fichero", version, about, long_about)]
struct Arguments {
    /// The data folder: catalog and index [default: index]
    #[arg(long, global = true, value_name = "FOLDER", env = "FICHERO_DATA")]
    data: Option<PathBuf>,
    /// The configuration file [default: fichero.toml, if it exists]
    #[arg(long, global = true, value_name = "FILE", env = "FICHERO_CONFIG")]
    config: Option<PathBuf>,
    /// The format of the log on standard error
    #[arg(long, global = true, value_enum, default_value = "text", env = "FICHERO_LOG_FORMAT")]
    log_format: LogFormat,
    #[command(subcommand)]
    command: Option<Command>,
}

/// The exit code of a reindex after which articles are as they were, because what a source has of them now
/// cannot be read.
const NOT_WHOLE: u8 = 3;

#[derive(Subcommand)]
enum Command {
    /// Answer searches over HTTP (the default); indexes first if there is no index yet
    Serve {
        /// The address to listen on, or its port or host alone [default: 127.0.0.1:8080]
        #[arg(long, value_name = "ADDRESS", env = "FICHERO_LISTEN", value_parser = Listen::parse)]
        listen: Option<Listen>,
    },
    /// Index what was added, changed or removed in the sources; a server may keep running
    ///
    /// Exits with 1 if a source cannot be read or a limit of [gate] refuses the changes, and with 3 if
    /// articles stay as they were because what a source has of them now cannot be read.
    Reindex {
        /// Read every source again and build a new generation
        #[arg(long)]
        full: bool,
        /// Report what would change without changing anything
        #[arg(long)]
        dry_run: bool,
        /// Delete the articles of sources that are no longer configured, which the limits of [gate] do
        /// not count, and missing articles even if records of their source cannot be read
        #[arg(long)]
        prune: bool,
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
        /// Read only these files or folders: configured sources, or others outside of them
        paths: Vec<PathBuf>,
    },
    /// Accept, unchanged, the pending reindex that a limit of [gate] refused
    Accept {
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
    },
    /// Search from the command line
    Search {
        /// What to search for
        #[arg(allow_hyphen_values = true)]
        query: String,
        /// Only articles in this language
        #[arg(long)]
        lang: Option<String>,
        /// Only articles under this topic, such as programs/research; several: any of them
        #[arg(long)]
        topic: Vec<String>,
        /// Only articles of this kind; several: any of them
        #[arg(long)]
        kind: Vec<String>,
        /// Only articles published in this year; several: any of them
        #[arg(long, value_parser = clap::value_parser!(i16).range(1..=9999))]
        year: Vec<i16>,
        /// The order: relevance, -date (newest first), date (oldest first) or starts_at (coming events first)
        #[arg(long, default_value = "relevance", allow_hyphen_values = true, value_parser = sort)]
        sort: Sort,
        /// The reader's language: decides which version of a work is shown, and breaks near-ties
        #[arg(long)]
        ui_lang: Option<String>,
        /// How many works to print
        #[arg(long, default_value_t = 10)]
        limit: usize,
        /// Search for exactly what is typed: no spelling corrections, no fallback if nothing is
        /// found
        #[arg(long)]
        literal: bool,
        /// Explain the rank of each hit
        #[arg(long)]
        explain: bool,
        /// Print the answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the articles related to an article
    Related {
        /// The article's id
        id: String,
        /// How many works to print
        #[arg(long, default_value_t = 6)]
        limit: usize,
        /// Print the answer as JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the state of the index
    Status {
        /// Print the state as JSON
        #[arg(long)]
        json: bool,
    },
    /// Verify the data folder: files against their checksums, the index against the catalog
    ///
    /// A damaged generation is marked and not used any more; articles of the index that differ from
    /// the catalog are applied again. Exits with 1 if there was any problem.
    Check {
        /// Print the result as JSON
        #[arg(long)]
        json: bool,
    },
    /// Measure the quality of results for judged queries, or of related articles
    Evaluate(evaluate::EvaluateArguments),
    /// Return to the previous generation, and hold further changes
    Rollback,
    /// Apply the changes that a rollback holds
    Resume,
    /// Write the catalog into a file; a server may keep running
    Backup {
        /// The file to write
        file: PathBuf,
        /// Replace the file if it exists
        #[arg(long)]
        force: bool,
    },
    /// Replace the catalog by a backup, while no server runs
    Restore {
        /// A file that `fichero backup` wrote
        file: PathBuf,
    },
}

pub(crate) fn main() -> ExitCode {
    let arguments = Arguments::try_parse().unwrap_or_else(|error| usage(error));
    let is_server = matches!(arguments.command, None | Some(Command::Serve { .. }));
    let _telemetry = telemetry::init(arguments.log_format, is_server);
    match run(arguments) {
        Ok(code) => code,
        // The reader of the output has closed it: `fichero search … | head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("fichero: {error:#}");
            ExitCode::from(1)
        }
    }
}

/// Prints what is wrong with the arguments, and where an option of `serve` belongs.
fn usage(error: clap::Error) -> ! {
    let is_listen = |value: &ContextValue| matches!(value, ContextValue::String(name) if name == "--listen");
    if error.kind() == ErrorKind::UnknownArgument && error.get(ContextKind::InvalidArg).is_some_and(is_listen) {
        eprintln!("error: --listen is an option of the command serve: `fichero serve --listen ADDRESS`");
        std::process::exit(error.exit_code());
    }
    error.exit()
}

/// A kind of the site by its name in the API.
fn kind(text: &str, kinds: &Kinds) -> Kind {
    kinds.find(text).unwrap_or_else(|| {
        let message = format!("invalid value '{text}' for '--kind <KIND>': should be {}", kinds.names());
        Arguments::command().error(ErrorKind::InvalidValue, message).exit()
    })
}

/// An order by its name in the API.
fn sort(text: &str) -> Result<Sort, &'static str> {
    match text {
        "relevance" => Ok(Sort::Relevance),
        "-date" => Ok(Sort::Newest),
        "date" => Ok(Sort::Oldest),
        "starts_at" => Ok(Sort::Events),
        _ => Err("should be relevance, -date, date or starts_at"),
    }
}

/// The path of slugs of a topic.
fn topic(text: &str) -> Result<String> {
    Topic::parse(text)
        .map(|topic| topic.path)
        .with_context(|| format!("{text:?} is no topic, such as programs/research"))
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let written = error.downcast_ref::<io::Error>().map(io::Error::kind);
    let serialized = error.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
    written.or(serialized) == Some(io::ErrorKind::BrokenPipe)
}

fn run(arguments: Arguments) -> Result<ExitCode> {
    let Arguments { data, config, command, .. } = arguments;
    let listen = match &command {
        Some(Command::Serve { listen }) => listen.map(|listen| listen.0),
        _ => None,
    };
    let load = move || Ok(Config::load(config.as_deref(), data.clone(), listen)?);
    let config = load()?;
    let mut out = stdout();
    match command.unwrap_or(Command::Serve { listen: None }) {
        Command::Serve { .. } => {
            server::serve(&config, load, Arc::new(ProgressLine::new()), output::announce)?;
        }
        Command::Reindex { full, dry_run, prune, json, paths } => {
            let (synonyms, gate, reading) = (config.synonyms.clone(), config.gate.clone(), config.reading.clone());
            let options = Options { full, dry_run, prune, paths, synonyms, gate, reading };
            let progress = ProgressLine::new();
            let report = reindex::reindex(&DataFolder::open(&config.data)?, &config.sources, &options, &progress)?;
            progress.finish();
            output::report(&report, json)?;
            if !report.is_complete() || report.is_refused() {
                return Ok(ExitCode::from(1));
            }
            if !report.is_whole() {
                return Ok(ExitCode::from(NOT_WHOLE));
            }
        }
        Command::Accept { json } => {
            let progress = ProgressLine::new();
            let report = accept::accept(&existing(&config)?, &progress)?;
            progress.finish();
            output::report(&report, json)?;
        }
        Command::Search {
            query,
            lang,
            topic: topics,
            kind: names,
            year,
            sort,
            ui_lang,
            limit,
            literal,
            explain,
            json,
        } => {
            let request = SearchRequest {
                filters: Filters {
                    langs: lang.into_iter().collect(),
                    topics: topics.iter().map(|text| topic(text)).collect::<Result<_>>()?,
                    kinds: names.iter().map(|name| kind(name, &config.reading.kinds)).collect(),
                    years: year,
                    ..Filters::default()
                },
                sort,
                ui_lang,
                limit: limit.min(fichero::engine::MAX_LIMIT),
                explain,
                literal,
                recency: config.recency,
                ..SearchRequest::new(Query::parse(&query), jiff::Timestamp::now().as_second())
            };
            output::search(engine(&config)?.search(&request)?, json)?;
        }
        Command::Related { id, limit, json } => {
            let key = ArticleKey::Id(id.clone());
            let request = RelatedRequest {
                limit: limit.min(fichero::engine::MAX_LIMIT),
                ..RelatedRequest::new(key, jiff::Timestamp::now().as_second())
            };
            match engine(&config)?.related(&request)? {
                Some(answer) => output::related(answer, json)?,
                None => bail!("there is no article {id:?}, or it is not published"),
            }
        }
        Command::Status { json } => {
            let data = existing(&config)?;
            output::status(&status::status(&data)?, json)?;
        }
        Command::Check { json } => {
            let found = check::check(&existing(&config)?)?;
            output::check(&found, json)?;
            if !found.is_well() {
                return Ok(ExitCode::from(1));
            }
        }
        Command::Evaluate(arguments) => evaluate::run(arguments, &config)?,
        Command::Rollback => {
            let version = rollback::rollback(&existing(&config)?)?;
            writeln!(
                out,
                "serving generation {}; changes wait for `fichero resume` or the next reindex",
                version.generation
            )?;
        }
        Command::Resume => {
            let version = rollback::resume(&existing(&config)?)?;
            writeln!(out, "changes are applied; the index is at {version}")?;
        }
        Command::Backup { file, force } => {
            let progress = ProgressLine::new();
            let bytes = backup::backup(&existing(&config)?, &file, force, &|done, all| progress.copying(done, all))?;
            progress.finish();
            writeln!(out, "{}: {} KB written", file.display(), bytes.div_ceil(1 << 10))?;
        }
        Command::Restore { file } => {
            match backup::restore(&DataFolder::open(&config.data)?, &file)? {
                Some(kept) => {
                    writeln!(out, "{} is restored; the former catalog is {}", file.display(), kept.display())?
                }
                None => writeln!(out, "{} is restored", file.display())?,
            }
            writeln!(out, "the next `fichero serve` or `fichero reindex` builds the index from it")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn existing(config: &Config) -> Result<DataFolder> {
    let found = config.data.join(fichero::storage::catalog::FILE_NAME).try_exists();
    if let Err(error) = &found
        && error.kind() == std::io::ErrorKind::PermissionDenied
    {
        bail!(
            "{}: {error}: give this user the right to read and write the folder, or name another with --data",
            config.data.display()
        );
    }
    if !found.unwrap_or(false) {
        bail!("{}: no index here yet: run `fichero reindex`, or name its folder with --data", config.data.display());
    }
    Ok(DataFolder::existing(&config.data))
}

/// The engine of the published generation, read-only.
fn engine(config: &Config) -> Result<Arc<dyn SearchEngine>> {
    let data = existing(config)?;
    let Some(current) = data.current() else {
        bail!("{}: nothing is published yet: run `fichero reindex`", config.data.display());
    };
    let engine = index_updater::open_engine(&data, current).context(
        "the published generation cannot be answered from: check that this user may read its folder, or run `fichero reindex`, which builds another",
    )?;
    Ok(Arc::new(engine))
}

/// Whether output goes to a terminal.
fn is_terminal() -> bool {
    stdout().is_terminal()
}
