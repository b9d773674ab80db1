//! Users and devices as CSV: what is exported imports as the same, and each fault has its place.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use common::{Handset, World, block_on, mac};
use ipp_core::{
    access::{Caller, RegionalLevel, Regions, Role},
    app::{
        AppErrorKind,
        admin::csv::{ExportFilter, ImportOptions, ImportReport, Mode},
    },
    csv::{Limits, plan::Action},
    device::{Admission, BoundBy, VlanMode},
    store::{AuditFilter, Order, Page, Store as _, UserKey},
    user::User,
};
use proptest::prelude::*;

const HEADER: &str =
    "Name,Password,Display Name,Region,Device 1 Display Name,Device 1 MAC Address,Device 1 IP Phone Model";

/// CSV-02, CSV-07: at least one user with a device, exported, rows of the same form appended, imported.
#[test]
fn csv_02_export_append_import() {
    let world = world();
    import(
        &world,
        "Name,Region,Device 1 MAC Address,Device 1 IP Phone Model\nu1,R,00:90:8f:00:00:01,430HD\n",
    );
    let mut file = export(&world, false);
    assert_eq!(file.lines().next(), Some(HEADER), "CSV-03");
    for number in 2..5 {
        write!(file, "u{number},1234,User {number},r,Phone,00908F00000{number},430HD\r\n").unwrap();
    }
    let report = import(&world, &file);
    assert_eq!((report.count(Action::Create), report.count(Action::Unchanged)), (3, 1));
    assert_eq!((report.devices_created, report.devices_updated), (3, 0));
    let device = world.by_mac(mac_of("00908f000003")).unwrap().device.value;
    assert_eq!(device.admission, Admission::Expected, "CSV-17");
    assert_eq!(device.owner.unwrap().bound_by, BoundBy::Administrator);
    assert_eq!(device.display_name.as_str(), "Phone");
    let again = import(&world, &file);
    assert_eq!(again.count(Action::Unchanged), 4);
    assert!(again.applied && again.devices_updated == 0);
}

/// AMB-74: an existing user is updated, an empty password kept, a column that is missing changes nothing.
#[test]
fn amb_74_users_that_are_there_are_updated() {
    let world = world();
    import(&world, &format!("{HEADER}\nu1,1234,One,R,P,00:90:8f:00:00:01,430HD\nu2,,Two,R,,,\n"));
    let former = user(&world, "u1");
    let report = import(&world, &format!("{HEADER}\nU1,,Uno,R,P,00:90:8f:00:00:01,430HD\nu2,9,Two,R,,,\n"));
    assert_eq!(report.count(Action::Update), 2);
    let now = user(&world, "u1");
    assert_eq!((now.display_name.as_str(), now.name.as_str()), ("Uno", "u1"));
    assert_eq!(now.password, former.password);
    assert!(user(&world, "u2").password.is_some());
    let report = import(
        &world,
        "Name;Tenant;Device 1 MAC Address;Device 1 Language;Device 1 VLAN Mode;Device 1 VLAN ID;Device 1 VLAN Priority;Notes\r\nu1;R;00908f000001;german;CDP_lldp;100;5;\"two\r\nlines\"\r\n",
    );
    assert_eq!((report.ignored, report.devices_updated), (vec!["Notes".to_owned()], 1));
    let device = world.by_mac(mac(1)).unwrap().device.value;
    assert_eq!(device.language.unwrap().as_str(), "German");
    assert_eq!(
        (device.vlan.mode, device.vlan.id, device.vlan.priority),
        (Some(VlanMode::CdpLldp), Some(100), Some(5))
    );
    assert_eq!(user(&world, "u1").display_name.as_str(), "Uno");
    let report = import(
        &world,
        "Name,Region,Device 1 MAC Address,Device 1 VLAN Mode,Device 1 VLAN ID,Device 1 VLAN Priority\nu1,R,00908f000001,,,0\n",
    );
    assert_eq!(report.count(Action::Update), 1);
    let vlan = world.by_mac(mac(1)).unwrap().device.value.vlan;
    assert_eq!((vlan.mode, vlan.id, vlan.priority), (None, None, Some(5)), "an unset priority is 0 there");
}

