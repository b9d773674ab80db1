//! How a phone fetches its configuration: conditionally, with includes, whole or not at all.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use super::config_file::{Line, MAX_FILE, Settings, is_essential, key, lines};
use super::error::{PhoneError, Problem, Step};
use super::habits::Quirk;
use super::http::{Answer, Call, Take};
use super::meter::RequestKind;
use super::option160::config_url;
use super::phone::Phone;
use super::phone_options::Keep;
use super::url::Url;

/// Files that may nest in each other.
const MAX_DEPTH: usize = 4;
/// Includes of one configuration in all.
const MAX_INCLUDES: usize = 16;

/// What became of a configuration request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetched {
    /// The file was merged; so many keys have another value than before.
    Applied {
        /// Keys that changed.
        changed: usize,
    },
    /// Neither the file nor its includes have changed.
    NotModified,
    /// The server has no file for this phone, which keeps what it has.
    Missing,
}

/// The file last applied, and what is needed to ask whether it has changed.
#[derive(Debug)]
pub(super) struct Applied {
    /// The file first, then its includes.
    files: Vec<(Url, Validators)>,
}

#[derive(Debug, Clone, Default)]
struct Validators {
    etag: Option<String>,
    last_modified: Option<String>,
}

impl Phone {
    /// Fetches the file its configuration names (`provisioning/configuration/url`), conditionally
    /// when that is the file it last applied.
    pub async fn fetch_config(&mut self) -> Result<Fetched, PhoneError> {
        let step = Step::Configuration;
        let base = self.setting(key::CONFIG_URL);
        if base.is_empty() {
            return Err(self.failed(step, Problem::NoConfiguration));
        }
        let double_slash = self.options.habits.has(Quirk::DoubleSlash);
        let url = base.parse().and_then(|base| config_url(&base, &self.spelled_mac(), double_slash));
        let url = url.map_err(|error| self.failed(step, error))?;
        self.fetch(url, step).await
    }

    /// Fetches and merges a file with its includes.
    pub(super) async fn fetch(&mut self, url: Url, step: Step) -> Result<Fetched, PhoneError> {
        let fetched = match self.fetch_whole(&url).await {
            // Only the phone's own file may be missing: it may not be known yet.
            Ok(Fetched::Missing) if step == Step::FirstConfiguration => {
                Err(Problem::Status { url: url.to_string(), status: 404 })
            }
            result => result,
        };
        let fetched = fetched.map_err(|problem| self.failed(step, problem))?;
        self.complete(step);
        Ok(fetched)
    }

