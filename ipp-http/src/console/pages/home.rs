//! The way in from the root of the server.

use crate::console::{Reply, Visit, redirect};

/// To the home page, which asks for a login where there is none.
pub(crate) async fn enter(visit: Visit) -> Reply {
    Ok(redirect(&visit.surface.mount.below("/ipp/")))
}
