//! The output of the commands: for people, or as JSON for programs.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use fichero::engine::{Card, Reason, RelatedAnswer, SearchAnswer};
use fichero::evaluation::{Blocks, Difference, Evaluation, KnownItemFigures, Measures, MisspeltFigures};
use fichero::http::wire::all;
use fichero::http::wire::related::RelatedHitJson;
use fichero::http::wire::search::{CorrectionJson, HitJson, RecoveryJson, TotalJson};
use fichero::http::wire::version::IndexVersionJson;
use fichero::indexing::check::Check;
use fichero::indexing::publish_gate::{Ndcg, Verdict};
use fichero::indexing::report::{FieldCount, Progress, Rejected, Report, RunOutcome};
use fichero::indexing::status::Status;
use fichero::sources::PassedOver;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::is_terminal;

/// How many rejections are printed for people; `--json` prints all of them.
const MAX_PRINTED: usize = 20;

/// A progress line on standard error; hidden if that is not a terminal.
pub(crate) struct ProgressLine(ProgressBar);

impl ProgressLine {
    pub(crate) fn new() -> ProgressLine {
        let bar = ProgressBar::no_length();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {human_pos} ({elapsed}, {per_sec})") {
            bar.set_style(style);
        }
        ProgressLine(bar)
    }

    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }

    pub(crate) fn copying(&self, pages: u64, of: u64) {
        self.show(format!("copying {of} pages"), pages);
    }

    fn show(&self, message: String, position: u64) {
        self.0.set_message(message);
        self.0.set_position(position);
        self.0.enable_steady_tick(Duration::from_millis(200));
    }
}

impl Progress for ProgressLine {
    fn reading(&self, source: &str, records: u64) {
        if records.is_multiple_of(100) {
            self.show(format!("reading {source}"), records);
        }
    }

