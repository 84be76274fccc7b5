//! An article that is not published yet, as a request's body.

use axum::body::Bytes;
use axum::extract::Request;
use utoipa::ToSchema;

use crate::article::{Article, ArticleProblem};
use crate::http::error::problem::Problem;
use crate::http::request::json_body;
use crate::http::wire::article::{KindJson, MomentJson, TopicLabelJson};
use crate::sources::JsonRecord;

/// The longest draft, in bytes: every word of it is analysed while somebody waits, and anybody may
/// send one. So much prose takes .08 s, and words that all differ .2 s.
const MAX_BYTES: usize = 1 << 20;

/// What a draft is called that has no id: a noncharacter, which no article's id is.
const NAMELESS: &str = "\u{ffff}";

/// An article that is not published yet, as it would be pushed: one of title, summary and body
/// must have text. The other fields of a push can stand in it, too.
#[derive(ToSchema)]
#[schema(as = Draft)]
#[allow(dead_code, reason = "it is a description only")]
pub(crate) struct DraftBody {
    /// The title.
    #[schema(required = false)]
    title: String,
    /// The teaser.
    #[schema(required = false)]
    summary: String,
    /// Plain text, its paragraphs and headings separated by blank lines.
    #[schema(required = false)]
    body: String,
    /// BCP 47; found out when it is not given.
    #[schema(required = false, pattern = "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")]
    lang: String,
    #[schema(required = false)]
    kind: KindJson,
    /// Its places in the topic menu: paths such as `Programs/Research`, or path and label.
    #[schema(required = false)]
    topics: Vec<TopicLabelJson>,
    /// Free keywords.
    #[schema(required = false)]
    tags: Vec<String>,
    /// Names of persons.
    #[schema(required = false)]
    authors: Vec<String>,
    /// The series it is a part of.
    #[schema(required = false)]
    series: String,
    /// Addresses it points to.
    #[schema(required = false)]
    links: Vec<String>,
    /// When it will be published.
    #[schema(required = false)]
    published_at: MomentJson,
    /// The article that it takes the place of: its work is left out.
    #[schema(required = false, min_length = 1, max_length = 200)]
    id: String,
    /// The set of translations that it belongs to: they are left out.
    #[schema(required = false)]
    work: String,
    /// The address that it will have: the work of a page that is there is left out.
    #[schema(required = false)]
    url: String,
}

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
