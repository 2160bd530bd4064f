-- Where programs of others are told of changes.
create table webhook (
    -- 22 characters of base64url, drawn.
    webhook_id    {TEXT} primary key,
    -- The address that is told, https.
    url           {TEXT} not null,
    -- What bodies are signed with, as it was shown once: whsec_ and base64.
    secret        {TEXT} not null,
    -- The scope of whoever set it up: it is told nothing beyond. Null: no limit.
    org           {TEXT},
    region        {TEXT},
    actor         {TEXT} not null,
    created_at_ms {INT}  not null,
    -- active, failed (given up after long failure) or ended (by an account).
    state         {TEXT} not null check (state in ('active', 'failed', 'ended')),
    -- Log index up to which everything was delivered.
    told          {INT}  not null,
    -- Failures since the last success.
    failures      {INT}  not null,
    -- When the first of these failures was, Unix milliseconds. Null: none.
    failing_since_ms {INT},
    -- Not before this moment again, Unix milliseconds.
    next_try_ms   {INT}  not null,
    -- What the last try came to, for people: a status, or that nothing answered. Null: none yet.
    last_answer   {TEXT},
    last_try_ms   {INT}
) {STRICT};
