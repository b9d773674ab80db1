-- Items whose phone has reported what the command did (7, confirmed), and items that wait for their phone's next
-- report (8, waiting).
ALTER TABLE job ADD COLUMN confirmed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE job ADD COLUMN waiting BIGINT NOT NULL DEFAULT 0;

-- Items of which more may become known, by phone.
CREATE INDEX job_item_commanded ON job_item (device, at) WHERE state IN (1, 2, 5);
CREATE INDEX job_item_waiting ON job_item (device, at, job, number) WHERE state = 8;
