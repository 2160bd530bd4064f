-- Originals whose files were removed from the phone to keep to its disk budget. The mark is made first
-- and the file goes then; the row says when and why. It goes only if the same photograph is captured
-- again. No key into `photo`: a damaged database is read back in any order.
create table pruned (
    hash  text    primary key check (length(hash) = 64),
    at_ms integer not null,
    -- What was certain: 'receipt', or 'cosigned'.
    why   text    not null,
    -- Whether the file has gone; the next opening removes what a crash left.
    gone  integer not null default 0
) strict;

create index pruned_due on pruned (hash) where gone = 0;

-- What is left of receipts that were checked where none are kept: that, and where in the log, because
-- what headquarters loses from there on has to be sent again.
create table arrived (
    kind     text    not null check (kind in ('record', 'photo')),
    subject  text    not null,
    -- Place in the log, from 0.
    position integer not null,
    -- Whether enough witnesses have cosigned it since.
    cosigned integer not null default 0,
    primary key (kind, subject)
) strict;

-- What copies of records are called, without reading the records: each opening looks for missing ones.
create index record_copy on record (role, seq, id);
