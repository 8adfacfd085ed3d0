//! Books in the real store, on a disk in memory whose power can fail and which can be full.

use super::books::{Books, Copy, NotApplied, Packing, Recorded, When};
use super::drive::Drive;
use super::memory::{released, scan};
use crate::dice::Dice;
use crate::simulated_disk::{Fault, Files, SimulatedDisk};
use bondhouse_disk::{Database, DiskError, Durability};
use bondhouse_domain::facts::{Fact, ReleaseStarted};
use bondhouse_domain::ids::{FeedPos, Fence, OrderKey, PersonId, RequestId, Seq};
use bondhouse_domain::journal::{Event, Hash, Series};
use bondhouse_domain::leases::{AuthorityKeys, VerifiedLease};
use bondhouse_domain::stock::{Balances, Place, StockMove};
use bondhouse_domain::time::Zone;
use bondhouse_protocol::wire::{Digest, Position, Push};
use bondhouse_store::{
    Clock, FieldKeys, Language, Page, Request, SCHEMA, Snapshot, Station, Stopped, Store,
    StoreError,
};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;

thread_local! {
    /// A workstation's database with nothing in it: its schema takes longer to make than all that follows.
    static EMPTY: RefCell<Option<Files>> = const { RefCell::new(None) };
    /// Newly enrolled workstations as they begin in every run.
    static ENROLLED: RefCell<BTreeMap<(String, bool), Files>> = const { RefCell::new(BTreeMap::new()) };
}

const DATABASE: &str = "station.db";
/// Of an authority that never was restored.
const FIRST_EPOCH: u32 = 1;

pub(super) struct Real {
    drive: Drive,
    store: Option<Store>,
    /// As the store has it.
    epoch: u32,
}

/// The files of a disk by name.
struct Disk(Files);

impl Real {
    /// A newly enrolled workstation on an empty disk.
    pub(super) fn new(
        disk: SimulatedDisk,
        series: &Series,
        keys: &AuthorityKeys,
        durability: Durability,
    ) -> Result<Self, String> {
        let mut real = Self {
            drive: Drive::new(disk, durability)?,
            store: None,
            epoch: FIRST_EPOCH,
        };
        // The same keys in every run, so a name and a life say what stands on the disk.
        let life = format!("{}/{}", series.device, series.incarnation.0);
        let known = (life, durability == Durability::PowerCut);
        let enrolled = ENROLLED.with_borrow(|enrolled| enrolled.get(&known).cloned());
        let files = match enrolled {
            Some(files) => files,
            None => {
                let files = real.enrol(series, keys)?;
                ENROLLED.with_borrow_mut(|enrolled| enrolled.insert(known, files.clone()));
                files
            }
        };
        // It was enrolled long ago: what is on the disk by now is there for good.
        real.drive.lay(&files);
        real.open()?;
        Ok(real)
    }

    /// Makes the store of a newly enrolled workstation, and closes it.
    fn enrol(&self, series: &Series, keys: &AuthorityKeys) -> Result<Files, String> {
        let empty = match EMPTY.with_borrow(Clone::clone) {
            Some(empty) => empty,
            None => {
                let made = Database::open(&self.path(), &SCHEMA, self.drive.options());
                drop(made.map_err(|error| error.to_string())?);
                EMPTY.with_borrow_mut(|empty| empty.insert(self.drive.files()).clone())
            }
        };
        self.drive.lay(&empty);
        let station = Station {
            series: series.clone(),
            warehouse_name: "测试一号仓".into(),
            authority_epoch: FIRST_EPOCH,
            authority_keys: keys.clone(),
            platform_url: "http://127.0.0.1:1".into(),
            language: Language::Zh,
            zone: Zone::SHANGHAI,
            signing_key_ref: "bondhouse/simulated".into(),
        };
        let options = self.drive.options();
        let store = Store::create_with(&self.path(), field_keys(), station, &[9; 32], options);
        drop(store.map_err(say)?);
        Ok(self.drive.files())
    }

    fn path(&self) -> PathBuf {
        self.drive.folder().join(DATABASE)
    }

    fn store(&self) -> Result<&Store, String> {
        self.store
            .as_ref()
            .ok_or_else(|| "the store is closed".to_owned())
    }

    fn open(&mut self) -> Result<(), String> {
        self.store =
            Some(Store::open_with(&self.path(), field_keys(), self.drive.options()).map_err(say)?);
        self.epoch = self.read(|view| view.station())?.authority_epoch;
        Ok(())
    }

    /// The process dies, or its machine.
    fn die(&mut self) {
        let store = self.store.take();
        self.drive.killed(|| drop(store));
    }

    /// Something was written. In a pause the log is moved into the file; where that fails it stays.
    fn wrote(&mut self) {
        if let (true, Some(store)) = (self.drive.wrote(), self.store.as_ref()) {
            let _put_off = store.checkpoint();
        }
    }

