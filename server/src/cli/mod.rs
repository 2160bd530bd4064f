//! The `hattama` command line: making and serving a headquarters, and its operators' daily work.
//!
//! ```text
//! init, user, serve, migrate, doctor, roster, unseal      work on a data folder
//! backup, restore                                         the same
//! invite devices vault messages records units incidents   talk to a running headquarters
//! official entries compare deadlines release publish       the same
//! export sample estimate forensics                        the same
//! verify, fsck, account, evidence --folder                work on files, offline
//! witness                                                 for a second organisation: a folder of its own
//! ```
//!
//! What it promises:
//!
//! 1. Exit codes tell who has to act; [`CliError`] lists them, `--help` prints them.
//! 2. An error is one sentence that says what to do, on stderr. Results are on stdout.
//! 3. Nothing that came from outside can steer the terminal: control characters are not printed.

mod access;
mod account;
mod agent;
mod api;
mod backup;
mod bundle;
mod compare;
mod deadlines;
mod devices;
mod doctor;
mod entries;
mod error;
mod estimate;
mod evidence;
mod export;
mod forensics;
mod fork;
mod fsck;
mod incidents;
mod init;
mod invite;
mod log;
mod logging;
mod messages;
mod migrate;
mod official;
mod output;
mod publish;
mod qr;
mod records;
mod release;
mod restore;
mod roster;
mod sample;
mod serve;
mod table;
mod tls;
mod unit_file;
mod units;
mod unseal;
mod user;
mod vault;
mod verify;
mod witness;

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

pub use self::error::CliError;

/// Printed below the list of commands.
const AFTER_HELP: &str = "\
Begin with `hattama init`, then `hattama serve`, then `hattama invite`.

Exit codes:
  0  done
  1  something else went wrong, or a check by `verify`, `account`, `migrate`, `doctor`,
     `backup`, `restore` or `fsck` failed
  2  your input: change the command or the file
  3  the network: headquarters cannot be reached or cannot answer now; try again
  4  this machine: the folder, its database, a key or the port
  5  headquarters refused; the message says why

