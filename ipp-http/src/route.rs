//! The one table of routes. Routers, and the tests that walk them, are made from it; there is no
//! other way to add one.

use http::Method;

/// What a route belongs to. Surfaces have their own listeners.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// Phones: files and reports.
    Phone,
}

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Principals {
    /// Anybody; what is answered depends on the token in the URL alone.
    AnyPhone,
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
    /// Its paths behind the optional token and region; one of them for each spelling.
    pub paths: &'static [&'static str],
    /// Who may call it.
    pub principals: Principals,
    /// What it is for.
    pub about: &'static str,
}

const FILE: &[Method] = &[Method::GET, Method::HEAD, Method::POST];
const REPORT: &[Method] = &[Method::POST];

const fn phone(
    operation: Operation,
    methods: &'static [Method],
    paths: &'static [&'static str],
    about: &'static str,
) -> Route {
    Route { surface: Surface::Phone, operation, methods, paths, principals: Principals::AnyPhone, about }
}

/// All routes.
pub const ROUTES: &[Route] = &[
    phone(
        Operation::PhoneConfiguration,
        FILE,
        &[
            "/configfiles/{mac}.cfg",
            "/ipp/region/{region}/{mac}.cfg",
            "/ipp/tenant/{region}/{mac}.cfg",
            "/r/{region}/{mac}.cfg",
        ],
        "The private file under the phone's own token, else the first contact",
    ),
    phone(
        Operation::PhoneGlobalConfiguration,
        FILE,
        &["/configfiles/{name}.cfg", "/r/{region}/{name}.cfg"],
        "The global file of the asking phone's template",
    ),
    phone(
        Operation::PhoneRegionConfiguration,
        FILE,
        &["/ipp/region/{region}", "/ipp/tenant/{region}", "/firmwarefiles;ipp/region/{region}"],
        "The first contact of a region",
    ),
    phone(
        Operation::PhoneOption160,
        FILE,
        &["/ipp/dhcpoption160.cfg", "/firmwarefiles;ipp/dhcpoption160.cfg"],
        "The option 160 file of phones that reach the server directly",
    ),
    phone(
        Operation::PhoneProxyOption160,
        FILE,
        &["/ipp/httpproxy/", "/firmwarefiles;ipp/httpproxy/"],
        "The option 160 file of phones behind the SBC HTTP proxy",
    ),
    phone(Operation::PhoneFirmware, FILE, &["/firmwarefiles/{name}"], "A firmware image"),
    phone(
        Operation::PhoneStatus,
        REPORT,
        &[
            "/rest/v1/ipphoneMgrStatus/keep-alive",
            "/rest/v1/ipphoneMgrStatus/init",
            "/ipprest/lync_auto_prov.php",
            "/ipprest/lync_auto_prov.php/rest/v1/ipphoneMgrStatus/keep-alive",
        ],
        "A phone's report of its status",
    ),
    phone(
        Operation::PhoneAlarm,
        REPORT,
        &["/rest/v1/ipphoneMgrAlert/alert", "/ipprest/lync_auto_prov.php/rest/v1/ipphoneMgrAlert/alert"],
        "A phone's alarms",
    ),
];

/// The route of an operation.
pub fn of(operation: Operation) -> Option<&'static Route> {
    ROUTES.iter().find(|route| route.operation == operation)
}
