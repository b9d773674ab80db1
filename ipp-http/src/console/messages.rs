//! What pages say, in one place. A second language is one more constant of the same type: it does not
//! compile before every text is there.

use std::fmt::Display;

/// Makes a part of the catalogue and its English form, with the manual's terms, from one list.
macro_rules! catalogue {
    ($(#[$about:meta])* $part:ident { $($key:ident = $english:literal;)* $(+ $name:ident: $within:ty;)* }) => {
        $(#[$about])*
        #[derive(Debug)]
        pub(crate) struct $part {
            $(pub(crate) $key: &'static str,)*
            $(pub(crate) $name: $within,)*
        }

        impl $part {
            pub(super) const ENGLISH: Self = Self { $($key: $english,)* $($name: <$within>::ENGLISH,)* };
        }
    };
}

mod access;
mod actions;
mod csv;
mod files;
mod jobs;
mod logs;
mod people;
mod templates;

pub(crate) use self::files::Files;

/// The texts that are shown where nobody asks for others.
pub(crate) const ENGLISH: &Messages = &Messages::ENGLISH;

/// A text with its gaps filled, from left to right.
pub(crate) fn fill(text: &str, values: &[&dyn Display]) -> String {
    let mut values = values.iter();
    let mut parts = text.split("{}");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if let Some(value) = values.next() {
            out.push_str(&value.to_string());
        }
        out.push_str(part);
    }
    out
}

catalogue! {
    /// Every text of the console. `{}` stands for what is filled in. What several pages say stands here; what
    /// belongs to one area has a part of its own, `+ jobs: jobs::Jobs;`.
    Messages {
        language = "en";
        direction = "ltr";
        product = "IP Phone Management";
        welcome = "Welcome to the IP Phone Management Server";
        skip = "Skip to the content";
        navigation = "Navigation";
        open_navigation = "Open navigation";
        collapse = "Collapse navigation";
        expand = "Expand navigation";
        home = "Home";
        breadcrumb = "Where you are";

        group_dashboard = "Dashboard";
        group_users = "Users";
        group_configuration = "Phones Configuration";
        group_regions = "Regions";
        group_diagnostics = "System Diagnostics";
        group_design = "Design";
        dashboard = "Dashboard";
        devices_status = "Devices Status";
        alarms = "Alarms";
        manage_users = "Manage Users";
        design = "Design system";

        search = "Search";
        search_hint = "Search devices: MAC, IP, user, number";
        keys_title = "Keyboard";
        keys_search = "Search";
        keys_help = "This list";
        keys_leave = "Close what is open";
        close = "Close";
        scope = "Region";
        all_regions = "All regions";
        apply = "Apply";

        account = "Account";
        change_password = "Change password";
        log_out = "Log out";
        colours = "Colours";
        theme_auto = "System";
        theme_light = "Light";
        theme_dark = "Dark";
        density = "Density";
        comfortable = "Comfortable";
        compact = "Compact";
        super_administrator = "Super Administrator";
        administrator = "Administrator";
        operator = "Operator";
        monitoring = "Monitoring";

        username = "Username";
        password = "Password";
        log_in = "Login";
        login_wrong = "The user name or the password is wrong. Check both and try again.";
        login_next = "Log in to go on.";
        password_title = "Choose a password";
        password_forced = "You were given this password by somebody else. Choose your own before you go on.";
        password_current = "Current password";
        password_new = "New password";
        password_again = "New password again";
        password_help = "10 to 128 characters, without the user name. All your other sessions end.";
        password_differs = "The two new passwords differ. Type the same one twice.";
        save = "Save";

        error_title = "This did not work";
        absent_title = "Nothing here";
        absent_detail = "This page does not exist, or it is about something that you may not see.";
        to_dashboard = "Go to the dashboard";

        live_on = "Live";
        live_off = "Not live";
        ago_now = "just now";
        ago_seconds = "{} s ago";
        ago_minutes = "{} min ago";
        ago_hours = "{} h ago";
        ago_days = "{} d ago";
        copied = "Copied";
        approve = "Approve";
        approve_title = "Approve Device";
        approve_help = "Leave it empty for a phone without a user. A name that is not there yet becomes a new user of the region.";
        choose = "Choose";
        cancel = "Cancel";
        export = "Export";
        copy = "Copy {}";

        registered = "Registered";
        non_registered = "Non-registered";
        disconnected = "Disconnected";
        registered_percent = "Registered share";
        pending = "Pending approval";
        started = "Started";
        unregistered = "Unregistered";
        offline = "Offline";
        offline_hint = "offline";
        never_seen = "Never seen";
        disabled = "Disabled";
        stale = "File out of date";
        behind_proxy = "Behind the SBC HTTP proxy";
        generic_out = "Generic model, not registered";
        unknown_model = "Unknown model: it cannot be provisioned";
        critical = "Critical";
        major = "Major";
        minor = "Minor";
        warning = "Warning";
        indeterminate = "Indeterminate";

        show_devices = "Show in Devices Status";
        of_devices = "of {} devices";
        last_day = "Registered devices, last 24 hours";
        line_empty_title = "No figures yet";
        line_empty = "The line begins with the second hour that the server runs.";
        line_text = "From {} to {} registered devices; now {}.";
        by_region = "Registered by region";
        by_model = "Registered by model";
        by_version = "Registered by firmware";
        chart_empty = "No phone is registered.";
        no_region = "No region";
        unknown = "Unknown";
        others = "Others";
        newest_alarms = "Newest alarms";
        all_alarms = "All alarms";
        no_alarms_title = "No active alarms";
        no_alarms = "Phones report trouble here as soon as it happens.";
        users_and_devices = "Users with their current status";
        all_devices = "All devices";
        no_devices_title = "No devices yet";
        no_devices = "Phones appear here when they report for the first time, or when they are entered or imported.";
        no_match_title = "No device fits these filters";
        no_match = "Take a filter away, or clear them all.";

        user = "User";
        phone_number = "Phone Number";
        mac = "MAC";
        ip = "IP";
        model = "Model";
        firmware_version = "Firmware Version";
        report_time = "Report Time";
        last_update = "Last Update Status";
        location = "Location";
        subnet = "Subnet";
        vlan_id = "VLAN ID";
        region = "Region";
        status = "Status";
        display_name = "Display Name";
        devices = "Devices";
        severity = "Severity";
        alarm = "Alarm";
        description = "Description";
        source = "Device";
        raised = "First raised";
        last_action = "Last action";
        times = "Times";
        filter = "Filter";
        filters = "Filters";
        refresh = "Refresh";
        clear_all = "Clear all";
        remove_filter = "Remove the filter {}";
        typed_filter = "Typed filter";
        typed_hint = "Such as user:maria status:disconnected or a part of anything";
        any = "Any";
        approval = "Approval";
        approved = "Approved";
        several = "Users with multiple devices";
        page_size = "Devices on a page";
        table_devices = "Devices and their status; scrolls sideways";
        table_alarms = "Active alarms; scrolls sideways";
        table_users = "Users; scrolls sideways";
        shown_some = "{} shown, more follow";
        shown_all = "{} shown, these are all";
        shown_last = "{} shown, the end of the list";
        next_page = "Next page";
        first_page = "First page";
        filter_wrong = "The filter is not understood.";
        no_users_title = "No users yet";
        no_users = "Users appear here when they are entered or imported, or when somebody signs in on a phone.";
        no_user_match = "No user fits this search.";
        no_alarm_match = "No alarm fits these filters.";
        find_user = "Part of a user name or display name";
        find_alarm = "Part of name or description, MAC or IP";
        at_least = "At least";
        clear_alarm = "Clear";
        clear_alarm_hint = "Clear {} of {}; it comes back when the phone reports it again";

        details = "Details";
        reported = "Last report";
        file = "Configuration file";
        file_none = "Nothing is published for this device.";
        file_current = "Up to date";
        file_published = "Published";
        file_number = "Number";
        file_size = "Size";
        bytes = "{} bytes";
        file_written = "Written by hand: it stands in for the published file.";
        events = "What happened";
        no_events = "Nothing has happened to this device yet.";
        device_alarms = "Active alarms of this device";
        open_web_admin = "Open Web Admin";
        user_agent = "User Agent";
        sip_proxy = "SIP proxy";
        address = "Reports from";
        entered = "Entered";
        event_times = "{} times";

        + access: access::Access;
        + actions: actions::Actions;
        + csv: csv::Csv;
        + files: Files;
        + jobs: jobs::Jobs;
        + logs: logs::Logs;
        + people: people::People;
        + templates: templates::Templates;

    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_in_order() {
        assert_eq!(fill("{} of {}", &[&1, &"two"]), "1 of two");
        assert_eq!(fill("no gap", &[&1]), "no gap");
        assert_eq!(fill("{} {}", &[&"{}"]), "{} ", "what is filled in is not read again");
    }
}
