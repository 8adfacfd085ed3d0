//! The warehouse authority: how far tax is covered and by which law, on which lines of the ledger goods
//! stand, and what customs is told of book and shelves.

use crate::support::customs::{list_no, tax_bill};
use crate::support::gate::{at_the_gate, cancel, packed};
use crate::support::station::order_of;
use crate::support::{LEDGER, MILK, OWNER, SHOP, World};
use bondhouse_domain::customs::{
    BondedNoteState, CommonResponse, DeclarationList, Document, LedgerBooking, LedgerItem,
    TaxBillStatus,
};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::time::{Instant, Span};
use serde_json::{Value, json};

const NINGBO: &str = "L9013B19A008";
const CREAM: &str = "AD9421902960062";

async fn guarantee(world: &World) -> (Value, Value) {
    let all = world
        .admin("GET", "/v1/admin/guarantees", &Value::Null)
        .await
        .ok();
    (all[0]["drawn"].clone(), all[0]["left"].clone())
}

async fn guaranteed(world: &World, amount: &str) {
    let set = json!([{ "owner": OWNER, "amount": amount }]);
    let changed = world.admin("POST", "/v1/admin/guarantees", &set).await.ok();
    assert_eq!(changed["changed"], 1);
}

fn waits_for(progress: &Value) -> &str {
    progress["waits_for"][0]["code"].as_str().unwrap_or("")
}

/// The difference with this code beside an order.
fn difference(progress: &Value, code: &str) -> Value {
    let all = progress["differences"].as_array().unwrap().iter();
    let mut found = all.filter(|finding| finding["message"]["code"] == code);
    found.next().unwrap().clone()
}

fn bill(list: &str, vat: &str, at: Instant) -> Document {
    tax_bill(list, 1, vat, &[(1, vat)], at)
}

fn word(list: &str, status: &str, duty: &str, at: Instant) -> TaxBillStatus {
    TaxBillStatus {
        guid: format!("TAX-{list}-{status}"),
        invt_no: list_no(list),
        tax_no: format!("{}_1", list_no(list)),
        status: status.into(),
        ent_duty_no: duty.into(),
        return_time: Some(at),
        ..TaxBillStatus::default()
    }
}

/// The one list in what was fetched.
async fn declared(world: &World) -> DeclarationList {
    let lists: Vec<DeclarationList> = world
        .fetch()
        .await
        .into_iter()
        .filter_map(|document| match document {
            Document::DeclarationList(list) => Some(list),
            _ => None,
        })
        .collect();
    assert_eq!(lists.len(), 1, "one list is out");
    lists[0].clone()
}

