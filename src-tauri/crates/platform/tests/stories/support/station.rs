//! A workstation that speaks the real protocol and keeps a real journal, without floor or window.

use super::{Reply, SHELF, World, reply};
use bondhouse_domain::facts::{
    Condition, Counted, Fact, NoticeClosed, PutAway, Released, ScanEvidence,
};
use bondhouse_domain::feed::{Entry, News};
use bondhouse_domain::ids::{FeedPos, PersonId, RequestId, Seq};
use bondhouse_domain::journal::{Draft, Event, Hash, Head, Series};
use bondhouse_domain::leases::{AuthorityKeys, Lease, OrderRight};
use bondhouse_domain::ledger::{Account, LedgerItem, LedgerMove, Units};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::stock::{Bucket, Place, RECEIVING, StockMove};
use bondhouse_protocol::envelope::{self, SIGNATURE_HEADER, SIGNER_HEADER};
use bondhouse_protocol::versions::OURS;
use bondhouse_protocol::wire::{
    Act, Ask, Cursor, Enrolled, Held, Position, Push, SyncRequest, SyncResponse,
};
use data_encoding::HEXLOWER;
use ed25519_dalek::{SigningKey, VerifyingKey};
use serde_json::{Value, json};

#[derive(Clone)]
pub(crate) struct Station {
    pub(crate) key: SigningKey,
    pub(crate) series: Series,
    pub(crate) journal: Vec<Event>,
    pub(crate) acked: u64,
    pub(crate) cursor: Cursor,
    pub(crate) feed: Vec<Entry>,
    pub(crate) leases: Vec<Lease>,
    authority: AuthorityKeys,
    epoch: u32,
    calls: u64,
}

pub(crate) fn scan() -> ScanEvidence {
    ScanEvidence {
        raw: "09421902960055".into(),
        symbology: None,
        from: "typed".into(),
    }
}

