//! Statements for moving a store that no other work needs: a row that changes later is put in the place
//! of the one that was moved before.

/// Kept for a release in which old processes may still read it; see `account_token`.
pub(super) const ADD_OPERATOR_TOKEN: &str =
    "insert into operator_token (token_hash, name, created_at_ms) values ($1, $2, $3)";

pub(super) const WHOLE_INVITATION: &str = "insert into invitation
     (secret_hash, role, person, org, mandate, expires_at_ms, kid, consumed_at_ms, enrolment_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
     on conflict (secret_hash) do update
     set kid = excluded.kid, consumed_at_ms = excluded.consumed_at_ms,
         enrolment_id = excluded.enrolment_id";

pub(super) const WHOLE_PACK: &str = "insert into unit_entry_pack (unit, entries) values ($1, $2)
     on conflict (unit) do update set entries = excluded.entries";

pub(super) const LATER_INCIDENT: &str = "insert into incident
     (record_id, person, org, unit, region, categories, phase, severity, occurred_at, state,
      version, updated_at_ms, position, changed_position, received_at_ms, occurred_at_ms, area,
      assignee, in_group, duplicate_of, edition)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,
             $20, $21)
     on conflict (record_id) do update
     set state = excluded.state, version = excluded.version,
         updated_at_ms = excluded.updated_at_ms, position = excluded.position,
         changed_position = excluded.changed_position, received_at_ms = excluded.received_at_ms,
         occurred_at_ms = excluded.occurred_at_ms, area = excluded.area,
         assignee = excluded.assignee, in_group = excluded.in_group,
         duplicate_of = excluded.duplicate_of, edition = excluded.edition";

pub(super) const LATER_WEBHOOK: &str = "insert into webhook
     (webhook_id, url, secret, org, region, actor, created_at_ms, state, told, failures,
      failing_since_ms, next_try_ms, last_answer, last_try_ms)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     on conflict (webhook_id) do update
     set state = excluded.state, told = excluded.told, failures = excluded.failures,
         failing_since_ms = excluded.failing_since_ms, next_try_ms = excluded.next_try_ms,
         last_answer = excluded.last_answer, last_try_ms = excluded.last_try_ms";

pub(super) const LATER_ITEM: &str = "insert into transcription_item
     (item_id, unit, region, org, form, summary_table, copy, records, pages, state, outcome,
      version, needed, urgency, size, found_at_ms, updated_at_ms)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
     on conflict (item_id) do update
     set state = excluded.state, outcome = excluded.outcome, version = excluded.version,
         needed = excluded.needed, urgency = excluded.urgency, size = excluded.size,
         updated_at_ms = excluded.updated_at_ms";

pub(super) const LATER_LEASE: &str =
    "insert into transcription_lease (item_id, seat, account, until_ms)
     values ($1, $2, $3, $4)
     on conflict (item_id, seat) do update
     set account = excluded.account, until_ms = excluded.until_ms";

pub(super) const LATER_DESK: &str =
    "insert into transcription_desk (account, item_id, seat, until_ms)
     values ($1, $2, $3, $4)
     on conflict (account) do update
     set item_id = excluded.item_id, seat = excluded.seat, until_ms = excluded.until_ms";

pub(super) const WHOLE_ACCOUNT: &str = "insert into account (name, display, org, region, roles, state, language, password, totp, totp_step, version, created_at_ms, updated_at_ms)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     on conflict (name) do update set display = excluded.display, org = excluded.org, region = excluded.region, roles = excluded.roles, state = excluded.state, language = excluded.language, password = excluded.password, totp = excluded.totp, totp_step = excluded.totp_step, version = excluded.version, created_at_ms = excluded.created_at_ms, updated_at_ms = excluded.updated_at_ms";

pub(super) const WHOLE_RECOVERY: &str =
    "insert into recovery_code (account, code_hash, made_at_ms, used_at_ms)
     values ($1, $2, $3, $4)
     on conflict (account, code_hash) do update set used_at_ms = excluded.used_at_ms";

pub(super) const WHOLE_SESSION: &str = "insert into account_session (token_hash, account, created_at_ms, seen_at_ms, factor_at_ms, ended_at_ms)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (token_hash) do update set seen_at_ms = excluded.seen_at_ms, factor_at_ms = excluded.factor_at_ms, ended_at_ms = excluded.ended_at_ms";

pub(super) const WHOLE_TOKEN: &str = "insert into account_token (token_hash, account, name, stepped_up, created_at_ms, expires_at_ms, ended_at_ms)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (token_hash) do update set ended_at_ms = excluded.ended_at_ms";

pub(super) const WHOLE_LINK: &str = "insert into account_invitation (secret_hash, account, invited_by, made_at_ms, expires_at_ms, used_at_ms)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (secret_hash) do update set used_at_ms = excluded.used_at_ms";

pub(super) const WHOLE_CHANGE: &str = "insert into role_change (id, account, roles, org, region, proposed_by, proposed_at_ms, state, decided_by, decided_at_ms)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (id) do update set state = excluded.state, decided_by = excluded.decided_by, decided_at_ms = excluded.decided_at_ms";

pub(super) const WHOLE_PASSKEY: &str = "insert into passkey (credential, account, name, public_key, sign_count, created_at_ms, ended_at_ms)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (credential) do update set sign_count = excluded.sign_count, ended_at_ms = excluded.ended_at_ms";

pub(super) const SEALED_IDENTITY: &str =
    "insert into identity (person, incident_person, label, org)
     values ($1, $2, $3, $4)
     on conflict (person) do update
     set incident_person = excluded.incident_person, label = excluded.label";

pub(super) const LATER_MEMBER: &str =
    "insert into vault_member (account, public_key, wrapped, set_at_ms)
     values ($1, $2, $3, $4)
     on conflict (account) do update
     set wrapped = excluded.wrapped, set_at_ms = excluded.set_at_ms";

pub(super) const LATER_ENTRY: &str = "insert into vault_entry
     (person, org, region, for_vault, for_region, version, updated_at_ms)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (person) do update
     set for_vault = excluded.for_vault, for_region = excluded.for_region,
         version = excluded.version, updated_at_ms = excluded.updated_at_ms";

pub(super) const AGREED_OPENING: &str = "insert into vault_opening
     (opening, reason, people, grants, asked_by, asked_at_ms, opened_by, opened_at_ms)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (opening) do update
     set opened_by = excluded.opened_by, opened_at_ms = excluded.opened_at_ms";

pub(super) const LATER_ASSIGNMENT: &str = "insert into assignment
     (assignment, person, seat, org, unit, region, duty, team, stop, from_ms, until_ms, stands,
      version, carried)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     on conflict (assignment) do update
     set person = excluded.person, from_ms = excluded.from_ms, until_ms = excluded.until_ms,
         stands = excluded.stands, version = excluded.version, carried = excluded.carried";

/// The later state of a one-use word.
pub(super) const LATER_TICKET: &str = "insert into carry_ticket (secret_hash, used) values ($1, $2)
     on conflict (secret_hash) do update set used = excluded.used";
