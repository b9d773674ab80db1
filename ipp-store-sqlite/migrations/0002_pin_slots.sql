-- Publishing writes over the oldest of five places, and a narrow row says which one is the current one.
-- The former table rewrote the row that was current, added one, dropped one, and touched two indexes
-- with each.

CREATE TABLE pin_slot (
    device BLOB NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    -- The number modulo five.
    slot INTEGER NOT NULL,
    number INTEGER NOT NULL,
    generation BLOB NOT NULL,
    template BLOB NOT NULL,
    region BLOB,
    model TEXT NOT NULL,
    cohort BLOB NOT NULL,
    own BLOB NOT NULL,
    inputs TEXT NOT NULL,
    secrets BLOB NOT NULL,
    digest BLOB NOT NULL,
    length INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    run BLOB,
    PRIMARY KEY (device, slot)
) STRICT;

CREATE TABLE pin_head (
    device BLOB NOT NULL PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
    -- The number that was given last, and the number that phones get.
    last INTEGER NOT NULL,
    current INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO pin_slot
SELECT device, number % 5, number, generation, template, region, model, cohort, own, inputs, secrets, digest,
    length, published_at, run
FROM pin;

INSERT INTO pin_head
SELECT device, max(number), max(number) FILTER (WHERE current = 1) FROM pin GROUP BY device;

DROP TABLE pin;
ALTER TABLE pin_slot RENAME TO pin;
