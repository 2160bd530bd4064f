-- Photos and other attachments: which record names which, and which are whole.
-- How far an upload has come is not kept here but beside the partial file: it is worth nothing
-- after the disk it lies on, and a row per range would cost a durable commit each.

-- Which record names which photo. Append-only. A photo is admitted when a row here names it.
create table photo_named (
    -- SHA-256 of the photo's bytes, 64 lower-case hex digits.
    sha256     {TEXT} not null check (length(sha256) = 64),
    -- Id of the naming record, 64 lower-case hex digits.
    record_id  {TEXT} not null check (length(record_id) = 64),
    -- What it is in this record: original, preview, thumbnail.
    role       {TEXT} not null,
    -- Which page of the document it shows, from 1.
    page       {INT}  not null check (page >= 0),
    -- Size that this record announces, in bytes.
    bytes      {INT}  not null check (bytes >= 0),
    -- Media type that this record announces.
    media_type {TEXT} not null,
    -- stored or held: what the naming record was told. Of held ones only small pictures are taken.
    verdict    {TEXT} not null check (verdict in ('stored', 'held')),
    primary key (record_id, sha256, role)
) {STRICT};

create index photo_named_by_sha256 on photo_named (sha256);

-- Photos that are whole, verified and durable. Append-only; the bytes are in the blob store under
-- their hash.
create table photo (
    -- Index of the photo's leaf in the log, from 0.
    position       {INT}  primary key check (position >= 0),
    -- SHA-256 of the bytes, 64 lower-case hex digits.
    sha256         {TEXT} not null unique check (length(sha256) = 64),
    -- Length in bytes.
    bytes          {INT}  not null check (bytes >= 0),
    -- When the hash was found right, Unix milliseconds, this machine's clock.
    verified_at_ms {INT}  not null
) {STRICT};
