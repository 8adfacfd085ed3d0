//! The authority under a simulator: its own acts over its own tables, on a disk, at a time and with
//! dice that somebody else holds.
//!
//! It stands beside the server and does what the server does when it is called: every function here is
//! one act of a room, or one call answered by [`crate::sync::answer`], with nothing in between that
//! could be right here and wrong there. What is left out is the transport: addresses, signatures of
//! partners, and the letters in which customs and shops write.
//!
//! It exists only under the feature `sim` and decides nothing; a package is built without it.

use crate::authority::{Act, Authority, SCHEMA, View};
use crate::clock::Clock;
use crate::config::Settings;
use crate::database::Database;
use crate::dockings::{Kind, Partner, payer, shop};
use crate::error::Error;
use crate::keys::{self, Keys, Of};
use crate::messages::{self, Direction, Kept};
use crate::rows::values;
use crate::sync::{self, recovery};
use crate::{
    books, clearance, gate, goods, leases, notes, orders, returns, waybills, workstations,
};
use bondhouse_disk::Options;
use bondhouse_domain::clearance::{Status, standing};
use bondhouse_domain::customs::{
    self, Approval, BondedNoteReceipt, BondedNoteState, GatePassReceipt, GatePassState,
    MessageKind, Receipt,
};
use bondhouse_domain::facts::{Fact, Moves, ParcelFound};
use bondhouse_domain::feed::{Entry, News};
use bondhouse_domain::ids::{DeviceId, FeedPos, GatePassNo, Incarnation, LedgerNo, OrderKey, Seq};
use bondhouse_domain::journal::{Event, Series};
use bondhouse_domain::ledger::LedgerItem;
use bondhouse_domain::orders::{Change, ClearanceChange, HoldBy, Order, State};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::scanner::own::OwnCode;
use bondhouse_domain::scanner::token::ReleaseToken;
use bondhouse_domain::stock::{Bucket, Goods, Spot};
use bondhouse_domain::time::Instant;
use bondhouse_protocol::wire::{
    EnrolRequest, Enrolled, Outcome, SnapshotPart, SyncRequest, SyncResponse,
};
use bytes::Bytes;
use std::path::Path;
use std::sync::Arc;

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undone {
    /// The rules say no, by the code of the refusal.
    Refused(String),
    /// The machine failed, its disk for instance; nothing of it is stored.
    Failed(String),
}

impl From<Error> for Undone {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused { refusal, .. } => Self::Refused(refusal.0.code.into_owned()),
            other => Self::Failed(format!("{other:?}")),
        }
    }
}

/// What came of an act.
pub type Done<T> = Result<T, Undone>;

/// An authority that is open in this process.
pub struct Simulated {
    authority: Arc<Authority>,
    runtime: tokio::runtime::Runtime,
}

