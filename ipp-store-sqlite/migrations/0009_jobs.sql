-- Bulk jobs, their leases and their items.

-- The states are numbers: 0 is active, 1 paused, 2 finished, 3 cancelled.
CREATE TABLE job (
    id BLOB PRIMARY KEY NOT NULL,
    action TEXT NOT NULL,
    author TEXT NOT NULL,
    authority TEXT NOT NULL,
    pace TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    state INTEGER NOT NULL,
    next_at INTEGER NOT NULL,
    ended_at INTEGER,
    queued INTEGER NOT NULL,
    sending INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    skipped INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    holder BLOB,
    leased_until INTEGER
) STRICT;

CREATE INDEX job_due ON job (next_at, id) WHERE state = 0 OR sending > 0;
CREATE INDEX job_ended ON job (id) WHERE ended_at IS NOT NULL;

-- The states are numbers: 0 is queued, 1 sending, 2 accepted, 3 failed, 4 skipped, 5 unknown, 6 cancelled.
-- The phone may be gone.
CREATE TABLE job_item (
    job BLOB NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    device BLOB NOT NULL,
    mac BLOB NOT NULL,
    state INTEGER NOT NULL,
    session BLOB,
    at INTEGER,
    text TEXT NOT NULL,
    PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX job_item_state ON job_item (job, state, number);
-- One command at a time for a phone.
CREATE UNIQUE INDEX job_item_sending ON job_item (device) WHERE state = 1;
