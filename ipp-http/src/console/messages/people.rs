//! What the pages say about users and the devices that belong to them.

catalogue! {
    /// Texts about users and their devices.
    People {
        add = "Add User";
        edit = "Edit";
        edit_title = "Edit User {}";
        delete = "Delete";
        delete_title = "Delete User {}";
        add_device = "Add Device";
        add_device_title = "Add New Device to User";
        devices_status = "Devices Status";
        everybody = "All users that match";
        name = "User Name";
        name_help = "The SIP user name of the phones too; a number will do.";
        password = "Password";
        password_help = "The SIP password of the phones. It may stay empty.";
        password_keep = "Leave it empty to keep the password.";
        password_none = "No password";
        display_name = "Display Name";
        region = "Region";
        region_none = "There is no region yet. Add one under Regions first.";
        submit = "Submit";
        save = "Save";
        saved_meanwhile = "Somebody saved “{}” here meanwhile. Save again to replace it.";
        new_device = "For {}.";
        mac = "MAC Address";
        mac_help = "12 digits, with or without separators. They stand on the back of the phone.";
        model = "IP Phone Model";
        device_name_help = "The name that is shown throughout the console.";
        devices_of = "Devices of {}";
        no_devices = "No device yet.";
        moves = "All devices of the user move to another region with it.";
        takes_devices = "The user and {} are deleted: {}.";
        takes_none = "The user has no device.";
        delete_about = "Phones of the user lose their files and wait for approval when they report again. This is meant for people who leave.";
        delete_now = "Delete the user";

        prompt_title = "Device added";
        prompt_generate = "Do you want to generate configuration files?";
        prompt_generate_about = "The file of {} is made and published, and the phone gets it when it asks.";
        prompt_update = "Do you want to update the device file?";
        prompt_update_about = "The phone is told to look for its file now. A phone that is not there takes its file when it starts.";
        yes = "Yes";
        no = "No";

        edit_device = "Edit Device {}";
        user = "User";
        user_help = "The name of the user; empty for a phone without one. The device takes the user's region.";
        user_unknown = "There is no user of that name. Add the user first, or correct the name.";
        template = "Template";
        template_usual = "As the region and model say";
        firmware = "Firmware";
        firmware_usual = "As the region and model say";
        language = "Language";
        language_usual = "As the system says";
        vlan_mode = "VLAN discovery";
        vlan_none = "NONE";
        vlan_disable = "Disabled";
        vlan_manual = "Manual Configuration";
        vlan_cdp = "Automatic - CDP";
        vlan_lldp = "Automatic - LLDP";
        vlan_both = "Automatic - CDP_LLDP";
        vlan_id = "VLAN ID";
        vlan_id_help = "0 to 4095, for manual configuration.";
        vlan_priority = "VLAN Priority";
        vlan_priority_help = "0 to 7, for manual configuration.";
        enabled = "Let in";
        enabled_help = "A device that is not let in gets no file and is not heard.";
        takes_effect = "What changes the file takes effect after its configuration file is generated and the phone has taken it.";

        set_region = "Set Users Region";
        set_region_about = "The users move to the region with all of their devices. Their files are out of date until they are generated.";
        set_region_now = "Move {}";
        reset_passwords = "Reset Users Passwords";
        reset_passwords_about = "Each user gets a new random SIP password. It takes effect after the configuration files are generated and the phones are restarted or updated.";
        reset_passwords_now = "Reset for {}";
        same_password = "Set the same password to all users";
        same_password_help = "Leave it empty for a random password of each.";
        delete_users = "Delete Users";
        delete_users_about = "The users are deleted with their devices.";
        delete_users_now = "Delete {}";
        one_user = "one user";
        some_users = "{} users";
        touches = "This is about {}.";
        touches_none = "No user matches any more. Go back and choose others.";
    }
}
