//! Where a device was.

use serde::{Deserialize, Serialize};

/// A position, coarse or precise by the set-up's policy and the observer's wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// WGS 84 latitude in millionths of a degree (integers, so that every reader agrees).
    pub lat_e6: i32,
    /// WGS 84 longitude in millionths of a degree.
    pub lon_e6: i32,
    /// Radius in metres within which the device believes to be.
    pub accuracy_m: u32,
}
