//! What a newcomer reads when the play is over: where to look, what to try, how to end.

use std::{env, fmt::Write as _, path::Path};

use hattama_proto::{id::UnitCode, statement::Level};

use super::{DemoFolder, DemoHeadquarters, Summary};
use crate::exercise::{Exercise, story::Case};

/// The text after a whole play.
pub(super) fn after_the_play(
    folder: &DemoFolder,
    headquarters: &DemoHeadquarters,
    exercise: &Exercise,
    summary: &Summary,
) -> String {
    let hattama = program("hattama");
    let mut text = what_happened(summary);
    let mut write = |part: std::fmt::Arguments<'_>| {
        // Writing into a text cannot fail.
        let _always = text.write_fmt(part);
    };
    write(format_args!(
        "
Look in with a browser (the link lets you in: do not pass it on):
  {}

The totals of two regions are not what their precincts reported. Find them. Then perhaps
  {url}/units/{unit}
  {url}/incidents

",
        headquarters.entry(),
        url = headquarters.url(),
        unit = unit_of(exercise, Case::CopiesDiffer).unwrap_or(&exercise.official.nation.0),
    ));
    write(format_args!(
        "From another terminal:
  export HATTAMA_SERVER={} HATTAMA_TOKEN=$(cat {})
",
        headquarters.url(),
        folder.token().display()
    ));
    for (what, command) in suggestions(&hattama, folder, exercise) {
        write(format_args!("  {command}\n      {what}\n"));
    }
    write(format_args!(
        "
In {root}, {megabytes} MB; delete it when you are done:
  headquarters/    keys, store, photographs
  operator.token   opens headquarters
  setup/           the election set-up
  official/        what the commission published: {published}
  observers/       a notebook for each observer

Ctrl-C ends it. To go on later:
  {hattama} serve --folder {headquarters}",
        root = folder.root().display(),
        megabytes = folder.bytes() / 1_000_000,
        published = published(&folder.official()),
        headquarters = folder.headquarters().display(),
    ));
    text
}

/// A precinct in which this happens, if there is one.
fn unit_of(exercise: &Exercise, case: Case) -> Option<&UnitCode> {
    exercise.story.observed.iter().find(|(_, its)| **its == case).map(|(unit, _)| unit)
}

fn what_happened(summary: &Summary) -> String {
    format!(
        "
This is an EXERCISE. Regions and the size of the register are those of Kazakhstan in 2005;
candidates, figures, precinct numbers and everything that is reported are invented.

{} observers watched {} precincts and brought {} records and {} pictures, {} MB.
The log has {} entries. It took {:.0} seconds.
",
        summary.observers,
        summary.precincts,
        summary.records.values().sum::<usize>(),
        summary.photos,
        summary.bytes / 1_000_000,
        summary.log_size,
        summary.seconds,
    )
}

/// Commands worth trying, each with what it shows.
fn suggestions(
    hattama: &str,
    folder: &DemoFolder,
    exercise: &Exercise,
) -> Vec<(&'static str, String)> {
    let mut commands = Vec::new();
    for (case, what) in [
        (Case::CopiesDiffer, "a precinct whose posted sheet is not the copy that was handed out"),
        (Case::WrongPrecinct, "a protocol that its observer had filed under the neighbour"),
    ] {
        if let Some(unit) = unit_of(exercise, case) {
            commands.push((what, format!("{hattama} units show {unit}")));
        }
    }
    commands.push((
        "incidents that nobody has looked at yet",
        format!("{hattama} incidents --state received"),
    ));
    commands.push(("what arrived first", format!("{hattama} records --limit 5")));
    if let Some(observer) = exercise.story.observers.first() {
        let notebook = folder.observers().join(observer.person.as_str());
        let program = program("hattama-observer");
        commands.push((
            "the notebook of one observer",
            format!("{program} --notebook {} outbox", notebook.display()),
        ));
    }
    commands
}

/// The text after a play that was interrupted.
pub(super) fn in_the_middle(folder: &DemoFolder) -> String {
    format!(
        "
Stopped in the middle of the play. What has arrived is safe; the rest waits in the notebooks.
To look at what there is:
  {} serve --folder {}
Then, to bring in what an observer still has:
  {} --notebook {} sync",
        program("hattama"),
        folder.headquarters().display(),
        program("hattama-observer"),
        folder.observers().join("NAME").display()
    )
}

fn published(folder: &Path) -> String {
    let files = Level::ALL.map(|level| format!("{}.csv", level.name()));
    let there: Vec<_> = files.into_iter().filter(|file| folder.join(file).exists()).collect();
    there.join(", ")
}

/// How to call a program from here: as it lies beside this one, else through cargo.
fn program(name: &str) -> String {
    let beside = env::current_exe().ok().map(|this| this.with_file_name(name));
    let there = beside.filter(|path| path.is_file());
    there.map_or_else(
        || format!("cargo run --quiet --bin {name} --"),
        |path| {
            let here = env::current_dir().unwrap_or_default();
            path.strip_prefix(&here).unwrap_or(&path).display().to_string()
        },
    )
}
