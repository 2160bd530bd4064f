//! One drawing as text: escaped, named, of presentation attributes only.

use std::fmt::Write as _;

/// Width of a plot, in units of its drawing: narrow, so that its words can be read on a phone.
pub(super) const WIDTH: f64 = 480.0;
/// Size of its words.
pub(super) const LETTER: f64 = 13.0;

/// What a plot is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caption {
    /// Its name on the page, of letters, digits and hyphens; names of its parts begin with it.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// What can be seen on it, for whoever cannot see it.
    pub description: String,
    /// What runs to the right.
    pub across: String,
    /// What runs upward.
    pub upward: String,
}

/// How marks are told apart without colour.
pub(super) const DASHES: [&str; 4] = ["none", "7 4", "2 4", "10 3 2 3"];

/// Where words stand from their place.
#[derive(Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A drawing that is being made.
pub(super) struct Svg {
    text: String,
    id: String,
}

impl Svg {
    /// Begins one.
    pub(super) fn new(caption: &Caption, width: f64, height: f64) -> Self {
        let id = escape(&caption.id);
        let mut text = String::new();
        let _written = write!(
            text,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 {} {}\" \
             role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" font-family=\"sans-serif\" \
             font-size=\"{LETTER}\" fill=\"currentColor\"><title id=\"{id}-title\">{}</title>\
             <desc id=\"{id}-desc\">{}</desc>",
            number(width),
            number(height),
            escape(&caption.title),
            escape(&caption.description)
        );
        Self { text, id }
    }

    /// Patterns of growing density, from 1, named by [`hatch`](Self::hatch).
    pub(super) fn hatches(&mut self) {
        let lines =
            [(16, "M0 16L16 0"), (9, "M0 9L9 0"), (9, "M0 9L9 0M0 0L9 9"), (5, "M0 5L5 0M0 0L5 5")];
        self.text.push_str("<defs>");
        for (step, (size, path)) in (1..).zip(lines) {
            let _written = write!(
                self.text,
                "<pattern id=\"{}-hatch{step}\" width=\"{size}\" height=\"{size}\" \
                 patternUnits=\"userSpaceOnUse\"><path d=\"{path}\" fill=\"none\" \
                 stroke=\"currentColor\"/></pattern>",
                self.id
            );
        }
        self.text.push_str("</defs>");
    }

    /// The fill of a density; nothing for 0.
    pub(super) fn hatch(&self, step: usize) -> String {
        match step {
            0 => "none".to_owned(),
            step => format!("url(#{}-hatch{})", self.id, step.min(4)),
        }
    }

    /// A straight line.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), dash: &str, opacity: &str) {
        let _written = write!(
            self.text,
            "<path d=\"M{} {}L{} {}\" stroke=\"currentColor\" stroke-dasharray=\"{dash}\" \
             stroke-opacity=\"{opacity}\"/>",
            number(from.0),
            number(from.1),
            number(to.0),
            number(to.1)
        );
    }

    /// A path without filling.
    pub(super) fn stroke(&mut self, path: &str, dash: &str, width: &str) {
        let _written = write!(
            self.text,
            "<path d=\"{path}\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"{width}\" \
             stroke-dasharray=\"{dash}\"/>"
        );
    }

    /// A path that is filled.
    pub(super) fn area(&mut self, path: &str, fill: &str, stroke: &str) {
        let _written =
            write!(self.text, "<path d=\"{path}\" fill=\"{fill}\" stroke=\"{stroke}\"/>");
    }

    /// Words.
    pub(super) fn words(&mut self, at: (f64, f64), anchor: Anchor, words: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let _written = write!(
            self.text,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{}</text>",
            number(at.0),
            number(at.1),
            escape(words)
        );
    }

    /// Large words over an area: with a rim of the page's own ground, so that hatching does not hide
    /// them.
    pub(super) fn label(&mut self, at: (f64, f64), anchor: Anchor, words: &str) {
        self.text.push_str(
            "<g class=\"label\" font-size=\"26\" font-weight=\"700\" stroke=\"white\" \
             stroke-width=\"6\" paint-order=\"stroke\">",
        );
        self.words((at.0, at.1 + 9.0), anchor, words);
        self.end();
    }

    /// Begins a group with words that appear over it, and are read out.
    pub(super) fn begin(&mut self, title: &str) {
        let _written = write!(self.text, "<g><title>{}</title>", escape(title));
    }

    /// Ends it.
    pub(super) fn end(&mut self) {
        self.text.push_str("</g>");
    }

    /// The whole drawing.
    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }
}

/// A place or length as text: no more digits than can be seen.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
}

/// A rectangle as a path.
pub(super) fn rectangle(x: f64, y: f64, width: f64, height: f64) -> String {
    format!("M{} {}h{}v{}h-{}z", number(x), number(y), number(width), number(height), number(width))
}

/// Words as a part of XML. What XML cannot hold at all is left out.
pub(super) fn escape(words: &str) -> String {
    let mut text = String::with_capacity(words.len());
    for letter in words.chars() {
        match letter {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => {}
            other if other.is_control() => text.push(' '),
            other => text.push(other),
        }
    }
    text
}

/// At most so many letters; what is cut ends with a sign that says so.
pub(super) fn short(words: &str, letters: usize) -> String {
    if words.chars().count() <= letters {
        return words.to_owned();
    }
    let mut cut: String = words.chars().take(letters.saturating_sub(1)).collect();
    cut.push('…');
    cut
}