/// CSV-21, AMB-74, AMB-75, C30: each fault with its line, its column and the reason; all or nothing, or
/// the good rows.
#[test]
fn csv_21_faults_have_a_place() {
    let world = world();
    import(&world, &format!("{HEADER}\nother,,,R,,00:90:8f:00:00:99,430HD\n"));
    let file = format!(
        "{HEADER}\ngood,,,R,,00:90:8f:00:00:01,430HD\nu2,,,Nowhere,,,\nu3,,,R,,00:90:8f:00,430HD\nGOOD,,,R,,,\n\
         u5,,,R,,00908f000001,430HD\nu6,,,R,,00908f000006,999HD\nu7,,,R\nu8,,\nu9,,,R,,9.08123E+11,430HD\n\
         u10,,,R,,908f6c22b0,430HD\nu11,,,R,,00908f000011,430HD_LYNC\nu12,,,R,,00908f000099,430HD\n\
         u13,,,R,,00908f000013,\nu14,,,R,Lost,,430HD\n9.72398E+10,,,R,,,\n,,,R,,,\nu17,&sh&x,,R,,,,,\n"
    );
    let report = block_on(world.admin().import_csv(file.as_bytes(), &ImportOptions::default())).unwrap();
    assert!(!report.applied);
    let faults: Vec<String> = report
        .rows
        .iter()
        .filter_map(|row| row.outcome.as_ref().err())
        .flatten()
        .map(|fault| format!("{} {}: {}", fault.line, fault.column.as_deref().unwrap_or("-"), fault.reason))
        .collect();
    let expected = [
        "3 Region: there is no region `Nowhere`",
        "4 Device 1 MAC Address: `00:90:8f:00` is not a MAC address; expected twelve",
        "5 Name: `GOOD` is in line 2 already",
        "6 Device 1 MAC Address: 00908f000001 is in line 2 already",
        "7 Device 1 IP Phone Model: there is no phone model 999HD",
        "9 -: the row has 3 cells; the header asks for 4 to 7",
        "10 Device 1 MAC Address: a spreadsheet has made the number `9.08123E+11`",
        "11 Device 1 MAC Address: `908f6c22b0` has 10 of 12 digits",
        "12 Device 1 IP Phone Model: 430HD_LYNC is a Lync model",
        "13 Device 1 MAC Address: 00908f000099 is the device of another user",
        "14 Device 1 IP Phone Model: a new device needs a model",
        "15 Device 1 MAC Address: is empty",
        "16 Name: a spreadsheet has made the number",
        "17 Name: a user name must not be empty",
        "18 -: the row has 9 cells; the header asks for 4 to 7",
    ];
    assert_eq!(faults.len(), expected.len(), "{faults:#?}");
    for (fault, expected) in faults.iter().zip(expected) {
        assert!(fault.starts_with(expected), "{fault} / {expected}");
    }
    assert!(world.by_mac(mac(1)).is_none(), "nothing was imported");

    let options = ImportOptions { mode: Mode::SkipBadRows, ..ImportOptions::default() };
    let dry = ImportOptions { dry_run: true, ..options };
    let told = block_on(world.admin().import_csv(file.as_bytes(), &dry)).unwrap();
    assert!(!told.applied && world.by_mac(mac(1)).is_none());
    let done = block_on(world.admin().import_csv(file.as_bytes(), &options)).unwrap();
    assert_eq!((done.count(Action::Create), done.failed(), done.applied), (2, 15, true));
    assert_eq!(ImportReport { applied: false, ..done }, told, "a dry run tells what is done");
    assert!(world.by_mac(mac(1)).is_some() && user(&world, "u7").name.as_str() == "u7");

    let lync = ImportOptions { lync: true, ..ImportOptions::default() };
    let file = format!("{HEADER}\nu11,,,R,,00908f000011,Audiocodes_430HD_LYNC\n");
    assert!(block_on(world.admin().import_csv(file.as_bytes(), &lync)).unwrap().applied);
    assert_eq!(import(&world, &file).count(Action::Unchanged), 1, "what is there is not refused");
}

/// Stands for a text that is too long for every cell.
const LONG: &str = "long";

