//! A mapping to begin with: every line and choice of the set-up, with comments. Pure.

use std::fmt::Write as _;

use hattama_proto::{
    pack::{FormKind, Names, Pack},
    statement::Level,
};

const HEAD: &str = "\
# Which column is which in a published table. Text behind # is a comment.
# Try it, as often as needed: hattama official import FILE --level LEVEL --source X --map THIS --dry-run

# encoding = \"windows-1251\"    # without it: utf-8, or what the file's byte order mark says
# separator = \";\"              # without it: found in the line that names the columns
# skip = 0                     # lines before that one
# columns = \"numbered\"         # no such line; columns are then \"#1\", \"#2\", ...
# file = \"protocols.csv\"       # which one, in a zip file with several
# thousands = \".\"              # 1.234 means 1234; blanks and apostrophes need not be named
# empty = [\"-\"]                # what stands where a figure is missing

[unit]
# The code as in the register, made of columns in braces: \"{region}-{precinct}\", or with zeros
# before: \"{precinct:04}\".
";

const MIDDLE: &str = "
# What stands in a column = what to read instead. One section for each such column; names stand in
# quotes unless they are plain a-z.
# [values.region]
# \"First region\" = \"01\"

# A line or a choice = its column, or several to be added: [\"early\", \"on the day\"].
# A line that is left empty is not published.
[cells]
";

const END: &str = "
# Where each choice has its own row, instead of columns for choices:
# [votes]
# choice = \"party\"             # the column that names it, or several: \"{contest}/{position}\"
# figure = \"votes\"             # the column with its votes
# skip = []                    # what stands there and is no choice
# [votes.choices]
";

const LAST: &str = "
# Rows that are not units, such as totals:
# [[ignore]]
# column = \"precinct\"
# is = [\"Total\"]

# Only rows in which this stands, where a table holds more:
# [[only]]
# column = \"contest\"
# is = \"president\"

# For observers' tables (hattama entries import): of which document a row is.
# [entry]
";

/// A mapping for a table of this level, with everything that the set-up knows in it.
pub fn sketch(level: Level, pack: &Pack) -> String {
    let mut text = HEAD.to_owned();
    let mut of_level = pack.units.all().iter().filter(|unit| unit.kind.level() == level);
    let examples: Vec<&str> = of_level.by_ref().take(3).map(|unit| unit.code.as_str()).collect();
    if !examples.is_empty() {
        let _ = writeln!(text, "# Codes of the register: {}", examples.join(", "));
    }
    text.push_str("code = \"{unit}\"\n");
    text.push_str(MIDDLE);
    let forms: Vec<_> = pack
        .forms
        .forms
        .iter()
        .filter(|form| form.kind == FormKind::Results && form.levels.contains(&level))
        .collect();
    for line in forms.iter().flat_map(|form| &form.lines) {
        let about = format!("{} {}", line.number, name(&line.names));
        let _ = writeln!(text, "{:<30} # {}", format!("{} = \"\"", key(line.code.as_str())), about);
    }
    for contest in &pack.election.contests {
        for choice in &contest.choices {
            let cell = format!("{}:{}", contest.code, choice.code);
            let about = name(&choice.names);
            let _ = writeln!(text, "{:<30} # {}", format!("{} = \"\"", key(&cell)), about);
        }
    }
    text.push_str(END);
    let choices = pack.election.contests.iter().flat_map(|contest| {
        contest.choices.iter().map(move |choice| format!("{}:{}", contest.code, choice.code))
    });
    for (number, cell) in choices.enumerate().take(3) {
        let _ = writeln!(text, "# \"{}\" = \"{cell}\"", number + 1);
    }
    text.push_str(LAST);
    if let Some(form) = forms.first() {
        let _ = writeln!(text, "# form = \"{}\"", form.code);
    }
    if let Some(copy) = pack.election.copy_types.first() {
        let _ =
            writeln!(text, "# copy = \"{}\"                # or columns: \"{{kind}}\"", copy.code);
    }
    text.push_str("# number = \"{document}\"\n# person = \"{observer}\"\n");
    text
}

/// A key of TOML: in quotes where it has more than letters, digits, `_` and `-`.
fn key(name: &str) -> String {
    let bare = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if bare { name.to_owned() } else { format!("{name:?}") }
}

/// A name on one line.
fn name(names: &Names) -> String {
    names.get("en").split_whitespace().collect::<Vec<_>>().join(" ")
}
