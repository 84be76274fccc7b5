//! Reads relevance judgements (qrels) from a file.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// The relevance of an article for a query.
#[derive(Debug)]
pub(super) struct Judgement {
    /// The id of a query, or of a source article.
    pub(super) query: String,
    /// The article that is judged.
    pub(super) article: String,
    /// The grade; 0 means not relevant.
    pub(super) grade: u32,
}

/// The grades of works, by the id of the query or source article.
pub(super) type Grades = HashMap<String, HashMap<String, u32>>;

/// Reads judgements: three columns separated by tabs, as BEIR writes them, or TREC's four separated by
/// spaces or tabs, the second without a meaning. `columns` names the query and the article in error
/// messages; the last one is the grade. A header line is skipped.
pub(super) fn read(path: &Path, columns: [&str; 2]) -> Result<Vec<Judgement>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    parse(&path.display().to_string(), &text, columns)
}

fn parse(file: &str, text: &str, [query_name, article_name]: [&str; 2]) -> Result<Vec<Judgement>> {
    let mut judgements = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let tabbed: Vec<&str> = line.split('\t').collect();
        let spaced: Vec<&str> = line.split_whitespace().collect();
        let (query, article, grade_text) = match (&spaced[..], &tabbed[..]) {
            ([query, "0" | "Q0", article, grade], _) => (*query, *article, *grade),
            (_, [query, article, grade, ..]) => (*query, *article, *grade),
            _ => bail!("{file}:{}: not {query_name}, {article_name} and grade, separated by tabs", number + 1),
        };
        let Some(grade) = grade(grade_text) else {
            if number == 0 {
                continue;
            }
            bail!("{file}:{}: the grade {grade_text:?} is not a whole number", number + 1);
        };
        for (name, value) in [(query_name, query), (article_name, article)] {
            if value.is_empty() {
                bail!("{file}:{}: the {name} is empty", number + 1);
            }
        }
        judgements.push(Judgement { query: query.to_owned(), article: article.to_owned(), grade });
    }
    Ok(judgements)
}

/// A grade such as `2` or `2.0`. A negative one means not relevant, as TREC's tools have it.
fn grade(text: &str) -> Option<u32> {
    let grade: f64 = text.trim().parse().ok()?;
    (grade.fract() == 0.0 && grade <= f64::from(u32::MAX)).then_some(grade.max(0.0) as u32)
}

/// The grade of each work: the highest of its versions'. An article that is not in the index stays
/// in the ideal ranking under its own id, so that it counts as not found; a warning names it.
pub(super) fn by_work(judgements: &[Judgement], work_of: impl Fn(&str) -> Option<String>) -> Grades {
    let mut grades = Grades::new();
    let mut absent = BTreeSet::new();
    for Judgement { query, article, grade } in judgements {
        let work = work_of(article).unwrap_or_else(|| {
            absent.insert(article.as_str());
            article.clone()
        });
        let graded = grades.entry(query.clone()).or_default().entry(work).or_insert(0);
        *graded = (*graded).max(*grade);
    }
    if let Some(first) = absent.first() {
        tracing::warn!(articles = absent.len(), first, "judged articles are not in the index: they count as not found");
    }
    grades
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [&str; 2] = ["article", "related article"];

    #[test]
    fn header_blank_lines_and_extra_columns_are_skipped() {
        let read = parse("f", "article\trelated\tgrade\r\n\na\tb\t 2 \tnote\r\na\tc\t0", COLUMNS).unwrap();
        let read: Vec<_> = read.iter().map(|j| (j.query.as_str(), j.article.as_str(), j.grade)).collect();
        assert_eq!(read, [("a", "b", 2), ("a", "c", 0)]);
        assert_eq!(parse("f", "a\tb\t1", COLUMNS).unwrap().len(), 1);
    }

    #[test]
    fn forms_of_other_tools_are_read() {
        let read = |text| {
            let judgements = parse("f", text, COLUMNS).unwrap();
            judgements.into_iter().map(|j| (j.query, j.article, j.grade)).collect::<Vec<_>>()
        };
        let expected = [("301".to_owned(), "FR-1".to_owned(), 2), ("301".to_owned(), "FR-2".to_owned(), 0)];
        for text in [
            "301 0 FR-1 2\n301 0 FR-2 -1\n",
            "301\tQ0\tFR-1\t2\n301\t0\tFR-2\t0",
            "query-id\tcorpus-id\tscore\n301\tFR-1\t2.0\n301\tFR-2\t0.0",
        ] {
            assert_eq!(read(text), expected, "{text:?}");
        }
    }

    #[test]
    fn broken_line_is_reported_by_number() {
        for (text, message) in [
            ("a\tb\t1\n\na\tb", "f:3: not article, related article and grade, separated by tabs"),
            ("article related grade", "f:1: not article, related article and grade, separated by tabs"),
            ("a\tb\t1\na\tb\tinf", "f:2: the grade \"inf\" is not a whole number"),
            ("a\tb\t1\na\tb\t0.5", "f:2: the grade \"0.5\" is not a whole number"),
            ("\tb\t1", "f:1: the article is empty"),
            ("a\t\t1", "f:1: the related article is empty"),
        ] {
            assert_eq!(parse("f", text, COLUMNS).unwrap_err().to_string(), message, "{text:?}");
        }
    }

    #[test]
    fn work_gets_the_highest_grade_of_its_versions() {
        let judgements = parse("f", "q\ta:es\t1\nq\ta:en\t3\nq\ta:pt\t2\nq\tgone\t2", COLUMNS).unwrap();
        let grades = by_work(&judgements, |article| article.split_once(':').map(|(work, _)| work.to_owned()));
        assert_eq!(grades["q"], HashMap::from([("a".to_owned(), 3), ("gone".to_owned(), 2)]));
    }
}
