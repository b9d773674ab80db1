//! One request and its answer. From here on nobody knows how much of a command has left.

use std::fmt;

use bytes::Bytes;
use http::{Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use ipp_core::{
    log::LogText,
    outbound::{Delivery, PhoneSaid, ProxyTarget, SendError, SendErrorKind, Way},
};
use tokio::{
    task::JoinSet,
    time::{Instant, timeout_at},
};

use super::{
    PhoneClientOptions,
    connect::{Link, Whom},
};

/// Far above the head of any answer of a phone.
const MAX_HEAD: usize = 16 * 1024;

pub(super) async fn exchange(
    link: Link,
    delivery: &Delivery,
    options: &PhoneClientOptions,
    deadline: Instant,
) -> Result<PhoneSaid, SendError> {
    let Link { wire, whom } = link;
    let request = request(delivery).map_err(|error| {
        SendError::new(SendErrorKind::NotSent, format!("the request for {whom}: {error}"))
    })?;
    let unknown = |why: &dyn fmt::Display| {
        SendError::new(SendErrorKind::Unknown, format!("{whom} was sent the command, and {why}"))
    };
    let mut client = http1::Builder::new();
    client.max_buf_size(MAX_HEAD).max_headers(64);
    let mut driver = JoinSet::new();
    let asked = timeout_at(deadline, async {
        let (mut sender, connection) = client.handshake(TokioIo::new(wire)).await?;
        // Its errors reach us through the request that they break.
        driver.spawn(async move { drop(connection.await) });
        sender.send_request(request).await
    });
    let answer = match asked.await {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => return Err(unknown(&format_args!("the connection failed: {error}"))),
        Err(_) => {
            return Err(unknown(&format_args!(
                "did not answer within {} seconds",
                options.total.as_secs_f32()
            )));
        }
    };
    let status = answer.status();
    let text = beginning(answer, options.answer_bytes, deadline).await;
    judge(delivery, &whom, status)?;
    Ok(PhoneSaid { status: status.as_u16(), text: LogText::of(&String::from_utf8_lossy(&text)) })
}

/// What the status of an answer means.
fn judge(delivery: &Delivery, whom: &Whom, status: StatusCode) -> Result<(), SendError> {
    let code = status.as_u16();
    let error = |kind, what: &str| Err(SendError::new(kind, format!("{whom} answered {code}{what}")));
    match code {
        code if delivery.request.expected.contains(&code) => Ok(()),
        401 | 403 | 407 => error(SendErrorKind::Unauthorised, ": it does not take the credentials"),
        // The proxy has lost the phone on the way.
        502 | 504 if matches!(delivery.way, Way::Proxy { .. }) => {
            error(SendErrorKind::Unknown, ": it had no whole answer from the phone")
        }
        300..=399 => error(SendErrorKind::Refused(code), ", and redirects are not followed"),
        _ => error(SendErrorKind::Refused(code), ""),
    }
}

fn request(delivery: &Delivery) -> Result<Request<Full<Bytes>>, http::Error> {
    let (order, peer, mac) = (&delivery.request, delivery.to.peer.to_canonical(), delivery.to.mac);
    let phone = order.authority(peer);
    let (target, host, header) = match &delivery.way {
        Way::Direct => (order.path.to_string(), phone, None),
        Way::Proxy { host, port, target, .. } => {
            let proxy = format!("{}:{port}", host.in_url());
            // RFC 9112: beside an absolute form stands the host that it names.
            let host = if *target == ProxyTarget::AbsoluteForm { phone } else { proxy };
            (target.request_target(order, peer, mac), host, target.header(peer, mac))
        }
    };
    let mut request = Request::builder()
        .method(order.method.as_str())
        .uri(Uri::try_from(target)?)
        .header(header::HOST, host)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .header(header::CONNECTION, "close");
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    request.body(Full::new(Bytes::from(order.body.clone())))
}

/// The beginning of an answer. That the rest is missing changes nothing of what its status says.
async fn beginning(answer: Response<Incoming>, most: usize, deadline: Instant) -> Vec<u8> {
    let mut body = answer.into_body();
    let mut read = Vec::new();
    while let Ok(Some(Ok(frame))) = timeout_at(deadline, body.frame()).await {
        let Ok(data) = frame.into_data() else { continue };
        let room = most.saturating_sub(read.len());
        read.extend_from_slice(data.get(..room).unwrap_or(&data));
        if read.len() >= most {
            break;
        }
    }
    read
}
