//! What a capture and an opening cost on this machine, for `bench phone`: takes commands from standard
//! input, so that several of these can be asked in turn.
//!
//! ```text
//! notebook FOLDER plain|encrypted     opens it, or makes it
//! commit PHOTO                        captures a protocol with it; the time
//! fill RECORDS PHOTOS                 captures so many protocols with so many files in all
//! open                                closes and opens the notebook; the time
//! peak                                the most memory this process had
//! ```
//!
//! Each answers with one number: microseconds, bytes, or 0. `bindings/python/measure.py` and
//! `MeasureTest.kt` speak the same.

use std::{
    io::{BufRead as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use hattama_client_core::{
    AtRest, Notebook, NotebookOptions, Pictures,
    capture::{PhotoInput, ProtocolDraft},
    vault::{KeyVault, VaultError},
};
use zeroize::Zeroizing;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut state = State { opened: None, notebook: None };
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let answer = state.carry_out(&words)?;
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

struct State {
    opened: Option<(PathBuf, NotebookOptions)>,
    notebook: Option<Notebook>,
}

impl State {
    fn carry_out(&mut self, words: &[&str]) -> Result<u128, Failure> {
        match words {
            ["notebook", folder, kept] => {
                self.opened = Some((PathBuf::from(folder), options(*kept == "encrypted")?));
                self.open(Pictures::Make)?;
                Ok(0)
            }
            ["commit", photo] => {
                let photos = vec![PhotoInput { path: PathBuf::from(photo), page: 1 }];
                let draft = ProtocolDraft { photos, ..draft()? };
                let begun = Instant::now();
                self.notebook()?.capture_protocol(draft)?;
                Ok(begun.elapsed().as_micros())
            }
            ["fill", records, photos] => {
                self.fill(records.parse()?, photos.parse()?)?;
                Ok(0)
            }
            ["open"] => {
                self.notebook = None;
                self.open(Pictures::Make)
            }
            ["peak"] => Ok(peak()),
            _ => Err(format!("unknown: {words:?}").into()),
        }
    }

    fn notebook(&self) -> Result<&Notebook, Failure> {
        Ok(self.notebook.as_ref().ok_or("no notebook is open")?)
    }

    /// Opens it.
    fn open(&mut self, pictures: Pictures) -> Result<u128, Failure> {
        let (folder, options) = self.opened.clone().ok_or("no notebook was named")?;
        self.notebook = None;
        let begun = Instant::now();
        self.notebook = Some(Notebook::open(&folder, NotebookOptions { pictures, ..options })?);
        Ok(begun.elapsed().as_micros())
    }

    fn fill(&mut self, records: usize, photos: usize) -> Result<(), Failure> {
        self.open(Pictures::Skip)?;
        let scratch = std::env::temp_dir().join(format!("measure-{}", std::process::id()));
        std::fs::create_dir_all(&scratch)?;
        let mut made = 0;
        for record in 0..records {
            let mut draft = draft()?;
            let until = photos * (record + 1) / records;
            for (page, number) in (1..).zip(made..until) {
                let path = scratch.join(number.to_string());
                std::fs::write(&path, format!("photograph {number}"))?;
                draft.photos.push(PhotoInput { path, page });
            }
            made = until;
            self.notebook()?.capture_protocol(draft)?;
        }
        std::fs::remove_dir_all(&scratch)?;
        self.open(Pictures::Make)?;
        Ok(())
    }
}

fn draft() -> Result<ProtocolDraft, Failure> {
    let mut draft = ProtocolDraft::new("101".parse()?, "protocol".parse()?, "certified".parse()?);
    for (line, figure) in [("found", 960_u32), ("valid", 954), ("invalid", 6)] {
        draft.lines.insert(line.parse()?, Some(figure.into()));
    }
    Ok(draft)
}

fn options(encrypted: bool) -> Result<NotebookOptions, Failure> {
    let election = Some("measured".parse()?);
    Ok(match encrypted {
        false => NotebookOptions { election, ..NotebookOptions::default() },
        true => NotebookOptions {
            election,
            vault: Some(Arc::new(Flip)),
            at_rest: AtRest::Encrypted,
            ..NotebookOptions::default()
        },
    })
}

/// A vault that answers as fast as hardware does, and hides nothing: what is measured is the notebook.
struct Flip;

impl KeyVault for Flip {
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        Ok(plain.iter().map(|byte| byte ^ 0x5a).collect())
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        Ok(Zeroizing::new(wrapped.iter().map(|byte| byte ^ 0x5a).collect()))
    }
}

/// The most memory this process had, in bytes; 0 where the system does not say.
fn peak() -> u128 {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u128>().ok());
    kib.unwrap_or(0) * 1024
}
