//! The page: a [`Sheet`] laid out and filled in, seen straight from above in even light.
//!
//! Printing and writing are apart. What is printed for every commission alike is kept from one page
//! to the next, because a demonstration fills the same form hundreds of times.

use std::sync::{Arc, Mutex, PoisonError};

use super::canvas::{Canvas, Ink};
use super::dice::{Dice, seed_of};
use super::hand::{Area, Hand};
use super::sheet::{Filling, Mark, Sheet, SheetLine, Written};
use super::stamp;
use super::text::Face;

/// Page size in pixels: A4 at 7.1 pixels per millimetre, so that a figure is 40 pixels high.
const WIDTH: usize = 1500;
const HEIGHT: usize = 2121;

/// The sentence that every form of the exercise carries, top and bottom.
const EXERCISE: &str = "EXERCISE – invented figures  /  ОҚУ ЖАТТЫҒУЫ – ойдан шығарылған сандар  /  УЧЕБНАЯ – цифры вымышлены";

const MARGIN: f32 = 84.0;
const TABLE_TOP: f32 = 470.0;
const FOOT_TOP: f32 = 1690.0;
const BOX_WIDTH: f32 = 300.0;
const NUMBER_WIDTH: f32 = 84.0;
/// The number once more beside the box: on a turned photograph the eye loses the row.
const REPEAT_WIDTH: f32 = 58.0;
/// The gap between the lines and the choices, in pixels.
const GAP: f32 = 16.0;
/// Taller rows would look like a form for children.
const ROW_MAX: f32 = 84.0;

const PAPER: [u8; 3] = [247, 245, 238];
const PRINT: Ink = [38, 38, 44];
const BLUE: Ink = [28, 48, 150];
const BLACK: Ink = [36, 36, 42];
const SERIAL: Ink = [176, 40, 40];

/// Draws `sheet`, filled in by the hand that belongs to it.
///
/// The writing depends on the sheet alone: two photographs of one sheet show the same paper.
pub(super) fn draw(sheet: &Sheet) -> Canvas {
    let mut canvas = printed(sheet).as_ref().clone();
    print_particulars(&mut canvas, sheet);
    let mut dice = Dice::new(seed_of(&format!("{sheet:?}")));
    let ink = if sheet.filling == Filling::BluePen { BLUE } else { BLACK };
    let mut hand = Hand::new(dice.next(), ink);
    for (line, area) in rows(sheet) {
        fill(&mut canvas, &mut hand, sheet.filling, &line.written, figure_box(area));
    }
    sign(&mut canvas, &mut hand, sheet, &mut dice);
    canvas
}

/// The rows of the table with their places.
fn rows(sheet: &Sheet) -> impl Iterator<Item = (&SheetLine, Area)> {
    let count = (sheet.lines.len() + sheet.choices.len()).max(1) as f32;
    let height = ((FOOT_TOP - TABLE_TOP - GAP * 2.0) / count).min(ROW_MAX);
    let lines = sheet.lines.len();
    let width = WIDTH as f32 - 2.0 * MARGIN;
    sheet.lines.iter().chain(&sheet.choices).enumerate().map(move |(index, line)| {
        let gap = if index < lines { 0.0 } else { GAP };
        let top = TABLE_TOP + gap + index as f32 * height;
        (line, Area { left: MARGIN, top, width, height })
    })
}

fn figure_box(row: Area) -> Area {
    Area { left: row.left + row.width - BOX_WIDTH, width: BOX_WIDTH, ..row }
}

/// The printed form without anything particular to one commission, kept for the next page.
fn printed(sheet: &Sheet) -> Arc<Canvas> {
    /// Precinct, district and region, paper and electronic: six blanks are in use at once.
    const BLANKS_KEPT: usize = 6;
    static BLANKS: Mutex<Vec<(String, Arc<Canvas>)>> = Mutex::new(Vec::new());

    let labels: Vec<_> = rows(sheet).map(|(line, _)| (&line.number, &line.label)).collect();
    let key = format!("{:?} {} {labels:?}", sheet.title, sheet.lines.len());
    let mut blanks = BLANKS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, blank)) = blanks.iter().find(|(held, _)| *held == key) {
        return Arc::clone(blank);
    }
    let blank = Arc::new(print_blank(sheet));
    if blanks.len() == BLANKS_KEPT {
        blanks.remove(0);
    }
    blanks.push((key, Arc::clone(&blank)));
    blank
}

