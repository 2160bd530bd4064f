-- Photos and other attachments that some record names: how far each has arrived. The bytes are
-- in the blob store, under their hash.
create table blob (
    -- SHA-256 of the bytes, 64 lower-case hex digits.
    sha256         {TEXT}  primary key check (length(sha256) = 64),
    -- Size that the record announces, in bytes.
    bytes          {INT}   not null check (bytes >= 0),
    -- Media type that the record announces.
    media_type     {TEXT}  not null,
    -- What it is in the record that named it first: original, preview, thumbnail.
    role           {TEXT}  not null,
    -- expected: named, nothing has arrived. partial: some cells have. verified: whole, and the
    -- hash agrees. conflict: whole, and the hash disagrees; it starts again.
    state          {TEXT}  not null check (state in ('expected', 'partial', 'verified', 'conflict')),
    -- Which cells of 32 KiB have arrived: bit n of byte n / 8, from the lowest bit, is cell n.
    have           {BYTES} not null,
    -- Id of the record that named it first, 64 lower-case hex digits.
    named_by       {TEXT}  not null check (length(named_by) = 64),
    -- Index of its leaf in the log. Null until it is verified.
    position       {INT}   check (position >= 0),
    -- When it was verified, Unix milliseconds, this machine's clock. Null until then.
    verified_at_ms {INT},
    check ((state = 'verified') = (verified_at_ms is not null))
) {STRICT};

-- Which record names which blob, as signed. A blob may be named by many.
create table record_blob (
    -- Id of the naming record, 64 lower-case hex digits.
    record_id {TEXT} not null check (length(record_id) = 64),
    -- The blob it names.
    sha256    {TEXT} not null check (length(sha256) = 64),
    -- What it is in this record: original, preview, thumbnail.
    role      {TEXT} not null,
    -- Which page of the document it shows, from 1.
    page      {INT}  not null check (page >= 0),
    primary key (record_id, sha256, role)
) {STRICT};

create index record_blob_by_sha256 on record_blob (sha256);
