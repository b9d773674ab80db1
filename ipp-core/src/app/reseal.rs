//! Sealing everything anew after the sealing key was replaced (A4).

use super::{App, AppError};
use crate::{
    catalog::Stored,
    cfg::FileKey,
    store::{
        Batch, CatalogChange, Change, DeviceChange, Expect, Expected, PinChange, PinRecord, Reseal, Row,
        SealedPlace, Store, StoredRow,
        dump::{PlaceholderRow, SharedFileRow, StandInRow},
    },
    vault::{Sealed, VaultError},
};

/// How many rows are committed at once.
const AT_ONCE: usize = 500;

/// How often everything is gone through. What is sealed under a former key after the first time was
/// written meanwhile, by somebody who has not the new one.
const ROUNDS: usize = 10;

/// How many rows whose secrets do not open are named.
const NAMED: usize = 20;

/// What was sealed anew.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resealed {
    /// How many rows were written.
    pub rows: u64,
    /// Rows with a secret that does not open, at most twenty; empty where nothing is left under a former
    /// key.
    pub unopened: Vec<String>,
}

/// One row that is to be written.
struct Item {
    expect: Option<Expect>,
    change: Change,
}

impl<S: Store> App<S> {
    /// Seals everything anew that is sealed under a former key, in batches that may be interrupted
    /// anywhere: what is left then is what the next call does. It ends with a look at everything that
    /// finds nothing more to do. Noted as done by `actor`, with the id of the new `key`; for a command
    /// on the server itself.
    pub async fn reseal(&self, actor: &str, key: &str) -> Result<Resealed, AppError> {
        let mut resealed = Resealed::default();
        for _ in 0..ROUNDS {
            let before = resealed.rows;
            let left = self.reseal_once(&mut resealed).await?;
            if !left && resealed.rows == before {
                let entry = self.audit(actor, "key.rotate", format!("sealing key {key}"));
                let told = serde_json::json!({ "rows": resealed.rows, "unopened": resealed.unopened.len() });
                let entry = entry.changing(None, Some(told.to_string()));
                self.commit(Batch::default().noting(entry)).await?;
                return Ok(resealed);
            }
            resealed.unopened.clear();
        }
        Err(AppError::conflict(
            "something goes on sealing secrets under a former key; stop it, and try again",
        ))
    }

    /// Goes through everything once; whether rows were skipped because they changed meanwhile.
    async fn reseal_once(&self, resealed: &mut Resealed) -> Result<bool, AppError> {
        let mut dump = self.store().dump().await?;
        let (mut items, mut left) = (Vec::new(), false);
        loop {
            let rows = dump.next().await?;
            let last = rows.is_empty();
            for row in rows {
                match self.sealed_anew(row) {
                    Ok(item) => items.extend(item),
                    Err((named, _)) if resealed.unopened.len() < NAMED => resealed.unopened.push(named),
                    Err(_) => {}
                }
            }
            if items.len() >= AT_ONCE || last {
                left |= self.commit_items(std::mem::take(&mut items), resealed).await?;
            }
            if last {
                return Ok(left);
            }
        }
    }

    /// Commits rows together; where one of them has changed meanwhile each by itself, and whether any
    /// was left for the next round.
    async fn commit_items(&self, items: Vec<Item>, resealed: &mut Resealed) -> Result<bool, AppError> {
        if items.is_empty() {
            return Ok(false);
        }
        let batch = |items: &[Item]| Batch {
            expect: items.iter().filter_map(|item| item.expect.clone()).collect(),
            changes: items.iter().map(|item| item.change.clone()).collect(),
            audit: Vec::new(),
        };
        match self.commit(batch(&items)).await {
            Ok(committed) => {
                resealed.rows += (items.len() - committed.skipped.len()) as u64;
                return Ok(!committed.skipped.is_empty());
            }
            Err(error) if error.is_stale() => {}
            Err(error) => return Err(error),
        }
        let mut left = false;
        for item in &items {
            match self.commit(batch(std::slice::from_ref(item))).await {
                Ok(committed) if committed.skipped.is_empty() => resealed.rows += 1,
                Ok(_) => left = true,
                Err(error) if error.is_stale() => left = true,
                Err(error) => return Err(error),
            }
        }
        Ok(left)
    }

    /// The change that seals a row anew, where anything in it is under a former key; else why not, with
    /// the row's name.
    fn sealed_anew(&self, mut row: StoredRow) -> Result<Option<Item>, (String, VaultError)> {
        let vault = &self.ports.vault;
        let mut formerly: Option<Sealed> = None;
        let visited = row.each_sealed(|whose, sealed| {
            if vault.is_current(sealed) {
                return Ok(());
            }
            let anew = vault.seal(whose, &vault.open(whose, sealed)?)?;
            formerly = Some(std::mem::replace(sealed, anew));
            Ok(())
        });
        visited.map_err(|error| (named(&row), error))?;
        Ok(formerly.and_then(|formerly| item(row, &formerly)))
    }
}

