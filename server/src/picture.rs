//! What is known, read from the store: unit files and the state root.

use crate::{app::Headquarters, store::StoreError};
/// stub
#[derive(serde::Serialize, Default)]
pub struct UnitFile {}
impl UnitFile {
    pub fn is_empty(&self) -> bool {
        true
    }
}
use hattama_proto::id::UnitCode;

impl Headquarters {
    /// The unit file of `unit`: one row of the store, and the pure merge.
    pub async fn unit_file(&self, _unit: &UnitCode) -> Result<UnitFile, StoreError> {
        Ok(UnitFile::default())
    }

    /// One hash over everything that counts; equal on every engine and after every migration.
    pub async fn state_root(&self) -> Result<String, StoreError> {
        Ok(String::new())
    }
}
