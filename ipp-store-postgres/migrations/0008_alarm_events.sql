-- What became of alarms, and how far it was told to whom.

INSERT INTO log_head (log, last) VALUES ('alarm_event', 0);

-- The events of phones that are gone stay.
CREATE TABLE alarm_event (
    number BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    device BYTEA NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    qualifier TEXT COLLATE "C" NOT NULL,
    mac BYTEA NOT NULL,
    region BYTEA,
    step TEXT COLLATE "C" NOT NULL
);

CREATE TABLE told (
    target TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL
);
