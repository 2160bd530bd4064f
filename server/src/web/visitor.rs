//! Who looks at a page, and whether a form was sent from one of ours.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::Method};

use super::frame::Frame;
use crate::{
    access::Operator,
    http::{HttpProblem, foreign, is_from_here},
};

/// An operator in front of a page. A handler that takes one cannot be reached without.
///
/// What changes something (anything but `GET`) must come from a page of ours: the cookie is
/// `SameSite=Strict`, and the browser's `Origin` is compared besides.
pub(super) struct Visitor {
    /// The account.
    pub(super) operator: Operator,
    /// The frame of the page.
    pub(super) frame: Frame,
}

impl FromRequest for Visitor {
    type Error = HttpProblem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, HttpProblem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (operator, mut frame) =
            (Operator::from_request(request, payload), Frame::of_stranger(request));
        let from_here = request.method() == Method::GET || is_from_here(request);
        Box::pin(async move {
            if !from_here {
                return Err(foreign());
            }
            let operator = operator.await?;
            frame.operator = Some(operator.clone());
            Ok(Self { operator, frame })
        })
    }
}
