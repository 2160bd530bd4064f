//! The night as figures, as a table and as a plot.

use std::fmt::Write as _;

use super::{
    super::{Outcome, per_second},
    Left, LeftOfBooks, Night,
    check::Found,
    plot,
    tally::{Event, Row, Series, at},
};

/// Everybody came back.
pub(super) struct Storm {
    /// When, from the beginning of the night.
    pub(super) begun_ms: u64,
    /// What waited then: records, thumbnails, previews, originals.
    pub(super) waiting: [i64; 4],
    /// Until all records were in.
    pub(super) records_ms: u64,
    /// Until everything was.
    pub(super) all_ms: u64,
    /// What waits still.
    pub(super) left: [i64; 4],
}

/// All that is known of a night.
pub(super) struct Told<'a> {
    pub(super) night: &'a Night,
    pub(super) left: Vec<Left>,
    pub(super) left_of_books: LeftOfBooks,
    pub(super) storm: Storm,
    pub(super) found: Found,
    /// Processor time of headquarters and of the load, in seconds; the largest process, in bytes.
    pub(super) used: (f64, f64, u64),
    /// Photographs that were removed to keep to the room.
    pub(super) removed: u64,
}

/// Writes table and plot where that is asked, and tells the figures.
pub(super) fn report(told: &Told<'_>) -> Outcome {
    let (options, rows) = (&told.night.options, told.night.tally.rows());
    let table = table(told, &rows);
    eprintln!("\n{table}");
    if let Some(path) = &options.table {
        std::fs::write(path, &table).expect("the table's folder is there");
    }
    if let Some(path) = &options.plot {
        let drawn = plot::draw(told, &rows);
        std::fs::write(path, drawn).expect("the plot's folder is there");
    }
    figures(told, &rows)
}

fn figures(told: &Told<'_>, rows: &[Row]) -> Outcome {
    let (night, storm, found) = (told.night, &told.storm, &told.found);
    let mut outcome = Outcome::new("night");
    let in_night = row_of(told, night.options.night_ms()).min(rows.len());
    let from_storm = row_of(told, storm.begun_ms).min(rows.len());
    let (before, after) = (&rows[..in_night], &rows[from_storm..]);
    let sum = |rows: &[Row], event| rows.iter().map(|row| row.count(event)).sum::<u64>();
    let took = std::time::Duration::from_millis(night.options.night_ms());
    let captured = sum(before, Event::Captured);
    let accepted = sum(before, Event::Accepted);
    outcome.figure("captured_per_s", per_second(captured, took));
    outcome.figure("accepted_per_s", per_second(accepted, took));
    outcome.figure("accepted_over_captured", share(accepted, captured));
    let named = [
        ("push", Series::Push),
        ("capture_to_receipt", Series::Record),
        ("capture_to_thumbnail", Series::Thumbnail),
        ("capture_to_preview", Series::Preview),
        ("capture_to_original", Series::Original),
        ("page", Series::Page),
        ("compare", Series::Compare),
        ("compare_behind", Series::CompareBehind),
        ("overview_behind", Series::OverviewBehind),
    ];
    for (name, series) in named {
        for percent in [50, 95, 99, 100] {
            if let Some(ms) = at(before.iter(), series, percent) {
                outcome.figure(format!("{name}_p{percent}_ms"), ms);
            }
        }
    }
    outcome.figure("storm_records", real(storm.waiting[0]));
    outcome.figure("storm_records_in_s", seconds(storm.records_ms));
    outcome.figure("storm_records_left", real(storm.left[0]));
    outcome.figure("storm_everything_in_s", seconds(storm.all_ms));
    let looked = [
        ("storm_push_p99_ms", Series::Push),
        ("storm_page_p99_ms", Series::Page),
        ("storm_compare_p99_ms", Series::Compare),
        ("storm_compare_behind_p99_ms", Series::CompareBehind),
    ];
    for (name, series) in looked {
        if let Some(ms) = at(after.iter(), series, 99) {
            outcome.figure(name, ms);
        }
    }
    outcome.figure("storm_refused", count(sum(after, Event::Refused)));
    outcome.figure("storm_broken", count(sum(after, Event::Broken)));
    outcome.figure("cut", count(sum(rows, Event::Cut)));
    outcome.figure("refused", count(sum(rows, Event::Refused)));
    outcome.figure("broken", count(sum(rows, Event::Broken)));
    outcome.figure("pages_failed", count(sum(rows, Event::PageFailed)));
    let fair = fairness(told);
    outcome.figure("originals_fairness", fair);
    let unsent: usize = told.left.iter().map(|phone| phone.unsent).sum();
    outcome.figure("left_on_phones", count((unsent + told.left_of_books.unsent) as u64));
    let alarms: usize = told.left.iter().map(|phone| phone.alarms).sum();
    outcome.figure("alarms_on_phones", count((alarms + told.left_of_books.alarms) as u64));
    let receipts: usize = told.left.iter().map(|phone| phone.receipts.len()).sum();
    outcome
        .figure("receipts_on_phones", count((receipts + told.left_of_books.receipts.len()) as u64));
    outcome.figure("log_entries", count(found.entries));
    outcome.figure("lost_records", count(found.lost_records));
    outcome.figure("lost_photos", count(found.lost_photos));
    outcome.figure("records_without_receipt", count(found.unpromised));
    outcome.figure("entries_astray", count(found.entries_astray));
    outcome.figure("fsck_wrong", count(found.wrong.len() as u64));
    outcome.figure("fsck_s", found.fsck_s);
    outcome.figure("headquarters_cpu_s", told.used.0);
    outcome.figure("load_cpu_s", told.used.1);
    outcome.figure("largest_process_mb", count(told.used.2) / 1e6);
    for wrong in &found.wrong {
        eprintln!("fsck: {wrong}");
    }

    outcome.at_least("accepted_over_captured", 0.99);
    outcome.at_most("capture_to_receipt_p99_ms", 10_000.0);
    outcome.at_most("compare_behind_p99_ms", 5_000.0);
    // It is shown for one to five seconds.
    outcome.at_most("overview_behind_p99_ms", 10_000.0);
    outcome.at_least("originals_fairness", 0.9);
    // No phone waits longer than a quarter of an hour after a shutdown.
    outcome.at_most("storm_records_in_s", 900.0);
    // A wait that ended before they were all in says nothing of how long it takes.
    outcome.at_most("storm_records_left", 0.0);
    for nothing in
        ["lost_records", "lost_photos", "entries_astray", "fsck_wrong", "alarms_on_phones"]
    {
        outcome.at_most(nothing, 0.0);
    }
    outcome
}

