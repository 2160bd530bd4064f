//! What was written down at the desk a moment ago, in lines to be read back to whoever told it.

use hattama_proto::{
    id::RecordId,
    jws::Envelope,
    record::{Answer, Body, Figure, Record},
};

use crate::{
    app::Headquarters,
    http::HttpProblem,
    store,
    web::{frame::Frame, visitor::Visitor},
};

/// What was written down, to be read back.
pub(super) struct Written {
    /// The record.
    pub(super) record: String,
    /// Label and value.
    pub(super) lines: Vec<(String, String)>,
}

/// What was written down a moment ago; none if it is no desk's record or not the operator's to see.
pub(super) async fn written(
    visitor: &Visitor,
    record: &RecordId,
    headquarters: &Headquarters,
) -> Result<Option<Written>, HttpProblem> {
    let Some(stored) = store::records::by_id(&headquarters.db, record).await? else {
        return Ok(None);
    };
    let frame = &visitor.frame;
    let Ok(envelope) = Envelope::parse(&stored.jws) else { return Ok(None) };
    let enrolment = headquarters.book.read().statements.enrolment(&envelope.kid()).cloned();
    let Some(desk) = enrolment.filter(|known| known.desk) else { return Ok(None) };
    if !visitor.operator.scope.sees_record(&headquarters.book.read(), &stored) {
        return Ok(None);
    }
    let Ok(verified) = envelope.verify(&desk.public_key) else { return Ok(None) };
    let Ok(record) = Record::read(verified) else { return Ok(None) };
    let lines = lines(frame, &record.claims.body);
    Ok(Some(Written { record: stored.id.to_hex(), lines }))
}

fn lines(frame: &Frame, body: &Body) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    if let Some(unit) = body.unit() {
        lines.push((frame.w.unit.to_owned(), frame.unit(unit)));
    }
    let figure = |value: Option<Figure>| {
        value.map_or_else(|| "–".to_owned(), |value| value.value().to_string())
    };
    match body {
        Body::Protocol(sheet) => {
            let form = frame.pack.form(&sheet.form);
            for line in form.map_or(&[][..], |form| &form.lines) {
                let label = format!("{} {}", line.number, frame.name(&line.names));
                let value = sheet.lines.get(&line.code).copied().flatten();
                lines.push((label, figure(value)));
            }
            for (contest, choices) in &sheet.contests {
                for (choice, value) in choices {
                    lines.push((frame.choice(contest, choice), figure(*value)));
                }
            }
        }
        Body::Form(filled) => {
            let form = frame.pack.form(&filled.form);
            for question in form.map_or(&[][..], |form| &form.questions) {
                let said = match filled.answers.get(&question.code) {
                    Some(Answer::YesNo(yes)) => frame.w.yes_no(Some(*yes)).to_owned(),
                    Some(Answer::Number(number)) => number.to_string(),
                    Some(Answer::Text(text)) => text.clone(),
                    Some(Answer::Open) | None => "–".to_owned(),
                };
                lines.push((frame.name(&question.names).to_owned(), said));
            }
        }
        Body::Incident(incident) => lines.push((frame.w.words.to_owned(), incident.words.clone())),
        Body::NotObtained(missing) => {
            let said = frame.w.missing(missing.missing).to_owned();
            lines.push((frame.w.kind_not_obtained.to_owned(), said));
            lines.extend(
                missing
                    .copy
                    .iter()
                    .map(|copy| (super::words(frame).copy.to_owned(), frame.copy(copy))),
            );
            lines.extend(
                missing.office.iter().map(|office| (frame.w.by_office.to_owned(), office.clone())),
            );
            lines.push((frame.w.words.to_owned(), missing.words.clone()));
        }
        Body::Correction(_) => {}
    }
    lines
}
