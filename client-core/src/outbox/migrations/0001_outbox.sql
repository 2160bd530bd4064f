-- The outbox of one notebook, first version. A released migration is never edited.
-- Times are milliseconds since 1970 UTC by the phone's clock, for showing only; waits are counted
-- by `deadline` texts (JSON of boot, time since boot and wall clock), so that no jump of a clock
-- can freeze the queue. Hashes are 64 lower-case hex digits.

-- What is known of headquarters and of this notebook, one fact per row.
create table setting (
    name  text primary key,
    value text not null
) strict;

-- Every key that ever signed here, so that old records can still be verified and sent.
create table device_key (
    kid        text primary key,
    role       text not null,
    public_key text not null
) strict;

-- Every signed record, to the byte. Append-only: see the triggers.
create table record (
    id             text    primary key check (length(id) = 64),
    kid            text    not null references device_key (kid),
    role           text    not null,
    -- Position in the key's chain, from 0.
    seq            integer not null,
    kind           text    not null,
    uid            text    not null,
    unit           text,
    corrects       text,
    envelope       text    not null,
    captured_at_ms integer not null,
    -- Two records at one place would be a fork of our own making.
    unique (kid, seq)
) strict;

create trigger record_is_never_changed before update on record
begin select raise(abort, 'a record is never changed'); end;

create trigger record_is_never_deleted before delete on record
begin select raise(abort, 'a record is never deleted'); end;

-- How far each record has come. What is on its way right now is known to the running process only,
-- so a crash leaves nothing to clear up.
create table outbox (
    record   text    primary key references record (id),
    -- 0: protocols and urgent incidents; 1: all other records.
    lane     integer not null,
    state    text    not null check (state in ('queued', 'suspect', 'acked', 'held', 'rejected')),
    attempts integer not null default 0,
    -- A stable code, as headquarters gave it or as we found it.
    reason   text,
    -- Accepted by headquarters, but the receipt has not been seen or did not hold.
    owed     integer not null default 0,
    deadline text
) strict;

create index outbox_pending on outbox (lane, record) where state in ('queued', 'suspect');

-- Files taken in, at blobs/<first two digits>/<hash>.
create table photo (
    hash       text    primary key check (length(hash) = 64),
    bytes      integer not null,
    media_type text    not null
) strict;

-- Which record names which file as what.
create table record_photo (
    record text    not null references record (id),
    hash   text    not null references photo (hash),
    role   text    not null,
    page   integer not null,
    primary key (record, hash, role, page)
) strict;

create index record_photo_hash on record_photo (hash);

-- How far each file has come.
create table photo_out (
    hash     text    primary key references photo (hash),
    -- 2: thumbnails; 3: previews; 4: originals. The smallest of all roles the file plays.
    lane     integer not null,
    -- Headquarters asked for it now.
    wanted   integer not null default 0,
    state    text    not null check (state in ('queued', 'verified', 'lost')),
    -- Cells at headquarters, as it last said; a cache.
    have     blob    not null default x'',
    -- unknown: ask first; partial: `have` is believed; whole: only the receipt is owed.
    there    text    not null default 'partial' check (there in ('unknown', 'partial', 'whole')),
    attempts integer not null default 0,
    reason   text,
    deadline text
) strict;

create index photo_out_pending on photo_out (lane, hash) where state = 'queued';

-- Verified receipts, as tlog-proof files.
create table receipt (
    kind    text not null check (kind in ('record', 'photo')),
    subject text not null,
    text    text not null,
    primary key (kind, subject)
) strict;

-- Pauses by class of request.
create table backoff (
    class    text    primary key,
    attempts integer not null,
    deadline text    not null
) strict;

-- One enrolment per role. The request is kept so that a retry sends the very same string.
create table enrolment (
    role             text primary key,
    -- Hash of the proof: another invitation makes another request.
    invitation       text not null,
    request          text not null,
    statement        text,
    token            text,
    token_expires_at integer
) strict;

-- What headquarters decided about own records: the signed statements, newest wins.
create table decision (
    record    text    primary key references record (id),
    issued_at integer not null,
    -- The key of headquarters that it was checked with.
    signer    text    not null,
    statement text    not null
) strict;

-- Two signed checkpoints of one log that no proof joins. Never deleted: they convict the log.
create table fork_proof (
    n           integer primary key,
    found_at_ms integer not null,
    known_note  text    not null,
    shown_note  text    not null,
    proof       text    not null,
    why         text    not null,
    unique (known_note, shown_note)
) strict;

-- Records whose copy under records/ has not been written yet.
create table sidecar_due (
    record text primary key references record (id)
) strict;

-- What happened, bounded, without who, where or words.
create table journal (
    n      integer primary key autoincrement,
    at_ms  integer not null,
    code   text    not null,
    detail text    not null
) strict;
