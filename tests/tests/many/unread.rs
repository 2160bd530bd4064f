//! What one process logged, another takes over by its hashes; for what it gives a receipt for, it has read
//! the bytes.

use hattama_proto::{
    kind::Role,
    problem::ProblemCode,
    wire::{PushRequest, StatusRequest},
};
use hattama_tests::world::{Device, Signed, block_on, code};
use tokio_postgres::NoTls;

use super::house::House;

fn logged_at(house: &House, number: usize, device: &mut Device, seed: u64) -> Signed {
    let signed = device.protocol(code("0-0-0"), seed);
    let verdict = house.wire(number).unwrap().push_with_key(&signed, device);
    assert!(verdict.receipt.is_some(), "{:?}", verdict.reason);
    signed
}

fn asked(device: &Device, signed: &[&Signed]) -> StatusRequest {
    let records = signed.iter().map(|signed| signed.id).collect();
    StatusRequest { kid: device.kid(), records, photos: Vec::new() }
}

/// The first entry is taken over by the second process before it logs its own. Then its bytes change, as
/// they would if whoever wrote them had been killed before it read them.
#[test]
fn no_process_gives_a_receipt_for_bytes_of_another_that_are_not_what_was_signed() {
    let Some(house) = House::open() else { return };
    let (mut one, mut other) = (house.device(1, Role::Results), house.device(2, Role::Results));
    let [first, spoilt, last] = [1, 2, 3].map(|seed| logged_at(&house, 0, &mut one, seed));
    logged_at(&house, 1, &mut other, 4);
    block_on(async {
        let (client, connection) = house.database().connect(NoTls).await.unwrap();
        tokio::spawn(async move { connection.await.ok() });
        let spoil = format!(
            "set session_replication_role = replica;
             update record set jws = reverse(jws) where record_id = '{}'",
            spoilt.id.to_hex()
        );
        client.batch_execute(&spoil).await.unwrap();
    });
    let second = house.wire(1).unwrap();
    let reply = second.status(&asked(&one, &[&last, &first])).unwrap();
    assert_eq!(reply.records.len(), 2, "what was not spoilt has its receipt");

    let refused = second.status(&asked(&one, &[&last, &spoilt, &first])).unwrap_err();
    assert_eq!((refused.code, refused.status), (ProblemCode::LogStopped, 503));
    // It has seen it: nothing more is acknowledged there.
    let next = PushRequest {
        records: vec![other.protocol(code("0-0-0"), 5).text],
        ..PushRequest::default()
    };
    assert_eq!(second.push(&next).unwrap_err().code, ProblemCode::LogStopped);
}
