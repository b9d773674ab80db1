//! The routes of phones.

use http::Method;

use super::{Guard, Operation, RegionSource, Route, Surface};

const FILE: &[Method] = &[Method::GET, Method::HEAD, Method::POST];
const REPORT: &[Method] = &[Method::POST];

const fn phone(
    operation: Operation,
    methods: &'static [Method],
    paths: &'static [&'static str],
    about: &'static str,
) -> Route {
    Route {
        surface: Surface::Phone,
        operation,
        methods,
        paths,
        guard: Guard::Phone,
        region: RegionSource::Token,
        about,
    }
}

/// All of them. Each has one path for each spelling, behind the optional token and region.
pub(super) const ROUTES: &[Route] = &[
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
