//! The night as one drawing: rates, times, what waits, and how old the answers are, one below the other
//! over the same time. Black on white, told apart by dash and by words at the lines' ends.

use std::fmt::Write as _;

use super::{
    report::{Told, count},
    tally::{Event, Row, Series},
};

const WIDTH: f64 = 960.0;
const PANEL: f64 = 190.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = WIDTH - 200.0;
const TOP: f64 = 64.0;
/// Room in a panel above its line of the greatest figure, for its name, and below, for the next.
const ABOVE: f64 = 26.0;
const BELOW: f64 = 22.0;
/// From one name to the next.
const APART: f64 = 16.0;
const DASHES: [&str; 4] = ["none", "7 4", "2 3", "10 3 2 3"];

/// One line of a panel: its name, and a figure for each row that has one.
struct Line {
    name: &'static str,
    figures: Vec<Option<f64>>,
}

/// Draws it.
pub(super) fn draw(told: &Told<'_>, rows: &[Row]) -> String {
    let options = &told.night.options;
    let row_s = count(options.row_ms()) / 1000.0;
    let rate = |event| {
        let figure = move |row: &Row| Some(count(row.count(event)) / row_s);
        rows.iter().map(figure).collect()
    };
    let time =
        |series, unit: f64| rows.iter().map(|row| row.at(series, 99).map(|ms| ms / unit)).collect();
    let waits = |lane: usize| {
        rows.iter().map(|row| Some(count(u64::try_from(row.waiting[lane]).unwrap_or(0)))).collect()
    };
    let line = |name, figures| Line { name, figures };
    let panels = [
        (
            "Records a second",
            vec![
                line("captured", rate(Event::Captured)),
                line("with a receipt", rate(Event::Accepted)),
            ],
        ),
        (
            "From the capture to the receipt, 99 %, seconds",
            vec![
                line("records", time(Series::Record, 1000.0)),
                line("thumbnails", time(Series::Thumbnail, 1000.0)),
                line("previews", time(Series::Preview, 1000.0)),
                line("originals", time(Series::Original, 1000.0)),
            ],
        ),
        (
            "Waiting on phones",
            vec![
                line("records", waits(0)),
                line("thumbnails", waits(1)),
                line("previews", waits(2)),
                line("originals", waits(3)),
            ],
        ),
        (
            "Whoever looks: 99 %, milliseconds",
            vec![
                line("a push", time(Series::Push, 1.0)),
                line("a page", time(Series::Page, 1.0)),
                line("comparison", time(Series::Compare, 1.0)),
                line("comparison is behind", time(Series::CompareBehind, 1.0)),
            ],
        ),
    ];
    let height = TOP + PANEL * 4.0 + 30.0;
    let title = format!(
        "A night: {} records a second for {} minutes into {} processes, then nobody for {} s",
        options.per_second, options.minutes, options.processes, options.shutdown
    );
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         font-family=\"sans-serif\" font-size=\"13\" color=\"black\" fill=\"black\"><title>{title}\
         </title><rect width=\"{WIDTH}\" height=\"{height}\" fill=\"white\"/>"
    );
    words(&mut svg, (LEFT, 24.0), "start", &title);
    let in_after = match told.storm.left[0] {
        0 => "all in".to_owned(),
        left => format!("all but {left} in"),
    };
    let said = format!(
        "{} phones; after the shutdown {} records come at once: {in_after} after {:.0} s",
        options.phones,
        told.storm.waiting[0],
        count(told.storm.records_ms) / 1000.0
    );
    words(&mut svg, (LEFT, 44.0), "start", &said);
    let whole_s = (count(rows.len() as u64) * row_s).max(1.0);
    let x = |at_s: f64| LEFT + (at_s / whole_s).clamp(0.0, 1.0) * (RIGHT - LEFT);
    let shut = (x(count(options.night_ms()) / 1000.0), x(count(told.storm.begun_ms) / 1000.0));
    for (number, (name, lines)) in panels.iter().enumerate() {
        let top = TOP + count(number as u64) * PANEL;
        let _written = write!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"#ddd\"/>",
            shut.0,
            top + ABOVE,
            (shut.1 - shut.0).max(1.0),
            PANEL - ABOVE - BELOW
        );
        panel(&mut svg, top, name, lines, &|row| x((count(row as u64) + 0.5) * row_s));
    }
    words(&mut svg, (f64::midpoint(shut.0, shut.1), TOP + 18.0), "middle", "nobody there");
    let bottom = TOP + PANEL * 4.0 - BELOW;
    let every_s = step(whole_s / 8.0 / 60.0).max(0.5) * 60.0;
    let mut at_s = 0.0;
    while at_s <= whole_s {
        let words_below =
            if every_s < 60.0 { format!("{at_s:.0} s") } else { format!("{:.0} min", at_s / 60.0) };
        words(&mut svg, (x(at_s), bottom + 16.0), "middle", &words_below);
        at_s += every_s;
    }
    svg.push_str("</svg>\n");
    svg
}

