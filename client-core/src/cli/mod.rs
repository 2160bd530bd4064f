//! The `hattama-observer` command line: one notebook, worked by hand.
//!
//! ```text
//! protocol not-obtained form incident correct     sign and keep; need no network
//! enrol sync follow                               talk to headquarters
//! list outbox receipts receipt messages           show what there is
//! ```
//!
//! What it promises:
//!
//! 1. Once a command has said "recorded", the record is on disk. What does not add up or is not
//!    known is said and never stands in the way.
//! 2. Exit codes tell who has to act; [`CliError`] lists them, `--help` prints them.
//! 3. An error is one sentence that says what to do, on stderr. Results are on stdout.

mod correct;
mod enrol;
mod error;
mod follow;
mod form;
mod incident;
mod list;
mod messages;
mod not_obtained;
mod open;
mod outbox;
mod output;
mod protocol;
mod qr;
mod receipt;
mod receipts;
mod recorded;
mod sync;
mod table;
mod values;
mod words;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use hattama_proto::id::ElectionId;

use self::error::CliError;

/// Printed below the list of commands.
const AFTER_HELP: &str = "\
Everything captured is on disk, signed, before the command ends; it needs no network. `sync` \
brings it to headquarters when there is one, as often as you like.

What is not usual on the paper is recorded as found: sums that do not fit, an unknown unit or line \
are said as warnings and never refused.

Exit codes:
  0  done
  1  something else went wrong
  2  your input: change the command or the file
  3  the network: headquarters cannot be reached or cannot answer now; nothing is lost, try again
  4  this device: the notebook's folder, its keys or its disk
  5  headquarters refused, or does not accept a record; the message says why";

/// An observer's notebook: captures protocols and incidents offline, brings them to headquarters.
#[derive(Debug, Parser)]
#[command(name = "hattama-observer", version, after_help = AFTER_HELP)]
struct Cli {
    #[command(flatten)]
    at: At,
    #[command(subcommand)]
    command: Command,
}

/// Flags of every command.
#[derive(Debug, Args)]
struct At {
    /// Folder of the notebook; one for each person
    #[arg(long, global = true, value_name = "DIR", env = "HATTAMA_NOTEBOOK")]
    notebook: Option<PathBuf>,
    /// The election, for capturing before the enrolment
    #[arg(long, global = true, value_name = "ID", env = "HATTAMA_ELECTION")]
    election: Option<ElectionId>,
    /// Print JSON for programs
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Enrol this notebook with an invitation
    Enrol(enrol::Enrol),
    /// Go on in the election that follows, without a new invitation
    Follow(follow::Follow),
    /// Record a results protocol: its figures and photographs
    Protocol(protocol::Protocol),
    /// Record that a copy could not be had, and why
    NotObtained(not_obtained::NotObtained),
    /// Record a checklist or another form
    Form(form::Form),
    /// Record an incident, under a key that cannot be linked with your protocols
    Incident(incident::Incident),
    /// Record that an earlier record was wrong and what it should have said; both stay
    Correct(correct::Correct),
    /// Show what waits to be sent, and what stands in the way
    Outbox,
    /// Send what waits, and say what headquarters answered
    Sync(sync::Sync),
    /// Show which records have receipts, or write receipts into a folder
    Receipts(receipts::Receipts),
    /// Say what one receipt proves, or hand it on: as a file, or as QR codes
    Receipt(receipt::OneReceipt),
    /// List the records of this notebook, newest first
    List(list::List),
    /// Show what headquarters wrote to you, newest first
    Messages(messages::Messages),
}

/// Runs the command that `arguments` ask for, the program's name first.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors to clap; a closed pipe is none to us.
            let _closed = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let at = &cli.at;
    let done = match cli.command {
        Command::Enrol(enrol) => enrol.run(at),
        Command::Follow(follow) => follow.run(at),
        Command::Protocol(protocol) => protocol.run(at),
        Command::NotObtained(missing) => missing.run(at),
        Command::Form(form) => form.run(at),
        Command::Incident(incident) => incident.run(at),
        Command::Correct(correct) => correct.run(at),
        Command::Outbox => outbox::run(at),
        Command::Sync(sync) => sync.run(at),
        Command::Receipts(receipts) => receipts.run(at),
        Command::Receipt(receipt) => receipt.run(at),
        Command::List(list) => list.run(at),
        Command::Messages(messages) => messages.run(at),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !matches!(error, CliError::Closed) {
                output::note(&format!("hattama-observer: {error}"));
            }
            ExitCode::from(error.exit_code())
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_and_every_flag_is_explained() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            for argument in command.get_arguments() {
                let (of, flag) = (command.get_name(), argument.get_id());
                assert!(argument.get_help().is_some(), "{of} {flag}");
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
