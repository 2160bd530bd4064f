-- People who work at headquarters, by the token they enter with.
create table operator_token (
    -- SHA-256 of the token, 64 lower-case hex digits.
    token_hash    {TEXT} primary key check (length(token_hash) = 64),
    -- Name of the account: what decisions and audit events are signed with.
    name          {TEXT} not null,
    -- When it was made, Unix milliseconds, this machine's clock.
    created_at_ms {INT}  not null
) {STRICT};

-- What people at headquarters did. Append-only.
create table audit_event (
    -- From 1, without gaps: whoever writes gives the next number, and this key lets one win.
    number  {INT}  primary key check (number >= 1),
    -- When, Unix milliseconds, this machine's clock.
    at_ms   {INT}  not null,
    -- Name of the account.
    actor   {TEXT} not null,
    -- What was done, as a code.
    action  {TEXT} not null,
    -- What it was done to: an id. Never a name, never words.
    subject {TEXT} not null
) {STRICT};
