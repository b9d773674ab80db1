-- Bulk jobs, their leases and their items.

-- The states are numbers: 0 is active, 1 paused, 2 finished, 3 cancelled.
CREATE TABLE job (
    id BYTEA PRIMARY KEY NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    authority TEXT COLLATE "C" NOT NULL,
    pace TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    state BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    ended_at BIGINT,
    queued BIGINT NOT NULL,
    sending BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    skipped BIGINT NOT NULL,
    unknown BIGINT NOT NULL,
    cancelled BIGINT NOT NULL,
    epoch BIGINT NOT NULL,
    holder BYTEA,
    leased_until BIGINT
);

CREATE INDEX job_due ON job (next_at, id) WHERE state = 0 OR sending > 0;
CREATE INDEX job_ended ON job (id) WHERE ended_at IS NOT NULL;

-- The states are numbers: 0 is queued, 1 sending, 2 accepted, 3 failed, 4 skipped, 5 unknown, 6 cancelled.
-- The phone may be gone.
CREATE TABLE job_item (
    job BYTEA NOT NULL REFERENCES job (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    device BYTEA NOT NULL,
    mac BYTEA NOT NULL,
    state BIGINT NOT NULL,
    session BYTEA,
    at BIGINT,
    text TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (job, number)
);

CREATE INDEX job_item_state ON job_item (job, state, number);
-- One command at a time for a phone.
CREATE UNIQUE INDEX job_item_sending ON job_item (device) WHERE state = 1;