    fn read<T>(
        &self,
        work: impl FnOnce(&bondhouse_store::View<'_>) -> Result<T, StoreError>,
    ) -> Result<T, String> {
        self.store()?.read(work).map_err(say)
    }
}

fn field_keys() -> FieldKeys {
    FieldKeys::new(1, [3; 32])
}

fn say(error: StoreError) -> String {
    error.to_string()
}

/// What the books say of it when it is not what they can take in.
fn not_applied(error: StoreError) -> NotApplied {
    match error {
        StoreError::Behind(_) => NotApplied::Behind,
        StoreError::Fork(_) => NotApplied::Forked,
        StoreError::Feed(_) => NotApplied::OtherFeed,
        StoreError::Disk(DiskError::Full | DiskError::RolledBack) => NotApplied::Full,
        error => NotApplied::Failed(say(error)),
    }
}

/// What is only noted can wait for room.
fn unless_full(done: Result<(), StoreError>) -> Result<(), String> {
    match done {
        Ok(()) | Err(StoreError::Disk(DiskError::Full | DiskError::RolledBack)) => Ok(()),
        Err(error) => Err(say(error)),
    }
}

fn asked(op: &str, when: When, request: u128) -> Request {
    Request {
        id: RequestId(uuid::Uuid::from_u128(request)),
        op: op.to_owned(),
        actor: PersonId::new("zhou-min"),
        now_est: when.now,
        wall: when.wall,
    }
}

impl Books for Real {
    fn series(&self) -> Series {
        self.store.as_ref().map_or_else(
            || Series {
                warehouse: super::goods::warehouse(),
                device: super::goods::device(0),
                incarnation: bondhouse_domain::ids::Incarnation(0),
            },
            |store| store.series().clone(),
        )
    }

    fn release(
        &mut self,
        lease: &VerifiedLease,
        when: When,
        request: u128,
    ) -> Result<Option<Recorded>, String> {
        let right = lease.order().ok_or("not an order")?;
        let started = Fact::ReleaseStarted(ReleaseStarted {
            order: right.order.clone(),
            grant: lease.lease().grant.clone(),
            fence: lease.lease().fence,
            scan: scan(),
        });
        let packed = released(lease)?;
        let done = self
            .store()?
            .write(asked("release", when, request), move |tx| {
                tx.record(&started)?;
                let event = tx.record(&packed)?;
                Ok((event.seq, event.hash))
            });
        self.wrote();
        match done {
            Ok(done) => Ok(Some(Recorded {
                seq: done.value.0,
                hash: done.value.1,
            })),
            // A right that ended meanwhile, or goods the feed has not told of yet.
            Err(
                StoreError::Refused(_)
                | StoreError::Stock { .. }
                | StoreError::Disk(DiskError::Full | DiskError::RolledBack),
            ) => Ok(None),
            Err(error) => Err(say(error)),
        }
    }

    fn leases(&self) -> Result<Vec<Rc<VerifiedLease>>, String> {
        let held = self.read(|view| view.leases_held())?;
        Ok(held.into_iter().map(Rc::new).collect())
    }

    fn head(&self) -> Result<Recorded, String> {
        let head = self.read(|view| view.head())?;
        Ok(Recorded {
            seq: head.seq,
            hash: head.hash,
        })
    }

    fn cursor(&self) -> Result<(FeedPos, Hash), String> {
        self.read(|view| view.cursor())
    }

    fn held(&self) -> Result<Vec<(OrderKey, Fence)>, String> {
        self.read(|view| view.held())
    }

    fn tail(&self, from: Option<Seq>) -> Result<Push, String> {
        self.read(|view| {
            let head = view.head()?;
            let from = match from {
                Some(from) => from,
                None => Seq(view.acked_seq()?.0.saturating_add(1)),
            };
            let before = Seq(from.0.saturating_sub(1));
            Ok(Push {
                from_seq: from,
                prev_hash: view
                    .event(before)?
                    .map_or(Hash::GENESIS, |event| event.hash),
                events: view.events_after(before)?,
                head: Position {
                    seq: head.seq,
                    hash: head.hash,
                },
            })
        })
    }

    fn unsent(&self) -> Result<u64, String> {
        self.read(|view| Ok(view.head()?.seq.0.saturating_sub(view.acked_seq()?.0)))
    }

    fn epoch(&self) -> u32 {
        self.epoch
    }

    fn believe(&mut self, epoch: u32) -> Result<(), String> {
        let keys = self.read(|view| view.authority_keys())?;
        unless_full(self.store()?.set_authority(epoch, keys))?;
        self.wrote();
        self.epoch = self.read(|view| view.station())?.authority_epoch;
        Ok(())
    }

