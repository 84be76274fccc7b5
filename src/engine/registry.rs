//! Chooses the engine implementation. Add further engines here.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::SearchEngine;
use super::tantivy::{
    Applied, ArticleAnalyzer, ContentKey, EmbeddedEngine, Generation, GenerationError, GenerationWriter, Manifest,
    build_threads,
};
use crate::article::Article;

/// An engine over these articles, with its index in a folder and without a catalog.
pub fn of_articles(articles: &[Article], folder: &Path) -> Result<Arc<dyn SearchEngine>, GenerationError> {
    let path = folder.join("1");
    let writer = GenerationWriter::create(&path, build_threads())?;
    let mut analyzer = ArticleAnalyzer::default();
    let mut works: HashMap<&str, u64> = HashMap::new();
    for article in articles {
        let next = works.len() as u64;
        let work = *works.entry(&article.work).or_insert(next);
        writer.add(article, work, ContentKey::of(&article.content_hash()), &mut analyzer)?;
    }
    writer.finish(&Applied::default(), &Manifest::new(1, String::new(), BTreeMap::new()))?;
    Ok(Arc::new(EmbeddedEngine::new(Generation::open(&path)?)?))
}
