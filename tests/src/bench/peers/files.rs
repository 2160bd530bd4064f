//! Servers that keep files: the same photographs to each, four at once.

use std::time::Duration;

use super::{
    load::{Timed, drive, sync_disk},
    running::Running,
    syncs,
    tree::Used,
};
use crate::bench::{client::Connection, photos::photo};

/// Size of a photograph, in bytes, as phones send them.
pub(super) const BYTES: usize = 2_000_000;
/// Connections; one request each at a time, as `bench photos` has them.
const CONNECTIONS: usize = 4;
/// Files over one connection whose waits for the disk are counted.
const ALONE: usize = 8;
/// Longest that one kind of upload is measured for.
const LIMIT: Duration = Duration::from_secs(30);

/// How a file is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// First its place is made, then its bytes follow: what clients that resume do.
    ThenBytes,
    /// Place and bytes in one request.
    AtOnce,
}

/// A file that was acknowledged.
pub(super) struct Upload {
    /// Where the server says that it is.
    pub(super) place: String,
}

/// What a measurement needs of a server that keeps files.
pub(super) trait FileServer: Sync {
    /// Its processes.
    fn running(&self) -> &Running;

    /// Sends one file; returns once it is acknowledged as whole.
    fn upload(&self, connection: &mut Connection, bytes: &[u8], how: How) -> Upload;

    /// Asks for the file of this number and length again.
    fn read_back(
        &self,
        connection: &mut Connection,
        number: usize,
        upload: &Upload,
        length: usize,
    ) -> Vec<u8>;
}

/// What one server did.
pub(super) struct Measured {
    pub(super) files: Timed,
    /// What the disk still had to do after the last file was acknowledged.
    pub(super) behind: Duration,
    pub(super) used: Used,
    /// The same in one request, where there is such a way.
    pub(super) at_once: Option<Timed>,
    /// Waits for the disk of one file; none where not counted.
    pub(super) syncs_each: Option<f64>,
}

/// Whether a server takes a file in one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ways {
    One,
    Both,
}

/// The photographs of a measurement, by number: some that do not count, those of the load, and those
/// that come alone. Where a file can be sent in two ways, the second is sent others of the same size.
pub(super) const fn photographs(files: usize) -> usize {
    CONNECTIONS + files + ALONE
}

/// One photograph: no two have a byte sequence in common that a server could make use of.
pub(super) fn picture(number: usize) -> Vec<u8> {
    photo(number, BYTES)
}

/// Sends everything to a new server: a file on each connection that does not count, the load, the
/// load in the other way, and files of which nothing else is under way, which are read back.
pub(super) fn measure(server: &dyn FileServer, files: usize, ways: Ways) -> Measured {
    let tree = server.running().tree();
    send(server, 0, CONNECTIONS, How::ThenBytes);
    sync_disk();
    let (timed, used) = tree.watched(|| send(server, CONNECTIONS, files, How::ThenBytes));
    let behind = sync_disk();
    let at_once = (ways == Ways::Both).then(|| send(server, CONNECTIONS, files, How::AtOnce));
    sync_disk();
    let syncs_each = one_after_the_other(server, CONNECTIONS + files);
    Measured { files: timed, behind, used, at_once, syncs_each }
}

/// Photographs are made when they are needed, so that a load does not hold them all; it is part of
/// what it costs, and the same for everybody.
fn send(server: &dyn FileServer, first: usize, count: usize, how: How) -> Timed {
    let address = server.running().address;
    drive(address, CONNECTIONS, count, LIMIT, |connection, number| {
        server.upload(connection, &picture(first + number), how);
        1
    })
}

/// Sends files alone over one connection, counts the waits for the disk, and reads them back.
fn one_after_the_other(server: &dyn FileServer, first: usize) -> Option<f64> {
    let address = server.running().address;
    let pictures: Vec<_> = (first..first + ALONE).map(picture).collect();
    let load = || -> Vec<Upload> {
        // A new one: servers close those that stood still, as while strace came.
        let mut connection = Connection::open(address);
        let send = |bytes: &Vec<u8>| server.upload(&mut connection, bytes, How::ThenBytes);
        pictures.iter().map(send).collect()
    };
    let (uploads, syncs) = syncs::counted(&server.running().tree(), load);
    let mut connection = Connection::open(address);
    for (number, (bytes, upload)) in pictures.iter().zip(&uploads).enumerate() {
        let back = server.read_back(&mut connection, first + number, upload, bytes.len());
        assert!(back == *bytes, "what was acknowledged can be read back");
    }
    syncs.map(|syncs| super::real(syncs) / super::real(uploads.len() as u64))
}