    fn apply(&mut self, page: Page, when: When, request: u128) -> Result<(), NotApplied> {
        let store = self.store().map_err(NotApplied::Failed)?;
        let applied = store.apply_page(asked("sync.page", when, request), page);
        self.wrote();
        match applied {
            Ok(applied) => match applied.stopped {
                Some(Stopped::JournalBehind { .. }) => Err(NotApplied::Behind),
                _ => Ok(()),
            },
            Err(error) => Err(not_applied(error)),
        }
    }

    fn save_cursor(&mut self, _: FeedPos, _: Hash) -> bool {
        // The store has no cursor beside the feed itself.
        false
    }

    fn take_back(&mut self, events: Vec<Event>) -> Result<(), NotApplied> {
        let store = self.store().map_err(NotApplied::Failed)?;
        match store.take_back(events) {
            Ok(_) => Ok(()),
            Err(StoreError::Journal(_)) => Err(NotApplied::Forked),
            Err(error) => Err(not_applied(error)),
        }
    }

    fn begin_anew(&mut self, picture: Option<Snapshot>) -> Result<(), NotApplied> {
        let picture = picture.ok_or_else(|| NotApplied::Failed("no picture".into()))?;
        let store = self.store().map_err(NotApplied::Failed)?;
        store.take_snapshot(picture).map_err(not_applied)
    }

    fn digest(&self) -> Result<Option<Digest>, String> {
        self.read(|view| {
            Ok(Some(Digest {
                pos: view.cursor()?.0,
                tables: view.digest()?,
            }))
        })
    }

    fn clock(&self) -> Result<Option<Clock>, String> {
        self.read(|view| view.clock())
    }

    fn set_clock(&mut self, clock: Clock) -> Result<(), String> {
        unless_full(self.store()?.set_clock(clock))
    }

    fn mark(&mut self, when: When) -> Result<(), String> {
        unless_full(self.store()?.mark_time(when.now, when.wall))
    }

    fn journal(&self) -> Result<Vec<Event>, String> {
        self.read(|view| {
            let mut events = Vec::new();
            loop {
                let after = events.last().map_or(Seq(0), |event: &Event| event.seq);
                let page = view.events_after(after)?;
                if page.is_empty() {
                    return Ok(events);
                }
                events.extend(page);
            }
        })
    }

    fn released_after(&self, seq: Seq) -> Result<Vec<Packing>, String> {
        self.read(|view| {
            let mut packings = Vec::new();
            for event in view.events_after(seq)? {
                if let Ok(Fact::Released(released)) = Fact::read(&event.kind, event.v, &event.body)
                {
                    packings.push(Packing {
                        lease: Rc::new(view.lease_ever(&released.order)?),
                        event: Recorded {
                            seq: event.seq,
                            hash: event.hash,
                        },
                    });
                }
            }
            Ok(packings)
        })
    }

    fn view(&self) -> Result<Balances, String> {
        let report = self.read(|view| view.stock_report(None, None))?;
        let mut balances = Balances::default();
        for row in report.rows {
            let movement = StockMove {
                goods: row.lying.goods,
                from: Place::Inbound,
                to: Place::Inside {
                    spot: row.lying.spot,
                    bucket: row.lying.bucket,
                },
                qty: row.lying.qty,
            };
            balances
                .apply(&movement)
                .map_err(|error| error.to_string())?;
        }
        Ok(balances)
    }

    fn kill(&mut self) -> Result<(), String> {
        self.die();
        self.open()
    }

    fn cut_power(&mut self, dice: &mut Dice) -> Result<(), String> {
        let found = self.drive.found_after_power_cut(&mut dice.fork());
        self.die();
        self.drive.lay(&found);
        self.open()
    }

    fn write_newer(&mut self, _: bool) {
        // A store writes what its own version knows, and there is but one here: told by a story instead.
    }

    fn fill(&mut self, full: bool) {
        if full {
            self.drive.fail_at(0, Fault::Full);
        } else {
            self.drive.mend();
        }
    }

    fn copy(&self) -> Result<Copy, String> {
        Ok(Rc::new(Disk(self.drive.files())))
    }

    fn put_in(&mut self, copy: &Copy) -> Result<(), String> {
        let Disk(files) = copy
            .downcast_ref::<Disk>()
            .ok_or("a copy of another kind")?;
        self.die();
        self.drive.lay(files);
        self.open()
    }

    fn verify(&self) -> Result<(), String> {
        let findings = self.store()?.verify().map_err(say)?;
        // Only the physical book is simulated: the two books cannot agree here.
        let wrong = findings
            .iter()
            .find(|finding| !finding.holds() && finding.invariant != "zero drift");
        match wrong {
            Some(finding) => Err(format!(
                "{}: {}",
                finding.invariant,
                finding.differences.join("; ")
            )),
            None => Ok(()),
        }
    }
}