/// The change that writes a row whose secrets were sealed anew, one of them in the place of `formerly`.
fn item(row: StoredRow, formerly: &Sealed) -> Option<Item> {
    let one = |row: Row, revision, change: Change| {
        Some(Item { expect: Some(Expect { row, state: Expected::Revision(revision) }), change })
    };
    let in_place = |place, sealed| {
        let change = Change::Reseal(Reseal { place, formerly: formerly.clone(), sealed });
        Some(Item { expect: None, change })
    };
    match row {
        StoredRow::Settings(row) => {
            one(Row::Settings, row.revision, CatalogChange::Settings(Box::new(row.value)).into())
        }
        StoredRow::Placeholder(row) => {
            let PlaceholderRow { scope, name, revision, value } = *row;
            let place = Row::Placeholder(scope.clone(), name.clone());
            one(place, revision, CatalogChange::Placeholder(scope, name, Some(value)).into())
        }
        StoredRow::User(row) => {
            one(Row::User(row.value.id), row.revision, Change::PutUser(Box::new(row.value)))
        }
        StoredRow::Device(row) => {
            let (id, put) = (row.value.id, DeviceChange::Put(Box::new(row.value)));
            one(Row::Device(id), row.revision, Change::Device(put))
        }
        StoredRow::SharedFile(row) => {
            let SharedFileRow { revision, file, text } = *row;
            let place = Row::File(FileKey::Shared(file.name.clone()));
            one(place, revision, CatalogChange::PutFile(Box::new(file), text).into())
        }
        StoredRow::StandIn(row) => {
            let StandInRow { device, info: Stored { revision, value }, text } = *row;
            let put = PinChange::StandIn { device, info: Box::new(value), text };
            one(Row::File(FileKey::Device(device)), revision, Change::Pin(put))
        }
        StoredRow::Pin(record) => {
            let PinRecord { number, pin, .. } = *record;
            in_place(SealedPlace::Pin(pin.device, number), pin.secrets)
        }
        StoredRow::Request(request) => {
            let body = request.answer.map(|answer| answer.body)?;
            in_place(SealedPlace::Answer(request.claim.key), Sealed::from_bytes(body))
        }
        // They have no sealed values.
        StoredRow::Catalog(_)
        | StoredRow::Model(_)
        | StoredRow::Firmware(_)
        | StoredRow::Region(_)
        | StoredRow::Template(_)
        | StoredRow::Operator(_)
        | StoredRow::Status(_)
        | StoredRow::Alarm(_)
        | StoredRow::Part(_)
        | StoredRow::Generation(_)
        | StoredRow::DeviceChange(_)
        | StoredRow::Run(_)
        | StoredRow::Uptime(_)
        | StoredRow::Audit(_)
        | StoredRow::Activity(_)
        | StoredRow::Event(_)
        | StoredRow::Sample(_)
        | StoredRow::AlarmEvent(_)
        | StoredRow::Told(_)
        | StoredRow::Job(_)
        | StoredRow::JobItem(_) => None,
    }
}

/// What people call a row with a secret.
fn named(row: &StoredRow) -> String {
    match row {
        StoredRow::Placeholder(row) => format!("placeholder {} ({:?})", row.name, row.scope),
        StoredRow::User(row) => format!("user {}", row.value.name),
        StoredRow::Device(row) => format!("device {}", row.value.mac),
        StoredRow::Pin(record) => format!("published file {} of device {}", record.number, record.pin.device),
        StoredRow::SharedFile(row) => format!("file {}", row.file.name),
        StoredRow::StandIn(row) => format!("the file written for device {}", row.device),
        StoredRow::Request(request) => format!("the answer to request {}", request.claim.key),
        StoredRow::Settings(_)
        | StoredRow::Catalog(_)
        | StoredRow::Model(_)
        | StoredRow::Firmware(_)
        | StoredRow::Region(_)
        | StoredRow::Template(_)
        | StoredRow::Operator(_)
        | StoredRow::Status(_)
        | StoredRow::Alarm(_)
        | StoredRow::Part(_)
        | StoredRow::Generation(_)
        | StoredRow::DeviceChange(_)
        | StoredRow::Run(_)
        | StoredRow::Uptime(_)
        | StoredRow::Audit(_)
        | StoredRow::Activity(_)
        | StoredRow::Event(_)
        | StoredRow::Sample(_)
        | StoredRow::AlarmEvent(_)
        | StoredRow::Told(_)
        | StoredRow::Job(_)
        | StoredRow::JobItem(_) => row.kind().to_owned(),
    }
}
