//! Finds the articles with the phrases and exclusions of a query. Each clause is looked up once per
//! request, however often the query is relaxed.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashSet;
use tantivy::query::{EnableScoring, PhraseQuery, Query as _, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, TERMINATED, Term};

use crate::engine::EngineError;
use crate::engine::cancellation::{Steps, checkpoint};
use crate::engine::planning::{Plan, PlannedClause};
use crate::engine::tantivy::reader::segment::{Segment, index_error};
use crate::engine::tantivy::reader::snapshot::Snapshot;

/// The articles of one segment.
pub(crate) type Docs = FxHashSet<DocId>;
/// The numbers of works.
type WorkNumbers = FxHashSet<u32>;
/// The excluded clauses, and the clause that exempts an article.
type Exclusions = (Vec<PlannedClause>, PlannedClause);

/// A cache of a request's clause lookups.
pub(crate) struct Clauses<'s> {
    snapshot: &'s Snapshot,
    now_s: i64,
    /// For each clause, the articles of every segment.
    held: RefCell<Vec<(PlannedClause, Rc<Vec<Docs>>)>>,
    excluded: RefCell<Vec<(Exclusions, Rc<WorkNumbers>)>>,
}

impl<'s> Clauses<'s> {
    pub(crate) fn new(snapshot: &'s Snapshot, now_s: i64) -> Clauses<'s> {
        Clauses { snapshot, now_s, held: RefCell::default(), excluded: RefCell::default() }
    }

    /// For every segment, the articles in which any of a clause's phrases occurs within one zone.
    pub(crate) fn held(&self, clause: &PlannedClause) -> Result<Rc<Vec<Docs>>, EngineError> {
        if let Some((_, known)) = self.held.borrow().iter().find(|(known, _)| known == clause) {
            return Ok(Rc::clone(known));
        }
        let segments = self.snapshot.segments.iter();
        let docs: Result<Vec<Docs>, EngineError> =
            segments.map(|segment| docs_with_clause(self.snapshot, segment, clause)).collect();
        let docs = Rc::new(docs?);
        self.held.borrow_mut().push((clause.clone(), Rc::clone(&docs)));
        Ok(docs)
    }

    /// The numbers of the works excluded by a plan: a work is excluded if any of its versions
    /// matches an exclusion.
    pub(crate) fn excluded(&self, plan: &Plan) -> Result<Rc<WorkNumbers>, EngineError> {
        let is_it = |(known, _): &&(Exclusions, _)| known.0 == plan.excluded && known.1 == plan.literal;
        if let Some((_, known)) = self.excluded.borrow().iter().find(is_it) {
            return Ok(Rc::clone(known));
        }
        let mut works = WorkNumbers::default();
        if !plan.excluded.is_empty() {
            let saved = self.held(&plan.literal)?;
            for clause in &plan.excluded {
                let held = self.held(clause)?;
                for ((segment, docs), saved) in self.snapshot.segments.iter().zip(held.iter()).zip(saved.iter()) {
                    let docs = docs.iter().filter(|doc| !saved.contains(doc) && segment.is_visible(**doc, self.now_s));
                    works.extend(docs.map(|doc| segment.work_of(*doc)));
                }
            }
        }
        let works = Rc::new(works);
        let exclusions = (plan.excluded.clone(), plan.literal.clone());
        self.excluded.borrow_mut().push((exclusions, Rc::clone(&works)));
        Ok(works)
    }
}

fn docs_with_clause(snapshot: &Snapshot, segment: &Segment, clause: &PlannedClause) -> Result<Docs, EngineError> {
    let mut docs = Docs::default();
    let mut steps = Steps::default();
    for zone in clause.zones() {
        let field = snapshot.fields.zones[zone].words;
        for phrase in &clause.phrases {
            checkpoint()?;
            let mut terms: Vec<Term> = phrase.iter().map(|word| Term::from_field_text(field, word)).collect();
            let query: Box<dyn tantivy::query::Query> = match terms.len() {
                0 => continue,
                1 => Box::new(TermQuery::new(terms.remove(0), IndexRecordOption::Basic)),
                _ => Box::new(PhraseQuery::new(terms)),
            };
            let scoring = EnableScoring::disabled_from_searcher(&snapshot.searcher);
            let weight = query.weight(scoring).map_err(index_error)?;
            let mut found = weight.scorer(&segment.reader, 1.0).map_err(index_error)?;
            while found.doc() != TERMINATED {
                docs.insert(found.doc());
                found.advance();
                steps.step()?;
            }
        }
    }
    Ok(docs)
}
