-- Enrolment requests in which a key of the phone's hardware signed for the key that asks: they hold the
-- chain of certificates of the hardware's maker, as the phone gave it. Append-only.
create table hardware_request (
    -- The key that was enrolled.
    kid             {TEXT}  primary key,
    -- The request, to the byte as it was signed.
    request         {TEXT}  not null
) {STRICT};
