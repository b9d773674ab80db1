-- Configuration files that people wrote. Their texts are sealed, and large: they stand behind everything
-- that lists read.

CREATE TABLE shared_file (
    folded TEXT NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    name TEXT NOT NULL,
    digest BLOB NOT NULL,
    length INTEGER NOT NULL,
    keep_alive_minutes INTEGER,
    changed_at INTEGER NOT NULL,
    author TEXT NOT NULL,
    text BLOB NOT NULL
) STRICT;

-- In the place of what is published for a device.
CREATE TABLE stand_in (
    device BLOB NOT NULL PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    digest BLOB NOT NULL,
    length INTEGER NOT NULL,
    keep_alive_minutes INTEGER,
    changed_at INTEGER NOT NULL,
    author TEXT NOT NULL,
    text BLOB NOT NULL
) STRICT;
