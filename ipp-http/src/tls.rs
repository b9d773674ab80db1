//! TLS of the listeners: a certificate from files, or one made here.

use std::{
    fmt, fs, io,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use ipp_core::time::Timestamp;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SanType,
};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
    version::{TLS12, TLS13},
};
use zeroize::Zeroizing;

/// For how long a self-made certificate is valid: 397 days, the most that browsers accept.
pub const SELF_MADE_FOR: Duration = Duration::from_hours(397 * 24);

/// Why a listener cannot speak TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}", .0.display())]
    Unreadable(PathBuf, #[source] io::Error),
    /// There is no certificate where one should be.
    #[error("{0} holds no certificate in PEM form (`-----BEGIN CERTIFICATE-----`)")]
    NoCertificate(String),
    /// There is no usable private key where one should be.
    #[error("{0} holds no unencrypted private key in PEM form (PKCS#8, PKCS#1 or SEC1)")]
    NoKey(String),
    /// A PEM block is damaged.
    #[error("{0} is not well-formed PEM")]
    Damaged(String, #[source] pem::Error),
    /// Certificate and key do not fit together, or are of a kind that is not supported.
    #[error("the certificate of {certificate} cannot be used with the key of {key}")]
    Refused {
        /// Where the certificate is from.
        certificate: String,
        /// Where the key is from.
        key: String,
        /// What is wrong.
        source: rustls::Error,
    },
    /// A name that no certificate can carry.
    #[error("`{0}` is neither a host name nor an IP address")]
    BadName(String),
    /// The certificate could not be made.
    #[error("the certificate could not be made")]
    NotMade(#[source] rcgen::Error),
}

/// The configuration for the certificate chain (server first) and the private key in these PEM files.
/// Blocks while it reads them.
pub fn from_files(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let read = |path: &Path| {
        let text = fs::read(path).map_err(|error| TlsError::Unreadable(path.to_owned(), error))?;
        Ok(Zeroizing::new(text))
    };
    let (chain, secret) = (read(certificate)?, read(key)?);
    configure(&certificate.display().to_string(), &chain, &key.display().to_string(), &secret)
}

/// The configuration for a certificate chain (server first) and a private key, both as PEM text.
pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, TlsError> {
    configure("the given text", certificate, "the given text", key)
}

/// A certificate that was signed by its own key, and that key, as PEM text for the caller to keep.
pub struct SelfMade {
    /// The certificate; not secret, and what phones and browsers are told to trust.
    pub certificate: String,
    /// The private key.
    pub key: Zeroizing<String>,
}

impl SelfMade {
    /// A certificate for these host names and IP addresses, valid from an hour before `now`, because
    /// clocks differ, until [`SELF_MADE_FOR`] after that. Its key is on the curve P-256.
    pub fn for_names<'a>(names: impl IntoIterator<Item = &'a str>, now: Timestamp) -> Result<Self, TlsError> {
        let names: Vec<&str> = names.into_iter().collect();
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.subject_alt_names = names.iter().map(|name| alternative(name)).collect::<Result<_, _>>()?;
        let first = names.first().ok_or_else(|| TlsError::BadName(String::new()))?;
        // Only old clients look at it, and it cannot hold a longer name.
        if first.len() <= 64 {
            params.distinguished_name.push(DnType::CommonName, *first);
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let from = now.minus(Duration::from_hours(1)).since(Timestamp::default());
        params.not_before = rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(from.as_secs());
        params.not_after = params.not_before + SELF_MADE_FOR;
        let key = KeyPair::generate().map_err(TlsError::NotMade)?;
        let certificate = params.self_signed(&key).map_err(TlsError::NotMade)?;
        Ok(Self { certificate: certificate.pem(), key: Zeroizing::new(key.serialize_pem()) })
    }

    /// The configuration for a listener.
    pub fn configure(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let whose = "the self-made certificate";
        configure(whose, self.certificate.as_bytes(), whose, self.key.as_bytes())
    }
}

impl fmt::Debug for SelfMade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SelfMade").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// TLS 1.2, because old phones speak nothing newer, and 1.3; HTTP/1.1 is the only protocol offered,
/// because the listeners speak no other. The cryptography is named here and not taken from the
/// process, where an embedding host may have installed another.
fn configure(
    certificate_from: &str,
    certificate: &[u8],
    key_from: &str,
    key: &[u8],
) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = CertificateDer::pem_slice_iter(certificate).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|error| TlsError::Damaged(certificate_from.to_owned(), error))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate(certificate_from.to_owned()));
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| {
        if matches!(error, pem::Error::NoItemsFound) {
            TlsError::NoKey(key_from.to_owned())
        } else {
            TlsError::Damaged(key_from.to_owned(), error)
        }
    })?;
    let refused = |source| TlsError::Refused {
        certificate: certificate_from.to_owned(),
        key: key_from.to_owned(),
        source,
    };
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[&TLS12, &TLS13]);
    let mut config =
        builder.map_err(refused)?.with_no_client_auth().with_single_cert(chain, key).map_err(refused)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // Phones come back at every keep-alive: tickets spare both sides the signature.
    config.ticketer = ring::Ticketer::new().map_err(refused)?;
    Ok(Arc::new(config))
}

