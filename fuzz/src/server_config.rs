//! The configuration file of the stand-alone server.

use ipp_examples::server::config::{Config, Port};
use toml::{Table, Value};

/// Reads a configuration file.
///
/// Laws: a refusal has a text; a file that was read and written again means the same; a key that
/// nobody knows is refused wherever it stands; an address for phones can be one.
pub fn server_config(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let config = match toml::from_str::<Config>(text) {
        Ok(config) => config,
        Err(error) => {
            assert!(!error.message().is_empty() && error.span().is_none_or(|span| span.end <= text.len()));
            return assert!(!error.to_string().is_empty());
        }
    };
    let unknown = format!("{text}\nzz_unknown = 1\n");
    assert!(toml::from_str::<Config>(&unknown).is_err(), "an unknown key is ignored");
    assert!(config.listeners().count() <= 4 && config.listeners().all(|(_, port)| port.enabled));
    // Without an address of its own the server asks the system for one.
    if let Some(address) = &config.public_address {
        let host = config.public_host().ok().map(String::from);
        assert!(host.is_none_or(|host| host == *address));
    }
    if let Some(written) = written(&config) {
        assert_eq!(toml::from_str::<Config>(&written).as_ref(), Ok(&config), "{written}");
    }
}

/// The file that says the same; `None` where a path is no text.
fn written(config: &Config) -> Option<String> {
    let mut file = Table::new();
    let mut put = |name: &str, value: Value| drop(file.insert(name.to_owned(), value));
    put("data", config.data.to_str()?.into());
    put("listen", config.listen.to_string().into());
    if let Some(address) = &config.public_address {
        put("public_address", address.as_str().into());
    }
    let proxies: Vec<Value> = config.trusted_proxies.iter().map(|proxy| proxy.to_string().into()).collect();
    put("trusted_proxies", proxies.into());
    put("log", config.log.as_str().into());
    let ports = [
        ("web", config.ports.web),
        ("web_tls", config.ports.web_tls),
        ("reports", config.ports.reports),
        ("reports_tls", config.ports.reports_tls),
    ];
    let ports: Table = ports.into_iter().map(|(name, port)| (name.to_owned(), listener(port))).collect();
    put("ports", ports.into());
    if let Some(tls) = &config.tls {
        let paths = [("certificate", tls.certificate.to_str()?), ("key", tls.key.to_str()?)];
        let paths: Table = paths.into_iter().map(|(name, path)| (name.to_owned(), path.into())).collect();
        put("tls", paths.into());
    }
    toml::to_string(&file).ok()
}

fn listener(port: Port) -> Value {
    let Port { port, tls, enabled } = port;
    let members: [(&str, Value); 3] =
        [("port", i64::from(port).into()), ("tls", tls.into()), ("enabled", enabled.into())];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Table>().into()
}
