//! A clerk who does what a warehouse does, by the protocol alone: counts what came, packs what is
//! cleared, loads what is bundled. No floor, no window; the rules of those are tried elsewhere.

use bondhouse_domain::facts::{
    Condition, Counted, Fact, NoticeClosed, PutAway, Released, ScanEvidence,
};
use bondhouse_domain::feed::{Entry, News, Notice, Pass};
use bondhouse_domain::ids::{PersonId, RequestId, Seq};
use bondhouse_domain::journal::{Draft, Event, Hash, Head, Series};
use bondhouse_domain::leases::{AuthorityKeys, Lease, OrderRight, Right};
use bondhouse_domain::ledger::{Account, LedgerMove, Units};
use bondhouse_domain::stock::{Bucket, Place, RECEIVING, StockMove};
use bondhouse_domain::time::Instant;
use bondhouse_platform::Platform;
use bondhouse_protocol::envelope::{self, SIGNATURE_HEADER, SIGNER_HEADER};
use bondhouse_protocol::versions::OURS;
use bondhouse_protocol::wire::{
    Act, Ask, Cursor, Enrolled, Held, Outcome, Position, Push, SyncRequest, SyncResponse,
};
use bondhouse_town::World;
use data_encoding::HEXLOWER;
use ed25519_dalek::{SigningKey, VerifyingKey};
use serde_json::{Value, json};

/// The clerk and the workstation under his hands.
pub(crate) struct Clerk {
    http: reqwest::Client,
    url: String,
    admin: String,
    key: SigningKey,
    series: Series,
    authority: AuthorityKeys,
    epoch: u32,
    journal: Vec<Event>,
    acked: u64,
    cursor: Cursor,
    feed: Vec<Entry>,
    leases: Vec<Lease>,
    calls: u64,
}

impl Clerk {
    /// Enrols at a platform.
    pub(crate) async fn enrol(platform: &Platform) -> Self {
        let http = reqwest::Client::new();
        let (url, admin) = (platform.url(), platform.admin_key().to_owned());
        let code = http
            .post(format!("{url}/v1/admin/enrolments"))
            .bearer_auth(&admin)
            .send()
            .await
            .unwrap();
        let code: Value = code.json().await.unwrap();
        let key = SigningKey::from_bytes(&[7; 32]);
        let public_key = HEXLOWER.encode(key.verifying_key().as_bytes());
        let wanted =
            json!({ "code": code["code"], "station": "打包台1", "public_key": public_key });
        let enrolled = http
            .post(format!("{url}/v1/enrol"))
            .body(wanted.to_string())
            .send()
            .await
            .unwrap();
        let enrolled: Enrolled = enrolled.json().await.unwrap();
        let key_of = |hex: &String| {
            VerifyingKey::try_from(HEXLOWER.decode(hex.as_bytes()).unwrap().as_slice()).unwrap()
        };
        Self {
            authority: enrolled
                .authority_keys
                .iter()
                .map(|(id, hex)| (id.clone(), key_of(hex)))
                .collect(),
            series: Series {
                warehouse: enrolled.warehouse,
                device: enrolled.device,
                incarnation: enrolled.incarnation,
            },
            epoch: enrolled.authority_epoch,
            http,
            url,
            admin,
            key,
            journal: vec![],
            acked: 0,
            cursor: Cursor::default(),
            feed: vec![],
            leases: vec![],
            calls: 0,
        }
    }

    /// Where an order stands.
    pub(crate) async fn state(&self, platform: &str, order_no: &str) -> String {
        let asked = self
            .http
            .get(format!(
                "{}/v1/admin/orders/{platform}/{order_no}",
                self.url
            ))
            .bearer_auth(&self.admin);
        let answer: Value = asked.send().await.unwrap().json().await.unwrap();
        answer["state"].as_str().unwrap_or("unknown").to_owned()
    }

    /// What receipts the platform could not match; there should be none.
    pub(crate) async fn unmatched(&self) -> Value {
        let asked = self
            .http
            .get(format!("{}/v1/admin/unmatched", self.url))
            .bearer_auth(&self.admin);
        asked.send().await.unwrap().json().await.unwrap()
    }

