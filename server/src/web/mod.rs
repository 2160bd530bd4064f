//! Pages for people, rendered here, with no script from anywhere else.

use actix_web::web::ServiceConfig;

/// The pages.
pub fn routes(_config: &mut ServiceConfig) {}
