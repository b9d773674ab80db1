//! What the pages of templates say.

catalogue! {
    /// Texts about templates.
    Templates {
        title = "IP Phones Configuration Templates";
        nav = "Templates";
        name = "Name";
        name_help = "Unique. Region and model in it help people to find it.";
        description = "Description";
        model = "Type";
        region = "Region";
        all_regions = "All regions";
        default = "Default";
        default_mark = "The default of its region and type";
        default_field = "Default Region";
        default_help = "Phones of its region and type use it. The template that was the default until now is so no more.";
        shared = "Global file";
        shared_none = "Not generated";
        shared_current = "Generated";
        shared_old = "Out of date";
        phones = "Phones";
        edited = "Edited";
        table = "Templates; scrolls sideways";
        none_title = "No template fits these filters";
        add = "Add New Template";
        upload = "Upload configuration template";
        file = "XML file";
        file_help = "In the vendor's format, at most 2 MiB. It is kept unchanged, byte for byte.";
        no_file = "Choose a file first.";
        name_upload_help = "Empty for the description in the file.";
        clone = "Clone";
        clone_title = "Clone Template {}";
        clone_about = "The text is copied as it is. Phones for Lync need a template of theirs as the source.";
        details = "Details";
        details_title = "Details of {}";
        edit = "Edit";
        download = "Download configuration template";
        restore = "Restore to default";
        restore_title = "Restore {}";
        restore_about = "The text goes back to how it came, and what was changed since is lost. Files stay as they are until they are generated.";
        restore_now = "Restore to default";
        delete = "Delete";
        delete_title = "Delete Template {}";
        delete_about = "Files that are published of it stay until they are generated again, then of another template.";
        delete_force = "Also if phones use it by default";
        delete_now = "Delete the template";
        generate = "Generate Global Configuration Template";
        generate_all = "Generate all";
        generate_lead = "Do you want to generate the global files of {}?";
        generate_many = "{} templates";
        generate_about = "Phones take the new global file when they look next. All are generated, or none.";
        generate_now = "Yes, generate";
        document = "Configuration template";
        not_text = "This template is not UTF-8 text and cannot be edited here. Download it, edit it, and upload it.";
        save = "Save";
        saved = "Saved. Generate the template before phones get anything of it.";
        restored = "It is as it came.";
        no_problems = "Files can be made of it for every region.";
        problems = "Problems";
        line = "Line {}";
        notice = "Notice";
        refused = "Files cannot be made";
        saved_now = "What somebody else has saved meanwhile";
        conflict = "Somebody else saved this template while you edited it. Your text is below, theirs under it. Save again to replace theirs.";
        facts = "About";
    }
}
