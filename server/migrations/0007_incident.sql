-- One row per reported incident: what a list shows and where its review stands. The report
-- itself is the record; words stay there.
create table incident (
    -- Id of the record that reported it, 64 lower-case hex digits.
    record_id     {TEXT} primary key check (length(record_id) = 64),
    -- Pseudonym of the reporter, for incidents. Null while the device is not enrolled.
    person        {TEXT},
    -- The organisation the reporter observes for. Null while the device is not enrolled.
    org           {TEXT},
    -- Code of the unit it happened in. Null where the report names none.
    unit          {TEXT},
    -- Code of the region, by the register, at the time of receipt. Null where it is not known.
    region        {TEXT},
    -- Categories of the set-up, JSON array of codes, as signed.
    categories    {TEXT} not null,
    -- Phase of the election day, code of the set-up, as signed.
    phase         {TEXT} not null,
    -- Code of the set-up, as the reporter signed it.
    severity      {TEXT} not null,
    -- When it happened, as the reporter wrote it (RFC 3339 with offset). Null where not known.
    occurred_at   {TEXT},
    -- Where its review stands; the transitions are in incident_transition.
    state         {TEXT} not null,
    -- Counts the transitions. A change names the version it was decided on.
    version       {INT}  not null check (version >= 0),
    -- When the row last changed, Unix milliseconds, this machine's clock.
    updated_at_ms {INT}  not null
) {STRICT};

-- The queue of a reviewer: newest first within a state.
create index incident_by_state on incident (state, updated_at_ms, record_id);
create index incident_by_unit on incident (unit, record_id);

-- Every step of a review. The primary key lets one of two simultaneous decisions win.
create table incident_transition (
    -- The incident.
    record_id  {TEXT} not null check (length(record_id) = 64),
    -- The version that this step led to, from 1.
    version    {INT}  not null check (version >= 1),
    from_state {TEXT} not null,
    to_state   {TEXT} not null,
    -- The account that decided.
    actor      {TEXT} not null,
    -- Why, in the account's words.
    reason     {TEXT} not null,
    -- When, Unix milliseconds, this machine's clock.
    at_ms      {INT}  not null,
    primary key (record_id, version)
) {STRICT};