    /// What the operator reads at a path.
    pub(crate) async fn ask_operator(&self, path: &str) -> Value {
        let asked = self
            .http
            .get(format!("{}{path}", self.url))
            .bearer_auth(&self.admin);
        asked.send().await.unwrap().json().await.unwrap()
    }

    /// Tells the platform something as its operator, who is not refused.
    pub(crate) async fn tell_operator(&self, path: &str, body: &Value) {
        let told = self
            .http
            .post(format!("{}{path}", self.url))
            .bearer_auth(&self.admin)
            .body(body.to_string());
        let answer = told.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {answer:?}");
    }

    fn news(&self) -> impl Iterator<Item = News> {
        self.feed
            .iter()
            .map(|entry| News::read(&entry.kind, entry.v, &entry.body).unwrap())
    }

    /// Looks what is new.
    pub(crate) async fn look(&mut self) {
        self.sync(0, vec![]).await;
    }

    /// Notices that may be counted.
    pub(crate) fn receivable(&self) -> Vec<Notice> {
        let closed: Vec<_> = self
            .news()
            .filter_map(|news| match news {
                News::NoticeClosed(end) => Some(end.notice),
                _ => None,
            })
            .collect();
        let open = self.news().filter_map(|news| match news {
            News::Receivable(notice) => Some(notice),
            _ => None,
        });
        open.filter(|notice| !closed.contains(&notice.notice))
            .collect()
    }

    /// Counts everything a notice announces, all of it good, and puts it on a shelf.
    pub(crate) async fn receive(&mut self, world: &World, notice: &Notice) {
        for line in &notice.lines {
            let item = world
                .items()
                .iter()
                .find(|item| item.told.item == line.goods.item)
                .unwrap();
            let units: Units = item.told.per_unit.times(line.expected).unwrap();
            self.record(Fact::Counted(Counted {
                notice: notice.notice.clone(),
                line: line.line,
                qty: line.expected,
                condition: Condition::Good,
                stock: StockMove {
                    goods: line.goods.clone(),
                    from: Place::Inbound,
                    to: Place::inside(RECEIVING, Bucket::Available),
                    qty: line.expected,
                },
                ledger: LedgerMove {
                    item: item.told.ledger.clone(),
                    from: Account::Arrived,
                    to: Account::Booked,
                    units,
                    document: notice.notice.to_string(),
                },
                scan: ScanEvidence {
                    raw: item.gtin.clone(),
                    symbology: None,
                    from: "typed".into(),
                },
            }));
        }
        self.record(Fact::NoticeClosed(NoticeClosed {
            notice: notice.notice.clone(),
            differences: vec![],
        }));
        for line in &notice.lines {
            self.record(Fact::PutAway(PutAway {
                stock: StockMove {
                    goods: line.goods.clone(),
                    from: Place::inside(RECEIVING, Bucket::Available),
                    to: Place::inside("A-01-1", Bucket::Available),
                    qty: line.expected,
                },
                scan: ScanEvidence {
                    raw: "A-01-1".into(),
                    symbology: None,
                    from: "typed".into(),
                },
            }));
        }
        self.look().await;
    }

    /// Asks for cleared orders and packs what is granted; answers how many.
    pub(crate) async fn pack(&mut self) -> usize {
        self.sync(50, vec![]).await;
        let leases = std::mem::take(&mut self.leases);
        for lease in &leases {
            let right = order_of(lease).clone();
            self.record(Fact::Released(Released {
                order: right.order,
                grant: lease.grant.clone(),
                fence: lease.fence,
                waybill: right.waybill,
                declaration_no: right.clearance.declaration_no,
                lines: right.lines,
                gross_weight: None,
            }));
        }
        self.look().await;
        leases.len()
    }

    /// Asks one thing; answers the code of its refusal, or nothing.
    pub(crate) async fn ask(&mut self, ask: Ask) -> Option<String> {
        let id = RequestId(uuid::Uuid::from_u128(0xA000 + u128::from(self.calls)));
        let answer = self
            .sync(
                0,
                vec![Act {
                    id,
                    actor: PersonId::new("zhou-min"),
                    ask,
                }],
            )
            .await;
        answer.answers[0]
            .refusal
            .as_ref()
            .map(|refusal| refusal.0.code.to_string())
    }

