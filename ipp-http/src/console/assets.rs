//! Style, script and icons: a few files in the crate, under names that change with their content.

use axum::{body::Body, response::Response};
use http::{HeaderValue, header};
use sha2::{Digest as _, Sha256};

use super::visit::{Reply, Visit};
use crate::{mount::MountPath, problem::Problem};

/// Where pages find them.
#[derive(Debug)]
pub(crate) struct Assets {
    css: Asset,
    js: Asset,
    icons: Asset,
    favicon: Asset,
}

#[derive(Debug)]
struct Asset {
    name: String,
    path: String,
    kind: &'static str,
    content: &'static str,
}

impl Assets {
    pub(super) fn below(mount: &MountPath) -> Self {
        let asset = |stem, ending, kind, content: &'static str| {
            use std::fmt::Write as _;
            let hash = Sha256::digest(content).iter().take(8).fold(String::new(), |mut hash, byte| {
                let _ = write!(hash, "{byte:02x}");
                hash
            });
            let name = format!("{stem}-{hash}.{ending}");
            let path = mount.below(&format!("/ipp/assets/{name}"));
            Asset { name, path, kind, content }
        };
        Self {
            css: asset("console", "css", "text/css; charset=utf-8", include_str!("assets/console.css")),
            js: asset("console", "js", "text/javascript; charset=utf-8", include_str!("assets/console.js")),
            icons: asset("icons", "svg", "image/svg+xml", include_str!("assets/icons.svg")),
            favicon: asset("favicon", "svg", "image/svg+xml", include_str!("assets/favicon.svg")),
        }
    }

    pub(super) fn css(&self) -> &str {
        &self.css.path
    }

    pub(super) fn js(&self) -> &str {
        &self.js.path
    }

    pub(super) fn favicon(&self) -> &str {
        &self.favicon.path
    }

    pub(super) fn icons(&self) -> &str {
        &self.icons.path
    }
}

/// Serves one of them. Its name names its content, so browsers keep it for good.
pub(crate) async fn serve(visit: Visit) -> Reply {
    let Assets { css, js, icons, favicon } = &visit.console.assets;
    let name = visit.parts.uri.path().rsplit('/').next().unwrap_or_default();
    let asset = [css, js, icons, favicon].into_iter().find(|asset| asset.name == name);
    let asset = asset.ok_or_else(Problem::not_found)?;
    let mut response = Response::new(Body::from(asset.content));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    headers.insert(header::CACHE_CONTROL, forever);
    Ok(response)
}