#[tokio::test]
async fn a_merchants_lists_draw_on_its_guarantee_until_customs_lets_them_go() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    guaranteed(&world, "60").await;
    // Each order withheld 28.21: two fit, the third waits, and is told by how much.
    world.buy("B1", 1).await;
    let first = world.list_declared().await;
    world.buy("B2", 1).await;
    let second = world.list_declared().await;
    world.buy("B3", 1).await;
    assert_eq!(guarantee(&world).await, (json!("56.42"), json!("3.58")));
    let waiting = world.progress("B3").await;
    assert_eq!(
        (&waiting["state"], waits_for(&waiting)),
        (&json!("received"), "comparison.guarantee")
    );
    let finding = difference(&waiting, "comparison.guarantee");
    assert_eq!(
        (
            &finding["left"]["value"],
            &finding["right"]["value"],
            &finding["fixer"],
            &finding["customs_code"]
        ),
        (
            &json!("3.58"),
            &json!("28.21"),
            &json!("guarantor"),
            &json!("1311")
        )
    );
    // A refused list draws nothing; what waited goes on.
    world.receipt(&first, "100", 1).await;
    assert_eq!(world.state("B3").await, "declared");
    let third = world.list_declared().await;
    assert_eq!(guarantee(&world).await.0, "56.42");
    // One that is cancelled draws until customs has let it go.
    world.receipt(&third, "800", 1).await;
    assert_eq!(cancel(&world, "B3").await["answer"], "cancelled");
    assert_eq!(guarantee(&world).await.0, "56.42");
    world
        .receipt_of(
            bondhouse_domain::customs::MessageKind::Ceb624,
            &third,
            "399",
            world.clock.now(),
        )
        .await;
    assert_eq!(guarantee(&world).await.0, "28.21");
    // Customs' own figure takes the estimate's place; being summed up frees nothing, being paid does.
    world.receipt(&second, "800", 1).await;
    let now = world.clock.now();
    world.deliver(bill(&second, "30", now)).await;
    assert_eq!(guarantee(&world).await.0, "30");
    let later = now.plus(Span::minutes(1));
    world
        .deliver(Document::TaxBillStatus(word(&second, "2", "HZ-1", later)))
        .await;
    assert_eq!(guarantee(&world).await.0, "30");
    let paid = |duty: &str| format!("/v1/admin/duties/{duty}/paid");
    let refused = world.admin("POST", &paid("HZ-9"), &Value::Null).await;
    assert_eq!(
        (refused.status, refused.code()),
        (404, "platform.unknown_duty")
    );
    for bills in [1, 0] {
        let settled = world.admin("POST", &paid("HZ-1"), &Value::Null).await.ok();
        assert_eq!(settled["bills"], bills, "said again it changes nothing");
    }
    assert_eq!(guarantee(&world).await, (json!("0"), json!("60")));
    // A merchant sees its own, another none.
    let own = world.partner("merchant", OWNER).await;
    assert_eq!(
        world.get(&own, "/v1/merchant/guarantee").await.ok()[0]["left"],
        "60"
    );
    let rival = world.partner("merchant", "3301160R01").await;
    assert_eq!(
        world.get(&rival, "/v1/merchant/guarantee").await.ok(),
        json!([])
    );
    let config = world.config.clone();
    world.platform.stop().await.unwrap();
    let findings = crate::support::engine::examine(&config).await;
    assert_eq!(findings.wrong, Vec::<String>::new());
}

#[tokio::test]
async fn customs_bill_takes_over_from_our_reckoning_and_the_difference_is_shown() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    let merchant = world.partner("merchant", OWNER).await;
    let items = world.master_data(&json!({ "rates": { "vat": "0.13" } }));
    world.admin("POST", "/v1/admin/items", &items).await.ok();
    world.stock_up(&mut bench, 10).await;
    world.buy("B1", 1).await;
    let list = world.list_declared().await;
    // 210 at 70 per cent of 13; the shop took 28.21 from its buyer.
    let shown = world.progress("B1").await;
    assert_eq!(
        (
            &shown["tax"]["withheld"],
            &shown["tax"]["due"]["by"],
            &shown["tax"]["due"]["total"],
            &shown["tax"]["to_pay"]
        ),
        (
            &json!("28.21"),
            &json!("estimate"),
            &json!("19.11"),
            &json!("-9.1")
        )
    );
    let doubt = difference(&shown, "comparison.tax_total");
    assert_eq!(doubt["severity"], "doubtful");
    // The word that the bill is void comes before the bill, and a later bill before both.
    world.receipt(&list, "800", 1).await;
    let now = world.clock.now();
    let at = |minutes| now.plus(Span::minutes(minutes));
    world
        .deliver(Document::TaxBillStatus(word(&list, "3", "", at(2))))
        .await;
    world.deliver(bill(&list, "19", at(1))).await;
    assert_eq!(world.progress("B1").await["tax"]["due"]["total"], "0");
    world.deliver(bill(&list, "20", at(3))).await;
    let seen = world
        .get(&merchant, "/v1/merchant/enquiry?number=B1")
        .await
        .ok();
    let tax = &seen["orders"][0]["tax"];
    assert_eq!(
        (
            &tax["due"]["by"],
            &tax["due"]["total"],
            &tax["due"]["differences"][0]
        ),
        (
            &json!("customs"),
            &json!("20"),
            &json!({ "kind": "vat", "line": null, "estimated": "19.11", "billed": "20" })
        )
    );
    assert_eq!(tax["due"]["differences"][1]["line"], 1);
}