impl Simulated {
    /// Opens the database `platform.db` of a folder on the disk that `options` name; the keys are files
    /// of the folder. Ids, salts and nonces follow from `seed`.
    ///
    /// # Errors
    /// When keys or database cannot be opened.
    pub fn open(
        folder: &Path,
        options: Options,
        settings: Settings,
        clock: Clock,
        seed: u64,
    ) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(1)
            .build()?;
        let file = bondhouse_disk::Database::open(&folder.join("platform.db"), &SCHEMA, options)?;
        let database = Database::Embedded(file);
        let failed = |error: Error| anyhow::anyhow!("{error:?}");
        // One thread writes, and whatever is thrown is thrown there.
        let throw = move |_: crate::rows::Rows<'_>| -> crate::error::Result<()> {
            keys::throw_from(seed);
            Ok(())
        };
        database.write_here(throw).map_err(failed)?;
        let home = settings.warehouse.clone();
        let authority =
            Authority::over(database, Keys::open(folder, Of::NewDatabase)?, clock, home);
        runtime
            .block_on(authority.set_up(settings))
            .map_err(failed)?;
        Ok(Self {
            authority: Arc::new(authority),
            runtime,
        })
    }

    /// A pause in the work, in which what was committed is moved from the log into the file.
    ///
    /// # Errors
    /// A failing disk; then it stays in the log, where it is safe.
    pub fn pause(&self) -> Done<()> {
        Ok(self.authority.database().settle()?)
    }

    fn act<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Act<'_>) -> crate::error::Result<T> + Send + 'static,
    ) -> Done<T> {
        let home = self.authority.home().clone();
        Ok(self.runtime.block_on(self.authority.act(&home, work))?)
    }

    fn read<T>(&self, work: impl FnOnce(&View<'_>) -> crate::error::Result<T>) -> Done<T> {
        let now = self.authority.now();
        let read = self.authority.database().read(|rows| {
            let home = self.authority.home().clone();
            work(&View::of(rows, self.authority.keys.newest(), now, home))
        });
        Ok(read?)
    }

    /// Lists goods, merchants and places, and takes in a carrier with so many numbers in its pool.
    ///
    /// # Errors
    /// What the rooms refuse.
    pub fn furnish(&self, news: Vec<News>, carrier: String, numbers: u32) -> Done<()> {
        self.act(move |act| {
            for word in news {
                match word {
                    News::Merchant(merchant) => drop(goods::list_owner(act, merchant)?),
                    News::Location(location) => drop(goods::list_location(act, location)?),
                    News::Item(told) => {
                        let mut item = serde_json::to_value(told)?;
                        if let Some(item) = item.as_object_mut() {
                            item.insert("legal_unit1".to_owned(), "035".into());
                        }
                        goods::list_item(act, &serde_json::from_value(item)?)?;
                    }
                    _ => {}
                }
            }
            act.rows.change_one(
                "INSERT INTO partners (partner, warehouse, kind, code, name, secret, forwards, active, created_at) \
                 VALUES ('carrier-1', ?1, 'carrier', ?2, '测试速递', ?3, 0, 1, ?4)",
                values![act.warehouse.as_str(), &carrier, Vec::new(), act.now],
            )?;
            let pool: Vec<String> = (1..=numbers).map(|n| format!("YT{n:013}")).collect();
            waybills::add_numbers(act, &carrier, &pool)?;
            let route = waybills::Route {
                district: String::new(),
                sort_code: "755-F15-83".to_owned(),
                hub: "深圳转运中心".to_owned(),
                lane: "B-12".to_owned(),
            };
            waybills::set_routes(act, &carrier, &[route])?;
            Ok(())
        })
    }

    /// A workstation starts, for the first time or anew.
    ///
    /// # Errors
    /// What the rooms refuse, or a failing disk.
    pub fn enrol(&self, device: Option<DeviceId>, public_key: String) -> Done<Enrolled> {
        self.act(move |act| {
            let code = workstations::new_code(act, device.as_ref())?;
            let request = EnrolRequest {
                code: code.text,
                station: "打包台".to_owned(),
                public_key,
            };
            workstations::enrol(act, &request)
        })
    }

    /// One call of a workstation, answered as the server answers it.
    ///
    /// # Errors
    /// What the sync room refuses, or a failing disk; then some of its acts may be committed.
    pub fn sync(&self, request: SyncRequest) -> Done<SyncResponse> {
        let signer = (request.series.device.clone(), request.series.incarnation);
        Ok(self.runtime.block_on(async {
            let signer = sync::signer_of(&self.authority, signer).await?;
            sync::answer(&self.authority, signer, request).await
        })?)
    }

    /// Every part of a picture of this moment, as a workstation of that life fetches it.
    ///
    /// # Errors
    /// A failing disk.
    pub fn picture(&self, device: &DeviceId, incarnation: Incarnation) -> Done<Vec<SnapshotPart>> {
        let signer = (device.clone(), incarnation);
        let part = |pos, part| sync::snapshot_part(&self.authority, &signer, pos, part);
        let first = self.runtime.block_on(part(None, 0))?;
        let (pos, parts) = (first.at.pos, first.parts);
        let mut all = vec![first];
        for number in 1..parts {
            all.push(self.runtime.block_on(part(Some(pos), number))?);
        }
        Ok(all)
    }

    /// What time alone changes: one round of the server.
    ///
    /// # Errors
    /// A failing disk.
    pub fn round(&self) -> Done<()> {
        self.act(|act| {
            leases::expire(act)?;
            returns::expire(act)?;
            sync::forget(act)?;
            orders::advance_waiting(act)
        })
    }

    /// A shop's order arrives, and the payment for it.
    ///
    /// # Errors
    /// What the dockings refuse, or a failing disk.
    pub fn order(&self, order: customs::Order, payment: customs::Payment) -> Done<()> {
        self.act(move |act| {
            payer::take(
                act,
                &partner(act, Kind::Payer, &payment.pay_code),
                &payment,
                &Bytes::new(),
                false,
            )?;
            shop::take(
                act,
                &partner(act, Kind::Shop, &order.ebp_code),
                &order,
                &Bytes::new(),
                false,
            )?;
            Ok(())
        })
    }

    /// Customs says something about the list of an order; nothing when none was declared.
    ///
    /// # Errors
    /// A failing disk.
    pub fn receipt(&self, key: &OrderKey, status: &Status, at: Instant) -> Done<()> {
        let (key, status) = (key.clone(), status.code());
        self.act(move |act| {
            let Some(cop_no) = orders::find(act, &key)?.and_then(|order| order.cop_no) else {
                return Ok(());
            };
            let receipt = Receipt {
                message: MessageKind::Ceb622,
                guid: format!("R-{cop_no}-{status}-{}", at.as_millis()),
                invt_no: format!("31052026I{}", key.order_no),
                cop_no,
                return_status: status,
                return_time: Some(at),
                ..Receipt::default()
            };
            let kept = kept(act, "CEB622")?;
            clearance::receive(act, &receipt, kept)
        })
    }

    /// Where customs stands on an order, by every receipt so far; nothing before its list is out.
    ///
    /// # Errors
    /// A failing disk.
    pub fn standing(&self, key: &OrderKey) -> Done<Option<ClearanceChange>> {
        self.read(|view| {
            let Some(cop_no) = orders::find(view, key)?.and_then(|order| order.cop_no) else {
                return Ok(None);
            };
            Ok(Some((&standing(&clearance::log(view, &cop_no)?)).into()))
        })
    }

    /// The ledger items that an order's list names.
    ///
    /// # Errors
    /// A failing disk.
    pub fn declared(&self, key: &OrderKey) -> Done<Vec<LedgerItem>> {
        self.read(|view| {
            let Some(cop_no) = orders::find(view, key)?.and_then(|order| order.cop_no) else {
                return Ok(Vec::new());
            };
            let list = clearance::document(view, &cop_no)?;
            let ledger = LedgerNo::new(list.ems_no);
            Ok(list
                .lines
                .into_iter()
                .map(|line| LedgerItem {
                    ledger: ledger.clone(),
                    item_no: line.item_record_no,
                })
                .collect())
        })
    }

    /// A shop wants an order cancelled.
    ///
    /// # Errors
    /// What the order's life refuses, or a failing disk.
    pub fn cancel(&self, key: &OrderKey) -> Done<()> {
        let key = key.clone();
        self.act(move |act| orders::change(act, &key, Change::RequestCancel).map(drop))
    }

    /// A merchant holds an order back, or lets it go.
    ///
    /// # Errors
    /// What the order's life refuses, or a failing disk.
    pub fn hold(&self, key: &OrderKey, held: bool) -> Done<()> {
        let key = key.clone();
        let change = if held { Change::Hold } else { Change::Lift };
        self.act(move |act| orders::change(act, &key, change(HoldBy::Merchant)).map(drop))
    }

    /// Goods come into both books.
    ///
    /// # Errors
    /// What the books forbid, or a failing disk.
    pub fn goods_in(&self, moves: Moves) -> Done<()> {
        self.act(move |act| {
            books::must_move(act, moves, "N-1")?;
            orders::conditions_changed(act)
        })
    }

    /// Customs' link answered.
    ///
    /// # Errors
    /// A failing disk.
    pub fn customs_seen(&self) -> Done<()> {
        self.act(|act| act.customs_seen())
    }

    /// A human looked for a parcel in doubt.
    ///
    /// # Errors
    /// What the order's life refuses, or a failing disk.
    pub fn looked(&self, key: &OrderKey, packed: bool) -> Done<()> {
        let key = key.clone();
        self.act(move |act| leases::looked(act, &key, packed))
    }

    /// A packed parcel's label is scanned: the token of the release `seq` of that life.
    ///
    /// # Errors
    /// A failing disk.
    pub fn found(&self, order: &OrderKey, of: (DeviceId, Incarnation), seq: Seq) -> Done<()> {
        let order = order.clone();
        self.act(move |act| {
            let (device, incarnation) = of;
            // Somebody else scans it, at a workstation that has no part in the history.
            let series = Series {
                warehouse: act.warehouse.clone(),
                device: DeviceId::new("desk"),
                incarnation: Incarnation(1),
            };
            let key = workstations::token_key(act, &device, incarnation)?;
            let token = ReleaseToken {
                warehouse: act.warehouse.clone(),
                order: order.clone(),
                device,
                incarnation,
                seq,
            };
            let label = token
                .sign(&key)
                .ok_or_else(|| Error::broken("a name too long for a label"))?;
            let found = ParcelFound {
                order,
                scan: bondhouse_domain::facts::ScanEvidence {
                    raw: OwnCode::ReleaseToken(label).text().unwrap_or_default(),
                    symbology: None,
                    from: "camera".to_owned(),
                },
            };
            sync::found(act, &desk(series, act.now, &found)?, &found)?;
            Ok(())
        })
    }

    /// Events of a life that is over, handed in by people: kept as evidence when they are not known.
    ///
    /// # Errors
    /// A failing disk.
    pub fn hand_in(&self, events: Vec<Event>) -> Done<()> {
        self.act(move |act| {
            for event in &events {
                let known = sync::journal_events(act, &event.series, event.seq, 1)?;
                if known.first().is_none_or(|known| known.hash != event.hash) {
                    sync::keep_evidence(act, event)?;
                }
            }
            Ok(())
        })
    }

    /// Released parcels go into one note, customs debits it and approves the pass.
    ///
    /// # Errors
    /// A refusal when nothing can be bundled, or a failing disk.
    pub fn bundle(&self) -> Done<()> {
        let own_no = self.act(|act| notes::bundle(act, "浙B12345"))?;
        let number = format!("QD{own_no}");
        let note = BondedNoteReceipt {
            approval: approval(&number, "", "1"),
            state: Some(BondedNoteState {
                own_no: own_no.clone(),
                note_no: number.clone(),
                ..BondedNoteState::default()
            }),
            ..BondedNoteReceipt::default()
        };
        self.act(move |act| {
            let kept = kept(act, "INV201")?;
            notes::receive(act, &note, kept)
        })?;
        self.act(move |act| {
            let pass = act.rows.one(
                "SELECT own_no FROM gate_passes WHERE warehouse = ?1 AND note = ?2",
                values![act.warehouse.as_str(), &own_no],
                |row| row.text(0),
            )?;
            let pass = pass.ok_or_else(|| Error::broken("a debited note has no pass"))?;
            let kept = kept(act, "SAS221")?;
            gate::receive(
                act,
                &about(MessageKind::Sas221, &format!("Z{pass}"), &pass),
                kept,
            )
        })
    }

    /// A parcel is scanned onto the vehicle of its pass.
    ///
    /// # Errors
    /// What the gate refuses, or a failing disk.
    pub fn load(&self, key: &OrderKey) -> Done<()> {
        self.at_gate(key, gate::load)
    }

    /// And off again.
    ///
    /// # Errors
    /// What the gate refuses, or a failing disk.
    pub fn unload(&self, key: &OrderKey) -> Done<()> {
        self.at_gate(key, gate::unload)
    }

    fn at_gate(
        &self,
        key: &OrderKey,
        work: impl FnOnce(
            &Act<'_>,
            &GatePassNo,
            &bondhouse_domain::ids::WaybillKey,
        ) -> crate::error::Result<()>
        + Send
        + 'static,
    ) -> Done<()> {
        let key = key.clone();
        self.act(move |act| {
            let waybill = orders::get(act, &key)?.waybill;
            let waybill = waybill.ok_or_else(|| Error::broken("packed without a waybill"))?;
            work(act, &pass_of(act, &key)?, &waybill)
        })
    }

    /// The vehicle that carries an order leaves; answers the orders on it.
    ///
    /// # Errors
    /// What the gate refuses, or a failing disk.
    pub fn depart(&self, key: &OrderKey) -> Done<Vec<OrderKey>> {
        let key = key.clone();
        self.act(move |act| {
            let pass = pass_of(act, &key)?;
            gate::depart(act, &pass)?;
            let mut on_it = Vec::new();
            for key in orders::in_state(act, "loaded", u32::MAX)? {
                if pass_of(act, &key)? == pass {
                    on_it.push(key);
                }
            }
            Ok(on_it)
        })
    }

    /// Customs saw that vehicle pass the gate.
    ///
    /// # Errors
    /// A failing disk.
    pub fn passed(&self, key: &OrderKey) -> Done<()> {
        let key = key.clone();
        self.act(move |act| {
            let pass = pass_of(act, &key)?;
            let kept = kept(act, "SAS223")?;
            gate::receive(act, &about(MessageKind::Sas223, pass.as_str(), ""), kept)
        })
    }

    /// A parcel to be cancelled is scanned back from staging.
    ///
    /// # Errors
    /// What the order's life refuses, or a failing disk.
    pub fn pulled_back(&self, key: &OrderKey) -> Done<()> {
        let key = key.clone();
        self.act(move |act| orders::pull_back(act, &key))
    }

    /// The operator says that this is a backup.
    ///
    /// # Errors
    /// A failing disk.
    pub fn woken(&self) -> Done<()> {
        self.act(|act| recovery::wake(act))
    }

    /// Whether it takes journals back.
    ///
    /// # Errors
    /// A failing disk.
    pub fn recovering(&self) -> Done<bool> {
        self.read(|view| Ok(recovery::state(view)?.is_some()))
    }

    /// The feed after a position.
    ///
    /// # Errors
    /// A failing disk.
    pub fn feed_after(&self, pos: FeedPos) -> Done<Vec<Entry>> {
        self.read(|view| sync::feed_after(view, pos, u32::MAX))
    }

    /// A journal as it is held here, with what became of each event.
    ///
    /// # Errors
    /// A failing disk.
    pub fn journal_from(&self, series: &Series, from: Seq) -> Done<Vec<(Event, Outcome)>> {
        self.read(|view| {
            let events = sync::journal_events(view, series, from, usize::MAX >> 1)?;
            let outcomes: Vec<Outcome> = view.rows.all(
                "SELECT outcome FROM journal WHERE warehouse = ?1 AND device = ?2 AND incarnation = ?3 AND seq >= ?4 ORDER BY seq",
                values![series.warehouse.as_str(), series.device.as_str(), series.incarnation.0, from.0],
                |row| row.json(0),
            )?;
            Ok(events.into_iter().zip(outcomes).collect())
        })
    }

    /// Every event kept as evidence beside the journals.
    ///
    /// # Errors
    /// A failing disk.
    pub fn evidence(&self) -> Done<Vec<Event>> {
        self.read(|view| {
            view.rows.all(
                "SELECT event FROM forks WHERE warehouse = ?1 ORDER BY device, incarnation, seq, hash",
                values![view.warehouse.as_str()],
                |row| row.json(0),
            )
        })
    }

    /// How far each journal is here.
    ///
    /// # Errors
    /// A failing disk.
    pub fn heads(&self) -> Done<Vec<(Series, Seq)>> {
        self.read(|view| {
            view.rows.all(
                "SELECT device, incarnation, head_seq FROM incarnations WHERE warehouse = ?1 ORDER BY device, incarnation",
                values![view.warehouse.as_str()],
                |row| {
                    let series = Series {
                        warehouse: view.warehouse.clone(),
                        device: DeviceId::new(row.text(0)?),
                        incarnation: Incarnation(row.count32(1)?),
                    };
                    Ok((series, Seq(row.count(2)?)))
                },
            )
        })
    }

    /// When the lease ends that an order in doubt was given under.
    ///
    /// # Errors
    /// A failing disk.
    pub fn work_until(&self, key: &OrderKey) -> Done<Option<Instant>> {
        self.read(|view| {
            let state = orders::find(view, key)?.map(|order| order.life.state);
            let Some(State::InDoubt(holding) | State::Leased(holding)) = state else {
                return Ok(None);
            };
            let leased = leases::find(view, key, holding.fence)?;
            Ok(leased.map(|leased| leased.lease.work_until))
        })
    }

    /// Every order's life.
    ///
    /// # Errors
    /// A failing disk.
    pub fn lives(&self) -> Done<Vec<Order>> {
        self.read(|view| {
            view.rows.all(
                "SELECT life FROM orders WHERE warehouse = ?1 ORDER BY platform, order_no",
                values![view.warehouse.as_str()],
                |row| row.json(0),
            )
        })
    }

    /// What lies where.
    ///
    /// # Errors
    /// A failing disk.
    pub fn stock(&self) -> Done<Vec<(Goods, Spot, Bucket, Quantity)>> {
        self.read(books::stock_balances)
    }
}

