//! A platform on a free port with everyone who docks to it, for the stories.
//!
//! The stories run on SQLite, or on the PostgreSQL server that `BONDHOUSE_TEST_SERVER` names, each in a
//! schema of its own. The clock is told; the partners sign like real ones; customs answers by hand, message by message.

#![allow(dead_code, reason = "each story uses its own part of the cast")]

#[cfg(test)]
pub(crate) mod contract;
pub(crate) mod customs;
pub(crate) mod engine;
pub(crate) mod gate;
pub(crate) mod program;
pub(crate) mod signatory;
pub(crate) mod station;

use bondhouse_domain::time::{Instant, Span};
use bondhouse_platform::{Clock, Config, Platform, Storage};
use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;

pub(crate) const SHOP: &str = "3105960A01";
pub(crate) const PAYER: &str = "312226T001";
pub(crate) const CARRIER: &str = "330298T001";
pub(crate) const OWNER: &str = "3302160A01";
pub(crate) const MILK: &str = "AD9421902960055";
pub(crate) const LEDGER: &str = "T3105W000076";
pub(crate) const SHELF: &str = "A-01-01";

/// A partner's key.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// Everyone and everything.
pub(crate) struct World {
    pub(crate) platform: Platform,
    pub(crate) clock: Clock,
    /// How the platform was started, to start it again or to examine what it left.
    pub(crate) config: Config,
    pub(crate) shop: Key,
    pub(crate) payer: Key,
    pub(crate) carrier: Key,
    pub(crate) forwarder: Key,
    pub(crate) customs: Key,
    pub(crate) inspection: Key,
    pub(crate) http: reqwest::Client,
    nonces: AtomicU64,
    pub(crate) fetched: AtomicU64,
    _data: TempDir,
}

/// An answer as a story looks at it.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Reply {
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!(
            (200..300).contains(&self.status),
            "{} {}",
            self.status,
            self.body
        );
        self.body
    }

    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("")
    }
}

fn no_key() -> Key {
    Key {
        id: String::new(),
        secret: String::new(),
    }
}

impl World {
    /// A warehouse with one merchant, one item, a shelf, numbers and sort codes; nothing in stock.
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    pub(crate) async fn open_with(adjust: impl FnOnce(&mut Config)) -> Self {
        // Another test of the same process may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let data = tempfile::tempdir().unwrap();
        // 22 November 2026, 10:00 in the warehouse.
        let clock = Clock::told(Instant::from_millis(1_795_312_800_000));
        let mut config = Config {
            clock,
            ..Config::at(data.path())
        };
        if let Ok(server) = std::env::var("BONDHOUSE_TEST_SERVER") {
            config.storage = Storage::Postgres(engine::fresh(&server).await);
        }
        adjust(&mut config);
        let mut world = Self {
            platform: Platform::start(config.clone()).await.unwrap(),
            clock: config.clock.clone(),
            config,
            shop: no_key(),
            payer: no_key(),
            carrier: no_key(),
            forwarder: no_key(),
            customs: no_key(),
            inspection: no_key(),
            http: reqwest::Client::new(),
            nonces: AtomicU64::new(1),
            fetched: AtomicU64::new(0),
            _data: data,
        };
        world.shop = world.partner("shop", SHOP).await;
        world.payer = world.partner("payer", PAYER).await;
        world.carrier = world.partner("carrier", CARRIER).await;
        world.forwarder = world.partner("forwarder", "FWD01").await;
        world.customs = world.partner("customs", "3105").await;
        world.inspection = world.partner("inspection", "3105CIQ").await;
        world.furnish().await;
        world
    }

    /// Stops the platform, lets `meanwhile` happen to what it left, and starts it again.
    pub(crate) async fn restarted(mut self, meanwhile: impl FnOnce(&Config)) -> Self {
        let config = self.config.clone();
        // Another one stands in its place while it is down, because a world is never without.
        let elsewhere = tempfile::tempdir().unwrap();
        let stand_in = Platform::start(Config::at(elsewhere.path())).await.unwrap();
        let stopped = std::mem::replace(&mut self.platform, stand_in);
        stopped.stop().await.unwrap();
        meanwhile(&config);
        let again = Platform::start(config).await.unwrap();
        let stand_in = std::mem::replace(&mut self.platform, again);
        stand_in.stop().await.unwrap();
        self
    }

