//! Who asks. A handler that takes an [`Operator`] or a [`Device`] cannot be reached without one, and
//! an operator not without what the route table asks for: an address that no table has is refused.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{Method, header},
    web,
};
use hattama_proto::{id::Kid, problem::ProblemCode};

use super::{HttpProblem, address::access_of};
use crate::{access::Operator, app::Headquarters, config::Config};

/// Whether browsers reach headquarters over TLS.
pub(crate) const fn is_secure(config: &Config) -> bool {
    config.tls_cert.is_some() || config.behind_proxy.is_some()
}

/// Name of the cookie in which a browser keeps its session. With the prefix no other host and no plain
/// connection can have set it.
pub(crate) const fn session_cookie(config: &Config) -> &'static str {
    if is_secure(config) { "__Host-hattama" } else { "hattama" }
}

/// The address under which headquarters is asked, as a browser says it itself:
/// `https://hq.example:8443`. `Host` is what whoever asks was told to ask; who lies about it gets links
/// and keys for another host, which serve nobody here.
pub(crate) fn asked_at(request: &HttpRequest) -> String {
    let scheme = if is_secure(&headquarters(request).config) { "https" } else { "http" };
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    format!("{scheme}://{}", host.unwrap_or_default())
}

/// A device, by the token it got when it enrolled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Device {
    /// The key the token was given for.
    pub(super) kid: Kid,
}

/// The token in `Authorization: Bearer …`.
fn bearer(request: &HttpRequest) -> Option<String> {
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    header.strip_prefix("Bearer ").map(str::to_owned)
}

/// A cookie's value. Read by hand, so that actix' cookie feature stays out of the tree.
pub(crate) fn cookie<'a>(request: &'a HttpRequest, wanted: &str) -> Option<&'a str> {
    let headers = request.headers().get_all(header::COOKIE);
    headers.filter_map(|header| header.to_str().ok()).flat_map(|header| header.split(';')).find_map(
        |pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == wanted).then_some(value)
        },
    )
}

/// Whether the browser says that what it sends comes from a page of ours: the host in `Origin` is the
/// one that was asked, or one that headquarters is configured to be reached under.
pub(crate) fn is_from_here(request: &HttpRequest) -> bool {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let said = request.headers().get("sec-fetch-site").map(header::HeaderValue::as_bytes);
    if said.is_some_and(|site| site != b"same-origin") {
        return false;
    }
    let Some(origin) = header(header::ORIGIN) else { return false };
    let Some(from) = host_of(origin) else { return false };
    // Where browsers come over TLS, a page without it is one that anybody on the way can write.
    if is_secure(&headquarters(request).config) && !origin.starts_with("https://") {
        return false;
    }
    header(header::HOST).is_some_and(|host| host.eq_ignore_ascii_case(from))
        || headquarters(request)
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

/// The refusal of what a browser sends on behalf of another site.
pub(crate) fn foreign() -> HttpProblem {
    HttpProblem::new(ProblemCode::Forbidden, "this form was not sent from a page of headquarters")
}

fn headquarters(request: &HttpRequest) -> web::Data<Headquarters> {
    request.app_data::<web::Data<Headquarters>>().expect("serve() puts it there").clone()
}

impl FromRequest for Operator {
    type Error = HttpProblem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, HttpProblem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let headquarters = headquarters(request);
        let bearer = bearer(request);
        // A browser sends its cookie along with whatever another site makes it send.
        let is_foreign = bearer.is_none()
            && !matches!(*request.method(), Method::GET | Method::HEAD)
            && !is_from_here(request);
        let cookie = session_cookie(&headquarters.config);
        let token = bearer.or_else(|| self::cookie(request, cookie).map(str::to_owned));
        let asked = request.match_pattern().and_then(|at| access_of(request.method(), &at));
        Box::pin(async move {
            let refused = || {
                HttpProblem::new(
                    ProblemCode::Unauthorized,
                    "say who you are: enter again, or give a token: Authorization: Bearer TOKEN",
                )
            };
            let token = token.ok_or_else(refused)?;
            if is_foreign {
                return Err(foreign());
            }
            let now = (headquarters.clock)();
            let operator = headquarters.people.who(&token, now).await?.ok_or_else(refused)?;
            let asked = asked.ok_or_else(|| denied(ProblemCode::Forbidden))?;
            operator.check(asked).map_err(denied)?;
            Ok(operator)
        })
    }
}

/// What somebody who is in may not do, and what to do about it.
pub(super) fn denied(code: ProblemCode) -> HttpProblem {
    let says = match code {
        ProblemCode::StepUpRequired => {
            "show your second factor again on the page /step-up, or set one on /account if the \
             account has none; a program needs a token that was made with --stepped-up"
        }
        _ => "your roles do not grant this",
    };
    HttpProblem::new(code, says)
}

impl FromRequest for Device {
    type Error = HttpProblem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, HttpProblem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (token, headquarters) = (bearer(request), headquarters(request));
        Box::pin(async move {
            let refused = || {
                HttpProblem::new(
                    ProblemCode::Unauthorized,
                    "give the device token of the enrolment, or start a new session",
                )
            };
            let token = token.ok_or_else(refused)?;
            let now = (headquarters.clock)();
            let kid = headquarters.sessions.owner(&token, now).await?;
            Ok(Self { kid: kid.ok_or_else(refused)? })
        })
    }
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
