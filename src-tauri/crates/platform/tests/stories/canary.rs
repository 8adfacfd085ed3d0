//! A made-up person passes through every docking, rightly and wrongly; afterwards her number, phone and
//! address are looked for wherever they have no business to be, in every spelling they could hide in.

use crate::headings::HEADINGS;
use crate::sheets::sheet_of;
use crate::support::station::Station;
use crate::support::{MILK, OWNER, Reply, SHOP, World, engine};
use bondhouse_customs::Message;
use bondhouse_domain::customs::{self, Document, MessageKind, Receipt};
use bondhouse_domain::time::Zone;
use bondhouse_platform::Storage;
use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex};

/// Of nobody: 99 is no province.
const ID: &str = "990101199307160949";
const PHONE: &str = "19900041787";
const ADDRESS: &str = "金丝雀巷七十一弄";

/// The platform's log, from its first word.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, said: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(said);
        Ok(said.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn open() -> Self {
        let log = Self::default();
        let to = log.clone();
        tracing_subscriber::fmt()
            .json()
            .with_env_filter("bondhouse_platform=trace,bondhouse_disk=trace,axum=trace,info")
            .with_writer(move || to.clone())
            .init();
        log
    }

    fn so_far(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

/// The ways in which a value could be written down, plainly or as a machine would.
fn spellings(secret: &str) -> Vec<(String, Vec<u8>)> {
    let bytes = secret.as_bytes();
    let mut forms: Vec<(String, Vec<u8>)> = vec![
        ("UTF-8".into(), bytes.to_vec()),
        (
            "UTF-16LE".into(),
            secret.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        ),
        (
            "UTF-16BE".into(),
            secret.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        ),
        (
            "GB18030".into(),
            encoding_rs::GB18030.encode(secret).0.into_owned(),
        ),
        (
            "backwards".into(),
            secret.chars().rev().collect::<String>().into_bytes(),
        ),
        ("SHA-256".into(), Sha256::digest(bytes).to_vec()),
        (
            "percent".into(),
            bytes
                .iter()
                .flat_map(|b| format!("%{b:02X}").into_bytes())
                .collect(),
        ),
        (
            "JSON escapes".into(),
            secret
                .encode_utf16()
                .flat_map(|u| format!("\\u{u:04x}").into_bytes())
                .collect(),
        ),
        (
            "XML references".into(),
            secret
                .chars()
                .flat_map(|c| format!("&#{};", u32::from(c)).into_bytes())
                .collect(),
        ),
        (
            "bytes as JSON".into(),
            bytes
                .iter()
                .map(u8::to_string)
                .collect::<Vec<_>>()
                .join(",")
                .into_bytes(),
        ),
        (
            "grouped".into(),
            secret
                .chars()
                .collect::<Vec<_>>()
                .chunks(4)
                .map(|c| c.iter().collect::<String>())
                .collect::<Vec<_>>()
                .join(" ")
                .into_bytes(),
        ),
    ];
    for n in 0..3 {
        // In the middle of a longer text its beginning may stand at any of three places.
        let padded = [vec![0; n], bytes.to_vec()].concat();
        let text = BASE64.encode(&padded);
        let whole = text[(n * 4).div_ceil(3)..(padded.len() / 3) * 4].to_owned();
        forms.push((format!("base64 at {n}"), whole.into_bytes()));
    }
    let hex: Vec<_> = forms
        .iter()
        .flat_map(|(name, form)| {
            [HEXLOWER.encode(form), HEXUPPER.encode(form)]
                .map(|hex| (format!("{name}, hexadecimal"), hex.into_bytes()))
        })
        .collect();
    forms.extend(hex);
    forms
}

/// Where any spelling of any secret stands in some bytes.
fn found(place: &str, bytes: &[u8], secrets: &[&str]) -> Vec<String> {
    let pair = |bytes: &[u8]| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
    let mut starting: Vec<Vec<(String, Vec<u8>)>> = vec![Vec::new(); 1 << 16];
    for secret in secrets {
        for (spelling, form) in spellings(secret) {
            starting[pair(&form)].push((format!("{secret} in {spelling} in {place}"), form));
        }
    }
    let mut found = BTreeSet::new();
    for at in 0..bytes.len().saturating_sub(1) {
        for (what, form) in &starting[pair(&bytes[at..])] {
            if bytes[at..].starts_with(form) {
                found.insert(what.clone());
            }
        }
    }
    found.into_iter().collect()
}

const ALL: [&str; 3] = [ID, PHONE, ADDRESS];

/// Every file of the platform's folder, or every row of its schema.
async fn found_in_store(world: &World, secrets: &[&str]) -> Vec<String> {
    let mut said = Vec::new();
    for entry in std::fs::read_dir(&world.config.data).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        said.extend(found(&name, &std::fs::read(&path).unwrap(), secrets));
    }
    if let Storage::Postgres(url) = &world.config.storage {
        let tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()";
        for table in engine::ask(url, tables).await {
            let rows = engine::ask(url, &format!("SELECT t::text FROM {table} AS t")).await;
            said.extend(found(&table, rows.join("\n").as_bytes(), secrets));
        }
    }
    said
}

/// An order of the person, or of the one whose data she gives.
fn order(world: &World, order_no: &str) -> Value {
    let mut order = world.order(order_no, 1);
    for field in ["buyer_telephone", "consignee_telephone"] {
        order[field] = PHONE.into();
    }
    order["buyer_id_number"] = ID.into();
    order["consignee_address"] = format!("广东省深圳市南山区{ADDRESS}").into();
    order
}

fn payment(world: &World, order_no: &str, id: &str) -> Value {
    let mut payment = world.payment(order_no, 1);
    payment["payer_id_number"] = id.into();
    payment["telephone"] = PHONE.into();
    payment
}

fn xml(order: &Value) -> Vec<u8> {
    let order: customs::Order = serde_json::from_value(order.clone()).unwrap();
    bondhouse_customs::write(&Message::of([Document::Order(order)]), Zone::SHANGHAI).unwrap()
}

/// One order as a spreadsheet; a wrong one has her number where a quantity belongs.
fn sheet(order_no: &str, qty: &str) -> Vec<u8> {
    let cells = vec![
        order_no,
        SHOP,
        "示例商城",
        OWNER,
        "示例母婴",
        "buyer-1",
        "甲子",
        ID,
        PHONE,
        "乙丑",
        PHONE,
        ADDRESS,
        "10",
        "28.21",
        "婴儿配方奶粉3段900g",
        MILK,
        "900克/罐",
        qty,
        "罐",
        "200",
    ];
    sheet_of(&HEADINGS, &[cells])
}

/// Everything that was answered to somebody who need not know her.
#[derive(Default)]
struct Heard(Vec<(String, String)>);

impl Heard {
    fn reply(&mut self, what: &str, reply: Reply) -> Value {
        assert!(
            reply.status < 500,
            "{what}: {} {}",
            reply.status,
            reply.body
        );
        self.0.push((what.to_owned(), reply.body.to_string()));
        reply.body
    }

    fn found(&self, secrets: &[&str]) -> Vec<String> {
        let all = self.0.iter();
        all.flat_map(|(what, said)| found(what, said.as_bytes(), secrets))
            .collect()
    }
}

/// Every order as it should be and as it should not, by every way in.
async fn orders(world: &World, heard: &mut Heard) {
    let path = "/v1/shop/orders";
    let json = "application/json";
    heard.reply(
        "order",
        world.post(&world.shop, path, &order(world, "B1")).await,
    );
    heard.reply(
        "known",
        world.post(&world.shop, path, &order(world, "B1")).await,
    );
    let mut other = order(world, "B1");
    other["consignee"] = "丙寅".into();
    heard.reply("differs", world.post(&world.shop, path, &other).await);
    let mut lacking = order(world, "B2");
    lacking["buyer_name"] = "".into();
    heard.reply("incomplete", world.post(&world.shop, path, &lacking).await);
    let mut wrong = order(world, "B2");
    wrong["lines"][0]["qty"] = format!("{ID}x").into();
    heard.reply("no number", world.post(&world.shop, path, &wrong).await);
    let broken = order(world, "B2")
        .to_string()
        .replace("\"buyer_reg_no\"", "buyer_reg_no");
    heard.reply(
        "no JSON",
        world
            .call(&world.shop, "POST", path, json, broken.as_bytes())
            .await,
    );
    let rival = world.partner("shop", "3301960Z99").await;
    heard.reply(
        "another's",
        world.post(&rival, path, &order(world, "B2")).await,
    );
    let forged = crate::support::Key {
        secret: "guess".into(),
        ..world.shop.clone()
    };
    heard.reply(
        "forged",
        world.post(&forged, path, &order(world, "B2")).await,
    );

    let good = xml(&order(world, "X1"));
    heard.reply("XML", world.post_xml(&world.shop, path, &good).await);
    heard.reply(
        "half an XML",
        world
            .post_xml(&world.shop, path, &good[..good.len() * 3 / 4])
            .await,
    );
    let text = String::from_utf8(good).unwrap();
    let qty = text.replace("<ceb:qty>1</ceb:qty>", &format!("<ceb:qty>{ID}y</ceb:qty>"));
    assert_ne!(qty, text);
    heard.reply(
        "XML with a wrong number",
        world.post_xml(&world.shop, path, qty.as_bytes()).await,
    );
    let bomb = format!("<!DOCTYPE a [<!ENTITY x \"{ID}\">]>{text}");
    heard.reply(
        "XML with entities",
        world.post_xml(&world.shop, path, bomb.as_bytes()).await,
    );

    let excel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    for (order_no, qty, dry) in [
        ("E1", ID, "?dry_run=true"),
        ("E1", ID, ""),
        ("E1", "1", "?dry_run=true"),
        ("E1", "1", ""),
    ] {
        let path = format!("/v1/shop/orders.xlsx{dry}");
        let sent = world
            .call(&world.shop, "POST", &path, excel, &sheet(order_no, qty))
            .await;
        heard.reply("sheet", sent);
    }

    let path = "/v1/payer/payments";
    for order_no in ["B1", "X1"] {
        heard.reply(
            "payment",
            world
                .post(&world.payer, path, &payment(world, order_no, ID))
                .await,
        );
    }
    // Somebody else pays, and the comparison names both.
    heard.reply(
        "another payer",
        world
            .post(
                &world.payer,
                path,
                &payment(world, "E1", "110101199001010010"),
            )
            .await,
    );
    let mut wrong = payment(world, "B9", ID);
    wrong["amount_paid"] = ID.into();
    wrong["currency"] = json!({ "is": ID });
    heard.reply(
        "payment of nothing",
        world.post(&world.payer, path, &wrong).await,
    );
}

/// Customs takes one, refuses another by quoting her, and answers what nobody asked.
async fn customs_answers(world: &World, heard: &mut Heard) {
    let lists: Vec<customs::DeclarationList> = world
        .fetch()
        .await
        .into_iter()
        .filter_map(|document| match document {
            Document::DeclarationList(list) => Some(list),
            _ => None,
        })
        .collect();
    assert_eq!(lists.len(), 2, "B1 and X1 are declared");
    for (list, status) in lists.iter().zip(["800", "100"]) {
        let receipt = Receipt {
            message: MessageKind::Ceb622,
            guid: format!("R-{}", list.cop_no),
            customs_code: "3105".into(),
            cop_no: list.cop_no.clone(),
            invt_no: crate::support::customs::list_no(&list.cop_no),
            return_status: status.into(),
            return_time: Some(world.clock.now()),
            return_info: format!("[Code:1313;Desc:订购人身份证件号码{ID}与{PHONE}不符]"),
            ..Receipt::default()
        };
        world.deliver(Document::Receipt(receipt.clone())).await;
        let stray = Receipt {
            cop_no: "NOBODY".into(),
            invt_no: String::new(),
            guid: "R-stray".into(),
            ..receipt
        };
        world.deliver(Document::Receipt(stray)).await;
    }
    let broken = format!("<CEB622Message><copNo>{ID}</copNo>");
    heard.reply(
        "broken receipt",
        world
            .post_xml(&world.customs, "/v1/customs/inbox", broken.as_bytes())
            .await,
    );
}

/// All that the operator and a merchant can read about everything, without asking for a kept message.
async fn read_everything(world: &World, heard: &mut Heard) {
    let merchant = world.partner("merchant", OWNER).await;
    let document = crate::support::reply(world.http.get(world.platform.url() + "/openapi.json"))
        .await
        .ok();
    for (path, calls) in document["paths"].as_object().unwrap() {
        // What they deliver is these partners' task; a kept message is what was sent, and is the operator's.
        let theirs = [
            "/v1/carrier/waybills",
            "/v1/carrier/pickups",
            "/v1/customs/outbox",
            "/v1/admin/messages/{raw}",
        ];
        if calls.get("get").is_none() || theirs.contains(&path.as_str()) {
            continue;
        }
        let mut numbered = vec![
            path.replace("{platform}", SHOP)
                .replace("{order_no}", "B1")
                .replace(['{', '}'], ""),
        ];
        if path.ends_with("/enquiry") {
            numbered = ["B1", "X1", "E1", ID, PHONE]
                .map(|number| format!("{path}?number={number}"))
                .to_vec();
        }
        if path.ends_with("/statistics") || path.ends_with("/settlement") {
            numbered = vec![format!(
                "{path}?from=2026-01-01&to=2026-12-31&by=day&owner={OWNER}"
            )];
        }
        for target in numbered {
            let reply = match path.split('/').nth(2) {
                Some("shop") => world.get(&world.shop, &target).await,
                Some("payer") => world.get(&world.payer, &target).await,
                Some("forwarder") => world.get(&world.forwarder, &target).await,
                Some("inspection") => world.get(&world.inspection, &target).await,
                Some("merchant") => world.get(&merchant, &target).await,
                _ => world.admin("GET", &target, &Value::Null).await,
            };
            heard.reply(path, reply);
        }
    }
}

/// A shop that keeps what it is told.
async fn listening(world: &World) -> Arc<Mutex<Vec<u8>>> {
    let told: Arc<Mutex<Vec<u8>>> = Arc::default();
    let to = Arc::clone(&told);
    let shop = axum::Router::new().route(
        "/",
        axum::routing::post(async move |headers: axum::http::HeaderMap, body: String| {
            let mut to = to.lock().unwrap();
            to.extend_from_slice(format!("{headers:?}").as_bytes());
            to.extend_from_slice(body.as_bytes());
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, shop).await });
    let body = json!({ "url": url }).to_string();
    world
        .call(
            &world.shop,
            "PUT",
            "/v1/shop/callback",
            "application/json",
            body.as_bytes(),
        )
        .await
        .ok();
    told
}

/// What a workstation is told: who is on a label, in the lease of that parcel, and nothing else of anybody.
async fn at_the_bench(world: &World, bench: &mut Station, heard: &mut Heard) {
    let request = bench.request(5, vec![]);
    let answer = bench.send(world, &request).await.unwrap();
    bench.apply(&answer);
    let mut told = serde_json::to_value(&answer).unwrap();
    let grants = told["grants"].as_array_mut().unwrap();
    assert_eq!(grants.len(), 1);
    let label = grants[0]["consignee"].take().to_string();
    assert!(label.contains(PHONE) && label.contains(ADDRESS) && !label.contains(ID));
    heard.0.push(("sync".into(), told.to_string()));
    let lease = bench.leases[0].clone();
    bench.release(&lease);
    let answer = bench.sync(world, 0, vec![]).await;
    heard
        .0
        .push(("sync".into(), serde_json::to_string(&answer).unwrap()));
    let feed: Vec<&str> = bench.feed.iter().map(|entry| entry.body.as_str()).collect();
    heard.0.push(("feed".into(), feed.join("\n")));
}

#[tokio::test]
async fn a_person_who_passes_through_every_docking_leaves_no_trace_outside_sealed_values() {
    let log = Log::open();
    let world = World::open().await;
    let mut heard = Heard::default();
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    let told = listening(&world).await;

    orders(&world, &mut heard).await;
    customs_answers(&world, &mut heard).await;
    assert_eq!(world.state("B1").await, "cleared");
    at_the_bench(&world, &mut bench, &mut heard).await;
    let wanted = json!({ "number": "RET-1", "lines": [{ "gnum": 1, "qty": "1" }], "reason": "七天无理由退货" });
    for order_no in ["B1", "X1", "E1"] {
        let path = format!("/v1/shop/orders/{SHOP}/{order_no}");
        heard.reply(
            "return",
            world
                .post(&world.shop, &format!("{path}/returns"), &wanted)
                .await,
        );
        heard.reply(
            "cancel",
            world
                .post(&world.shop, &format!("{path}/cancel"), &Value::Null)
                .await,
        );
    }
    // Whoever takes her number for an order's is written down, but for the number.
    for (method, path) in [
        ("POST", format!("/v1/shop/orders/{SHOP}/{ID}/cancel")),
        ("GET", format!("/v1/shop/orders/{SHOP}/{ID}")),
        ("GET", format!("/v1/shop/returns/{ID}")),
    ] {
        let json = "application/json";
        let refused = world.call(&world.shop, method, &path, json, b"").await;
        assert_eq!(refused.status, 404, "{path}");
    }
    let person = json!({ "number": ID });
    let of_hers = world.admin("POST", "/v1/admin/enquiry", &person).await;
    let of_hers = heard.reply("enquiry", of_hers);
    assert_eq!(of_hers["orders"].as_array().unwrap().len(), 3);
    let wrong = json!({ "number": { "is": ID }, "phone": PHONE });
    heard.reply(
        "wrong enquiry",
        world.admin("POST", "/v1/admin/enquiry", &wrong).await,
    );
    read_everything(&world, &mut heard).await;
    if world.config.storage == Storage::Embedded {
        heard.reply(
            "backup",
            world.admin("POST", "/v1/admin/backups", &Value::Null).await,
        );
    }
    world.platform.round().await.unwrap();
    while told.lock().unwrap().is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }

    // A hash that anybody could compute would give the number away as well: there are not that many.
    let guess = bondhouse_domain::journal::Hash::of_fields(
        b"bondhouse raw message 1",
        &[person.to_string().as_bytes()],
    );
    let guess = guess.to_string();
    let mut traces = heard.found(&ALL);
    traces.extend(found("log", &log.so_far(), &ALL));
    traces.extend(found("call-backs", &told.lock().unwrap(), &ALL));
    traces.extend(found_in_store(&world, &[ID, PHONE, ADDRESS, &guess]).await);
    assert_eq!(traces, Vec::<String>::new());
    assert!(log.so_far().len() > 1_000 && heard.0.len() > 60);

    control(&world, &log).await;
}

/// The same search finds what was put there on purpose, in whatever spelling.
async fn control(world: &World, log: &Log) {
    for (spelling, form) in spellings(ADDRESS) {
        let planted = [b"before ".as_slice(), &form, b" after"].concat();
        let traces = found("planted", &planted, &ALL);
        let wanted = format!("{ADDRESS} in {spelling} in planted");
        assert!(
            traces.contains(&wanted),
            "{spelling} is not seen: {traces:?}"
        );
    }
    tracing::info!(number = ID, "planted");
    assert!(!found("log", &log.so_far(), &ALL).is_empty());
    // A shop that numbers its orders by people: the number stands in the database, and is found there.
    let path = "/v1/shop/orders";
    world.post(&world.shop, path, &order(world, ID)).await.ok();
    let traces = found_in_store(world, &ALL).await;
    assert!(!traces.is_empty());
}
