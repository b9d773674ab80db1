//! What the pages say about the file of one device.

catalogue! {
    /// Texts about the file of one device.
    Files {
        title = "Configuration file of {}";
        published = "Published";
        explained = "Why each line";
        history = "History";
        masked = "Secrets are masked.";
        revealed = "Secrets are shown. That you looked is noted.";
        reveal = "Reveal secrets";
        by_hand = "A file that was written by hand stands in for the published one.";
        none_title = "Nothing is published";
        none = "Generate the configuration file of this device, or approve the device first.";
        text = "File";
        explained_about = "The file as it would be published now, with the line of the template and the values that make it.";
        not_made = "The file cannot be made.";
        template_line = "template, line {}";
        daylight = "daylight saving of the region";
        region_lines = "lines of the region";
        device_lines = "lines of the device";
        left_out = "left out: a value cannot be given";
        token = "with the token of the phone";
        wins = "wins";
        shadowed = "shadowed";
        secret = "a secret";
        unset = "nothing sets it";
        origin_default = "default";
        origin_system = "system";
        origin_model = "model";
        origin_region = "region";
        origin_device = "device";
        number = "Number";
        at = "Published";
        size = "Size";
        current = "What the phone gets";
        revert = "Go back to it";
        no_history = "No file was published for this device yet.";
        table = "Published files; scrolls sideways";
    }
}
