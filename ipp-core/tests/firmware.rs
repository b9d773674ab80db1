//! Firmware: which image a phone is told of and gets, uploads, and the length of URLs.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use bytes::Bytes;
use common::{Handset, World, block_on, mac, template_xml, value};
use ipp_core::{
    app::{AppErrorKind, files::ServedImage},
    catalog::Stored,
    firmware::Firmware,
    render::urls::MAX_URL,
    store::DeviceFilter,
    token::Token,
};

const GENERIC: &str = "AUDC-IPPhone/2.2.8.61 (430HD; 00908F4867AF)";
const LYNC: &str = "AUDC-IPPhone-430HD_UC_2.0.13.121/1.0.0000.0";

/// GEN-18, FW-06, FW-20, FW-21, AMB-77: the phone's own choice before the region's before the model's default
/// file, in the URL of the published file.
#[test]
fn amb_77_device_before_region_before_the_models_default() {
    let world = World::new();
    let region = world.region("R", |_| {});
    let mut phone = Handset::new(1).in_region("R");
    phone.boot(&world);
    phone.started(&world);
    let id = world.by_mac(mac(1)).unwrap().device.value.id;
    phone.follow(&phone.text(&world).unwrap());
    let prefix = phone.token.as_ref().unwrap().prefix();
    let told = || {
        block_on(world.admin().generate(DeviceFilter::all())).unwrap();
        let file = phone.text(&world).unwrap();
        let url = value(&file, "provisioning/firmware/url").unwrap().to_owned();
        url.strip_prefix(&format!("http://10.0.0.30{prefix}/firmwarefiles/")).unwrap().to_owned()
    };
    let (own, regional) = (put(&world, "own.img", b"1"), put(&world, "regional.img", b"2"));
    let here = "430HD".parse().unwrap();

    assert_eq!(told(), "430HD.img");
    world.edit_region(region.id, |region| {
        region.firmware.insert("405".parse().unwrap(), own.id);
    });
    assert_eq!(told(), "430HD.img", "another model's choice");
    world.edit_region(region.id, |region| {
        region.firmware.insert(here, regional.id);
    });
    assert_eq!(told(), "regional.img");
    world.edit_device(id, |device| device.firmware = Some(own.id));
    assert_eq!(told(), "own.img");
    world.edit_device(id, |device| device.firmware = None);
    assert_eq!(told(), "regional.img");
}

/// FW-12: an entry that a phone has chosen keeps its name; which phone that is takes one read, however many there
/// are.
#[test]
fn fw_12_what_a_phone_has_chosen_keeps_its_name() {
    let world = World::new();
    let region = world.region("R", |_| {});
    let user = world.user("u", &region, None);
    let (own, other) = (put(&world, "own.img", b"1"), put(&world, "other.img", b"2"));
    for number in 1..=40 {
        let device = world.device(mac(number), "430HD", &user);
        let chosen = if number == 30 { own.id } else { other.id };
        world.edit_device(device.id, |device| device.firmware = Some(chosen));
    }
    let rename = |id, name: &str| {
        let stored = world.admin().firmware_entry(id).unwrap();
        let value = Firmware { name: name.parse().unwrap(), ..Firmware::clone(&stored.value) };
        let before = world.store.reads();
        let renamed =
            block_on(world.admin().update_firmware(Stored { revision: stored.revision, value }, true));
        (renamed, world.store.reads() - before)
    };
    let (refused, reads) = rename(own.id, "mine.img");
    let error = refused.unwrap_err();
    assert_eq!(error.kind(), AppErrorKind::Conflict);
    assert!(error.to_string().contains(&format!("device {}", mac(30))), "{error}");
    assert_eq!(reads, 1);
    let device = world.by_mac(mac(30)).unwrap().device.value.id;
    world.edit_device(device, |device| device.firmware = None);
    rename(own.id, "mine.img").0.unwrap();
}

/// AMB-105: one path, two kinds of software: the User-Agent decides, else the only image there is.
#[test]
fn amb_105_the_user_agent_chooses_the_kind() {
    let world = World::new();
    let get = |agent| world.app.firmware_file("430HD.img", agent).map(|image: ServedImage| image.length);
    assert_eq!(get(Some(GENERIC)), None, "there is none");

    put_for(&world, "special.img", Some("430HD_LYNC"), b"1234567");
    assert_eq!((get(Some(LYNC)), get(Some(GENERIC))), (Some(7), Some(7)), "the only one of the hardware");
    assert_eq!(get(None), None);

    put(&world, "430HD.img", b"12");
    assert_eq!((get(Some(GENERIC)), get(None)), (Some(2), Some(2)));
    put(&world, "430HD_LYNC.img", b"123");
    assert_eq!((get(Some(LYNC)), get(Some(GENERIC)), get(None)), (Some(3), Some(2), Some(2)));
    // A name that a file spells out is that file, whoever asks; ASCII case aside.
    assert_eq!(world.app.firmware_file("430hd_lync.IMG", Some(GENERIC)).unwrap().length, 3);
    assert_eq!(world.app.firmware_file("special.img", Some(GENERIC)).unwrap().length, 7);
    assert!(world.app.firmware_file("420HD.img", Some(GENERIC)).is_none());
}

/// FW-18, AMB-78: the version comes from the image's header, else from the name; FW-16: else it stays
/// empty, and the entry is made all the same.
#[test]
fn amb_78_the_version_is_found() {
    let world = World::new();
    assert_eq!(put(&world, "UC_2.0.13.121.img", b"plain").version.as_str(), "UC_2.0.13.121");
    assert_eq!(put(&world, "420HD.img", &header("420HD", "2.2.16.704")).version.as_str(), "2.2.16.704");
    assert_eq!(put(&world, "9.9.9.img", &header("420HD", "2.2.16.704")).version.as_str(), "2.2.16.704");
    assert_eq!(put(&world, "plain.img", b"plain").version.as_str(), "");
}

