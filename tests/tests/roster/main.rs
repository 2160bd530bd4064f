//! The people in the field: names apart, plans, phones, drills, the telephone. Over real HTTP, on both
//! engines.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod arrivals;
mod carry_over;
mod drill;
mod hardware;
mod lost_phone;
mod messages;
mod names;
mod pages;
mod plan;
mod telephone;
mod vault;

use hattama_server::{access::Scope, config::Config, folder::DataFolder, store::Db};
use hattama_tests::{
    engine::OPENED_AT,
    world::{Answer, Ending, Wire, World, block_on, hire, hire_within},
};
use serde_json::{Value, json};

/// Makes two tests of each `fn(&mut World)`: on SQLite and on PostgreSQL.
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { hattama_tests::world::on_sqlite(|world| super::$name(world)) })+
        }
        mod postgres {
            $(#[test] fn $name() { hattama_tests::world::on_postgres(|world| super::$name(world)) })+
        }
    };
}
pub(crate) use on_both_engines;

/// A passphrase that is long enough.
pub(crate) const FIRST: &str = "seven herons over the lake";
pub(crate) const SECOND: &str = "nine larks above the field";
pub(crate) const THIRD: &str = "one crane beside the river";

/// The store of a headquarters that does not run.
pub(crate) async fn store(world: &World) -> Db {
    let folder = DataFolder::open(world.data()).unwrap();
    let config = Config::load(&folder.config()).unwrap();
    Db::open(&config.database_url(&folder).unwrap(), OPENED_AT).await.unwrap()
}

/// Further accounts, beside `op`; what each asks with.
pub(crate) fn accounts(world: &mut World, names: &[&str]) -> Vec<Wire> {
    world.end(Ending::InOrder);
    block_on(async {
        let db = store(world).await;
        for name in names {
            let token = format!("token-of-{name}");
            hire(&db, name, &token, OPENED_AT).await;
        }
        db.close().await;
    });
    world.start();
    names.iter().map(|name| Wire::to(world.address(), &format!("token-of-{name}"))).collect()
}

/// Accounts limited to an organisation and a region; what each asks with.
pub(crate) fn limited(world: &mut World, who: &[(&str, Option<&str>, Option<&str>)]) -> Vec<Wire> {
    world.end(Ending::InOrder);
    block_on(async {
        let db = store(world).await;
        for (name, org, region) in who {
            let scope = Scope { org: org.map(str::to_owned), region: region.map(str::to_owned) };
            hire_within(&db, name, &format!("token-of-{name}"), &scope, OPENED_AT).await;
        }
        db.close().await;
    });
    world.start();
    who.iter().map(|(name, ..)| Wire::to(world.address(), &format!("token-of-{name}"))).collect()
}

/// Posts and expects 200.
pub(crate) fn done(wire: &Wire, path: &str, body: &Value) -> Value {
    let answer = wire.post(path, body);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

/// The code of a refusal.
pub(crate) fn refused(answer: &Answer) -> String {
    assert!(answer.status >= 400, "{}", answer.text());
    answer.json()["code"].as_str().unwrap().to_owned()
}

/// Invites somebody called `label`; their pseudonym and the invitation's text.
pub(crate) fn invite(wire: &Wire, label: &str, unit: &str) -> (String, String) {
    let body = json!({
        "label": label, "org": "watchers", "mandate": {"units": [unit]}, "valid_hours": 5,
    });
    let invited = done(wire, "/v1/invitations", &body);
    let text = |name: &str| invited[name].as_str().unwrap().to_owned();
    (text("person"), text("invitation"))
}

/// A vault of `aigul` and `daniyar`, with `marat` as coordinator of region 0.
pub(crate) fn make_vault(world: &mut World) -> [Wire; 3] {
    let [aigul, daniyar, marat]: [Wire; 3] =
        accounts(world, &["aigul", "daniyar", "marat"]).try_into().unwrap();
    for (wire, passphrase) in [(&aigul, FIRST), (&daniyar, SECOND), (&marat, THIRD)] {
        done(wire, "/v1/vault/passphrase", &json!({"passphrase": passphrase}));
    }
    let body = json!({
        "holders": ["aigul", "daniyar"],
        "coordinators": [{"account": "marat", "org": "watchers", "region": "0"}],
    });
    done(&aigul, "/v1/vault", &body);
    [aigul, daniyar, marat]
}
