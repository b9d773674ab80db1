//! Forms that carry a file.

use std::convert::Infallible;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use multer::{Constraints, Multipart, SizeLimit};

use super::fields::Fields;
use crate::problem::Problem;

/// What such a form sends.
#[derive(Debug, Default)]
pub(super) struct Upload {
    pub(super) fields: Fields,
    /// The content of the file; `None` where none was chosen.
    pub(super) file: Option<Bytes>,
}

/// Takes the body of a form apart. The file is in the field `file`.
pub(super) async fn read(headers: &HeaderMap, body: Bytes) -> Result<Upload, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| {
        Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "Send the file with the form, as multipart/form-data.",
        )
    })?;
    let whole = body.len() as u64;
    let limits = SizeLimit::new().whole_stream(whole).per_field(whole);
    let stream = futures_util::stream::once(async move { Ok::<_, Infallible>(body) });
    let mut parts = Multipart::with_constraints(stream, boundary, Constraints::new().size_limit(limits));
    let (mut pairs, mut file) = (Vec::new(), None);
    while let Some(part) = parts.next_field().await.map_err(|error| broken(&error))? {
        let name = part.name().unwrap_or_default().to_owned();
        if name == "file" {
            // A browser sends an empty part without a name where nothing was chosen.
            let chosen = part.file_name().is_some_and(|name| !name.is_empty());
            let content = part.bytes().await.map_err(|error| broken(&error))?;
            file = (chosen || !content.is_empty()).then_some(content);
        } else {
            pairs.push((name, part.text().await.map_err(|error| broken(&error))?));
        }
    }
    Ok(Upload { fields: Fields::of(pairs), file })
}

fn broken(error: &multer::Error) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, format!("The form: {error}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent(body: &'static str) -> Result<Upload, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, "multipart/form-data; boundary=x".parse().unwrap());
        read(&headers, Bytes::from_static(body.as_bytes())).await
    }

    #[tokio::test]
    async fn a_form_is_taken_apart() {
        let body = "--x\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\nskip\r\n--x\r\n\
            Content-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\na;b\r\n--x--\r\n";
        let upload = sent(body).await.unwrap();
        assert_eq!(upload.fields.text("mode"), "skip");
        assert_eq!(upload.file.as_deref(), Some(&b"a;b"[..]));
        let none = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n\r\n\r\n--x--\r\n";
        assert!(sent(none).await.unwrap().file.is_none());
    }

    #[tokio::test]
    async fn what_is_no_form_is_refused() {
        let cut = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhalf";
        assert_eq!(sent(cut).await.unwrap_err().status(), StatusCode::BAD_REQUEST);
        let plain = read(&HeaderMap::new(), Bytes::from_static(b"x=y")).await.unwrap_err();
        assert_eq!(plain.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
}
