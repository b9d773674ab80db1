-- What was published in one go. A file names its run; the row tells who began it and how it went.

CREATE TABLE run (
    id BYTEA NOT NULL PRIMARY KEY,
    actor TEXT COLLATE "C" NOT NULL,
    began_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    published BIGINT NOT NULL,
    failed BIGINT NOT NULL
);
