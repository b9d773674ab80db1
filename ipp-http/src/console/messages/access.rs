//! What the pages say about regions and the accounts of administrators.

catalogue! {
    /// Texts about regions and administrators.
    Access {
        regions = "Regions";
        add_region = "Add Region";
        edit_region = "Edit Region {}";
        delete_region = "Delete Region {}";
        delete_region_about = "Nothing may refer to it any more: no user, device, template or administrator. DHCP servers that hand out its URL send phones nowhere.";
        delete_region_now = "Delete the region";
        no_regions_title = "No regions yet";
        no_regions = "A region is a place with its own users and phones, and stands in the URL of DHCP option 160. Add one first.";
        from_host = "The host application keeps the regions: make, rename and delete them there.";
        table_regions = "Regions; scrolls sideways";
        name = "Name";
        name_help = "It stands in the URL of DHCP option 160. A former name stays as an alias.";
        description = "Description";
        aliases = "Former names";
        aliases_help = "One a line. Take one out when no DHCP server hands it out any more.";
        identity = "How phones prove who they are";
        url_token = "A secret in their URLs";
        open = "Their MAC address, from these networks only";
        networks = "Networks";
        networks_help = "One a line, such as 10.1.0.0/16. Empty means the private ranges.";
        private = "private ranges";
        zero_touch = "Let unknown phones in without an administrator";
        zero_touch_help = "Only from its networks, on the first contact.";
        through_proxy = "Phones reach the server through the SBC HTTP proxy";
        publish_on_save = "Publish files as soon as something is saved";
        publish_help = "Otherwise they wait for Generate.";
        lines = "Lines appended to the file of each phone";
        yes = "Yes";
        no = "No";

        administrators = "Administrators";
        add_administrator = "Add Administrator";
        edit_administrator = "Edit Administrator {}";
        delete_administrator = "Delete Administrator {}";
        delete_administrator_about = "The account is deleted with its sessions and API tokens. Jobs that it began do not go on.";
        delete_administrator_now = "Delete the account";
        table_administrators = "Administrators; scrolls sideways";
        level = "Security Level";
        level_help = "Operator and Monitoring reach the regions that are ticked, the others all.";
        visible = "Regions";
        all_regions = "All regions, those of the future too";
        no_region_seen = "none";
        reveal = "May reveal secrets in files";
        enabled = "Can log in";
        state = "State";
        can = "Can log in";
        cannot = "Shut";
        must_change = "Has to change the password";
        password_made = "The password of {}";
        password_once = "Copy it now: it is shown this once. It has to be changed at the next login.";
        reset = "New password";
        reset_title = "New password for {}";
        reset_about = "The account gets a random password, and its sessions end.";
        reset_now = "Make a new password";
        to_list = "Administrators";
    }
}
