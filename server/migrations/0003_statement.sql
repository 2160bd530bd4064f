-- What headquarters itself said under its key: enrolments, revocations, decisions, packs,
-- publications. Append-only: a change of mind is a new statement.
create table statement (
    -- Index of the statement's leaf in the log, from 0.
    position     {INT}  primary key check (position >= 0),
    -- SHA-256 of the whole signed string, 64 lower-case hex digits.
    statement_id {TEXT} not null unique check (length(statement_id) = 64),
    -- The signed header's type, such as hattama-enrolment+jws.
    kind         {TEXT} not null,
    -- What it is about: the kid of an enrolment or revocation, the record id of a decision, the
    -- version of a pack, the id of a publication.
    subject      {TEXT} not null,
    -- When it was signed, Unix milliseconds, this machine's clock.
    issued_at_ms {INT}  not null,
    -- The exact signed string.
    jws          {TEXT} not null
) {STRICT};

-- All that was said of one subject, in the order of the log.
create index statement_by_subject on statement (subject, position);
