//! One scan: the bits of some components, or of some coefficients of one.

use std::{io::Read, ops::RangeInclusive};

use super::{
    Flaw,
    bits::{Bits, Source},
    frame::{Component, Frame, NOT_KEPT},
    segments::{Codes, Tables},
};

/// What a scan says of itself.
pub(super) struct ScanHeader {
    /// Components by their place in the frame, with their tables of codes.
    parts: Vec<(usize, usize, usize)>,
    /// Which coefficients, in the order of the file.
    band: RangeInclusive<usize>,
    /// Whether these coefficients come for the first time; otherwise they get one more bit.
    first: bool,
    /// Bits that are still missing.
    low: u32,
}

impl ScanHeader {
    pub(super) fn new(segment: &[u8], frame: &Frame) -> Result<Self, Flaw> {
        let broken = || Flaw::Broken("the head of a scan");
        let (count, rest) = segment.split_first().ok_or_else(broken)?;
        let (named, rest) = rest.split_at_checked(2 * usize::from(*count)).ok_or_else(broken)?;
        let [from, until, bits, ..] = rest else { return Err(broken()) };
        let mut parts: Vec<(usize, usize, usize)> = Vec::new();
        for part in named.chunks_exact(2) {
            let at = frame.components.iter().position(|component| component.id == part[0]);
            let at = at.filter(|at| parts.iter().all(|(other, ..)| other != at));
            let (first, other) = (part[1] >> 4, part[1] & 15);
            if first > 3 || other > 3 {
                return Err(broken());
            }
            parts.push((at.ok_or_else(broken)?, first.into(), other.into()));
        }
        if parts.is_empty() {
            return Err(broken());
        }
        if !frame.progressive {
            return Ok(Self { parts, band: 0..=63, first: true, low: 0 });
        }
        let (from, until) = (usize::from(*from), usize::from(*until));
        let (high, low) = (bits >> 4, u32::from(bits & 15));
        let alone = parts.len() == 1 && from <= until && until < 64;
        if low > 13 || (from == 0 && until != 0) || (from > 0 && !alone) {
            return Err(broken());
        }
        Ok(Self { parts, band: from..=until, first: high == 0, low })
    }
}

/// Reads a scan. Says which marker came after it.
pub(super) fn read<R: Read>(
    source: &mut Source<R>,
    frame: &mut Frame,
    tables: &Tables,
    header: &ScanHeader,
) -> Result<u8, Flaw> {
    for (at, ..) in &header.parts {
        let component = &mut frame.components[*at];
        if component.steps.is_none() || !frame.progressive {
            let steps = tables.steps[component.table].ok_or(Flaw::Broken("steps are missing"))?;
            component.steps = Some(steps);
        }
    }
    let mut bits = Bits::new(source);
    let mut state = State { before: [0; 4], empty: 0 };
    let together = header.parts.len() > 1;
    let (across, down) = match together {
        true => frame.groups,
        false => frame.components[header.parts[0].0].own,
    };
    let mut until_restart = tables.restart;
    for row in 0..down {
        for column in 0..across {
            if tables.restart > 0 {
                if until_restart == 0 {
                    bits.restart()?;
                    state = State { before: [0; 4], empty: 0 };
                    until_restart = tables.restart;
                }
                until_restart -= 1;
            }
            for (part, (at, first, other)) in header.parts.iter().enumerate() {
                let component = &mut frame.components[*at];
                let (wide, high) = match together {
                    true => (component.across as usize, component.down as usize),
                    false => (1, 1),
                };
                let codes = (tables.first[*first].as_ref(), tables.other[*other].as_ref());
                for y in 0..high {
                    for x in 0..wide {
                        let block = (row * high + y) * component.blocks.0 + column * wide + x;
                        let mut reader =
                            BlockReader { bits: &mut bits, state: &mut state, codes, header, part };
                        if frame.progressive {
                            reader.band(component, block)?;
                        } else {
                            let mut kept = [0; 64];
                            reader.whole(&component.slots, &mut kept)?;
                            let steps = component.steps.expect("it was set above");
                            let pixels = component.size.0 * component.size.1;
                            component.paint(block, &kept[..pixels], &steps, &frame.cosines);
                        }
                        component.content = true;
                    }
                }
            }
        }
    }
    bits.end()
}

/// What goes over from block to block.
struct State {
    /// The first coefficient of the block before, by component of the scan.
    before: [i32; 4],
    /// Blocks to come that have nothing more in this band.
    empty: u32,
}

struct BlockReader<'a, 'b, R> {
    bits: &'a mut Bits<'b, R>,
    state: &'a mut State,
    codes: (Option<&'a Codes>, Option<&'a Codes>),
    header: &'a ScanHeader,
    part: usize,
}

impl<R: Read> BlockReader<'_, '_, R> {
    /// All coefficients of a block.
    fn whole(&mut self, slots: &[u8; 64], kept: &mut [i16; 64]) -> Result<(), Flaw> {
        kept[0] = self.first_coefficient()?;
        let codes = self.codes.1.ok_or(Flaw::Broken("codes are missing"))?;
        let mut at = 1;
        while at < 64 {
            let symbol = self.bits.symbol(codes)?;
            let (zeros, len) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if len == 0 {
                if zeros < 15 {
                    break;
                }
                at += 16;
                continue;
            }
            at += zeros;
            let value = self.bits.signed(len)?;
            let slot = *slots.get(at).ok_or(Flaw::Broken("too many coefficients"))?;
            if slot != NOT_KEPT {
                kept[usize::from(slot)] = clamped(value);
            }
            at += 1;
        }
        Ok(())
    }

