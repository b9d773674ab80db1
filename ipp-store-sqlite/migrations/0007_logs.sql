-- The logs, the events of phones, hourly figures, and what pruning needs to find its rows.

-- A ring: the oldest lines go. A number is never given twice.
CREATE TABLE activity (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    -- 1 is the most severe, 5 is everything.
    level INTEGER NOT NULL,
    region BLOB,
    mac BLOB,
    text TEXT NOT NULL
) STRICT;

-- The mass of lines is of the last level, which is read by number alone.
CREATE INDEX activity_by_level ON activity (level, number) WHERE level < 5;

CREATE TABLE device_event (
    device BLOB NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    at INTEGER NOT NULL,
    count INTEGER NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (device, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX device_event_by_time ON device_event (at, device, number);

-- The hours that were sampled, with the sums over all devices.
CREATE TABLE sample_hour (
    hour INTEGER NOT NULL PRIMARY KEY,
    registered INTEGER NOT NULL,
    non_registered INTEGER NOT NULL,
    disconnected INTEGER NOT NULL,
    pending INTEGER NOT NULL
) STRICT;

-- The same by region; a region without devices has no row.
CREATE TABLE sample (
    region BLOB NOT NULL,
    hour INTEGER NOT NULL,
    registered INTEGER NOT NULL,
    non_registered INTEGER NOT NULL,
    disconnected INTEGER NOT NULL,
    pending INTEGER NOT NULL,
    PRIMARY KEY (region, hour)
) STRICT, WITHOUT ROWID;

CREATE INDEX sample_by_hour ON sample (hour);

-- The entries about one thing, and those of a few actions.
CREATE INDEX audit_by_subject ON audit (subject, number);
CREATE INDEX audit_by_action ON audit (action, number);

-- Devices that are gone from the sequence of changes.
ALTER TABLE device_change ADD COLUMN gone INTEGER NOT NULL DEFAULT 0;
UPDATE device_change SET gone = 1 WHERE device NOT IN (SELECT id FROM device);
CREATE INDEX device_change_gone ON device_change (sequence) WHERE gone = 1;

-- Since when nothing points to a generation, as far as that was seen.
ALTER TABLE generation ADD COLUMN idle_since INTEGER;

-- How many published files point to a generation, by the first eight bytes of its id: an index of the files by
-- generation would be written with each of them. Two that begin alike are counted together, and stay until
-- nothing points to either.
CREATE TABLE generation_count (
    prefix BLOB NOT NULL PRIMARY KEY,
    pins INTEGER NOT NULL CHECK (pins > 0)
) STRICT, WITHOUT ROWID;

INSERT INTO generation_count SELECT substr(generation, 1, 8), count(*) FROM pin GROUP BY 1;

-- The same of each device's five slots, so that whatever is written over is known without a look at it.
ALTER TABLE pin_head ADD COLUMN generations BLOB NOT NULL DEFAULT x'';

UPDATE pin_head SET generations = CAST(
    ifnull((SELECT substr(generation, 1, 8) FROM pin p WHERE p.device = pin_head.device AND slot = 0), zeroblob(8))
    || ifnull((SELECT substr(generation, 1, 8) FROM pin p WHERE p.device = pin_head.device AND slot = 1), zeroblob(8))
    || ifnull((SELECT substr(generation, 1, 8) FROM pin p WHERE p.device = pin_head.device AND slot = 2), zeroblob(8))
    || ifnull((SELECT substr(generation, 1, 8) FROM pin p WHERE p.device = pin_head.device AND slot = 3), zeroblob(8))
    || ifnull((SELECT substr(generation, 1, 8) FROM pin p WHERE p.device = pin_head.device AND slot = 4), zeroblob(8))
    AS BLOB);
