//! The routes of the console: one row each, which names its page.

use http::Method;
use ipp_core::access::Capability::{
    CheckStatus, ClearAlarms, CommandPhones, EditDevices, EditRegions, EditTemplates, EditUsers, Generate,
    ManageOperators, RevealSecrets, View, ViewLogs, ViewOperators, ViewShared,
};

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
    AskCheckStatus = pages::actions::show::<pages::actions::check::Check>: GET "/ipp/actions/check", Needs(CheckStatus), Visible,
        "The form to ask devices for their state";
    CheckStatusByForm = pages::actions::submit::<pages::actions::check::Check>: POST "/ipp/actions/check", Needs(CheckStatus), Visible,
        "Ask devices for their state";
    AskRestart = pages::actions::show::<pages::actions::restart::Restart>: GET "/ipp/actions/restart", Needs(CommandPhones), Visible,
        "The form to restart devices";
    RestartByForm = pages::actions::submit::<pages::actions::restart::Restart>: POST "/ipp/actions/restart", Needs(CommandPhones), Visible,
        "Restart devices";
    AskConfiguration = pages::actions::show::<pages::actions::configuration::Configuration>: GET "/ipp/actions/configuration", Needs(CommandPhones), Visible,
        "The form to have devices take their files";
    UpdateConfigurationByForm = pages::actions::submit::<pages::actions::configuration::Configuration>: POST "/ipp/actions/configuration", Needs(CommandPhones), Visible,
        "Have devices take their files";
    AskFirmware = pages::actions::show::<pages::actions::firmware::Firmware>: GET "/ipp/actions/firmware", Needs(CommandPhones), Visible,
        "The form to have devices load firmware";
    UpdateFirmwareByForm = pages::actions::submit::<pages::actions::firmware::Firmware>: POST "/ipp/actions/firmware", Needs(CommandPhones), Visible,
        "Have devices load firmware";
    AskMessage = pages::actions::show::<pages::actions::message::Message>: GET "/ipp/actions/message", Needs(CommandPhones), Visible,
        "The form to show a text on devices";
    SendMessageByForm = pages::actions::submit::<pages::actions::message::Message>: POST "/ipp/actions/message", Needs(CommandPhones), Visible,
        "Show a text on devices";
    AskGenerate = pages::actions::show::<pages::actions::generate::Generate>: GET "/ipp/actions/generate", Needs(Generate), Visible,
        "The form to publish the files of devices";
    GenerateByForm = pages::actions::submit::<pages::actions::generate::Generate>: POST "/ipp/actions/generate", Needs(Generate), Visible,
        "Publish the files of devices";
    AskApprove = pages::actions::show::<pages::actions::approve::Approve>: GET "/ipp/actions/approve", Needs(EditDevices), Visible,
        "The form to approve devices";
    ApproveManyByForm = pages::actions::submit::<pages::actions::approve::Approve>: POST "/ipp/actions/approve", Needs(EditDevices), Visible,
        "Approve devices";
    AskMove = pages::actions::show::<pages::actions::relocate::Relocate>: GET "/ipp/actions/region", Needs(EditDevices), Visible,
        "The form to move devices to a region";
    MoveByForm = pages::actions::submit::<pages::actions::relocate::Relocate>: POST "/ipp/actions/region", Needs(EditDevices), Visible,
        "Move devices to a region";
    AskDelete = pages::actions::show::<pages::actions::delete::Delete>: GET "/ipp/actions/delete", Needs(EditDevices), Visible,
        "The form to delete devices";
    DeleteByForm = pages::actions::submit::<pages::actions::delete::Delete>: POST "/ipp/actions/delete", Needs(EditDevices), Visible,
        "Delete devices";
    JobsPage = pages::jobs::show: GET "/ipp/jobs", Needs(View), Visible, "The jobs, the latest first";
    JobPage = pages::job::show: GET "/ipp/jobs/{id}", Needs(View), Visible, "One job and its phones";
    SteerJobByForm = pages::job::steer: POST "/ipp/jobs/{id}", Needs(CheckStatus), Visible, "Pause, resume, cancel or retry a job";
    AlarmsPage = pages::alarms::show: GET "/ipp/alarms", Needs(View), Visible, "The active alarms";
    ClearAlarmByForm = pages::alarms::clear: POST "/ipp/alarms/clear", Needs(ClearAlarms), Row, "Clear an alarm by hand";
    DeviceFilePage = pages::device_file::show: GET "/ipp/devices/{id}/file", Needs(View), Row, "The file of a device";
    RevealFileByForm = pages::device_file::reveal: POST "/ipp/devices/{id}/file", Needs(RevealSecrets), Row,
        "The file of a device with its secrets";
    ExplainPage = pages::device_explain::show: GET "/ipp/devices/{id}/explain", Needs(View), Row,
        "Why each line of the file of a device is what it is";
    HistoryPage = pages::device_history::show: GET "/ipp/devices/{id}/history", Needs(View), Row,
        "The files that were published for a device";
    RevertByForm = pages::device_history::revert: POST "/ipp/devices/{id}/history", Needs(Generate), Row,
        "Go back to a file that was published before";
    CsvPage = pages::csv::show: GET "/ipp/csv", Needs(EditUsers), Visible, "The form to import users and devices";
    ImportByForm = pages::csv::submit: POST "/ipp/csv", Needs(EditUsers), Visible, "Import users and devices";
    UsersPage = pages::users::show: GET "/ipp/users", Needs(View), Visible, "The users";
    AddUser = pages::people::add::show: GET "/ipp/users/new", Needs(EditUsers), None, "The form to add a user";
    CreateUserByForm = pages::people::add::submit: POST "/ipp/users/new", Needs(EditUsers), Row, "Add a user";
    UserPage = pages::people::edit::show: GET "/ipp/users/{id}", Needs(EditUsers), Row, "The form to edit a user";
    EditUserByForm = pages::people::edit::submit: POST "/ipp/users/{id}", Needs(EditUsers), Row, "Edit a user";
    AskDeleteUser = pages::people::delete::show: GET "/ipp/users/{id}/delete", Needs(EditUsers), Row, "What goes with a user";
    DeleteUserByForm = pages::people::delete::submit: POST "/ipp/users/{id}/delete", Needs(EditUsers), Row,
        "Delete a user with its devices";
    AddDevice = pages::people::add_device::show: GET "/ipp/users/{id}/devices", Needs(EditDevices), Row,
        "The form to add a device to a user";
    AddDeviceByForm = pages::people::add_device::submit: POST "/ipp/users/{id}/devices", Needs(EditDevices), Row,
        "Add a device to a user";
    AskGenerateAdded = pages::people::prompt::show: GET "/ipp/devices/{id}/added", Needs(Generate), Row,
        "Whether the file of a device that was added is to be generated";
    GenerateAddedByForm = pages::people::prompt::generate: POST "/ipp/devices/{id}/added", Needs(Generate), Row,
        "Generate the file of a device that was added";
    EditDevice = pages::device_edit::show: GET "/ipp/devices/{id}/edit", Needs(EditDevices), Row, "The form to edit a device";
    EditDeviceByForm = pages::device_edit::submit: POST "/ipp/devices/{id}/edit", Needs(EditDevices), Row, "Edit a device";
    AskMoveUsers = pages::user_actions::show::<pages::user_actions::region::Region>: GET "/ipp/user-actions/region", Needs(EditUsers), Visible,
        "The form to move users to a region";
    MoveUsersByForm = pages::user_actions::submit::<pages::user_actions::region::Region>: POST "/ipp/user-actions/region", Needs(EditUsers), Visible,
        "Move users to a region";
    AskResetPasswords = pages::user_actions::show::<pages::user_actions::passwords::Passwords>: GET "/ipp/user-actions/passwords", Needs(EditUsers), Visible,
        "The form to give users new passwords";
    ResetPasswordsByForm = pages::user_actions::submit::<pages::user_actions::passwords::Passwords>: POST "/ipp/user-actions/passwords", Needs(EditUsers), Visible,
        "Give users new passwords";
    AskDeleteUsers = pages::user_actions::show::<pages::user_actions::delete::Delete>: GET "/ipp/user-actions/delete", Needs(EditUsers), Visible,
        "The form to delete users";
    DeleteUsersByForm = pages::user_actions::submit::<pages::user_actions::delete::Delete>: POST "/ipp/user-actions/delete", Needs(EditUsers), Visible,
        "Delete users with their devices";
    TemplatesPage = pages::templates::list::show: GET "/ipp/templates", Needs(ViewShared), Visible, "The templates";
    AddTemplate = pages::templates::upload::show: GET "/ipp/templates/new", Needs(EditTemplates), None,
        "The form to make a template of a file";
    AddTemplateByForm = pages::templates::upload::submit: POST "/ipp/templates/new", Needs(EditTemplates), None,
        "Make a template of a file";
    AskGenerateTemplates = pages::templates::generate::show: GET "/ipp/templates/generate", Needs(EditTemplates), Visible,
        "Whether global files are to be generated";
    GenerateTemplatesByForm = pages::templates::generate::submit: POST "/ipp/templates/generate", Needs(EditTemplates), Visible,
        "Generate global files";
    TemplatePage = pages::templates::edit::show: GET "/ipp/templates/{id}", Needs(ViewShared), Row, "One template in its editor";
    EditTemplateByForm = pages::templates::edit::submit: POST "/ipp/templates/{id}", Needs(EditTemplates), Row, "Save a template";
    TemplateDetails = pages::templates::details::show: GET "/ipp/templates/{id}/details", Needs(EditTemplates), Row,
        "The form for name, description and default mark";
    TemplateDetailsByForm = pages::templates::details::submit: POST "/ipp/templates/{id}/details", Needs(EditTemplates), Row,
        "Change name, description and default mark";
    AskCloneTemplate = pages::templates::copy::show: GET "/ipp/templates/{id}/clone", Needs(EditTemplates), Row,
        "The form to copy a template";
    CloneTemplateByForm = pages::templates::copy::submit: POST "/ipp/templates/{id}/clone", Needs(EditTemplates), Row,
        "Copy a template";
    AskRestoreTemplate = pages::templates::restore::show: GET "/ipp/templates/{id}/restore", Needs(EditTemplates), Row,
        "Whether a template is to be restored";
    RestoreTemplateByForm = pages::templates::restore::submit: POST "/ipp/templates/{id}/restore", Needs(EditTemplates), Row,
        "Restore a template";
    AskDeleteTemplate = pages::templates::delete::show: GET "/ipp/templates/{id}/delete", Needs(EditTemplates), Row,
        "Whether a template is to be deleted";
    DeleteTemplateByForm = pages::templates::delete::submit: POST "/ipp/templates/{id}/delete", Needs(EditTemplates), Row,
        "Delete a template";
    RegionsPage = pages::regions::show: GET "/ipp/regions", Needs(View), Visible, "The regions";
    AddRegion = pages::region_edit::add: GET "/ipp/regions/new", Needs(EditRegions), None, "The form to add a region";
    AddRegionByForm = pages::region_edit::create: POST "/ipp/regions/new", Needs(EditRegions), None, "Add a region";
    EditRegion = pages::region_edit::show: GET "/ipp/regions/{id}", Needs(EditRegions), Row, "The form to edit a region";
    EditRegionByForm = pages::region_edit::submit: POST "/ipp/regions/{id}", Needs(EditRegions), Row, "Edit a region";
    AskDeleteRegion = pages::region_delete::show: GET "/ipp/regions/{id}/delete", Needs(EditRegions), Row,
        "What stands against deleting a region";
    DeleteRegionByForm = pages::region_delete::submit: POST "/ipp/regions/{id}/delete", Needs(EditRegions), Row,
        "Delete a region";
    AdministratorsPage = pages::operators::show: GET "/ipp/administrators", Needs(ViewOperators), None,
        "The accounts of administrators";
    AddAdministrator = pages::operator_edit::add: GET "/ipp/administrators/new", Needs(ManageOperators), None,
        "The form to add an account";
    AddAdministratorByForm = pages::operator_edit::create: POST "/ipp/administrators/new", Needs(ManageOperators), None,
        "Add an account";
    EditAdministrator = pages::operator_edit::show: GET "/ipp/administrators/{id}", Needs(ManageOperators), None,
        "The form to edit an account";
    EditAdministratorByForm = pages::operator_edit::submit: POST "/ipp/administrators/{id}", Needs(ManageOperators), None,
        "Edit an account";
    AskResetAdministrator = pages::operator_reset::show: GET "/ipp/administrators/{id}/password", Needs(ManageOperators), None,
        "Whether an account is to have a new password";
    ResetAdministratorByForm = pages::operator_reset::submit: POST "/ipp/administrators/{id}/password", Needs(ManageOperators), None,
        "Give an account a new password";
    AskDeleteAdministrator = pages::operator_delete::show: GET "/ipp/administrators/{id}/delete", Needs(ManageOperators), None,
        "Whether an account is to be deleted";
    DeleteAdministratorByForm = pages::operator_delete::submit: POST "/ipp/administrators/{id}/delete", Needs(ManageOperators), None,
        "Delete an account";
    WebAdminLogPage = pages::logs::web_admin: GET "/ipp/logs", Needs(ViewLogs), None, "The newest lines of the web-admin log";
    ActivityLogPage = pages::logs::activity: GET "/ipp/logs/activity", Needs(ViewLogs), None, "The newest lines of the activity log";
    Design = pages::design::show: GET "/ipp/design", Anybody, None, "Everything that pages are made of, where the host asks for it";
}
