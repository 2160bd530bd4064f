-- Receipts that enough witnesses cosigned, verified by the set-up's policy. The first receipt stays
-- in `receipt`, as it came; from then on this one is shown.
create table cosigned_receipt (
    kind    text not null check (kind in ('record', 'photo')),
    subject text not null,
    text    text not null,
    primary key (kind, subject),
    foreign key (kind, subject) references receipt (kind, subject)
) strict;
