-- Publishing writes over the oldest of five places, and a narrow row says which one is the current one.
-- The former table rewrote the row that was current, added one, dropped one, and touched two indexes
-- with each.

CREATE TABLE pin_slot (
    device BYTEA NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    -- The number modulo five.
    slot BIGINT NOT NULL,
    number BIGINT NOT NULL,
    generation BYTEA NOT NULL,
    template BYTEA NOT NULL,
    region BYTEA,
    model TEXT COLLATE "C" NOT NULL,
    cohort BYTEA NOT NULL,
    own BYTEA NOT NULL,
    inputs TEXT COLLATE "C" NOT NULL,
    secrets BYTEA NOT NULL,
    digest BYTEA NOT NULL,
    length BIGINT NOT NULL,
    published_at BIGINT NOT NULL,
    run BYTEA,
    PRIMARY KEY (device, slot)
);

CREATE TABLE pin_head (
    device BYTEA NOT NULL PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
    -- The number that was given last, and the number that phones get.
    last BIGINT NOT NULL,
    current BIGINT NOT NULL
) WITH (fillfactor = 50);

INSERT INTO pin_slot
SELECT device, number % 5, number, generation, template, region, model, cohort, own, inputs, secrets, digest,
    length, published_at, run
FROM pin;

INSERT INTO pin_head
SELECT device, max(number), max(number) FILTER (WHERE current) FROM pin GROUP BY device;

DROP TABLE pin;
ALTER TABLE pin_slot RENAME TO pin;
