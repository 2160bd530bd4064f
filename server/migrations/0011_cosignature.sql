-- Witnesses' cosignatures of checkpoints, as they came and were verified. Append-only.
create table cosignature (
    -- Size of the checkpoint in the table `checkpoint` that it stands under.
    size           {INT}  not null check (size >= 0),
    -- Name of the witness.
    witness        {TEXT} not null,
    -- The signature line of the note, without its line end.
    line           {TEXT} not null,
    -- When it came, Unix milliseconds, this machine's clock. The witness's own time is in the line.
    received_at_ms {INT}  not null,
    primary key (size, witness)
) {STRICT};
