//! What a web listener serves: phones, and administrators beside them.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{BoxError, body::Body, response::Response};
use bytes::Bytes;
use http::Request;
use tower::Service;

use crate::{admin::AdminService, phone::PhoneService};

/// Phones and administrators on one listener: paths below `/api/`, where that is mounted, are the
/// administrators', all others the phones'.
#[derive(Debug, Clone)]
pub struct WebService {
    phones: PhoneService,
    admin: AdminService,
}

impl WebService {
    pub(crate) const fn new(phones: PhoneService, admin: AdminService) -> Self {
        Self { phones, admin }
    }
}

impl<B> Service<Request<B>> for WebService
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if self.admin.owns(request.uri().path()) {
            Box::pin(self.admin.call(request.map(Body::new)))
        } else {
            self.phones.call(request)
        }
    }
}
