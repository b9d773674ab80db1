//! Template files in the vendor's form are imported as they are and provision phones (TPL-34,
//! TPL-39, TPL-40, AMB-16): a file of our own in that form always, the vendor's own file where the
//! data beside the repository has it.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod common;

use std::path::{Path, PathBuf};

use common::{World, fetch, last_url, mac, phone, token_in, wire::Request};
use ipp_core::{device::Vlan, region::Region, template::Template};
use ipp_examples::{
    fleet::{Kind, Phone, SignIn, User},
    server::{
        config::Role,
        import::{Import, import},
    },
};

/// A server with a region whose phones use the file.
struct Provisioned {
    world: World,
    region: Region,
    template: Template,
    bytes: Vec<u8>,
}

impl Provisioned {
    async fn by(file: &Path) -> Self {
        let world = World::start().await;
        world
            .edit_settings(|settings| {
                let ldap = &mut settings.phones.ldap;
                ldap.active = true;
                ldap.name_filter = "(|(cn=%)(sn=%))".parse().unwrap();
                ldap.display_name = "%sn, %givenName".parse().unwrap();
            })
            .await;
        let bytes = std::fs::read(file).unwrap();
        let region =
            world.region("Werk", |region| region.lines = vec!["x/of_region=1".parse().unwrap()]).await;
        let what = Import { file, region: "Werk", create_region: false, name: None };
        let (template, noticed) = import(&world.server.ipp, &what).await.unwrap();
        assert_eq!(noticed, [], "nothing in the file is doubtful");
        Self { world, region, template, bytes }
    }

    fn authorities(&self) -> [String; 2] {
        [Role::Web, Role::Reports].map(|role| self.world.at(role).to_string())
    }

    /// Three ways in: entered, approved, and by sign-in.
    async fn phones(&self) -> [Phone; 3] {
        let Self { world, region, .. } = self;
        let url = world.region_url(region);
        let mut entered = Phone::new(phone(1, Kind::Generic));
        world.device(&entered, &world.user("1001", region, Some("sip-1001")).await).await;
        entered.boot(&url).await.unwrap();
        let waits = world.careful_region("Elsewhere").await;
        let mut approved = Phone::new(phone(2, Kind::Generic));
        approved.boot(&world.region_url(&waits)).await.unwrap();
        let user = world.user("1002", region, Some("sip-1002")).await;
        world.approve(mac(&approved), region, Some(&user), Vlan::default()).await;
        approved.boot(&url).await.unwrap();
        let sign_in = SignIn::AtPhone(User::numbered(1_003));
        let mut signed_in = Phone::new(phone(3, Kind::Generic).sign_in(sign_in));
        signed_in.boot(&url).await.unwrap();
        [entered, approved, signed_in]
    }
}

/// Where a text has `scheme://authority`: what stands behind the authority.
fn urls(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.match_indices("://").map(|(at, _)| {
        let rest = &text[at + 3..];
        let end = rest.find(['/', '\n', ' ', '"']).unwrap_or(rest.len());
        rest.split_at(end)
    })
}

/// What must hold of every file made from the template, for a known phone or an unknown one.
fn check_file(text: &str, own: &[String; 2]) {
    assert!(!text.contains("%ITCS_"), "{text}");
    assert!(!text.contains("zzz"), "{text}");
    let token = token_in(text).unwrap();
    let mut back = 0;
    for (authority, path) in urls(text) {
        let ours = own.iter().any(|own| own == authority);
        assert_eq!(path.starts_with(&format!("/t/{token}/")), ours, "{authority}{path}");
        back += usize::from(ours);
    }
    assert!(back >= 3, "reports, configuration and firmware lead back");
    assert_eq!(text.matches(token).count(), back, "the token stands nowhere else");
    assert!(
        text.lines().any(|line| line == "provisioning/redirect_server_url=https://redirect.audiocodes.com")
    );
}

