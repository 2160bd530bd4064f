//! Two network namespaces and a pair of devices between them, and how all of it goes away again.
//!
//! ```text
//! bench links ── sh: waits for the end of its input, then removes both namespaces
//!      └─ ip netns exec ─ python3: opens the devices ─ exec ─> bench links-inside: phones, emulator
//!                                                                   └─ ip netns exec: hattama serve
//! ```
//!
//! A device between namespaces is opened by a call that Rust has only where `unsafe` is allowed. The crates
//! for it that are alive turn on further parts of `libc`, and everything that leans on it would be compiled
//! anew for a benchmark; so a program of six lines in Python, which the tests use elsewhere too, opens them,
//! puts them in the place of its input and output, and becomes the benchmark. No such line carries anything
//! else than packets from then on: what is found goes into a file.

use std::{
    fs::File,
    io,
    os::fd::AsFd as _,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

/// The phones' own address.
pub(super) const PHONES: &str = "10.99.255.1";

/// Opens both devices as input and output, then becomes the program that is named.
const DEVICES: &str = r#"
import fcntl, os, struct, sys
for place, name in enumerate((b"phones", b"headquarters")):
    device = os.open("/dev/net/tun", os.O_RDWR)
    # TUNSETIFF; IFF_TUN and IFF_NO_PI: packets and nothing before them.
    fcntl.ioctl(device, 0x400454CA, struct.pack("16sH22x", name, 0x1001))
    os.dup2(device, place)
os.execv(sys.argv[1], sys.argv[1:])
"#;

/// Ends whatever runs in the namespaces that are named, and removes them, once its input ends.
const KEEPER: &str = r#"
trap '' HUP INT TERM
while read -r _; do :; done
for name in "$@"; do
    for process in $(ip netns pids "$name" 2>/dev/null); do kill -9 "$process" 2>/dev/null; done
    ip netns del "$name" 2>/dev/null
done
"#;

/// The namespaces, until it is dropped or its process ends in whatever way.
pub(super) struct Ground {
    phones: String,
    headquarters: String,
    input: Option<ChildStdin>,
    keeper: Child,
}

impl Ground {
    /// Makes both namespaces; a sentence where that is not possible here.
    pub(super) fn make() -> Result<Self, String> {
        if !cfg!(target_os = "linux") {
            return Err("links are made of namespaces and devices that only Linux has".to_owned());
        }
        if !Path::new("/dev/net/tun").exists() {
            return Err("there is no /dev/net/tun, of which the links are made".to_owned());
        }
        for program in ["ip", "python3", "openssl", "sh"] {
            if Command::new(program).arg("--help").output().is_err() {
                return Err(format!("{program} is not installed"));
            }
        }
        let own = std::process::id();
        let (phones, headquarters) = (format!("hattama-{own}-phones"), format!("hattama-{own}-hq"));
        let mut keeper = Command::new("sh");
        keeper.args(["-c", KEEPER, "sh", &phones, &headquarters]);
        keeper.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // Its own group, so that an interrupt from the terminal leaves it time to clean up.
        std::os::unix::process::CommandExt::process_group(&mut keeper, 0);
        let mut keeper = keeper.spawn().map_err(|error| format!("sh does not start: {error}"))?;
        let ground = Self { input: keeper.stdin.take(), phones, headquarters, keeper };
        for name in [&ground.phones, &ground.headquarters] {
            ip(&["netns", "add", name]).map_err(|error| {
                format!("network namespaces cannot be made, which takes being root: {error}")
            })?;
        }
        Ok(ground)
    }

    /// Runs this program again inside, with these words; it writes what it found into the file.
    ///
    /// # Panics
    /// If it does not end well: it has said why.
    pub(super) fn run(&self, words: &[String], found: &Path) {
        let own = std::env::current_exe().expect("this program is a file");
        // As many connections as the system lets us hold.
        let raise = r#"ulimit -n "$(ulimit -H -n)"; exec "$@""#;
        let ended = Command::new("ip")
            .args(["netns", "exec", &self.phones, "sh", "-c", raise, "sh"])
            .args(["python3", "-c", DEVICES])
            .arg(own)
            .arg("links-inside")
            .arg(&self.headquarters)
            .arg(found)
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .expect("ip is there");
        assert!(ended.success(), "between the namespaces it ended with {ended}");
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        // The end of its input tells the keeper.
        drop(self.input.take());
        let _ended = self.keeper.wait();
    }
}

/// The devices, as they were handed over, brought up: the phones' first.
pub(super) fn devices(headquarters: &str) -> io::Result<(File, File)> {
    let phones = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    let theirs = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    ip(&["link", "set", "lo", "up"])?;
    ip(&["link", "set", "phones", "up"])?;
    ip(&["address", "add", &format!("{PHONES}/32"), "dev", "phones"])?;
    ip(&["route", "add", "10.99.0.0/24", "dev", "phones"])?;
    ip(&["link", "set", "headquarters", "netns", headquarters])?;
    let there = |words: &[&str]| ip(&[&["-n", headquarters], words].concat());
    there(&["link", "set", "lo", "up"])?;
    there(&["link", "set", "headquarters", "up"])?;
    there(&["route", "add", &format!("{PHONES}/32"), "dev", "headquarters"])?;
    // Headquarters answers at every address of the links.
    there(&["route", "add", "local", "10.99.0.0/24", "dev", "lo"])?;
    Ok((phones, theirs))
}

/// A command that runs beside the links, in headquarters' namespace.
pub(super) fn at_headquarters(namespace: &str, program: &Path) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", namespace]).arg(program);
    command
}

/// A certificate of headquarters and its key, as PEM files in `folder`, and what phones pin of it.
pub(super) fn certificate(folder: &Path) -> io::Result<(PathBuf, PathBuf, String)> {
    let (chain, key) = (folder.join("chain.pem"), folder.join("key.pem"));
    let mut request = Command::new("openssl");
    request.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]);
    request.args(["-nodes", "-days", "2", "-subj", "/CN=links.test"]);
    request.args(["-addext", "subjectAltName=DNS:links.test", "-keyout"]).arg(&key);
    succeed(request.arg("-out").arg(&chain))?;
    let mut show = Command::new("openssl");
    let der = succeed(show.args(["x509", "-outform", "DER", "-in"]).arg(&chain))?;
    let digest = ring::digest::digest(&ring::digest::SHA256, &der);
    Ok((chain, key, hattama_proto::id::to_hex(digest.as_ref())))
}

fn ip(words: &[&str]) -> io::Result<()> {
    succeed(Command::new("ip").args(words)).map(drop)
}

fn succeed(command: &mut Command) -> io::Result<Vec<u8>> {
    let said = command.stdin(Stdio::null()).output()?;
    if said.status.success() {
        return Ok(said.stdout);
    }
    let why = String::from_utf8_lossy(&said.stderr).trim().to_owned();
    Err(io::Error::other(format!("{}: {why}", command.get_program().to_string_lossy())))
}
