//! Where did the numbers change? Asked of a country with a hundred thousand precincts, of which
//! three observers each brought a copy, after two levels were published.

use std::{collections::HashMap, fmt::Write as _, time::Instant};

use hattama_proto::{
    id::UnitCode,
    pack::{Pack, UnitKind},
    statement::Level,
    wire::PushRequest,
};
use hattama_server::{
    app::Headquarters,
    clock,
    compare::{Compared, Earlier, Official, Tree, UnitDigest, answer},
    forensics::{Precinct, integer::integer_percentages},
    merge::{CellKey, Cells},
    publishing::{Brought, Keep},
};
use tokio::runtime::Runtime;

use super::{Outcome, prepared::Prepared};

/// Documents, three of each precinct.
const RECORDS: u64 = 300_000;
const OBSERVERS: u64 = 3;
/// Records that come one after the other, each followed by the question.
const ONE_MORE: usize = 40;
/// Precincts whose shares are tested for whole percentages.
const TESTED: u64 = 95_000;

/// Figures of a level, by unit.
type Figures = HashMap<UnitCode, Cells>;

pub(super) fn run() -> Outcome {
    let mut outcome = Outcome::new("compare");
    let further = ONE_MORE as u64;
    let mut prepared = Prepared::with_register_for(RECORDS + further, OBSERVERS);
    prepared.grow(&mut outcome, RECORDS, |_, _| ());
    let runtime = Runtime::new().expect("threads");

    let hq = runtime.block_on(Headquarters::open(prepared.folder())).expect("it opens");
    let digests = runtime.block_on(hq.digests()).expect("every file is merged").read().clone();
    let pack = hq.book.read().pack.as_ref().clone();
    let (precincts, regions) = published(&digests, &pack);
    import(&mut outcome, &runtime, &hq, (Level::Precinct, &precincts));
    import(&mut outcome, &runtime, &hq, (Level::Region, &regions));
    in_memory(&mut outcome, &digests, &pack, &precincts, &regions);
    runtime.block_on(hq.close());
    drop(hq);

    let hq = runtime.block_on(Headquarters::open(prepared.folder())).expect("it opens");
    let begun = Instant::now();
    runtime.block_on(hq.comparison()).expect("it compares");
    outcome.figure("from_a_cold_store_s", begun.elapsed().as_secs_f64());
    outcome.at_most("from_a_cold_store_s", 4.0);
    after_one_more(&mut outcome, &runtime, &hq, &mut prepared);
    runtime.block_on(hq.close());

    whole_percentages(&mut outcome);
    outcome
}

/// What a commission would publish that reports what our copies say: all precincts, and regions
/// that are their sums.
fn published(digests: &HashMap<UnitCode, UnitDigest>, pack: &Pack) -> (Figures, Figures) {
    let mut sums: HashMap<UnitCode, HashMap<CellKey, u64>> = HashMap::new();
    let mut precincts = Figures::new();
    for digest in digests.values() {
        let is_precinct =
            pack.units.get(&digest.unit).is_some_and(|unit| unit.kind == UnitKind::Precinct);
        if !is_precinct || digest.figures.is_empty() {
            continue;
        }
        precincts.insert(digest.unit.clone(), digest.figures.clone());
        let region = pack.units.region_of(&digest.unit).expect("every precinct lies in a region");
        let sum = sums.entry(region.code.clone()).or_default();
        for (cell, figure) in digest.figures.iter() {
            *sum.entry(cell.clone()).or_default() += figure.unwrap_or(0);
        }
    }
    let total = |(unit, sum): (UnitCode, HashMap<CellKey, u64>)| {
        (unit, Cells::from_pairs(sum.into_iter().map(|(cell, figure)| (cell, Some(figure)))))
    };
    (precincts, sums.into_iter().map(total).collect())
}

fn import(
    outcome: &mut Outcome,
    runtime: &Runtime,
    hq: &Headquarters,
    (level, figures): (Level, &Figures),
) {
    let file = csv(figures).into_bytes();
    let brought = Brought { file, level, source: "bench".to_owned(), mapping: None };
    let begun = Instant::now();
    let published =
        runtime.block_on(hq.publish(brought, Keep::Archive, clock::system())).expect("it is read");
    let took = begun.elapsed().as_secs_f64();
    assert_eq!((published.units, published.left_out.len()), (figures.len(), 0));
    let name = format!("import_{}_s", level.name());
    if level == Level::Precinct {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        outcome.figure("imported_rows", figures.len() as f64);
        outcome.figure(name.clone(), took);
        outcome.at_most(&name, 3.0);
    }
}

fn csv(figures: &Figures) -> String {
    let first = figures.values().next().expect("there are figures");
    let columns: Vec<&CellKey> = first.iter().map(|(cell, _)| cell).collect();
    let mut text = String::from("unit");
    columns.iter().for_each(|cell| write!(text, ",{}", cell.name()).expect("memory"));
    text.push('\n');
    for (unit, cells) in figures {
        text.push_str(unit.as_str());
        for cell in &columns {
            let figure = cells.get(cell).map(|figure| figure.to_string()).unwrap_or_default();
            write!(text, ",{figure}").expect("memory");
        }
        text.push('\n');
    }
    text
}

fn in_memory(
    outcome: &mut Outcome,
    digests: &HashMap<UnitCode, UnitDigest>,
    pack: &Pack,
    precincts: &Figures,
    regions: &Figures,
) {
    let (nothing, before) = (Figures::new(), Earlier::new());
    let official = Official { levels: [precincts, &nothing, regions, &nothing] };
    let contest = &pack.election.contests[0];
    let begun = Instant::now();
    let tree = Tree::new(Compared { contest, official, digests, pack });
    let answer = answer(tree.nodes(), contest, [&before; 4]);
    outcome.figure("whole_comparison_s", begun.elapsed().as_secs_f64());
    outcome.at_most("whole_comparison_s", 1.0);
    assert!(answer.compared[0].1 > 50_000, "precincts were compared: {:?}", answer.compared);
}

fn after_one_more(
    outcome: &mut Outcome,
    runtime: &Runtime,
    hq: &Headquarters,
    prepared: &mut Prepared,
) {
    let mut times: Vec<f64> = (0..ONE_MORE)
        .map(|_| {
            let request = PushRequest { records: vec![prepared.one_more()], ..Default::default() };
            runtime.block_on(hq.push.push(request, None, clock::system())).expect("it is taken");
            let begun = Instant::now();
            runtime.block_on(hq.comparison()).expect("it compares");
            begun.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    outcome.figure("after_one_record_p50_ms", times[ONE_MORE / 2]);
    outcome.figure("after_one_record_longest_ms", times[ONE_MORE - 1]);
    outcome.at_most("after_one_record_longest_ms", 50.0);
}

/// Precincts of many sizes, as a country has them.
fn whole_percentages(outcome: &mut Outcome) {
    let precincts: Vec<Precinct> = (0..TESTED)
        .map(|number| {
            // Steps that share no factor with their range give every size and share.
            let registered = 100 + number * 7_919 % 2_900;
            let issued = registered * (300 + number * 104_729 % 690) / 1_000;
            let votes = issued * (200 + number * 15_485_863 % 790) / 1_000;
            Precinct { registered, issued, counted: issued, votes }
        })
        .collect();
    let begun = Instant::now();
    let found = integer_percentages(&precincts);
    outcome.figure("integer_percentages_95k_s", begun.elapsed().as_secs_f64());
    outcome.at_most("integer_percentages_95k_s", 10.0);
    assert!(found.precincts > TESTED / 2, "{}", found.precincts);
}
