//! Payment institutions, each with its own words and its own ways of getting things wrong.

use crate::support::{Key, OWNER, Reply, SHOP, World};
use bondhouse_domain::time::Span;
use serde_json::{Value, json};

const TENPAY: &str = "440316T004";
const CHINABANK: &str = "110896T004";

/// An order of one tin, 238.21 yuan, with goods on the shelf for it; nothing is paid yet.
async fn ordered() -> World {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    order(&world, "B1").await;
    world
}

async fn order(world: &World, order_no: &str) {
    world
        .post(&world.shop, "/v1/shop/orders", &world.order(order_no, 1))
        .await
        .ok();
}

async fn push(world: &World, key: &Key, payment: &Value) -> Value {
    let reply = world.post(key, "/v1/payer/payments", payment).await;
    reply.body["results"][0].clone()
}

async fn notice(world: &World, key: &Key, trade: &Value) -> Value {
    let reply = world.post(key, "/v1/payer/trades", trade).await;
    assert!(!reply.body["results"].is_null(), "{}", reply.body);
    reply.body["results"][0].clone()
}

fn refusal(answer: &Value) -> &str {
    answer["refusal"]["code"].as_str().unwrap_or("taken")
}

/// What the order waits for, code by code.
async fn waits_for(world: &World, order_no: &str) -> Vec<String> {
    let progress = world.progress(order_no).await;
    let waits = progress["waits_for"].as_array().unwrap().iter();
    waits
        .map(|one| one["code"].as_str().unwrap().to_owned())
        .collect()
}

/// The payments of an order as the shop sees them: `[transaction, amount, state]`.
async fn paid(world: &World, order_no: &str) -> Vec<[String; 3]> {
    let progress = world.progress(order_no).await;
    let one = |of: &Value, field: &str| of[field].as_str().unwrap().to_owned();
    let all = progress["paid"].as_array().unwrap().iter();
    all.map(|of| [one(of, "transaction"), one(of, "amount"), one(of, "state")])
        .collect()
}

fn line(transaction: &str, amount: &str, state: &str) -> [String; 3] {
    [transaction, amount, state].map(str::to_owned)
}

