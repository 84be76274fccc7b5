//! Suggestions.

use serde::Serialize;
use utoipa::ToSchema;

use super::article::KindJson;
use crate::engine::suggest::{Completion, SuggestedArticle};

/// A word or phrase that a reader may go on with; searching for it finds something.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Completion)]
pub struct CompletionJson {
    /// As the site writes it.
    pub text: String,
    /// The same, escaped, what goes beyond the typed text in `<mark>`.
    pub text_html: String,
    /// The language (BCP 47) it is in: the reader's, or that of most of its works.
    pub lang: String,
    /// How many works lead with it: in their titles and labels, or saying it again and again. A large
    /// number is an estimate.
    pub works: u64,
}

impl From<Completion> for CompletionJson {
    fn from(completion: Completion) -> CompletionJson {
        CompletionJson {
            text: completion.text,
            text_html: completion.text_html,
            lang: completion.lang,
            works: completion.works,
        }
    }
}

/// An article that a reader may go to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SuggestedArticle)]
pub struct SuggestedArticleJson {
    /// The article.
    pub id: String,
    /// The title.
    pub title: String,
    /// The title, escaped, the words that were typed or begun in `<mark>`.
    pub title_html: String,
    /// The page's address.
    pub url: Option<String>,
    /// BCP 47.
    pub lang: String,
    /// What sort of page it is.
    pub kind: KindJson,
}

impl From<SuggestedArticle> for SuggestedArticleJson {
    fn from(article: SuggestedArticle) -> SuggestedArticleJson {
        SuggestedArticleJson {
            id: article.id,
            title: article.title,
            title_html: article.title_html,
            url: article.url,
            lang: article.lang,
            kind: article.kind.into(),
        }
    }
}