    async fn fetch_whole(&mut self, url: &Url) -> Result<Fetched, Problem> {
        // After another file has been merged, even the same bytes would change settings.
        let known = self.applied.as_ref().map(|applied| applied.files.clone()).unwrap_or_default();
        let known = if known.first().is_some_and(|file| file.0 == *url) { known } else { Vec::new() };
        let validators = known.first().map(|file| file.1.clone()).unwrap_or_default();
        let mut answer = self.get_file(url, &validators).await?;
        if answer.status == StatusCode::NOT_MODIFIED {
            if self.includes_unchanged(&known[1..]).await? {
                return Ok(Fetched::NotModified);
            }
            answer = self.get_file(url, &Validators::default()).await?;
        }
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(Fetched::Missing);
        }
        let (settings, files) = self.expand(url.clone(), answer).await?;
        self.check_model(&settings)?;
        let changed = self.merge(settings);
        self.applied = Some(Applied { files });
        Ok(Fetched::Applied { changed })
    }

    async fn includes_unchanged(&mut self, files: &[(Url, Validators)]) -> Result<bool, Problem> {
        for (url, validators) in files {
            if self.get_file(url, validators).await?.status != StatusCode::NOT_MODIFIED {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads a file line by line, with the lines of each include in place of its line.
    async fn expand(
        &mut self,
        url: Url,
        answer: Answer,
    ) -> Result<(Settings, Vec<(Url, Validators)>), Problem> {
        let mut settings = Settings::new();
        let mut files = vec![(url.clone(), Validators::of(&answer))];
        let mut stack = vec![(url, owned_lines(&answer.body).into_iter())];
        while let Some((base, rest)) = stack.last_mut() {
            let reference = match rest.next() {
                None => {
                    stack.pop();
                    continue;
                }
                Some(OwnedLine::Set(key, value)) => {
                    settings.insert(key, value);
                    continue;
                }
                Some(OwnedLine::Include(reference)) => reference,
            };
            let url = base.join(&reference)?;
            if stack.len() >= MAX_DEPTH || files.len() > MAX_INCLUDES {
                return Err(Problem::TooManyIncludes(url.to_string()));
            }
            let answer = self.get_file(&url, &Validators::default()).await?;
            if !answer.status.is_success() {
                return Err(Problem::Status { url: url.to_string(), status: answer.status.as_u16() });
            }
            files.push((url.clone(), Validators::of(&answer)));
            stack.push((url, owned_lines(&answer.body).into_iter()));
        }
        Ok((settings, files))
    }

    async fn get_file(&mut self, url: &Url, validators: &Validators) -> Result<Answer, Problem> {
        let posts = self.options.habits.has(Quirk::PostsForFiles);
        let (method, headers) = if posts {
            // A server may ignore conditions on POST, so this phone sends none.
            (Method::POST, Vec::new())
        } else {
            (Method::GET, validators.headers())
        };
        let take = Take::All(MAX_FILE);
        let (kind, conditional) = (RequestKind::Configuration, !headers.is_empty());
        let call = Call { kind, method, url: url.clone(), headers, body: Bytes::new(), take };
        let answer = self.exchange(call).await?;
        match answer.status.as_u16() {
            200 | 404 => Ok(answer),
            304 if conditional => Ok(answer),
            status => Err(Problem::Status { url: url.to_string(), status }),
        }
    }

    fn check_model(&self, settings: &Settings) -> Result<(), Problem> {
        let own = self.identity.model().as_str();
        let bare = |model: &str| model.trim().to_ascii_uppercase().trim_end_matches("HD").to_owned();
        match settings.get(key::TYPE) {
            Some(found) if !found.trim().is_empty() && bare(found) != bare(own) => {
                Err(Problem::WrongModel { found: found.clone(), own })
            }
            Some(_) | None => Ok(()),
        }
    }

    fn merge(&mut self, settings: Settings) -> usize {
        let mut changed = 0;
        for (name, value) in settings {
            if self.options.keep == Keep::Essentials && !is_essential(&name) {
                continue;
            }
            if self.settings.get(&name) != Some(&value) {
                changed += 1;
                self.settings.insert(name, value);
            }
        }
        changed
    }
}

enum OwnedLine {
    Set(String, String),
    Include(String),
}

fn owned_lines(body: &[u8]) -> Vec<OwnedLine> {
    let owned = |line: Line<'_>| match line {
        Line::Set { key, value } => OwnedLine::Set(key.to_owned(), value.to_owned()),
        Line::Include(reference) => OwnedLine::Include(reference.to_owned()),
    };
    lines(&String::from_utf8_lossy(body)).map(owned).collect()
}

impl Validators {
    fn of(answer: &Answer) -> Self {
        let text = |name: &HeaderName| answer.header(name).map(str::to_owned);
        Self { etag: text(&header::ETAG), last_modified: text(&header::LAST_MODIFIED) }
    }

    fn headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let pairs = [(header::IF_NONE_MATCH, &self.etag), (header::IF_MODIFIED_SINCE, &self.last_modified)];
        pairs
            .into_iter()
            .filter_map(|(name, value)| Some((name, HeaderValue::from_str(value.as_deref()?).ok()?)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{MAC, TestServer, generic, phone};
    use super::super::{ErrorKind, PhoneOptions};
    use super::*;

    const APPLIED: fn(usize) -> Fetched = |changed| Fetched::Applied { changed };

    async fn fetch(phone: &mut Phone, server: &TestServer) -> Result<Fetched, PhoneError> {
        phone.fetch(server.url("/configfiles/p.cfg").parse().unwrap(), Step::Configuration).await
    }

    fn value<'a>(phone: &'a Phone, name: &str) -> Option<&'a str> {
        phone.config().get(name).map(String::as_str)
    }

    /// INF-09: includes are followed relative to the file and absolutely, later lines win.
    #[tokio::test]
    async fn inf_09_includes_and_later_lines() {
        let (server, other) = (TestServer::start().await, TestServer::start().await);
        server.put(
            "/configfiles/p.cfg",
            format!("a=1\ninclude g.cfg\nb=own\ninclude {}\n", other.url("/ipp/x.cfg")),
        );
        server.put("/configfiles/g.cfg", "a=global\nb=global\ninclude sub/s.cfg\n");
        server.put("/configfiles/sub/s.cfg", ";a=no\ns=1\n");
        other.put("/ipp/x.cfg", "c=far\n");
        let mut phone = phone();
        assert_eq!(fetch(&mut phone, &server).await.unwrap(), APPLIED(4));
        let values = ["a", "b", "s", "c"].map(|name| value(&phone, name).unwrap().to_owned());
        assert_eq!(values, ["global", "own", "1", "far"]);
        let expected = ["GET /configfiles/p.cfg", "GET /configfiles/g.cfg", "GET /configfiles/sub/s.cfg"];
        assert_eq!(server.take_lines(), expected);
        assert_eq!(other.take_lines(), ["GET /ipp/x.cfg"]);
    }

    #[tokio::test]
    async fn a_missing_key_keeps_its_value_and_an_empty_one_replaces_it() {
        let server = TestServer::start().await;
        server.put("/configfiles/p.cfg", "a=1\nb=2\n");
        let mut phone = phone();
        fetch(&mut phone, &server).await.unwrap();
        server.put("/configfiles/p.cfg", "b=\nc=3\n");
        assert_eq!(fetch(&mut phone, &server).await.unwrap(), APPLIED(2));
        assert_eq!(
            (value(&phone, "a"), value(&phone, "b"), value(&phone, "c")),
            (Some("1"), Some(""), Some("3"))
        );
    }

    #[tokio::test]
    async fn unchanged_files_answer_304_and_a_changed_include_is_noticed() {
        let server = TestServer::start().await;
        server.put("/configfiles/p.cfg", "include g.cfg\na=1\n");
        server.put("/configfiles/g.cfg", "g=1\n");
        let mut phone = phone();
        fetch(&mut phone, &server).await.unwrap();
        server.take_lines();
        assert_eq!(fetch(&mut phone, &server).await.unwrap(), Fetched::NotModified);
        assert!(server.seen().iter().all(|seen| seen.header(header::IF_NONE_MATCH).is_some()));
        assert_eq!(server.take_lines(), ["GET /configfiles/p.cfg", "GET /configfiles/g.cfg"]);
        server.put("/configfiles/g.cfg", "g=2\n");
        assert_eq!(fetch(&mut phone, &server).await.unwrap(), APPLIED(1));
        assert_eq!(value(&phone, "g"), Some("2"));
        assert_eq!(phone.meter().counters().not_modified, 3);
        let last = phone.requests().last().unwrap();
        assert!(last.etag.is_some() && last.url.ends_with("/configfiles/g.cfg"));
    }

    #[tokio::test]
    async fn another_file_in_between_makes_the_next_fetch_unconditional() {
        let server = TestServer::start().await.with_phone_files();
        let mut phone = phone();
        phone.boot(&server.region()).await.unwrap();
        server.put("/x.cfg", "voip/line/0/id=other\n");
        phone.fetch(server.url("/x.cfg").parse().unwrap(), Step::Configuration).await.unwrap();
        assert_eq!(phone.fetch_config().await.unwrap(), APPLIED(1));
        assert_eq!(phone.fetch_config().await.unwrap(), Fetched::NotModified);
        server.remove(&format!("/configfiles/{MAC}.cfg"));
        assert_eq!(phone.fetch_config().await.unwrap(), Fetched::Missing);
        assert_eq!(value(&phone, "voip/line/0/id"), Some("1001"));
    }

    #[tokio::test]
    async fn a_file_is_applied_whole_or_not_at_all() {
        let server = TestServer::start().await;
        let failing = [
            ("a=1\ninclude missing.cfg\n", "answered 404"),
            ("a=1\ninclude p.cfg\n", "circle"),
            ("a=1\nsystem/type=450HD\n", "the file is for 450HD, this phone is a 430HD"),
            ("a=1\ninclude gopher://x/\n", "not one of ftp"),
        ];
        for (content, reason) in failing {
            server.put("/configfiles/p.cfg", content);
            let mut phone = phone();
            let error = fetch(&mut phone, &server).await.unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
            assert!(phone.config().is_empty(), "{content}");
            let counted: u64 = phone.meter().counters().errors.values().sum();
            assert_eq!(counted, 1, "{content}");
        }
        server.put("/configfiles/p.cfg", "system/type=430hd\n");
        assert_eq!(fetch(&mut phone(), &server).await.unwrap(), APPLIED(1));
    }

    #[tokio::test]
    async fn files_are_bounded() {
        let server = TestServer::start().await;
        server.put("/configfiles/p.cfg", vec![b'x'; MAX_FILE + 1]);
        let error = fetch(&mut phone(), &server).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Content);
        server.put("/configfiles/p.cfg", vec![b'x'; MAX_FILE]);
        assert_eq!(fetch(&mut phone(), &server).await.unwrap(), APPLIED(0));
    }

    #[tokio::test]
    async fn a_fleet_phone_keeps_the_keys_it_acts_on() {
        let server = TestServer::start().await.with_phone_files();
        server.put("/configfiles/p.cfg", "a=1\nvoip/line/0/id=5\nems_server/keep_alive_period=7\n");
        let mut phone = Phone::new(PhoneOptions::keep(generic(), Keep::Essentials));
        assert_eq!(fetch(&mut phone, &server).await.unwrap(), APPLIED(2));
        assert_eq!(value(&phone, "a"), None);
    }
}
