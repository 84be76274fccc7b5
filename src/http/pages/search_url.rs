//! The search of a results page, and the addresses of its neighbours.

use form_urlencoded::Serializer;

use crate::engine::query::MAX_CHARS;
use crate::engine::{Recovery, RecoveryKind, Sort};
use crate::http::error::problem::Problem;
use crate::http::request::query::Params;
use crate::http::request::registry::{
    AUTHOR, DATE_FROM, DATE_TO, HITS_A_PAGE, KIND, KIND_NOT, LANG, LIMIT, LITERAL, OFFSET, PAGE, Parameter, Q, SORT,
    TAG, TAG_NOT, TOPIC, TOPIC_NOT, UI_LANG, YEAR,
};
use crate::http::request::types::Form;

/// The most values of all filters together, and the longest query string, in bytes. Every link of a
/// page repeats all of it, so without a limit the size of a page would grow quadratically.
const MAX_FILTERS: usize = 32;
const MAX_ADDRESS_BYTES: usize = 8_192;

/// A search as its address gives it, each value as the API writes it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct SearchUrl {
    /// The query.
    pub(crate) q: String,
    /// The filters and their values, in the order of an address.
    pub(crate) filters: Vec<(&'static str, String)>,
    /// The order.
    pub(crate) sort: Sort,
    /// Whether the query is exact: not corrected and not relaxed.
    pub(crate) literal: bool,
    /// The number of the page, from 1; 0 is the first page too.
    pub(crate) page: usize,
    /// The language that the reader has chosen.
    pub(crate) ui_lang: Option<String>,
}

impl SearchUrl {
    /// Parses the parameters of the page.
    pub(crate) fn read(params: &Params) -> Result<SearchUrl, Problem> {
        let mut filters = Vec::new();
        let mut add = |name, values: Vec<String>| {
            for value in values {
                if !filters.contains(&(name, value.clone())) {
                    filters.push((name, value));
                }
            }
        };
        add(TOPIC.name, params.all(&TOPIC)?);
        add(KIND.name, written(params, &KIND, |kind| kind.as_str().to_owned())?);
        add(YEAR.name, written(params, &YEAR, |year| format!("{year:04}"))?);
        add(LANG.name, params.all(&LANG)?);
        add(AUTHOR.name, params.all(&AUTHOR)?);
        add(TAG.name, params.all(&TAG)?);
        add(DATE_FROM.name, params.one(&DATE_FROM)?.map(|time| time.text).into_iter().collect());
        add(DATE_TO.name, params.one(&DATE_TO)?.map(|time| time.text).into_iter().collect());
        add(TOPIC_NOT.name, params.all(&TOPIC_NOT)?);
        add(KIND_NOT.name, written(params, &KIND_NOT, |kind| kind.as_str().to_owned())?);
        add(TAG_NOT.name, params.all(&TAG_NOT)?);
        if let Some((name, _)) = filters.get(MAX_FILTERS) {
            return Err(Problem::bad_value(name, &format!("one of at most {MAX_FILTERS} filters")));
        }
        let requested = SearchUrl {
            // The engine reads no more than this.
            q: params.one(&Q)?.unwrap_or_default().trim().chars().take(MAX_CHARS).collect(),
            filters,
            sort: params.choice(&SORT)?,
            literal: params.flag(&LITERAL)?,
            page: params.whole(&PAGE)?,
            ui_lang: params.one(&UI_LANG)?,
        };
        if requested.to_query().len() > MAX_ADDRESS_BYTES {
            let longest = requested.filters.iter().max_by_key(|(_, value)| value.len());
            let name = longest.map_or(Q.name, |(name, _)| name);
            return Err(Problem::bad_value(name, &format!("shorter: the whole takes over {MAX_ADDRESS_BYTES} bytes")));
        }
        Ok(requested)
    }

    /// The same as parameters of a search of the API.
    pub(crate) fn as_search(&self, params: &Params) -> Params {
        let offset = self.page.saturating_sub(1) * HITS_A_PAGE;
        params.without(&[&PAGE]).with(&OFFSET, &offset.to_string()).with(&LIMIT, &HITS_A_PAGE.to_string())
    }

    /// Whether no parameter but a language is given: the list of the newest works.
    pub(crate) fn is_plain(&self) -> bool {
        self.q.is_empty() && self.filters.is_empty() && self.sort == Sort::Relevance && !self.literal && self.page == 1
    }

