//! Pages of answers, and phones that are on them.

use ipp_core::region::Region;
use ipp_examples::fleet::{Kind, Phone};
use serde_json::Value;

use super::{World, mac, phone};

/// The items of a page.
pub(crate) fn items(page: &Value) -> &[Value] {
    page["items"].as_array().unwrap()
}

/// Asks again until the answer is as it must become.
pub(crate) async fn until(ask: impl AsyncFn() -> Value, good: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    for _ in 0..200 {
        last = ask().await;
        if good(&last) {
            return last;
        }
        tokio::task::yield_now().await;
    }
    panic!("that never came: {last:#}")
}

/// A phone that is enrolled and registered.
pub(crate) async fn registered(world: &World, index: u32, region: &Region) -> Phone {
    let user = world.user(&format!("{}", 3000 + index), region, Some("secret")).await;
    let mut phone = Phone::new(phone(index, Kind::Generic));
    world.device(&phone, &user).await;
    phone.boot(&world.region_url(region)).await.unwrap();
    phone.keep_alive().await.unwrap();
    phone
}

pub(crate) async fn id_of(world: &World, phone: &Phone) -> String {
    world.record(mac(phone)).await.unwrap().device.value.id.to_string()
}
