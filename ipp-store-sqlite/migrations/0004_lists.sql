-- What lists of devices and users are sorted by and searched in. Triggers keep it, so that nothing
-- that writes a device, a user or a report has to think of it.

CREATE TABLE device_list (
    device BLOB NOT NULL PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
    region BLOB,
    -- Sorted by; in lower case.
    user_key TEXT NOT NULL,
    name_key TEXT NOT NULL,
    -- Searched in; in lower case.
    names TEXT NOT NULL,
    phone TEXT NOT NULL,
    mac TEXT NOT NULL,
    ip TEXT NOT NULL,
    model TEXT NOT NULL,
    version TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE VIEW device_listed AS
SELECT d.id AS device, d.region, ifnull(u.folded, '') AS user_key, lower(d.display_name) AS name_key,
    lower(ifnull(u.name, '') || char(10) || ifnull(u.display_name, '') || char(10) || d.display_name) AS names,
    lower(ifnull(e.details ->> '$.phone_number', '')) AS phone, lower(hex(d.mac)) AS mac,
    lower(ifnull(e.details ->> '$.ip', '')) AS ip,
    lower(ifnull(d.model, '') || char(10) || ifnull(e.details ->> '$.model', '')) AS model,
    lower(ifnull(e.details ->> '$.firmware_version', '')) AS version
FROM device d
LEFT JOIN phone_user u ON u.id = d.owner
LEFT JOIN status_details e ON e.device = d.id;

INSERT INTO device_list SELECT * FROM device_listed;

-- In each order, everywhere and in one region.
CREATE INDEX device_list_by_user ON device_list (user_key, device);
CREATE INDEX device_list_by_name ON device_list (name_key, device);
CREATE INDEX device_list_by_region_and_user ON device_list (region, user_key, device);
CREATE INDEX device_list_by_region_and_name ON device_list (region, name_key, device);
CREATE INDEX device_of_region_by_mac ON device (region, mac, id);

CREATE TRIGGER device_list_begins AFTER INSERT ON device BEGIN
    INSERT INTO device_list SELECT * FROM device_listed WHERE device = new.id;
END;

CREATE TRIGGER device_list_follows_device AFTER UPDATE OF region, owner, mac, display_name, model ON device
WHEN old.region IS NOT new.region OR old.owner IS NOT new.owner OR old.mac <> new.mac
    OR old.display_name <> new.display_name OR old.model IS NOT new.model
BEGIN
    DELETE FROM device_list WHERE device = new.id;
    INSERT INTO device_list SELECT * FROM device_listed WHERE device = new.id;
END;

CREATE TRIGGER device_list_follows_user AFTER UPDATE OF name, display_name ON phone_user
WHEN old.name <> new.name OR old.display_name <> new.display_name
BEGIN
    DELETE FROM device_list WHERE device IN (SELECT id FROM device WHERE owner = new.id);
    INSERT INTO device_list
    SELECT * FROM device_listed WHERE device IN (SELECT id FROM device WHERE owner = new.id);
END;

CREATE TRIGGER device_list_follows_first_report AFTER INSERT ON status_details BEGIN
    DELETE FROM device_list WHERE device = new.device;
    INSERT INTO device_list SELECT * FROM device_listed WHERE device = new.device;
END;

CREATE TRIGGER device_list_follows_report AFTER UPDATE ON status_details
WHEN old.details ->> '$.phone_number' IS NOT new.details ->> '$.phone_number'
    OR old.details ->> '$.ip' IS NOT new.details ->> '$.ip'
    OR old.details ->> '$.model' IS NOT new.details ->> '$.model'
    OR old.details ->> '$.firmware_version' IS NOT new.details ->> '$.firmware_version'
BEGIN
    DELETE FROM device_list WHERE device = new.device;
    INSERT INTO device_list SELECT * FROM device_listed WHERE device = new.device;
END;

CREATE TRIGGER device_list_forgets_report AFTER DELETE ON status_details BEGIN
    DELETE FROM device_list WHERE device = old.device;
    INSERT INTO device_list SELECT * FROM device_listed WHERE device = old.device;
END;

CREATE INDEX phone_user_of_region_by_name ON phone_user (region, folded);
CREATE INDEX phone_user_by_display_name ON phone_user (lower(display_name), id);
CREATE INDEX phone_user_of_region_by_display_name ON phone_user (region, lower(display_name), id);
