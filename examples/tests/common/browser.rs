//! A browser without a script, as far as the server can tell.

use std::fmt::Write as _;

use ipp_examples::server::config::Role as Port;

use super::{
    World,
    api::Client,
    wire::{Answer, Request},
};

/// Somebody with a browser, without a script.
#[derive(Clone)]
pub(crate) struct Browser<'a> {
    world: &'a World,
    pub(crate) cookies: Vec<(String, String)>,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        Self { world, cookies: Vec::new() }
    }

    /// With the session of a client of the API: it is the same one.
    pub(crate) fn of(world: &'a World, client: &Client<'_>) -> Self {
        let cookie = client.headers().find(|(name, _)| *name == "cookie").unwrap().1;
        let (name, value) = cookie.split_once('=').unwrap();
        Self { world, cookies: vec![(name.to_owned(), value.to_owned())] }
    }

    pub(crate) async fn ask(&mut self, request: Request) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request =
            if cookies.is_empty() { request } else { request.header("cookie", &cookies.join("; ")) };
        let answer = request.send(self.world.at(Port::Web)).await;
        if let Some(set) = answer.header("set-cookie") {
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(other, _)| other != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        answer
    }

    pub(crate) async fn open(&mut self, path: &str) -> Answer {
        self.ask(Request::get(path)).await
    }

    pub(crate) async fn read(&mut self, path: &str) -> String {
        let answer = self.open(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.text().to_owned()
    }

    /// Sends a form from a page of the server, as browsers over plain HTTP do.
    pub(crate) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = format!("http://{}", "server");
        self.ask(form(path, fields).header("origin", &origin)).await
    }

    /// Sends a form with a file.
    pub(crate) async fn upload(&mut self, path: &str, fields: &[(&str, &str)], file: &str) -> Answer {
        let mut body = String::new();
        for (name, value) in fields {
            write!(body, "--part\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                .unwrap();
        }
        // As browsers do: where no file is chosen, it has no name.
        let chosen = if file.is_empty() { "" } else { "file" };
        let head = "--part\r\nContent-Disposition: form-data; name=\"file\"; filename";
        write!(body, "{head}=\"{chosen}\"\r\n\r\n{file}\r\n--part--\r\n").unwrap();
        let kind = "multipart/form-data; boundary=part";
        let request =
            Request::post(path, body).header("content-type", kind).header("origin", "http://server");
        self.ask(request).await
    }
}

pub(crate) fn form(path: &str, fields: &[(&str, &str)]) -> Request {
    let encoded = |text: &str| {
        let byte = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        };
        text.bytes().map(byte).collect::<String>()
    };
    let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    Request::post(path, body.join("&")).header("content-type", "application/x-www-form-urlencoded")
}
