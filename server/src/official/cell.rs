//! Names of cells, as merge and compare have them: `line:valid`, `contest:president:saffron`. Pure.

use hattama_proto::pack::Pack;

/// The cell that somebody means by `name`; either kind may be written without its first word. None
/// where the set-up has no such line and no such choice.
pub(super) fn cell_name(name: &str, pack: &Pack) -> Option<String> {
    let line = name.strip_prefix("line:").unwrap_or(name);
    let mut lines = pack.forms.forms.iter().flat_map(|form| &form.lines);
    if lines.any(|known| known.code.as_str() == line) {
        return Some(format!("line:{line}"));
    }
    let vote = name.strip_prefix("contest:").unwrap_or(name);
    let (contest, choice) = vote.split_once(':')?;
    let contest = pack.election.contests.iter().find(|known| known.code.as_str() == contest)?;
    let known = contest.choices.iter().any(|known| known.code.as_str() == choice);
    known.then(|| format!("contest:{vote}"))
}
