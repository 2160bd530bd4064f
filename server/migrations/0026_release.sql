-- What is made public: proposed by one, confirmed by another. Both tables are append-only, so that
-- what was proposed stays what was confirmed.

create table release_draft (
    -- Sixteen hex digits.
    draft           {TEXT}  primary key,
    -- SHA-256 of the content, 64 lower-case hex digits.
    sha256          {TEXT}  not null check (length(sha256) = 64),
    -- The content, byte for byte as it is hashed and made public.
    content         {BYTES} not null,
    -- The release that it corrects; null if it corrects none.
    corrects        {INT},
    -- The account that proposed it.
    proposed_by     {TEXT}  not null,
    -- When, Unix milliseconds, this machine's clock.
    proposed_at_ms  {INT}   not null
) {STRICT};

-- What became of a draft: one row, once.
create table release_outcome (
    draft           {TEXT}  primary key,
    -- The release it became, from 1 without gaps; null if it was withdrawn.
    number          {INT}   unique,
    -- The logged statement, 64 lower-case hex digits; null if it was withdrawn.
    statement_id    {TEXT},
    -- The account that confirmed or withdrew it.
    decided_by      {TEXT}  not null,
    -- When, Unix milliseconds, this machine's clock.
    decided_at_ms   {INT}   not null
) {STRICT};
