-- Ids are the sixteen bytes of a UUID, times are milliseconds since 1970 in UTC, words are the names
-- of enumerations, and JSON is used only for small lists and sets that no query looks into. Texts sort
-- and fold by their bytes, whatever the database's own collation is.

-- One row: what every writer that changes more than a status locks first.
CREATE TABLE meta (
    single SMALLINT NOT NULL PRIMARY KEY CHECK (single = 0),
    catalog_revision BIGINT NOT NULL,
    device_sequence BIGINT NOT NULL
);

INSERT INTO meta (single, catalog_revision, device_sequence) VALUES (0, 0, 0);

-- One row for each opened store: in which lane it counts, and how often it committed. A commit whose
-- answer was lost is looked up here.
CREATE TABLE writer (
    id BYTEA NOT NULL PRIMARY KEY,
    lane BIGINT NOT NULL,
    turn BIGINT NOT NULL,
    seen_at TIMESTAMPTZ NOT NULL
) WITH (fillfactor = 50);

-- Gives a transaction up that another one was quicker than.
CREATE FUNCTION as_expected(written BIGINT, wanted BIGINT) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
BEGIN
    IF written <> wanted THEN
        RAISE EXCEPTION 'rows have changed between being read and being written'
            USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN TRUE;
END $$;

CREATE TABLE settings (
    single SMALLINT NOT NULL PRIMARY KEY CHECK (single = 0),
    revision BIGINT NOT NULL,
    value TEXT COLLATE "C" NOT NULL
);

CREATE TABLE phone_model (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    title TEXT COLLATE "C" NOT NULL
);

CREATE TABLE firmware (
    id BYTEA NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    folded TEXT COLLATE "C" NOT NULL UNIQUE,
    model TEXT COLLATE "C" REFERENCES phone_model (id) ON DELETE RESTRICT,
    description TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    image_hash BYTEA,
    image_length BIGINT,
    image_uploaded_at BIGINT,
    CHECK ((image_hash IS NULL) = (image_length IS NULL) AND (image_hash IS NULL) = (image_uploaded_at IS NULL))
);

CREATE INDEX firmware_of_model ON firmware (model) WHERE model IS NOT NULL;

CREATE TABLE region (
    id BYTEA NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    folded TEXT COLLATE "C" NOT NULL UNIQUE,
    description TEXT COLLATE "C" NOT NULL,
    aliases TEXT COLLATE "C" NOT NULL,
    identity TEXT COLLATE "C" NOT NULL,
    networks TEXT COLLATE "C" NOT NULL,
    through_proxy BOOLEAN NOT NULL,
    zero_touch BOOLEAN NOT NULL,
    publish_on_save BOOLEAN NOT NULL,
    lines TEXT COLLATE "C" NOT NULL
);

CREATE TABLE region_firmware (
    region BYTEA NOT NULL REFERENCES region (id) ON DELETE CASCADE,
    model TEXT COLLATE "C" NOT NULL,
    firmware BYTEA NOT NULL REFERENCES firmware (id) ON DELETE RESTRICT,
    PRIMARY KEY (region, model)
);

CREATE INDEX region_firmware_of_firmware ON region_firmware (firmware);

CREATE TABLE template (
    id BYTEA NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    description TEXT COLLATE "C" NOT NULL,
    model TEXT COLLATE "C" NOT NULL REFERENCES phone_model (id) ON DELETE RESTRICT,
    region BYTEA REFERENCES region (id) ON DELETE RESTRICT,
    builtin BOOLEAN NOT NULL,
    is_default BOOLEAN NOT NULL,
    document BYTEA NOT NULL,
    original BYTEA NOT NULL,
    defaults TEXT COLLATE "C" NOT NULL,
    published_generation BYTEA,
    published_at BIGINT,
    CHECK ((published_generation IS NULL) = (published_at IS NULL))
);

CREATE INDEX template_of_model ON template (model);
CREATE INDEX template_of_region ON template (region) WHERE region IS NOT NULL;
-- One default for each region and model, and one for each model where there is no region.
CREATE UNIQUE INDEX template_default ON template (coalesce(region, ''::bytea), model) WHERE is_default;

-- Placeholders above the device: of a region, of a model, or (neither) of the system.
CREATE TABLE placeholder (
    name TEXT COLLATE "C" NOT NULL,
    region BYTEA REFERENCES region (id) ON DELETE RESTRICT,
    model TEXT COLLATE "C" REFERENCES phone_model (id) ON DELETE RESTRICT,
    revision BIGINT NOT NULL,
    plain TEXT COLLATE "C",
    sealed BYTEA,
    print BYTEA,
    description TEXT COLLATE "C" NOT NULL,
    CHECK (region IS NULL OR model IS NULL),
    CHECK ((plain IS NULL) = (sealed IS NOT NULL) AND (sealed IS NULL) = (print IS NULL))
);

