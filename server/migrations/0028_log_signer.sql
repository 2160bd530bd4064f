-- Who signed the log last, and what: one row. A group of entries and its checkpoint are committed
-- together with a step from one state of this row to the next, so that of several processes which
-- build on one state exactly one gets on. Derived from the leaves: can be made again.
create table log_signer (
    -- Always 1.
    one        {INT}   primary key check (one = 1),
    -- How often another process began to sign than the one before, from 0.
    generation {INT}   not null check (generation >= 0),
    -- The process that signed last: a name that it drew at its start.
    holder     {TEXT}  not null,
    -- Leaves of the tree that was signed last.
    size       {INT}   not null check (size >= 0),
    -- Its root, 32 bytes.
    root       {BYTES} not null check (length(root) = 32)
) {STRICT};

-- Which head of the log is made public in a slot of the schedule, so that all processes publish the
-- same one. Rows are added and never changed.
create table published_head (
    -- Number of the slot: Unix milliseconds of its beginning, by the clock of who came first.
    slot {INT} primary key,
    -- Leaves of the checkpoint.
    size {INT} not null check (size >= 0)
) {STRICT};
