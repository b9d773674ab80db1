//! Commands as a phone understands them, in both ways in which they come: over its REST server, and in the
//! answers to its reports.

use serde_json::Value;

/// A command to the phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Restart the phone.
    Restart(Restart),
    /// Fetch the configuration now.
    UpdateConfiguration,
    /// Look for firmware now.
    UpdateFirmware {
        /// Where, if the command says it.
        image: Option<String>,
    },
    /// Report now.
    CheckStatus,
    /// Show a text.
    Message(Message),
    /// Anything else, by path or name.
    Other(String),
}

/// When to restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Once no call is active.
    Graceful,
    /// At once.
    Forced,
    /// After so many minutes.
    After(u32),
}

/// A text on the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The text.
    pub text: String,
    /// For how many seconds.
    pub seconds: u32,
    /// Whether the phone beeps.
    pub beep: bool,
}

/// A command, and the attempt that brought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The session id of the attempt.
    pub session: String,
    /// The account under which it came.
    pub user: String,
    /// Its password, or a digest.
    pub password: String,
    /// The command.
    pub command: Command,
}

impl Order {
    /// The command of a request to the phone's REST server.
    pub(super) fn of_request(path: &str, body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        body.is_object().then(|| Self::new(path, &body))
    }

    /// The command in an element of the list `requests`.
    fn of_element(element: &Value) -> Option<Self> {
        // Some servers queue each command as text inside the array.
        let parsed = element.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let object = parsed.as_ref().unwrap_or(element);
        let body = object.get("body").unwrap_or(object);
        let name = text(object, "path").or_else(|| text(body, "cmd"))?;
        Some(Self::new(&name, body))
    }

    fn new(name: &str, body: &Value) -> Self {
        let member = |name| text(body, name).unwrap_or_default();
        Self {
            session: member("sessionId"),
            user: member("emsUserName"),
            password: member("emsUserPassword"),
            command: command(name, body),
        }
    }
}

/// Commands in an answer; an answer that is not JSON carries none.
pub(super) fn orders(body: &[u8]) -> Vec<Order> {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let requests = value.get("requests").and_then(Value::as_array);
    requests.into_iter().flatten().filter_map(Order::of_element).collect()
}

fn command(name: &str, body: &Value) -> Command {
    let last = name.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let number = |name| text(body, name).and_then(|text| text.parse().ok());
    match last.as_str() {
        name if name.starts_with("reset") || name.starts_with("restart") => {
            Command::Restart(match number("schedulePeriod") {
                Some(minutes @ 1..) => Restart::After(minutes),
                Some(0) | None if name.contains("force") => Restart::Forced,
                Some(0) | None => Restart::Graceful,
            })
        }
        name if name.starts_with("updateconf") => Command::UpdateConfiguration,
        name if name.starts_with("updatefirm") => Command::UpdateFirmware { image: text(body, "url") },
        name if name.starts_with("checkstatus") => Command::CheckStatus,
        name if name.starts_with("sendmessage") => Command::Message(Message {
            text: text(body, "text").unwrap_or_default(),
            seconds: number("duration").unwrap_or(10),
            beep: text(body, "beep").is_some_and(|beep| beep == "1"),
        }),
        _ => Command::Other(name.to_owned()),
    }
}

/// A member as text; numbers are taken too.
fn text(object: &Value, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(body: &[u8]) -> Vec<Command> {
        orders(body).into_iter().map(|order| order.command).collect()
    }

    #[test]
    fn commands_in_both_encodings() {
        let answer = br#"{"requests":[
            {"method":"PUT","path":"\/rest\/v1\/command\/ResetGracefulHandler","body":{"schedulePeriod":""}},
            "{\"cmd\":\"reset\"}", {"path":"/rest/v1/command/UpdateConfigurationHandler"},
            {"path":"/x/CheckStatusHandler"}, {"path":"/x/Sing"}, 7]}"#;
        let expected = [
            Command::Restart(Restart::Graceful),
            Command::Restart(Restart::Graceful),
            Command::UpdateConfiguration,
            Command::CheckStatus,
            Command::Other("/x/Sing".into()),
        ];
        assert_eq!(commands(answer), expected);
        assert_eq!(commands(b"{\"requests\":[]}"), []);
        assert_eq!(commands(b"<html>"), []);
    }

    /// API-08, API-10, API-11: what a command says is understood.
    #[test]
    fn api_08_to_11_arguments_are_read() {
        let read = |path: &str, body: &str| Order::of_request(path, body.as_bytes()).unwrap();
        let order = read("/rest/v1/command/ResetForcedHandler", r#"{"sessionId":"aa","emsUserName":"u"}"#);
        assert_eq!((order.session.as_str(), order.user.as_str()), ("aa", "u"));
        assert_eq!(order.command, Command::Restart(Restart::Forced));
        let order = read("/ResetGracefulHandler", r#"{"schedulePeriod":"30"}"#);
        assert_eq!(order.command, Command::Restart(Restart::After(30)));
        let order = read("/UpdateFirmwareHandler", r#"{"url":"http://a/x.img"}"#);
        assert_eq!(order.command, Command::UpdateFirmware { image: Some("http://a/x.img".into()) });
        let order = read("/SendMessageHandler", r#"{"text":"Hi","duration":5,"beep":"1"}"#);
        assert_eq!(order.command, Command::Message(Message { text: "Hi".into(), seconds: 5, beep: true }));
        assert_eq!(Order::of_request("/x", b"[]"), None);
    }
}
