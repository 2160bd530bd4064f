-- By which mapping a published file was read. Append-only, as the publication is. A publication
-- without a row here was read without one: its columns are named like cells.
create table publication_mapping (
    -- The publication: the SHA-256 of level, file and mapping together.
    publication_id {TEXT}  primary key references publication (publication_id),
    -- SHA-256 of the file as fetched, 64 lower-case hex digits.
    file_sha256    {TEXT}  not null check (length(file_sha256) = 64),
    -- SHA-256 of the mapping, 64 lower-case hex digits.
    mapping_sha256 {TEXT}  not null check (length(mapping_sha256) = 64),
    -- The mapping, byte for byte as it was given.
    mapping        {BYTES} not null
) {STRICT};