/// The order as Alipay, Tenpay and Chinabank say that it was paid.
fn trades() -> [(&'static str, Value); 3] {
    [
        (
            crate::support::PAYER,
            json!({
                "trade_no": "ALI1", "out_trade_no": "B1", "trade_status": "TRADE_SUCCESS", "total_amount": "238.21",
                "gmt_payment": "2026-11-22 10:00:01", "buyer_info": { "name": "甲子", "cert_no": "110101199001010010" },
                "ebp_code": SHOP, "ebp_name": "示例商城",
            }),
        ),
        (
            TENPAY,
            json!({
                "transaction_id": "WX1", "out_trade_no": "B1", "trade_state": "SUCCESS",
                "amount": { "total": 23_821, "currency": "CNY" }, "success_time": "2026-11-22T10:00:01+08:00",
                "payer": { "name": "甲子", "cert_id": "110101199001010010" }, "ebp_code": SHOP, "ebp_name": "示例商城",
            }),
        ),
        (
            CHINABANK,
            json!({
                "v_idx": "CB1", "v_oid": "B1", "v_pstatus": "20", "v_amount": "238.21", "v_moneytype": "CNY",
                "v_paytime": "20261122100001", "v_payername": "甲子", "v_payerid": "110101199001010010",
                "ebp_code": SHOP, "ebp_name": "示例商城",
            }),
        ),
    ]
}

#[tokio::test]
async fn three_institutions_say_paid_in_three_ways_and_mean_the_same() {
    for (code, trade) in trades() {
        let world = ordered().await;
        let payer = match code {
            crate::support::PAYER => world.payer.clone(),
            other => world.partner("payer", other).await,
        };
        assert_eq!(waits_for(&world, "B1").await, ["comparison.paper_missing"]);
        assert_eq!(
            notice(&world, &payer, &trade).await["taken"],
            "new",
            "{code}"
        );
        assert_eq!(world.state("B1").await, "declared", "{code}");
        assert_eq!(paid(&world, "B1").await[0][1..], ["238.21", "pays"]);
        // Pushed again, as institutions do until they are answered.
        assert_eq!(notice(&world, &payer, &trade).await["taken"], "known");
    }
}

#[tokio::test]
async fn what_an_institution_gets_wrong_is_refused_and_said_and_the_order_goes_on_waiting() {
    let world = ordered().await;
    let tenpay = world.partner("payer", TENPAY).await;
    let [(_, alipay), (_, wechat), _] = trades();
    let with = |trade: &Value, pointer: &str, value: Value| {
        let mut trade = trade.clone();
        *trade.pointer_mut(pointer).unwrap() = value;
        trade
    };
    for (key, trade, code) in [
        // Fen where yuan are counted, yuan where fen are, parts of a fen.
        (
            &world.payer,
            with(&alipay, "/total_amount", json!("23821")),
            "platform.payment_in_fen",
        ),
        (
            &tenpay,
            with(&wechat, "/amount/total", json!("238.21")),
            "platform.trade_amount",
        ),
        (
            &world.payer,
            with(&alipay, "/total_amount", json!("238.215")),
            "platform.trade_amount",
        ),
        (
            &world.payer,
            with(&alipay, "/total_amount", json!("-238.21")),
            "platform.incomplete",
        ),
        (
            &tenpay,
            with(&wechat, "/amount/currency", json!("USD")),
            "platform.payment_currency",
        ),
        (
            &world.payer,
            with(&alipay, "/trade_status", json!("PAID")),
            "platform.unknown_trade_state",
        ),
        (
            &world.payer,
            with(&alipay, "/gmt_payment", json!("yesterday")),
            "platform.incomplete",
        ),
        (
            &world.payer,
            with(&alipay, "/buyer_info/cert_no", json!("")),
            "platform.incomplete",
        ),
        // One institution in the other's words.
        (&tenpay, alipay.clone(), "platform.incomplete"),
    ] {
        let answer = notice(&world, key, &trade).await;
        assert_eq!(refusal(&answer), code, "{trade}");
    }
    let unknown = world.partner("payer", "330226T999").await;
    let answer = notice(&world, &unknown, &alipay).await;
    assert_eq!(refusal(&answer), "platform.unknown_institution");
    // The same by CEB411.
    let mut payment = world.payment("B1", 1);
    payment["currency"] = json!("502");
    let answer = push(&world, &world.payer, &payment).await;
    assert_eq!(refusal(&answer), "platform.payment_currency");
    payment = world.payment("B1", 1);
    payment["amount_paid"] = json!("23821");
    let answer = push(&world, &world.payer, &payment).await;
    assert_eq!(refusal(&answer), "platform.payment_in_fen");
    assert_eq!(paid(&world, "B1").await, Vec::<[String; 3]>::new());
    assert_eq!(waits_for(&world, "B1").await, ["comparison.paper_missing"]);
}

#[tokio::test]
async fn the_shops_word_and_a_forged_signature_are_no_payment() {
    let world = ordered().await;
    let payment = world.payment("B1", 1);
    let stranger = world.partner("payer", TENPAY).await;
    let forged = Key {
        id: world.payer.id.clone(),
        secret: stranger.secret.clone(),
    };
    for (key, status) in [(&world.shop, 403), (&forged, 401)] {
        let reply: Reply = world.post(key, "/v1/payer/payments", &payment).await;
        assert_eq!(reply.status, status, "{}", reply.body);
    }
    // An institution speaks for itself alone.
    let answer = push(&world, &stranger, &payment).await;
    assert_eq!(refusal(&answer), "platform.not_yours");
    // The shop may name a payment in its order; it is still to come.
    let mut told = world.order("B2", 1);
    told["pay_code"] = json!(crate::support::PAYER);
    told["pay_transaction_id"] = json!("TB2");
    world.post(&world.shop, "/v1/shop/orders", &told).await.ok();
    for order_no in ["B1", "B2"] {
        assert_eq!(
            waits_for(&world, order_no).await,
            ["comparison.paper_missing"]
        );
    }
}

#[tokio::test]
async fn a_payment_may_come_before_its_order_or_long_after() {
    let world = ordered().await;
    push(&world, &world.payer, &world.payment("B2", 1)).await;
    world.pass(Span::minutes(3 * 24 * 60)).await;
    order(&world, "B2").await;
    assert_eq!(world.state("B2").await, "declared");
    push(&world, &world.payer, &world.payment("B1", 1)).await;
    assert_eq!(world.state("B1").await, "declared");
}

#[tokio::test]
async fn of_two_payments_the_one_that_fits_pays_and_the_other_is_owed_back() {
    let world = ordered().await;
    let mut wrong = world.payment("B1", 1);
    wrong["pay_transaction_id"] = json!("OFF");
    wrong["amount_paid"] = json!("238.12");
    push(&world, &world.payer, &world.payment("B1", 1)).await;
    assert_eq!(world.state("B1").await, "declared");
    // The second comes late and wrong: it does not take the first one's place.
    assert_eq!(push(&world, &world.payer, &wrong).await["taken"], "new");
    assert_eq!(
        paid(&world, "B1").await,
        [
            line("OFF", "238.12", "surplus"),
            line("TB1", "238.21", "pays")
        ]
    );
    // Before the order is known, its own word decides between two that fit.
    for transaction in ["TA", "TB", "TC"] {
        let mut payment = world.payment("B2", 1);
        payment["pay_transaction_id"] = json!(transaction);
        push(&world, &world.payer, &payment).await;
    }
    let mut named = world.order("B2", 1);
    named["pay_transaction_id"] = json!("TB");
    world
        .post(&world.shop, "/v1/shop/orders", &named)
        .await
        .ok();
    assert_eq!(world.state("B2").await, "declared");
    assert!(
        paid(&world, "B2")
            .await
            .contains(&line("TB", "238.21", "pays"))
    );
}

#[tokio::test]
async fn money_given_back_in_part_no_longer_pays_until_the_order_says_the_same() {
    let world = World::open().await;
    order(&world, "B1").await;
    let [(_, trade), ..] = trades();
    notice(&world, &world.payer, &trade).await;
    let back = |number: &str, amount: &str| {
        let mut back = trade.clone();
        back["refund_fee"] = json!(amount);
        back["out_biz_no"] = json!(number);
        back
    };
    let (first, other) = (back("R1", "38.21"), back("R1", "8.21"));
    assert_eq!(notice(&world, &world.payer, &first).await["taken"], "new");
    assert_eq!(notice(&world, &world.payer, &first).await["taken"], "known");
    let differs = notice(&world, &world.payer, &other).await;
    assert_eq!(refusal(&differs), "platform.differs");
    let too_much = notice(&world, &world.payer, &back("R2", "200.01")).await;
    assert_eq!(refusal(&too_much), "platform.refund_too_much");
    assert_eq!(paid(&world, "B1").await, [line("ALI1", "200", "pays")]);
    assert!(
        waits_for(&world, "B1")
            .await
            .contains(&"comparison.amount_paid".to_owned())
    );
    // What never was paid cannot be given back.
    let mut stranger = first.clone();
    stranger["trade_no"] = json!("ALI9");
    let answer = notice(&world, &world.payer, &stranger).await;
    assert_eq!(refusal(&answer), "platform.unknown_payment");
    // All of it back is a closed trade.
    notice(&world, &world.payer, &back("R2", "200")).await;
    assert_eq!(paid(&world, "B1").await, [line("ALI1", "0", "closed")]);
}

#[tokio::test]
async fn a_closed_trade_stops_what_has_not_left_also_when_it_is_told_first() {
    let world = ordered().await;
    let [(_, alipay), (_, wechat), _] = trades();
    let mut closed = alipay.clone();
    closed["trade_status"] = json!("TRADE_CLOSED");
    // Told before the payment: what comes late under its number stands no more.
    assert_eq!(notice(&world, &world.payer, &closed).await["taken"], "new");
    assert_eq!(
        notice(&world, &world.payer, &closed).await["taken"],
        "known"
    );
    let late = notice(&world, &world.payer, &alipay).await;
    assert_eq!(refusal(&late), "platform.payment_closed");
    assert_eq!(waits_for(&world, "B1").await, ["comparison.paper_missing"]);

    // Paid otherwise it is declared and cleared; then that trade is closed as well.
    let tenpay = world.partner("payer", TENPAY).await;
    assert_eq!(notice(&world, &tenpay, &wechat).await["taken"], "new");
    let list = world.list_declared().await;
    world.receipt(&list, "800", 0).await;
    assert_eq!(world.state("B1").await, "cleared");
    let mut revoked = wechat.clone();
    revoked["trade_state"] = json!("REVOKED");
    notice(&world, &tenpay, &revoked).await;
    let held = world.progress("B1").await;
    assert_eq!(
        (&held["state"], &held["held_by"]),
        (&json!("cleared"), &json!(["supervisor"]))
    );
    assert_eq!(
        waits_for(&world, "B1").await,
        ["platform.payment_withdrawn"]
    );
    let mut bench = world.station(8).await;
    assert!(bench.sync(&world, 5, vec![]).await.grants.is_empty());
}

#[tokio::test]
async fn a_payment_changed_behind_its_list_holds_the_order_whatever_customs_says() {
    let world = ordered().await;
    push(&world, &world.payer, &world.payment("B1", 1)).await;
    let list = world.list_declared().await;
    let changed = |to: &[(&str, Value)]| {
        let mut payment = world.payment("B1", 1);
        payment["app_type"] = json!("2");
        for (field, value) in to {
            payment[*field] = value.clone();
        }
        payment
    };
    // What no comparison looks at may change at any time.
    let note = changed(&[("telephone", json!("19900000009"))]);
    assert_eq!(push(&world, &world.payer, &note).await["taken"], "changed");
    assert_eq!(world.progress("B1").await["held_by"], json!([]));
    // Somebody else has paid: the order is held, and stays held when customs releases it.
    let other = changed(&[("payer_name", json!("丙寅"))]);
    assert_eq!(push(&world, &world.payer, &other).await["taken"], "changed");
    world.receipt(&list, "800", 0).await;
    let held = world.progress("B1").await;
    assert_eq!(
        (&held["state"], &held["held_by"]),
        (&json!("cleared"), &json!(["supervisor"]))
    );
    assert_eq!(waits_for(&world, "B1").await, ["platform.payment_changed"]);
    let mut bench = world.station(8).await;
    assert!(bench.sync(&world, 5, vec![]).await.grants.is_empty());
    // Put right again it waits for the person who decides.
    let right = changed(&[]);
    assert_eq!(push(&world, &world.payer, &right).await["taken"], "changed");
    assert_eq!(world.progress("B1").await["held_by"], json!(["supervisor"]));
    let lift = json!({ "is": "lift", "by": "supervisor" });
    let decide = format!("/v1/admin/orders/{SHOP}/B1");
    world.admin("POST", &decide, &lift).await.ok();
    // Named for another order, it leaves the first one unpaid.
    order(&world, "B2").await;
    let moved = changed(&[("order_no", json!("B2"))]);
    assert_eq!(push(&world, &world.payer, &moved).await["taken"], "changed");
    assert_eq!(world.progress("B1").await["held_by"], json!(["supervisor"]));
    assert!(
        waits_for(&world, "B1")
            .await
            .contains(&"platform.payment_withdrawn".to_owned())
    );
}

#[tokio::test]
async fn by_ceb411_an_institution_takes_a_payment_back_with_app_type_3() {
    let world = World::open().await;
    world.buy("B1", 1).await;
    let mut deleted = world.payment("B1", 1);
    deleted["app_type"] = json!("3");
    assert_eq!(
        push(&world, &world.payer, &deleted).await["taken"],
        "changed"
    );
    assert_eq!(push(&world, &world.payer, &deleted).await["taken"], "known");
    assert_eq!(paid(&world, "B1").await, [line("TB1", "238.21", "closed")]);
    assert!(
        waits_for(&world, "B1")
            .await
            .contains(&"comparison.paper_missing".to_owned())
    );
}

#[tokio::test]
async fn a_statement_counts_what_went_back_once_whoever_said_so() {
    let world = ordered().await;
    let [(_, trade), ..] = trades();
    notice(&world, &world.payer, &trade).await;
    let mut back = trade.clone();
    back["refund_fee"] = json!("8.21");
    back["out_biz_no"] = json!("R1");
    notice(&world, &world.payer, &back).await;
    // The second order is cancelled, and the institution then gives all of it back.
    world.buy("B2", 1).await;
    let path = format!("/v1/shop/orders/{SHOP}/B2/cancel");
    world.post(&world.shop, &path, &Value::Null).await.ok();
    let lists = world
        .fetch()
        .await
        .into_iter()
        .filter_map(|document| match document {
            bondhouse_domain::customs::Document::DeclarationList(list) if list.order_no == "B2" => {
                Some(list.cop_no)
            }
            _ => None,
        });
    let list = lists.collect::<Vec<_>>().pop().unwrap();
    world.receipt(&list, "100", 1).await;
    assert_eq!(world.state("B2").await, "cancelled");
    let mut gone = world.payment("B2", 1);
    gone["app_type"] = json!("3");
    push(&world, &world.payer, &gone).await;

    let record = json!({
        "number": "HK1", "owner": OWNER, "from": "2026-11-22", "to": "2026-11-22", "fee": "0", "total": "230",
        "currency": "142", "yuan_per_hundred": "100", "remitted": "230",
        "lines": [
            { "transaction": "ALI1", "kind": "payment", "amount": "238.21" },
            { "transaction": "ALI1", "kind": "refund", "amount": "8.21" },
            { "transaction": "TB2", "kind": "payment", "amount": "238.21" },
            { "transaction": "TB2", "kind": "refund", "amount": "238.21" },
        ],
    });
    world
        .post(&world.payer, "/v1/payer/remittances", &record)
        .await
        .ok();
    let path = format!("/v1/admin/settlement?owner={OWNER}&from=2026-11-22&to=2026-11-22");
    let statement = world.admin("GET", &path, &Value::Null).await.ok();
    assert_eq!(statement["differences"], json!([]));
    assert_eq!(
        (
            &statement["totals"]["payments"],
            &statement["totals"]["refunds"]
        ),
        (&json!("476.42"), &json!("246.42"))
    );
}
