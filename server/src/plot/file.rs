//! A drawing as a file of its own: with its name above it, and black on white, because no page around it
//! says what it is and what its ground and its colour are.

use std::fmt::Write as _;

use super::svg::{LETTER, WIDTH, escape, number, short};

/// Letters of one line above a drawing that can be read.
const LINE_LETTERS: usize = 64;

/// The drawing `svg` with `lines` above it: what it shows, of which election, when. What was not drawn in
/// this room comes back as it is.
pub fn as_file(svg: &str, lines: &[String]) -> String {
    framed(svg, lines).unwrap_or_else(|| svg.to_owned())
}

fn framed(svg: &str, lines: &[String]) -> Option<String> {
    let (head, rest) = svg.split_once("</desc>")?;
    let (before, frame) = head.split_once("viewBox=\"0 0 ")?;
    let (size, after) = frame.split_once('"')?;
    let (width, height) = size.split_once(' ')?;
    let (width, height): (f64, f64) = (width.parse().ok()?, height.parse().ok()?);
    // A map is drawn in units of its own.
    let letter = LETTER * width / WIDTH;
    let line = letter * 1.4;
    let top = lines.iter().fold(line * 0.4, |top, _| top + line);
    let before = before.replacen(" class=", " color=\"black\" class=", 1);
    let mut file = format!(
        "{before}viewBox=\"0 {} {} {}\"{after}</desc><rect x=\"0\" y=\"{}\" width=\"{}\" height=\"{}\" \
         fill=\"white\"/>",
        number(-top),
        number(width),
        number(height + top),
        number(-top),
        number(width),
        number(height + top),
    );
    let mut at = -top;
    for text in lines {
        at += line;
        let _written = write!(
            file,
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\">{}</text>",
            number(letter * 0.5),
            number(at - line * 0.2),
            number(letter),
            escape(&short(text, LINE_LETTERS))
        );
    }
    file.push_str(rest);
    file.push('\n');
    Some(file)
}
