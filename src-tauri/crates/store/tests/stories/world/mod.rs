//! One workstation and an authority that feeds it: the smallest world the stories need.

#![allow(dead_code, reason = "each test binary uses its own part of this world")]
#![allow(unreachable_pub, reason = "a module of test binaries, not a library")]

use bondhouse_domain::clearance::ClearanceFacts;
use bondhouse_domain::facts::{
    Condition, Counted, Fact, Picked, PutAway, ReleaseStarted, Released, ScanEvidence,
};
use bondhouse_domain::feed::{
    Entry, Item, ItemBarcode, Location, Merchant, Moved, News, Notice, NoticeLine, OrderNews,
    Origin,
};
use bondhouse_domain::ids::*;
use bondhouse_domain::journal::{Hash, Series};
use bondhouse_domain::labels::Sender;
use bondhouse_domain::leases::{Lease, LeasedLine, OrderRight, Right, SignedLease};
use bondhouse_domain::ledger::{Account, Book, LedgerItem, LedgerMove, Units};
use bondhouse_domain::orders::{Holding, State};
use bondhouse_domain::personal::Personal;
use bondhouse_domain::quantity::{Quantity, Weight};
use bondhouse_domain::stock::{
    Balances, Bucket, CustomsLot, Goods, Place, QUARANTINE, RECEIVING, Spot, StockMove,
};
use bondhouse_domain::time::{Instant, Zone};
use bondhouse_store::{
    Acked, Applied, Consignee, Contact, Done, FieldKeys, Grant, Page, Request, Revoke,
};
use bondhouse_store::{Language, Station, Store, StoreError};
use ed25519_dalek::SigningKey;
use std::path::PathBuf;
use tempfile::TempDir;

pub const NAME: &str = "欧阳测试丁";
pub const PHONE: &str = "13800001111";
pub const ADDRESS: &str = "浙江省宁波市测试路9号2单元301室";

pub struct World {
    pub folder: TempDir,
    pub store: Option<Store>,
    pub fed: Vec<Entry>,
    /// The authority's own books, by the plain rules of the domain.
    pub stock: Balances,
    pub book: Book,
    /// How far it has taken in our journal.
    pub taken: u64,
    requests: u128,
    now: i64,
}

pub fn keys() -> FieldKeys {
    FieldKeys::new(1, [3; 32])
}

pub fn authority() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

pub fn series() -> Series {
    Series {
        warehouse: WarehouseId::new("NB01"),
        device: DeviceId::new("P-07"),
        incarnation: Incarnation(1),
    }
}

pub fn qty(count: i64) -> Quantity {
    Quantity::whole(count).unwrap()
}

pub fn units(count: i64) -> Units {
    Units {
        declared: qty(count),
        legal1: Quantity::from_units(count * 90_000),
        legal2: Quantity::ZERO,
    }
}

pub fn ledger_item() -> LedgerItem {
    LedgerItem {
        ledger: LedgerNo::new("T3105W000076"),
        item_no: "20".into(),
    }
}

/// Milk powder of one merchant.
pub fn milk() -> Goods {
    Goods {
        owner: OwnerId::new("3302960B07"),
        item: ItemId::new("MILK-900"),
        customs: CustomsLot {
            ledger: LedgerNo::new("T3105W000076"),
            item_no: "20".into(),
            document_line: None,
            in_date: "2026-11-20".parse().ok(),
            origin: "609".into(),
        },
        lot: Some("L26A".into()),
        expiry: "2028-03-31".parse().ok(),
    }
}

pub fn order(no: &str) -> OrderKey {
    OrderKey {
        platform: "3105960A01".into(),
        order_no: no.into(),
    }
}

pub fn waybill(no: &str) -> WaybillKey {
    WaybillKey {
        carrier: "330298T001".into(),
        waybill_no: format!("YT{no}"),
    }
}

