//! A sheet of pixels that takes ink.
//!
//! Ink only darkens: a [`Mask`] says how much ink lies where, an [`Ink`] says which colour is left
//! of white, and pressing one on the canvas multiplies. So a stamp over a signature over a printed
//! line looks like three layers, in whichever order they were drawn.

/// What an ink lets through of red, green and blue: `[255, 255, 255]` is no ink at all.
pub(super) type Ink = [u8; 3];

/// Pixels, row by row, each `0x00RRGGBB`.
#[derive(Clone)]
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Vec<u32>,
}

impl Canvas {
    /// A canvas of one colour.
    pub(super) fn filled(width: usize, height: usize, colour: [u8; 3]) -> Self {
        let [red, green, blue] = colour.map(u32::from);
        Self { width, height, pixels: vec![red << 16 | green << 8 | blue; width * height] }
    }

    /// Lays `ink` on one pixel, `cover` of 255 thick. Outside the canvas nothing happens.
    pub(super) fn stain(&mut self, x: i32, y: i32, ink: Ink, cover: u8) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        if cover == 0 || x >= self.width || y >= self.height {
            return;
        }
        let pixel = &mut self.pixels[y * self.width + x];
        let cover = u32::from(cover);
        let mut mixed = 0;
        for (shift, light) in [(16, ink[0]), (8, ink[1]), (0, ink[2])] {
            let kept = 255 - cover * (255 - u32::from(light)) / 255;
            mixed |= ((*pixel >> shift & 255) * kept / 255) << shift;
        }
        *pixel = mixed;
    }

    /// Paints a rectangle, covering what was there.
    pub(super) fn paint(
        &mut self,
        (x, y): (f32, f32),
        (width, height): (f32, f32),
        colour: [u8; 3],
    ) {
        let [red, green, blue] = colour.map(u32::from);
        let across = x.max(0.0) as usize..((x + width).max(0.0) as usize).min(self.width);
        let down = y.max(0.0) as usize..((y + height).max(0.0) as usize).min(self.height);
        for row in down {
            for column in across.clone() {
                self.pixels[row * self.width + column] = red << 16 | green << 8 | blue;
            }
        }
    }

    /// Paints a disc, covering what was there.
    pub(super) fn paint_disc(&mut self, (x, y): (f32, f32), radius: f32, colour: [u8; 3]) {
        for step in -radius as i32..=radius as i32 {
            let down = step as f32;
            let half = (radius * radius - down * down).max(0.0).sqrt();
            self.paint((x - half, y + down), (half * 2.0, 1.0), colour);
        }
    }

    /// Inks the rectangle from (`x`, `y`), `width` by `height` pixels.
    pub(super) fn block(
        &mut self,
        (x, y): (f32, f32),
        (width, height): (f32, f32),
        ink: Ink,
        cover: u8,
    ) {
        let (left, top) = (x.round() as i32, y.round() as i32);
        for row in top..top + height.round().max(1.0) as i32 {
            for column in left..left + width.round().max(1.0) as i32 {
                self.stain(column, row, ink, cover);
            }
        }
    }

    /// Inks the outline of a rectangle with lines `line` pixels thick.
    pub(super) fn frame(
        &mut self,
        (x, y): (f32, f32),
        (width, height): (f32, f32),
        line: f32,
        ink: Ink,
    ) {
        self.block((x, y), (width, line), ink, 255);
        self.block((x, y + height - line), (width, line), ink, 255);
        self.block((x, y), (line, height), ink, 255);
        self.block((x + width - line, y), (line, height), ink, 255);
    }

    /// Presses what `mask` holds on the canvas.
    pub(super) fn press(&mut self, mask: &Mask, ink: Ink) {
        for (row, covers) in mask.covers.chunks_exact(mask.width).enumerate() {
            for (column, &cover) in covers.iter().enumerate() {
                if cover != 0 {
                    self.stain(mask.left + column as i32, mask.top + row as i32, ink, cover);
                }
            }
        }
    }

    /// Presses `mask` turned by `turn` (radians, clockwise) and enlarged by `scale`, its middle
    /// on `centre`, at `strength` of 255.
    pub(super) fn press_turned(
        &mut self,
        mask: &Mask,
        centre: (f32, f32),
        turn: f32,
        scale: f32,
        ink: Ink,
        strength: u8,
    ) {
        let (sine, cosine) = turn.sin_cos();
        let (half_width, half_height) = (mask.width as f32 / 2.0, mask.height as f32 / 2.0);
        let reach_x = (half_width * cosine.abs() + half_height * sine.abs()) * scale + 1.0;
        let reach_y = (half_width * sine.abs() + half_height * cosine.abs()) * scale + 1.0;
        for y in (centre.1 - reach_y) as i32..(centre.1 + reach_y) as i32 {
            for x in (centre.0 - reach_x) as i32..(centre.0 + reach_x) as i32 {
                let (dx, dy) = (x as f32 - centre.0, y as f32 - centre.1);
                let u = (dx * cosine + dy * sine) / scale + half_width;
                let v = (dy * cosine - dx * sine) / scale + half_height;
                let cover = mask.sample(u, v) * u32::from(strength) / 255;
                self.stain(x, y, ink, cover as u8);
            }
        }
    }
}