/// Column, cell and reason of what is wrong with a row.
const BROKEN: [(&str, &str, &str); 50] = [
    ("Name", "", "must not be empty"),
    ("Name", "   ", "must not be empty"),
    ("Name", LONG, "at most"),
    ("Name", "a\u{7}b", "U+0007"),
    ("Name", "\"a\nb\"", "U+000A"),
    ("Name", "a\u{2028}b", "U+2028"),
    ("Name", "9.72398E+10", "spreadsheet"),
    ("Name", "FIRST", "line 2 already"),
    ("Password", "&sh&!", "does not decode"),
    ("Password", "&sh&abc", "does not decode"),
    ("Password", "a\u{0}b", "U+0000"),
    ("Password", "\"a\r\nb\"", "U+000D"),
    ("Password", "a\u{85}b", "U+0085"),
    ("Display Name", LONG, "at most"),
    ("Display Name", "a\u{1b}[31m", "U+001B"),
    ("Display Name", "a\u{2029}b", "U+2029"),
    ("Region", "", "must not be empty"),
    ("Region", "Nowhere", "no region `Nowhere`"),
    ("Region", "R/x", "no region `R/x`"),
    ("Region", LONG, "no region"),
    ("Device 1 Display Name", LONG, "at most"),
    ("Device 1 Display Name", "a\u{7f}b", "U+007F"),
    ("Device 1 MAC Address", "", "is empty"),
    ("Device 1 MAC Address", "00:90:8f:00", "not a MAC address"),
    ("Device 1 MAC Address", "00:90:8f:00:00:01:02", "not a MAC address"),
    ("Device 1 MAC Address", "00908g000001", "not a MAC address"),
    ("Device 1 MAC Address", "phone", "not a MAC address"),
    ("Device 1 MAC Address", "908f6c22b0", "10 of 12 digits"),
    ("Device 1 MAC Address", "9.08123E+11", "spreadsheet"),
    ("Device 1 MAC Address", "9,08123E+11", "cells"),
    ("Device 1 MAC Address", "00:00:00:00:00:00", "00"),
    ("Device 1 MAC Address", "ff:ff:ff:ff:ff:ff", "ff"),
    ("Device 1 MAC Address", "01:00:5e:00:00:01", "01"),
    ("Device 1 MAC Address", "00908f000001", "line 2 already"),
    ("Device 1 MAC Address", "00908F000099", "another user"),
    ("Device 1 IP Phone Model", "", "needs a model"),
    ("Device 1 IP Phone Model", "999HD", "no phone model"),
    ("Device 1 IP Phone Model", "430HD_LYNC", "Lync"),
    ("Device 1 IP Phone Model", "not a model!", "model"),
    ("Device 1 Language", "Klingon", "Klingon"),
    ("Device 1 Language", "a\u{1}", "language"),
    ("Device 1 VLAN Mode", "sometimes", "sometimes"),
    ("Device 1 VLAN ID", "4096", "4096"),
    ("Device 1 VLAN ID", "-1", "-1"),
    ("Device 1 VLAN ID", "voice", "voice"),
    ("Device 1 VLAN ID", "1.5", "1.5"),
    ("Device 1 VLAN Priority", "8", "8"),
    ("Device 1 VLAN Priority", "high", "high"),
    ("-", "", "cells"),
    ("-", "1,2,3,4,5,6,7,8,9,10,11,12", "cells"),
];

