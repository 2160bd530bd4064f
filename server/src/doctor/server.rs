//! Whether a PostgreSQL server keeps what it has said it has. Pure.

use crate::store::facts::{Distance, ServerFacts};

use super::finding::Finding;

/// The oldest version that the tests run on, as the server counts.
const VERSION_MIN: i64 = 150_000;

/// How far two clocks may be apart before somebody should know, in milliseconds.
const CLOCKS_APART_MS: i64 = 5_000;

/// Judges a server.
pub(super) fn server(facts: &ServerFacts) -> Vec<Finding> {
    vec![
        version(facts),
        durability(facts),
        torn_pages(facts),
        commits(facts),
        role(facts),
        encoding(facts),
        checksums(facts),
        isolation(facts),
        sessions(facts),
        way(facts),
        clock(facts),
    ]
}

fn version(facts: &ServerFacts) -> Finding {
    let about = "version";
    if facts.version_number >= VERSION_MIN {
        return Finding::sound(about, format!("PostgreSQL {}", facts.version));
    }
    Finding::will_lose(
        about,
        format!("PostgreSQL {} is older than 15; nobody has tested what it keeps", facts.version),
        "upgrade the server to PostgreSQL 15 or later (pg_upgrade)",
    )
}

fn durability(facts: &ServerFacts) -> Finding {
    let about = "fsync";
    if facts.fsync {
        return Finding::sound(about, "commits are made to reach the disk");
    }
    Finding::will_lose(
        about,
        "fsync is off: after a power cut the whole database may be unreadable, with everything \
         that was acknowledged",
        "alter system set fsync = on; select pg_reload_conf();",
    )
}

fn torn_pages(facts: &ServerFacts) -> Finding {
    let about = "full_page_writes";
    if facts.full_page_writes {
        return Finding::sound(about, "a page that a power cut tears can be mended");
    }
    Finding::will_lose(
        about,
        "full_page_writes is off: a page that a power cut tears is lost, with the records on it",
        "alter system set full_page_writes = on; select pg_reload_conf();",
    )
}

fn commits(facts: &ServerFacts) -> Finding {
    let about = "synchronous_commit";
    let level = &facts.synchronous_commit;
    if level != "off" {
        return Finding::sound(about, format!("sessions of headquarters have {level}"));
    }
    Finding::will_lose(
        about,
        "synchronous_commit stays off although headquarters asked for on: a commit is answered \
         before it is on the disk. Something between here and the server keeps sessions' settings \
         back, such as a pooler",
        "connect to the server directly, or: alter system set synchronous_commit = on; \
         select pg_reload_conf();",
    )
}

fn role(facts: &ServerFacts) -> Finding {
    let about = "role";
    if facts.follows_another {
        return Finding::will_lose(
            about,
            "the server only follows another one (hot standby): nothing can be stored on it",
            "name the primary in the database's address",
        );
    }
    if facts.reads_only_by_default {
        return Finding::to_know(
            about,
            "sessions read only by default; headquarters asks for writing by itself, so that a \
             database that was set so on purpose is written to",
            "alter database NAME reset default_transaction_read_only;",
        );
    }
    Finding::sound(about, "the server takes writes")
}

fn encoding(facts: &ServerFacts) -> Finding {
    let about = "encoding";
    if facts.encoding == "UTF8" {
        return Finding::sound(about, "UTF8");
    }
    Finding::will_lose(
        about,
        format!(
            "the database is encoded as {}: a signed text may come back as another",
            facts.encoding
        ),
        "create database NAME encoding 'UTF8' template template0;",
    )
}

fn checksums(facts: &ServerFacts) -> Finding {
    let about = "checksums";
    if facts.checksums {
        return Finding::sound(about, "pages carry checksums");
    }
    Finding::to_know(
        about,
        "pages carry no checksums: what a disk alters is noticed only when a record is verified",
        "stop the server, then: pg_checksums --enable -D DATA",
    )
}

fn isolation(facts: &ServerFacts) -> Finding {
    Finding::sound(
        "isolation",
        format!("{} by default; headquarters says per transaction what it needs", facts.isolation),
    )
}

fn sessions(facts: &ServerFacts) -> Finding {
    let about = "sessions";
    let free = facts.sessions_max - facts.sessions_of_others;
    let seen = format!(
        "{} of {} sessions are free of others; headquarters opens up to {}",
        free.max(0),
        facts.sessions_max,
        facts.sessions_wanted
    );
    if free >= facts.sessions_wanted {
        return Finding::sound(about, seen);
    }
    Finding::to_know(
        about,
        format!("{seen}: requests may have to wait or to come back"),
        "alter system set max_connections = 100; then restart the server",
    )
}

