//! One statement for many rows of values, made from the statement for one. Pure.
//!
//! A row as a message of its own costs the server a wake-up, a plan to start and an answer to
//! send, and the client the same again. As arrays, unnested there, a thousand rows cost one.

use crate::store::batch::Keys;

/// `insert into t (...) values (...) [on conflict ...]`, for arrays of values of these types. None where it is
/// another statement, where one row could get into another's way (`do update` of a key that
/// repeats), or where rows answer: these are run row by row.
pub(super) fn insert(statement: &str, types: &[&str], keys: Keys) -> Option<String> {
    let (into, rest) = statement.split_once("values (")?;
    let (values, tail) = up_to_its_parenthesis(rest)?;
    let plain = into.starts_with("insert into ")
        && !into.contains('$')
        && !tail.contains('$')
        && !tail.contains("returning")
        && (keys == Keys::Distinct || !tail.contains("do update"));
    if !plain {
        return None;
    }
    let (values, source) = (with_given(values)?, source(types)?);
    Some(format!("{into} select {values} from {source} order by given_row.place {tail}"))
}

/// A reading statement, for arrays of values. The first column tells which row of values is
/// answered, from 1, the second is of no use; then come those of the statement, in its order.
pub(super) fn select(statement: &str, types: &[&str]) -> Option<String> {
    let (found, source) = (with_given(statement)?, source(types)?);
    Some(format!(
        "select given_row.place, answer.*
           from {source}
          cross join lateral (select row_number() over () as answer_place, found.*
                                from ({found}) as found) as answer
          order by given_row.place, answer.answer_place"
    ))
}

/// The arrays as rows, in their order. None without a column.
fn source(types: &[&str]) -> Option<String> {
    let array = |(number, kind): (usize, &&str)| format!("${number}::{kind}[]");
    let arrays: Vec<String> = (1..).zip(types).map(array).collect();
    let names: Vec<String> = (1..=types.len()).map(|number| format!("v{number}")).collect();
    let (arrays, names) = (arrays.join(", "), names.join(", "));
    let rows = format!("unnest({arrays}) with ordinality as given_row ({names}, place)");
    (!types.is_empty()).then_some(rows)
}

/// `$2` becomes the second value of the row. None if a quote stands open.
fn with_given(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 64);
    let mut quoted = false;
    let mut rest = text.chars().peekable();
    while let Some(next) = rest.next() {
        quoted ^= next == '\'';
        out.push(next);
        if next == '$' && !quoted && rest.peek().is_some_and(char::is_ascii_digit) {
            out.pop();
            out.push_str("given_row.v");
        }
    }
    (!quoted).then_some(out)
}

/// What stands before the parenthesis that closes the one before `text`, and what behind it.
fn up_to_its_parenthesis(text: &str) -> Option<(&str, &str)> {
    let (mut depth, mut quoted) = (1_u32, false);
    for (at, next) in text.char_indices() {
        match next {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&text[..at], &text[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: [&str; 2] = ["bigint", "text"];

    #[test]
    fn an_insert_takes_arrays() {
        let one =
            "insert into t (a, b, c) values ($1, lower($2), 'a $1 (') on conflict (a) do nothing";
        assert_eq!(
            insert(one, &TWO, Keys::MayRepeat).unwrap(),
            "insert into t (a, b, c)  select given_row.v1, lower(given_row.v2), 'a $1 (' \
             from unnest($1::bigint[], $2::text[]) with ordinality as given_row (v1, v2, place) \
             order by given_row.place  on conflict (a) do nothing"
        );
    }

    #[test]
    fn what_could_mean_another_thing_at_once_stays_row_by_row() {
        let update =
            "insert into t (a, b) values ($1, $2) on conflict (a) do update set b = excluded.b";
        assert_eq!(insert(update, &TWO, Keys::MayRepeat), None);
        assert!(insert(update, &TWO, Keys::Distinct).is_some());
        for one in [
            "insert into t (a, b) values ($1, $2) returning a",
            "insert into t (a, b) values ($1, 'x') on conflict (a) do update set b = $2",
            "insert into t (a, b) select $1, $2",
            "update t set b = $2 where a = $1",
            "delete from t where a = $1 and b = $2",
        ] {
            assert_eq!(insert(one, &TWO, Keys::Distinct), None, "{one}");
        }
        assert_eq!(insert("insert into t (a) values (1)", &[], Keys::Distinct), None);
    }

    #[test]
    fn a_query_tells_which_row_it_answers() {
        let many = select("select b from t where a = $1 and c = '$1' order by b limit $2", &TWO);
        let many = many.unwrap();
        assert!(many.contains("(select b from t where a = given_row.v1 and c = '$1' order by b limit given_row.v2)"), "{many}");
        assert_eq!(select("select b from t", &[]), None, "nothing to unnest");
        assert_eq!(select("select 'open from t where a = $1", &TWO), None);
    }
}