    async fn furnish(&self) {
        self.admin(
            "POST",
            "/v1/admin/merchants",
            &json!([{ "owner": OWNER, "name": "示例母婴" }]),
        )
        .await
        .ok();
        let item = self.master_data(&Value::Null);
        self.admin("POST", "/v1/admin/items", &item).await.ok();
        let places = [
            ("RECEIVING", "receiving"),
            ("STAGING", "staging"),
            ("QUARANTINE", "quarantine"),
            (SHELF, "shelf"),
        ];
        let places: Vec<Value> = places
            .iter()
            .map(|(l, k)| json!({ "location": l, "kind": k }))
            .collect();
        self.admin("POST", "/v1/admin/locations", &json!(places))
            .await
            .ok();
        let pool = json!({
            "range": { "prefix": "YT", "first": 1_433_281_291_145_u64, "count": 50, "digits": 13 },
            "routes": [
                { "district": "", "sort_code": "000-A00-00", "hub": "宁波转运中心", "lane": "B-01" },
                { "district": "4403", "sort_code": "755-F15-83", "hub": "深圳转运中心", "lane": "B-12" },
            ],
        });
        assert_eq!(
            self.post(&self.carrier, "/v1/carrier/number-pools", &pool)
                .await
                .ok()["left"],
            50
        );
    }

    /// The tin of milk powder as master data lists it, but for what is said here.
    pub(crate) fn master_data(&self, but: &Value) -> Value {
        let mut items = json!([{
            "owner": OWNER, "item": MILK, "name": "婴儿配方奶粉3段900g", "barcodes": [{ "code": "09421902960055", "holds": "1" }],
            "hs_code": "1901101000", "ledger": { "ledger": LEDGER, "item_no": "36" }, "origin": "609", "unit": "122",
            "per_unit": { "declared": "1", "legal1": "0.9", "legal2": "0" }, "gross_weight": "1.17", "tracks_lot": true,
            "model": "3段900克/罐", "legal_unit1": "035", "net_weight": "0.9", "price": "154.56"
        }]);
        for (name, value) in but.as_object().into_iter().flatten() {
            items[0][name] = value.clone();
        }
        items
    }

    pub(crate) async fn partner(&self, kind: &str, code: &str) -> Key {
        let asked = json!({ "kind": kind, "code": code, "name": format!("示例{kind}") });
        let made = self.admin("POST", "/v1/admin/partners", &asked).await.ok();
        Key {
            id: made["key"].as_str().unwrap().into(),
            secret: made["secret"].as_str().unwrap().into(),
        }
    }

    pub(crate) async fn admin(&self, method: &str, path: &str, body: &Value) -> Reply {
        let request = self
            .http
            .request(method.parse().unwrap(), self.platform.url() + path)
            .bearer_auth(self.platform.admin_key())
            .body(if body.is_null() {
                String::new()
            } else {
                body.to_string()
            });
        reply(request).await
    }

    pub(crate) async fn post(&self, key: &Key, path: &str, body: &Value) -> Reply {
        self.call(
            key,
            "POST",
            path,
            "application/json",
            body.to_string().as_bytes(),
        )
        .await
    }

    pub(crate) async fn post_xml(&self, key: &Key, path: &str, xml: &[u8]) -> Reply {
        self.call(key, "POST", path, "application/xml", xml).await
    }

    pub(crate) async fn get(&self, key: &Key, path: &str) -> Reply {
        self.call(key, "GET", path, "application/json", b"").await
    }