/// CSV-21: fifty kinds of broken rows: each is named with its line, the column and the reason, and
/// nothing is imported.
#[test]
fn csv_21_fifty_kinds_of_broken_rows() {
    const COLUMNS: [&str; 11] = [
        "Name",
        "Password",
        "Display Name",
        "Region",
        "Device 1 Display Name",
        "Device 1 MAC Address",
        "Device 1 IP Phone Model",
        "Device 1 Language",
        "Device 1 VLAN Mode",
        "Device 1 VLAN ID",
        "Device 1 VLAN Priority",
    ];
    let long = "x".repeat(300);
    let broken =
        BROKEN.map(|(column, cell, reason)| (column, if cell == LONG { &*long } else { cell }, reason));
    let world = world();
    import(&world, &format!("{HEADER}\nother,,,R,,00:90:8f:00:00:99,430HD\n"));
    let mut file = COLUMNS.join(",") + "\nfirst,,,R,,00:90:8f:00:00:01,430HD,,,,\n";
    for (number, (column, cell, _)) in (2_u32..).zip(&broken) {
        let good = [
            format!("user{number}"),
            "1234".to_owned(),
            "Somebody".to_owned(),
            "R".to_owned(),
            "Desk".to_owned(),
            format!("00:90:8f:01:00:{number:02x}"),
            "430HD".to_owned(),
            "English".to_owned(),
            "manual".to_owned(),
            "100".to_owned(),
            "5".to_owned(),
        ];
        let cells = COLUMNS.iter().zip(&good);
        let row: Vec<&str> =
            cells.map(|(name, good)| if name == column { *cell } else { good.as_str() }).collect();
        match *column {
            "-" if cell.is_empty() => file.push_str("somebody,1234"),
            "-" => file.push_str(cell),
            _ => file.push_str(&row.join(",")),
        }
        file.push('\n');
    }
    let report = block_on(world.admin().import_csv(file.as_bytes(), &ImportOptions::default())).unwrap();
    assert_eq!((report.applied, report.failed(), report.rows.len()), (false, broken.len(), broken.len() + 1));
    let mut line = 3;
    for ((column, cell, reason), row) in broken.iter().zip(&report.rows[1..]) {
        let faults = row.outcome.as_ref().unwrap_err();
        let column = if reason == &"cells" { "-" } else { column };
        let told: Vec<String> = faults
            .iter()
            .map(|fault| {
                format!("{} {}: {}", fault.line, fault.column.as_deref().unwrap_or("-"), fault.reason)
            })
            .collect();
        let [only] = told.as_slice() else { panic!("{column} {cell:?}: {told:#?}") };
        assert!(only.starts_with(&format!("{line} {column}: ")), "{cell:?}: {only}");
        assert!(only.contains(reason), "{cell:?}: {only}");
        line += 1 + cell.matches('\n').count();
    }
    assert!(world.by_mac(mac_of("00908f000001")).is_none(), "nothing was imported");
}

/// CSV-05, CSV-24, AMB-76: files that are too large, or no CSV, are refused as a whole.
#[test]
fn csv_24_bounds_hold() {
    let world = world();
    let rows =
        |rows: usize| (0..rows).fold("Name,Region\n".to_owned(), |file, row| file + &format!("u{row},R\n"));
    let limits = Limits { bytes: 100_000, rows: 300, cell: 1_000 };
    let options = ImportOptions { limits, ..ImportOptions::default() };
    let refused = |file: &str| {
        let error = block_on(world.admin().import_csv(file.as_bytes(), &options)).unwrap_err();
        assert_eq!(error.kind(), AppErrorKind::Invalid);
        error.to_string()
    };
    assert!(refused(&rows(301)).contains("more than 300 rows"));
    assert!(refused(&"x".repeat(100_001)).contains("100001 bytes"));
    let open = format!("Name,Region\nu1,R\n\"{}", rows(290));
    assert!(refused(&open).contains("row in line 3 has a cell of more than 1000 bytes"));
    assert!(refused("").contains("no header") && refused("a,b\n1,2\n").contains("`Name`"));
    let error = block_on(world.admin().import_csv(b"Name,Region\nJ\xf6rg,R\n", &options)).unwrap_err();
    assert!(error.to_string().contains("line 2 is not UTF-8"));
    assert_eq!(import_with(&world, &rows(300), &options).count(Action::Create), 300);
    let more = rows(300).replace('\n', ",,,\n");
    assert_eq!(
        import_with(
            &world,
            &more.replace("Name,Region,,,", "Name,Region"),
            &ImportOptions { mode: Mode::SkipBadRows, ..options }
        )
        .failed(),
        300
    );
    let blank = format!("\u{feff}{}\r\n,\r\n", rows(300));
    assert_eq!(import_with(&world, &blank, &options).count(Action::Unchanged), 300, "read through at once");
}

