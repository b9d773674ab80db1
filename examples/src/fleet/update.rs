//! How a phone looks for firmware: the header first, the image only when it differs.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use super::config_file::key;
use super::error::{PhoneError, Problem, Step};
use super::firmware::{HEADER, ImageHeader};
use super::http::{Answer, Call, Take};
use super::meter::RequestKind;
use super::option160::firmware_url;
use super::phone::Phone;
use super::url::Url;

/// Times a broken download is resumed.
const MAX_RESUMES: u32 = 4;

/// What became of a look for firmware.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirmwareOutcome {
    /// No address known, or this image was looked at before.
    NotAsked,
    /// The server has no such image.
    Missing,
    /// What the server has is no image for this model.
    Refused,
    /// The phone runs this version.
    Current,
    /// Another version is there, and downloading is switched off.
    Different {
        /// Version in the header.
        version: String,
    },
    /// Another version was downloaded and runs now.
    Updated {
        /// Version before.
        from: String,
        /// Version after.
        to: String,
    },
}

impl Phone {
    /// Looks for firmware where the configuration says (`provisioning/firmware/url`), even if the
    /// phone has looked there before.
    pub async fn check_firmware(&mut self) -> Result<FirmwareOutcome, PhoneError> {
        self.firmware_seen = None;
        self.check_configured_firmware().await
    }

    /// The same, unless the address is the one looked at last.
    pub(super) async fn check_configured_firmware(&mut self) -> Result<FirmwareOutcome, PhoneError> {
        let base = self.setting(key::FIRMWARE_URL);
        if base.is_empty() {
            return Ok(FirmwareOutcome::NotAsked);
        }
        let url = base.parse().and_then(|base| firmware_url(&base, self.identity.model().as_str()));
        let url = url.map_err(|error| self.failed(Step::FirmwareHeader, error))?;
        self.check_firmware_at(url).await
    }

    pub(super) async fn check_firmware_at(&mut self, url: Url) -> Result<FirmwareOutcome, PhoneError> {
        if self.firmware_seen.as_ref() == Some(&url) {
            return Ok(FirmwareOutcome::NotAsked);
        }
        let answer = match self.header_at(&url).await {
            Ok(answer) => answer,
            Err(problem) => return Err(self.failed(Step::FirmwareHeader, problem)),
        };
        self.firmware_seen = Some(url.clone());
        self.complete(Step::FirmwareHeader);
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(FirmwareOutcome::Missing);
        }
        let Some(image) = self.image_for_this_model(&answer) else {
            return Ok(FirmwareOutcome::Refused);
        };
        if image.version == self.identity.version() {
            return Ok(FirmwareOutcome::Current);
        }
        if !self.options.download_firmware {
            return Ok(FirmwareOutcome::Different { version: image.version });
        }
        let to = match self.download(&url, &answer, image).await {
            Ok(version) => version,
            Err(problem) => {
                // The next boot asks again.
                self.firmware_seen = None;
                return Err(self.failed(Step::FirmwareImage, problem));
            }
        };
        let from = self.identity.version().to_owned();
        self.identity = self.identity.clone().with_version(&to);
        self.client.set_user_agent(&self.identity.user_agent());
        self.complete(Step::FirmwareImage);
        Ok(FirmwareOutcome::Updated { from, to })
    }

    async fn header_at(&mut self, url: &Url) -> Result<Answer, Problem> {
        self.image_part(url, "bytes=0-111", None, Take::First(HEADER)).await
    }

    fn image_for_this_model(&self, answer: &Answer) -> Option<ImageHeader> {
        let own = self.identity.model().as_str();
        ImageHeader::parse(&answer.body).filter(|image| image.model.starts_with(own))
    }

    /// Fetches what follows the header and returns the version that arrived; a broken transfer
    /// goes on where it stopped, and an image replaced meanwhile arrives whole.
    async fn download(&mut self, url: &Url, answer: &Answer, image: ImageHeader) -> Result<String, Problem> {
        let expected = total_length(answer);
        let condition = condition(answer);
        let mut got = u64::try_from(answer.body.len()).unwrap_or_default();
        for _ in 0..=MAX_RESUMES {
            if expected == Some(got) {
                return Ok(image.version);
            }
            let part = self.image_part(url, &format!("bytes={got}-"), condition.clone(), Take::Count).await?;
            match part.status.as_u16() {
                206 => got += part.length,
                200 => got = part.length,
                status => return Err(Problem::Status { url: url.to_string(), status }),
            }
            if part.broken {
                continue;
            }
            if part.status == StatusCode::OK && expected != Some(got) {
                let again = self.header_at(url).await?;
                return Ok(self.image_for_this_model(&again).map_or(image.version, |image| image.version));
            }
            if expected.is_none() {
                return Ok(image.version);
            }
        }
        if expected == Some(got) {
            return Ok(image.version);
        }
        Err(Problem::ShortImage { expected: expected.unwrap_or_default(), got })
    }

    async fn image_part(
        &mut self,
        url: &Url,
        range: &str,
        condition: Option<HeaderValue>,
        take: Take,
    ) -> Result<Answer, Problem> {
        let range = HeaderValue::from_str(range).ok();
        let headers: [(HeaderName, Option<HeaderValue>); 2] =
            [(header::RANGE, range), (header::IF_RANGE, condition)];
        let headers = headers.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
        let (kind, method) = (RequestKind::Firmware, Method::GET);
        let answer =
            self.exchange(Call { kind, method, url: url.clone(), headers, body: Bytes::new(), take }).await?;
        match answer.status.as_u16() {
            200 | 206 | 404 => Ok(answer),
            status => Err(Problem::Status { url: url.to_string(), status }),
        }
    }
}

