//! One publication, against the one of its level before it.

use std::collections::BTreeSet;

use actix_web::{
    HttpResponse,
    web::{Data, Path},
};
use askama::Template;
use hattama_proto::{
    id::{PublicationId, UnitCode},
    problem::ProblemCode,
    statement::Level,
};

use crate::{
    access::Scope,
    app::Headquarters,
    compare::{Below, EditionChanges, Verdict},
    http::HttpProblem,
    published, store,
    web::{
        answer,
        figure::figure,
        frame::{Frame, UnitLink},
        visitor::Visitor,
        words::{PublicationWords, Words},
    },
};

/// Units and figures that are listed of each kind; the API lists all.
const LISTED_MAX: usize = 100;

#[derive(Template)]
#[template(path = "publication.html")]
struct PublicationPage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    p: &'static PublicationWords,
    id: String,
    facts: Vec<(&'static str, String)>,
    hashes: Vec<(&'static str, String)>,
    mapping: Option<String>,
    /// Address of the publication before it.
    before: Option<String>,
    /// Nothing at all changed.
    is_same: bool,
    appeared: Units,
    withdrawn: Units,
    changed: Vec<CellRow>,
    changed_units: String,
    is_cut: bool,
    missing: Units,
}

/// Some units, and how many there are.
#[derive(Default)]
struct Units {
    count: String,
    links: Vec<UnitLink>,
    is_cut: bool,
}

/// One figure that is another one.
struct CellRow {
    unit: UnitLink,
    cell: String,
    old: String,
    new: String,
}

impl Units {
    fn new(frame: &Frame, units: &[UnitCode]) -> Self {
        Self {
            count: figure(units.len() as u64),
            links: units.iter().take(LISTED_MAX).map(|unit| UnitLink::new(frame, unit)).collect(),
            is_cut: units.len() > LISTED_MAX,
        }
    }
}

/// `GET /publications/{id}`.
pub(in crate::web) async fn show(
    visitor: Visitor,
    id: Path<PublicationId>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let p = &frame.w.publications;
    let none = || HttpProblem::new(ProblemCode::NotFound, "no such publication was archived");
    let all = store::publications::all(&headquarters.db).await?;
    let stored = all.iter().find(|known| known.id == *id).ok_or_else(none)?;
    let edition = published::edition(&headquarters.db, &id).await?.ok_or_else(none)?;
    let mapping = store::publications::mapping(&headquarters.db, &id).await?;
    let newest = all.iter().rev().find(|known| known.level == Level::Precinct);
    let missing = match newest {
        Some(newest) if newest.id == *id => {
            not_published(&headquarters, &visitor.operator.scope).await?
        }
        _ => Vec::new(),
    };
    let mut hashes = vec![(p.identity, stored.id.to_hex())];
    if let Some(by) = &stored.read_by {
        hashes.push((p.file_hash, by.file.to_hex()));
        hashes.push((p.mapping_hash, by.mapping.to_hex()));
    }
    let changes = &edition.changes;
    let (changed, is_cut) = changed(frame, changes);
    answer::html(&PublicationPage {
        frame,
        w: frame.w,
        p,
        id: stored.id.to_hex().chars().take(10).collect(),
        facts: vec![
            (p.level, frame.w.level(stored.level).to_owned()),
            (p.fetched_at, frame.moment(stored.fetched_at)),
            (p.source, stored.source.clone()),
            (p.units, figure(stored.units)),
            (p.bytes, figure(stored.bytes)),
        ],
        hashes,
        mapping: mapping.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        before: edition.before.map(|before| format!("/publications/{before}")),
        is_same: changes.is_empty(),
        appeared: Units::new(frame, &changes.appeared),
        withdrawn: Units::new(frame, &changes.withdrawn),
        changed,
        changed_units: figure(changes.changed.len() as u64),
        is_cut,
        missing: Units::new(frame, &missing),
    })
}

fn changed(frame: &Frame, changes: &EditionChanges) -> (Vec<CellRow>, bool) {
    let figure = |figure: Option<u64>| figure.map_or_else(|| "–".to_owned(), super::figure);
    let mut rows = Vec::new();
    for unit in &changes.changed {
        for cell in &unit.cells {
            if rows.len() == LISTED_MAX {
                return (rows, true);
            }
            let named = published::cell_key(&cell.cell).map(|key| frame.cell(&key));
            rows.push(CellRow {
                unit: UnitLink::new(frame, &unit.unit),
                cell: named.unwrap_or_else(|| cell.cell.clone()),
                old: figure(cell.old),
                new: figure(cell.new),
            });
        }
    }
    (rows, false)
}

/// Precincts of which we hold a copy of some contest, and of which nothing was published.
async fn not_published(
    headquarters: &Headquarters,
    scope: &Scope,
) -> Result<Vec<UnitCode>, HttpProblem> {
    let comparison = headquarters.comparison_within(scope).await?;
    let nodes = comparison.contests.iter().flat_map(|contest| contest.nodes());
    let missing = nodes.filter(|node| {
        node.verdict == Verdict::NotPublished
            && matches!(&node.below, Below::OurCopy { votes: Some(_), .. })
    });
    let missing: BTreeSet<&UnitCode> = missing.map(|node| &node.unit).collect();
    Ok(missing.into_iter().cloned().collect())
}
