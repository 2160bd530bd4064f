-- Photographs that were sealed to headquarters when they were taken in: what lies on the phone of each,
-- and travels. Written with the record that names the photograph first. No key refers to `photo`: after
-- damage these rows come back before those do.
create table sealed_photo (
    -- SHA-256 of the original, as the record names it.
    hash   text    primary key check (length(hash) = 64),
    -- SHA-256 of the sealed file.
    sha256 text    not null check (length(sha256) = 64),
    -- Length of the sealed file.
    bytes  integer not null
) strict;
