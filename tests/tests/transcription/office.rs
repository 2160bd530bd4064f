//! People at headquarters, and documents for them to type.

use hattama_proto::{
    id::{CopyType, PhotoHash, RecordId},
    record::{Body, Figure, Photo, PhotoRole},
};
use hattama_server::{app::Headquarters, config::Config, folder::DataFolder, store::Db};
use hattama_tests::world::{
    Answer, Device, Ending, Wire, World, block_on, certified, code, invented, open_patiently,
};
use serde_json::{Value, json};

/// The votes that one observer typed, and another: no other number of a test looks like them.
pub(crate) const TYPED: u64 = 70_707_070;
/// See [`TYPED`].
pub(crate) const MISTYPED: u64 = 80_808_080;

/// Gives these people accounts. Headquarters is started anew for it.
pub(crate) fn hire(world: &mut World, names: &[&str]) {
    world.end(Ending::InOrder);
    block_on(async {
        let folder = DataFolder::open(world.data()).unwrap();
        let config = Config::load(&folder.config()).unwrap();
        let url = config.database_url(&folder).unwrap();
        let now = hattama_server::clock::system();
        let db = Db::open(&url, now).await.unwrap();
        for name in names {
            hattama_tests::world::hire(&db, name, name, now).await;
        }
        db.close().await;
    });
    world.start();
}

/// A person at headquarters: their token is their name.
pub(crate) struct Person {
    wire: Wire,
    pub(crate) name: &'static str,
}

impl Person {
    pub(crate) fn of(world: &World, name: &'static str) -> Self {
        Self { wire: Wire::to(world.address(), name), name }
    }

    /// The seat that they have, else the next one: item and number of the seat.
    pub(crate) fn next(&self) -> Option<(String, u64)> {
        let answer = self.wire.post("/v1/transcriptions/next", &json!({}));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let seat = answer.json();
        Some((seat["item"].as_str()?.to_owned(), seat["seat"].as_u64().unwrap()))
    }

    pub(crate) fn see(&self, item: &str) -> Answer {
        self.wire.get(&format!("/v1/transcriptions/{item}"))
    }

    /// Sends an entry under an id that follows from `entry`.
    pub(crate) fn send(&self, item: &str, entry: u64, reading: &Value) -> Answer {
        let id = format!("01080000-0000-7000-8000-{entry:012x}");
        let body = json!({"id": id, "reading": reading});
        self.wire.post(&format!("/v1/transcriptions/{item}/entries"), &body)
    }

    /// Takes the next item, types it and tells the state it came to.
    pub(crate) fn type_next(&self, entry: u64, reading: &Value) -> (String, String) {
        let (item, _) = self.next().expect("something waits");
        let answer = self.send(&item, entry, reading);
        assert_eq!(answer.status, 200, "{}: {}", self.name, answer.text());
        (item, answer.json()["state"].as_str().unwrap().to_owned())
    }

    pub(crate) fn wire(&self) -> &Wire {
        &self.wire
    }
}

/// Figures of the small country's form: voters, then the votes of the first choice.
pub(crate) fn figures(voters: u64, heron: impl Into<Option<u64>>) -> Value {
    let heron: Option<u64> = heron.into();
    json!({
        "shows": "figures",
        "lines": {"voters": voters, "invalid": 1, "valid": 12},
        "contests": {"president": {"heron": heron, "lark": 3, "crane": 4}},
    })
}

/// A photograph of an original that stays on its phone, and the preview that comes.
fn photos(number: u64) -> Vec<Photo> {
    let original = Device::photo(format!("original {number}").as_bytes(), PhotoRole::Original);
    let bytes = format!("preview {number}").into_bytes();
    let preview = Device::photo(&bytes, PhotoRole::Preview);
    vec![original, preview]
}

/// Sends a protocol with a photograph, whose preview arrives; tells its id.
pub(crate) fn bring(
    world: &World,
    device: &mut Device,
    (unit, copy): (&str, CopyType),
    heron: u64,
    number: u64,
) -> RecordId {
    let mut protocol = invented(code(unit), copy, 5, photos(number));
    let votes = protocol.contests.values_mut().next().unwrap();
    votes.insert("heron".parse().unwrap(), Some(Figure::new(heron).unwrap()));
    let signed = device.say(Body::Protocol(protocol));
    world.wire().push_one(&signed);
    let preview = format!("preview {number}").into_bytes();
    world.wire().put(&PhotoHash::of(&preview), &preview).unwrap();
    signed.id
}

/// Two observers typed one certified copy differently, each with a photograph.
pub(crate) fn mismatch(world: &World, unit: &str, number: u64) -> [RecordId; 2] {
    let (mut one, mut other) = (world.device(2 * number), world.device(2 * number + 1));
    [
        bring(world, &mut one, (unit, certified()), TYPED, 2 * number),
        bring(world, &mut other, (unit, certified()), MISTYPED, 2 * number + 1),
    ]
}

/// The only document of a unit.
pub(crate) fn document(world: &World, unit: &str) -> Value {
    let file = world.wire().get_json(&format!("/v1/units/{unit}"));
    let documents = file["documents"].as_array().unwrap();
    assert_eq!(documents.len(), 1, "{file}");
    documents[0].clone()
}

/// Works with the stopped headquarters' own desk.
pub(crate) fn at_the_desk<T>(world: &mut World, work: impl AsyncFnOnce(&Headquarters) -> T) -> T {
    world.end(Ending::InOrder);
    let folder = world.data().to_owned();
    let done = block_on(async {
        let headquarters = open_patiently(&folder).await;
        let done = work(&headquarters).await;
        headquarters.close().await;
        done
    });
    world.start();
    done
}
