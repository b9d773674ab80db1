//! The routes of the console: one row each, which names its page.

use http::Method;
use ipp_core::access::Capability::{EditDevices, View};

use super::{
    Guard::{Anybody, Needs, Person},
    Operation,
    RegionSource::{None, Row, Visible},
    Route, Surface,
};
use crate::console::{Handler, assets, pages, preferences};

/// Makes the operations, the table, and the page of each operation from one list of rows.
macro_rules! routes {
    ($($operation:ident = $page:path: $method:ident $path:literal, $guard:expr, $region:expr, $about:literal;)*) => {
        /// The pages of the console and what their forms do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each variant is the operation of the row that names it")]
        pub enum ConsoleOperation {
            $($operation,)*
        }

        impl ConsoleOperation {
            /// The row of the operation.
            pub(crate) const fn route(self) -> &'static Route {
                &ROUTES[self as usize]
            }
        }

        pub(super) const ROUTES: &[Route] = &[$(Route {
            surface: Surface::Console,
            operation: Operation::Console(ConsoleOperation::$operation),
            methods: &[Method::$method],
            paths: &[$path],
            guard: $guard,
            region: $region,
            about: $about,
        },)*];

        /// What answers an operation. Each has exactly one page, or this does not compile.
        pub(crate) fn page(operation: ConsoleOperation) -> Handler {
            match operation {
                $(ConsoleOperation::$operation => |visit| Box::pin($page(visit)),)*
            }
        }
    };
}

routes! {
    Enter = pages::home::enter: GET "/", Anybody, None, "To the console";
    EnterBelow = pages::home::enter: GET "/ipp", Anybody, None, "To the console";
    Asset = assets::serve: GET "/ipp/assets/{name}", Anybody, None, "Style, script and icons";
    Prefer = preferences::prefer: POST "/ipp/preferences", Anybody, None, "Colours, density and navigation of this browser";

    ShowLogin = pages::login::show: GET "/ipp/login", Anybody, None, "The form to log in";
    LogInByForm = pages::login::submit: POST "/ipp/login", Anybody, None, "Log in with name and password";
    LogOutByForm = pages::login::leave: POST "/ipp/logout", Person, None, "End this session";
    ShowPassword = pages::password::show: GET "/ipp/password", Person, None, "The form for a new password";
    ChangePasswordByForm = pages::password::submit: POST "/ipp/password", Person, None, "Change the own password";

    Dashboard = pages::dashboard::show: GET "/ipp/", Needs(View), Visible, "The dashboard, which is the home page";
    FollowDashboard = pages::dashboard::follow: GET "/ipp/dashboard/live", Needs(View), Visible,
        "The figures of the dashboard as they change";
    DevicesStatus = pages::devices::show: GET "/ipp/devices", Needs(View), Visible, "The devices, filtered and sorted";
    DevicePage = pages::device::show: GET "/ipp/devices/{id}", Needs(View), Row, "One device";
    ShowApproval = pages::approve::show: GET "/ipp/devices/{id}/approve", Needs(EditDevices), Row,
        "The form to approve a device";
    ApproveByForm = pages::approve::submit: POST "/ipp/devices/{id}/approve", Needs(EditDevices), Row,
        "Approve a device";
    AlarmsPage = pages::alarms::show: GET "/ipp/alarms", Needs(View), Visible, "The active alarms";
    UsersPage = pages::users::show: GET "/ipp/users", Needs(View), Visible, "The users";
    Design = pages::design::show: GET "/ipp/design", Anybody, None, "Everything that pages are made of, where the host asks for it";
}