/// CSV-17, CSV-18: a phone that waits is let in by the import and has its file; one that signed in by
/// itself stays what it is when a file repeats it.
#[test]
fn csv_17_imported_phones_need_no_approval() {
    let world = World::new();
    world.region("R", |region| region.zero_touch = false);
    world.system_user(&world.app.snapshot().catalog.region_called("R").unwrap().clone());
    let mut phone = Handset::new(1).in_region("R").with_system_account();
    phone.boot(&world);
    phone.started(&world);
    assert_eq!(world.by_mac(mac(1)).unwrap().device.value.admission, Admission::Pending);
    import(&world, &format!("{HEADER}\nu1,4711,One,R,,{},430HD\n", mac(1)));
    let record = world.by_mac(mac(1)).unwrap();
    assert_eq!(record.device.value.admission, Admission::Enrolled);
    let text = phone.text(&world).unwrap();
    assert!(text.contains("=4711\n") && text.contains("=u1\n"), "CSV-06\n{text}");
    let number = record.pin.unwrap().number;
    import(&world, &format!("{HEADER}\nu1,0815,One,R,,{},430HD\n", mac(1)));
    let text = phone.text(&world).unwrap();
    assert!(text.contains("=0815\n"), "{text}");
    assert_eq!(world.by_mac(mac(1)).unwrap().pin.unwrap().number, number + 1);

    let region = world.region("Z", |_| {});
    world.user("victim", &region, Some("secret"));
    let mut phone = Handset::new(2).in_region("Z").signed_in("victim");
    phone.boot(&world);
    phone.started(&world);
    phone.registered(&world);
    let bound = |number| world.by_mac(mac(number)).unwrap().device.value.owner.unwrap().bound_by;
    assert_eq!(bound(2), BoundBy::SignIn);
    let file = export(&world, false);
    assert!(file.contains("victim"));
    assert_eq!(import(&world, &file).count(Action::Update), 0);
    assert_eq!(bound(2), BoundBy::SignIn, "a file that repeats it is no administrator's word");
}

/// AMB-103: a user who moves takes all devices along, named in the file or not.
#[test]
fn amb_103_devices_follow_their_user() {
    let world = world();
    let other = world.region("S", |_| {});
    import(&world, &format!("{HEADER}\nu1,,,R,,00908f000001,430HD\n"));
    import(&world, &format!("{HEADER}\nu1,,,R,,00908f000002,430HD\n"));
    let report = import(&world, "Name,Region\nu1,S\n");
    assert_eq!((report.count(Action::Update), report.devices_updated), (1, 2));
    for number in [1, 2] {
        assert_eq!(world.by_mac(mac(number)).unwrap().device.value.region, Some(other.id));
    }
}

/// SEC-13: what may not be seen cannot be imported into, taken over, or exported; passwords need their
/// right, and are noted.
#[test]
fn sec_13_rights_hold_for_each_row() {
    let world = world();
    let south = world.region("S", |_| {});
    import(&world, &format!("{HEADER}\nnorth,1,,R,,00908f000001,430HD\nsouth,2,,S,,00908f000002,430HD\n"));
    let regions = Regions::Only(BTreeSet::from([south.id]));
    let caller = Caller::new("sue", None, Role::Regional { level: RegionalLevel::Operator, regions }, false);
    let admin = || world.app.admin(caller.clone());
    let file = format!(
        "{HEADER}\nu1,,,R,,,\nu2,,,X,,,\nnorth,,,S,,,\nu4,,,S,,00908f000001,430HD\nsouth,,New,S,,,\nsystem,x,,S,,,\n"
    );
    let report = block_on(admin().import_csv(file.as_bytes(), &ImportOptions::default())).unwrap();
    let faults: BTreeMap<u64, String> = report
        .rows
        .into_iter()
        .filter_map(|row| Some((row.line, row.outcome.err()?.remove(0).reason)))
        .collect();
    assert_eq!(faults[&2].replace("`R`", "`X`"), faults[&3], "invisible is absent");
    assert_eq!(faults[&4], "the name `north` is taken");
    assert_eq!(faults[&5], "the MAC address 00908f000001 is taken");
    assert_eq!(faults.get(&6), None);
    assert!(faults[&7].contains("Administrator"), "{}", faults[&7]);

    let file = block_on(admin().export_csv(&ExportFilter::default(), false)).unwrap();
    let text = String::from_utf8(file.content).unwrap();
    assert!(text.contains("south,,") && !text.contains("north"), "{text}");
    let refused = block_on(admin().export_csv(&ExportFilter::default(), true)).unwrap_err();
    assert_eq!(refused.kind(), AppErrorKind::Forbidden);
    assert!(export(&world, true).contains("north,1,"));
    let noted = |action: &str| {
        let filter = AuditFilter { action: Some(action.to_owned()), ..AuditFilter::default() };
        block_on(world.store.audit(&filter, Order::Ascending, Page::first(10))).unwrap()
    };
    assert_eq!(noted("csv.export").len(), 1);
    let import = noted("csv.import").remove(0).entry;
    assert!(import.after.unwrap().contains("\"users_created\":2"));
    assert_eq!(import.phones, Some(2));
}