/// Whoever signed the call: signatures are the door's business.
fn partner(view: &View<'_>, kind: Kind, code: &str) -> Partner {
    Partner {
        id: code.to_owned(),
        warehouse: view.warehouse.clone(),
        kind,
        code: code.to_owned(),
        forwards: false,
        calls_per_second: None,
        most_body: None,
        public_key: None,
    }
}

fn kept(act: &Act<'_>, kind: &str) -> crate::error::Result<Kept> {
    messages::keep(act, Direction::In, "customs", kind, &[])
}

fn approval(business_id: &str, own_no: &str, result: &str) -> Approval {
    Approval {
        business_id: business_id.to_owned(),
        own_no: own_no.to_owned(),
        result: result.to_owned(),
        ..Approval::default()
    }
}

fn about(message: MessageKind, number: &str, own_no: &str) -> GatePassReceipt {
    GatePassReceipt {
        message,
        approval: approval(number, own_no, "1"),
        state: Some(GatePassState {
            pass_no: number.to_owned(),
            state: "2".to_owned(),
            ..GatePassState::default()
        }),
        ..GatePassReceipt::default()
    }
}

/// The pass of the note that an order was last bundled in.
fn pass_of(view: &View<'_>, key: &OrderKey) -> crate::error::Result<GatePassNo> {
    if let Some(State::Loaded { pass, .. }) = orders::find(view, key)?.map(|order| order.life.state)
    {
        return Ok(pass);
    }
    let pass = view.rows.one(
        "SELECT p.pass_no FROM bundled AS b \
         JOIN gate_passes AS p ON p.warehouse = b.warehouse AND p.note = b.own_no \
         WHERE b.warehouse = ?1 AND b.platform = ?2 AND b.order_no = ?3 ORDER BY p.made_at DESC, p.own_no DESC LIMIT 1",
        values![view.warehouse.as_str(), &key.platform, &key.order_no],
        |row| row.maybe_text(0),
    )?;
    pass.flatten()
        .map(GatePassNo::new)
        .ok_or_else(|| crate::says::nothing_to_bundle().into())
}

/// The scan as an event: only its origin is looked at.
fn desk(series: Series, now: Instant, found: &ParcelFound) -> crate::error::Result<Event> {
    let fact = Fact::ParcelFound(found.clone());
    let (kind, v) = fact.kind();
    Ok(bondhouse_domain::journal::Head::EMPTY.append(
        &series,
        bondhouse_domain::journal::Draft {
            kind: kind.to_owned(),
            v,
            request: bondhouse_domain::ids::RequestId(uuid::Uuid::from_u128(0)),
            actor: bondhouse_domain::ids::PersonId::new("chen-jie"),
            occurred_at: now,
            wall: now,
            body: fact.body()?,
        },
    ))
}
