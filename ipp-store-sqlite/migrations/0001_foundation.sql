-- Ids are the sixteen bytes of a UUID, times are milliseconds since 1970 in UTC, words are the names
-- of enumerations, and JSON is used only for small lists and sets that no query looks into.

CREATE TABLE meta (
    only INTEGER NOT NULL PRIMARY KEY CHECK (only = 0),
    catalog_revision INTEGER NOT NULL
) STRICT;

INSERT INTO meta (only, catalog_revision) VALUES (0, 0);

CREATE TABLE settings (
    only INTEGER NOT NULL PRIMARY KEY CHECK (only = 0),
    revision INTEGER NOT NULL,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE phone_model (
    id TEXT NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    title TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE firmware (
    id BLOB NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    name TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE,
    model TEXT REFERENCES phone_model (id) ON DELETE RESTRICT,
    description TEXT NOT NULL,
    version TEXT NOT NULL,
    image_hash BLOB,
    image_length INTEGER,
    image_uploaded_at INTEGER,
    CHECK ((image_hash IS NULL) = (image_length IS NULL) AND (image_hash IS NULL) = (image_uploaded_at IS NULL))
) STRICT;

CREATE INDEX firmware_of_model ON firmware (model) WHERE model IS NOT NULL;

CREATE TABLE region (
    id BLOB NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    name TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    aliases TEXT NOT NULL,
    identity TEXT NOT NULL,
    networks TEXT NOT NULL,
    through_proxy INTEGER NOT NULL,
    zero_touch INTEGER NOT NULL,
    publish_on_save INTEGER NOT NULL,
    lines TEXT NOT NULL
) STRICT;

CREATE TABLE region_firmware (
    region BLOB NOT NULL REFERENCES region (id) ON DELETE CASCADE,
    model TEXT NOT NULL,
    firmware BLOB NOT NULL REFERENCES firmware (id) ON DELETE RESTRICT,
    PRIMARY KEY (region, model)
) STRICT, WITHOUT ROWID;

CREATE INDEX region_firmware_of_firmware ON region_firmware (firmware);

CREATE TABLE template (
    id BLOB NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    model TEXT NOT NULL REFERENCES phone_model (id) ON DELETE RESTRICT,
    region BLOB REFERENCES region (id) ON DELETE RESTRICT,
    builtin INTEGER NOT NULL,
    is_default INTEGER NOT NULL,
    document BLOB NOT NULL,
    original BLOB NOT NULL,
    defaults TEXT NOT NULL,
    published_generation BLOB,
    published_at INTEGER,
    CHECK ((published_generation IS NULL) = (published_at IS NULL))
) STRICT;

CREATE INDEX template_of_model ON template (model);
CREATE INDEX template_of_region ON template (region) WHERE region IS NOT NULL;
-- One default for each region and model, and one for each model where there is no region.
CREATE UNIQUE INDEX template_default ON template (ifnull(region, x''), model) WHERE is_default = 1;

-- Placeholders above the device: of a region, of a model, or (neither) of the system.
CREATE TABLE placeholder (
    name TEXT NOT NULL,
    region BLOB REFERENCES region (id) ON DELETE RESTRICT,
    model TEXT REFERENCES phone_model (id) ON DELETE RESTRICT,
    revision INTEGER NOT NULL,
    plain TEXT,
    sealed BLOB,
    print BLOB,
    description TEXT NOT NULL,
    CHECK (region IS NULL OR model IS NULL),
    CHECK ((plain IS NULL) = (sealed IS NOT NULL) AND (sealed IS NULL) = (print IS NULL))
) STRICT;

CREATE UNIQUE INDEX placeholder_key ON placeholder (ifnull(region, x''), ifnull(model, ''), name);
CREATE INDEX placeholder_of_region ON placeholder (region) WHERE region IS NOT NULL;
CREATE INDEX placeholder_of_model ON placeholder (model) WHERE model IS NOT NULL;

CREATE TABLE phone_user (
    id BLOB NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    name TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    region BLOB NOT NULL REFERENCES region (id) ON DELETE RESTRICT,
    password_sealed BLOB,
    password_print BLOB,
    origin TEXT NOT NULL,
    CHECK ((password_sealed IS NULL) = (password_print IS NULL))
) STRICT;

CREATE INDEX phone_user_of_region ON phone_user (region, id);

CREATE TABLE device (
    id BLOB NOT NULL PRIMARY KEY,
    revision INTEGER NOT NULL,
    mac BLOB NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    model TEXT REFERENCES phone_model (id) ON DELETE RESTRICT,
    owner BLOB REFERENCES phone_user (id) ON DELETE RESTRICT,
    owner_bound_by TEXT,
    region BLOB REFERENCES region (id) ON DELETE RESTRICT,
    region_origin TEXT NOT NULL,
    admission TEXT NOT NULL,
    token_print BLOB UNIQUE,
    token_sealed BLOB,
    request_print BLOB,
    request_sealed BLOB,
    request_peer BLOB,
    request_at INTEGER,
    former_token BLOB,
    template BLOB REFERENCES template (id) ON DELETE RESTRICT,
    firmware BLOB REFERENCES firmware (id) ON DELETE RESTRICT,
    vlan_mode TEXT,
    vlan_id INTEGER,
    vlan_priority INTEGER,
    language TEXT,
    rest_password_sealed BLOB,
    rest_password_print BLOB,
    overrides TEXT NOT NULL,
    lines TEXT NOT NULL,
    own BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    CHECK ((owner IS NULL) = (owner_bound_by IS NULL)),
    CHECK ((token_print IS NULL) = (token_sealed IS NULL)),
    CHECK ((request_print IS NULL) = (request_sealed IS NULL)
        AND (request_print IS NULL) = (request_peer IS NULL)
        AND (request_print IS NULL) = (request_at IS NULL)),
    CHECK ((rest_password_sealed IS NULL) = (rest_password_print IS NULL))
) STRICT;

-- Each filter of the device list has an index in the order of the list.
CREATE INDEX device_of_region ON device (region, id);
CREATE INDEX device_of_model ON device (model, id);
-- Either alone may be most of the fleet where both together are few.
CREATE INDEX device_of_region_and_model ON device (region, model, id);
CREATE INDEX device_of_owner ON device (owner, id) WHERE owner IS NOT NULL;
CREATE INDEX device_of_admission ON device (admission, id);
CREATE INDEX device_of_template ON device (template) WHERE template IS NOT NULL;
CREATE INDEX device_of_firmware ON device (firmware) WHERE firmware IS NOT NULL;

-- What every report writes: narrow, and without an index that a healthy phone's report would touch.
CREATE TABLE status (
    device BLOB NOT NULL PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
    last_seen INTEGER NOT NULL,
    disconnected INTEGER NOT NULL,
    timeout_ms INTEGER NOT NULL,
    registration TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    peer BLOB NOT NULL,
    proxied INTEGER NOT NULL,
    version TEXT NOT NULL,
    details_hash INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A registered phone that reports is in neither, so its reports touch neither.
CREATE INDEX status_disconnected ON status (device) WHERE disconnected = 1;
CREATE INDEX status_not_registered ON status (device) WHERE disconnected = 0 AND registration <> 'registered';

-- Devices without a status, because no index can list what is not there.
CREATE TABLE unseen (
    device BLOB NOT NULL PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TRIGGER device_is_new AFTER INSERT ON device BEGIN
    INSERT INTO unseen (device) VALUES (new.id);
END;

CREATE TRIGGER device_is_seen AFTER INSERT ON status BEGIN
    DELETE FROM unseen WHERE device = new.device;
END;

CREATE TRIGGER device_is_forgotten AFTER DELETE ON status BEGIN
    INSERT INTO unseen (device) SELECT id FROM device WHERE id = old.device;
END;

-- The wide rest of the last report, written only where it differs from the one before.
CREATE TABLE status_details (
    device BLOB NOT NULL PRIMARY KEY REFERENCES status (device) ON DELETE CASCADE,
    details TEXT NOT NULL
) STRICT;

CREATE TABLE alarm (
    device BLOB NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    qualifier TEXT NOT NULL,
    severity INTEGER NOT NULL,
    raised_at INTEGER NOT NULL,
    last_action_at INTEGER NOT NULL,
    count INTEGER NOT NULL,
    details TEXT NOT NULL,
    PRIMARY KEY (device, name, qualifier)
) STRICT, WITHOUT ROWID;

CREATE INDEX alarm_by_action ON alarm (last_action_at DESC, device, name, qualifier);

-- A generation is a list of parts; equal parts of several generations are stored once.
CREATE TABLE part (
    hash BLOB NOT NULL PRIMARY KEY,
    content BLOB NOT NULL
) STRICT;

CREATE TABLE generation (
    id BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE generation_part (
    generation BLOB NOT NULL REFERENCES generation (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    part BLOB NOT NULL REFERENCES part (hash) ON DELETE RESTRICT,
    PRIMARY KEY (generation, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX generation_part_of_part ON generation_part (part);

CREATE TABLE pin (
    device BLOB NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    current INTEGER NOT NULL,
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
    PRIMARY KEY (device, number)
) STRICT;

CREATE UNIQUE INDEX pin_current ON pin (device) WHERE current = 1;

-- The latest change of every device that there is or was. The sequence never goes back.
CREATE TABLE device_change (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    device BLOB NOT NULL UNIQUE
) STRICT;

CREATE TABLE uptime (
    node BLOB NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (node, since)
) STRICT, WITHOUT ROWID;

CREATE INDEX uptime_by_end ON uptime (until);

CREATE TABLE audit (
    number INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    region BLOB,
    before TEXT,
    after TEXT,
    phones INTEGER,
    hash BLOB NOT NULL
) STRICT;

CREATE INDEX audit_by_actor ON audit (actor, number);
CREATE INDEX audit_by_time ON audit (at, number);

-- Kept by deltas; no region and no model are the empty value, because a key has no NULL.
CREATE TABLE device_count (
    region BLOB NOT NULL,
    model TEXT NOT NULL,
    version TEXT NOT NULL,
    admission TEXT NOT NULL,
    class TEXT NOT NULL,
    devices INTEGER NOT NULL CHECK (devices > 0),
    PRIMARY KEY (region, model, version, admission, class)
) STRICT, WITHOUT ROWID;

CREATE TABLE pin_count (
    template BLOB NOT NULL,
    chosen INTEGER NOT NULL,
    region BLOB NOT NULL,
    model TEXT NOT NULL,
    cohort BLOB NOT NULL,
    own_changed INTEGER NOT NULL,
    devices INTEGER NOT NULL CHECK (devices > 0),
    PRIMARY KEY (template, chosen, region, model, cohort, own_changed)
) STRICT, WITHOUT ROWID;