pub fn scan(raw: &str) -> ScanEvidence {
    ScanEvidence {
        raw: raw.into(),
        symbology: Some("]E0".into()),
        from: "serial:bench".into(),
    }
}

pub fn shelf(bucket: Bucket) -> Place {
    Place::inside("A-01-02", bucket)
}

pub fn receiving() -> Place {
    Place::inside(RECEIVING, Bucket::Available)
}

pub fn counted(count: i64, condition: Condition) -> Fact {
    let (to, from_account, to_account) = match condition {
        Condition::Good => (receiving(), Account::Arrived, Account::Booked),
        Condition::Damaged => (
            Place::inside(QUARANTINE, Bucket::Blocked),
            Account::Arrived,
            Account::Booked,
        ),
        Condition::Over => (
            Place::inside(QUARANTINE, Bucket::Blocked),
            Account::Abroad,
            Account::Undeclared,
        ),
    };
    Fact::Counted(Counted {
        notice: NoticeNo::new("N-1"),
        line: 1,
        qty: qty(count),
        condition,
        stock: StockMove {
            goods: milk(),
            from: Place::Inbound,
            to,
            qty: qty(count),
        },
        ledger: LedgerMove {
            item: ledger_item(),
            from: from_account,
            to: to_account,
            units: units(count),
            document: "N-1".into(),
        },
        scan: scan("9421901881276"),
    })
}

pub fn put_away(count: i64) -> Fact {
    Fact::PutAway(PutAway {
        stock: StockMove {
            goods: milk(),
            from: receiving(),
            to: shelf(Bucket::Available),
            qty: qty(count),
        },
        scan: scan("BH1LA-01-02"),
    })
}

pub fn started(no: &str, fence: u32) -> Fact {
    Fact::ReleaseStarted(ReleaseStarted {
        order: order(no),
        grant: grant_id(no, fence),
        fence: Fence(fence),
        scan: scan("YT"),
    })
}

pub fn picked(no: &str) -> Fact {
    Fact::Picked(Picked {
        order: order(no),
        gnum: 1,
        qty: qty(1),
        scan: scan("9421901881276"),
    })
}

pub fn released(no: &str, fence: u32) -> Fact {
    Fact::Released(Released {
        order: order(no),
        grant: grant_id(no, fence),
        fence: Fence(fence),
        waybill: waybill(no),
        declaration_no: "31052026I156997919".into(),
        lines: vec![line()],
        gross_weight: None,
    })
}

fn line() -> LeasedLine {
    LeasedLine {
        gnum: 1,
        goods: milk(),
        spot: Spot::at("A-01-02"),
        qty: qty(1),
    }
}

pub fn grant_id(no: &str, fence: u32) -> GrantId {
    GrantId::new(format!("g-{no}-{fence}"))
}

pub fn lease(no: &str, fence: u32, work_until: i64) -> SignedLease {
    let lease = Lease {
        grant: grant_id(no, fence),
        warehouse: WarehouseId::new("NB01"),
        authority_epoch: 1,
        device: DeviceId::new("P-07"),
        incarnation: Incarnation(1),
        fence: Fence(fence),
        issued_pos: FeedPos(9),
        issued_at: Instant::from_millis(0),
        work_until: Instant::from_millis(work_until),
        needs_contact: false,
        policy: 0,
        right: Right::Order(Box::new(OrderRight {
            order: order(no),
            waybill: waybill(no),
            carrier_name: "测试速递".into(),
            sender: Sender {
                name: "测试一号仓".into(),
                phone: "0574-0000000".into(),
                address: "宁波".into(),
            },
            sort_code: "755-F15-83".into(),
            hub: "深圳转运中心".into(),
            lane: "B-12".into(),
            lines: vec![line()],
            gross_weight: Weight::ZERO,
            clearance: ClearanceFacts {
                declaration_no: "31052026I156997919".into(),
                released_at: Instant::from_millis(1),
                log_hash: Hash::GENESIS,
            },
            consignee_commitment: Hash::GENESIS,
        })),
    };
    SignedLease::sign(&lease, "k1", &authority()).unwrap()
}

