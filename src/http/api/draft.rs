//! An article that is not published yet, as a request's body.

use axum::body::Bytes;
use axum::extract::Request;

use crate::article::{Article, ArticleProblem};
use crate::http::error::problem::Problem;
use crate::http::request::json_body;
use crate::sources::JsonRecord;

/// The longest draft, in bytes: every word of it is analysed while somebody waits, and anybody may
/// send one. So much takes a fraction of a second at worst: experiment `http.draft`.
const MAX_BYTES: usize = 1 << 20;

/// What a draft is called that has no id: a noncharacter, which no article's id is.
const NAMELESS: &str = "\u{ffff}";

/// A draft, understood.
pub(crate) struct Draft {
    /// The article that it would be.
    pub(crate) article: Article,
    /// The id that it says it has.
    pub(crate) id: Option<String>,
    /// What had to be left out of it, and what is doubtful about it.
    pub(crate) flaws: Vec<ArticleProblem>,
}

/// A draft as it came.
pub(crate) struct Unread(Bytes);

impl Unread {
    /// Receives the body of a request.
    pub(crate) async fn receive(request: Request) -> Result<Unread, Problem> {
        json_body::check_type(request.headers(), &[json_body::JSON])?;
        Ok(Unread(json_body::read(request, MAX_BYTES).await?))
    }

    /// Understands it as a push of the same fields is understood.
    pub(crate) fn read(&self) -> Result<Draft, Problem> {
        let mut record = JsonRecord::parse(&self.0).map_err(|reason| Problem::bad_body(&format!("is {reason}")))?;
        let bad = |problem: ArticleProblem| Problem::bad_article(problem.to_string());
        let id = match record.id() {
            Ok(id) => Some(id),
            Err(ArticleProblem::NoId) => {
                record.set_id(NAMELESS);
                None
            }
            Err(problem) => return Err(bad(problem)),
        };
        let (article, flaws) = record.article().map_err(bad)?;
        Ok(Draft { article, id, flaws })
    }
}
