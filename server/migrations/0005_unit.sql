-- All entries about one unit, packed, so that its file is read with one row. Derived from the
-- records: can be deleted and made again. A line that is there twice is harmless.
create table unit_entry_pack (
    -- Code of the unit in the register: a precinct or a higher commission.
    unit    {TEXT} primary key,
    -- One JSON line per entry, in the order of arrival, each ending with a line feed.
    entries {TEXT} not null
) {STRICT};

-- Places of a device's chain at which more than one record was signed: a cloned or restored
-- phone, or worse. The records themselves are all in the table record.
create table fork (
    -- Thumbprint of the device's key.
    kid         {TEXT} not null,
    -- The place in its chain, from 0.
    seq         {INT}  not null check (seq >= 0),
    -- When it was noticed, Unix milliseconds, this machine's clock.
    found_at_ms {INT}  not null,
    primary key (kid, seq)
) {STRICT};

-- Which record corrects which. Derived from the records. Two corrections of one record are both
-- kept.
create table correction (
    -- Id of the correcting record, 64 lower-case hex digits.
    record_id {TEXT} primary key check (length(record_id) = 64),
    -- Id of the record it corrects, as signed; it may not have arrived yet.
    target    {TEXT} not null check (length(target) = 64),
    -- What the standing of both depends on, JSON as merge::CorrectionFacts writes it.
    facts     {TEXT} not null
) {STRICT};

create index correction_by_target on correction (target);