#[tokio::test]
async fn an_order_over_its_buyers_year_waits_and_goes_on_in_the_next() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 200).await;
    for order_no in ["B1", "B2", "B3", "B4", "B5", "B6"] {
        world.buy(order_no, 24).await;
    }
    let waiting = world.progress("B6").await;
    assert_eq!(
        (&waiting["state"], waits_for(&waiting)),
        (&json!("received"), "comparison.annual_limit")
    );
    let over = difference(&waiting, "comparison.annual_limit");
    // Five orders of 4,810 leave 1,950.
    assert_eq!(
        (
            &over["left"]["value"],
            &over["right"]["value"],
            &over["fixer"],
            &over["customs_code"]
        ),
        (
            &json!("1950"),
            &json!("4810"),
            &json!("buyer"),
            &json!("1313")
        )
    );
    // Forty days on is the first of January.
    world.pass(Span::minutes(40 * 24 * 60)).await;
    assert_eq!(world.state("B6").await, "declared");
}

#[tokio::test]
async fn an_order_is_judged_by_the_law_of_its_day_and_may_be_judged_by_any() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 60).await;
    world.buy("B1", 2).await;
    world.buy("B2", 30).await;
    let code = |progress: &Value| waits_for(progress).to_owned();
    assert_eq!(
        code(&world.progress("B2").await),
        "comparison.transaction_limit"
    );
    let laws = world
        .admin("GET", "/v1/admin/laws", &Value::Null)
        .await
        .ok();
    let mut law = laws.as_array().unwrap().last().unwrap().clone();
    law["per_transaction"] = "7000".into();
    law["basis"] = "示例公告2026年第1号".into();
    law["since"] = "2026-11-22".into();
    let late = world.admin("POST", "/v1/admin/laws", &json!([law])).await;
    assert_eq!(
        (late.status, late.code()),
        (409, "platform.law_of_the_past")
    );
    law["since"] = "2026-12-01".into();
    // A rule that nobody has would be read as if it were not there.
    let mut misspelt = law.clone();
    misspelt["comparison"]["rules"] = json!({ "transaction_limits": "off" });
    let misspelt = world
        .admin("POST", "/v1/admin/laws", &json!([misspelt]))
        .await;
    assert_eq!(
        (misspelt.status, misspelt.code()),
        (422, "platform.incomplete")
    );
    for changed in [1, 0] {
        let entered = world
            .admin("POST", "/v1/admin/laws", &json!([law]))
            .await
            .ok();
        assert_eq!(entered["changed"], changed);
    }
    let judged = async |order_no: &str, on: &str| {
        let path = format!("/v1/admin/orders/{SHOP}/{order_no}/comparison{on}");
        let judged = world.admin("GET", &path, &Value::Null).await.ok();
        let stops: Vec<String> = judged["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["severity"] == "stops")
            .map(|finding| finding["message"]["code"].as_str().unwrap().to_owned())
            .collect();
        (judged["since"].as_str().unwrap().to_owned(), stops)
    };
    let limit = vec!["comparison.transaction_limit".to_owned()];
    let (old, new) = ("2019-01-01".to_owned(), "2026-12-01".to_owned());
    assert_eq!(judged("B2", "").await, (old.clone(), limit.clone()));
    assert_eq!(judged("B2", "?on=2026-12-01").await, (new.clone(), vec![]));
    // The day comes: what waited for it goes on, and what was declared before stays what it was.
    world.pass(Span::minutes(9 * 24 * 60)).await;
    assert_eq!(world.state("B2").await, "declared");
    assert_eq!(judged("B2", "").await, (new, vec![]));
    assert_eq!(judged("B2", "?on=2026-11-30").await, (old.clone(), limit));
    assert_eq!(judged("B1", "").await.0, old);
}

/// Customs booked an arrival: the number of its line, and what else it says of it.
async fn booked(world: &World, n: u32, told: LedgerItem) {
    world
        .deliver(Document::LedgerBooking(LedgerBooking {
            state: BondedNoteState {
                note_no: format!("QD310526I{n:09}"),
                ledger_no: told.ledger_no.clone(),
                ..BondedNoteState::default()
            },
            items: vec![told],
            ..LedgerBooking::default()
        }))
        .await;
}

