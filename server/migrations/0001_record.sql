-- Every record that was received and whose signature holds, counted or not. Append-only: a
-- correction is a new record, and what is thought of a record later is computed or decided
-- elsewhere.
create table record (
    -- Index of the record's leaf in the log, from 0. Given by the sequencer.
    position       {INT}  primary key check (position >= 0),
    -- SHA-256 of the whole signed string, 64 lower-case hex digits.
    record_id      {TEXT} not null unique check (length(record_id) = 64),
    -- The signed header's type, such as hattama-protocol+jws.
    kind           {TEXT} not null,
    -- Thumbprint of the signing key, from the signed header.
    kid            {TEXT} not null,
    -- Place in the device's chain, from 0, as signed. Null where this release cannot read the
    -- body. Not unique together with kid: a second record at one place is a fork, and is kept.
    seq            {INT},
    -- The unit (precinct or higher commission) the body is about, as signed. Null where it names
    -- none or cannot be read.
    unit           {TEXT},
    -- When headquarters received it, Unix milliseconds, this machine's clock.
    received_at_ms {INT}  not null,
    -- When the device says it was made, verbatim (RFC 3339 with offset). Never used to refuse or
    -- to order. Null where the body cannot be read.
    claimed_at     {TEXT},
    -- The verdict the device was told. A snapshot of that moment; what counts is computed.
    verdict        {TEXT} not null check (verdict in ('stored', 'held')),
    -- Why it was held, as a code. Null where it was stored.
    reason         {TEXT},
    -- The exact string that was received, never encoded anew.
    jws            {TEXT} not null,
    check ((verdict = 'held') = (reason is not null))
) {STRICT};

-- Finds forks and the end of a device's chain.
create index record_by_chain on record (kid, seq);
