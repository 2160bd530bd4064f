-- Parts of the election set-up, as phones fetch them. Which of them are in force is said by the
-- newest pack statement, which names them by hash. Append-only.
create table pack_part (
    -- SHA-256 of the bytes, 64 lower-case hex digits.
    sha256 {TEXT}  primary key check (length(sha256) = 64),
    -- The part, JSON, exactly as it was hashed.
    bytes  {BYTES} not null
) {STRICT};
