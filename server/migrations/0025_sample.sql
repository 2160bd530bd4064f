-- Precincts that a seed drew. The draw itself is a statement; this is its list, which would not fit
-- into one. Append-only: a later draw is further rows.
create table sample_unit (
    -- SHA-256 of the signed statement of the draw, 64 lower-case hex digits.
    statement_id {TEXT} not null check (length(statement_id) = 64),
    -- Place in the draw, from 0: stratum by stratum, in the order drawn.
    place        {INT}  not null check (place >= 0),
    -- Code of the precinct in the register.
    unit         {TEXT} not null,
    primary key (statement_id, place)
) {CLUSTERED};