/// How thick ink lies (0 to 255) on a rectangle of pixels.
///
/// The strokes of one figure share a mask and are joined by *the thicker wins*: where a pen
/// crosses its own line the paper is no bluer than along it.
pub(super) struct Mask {
    left: i32,
    top: i32,
    width: usize,
    height: usize,
    covers: Vec<u8>,
}

impl Mask {
    /// An empty mask over the rectangle at (`left`, `top`), at least one pixel in size.
    pub(super) fn over(left: f32, top: f32, width: f32, height: f32) -> Self {
        let (width, height) = (width.ceil().max(1.0) as usize, height.ceil().max(1.0) as usize);
        let (left, top) = (left.floor() as i32, top.floor() as i32);
        Self { left, top, width, height, covers: vec![0; width * height] }
    }

    /// Raises one pixel, given in canvas coordinates, to `cover`.
    pub(super) fn raise(&mut self, x: i32, y: i32, cover: u8) {
        let (Ok(x), Ok(y)) = (usize::try_from(x - self.left), usize::try_from(y - self.top)) else {
            return;
        };
        if x < self.width && y < self.height {
            let held = &mut self.covers[y * self.width + x];
            *held = cover.max(*held);
        }
    }

    /// A soft dot: the trace of a pen held still. `strength` is 0 to 1.
    pub(super) fn dot(&mut self, x: f32, y: f32, radius: f32, strength: f32) {
        let reach = radius + 1.0;
        for row in (y - reach).floor() as i32..=(y + reach).ceil() as i32 {
            for column in (x - reach).floor() as i32..=(x + reach).ceil() as i32 {
                let distance = (column as f32 - x).hypot(row as f32 - y);
                let edge = (radius + 0.6 - distance).clamp(0.0, 1.0);
                if edge > 0.0 {
                    self.raise(column, row, (edge * strength * 255.0) as u8);
                }
            }
        }
    }

    /// Wears ink off: each pixel keeps a share given by `kept` (0 to 1) at its coordinates.
    pub(super) fn wear(&mut self, mut kept: impl FnMut(i32, i32) -> f32) {
        for (index, cover) in self.covers.iter_mut().enumerate() {
            if *cover != 0 {
                let x = self.left + (index % self.width) as i32;
                let y = self.top + (index / self.width) as i32;
                *cover = (f32::from(*cover) * kept(x, y)) as u8;
            }
        }
    }

    /// The cover between four pixels, zero outside. Coordinates are the mask's own.
    fn sample(&self, u: f32, v: f32) -> u32 {
        if u < 0.0 || v < 0.0 || u >= self.width as f32 - 1.0 || v >= self.height as f32 - 1.0 {
            return 0;
        }
        let (across, down) = ((u * 256.0) as usize, (v * 256.0) as usize);
        let (right, low) = ((across & 255) as u32, (down & 255) as u32);
        let at = (down >> 8) * self.width + (across >> 8);
        let cover = |index: usize| u32::from(self.covers[index]);
        let upper = cover(at) * (256 - right) + cover(at + 1) * right;
        let lower = cover(at + self.width) * (256 - right) + cover(at + self.width + 1) * right;
        (upper * (256 - low) + lower * low) >> 16
    }
}
