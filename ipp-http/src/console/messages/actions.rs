//! What the pages say about what is done to devices that were chosen.

catalogue! {
    /// Texts of actions.
    Actions {
        title = "Actions";
        go = "Generate";
        chosen = "chosen";
        choose_all = "Choose all on this page";
        choose_one = "Choose {}";
        everything = "All devices that match";
        clear_choice = "Choose none";
        selected_rows = "Selected Rows Actions";
        touches_one = "This is about one device: {}.";
        touches = "This is about {} devices in {}.";
        touches_none = "No device matches any more. Go back and choose others.";
        regions_one = "one region";
        regions = "{} regions";
        silent = "{} of them are disconnected or were never seen.";
        silent_skipped = "{} of them are disconnected or were never seen, and are left out if they still are when their turn comes.";
        pending = "{} of them wait for approval.";

        wrong = "This could not be done.";

        check = "Check Status";
        check_about = "Each phone is asked for its state. Nothing changes on the phone.";
        check_now = "Check {} now";

        restart = "Restart Devices";
        restart_about = "Depending on its model a phone waits for the end of an active call, or restarts at once.";
        restart_now = "Restart {}";
        mode = "Restart type";
        graceful = "Graceful";
        force = "Force";
        scheduled = "Scheduled";
        mode_help = "Graceful waits for the end of a call, force does not, and scheduled is counted down by the phone.";
        delay = "Minutes, for scheduled";
        batch = "Devices in a batch";
        batch_help = "1 to 100.";
        pause = "Delay Time in seconds";
        pause_help = "From one batch to the next: 0 to 3600 s.";

        configuration = "Update Configuration";
        configuration_about = "Each phone looks for a new configuration file and takes it. Files are made by Generate IP Phones Configuration Files.";
        configuration_now = "Update {}";

        firmware = "Update Firmware";
        firmware_about = "Each phone loads the image and restarts with it.";
        firmware_now = "Update {}";
        firmware_file = "Firmware file";
        firmware_none = "No firmware file has an image yet. Upload one under IP Phones Firmware Files first.";
        any_model = "Also phones of other models than the image is for";
        any_model_help = "Without it they are left out. An image of another model can make a phone unusable.";

        message = "Send Message";
        message_about = "The text is shown on the display of each phone, with a beep.";
        message_now = "Send to {}";
        text = "Text";
        text_help = "1 to 200 characters.";
        seconds = "Shown for seconds";
        seconds_help = "1 to 3600 s.";

        generate = "Generate IP Phones Configuration Files";
        generate_about = "The configuration files of these devices are made anew and published. Phones take them when they look next.";
        generate_now = "Generate for {}";
        update_after = "Updating IP Phones after generating files";
        update_after_help = "Each phone is told to look for its file, one after the other.";

        approve = "Approve Selected";
        approve_about = "Devices that wait are let into the region, and get files from then on. Others are left as they are.";
        approve_now = "Approve {}";
        region = "Region";

        delete = "Delete";
        delete_about = "The devices, their files and their history are deleted. Their users stay. A phone that reports afterwards waits for approval like a new one.";
        delete_now = "Delete {}";

        relocate = "Change Region";
        relocate_about = "The devices move to the region, and their users with them. Their files are out of date until they are generated.";
        relocate_now = "Move {}";

        one_device = "one device";
        some_devices = "{} devices";
        done_count = "Done: {}";
        skipped_count = "Left as they were: {}";
        failed_count = "Failed: {}";
        not_done_count = "Not come to: {}";
        not_done = "The server failed and stopped; its log tells why. Do the rest again.";
        result_of = "{}: result";
        reason = "Reason";
        rest = "Only the first {} that were not done are listed.";
        table = "Those that were not done; scrolls sideways";
        job_follows = "The phones are told now.";
        to_job = "Show the job";
        which = "Which";
    }
}
