-- Photos and other attachments: which record names which, and which are whole.
-- How far an upload has come is not kept here but beside the partial file: it is worth nothing
-- after the disk it lies on, and a row per range would cost a durable commit each.

-- Which record names which photo. Append-only. A photo is admitted when a row here names it.
-- The rows of a record land on as many pages as it names photos, because hashes are scattered;
-- therefore they are short, in one tree, and name the record by its position.
create table photo_named (
    -- SHA-256 of the photo's bytes, 32 bytes.
    sha256   {BYTES} not null check (length(sha256) = 32),
    -- Log index of the naming record.
    position {INT}   not null check (position >= 0),
    -- What it is in this record: 0 original, 1 preview, 2 thumbnail.
    role     {INT}   not null check (role in (0, 1, 2)),
    -- Which page of the document it shows, from 1.
    page     {INT}   not null check (page >= 0),
    -- Size that this record announces, in bytes.
    bytes    {INT}   not null check (bytes >= 0),
    -- 1 if the naming record is held: of those only small pictures are taken. Else 0.
    held     {INT}   not null check (held in (0, 1)),
    primary key (sha256, position, role, page)
) {CLUSTERED};

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