    pub(crate) async fn call(
        &self,
        key: &Key,
        method: &str,
        path: &str,
        content_type: &str,
        body: &[u8],
    ) -> Reply {
        let nonce = format!("nonce-{:08}", self.nonces.fetch_add(1, Ordering::SeqCst));
        self.call_with(
            key,
            method,
            path,
            content_type,
            body,
            &nonce,
            self.clock.now(),
        )
        .await
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "the story of a forged call turns each of them"
    )]
    pub(crate) async fn call_with(
        &self,
        key: &Key,
        method: &str,
        path: &str,
        content_type: &str,
        body: &[u8],
        nonce: &str,
        at: Instant,
    ) -> Reply {
        reply(self.signed(
            &self.platform.url(),
            key,
            method,
            path,
            content_type,
            body,
            nonce,
            at,
        ))
        .await
    }

    /// A JSON call to a node; `None` when it is gone before it answered.
    pub(crate) async fn post_at(
        &self,
        node: &str,
        key: &Key,
        path: &str,
        body: &Value,
    ) -> Option<u16> {
        let nonce = format!("nonce-{:08}", self.nonces.fetch_add(1, Ordering::SeqCst));
        let body = body.to_string();
        let (json, now) = ("application/json", self.clock.now());
        let sent = self
            .signed(node, key, "POST", path, json, body.as_bytes(), &nonce, now)
            .send()
            .await;
        sent.ok().map(|response| response.status().as_u16())
    }

    #[allow(clippy::too_many_arguments, reason = "a call has that many parts")]
    pub(crate) fn signed(
        &self,
        node: &str,
        key: &Key,
        method: &str,
        path: &str,
        content_type: &str,
        body: &[u8],
        nonce: &str,
        at: Instant,
    ) -> reqwest::RequestBuilder {
        let time = at.as_millis().to_string();
        let digest = HEXLOWER.encode(&Sha256::digest(body));
        let text = format!("bondhouse request 1\n{method}\n{path}\n{time}\n{nonce}\n{digest}");
        let mut mac = Hmac::<Sha256>::new_from_slice(key.secret.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        self.http
            .request(method.parse().unwrap(), format!("{node}{path}"))
            .header("content-type", content_type)
            .header("bondhouse-key", &key.id)
            .header("bondhouse-time", time)
            .header("bondhouse-nonce", nonce)
            .header(
                "bondhouse-signature",
                HEXLOWER.encode(&mac.finalize().into_bytes()),
            )
            .body(body.to_vec())
    }

    pub(crate) async fn pass(&self, time: Span) {
        self.clock.forward(time);
        self.platform.round().await.unwrap();
    }

    /// An order of `tins` tins, as its shop sends it.
    pub(crate) fn order(&self, order_no: &str, tins: u32) -> Value {
        let goods = f64::from(tins) * 200.0;
        json!({
            "guid": format!("GUID-{order_no}"), "app_type": "1", "app_status": "2", "order_type": "I", "order_no": order_no,
            "ebp_code": SHOP, "ebp_name": "示例商城", "ebc_code": OWNER, "ebc_name": "示例母婴",
            "goods_value": format!("{goods}"), "freight": "10", "discount": "0", "tax_total": "28.21",
            "actual_paid": format!("{}", goods + 38.21), "currency": "142", "buyer_reg_no": "buyer-1",
            "buyer_name": "甲子", "buyer_telephone": "13800000001", "buyer_id_type": "1", "buyer_id_number": "110101199001010010",
            "consignee": "乙丑", "consignee_telephone": "13800000002", "consignee_address": "广东省深圳市南山区测试路1号",
            "consignee_district": "440305",
            "lines": [{
                "gnum": 1, "item_no": MILK, "item_name": "婴儿配方奶粉3段900g", "bar_code": "9421902960055", "unit": "122",
                "qty": tins.to_string(), "price": "200", "total_price": format!("{goods}"), "currency": "142", "country": "609"
            }]
        })
    }

    /// The payment that belongs to [`Self::order`].
    pub(crate) fn payment(&self, order_no: &str, tins: u32) -> Value {
        json!({
            "guid": format!("PAY-{order_no}"), "app_type": "1", "app_status": "2", "pay_code": PAYER, "pay_name": "示例支付",
            "pay_transaction_id": format!("T{order_no}"), "order_no": order_no, "ebp_code": SHOP, "ebp_name": "示例商城",
            "payer_id_type": "1", "payer_id_number": "110101199001010010", "payer_name": "甲子", "telephone": "13800000001",
            "amount_paid": format!("{}", f64::from(tins) * 200.0 + 38.21), "currency": "142"
        })
    }

    /// Order and payment, both taken.
    pub(crate) async fn buy(&self, order_no: &str, tins: u32) {
        self.post(&self.shop, "/v1/shop/orders", &self.order(order_no, tins))
            .await
            .ok();
        self.post(
            &self.payer,
            "/v1/payer/payments",
            &self.payment(order_no, tins),
        )
        .await
        .ok();
    }

    pub(crate) async fn progress(&self, order_no: &str) -> Value {
        self.get(&self.shop, &format!("/v1/shop/orders/{SHOP}/{order_no}"))
            .await
            .ok()
    }

    pub(crate) async fn state(&self, order_no: &str) -> String {
        self.progress(order_no).await["state"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// What an account of the milk's ledger line holds.
    pub(crate) async fn booked(&self, account: &str) -> String {
        let ledger = self
            .admin("GET", "/v1/admin/ledger", &Value::Null)
            .await
            .ok();
        let found = ledger
            .as_array()
            .unwrap()
            .iter()
            .find(|line| line["item_no"] == "36" && line["account"] == account);
        found.map_or_else(
            || "0".to_owned(),
            |line| line["declared"].as_str().unwrap().to_owned(),
        )
    }
}

/// Makes a call. In a test its answer is held against the document that the platform serves; in a
/// benchmark nobody looks but the one who measures.
pub(crate) async fn reply(request: reqwest::RequestBuilder) -> Reply {
    let (http, request) = request.build_split();
    let request = request.unwrap();
    let asked = (request.method().to_string(), request.url().clone());
    let response = http.execute(request).await.unwrap();
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type");
    let kind = kind.map_or("", |kind| kind.to_str().unwrap()).to_owned();
    let text = response.text().await.unwrap();
    #[cfg(test)]
    contract::hold(&http, &asked, status, &kind, &text).await;
    #[cfg(not(test))]
    drop((http, asked, kind));
    Reply {
        status,
        body: serde_json::from_str(&text).unwrap_or(Value::String(text)),
    }
}
