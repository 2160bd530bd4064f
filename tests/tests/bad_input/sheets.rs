//! Impossible sheets and clocks: recorded as found, said to be so, judged by nobody on the way.

use hattama_client_core::{RecordProgress, capture::Warning};
use hattama_proto::{
    id::{LineCode, UnitCode},
    kind::Kind,
    record::{Figure, ResultsProtocol},
    time::UnixMillis,
    wire::Verdict,
};
use hattama_tests::{
    in_every_world,
    world::{World, certified, code, invented},
};
use serde_json::{Value, json};

in_every_world![
    an_unknown_precinct_is_recorded_held_and_not_lost,
    sums_that_do_not_fit_are_recorded_as_found_and_said,
    a_figure_nobody_could_read_conflicts_with_nothing,
    ten_digits_are_absurd_and_kept,
    a_clock_in_1970_or_2099_refuses_nothing,
];

fn line(name: &str) -> LineCode {
    name.parse().unwrap()
}

fn figure(value: u64) -> Option<Figure> {
    Some(Figure::new(value).unwrap())
}

fn sheet(unit: &UnitCode) -> ResultsProtocol {
    invented(unit.clone(), certified(), 150, Vec::new())
}

/// What the only document of a unit says in a line.
fn reading(file: &Value, name: &str) -> Value {
    let reading = serde_json::to_string(&file["documents"][0]["reading"]).unwrap();
    file["documents"][0]["reading"]["lines"]
        .get(name)
        .unwrap_or_else(|| panic!("{reading}"))
        .clone()
}

fn an_unknown_precinct_is_recorded_held_and_not_lost(world: &World) {
    let phone = world.phone();
    let captured = phone.protocol_of(&sheet(&code("nowhere")), &[]).unwrap();
    assert!(captured.warnings.contains(&Warning::UnknownUnit("nowhere".into())), "{captured:?}");
    phone.sync();
    let item = phone.notebook().get(captured.record).unwrap();
    assert_eq!(item.progress, RecordProgress::Held);
    assert_eq!(item.reason.as_deref(), Some("unknown_unit"));
    assert!(phone.notebook().record_receipt(captured.record).unwrap().is_some());
    assert_eq!(world.wire().records(), [(captured.record, Some("unknown_unit".into()))]);
    let file = world.wire().get_json("/v1/units/nowhere");
    assert_eq!(file["entries"][0]["reason"], "unknown_unit");
    assert_eq!(file["documents"], json!([]));
}

fn sums_that_do_not_fit_are_recorded_as_found_and_said(world: &World) {
    let (phone, unit) = (world.phone(), world.country().precinct(0));
    let mut protocol = sheet(&unit);
    protocol.lines.insert(line("valid"), figure(899));
    let captured = phone.protocol_of(&protocol, &[]).unwrap();
    assert_eq!(captured.findings.len(), 1, "{:?}", captured.findings);
    phone.sync();
    let file = world.wire().get_json(&format!("/v1/units/{unit}"));
    assert_eq!(file["entries"][0]["standing"], "counted", "arithmetic never blocks");
    assert_eq!(reading(&file, "valid"), 899, "and never repairs");
    assert_eq!(file["documents"][0]["findings"][0]["relation"], "valid-is-votes");
}

fn a_figure_nobody_could_read_conflicts_with_nothing(world: &World) {
    let unit = world.country().precinct(0);
    let whole = sheet(&unit);
    let mut gaps = whole.clone();
    gaps.lines.insert(line("valid"), None);
    gaps.lines.remove(&line("invalid"));
    let phones = [(world.phone(), whole), (world.phone(), gaps)];
    for (number, (phone, protocol)) in phones.iter().enumerate() {
        let path = phone.scratch().join("photo");
        std::fs::write(&path, format!("photo {number}")).unwrap();
        let captured = phone.protocol_of(protocol, &[path]).unwrap();
        let missing = Warning::RequiredLineMissing("invalid".into());
        assert_eq!(captured.warnings.contains(&missing), number == 1, "{captured:?}");
        phone.sync();
    }
    let file = world.wire().get_json(&format!("/v1/units/{unit}"));
    assert_eq!(file["documents"].as_array().unwrap().len(), 1);
    assert_ne!(file["documents"][0]["state"], "mismatch", "{file}");
    assert_eq!(file["differences"], json!([]));
}

fn ten_digits_are_absurd_and_kept(world: &World) {
    let (phone, unit) = (world.phone(), world.country().precinct(0));
    let mut protocol = sheet(&unit);
    for (name, value) in [("voters", 9_999_999_999), ("valid", Figure::MAX)] {
        protocol.lines.insert(line(name), figure(value));
    }
    phone.protocol_of(&protocol, &[]).unwrap();
    phone.sync();
    let file = world.wire().get_json(&format!("/v1/units/{unit}"));
    assert_eq!(reading(&file, "voters"), 9_999_999_999_u64);
    assert_eq!(reading(&file, "valid"), Figure::MAX);

    // Sixteen digits cannot be typed; what somebody else's program signed is kept and held.
    let device = world.device(1);
    let good = device.say_at(0, None, hattama_proto::record::Body::Protocol(sheet(&unit)));
    let payload = good.text.split('.').nth(1).unwrap();
    let bytes = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, payload);
    let mut claims: Value = serde_json::from_slice(&bytes.unwrap()).unwrap();
    claims["body"]["lines"]["valid"] = json!(Figure::MAX + 1);
    let verdict = world.wire().push_one(&device.say_anything(Kind::Protocol, &claims));
    assert_eq!(
        (verdict.verdict, verdict.reason.as_deref()),
        (Verdict::Held, Some("unreadable_body"))
    );
}

fn a_clock_in_1970_or_2099_refuses_nothing(world: &World) {
    for (number, (year, wall)) in
        [("1970", UnixMillis(86_400_000)), ("2099", UnixMillis(4_080_000_000_000))]
            .iter()
            .enumerate()
    {
        let mut phone = world.blank_phone();
        phone.set_clock(*wall);
        phone.enrol(&world.invite(&hattama_proto::statement::Mandate::Everywhere));
        let unit = world.country().precinct(number);
        let captured = phone.protocol_of(&sheet(&unit), &[]).unwrap();
        assert!(captured.warnings.contains(&Warning::ClockAbsurd), "{year}: {captured:?}");
        phone.sync();
        let item = phone.notebook().get(captured.record).unwrap();
        assert_eq!(item.progress, RecordProgress::Acked, "{year}");
        let file = world.wire().get_json(&format!("/v1/units/{unit}"));
        assert_eq!(file["entries"][0]["standing"], "counted");
        let claimed = file["entries"][0]["claimed_at"].as_str().unwrap();
        assert!(claimed.starts_with(year), "what the device claimed is kept: {claimed}");
    }
    let received = world.wire().get_json("/v1/records")["records"][0]["received_at"].as_i64();
    assert!(received.unwrap() > 1_700_000_000_000, "headquarters has a clock of its own");
}
