//! Who asks. A handler that takes an [`Operator`] or a [`Device`] cannot be reached without one, and
//! an operator not without what the route table asks for: an address that no table has is refused.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};
use hattama_proto::{id::Kid, problem::ProblemCode};

use super::{HttpProblem, address::access_of};
use crate::{
    access::{Operator, Role, Scope},
    app::Headquarters,
    ingest::token_hash,
    store,
};

/// Name of the cookie in which a browser keeps an operator's token.
pub(crate) const COOKIE: &str = "hattama";

/// A device, by the token it got when it enrolled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Device {
    /// The key the token was given for.
    pub(super) kid: Kid,
}

/// The token in `Authorization: Bearer …`, else in the cookie.
fn token(request: &HttpRequest) -> Option<String> {
    let bearer = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "))
        .map(str::to_owned);
    bearer.or_else(|| cookie(request))
}

/// The token in the cookie. Read by hand, so that actix' cookie feature stays out of the tree.
fn cookie(request: &HttpRequest) -> Option<String> {
    let header = request.headers().get(header::COOKIE)?.to_str().ok()?;
    header.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then(|| value.to_owned())
    })
}

fn headquarters(request: &HttpRequest) -> web::Data<Headquarters> {
    request.app_data::<web::Data<Headquarters>>().expect("serve() puts it there").clone()
}

impl FromRequest for Operator {
    type Error = HttpProblem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, HttpProblem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (token, headquarters) = (token(request), headquarters(request));
        let asked = request.match_pattern().and_then(|at| access_of(request.method(), &at));
        Box::pin(async move {
            let refused = || {
                HttpProblem::new(
                    ProblemCode::Unauthorized,
                    "give an operator token: Authorization: Bearer TOKEN, as `hattama init` printed it",
                )
            };
            let token = token.ok_or_else(refused)?;
            let name = store::accounts::token_name(&headquarters.db, &token_hash(&token)).await?;
            let name = name.ok_or_else(refused)?;
            // A token made by `hattama init` may everything.
            let operator = Self { name, roles: Role::ALL.to_vec(), scope: Scope::default() };
            let forbidden = |code| HttpProblem::new(code, "your roles do not grant this");
            let asked = asked.ok_or_else(|| forbidden(ProblemCode::Forbidden))?;
            operator.check(asked).map_err(forbidden)?;
            Ok(operator)
        })
    }
}

impl FromRequest for Device {
    type Error = HttpProblem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, HttpProblem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let (token, headquarters) = (token(request), headquarters(request));
        Box::pin(async move {
            let refused = || {
                HttpProblem::new(
                    ProblemCode::Unauthorized,
                    "give the device token of the enrolment, or start a new session",
                )
            };
            let token = token.ok_or_else(refused)?;
            let now = (headquarters.clock)();
            let kid =
                store::devices::token_owner(&headquarters.db, &token_hash(&token), now).await?;
            Ok(Self { kid: kid.ok_or_else(refused)? })
        })
    }
}
