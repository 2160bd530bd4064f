-- Registrations of the round before, carried over to this one.

-- Keys of the election before that may vouch for one key each in this one, in place of an invitation
-- that is held in a hand. What they may vouch for is an invitation, whose secret nobody knows.
create table carried_key (
    -- Thumbprint of the key.
    kid           {TEXT} primary key,
    -- The Ed25519 public key, base64url.
    public_key    {TEXT} not null,
    -- The election in which it is enrolled.
    from_election {TEXT} not null,
    -- The invitation that it stands for.
    secret_hash   {TEXT} not null unique check (length(secret_hash) = 64)
) {STRICT};

-- One-use words that a key for protocols is given once it has been carried over, and without which no
-- key for incidents is: so whoever was removed by the one is removed by the other, and no row says
-- which two belong together.
create table carry_ticket (
    -- SHA-256 of the proof derived from the word, 64 lower-case hex digits.
    secret_hash {TEXT} primary key check (length(secret_hash) = 64),
    -- 1 once it was used.
    used        {INT}  not null check (used in (0, 1))
) {STRICT};

-- 1 for a seat that was taken over from the plan of the round before and waits to be confirmed; it
-- does not stand until then. Null for all others.
alter table assignment add column carried {INT};
