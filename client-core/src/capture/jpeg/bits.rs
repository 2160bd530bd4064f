//! The file as bytes, segments and bits.

use std::io::{ErrorKind, Read};

use super::{Flaw, segments::Codes};

/// Bytes read at a time.
const PIECE_BYTES: usize = 32 * 1024;

/// The file, byte by byte.
pub(super) struct Source<R> {
    from: R,
    piece: Vec<u8>,
    at: usize,
}

impl<R: Read> Source<R> {
    pub(super) const fn new(from: R) -> Self {
        Self { from, piece: Vec::new(), at: 0 }
    }

    /// The next byte.
    pub(super) fn next(&mut self) -> Result<u8, Flaw> {
        if let Some(byte) = self.piece.get(self.at) {
            self.at += 1;
            return Ok(*byte);
        }
        self.read_on()
    }

    #[cold]
    fn read_on(&mut self) -> Result<u8, Flaw> {
        self.piece.resize(PIECE_BYTES, 0);
        let read = loop {
            match self.from.read(&mut self.piece) {
                Ok(read) => break read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => break 0,
            }
        };
        self.piece.truncate(read);
        self.at = 1;
        self.piece.first().copied().ok_or(Flaw::Ended)
    }

    /// The next marker, over whatever stands before it.
    pub(super) fn marker(&mut self) -> Result<u8, Flaw> {
        loop {
            while self.next()? != 0xff {}
            let mut byte = self.next()?;
            while byte == 0xff {
                byte = self.next()?;
            }
            if byte != 0 {
                return Ok(byte);
            }
        }
    }

    /// What the segment holds whose marker was read, at most 64 KiB.
    pub(super) fn segment(&mut self) -> Result<Vec<u8>, Flaw> {
        let len = self.segment_len()?;
        let mut bytes = Vec::with_capacity(len);
        for _ in 0..len {
            bytes.push(self.next()?);
        }
        Ok(bytes)
    }

    /// Passes over it.
    pub(super) fn skip_segment(&mut self) -> Result<(), Flaw> {
        for _ in 0..self.segment_len()? {
            self.next()?;
        }
        Ok(())
    }

    fn segment_len(&mut self) -> Result<usize, Flaw> {
        let len = u16::from_be_bytes([self.next()?, self.next()?]);
        usize::from(len).checked_sub(2).ok_or(Flaw::Broken("a segment has no length"))
    }
}

/// The bits of one scan.
pub(super) struct Bits<'a, R> {
    source: &'a mut Source<R>,
    /// The next bits, the first one highest.
    held: u64,
    count: u32,
    /// What ended them.
    marker: Option<u8>,
}

impl<'a, R: Read> Bits<'a, R> {
    pub(super) const fn new(source: &'a mut Source<R>) -> Self {
        Self { source, held: 0, count: 0, marker: None }
    }

    /// Reads until at least 48 bits are held, or a marker comes.
    fn fill(&mut self) -> Result<(), Flaw> {
        while self.count <= 48 && self.marker.is_none() {
            let mut byte = self.source.next()?;
            if byte == 0xff {
                let mut after = self.source.next()?;
                while after == 0xff {
                    after = self.source.next()?;
                }
                if after != 0 {
                    self.marker = Some(after);
                    return Ok(());
                }
                byte = 0xff;
            }
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
        Ok(())
    }

    /// The next 16 bits; noughts where there are no more.
    fn peek(&mut self) -> Result<u16, Flaw> {
        if self.count < 16 {
            self.fill()?;
        }
        Ok((self.held >> 48) as u16)
    }

    fn take(&mut self, count: u32) -> Result<(), Flaw> {
        if count > self.count {
            return Err(Flaw::Ended);
        }
        self.held <<= count;
        self.count -= count;
        Ok(())
    }

    /// One bit.
    pub(super) fn bit(&mut self) -> Result<bool, Flaw> {
        Ok(self.bits(1)? != 0)
    }

    /// Up to 16 bits as a number.
    pub(super) fn bits(&mut self, count: u32) -> Result<i32, Flaw> {
        if count == 0 {
            return Ok(0);
        }
        let bits = i32::from(self.peek()? >> (16 - count));
        self.take(count)?;
        Ok(bits)
    }

    /// A difference or coefficient of `count` bits, at most 15.
    pub(super) fn signed(&mut self, count: u32) -> Result<i32, Flaw> {
        let bits = self.bits(count)?;
        let below = count > 0 && bits < 1 << (count - 1);
        Ok(if below { bits - (1 << count) + 1 } else { bits })
    }

    /// One symbol.
    pub(super) fn symbol(&mut self, codes: &Codes) -> Result<u8, Flaw> {
        let (symbol, len) = codes.find(self.peek()?).ok_or(Flaw::Broken("an unknown code"))?;
        self.take(len)?;
        Ok(symbol)
    }

    /// Goes on after the next restart marker.
    pub(super) fn restart(&mut self) -> Result<(), Flaw> {
        (self.held, self.count) = (0, 0);
        let marker = match self.marker.take() {
            Some(marker) => marker,
            None => self.source.marker()?,
        };
        if (0xd0..=0xd7).contains(&marker) {
            return Ok(());
        }
        Err(Flaw::Broken("a restart is missing"))
    }

    /// The marker that comes after the scan.
    pub(super) fn end(mut self) -> Result<u8, Flaw> {
        match self.marker.take() {
            Some(marker) => Ok(marker),
            None => self.source.marker(),
        }
    }
}