pub fn grant(no: &str, fence: u32, work_until: i64) -> Grant {
    let consignee = Consignee {
        name: Personal::new(NAME),
        phone: Personal::new(PHONE),
        address: Personal::new(ADDRESS),
        salt: Personal::new("5a17"),
    };
    Grant {
        lease: lease(no, fence, work_until),
        consignee: Some(consignee),
    }
}

pub fn order_news(no: &str, state: State) -> News {
    News::Order(OrderNews {
        order: order(no),
        owner: milk().owner,
        state,
        holds: vec![],
        cancel_requested: false,
        waybill: Some(waybill(no)),
        declaration_no: Some("31052026I156997919".into()),
        pieces: qty(1),
    })
}

pub fn leased(no: &str, fence: u32) -> News {
    let by = Holding {
        device: DeviceId::new("P-07"),
        incarnation: Incarnation(1),
        fence: Fence(fence),
    };
    order_news(no, State::Leased(by))
}

pub fn moved(from: Bucket, to: Bucket, count: i64) -> News {
    News::Moved(Moved {
        stock: vec![StockMove {
            goods: milk(),
            from: shelf(from),
            to: shelf(to),
            qty: qty(count),
        }],
        ledger: vec![],
        cause: "grant".into(),
    })
}

pub fn book(from: Account, to: Account, count: i64) -> News {
    News::Moved(Moved {
        stock: vec![],
        ledger: vec![LedgerMove {
            item: ledger_item(),
            from,
            to,
            units: units(count),
            document: "QD310526I000048127".into(),
        }],
        cause: "QD310526I000048127".into(),
    })
}

/// What a workstation is told before the first pallet: merchant, item, shelf, notice of 120 tins.
pub fn first_news() -> Vec<News> {
    vec![
        News::Merchant(Merchant {
            owner: milk().owner,
            name: "测试乳业".into(),
        }),
        News::Item(Item {
            owner: milk().owner,
            item: milk().item,
            name: "婴幼儿配方奶粉".into(),
            barcodes: vec![
                ItemBarcode {
                    code: "09421901881276".into(),
                    holds: qty(1),
                },
                ItemBarcode {
                    code: "19421901881273".into(),
                    holds: qty(6),
                },
            ],
            hs_code: "1901101000".into(),
            ledger: ledger_item(),
            origin: "609".into(),
            unit: "122".into(),
            per_unit: units(1),
            gross_weight: Weight::from_units(110_000),
            tracks_lot: true,
        }),
        News::Location(Location {
            location: LocationId::new("A-01-02"),
            kind: "shelf".into(),
        }),
        book(Account::Abroad, Account::PreIn, 120),
        book(Account::PreIn, Account::Arrived, 120),
        News::Receivable(Notice {
            notice: NoticeNo::new("N-1"),
            owner: milk().owner,
            bonded_note: BondedNoteNo::new("QD310526I000048127"),
            vehicle: "浙B12345".into(),
            gate_passed_at: Instant::from_millis(5),
            lines: vec![NoticeLine {
                line: 1,
                goods: milk(),
                expected: qty(120),
            }],
        }),
    ]
}

impl World {
    /// A workstation that was enrolled a moment ago and knows nothing.
    pub fn new() -> Self {
        let mut world = Self {
            folder: TempDir::new().unwrap(),
            store: None,
            fed: vec![],
            stock: Balances::default(),
            book: Book::default(),
            taken: 0,
            requests: 0,
            now: 1_000_000,
        };
        let station = Station {
            series: series(),
            warehouse_name: "测试一号仓".into(),
            authority_epoch: 1,
            authority_keys: [("k1".to_owned(), authority().verifying_key())].into(),
            platform_url: "http://127.0.0.1:1".into(),
            language: Language::Zh,
            zone: Zone::SHANGHAI,
            signing_key_ref: "bondhouse/P-07/1".into(),
        };
        world.store = Some(Store::create(&world.path(), keys(), station, &[9; 32]).unwrap());
        world
    }

