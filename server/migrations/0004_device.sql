-- Invitations given to people. The secret itself is only on the paper or the screen.
create table invitation (
    -- SHA-256 of the one-use secret, 64 lower-case hex digits.
    secret_hash    {TEXT} primary key check (length(secret_hash) = 64),
    -- What the device will be: which kinds of record it may sign.
    role           {TEXT} not null,
    -- Pseudonym of the person, for protocols and forms.
    person         {TEXT} not null,
    -- The organisation the person observes for.
    org            {TEXT} not null,
    -- Which units and contests the person may speak of, JSON as it goes into the enrolment.
    mandate        {TEXT} not null,
    -- From when on it is refused, Unix milliseconds, this machine's clock.
    expires_at_ms  {INT}  not null,
    -- Thumbprint of the key that used it. Null while unused; set once, by a statement that
    -- demands that it is null.
    kid            {TEXT},
    -- When it was used, Unix milliseconds, this machine's clock. Null while unused.
    consumed_at_ms {INT},
    -- Statement id of the enrolment it led to, so that a repeated request gets the same answer.
    -- Null while unused.
    enrolment_id   {TEXT} check (length(enrolment_id) = 64),
    check ((kid is null) = (consumed_at_ms is null))
) {STRICT};

-- The identity vault: the only place where the two pseudonyms of a person meet, and where a
-- pseudonym meets words a coordinator knows the person by.
create table identity (
    -- Pseudonym under which the person signs protocols and forms.
    person          {TEXT} primary key,
    -- Pseudonym under which the person signs incidents.
    incident_person {TEXT} not null unique,
    -- What a coordinator calls the person. May be a name: never exported, never logged.
    label           {TEXT} not null,
    -- The organisation the person observes for.
    org             {TEXT} not null
) {STRICT};

-- Tokens that buy a device quota and the downlink. Records need none.
create table device_token (
    -- SHA-256 of the token, 64 lower-case hex digits.
    token_hash    {TEXT} primary key check (length(token_hash) = 64),
    -- Thumbprint of the device's key.
    kid           {TEXT} not null,
    -- When it was given out, Unix milliseconds, this machine's clock.
    issued_at_ms  {INT}  not null,
    -- From when on it is refused, Unix milliseconds, this machine's clock.
    expires_at_ms {INT}  not null
) {STRICT};

create index device_token_by_kid on device_token (kid);

-- Keys that came along with records of devices that were not enrolled, so that those records can
-- be verified again by anybody. Append-only.
create table brought_key (
    -- Thumbprint of the key.
    kid        {TEXT} primary key,
    -- The Ed25519 public key, base64url.
    public_key {TEXT} not null
) {STRICT};
