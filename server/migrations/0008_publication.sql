-- Every fetch of what the commission published, kept for ever. Append-only: the next fetch is
-- the next row.
create table publication (
    -- SHA-256 of the file, 64 lower-case hex digits. The same file fetched again is the same row.
    publication_id {TEXT}  primary key check (length(publication_id) = 64),
    -- Level of the units in it: precinct, district, region, nation.
    level          {TEXT}  not null,
    -- When it was fetched, Unix milliseconds, as the person who imported it says.
    fetched_at_ms  {INT}   not null,
    -- Where it was fetched from: an address or words.
    source         {TEXT}  not null,
    -- Media type of the file.
    media_type     {TEXT}  not null,
    -- The file, byte for byte.
    bytes          {BYTES} not null,
    -- Index in the log of the statement that archives it. Null where it was not stated.
    position       {INT}   check (position >= 0),
    -- The signed statement that archives it. Null where it was not stated.
    jws            {TEXT}
) {STRICT};

-- The order in which a level was published.
create index publication_by_level on publication (level, fetched_at_ms, publication_id);

-- What a publication says, unit by unit, after the column mapping. Append-only.
create table publication_row (
    -- The publication.
    publication_id {TEXT} not null references publication (publication_id),
    -- Code of the unit in the register.
    unit           {TEXT} not null,
    -- Line in the file, from 1, to point a reader to it.
    line           {INT}  not null check (line >= 1),
    -- Values by line code of the form, JSON object; null where the cell was empty.
    cells          {TEXT} not null,
    primary key (publication_id, unit)
) {STRICT};

create index publication_row_by_unit on publication_row (unit, publication_id);