fn way(facts: &ServerFacts) -> Finding {
    let about = "way to the server";
    match (facts.distance, facts.encrypted) {
        (_, true) => Finding::sound(about, "encrypted, and the server's certificate verified"),
        (Distance::Socket, false) => Finding::sound(about, "a socket of this machine"),
        (Distance::Loopback, false) => Finding::sound(about, "the loopback network, plain"),
        (Distance::Network, false) => Finding::to_know(
            about,
            "a network, unencrypted because the address says so: whoever is on it can read who is \
             who, and can change what is stored",
            "replace sslmode=disable in the address by sslmode=verify-full, with \
             sslrootcert=FILE if the certificate comes from an authority of your own",
        ),
    }
}

fn clock(facts: &ServerFacts) -> Finding {
    let about = "server's clock";
    let apart = facts.clock_ahead_ms.abs() - facts.clock_doubt_ms;
    if apart <= CLOCKS_APART_MS {
        return Finding::sound(about, "agrees with this machine's");
    }
    let ahead = if facts.clock_ahead_ms > 0 { "ahead of" } else { "behind" };
    Finding::to_know(
        about,
        format!("the server's clock is {} s {ahead} this machine's; one is wrong", apart / 1000),
        "timedatectl set-ntp true, on both machines",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::{Level, keeps_evidence};

    /// Makes one thing of a good server worse.
    type Change = fn(&mut ServerFacts);

    fn good() -> ServerFacts {
        ServerFacts {
            version_number: 150_004,
            version: "15.4".to_owned(),
            encoding: "UTF8".to_owned(),
            fsync: true,
            full_page_writes: true,
            synchronous_commit: "on".to_owned(),
            checksums: true,
            follows_another: false,
            reads_only_by_default: false,
            isolation: "read committed".to_owned(),
            sessions_max: 97,
            sessions_of_others: 3,
            sessions_wanted: 8,
            distance: Distance::Loopback,
            encrypted: false,
            clock_ahead_ms: 40,
            clock_doubt_ms: 1,
            log: None,
        }
    }

    /// What is found beside what is sound.
    fn found(facts: &ServerFacts) -> Vec<(Level, &'static str)> {
        let notable = server(facts).into_iter().filter(|finding| finding.level > Level::Sound);
        notable
            .map(|finding| {
                assert!(finding.mend.is_some(), "{} says what to do", finding.about);
                (finding.level, finding.about)
            })
            .collect()
    }

    #[test]
    fn a_server_as_it_should_be_is_sound_in_everything() {
        assert_eq!(found(&good()), []);
    }

    #[test]
    fn whatever_gives_up_durability_would_lose_evidence() {
        let cases: [(Change, &str); 6] = [
            (|facts| facts.fsync = false, "fsync"),
            (|facts| facts.full_page_writes = false, "full_page_writes"),
            (|facts| facts.synchronous_commit = "off".to_owned(), "synchronous_commit"),
            (|facts| facts.follows_another = true, "role"),
            (|facts| facts.encoding = "SQL_ASCII".to_owned(), "encoding"),
            (|facts| facts.version_number = 140_011, "version"),
        ];
        for (spoil, about) in cases {
            let mut facts = good();
            spoil(&mut facts);
            assert_eq!(found(&facts), [(Level::WillLose, about)]);
            assert!(!keeps_evidence(&server(&facts)));
        }
    }

    #[test]
    fn what_is_only_to_be_known_stops_nobody() {
        let cases: [(Change, &str); 5] = [
            (|facts| facts.reads_only_by_default = true, "role"),
            (|facts| facts.checksums = false, "checksums"),
            (|facts| facts.sessions_of_others = 95, "sessions"),
            (|facts| facts.distance = Distance::Network, "way to the server"),
            (|facts| facts.clock_ahead_ms = -3_600_000, "server's clock"),
        ];
        for (spoil, about) in cases {
            let mut facts = good();
            spoil(&mut facts);
            assert_eq!(found(&facts), [(Level::ToKnow, about)]);
            assert!(keeps_evidence(&server(&facts)));
        }
    }

    #[test]
    fn a_higher_level_of_commits_is_left_alone_and_a_slow_answer_is_no_wrong_clock() {
        for level in ["local", "remote_write", "remote_apply"] {
            let facts = ServerFacts { synchronous_commit: level.to_owned(), ..good() };
            assert_eq!(found(&facts), []);
        }
        let facts = ServerFacts { clock_ahead_ms: 8_000, clock_doubt_ms: 4_000, ..good() };
        assert_eq!(found(&facts), []);
    }
}
