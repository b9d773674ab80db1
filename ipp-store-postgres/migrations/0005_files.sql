-- Configuration files that people wrote. Their texts are sealed, and large: they stand behind everything
-- that lists read.

CREATE TABLE shared_file (
    folded TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    digest BYTEA NOT NULL,
    length BIGINT NOT NULL,
    keep_alive_minutes BIGINT,
    changed_at BIGINT NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    text BYTEA NOT NULL
);

-- In the place of what is published for a device.
CREATE TABLE stand_in (
    device BYTEA NOT NULL PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
    revision BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    length BIGINT NOT NULL,
    keep_alive_minutes BIGINT,
    changed_at BIGINT NOT NULL,
    author TEXT COLLATE "C" NOT NULL,
    text BYTEA NOT NULL
);
