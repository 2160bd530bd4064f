-- What a list of incidents sorts and filters by. Null until the row was filled: rows of an older
-- release are filled, in pages, when the next one starts.

-- Log index of the report: the order of receipt.
alter table incident add column position {INT};
-- Log index of the last change, at first that of the report: the order of change. Never twice.
alter table incident add column changed_position {INT};
-- When headquarters received the report, Unix milliseconds, this machine's clock.
alter table incident add column received_at_ms {INT};
-- When it happened as reported, Unix milliseconds; null where not known.
alter table incident add column occurred_at_ms {INT};
-- The unit with all above it in the register of that time, /COUNTRY/REGION/.../UNIT/. A subtree is a
-- range of it. Null where the report names no unit of the register.
alter table incident add column area {TEXT};
-- The account that is to look after it. Null: nobody.
alter table incident add column assignee {TEXT};
-- Name of the group that it was put into. Null: none.
alter table incident add column in_group {TEXT};
-- The incident that tells the same event and counts. Null: none. Never one that has this set itself.
alter table incident add column duplicate_of {TEXT};
-- Counts what was made public about it, withdrawals too. Null and 0: nothing yet.
alter table incident add column edition {INT};

create unique index incident_by_receipt on incident (position);
create unique index incident_by_change on incident (changed_position);
create index incident_by_area on incident (area, changed_position);
create index incident_by_assignee on incident (assignee, changed_position);
create index incident_by_in_group on incident (in_group, changed_position);
-- Answers how many there are of each state, severity and category without a look at the rows.
create index incident_by_tally on incident (state, severity, categories, org, region, position);
create index incident_by_original on incident (duplicate_of);

-- Every change of a review as it was logged, with the words that the log does not hold.
-- Append-only.
create table incident_change (
    -- The incident.
    record_id    {TEXT} not null check (length(record_id) = 64),
    -- The version that this change led to, from 1. The key lets one of two changes win.
    version      {INT}  not null check (version >= 1),
    -- Log index of the signed statement.
    position     {INT}  not null,
    -- step, assign, comment, tag, group, duplicate, publish or withdraw.
    kind         {TEXT} not null,
    -- What was changed as the statement says it, JSON.
    change       {TEXT} not null,
    -- The reason or the comment. Null where the change has none.
    words        {TEXT},
    -- What stands before the words in the hash that the statement carries. Null with them.
    salt         {TEXT},
    -- The account that did it.
    actor        {TEXT} not null,
    -- When, Unix milliseconds, this machine's clock.
    at_ms        {INT}  not null,
    primary key (record_id, version)
) {STRICT};

create unique index incident_change_by_position on incident_change (position);

-- Which tags an incident has, or had.
create table incident_tag (
    tag          {TEXT} not null,
    record_id    {TEXT} not null check (length(record_id) = 64),
    -- 1 while it has the tag; 0 once the tag was taken.
    given        {INT}  not null check (given in (0, 1)),
    primary key (tag, record_id)
) {CLUSTERED};

create index incident_tag_by_incident on incident_tag (record_id, tag);

-- What was made public about an incident, every edition of it. Append-only.
create table incident_edition (
    record_id    {TEXT} not null check (length(record_id) = 64),
    -- From 1, without gaps.
    edition      {INT}  not null check (edition >= 1),
    -- The texts by language, JSON object. Null: from here on nothing is public.
    texts        {TEXT},
    -- The version of the incident that this led to.
    version      {INT}  not null,
    actor        {TEXT} not null,
    -- When, Unix milliseconds, this machine's clock.
    at_ms        {INT}  not null,
    primary key (record_id, edition)
) {STRICT};

-- The index of the search: which stem of a word stands in what was ever said about which incident.
create table incident_token (
    -- A folded stem; server/src/review/words.rs makes it.
    token        {TEXT} not null,
    -- The incident, by the log index of its report, so that what was found is in order.
    position     {INT}  not null,
    primary key (token, position)
) {CLUSTERED};

-- Changes that were asked for under a key, so that the same request again changes nothing.
create table incident_request (
    actor        {TEXT} not null,
    -- The Idempotency-Key as sent.
    request_key  {TEXT} not null,
    -- SHA-256 of what was asked for, 64 lower-case hex digits.
    asked        {TEXT} not null check (length(asked) = 64),
    record_id    {TEXT} not null,
    -- The version it led to.
    version      {INT}  not null,
    primary key (actor, request_key)
) {STRICT};
