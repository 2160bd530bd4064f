//! A request that brings something needs room on the disk.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use hattama_proto::problem::ProblemCode;

use super::HttpProblem;
use crate::app::Headquarters;

/// There is room. An endpoint that takes this as an argument cannot be reached without.
pub(super) struct RoomLeft;

impl FromRequest for RoomLeft {
    type Error = HttpProblem;
    type Future = Ready<Result<Self, HttpProblem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let room = request.app_data::<Data<Headquarters>>().map(|hq| hq.room.is_left());
        ready(if room == Some(false) { Err(full()) } else { Ok(Self) })
    }
}

fn full() -> HttpProblem {
    HttpProblem::new(
        ProblemCode::StorageFull,
        "headquarters' disk is nearly full; nothing was acknowledged, try again later",
    )
    .retry_later()
}
