-- The leaves of the transparency log, without gaps. Append-only. Tiles are computed from it.
create table log_leaf (
    -- Index of the leaf, from 0. A process that would give an index twice fails on this key.
    position {INT}   primary key check (position >= 0),
    -- RFC 6962 hash of the leaf, 32 bytes.
    hash     {BYTES} not null check (length(hash) = 32),
    -- What the leaf is: record, statement or photo.
    kind     {TEXT}  not null check (kind in ('record', 'statement', 'photo')),
    -- SHA-256 of what the leaf is about, 64 lower-case hex digits: the entry is made from both.
    subject  {TEXT}  not null check (length(subject) = 64)
) {STRICT};

-- Every checkpoint that was signed. Two different ones of one size would be two histories.
create table checkpoint (
    -- Number of leaves it covers.
    size         {INT}  primary key check (size >= 0),
    -- The signed note, exactly as it is given out.
    note         {TEXT} not null,
    -- When it was signed, Unix milliseconds, this machine's clock.
    signed_at_ms {INT}  not null
) {STRICT};
