-- Administrators, their sessions and tokens, and the answers to requests that may be repeated.

CREATE TABLE operator (
    id BLOB NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    name TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    level TEXT NOT NULL,
    all_regions INTEGER NOT NULL,
    reveal_secrets INTEGER NOT NULL,
    password TEXT NOT NULL,
    must_change_password INTEGER NOT NULL,
    enabled INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- The regions of those that do not have all.
CREATE TABLE operator_region (
    operator BLOB NOT NULL REFERENCES operator (id) ON DELETE CASCADE,
    region BLOB NOT NULL REFERENCES region (id) ON DELETE RESTRICT,
    PRIMARY KEY (operator, region)
) STRICT, WITHOUT ROWID;

CREATE INDEX operator_region_of_region ON operator_region (region);

-- The id of a session is known to the browser alone; this is its fingerprint.
CREATE TABLE session (
    print BLOB NOT NULL PRIMARY KEY,
    operator BLOB REFERENCES operator (id) ON DELETE CASCADE,
    host_subject TEXT,
    created_at INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    CHECK ((operator IS NULL) = (host_subject IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX session_of_operator ON session (operator) WHERE operator IS NOT NULL;
CREATE INDEX session_of_host ON session (host_subject) WHERE host_subject IS NOT NULL;

CREATE TABLE api_token (
    id BLOB NOT NULL PRIMARY KEY,
    print BLOB NOT NULL UNIQUE,
    operator BLOB NOT NULL REFERENCES operator (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    level TEXT NOT NULL,
    regions TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    last_used INTEGER
) STRICT;

CREATE INDEX api_token_of_operator ON api_token (operator, id);

CREATE TABLE request (
    key BLOB NOT NULL PRIMARY KEY,
    content BLOB NOT NULL,
    at INTEGER NOT NULL,
    status INTEGER,
    body BLOB,
    CHECK ((status IS NULL) = (body IS NULL))
) STRICT;

CREATE INDEX request_by_time ON request (at);
