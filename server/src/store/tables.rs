//! Every table, row by row, for moving a whole store: read by key, added by the very statements
//! that headquarters itself adds with.
//!
//! The order is the one in which a store is filled. `statement` comes first, because its first row
//! says whose store it is; `log_leaf` comes last, because a store without its leaves is refused by
//! the signer: what was filled half-way cannot be served by mistake. A test compares this list and
//! its columns with the migrations.

use super::{
    accounts, carried, cosignatures, devices, forms, heard, incidents,
    later_rows::*,
    log, messages, once, packs, photos, publications, records, releases, roster, samples, signer,
    statements,
    table::{BYTES, FILES, INT, TEXT, table},
    transcriptions, unit_lines, units, vault,
};
pub use super::{counts::counts, table::Table};

/// All tables, in the order in which a store is filled.
pub const TABLES: [Table; 63] = [
    table(
        "statement",
        &[INT],
        "select position, statement_id, kind, subject, issued_at_ms, jws from statement
          where position > $1 order by position limit $2",
        statements::APPEND,
    ),
    Table {
        page: FILES,
        ..table(
            "pack_part",
            &[TEXT],
            "select sha256, bytes from pack_part where sha256 > $1 order by sha256 limit $2",
            packs::ADD,
        )
    },
    table(
        "operator_token",
        &[TEXT],
        "select token_hash, name, created_at_ms from operator_token
          where token_hash > $1 order by token_hash limit $2",
        ADD_OPERATOR_TOKEN,
    ),
    Table {
        replace: Some(WHOLE_ACCOUNT),
        ..table(
            "account",
            &[TEXT],
            "select name, display, org, region, roles, state, language, password, totp, totp_step, version, created_at_ms, updated_at_ms from account
              where name > $1 order by name limit $2",
            WHOLE_ACCOUNT,
        )
    },
    Table {
        replace: Some(WHOLE_RECOVERY),
        ..table(
            "recovery_code",
            &[TEXT, TEXT],
            "select account, code_hash, made_at_ms, used_at_ms from recovery_code
              where (account, code_hash) > ($1, $2) order by account, code_hash limit $3",
            WHOLE_RECOVERY,
        )
    },
    Table {
        replace: Some(WHOLE_SESSION),
        ..table(
            "account_session",
            &[TEXT],
            "select token_hash, account, created_at_ms, seen_at_ms, factor_at_ms, ended_at_ms from account_session
              where token_hash > $1 order by token_hash limit $2",
            WHOLE_SESSION,
        )
    },
    Table {
        replace: Some(WHOLE_TOKEN),
        ..table(
            "account_token",
            &[TEXT],
            "select token_hash, account, name, stepped_up, created_at_ms, expires_at_ms, ended_at_ms from account_token
              where token_hash > $1 order by token_hash limit $2",
            WHOLE_TOKEN,
        )
    },
    Table {
        replace: Some(WHOLE_LINK),
        ..table(
            "account_invitation",
            &[TEXT],
            "select secret_hash, account, invited_by, made_at_ms, expires_at_ms, used_at_ms from account_invitation
              where secret_hash > $1 order by secret_hash limit $2",
            WHOLE_LINK,
        )
    },
    Table {
        replace: Some(WHOLE_CHANGE),
        ..table(
            "role_change",
            &[TEXT],
            "select id, account, roles, org, region, proposed_by, proposed_at_ms, state, decided_by, decided_at_ms from role_change
              where id > $1 order by id limit $2",
            WHOLE_CHANGE,
        )
    },
    Table {
        replace: Some(WHOLE_PASSKEY),
        ..table(
            "passkey",
            &[TEXT],
            "select credential, account, name, public_key, sign_count, created_at_ms, ended_at_ms from passkey
              where credential > $1 order by credential limit $2",
            WHOLE_PASSKEY,
        )
    },
    table(
        "audit_event",
        &[INT],
        "select number, at_ms, actor, action, subject from audit_event
          where number > $1 order by number limit $2",
        accounts::APPEND_EVENT,
    ),
    Table {
        replace: Some(SEALED_IDENTITY),
        ..table(
            "identity",
            &[TEXT],
            "select person, incident_person, label, org from identity
              where person > $1 order by person limit $2",
            devices::ENTER,
        )
    },
    Table {
        replace: Some(LATER_MEMBER),
        ..table(
            "vault_member",
            &[TEXT],
            "select account, public_key, wrapped, set_at_ms from vault_member
              where account > $1 order by account limit $2",
            vault::SET_MEMBER,
        )
    },
    table(
        "vault_key",
        &[TEXT, TEXT],
        "select org, region, public_key, for_vault, made_at_ms from vault_key
          where (org, region) > ($1, $2)
          order by org, region limit $3",
        vault::ADD_KEY,
    ),
    table(
        "vault_share",
        &[TEXT],
        "select account, number, sealed from vault_share
          where account > $1 order by account limit $2",
        vault::ADD_SHARE,
    ),
    table(
        "vault_grant",
        &[TEXT, TEXT, TEXT],
        "select org, region, account, sealed, granted_at_ms from vault_grant
          where (org, region, account) > ($1, $2, $3) order by org, region, account limit $4",
        vault::ADD_GRANT,
    ),
    Table {
        replace: Some(LATER_ENTRY),
        ..table(
            "vault_entry",
            &[TEXT],
            "select person, org, region, for_vault, for_region, version, updated_at_ms
               from vault_entry where person > $1 order by person limit $2",
            vault::ADD_ENTRY,
        )
    },
    Table {
        replace: Some(AGREED_OPENING),
        ..table(
            "vault_opening",
            &[TEXT],
            "select opening, reason, people, grants, asked_by, asked_at_ms, opened_by, opened_at_ms
               from vault_opening where opening > $1 order by opening limit $2",
            vault::ASK,
        )
    },
    Table {
        replace: Some(LATER_ASSIGNMENT),
        ..table(
            "assignment",
            &[TEXT],
            "select assignment, person, seat, org, unit, region, duty, team, stop, from_ms,
                    until_ms, stands, version, carried
               from assignment where assignment > $1 order by assignment limit $2",
            roster::PLAN,
        )
    },
    table(
        "presence",
        &[TEXT],
        "select presence, person, unit, region, org, what, to_person, at_ms, noted_by, noted_at_ms
           from presence where presence > $1 order by presence limit $2",
        roster::NOTE_PRESENCE,
    ),
    table(
        "filled_form",
        &[INT],
        "select position, record_id, form, unit, region, kid, org, answers, critical,
                received_at_ms, claimed_at
           from filled_form where position > $1 order by position limit $2",
        forms::ADD,
    ),
    table(
        "device_progress",
        &[TEXT],
        "select kid, verified_size from device_progress
          where kid > $1 order by kid limit $2",
        forms::TELL,
    ),
    Table {
        replace: Some(WHOLE_INVITATION),
        ..table(
            "invitation",
            &[TEXT],
            "select secret_hash, role, person, org, mandate, expires_at_ms, kid, consumed_at_ms,
                    enrolment_id
               from invitation where secret_hash > $1 order by secret_hash limit $2",
            WHOLE_INVITATION,
        )
    },
    table(
        "device_token",
        &[TEXT],
        "select token_hash, kid, issued_at_ms, expires_at_ms from device_token
          where token_hash > $1 order by token_hash limit $2",
        devices::GIVE_TOKEN,
    ),
    Table {
        replace: Some(heard::HEAR),
        ..table(
            "device_report",
            &[TEXT],
            "select kid, heard_at_ms, waiting, oldest_at_ms, feed_after from device_report
              where kid > $1 order by kid limit $2",
            heard::HEAR,
        )
    },
    table(
        "brought_key",
        &[TEXT],
        "select kid, public_key from brought_key where kid > $1 order by kid limit $2",
        devices::KEEP_KEY,
    ),
    table(
        "record",
        &[INT],
        "select position, record_id, kind, kid, seq, unit, received_at_ms, claimed_at, verdict,
                reason, jws
           from record where position > $1 order by position limit $2",
        records::APPEND,
    ),
    Table {
        replace: Some(WHOLE_PACK),
        ..table(
            "unit_entry_pack",
            &[TEXT],
            "select unit, entries from unit_entry_pack where unit > $1 order by unit limit $2",
            WHOLE_PACK,
        )
    },
    table(
        "unit_entry",
        &[TEXT, INT],
        "select unit, position, entry from unit_entry
          where (unit, position) > ($1, $2) order by unit, position limit $3",
        unit_lines::ADD,
    ),
    table(
        "fork",
        &[TEXT, INT],
        "select kid, seq, found_at_ms from fork
          where (kid, seq) > ($1, $2) order by kid, seq limit $3",
        units::NOTE_FORK,
    ),
    table(
        "correction",
        &[TEXT],
        "select record_id, target, facts from correction
          where record_id > $1 order by record_id limit $2",
        units::NOTE_CORRECTION,
    ),
    table(
        "photo_named",
        &[BYTES, INT, INT, INT],
        "select sha256, position, role, page, bytes, held from photo_named
          where (sha256, position, role, page) > ($1, $2, $3, $4)
          order by sha256, position, role, page limit $5",
        photos::NOTE_NAMED,
    ),
    table(
        "photo",
        &[INT],
        "select position, sha256, bytes, verified_at_ms from photo
          where position > $1 order by position limit $2",
        photos::NOTE_VERIFIED,
    ),
    Table {
        replace: Some(LATER_INCIDENT),
        ..table(
            "incident",
            &[TEXT],
            "select record_id, person, org, unit, region, categories, phase, severity, occurred_at,
                    state, version, updated_at_ms, position, changed_position, received_at_ms,
                    occurred_at_ms, area, assignee, in_group, duplicate_of, edition
               from incident where record_id > $1 order by record_id limit $2",
            LATER_INCIDENT,
        )
    },
    table(
        "incident_transition",
        &[TEXT, INT],
        "select record_id, version, from_state, to_state, actor, reason, at_ms
           from incident_transition
          where (record_id, version) > ($1, $2) order by record_id, version limit $3",
        incidents::APPEND_STEP,
    ),
    table(
        "incident_change",
        &[TEXT, INT],
        "select record_id, version, position, kind, change, words, salt, actor, at_ms
           from incident_change
          where (record_id, version) > ($1, $2) order by record_id, version limit $3",
        incidents::APPEND_CHANGE,
    ),
    Table {
        replace: Some(incidents::SET_TAG),
        ..table(
            "incident_tag",
            &[TEXT, TEXT],
            "select tag, record_id, given from incident_tag
              where (tag, record_id) > ($1, $2) order by tag, record_id limit $3",
            incidents::SET_TAG,
        )
    },
    table(
        "incident_edition",
        &[TEXT, INT],
        "select record_id, edition, texts, version, actor, at_ms from incident_edition
          where (record_id, edition) > ($1, $2) order by record_id, edition limit $3",
        incidents::APPEND_EDITION,
    ),
    table(
        "incident_token",
        &[TEXT, INT],
        "select token, position from incident_token
          where (token, position) > ($1, $2) order by token, position limit $3",
        incidents::ADD_TOKEN,
    ),
    table(
        "incident_request",
        &[TEXT, TEXT],
        "select actor, request_key, asked, record_id, version from incident_request
          where (actor, request_key) > ($1, $2) order by actor, request_key limit $3",
        incidents::APPEND_REQUEST,
    ),
    Table {
        replace: Some(LATER_WEBHOOK),
        ..table(
            "webhook",
            &[TEXT],
            "select webhook_id, url, secret, org, region, actor, created_at_ms, state, told,
                    failures, failing_since_ms, next_try_ms, last_answer, last_try_ms
               from webhook where webhook_id > $1 order by webhook_id limit $2",
            LATER_WEBHOOK,
        )
    },
    Table {
        page: FILES,
        ..table(
            "publication",
            &[TEXT],
            "select publication_id, level, fetched_at_ms, source, media_type, bytes, position, jws
               from publication where publication_id > $1 order by publication_id limit $2",
            "insert into publication
             (publication_id, level, fetched_at_ms, source, media_type, bytes, position, jws)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
    },
    table(
        "publication_row",
        &[TEXT, TEXT],
        "select publication_id, unit, line, cells from publication_row
          where (publication_id, unit) > ($1, $2) order by publication_id, unit limit $3",
        publications::APPEND_ROW,
    ),
    Table {
        page: FILES,
        ..table(
            "release_draft",
            &[TEXT],
            "select draft, sha256, content, corrects, proposed_by, proposed_at_ms
               from release_draft where draft > $1 order by draft limit $2",
            releases::ADD_DRAFT,
        )
    },
    table(
        "release_outcome",
        &[TEXT],
        "select draft, number, statement_id, decided_by, decided_at_ms from release_outcome
          where draft > $1 order by draft limit $2",
        releases::ADD_OUTCOME,
    ),
    table(
        "publication_mapping",
        &[TEXT],
        "select publication_id, file_sha256, mapping_sha256, mapping from publication_mapping
          where publication_id > $1 order by publication_id limit $2",
        publications::APPEND_MAPPING,
    ),
    table(
        "checkpoint",
        &[INT],
        "select size, note, signed_at_ms from checkpoint
          where size > $1 order by size limit $2",
        log::APPEND_CHECKPOINT,
    ),
    table(
        "cosignature",
        &[INT, TEXT],
        "select size, witness, line, received_at_ms from cosignature
          where size > $1 or (size = $1 and witness > $2) order by size, witness limit $3",
        cosignatures::ADD,
    ),
    Table {
        replace: Some(LATER_ITEM),
        ..table(
            "transcription_item",
            &[TEXT],
            "select item_id, unit, region, org, form, summary_table, copy, records, pages, state,
                    outcome, version, needed, urgency, size, found_at_ms, updated_at_ms
               from transcription_item where item_id > $1 order by item_id limit $2",
            transcriptions::ADD_ITEM,
        )
    },
    table(
        "transcription_reading",
        &[TEXT],
        "select reading_id, item_id, seat, account, reading, typed_at_ms
           from transcription_reading where reading_id > $1 order by reading_id limit $2",
        transcriptions::TYPE,
    ),
    Table {
        replace: Some(LATER_LEASE),
        ..table(
            "transcription_lease",
            &[TEXT, INT],
            "select item_id, seat, account, until_ms from transcription_lease
              where (item_id, seat) > ($1, $2) order by item_id, seat limit $3",
            LATER_LEASE,
        )
    },
    Table {
        replace: Some(LATER_DESK),
        ..table(
            "transcription_desk",
            &[TEXT],
            "select account, item_id, seat, until_ms from transcription_desk
              where account > $1 order by account limit $2",
            LATER_DESK,
        )
    },
    table(
        "transcription_given_back",
        &[TEXT, TEXT],
        "select item_id, account, at_ms from transcription_given_back
          where (item_id, account) > ($1, $2) order by item_id, account limit $3",
        transcriptions::GIVE_BACK,
    ),
    table(
        "message",
        &[TEXT],
        "select message, account, audience, texts, org, region, sent_at_ms from message
          where message > $1 order by message limit $2",
        messages::ADD,
    ),
    table(
        "message_to",
        &[TEXT, TEXT],
        "select person, statement_id, message from message_to
          where (person, statement_id) > ($1, $2) order by person, statement_id limit $3",
        messages::ADDRESS,
    ),
    table(
        "request_done",
        &[TEXT, TEXT],
        "select actor, request_key, asked, answer, at_ms from request_done
          where (actor, request_key) > ($1, $2) order by actor, request_key limit $3",
        once::ADD,
    ),
    table(
        "carried_key",
        &[TEXT],
        "select kid, public_key, from_election, secret_hash from carried_key
          where kid > $1 order by kid limit $2",
        carried::ADD,
    ),
    Table {
        replace: Some(LATER_TICKET),
        ..table(
            "carry_ticket",
            &[TEXT],
            "select secret_hash, used from carry_ticket
              where secret_hash > $1 order by secret_hash limit $2",
            carried::GIVE_TICKET,
        )
    },
    table(
        "sample_unit",
        &[TEXT, INT],
        "select statement_id, place, unit from sample_unit
          where (statement_id, place) > ($1, $2) order by statement_id, place limit $3",
        samples::ADD,
    ),
    table(
        "hardware_request",
        &[TEXT],
        "select kid, request from hardware_request where kid > $1 order by kid limit $2",
        devices::KEEP_HARDWARE,
    ),
    table(
        "published_head",
        &[INT],
        "select slot, size from published_head where slot > $1 order by slot limit $2",
        signer::AGREE,
    ),
    Table {
        replace: Some(signer::WHOLE),
        ..table(
            "log_signer",
            &[INT],
            "select one, generation, holder, size, root from log_signer
              where one > $1 order by one limit $2",
            signer::WHOLE,
        )
    },
    table(
        "log_leaf",
        &[INT],
        "select position, hash, kind, subject from log_leaf
          where position > $1 order by position limit $2",
        log::APPEND_LEAF,
    ),
];

#[cfg(test)]
mod tests;
