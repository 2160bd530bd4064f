-- The roster: who is expected where and when, who came and went; and what forms say, by unit.

-- Planned assignments. A change is a new version of the row; the audit trail says who made it.
create table assignment (
    -- Random name.
    assignment {TEXT} primary key,
    -- Who, by the pseudonym for protocols and forms. Null while the seat has nobody.
    person     {TEXT},
    -- What the plan calls the seat: never a name. Unique within an organisation, unit and start.
    seat       {TEXT} not null,
    -- The organisation.
    org        {TEXT} not null,
    -- The unit.
    unit       {TEXT} not null,
    -- The unit's region by the register when it was planned. Null where it lies in none.
    region     {TEXT},
    -- observer, mobile, territorial.
    duty       {TEXT} not null check (duty in ('observer', 'mobile', 'territorial')),
    -- The mobile team, for a stop of its route. Null for a seat of its own.
    team       {TEXT},
    -- Which stop of the team's route, from 1. Null for a seat of its own.
    stop       {INT},
    -- From when, Unix milliseconds.
    from_ms    {INT}  not null,
    -- Until when, Unix milliseconds.
    until_ms   {INT}  not null,
    -- 1 while it stands; 0 when it was taken back.
    stands     {INT}  not null check (stands in (0, 1)),
    -- Counts the changes. A change names the version it was made on.
    version    {INT}  not null check (version >= 0),
    unique (org, unit, seat, from_ms),
    check (until_ms > from_ms),
    check ((team is null) = (stop is null))
) {STRICT};

create index assignment_by_person on assignment (person, from_ms);
create index assignment_by_region on assignment (region, unit, from_ms);

-- Arrivals, departures and handovers, as they were told. Rows stay; a wrong one is contradicted by a
-- later one.
create table presence (
    -- Random name, or the id of the record that says so.
    presence    {TEXT} primary key,
    -- Who, by the pseudonym for protocols and forms.
    person      {TEXT} not null,
    -- The unit.
    unit        {TEXT} not null,
    -- The unit's region by the register when it was noted. Null where it lies in none.
    region      {TEXT},
    -- The person's organisation.
    org         {TEXT} not null,
    -- arrived, departed, handed_over.
    what        {TEXT} not null check (what in ('arrived', 'departed', 'handed_over')),
    -- To whom the seat was handed over, by pseudonym. Null for the others.
    to_person   {TEXT},
    -- When it happened, Unix milliseconds: as somebody told it.
    at_ms       {INT}  not null,
    -- The account that noted it. Null where a phone's record says so.
    noted_by    {TEXT},
    -- When it was noted, Unix milliseconds, this machine's clock.
    noted_at_ms {INT}  not null,
    check ((what = 'handed_over') = (to_person is not null))
) {STRICT};

create index presence_by_person on presence (person, at_ms);

-- Filled forms (checklists, turnout), so that they are listed by form without reading every unit.
-- Derived from the records: can be made again.
create table filled_form (
    -- Log index of the record.
    position       {INT}  primary key check (position >= 0),
    -- Id of the record, 64 lower-case hex digits.
    record_id      {TEXT} not null unique check (length(record_id) = 64),
    -- The form, by its code in the set-up.
    form           {TEXT} not null,
    -- The unit, as signed.
    unit           {TEXT} not null,
    -- The unit's region by the register at the time of receipt. Null where it lies in none.
    region         {TEXT},
    -- Thumbprint of the signing key; whose it is, the enrolment says.
    kid            {TEXT} not null,
    -- The organisation. Null while the device is not enrolled.
    org            {TEXT},
    -- Answers by question, JSON, as signed.
    answers        {TEXT} not null,
    -- How many answers are critical by the set-up.
    critical       {INT}  not null check (critical >= 0),
    -- When headquarters received it, Unix milliseconds, this machine's clock.
    received_at_ms {INT}  not null,
    -- When the device says it was filled, verbatim.
    claimed_at     {TEXT} not null
) {STRICT};

create index filled_form_by_form on filled_form (form, unit, position);
create index filled_form_by_unit on filled_form (unit, position);

-- Up to where a device has verified the log, as it signed itself (`seen`): receipts below are in its
-- hands. Derived from the records: can be made again. Keys for protocols only, so that nothing here
-- can be laid beside the same of a key for incidents.
create table device_progress (
    -- Thumbprint of the device's key.
    kid           {TEXT} primary key,
    -- Size of the largest checkpoint that a record of it names.
    verified_size {INT}  not null check (verified_size >= 0)
) {STRICT};