/// How evenly the originals of phones came in until the shutdown: Jain's index over the share of each
/// phone's originals that was in. 1 is all alike; 1/n is one phone alone. Those of the last minute are
/// left out: they could not be in yet.
fn fairness(told: &Told<'_>) -> f64 {
    let until = told.night.options.night_ms();
    let asked = until.saturating_sub(told.night.options.row_ms().min(until / 2));
    let shares = told.left.iter().filter_map(|phone| {
        let due = || phone.originals.iter().filter(|(captured, _)| *captured < asked);
        let done = due().filter(|(_, done)| done.is_some_and(|at| at < until)).count();
        (due().count() > 0).then(|| share(done as u64, due().count() as u64))
    });
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for share in shares {
        (n, sum, squares) = (n + 1.0, sum + share, squares + share * share);
    }
    if squares > 0.0 { sum * sum / (n * squares) } else { 0.0 }
}

fn table(told: &Told<'_>, rows: &[Row]) -> String {
    let (options, storm) = (&told.night.options, &told.storm);
    let mut text = format!(
        "{} processes, {} phones ({} whole notebooks besides), {} records a second for {} minutes; \
         nobody there for {} s; then {} records at once.\n\n",
        options.processes,
        options.phones,
        options.notebooks,
        options.per_second,
        options.minutes,
        options.shutdown,
        storm.waiting[0]
    );
    text.push_str(
        "| from | captured/s | accepted/s | push p50, p99, ms | receipt p95, p99, s | thumbnail p99, s \
         | preview p99, s | original p99, s | waiting: records | thumbnails | previews | originals \
         | pages p99, ms | compare p99, ms | compare behind p99, ms | overview behind p99, ms \
         | cut | broken, refused |\n",
    );
    text.push_str(&format!("|{}\n", "---|".repeat(18)));
    let row_s = count(options.row_ms()) / 1000.0;
    for (number, row) in rows.iter().enumerate() {
        let from_s = number as u64 * options.row_ms() / 1000;
        let rate = |event| format!("{:.0}", count(row.count(event)) / row_s);
        let ms = |series, percent| words(row.at(series, percent), 1.0, 0);
        let s = |series, percent| words(row.at(series, percent), 1000.0, 1);
        let [records, thumbnails, previews, originals] = row.waiting;
        let _written = writeln!(
            text,
            "| {:02}:{:02} | {} | {} | {}, {} | {}, {} | {} | {} | {} | {records} | {thumbnails} \
             | {previews} | {originals} | {} | {} | {} | {} | {} | {}, {} |",
            from_s / 60,
            from_s % 60,
            rate(Event::Captured),
            rate(Event::Accepted),
            ms(Series::Push, 50),
            ms(Series::Push, 99),
            s(Series::Record, 95),
            s(Series::Record, 99),
            s(Series::Thumbnail, 99),
            s(Series::Preview, 99),
            s(Series::Original, 99),
            ms(Series::Page, 99),
            ms(Series::Compare, 99),
            ms(Series::CompareBehind, 99),
            ms(Series::OverviewBehind, 99),
            row.count(Event::Cut),
            row.count(Event::Broken),
            row.count(Event::Refused),
        );
    }
    let tally = &told.night.tally;
    let load = std::sync::atomic::Ordering::Relaxed;
    let _written = writeln!(
        text,
        "\nThe storm: records in after {:.1} s, everything after {:.1} s; left then: {:?}. \
         Photographs of virtual phones: {} with {:.2} GB, {} of them removed once receipted. \
         Troubles: {:?}.",
        seconds(storm.records_ms),
        seconds(storm.all_ms),
        storm.left,
        tally.photos.load(load),
        count(tally.photo_bytes.load(load)) / 1e9,
        told.removed,
        told.night.troubles.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
    );
    text
}

fn words(figure: Option<f64>, unit: f64, digits: usize) -> String {
    figure.map_or_else(String::new, |figure| format!("{:.digits$}", figure / unit))
}

/// The row that a moment lies in.
fn row_of(told: &Told<'_>, ms: u64) -> usize {
    usize::try_from(ms / told.night.options.row_ms()).expect("few rows")
}

fn share(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { count(part) / count(of) }
}

fn seconds(ms: u64) -> f64 {
    count(ms) / 1000.0
}

fn real(number: i64) -> f64 {
    number as f64
}

/// A count to calculate with: all of a night are far below 2^52.
pub(super) fn count(number: u64) -> f64 {
    number as f64
}
