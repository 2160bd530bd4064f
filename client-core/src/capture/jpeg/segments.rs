//! Tables that scans are read with.

use super::Flaw;

/// Bits of a code that are looked up at once; longer ones are rare.
const FAST_BITS: u32 = 9;

/// Places of the coefficients in the order of the file: eight a row.
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// What the file has said so far.
#[derive(Default)]
pub(super) struct Tables {
    /// Codes of first coefficients.
    pub(super) first: [Option<Codes>; 4],
    /// Codes of all others.
    pub(super) other: [Option<Codes>; 4],
    /// Steps of the coefficients, by place.
    pub(super) steps: [Option<Steps>; 4],
    /// Units between two restarts; 0 for none.
    pub(super) restart: u16,
}

/// Steps of a block's coefficients, by place.
pub(super) type Steps = [u16; 64];

impl Tables {
    /// Reads a segment of codes.
    pub(super) fn huffman(&mut self, mut segment: &[u8]) -> Result<(), Flaw> {
        while let Some((head, rest)) = segment.split_first() {
            let (lengths, rest) = rest.split_first_chunk::<16>().ok_or(Flaw::Broken("codes"))?;
            let count: usize = lengths.iter().copied().map(usize::from).sum();
            let (symbols, rest) = rest.split_at_checked(count).ok_or(Flaw::Broken("codes"))?;
            let tables = if head >> 4 == 0 { &mut self.first } else { &mut self.other };
            let table = tables.get_mut(usize::from(head & 15)).ok_or(Flaw::Broken("codes"))?;
            *table = Some(Codes::new(lengths, symbols)?);
            segment = rest;
        }
        Ok(())
    }

    /// Reads a segment of steps.
    pub(super) fn quantization(&mut self, mut segment: &[u8]) -> Result<(), Flaw> {
        while let Some((head, rest)) = segment.split_first() {
            let bytes = if head >> 4 == 0 { 1 } else { 2 };
            let (values, rest) = rest.split_at_checked(64 * bytes).ok_or(Flaw::Broken("steps"))?;
            let mut steps = [0; 64];
            for (place, value) in ZIGZAG.iter().zip(values.chunks(bytes)) {
                let value = value.iter().fold(0, |all, byte| all << 8 | u16::from(*byte));
                steps[usize::from(*place)] = value;
            }
            let table = self.steps.get_mut(usize::from(head & 15));
            *table.ok_or(Flaw::Broken("steps"))? = Some(steps);
            segment = rest;
        }
        Ok(())
    }

    /// Reads how many units stand between two restarts.
    pub(super) fn restart(&mut self, segment: &[u8]) -> Result<(), Flaw> {
        let bytes = segment.first_chunk().ok_or(Flaw::Broken("restarts"))?;
        self.restart = u16::from_be_bytes(*bytes);
        Ok(())
    }
}

/// A table of codes.
pub(super) struct Codes {
    /// Length and symbol by the first bits; length 0 where the code is longer.
    fast: Vec<(u8, u8)>,
    /// Of each length: the first code that is too large for it, the bits at the top of 16.
    ends: [u32; 16],
    /// Of each length: what is added to a code to find its symbol.
    offsets: [i32; 16],
    symbols: Vec<u8>,
}

impl Codes {
    fn new(lengths: &[u8; 16], symbols: &[u8]) -> Result<Self, Flaw> {
        let mut codes = Self {
            fast: vec![(0, 0); 1 << FAST_BITS],
            ends: [0; 16],
            offsets: [0; 16],
            symbols: symbols.to_vec(),
        };
        let (mut code, mut number) = (0_u32, 0_i32);
        for (len, count) in (1_u8..).zip(lengths) {
            let at = usize::from(len - 1);
            codes.offsets[at] = number - code.cast_signed();
            for _ in 0..*count {
                let symbol = symbols[usize::try_from(number).expect("it only rises")];
                if u32::from(len) <= FAST_BITS {
                    let shift = FAST_BITS - u32::from(len);
                    let range = (code << shift) as usize..((code + 1) << shift) as usize;
                    let places = codes.fast.get_mut(range).ok_or(Flaw::Broken("codes"))?;
                    places.fill((len, symbol));
                }
                code += 1;
                number += 1;
            }
            if code > 1 << len {
                return Err(Flaw::Broken("codes"));
            }
            codes.ends[at] = code << (16 - len);
            code <<= 1;
        }
        Ok(codes)
    }

    /// The symbol that these bits begin with, and how many of them it takes.
    pub(super) fn find(&self, bits: u16) -> Option<(u8, u32)> {
        let (len, symbol) = self.fast[usize::from(bits >> (16 - FAST_BITS))];
        if len > 0 {
            return Some((symbol, u32::from(len)));
        }
        let bits = u32::from(bits);
        let at = (FAST_BITS as usize..16).find(|at| bits < self.ends[*at])?;
        let len = u32::try_from(at).expect("at most 16") + 1;
        let number = (bits >> (16 - len)).cast_signed() + self.offsets[at];
        Some((*self.symbols.get(usize::try_from(number).ok()?)?, len))
    }
}