/// CSV-04: the user `system` of the manual's example announces phones.
#[test]
fn csv_04_the_example_row() {
    let world = World::new();
    world.region("ACL-Hong Kong", |_| {});
    let row = "system,system,system,ACL-Hong Kong,,,";
    import(&world, &format!("{HEADER}\n{row}\n"));
    assert!(world.app.settings().value.announcer.is_some());
    assert_eq!(export(&world, true), format!("{HEADER}\r\n{row}\r\n"));
    assert_eq!(import(&world, &export(&world, true)).count(Action::Unchanged), 1);
}

/// A user of a made-up installation: name, password, display name, region, devices.
type Person = (String, Option<String>, String, bool, Vec<(u32, String, usize)>);

fn person() -> impl Strategy<Value = Person> {
    let text = || "(['=+@-]{0,2}[a-zé\",;% &]{0,6}){0,2}";
    let name = "[-+=@']{0,2}[A-Za-z0-9;,\"]{1,8}";
    let device = (1..200_u32, text(), 0..4_usize);
    let password = proptest::option::of("(&sh&|['=])?[!-~ ]{1,12}");
    (name, password, text(), any::<bool>(), proptest::collection::vec(device, 0..4))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// CSV-22, CSV-23, AMB-73: what was exported imports into another installation as the same, and into
    /// its own as nothing.
    #[test]
    fn import_of_export_is_the_same(people in proptest::collection::vec(person(), 0..6)) {
        let (one, other) = (world(), world());
        for world in [&one, &other] {
            world.region("=Süd;1", |_| {});
        }
        let (mut names, mut macs) = (BTreeSet::new(), BTreeSet::new());
        let mut lines = Vec::new();
        for (name, password, display_name, south, devices) in people {
            if !names.insert(name.to_ascii_lowercase()) {
                continue;
            }
            let models = ["405", "420HD", "430HD", "440HD"];
            lines.push(ipp_core::csv::UserLine {
                name: name.parse().unwrap(),
                password: password.map(Into::into),
                display_name: display_name.parse().unwrap(),
                region: if south { "=Süd;1" } else { "R" }.parse().unwrap(),
                devices: devices
                    .into_iter()
                    .filter(|(number, ..)| macs.insert(*number))
                    .map(|(number, name, model)| ipp_core::csv::DeviceLine {
                        display_name: name.parse().unwrap(),
                        mac: mac(number),
                        model: models[model].parse().ok(),
                    })
                    .collect(),
            });
        }
        let made = import(&one, &String::from_utf8(ipp_core::csv::write(&lines)).unwrap());
        prop_assert_eq!(made.count(Action::Create), lines.len());
        let file = export(&one, true);
        let same = import(&one, &file);
        prop_assert_eq!(same.count(Action::Unchanged), lines.len());
        import(&other, &file);
        prop_assert_eq!(&export(&other, true), &file);
        prop_assert_eq!(import(&other, &export(&one, false)).count(Action::Unchanged), lines.len());
        for line in &lines {
            let user = user(&one, line.name.as_str());
            prop_assert_eq!(&user.display_name, &line.display_name);
            prop_assert_eq!(user.password.is_some(), line.password.is_some());
        }
    }
}

fn world() -> World {
    let world = World::new();
    world.region("R", |_| {});
    world
}

fn import(world: &World, file: &str) -> ImportReport {
    let report = import_with(world, file, &ImportOptions::default());
    assert!(report.applied, "{:#?}", report.rows);
    report
}

fn import_with(world: &World, file: &str, options: &ImportOptions) -> ImportReport {
    block_on(world.admin().import_csv(file.as_bytes(), options)).unwrap()
}

fn export(world: &World, with_passwords: bool) -> String {
    let export = block_on(world.admin().export_csv(&ExportFilter::default(), with_passwords)).unwrap();
    String::from_utf8(export.content).unwrap()
}

fn user(world: &World, name: &str) -> User {
    block_on(world.store.user(UserKey::Name(name.parse().unwrap()))).unwrap().unwrap().value
}

fn mac_of(text: &str) -> ipp_core::mac::Mac {
    text.parse().unwrap()
}