fn line(n: u32, number: &str, execution: &str) -> LedgerItem {
    LedgerItem {
        ledger_no: NINGBO.into(),
        ledger_item_no: number.into(),
        item_no: CREAM.into(),
        unit: "122".into(),
        note_no: format!("QD310526I{n:09}"),
        note_line_no: "1".into(),
        execution_mark: execution.into(),
        ..LedgerItem::default()
    }
}

async fn buy_cream(world: &World, order_no: &str, jars: u32) {
    let mut order = world.order(order_no, jars);
    order["lines"][0]["item_no"] = CREAM.into();
    world
        .post(&world.shop, "/v1/shop/orders", &order)
        .await
        .ok();
    world
        .post(
            &world.payer,
            "/v1/payer/payments",
            &world.payment(order_no, jars),
        )
        .await
        .ok();
}

#[tokio::test]
async fn in_a_ledger_that_does_not_add_up_each_arrival_has_its_line_and_the_oldest_that_holds_enough_goes_first()
 {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    let mode = |booking: &str| json!([{ "ledger": NINGBO, "booking": booking }]);
    let set = world
        .admin("POST", "/v1/admin/ledgers", &mode("non_cumulative"))
        .await
        .ok();
    assert_eq!(set["changed"], 1);
    let items = world.master_data(
        &json!({ "item": CREAM, "ledger": { "ledger": NINGBO, "item_no": "" }, "barcodes": [{ "code": "09421902960062", "holds": "1" }] }),
    );
    world.admin("POST", "/v1/admin/items", &items).await.ok();

    // Four jars come; customs numbers their line only after they were counted.
    world.arrive(&mut bench, 1, CREAM, 4).await;
    let fixed = world
        .admin("POST", "/v1/admin/ledgers", &mode("cumulative"))
        .await;
    assert_eq!((fixed.status, fixed.code()), (409, "ledger.booking_stands"));
    buy_cream(&world, "B1", 3).await;
    assert_eq!(waits_for(&world.progress("B1").await), "ledger.unnumbered");
    booked(&world, 1, line(1, "2255", "1")).await;
    assert_eq!(world.state("B1").await, "declared");
    let list = declared(&world).await;
    assert_eq!(
        (list.ems_no.as_str(), list.lines[0].item_record_no.as_str()),
        (NINGBO, "2255")
    );

    // Ten more a day later. Two no longer fit on the old line, one does.
    world.pass(Span::minutes(24 * 60)).await;
    world.arrive(&mut bench, 2, CREAM, 10).await;
    booked(&world, 2, line(2, "2256", "1")).await;
    world.fetch().await;
    buy_cream(&world, "B2", 2).await;
    let younger = declared(&world).await;
    assert_eq!(younger.lines[0].item_record_no, "2256");
    buy_cream(&world, "B3", 1).await;
    let oldest = declared(&world).await;
    assert_eq!(oldest.lines[0].item_record_no, "2255");
    buy_cream(&world, "B4", 9).await;
    assert_eq!(
        waits_for(&world.progress("B4").await),
        "ledger.no_line_holds",
        "eight are left on one line, none on the other"
    );

    // What is granted is of the line that was declared.
    world.receipt(&younger.cop_no, "800", 1).await;
    bench.sync(&world, 5, vec![]).await;
    let lease = bench.leases[0].clone();
    let goods = &order_of(&lease).lines[0].goods.customs;
    assert_eq!(goods.document_line.as_deref(), Some("QD310526I000000002/1"));
    assert_eq!(goods.ledger.as_str(), NINGBO);
    // Customs suspends the line: nothing more is declared from it.
    booked(&world, 2, line(2, "2256", "4")).await;
    buy_cream(&world, "B5", 5).await;
    assert_eq!(waits_for(&world.progress("B5").await), "ledger.suspended");
    booked(&world, 2, line(2, "2256", "1")).await;
    assert_eq!(world.state("B5").await, "declared");

    let config = world.config.clone();
    world.platform.stop().await.unwrap();
    let findings = crate::support::engine::examine(&config).await;
    assert_eq!(findings.wrong, Vec::<String>::new());
}

