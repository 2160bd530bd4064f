//! Regions as a drawing: the denser the hatching, the more, and the number in the middle says how much.

use hattama_proto::{id::UnitCode, pack::Outline};

use super::{
    outlines::{Shape, draw},
    svg::{Anchor, Caption, Svg},
};

/// Draws the outlines with what is told of each unit; none where there are none. Steps run from 0 to 4.
pub fn coverage_map(
    outlines: &[Outline],
    tell: impl Fn(&UnitCode) -> Option<Shape>,
    caption: &Caption,
) -> Option<String> {
    let drawing = draw(outlines, tell)?;
    let mut svg = Svg::new(caption, real(drawing.width), real(drawing.height));
    svg.hatches();
    for area in &drawing.areas {
        let Some(shape) = &area.shape else {
            svg.area(&area.path, "none", "currentColor");
            continue;
        };
        svg.begin(&shape.title);
        let fill = svg.hatch(shape.step);
        svg.area(&area.path, &fill, "currentColor");
        svg.end();
    }
    // Numbers last, so that no neighbour's line crosses them.
    for area in &drawing.areas {
        if let Some(shape) = &area.shape {
            svg.label((real(area.at.0), real(area.at.1)), Anchor::Middle, &shape.number);
        }
    }
    Some(svg.finish())
}

#[expect(clippy::cast_precision_loss, reason = "a drawing is some thousand units wide")]
fn real(units: i64) -> f64 {
    units as f64
}