Environment:
  HATTAMA_SERVER, HATTAMA_TOKEN, HATTAMA_CERTIFICATE  for the commands that talk to headquarters
  HATTAMA_FOLDER, HATTAMA_LISTEN, HATTAMA_LOG         for `init`, `serve` and `fsck`
  HATTAMA_FOLDER, HATTAMA_MIGRATE_TO                  for `migrate`
  HATTAMA_FOLDER, HATTAMA_BACKUP                      for `backup`; HATTAMA_BACKUP for `restore`
  HATTAMA_DATABASE, HATTAMA_BLOBS                     where records and photographs are kept
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY            for photographs in a bucket (s3://)
A flag goes before the environment, the environment before the folder's hattama.toml.";

/// Headquarters of an election observation: takes what observers send, keeps it, shows it.
#[derive(Debug, Parser)]
#[command(name = "hattama", version, after_help = AFTER_HELP, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a headquarters: folder, keys, store, election set-up, operator token
    Init(init::Init),
    /// Accounts of people: roles, sessions, tokens, who did what; on the folder with --folder
    User(Box<user::User>),
    /// Serve a headquarters until Ctrl-C
    Serve(serve::Serve),
    /// Move an organisation's store to another database, of either engine
    Migrate(migrate::Migrate),
    /// Open photographs that phones sealed, with a key that was kept elsewhere
    Unseal(unseal::Unseal),
    /// Back a headquarters up while it is served, sealed to keys that are kept offline
    Backup(backup::Backup),
    /// Make a headquarters out of a backup, in a new place
    Restore(Box<restore::Restore>),
    /// Carry registrations over to a second round
    Roster(roster::Roster),
    /// Say whether a headquarters keeps what it acknowledges, and what to type if not
    Doctor(doctor::Doctor),
    /// Invite one observer, for one device
    Invite(invite::Invite),
    /// List enrolled devices, or revoke one
    Devices(devices::Devices),
    /// Who holds the vault of names, and how two open it
    Vault(vault::Vault),
    /// What was sent to observers, and sending more
    Messages(messages::Messages),
    /// List records, show one, or decide about one
    Records(records::Records),
    /// List units of the register, or show what is known of one
    Units(units::Units),
    /// List incidents, show one, or take a step with one
    Incidents(Box<incidents::Incidents>),
    /// Carry the log's checkpoints to witnesses by file
    Log(log::Log),
    /// Observers' figures from a spreadsheet
    Entries(entries::Entries),
    /// What the commission published
    Official(official::Official),
    /// Where did the numbers change? The published figures of each level against those below
    Compare(compare::Compare),
    /// What the law sets a time for, and how much of it is left
    Deadlines(deadlines::Deadlines),
    /// Make findings public: one publisher proposes, another confirms
    Release(release::Release),
    /// A frozen site of one release: pages, JSON, hashes and proof, as a folder
    Publish(publish::Publish),
    /// Figures and the comparison as files: CSV, NIST SP 1500-100
    Export(export::Export),
    /// A random sample of precincts: its size, the draw, the draw again
    Sample(sample::Sample),
    /// What is known and what is not: coverage, bounds, quick count
    Estimate(estimate::Estimate),
    /// Indicators over all precincts, for analysts
    Forensics(forensics::Forensics),
    /// Write everything about one record into one zip that anybody can check, for a court
    Evidence(evidence::Evidence),
    /// Check records, receipts and evidence bundles offline, without trusting headquarters
    Verify(verify::Verify),
    /// Show what became of every record: received = counted + set aside + undecided
    Account(account::Account),
    /// Watch logs of others: cosign what continues, refuse what does not
    Witness(witness::WitnessCommand),
    /// Check a whole log and store offline: every entry, tile, signature and file
    Fsck(fsck::Fsck),
}

/// Runs the command that `arguments` ask for, the program's name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are errors to clap; a closed pipe is none to us.
            let _closed = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let done = match cli.command {
        Command::Init(init) => init.run(),
        Command::User(user) => user.run(),
        Command::Serve(serve) => serve.run(),
        Command::Migrate(migrate) => migrate.run(),
        Command::Unseal(unseal) => unseal.run(),
        Command::Backup(backup) => backup.run(),
        Command::Restore(restore) => restore.run(),
        Command::Roster(roster) => roster.run(),
        Command::Doctor(doctor) => doctor.run(),
        Command::Invite(invite) => invite.run(),
        Command::Devices(devices) => devices.run(),
        Command::Vault(vault) => vault.run(),
        Command::Messages(messages) => messages.run(),
        Command::Records(records) => records.run(),
        Command::Units(units) => units.run(),
        Command::Incidents(incidents) => incidents.run(),
        Command::Log(log) => log.run(),
        Command::Entries(entries) => entries.run(),
        Command::Official(official) => official.run(),
        Command::Compare(compare) => compare.run(),
        Command::Deadlines(deadlines) => deadlines.run(),
        Command::Release(release) => release.run(),
        Command::Publish(publish) => publish.run(),
        Command::Export(export) => export.run(),
        Command::Sample(sample) => sample.run(),
        Command::Estimate(estimate) => estimate.run(),
        Command::Forensics(forensics) => forensics.run(),
        Command::Evidence(evidence) => evidence.run(),
        Command::Verify(verify) => verify.run(),
        Command::Account(account) => account.run(),
        Command::Witness(witness) => witness.run(),
        Command::Fsck(fsck) => fsck.run(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !matches!(error, CliError::Closed) {
                eprintln!("hattama: {}", output::printable(&error.to_string()));
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
                assert!(
                    argument.get_help().is_some(),
                    "{} {}",
                    command.get_name(),
                    argument.get_id()
                );
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
