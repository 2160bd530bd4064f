//! What a newcomer reads when the play is over: where to look, what to try, how to end.

use std::{env, fmt::Write as _, path::Path};

use hattama_proto::statement::Level;

use super::{DemoFolder, DemoHeadquarters, Summary};
use crate::exercise::{Exercise, story::Case};

/// The text after a whole play.
pub(super) fn after_the_play(
    folder: &DemoFolder,
    headquarters: &DemoHeadquarters,
    exercise: &Exercise,
    summary: &Summary,
) -> String {
    let (hattama, observer) = (program("hattama"), program("hattama-observer"));
    let access = format!("--server {} --token-file {}", headquarters.url(), folder.token().display());
    let shown = |case: Case| {
        let observed = exercise.story.observed.iter().find(|(_, its)| **its == case);
        observed.map(|(unit, _)| unit.to_string())
    };
    let records: usize = summary.records.values().sum();
    let mut text = format!(
        "
This is an EXERCISE: the map is that of Kazakhstan in 2005; candidates, figures, precinct numbers
and everything that is reported are invented.

{observers} observers brought {records} records and {photos} pictures ({megabytes} MB) of
{precincts} precincts in {seconds:.0} s. Everything stands in the log, which has {log} entries.

Look in with a browser (the link lets you in, so do not pass it on):
  {entry}

The regional totals of two regions are not what their precincts reported. Find them.
",
        observers = summary.observers,
        photos = summary.photos,
        megabytes = summary.bytes / 1_000_000,
        precincts = summary.precincts,
        seconds = summary.seconds,
        log = summary.log_size,
        entry = headquarters.entry(),
    );
    let mut commands = Vec::new();
    if let Some(unit) = shown(Case::CopiesDiffer) {
        commands.push((
            "a precinct whose posted sheet is not the copy that was handed out",
            format!("{hattama} units show {unit} {access}"),
        ));
    }
    if let Some(unit) = shown(Case::WrongPrecinct) {
        commands.push((
            "a precinct whose observer tapped the neighbour, and what was decided",
            format!("{hattama} units show {unit} {access}"),
        ));
    }
    commands.push((
        "what nobody has looked at yet",
        format!("{hattama} incidents --state received {access}"),
    ));
    commands.push(("what arrived first", format!("{hattama} records --limit 5 {access}")));
    if let Some(observer_1) = exercise.story.observers.first() {
        let notebook = folder.observers().join(observer_1.person.as_str());
        commands.push((
            "the notebook of one observer",
            format!("{observer} --notebook {} outbox", notebook.display()),
        ));
    }
    text.push_str("\nOr from another terminal:\n");
    for (what, command) in commands {
        // Writing into a text cannot fail.
        let _always = write!(text, "  # {what}\n  {command}\n");
    }
    let _always = write!(
        text,
        "
Where everything lies, in {root}:
  headquarters/    keys, store, photographs, log
  operator.token   opens headquarters
  setup/           the election set-up
  official/        what the commission published: {published}
  observers/       a notebook for each observer

Ctrl-C ends it. To go on later:
  {hattama} serve --folder {hq}
",
        root = folder.root().display(),
        published = published(&folder.official()),
        hq = folder.headquarters().display(),
    );
    text
}

/// The text after a play that was interrupted.
pub(super) fn in_the_middle(folder: &DemoFolder) -> String {
    format!(
        "Stopped in the middle of the play. What has arrived is safe; the rest waits in the \
         observers' notebooks.\nTo look at what there is:\n  {} serve --folder {}",
        program("hattama"),
        folder.headquarters().display()
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
