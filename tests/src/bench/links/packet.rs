//! What has to be known of a packet: whose link it is on, which connection it belongs to, and the answer of
//! somebody who does not know that connection. Pure. IPv4 and TCP as RFC 791 and RFC 9293 have them.

/// Bytes of the two headers without options: what a reset consists of.
const RESET_BYTES: usize = 40;

/// A TCP packet over IPv4, read just as far as is needed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    bytes: &'a [u8],
    tcp: &'a [u8],
}

/// Flags of a TCP header.
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

impl<'a> Packet<'a> {
    /// Reads it; none if it is anything else or too short.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let first = *bytes.first()?;
        let header = usize::from(first & 0x0F) * 4;
        if first >> 4 != 4 || header < 20 || *bytes.get(9)? != 6 {
            return None;
        }
        let tcp = bytes.get(header..)?;
        (tcp.len() >= 20).then_some(Self { bytes, tcp })
    }

    /// The last part of the address it comes from, and of the one it goes to.
    pub(super) fn hosts(&self) -> (u8, u8) {
        (self.bytes[15], self.bytes[19])
    }

    /// The port it comes from, and the one it goes to.
    pub(super) fn ports(&self) -> (u16, u16) {
        (self.half(0), self.half(2))
    }

    /// Whether it begins a connection.
    pub(super) fn begins(&self) -> bool {
        self.tcp[13] & (SYN | ACK) == SYN
    }

    /// What is answered to it where its connection is not known; none to what is such an answer itself, and
    /// to what carries no acknowledgement, which no connection sends in its middle.
    pub(super) fn reset(&self) -> Option<Vec<u8>> {
        let flags = self.tcp[13];
        if flags & RST != 0 || flags & ACK == 0 {
            return None;
        }
        let mut answer = vec![0; RESET_BYTES];
        answer[0] = 0x45;
        answer[3] = 40;
        answer[8] = 64;
        answer[9] = 6;
        answer[12..16].copy_from_slice(&self.bytes[16..20]);
        answer[16..20].copy_from_slice(&self.bytes[12..16]);
        let sum = checksum(&answer[..20], 0);
        answer[10..12].copy_from_slice(&sum.to_be_bytes());
        answer[20..22].copy_from_slice(&self.tcp[2..4]);
        answer[22..24].copy_from_slice(&self.tcp[0..2]);
        // It continues exactly where the other side expects it, or it would not be believed.
        answer[24..28].copy_from_slice(&self.tcp[8..12]);
        answer[32] = 5 << 4;
        answer[33] = RST;
        // Both addresses stand before it; the protocol and the length are added.
        let sum = checksum(&answer[12..], 6 + 20);
        answer[36..38].copy_from_slice(&sum.to_be_bytes());
        Some(answer)
    }

    fn half(&self, at: usize) -> u16 {
        u16::from_be_bytes([self.tcp[at], self.tcp[at + 1]])
    }
}

/// RFC 1071, over an even number of bytes, beginning with `start`.
fn checksum(bytes: &[u8], start: u32) -> u16 {
    let mut sum = bytes
        .chunks_exact(2)
        .fold(start, |sum, pair| sum + u32::from(u16::from_be_bytes([pair[0], pair[1]])));
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    !u16::try_from(sum).expect("it was folded")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From 10.99.255.1:40000 to 10.99.0.7:8443, in the middle of a connection, with an option and data.
    fn middle(flags: u8) -> Vec<u8> {
        let mut bytes = vec![0; 20 + 24 + 5];
        bytes[0] = 0x45;
        bytes[9] = 6;
        bytes[12..20].copy_from_slice(&[10, 99, 255, 1, 10, 99, 0, 7]);
        bytes[20..24].copy_from_slice(&[0x9C, 0x40, 0x20, 0xFB]);
        bytes[24..28].copy_from_slice(&[1, 2, 3, 4]);
        bytes[28..32].copy_from_slice(&[9, 8, 7, 6]);
        bytes[32] = 6 << 4;
        bytes[33] = flags;
        bytes
    }

    #[test]
    fn hosts_ports_and_beginnings_are_read() {
        let (syn, data) = (middle(SYN), middle(ACK));
        let packet = Packet::read(&data).unwrap();
        assert_eq!((packet.hosts(), packet.ports()), ((1, 7), (40_000, 8443)));
        assert!(!packet.begins());
        assert!(Packet::read(&syn).unwrap().begins());
        assert!(!Packet::read(&middle(SYN | ACK)).unwrap().begins());
    }

    #[test]
    fn what_is_no_tcp_over_ipv4_or_is_cut_is_left_alone() {
        let whole = middle(ACK);
        for cut in 0..40 {
            assert!(Packet::read(&whole[..cut]).is_none(), "{cut}");
        }
        for (place, other) in [(0, 0x65), (0, 0x41), (0, 0x4F), (9, 17)] {
            let mut bytes = whole.clone();
            bytes[place] = other;
            assert!(Packet::read(&bytes).is_none(), "{place} {other}");
        }
    }

    #[test]
    fn a_reset_turns_the_way_round_and_continues_what_was_acknowledged() {
        let data = middle(ACK);
        let reset = Packet::read(&data).unwrap().reset().unwrap();
        let read = Packet::read(&reset).unwrap();
        assert_eq!((read.hosts(), read.ports()), ((7, 1), (8443, 40_000)));
        assert_eq!(reset[24..28], [9, 8, 7, 6]);
        assert_eq!(reset[33], RST);
        // A sum over what carries its own sum is all ones, and its complement nothing.
        assert_eq!(checksum(&reset[..20], 0), 0);
        assert_eq!(checksum(&reset[12..], 26), 0);
    }

    #[test]
    fn a_reset_is_not_answered_by_a_reset() {
        for flags in [RST, RST | ACK, SYN] {
            assert!(Packet::read(&middle(flags)).unwrap().reset().is_none());
        }
    }
}