fn print_blank(sheet: &Sheet) -> Canvas {
    let mut canvas = Canvas::filled(WIDTH, HEIGHT, PAPER);
    stamp::burn_specimen(&mut canvas, 70);
    let middle = WIDTH as f32 / 2.0;
    let room = WIDTH as f32 - 2.0 * MARGIN;
    let size = Face::Bold.fitting(EXERCISE, 22.0, room - 24.0);
    for y in [44.0, HEIGHT as f32 - 84.0] {
        canvas.frame((MARGIN, y), (room, 40.0), 2.0, PRINT);
        Face::Bold.print_centred(&mut canvas, (middle, y + 27.0), size, EXERCISE, PRINT);
    }
    let pitch = (200.0 / sheet.title.len().max(1) as f32).min(62.0);
    for (index, title) in sheet.title.iter().enumerate() {
        let largest: f32 = if index == 0 { 42.0 } else { 34.0 };
        let size = Face::Bold.fitting(title, largest.min(pitch * 0.8), room);
        let y = 150.0 + pitch * index as f32;
        Face::Bold.print_centred(&mut canvas, (middle, y), size, title, PRINT);
    }
    for (line, row) in rows(sheet) {
        print_row(&mut canvas, line, row);
    }
    canvas
}

fn print_row(canvas: &mut Canvas, line: &SheetLine, row: Area) {
    let Area { left, top, width, height } = row;
    canvas.frame((left, top), (width, height + 2.0), 2.0, PRINT);
    canvas.block((left + NUMBER_WIDTH, top), (2.0, height + 2.0), PRINT, 255);
    let area = figure_box(row);
    canvas.frame((area.left, top), (area.width, height + 2.0), 3.0, PRINT);
    let repeat = area.left - REPEAT_WIDTH;
    canvas.block((repeat, top), (2.0, height + 2.0), PRINT, 255);
    for (middle, room) in
        [(left + NUMBER_WIDTH / 2.0, NUMBER_WIDTH), (repeat + REPEAT_WIDTH / 2.0, REPEAT_WIDTH)]
    {
        let size = Face::Bold.fitting(&line.number, (room * 0.4).min(height * 0.5), room - 12.0);
        let place = (middle, top + height / 2.0 + size * 0.32);
        Face::Bold.print_centred(canvas, place, size, &line.number, PRINT);
    }
    let room = width - NUMBER_WIDTH - REPEAT_WIDTH - BOX_WIDTH - 28.0;
    let pitch = (height - 6.0) / line.label.len().max(1) as f32;
    for (index, label) in line.label.iter().enumerate() {
        let face = if index == 0 { Face::Regular } else { Face::Condensed };
        let size = face.fitting(label, (pitch * 0.98).min(27.0), room);
        let y = top + 3.0 + pitch * (index as f32 + 0.5) + size * 0.32;
        face.print(canvas, (left + NUMBER_WIDTH + 14.0, y), size, label, PRINT);
    }
}

/// What is printed for this commission and this copy only.
fn print_particulars(canvas: &mut Canvas, sheet: &Sheet) {
    let middle = WIDTH as f32 / 2.0;
    let room = WIDTH as f32 - 2.0 * MARGIN;
    let size = Face::Regular.fitting(&sheet.commission, 32.0, room);
    Face::Regular.print_centred(canvas, (middle, 368.0), size, &sheet.commission, PRINT);
    let code = format!("№ {}", sheet.unit_code);
    let size = Face::Bold.fitting(&code, 44.0, room * 0.38);
    Face::Bold.print(canvas, (MARGIN, 440.0), size, &code, PRINT);
    if let Some(number) = &sheet.document_number {
        let size = Face::Mono.fitting(number, 36.0, room * 0.25);
        Face::Mono.print_centred(canvas, (middle + 10.0, 438.0), size, number, SERIAL);
    }
    if !sheet.copy_label.is_empty() {
        let size = Face::Bold.fitting(&sheet.copy_label, 28.0, room * 0.34);
        let width = Face::Bold.width(&sheet.copy_label, size) + 28.0;
        let left = WIDTH as f32 - MARGIN - width;
        canvas.frame((left, 398.0), (width, 52.0), 3.0, PRINT);
        Face::Bold.print(canvas, (left + 14.0, 433.0), size, &sheet.copy_label, PRINT);
    }
}