fn alternative(name: &str) -> Result<SanType, TlsError> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    let bad = || TlsError::BadName(name.to_owned());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._*".contains(&byte);
    if name.is_empty() || name.len() > 253 || !name.bytes().all(plain) {
        return Err(bad());
    }
    Ok(SanType::DnsName(name.try_into().map_err(|_| bad())?))
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn made() -> SelfMade {
        SelfMade::for_names(["ipp.example", "192.0.2.1", "2001:db8::1"], NOW).unwrap()
    }

    #[test]
    fn a_self_made_certificate_can_be_kept_as_files_and_read_back() {
        let directory = tempfile::tempdir().unwrap();
        let [certificate, key] = ["server.crt", "server.key"].map(|name| directory.path().join(name));
        let made = made();
        fs::write(&certificate, &made.certificate).unwrap();
        fs::write(&key, made.key.as_bytes()).unwrap();
        let config = from_files(&certificate, &key).unwrap();
        assert_eq!(config.alpn_protocols, [b"http/1.1"]);
        assert!(!format!("{made:?}").contains("PRIVATE"));
    }

    #[test]
    fn errors_name_the_file_and_the_reason() {
        let directory = tempfile::tempdir().unwrap();
        let [certificate, key] = ["server.crt", "server.key"].map(|name| directory.path().join(name));
        let refused = || from_files(&certificate, &key).unwrap_err();
        let error = refused();
        assert!(error.to_string().contains("server.crt") && error.source().is_some());

        fs::write(&certificate, "not PEM").unwrap();
        fs::write(&key, made().key.as_bytes()).unwrap();
        assert!(refused().to_string().contains("server.crt holds no certificate"));

        fs::write(&certificate, made().certificate).unwrap();
        let error = refused();
        assert!(error.to_string().contains("server.crt") && error.to_string().contains("server.key"));
        assert!(matches!(error, TlsError::Refused { .. }), "{error:?}");

        fs::write(&key, "").unwrap();
        assert!(refused().to_string().contains("server.key holds no unencrypted private key"));
        fs::write(&key, "-----BEGIN PRIVATE KEY-----\n%%%\n-----END PRIVATE KEY-----\n").unwrap();
        assert!(matches!(refused(), TlsError::Damaged(..)));
    }

    #[test]
    fn names_that_no_certificate_can_carry_are_refused() {
        for name in ["", "a b", "phone/1", "h\u{f6}st", "http://ipp.example"] {
            assert!(matches!(SelfMade::for_names([name], NOW), Err(TlsError::BadName(_))), "{name}");
        }
        assert!(SelfMade::for_names([], NOW).is_err());
    }
}
