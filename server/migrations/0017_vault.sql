-- The identity vault. Everything sealed here was sealed to a public key; what opens it is in no row.

-- People at headquarters who have a passphrase for the vault: holders of shares, coordinators.
create table vault_member (
    -- Name of the account.
    account    {TEXT}  primary key,
    -- X25519 public key; shares and regions' keys are sealed to it.
    public_key {BYTES} not null check (length(public_key) = 32),
    -- The secret key under the passphrase (Argon2id): salt, encrypted key, tag.
    wrapped    {BYTES} not null,
    -- When the passphrase was set, Unix milliseconds, this machine's clock.
    set_at_ms  {INT}   not null
) {STRICT};

-- Keys that entries are sealed to: the vault's own (organisation and region *), and one of each
-- organisation and region, for its coordinators.
create table vault_key (
    -- Organisation; * for the vault's own key.
    org        {TEXT}  not null,
    -- Region's code in the register, the country's for people without a region; * for the vault's
    -- own key.
    region     {TEXT}  not null,
    -- X25519 public key.
    public_key {BYTES} not null check (length(public_key) = 32),
    -- The secret key, sealed to the vault's own. Null for the vault's own, which is in shares.
    for_vault  {BYTES},
    -- When it was made, Unix milliseconds, this machine's clock.
    made_at_ms {INT}   not null,
    primary key (org, region),
    check ((for_vault is null) = (org = '*'))
) {STRICT};

-- Shares of the vault's own secret key: any two give it back.
create table vault_share (
    -- The holder's account.
    account {TEXT}  primary key,
    -- Which share, from 1.
    number  {INT}   not null unique check (number >= 1),
    -- The share, sealed to the holder's key.
    sealed  {BYTES} not null
) {STRICT};

-- Which coordinators reach the contacts of which region. Sealing after the night empties it.
create table vault_grant (
    -- Organisation.
    org           {TEXT}  not null,
    -- Region.
    region        {TEXT}  not null,
    -- The coordinator's account.
    account       {TEXT}  not null,
    -- The region's secret key, sealed to the coordinator's.
    sealed        {BYTES} not null,
    -- When, Unix milliseconds, this machine's clock.
    granted_at_ms {INT}   not null,
    primary key (org, region, account)
) {STRICT};

-- One person: name, telephone, the other pseudonym. Nothing of it in the clear.
create table vault_entry (
    -- Pseudonym under which the person signs protocols and forms.
    person        {TEXT}  primary key,
    -- The organisation the person observes for.
    org           {TEXT}  not null,
    -- Whose coordinators may open it: a region of the register, or the country.
    region        {TEXT}  not null,
    -- The contact, JSON, sealed to the vault's own key.
    for_vault     {BYTES} not null,
    -- The same, sealed to the region's key.
    for_region    {BYTES} not null,
    -- Counts the changes; a change names the version it was made on.
    version       {INT}   not null check (version >= 0),
    -- When it was last changed, Unix milliseconds, this machine's clock.
    updated_at_ms {INT}   not null
) {STRICT};

create index vault_entry_by_region on vault_entry (org, region, person);

-- Every time the vault was asked to be opened: by whom, for whom, why. Rows stay.
create table vault_opening (
    -- Random name.
    opening      {TEXT} primary key,
    -- Why, in the first account's words.
    reason       {TEXT} not null,
    -- Whose entries: pseudonyms, JSON array.
    people       {TEXT} not null,
    -- Which regions' keys for which accounts, JSON array.
    grants       {TEXT} not null,
    -- The first account.
    asked_by     {TEXT} not null,
    -- When it asked, Unix milliseconds, this machine's clock.
    asked_at_ms  {INT}  not null,
    -- The second account. Null while nobody has agreed; set once.
    opened_by    {TEXT},
    -- When it agreed, Unix milliseconds, this machine's clock. Null while nobody has.
    opened_at_ms {INT},
    check ((opened_by is null) = (opened_at_ms is null))
) {STRICT};
