//! Looks up single articles by id or address, with their translations.

use tantivy::Term;

use super::segment::DocAddress;
use super::snapshot::Snapshot;
use crate::article::{composed, url_key};
use crate::engine::{ArticleAnswer, ArticleKey, Card, EngineError, Translation, listed_translations};

pub(crate) fn place(snapshot: &Snapshot, key: &ArticleKey, now_s: i64) -> Result<Option<DocAddress>, EngineError> {
    match key {
        ArticleKey::Id(id) => snapshot.find(snapshot.fields.id, &composed(id)),
        ArticleKey::Url(url) => {
            let mut first: Option<(String, DocAddress)> = None;
            for place in snapshot.all_with(&Term::from_field_text(snapshot.fields.url, &url_key::key(url)))? {
                let Some(segment) = snapshot.segments.get(place.segment) else { continue };
                let id = segment.id_of(place.doc)?;
                if segment.is_visible(place.doc, now_s) && first.as_ref().is_none_or(|(known, _)| id < *known) {
                    first = Some((id, place));
                }
            }
            Ok(first.map(|(_, place)| place))
        }
    }
}

/// The other visible versions of an article's work, see [`crate::engine::Hit::translations`].
pub(crate) fn translations(
    snapshot: &Snapshot,
    place: DocAddress,
    now_s: i64,
) -> Result<(Vec<Translation>, Option<u64>), EngineError> {
    let others = snapshot.versions(snapshot.work_of(place)).iter().filter(|other| **other != place);
    let versions = others.filter_map(|other| {
        let segment = snapshot.segments.get(other.segment).filter(|segment| segment.is_visible(other.doc, now_s))?;
        Some((segment.lang_of(other.doc).0, segment.id_rank(other.doc), *other))
    });
    let (listed, total) = listed_translations(versions.collect());
    let translation = |place| Ok(snapshot.card(place)?.into_translation());
    Ok((listed.into_iter().map(translation).collect::<Result<_, EngineError>>()?, total))
}

/// A whole article: its card, its text joined from its passages, its translations.
pub(crate) fn article(
    snapshot: &Snapshot,
    place: DocAddress,
    now_s: i64,
) -> Result<Option<ArticleAnswer>, EngineError> {
    let Some(segment) = snapshot.segments.get(place.segment) else { return Ok(None) };
    if !segment.is_visible(place.doc, now_s) {
        return Ok(None);
    }
    let card: Card = snapshot.card(place)?;
    let mut body = String::new();
    for ordinal in 0..segment.passages(place.doc) {
        let Some(passage) = segment.passage(place.doc, ordinal)? else { break };
        if !passage.continues && !body.is_empty() {
            body.push_str("\n\n");
        }
        body.push_str(&passage.text);
    }
    let (translations, translations_total) = translations(snapshot, place, now_s)?;
    Ok(Some(ArticleAnswer { card, body, translations, translations_total, index_version: snapshot.version }))
}
