-- The logs, the events of phones, hourly figures, and what pruning needs to find its rows.

-- The number that was given last in each log, and never is again. Whoever gives one holds the row until the
-- commit: so numbers are seen in their order, whichever node gave them.
CREATE TABLE log_head (
    log TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
) WITH (fillfactor = 50);

INSERT INTO log_head (log, last) VALUES ('activity', 0);

-- A ring: the oldest lines go.
CREATE TABLE activity (
    number BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    -- 1 is the most severe, 5 is everything.
    level BIGINT NOT NULL,
    region BYTEA,
    mac BYTEA,
    text TEXT COLLATE "C" NOT NULL
);

-- The mass of lines is of the last level, which is read by number alone.
CREATE INDEX activity_by_level ON activity (level, number) WHERE level < 5;

CREATE TABLE device_event (
    device BYTEA NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    at BIGINT NOT NULL,
    count BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (device, number)
);

CREATE INDEX device_event_by_time ON device_event (at, device, number);

-- The hours that were sampled, with the sums over all devices.
CREATE TABLE sample_hour (
    hour BIGINT NOT NULL PRIMARY KEY,
    registered BIGINT NOT NULL,
    non_registered BIGINT NOT NULL,
    disconnected BIGINT NOT NULL,
    pending BIGINT NOT NULL
);

-- The same by region; a region without devices has no row, and no region is the empty value.
CREATE TABLE sample (
    region BYTEA NOT NULL,
    hour BIGINT NOT NULL,
    registered BIGINT NOT NULL,
    non_registered BIGINT NOT NULL,
    disconnected BIGINT NOT NULL,
    pending BIGINT NOT NULL,
    PRIMARY KEY (region, hour)
);

CREATE INDEX sample_by_hour ON sample (hour);

-- The entries about one thing, and those of a few actions.
CREATE INDEX audit_by_subject ON audit (subject, number);
CREATE INDEX audit_by_action ON audit (action, number);

-- Devices that are gone from the sequence of changes.
ALTER TABLE device_change ADD COLUMN gone BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE device_change SET gone = TRUE WHERE NOT EXISTS (SELECT 1 FROM device WHERE id = device_change.device);
CREATE INDEX device_change_gone ON device_change (sequence) WHERE gone;

-- Since when nothing points to a generation, as far as that was seen.
ALTER TABLE generation ADD COLUMN idle_since BIGINT;

-- How many published files point to a generation, by the first eight bytes of its id: an index of the files by
-- generation would be written with each of them. Two that begin alike are counted together, and stay until
-- nothing points to either. Whoever publishes holds the lock on `meta`, so there are no lanes.
CREATE TABLE generation_count (
    prefix BYTEA NOT NULL PRIMARY KEY,
    pins BIGINT NOT NULL
) WITH (fillfactor = 50);

INSERT INTO generation_count SELECT substring(generation FROM 1 FOR 8), count(*) FROM pin GROUP BY 1;

-- The same of each device's five slots, so that whatever is written over is known without a look at it.
ALTER TABLE pin_head ADD COLUMN generations BYTEA NOT NULL DEFAULT '';

UPDATE pin_head SET generations = (
    SELECT string_agg(coalesce(substring(p.generation FROM 1 FOR 8), '\x0000000000000000'), ''::bytea ORDER BY s.slot)
    FROM generate_series(0, 4) AS s (slot)
    LEFT JOIN pin p ON p.device = pin_head.device AND p.slot = s.slot);