    /// The same, told of its first notice.
    pub fn with_notice() -> Self {
        let mut world = Self::new();
        world.hear(first_news());
        world
    }

    /// With 100 tins on the shelf and `orders` leased here, one tin each.
    pub fn with_leases(orders: &[&str]) -> Self {
        let mut world = Self::with_notice();
        world.record(vec![counted(100, Condition::Good)]).unwrap();
        world.record(vec![put_away(100)]).unwrap();
        world.push(9);
        for no in orders {
            world.hear(vec![
                leased(no, 1),
                moved(Bucket::Available, Bucket::Reserved, 1),
            ]);
        }
        let grants = orders.iter().map(|no| grant(no, 1, i64::MAX)).collect();
        world
            .apply(Page {
                grants,
                ..world.page(vec![])
            })
            .unwrap();
        world
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("station.db")
    }

    pub fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    pub fn request(&mut self, op: &str) -> Request {
        self.requests += 1;
        self.now += 1_000;
        Request {
            id: RequestId(uuid::Uuid::from_u128(self.requests)),
            op: op.into(),
            actor: PersonId::new("zhou-min"),
            now_est: Instant::from_millis(self.now),
            wall: Instant::from_millis(self.now),
        }
    }

    pub fn now(&self) -> Instant {
        Instant::from_millis(self.now)
    }

    /// Records facts in one request and answers with the last seq.
    pub fn record(&mut self, facts: Vec<Fact>) -> Result<Done<u64>, StoreError> {
        let request = self.request("test.record");
        record(self.store(), request, facts)
    }

    pub fn seal(&mut self, news: Vec<(News, Option<Origin>)>) -> Vec<Entry> {
        news.into_iter()
            .map(|(news, origin)| {
                let prev = self.fed.last().map_or(Hash::GENESIS, |last| last.hash);
                let pos = FeedPos(self.fed.len() as u64 + 1);
                let at = Instant::from_millis(self.now);
                let entry =
                    Entry::seal(&WarehouseId::new("NB01"), pos, at, origin, &news, prev).unwrap();
                self.fed.push(entry.clone());
                entry
            })
            .collect()
    }

    pub fn page(&self, entries: Vec<Entry>) -> Page {
        Page {
            entries,
            grants: vec![],
            revokes: vec![],
            acked: None,
            verdicts: vec![],
            contact: Contact::Reached {
                at: self.now(),
                customs_fresh_at: None,
            },
        }
    }

    /// The authority does and says something of its own.
    pub fn hear(&mut self, news: Vec<News>) -> Applied {
        for news in &news {
            assert!(
                self.commit(news),
                "the authority's books cannot bear {news:?}"
            );
        }
        let entries = self.seal(news.into_iter().map(|news| (news, None)).collect());
        let applied = self.apply(self.page(entries)).unwrap();
        assert_eq!(applied.stopped, None);
        applied
    }

    /// Moves the authority's books, or does not.
    pub fn commit(&mut self, news: &News) -> bool {
        let News::Moved(moved) = news else {
            return true;
        };
        let (mut stock, mut book) = (self.stock.clone(), self.book.clone());
        let fits = moved.stock.iter().all(|m| stock.apply(m).is_ok())
            && moved.ledger.iter().all(|m| book.apply(m).is_ok());
        if fits {
            (self.stock, self.book) = (stock, book);
        }
        fits
    }

    /// The authority takes in the next `most` of our events: what its books can bear is moved and
    /// fed back to us, the rest is a case. All is acknowledged.
    pub fn push(&mut self, most: usize) -> Applied {
        self.push_disbelieving(most, 0)
    }

