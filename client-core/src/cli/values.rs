//! What is typed for figures, marks and answers: `NAME=VALUE`. Pure.

use hattama_proto::{
    id::{ChoiceCode, ContestCode, LineCode, QuestionCode},
    pack::QuestionKind,
    record::{Answer, Figure, Mark},
};

/// A figure typed for one cell of a protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// `LINE=VALUE`
    Line(LineCode, Option<Figure>),
    /// `CONTEST:CHOICE=VALUE`
    Vote(ContestCode, ChoiceCode, Option<Figure>),
}

/// Reads `LINE=VALUE` or `CONTEST:CHOICE=VALUE`. `line:` before a line that has a colon in its
/// code, and `contest:` before a contest, say which is meant.
pub(super) fn cell(text: &str) -> Result<Cell, String> {
    let (name, value) = pair(text, "LINE=VALUE or CONTEST:CHOICE=VALUE")?;
    let value = figure(value)?;
    let line = |name: &str| {
        let line = LineCode::new(name).map_err(|error| error.to_string())?;
        Ok(Cell::Line(line, value))
    };
    if let Some(name) = name.strip_prefix("line:") {
        return line(name);
    }
    match name.strip_prefix("contest:").unwrap_or(name).split_once(':') {
        None => line(name),
        Some((contest, choice)) => Ok(Cell::Vote(
            ContestCode::new(contest).map_err(|error| error.to_string())?,
            ChoiceCode::new(choice).map_err(|error| error.to_string())?,
            value,
        )),
    }
}

/// A figure as it stands; `-` or `null` where nobody can read it. Spaces between digits are how
/// people write large numbers.
fn figure(text: &str) -> Result<Option<Figure>, String> {
    if is_nothing(text) {
        return Ok(None);
    }
    let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let value = digits.parse().ok().filter(|_| plain).and_then(|value| Figure::new(value).ok());
    value.map(Some).ok_or_else(|| {
        format!("{text:?} is not a figure of at most fifteen digits; write - if nobody can read it")
    })
}

/// Reads `LINE=MARK`.
pub(super) fn mark(text: &str) -> Result<(LineCode, Mark), String> {
    let (line, mark) = pair(text, "LINE=MARK")?;
    let line = LineCode::new(line).map_err(|error| error.to_string())?;
    let mark = match mark.replace('-', "_").as_str() {
        "overwritten" => Mark::Overwritten,
        "struck_out" => Mark::StruckOut,
        "illegible" => Mark::Illegible,
        "pencil" => Mark::Pencil,
        _ => return Err("a mark is overwritten, struck-out, illegible or pencil".into()),
    };
    Ok((line, mark))
}

/// An answer as typed; what it means depends on the question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Typed {
    /// The question.
    pub(super) question: QuestionCode,
    text: String,
}

/// Reads `QUESTION=ANSWER`.
pub(super) fn answer(text: &str) -> Result<Typed, String> {
    let (question, text) = pair(text, "QUESTION=ANSWER")?;
    let question = QuestionCode::new(question).map_err(|error| error.to_string())?;
    Ok(Typed { question, text: text.to_owned() })
}

impl Typed {
    /// The answer to a question of this kind; by its looks where the kind is not known. What does
    /// not fit its question is kept as words: an answer is never refused.
    pub(super) fn read(&self, kind: Option<&QuestionKind>) -> Answer {
        let words = || Answer::Text(self.text.clone());
        if is_nothing(&self.text) {
            return Answer::Open;
        }
        let yes_no = match self.text.to_lowercase().as_str() {
            "yes" | "true" => Some(Answer::YesNo(true)),
            "no" | "false" => Some(Answer::YesNo(false)),
            _ => None,
        };
        let number = self.text.parse().ok().map(Answer::Number);
        match kind {
            Some(QuestionKind::YesNo) => yes_no.unwrap_or_else(words),
            Some(QuestionKind::Number) => number.unwrap_or_else(words),
            Some(QuestionKind::Time | QuestionKind::Words | QuestionKind::OneOf(_)) => words(),
            None => yes_no.or(number).unwrap_or_else(words),
        }
    }
}

/// Reads yes or no.
pub(super) fn yes_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("expected yes or no; leave the flag out if nobody looked".into()),
    }
}

fn is_nothing(text: &str) -> bool {
    matches!(text.trim(), "" | "-" | "null")
}

fn pair<'a>(text: &'a str, form: &str) -> Result<(&'a str, &'a str), String> {
    text.split_once('=').ok_or_else(|| format!("expected {form}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(code: &str, value: Option<u32>) -> Cell {
        Cell::Line(LineCode::new(code).unwrap(), value.map(Figure::from))
    }

    #[test]
    fn figures_are_taken_as_typed_and_nothing_is_not_zero() {
        assert_eq!(cell("valid=954").unwrap(), line("valid", Some(954)));
        assert_eq!(cell("valid=1 954").unwrap(), line("valid", Some(1954)));
        assert_eq!(cell("valid=0").unwrap(), line("valid", Some(0)));
        for nothing in ["valid=-", "valid=null", "valid="] {
            assert_eq!(cell(nothing).unwrap(), line("valid", None));
        }
        for wrong in ["valid", "valid=+1", "valid=-3", "valid=1.5", "valid=1234567890123456"] {
            assert!(cell(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_colon_names_a_vote_unless_the_line_is_named() {
        let vote = Cell::Vote(
            ContestCode::new("president").unwrap(),
            ChoiceCode::new("saffron").unwrap(),
            Some(7_u32.into()),
        );
        assert_eq!(cell("president:saffron=7").unwrap(), vote);
        assert_eq!(cell("contest:president:saffron=7").unwrap(), vote);
        assert_eq!(cell("line:a:b=7").unwrap(), line("a:b", Some(7)));
    }

    #[test]
    fn an_answer_is_read_as_its_question_asks_and_never_refused() {
        let typed = |text: &str| answer(&format!("q={text}")).unwrap();
        assert_eq!(typed("yes").read(None), Answer::YesNo(true));
        assert_eq!(typed("yes").read(Some(&QuestionKind::Words)), Answer::Text("yes".into()));
        assert_eq!(typed("7").read(Some(&QuestionKind::Number)), Answer::Number(7));
        assert_eq!(typed("07:05").read(Some(&QuestionKind::Number)), Answer::Text("07:05".into()));
        assert_eq!(typed("-").read(Some(&QuestionKind::YesNo)), Answer::Open);
    }

    #[test]
    fn a_mark_may_be_written_with_either_dash() {
        assert_eq!(mark("valid=struck-out").unwrap().1, Mark::StruckOut);
        assert_eq!(mark("valid=struck_out").unwrap().1, Mark::StruckOut);
        assert!(mark("valid=red").is_err());
    }
}
