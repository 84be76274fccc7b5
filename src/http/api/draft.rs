//! A draft: an unpublished article in the body of a request.

use axum::body::Bytes;
use axum::extract::Request;

use crate::article::{Article, ArticleProblem};
use crate::http::error::problem::Problem;
use crate::http::request::json_body;
use crate::sources::{JsonRecord, ReadingRules};

/// The longest draft, in bytes. Every word of a draft is analysed during the request, and anybody
/// may send one. Analysing this much takes a fraction of a second at worst: experiment
/// `http.draft`.
const MAX_BYTES: usize = 1 << 20;

/// The id of a draft without one: a noncharacter, which is no article's id.
const PLACEHOLDER_ID: &str = "\u{ffff}";

/// A draft, parsed and validated.
pub(crate) struct Draft {
    /// The draft as an article.
    pub(crate) article: Article,
    /// The id that the draft gives.
    pub(crate) id: Option<String>,
    /// Problems of the values that were left out, and doubts.
    pub(crate) flaws: Vec<ArticleProblem>,
}

/// The unparsed body of a draft.
pub(crate) struct DraftBody(Bytes);

impl DraftBody {
    /// Receives the body of a request.
    pub(crate) async fn receive(request: Request) -> Result<DraftBody, Problem> {
        json_body::check_type(request.headers(), &[json_body::JSON])?;
        Ok(DraftBody(json_body::read(request, MAX_BYTES).await?))
    }

    /// Parses the draft in the same way as a push.
    pub(crate) fn read(&self, rules: &ReadingRules) -> Result<Draft, Problem> {
        let mut record = JsonRecord::parse(&self.0).map_err(|reason| Problem::bad_body(&format!("is {reason}")))?;
        let bad = |problem: ArticleProblem| Problem::bad_article(problem.to_string());
        let id = match record.id() {
            Ok(id) => Some(id),
            Err(ArticleProblem::NoId) => {
                record.set_id(PLACEHOLDER_ID);
                None
            }
            Err(problem) => return Err(bad(problem)),
        };
        let (article, flaws) = record.article(rules).map_err(bad)?;
        Ok(Draft { article, id, flaws })
    }
}
