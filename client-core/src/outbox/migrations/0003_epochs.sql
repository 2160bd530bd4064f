-- Headquarters was restored from a backup and said so: the signed statements, in the order in which
-- they were heard. Never deleted.
create table epoch (
    n           integer primary key,
    -- SHA-256 of the statement.
    id          text    not null unique,
    heard_at_ms integer not null,
    statement   text    not null
) strict;

-- Receipts for entries that headquarters lost then, as they were checked. They prove what it had
-- signed for; what they are for was sent again and has a new receipt.
create table lost_receipt (
    epoch    text not null references epoch (id),
    kind     text not null check (kind in ('record', 'photo')),
    subject  text not null,
    text     text not null,
    -- The same receipt as witnesses cosigned it, where they had.
    cosigned text,
    primary key (epoch, kind, subject)
) strict;
