//! The one table of routes. Routers, the `OpenAPI` document and the tests that walk the routes are
//! made from it; there is no other way to add one.

mod admin;
mod console;
mod phone;

use http::Method;
use ipp_core::access::Capability;

pub use self::{admin::AdminOperation, console::ConsoleOperation};
pub(crate) use self::{admin::endpoint, console::page};

/// What a route belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// Phones: files and reports.
    Phone,
    /// Administrators and their programs.
    Admin,
    /// People with a browser.
    Console,
}

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Any phone; what is answered depends on the token in the URL alone.
    Phone,
    /// Anybody, without a login.
    Anybody,
    /// A person who is logged in, also before a first password was changed.
    Person,
    /// A person or a program whose level has the capability.
    Needs(Capability),
}

/// Where the region comes from that decides whether a caller may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegionSource {
    /// The route is about no region.
    None,
    /// The phone's token, or the region's networks.
    Token,
    /// The row that is loaded.
    Row,
    /// What is listed is what may be seen.
    Visible,
}

/// The operations of all routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the operation of the route that names it")]
pub enum Operation {
    PhoneConfiguration,
    PhoneGlobalConfiguration,
    PhoneRegionConfiguration,
    PhoneOption160,
    PhoneProxyOption160,
    PhoneFirmware,
    PhoneStatus,
    PhoneAlarm,
    Admin(AdminOperation),
    Console(ConsoleOperation),
}

/// One route.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// What it belongs to.
    pub surface: Surface,
    /// What it does.
    pub operation: Operation,
    /// The methods that it answers. Phone tools POST where phones GET, and mean the same.
    pub methods: &'static [Method],
    /// Its paths.
    pub paths: &'static [&'static str],
    /// Who may call it.
    pub guard: Guard,
    /// Where the region comes from that decides.
    pub region: RegionSource,
    /// What it is for.
    pub about: &'static str,
}

/// All routes.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    phone::ROUTES.iter().chain(admin::ROUTES).chain(console::ROUTES)
}

/// The route of a phone's operation.
pub(crate) fn of(operation: Operation) -> Option<&'static Route> {
    phone::ROUTES.iter().find(|route| route.operation == operation)
}

/// The routes of administrators.
pub(crate) const fn of_admin() -> &'static [Route] {
    admin::ROUTES
}

/// The routes of the console.
pub(crate) const fn of_console() -> &'static [Route] {
    console::ROUTES
}