/// A strong validator for `If-Range`; a weak one would be no protection against mixed images.
fn condition(answer: &Answer) -> Option<HeaderValue> {
    let etag = answer.headers.get(header::ETAG).filter(|etag| !etag.as_bytes().starts_with(b"W/"));
    etag.or_else(|| answer.headers.get(header::LAST_MODIFIED)).cloned()
}

fn total_length(answer: &Answer) -> Option<u64> {
    if answer.status == StatusCode::PARTIAL_CONTENT {
        let range = answer.header(&header::CONTENT_RANGE)?;
        return range.rsplit('/').next()?.trim().parse().ok();
    }
    answer.header(&header::CONTENT_LENGTH)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{TestServer, generic, image, phone};
    use super::super::{Fault, Kind, Model, PhoneOptions};
    use super::*;

    async fn look(phone: &mut Phone, server: &TestServer) -> Result<FirmwareOutcome, PhoneError> {
        phone.check_firmware_at(server.url("/firmwarefiles/430HD.img").parse().unwrap()).await
    }

    /// ZT-07, FLW-11: header first, the rest under the same validator, then the new version.
    #[tokio::test]
    async fn flw_11_a_different_image_is_downloaded_and_reported() {
        let server = TestServer::start().await.with_phone_files();
        server.put("/firmwarefiles/430HD.img", image("430HD", "2.2.16.704", 300_000));
        let mut phone = phone();
        let outcome = phone.boot(&server.region()).await.unwrap();
        let updated = FirmwareOutcome::Updated { from: "2.2.8.61".into(), to: "2.2.16.704".into() };
        assert_eq!(outcome.firmware, updated);
        let seen = server.seen();
        assert_eq!(seen[1].header(header::RANGE), Some("bytes=112-"));
        assert!(seen[1].header(header::IF_RANGE).is_some_and(|etag| etag.starts_with('"')));
        assert_eq!(seen[3].json()["fwVersion"], "2.2.16.704");
        let agent = "AUDC-IPPhone/2.2.16.704 (430HDG-Rev0; 00908F000001)";
        assert_eq!(seen[3].header(header::USER_AGENT), Some(agent));
        assert_eq!(look(&mut phone, &server).await.unwrap(), FirmwareOutcome::NotAsked);
        assert_eq!(phone.check_firmware().await.unwrap(), FirmwareOutcome::Current);
    }

    #[tokio::test]
    async fn what_does_not_fit_is_left_alone() {
        let server = TestServer::start().await;
        assert_eq!(look(&mut phone(), &server).await.unwrap(), FirmwareOutcome::Missing);
        for foreign in [image("440HD", "1", 200), b"<html>".to_vec(), vec![0; 500]] {
            server.put("/firmwarefiles/430HD.img", foreign);
            assert_eq!(look(&mut phone(), &server).await.unwrap(), FirmwareOutcome::Refused);
        }
        server.put("/firmwarefiles/430HD.img", image("430HD", "2.2.8.61", 5_000));
        assert_eq!(look(&mut phone(), &server).await.unwrap(), FirmwareOutcome::Current);
        server.put("/firmwarefiles/430HD.img", image("430HD", "3", 5_000));
        let mut phone = Phone::new(generic().download_firmware(false));
        let outcome = look(&mut phone, &server).await.unwrap();
        assert_eq!(outcome, FirmwareOutcome::Different { version: "3".into() });
    }

    #[tokio::test]
    async fn cut_downloads_end_whole_and_lync_versions_lose_their_prefix() {
        let server = TestServer::start().await;
        server.put("/firmwarefiles/430HD.img", image("430HD", "UC_2.0.14", 100_000));
        for seed in 0..8 {
            let options = PhoneOptions::new(1, Model::P430Hd, Kind::Lync).seed(seed).fault(Fault::Cut);
            let mut phone = Phone::new(options);
            let outcome = look(&mut phone, &server).await.unwrap();
            assert_eq!(outcome, FirmwareOutcome::Updated { from: "2.0.13.121".into(), to: "2.0.14".into() });
            assert_eq!(phone.identity().reported_version(), "UC_2.0.14");
        }
    }

    #[tokio::test]
    async fn an_image_without_length_ends_with_its_answer() {
        let answer = |status, headers: &[(HeaderName, &'static str)]| Answer {
            status,
            headers: headers.iter().map(|(n, v)| (n.clone(), HeaderValue::from_static(v))).collect(),
            body: Bytes::new(),
            length: 0,
            broken: false,
        };
        let partial = answer(StatusCode::PARTIAL_CONTENT, &[(header::CONTENT_RANGE, "bytes 0-111/2000")]);
        assert_eq!(total_length(&partial), Some(2_000));
        let unknown = answer(StatusCode::PARTIAL_CONTENT, &[(header::CONTENT_RANGE, "bytes 0-111/*")]);
        assert_eq!(total_length(&unknown), None);
        let whole = answer(StatusCode::OK, &[(header::CONTENT_LENGTH, "9"), (header::ETAG, "W/\"x\"")]);
        assert_eq!(total_length(&whole), Some(9));
        assert_eq!(condition(&whole), None);
    }
}
