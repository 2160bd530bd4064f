-- People who work at headquarters.
create table account (
    -- What decisions and audit events carry: lower-case letters, digits, dot, hyphen, underscore.
    name           {TEXT} primary key,
    -- What colleagues call the person.
    display        {TEXT} not null,
    -- Sees only what this organisation's observers sent; null: every organisation's.
    org            {TEXT},
    -- Sees only what belongs to this region of the register; null: every region.
    region         {TEXT},
    -- Codes of the roles, in the order of their names, with blanks between.
    roles          {TEXT} not null,
    -- Where the account stands.
    state          {TEXT} not null check (state in ('invited', 'active', 'suspended', 'removed')),
    -- BCP 47 code of the language of the pages; null: what the browser asks for.
    language       {TEXT},
    -- Argon2id of the password with its parameters and salt; null: none was set.
    password       {TEXT},
    -- Secret of the one-time codes, sealed under a key that is not in this database; null: none.
    totp           {BYTES},
    -- Last time step whose code was used, so that no code is used twice; null: none was.
    totp_step      {INT},
    -- From 1, one more with every change: whoever changes says which version.
    version        {INT}  not null check (version >= 1),
    -- When it was made, Unix milliseconds, this machine's clock.
    created_at_ms  {INT}  not null,
    -- When it was changed last, Unix milliseconds, this machine's clock.
    updated_at_ms  {INT}  not null
) {STRICT};

-- Codes printed on paper, for when the second factor is lost. Each works once.
create table recovery_code (
    -- Whose.
    account     {TEXT} not null,
    -- SHA-256 of the code, 64 lower-case hex digits.
    code_hash   {TEXT} not null check (length(code_hash) = 64),
    -- When it was made, Unix milliseconds, this machine's clock.
    made_at_ms  {INT}  not null,
    -- When it was used, or replaced by newer ones; null: it works.
    used_at_ms  {INT},
    primary key (account, code_hash)
) {STRICT};

-- Browsers that are in.
create table account_session (
    -- SHA-256 of the token in the cookie, 64 lower-case hex digits.
    token_hash    {TEXT} primary key check (length(token_hash) = 64),
    -- Who.
    account       {TEXT} not null,
    -- When it began, Unix milliseconds, this machine's clock.
    created_at_ms {INT}  not null,
    -- When it was last used, to the minute, Unix milliseconds, this machine's clock.
    seen_at_ms    {INT}  not null,
    -- When the second factor was last shown; null: never in this session.
    factor_at_ms  {INT},
    -- When it was ended; null: it goes on until it runs out.
    ended_at_ms   {INT}
) {STRICT};

create index account_session_account on account_session (account, created_at_ms);

-- Tokens with which programs ask on behalf of an account.
create table account_token (
    -- SHA-256 of the token, 64 lower-case hex digits.
    token_hash    {TEXT} primary key check (length(token_hash) = 64),
    -- On whose behalf.
    account       {TEXT} not null,
    -- What it is for, in its owner's words.
    name          {TEXT} not null,
    -- 1: opens also what asks for a fresh second factor.
    stepped_up    {INT}  not null check (stepped_up in (0, 1)),
    -- When it was made, Unix milliseconds, this machine's clock.
    created_at_ms {INT}  not null,
    -- Until when it works, Unix milliseconds; null: until it is ended.
    expires_at_ms {INT},
    -- When it was ended; null: it was not.
    ended_at_ms   {INT}
) {STRICT};

create index account_token_account on account_token (account, created_at_ms);

-- Links with which invited people set their password.
create table account_invitation (
    -- SHA-256 of the secret in the link, 64 lower-case hex digits.
    secret_hash   {TEXT} primary key check (length(secret_hash) = 64),
    -- Who is invited.
    account       {TEXT} not null,
    -- The account that invites.
    invited_by    {TEXT} not null,
    -- When it was made, Unix milliseconds, this machine's clock.
    made_at_ms    {INT}  not null,
    -- Until when it works, Unix milliseconds.
    expires_at_ms {INT}  not null,
    -- When it was used, or replaced by a newer one; null: it works.
    used_at_ms    {INT}
) {STRICT};

create index account_invitation_account on account_invitation (account, made_at_ms);

-- Whoever had an operator token has an account with it now. It opened everything, and goes on to.
insert into account
select name, name, null, null,
'admin analyst auditor coordinator observer publisher reviewer', 'active', null, null,
null, null, 1, min(created_at_ms), min(created_at_ms)
from operator_token group by name;

insert into account_token
select token_hash, name, 'from before there were accounts', 1, created_at_ms, null, null
from operator_token;
