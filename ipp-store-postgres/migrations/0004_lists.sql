-- What lists of devices and users are sorted by and searched in. Triggers keep it, so that nothing
-- that writes a device, a user or a report has to think of it. Each works on all rows of a statement.

CREATE TABLE device_list (
    device BYTEA NOT NULL PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
    region BYTEA,
    -- Sorted by; in lower case.
    user_key TEXT COLLATE "C" NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    -- Searched in; in lower case.
    names TEXT COLLATE "C" NOT NULL,
    phone TEXT COLLATE "C" NOT NULL,
    mac TEXT COLLATE "C" NOT NULL,
    ip TEXT COLLATE "C" NOT NULL,
    model TEXT COLLATE "C" NOT NULL,
    version TEXT COLLATE "C" NOT NULL
);

CREATE VIEW device_listed AS
SELECT d.id AS device, d.region, coalesce(u.folded, '') AS user_key, lower(d.display_name) AS name_key,
    lower(coalesce(u.name, '') || chr(10) || coalesce(u.display_name, '') || chr(10) || d.display_name) AS names,
    lower(coalesce(e.phone, '')) AS phone, encode(d.mac, 'hex') COLLATE "C" AS mac,
    lower(coalesce(e.ip, '')) AS ip,
    lower(coalesce(d.model, '') || chr(10) || coalesce(e.model, '')) AS model,
    lower(coalesce(e.version, '')) AS version
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

CREATE FUNCTION device_list_renew(devices BYTEA[]) RETURNS void LANGUAGE sql SET search_path FROM CURRENT AS $$
    INSERT INTO device_list
    SELECT l.* FROM unnest(devices) AS wanted (id) JOIN device_listed l ON l.device = wanted.id
    ON CONFLICT (device) DO UPDATE SET
        region = excluded.region, user_key = excluded.user_key, name_key = excluded.name_key,
        names = excluded.names, phone = excluded.phone, mac = excluded.mac, ip = excluded.ip,
        model = excluded.model, version = excluded.version
$$;

CREATE FUNCTION device_list_begins() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM device_list_renew(array_agg(id)) FROM added HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE FUNCTION device_list_follows_device() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM device_list_renew(array_agg(now_is.id))
    FROM now_is JOIN it_was ON it_was.id = now_is.id
    WHERE (it_was.region, it_was.owner, it_was.mac, it_was.display_name, it_was.model)
        IS DISTINCT FROM (now_is.region, now_is.owner, now_is.mac, now_is.display_name, now_is.model)
    HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE FUNCTION device_list_follows_user() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM device_list_renew(array_agg(d.id))
    FROM now_is JOIN it_was ON it_was.id = now_is.id JOIN device d ON d.owner = now_is.id
    WHERE (it_was.name, it_was.display_name) IS DISTINCT FROM (now_is.name, now_is.display_name)
    HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE FUNCTION device_list_follows_first_report() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM device_list_renew(array_agg(device)) FROM added HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE FUNCTION device_list_follows_report() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM device_list_renew(array_agg(now_is.device))
    FROM now_is JOIN it_was ON it_was.device = now_is.device
    WHERE (it_was.phone, it_was.ip, it_was.model, it_was.version)
        IS DISTINCT FROM (now_is.phone, now_is.ip, now_is.model, now_is.version)
    HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE FUNCTION device_list_forgets_report() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM device_list_renew(array_agg(device)) FROM removed HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE TRIGGER device_list_begins AFTER INSERT ON device
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION device_list_begins();
CREATE TRIGGER device_list_follows_device AFTER UPDATE ON device
    REFERENCING OLD TABLE AS it_was NEW TABLE AS now_is FOR EACH STATEMENT
    EXECUTE FUNCTION device_list_follows_device();
CREATE TRIGGER device_list_follows_user AFTER UPDATE ON phone_user
    REFERENCING OLD TABLE AS it_was NEW TABLE AS now_is FOR EACH STATEMENT
    EXECUTE FUNCTION device_list_follows_user();
CREATE TRIGGER device_list_follows_first_report AFTER INSERT ON status_details
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION device_list_follows_first_report();
CREATE TRIGGER device_list_follows_report AFTER UPDATE ON status_details
    REFERENCING OLD TABLE AS it_was NEW TABLE AS now_is FOR EACH STATEMENT
    EXECUTE FUNCTION device_list_follows_report();
CREATE TRIGGER device_list_forgets_report AFTER DELETE ON status_details
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION device_list_forgets_report();

CREATE INDEX phone_user_of_region_by_name ON phone_user (region, folded);
CREATE INDEX phone_user_by_display_name ON phone_user (lower(display_name), id);
CREATE INDEX phone_user_of_region_by_display_name ON phone_user (region, lower(display_name), id);