    /// The same, but events whose bit is set are not booked whatever the books could bear: they do
    /// not fit their notice, or their lease.
    pub fn push_disbelieving(&mut self, most: usize, disbelieved: u64) -> Applied {
        let unsent = self.store().read(|view| view.unsent()).unwrap();
        let mut entries = Vec::new();
        let mut acked = None;
        for (nth, event) in unsent.into_iter().take(most).enumerate() {
            let moves = Fact::read(&event.kind, event.v, &event.body)
                .unwrap()
                .moves();
            let news = News::Moved(Moved {
                stock: moves.stock,
                ledger: moves.ledger,
                cause: event.kind,
            });
            let News::Moved(moved) = &news else {
                unreachable!()
            };
            let believed = disbelieved >> (nth % 64) & 1 == 0;
            let moves_nothing = moved.stock.is_empty() && moved.ledger.is_empty();
            if believed && !moves_nothing && self.commit(&news) {
                let origin = Origin {
                    device: event.series.device,
                    incarnation: event.series.incarnation,
                    seq: event.seq,
                };
                entries.extend(self.seal(vec![(news, Some(origin))]));
            }
            self.taken = event.seq.0;
            acked = Some((event.seq, event.hash));
        }
        let acked = acked.map(|(seq, hash)| Acked {
            seq,
            hash,
            pos: FeedPos(self.fed.len() as u64),
            signature: "ab".into(),
        });
        let applied = self
            .apply(Page {
                acked,
                ..self.page(entries)
            })
            .unwrap();
        assert_eq!(applied.stopped, None);
        applied
    }

    /// What lies here by our tables, to be compared with the authority's.
    pub fn view(&self) -> Balances {
        let report = self
            .store()
            .read(|view| view.stock_report(None, None))
            .unwrap();
        let mut balances = Balances::default();
        for row in report.rows {
            let to = Place::Inside {
                spot: row.lying.spot,
                bucket: row.lying.bucket,
            };
            let movement = StockMove {
                goods: row.lying.goods,
                from: Place::Inbound,
                to,
                qty: row.lying.qty,
            };
            balances.apply(&movement).unwrap();
        }
        balances
    }

    pub fn apply(&mut self, page: Page) -> Result<Applied, StoreError> {
        let request = self.request("sync");
        self.store().apply_page(request, page)
    }

    pub fn revoke(&mut self, no: &str, fence: u32) -> Applied {
        let revokes = vec![Revoke {
            order: order(no),
            fence: Fence(fence),
        }];
        self.apply(Page {
            revokes,
            ..self.page(vec![])
        })
        .unwrap()
    }

    /// The machine is switched off and on.
    pub fn restart(&mut self) {
        drop(self.store.take());
        self.store = Some(Store::open(&self.path(), keys()).unwrap());
    }

    /// How much lies at a location in a bucket.
    pub fn lies(&self, location: &str, bucket: Bucket) -> Quantity {
        let lying = self
            .store()
            .read(|view| view.lying_at(&LocationId::new(location)))
            .unwrap();
        Quantity::sum(
            lying
                .into_iter()
                .filter(|l| l.bucket == bucket)
                .map(|l| l.qty),
        )
        .unwrap()
    }

    pub fn booked(&self, account: Account) -> Quantity {
        let ledger = self.store().read(|view| view.ledger()).unwrap();
        ledger
            .into_iter()
            .find(|line| line.account == account)
            .map_or(Quantity::ZERO, |line| line.units.declared)
    }

    /// Every invariant holds and a rebuild changes nothing.
    pub fn assert_sound(&self) {
        for finding in self.store().verify().unwrap() {
            assert!(finding.holds(), "{finding:?}");
        }
        assert_eq!(self.store().rebuild().unwrap().differs, []);
    }
}

pub fn record(store: &Store, request: Request, facts: Vec<Fact>) -> Result<Done<u64>, StoreError> {
    store.write(request, move |tx| {
        let mut last = 0;
        for fact in &facts {
            last = tx.record(fact)?.seq.0;
        }
        Ok(last)
    })
}
