//! The User-Agent of phones.

use ipp_core::{
    device::user_agent::{MAX_USER_AGENT_BYTES, UserAgent},
    phone_model::{ModelId, PhoneKind},
};

use crate::{hex, is_phone_mac};

/// Reads a User-Agent.
///
/// Laws: a long one is never a phone's; model and version are plain words that can name a model and
/// stand in a list as they are; the usual form of what was understood is understood as the same.
pub fn user_agent(data: &[u8]) {
    let text = &*String::from_utf8_lossy(data);
    let Some(agent) = UserAgent::parse(text) else { return };
    assert!(text.len() <= MAX_USER_AGENT_BYTES);
    assert!(agent.model.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()), "{agent:?}");
    assert!(agent.model.contains(|c: char| c.is_ascii_digit()), "{agent:?}");
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    assert!(agent.version.bytes().all(plain), "{agent:?}");
    assert!(agent.mac.is_none_or(is_phone_mac), "{agent:?}");
    assert!(text.to_ascii_uppercase().contains(&agent.model), "{agent:?}");
    if let Ok(id) = ModelId::new(&agent.model, agent.kind) {
        assert_eq!(id.kind(), agent.kind, "{agent:?}");
    }

    let mac = agent.mac.map(hex);
    let usual = match (agent.kind, mac) {
        (PhoneKind::Lync, None) => format!("AUDC-IPPhone-{}_{}/1.0", agent.model, agent.version),
        (PhoneKind::Lync, Some(mac)) => {
            format!("AUDC-IPPhone-{0}_{1}/1.0 ({0}; {mac})", agent.model, agent.version)
        }
        (PhoneKind::Generic, mac) => {
            assert!(mac.is_some(), "{agent:?}");
            format!("Phone/{} ({}; {})", agent.version, agent.model, mac.unwrap_or_default())
        }
    };
    // A version that looks like the other form makes the whole look so.
    let ambiguous = agent.kind == PhoneKind::Generic && usual.to_ascii_lowercase().contains("-ipphone-");
    if usual.len() <= MAX_USER_AGENT_BYTES && !ambiguous {
        assert_eq!(UserAgent::parse(&usual).as_ref(), Some(&agent), "{usual}");
    }
}
