-- Administrators, their sessions and tokens, and the answers to requests that may be repeated.

CREATE TABLE operator (
    id BYTEA NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    folded TEXT COLLATE "C" NOT NULL UNIQUE,
    description TEXT COLLATE "C" NOT NULL,
    level TEXT COLLATE "C" NOT NULL,
    all_regions BOOLEAN NOT NULL,
    reveal_secrets BOOLEAN NOT NULL,
    password TEXT COLLATE "C" NOT NULL,
    must_change_password BOOLEAN NOT NULL,
    enabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);

-- The regions of those that do not have all.
CREATE TABLE operator_region (
    operator BYTEA NOT NULL REFERENCES operator (id) ON DELETE CASCADE,
    region BYTEA NOT NULL REFERENCES region (id) ON DELETE RESTRICT,
    PRIMARY KEY (operator, region)
);

CREATE INDEX operator_region_of_region ON operator_region (region);

-- The id of a session is known to the browser alone; this is its fingerprint.
CREATE TABLE session (
    print BYTEA NOT NULL PRIMARY KEY,
    operator BYTEA REFERENCES operator (id) ON DELETE CASCADE,
    host_subject TEXT COLLATE "C",
    created_at BIGINT NOT NULL,
    last_seen BIGINT NOT NULL,
    CHECK ((operator IS NULL) = (host_subject IS NOT NULL))
) WITH (fillfactor = 50);

CREATE INDEX session_of_operator ON session (operator) WHERE operator IS NOT NULL;
CREATE INDEX session_of_host ON session (host_subject) WHERE host_subject IS NOT NULL;

CREATE TABLE api_token (
    id BYTEA NOT NULL PRIMARY KEY,
    print BYTEA NOT NULL UNIQUE,
    operator BYTEA NOT NULL REFERENCES operator (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    level TEXT COLLATE "C" NOT NULL,
    regions TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    last_used BIGINT
);

CREATE INDEX api_token_of_operator ON api_token (operator, id);

CREATE TABLE request (
    key BYTEA NOT NULL PRIMARY KEY,
    content BYTEA NOT NULL,
    at BIGINT NOT NULL,
    status BIGINT,
    body BYTEA,
    CHECK ((status IS NULL) = (body IS NULL))
);

CREATE INDEX request_by_time ON request (at);
