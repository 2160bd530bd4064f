//! The figures of a run as two tables in Markdown, as they stand in `docs/performance.md`.

use super::{files, real, records};
use crate::bench::Outcome;

/// What servers of records did, by name.
pub(super) type Records = Vec<(&'static str, records::Measured)>;
/// What servers of files did, by name.
pub(super) type Files = Vec<(&'static str, files::Measured)>;

/// One figure: its name in the outcome, its head in the table, the number and its decimals.
type Cell = (&'static str, &'static str, Option<f64>, usize);

fn of_records(measured: &records::Measured) -> Vec<Cell> {
    let records::Measured { batches, used, singles, refused, syncs_each } = measured;
    let stored = real(batches.stored.max(1));
    vec![
        ("records_per_s", "records/s, 64 a request", Some(batches.per_second()), 0),
        ("batch_p50_ms", "p50, ms", Some(batches.percentile_ms(50)), 1),
        ("batch_p99_ms", "p99, ms", Some(batches.percentile_ms(99)), 1),
        ("cpu_us_per_record", "CPU, µs/record", Some(used.cpu_s * 1e6 / stored), 0),
        ("written_kb_per_record", "written, kB/record", Some(kilo(used.written_bytes) / stored), 1),
        ("peak_memory_mb", "memory, MB", Some(kilo(used.peak_bytes) / 1e3), 0),
        ("single_records_per_s", "records/s, 1 a request", Some(singles.per_second()), 0),
        ("single_p50_ms", "p50, ms", Some(singles.percentile_ms(50)), 1),
        ("single_p99_ms", "p99, ms", Some(singles.percentile_ms(99)), 1),
        ("syncs_per_record_alone", "syncs, a record alone", *syncs_each, 1),
        ("refused_records", "refused", Some(real(*refused)), 0),
    ]
}

fn of_files(measured: &files::Measured) -> Vec<Cell> {
    let files::Measured { files, behind, used, at_once, syncs_each } = measured;
    let (stored, each) = (real(files.stored.max(1)), real(files::BYTES as u64) / 1e6);
    vec![
        ("mb_per_s", "MB/s", Some(files.per_second() * each), 0),
        ("on_disk_mb_per_s", "until on disk", Some(files.per_second_with(*behind) * each), 0),
        ("p50_ms", "p50, ms", Some(files.percentile_ms(50)), 1),
        ("p99_ms", "p99, ms", Some(files.percentile_ms(99)), 1),
        (
            "at_once_mb_per_s",
            "MB/s, in one request",
            at_once.as_ref().map(|timed| timed.per_second() * each),
            0,
        ),
        ("cpu_ms_per_file", "CPU, ms/file", Some(used.cpu_s * 1e3 / stored), 1),
        (
            "written_mb_per_file",
            "written, MB/file",
            Some(kilo(used.written_bytes) / 1e3 / stored),
            1,
        ),
        ("peak_memory_mb", "memory, MB", Some(kilo(used.peak_bytes) / 1e3), 0),
        ("syncs_per_file_alone", "syncs, a file alone", *syncs_each, 1),
    ]
}

fn kilo(bytes: u64) -> f64 {
    real(bytes) / 1e3
}

/// Notes every figure and returns both tables.
pub(super) fn written(outcome: &mut Outcome, records: &Records, files: &Files) -> String {
    let records: Vec<_> = records.iter().map(|(name, one)| (*name, of_records(one))).collect();
    let files: Vec<_> = files.iter().map(|(name, one)| (*name, of_files(one))).collect();
    for (name, cells) in records.iter().chain(&files) {
        for (figure, _, value, _) in cells {
            if let Some(value) = value {
                outcome.figure(format!("{}_{figure}", key(name)), *value);
            }
        }
    }
    format!("{}\n{}", table("records", &records), table("files", &files))
}

/// The part of a figure's name that says whose it is: `@tus/server` is `tus_server`.
fn key(name: &str) -> String {
    let words = name.split(|sign: char| !sign.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_").to_lowercase()
}

fn table(what: &str, rows: &[(&str, Vec<Cell>)]) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let Some((_, first)) = rows.first() else { return String::new() };
    let heads = first.iter().map(|(_, head, ..)| (*head).to_owned());
    let mut text = line(std::iter::once(what.to_owned()).chain(heads).collect());
    text.push_str(&format!("|{}\n", "---|".repeat(first.len() + 1)));
    for (name, cells) in rows {
        let cells = cells.iter().map(|(.., value, decimals)| match value {
            Some(value) => grouped(&format!("{value:.decimals$}")),
            None => "-".to_owned(),
        });
        text.push_str(&line(std::iter::once((*name).to_owned()).chain(cells).collect()));
    }
    text
}

/// With a comma between thousands.
fn grouped(number: &str) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::{grouped, key};

    #[test]
    fn thousands_are_apart_and_decimals_stay() {
        let written = ["0", "12.5", "999", "1000", "11443", "1234567.8"].map(grouped);
        assert_eq!(written, ["0", "12.5", "999", "1,000", "11,443", "1,234,567.8"]);
    }

    #[test]
    fn a_name_of_a_server_becomes_a_part_of_a_figures_name() {
        let keys = ["@tus/server", "Hattama, SQLite", "rustus --force-fsync"].map(key);
        assert_eq!(keys, ["tus_server", "hattama_sqlite", "rustus_force_fsync"]);
    }
}