/// Puts into its box what was written there.
fn fill(canvas: &mut Canvas, hand: &mut Hand, filling: Filling, written: &Written, area: Area) {
    match written {
        Written::Figure(figure) if filling == Filling::Printer => {
            let figure = figure.to_string();
            let size = Face::Mono.fitting(&figure, area.height * 0.72, area.width - 24.0);
            let width = Face::Mono.width(&figure, size);
            let x = area.left + area.width - 16.0 - width;
            let y = area.top + area.height / 2.0 + size * 0.32;
            Face::Mono.print(canvas, (x, y), size, &figure, BLACK);
        }
        Written::Figure(figure) => hand.write(canvas, area, &figure.to_string()),
        Written::Overwritten { was, now } => {
            hand.overwrite(canvas, area, &was.to_string(), &now.to_string());
        }
        Written::StruckOut(figure) => hand.strike(canvas, area, &figure.to_string()),
        Written::Illegible => hand.scribble(canvas, area),
        Written::Blank => {}
    }
}

/// The foot of the form: signatures, the hour, the stamp.
fn sign(canvas: &mut Canvas, hand: &mut Hand, sheet: &Sheet, dice: &mut Dice) {
    const SIGNATURES_MAX: u8 = 6;
    const LINE: f32 = 340.0;
    if let Some(signed_at) = &sheet.signed_at {
        let area = Area { left: MARGIN + 780.0, top: 1708.0, width: 520.0, height: 54.0 };
        canvas.block((area.left, area.top + 56.0), (area.width, 2.0), PRINT, 255);
        if signed_at.chars().all(|sign| super::strokes::shape(sign).is_some()) {
            hand.write(canvas, area, signed_at);
        } else {
            let size = Face::Regular.fitting(signed_at, 34.0, area.width);
            Face::Regular.print(canvas, (area.left, area.top + 46.0), size, signed_at, PRINT);
        }
    }
    for mark in &sheet.marks {
        match *mark {
            Mark::Signatures(count) => {
                for index in 0..count.min(SIGNATURES_MAX) {
                    let (row, column) = (f32::from(index / 2), f32::from(index % 2));
                    let (left, top) = (MARGIN + column * (LINE + 50.0), 1722.0 + row * 98.0);
                    canvas.block((left, top + 84.0), (LINE, 2.0), PRINT, 255);
                    let number = format!("{}.", index + 1);
                    Face::Regular.print(canvas, (left, top + 80.0), 24.0, &number, PRINT);
                    let ink = if dice.below(3) == 0 { BLACK } else { BLUE };
                    let area = Area { left: left + 30.0, top, width: LINE - 40.0, height: 84.0 };
                    Hand::new(dice.next(), ink).sign_name(canvas, area);
                }
            }
            Mark::Stamp => {
                let centre = (1120.0 + dice.spread(60.0), 1880.0 + dice.spread(16.0));
                stamp::impress(canvas, centre, 128.0, dice);
            }
            Mark::Crease => crease(canvas, HEIGHT as f32 * dice.between(0.46, 0.54)),
        }
    }
}

/// A fold: a thin bright line with shade on one side of it.
fn crease(canvas: &mut Canvas, y: f32) {
    for cover in (0..34_u8).rev() {
        let down = f32::from(34 - cover);
        canvas.block((0.0, y + down), (WIDTH as f32, 1.0), [120, 120, 130], cover);
    }
    canvas.block((0.0, y), (WIDTH as f32, 1.0), [90, 90, 100], 90);
}
