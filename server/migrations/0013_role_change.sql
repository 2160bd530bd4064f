-- Changes of what an account may, each proposed by one admin and confirmed by another.
create table role_change (
    -- Sixteen lower-case hex digits, by chance.
    id              {TEXT} primary key,
    -- Whose roles.
    account         {TEXT} not null,
    -- What the account is to have: codes of roles, in the order of their names.
    roles           {TEXT} not null,
    -- What it is to see; null: every organisation.
    org             {TEXT},
    -- What it is to see; null: every region.
    region          {TEXT},
    -- Who proposed it.
    proposed_by     {TEXT} not null,
    -- When, Unix milliseconds, this machine's clock.
    proposed_at_ms  {INT}  not null,
    -- What became of it.
    state           {TEXT} not null check (state in ('open', 'confirmed', 'withdrawn')),
    -- Who confirmed it or took it back; null while it is open.
    decided_by      {TEXT},
    -- When, Unix milliseconds, this machine's clock; null while it is open.
    decided_at_ms   {INT}
) {STRICT};

create index role_change_state on role_change (state, proposed_at_ms);

-- Keys in the hands of people (WebAuthn), as second factors.
create table passkey (
    -- The authenticator's name for it, base64url.
    credential    {TEXT} primary key,
    -- Whose.
    account       {TEXT} not null,
    -- What the owner calls it.
    name          {TEXT} not null,
    -- P-256, the point uncompressed: 65 bytes.
    public_key    {BYTES} not null,
    -- The authenticator's counter when it was last used; 0 where it keeps none.
    sign_count    {INT}  not null,
    -- When it was registered, Unix milliseconds, this machine's clock.
    created_at_ms {INT}  not null,
    -- When it was removed; null: it works.
    ended_at_ms   {INT}
) {STRICT};

create index passkey_account on passkey (account, created_at_ms);
