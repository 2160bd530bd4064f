-- What is known of a unit, an entry a row: adding one costs the same however many there are. Derived
-- from the records: can be deleted and made again. Entries that came before this table are in
-- unit_entry_pack, and so are all where an older process may still read (several on one PostgreSQL).
create table unit_entry (
    -- Code of the unit in the register: a precinct or a higher commission.
    unit     {TEXT} not null,
    -- Log index of the record. A record that a reviewer moved has an entry in both units.
    position {INT}  not null check (position >= 0),
    -- One JSON line, ending with a line feed.
    entry    {TEXT} not null,
    primary key (unit, position)
) {STRICT};
