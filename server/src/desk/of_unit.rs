//! What stands on the desk of one unit's documents, for its file.

use hattama_proto::id::UnitCode;

use super::{Desk, DeskError, Item};
use crate::{
    access::{Operator, Permission},
    store,
    transcription::{ItemState, Seat},
};

/// An item, and who typed it.
#[derive(Clone, Debug)]
pub struct OfUnit {
    /// The item.
    pub item: Item,
    /// The seats on which somebody typed, in their order, with the account's name. Of an open item,
    /// and for who decides; of what was settled its statement says who read it.
    pub typed_by: Vec<(Seat, String)>,
}

impl Desk {
    /// The items of a unit that an account may see and that somebody needs or that are settled, by id.
    ///
    /// # Errors
    /// [`DeskError::Store`], where the store does not answer.
    pub async fn of_unit(
        &self,
        operator: &Operator,
        unit: &UnitCode,
    ) -> Result<Vec<OfUnit>, DeskError> {
        let stored = store::transcriptions::items_of(&self.db, std::slice::from_ref(unit)).await?;
        let mut found = Vec::new();
        for stored in &stored {
            if !operator.scope.sees(stored.org.as_deref(), stored.region.as_deref()) {
                continue;
            }
            let item = Item::read(stored)?;
            if !item.is_needed && item.state != ItemState::Settled {
                continue;
            }
            let mut typed_by = Vec::new();
            if item.state == ItemState::Open && operator.may(Permission::Decide) {
                for reading in store::transcriptions::readings(&self.db, &item.id).await? {
                    let Some(seat) = reading.seat.and_then(Seat::new) else { continue };
                    typed_by.push((seat, reading.account));
                }
                typed_by.sort();
            }
            found.push(OfUnit { item, typed_by });
        }
        Ok(found)
    }
}