async fn check_template(file: &Path) {
    let provisioned = Provisioned::by(file).await;
    let Provisioned { world, region, template, bytes } = &provisioned;
    assert!(bytes.windows(10).any(|part| part == b"ISO-8859-1"), "the header is not ours to change");
    let stored = world.app().snapshot().catalog.template(template.id).unwrap().clone();
    assert_eq!(stored.document.bytes(), &**bytes, "TPL-39, TPL-40: what goes out is what came in");
    assert_eq!((&*stored.original, stored.region, stored.default), (&**bytes, Some(region.id), true));
    assert_eq!(stored.name.as_str(), stored.document.description());

    let global = stored.document.global().unwrap().name.clone();
    let include = format!("include {global}");
    for phone in provisioned.phones().await {
        assert!(phone.user().is_some(), "{} is registered", phone.identity().mac());
        let file = fetch(&last_url(&phone, &format!("{}.cfg", phone.identity().mac()))).await;
        let text = file.text();
        assert_eq!(file.header("x-template-name"), Some(template.name.as_str()));
        assert_eq!(text.lines().next(), Some(&*include), "TPL-34");
        check_file(text, &provisioned.authorities());
        assert_eq!(text.lines().filter(|line| *line == "x/of_region=1").count(), 1, "zzz1_tenant_cfg=ENABLE");
        assert!(text.contains("\nsystem/daylight_saving/activate=Disable\n"), "zzz0_daylight_cfg=ENABLE");
        let config = phone.config();
        let user = world.record(mac(&phone)).await.unwrap().device.value.owner.unwrap().user;
        let user = world.users().await.into_iter().find(|one| one.id == user).unwrap();
        assert_eq!(config["voip/line/0/id"], user.name.as_str());
        let password = config.get("voip/line/0/auth_password").cloned();
        let expected = user.password.is_some().then(|| format!("sip-{}", user.name));
        assert_eq!(password, expected, "only an administrator's word releases a password");
        assert!(phone.requests().any(|record| record.url.ends_with(&global) && record.status == Some(200)));
    }

    let unknown =
        Request::get("/ipp/region/Werk/00908fffff00.cfg").agent("430HD").send(world.at(Role::Web)).await;
    check_file(unknown.text(), &provisioned.authorities());
    assert!(
        !unknown.text().contains("include ") && !unknown.text().contains("voip/line/0/id"),
        "first contact"
    );
    provisioned.world.stop().await;
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/Workshop_430HD_GENERIC.template.xml")
}

#[tokio::test]
async fn tpl_40_a_template_in_the_vendors_form_provisions_phones() {
    check_template(&fixture()).await;
}

/// The vendor's own file is data beside the repository, not a part of it.
#[tokio::test]
async fn tpl_40_the_vendors_own_template_provisions_phones() {
    let file = "../../shared/data/Audiocodes_430HD_GENERIC.template.xml";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if file.exists() {
        check_template(&file).await;
    }
}

/// C5, AMB-16, TPL-30: in our own file every hard line is known: text with `%`, characters of its
/// encoding, markers that are off, addresses of others.
#[tokio::test]
async fn c5_the_lines_of_a_file_are_what_the_template_says() {
    let provisioned = Provisioned::by(&fixture()).await;
    let [entered, ..] = provisioned.phones().await;
    let own = fetch(&last_url(&entered, "00908f000001.cfg")).await;
    let (text, token) = (own.text().to_owned(), token_in(own.text()).unwrap().to_owned());
    let [files, reports] = provisioned.authorities();
    let expected = [
        "include Workshop_430HD_global.cfg",
        "; the way back",
        "provisioning/method=STATIC",
        &format!("provisioning/configuration/url=http://{files}/t/{token}/configfiles/"),
        &format!("provisioning/firmware/url=http://{files}/t/{token}/firmwarefiles/430HD.img"),
        "provisioning/redirect_server_url=https://redirect.audiocodes.com",
        "provisioning/corporate_directory_uri=http://directory.example.com/00908f000001/book.xml",
        &format!("ems_server/provisioning/url=http://{reports}/t/{token}/"),
        "ems_server/user_name=1001",
        "ems_server/user_password=sip-1001",
        "ems_server/keep_alive_period=60",
        "system/ldap/enabled=1",
        "system/ldap/name_filter=(&(telephoneNumber=*)(sn=%))",
        "system/ldap/number_filter=(|(telephoneNumber=%)(mobile=%))",
        "system/ldap/display_name=%sn, %givenName 100%",
        "system/ldap/base=",
        "network/lan/vlan/mode=",
        "system/user_name=admin",
        "voip/line/0/enabled=1",
        "voip/line/0/id=1001",
        "voip/line/0/auth_name=1001",
        "voip/line/0/auth_password=sip-1001",
        "voip/line/0/description=Büro User 1001",
    ];
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..expected.len()], expected);
    assert_eq!(lines.last(), Some(&"x/of_region=1"));
    let global = fetch(&last_url(&entered, "Workshop_430HD_global.cfg")).await;
    let lines: Vec<&str> = global.text().lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(
        lines,
        [
            "voip/signalling/sip/proxy_address=0.0.0.0",
            "voip/signalling/sip/proxy_port=5060",
            "voip/services/msg_waiting_ind/voice_mail_number=1000",
            "personal_settings/greeting=Grüezi & willkommen <Büro>",
        ]
    );
    provisioned.world.stop().await;
}
