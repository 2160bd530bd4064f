-- Messages to observers, how far each device has read, and requests that are carried out once.

-- Messages as they were written. Append-only.
create table message (
    -- Random name; statements of one message share it.
    message    {TEXT} primary key,
    -- The account that wrote it.
    account    {TEXT} not null,
    -- To whom, as it was asked for, JSON: "everybody", {"within": "75"}, "silent" ...
    audience   {TEXT} not null,
    -- The texts by language, JSON object.
    texts      {TEXT} not null,
    -- The organisation that the account was limited to, or that was asked for. Null: every one.
    org        {TEXT},
    -- The region that the account was limited to. Null: the whole country.
    region     {TEXT},
    -- When, Unix milliseconds, this machine's clock.
    sent_at_ms {INT}  not null
) {STRICT};

create index message_by_time on message (sent_at_ms, message);

-- Whom each message is for: the devices of these people are given the statement, and no others.
create table message_to (
    -- Pseudonym under which the person signs protocols and forms.
    person       {TEXT} not null,
    -- SHA-256 of the signed statement that names the person, 64 lower-case hex digits.
    statement_id {TEXT} not null check (length(statement_id) = 64),
    -- The message.
    message      {TEXT} not null,
    primary key (person, statement_id)
) {CLUSTERED};

create index message_to_by_message on message_to (message, person);

-- Up to which place of its feed the device has come, as it said when it asked last. Null where it did
-- not say.
alter table device_report add column feed_after {INT};

-- What was asked for under a key and was carried out, so that the same request again changes
-- nothing.
create table request_done (
    -- The account.
    actor       {TEXT} not null,
    -- The Idempotency-Key as sent.
    request_key {TEXT} not null,
    -- SHA-256 of what was asked for, 64 lower-case hex digits.
    asked       {TEXT} not null check (length(asked) = 64),
    -- The name of what came of it: a record's id, a message.
    answer      {TEXT} not null,
    -- When, Unix milliseconds, this machine's clock.
    at_ms       {INT}  not null,
    primary key (actor, request_key)
) {STRICT};
