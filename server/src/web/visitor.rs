//! Who looks at a page, and whether a form was sent from one of ours.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{Method, header},
    web::Data,
};
use hattama_proto::problem::ProblemCode;

use super::frame::Frame;
use crate::{access::Operator, app::Headquarters, http::HttpProblem};

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

/// The refusal of a form that came from elsewhere.
pub(super) fn foreign() -> HttpProblem {
    HttpProblem::new(ProblemCode::Forbidden, "this form was not sent from a page of headquarters")
}

/// Whether the browser says that the form stands on a page of ours: the host in `Origin` is the one
/// that was asked, or one that headquarters is configured to be reached under.
pub(super) fn is_from_here(request: &HttpRequest) -> bool {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let Some(origin) = header(header::ORIGIN) else { return false };
    let Some(from) = host_of(origin) else { return false };
    let headquarters: &Data<Headquarters> = request.app_data().expect("serve() puts it there");
    header(header::HOST).is_some_and(|host| host.eq_ignore_ascii_case(from))
        || headquarters
            .config
            .addresses
            .iter()
            .any(|address| address.trim_end_matches('/').eq_ignore_ascii_case(origin))
}

/// `host:port` of an origin.
fn host_of(origin: &str) -> Option<&str> {
    let (scheme, host) = origin.split_once("://")?;
    (matches!(scheme, "http" | "https") && !host.is_empty() && !host.contains('/')).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn an_origin_names_a_host_or_nothing() {
        assert_eq!(host_of("https://hq.example:8443"), Some("hq.example:8443"));
        assert_eq!(host_of("http://[::1]:80"), Some("[::1]:80"));
        for opaque in ["null", "", "file://", "https://hq.example/x", "hq.example"] {
            assert_eq!(host_of(opaque), None, "{opaque}");
        }
    }
}
