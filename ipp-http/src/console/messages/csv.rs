//! What the page of import and export says.

catalogue! {
    /// Texts about import and export.
    Csv {
        title = "Import Users & Devices";
        import = "Import";
        file = "CSV file";
        file_help = "UTF-8, with a header line, separated by commas or semicolons; at most 10,000 rows and 8 MiB.";
        faults = "When rows have faults";
        all_or_nothing = "Import nothing";
        skip_bad_rows = "Import the others";
        lync = "Devices may get Lync models";
        lync_help = "Import is meant for other environments.";
        check = "Check the file";
        no_file = "Choose a file first.";
        export = "Export";
        export_about = "All users that you may see, with their devices, as a CSV file that can be imported again.";
        export_now = "Export Users & Devices";
        export_passwords = "With passwords";
        export_passwords_about = "A file with passwords opens every phone. That it was made is noted.";
        report = "Report";
        checked = "The file was checked. Nothing was imported.";
        refused = "Nothing was imported: {} of {} rows have faults.";
        imported = "The file was imported.";
        users_created = "Users to add";
        users_updated = "Users to change";
        unchanged = "Rows that are there already";
        failed = "Rows with faults";
        devices_created = "Devices to add";
        devices_updated = "Devices to change";
        ignored = "Columns that mean nothing here";
        line = "Line";
        name = "User";
        column = "Column";
        reason = "What is wrong, and the fix";
        row = "the row";
        table = "Rows with faults; scrolls sideways";
        rest = "Only the first {} faults are listed.";
    }
}
