//! Published tables of real elections, read by mappings and compared. The elections are not part of
//! the project; without them these tests are skipped aloud. A small extract of one is.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "official/bulgaria.rs"]
mod bulgaria;
#[path = "official/desk.rs"]
mod desk;
#[path = "official/pages.rs"]
mod pages;
#[path = "official/register.rs"]
mod register;
#[path = "official/russia.rs"]
mod russia;
#[path = "official/spb.rs"]
mod spb;

use std::path::{Path, PathBuf};

use hattama_tests::world::{Answer, Wire};

/// What is kept is kept by both engines.
macro_rules! on_both_engines {
    ($($module:ident::$name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test] fn $name() { hattama_tests::world::on_sqlite(super::$module::$name) })+
        }
        mod postgres {
            $(#[test] fn $name() { hattama_tests::world::on_postgres(super::$module::$name) })+
        }
    };
}

on_both_engines![
    pages::a_file_is_checked_archived_and_shown_against_the_one_before,
    desk::an_entry_of_a_table_is_written_once_and_a_mended_one_stands_beside_it,
];

/// A file or folder of the data beside the project; none, said aloud, where it is not there.
fn shared_data(name: &str) -> Option<PathBuf> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data").join(name);
    if file.exists() {
        return Some(file);
    }
    hattama_tests::skip(&format!("the shared data {name} is not here"));
    None
}

/// Sends a file and its mapping, as `curl -F` would.
fn bring(wire: &Wire, path: &str, file: &[u8], mapping: &str) -> Answer {
    let boundary = "a-boundary-of-this-test";
    let mut body = Vec::new();
    for (name, bytes) in [("mapping", mapping.as_bytes()), ("file", file)] {
        let head =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
        body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
    }
    body.extend(format!("--{boundary}--\r\n").into_bytes());
    let media_type = format!("multipart/form-data; boundary={boundary}");
    wire.send("POST", path, &[("content-type", &media_type)], &body).unwrap()
}
