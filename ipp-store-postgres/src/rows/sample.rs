//! Hourly figures.

use std::collections::BTreeMap;

use ipp_core::{
    id::RegionId,
    log::{Figures, Hour},
    store::{SampleFilter, StoredRow, dump::SampledHour},
};
use tokio_postgres::Row;

use super::{Fields, all, count, number, visit as visit_rows};
use crate::{
    connection::Conn,
    dump::Out,
    error::Outcome,
    value::{Value, columns, params},
};

const ADD_HOUR: &str = "
    INSERT INTO sample_hour (hour, registered, non_registered, disconnected, pending)
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
const ADD: &str = "
    INSERT INTO sample (region, hour, registered, non_registered, disconnected, pending)
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6)";
const HOURS: &str = "SELECT * FROM sample_hour WHERE hour >= $1 ORDER BY hour";
// A region that is named twice counts once.
const OF_REGIONS: &str = "
    SELECT h.hour, coalesce(sum(s.registered), 0)::bigint AS registered,
        coalesce(sum(s.non_registered), 0)::bigint AS non_registered,
        coalesce(sum(s.disconnected), 0)::bigint AS disconnected, coalesce(sum(s.pending), 0)::bigint AS pending
    FROM sample_hour h LEFT JOIN sample s ON s.hour = h.hour AND s.region = ANY($2)
    WHERE h.hour >= $1 GROUP BY h.hour ORDER BY h.hour";
const EVERY: &str = "
    SELECT h.hour,
        ARRAY(SELECT region FROM sample s WHERE s.hour = h.hour ORDER BY region) AS regions,
        ARRAY(SELECT registered FROM sample s WHERE s.hour = h.hour ORDER BY region) AS registered,
        ARRAY(SELECT non_registered FROM sample s WHERE s.hour = h.hour ORDER BY region) AS non_registered,
        ARRAY(SELECT disconnected FROM sample s WHERE s.hour = h.hour ORDER BY region) AS disconnected,
        ARRAY(SELECT pending FROM sample s WHERE s.hour = h.hour ORDER BY region) AS pending
    FROM sample_hour h ORDER BY h.hour";
const PRUNE: &str = "
    WITH old AS (SELECT hour FROM sample_hour WHERE hour < $1 ORDER BY hour LIMIT $2),
    of_regions AS (DELETE FROM sample USING old WHERE sample.hour = old.hour)
    DELETE FROM sample_hour USING old WHERE sample_hour.hour = old.hour";

/// Keeps what the counters say, unless the hour is kept already.
pub(crate) async fn take(conn: &Conn, hour: Hour) -> Outcome<bool> {
    let (mut total, mut by_region) = (Figures::default(), BTreeMap::<Option<RegionId>, Figures>::new());
    for (key, phones) in count::devices(conn).await? {
        total.add(&key, phones);
        by_region.entry(key.region).or_default().add(&key, phones);
    }
    add(conn, hour, total, by_region).await
}

/// Puts the figures of an hour as they were.
pub(crate) async fn put(conn: &Conn, sample: &SampledHour) -> Outcome<()> {
    let mut total = Figures::default();
    sample.regions.iter().for_each(|(_, figures)| total += *figures);
    add(conn, sample.hour, total, sample.regions.iter().copied()).await.map(drop)
}

/// Gives out every hour.
pub(crate) async fn visit(conn: &Conn, out: &mut Out) -> Outcome<()> {
    visit_rows(conn, EVERY, out, |row| Ok(StoredRow::Sample(read_hour(row)?))).await
}

pub(crate) async fn since(conn: &Conn, filter: &SampleFilter) -> Outcome<Vec<(Hour, Figures)>> {
    let SampleFilter { since, regions } = filter;
    match regions {
        None => all(conn, HOURS, &params![since.number()], read).await,
        Some(regions) => {
            let regions = crate::value::ids(regions.iter().map(RegionId::as_bytes));
            all(conn, OF_REGIONS, &[since.number().into(), regions], read).await
        }
    }
}

/// Takes out hours; whether there were any.
pub(crate) async fn prune(conn: &Conn, before: Hour, limit: u32) -> Outcome<bool> {
    Ok(conn.execute(PRUNE, &params![before.number(), limit]).await? > 0)
}

/// Of two nodes that sample an hour at once the second waits for the first, and leaves what that one wrote.
async fn add(
    conn: &Conn,
    hour: Hour,
    total: Figures,
    by_region: impl IntoIterator<Item = (Option<RegionId>, Figures)>,
) -> Outcome<bool> {
    let [registered, non_registered, disconnected, pending] = cells(total)?;
    let row = [hour.number().into(), registered, non_registered, disconnected, pending];
    if conn.execute(ADD_HOUR, &row).await? == 0 {
        return Ok(false);
    }
    let row = |(region, figures): (Option<RegionId>, Figures)| -> Outcome<[Value<'static>; 6]> {
        let [registered, non_registered, disconnected, pending] = cells(figures)?;
        let region = count::region_bytes(region.as_ref());
        Ok([region.into(), hour.number().into(), registered, non_registered, disconnected, pending])
    };
    let rows = by_region.into_iter().map(row).collect::<Outcome<Vec<_>>>()?;
    if let Some(columns) = columns(rows) {
        conn.execute(ADD, &columns).await?;
    }
    Ok(true)
}

fn cells(figures: Figures) -> Outcome<[Value<'static>; 4]> {
    let Figures { registered, non_registered, disconnected, pending } = figures;
    Ok(params![number(registered)?, number(non_registered)?, number(disconnected)?, number(pending)?])
}

fn read(row: &Row) -> Outcome<(Hour, Figures)> {
    let fields = Fields::new("sample_hour", row);
    let figures = Figures {
        registered: fields.unsigned("registered")?,
        non_registered: fields.unsigned("non_registered")?,
        disconnected: fields.unsigned("disconnected")?,
        pending: fields.unsigned("pending")?,
    };
    Ok((fields.get("hour").map(Hour::from_number)?, figures))
}

fn read_hour(row: &Row) -> Outcome<SampledHour> {
    let fields = Fields::new("sample", row);
    let column = |name: &str| -> Outcome<Vec<u64>> {
        let all: Vec<i64> = fields.get(name)?;
        all.into_iter().map(|one| u64::try_from(one).map_err(|error| fields.wrong(name, error))).collect()
    };
    let regions: Vec<&[u8]> = fields.get("regions")?;
    let figures = column("registered")?.into_iter().zip(column("non_registered")?);
    let figures = figures.zip(column("disconnected")?.into_iter().zip(column("pending")?));
    let regions = regions.into_iter().zip(figures).map(|(region, figures)| {
        let ((registered, non_registered), (disconnected, pending)) = figures;
        let region = count::region_of(fields, "regions", region)?;
        Ok((region, Figures { registered, non_registered, disconnected, pending }))
    });
    Ok(SampledHour {
        hour: fields.get("hour").map(Hour::from_number)?,
        regions: regions.collect::<Outcome<_>>()?,
    })
}
