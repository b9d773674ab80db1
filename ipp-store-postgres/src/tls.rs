//! TLS to the database, as `sslmode` of its URL asks for.

use std::sync::Arc;

use ipp_core::store::{StoreError, StoreErrorKind, StoreResult};
use rustls::{
    ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _},
};
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

/// What a URL says of TLS.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    mode: Option<String>,
    roots: Option<String>,
}

impl Wanted {
    /// Takes the parameters about TLS out of a URL: the driver knows but a part of them.
    pub(crate) fn take_from(url: &str) -> (String, Self) {
        let mut wanted = Self::default();
        let mut is_other = |parameter: &str| match parameter.split_once('=') {
            Some(("sslmode", mode)) => {
                wanted.mode = Some(mode.to_owned());
                false
            }
            Some(("sslrootcert", path)) => {
                wanted.roots = Some(decoded(path));
                false
            }
            Some(_) | None => true,
        };
        let rest = match url.split_once("://") {
            Some(_) => match url.split_once('?') {
                Some((before, query)) => {
                    let others: Vec<&str> = query.split('&').filter(|one| is_other(one)).collect();
                    let mark = if others.is_empty() { "" } else { "?" };
                    format!("{before}{mark}{}", others.join("&"))
                }
                None => url.to_owned(),
            },
            None => url.split_whitespace().filter(|one| is_other(one)).collect::<Vec<_>>().join(" "),
        };
        (rest, wanted)
    }

    /// How the driver is to connect, and what makes its TLS.
    pub(crate) fn make(&self) -> StoreResult<(SslMode, MakeRustlsConnect)> {
        let provider = Arc::new(ring::default_provider());
        let mode = self.mode.as_deref().unwrap_or("prefer");
        let (ssl, roots) = match (mode, &self.roots) {
            ("disable", _) => (SslMode::Disable, None),
            ("prefer", _) => (SslMode::Prefer, None),
            ("require", None) => (SslMode::Require, None),
            ("require" | "verify-full", Some(path)) => (SslMode::Require, Some(read_roots(path)?)),
            ("verify-full", None) => {
                return Err(refused(
                    "`sslmode=verify-full` needs `sslrootcert=` with a file of certificates",
                ));
            }
            _ => {
                let message =
                    format!("`sslmode={mode}` is none of `disable`, `prefer`, `require` and `verify-full`");
                return Err(refused(message));
            }
        };
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| refused("TLS cannot be set up").because(error))?;
        let config = match roots {
            Some(roots) => config.with_root_certificates(roots).with_no_client_auth(),
            None => config
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
                .with_no_client_auth(),
        };
        Ok((ssl, MakeRustlsConnect::new(config)))
    }
}

fn read_roots(path: &str) -> StoreResult<RootCertStore> {
    let unreadable = |cause: Box<dyn std::error::Error + Send + Sync>| {
        refused(format!("the certificates of `sslrootcert={path}` cannot be read")).because(cause)
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unreadable(error.into()))? {
        let certificate = certificate.map_err(|error| unreadable(error.into()))?;
        roots.add(certificate).map_err(|error| unreadable(error.into()))?;
    }
    if roots.is_empty() {
        return Err(refused(format!("`sslrootcert={path}` holds no certificate")));
    }
    Ok(roots)
}

fn refused(message: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, message)
}

/// A parameter of a URL as it was meant.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = (*first == b'%').then(|| std::str::from_utf8(tail.get(..2)?).ok()).flatten();
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Encrypts without asking who the other side is, as `prefer` and `require` mean it everywhere.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(url: &str) -> (String, Option<String>, Option<String>) {
        let (rest, wanted) = Wanted::take_from(url);
        (rest, wanted.mode, wanted.roots)
    }

    #[test]
    fn what_a_url_says_of_tls_is_taken_out() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(taken("postgres://a@b/c"), ("postgres://a@b/c".to_owned(), None, None));
        assert_eq!(
            taken("postgres://a@b/c?sslmode=verify-full&connect_timeout=3&sslrootcert=%2Fa%20b.pem"),
            ("postgres://a@b/c?connect_timeout=3".to_owned(), some("verify-full"), some("/a b.pem"))
        );
        assert_eq!(
            taken("postgres://b/c?sslmode=disable"),
            ("postgres://b/c".to_owned(), some("disable"), None)
        );
        assert_eq!(
            taken("host=/run/x sslmode=require dbname=y"),
            ("host=/run/x dbname=y".to_owned(), some("require"), None)
        );
    }

    #[test]
    fn what_would_not_be_checked_as_asked_is_refused() {
        for (url, names) in [
            ("postgres://b/c?sslmode=verify-ca&sslrootcert=/x", "verify-ca"),
            ("postgres://b/c?sslmode=verify-full", "sslrootcert"),
            ("postgres://b/c?sslmode=verify-full&sslrootcert=/nowhere/at/all.pem", "/nowhere/at/all.pem"),
            ("postgres://b/c?sslmode=maybe", "maybe"),
        ] {
            let error = Wanted::take_from(url).1.make().map(drop).unwrap_err();
            assert!(error.to_string().contains(names), "{error}");
        }
    }
}
