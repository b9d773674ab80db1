//! What the pages of jobs say.

catalogue! {
    /// Texts of jobs.
    Jobs {
        title = "Jobs";
        action = "Action";
        state = "State";
        progress = "Progress";
        author = "Begun by";
        begun = "Begun";
        end = "Expected end";
        ended = "Ended";
        next = "Next batch";
        pace = "Pace";
        pace_text = "{} at once, {} s between";
        done_of = "{} of {} done";
        none_title = "No jobs yet";
        none = "Choose devices in Devices Status and what is to be done to them. What takes long stands here, and goes on without a browser.";
        none_open_title = "No job goes on";
        none_open = "All jobs are over. Take the filter away to see them.";
        all = "All";
        open = "Not over";
        table = "Jobs; scrolls sideways";
        table_items = "The phones of the job; scrolls sideways";
        no_items = "No phone of this job is in this state.";
        active = "Goes on";
        paused = "Paused";
        finished = "Finished";
        cancelled = "Cancelled";
        queued = "Queued";
        sending = "Sending";
        waiting = "Waits for the phone";
        accepted = "Accepted";
        confirmed = "Confirmed";
        failed = "Failed";
        skipped = "Skipped";
        unknown = "Unknown";
        item_state = "Result";
        reason = "Reason";
        at = "At";
        moved_away = "Moved to another region";
        pause = "Pause";
        resume = "Resume";
        cancel = "Cancel job";
        cancel_text = "The {} phones whose turn has not come are left out. What was done stays done.";
        cancel_now = "Cancel the job";
        retry = "Retry failed";
        overview = "Overview";
        phones = "Phones";
        check = "Check Status";
        restart_graceful = "Restart, graceful";
        restart_force = "Restart, force";
        restart_scheduled = "Restart in {} min";
        configuration = "Update Configuration";
        firmware = "Update Firmware: {}";
        firmware_gone = "a firmware file that is gone";
        message = "Send Message: {}";
    }
}
