//! `/sample`: the random sample, drawn by a seed that was published, and drawn again for whoever looks.

use actix_web::{
    HttpResponse,
    web::{Data, Form},
};
use askama::Template;
use serde::Deserialize;

use super::{
    answer,
    chip::Chip,
    figure::figure,
    frame::{Frame, UnitLink},
    visitor::Visitor,
    words::{KnownWords, Words},
};
use crate::{
    access::Permission,
    app::Headquarters,
    http::HttpProblem,
    sample::{By, Draw, DrawError, SampleView},
};

/// Precincts of a draw that the page lists; `GET /v1/samples` has all of them.
const LISTED_MAX: usize = 400;

#[derive(Template)]
#[template(path = "sample.html")]
struct SamplePage<'a> {
    frame: &'a Frame,
    w: &'static Words,
    k: &'static KnownWords,
    may_draw: bool,
    trouble: Option<String>,
    typed: DrawForm,
    would: Option<Shown>,
    drawn: Vec<Shown>,
}

/// One draw.
struct Shown {
    chips: Vec<Chip>,
    wrong: Vec<String>,
    at: String,
    by: String,
    seed: String,
    statement: String,
    size: String,
    frame: String,
    special: String,
    strata: Vec<[String; 3]>,
    units: Vec<UnitLink>,
    more: bool,
}

/// Body of `POST /sample`.
#[derive(Clone, Default, Deserialize)]
pub(super) struct DrawForm {
    #[serde(default)]
    seed: String,
    #[serde(default)]
    size: String,
    #[serde(default)]
    by: By,
    /// `draw`, or anything else to try it out.
    #[serde(default)]
    what: String,
}

/// `GET /sample`.
pub(super) async fn show(
    visitor: Visitor,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    page(&visitor, &headquarters, DrawForm::default(), None, None).await
}

/// `POST /sample`: shows what would be drawn, or draws. What was typed stays where it could not be.
pub(super) async fn submit(
    visitor: Visitor,
    form: Form<DrawForm>,
    headquarters: Data<Headquarters>,
) -> Result<HttpResponse, HttpProblem> {
    let form = form.into_inner();
    let Ok(size) = form.size.trim().parse() else {
        let trouble = visitor.frame.w.known.size.to_owned() + "?";
        return page(&visitor, &headquarters, form, None, Some(trouble)).await;
    };
    let draw = Draw { seed: form.seed.trim().to_owned(), size, by: form.by };
    let who = (visitor.operator.name.as_str(), &visitor.operator.scope);
    let done = if form.what == "draw" {
        let now = (headquarters.clock)();
        headquarters.samples.draw(&draw, who, now).await.map(|_| None)
    } else {
        headquarters.samples.try_out(&draw, who).map(Some)
    };
    match done {
        Ok(None) => Ok(answer::see_other("/sample")),
        Ok(Some(would)) => page(&visitor, &headquarters, form, Some(&would), None).await,
        Err(error @ (DrawError::Sample(_) | DrawError::Scope)) => {
            page(&visitor, &headquarters, form, None, Some(error.to_string())).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(
    visitor: &Visitor,
    headquarters: &Headquarters,
    typed: DrawForm,
    would: Option<&SampleView>,
    trouble: Option<String>,
) -> Result<HttpResponse, HttpProblem> {
    let frame = &visitor.frame;
    let k = frame.w.known;
    let mut drawn = Vec::new();
    for view in headquarters.samples.list(&visitor.operator.scope).await? {
        let mut one = shown(frame, &view);
        one.chips.push(if view.counts { Chip::good(k.counts) } else { Chip::warn(k.later) });
        // Whoever sees one region only has not all that was drawn.
        if visitor.operator.scope.region.is_none() {
            let checked = headquarters.samples.check(&view).await?;
            one.chips.push(if checked.as_drawn {
                Chip::good(k.as_drawn)
            } else {
                Chip::alert(k.not_as_drawn)
            });
            one.wrong = checked.wrong;
        }
        drawn.push(one);
    }
    answer::html(&SamplePage {
        frame,
        w: frame.w,
        k,
        may_draw: frame.may(Permission::DrawSample),
        trouble,
        typed,
        would: would.map(|view| shown(frame, view)),
        drawn,
    })
}

fn shown(frame: &Frame, view: &SampleView) -> Shown {
    let k = frame.w.known;
    let sum = |of: fn(&hattama_proto::statement::SampleStratum) -> u64| {
        figure(view.sample.strata.iter().map(of).sum())
    };
    let strata = view.sample.strata.iter().map(|stratum| {
        let name =
            stratum.unit.as_ref().map_or_else(|| k.whole_country.to_owned(), |c| frame.unit(c));
        [name, figure(stratum.frame), figure(stratum.drawn)]
    });
    Shown {
        chips: Vec::new(),
        wrong: Vec::new(),
        at: view.drawn_at.map(|at| frame.moment(at)).unwrap_or_default(),
        by: view.sample.account.clone(),
        seed: view.sample.seed.clone(),
        statement: view.id.map(|id| id.to_hex()).unwrap_or_default(),
        size: sum(|stratum| stratum.drawn),
        frame: sum(|stratum| stratum.frame),
        special: figure(view.sample.special),
        strata: strata.collect(),
        units: view.units.iter().take(LISTED_MAX).map(|code| UnitLink::new(frame, code)).collect(),
        more: view.units.len() > LISTED_MAX,
    }
}
