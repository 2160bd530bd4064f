//! A one-time secret as a page offers it: a picture to scan, and letters to type. Pure.

use qrcode::{EcLevel, QrCode, render::svg};

use crate::people::totp;

/// Smallest side of the picture, in pixels: read off a screen at arm's length.
const SIDE_MIN: u32 = 200;

/// A secret that is offered.
pub(super) struct OneTime {
    /// An `svg` element; nothing where the address does not fit, which its lengths do not allow.
    pub(super) picture: String,
    /// Base32 in groups of four.
    pub(super) secret: String,
}

impl OneTime {
    /// For this account of this election's headquarters.
    pub(super) fn new(secret: &[u8], account: &str, election: &str) -> Self {
        let address = totp::address(secret, account, election);
        let code = QrCode::with_error_correction_level(address, EcLevel::L);
        let draw = |code: QrCode| {
            let side = SIDE_MIN;
            code.render::<svg::Color>().min_dimensions(side, side).build()
        };
        let picture = code.map_or_else(|_| String::new(), draw);
        // An element of a page has no declaration of its own.
        let picture = picture.find("<svg").map_or("", |at| &picture[at..]).to_owned();
        let letters: Vec<char> = totp::base32(secret).chars().collect();
        let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
        Self { picture, secret: groups.join(" ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_a_picture_and_letters() {
        let offered = OneTime::new(&[0xff; 20], "a.ivanova", "kz-2005");
        assert!(offered.picture.starts_with("<svg") && !offered.picture.contains("style"));
        assert_eq!(offered.secret, ["7777"; 8].join(" "));
    }
}