fn panel(svg: &mut String, top: f64, name: &str, lines: &[Line], x: &dyn Fn(usize) -> f64) {
    let (high, low) = (top + ABOVE, top + PANEL - BELOW);
    words(svg, (LEFT, top + 18.0), "start", name);
    let greatest =
        lines.iter().flat_map(|line| &line.figures).flatten().fold(0.0, |a: f64, b| a.max(*b));
    let every = step(greatest / 3.0);
    let end = ((greatest / every).ceil() * every).max(every);
    let y = |figure: f64| low - (figure / end).clamp(0.0, 1.0) * (low - high);
    let mut tick = 0.0;
    while tick <= end * 1.0001 {
        stroke(svg, &format!("M{LEFT} {:.1}H{RIGHT}", y(tick)), "1 3", "0.6");
        words(svg, (LEFT - 6.0, y(tick) + 4.0), "end", &figure(tick));
        tick += every;
    }
    let mut ends = Vec::new();
    for (line, dash) in lines.iter().zip(DASHES) {
        let (mut path, mut pen, mut last) = (String::new(), 'M', low);
        for (row, figure) in line.figures.iter().enumerate() {
            let Some(figure) = figure else {
                pen = 'M';
                continue;
            };
            let _written = write!(path, "{pen}{:.1} {:.1}", x(row), y(*figure));
            // A point that stands alone has to be seen.
            let next = line.figures.get(row + 1).copied().flatten();
            path.push_str(if next.is_none() && pen == 'M' { "h2" } else { "" });
            (pen, last) = ('L', y(*figure));
        }
        stroke(svg, &path, dash, "1.8");
        ends.push((last, line.name, dash));
    }
    // Names stand where their lines end, none upon another.
    ends.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut free = high;
    for end in &mut ends {
        end.0 = end.0.max(free);
        free = end.0 + APART;
    }
    let mut free = low;
    for (place, name, dash) in ends.iter_mut().rev() {
        *place = place.min(free);
        free = *place - APART;
        stroke(svg, &format!("M{} {place:.1}h26", RIGHT + 8.0), dash, "1.8");
        words(svg, (RIGHT + 40.0, *place + 4.0), "start", name);
    }
}

/// The next of 1, 2, 5, 10 ... that is no smaller.
fn step(least: f64) -> f64 {
    let least = if least.is_finite() && least > 1e-6 { least } else { 1.0 };
    let power = 10.0_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|times| times * power)
        .find(|step| *step >= least * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

fn figure(value: f64) -> String {
    if value.fract().abs() < 1e-9 { format!("{value:.0}") } else { format!("{value:.1}") }
}

fn stroke(svg: &mut String, path: &str, dash: &str, width: &str) {
    let _written = write!(
        svg,
        "<path d=\"{path}\" fill=\"none\" stroke=\"black\" stroke-width=\"{width}\" \
         stroke-dasharray=\"{dash}\"/>"
    );
}

fn words(svg: &mut String, at: (f64, f64), anchor: &str, words: &str) {
    let _written = write!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{words}</text>",
        at.0, at.1
    );
}
