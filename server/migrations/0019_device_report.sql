-- When each device was last heard and how much it said still waits on it. Not evidence: it is for
-- people who wonder whether something is still out there, and the next word takes its place.
create table device_report (
    -- Thumbprint of the device's key.
    kid          {TEXT} primary key,
    -- When it read its feed last, Unix milliseconds, this machine's clock.
    heard_at_ms  {INT}  not null,
    -- What waits in each lane of its queue, five whole numbers with points between them as in
    -- `0.1.2.0.14`: protocols and urgent incidents, other records, thumbnails, previews, originals.
    -- Null where the phone does not say it.
    waiting      {TEXT},
    -- When the oldest record that waits was captured, Unix milliseconds: the age that the phone
    -- told, counted back on this machine's clock. Null where nothing waits or it was not said.
    oldest_at_ms {INT}
) {STRICT};
