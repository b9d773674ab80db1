//! What a browser remembers of how pages are to look: a cookie with words that are checked, nothing else.

use http::HeaderMap;
use serde::Deserialize;

use super::visit::{Reply, Visit, redirect_with};
use crate::admin::guard::cookie;

const COOKIE: &str = "ipp_view";

/// How pages look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Preferences {
    pub(super) theme: &'static str,
    pub(super) density: &'static str,
    pub(super) nav: &'static str,
}

const THEMES: &[&str] = &["auto", "light", "dark"];
const DENSITIES: &[&str] = &["comfortable", "compact"];
const NAVIGATION: &[&str] = &["open", "closed"];

impl Preferences {
    /// Those of a request; what is not known is the usual.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = cookie(headers, COOKIE).unwrap_or_default();
        let mut words = text.split('.');
        let mut next = |known: &[&'static str]| one_of(words.next(), known).unwrap_or(known[0]);
        Self { theme: next(THEMES), density: next(DENSITIES), nav: next(NAVIGATION) }
    }
}

/// What the form sends: what is to change, and where to go back to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    theme: Option<String>,
    density: Option<String>,
    nav: Option<String>,
    back: Option<String>,
}

/// Changes what is named.
pub(crate) async fn prefer(mut visit: Visit) -> Reply {
    let Wish { theme, density, nav, back } = visit.form().await?;
    let now = visit.preferences;
    let theme = one_of(theme.as_deref(), THEMES).unwrap_or(now.theme);
    let density = one_of(density.as_deref(), DENSITIES).unwrap_or(now.density);
    let nav = one_of(nav.as_deref(), NAVIGATION).unwrap_or(now.nav);
    let path = visit.surface.mount.below("/ipp");
    let secure = if visit.origin.secure { "; Secure" } else { "" };
    let cookie = format!(
        "{COOKIE}={theme}.{density}.{nav}; Path={path}; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}"
    );
    Ok(redirect_with(&visit.local(back.as_deref()), &[cookie]))
}

fn one_of(asked: Option<&str>, known: &[&'static str]) -> Option<&'static str> {
    known.iter().copied().find(|known| Some(*known) == asked)
}