    /// The values of a filter.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.filters.iter().filter(move |(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    /// Whether a filter has a value; the case of languages does not matter.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.values(name).any(|known| known.eq_ignore_ascii_case(value))
    }

    /// Another page of the same list.
    pub(crate) fn on_page(&self, page: usize) -> SearchUrl {
        SearchUrl { page, ..self.clone() }
    }

    /// The search in another order.
    pub(crate) fn sorted(&self, sort: Sort) -> SearchUrl {
        SearchUrl { sort, page: 1, ..self.clone() }
    }

    /// The search with this value as the only one of a filter.
    pub(crate) fn only(&self, name: &'static str, value: &str) -> SearchUrl {
        let mut other = self.clone();
        let index = other.filters.iter().position(|(known, _)| *known == name).unwrap_or(other.filters.len());
        other.filters.retain(|(known, _)| *known != name);
        other.filters.insert(index.min(other.filters.len()), (name, value.to_owned()));
        SearchUrl { page: 1, ..other }
    }

    /// The search without a value of a filter.
    pub(crate) fn without(&self, name: &str, value: &str) -> SearchUrl {
        let mut other = self.clone();
        other.filters.retain(|(known, held)| *known != name || !held.eq_ignore_ascii_case(value));
        SearchUrl { page: 1, ..other }
    }

    /// The search with the filters that remained after a relaxation.
    pub(crate) fn as_relaxed(&self, recovery: &Recovery) -> SearchUrl {
        let is_dropped = |(name, value): &(&str, String)| {
            recovery.dropped_filters.iter().any(|dropped| {
                // Dropped dates are reported as days, and a search has one of each.
                dropped.name == *name && (dropped.value.eq_ignore_ascii_case(value) || name.starts_with("date_"))
            })
        };
        let mut relaxed = self.clone();
        relaxed.filters.retain(|filter| !is_dropped(filter));
        if recovery.kind == RecoveryKind::BroaderTopic {
            relaxed.filters.retain(|(name, _)| *name != TOPIC.name);
        }
        let broader = recovery.topics.iter().map(|topic| (TOPIC.name, topic.clone()));
        relaxed.filters.splice(0..0, broader);
        relaxed
    }

    /// The search without filters.
    pub(crate) fn unfiltered(&self) -> SearchUrl {
        SearchUrl { filters: Vec::new(), page: 1, ..self.clone() }
    }

    /// The search with the query exact, or open to corrections and relaxation.
    pub(crate) fn with_literal(&self, literal: bool) -> SearchUrl {
        SearchUrl { literal, page: 1, ..self.clone() }
    }

    /// The search in a chosen language.
    pub(crate) fn in_lang(&self, lang: &str) -> SearchUrl {
        SearchUrl { ui_lang: Some(lang.to_owned()), ..self.clone() }
    }

    /// The parameters that a form keeps besides the query.
    pub(crate) fn form_fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let filters = self.filters.iter().map(|(name, value)| (*name, value.as_str()));
        let sort = sort_name(self.sort).map(|name| (SORT.name, name));
        filters.chain(sort).chain(self.ui_lang.as_deref().map(|lang| (UI_LANG.name, lang)))
    }

    /// The query string, in a fixed order; default values are left out.
    pub(crate) fn to_query(&self) -> String {
        let mut query = Serializer::new(String::new());
        if !self.q.is_empty() {
            query.append_pair(Q.name, &self.q);
        }
        query.extend_pairs(self.form_fields());
        if self.literal {
            query.append_pair(LITERAL.name, "true");
        }
        if self.page > 1 {
            query.append_pair(PAGE.name, &self.page.to_string());
        }
        query.finish()
    }

    /// The query string of the feed, which has no pages.
    pub(crate) fn to_feed_query(&self) -> String {
        SearchUrl { page: 1, literal: false, ..self.clone() }.to_query()
    }
}

/// The name of an order; `None` for the default.
fn sort_name(sort: Sort) -> Option<&'static str> {
    SORT.form.others.iter().find(|(_, known)| *known == sort).map(|(name, _)| *name)
}

fn written<F: Form>(
    params: &Params,
    parameter: &Parameter<F>,
    write: impl Fn(F::Value) -> String,
) -> Result<Vec<String>, Problem> {
    Ok(params.all(parameter)?.into_iter().map(write).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::registry::Reading;

    fn requested(query: &str) -> SearchUrl {
        SearchUrl::read(&Params::from_address::<Reading>(Some(query))).unwrap()
    }

    #[test]
    fn an_address_round_trips_in_canonical_form() {
        for (typed, written) in [
            ("utm_source=x&ui_lang=es&page=2&q=+becas+&kind=", "q=becas&ui_lang=es&page=2"),
            ("topic=Programs/Research&q=x&kind=blog&kind=blog", "q=x&topic=programs%2Fresearch&kind=blog"),
            ("sort=-date&literal=true&page=1&q=x", "q=x&sort=-date&literal=true"),
            ("sort=relevance&literal=false&year=2021", "year=2021"),
        ] {
            assert_eq!(requested(typed).to_query(), written);
            assert_eq!(requested(written).to_query(), written);
        }
    }

    #[test]
    fn neighbours_change_one_thing_and_start_at_the_first_page() {
        let here = requested("q=x&kind=blog&kind=event&lang=es&page=3&ui_lang=fr");
        assert_eq!(here.only("kind", "article").to_query(), "q=x&kind=article&lang=es&ui_lang=fr");
        assert_eq!(here.without("kind", "blog").to_query(), "q=x&kind=event&lang=es&ui_lang=fr");
        assert_eq!(here.without("lang", "ES").to_query(), "q=x&kind=blog&kind=event&ui_lang=fr");
        assert_eq!(here.unfiltered().to_query(), "q=x&ui_lang=fr");
        assert_eq!(here.sorted(Sort::Newest).to_query(), "q=x&kind=blog&kind=event&lang=es&sort=-date&ui_lang=fr");
        assert_eq!(here.in_lang("pt").to_query(), "q=x&kind=blog&kind=event&lang=es&ui_lang=pt&page=3");
        assert!(here.has("lang", "ES") && !here.has("lang", "e"));
    }
}
