//! What an administrator changes, and when phones notice: templates, placeholders, firmware.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use common::{World, fetch, image, last_url, mac, phone, wire::Request};
use ipp_core::{
    app::admin::templates::NewTemplate, catalog::SharedScope, id::TemplateId, region::Region,
    template::Template,
};
use ipp_examples::{
    fleet::{Fetched, FirmwareOutcome, Kind, Model, Phone, PhoneOptions, SignIn, User},
    server::config::Role,
};

/// A phone that somebody signed in on, in a region of zero touch.
async fn registered(world: &World, region: &Region, index: u32) -> Phone {
    let user = SignIn::AtPhone(User::numbered(u64::from(index)));
    let mut phone = Phone::new(phone(index, Kind::Generic).sign_in(user));
    phone.boot(&world.region_url(region)).await.unwrap();
    // The address of its file has lost the region meanwhile.
    phone.refresh().await.unwrap();
    assert_eq!(phone.refresh().await.unwrap().0, Fetched::NotModified);
    phone
}

/// A template of our own for the 430HD: `private` stands behind what every phone needs.
fn template(description: &str, global: &str, private: &str) -> Vec<u8> {
    let back = "provisioning/method=STATIC\n\
                provisioning/configuration/url=%ITCS_HTTP_OR_S%://%ITCS_ServerIP%/configfiles/\n\
                provisioning/firmware/url=%ITCS_HTTP_OR_S%://%ITCS_ServerIP%/firmwarefiles/%ITCS_FirmwareFile%\n\
                ems_server/provisioning/url=%ITCS_HTTP_OR_S%://%ITCS_HTTP_PROXY_IP%:%ITCS_HTTP_PROXY_PORT%/";
    format!(
        "<?xml version=\"1.0\"?>\n<ipphonetamplate><type>audiocodes_430HD</type>\n\
         <description>{description}</description>\n\
         <file_config><type>global_file</type><name>{description}.global.cfg</name>\n\
         <data><![CDATA[{global}]]></data></file_config>\n\
         <file_config><type>file</type><name>%ITCS_mac%.cfg</name>\n\
         <data><![CDATA[include {description}.global.cfg\n{back}\n{private}]]></data></file_config>\n\
         </ipphonetamplate>"
    )
    .into_bytes()
}

async fn import(world: &World, region: &Region, content: Vec<u8>) -> Template {
    let new = NewTemplate { name: None, region: Some(region.id), default: true, content };
    world.admin().import_template(new).await.unwrap().0
}

/// FLW-08, TPL-02, TPL-41, TPL-47, C7: an edit reaches no phone until *Generate*; then the conditional GET
/// of exactly the phones it concerns is answered with the new file, once.
#[tokio::test]
async fn flw_08_an_edit_reaches_phones_when_it_is_generated() {
    let world = World::start().await;
    let (berlin, zurich) = (world.region("Berlin", |_| {}).await, world.region("Zürich", |_| {}).await);
    let mut here = registered(&world, &berlin, 1).await;
    let mut there = registered(&world, &zurich, 2).await;
    let before = fetch(&last_url(&here, "00908f000001.cfg")).await;

    world.set(SharedScope::Region(berlin.id), "IPPhoneUsername", Some("service")).await;

    assert_eq!(world.app().stale().await.unwrap().stale, 1);
    assert_eq!(here.refresh().await.unwrap().0, Fetched::NotModified, "TPL-41");
    let still = fetch(&last_url(&here, "00908f000001.cfg")).await;
    assert_eq!(still.timeless(), before.timeless());

    let report = world.generate().await;
    assert_eq!((report.published, report.unchanged, report.failed.len()), (1, 1, 0));
    assert_eq!(world.app().stale().await.unwrap().stale, 0);
    assert_eq!(here.refresh().await.unwrap().0, Fetched::Applied { changed: 1 }, "TPL-47");
    assert_eq!(here.config()["system/user_name"], "service");
    assert_eq!(here.refresh().await.unwrap().0, Fetched::NotModified);
    assert_eq!(there.refresh().await.unwrap().0, Fetched::NotModified, "another region");
    assert_eq!(there.config()["system/user_name"], "admin");

    // The conditions, as the phone sends them, against both validators.
    let url = last_url(&here, "00908f000001.cfg");
    let after = fetch(&url).await;
    let (etag, modified) = (after.header("etag").unwrap(), after.header("last-modified").unwrap());
    let path = url.split_once(&world.at(Role::Web).to_string()).unwrap().1;
    let ask =
        async |name, value: &str| Request::get(path).header(name, value).send(world.at(Role::Web)).await;
    let unchanged = ask("if-none-match", etag).await;
    assert_eq!((unchanged.status, unchanged.header("etag")), (304, Some(etag)), "DHCP-42");
    assert_eq!(ask("if-modified-since", modified).await.status, 304);
    let former = before.header("etag").unwrap();
    let changed = ask("if-none-match", former).await;
    assert_eq!((changed.status, &changed.body, etag == former), (200, &after.body, false));
    world.stop().await;
}

