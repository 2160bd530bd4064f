//! Do the figures of a table add up as the forms say they should? Pure.
//!
//! Official systems refuse a protocol whose sums do not fit: over nine national elections with
//! 862,065 protocols the four first control relations are violated nowhere. So where many rows break
//! one relation, it is the mapping that is wrong, and where few do, the file is worth a look. Nothing
//! is left out for it, and nothing is mended.

use std::collections::BTreeMap;

use hattama_proto::{
    id::{CopyType, FormCode, RelationId, UnitCode},
    pack::{FindingVerdict, FormKind, Pack, Relation, check_relations},
    statement::Level,
};
use serde::Serialize;

use super::{rows::OfficialRows, sheet::sheet};

/// How many units are named for a relation: enough to look at.
const NAMED_MAX: usize = 10;

/// A relation of a form that rows of a table break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BrokenRelation {
    /// The form.
    pub form: FormCode,
    /// The relation.
    pub relation: RelationId,
    /// How many rows could be held against it.
    pub checked: usize,
    /// How many of them break it.
    pub broken: usize,
    /// The first of these units.
    pub first: Vec<UnitCode>,
}

/// Holds every row against the relations of the forms of its level; what holds everywhere, or
/// cannot be told of any row, is not mentioned.
pub fn broken_relations(rows: &OfficialRows, level: Level, pack: &Pack) -> Vec<BrokenRelation> {
    // Relations that say of which copy they are say nothing of a table.
    let any_copy = CopyType::new("published").expect("it is a code");
    let forms = pack.forms.forms.iter().filter(|form| {
        form.kind == FormKind::Results && form.levels.contains(&level) && !form.relations.is_empty()
    });
    let mut found = Vec::new();
    for form in forms {
        let applies = |relation: &&Relation| relation.copies.is_empty();
        let relations: Vec<Relation> = form.relations.iter().filter(applies).cloned().collect();
        let mut told: BTreeMap<&RelationId, BrokenRelation> = BTreeMap::new();
        for relation in &relations {
            let (form, relation) = (form.code.clone(), &relation.id);
            let none = BrokenRelation {
                form,
                relation: relation.clone(),
                checked: rows.rows.len(),
                broken: 0,
                first: Vec::new(),
            };
            told.insert(relation, none);
        }
        for row in &rows.rows {
            let protocol = sheet(rows, row, form, any_copy.clone(), pack);
            for finding in check_relations(&relations, &protocol) {
                let Some(of) = told.get_mut(&finding.relation) else { continue };
                if finding.verdict == FindingVerdict::Incomplete {
                    of.checked -= 1;
                } else {
                    of.broken += 1;
                    if of.first.len() < NAMED_MAX {
                        of.first.push(row.unit.clone());
                    }
                }
            }
        }
        let of = |relation: &Relation| told.get(&relation.id).cloned();
        found.extend(relations.iter().filter_map(of).filter(|of| of.broken > 0));
    }
    found
}
