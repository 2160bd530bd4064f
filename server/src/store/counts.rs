//! How many rows each table has, so that two stores can be compared at a glance.

use super::{Db, Row, StoreError, log};

/// Counts the rows of each table, in the order of [`TABLES`](super::tables::TABLES).
const COUNTS: &str = "select (select count(*) from statement), (select count(*) from pack_part),
            (select count(*) from operator_token), (select count(*) from account),
            (select count(*) from recovery_code), (select count(*) from account_session),
            (select count(*) from account_token),
            (select count(*) from account_invitation),
            (select count(*) from role_change), (select count(*) from passkey),
            (select count(*) from audit_event),
            (select count(*) from identity), (select count(*) from vault_member),
            (select count(*) from vault_key), (select count(*) from vault_share),
            (select count(*) from vault_grant), (select count(*) from vault_entry),
            (select count(*) from vault_opening), (select count(*) from assignment),
            (select count(*) from presence), (select count(*) from filled_form),
            (select count(*) from device_progress),
            (select count(*) from invitation),
            (select count(*) from device_token), (select count(*) from device_report),
            (select count(*) from brought_key),
            (select count(*) from record), (select count(*) from unit_entry_pack),
            (select count(*) from unit_entry),
            (select count(*) from fork), (select count(*) from correction),
            (select count(*) from photo_named), (select count(*) from photo),
            (select count(*) from incident), (select count(*) from incident_transition),
            (select count(*) from incident_change), (select count(*) from incident_tag),
            (select count(*) from incident_edition), (select count(*) from incident_token),
            (select count(*) from incident_request), (select count(*) from webhook),
            (select count(*) from publication), (select count(*) from publication_row),
            (select count(*) from release_draft), (select count(*) from release_outcome),
            (select count(*) from publication_mapping),
            (select count(*) from checkpoint), (select count(*) from cosignature),
            (select count(*) from transcription_item),
            (select count(*) from transcription_reading),
            (select count(*) from transcription_lease),
            (select count(*) from transcription_desk),
            (select count(*) from transcription_given_back),
            (select count(*) from message), (select count(*) from message_to),
            (select count(*) from request_done), (select count(*) from carried_key),
            (select count(*) from carry_ticket), (select count(*) from sample_unit),
            (select count(*) from hardware_request), (select count(*) from published_head),
            (select count(*) from log_signer),
            (select count(*) from log_leaf)";

/// How many rows each table has, in the order of [`TABLES`](super::tables::TABLES), as one moment saw them.
pub async fn counts(db: &Db) -> Result<Vec<u64>, StoreError> {
    let rows = db.query(COUNTS, &[]).await?;
    let row = rows.first().map_or(&[][..], Row::values);
    (0..row.len()).map(|column| rows[0].int(column).map(log::unsigned)).collect()
}

#[cfg(test)]
mod tests {
    use super::{super::tables::TABLES, *};

    #[test]
    fn every_table_is_counted_in_its_place() {
        let counted: Vec<&str> = COUNTS
            .split("count(*) from ")
            .skip(1)
            .map(|rest| rest.split(')').next().unwrap())
            .collect();
        assert_eq!(counted, TABLES.map(|table| table.name));
    }
}
