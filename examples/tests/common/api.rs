//! A client of the REST API.

use ipp_examples::server::config::Role;
use serde_json::{Value, json};

use super::{
    World,
    wire::{Answer, Request},
};

/// The password that tests choose.
pub(crate) const PASSWORD: &str = "a good long password";

impl World {
    /// A server that people may log in to over plain HTTP.
    pub(crate) async fn administered() -> Self {
        Self::with(|config| config.plain_http_login = true).await
    }

    /// The first administrator, logged in with a password of its own.
    pub(crate) async fn root(&self) -> Client<'_> {
        let given = self.server.first_password.as_ref().unwrap();
        let first = Client::log_in(self, "acladmin", given.as_str()).await;
        first.choose_password(given.as_str()).await
    }
}

/// Somebody who uses the API.
#[derive(Clone)]
pub(crate) struct Client<'a> {
    world: &'a World,
    headers: Vec<(String, String)>,
}

impl<'a> Client<'a> {
    /// Nobody yet.
    pub(crate) fn anonymous(world: &'a World) -> Self {
        Self { world, headers: vec![("sec-fetch-site".into(), "same-origin".into())] }
    }

    /// A program with a token.
    pub(crate) fn program(world: &'a World, token: &str) -> Self {
        Self { world, headers: vec![("authorization".into(), format!("Bearer {token}"))] }
    }

    pub(crate) async fn log_in(world: &'a World, name: &str, password: &str) -> Self {
        let answer = Self::anonymous(world)
            .send("POST", "/session", &json!({ "name": name, "password": password }))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        Self::with_cookie(world, &answer)
    }

    /// Changes the password that somebody else chose; answers the client of the new session.
    pub(crate) async fn choose_password(&self, given: &str) -> Client<'a> {
        let answer =
            self.send("PUT", "/session/password", &json!({ "current": given, "new": PASSWORD })).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        Self::with_cookie(self.world, &answer)
    }

    pub(crate) fn with_cookie(world: &'a World, answer: &Answer) -> Self {
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        Self::anonymous(world).header("cookie", &cookie)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub(crate) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self
    }

    /// Makes an account with that level and logs it in with a password of its own.
    pub(crate) async fn account(&self, name: &str, level: &str, regions: Value) -> Client<'a> {
        let made =
            self.post("/operators", &json!({ "name": name, "level": level, "regions": regions })).await;
        let password = made["password"].as_str().unwrap().to_owned();
        Self::log_in(self.world, name, &password).await.choose_password(&password).await
    }

    /// Asks whatever, and answers whatever comes back.
    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        let mut request = Request::new(method, &format!("/api/v1{path}"));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        request.send(self.world.at(Role::Web)).await
    }

    /// Sends a file as it is.
    pub(crate) async fn send_file(&self, method: &str, path: &str, kind: &str, bytes: &[u8]) -> Answer {
        let mut request = Request::new(method, &format!("/api/v1{path}")).header("content-type", kind);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request.body(bytes).send(self.world.at(Role::Web)).await
    }

    /// The same client, as one that has seen the version that is there now.
    pub(crate) async fn knowing(&self, path: &str) -> Client<'a> {
        let answer = self.get(path).await;
        let tag = answer.header("etag").unwrap_or_else(|| panic!("{path} has no ETag"));
        self.clone().header("if-match", tag)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &Value::Null).await
    }

    /// Reads what must be there.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.text());
        answer.json()
    }

    /// Makes what must be possible.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let answer = self.send("POST", path, body).await;
        assert!((200..300).contains(&answer.status), "POST {path}: {} {}", answer.status, answer.text());
        answer.json()
    }

    /// Changes what must be possible, at the version that is there now.
    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Value {
        let tag =
            self.get(path).await.header("etag").unwrap_or_else(|| panic!("{path} has no ETag")).to_owned();
        let answer = self.clone().header("if-match", &tag).send("PATCH", path, body).await;
        assert_eq!(answer.status, 200, "PATCH {path}: {}", answer.text());
        answer.json()
    }

    /// Deletes what must be possible.
    pub(crate) async fn delete(&self, path: &str) {
        let answer = self.send("DELETE", path, &Value::Null).await;
        assert_eq!(answer.status, 204, "DELETE {path}: {}", answer.text());
    }
}
