//! The demonstration: a headquarters on this machine and observers who play an exercise to it.
//!
//! ```text
//! exercise (story, figures, what was published) ──┐
//! observer (a real notebook each) ──HTTP──> headquarters ──> summary, farewell
//!                                              └── operator (its API: publications, invitations,
//!                                                  decisions, incidents)
//! ```
//!
//! Promises: everything crosses real sockets and lands in real files of one folder; whenever it is
//! interrupted, `hattama serve` opens what it leaves; one seed plays one story; what the summary
//! says was asked of headquarters and not of the story.

mod clock;
pub mod command;
mod error;
mod farewell;
mod folder;
mod headquarters;
mod observer;
mod operator;
mod play;
mod progress;
mod review;
mod schedule;
mod stop;
mod summary;
mod voice;

use std::{path::PathBuf, process::ExitCode, time::Instant};

pub use self::{
    error::DemoError, folder::DemoFolder, headquarters::DemoHeadquarters,
    observer::observer_options, summary::Summary,
};
use self::{
    observer::Cast, operator::Operator, play::Play, progress::Progress, stop::Stop, voice::say,
};
use crate::exercise::Exercise;

/// The port of a headquarters that is not told otherwise, as `hattama init` has it.
pub const PORT: u16 = 8480;

/// What the demonstration is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many precincts are observed.
    pub precincts: usize,
    /// Where everything is put; a folder named after the time if none is given.
    pub folder: Option<PathBuf>,
    /// The port to serve on; 0 for any.
    pub port: u16,
    /// What happens after the play.
    pub afterwards: Afterwards,
    /// Chooses the story.
    pub seed: u64,
    /// Where the store is; a file of SQLite in the folder if none is given.
    pub database: Option<String>,
    /// Where headquarters keeps photographs; a folder beside the store if none is given.
    pub blobs: Option<String>,
}

/// What happens after the play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Afterwards {
    /// Headquarters serves until it is told to stop.
    Serve,
    /// A summary is printed and headquarters ends.
    Exit,
}

/// Exit code of a program that Ctrl-C ended before it was done.
const INTERRUPTED: u8 = 130;

/// Runs the demonstration. Blocks until it is over.
pub fn run(options: &Options) -> Result<ExitCode, DemoError> {
    let started = Instant::now();
    let folder = DemoFolder::make(options.folder.as_deref())?;
    say("EXERCISE: invented candidates, invented figures. Nothing here happened.");
    say(&format!("Everything is put into {}", folder.root().display()));
    let headquarters = DemoHeadquarters::make(&folder, options)?;
    say(&format!(
        "Headquarters is serving at {} - look in already, or wait for the play to end:\n  {}",
        headquarters.url(),
        headquarters.entry(),
    ));
    let played = play(options, &folder, &headquarters).and_then(|exercise| {
        exercise.map(|exercise| Ok((exercise, headquarters.summary(started)?))).transpose()
    });
    let code = match (&played, options.afterwards) {
        (Ok(Some((_, summary))), Afterwards::Exit) => {
            say(&summary.to_json());
            ExitCode::SUCCESS
        }
        (Ok(Some((exercise, summary))), Afterwards::Serve) => {
            say(&farewell::after_the_play(&folder, &headquarters, exercise, summary));
            headquarters.stop().wait();
            ExitCode::SUCCESS
        }
        (Ok(None), _) => {
            say(&farewell::in_the_middle(&folder));
            ExitCode::from(INTERRUPTED)
        }
        (Err(_), _) => ExitCode::FAILURE,
    };
    headquarters.end();
    played.map(|_| code)
}

/// Plays the whole story; none if it was told to stop before the end.
fn play(
    options: &Options,
    folder: &DemoFolder,
    headquarters: &DemoHeadquarters,
) -> Result<Option<Exercise>, DemoError> {
    let stop = headquarters.stop();
    let progress = Progress::new();
    let operator = Operator::of(headquarters);
    let exercise = progress
        .spin("inventing the election", || Exercise::invent(options.seed, options.precincts));
    if stop.is_set() {
        return Ok(None);
    }
    progress.spin("archiving what the commission published", || {
        operator.archive_all(&exercise.official, &folder.official())
    })?;
    let cast = Cast::of(&exercise.story, &folder.observers());
    let play = Play::new(&exercise, &cast, &operator, folder, stop);
    let done = play.enrol(&progress)?
        && play.acts(&progress)?
        && play.late(&progress)?
        && play.review(&progress)?;
    cast.close();
    Ok(done.then_some(exercise))
}