/// TPL-32, TPL-42, AMB-05: the global file is one for all phones of the template; publishing it
/// reaches all of them without touching their own files.
#[tokio::test]
async fn tpl_32_a_published_global_file_reaches_every_phone_of_the_template() {
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    let mut phones = [registered(&world, &region, 1).await, registered(&world, &region, 2).await];
    let template: TemplateId = world.template_of(&region, "430HD").id;
    world.admin().publish_templates(&[template]).await.unwrap();

    world.set(SharedScope::Region(region.id), "Proxy_address", Some("10.9.8.7")).await;
    for phone in &mut phones {
        assert_eq!(phone.refresh().await.unwrap().0, Fetched::NotModified, "not published yet");
    }
    let own = world.record(mac(&phones[0])).await.unwrap().pin.unwrap();
    world.admin().publish_templates(&[template]).await.unwrap();

    for phone in &mut phones {
        assert_eq!(phone.refresh().await.unwrap().0, Fetched::Applied { changed: 1 });
        assert_eq!(phone.config()["voip/signalling/sip/proxy_address"], "10.9.8.7");
    }
    assert_eq!(world.record(mac(&phones[0])).await.unwrap().pin.unwrap(), own);
    world.stop().await;
}

/// TPL-01, TPL-08, TPL-09, TPL-10, TPL-13, TPL-41, ZT-06: an imported template is for its region and model alone;
/// phones that have a file keep it until it is generated, new ones start with the new template.
#[tokio::test]
async fn zt_06_the_template_follows_region_and_model() {
    let world = World::start().await;
    let (berlin, zurich) = (world.region("Berlin", |_| {}).await, world.region("Zürich", |_| {}).await);
    let mut old = registered(&world, &berlin, 1).await;
    let imported = import(&world, &berlin, template("Ours", "voip/answer_device=HEADSET\n", "a/b=1\n")).await;
    assert!(imported.default && world.template_of(&berlin, "430HD").id == imported.id);

    assert_eq!(old.refresh().await.unwrap().0, Fetched::NotModified);
    let new = registered(&world, &berlin, 2).await;
    assert_eq!((&*new.config()["a/b"], &*new.config()["voip/answer_device"]), ("1", "HEADSET"));
    let elsewhere = registered(&world, &zurich, 3).await;
    assert_eq!(elsewhere.config().get("a/b"), None, "another region");
    assert_eq!(elsewhere.config()["voip/answer_device"], "SPEAKER", "the product's own template");
    let boots = async |options: PhoneOptions| {
        let mut phone = Phone::new(options.sign_in(SignIn::Nobody));
        phone.boot(&world.region_url(&berlin)).await.unwrap();
        phone.config().get("a/b").cloned()
    };
    assert_eq!(boots(phone(4, Kind::Lync)).await, None, "another kind");
    let neighbour = boots(PhoneOptions::new(5, Model::P440Hd, Kind::Generic)).await;
    assert_eq!(neighbour.as_deref(), Some("1"), "TPL-09: the region's only template serves all of its kind");
    let named = fetch(&last_url(&new, "00908f000002.cfg")).await;
    assert_eq!(named.header("x-template-name"), Some("Ours"));

    // A second default of the region and model takes the place of the first (TPL-10).
    let second = import(&world, &berlin, template("Second", "", "a/b=2\n")).await;
    assert!(!world.app().snapshot().catalog.template(imported.id).unwrap().default);
    assert_eq!(world.template_of(&berlin, "430HD").id, second.id);
    let report = world.generate().await;
    assert_eq!((report.published, report.failed), (3, Vec::new()));
    old.refresh().await.unwrap();
    assert_eq!(old.config()["a/b"], "2");
    world.stop().await;
}

