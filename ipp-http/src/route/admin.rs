//! The routes of administrators and their programs: one row each, which names its endpoint.

use http::Method;
use ipp_core::access::Capability::{
    CheckStatus, ClearAlarms, EditDevices, EditFirmware, EditModels, EditPlaceholders, EditRegions,
    EditSettings, EditSharedFiles, EditTemplates, EditUsers, Generate, ManageOperators, OwnAccount,
    RevealSecrets, View, ViewLogs, ViewOperators, ViewShared,
};

use super::{
    Guard::{Anybody, Needs, Person},
    Operation,
    RegionSource::{None, Row, Visible},
    Route, Surface,
};
use crate::admin::{
    alarms, audit, csv, dashboard, devices,
    dhcp::{
        self,
        option160::{Direct, Proxied},
    },
    endpoint::{Of, Registered},
    files, firmware, jobs, logs, models, operators, placeholders, preview, regions, runs, session, settings,
    templates, tokens, users,
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

    ShowDashboard = dashboard::show::Show: GET "/dashboard", Needs(View), Visible,
        "How many devices are in which state";

    ListAlarms = alarms::list::List: GET "/alarms", Needs(View), Visible, "Active alarms, the latest action first";
    ClearAlarm = alarms::clear::Clear: POST "/alarms/clear", Needs(ClearAlarms), Row, "Clear an alarm by hand";

    ListTemplates = templates::list::List: GET "/templates", Needs(ViewShared), Visible, "The templates";
    GetTemplate = templates::get::Get: GET "/templates/{id}", Needs(ViewShared), Row, "One template";
    UploadTemplate = templates::upload::Upload: POST "/templates", Needs(EditTemplates), None,
        "Make a template of an XML file";
    CheckUpload = templates::check_upload::CheckUpload: POST "/templates/check", Needs(EditTemplates), None,
        "What would be refused of an XML file; nothing is saved";
    PublishTemplates = templates::publish::Publish: POST "/templates/publish", Needs(EditTemplates), None,
        "Generate Global: publish the shared part of templates, all or none";
    CloneTemplate = templates::clone::Clone: POST "/templates/{id}/clone", Needs(EditTemplates), Row,
        "Copy a template";
    UpdateTemplate = templates::update::Update: PATCH "/templates/{id}", Needs(EditTemplates), Row,
        "Change a template: all but its document";
    GetTemplateDocument = templates::document::Document: GET "/templates/{id}/document", Needs(ViewShared), Row,
        "The XML file of a template, unchanged";
    EditTemplateDocument = templates::edit_document::EditDocument: PUT "/templates/{id}/document",
        Needs(EditTemplates), Row, "Replace the XML file of a template";
    RestoreTemplate = templates::restore::Restore: POST "/templates/{id}/restore", Needs(EditTemplates), Row,
        "Put a template back to its factory text, or to what was uploaded first";
    CheckTemplate = templates::check::Check: GET "/templates/{id}/check", Needs(ViewShared), Row,
        "What would be refused of a template";
    TemplatePlaceholders = templates::placeholders::Placeholders: GET "/templates/{id}/placeholders",
        Needs(ViewShared), Row, "The placeholders of a template with their values and where these come from";
    DeleteTemplate = templates::delete::Delete: DELETE "/templates/{id}", Needs(EditTemplates), Row,
        "Delete a template that is no phone's own choice";

    ListModels = models::list::List: GET "/models", Needs(ViewShared), None, "The phone models";
    GetModel = models::get::Get: GET "/models/{id}", Needs(ViewShared), None, "One phone model";
    PutModel = models::put::Put: PUT "/models/{id}", Needs(EditModels), None, "Add or change a phone model";
    DeleteModel = models::delete::Delete: DELETE "/models/{id}", Needs(EditModels), None,
        "Delete a phone model that nothing refers to";

    ListBuiltinPlaceholders = placeholders::builtin::List: GET "/placeholders/builtin", Needs(ViewShared), None,
        "The placeholders that the product itself gives a value, with their defaults";
    ListSystemValues = placeholders::system::List: GET "/placeholders/values", Needs(ViewShared), None,
        "The values that all phones share, defined or by default";
    PlaceholderUsage = placeholders::usage::Usage: GET "/placeholders/usage/{name}", Needs(ViewShared), Visible,
        "Where a placeholder is used and set";
    ListPlaceholders = placeholders::list::List: GET "/placeholders/{scope}", Needs(ViewShared), Row,
        "What the system, a model or a region sets";
    GetPlaceholder = placeholders::get::Get: GET "/placeholders/{scope}/{name}", Needs(ViewShared), Row,
        "One placeholder of a scope";
    PutPlaceholder = placeholders::put::Put: PUT "/placeholders/{scope}/{name}", Needs(EditPlaceholders), Row,
        "Set a placeholder at a scope";
    DeletePlaceholder = placeholders::delete::Delete: DELETE "/placeholders/{scope}/{name}",
        Needs(EditPlaceholders), Row, "Let a scope inherit a placeholder again";
    MovePlaceholder = placeholders::relocate::Relocate: POST "/placeholders/{scope}/{name}/move",
        Needs(EditPlaceholders), Row, "Move a placeholder from one region to another";
    CopyPlaceholders = placeholders::copy::Copy: POST "/regions/{id}/copy-placeholders", Needs(EditPlaceholders), Row,
        "Copy what a region sets to another region";

    ImportCsv = csv::import::Import: POST "/csv/import", Needs(EditUsers), Visible,
        "Import users and devices; all of it is one write";
    ExportCsv = csv::export::Export: GET "/csv/export", Needs(View), Visible,
        "Users with their devices as a CSV file";

    ListUsers = users::list::List: GET "/users", Needs(View), Visible, "The users, searched and sorted";
    GetUser = users::get::Get: GET "/users/{id}", Needs(View), Row, "One user";
    CreateUser = users::create::Create: POST "/users", Needs(EditUsers), Row, "Make a user";
    UpdateUser = users::update::Update: PATCH "/users/{id}", Needs(EditUsers), Row,
        "Change a user; its devices move with it to another region";
    DeleteUser = users::delete::Delete: DELETE "/users/{id}", Needs(EditUsers), Row,
        "Delete a user, with its devices where that is said";
    MoveUsers = users::move_many::MoveMany: POST "/users/region", Needs(EditUsers), Row,
        "Move users with their devices to a region";
    ResetUserPasswords = users::reset_passwords::ResetPasswords: POST "/users/passwords", Needs(EditUsers), Row,
        "Give users new SIP passwords, which their phones have when their files are generated and fetched";
    DeleteUsers = users::delete_many::DeleteMany: POST "/users/delete", Needs(EditUsers), Row,
        "Delete users with their devices";
    GenerateUsers = users::generate_many::GenerateMany: POST "/users/generate", Needs(Generate), Row,
        "Publish the files of all devices of users";

    ListDevices = devices::list::List: GET "/devices", Needs(View), Visible,
        "The devices, filtered, searched and sorted";
    GetDevice = devices::get::Get: GET "/devices/{id}", Needs(View), Row, "One device";
    CreateDevice = devices::create::Create: POST "/devices", Needs(EditDevices), Row, "Enter a device for a user";
    UpdateDevice = devices::update::Update: PATCH "/devices/{id}", Needs(EditDevices), Row, "Change a device";
    DeleteDevice = devices::delete::Delete: DELETE "/devices/{id}", Needs(EditDevices), Row,
        "Delete a device, or reject one that waits";
    ApproveDevice = devices::approve::Approve: POST "/devices/{id}/approve", Needs(EditDevices), Row,
        "Approve a phone that waits, or grant it a new token";
    ReleaseDevice = devices::release::Release: DELETE "/devices/{id}/request", Needs(EditDevices), Row,
        "Refuse a token that was presented beside the phone's own";
    ApproveDevices = devices::approve_many::ApproveMany: POST "/devices/approve", Needs(EditDevices), Row,
        "Approve phones that wait, into one region";
    GenerateDevices = devices::generate_many::GenerateMany: POST "/devices/generate", Needs(Generate), Row,
        "Publish the files of devices";
    DeleteDevices = devices::delete_many::DeleteMany: POST "/devices/delete", Needs(EditDevices), Row,
        "Delete devices; their users stay";
    MoveDevices = devices::move_many::MoveMany: POST "/devices/region", Needs(EditDevices), Row,
        "Move devices, and with them their users, to a region";
    ListDevicePlaceholders = devices::placeholders::Placeholders: GET "/devices/{id}/placeholders", Needs(View),
        Row, "The placeholders of a device, and where their values come from";
    SetDevicePlaceholder = devices::set_placeholder::SetPlaceholder: PUT "/devices/{id}/placeholders/{name}",
        Needs(EditPlaceholders), Row, "Set a placeholder of one device";
    ClearDevicePlaceholder = devices::clear_placeholder::ClearPlaceholder:
        DELETE "/devices/{id}/placeholders/{name}", Needs(EditPlaceholders), Row,
        "Let a placeholder of one device inherit again";
    GetDeviceFile = devices::file::File: GET "/devices/{id}/file", Needs(View), Row,
        "The private file that a device gets, with secrets masked";
    RevealDeviceFile = devices::reveal::Reveal: POST "/devices/{id}/file/reveal", Needs(RevealSecrets), Row,
        "The same with its secrets; noted in the audit log";
    DownloadDeviceFile = devices::download_file::DownloadFile: POST "/devices/{id}/file/download",
        Needs(RevealSecrets), Row, "The private file of a device, byte for byte; noted in the audit log";
    PutDeviceFile = devices::put_file::PutFile: PUT "/devices/{id}/file", Needs(RevealSecrets), Row,
        "Put a file in the place of what is published for a device; If-Match is 0 while there is none";
    DeleteDeviceFile = devices::delete_file::DeleteFile: DELETE "/devices/{id}/file", Needs(Generate), Row,
        "Take away the file that people wrote for a device, else what is published for it";
    DeleteDeviceFiles = devices::delete_files::DeleteFiles: POST "/devices/files/delete", Needs(Generate), Row,
        "Take the files of devices away";
    ListDeviceFiles = devices::history::History: GET "/devices/{id}/files", Needs(View), Row,
        "The files that were published for a device and are kept";
    RevertDevice = devices::revert::Revert: POST "/devices/{id}/revert", Needs(Generate), Row,
        "Go back to a file that was published before";
    ExplainDevice = devices::explain::Explain: GET "/devices/{id}/explain", Needs(View), Row,
        "Why each line of a device's file is what it is";

    GetSettings = settings::get::Get: GET "/settings", Needs(ViewShared), None, "The system settings";
    UpdateSettings = settings::update::Update: PATCH "/settings", Needs(EditSettings), None,
        "Change the system settings";
    GetLdap = settings::ldap::get::Get: GET "/settings/ldap", Needs(ViewShared), None, "The company directory";
    UpdateLdap = settings::ldap::update::Update: PATCH "/settings/ldap", Needs(EditSettings), None,
        "Change the company directory";

    GetOption160 = dhcp::option160::get::Get<Direct>: GET "/dhcp/option160", Needs(ViewShared), None,
        "The option 160 file of phones that reach the server directly";
    UpdateOption160 = dhcp::option160::update::Update<Direct>: PATCH "/dhcp/option160", Needs(EditSettings), None,
        "Edit the option 160 file";
    RestoreOption160 = dhcp::option160::restore::Restore<Direct>: POST "/dhcp/option160/restore",
        Needs(EditSettings), None, "Let the option 160 file follow the server again";
    GetProxyOption160 = dhcp::option160::get::Get<Proxied>: GET "/dhcp/proxy-option160", Needs(ViewShared), None,
        "The option 160 file of phones behind the SBC HTTP proxy";
    UpdateProxyOption160 = dhcp::option160::update::Update<Proxied>: PATCH "/dhcp/proxy-option160",
        Needs(EditSettings), None, "Edit the option 160 file of phones behind the proxy";
    RestoreProxyOption160 = dhcp::option160::restore::Restore<Proxied>: POST "/dhcp/proxy-option160/restore",
        Needs(EditSettings), None, "Let the option 160 file of phones behind the proxy follow the server again";
    ListDhcpUrls = dhcp::urls::Urls: GET "/dhcp/urls", Needs(View), Row,
        "The strings for DHCP servers, and for phones without one";
    PreviewFirstContact = dhcp::preview::Preview: GET "/dhcp/preview", Needs(View), Row,
        "What a phone of a model gets from the region's URL; changes nothing";

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

    ListFiles = files::list::List: GET "/files", Needs(View), Visible,
        "The configuration files: those that phones share, then one for each phone";
    ShowStorage = files::storage::Storage: GET "/files/storage", Needs(EditSharedFiles), None,
        "How much is kept, and how much it takes";
    GetFile = files::get::Get: GET "/files/{name}", Needs(ViewShared), Row, "A file that phones share";
    DownloadFile = files::download::Download: GET "/files/{name}/content", Needs(ViewShared), Row,
        "A file that phones share, byte for byte";
    PutFile = files::put::Put: PUT "/files/{name}", Needs(EditSharedFiles), None,
        "Upload a file that phones share, or save one that was edited";
    DeleteFile = files::delete::Delete: DELETE "/files/{name}", Needs(EditSharedFiles), None,
        "Delete an uploaded file";

    ListAudit = audit::list::List: GET "/audit", Needs(ViewLogs), None, "What was done by whom, the latest first";

    ShowPreview = preview::show::Show: POST "/preview", Needs(View), Visible,
        "What edits would do to the files of phones; each needs the right to save it, and nothing is saved";
    ListPreviewPhones = preview::phones::Phones: POST "/preview/phones", Needs(View), Visible,
        "The phones of one group of a preview";

    ListRuns = runs::list::List: GET "/runs", Needs(View), Visible, "The last runs of Generate, the latest first";
    GetRun = runs::get::Get: GET "/runs/{id}", Needs(View), Visible, "One run";
    RevertRun = runs::revert::Revert: POST "/runs/{id}/revert", Needs(Generate), Visible,
        "Take a run back: each phone that still has its file goes back to the file before it";
    ListJobs = jobs::list::List: GET "/jobs", Needs(View), Visible, "Jobs, the latest first: all for whoever sees all regions, else one's own";
    BeginJob = jobs::begin::Begin: POST "/jobs", Needs(CheckStatus), Visible,
        "Begin a job: one command to many phones, in batches, now or later. Each command but Check Status needs the right to command phones";
    GetJob = jobs::get::Get: GET "/jobs/{id}", Needs(View), Visible, "One job";
    ListJobItems = jobs::items::List: GET "/jobs/{id}/items", Needs(View), Visible, "The phones of a job, and what became of each";
    PauseJob = jobs::pause::Pause: POST "/jobs/{id}/pause", Needs(CheckStatus), Visible, "Begin no further batch until the job is resumed";
    ResumeJob = jobs::resume::Resume: POST "/jobs/{id}/resume", Needs(CheckStatus), Visible, "Let a job that is paused go on";
    CancelJob = jobs::cancel::Cancel: POST "/jobs/{id}/cancel", Needs(CheckStatus), Visible, "Begin no further batch at all";
    RetryJob = jobs::retry::Retry: POST "/jobs/{id}/retry", Needs(CheckStatus), Visible,
        "Try those phones again that failed, and where that does no harm those of which nothing is known";
    ExportAudit = audit::export::Export: GET "/audit/export", Needs(ViewLogs), None,
        "The whole audit log, one entry a line, with its hashes";

    ShowWebAdminLog = logs::web_admin::WebAdmin: GET "/logs/web-admin", Needs(ViewLogs), None,
        "The newest lines of the web-admin log: what was done in the console and the API";
    SaveWebAdminLog = logs::save_web_admin::SaveWebAdmin: GET "/logs/web-admin/file", Needs(ViewLogs), None,
        "The whole web-admin log as a text file";
    ShowActivityLog = logs::activity::Activity: GET "/logs/activity", Needs(ViewLogs), None,
        "The newest lines of the activity log: what phones and the server did with each other";
    SaveActivityLog = logs::save_activity::SaveActivity: GET "/logs/activity/file", Needs(ViewLogs), None,
        "The whole activity log as a text file";

    ListDeviceEvents = devices::events::Events: GET "/devices/{id}/events", Needs(View), Row,
        "What happened to a device, the latest first";
    ShowHistory = dashboard::history::History: GET "/dashboard/history", Needs(View), Visible,
        "How many devices were in which state, hour by hour";

    GetCommands = settings::commands::get::Get: GET "/settings/commands", Needs(ViewShared), None,
        "How phones take commands: a table of each family of phones, and the way through the proxy";
    PutCommands = settings::commands::put::Put: PUT "/settings/commands", Needs(EditSettings), None,
        "Change how phones take commands";
}
