-- What became of alarms, and how far it was told to whom.

-- The events of phones that are gone stay. A number is never given twice.
CREATE TABLE alarm_event (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    device BLOB NOT NULL,
    name TEXT NOT NULL,
    qualifier TEXT NOT NULL,
    mac BLOB NOT NULL,
    region BLOB,
    step TEXT NOT NULL
) STRICT;

CREATE TABLE told (
    target TEXT NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT;