/// C4: a template that cannot be resolved fails with its line and the phone; the last good file
/// stays what the phone gets.
#[tokio::test]
async fn a_template_that_does_not_resolve_leaves_the_last_good_file() {
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    let mut phone = registered(&world, &region, 1).await;
    let content = template("Broken", "", "a/b=%ITCS_Nobody_Knows%\n");
    let new = NewTemplate { name: None, region: Some(region.id), default: false, content };
    let (broken, _) = world.admin().import_template(new).await.unwrap();
    world.edit_device(mac(&phone), |device| device.template = Some(broken.id)).await;

    let report = world.generate().await;

    assert_eq!((report.published, report.failed.len()), (0, 1));
    let failure = &report.failed[0];
    assert_eq!(failure.mac, mac(&phone));
    assert!(failure.reason.contains("Nobody_Knows") && failure.reason.contains("line"), "{}", failure.reason);
    assert_eq!(phone.refresh().await.unwrap().0, Fetched::NotModified);
    assert_eq!(phone.keep_alive().await.unwrap().status, 200);
    world.stop().await;
}

/// C8, TPL-08: a default that cannot be published is refused as a whole; the former one stays, and
/// phones go on coming in by it.
#[tokio::test]
async fn a_default_that_cannot_be_published_changes_nothing() {
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    let good = import(&world, &region, template("Good", "", "a/b=1\n")).await;
    let content = template("Bad", "a/b=%ITCS_Nobody_Knows%\n", "");
    let new = NewTemplate { name: None, region: Some(region.id), default: true, content };
    let error = world.admin().import_template(new).await.unwrap_err().to_string();
    assert!(["Bad", "Berlin", "line", "Nobody_Knows"].iter().all(|word| error.contains(word)), "{error}");
    let snapshot = world.app().snapshot();
    let own: Vec<_> = snapshot.catalog.templates().filter(|template| !template.builtin).collect();
    assert_eq!((own.len(), own[0].id, own[0].default), (1, good.id, true));
    let phone = registered(&world, &region, 1).await;
    assert_eq!(phone.config()["a/b"], "1");
    world.stop().await;
}

/// FLW-11, FW-03, FW-04, FW-10, ZT-07: a new image is picked up from the URL in the phone's file and its
/// version comes back in the next report, whether it was there before the phone's first start or came
/// later.
#[tokio::test]
async fn flw_11_a_phone_reports_the_version_it_was_given() {
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    let version = async |phone: &Phone| {
        world.record(mac(phone)).await.unwrap().status.unwrap().details.firmware_version
    };
    let mut phone = registered(&world, &region, 1).await;
    assert_eq!(version(&phone).await, "2.2.8.61");
    for (before, after) in [("2.2.8.61", "2.2.16.704"), ("2.2.16.704", "2.2.16.705")] {
        let stored = world.firmware(Model::P430Hd, after, 300_000).await;
        assert_eq!((stored.version.as_str(), stored.image.unwrap().length), (after, 300_000));
        let updated = FirmwareOutcome::Updated { from: before.into(), to: after.into() };
        assert_eq!(phone.check_firmware().await.unwrap(), updated);
        phone.keep_alive().await.unwrap();
        assert_eq!(version(&phone).await, after);
        assert_eq!(phone.check_firmware().await.unwrap(), FirmwareOutcome::Current);
        let told = &phone.config()["provisioning/firmware/url"];
        assert_eq!(last_url(&phone, ".img"), *told, "FW-04");
    }
    let late = registered(&world, &region, 2).await;
    assert_eq!(version(&late).await, "2.2.16.705", "FW-10");
    world.stop().await;
}

