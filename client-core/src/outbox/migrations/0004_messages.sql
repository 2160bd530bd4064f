-- Messages of headquarters to the owner of this notebook: the signed statements, as they were checked
-- when they came. Never deleted.
create table message (
    n              integer primary key,
    -- SHA-256 of the statement.
    id             text    not null unique check (length(id) = 64),
    -- The key of headquarters that it was checked with.
    signer         text    not null,
    statement      text    not null,
    received_at_ms integer not null,
    -- When its owner first opened it. Null while nobody has; set once.
    read_at_ms     integer
) strict;
