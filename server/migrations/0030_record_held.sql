-- What awaits check is asked for with every new overview, and is little among all records: without this
-- each overview reads every record of the store.
create index record_held on record (reason, kid) where reason is not null;
