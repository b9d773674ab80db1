//! What the pages of the system logs say.

catalogue! {
    /// Texts of the system logs.
    Logs {
        title = "System Logs";
        web_admin = "Web Admin";
        activity = "Activity";
        level = "Log level";
        lines = "Show";
        hide = "Hide log lines";
        last = "Last {} lines";
        save = "Save";
        older = "Older lines";
        empty_title = "No lines";
        empty = "Nothing of this level was noted yet.";
        hidden = "The lines are hidden.";
        text = "Log";
    }
}
