//! A process that is about to stop lets go of its connections, each with an answer: whoever keeps one open
//! would otherwise send the next request into a socket that closes under it.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::ConnectionType,
    middleware::Next,
    web::Data,
};

use crate::app::Headquarters;

/// Says with each answer of a process that leaves that the connection ends with it.
pub(super) async fn let_go(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let headquarters = request.app_data::<Data<Headquarters>>().cloned();
    let mut response = next.call(request).await?;
    if headquarters.is_some_and(|hq| hq.is_leaving()) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}
