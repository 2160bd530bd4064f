//! The form that takes a file in, checked first.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Payload},
};
use hattama_proto::statement::Level;

use super::{KnownChanges, Published, figure, list};
use crate::{
    app::Headquarters,
    http::{HttpProblem, Upload},
    official::{BrokenRelation, ReadingReport},
    publishing::{Brought, FILE_BYTES_MAX, Keep, MAPPING_BYTES_MAX},
    web::{answer, frame::Frame, visitor::Visitor, words::PublicationWords},
};

/// Rows that are listed on the page; the command line and the API list all.
const LISTED_MAX: usize = 100;

/// What stands in the form, and what came of it.
#[derive(Default)]
pub(super) struct FormView {
    pub(super) trouble: Option<String>,
    /// What became of it, in words.
    pub(super) told: Option<&'static str>,
    pub(super) level: &'static str,
    pub(super) source: String,
    pub(super) mapping: String,
    pub(super) report: Option<ReportView>,
}

/// What was understood.
pub(super) struct ReportView {
    /// What it counts, and how many.
    pub(super) counts: Vec<(&'static str, String)>,
    pub(super) columns: Vec<(String, String)>,
    /// Line, unit and figures.
    pub(super) first: Vec<(String, String)>,
    pub(super) broken: Vec<String>,
    pub(super) left_out: Vec<(u64, String)>,
    pub(super) is_cut: bool,
}

/// `POST /publications`: checks a file, or archives it. What was typed stays in the form.
pub(in crate::web) async fn submit(
    visitor: Visitor,
    request: HttpRequest,
    payload: Payload,
    headquarters: Data<Headquarters>,
    known: Data<KnownChanges>,
) -> Result<HttpResponse, HttpProblem> {
    let max = FILE_BYTES_MAX + MAPPING_BYTES_MAX;
    let mut upload = Upload::read(&request, payload, max).await?;
    let level = upload.take_text("level")?.and_then(|level| Level::from_name(level.trim()));
    let level = level.unwrap_or(Level::Precinct);
    let source = upload.take_text("source")?.unwrap_or_default();
    // A browser ends the lines of what was typed in its own way; the mapping is the one in the file.
    let mapping = upload.take_text("mapping")?.map(|text| text.replace("\r\n", "\n"));
    let mapping = mapping.filter(|text| !text.trim().is_empty());
    let is_archived = upload.take_text("run")?.as_deref() == Some("archive");
    let mut form = FormView {
        level: level.name(),
        source: source.clone(),
        mapping: mapping.clone().unwrap_or_default(),
        ..FormView::default()
    };
    let p = &visitor.frame.w.publications;
    let Some(file) = upload.take("file") else {
        form.trouble = Some(p.no_file.to_owned());
        return list(&visitor, &headquarters, &known, form).await;
    };
    let keep = if is_archived { Keep::Archive } else { Keep::Nothing };
    let brought = Brought { file, level, source, mapping };
    match headquarters.publish(brought, keep, (headquarters.clock)()).await {
        Ok(published) => {
            if let (Some(id), true) = (published.id, published.left_out.is_empty()) {
                return Ok(answer::see_other(&format!("/publications/{id}")));
            }
            form.told = Some(told(&published, keep, p));
            form.report = Some(ReportView::new(&published, &visitor.frame));
        }
        Err(error) if error.is_of_the_input() => form.trouble = Some(error.to_string()),
        Err(error) => return Err(error.into()),
    }
    list(&visitor, &headquarters, &known, form).await
}

fn told(published: &Published, keep: Keep, p: &PublicationWords) -> &'static str {
    match (keep, published.units, published.before) {
        (Keep::Nothing, ..) => p.checked,
        (Keep::Archive, 0, _) => p.nothing,
        (Keep::Archive, _, true) => p.again,
        (Keep::Archive, _, false) => p.archived,
    }
}

impl ReportView {
    fn new(published: &Published, frame: &Frame) -> Self {
        let p = &frame.w.publications;
        let count = |count: usize| figure(count as u64);
        let mut counts = vec![(p.understood, count(published.units))];
        let mut view = Self {
            counts: Vec::new(),
            columns: Vec::new(),
            first: Vec::new(),
            broken: Vec::new(),
            left_out: published.left_out.iter().take(LISTED_MAX).cloned().collect(),
            is_cut: published.left_out.len() > LISTED_MAX,
        };
        if let Some(report) = &published.report {
            counts.push((p.register, count(report.register)));
            counts.push((p.absent, count(report.absent)));
            counts.push((p.ignored, figure(report.ignored)));
            view.fill(report);
        }
        counts.push((p.left_out, count(published.left_out.len())));
        view.counts = counts;
        view
    }

    fn fill(&mut self, report: &ReadingReport) {
        let columns = report.columns.iter();
        self.columns =
            columns.map(|column| (column.name.clone(), column.used_for.join(", "))).collect();
        let cell = |(name, figure): (&String, &Option<u64>)| {
            let figure = figure.map_or_else(|| "–".to_owned(), |figure| figure.to_string());
            format!("{name} = {figure}")
        };
        let first = report.first.iter().map(|row| {
            let cells: Vec<String> = row.cells.iter().map(cell).collect();
            (format!("{}: {}", row.line, row.unit), cells.join("; "))
        });
        self.first = first.collect();
        self.broken = report.broken.iter().map(in_words).collect();
    }
}

fn in_words(broken: &BrokenRelation) -> String {
    let units: Vec<&str> = broken.first.iter().map(|unit| unit.as_str()).collect();
    let (of, all) = (broken.broken, broken.checked);
    format!("{} ({}): {of} / {all}: {}", broken.relation, broken.form, units.join(", "))
}