CREATE UNIQUE INDEX placeholder_key ON placeholder (coalesce(region, ''::bytea), coalesce(model, ''), name);
CREATE INDEX placeholder_of_region ON placeholder (region) WHERE region IS NOT NULL;
CREATE INDEX placeholder_of_model ON placeholder (model) WHERE model IS NOT NULL;

CREATE TABLE phone_user (
    id BYTEA NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    folded TEXT COLLATE "C" NOT NULL UNIQUE,
    display_name TEXT COLLATE "C" NOT NULL,
    region BYTEA NOT NULL REFERENCES region (id) ON DELETE RESTRICT,
    password_sealed BYTEA,
    password_print BYTEA,
    origin TEXT COLLATE "C" NOT NULL,
    CHECK ((password_sealed IS NULL) = (password_print IS NULL))
);

CREATE INDEX phone_user_of_region ON phone_user (region, id);

-- Of several constraints that a row breaks PostgreSQL tells the first: the unique ones and then the
-- references, each in the order in which they are written. It is the order of every store.
CREATE TABLE device (
    id BYTEA NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    mac BYTEA NOT NULL UNIQUE,
    display_name TEXT COLLATE "C" NOT NULL,
    model TEXT COLLATE "C",
    owner BYTEA,
    owner_bound_by TEXT COLLATE "C",
    region BYTEA,
    region_origin TEXT COLLATE "C" NOT NULL,
    admission TEXT COLLATE "C" NOT NULL,
    token_print BYTEA UNIQUE,
    token_sealed BYTEA,
    request_print BYTEA,
    request_sealed BYTEA,
    request_peer BYTEA,
    request_at BIGINT,
    former_token BYTEA,
    template BYTEA,
    firmware BYTEA,
    vlan_mode TEXT COLLATE "C",
    vlan_id BIGINT,
    vlan_priority BIGINT,
    language TEXT COLLATE "C",
    rest_password_sealed BYTEA,
    rest_password_print BYTEA,
    overrides TEXT COLLATE "C" NOT NULL,
    lines TEXT COLLATE "C" NOT NULL,
    own BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT device_region_fkey FOREIGN KEY (region) REFERENCES region (id) ON DELETE RESTRICT,
    CONSTRAINT device_owner_fkey FOREIGN KEY (owner) REFERENCES phone_user (id) ON DELETE RESTRICT,
    CONSTRAINT device_model_fkey FOREIGN KEY (model) REFERENCES phone_model (id) ON DELETE RESTRICT,
    CONSTRAINT device_template_fkey FOREIGN KEY (template) REFERENCES template (id) ON DELETE RESTRICT,
    CONSTRAINT device_firmware_fkey FOREIGN KEY (firmware) REFERENCES firmware (id) ON DELETE RESTRICT,
    CHECK ((owner IS NULL) = (owner_bound_by IS NULL)),
    CHECK ((token_print IS NULL) = (token_sealed IS NULL)),
    CHECK ((request_print IS NULL) = (request_sealed IS NULL)
        AND (request_print IS NULL) = (request_peer IS NULL)
        AND (request_print IS NULL) = (request_at IS NULL)),
    CHECK ((rest_password_sealed IS NULL) = (rest_password_print IS NULL))
);

-- Each filter of the device list has an index in the order of the list.
CREATE INDEX device_of_region ON device (region, id);
CREATE INDEX device_of_model ON device (model, id);
-- Either alone may be most of the fleet where both together are few.
CREATE INDEX device_of_region_and_model ON device (region, model, id);
CREATE INDEX device_of_owner ON device (owner, id) WHERE owner IS NOT NULL;
CREATE INDEX device_of_admission ON device (admission, id);
CREATE INDEX device_of_template ON device (template) WHERE template IS NOT NULL;
CREATE INDEX device_of_firmware ON device (firmware) WHERE firmware IS NOT NULL;

-- What every report writes: narrow, without an index that a healthy phone's report would touch, and with
-- room in each page, so that the new version of a row stands beside the former one.
CREATE TABLE status (
    device BYTEA NOT NULL PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
    last_seen BIGINT NOT NULL,
    disconnected BOOLEAN NOT NULL,
    timeout_ms BIGINT NOT NULL,
    registration TEXT COLLATE "C" NOT NULL,
    changed_at BIGINT NOT NULL,
    peer BYTEA NOT NULL,
    proxied BOOLEAN NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    details_hash BIGINT NOT NULL
) WITH (fillfactor = 50);