    fn building(&self, articles: u64) {
        self.show("indexing".to_owned(), articles);
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Prints the address, once searches are answered.
pub(crate) fn announce(address: SocketAddr) {
    // The server runs even if nobody reads this.
    let _ = writeln!(
        io::stdout(),
        "fichero answers at http://{address}/
  open  http://{address}/search?q=movilidad+virtual
  try   curl -s 'http://{address}/v1/search?q=recognition+of+degrees&limit=3'"
    );
}

fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}

pub(crate) fn check(found: &Check, json: bool) -> Result<()> {
    if json {
        return print_json(found);
    }
    let mut out = io::stdout().lock();
    for problem in &found.catalog {
        writeln!(out, "catalog: {problem}")?;
    }
    for problem in &found.generations {
        writeln!(out, "{problem}")?;
    }
    match (found.compared, found.different.len()) {
        (None, _) => writeln!(out, "no generation can be compared with the catalog")?,
        (Some(generation), 0) => writeln!(out, "generation {generation} holds what the catalog holds")?,
        (Some(generation), count) => {
            writeln!(
                out,
                "{count} articles of generation {generation} differ from the catalog; they are applied again:"
            )?;
            for id in found.different.iter().take(MAX_PRINTED) {
                writeln!(out, "  {id}")?;
            }
            if count > MAX_PRINTED {
                writeln!(out, "  and {} more (--json lists them)", count - MAX_PRINTED)?;
            }
        }
    }
    Ok(())
}

pub(crate) fn report(report: &Report, json: bool) -> Result<()> {
    if json {
        return print_json(report);
    }
    let mut out = io::stdout().lock();
    for source in &report.sources {
        if let Some(failed) = &source.failed {
            writeln!(out, "{}: FAILED: {failed}", source.source)?;
            continue;
        }
        writeln!(
            out,
            "{}: {} added, {} changed, {} unchanged, {} deleted, {} rejected",
            source.source, source.added, source.changed, source.unchanged, source.deleted, source.rejected
        )?;
        if source.kept > 0 {
            let prune = if source.unread > 0 { " (--prune deletes those that are missing)" } else { "" };
            writeln!(
                out,
                "  {} articles stay as they were: what the source has of them cannot be read{prune}",
                source.kept
            )?;
        }
        for rejected in source.rejections.iter().take(MAX_PRINTED) {
            print_problem(&mut out, rejected)?;
        }
        if source.rejected > MAX_PRINTED as u64 {
            writeln!(out, "  and {} more (--json lists them)", source.rejected - MAX_PRINTED as u64)?;
        }
        for flaw in source.flaws.iter().take(MAX_PRINTED) {
            print_problem(&mut out, flaw)?;
        }
        if source.without_address > 0 {
            writeln!(
                out,
                "  without an address, so that nothing can link to them: {} (give them a url, or the source a url_pattern)",
                source.without_address
            )?;
        }
        for passed_over in &source.passed_over {
            print_passed_over(&mut out, passed_over)?;
        }
        print_fields(&mut out, "unknown fields, left out", &source.unknown_fields)?;
        print_fields(&mut out, "stored and not shown, by a mark or a date", &source.held_back)?;
        for shared in source.shared_ids.iter().take(MAX_PRINTED) {
            writeln!(out, "  in two sources, the first configured one wins: {shared}")?;
        }
    }
    if let Some(failed) = &report.synonyms_failed {
        writeln!(out, "synonyms: FAILED: {failed}")?;
    } else if report.synonym_groups > 0 {
        writeln!(out, "synonyms: {} groups", report.synonym_groups)?;
    }
    for name in &report.unconfigured {
        writeln!(out, "{name}: no longer configured, its articles stay (--prune deletes them)")?;
    }
    for name in &report.pruned {
        writeln!(out, "{name}: pruned")?;
    }
    if let Some(Ndcg { before, after }) = report.gate.ndcg_10 {
        let before = before.map_or(String::new(), |before| format!("{before:.4} before, "));
        writeln!(out, "judged queries: nDCG@10 {before}{after:.4} after")?;
    }
    let seconds = Duration::from_millis(report.took_ms).as_secs_f64();
    match (report.outcome, &report.index_version) {
        (RunOutcome::Tried, _) => {
            if report.is_refused() {
                writeln!(out, "it would not be accepted:")?;
                print_refusals(&mut out, &report.gate)?;
            }
            writeln!(out, "nothing was changed (--dry-run), {seconds:.1} s")?;
        }
        (RunOutcome::Waiting, _) => {
            writeln!(out, "NOT ACCEPTED, the published articles stay unchanged:")?;
            print_refusals(&mut out, &report.gate)?;
            writeln!(out, "run {} stays staged: {}", report.run, report.remedy.as_deref().unwrap_or_default())?;
        }
        (RunOutcome::Accepted, Some(version)) => {
            writeln!(out, "{} changes, index {version}, {seconds:.1} s", report.changes)?;
        }
        (RunOutcome::Accepted, None) => writeln!(out, "{} changes, {seconds:.1} s", report.changes)?,
    }
    Ok(())
}

fn print_refusals(out: &mut impl Write, gate: &Verdict) -> io::Result<()> {
    gate.refusals.iter().try_for_each(|refusal| writeln!(out, "  {}", refusal.message))
}

/// Prints how many articles have each field, and one that has it.
fn print_fields(out: &mut impl Write, what: &str, counts: &[FieldCount]) -> io::Result<()> {
    if counts.is_empty() {
        return Ok(());
    }
    let count =
        |count: &FieldCount| format!("{} ({}, such as {}:{})", count.name, count.articles, count.file, count.line);
    writeln!(out, "  {what}: {}", counts.iter().map(count).collect::<Vec<_>>().join(", "))
}

fn print_problem(out: &mut impl Write, problem: &Rejected) -> io::Result<()> {
    let line = problem.line.map_or(String::new(), |line| format!(":{line}"));
    let id = problem.id.as_ref().map_or(String::new(), |id| format!(" ({id})"));
    writeln!(out, "  {}{line}{id}: {}", problem.file, problem.reason)
}

fn print_passed_over(out: &mut impl Write, passed_over: &PassedOver) -> io::Result<()> {
    let PassedOver { what, count, first, remedy, .. } = passed_over;
    let remedy = if remedy.is_empty() { String::new() } else { format!("; {remedy}") };
    writeln!(out, "  skipped {count} {what} (such as {first}){remedy}")
}

fn print_card(out: &mut impl Write, place: usize, card: &Card) -> io::Result<()> {
    let (bold, plain) = if is_terminal() { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
    let date = card.date().map_or("undated", |at| at.as_str());
    writeln!(out, "{place:>2}. {bold}{}{plain}", card.title)?;
    writeln!(out, "    {} · {} · {date} · {}", card.lang, card.kind.as_str(), card.url.as_deref().unwrap_or(&card.id))
}

/// Shows `<mark>` as bold on a terminal and removes it elsewhere; decodes entities.
fn plain_text(html: &str) -> String {
    let (bold, plain) = if is_terminal() { ("\u{1b}[1m", "\u{1b}[0m") } else { ("", "") };
    html.replace("<mark>", bold)
        .replace("</mark>", plain)
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

pub(crate) fn search(answer: SearchAnswer, json: bool) -> Result<()> {
    if json {
        return print_json(&json!({
            "total": TotalJson::from(answer.total),
            "index_version": IndexVersionJson::from(answer.index_version),
            "hits": all::<_, HitJson>(answer.hits),
            "newest": all::<_, HitJson>(answer.newest),
            "corrections": all::<_, CorrectionJson>(answer.corrections),
            "recovery": answer.recovery.map(RecoveryJson::from),
            "notes": answer.notes.iter().map(ToString::to_string).collect::<Vec<_>>(),
        }));
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{} works", answer.total.value)?;
    if let Some(recovery) = &answer.recovery {
        match recovery.to.as_str() {
            "" => {
                writeln!(out, "nothing is found: check the spelling, or try other words; these are the newest works")?
            }
            _ => writeln!(out, "results for {}", plain_text(&recovery.to_html))?,
        }
        let dropped = recovery.dropped();
        if !dropped.is_empty() {
            writeln!(out, "left out: {}", dropped.join(", "))?;
        }
        if answer.newest.is_empty() {
            writeln!(out, "--literal searches for exactly what was typed")?;
        }
    }
    for correction in &answer.corrections {
        writeln!(out, "searched for {} instead of {}", correction.searched.join(", "), correction.typed)?;
    }
    for note in &answer.notes {
        writeln!(out, "{note}")?;
    }
    for (place, hit) in answer.hits.iter().chain(&answer.newest).enumerate() {
        print_card(&mut out, place + 1, &hit.card)?;
        writeln!(out, "    {}", plain_text(&hit.snippet_html))?;
        for translation in &hit.translations {
            let at = translation.url.as_deref().unwrap_or(&translation.id);
            writeln!(out, "    also in {}: {at}", translation.lang)?;
        }
        let Some(explanation) = &hit.explanation else { continue };
        for part in &explanation.parts {
            writeln!(out, "    {:>7.2}  {}", part.points, part.text)?;
        }
        for factor in &explanation.factors {
            writeln!(out, "    {:>6.2}×  {}", factor.factor, factor.text)?;
        }
    }
    Ok(())
}

pub(crate) fn related(answer: RelatedAnswer, json: bool) -> Result<()> {
    if json {
        return print_json(&json!({
            "id": answer.id,
            "index_version": IndexVersionJson::from(answer.index_version),
            "hits": all::<_, RelatedHitJson>(answer.hits),
        }));
    }
    let mut out = io::stdout().lock();
    for (place, hit) in answer.hits.iter().enumerate() {
        print_card(&mut out, place + 1, &hit.card)?;
        for reason in &hit.reasons {
            match reason {
                Reason::Terms { terms } => writeln!(out, "    shares: {}", terms.join(", "))?,
                Reason::LinkedFromHere => writeln!(out, "    linked from the article")?,
                Reason::LinksHere => writeln!(out, "    links to the article")?,
                Reason::Series { series } => writeln!(out, "    same series: {series}")?,
                Reason::Topic { label, .. } => writeln!(out, "    same topic: {label}")?,
                Reason::Author { author } => writeln!(out, "    same author: {author}")?,
                Reason::Kind => writeln!(out, "    one of the newest of its kind")?,
                Reason::Recent => writeln!(out, "    one of the newest")?,
            }
        }
    }
    Ok(())
}

pub(crate) fn status(status: &Status, json: bool) -> Result<()> {
    if json {
        return print_json(status);
    }
    let mut out = io::stdout().lock();
    let none = || "none".to_owned();
    let number = |number: Option<u64>| number.map_or_else(none, |number| number.to_string());
    writeln!(out, "data folder      {}", status.data)?;
    writeln!(out, "index version    {}", status.index_version.clone().unwrap_or_else(none))?;
    writeln!(
        out,
        "generation       {}, built {} by fichero {}",
        number(status.generation),
        status.built_at.as_deref().unwrap_or("never"),
        status.built_by.as_deref().unwrap_or("?")
    )?;
    writeln!(out, "rollback goes to {}", number(status.previous_generation))?;
    let held = if status.held { ", held since a rollback: `fichero resume` applies them" } else { "" };
    writeln!(out, "waiting changes  {}{held}", status.pending_changes)?;
    writeln!(out, "articles         {} in the catalog, last change {}", status.articles, status.last_seq)?;
    for (lang, count) in &status.articles_by_language {
        writeln!(out, "  {lang:<14} {count}")?;
    }
    for source in &status.sources {
        let configured = if source.configured { "" } else { ", not in the configuration" };
        writeln!(
            out,
            "source           {}: {} articles ({} overridden){configured}, {}",
            source.name, source.articles, source.overridden, source.location
        )?;
    }
    if let Some(run) = &status.last_run {
        writeln!(out, "last run         {} {}, begun {}", run.id, run.state, run.started_at)?;
    }
    if let Some(run) = &status.waiting_run {
        writeln!(out, "waiting run      {}, begun {}: {}", run.id, run.started_at, run.remedy)?;
        for reason in &run.reasons {
            writeln!(out, "  {reason}")?;
        }
    }
    writeln!(out, "last accepted    {}", status.last_accepted_at.clone().unwrap_or_else(none))?;
    if let Some(cause) = &status.read_only {
        writeln!(out, "READ-ONLY        {cause}")?;
    }
    writeln!(out, "changes applied by {}", status.writer.as_deref().unwrap_or("nobody at present"))?;
    for problem in &status.problems {
        writeln!(out, "problem          {problem}")?;
    }
    Ok(())
}

/// How many differences are printed for people, each of wins and of losses.
const MAX_DIFFERENCES: usize = 15;

/// The heading of a measure, and its value.
type Column = (&'static str, fn(&Measures) -> f64);

const SEARCH_COLUMNS: &[Column] = &[
    ("nDCG@6", |m| m.ndcg_6),
    ("nDCG@10", |m| m.ndcg_10),
    ("MRR@10", |m| m.mrr_10),
    ("R@100", |m| m.recall_100),
    ("S@1", |m| m.success_1),
    ("S@3", |m| m.success_3),
    ("S@5", |m| m.success_5),
];

const RELATED_COLUMNS: &[Column] = &[
    ("nDCG@6", |m| m.ndcg_6),
    ("nDCG@10", |m| m.ndcg_10),
    ("R@10", |m| m.recall_10),
    ("S@1", |m| m.success_1),
    ("S@5", |m| m.success_5),
];

pub(crate) fn evaluation(evaluation: &Evaluation, json: bool) -> Result<()> {
    if json {
        return print_json(evaluation);
    }
    let mut out = io::stdout().lock();
    let (columns, asked, baseline) = match evaluation.related {
        Some(_) => (RELATED_COLUMNS, "articles", "plain MLT"),
        None => (SEARCH_COLUMNS, "queries", "plain BM25"),
    };
    writeln!(out, "{} articles", evaluation.articles)?;
    write!(out, "{:<10} {:<6} {asked:>8} {:>5}", "system", "lang", "none")?;
    columns.iter().try_for_each(|(name, _)| write!(out, " {name:>7}"))?;
    writeln!(out, " {:>8} {:>8}", "median", "p99")?;
    for (system, figures) in [("fichero", &evaluation.figures), (baseline, &evaluation.baseline)] {
        for (lang, figures) in figures {
            write!(out, "{system:<10} {lang:<6} {:>8} {:>5}", figures.queries, figures.zero_results)?;
            columns.iter().try_for_each(|(_, measure)| write!(out, " {:>7.4}", measure(&figures.measures)))?;
            writeln!(out, " {:>6.2}ms {:>6.2}ms", figures.times.median_ms, figures.times.p99_ms)?;
        }
    }
    print_ids(&mut out, "no article is judged relevant", &evaluation.without_relevant)?;
    if let Some(related) = &evaluation.related {
        print_blocks(&mut out, &related.blocks)?;
        print_ids(&mut out, "not in the index or not shown", &related.missing)?;
        print_ids(&mut out, "nothing is judged to be related", &related.without_related)?;
    }
    if let Some(misspelt) = &evaluation.misspelt {
        print_misspelt(&mut out, misspelt)?;
    }
    if let Some(classes) = &evaluation.known_items {
        writeln!(out, "queries by class: count, right work first, among the first three, first lacks a word")?;
        for (class, figures) in classes {
            let KnownItemFigures { queries, first_right, first_three, first_lacks_word } = figures;
            writeln!(out, "  {class:<24} {queries:>5} {first_right:>7.3} {first_three:>7.3} {first_lacks_word:>7.3}")?;
        }
    }
    print_differences(&mut out, &evaluation.differences)
}

fn print_misspelt(out: &mut impl Write, misspelt: &BTreeMap<String, MisspeltFigures>) -> Result<()> {
    writeln!(
        out,
        "spelt correctly: found, corrected without need; misspelt: count, still found; suggestions: count, correct"
    )?;
    for (lang, figures) in misspelt {
        let MisspeltFigures { found, misspelt, kept, suggestions, right, false_alarms } = figures;
        let [kept, right, false_alarms] = [kept, right, false_alarms].map(|share| share * 100.0);
        writeln!(
            out,
            "  {lang:<6} {found:>6} {false_alarms:>6.2} %  {misspelt:>6} {kept:>6.2} %  {suggestions:>6} {right:>6.2} %"
        )?;
    }
    Ok(())
}

fn print_blocks(out: &mut impl Write, blocks: &Blocks) -> Result<()> {
    let Blocks { blocks: count, size, empty, hits, works, coverage, mean_shown, times, .. } = blocks;
    writeln!(
        out,
        "{count} blocks of {size}, {empty} of them empty: median {:.2} ms, p99 {:.2} ms",
        times.median_ms, times.p99_ms
    )?;
    if let Some(most) = &blocks.most_shown {
        let percent = most.blocks as f64 * 100.0 / *count as f64;
        writeln!(out, "  shown most often: {} in {} of them ({percent:.1} %)", most.work, most.blocks)?;
    }
    writeln!(
        out,
        "  shown at least once: {:.1} % of {works} works, each work {mean_shown:.1} times on average",
        coverage * 100.0
    )?;
    let reasons: Vec<String> =
        blocks.reasons.iter().map(|(name, share)| format!("{name} {:.1} %", share * 100.0)).collect();
    writeln!(out, "  reasons of {hits} hits: {}", reasons.join(", "))?;
    Ok(())
}

fn print_ids(out: &mut impl Write, what: &str, ids: &[String]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let shown: Vec<&str> = ids.iter().take(MAX_PRINTED).map(String::as_str).collect();
    let more = if ids.len() > MAX_PRINTED { " and more (--json lists them)" } else { "" };
    writeln!(out, "not measured, {what}: {}: {}{more}", ids.len(), shown.join(", "))?;
    Ok(())
}

fn print_differences(out: &mut impl Write, differences: &[Difference]) -> Result<()> {
    if differences.is_empty() {
        return Ok(());
    }
    let wins = differences.iter().filter(|difference| difference.now > difference.before).count();
    writeln!(out, "{wins} better, {} worse", differences.len() - wins)?;
    let losses = differences.iter().filter(|difference| difference.now < difference.before);
    let gains = differences.iter().rev().filter(|difference| difference.now > difference.before);
    for difference in losses.take(MAX_DIFFERENCES).chain(gains.take(MAX_DIFFERENCES)) {
        writeln!(
            out,
            "  {:+.3} ({:.3} -> {:.3}) {}: {}",
            difference.now - difference.before,
            difference.before,
            difference.now,
            difference.query,
            difference.text
        )?;
    }
    Ok(())
}
