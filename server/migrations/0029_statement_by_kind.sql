-- Every phone asks for what was said to everybody, and most of what was said are enrolments: without this
-- each of them reads through all of those.
create index statement_by_kind on statement (kind, position);
