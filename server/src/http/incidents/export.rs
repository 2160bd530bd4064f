//! Incidents as a file: for spreadsheets, for programs.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Bytes, Data, Query},
};
use futures_util::{StreamExt as _, stream};
use hattama_proto::{id::RecordId, record::Incident};
use serde::Deserialize;

use super::{FilterQuery, IncidentView};
use crate::{
    access::Operator,
    app::Headquarters,
    export::{
        Flavour,
        csv::{self, Cell},
    },
    http::HttpProblem,
    incident_board::{IncidentFilter, IncidentOrder},
    review::reported,
    store,
};

/// Incidents that are read at once: about a megabyte of reports.
const PAGE: usize = 200;

/// The columns, in order.
const COLUMNS: [&str; 21] = [
    "id",
    "index",
    "state",
    "version",
    "severity",
    "phase",
    "categories",
    "unit",
    "region",
    "org",
    "reporter",
    "occurred_at",
    "received_at",
    "updated_at",
    "assignee",
    "group",
    "tags",
    "duplicate_of",
    "language",
    "place_words",
    "words",
];

/// What kind of file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    /// CSV in which no cell can be taken for a formula.
    #[default]
    Csv,
    /// CSV with every cell exactly as it is: for programs, not for spreadsheets.
    ExactCsv,
    /// One JSON object per line.
    Json,
}

/// The format of an export, beside its filter.
#[derive(Deserialize)]
pub(in super::super) struct FormatQuery {
    #[serde(default)]
    format: Format,
}

/// `GET /v1/incidents/export`: every incident that fits, newest report first, streamed. That it was
/// taken out is noted.
pub(in super::super) async fn take_out(
    operator: Operator,
    filter: Query<FilterQuery>,
    format: Query<FormatQuery>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let filter = filter.into_inner().read(&headquarters, &operator.scope)?;
    let format = format.format;
    let now = (headquarters.clock)();
    crate::audit::note(&headquarters.db, &operator.name, "export", "incidents", now).await?;
    let (media_type, ending) = match format {
        Format::Csv | Format::ExactCsv => ("text/csv; charset=utf-8; header=present", "csv"),
        Format::Json => ("application/x-ndjson", "jsonl"),
    };
    let begin = Reading { headquarters, filter, format, after: None, heading: true };
    // The first page before any answer: a store that is away is told as a problem.
    let (first, rest) = begin.next().await?;
    let pages = stream::try_unfold(rest, |reading| async move {
        // Broken off, the file is shorter than its transfer says.
        match reading {
            None => Ok(None),
            Some(reading) => reading.next().await.map(Some),
        }
    });
    let whole = stream::once(std::future::ready(Ok(first))).chain(pages);
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, media_type))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"incidents.{ending}\""),
        ))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .streaming(Box::pin(whole)))
}

/// How far a file is.
struct Reading {
    headquarters: Data<Headquarters>,
    filter: IncidentFilter,
    format: Format,
    after: Option<u64>,
    heading: bool,
}

impl Reading {
    /// The next piece of the file, and what is left of it.
    async fn next(mut self) -> Result<(Bytes, Option<Self>), HttpProblem> {
        let db = &self.headquarters.db;
        let board = self.headquarters.incident_board().await?;
        let found = board.page(db, &self.filter, IncidentOrder::Received, self.after, PAGE).await?;
        let ids: Vec<RecordId> = found.iter().map(|incident| incident.record).collect();
        let reports = store::incidents::reports(db, &ids).await?;
        let is_last = found.len() < PAGE;
        let after = found.last().map(|incident| incident.position);
        let views = super::views(&self.headquarters, &self.filter.scope, found).await?;
        let mut piece = Vec::new();
        if self.heading && self.format != Format::Json {
            put_row(&mut piece, self.format, COLUMNS.map(str::to_owned).as_slice());
        }
        for (view, report) in views.iter().zip(reports) {
            let report = report.as_deref().and_then(reported);
            let words = report.as_ref().map_or("", |report| &report.words);
            if self.format == Format::Json {
                let mut line = serde_json::to_value(view).unwrap_or_default();
                line["words"] = words.into();
                line["language"] = report.as_ref().map(|report| &*report.language).into();
                line["place_words"] =
                    report.as_ref().and_then(|report| report.place_words.as_deref()).into();
                piece.extend(line.to_string().into_bytes());
                piece.push(b'\n');
            } else {
                put_row(&mut piece, self.format, &cells(view, report.as_ref()));
            }
        }
        self.heading = false;
        self.after = after;
        Ok((piece.into(), (!is_last).then_some(self)))
    }
}

fn cells(view: &IncidentView, report: Option<&Incident>) -> [String; 21] {
    let or_empty = |text: &Option<String>| text.clone().unwrap_or_default();
    let codes: Vec<String> = serde_json::from_value(view.categories.clone()).unwrap_or_default();
    [
        view.id.to_hex(),
        view.index.to_string(),
        view.state.clone(),
        view.version.to_string(),
        view.severity.clone(),
        view.phase.clone(),
        codes.join(" "),
        or_empty(&view.unit),
        or_empty(&view.region),
        or_empty(&view.org),
        or_empty(&view.reporter),
        or_empty(&view.occurred_at),
        view.received_at.to_rfc3339(),
        view.updated_at.to_rfc3339(),
        or_empty(&view.assignee),
        or_empty(&view.group),
        view.tags.join(", "),
        view.duplicate_of.map(RecordId::to_hex).unwrap_or_default(),
        report.map_or_else(String::new, |report| report.language.clone()),
        report.and_then(|report| report.place_words.clone()).unwrap_or_default(),
        report.map_or_else(String::new, |report| report.words.clone()),
    ]
}

/// A row of CSV, every cell a text.
fn put_row(into: &mut Vec<u8>, format: Format, cells: &[String]) {
    let flavour = match format {
        Format::Csv => Flavour::Spreadsheet,
        Format::ExactCsv | Format::Json => Flavour::Exact,
    };
    let cells: Vec<Cell<'_>> = cells.iter().map(|cell| cell.as_str().into()).collect();
    csv::put_row(into, flavour, &cells);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(format: Format, cell: &str) -> String {
        let mut row = Vec::new();
        put_row(&mut row, format, &[cell.to_owned()]);
        String::from_utf8(row).unwrap()
    }

    #[test]
    fn no_cell_of_a_spreadsheet_begins_as_a_formula_and_the_exact_one_is_exact() {
        for cell in ["=1+1", "+7 701", "-2", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1"] {
            assert_eq!(row(Format::Csv, cell), format!("\"'{cell}\"\r\n"));
            assert_eq!(row(Format::ExactCsv, cell), format!("\"{cell}\"\r\n"));
        }
        assert_eq!(row(Format::Csv, "a \"b\", c"), "\"a \"\"b\"\", c\"\r\n");
        assert_eq!(row(Format::Csv, "5-2=3"), "\"5-2=3\"\r\n");
    }
}