impl World {
    pub(crate) async fn code(&self, body: &Value) -> String {
        self.admin("POST", "/v1/admin/enrolments", body).await.ok()["code"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub(crate) async fn enrol(&self, code: &str, seed: u8) -> Reply {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let body = json!({ "code": code, "station": "打包台1", "public_key": HEXLOWER.encode(key.verifying_key().as_bytes()) });
        reply(
            self.http
                .post(self.platform.url() + "/v1/enrol")
                .body(body.to_string()),
        )
        .await
    }

    /// A workstation that was just enrolled.
    pub(crate) async fn station(&self, seed: u8) -> Station {
        let code = self.code(&Value::Null).await;
        Station::of(
            serde_json::from_value(self.enrol(&code, seed).await.ok()).unwrap(),
            seed,
        )
    }

    /// `tins` tins come in, are counted and lie on the shelf.
    pub(crate) async fn stock_up(&self, station: &mut Station, tins: i64) {
        self.arrive(station, 1, super::MILK, tins).await;
    }

    /// The `n`-th arrival: so many of an item under a notice, a note and a pass of its own, counted and put away.
    pub(crate) async fn arrive(&self, station: &mut Station, n: u32, item: &str, tins: i64) {
        let number = format!("RK{n:03}");
        let notice = json!({ "notice": number, "owner": super::OWNER, "vehicle": "浙B00001", "lines": [
            { "line": 1, "item": item, "qty": tins.to_string(), "lot": "L1", "expiry": "2027-11-30" }] });
        self.post(&self.forwarder, "/v1/forwarder/notices", &notice)
            .await
            .ok();
        self.approve_note("4", &format!("QD310526I{n:09}")).await;
        let pass = format!("Z3105I261122{n:012}");
        self.approve_pass(&pass).await;
        self.about_pass(
            bondhouse_domain::customs::MessageKind::Sas223,
            &pass,
            "",
            "2",
        )
        .await;
        station.sync(self, 0, vec![]).await;
        let notice = station.news().into_iter().find_map(|news| match news {
            News::Receivable(notice) if notice.notice.as_str() == number => Some(notice),
            _ => None,
        });
        let notice = notice.expect("the notice is receivable");
        let line = notice.lines[0].clone();
        let qty = Quantity::whole(tins).unwrap();
        station.record(Fact::Counted(Counted {
            notice: notice.notice.clone(),
            line: 1,
            qty,
            condition: Condition::Good,
            stock: StockMove {
                goods: line.goods.clone(),
                from: Place::Inbound,
                to: Place::inside(RECEIVING, Bucket::Available),
                qty,
            },
            ledger: LedgerMove {
                item: LedgerItem {
                    ledger: line.goods.customs.ledger.clone(),
                    item_no: line.goods.customs.item_no.clone(),
                },
                from: Account::Arrived,
                to: Account::Booked,
                units: Units {
                    declared: qty,
                    legal1: Quantity::from_units(tins * 90_000),
                    legal2: Quantity::ZERO,
                },
                document: notice.notice.to_string(),
            },
            scan: scan(),
        }));
        station.record(Fact::NoticeClosed(NoticeClosed {
            notice: notice.notice.clone(),
            differences: vec![],
        }));
        station.record(Fact::PutAway(PutAway {
            stock: StockMove {
                goods: line.goods.clone(),
                from: Place::inside(RECEIVING, Bucket::Available),
                to: Place::inside(SHELF, Bucket::Available),
                qty,
            },
            scan: scan(),
        }));
        let answer = station.sync(self, 0, vec![]).await;
        assert!(
            answer
                .verdicts
                .iter()
                .all(|v| v.outcome == bondhouse_protocol::wire::Outcome::Applied),
            "{:?}",
            answer.verdicts
        );
    }
}

impl Station {
    pub(crate) fn of(enrolled: Enrolled, seed: u8) -> Self {
        let key_of = |hex: &String| {
            VerifyingKey::try_from(HEXLOWER.decode(hex.as_bytes()).unwrap().as_slice()).unwrap()
        };
        Self {
            key: SigningKey::from_bytes(&[seed; 32]),
            series: Series {
                warehouse: enrolled.warehouse,
                device: enrolled.device,
                incarnation: enrolled.incarnation,
            },
            journal: vec![],
            acked: 0,
            cursor: Cursor::default(),
            feed: vec![],
            leases: vec![],
            authority: enrolled
                .authority_keys
                .iter()
                .map(|(id, hex)| (id.clone(), key_of(hex)))
                .collect(),
            epoch: enrolled.authority_epoch,
            calls: 0,
        }
    }

    /// The key the authority signs with.
    pub(crate) fn authority_key(&self) -> VerifyingKey {
        *self.authority.values().next().unwrap()
    }

    pub(crate) fn record(&mut self, fact: Fact) {
        let head = self.journal.last().map_or(Head::EMPTY, Event::head);
        let (kind, v) = fact.kind();
        let now = bondhouse_domain::time::Instant::from_millis(
            1_795_312_800_000 + i64::try_from(self.journal.len()).unwrap(),
        );
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

    pub(crate) fn news(&self) -> Vec<News> {
        self.feed
            .iter()
            .map(|entry| News::read(&entry.kind, entry.v, &entry.body).unwrap())
            .collect()
    }

    pub(crate) fn request(&mut self, want: u32, acts: Vec<Act>) -> SyncRequest {
        self.calls += 1;
        let from = usize::try_from(self.acked).unwrap();
        let last = self.journal.last().map_or(Head::EMPTY, Event::head);
        let held = self
            .leases
            .iter()
            .map(|l| Held {
                order: order_of(l).order.clone(),
                fence: l.fence,
            })
            .collect();
        SyncRequest {
            proto: OURS,
            app: "0.1.0".into(),
            series: self.series.clone(),
            authority_epoch: self.epoch,
            nonce: format!("call-{}-{}", self.calls, self.journal.len()),
            boot_ms: 1,
            wall: bondhouse_domain::time::Instant::from_millis(0),
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
            held,
            want_orders: want,
            acts,
            digest: None,
        }
    }

    /// Sends a call as it is; answers status and the opened answer or the refusal's code.
    pub(crate) async fn send(
        &self,
        world: &World,
        request: &SyncRequest,
    ) -> Result<SyncResponse, (u16, String)> {
        self.send_to(world, &world.platform.url(), request).await
    }

    /// [`Self::send`] to one of several nodes; status 0 when it is gone before it answered.
    pub(crate) async fn send_to(
        &self,
        world: &World,
        node: &str,
        request: &SyncRequest,
    ) -> Result<SyncResponse, (u16, String)> {
        let sealed = envelope::seal(request, &self.key).unwrap();
        let signer = format!("{}/{}", self.series.device, self.series.incarnation.0);
        let response = world
            .http
            .post(format!("{node}/v1/sync"))
            .header(SIGNER_HEADER, signer)
            .header(SIGNATURE_HEADER, sealed.signature)
            .body(sealed.body)
            .send()
            .await;
        let Ok(response) = response else {
            return Err((0, String::new()));
        };
        let status = response.status().as_u16();
        if status != 200 {
            let said: Value = response.json().await.unwrap_or_default();
            return Err((status, said["code"].as_str().unwrap_or("").to_owned()));
        }
        let text = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        let (signer, signature) = (text(SIGNER_HEADER), text(SIGNATURE_HEADER));
        let Ok(body) = response.bytes().await else {
            return Err((0, String::new()));
        };
        Ok(envelope::open(&body, &signature, &self.authority[&signer]).unwrap())
    }

    pub(crate) fn apply(&mut self, answer: &SyncResponse) {
        self.acked = answer.acked.position.seq.0;
        // Of another feed, and nothing is asked for again: the view begins anew, from the first entry.
        if answer.resnapshot && answer.need_from.is_none() {
            (self.cursor, self.feed) = (Cursor::default(), Vec::new());
        }
        // The authority was restored or moved: its next life is believed once its feed is followed.
        if !answer.resnapshot || answer.need_from.is_none() {
            self.epoch = self.epoch.max(answer.authority_epoch);
        }
        for entry in &answer.feed {
            assert_eq!(
                (entry.prev_hash, entry.hash),
                (self.cursor.hash, entry.computed_hash()),
                "the feed is chained"
            );
            assert_eq!(
                entry.pos,
                FeedPos(self.cursor.pos.0 + 1),
                "the feed has no gap"
            );
            self.cursor = Cursor {
                pos: entry.pos,
                hash: entry.hash,
            };
            self.feed.push(entry.clone());
        }
        for grant in &answer.grants {
            let lease = grant.lease.verify(&self.authority).unwrap().lease().clone();
            if let Some(consignee) = &grant.consignee {
                assert_eq!(
                    consignee.commitment(),
                    order_of(&lease).consignee_commitment
                );
            }
            self.leases.retain(|known| known.grant != lease.grant);
            self.leases.push(lease);
        }
    }

    pub(crate) async fn sync(&mut self, world: &World, want: u32, acts: Vec<Act>) -> SyncResponse {
        let mut request = self.request(want, acts);
        loop {
            let answer = self.send(world, &request).await.unwrap();
            assert_eq!(answer.nonce, request.nonce);
            self.apply(&answer);
            if !answer.more {
                return answer;
            }
            request = self.request(0, vec![]);
        }
    }

    /// Asks one thing; answers the code of its refusal, or nothing.
    pub(crate) async fn ask(&mut self, world: &World, ask: Ask) -> Option<String> {
        let id = RequestId(uuid::Uuid::from_u128(0xA000 + u128::from(self.calls)));
        let answer = self
            .sync(
                world,
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

    /// The last event as a newer program would have written it: of a version that the platform cannot read.
    pub(crate) fn newer_than_the_platform(&mut self) {
        let told = self.journal.pop().unwrap();
        let draft = Draft {
            kind: told.kind,
            v: told.v + 1,
            request: told.request,
            actor: told.actor,
            occurred_at: told.occurred_at,
            wall: told.wall,
            body: told.body,
        };
        let head = self.journal.last().map_or(Head::EMPTY, Event::head);
        self.journal.push(head.append(&self.series, draft));
    }

    /// Packs the order of a lease at the bench.
    pub(crate) fn release(&mut self, lease: &Lease) {
        let right = order_of(lease).clone();
        self.leases.retain(|held| held.grant != lease.grant);
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
}

pub(crate) fn order_of(lease: &Lease) -> &OrderRight {
    match &lease.right {
        bondhouse_domain::leases::Right::Order(right) => right,
        other => panic!("{other:?} is no order"),
    }
}
