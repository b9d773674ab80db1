//! The routes of administrators and their programs: one row each, which names its endpoint.

use http::Method;
use ipp_core::access::Capability::{
    EditFirmware, EditRegions, EditUsers, ManageOperators, OwnAccount, View, ViewLogs, ViewOperators,
    ViewShared,
};

use super::{
    Guard::{Anybody, Needs, Person},
    Operation,
    RegionSource::{None, Row, Visible},
    Route, Surface,
};
use crate::admin::{
    audit, csv,
    endpoint::{Of, Registered},
    firmware, operators, regions, session, tokens,
};

/// Makes the operations, the table, and the endpoint of each operation from one list of rows.
macro_rules! routes {
    ($($operation:ident = $endpoint:ty: $method:ident $path:literal, $guard:expr, $region:expr, $about:literal;)*) => {
        /// The operations of administrators.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[expect(missing_docs, reason = "each variant is the operation of the row that names it")]
        pub enum AdminOperation {
            $($operation,)*
        }

        impl AdminOperation {
            /// The name of the operation in the `OpenAPI` document.
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$operation => stringify!($operation),)*
                }
            }
        }

        pub(super) const ROUTES: &[Route] = &[$(Route {
            surface: Surface::Admin,
            operation: Operation::Admin(AdminOperation::$operation),
            methods: &[Method::$method],
            paths: &[concat!("/api/v1", $path)],
            guard: $guard,
            region: $region,
            about: $about,
        },)*];

        /// What answers an operation. Each has exactly one endpoint, or this does not compile.
        pub(crate) fn endpoint(operation: AdminOperation) -> Box<dyn Registered> {
            match operation {
                $(AdminOperation::$operation => Box::new(Of::<$endpoint>::new()),)*
            }
        }
    };
}

routes! {
    LogIn = session::log_in::LogIn: POST "/session", Anybody, None, "Log in with name and password";
    ShowSession = session::show::Show: GET "/session", Person, None, "Who is logged in, and what they may do";
    LogOut = session::log_out::LogOut: DELETE "/session", Person, None, "End this session";
    ListSessions = session::list::List: GET "/session/all", Person, None, "The sessions of this account";
    LogOutEverywhere = session::log_out_everywhere::LogOutEverywhere: DELETE "/session/all", Person, None,
        "End all sessions of this account";
    ChangePassword = session::change_password::ChangePassword: PUT "/session/password", Person, None,
        "Change the own password; all other sessions end";

    ListTokens = tokens::list::List: GET "/tokens", Needs(OwnAccount), None, "The own API tokens";
    CreateToken = tokens::create::Create: POST "/tokens", Needs(OwnAccount), None,
        "Make an API token; its text is shown once";
    DeleteToken = tokens::delete::Delete: DELETE "/tokens/{id}", Needs(OwnAccount), None, "Delete an API token";

    ListOperators = operators::list::List: GET "/operators", Needs(ViewOperators), None,
        "The accounts of administrators with their levels by region";
    GetOperator = operators::get::Get: GET "/operators/{id}", Needs(ViewOperators), None, "One account";
    CreateOperator = operators::create::Create: POST "/operators", Needs(ManageOperators), None,
        "Make an account; its first password is shown once";
    UpdateOperator = operators::update::Update: PATCH "/operators/{id}", Needs(ManageOperators), None,
        "Change an account: all but its password";
    ResetOperatorPassword = operators::reset_password::ResetPassword: POST "/operators/{id}/password",
        Needs(ManageOperators), None, "Give an account a new random password, shown once";
    DeleteOperator = operators::delete::Delete: DELETE "/operators/{id}", Needs(ManageOperators), None,
        "Delete an account";

    ListRegions = regions::list::List: GET "/regions", Needs(View), Visible, "The regions";
    GetRegion = regions::get::Get: GET "/regions/{id}", Needs(View), Row, "One region";
    CreateRegion = regions::create::Create: POST "/regions", Needs(EditRegions), None, "Make a region";
    UpdateRegion = regions::update::Update: PATCH "/regions/{id}", Needs(EditRegions), Row, "Change a region";
    DeleteRegion = regions::delete::Delete: DELETE "/regions/{id}", Needs(EditRegions), Row,
        "Delete a region that nothing refers to";

    ImportCsv = csv::import::Import: POST "/csv/import", Needs(EditUsers), Visible,
        "Import users and devices; all of it is one write";
    ExportCsv = csv::export::Export: GET "/csv/export", Needs(View), Visible,
        "Users with their devices as a CSV file";

    ListFirmware = firmware::list::List: GET "/firmware", Needs(ViewShared), None,
        "The firmware entries, and the image that each model takes by itself";
    GetFirmware = firmware::get::Get: GET "/firmware/{id}", Needs(ViewShared), None, "One firmware entry";
    CreateFirmware = firmware::create::Create: POST "/firmware", Needs(EditFirmware), None,
        "Make a firmware entry without an image";
    UpdateFirmware = firmware::update::Update: PATCH "/firmware/{id}", Needs(EditFirmware), None,
        "Change a firmware entry: all but its image";
    DeleteFirmware = firmware::delete::Delete: DELETE "/firmware/{id}", Needs(EditFirmware), None,
        "Delete a firmware entry that nothing has chosen";
    UploadFirmware = firmware::upload::Upload: PUT "/firmware/{id}/image", Needs(EditFirmware), None,
        "Upload the image of an entry; phones see the former one or the whole new one";
    DownloadFirmware = firmware::download::Download: GET "/firmware/{id}/image", Needs(ViewShared), None,
        "The image of an entry";

    ListAudit = audit::list::List: GET "/audit", Needs(ViewLogs), None, "What was done by whom, the latest first";
}
