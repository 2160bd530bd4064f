//! Every request, by the pattern of its address: what it asks for, and about whom, is not in it.

use std::{collections::HashMap, sync::LazyLock, time::Instant};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};
use prometheus_client::registry::{Registry, Unit};

use super::addresses;
use crate::{
    app::Headquarters,
    metrics::{Counts, Seconds, counts, seconds},
};

/// Every pattern that is served, as the text that a label may have.
static PATTERNS: LazyLock<HashMap<&'static str, &'static str>> =
    LazyLock::new(|| addresses().map(|address| (address.pattern, address.pattern)).collect());

/// Measures requests. Clones measure together.
#[derive(Clone, Debug)]
pub struct RequestMeter {
    requests: Counts<3>,
    seconds: Seconds<1>,
}

impl Default for RequestMeter {
    fn default() -> Self {
        Self { requests: counts([]), seconds: seconds([]) }
    }
}

impl RequestMeter {
    pub(crate) fn register(&self, registry: &mut Registry) {
        registry.register("http_requests", "Requests that were answered", self.requests.clone());
        registry.register_with_unit(
            "http_request",
            "Time until the answer began, by the pattern of the address",
            Unit::Seconds,
            self.seconds.clone(),
        );
    }
}

/// Measures one request, whatever becomes of it.
pub(super) async fn measure(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let started = Instant::now();
    let meter = request.app_data::<Data<Headquarters>>().map(|hq| hq.requests.clone());
    let done = next.call(request).await;
    let (Some(meter), Ok(response)) = (meter, &done) else { return done };
    let pattern = response.request().match_pattern();
    let route = pattern.and_then(|pattern| PATTERNS.get(pattern.as_str()).copied());
    let route = route.unwrap_or("none");
    let method = method(response.request().method().as_str());
    let status = status(response.status().as_u16());
    meter.requests.get_or_create(&[("route", route), ("method", method), ("status", status)]).inc();
    meter.seconds.get_or_create(&[("route", route)]).observe(started.elapsed().as_secs_f64());
    done
}

/// Anybody may invent a method; a label is one of ours.
fn method(name: &str) -> &'static str {
    ["GET", "HEAD", "POST", "PUT", "DELETE"]
        .into_iter()
        .find(|known| *known == name)
        .unwrap_or("other")
}

/// The class, and what an overloaded headquarters says by its own number.
const fn status(code: u16) -> &'static str {
    match code {
        429 => "429",
        503 => "503",
        507 => "507",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}