#[tokio::test]
async fn what_leaves_from_a_line_of_its_own_is_debited_and_written_off_there() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    let mode = json!([{ "ledger": NINGBO, "booking": "non_cumulative" }]);
    world.admin("POST", "/v1/admin/ledgers", &mode).await.ok();
    let items =
        world.master_data(&json!({ "item": CREAM, "ledger": { "ledger": NINGBO, "item_no": "" } }));
    world.admin("POST", "/v1/admin/items", &items).await.ok();
    world.arrive(&mut bench, 1, CREAM, 4).await;
    booked(&world, 1, line(1, "2255", "1")).await;
    buy_cream(&world, "B1", 3).await;
    let list = declared(&world).await;
    world.receipt(&list.cop_no, "800", 0).await;
    crate::support::gate::gone(&world, &mut bench, "B1").await;
    assert_eq!(world.state("B1").await, "gated_out");
    let ledger = world
        .admin("GET", "/v1/admin/ledger", &Value::Null)
        .await
        .ok();
    let held = |account: &str| {
        let lines = ledger.as_array().unwrap().iter();
        let of = lines.filter(|line| line["number"] == "2255" && line["account"] == account);
        of.map(|line| line["declared"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (held("left"), held("booked")),
        (vec!["3".into()], vec!["1".into()])
    );
}

#[tokio::test]
async fn a_reconciliation_names_where_customs_book_and_shelves_differ_and_goes_to_customs() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    world.buy("B1", 2).await;
    world.fetch().await;
    let qty = |count: i64| Some(Quantity::whole(count).unwrap());
    // Customs counted nine in, agrees on what is claimed, has another tariff code, and a line nobody opened.
    let told = LedgerItem {
        ledger_no: LEDGER.into(),
        ledger_item_no: "36".into(),
        item_no: MILK.into(),
        hs_code: "1901109000".into(),
        unit: "122".into(),
        actual_in: qty(9),
        actual_out: qty(0),
        pre_out: qty(2),
        execution_mark: "1".into(),
        ..LedgerItem::default()
    };
    booked(&world, 1, told.clone()).await;
    let stranger = LedgerItem {
        ledger_item_no: "99".into(),
        item_no: "NOBODYS".into(),
        ..told.clone()
    };
    booked(&world, 7, stranger).await;
    // Our book goes on moving meanwhile; that is no difference.
    world.buy("B2", 1).await;
    world.fetch().await;
    let path = |from: &str, to: &str, kind: &str| {
        format!("/v1/admin/reconciliation?ledger={LEDGER}&from={from}&to={to}&as={kind}")
    };
    let asked = path("2026-11-01", "2026-11-22", "json");
    let report = world.admin("GET", &asked, &Value::Null).await.ok();
    let item = &report["lines"][0];
    assert_eq!(
        (
            &item["ledger_item_no"],
            &item["in_qty"],
            &item["expected_qty"],
            &item["actual_qty"],
            &item["difference_qty"]
        ),
        (
            &json!("36"),
            &json!("10"),
            &json!("10"),
            &json!("10"),
            &json!("0")
        )
    );
    let named: Vec<String> = item["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| {
            let params = &message["params"];
            let about = ["figure", "field"]
                .into_iter()
                .find_map(|name| params[name].as_str());
            format!(
                "{} {} {} {}",
                message["code"].as_str().unwrap(),
                about.unwrap_or(""),
                params["ours"].as_str().unwrap(),
                params["customs"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        named,
        [
            "ledger.line_differs gdecd 1901101000 1901109000",
            "ledger.figure_differs actlIncQty 10 9",
        ]
    );
    assert_eq!(
        (&report["agrees"], &report["beside"][0]["params"]["number"]),
        (&json!(false), &json!("99"))
    );

    // As a file for people and as one for customs.
    let csv = world
        .admin(
            "GET",
            &path("2026-11-01", "2026-11-22", "csv"),
            &Value::Null,
        )
        .await;
    let csv = csv.body.as_str().unwrap().to_owned();
    assert!(
        csv.contains("36,36,AD9421902960055") && csv.contains("ledger.line_unknown"),
        "{csv}"
    );
    let xml = world
        .admin(
            "GET",
            &path("2026-11-01", "2026-11-22", "xml"),
            &Value::Null,
        )
        .await;
    let read = bondhouse_customs::read(
        xml.body.as_str().unwrap().as_bytes(),
        bondhouse_customs::Reading::default(),
    )
    .unwrap();
    assert_eq!(read.kind.as_str(), "EMS121");

    // Customs corrects itself: the book and it agree again. A day later all of it is opening balance.
    let corrected = LedgerItem {
        actual_in: qty(10),
        pre_out: qty(3),
        hs_code: "1901101000".into(),
        ..told
    };
    booked(&world, 1, corrected).await;
    let later = path("2026-11-23", "2026-11-23", "json");
    let report = world.admin("GET", &later, &Value::Null).await.ok();
    let item = &report["lines"][0];
    assert_eq!(
        (&item["opening_qty"], &item["in_qty"], &item["differences"]),
        (&json!("10"), &json!("0"), &json!([]))
    );

    let wanted = json!({ "ledger": LEDGER, "from": "2026-11-01", "to": "2026-11-22" });
    let sent = world
        .admin("POST", "/v1/admin/reconciliation", &wanted)
        .await
        .ok();
    match world.fetch().await.as_slice() {
        [Document::Reconciliation(out)] => {
            assert_eq!(
                (json!(out.own_no), out.round.as_str(), out.lines.len()),
                (sent["own_no"].clone(), "1", 1)
            );
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_result_customs_may_give_a_note_does_what_the_table_says() {
    let world = World::open().await;
    let mut bench = world.station(7).await;
    world.stock_up(&mut bench, 10).await;
    let figures = async || (world.booked("pre_out").await, world.booked("debited").await);
    let is = |pre_out: &str, debited: &str| (pre_out.to_owned(), debited.to_owned());
    world.cleared("B1", 1).await;
    packed(&world, &mut bench, "B1").await;
    // To manual review, stored, pre-debited: an outbound note is not booked by any of these.
    let request = |own: &str| own.to_owned();
    let vehicle = "浙B99999".to_owned();
    let ask = bondhouse_protocol::wire::Ask::RequestPass { vehicle };
    assert_eq!(bench.ask(&world, ask.clone()).await, None);
    let note = match world.fetch().await.as_slice() {
        [Document::BondedNote(note)] => note.own_no.clone(),
        other => panic!("{other:?}"),
    };
    for result in ["2", "Y", "4"] {
        world.about_note(&note, result, "QD310526E000000001").await;
        assert_eq!(figures().await, is("1", "0"), "{result}");
        assert_eq!(world.state("B1").await, "bundled");
    }
    // Approved, once, however often it is said.
    for result in ["5", "1", "5", "3"] {
        world.about_note(&note, result, "QD310526E000000001").await;
        assert_eq!(figures().await, is("0", "1"), "{result}");
    }
    // Returned, not to be stored, or refused by the port before customs saw it: the parcel is free for
    // another note.
    world.fetch().await;
    world.cleared("B2", 2).await;
    packed(&world, &mut bench, "B2").await;
    for result in ["3", "Z", "DealFlag -1"] {
        assert_eq!(bench.ask(&world, ask.clone()).await, None);
        let note = match world.fetch().await.as_slice() {
            [.., Document::BondedNote(note)] => request(&note.own_no),
            other => panic!("{other:?}"),
        };
        match result.strip_prefix("DealFlag ") {
            None => world.about_note(&note, result, "QD310526E000000002").await,
            Some(flag) => {
                let response = CommonResponse {
                    own_no: note,
                    deal_flag: flag.into(),
                    check_info: "企业内部编号重复".into(),
                    ..CommonResponse::default()
                };
                world.deliver(Document::CommonResponse(response)).await;
            }
        }
        assert_eq!(world.state("B2").await, "released", "{result}");
        assert_eq!(figures().await, is("2", "1"), "{result}");
    }
    let pass = at_the_gate(&world, &mut bench).await;
    assert_eq!(pass.as_str(), crate::support::gate::PASS);
    assert_eq!(figures().await, is("0", "3"));
}