-- A registered phone that reports is in neither, so its reports touch neither.
CREATE INDEX status_disconnected ON status (device) WHERE disconnected;
CREATE INDEX status_not_registered ON status (device) WHERE NOT disconnected AND registration <> 'registered';

-- Devices without a status, because no index can list what is not there.
CREATE TABLE unseen (
    device BYTEA NOT NULL PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE
);

CREATE FUNCTION device_is_new() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO unseen (device) SELECT id FROM added;
    RETURN NULL;
END $$;

CREATE FUNCTION device_is_seen() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM unseen USING added WHERE unseen.device = added.device;
    RETURN NULL;
END $$;

CREATE FUNCTION device_is_forgotten() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO unseen (device) SELECT d.id FROM removed r JOIN device d ON d.id = r.device;
    RETURN NULL;
END $$;

CREATE TRIGGER device_is_new AFTER INSERT ON device
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION device_is_new();
CREATE TRIGGER device_is_seen AFTER INSERT ON status
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION device_is_seen();
CREATE TRIGGER device_is_forgotten AFTER DELETE ON status
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION device_is_forgotten();

-- The wide rest of the last report, written only where it differs from the one before. What is searched
-- in stands in columns of its own.
CREATE TABLE status_details (
    device BYTEA NOT NULL PRIMARY KEY REFERENCES status (device) ON DELETE CASCADE,
    details TEXT COLLATE "C" NOT NULL,
    phone TEXT COLLATE "C" NOT NULL,
    ip TEXT COLLATE "C" NOT NULL,
    model TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL
);

CREATE TABLE alarm (
    device BYTEA NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    qualifier TEXT COLLATE "C" NOT NULL,
    severity BIGINT NOT NULL,
    raised_at BIGINT NOT NULL,
    last_action_at BIGINT NOT NULL,
    count BIGINT NOT NULL,
    details TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (device, name, qualifier)
);

CREATE INDEX alarm_by_action ON alarm (last_action_at DESC, device, name, qualifier);

-- A generation is a list of parts; equal parts of several generations are stored once.
CREATE TABLE part (
    hash BYTEA NOT NULL PRIMARY KEY,
    content BYTEA NOT NULL
);

CREATE TABLE generation (
    id BYTEA NOT NULL PRIMARY KEY
);

CREATE TABLE generation_part (
    generation BYTEA NOT NULL REFERENCES generation (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    part BYTEA NOT NULL REFERENCES part (hash) ON DELETE RESTRICT,
    PRIMARY KEY (generation, position)
);

CREATE INDEX generation_part_of_part ON generation_part (part);

CREATE TABLE pin (
    device BYTEA NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    current BOOLEAN NOT NULL,
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
    PRIMARY KEY (device, number)
);

CREATE UNIQUE INDEX pin_current ON pin (device) WHERE current;

-- The latest change of every device that there is or was. The sequence never goes back.
CREATE TABLE device_change (
    device BYTEA NOT NULL PRIMARY KEY,
    sequence BIGINT NOT NULL
);

CREATE UNIQUE INDEX device_change_by_sequence ON device_change (sequence);

CREATE TABLE uptime (
    node BYTEA NOT NULL,
    since BIGINT NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (node, since)
);

CREATE INDEX uptime_by_end ON uptime (until);

CREATE TABLE audit (
    number BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    action TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    region BYTEA,
    before TEXT COLLATE "C",
    after TEXT COLLATE "C",
    phones BIGINT,
    hash BYTEA NOT NULL
);

CREATE INDEX audit_by_actor ON audit (actor, number);
CREATE INDEX audit_by_time ON audit (at, number);

-- Kept by deltas; no region and no model are the empty value, because a key has no NULL. Each writer
-- counts in a lane of its own, so that none waits for another; a lane may be negative, their sum is not.
CREATE TABLE device_count (
    lane BIGINT NOT NULL,
    region BYTEA NOT NULL,
    model TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL,
    admission TEXT COLLATE "C" NOT NULL,
    class TEXT COLLATE "C" NOT NULL,
    devices BIGINT NOT NULL,
    PRIMARY KEY (lane, region, model, version, admission, class)
) WITH (fillfactor = 50);

CREATE TABLE pin_count (
    lane BIGINT NOT NULL,
    template BYTEA NOT NULL,
    chosen BOOLEAN NOT NULL,
    region BYTEA NOT NULL,
    model TEXT COLLATE "C" NOT NULL,
    cohort BYTEA NOT NULL,
    own_changed BOOLEAN NOT NULL,
    devices BIGINT NOT NULL,
    PRIMARY KEY (lane, template, chosen, region, model, cohort, own_changed)
) WITH (fillfactor = 50);
