-- Documents whose photographs people type. What they show when it is settled is a signed statement;
-- here stands the way there.
create table transcription_item (
    -- SHA-256 over unit, form, copy type and photographs, 64 lower-case hex digits.
    item_id       {TEXT} primary key check (length(item_id) = 64),
    -- Code of the unit whose document it is.
    unit          {TEXT} not null,
    -- Code of the region it lies in, by the register. Null where it lies in none.
    region        {TEXT},
    -- The organisation whose observers sent it. Null where it is more than one's, or nobody's.
    org           {TEXT},
    -- The form it is read as.
    form          {TEXT} not null,
    -- The summary table, code of the set-up. Null where the unit keeps one only.
    summary_table {TEXT},
    -- The copy type it is said to be.
    copy          {TEXT} not null,
    -- Ids of the records whose photographs are read, JSON array.
    records       {TEXT} not null,
    -- The photographs and the pictures shown of them, JSON as transcription::Page writes it.
    pages         {TEXT} not null,
    -- How far it has come: blind, third, open, settled.
    state         {TEXT} not null,
    -- What it shows, when it is settled: figures, illegible, wrong_unit ... Null until then.
    outcome       {TEXT},
    -- Counts the entries that took a seat, and the decision. A change names the version it was
    -- made on.
    version       {INT}  not null check (version >= 0),
    -- Whether somebody still has to look at it, 0 or 1.
    needed        {INT}  not null check (needed in (0, 1)),
    -- Why: 0 it differs from what was published, 1 its entries differ, 2 it has no figures.
    urgency       {INT}  not null check (urgency >= 0),
    -- How much: votes of the difference, or cells that differ.
    size          {INT}  not null check (size >= 0),
    -- When it was found, Unix milliseconds, this machine's clock.
    found_at_ms   {INT}  not null,
    -- When it last changed, Unix milliseconds, this machine's clock.
    updated_at_ms {INT}  not null
) {STRICT};

create index transcription_item_by_state on transcription_item (state, region, item_id);

-- What somebody typed. Append-only. An account types an item once.
create table transcription_reading (
    -- Given by who typed it, a UUID: the same entry brought twice is one.
    reading_id  {TEXT} primary key,
    -- The item.
    item_id     {TEXT} not null references transcription_item (item_id),
    -- The seat it took, 1 to 3. Null where it came too late for one and settles nothing.
    seat        {INT}  check (seat between 1 and 3),
    -- The account.
    account     {TEXT} not null,
    -- What was typed, JSON as the statement writes it.
    reading     {TEXT} not null,
    -- When it came, Unix milliseconds, this machine's clock.
    typed_at_ms {INT}  not null,
    unique (item_id, seat),
    unique (item_id, account)
) {STRICT};

-- Who is typing on which seat. A row is taken over by the next when its time is up.
create table transcription_lease (
    -- The item.
    item_id  {TEXT} not null references transcription_item (item_id),
    -- The seat, 1 to 3.
    seat     {INT}  not null check (seat between 1 and 3),
    -- The account.
    account  {TEXT} not null,
    -- Until when nobody else gets the seat, Unix milliseconds, this machine's clock; 0 once it was
    -- typed or given back.
    until_ms {INT}  not null,
    primary key (item_id, seat)
) {STRICT};

-- What each account is typing: one item at a time.
create table transcription_desk (
    -- The account.
    account  {TEXT} primary key,
    -- The item it has, or had last.
    item_id  {TEXT} not null references transcription_item (item_id),
    -- The seat, 1 to 3.
    seat     {INT}  not null check (seat between 1 and 3),
    -- Until when it has no other, Unix milliseconds, this machine's clock; 0 once it was typed or
    -- given back.
    until_ms {INT}  not null
) {STRICT};

-- Who gave an item back: it is not given to them again.
create table transcription_given_back (
    -- The item.
    item_id  {TEXT} not null references transcription_item (item_id),
    -- The account.
    account  {TEXT} not null,
    -- When, Unix milliseconds, this machine's clock.
    at_ms    {INT}  not null,
    primary key (item_id, account)
) {STRICT};