    fn first_coefficient(&mut self) -> Result<i16, Flaw> {
        let codes = self.codes.0.ok_or(Flaw::Broken("codes are missing"))?;
        let len = self.bits.symbol(codes)?;
        if len > 15 {
            return Err(Flaw::Broken("a difference is too large"));
        }
        let before = &mut self.state.before[self.part];
        *before = i32::from(clamped(*before + self.bits.signed(len.into())?));
        Ok(clamped(*before))
    }

    /// Some coefficients of a block of a progressive file.
    fn band(&mut self, component: &mut Component, block: usize) -> Result<(), Flaw> {
        let pixels = component.size.0 * component.size.1;
        let kept = &mut component.kept[block * pixels..][..pixels];
        let low = self.header.low;
        match (*self.header.band.start(), self.header.first) {
            (0, true) => kept[0] = clamped(i32::from(self.first_coefficient()?) << low),
            (0, false) => kept[0] |= i16::from(self.bits.bit()?) << low,
            (_, true) => {
                self.band_first(kept, &component.slots, &mut component.nonzero[block])?;
            }
            (_, false) => {
                self.band_again(kept, &component.slots, &mut component.nonzero[block])?;
            }
        }
        Ok(())
    }

    fn band_first(
        &mut self,
        kept: &mut [i16],
        slots: &[u8; 64],
        nonzero: &mut u64,
    ) -> Result<(), Flaw> {
        if self.state.empty > 0 {
            self.state.empty -= 1;
            return Ok(());
        }
        let codes = self.codes.1.ok_or(Flaw::Broken("codes are missing"))?;
        let mut at = *self.header.band.start();
        while at <= *self.header.band.end() {
            let symbol = self.bits.symbol(codes)?;
            let (zeros, len) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            if len == 0 {
                if zeros < 15 {
                    self.state.empty = self.run(zeros)? - 1;
                    break;
                }
                at += 16;
                continue;
            }
            at += zeros as usize;
            let value = self.bits.signed(len)? << self.header.low;
            let slot = *slots.get(at).ok_or(Flaw::Broken("too many coefficients"))?;
            *nonzero |= 1 << at;
            if slot != NOT_KEPT {
                kept[usize::from(slot)] = clamped(value);
            }
            at += 1;
        }
        Ok(())
    }

    /// How many blocks, this one among them, have nothing more.
    fn run(&mut self, len: u32) -> Result<u32, Flaw> {
        Ok((1 << len) + self.bits.bits(len)?.cast_unsigned())
    }

    /// One more bit for coefficients that are there, and the first for some that were not.
    fn band_again(
        &mut self,
        kept: &mut [i16],
        slots: &[u8; 64],
        nonzero: &mut u64,
    ) -> Result<(), Flaw> {
        let codes = self.codes.1.ok_or(Flaw::Broken("codes are missing"))?;
        let mut at = *self.header.band.start();
        let end = *self.header.band.end();
        if self.state.empty == 0 {
            while at <= end {
                let symbol = self.bits.symbol(codes)?;
                let (mut zeros, len) = (u32::from(symbol >> 4), symbol & 15);
                let mut value = 0;
                match len {
                    0 if zeros < 15 => {
                        self.state.empty = self.run(zeros)?;
                        break;
                    }
                    0 => {}
                    1 => {
                        let one = 1 << self.header.low;
                        value = if self.bits.bit()? { one } else { -one };
                    }
                    _ => return Err(Flaw::Broken("a correction is too large")),
                }
                // Over as many that are still zero; those that are not get their bit on the way.
                while at <= end {
                    if *nonzero & (1 << at) != 0 {
                        self.correct(kept, slots[at])?;
                    } else if zeros == 0 {
                        if value != 0 {
                            *nonzero |= 1 << at;
                            if slots[at] != NOT_KEPT {
                                kept[usize::from(slots[at])] = clamped(value);
                            }
                        }
                        at += 1;
                        break;
                    } else {
                        zeros -= 1;
                    }
                    at += 1;
                }
            }
        }
        if self.state.empty > 0 {
            while at <= end {
                if *nonzero & (1 << at) != 0 {
                    self.correct(kept, slots[at])?;
                }
                at += 1;
            }
            self.state.empty -= 1;
        }
        Ok(())
    }

    fn correct(&mut self, kept: &mut [i16], slot: u8) -> Result<(), Flaw> {
        if self.bits.bit()? && slot != NOT_KEPT {
            let value = &mut kept[usize::from(slot)];
            let one = 1_i16 << self.header.low;
            // A bit that is there already is said twice; the file is odd, and nothing changes.
            if *value & one == 0 {
                *value = value.saturating_add(if *value < 0 { -one } else { one });
            }
        }
        Ok(())
    }
}

fn clamped(value: i32) -> i16 {
    i16::try_from(value.clamp(i16::MIN.into(), i16::MAX.into())).expect("it was clamped")
}
