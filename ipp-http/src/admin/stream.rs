//! Files that are written while they are sent, a page at a time, so that their length costs no memory.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderValue, header};
use http_body::Frame;
use ipp_core::{
    access::Caller,
    app::{App, AppError, admin::Admin},
    blob::BoxFuture,
    store::AnyStore,
};
use utoipa::openapi::path::OperationBuilder;

use super::{
    answer::{Answer, Attachment, disposition},
    openapi::Schemas,
};
use crate::problem::Problem;

/// A file that browsers save and never show, of a length that nobody knows before its end.
#[derive(Debug)]
pub(crate) struct Streamed {
    name: &'static str,
    kind: &'static str,
    content: Body,
}

/// The engine on behalf of somebody, for as long as an answer is being sent.
#[derive(Debug, Clone)]
pub(crate) struct Reader {
    app: Arc<App<AnyStore>>,
    caller: Caller,
}

impl Reader {
    pub(crate) const fn new(app: Arc<App<AnyStore>>, caller: Caller) -> Self {
        Self { app, caller }
    }

    pub(crate) fn app(&self) -> &App<AnyStore> {
        &self.app
    }

    pub(crate) fn admin(&self) -> Admin<'_, AnyStore> {
        self.app.admin(self.caller.clone())
    }
}

/// A page of a file, and what it ends with; the next begins behind it.
pub(crate) type Piece = Result<(String, Option<u64>), AppError>;

impl Streamed {
    /// A file of the pages that `page` gives, each behind the number that the one before ends with. The
    /// first is made at once: what is refused is refused as everywhere.
    pub(crate) async fn new(
        name: &'static str,
        kind: &'static str,
        page: impl Fn(Option<u64>) -> BoxFuture<'static, Piece> + Send + Sync + 'static,
    ) -> Result<Self, Problem> {
        let (first, next) = page(None).await?;
        let pages = Pages { page: Box::new(page), ready: Some(first), next, working: None };
        Ok(Self { name, kind, content: Body::new(pages) })
    }
}

impl Answer for Streamed {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.content);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        if let Ok(disposition) = HeaderValue::from_str(&disposition(self.name)) {
            headers.insert(header::CONTENT_DISPOSITION, disposition);
        }
        response
    }

    fn describe(operation: OperationBuilder, schemas: &mut Schemas) -> OperationBuilder {
        Attachment::describe(operation, schemas)
    }
}

/// A body that asks for its next page when the last one is on its way.
struct Pages {
    page: Box<dyn Fn(Option<u64>) -> BoxFuture<'static, Piece> + Send + Sync>,
    ready: Option<String>,
    next: Option<u64>,
    working: Option<BoxFuture<'static, Piece>>,
}

impl http_body::Body for Pages {
    type Data = Bytes;
    type Error = AppError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, AppError>>> {
        let this = self.get_mut();
        if let Some(ready) = this.ready.take().filter(|ready| !ready.is_empty()) {
            return Poll::Ready(Some(Ok(Frame::data(ready.into()))));
        }
        if this.working.is_none() {
            let Some(next) = this.next.take() else { return Poll::Ready(None) };
            this.working = Some((this.page)(Some(next)));
        }
        let Some(working) = &mut this.working else { return Poll::Ready(None) };
        let piece = ready!(working.as_mut().poll(cx));
        this.working = None;
        Poll::Ready(match piece {
            Ok((text, next)) => {
                this.next = next;
                (!text.is_empty()).then(|| Ok(Frame::data(text.into())))
            }
            Err(error) => {
                // Whoever reads it sees that it is cut: the answer ends without its last chunk.
                tracing::warn!(%error, "a file could not be sent to its end");
                Some(Err(error))
            }
        })
    }
}
