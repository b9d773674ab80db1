-- What was published in one go. A file names its run; the row tells who began it and how it went.

CREATE TABLE run (
    id BLOB NOT NULL PRIMARY KEY,
    actor TEXT NOT NULL,
    began_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    published INTEGER NOT NULL,
    failed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
