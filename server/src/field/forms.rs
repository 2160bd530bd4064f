//! Check-ins and checklists: who has sent which form, and turnout over the day.

use std::collections::BTreeMap;

use hattama_proto::{
    id::{PersonId, RecordId},
    pack::FormKind,
    time::UnixMillis,
};
use serde::Serialize;

use super::{Field, FieldError};
use crate::{
    access::Operator,
    store::{
        self,
        forms::{FormCell, FormFilter},
    },
};

/// A filled form in a list.
#[derive(Clone, Debug, Serialize)]
pub struct FormRow {
    /// The record.
    pub record: RecordId,
    /// Log index; pass the last one as `after`.
    pub position: u64,
    /// The form.
    pub form: String,
    /// The unit.
    pub unit: String,
    /// Its region.
    pub region: Option<String>,
    /// Who, by pseudonym; none while the device is not enrolled.
    pub person: Option<PersonId>,
    /// The organisation.
    pub org: Option<String>,
    /// Whether it was told to a desk.
    pub told: bool,
    /// Answers by question.
    pub answers: serde_json::Value,
    /// How many answers are critical.
    pub critical: u32,
    /// When it came.
    pub received_at: UnixMillis,
    /// When the device says it was filled.
    pub claimed_at: String,
}

/// Which unit has sent which form.
#[derive(Clone, Debug, Serialize)]
pub struct FormMatrix {
    /// The forms of the set-up that are no results protocols, in its order.
    pub forms: Vec<String>,
    /// Units that have sent anything, by code; the cells by form.
    pub units: BTreeMap<String, BTreeMap<String, MatrixCell>>,
}

/// What came of one form from one unit.
#[derive(Clone, Debug, Serialize)]
pub struct MatrixCell {
    /// How many.
    pub count: u64,
    /// How many of their answers are critical.
    pub critical: u64,
    /// When the newest came.
    pub newest: UnixMillis,
}

/// Turnout as observers counted it: the largest number of each unit at each form, summed by region.
#[derive(Clone, Debug, Serialize)]
pub struct Turnout {
    /// The form.
    pub form: String,
    /// The question.
    pub question: String,
    /// Region, how many precincts told, and the sum of their largest figures.
    pub regions: BTreeMap<String, (u64, i64)>,
}

impl Field {
    /// Filled forms that fit, in log order.
    pub async fn forms(
        &self,
        filter: FormFilter,
        after: Option<u64>,
        limit: u32,
        operator: &Operator,
    ) -> Result<Vec<FormRow>, FieldError> {
        let Some(filter) = within(filter, operator) else { return Ok(Vec::new()) };
        let found = store::forms::list(&self.db, &filter, after, limit).await?;
        let book = self.book.read();
        Ok(found
            .into_iter()
            .map(|form| FormRow {
                person: book.statements.person(&form.kid).cloned(),
                told: book.statements.enrolment(&form.kid).is_some_and(|known| known.desk),
                record: form.record,
                position: form.position,
                form: form.form,
                unit: form.unit,
                region: form.region,
                org: form.org,
                answers: serde_json::from_str(&form.answers).unwrap_or_default(),
                critical: form.critical,
                received_at: form.received_at,
                claimed_at: form.claimed_at,
            })
            .collect())
    }

    /// Which unit has sent which form.
    pub async fn form_matrix(
        &self,
        filter: FormFilter,
        operator: &Operator,
    ) -> Result<FormMatrix, FieldError> {
        let forms: Vec<String> = self
            .book
            .read()
            .pack
            .forms
            .forms
            .iter()
            .filter(|form| form.kind != FormKind::Results)
            .map(|form| form.code.to_string())
            .collect();
        let mut units: BTreeMap<String, BTreeMap<String, MatrixCell>> = BTreeMap::new();
        if let Some(filter) = within(filter, operator) {
            for cell in store::forms::matrix(&self.db, &filter).await? {
                let FormCell { unit, form, count, critical, newest } = cell;
                units.entry(unit).or_default().insert(form, MatrixCell { count, critical, newest });
            }
        }
        Ok(FormMatrix { forms, units })
    }

    /// Turnout by region, one row per form and question that asks for a number.
    pub async fn turnout(&self, operator: &Operator) -> Result<Vec<Turnout>, FieldError> {
        let asked: Vec<(String, String)> = {
            let book = self.book.read();
            let forms = book.pack.forms.forms.iter().filter(|form| form.kind == FormKind::Turnout);
            forms
                .flat_map(|form| {
                    let numbers = form.questions.iter().filter(|question| {
                        question.kind == hattama_proto::pack::QuestionKind::Number
                    });
                    numbers.map(|question| (form.code.to_string(), question.code.to_string()))
                })
                .collect()
        };
        let mut all = Vec::with_capacity(asked.len());
        for (form, question) in asked {
            let mut largest: BTreeMap<String, (Option<String>, i64)> = BTreeMap::new();
            let mut after = None;
            loop {
                let filter = FormFilter { form: form.clone(), ..FormFilter::default() };
                let page = self.forms(filter, after, PAGE, operator).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.position);
                for row in page {
                    let Some(number) = row.answers[&question].as_i64() else { continue };
                    let known = largest.entry(row.unit).or_insert((row.region, number));
                    known.1 = known.1.max(number);
                }
            }
            let mut regions: BTreeMap<String, (u64, i64)> = BTreeMap::new();
            for (region, number) in largest.into_values() {
                let sum = regions.entry(region.unwrap_or_default()).or_default();
                *sum = (sum.0 + 1, sum.1.saturating_add(number));
            }
            all.push(Turnout { form, question, regions });
        }
        Ok(all)
    }
}

/// Forms of one page when all are read.
pub(super) const PAGE: u32 = 1000;

/// The filter within what the operator sees; none where that leaves nothing.
fn within(mut filter: FormFilter, operator: &Operator) -> Option<FormFilter> {
    for (asked, mine) in
        [(&mut filter.org, &operator.scope.org), (&mut filter.region, &operator.scope.region)]
    {
        if let Some(mine) = mine {
            if asked.is_empty() {
                asked.clone_from(mine);
            } else if asked != mine {
                return None;
            }
        }
    }
    Some(filter)
}