/// FW-03, C39: until an upload is whole phones get the former image, and a new one replaces it at
/// once under the same entry.
#[test]
fn c39_an_image_is_replaced_whole() {
    let world = World::new();
    let first = put(&world, "430HD.img", b"former");
    let former = world.app.firmware_file("430HD.img", None).unwrap();
    let mut chunks = vec![Bytes::from_static(b"half"), Bytes::from_static(b"new ")];
    let during = block_on(world.admin().put_firmware("430HD.img".parse().unwrap(), None, async || {
        assert_eq!(world.app.firmware_file("430HD.img", None), Some(former.clone()));
        chunks.pop()
    }))
    .unwrap();
    let served = world.app.firmware_file("430HD.img", None).unwrap();
    assert_eq!((during.id, served.length), (first.id, 8));
    let read = |image: &ServedImage| block_on(world.ports.blobs.read(image.hash, 0, 100)).unwrap().unwrap();
    assert_eq!((&*read(&served), &*read(&former)), (&b"new half"[..], &b"former"[..]));
}

/// FW-23: what is not a firmware file, or a path, is refused and leaves nothing.
#[test]
fn fw_23_bad_names_and_images_are_refused() {
    let world = World::new();
    for bad in ["../x.img", "a/b.img", "a\\b.img", ".img", "x\n.img", "x%2f.img", ""] {
        assert!(bad.parse::<ipp_core::text::FileName>().is_err(), "{bad:?}");
    }
    let cut = &header("420HD", "2.2.16.704")[..60];
    for (name, content) in [("x.exe", &b"x"[..]), ("x.img.exe", b"x"), ("img", b"x"), ("cut.img", cut)] {
        let error =
            block_on(world.admin().put_firmware(name.parse().unwrap(), None, once(content))).unwrap_err();
        assert_eq!(error.kind(), AppErrorKind::Invalid, "{name}");
        assert!(world.app.snapshot().catalog.firmware.is_empty(), "{name}");
    }
}

/// A URL for phones has at most 128 characters; that is checked when the server's name, a
/// region or a firmware name is saved, against all the others; and what passes is true of the files.
#[test]
fn no_phone_is_sent_a_url_of_more_than_128_characters() {
    let world = World::new();
    let rest = "https://".len() + ":8080".len() + "/t/".len() + Token::LENGTH + "/firmwarefiles/".len();
    let room = MAX_URL - rest - "10.0.0.30".len() - "/r/".len() - "430HD_.img".len();
    let region =
        |length: usize| block_on(world.admin().create_region("r".repeat(length).parse().unwrap(), |_| {}));
    assert_eq!(region(room + 2).unwrap_err().kind(), AppErrorKind::Invalid);
    region(room + 1).unwrap();
    // Percent-encoding counts.
    assert!(
        block_on(world.admin().create_region("é".repeat(room / 6 + 2).parse().unwrap(), |_| {})).is_err()
    );

    let put = |name: &str| block_on(world.admin().put_firmware(name.parse().unwrap(), None, once(b"x")));
    assert_eq!(put("4567890.img").unwrap_err().kind(), AppErrorKind::Invalid);
    put("45678.img").unwrap();

    let named = |host: &str| {
        let mut settings = world.app.settings();
        settings.value.phones.server.fqdn = Some(host.parse().unwrap());
        block_on(world.admin().update_settings(settings))
    };
    assert_eq!(named("1234567890").unwrap_err().kind(), AppErrorKind::Invalid);
    named("123456789").unwrap();

    // The longest first contact there can be.
    let name = "r".repeat(room + 1);
    let stored = world.app.snapshot().catalog.region_called(&name).unwrap().clone();
    let firmware = world.app.snapshot().catalog.firmware_called("45678.img").unwrap().id;
    world.edit_region(stored.id, |region| {
        region.firmware.insert("430HD".parse().unwrap(), firmware);
    });
    let xml = template_xml(
        "430HD",
        "T",
        "",
        "provisioning/firmware/url=%ITCS_HTTP_OR_S%://%ITCS_ServerIP%/firmwarefiles/%ITCS_FirmwareFile%",
    );
    world.import(&xml, Some(&stored), true);
    let text = Handset::new(1).in_region(&name).text(&world).unwrap();
    let longest =
        text.lines().filter_map(|line| line.split_once('=')).map(|(_, value)| value.len()).max().unwrap();
    assert!((110..=MAX_URL).contains(&longest), "{longest}");
}

fn put(world: &World, name: &str, content: &[u8]) -> Firmware {
    put_for(world, name, None, content)
}

fn put_for(world: &World, name: &str, model: Option<&str>, content: &[u8]) -> Firmware {
    let model = model.map(|model| model.parse().unwrap());
    block_on(world.admin().put_firmware(name.parse().unwrap(), model, once(content))).unwrap()
}

/// An upload in one piece.
fn once(content: &[u8]) -> impl AsyncFnMut() -> Option<Bytes> {
    let mut left = Some(Bytes::copy_from_slice(content));
    async move || left.take()
}

/// The header that the images of these phones begin with.
fn header(model: &str, version: &str) -> Vec<u8> {
    let mut image = Vec::new();
    for word in [0xaaaa_aaaa_u32, 15, 112, 0, 5] {
        image.extend_from_slice(&word.to_le_bytes());
    }
    for text in [model, version, "2024-10-09_06:15:40"] {
        let mut field = text.as_bytes().to_vec();
        field.resize(30, 0);
        image.extend_from_slice(&field);
    }
    image.resize(200, 0);
    image
}