/// CFG-18: while files are published over and over, each answer is one whole file, with the tag of that
/// file, and never a piece of two.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cfg_18_nobody_reads_half_a_file() {
    const ROUNDS: u32 = 30;
    let world = World::start().await;
    let region = world.region("Berlin", |_| {}).await;
    // The first and the last line tell by which publication the file was made.
    let lines = "a/first=%ITCS_Round%\n".to_owned() + &"x/y=z\n".repeat(2_000) + "z/last=%ITCS_Round%\n";
    world.set(SharedScope::System, "Round", Some("0")).await;
    import(&world, &region, template("Rounds", "", &lines)).await;
    let phone = registered(&world, &region, 1).await;
    let url = last_url(&phone, "00908f000001.cfg");
    let (done, mut ended) = tokio::sync::watch::channel(false);
    let (read, mut reads) = tokio::sync::watch::channel(());
    let reader = tokio::spawn(async move {
        let mut seen = std::collections::BTreeMap::new();
        loop {
            let last = *ended.borrow_and_update();
            let file = fetch(&url).await;
            let said = |key: &str| {
                file.text().lines().find_map(|line| line.strip_prefix(key)?.parse::<u32>().ok()).unwrap()
            };
            assert_eq!((file.status, said("a/first=")), (200, said("z/last=")));
            let tag = file.header("etag").unwrap().to_owned();
            let known = seen.entry(said("a/first=")).or_insert_with(|| tag.clone());
            assert_eq!(*known, tag);
            read.send_replace(());
            if last {
                return seen;
            }
        }
    });
    for round in 1..=ROUNDS {
        world.set(SharedScope::System, "Round", Some(&round.to_string())).await;
        reads.mark_unchanged();
        assert_eq!(world.generate().await.published, 1);
        // An error means that the reader has failed; it says below why.
        if reads.changed().await.is_err() {
            break;
        }
    }
    done.send_replace(true);
    let seen = reader.await.unwrap();
    assert!(seen.len() > 10 && seen.contains_key(&ROUNDS), "{:?}", seen.keys());
    let tags: std::collections::BTreeSet<_> = seen.values().collect();
    assert_eq!(tags.len(), seen.len(), "another file has another tag");
    world.stop().await;
}

/// API-14, H1, H2: an image is served whole and in single ranges, under a tag that is its content.
#[tokio::test]
async fn images_are_served_whole_and_in_ranges() {
    let world = World::start().await;
    let bytes = image(Model::P430Hd, "2.2.16.704", 300_000);
    world.firmware(Model::P430Hd, "2.2.16.704", 300_000).await;
    let ask = async |request: Request| request.send(world.at(Role::Web)).await;
    let path = "/firmwarefiles/430HD.img";
    let whole = world.get(path).await;
    assert_eq!((whole.status, whole.body == bytes), (200, true));
    assert_eq!(whole.header("content-type"), Some("application/octet-stream"));
    let etag = whole.header("etag").unwrap().to_owned();
    let part = ask(Request::get(path).header("range", "bytes=112-299999").header("if-range", &etag)).await;
    assert_eq!((part.status, part.body == bytes[112..]), (206, true));
    assert_eq!(part.header("content-range"), Some("bytes 112-299999/300000"));
    let suffix = ask(Request::get(path).header("range", "bytes=-5")).await;
    assert_eq!((suffix.status, &*suffix.body), (206, &bytes[299_995..]));
    let other = ask(Request::get(path).header("range", "bytes=112-").header("if-range", "\"other\"")).await;
    assert_eq!((other.status, other.body.len()), (200, 300_000), "never a piece of another image");
    let beyond = ask(Request::get(path).header("range", "bytes=300000-")).await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, Some("bytes */300000")));
    let head = ask(Request::new("HEAD", path)).await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some("300000"), 0));
    let known = ask(Request::get(path).header("if-none-match", &etag)).await;
    assert_eq!((known.status, known.body.len()), (304, 0));
    world.stop().await;
}
