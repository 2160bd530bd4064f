//! Two heads of a log that nothing joins, for `hattama verify`.

use std::path::Path;

use hattama_proto::tlog::{Fork, Hash, Verdict, VerifierKey};

use super::{
    CliError,
    error::whole,
    verify::{Checked, read_text},
};

/// What the file proves about the log of this key. It holds if it convicts.
pub(super) fn checked(
    path: &Path,
    text: &str,
    vkey: Option<&VerifierKey>,
    answer: Option<&Path>,
) -> Result<Checked, CliError> {
    let vkey = vkey.ok_or_else(|| {
        CliError::Input(format!(
            "{} is about a log: say which with --vkey, as `hattama init` printed it",
            path.display()
        ))
    })?;
    let answer = answer.map(hashes).transpose()?;
    let verdict = Fork::parse(text).and_then(|fork| fork.verdict(vkey, answer.as_deref()));
    Ok(match verdict {
        Err(error) => Err(whole(&error)),
        Ok(Verdict::Convicts { size, known, shown }) => Ok(format!(
            "holds: the log {} signed two histories of {size} entries, with the roots {} and {}. \
             Nothing that it says explains that",
            vkey.name(),
            known.to_hex(),
            shown.to_hex()
        )),
        Ok(Verdict::Owes { old, new, why }) => Err(format!(
            "the log signed heads of {old} and of {new} entries, and the proof at hand does not \
             join them ({why}). Ask it for one that does and give it with --answer; an honest log \
             has it at once, and one that cannot show it has rewritten its history"
        )),
        Ok(Verdict::Agrees) => {
            Err("the two heads are of one history; the log has nothing to answer for".to_owned())
        }
    })
}

fn hashes(path: &Path) -> Result<Vec<Hash>, CliError> {
    let text = read_text(path)?;
    let lines = text.lines().map(Hash::from_base64).collect::<Result<_, _>>();
    lines.map_err(|_| {
        CliError::Input(format!("{} is not a proof: one hash in base64 a line", path.display()))
    })
}
