//! What the picture is made of: components, each of blocks.

use super::{
    Flaw, Limits,
    cosines::Cosines,
    segments::{Steps, ZIGZAG},
};

/// A coefficient that is not kept.
pub(super) const NOT_KEPT: u8 = u8::MAX;

/// The picture as the file describes it.
pub(super) struct Frame {
    pub(super) progressive: bool,
    /// Size of the picture that is made, in pixels.
    pub(super) width: u32,
    pub(super) height: u32,
    /// Pixels of a side of a block of the finest component.
    pub(super) pixels: u32,
    /// The largest factors.
    pub(super) across_max: u32,
    pub(super) down_max: u32,
    /// Groups of blocks of all components, across and down.
    pub(super) groups: (usize, usize),
    pub(super) components: Vec<Component>,
    pub(super) cosines: Cosines,
}

/// One component: brightness or a colour.
pub(super) struct Component {
    pub(super) id: u8,
    /// Blocks in a group, across and down.
    pub(super) across: u32,
    pub(super) down: u32,
    /// Which steps.
    pub(super) table: usize,
    /// The steps, once a scan has begun with them.
    pub(super) steps: Option<Steps>,
    /// Pixels that a block becomes, across and down.
    pub(super) size: (usize, usize),
    /// Blocks in a row, and rows of them, with what fills the last group.
    pub(super) blocks: (usize, usize),
    /// The same without.
    pub(super) own: (usize, usize),
    /// Where each coefficient is kept, in the order of the file.
    pub(super) slots: [u8; 64],
    /// Pixels.
    pub(super) plane: Vec<u8>,
    /// Kept coefficients of all blocks; of progressive files.
    pub(super) kept: Vec<i16>,
    /// Which coefficients of each block are not zero, in the order of the file; likewise.
    pub(super) nonzero: Vec<u64>,
    /// Whether any block was read.
    pub(super) content: bool,
}

impl Frame {
    /// Reads the header of a frame, and takes what it needs if it may.
    pub(super) fn new(segment: &[u8], progressive: bool, limits: Limits) -> Result<Self, Flaw> {
        let broken = Flaw::Broken("its size is missing");
        let ([precision, h1, h0, w1, w0, count], rest) =
            segment.split_first_chunk::<6>().ok_or(broken)?;
        if *precision != 8 {
            return Err(Flaw::Unusual("more than 8 bits"));
        }
        let height = u32::from(u16::from_be_bytes([*h1, *h0]));
        let width = u32::from(u16::from_be_bytes([*w1, *w0]));
        if width == 0 || height == 0 {
            return Err(Flaw::Unusual("without a size"));
        }
        if width.max(height) > limits.side_max {
            return Err(Flaw::TooLarge);
        }
        if !matches!(count, 1 | 3 | 4) {
            return Err(Flaw::Unusual("its number of colours"));
        }
        let described = rest.chunks_exact(3).take(usize::from(*count));
        if described.len() != usize::from(*count) {
            return Err(Flaw::Broken("a colour is missing"));
        }
        let described: Vec<(u8, u32, u32, usize)> = described
            .map(|of| (of[0], u32::from(of[1] >> 4), u32::from(of[1] & 15), of[2].into()))
            .collect();
        let allowed = |factor: u32| (1..=4).contains(&factor);
        if !described.iter().all(|(_, h, v, table)| allowed(*h) && allowed(*v) && *table < 4) {
            return Err(Flaw::Broken("factors of a colour"));
        }
        let across_max = described.iter().map(|(_, h, ..)| *h).max().unwrap_or(1);
        let down_max = described.iter().map(|(_, _, v, _)| *v).max().unwrap_or(1);
        let scaled = |len: u32, pixels: u32| (len * pixels).div_ceil(8);
        let longer = width.max(height);
        let pixels = [1, 2, 4].into_iter().find(|pixels| scaled(longer, *pixels) >= limits.side);
        let pixels = pixels.unwrap_or(8);
        let groups = (width.div_ceil(8 * across_max), height.div_ceil(8 * down_max));
        let mut frame = Self {
            progressive,
            width: scaled(width, pixels),
            height: scaled(height, pixels),
            pixels,
            across_max,
            down_max,
            groups: (groups.0 as usize, groups.1 as usize),
            components: Vec::new(),
            cosines: Cosines::new(),
        };
        for (id, across, down, table) in described {
            // As fine as the finest, where it has as much.
            let size = |factor: u32, max: u32| match pixels * max / factor {
                0 | 1 => 1,
                2 | 3 => 2,
                4..=7 => 4,
                _ => 8,
            };
            let own = |len: u32, factor: u32, max: u32| (len * factor).div_ceil(8 * max) as usize;
            frame.components.push(Component {
                id,
                across,
                down,
                table,
                steps: None,
                size: (size(across, across_max), size(down, down_max)),
                blocks: ((groups.0 * across) as usize, (groups.1 * down) as usize),
                own: (own(width, across, across_max), own(height, down, down_max)),
                slots: [NOT_KEPT; 64],
                plane: Vec::new(),
                kept: Vec::new(),
                nonzero: Vec::new(),
                content: false,
            });
        }
        if frame.bytes() > limits.bytes_max {
            return Err(Flaw::TooLarge);
        }
        frame.components.iter_mut().for_each(|component| component.allocate(progressive));
        Ok(frame)
    }

    /// What it takes, in bytes: pixels and what is kept of coefficients, and the picture of all.
    fn bytes(&self) -> u64 {
        let picture = u64::from(self.width) * u64::from(self.height) * 3;
        let of_each = |component: &Component| {
            let blocks = (component.blocks.0 * component.blocks.1) as u64;
            let pixels = (component.size.0 * component.size.1) as u64;
            blocks * (if self.progressive { pixels * 3 + 8 } else { pixels })
        };
        picture + self.components.iter().map(of_each).sum::<u64>()
    }

    /// Whether anything was read.
    pub(super) fn has_content(&self) -> bool {
        self.components.iter().any(|component| component.content)
    }

    /// Turns kept coefficients into pixels.
    pub(super) fn settle(&mut self) {
        if !self.progressive {
            return;
        }
        for component in &mut self.components {
            let kept = std::mem::take(&mut component.kept);
            let Some(steps) = component.steps else { continue };
            let pixels = component.size.0 * component.size.1;
            for (block, coefficients) in kept.chunks_exact(pixels).enumerate() {
                component.paint(block, coefficients, &steps, &self.cosines);
            }
        }
    }
}

impl Component {
    fn allocate(&mut self, progressive: bool) {
        let (across, down) = self.size;
        for (slot, place) in self.slots.iter_mut().zip(ZIGZAG) {
            let (row, column) = (usize::from(place / 8), usize::from(place % 8));
            if row < down && column < across {
                *slot = u8::try_from(row * across + column).expect("at most 63");
            }
        }
        let blocks = self.blocks.0 * self.blocks.1;
        // Grey where nothing comes.
        self.plane = vec![128; blocks * across * down];
        if progressive {
            self.kept = vec![0; blocks * across * down];
            self.nonzero = vec![0; blocks];
        }
    }

    /// Paints one block. Coefficients stand as their slots say.
    pub(super) fn paint(&mut self, block: usize, kept: &[i16], steps: &Steps, cosines: &Cosines) {
        let (across, down) = self.size;
        let (row, column) = (block / self.blocks.0, block % self.blocks.0);
        let width = self.blocks.0 * across;
        let start = row * down * width + column * across;
        cosines.paint(kept, steps, self.size, &mut self.plane[start..], width);
    }
}