    /// The newest word about each pass in a state.
    pub(crate) fn passes(&self, state: &str) -> Vec<Pass> {
        let mut newest = std::collections::BTreeMap::new();
        for news in self.news() {
            if let News::Pass(pass) = news {
                newest.insert(pass.pass.clone(), pass);
            }
        }
        newest
            .into_values()
            .filter(|pass| pass.state == state)
            .collect()
    }

    fn record(&mut self, fact: Fact) {
        let head = self.journal.last().map_or(Head::EMPTY, Event::head);
        let (kind, v) = fact.kind();
        let now =
            Instant::from_millis(1_795_312_800_000 + i64::try_from(self.journal.len()).unwrap());
        self.journal.push(head.append(
            &self.series,
            Draft {
                kind: kind.into(),
                v,
                request: RequestId(uuid::Uuid::from_u128(self.journal.len() as u128)),
                actor: PersonId::new("zhou-min"),
                occurred_at: now,
                wall: now,
                body: fact.body().unwrap(),
            },
        ));
    }

    async fn sync(&mut self, want: u32, acts: Vec<Act>) -> SyncResponse {
        let mut request = self.request(want, acts);
        loop {
            let answer = self.send(&request).await;
            self.acked = answer.acked.position.seq.0;
            assert!(
                answer
                    .verdicts
                    .iter()
                    .all(|v| v.outcome == Outcome::Applied),
                "{:?}",
                answer.verdicts
            );
            for entry in &answer.feed {
                self.cursor = Cursor {
                    pos: entry.pos,
                    hash: entry.hash,
                };
                self.feed.push(entry.clone());
            }
            for grant in &answer.grants {
                self.leases
                    .push(grant.lease.verify(&self.authority).unwrap().lease().clone());
            }
            if !answer.more {
                return answer;
            }
            request = self.request(0, vec![]);
        }
    }

    fn request(&mut self, want: u32, acts: Vec<Act>) -> SyncRequest {
        self.calls += 1;
        let from = usize::try_from(self.acked).unwrap();
        let last = self.journal.last().map_or(Head::EMPTY, Event::head);
        SyncRequest {
            proto: OURS,
            app: "0.1.0".into(),
            series: self.series.clone(),
            authority_epoch: self.epoch,
            nonce: format!("call-{}-{}", self.calls, self.journal.len()),
            boot_ms: 1,
            wall: Instant::from_millis(0),
            push: Push {
                from_seq: Seq(self.acked + 1),
                prev_hash: from
                    .checked_sub(1)
                    .map_or(Hash::GENESIS, |i| self.journal[i].hash),
                events: self.journal[from..].to_vec(),
                head: Position {
                    seq: last.seq,
                    hash: last.hash,
                },
            },
            cursor: self.cursor,
            held: self
                .leases
                .iter()
                .map(|l| Held {
                    order: order_of(l).order.clone(),
                    fence: l.fence,
                })
                .collect(),
            want_orders: want,
            acts,
            digest: None,
        }
    }

    async fn send(&self, request: &SyncRequest) -> SyncResponse {
        let sealed = envelope::seal(request, &self.key).unwrap();
        let signer = format!("{}/{}", self.series.device, self.series.incarnation.0);
        let call = self
            .http
            .post(format!("{}/v1/sync", self.url))
            .header(SIGNER_HEADER, signer);
        let response = call
            .header(SIGNATURE_HEADER, sealed.signature)
            .body(sealed.body)
            .send()
            .await
            .unwrap();
        assert_eq!(
            response.status().as_u16(),
            200,
            "the platform refuses a sync"
        );
        let text = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let (signer, signature) = (text(SIGNER_HEADER), text(SIGNATURE_HEADER));
        let body = response.bytes().await.unwrap();
        envelope::open(&body, &signature, &self.authority[&signer]).unwrap()
    }
}

fn order_of(lease: &Lease) -> &OrderRight {
    match &lease.right {
        Right::Order(right) => right,
        other => panic!("{other:?} is no order"),
    }
}
