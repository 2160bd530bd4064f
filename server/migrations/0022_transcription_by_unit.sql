-- The desk follows the log unit by unit: the items of one unit are read each time something is logged
-- about it.

create index transcription_item_by_unit on transcription_item (unit, item_id);
