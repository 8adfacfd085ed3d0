//! The warehouse's few goods and names: made up, and the same in every run.

use bondhouse_domain::customs::{Order, Party, Payment};
use bondhouse_domain::feed::{Item, ItemBarcode, Location, Merchant, News};
use bondhouse_domain::ids::{
    DeviceId, ItemId, LedgerNo, LocationId, OrderKey, OwnerId, WarehouseId, WaybillKey,
};
use bondhouse_domain::labels::Sender;
use bondhouse_domain::ledger::{LedgerItem, Units};
use bondhouse_domain::quantity::{Quantity, Weight};
use bondhouse_domain::stock::{Bucket, CustomsLot, Goods, Place, Spot, StockMove};
use serde_json::json;

/// How many kinds of goods there are.
pub(super) const KINDS: u64 = 3;
const SHELF: &str = "A-01-02";
/// The carrier every parcel goes with.
pub(super) const CARRIER: &str = "330298T001";

pub(super) fn warehouse() -> WarehouseId {
    WarehouseId::new("NB01")
}

pub(super) fn device(number: usize) -> DeviceId {
    DeviceId::new(format!("P-{:02}", number.saturating_add(1)))
}

pub(super) fn order_key(number: u64) -> OrderKey {
    OrderKey {
        platform: "3105960A01".into(),
        order_no: format!("B{number}"),
    }
}

pub(super) fn waybill(order: &OrderKey) -> WaybillKey {
    WaybillKey {
        carrier: CARRIER.into(),
        waybill_no: format!("YT{}", order.order_no),
    }
}

pub(super) fn sender() -> Sender {
    let keeper = Party {
        code: "3302461B01".into(),
        credit_code: "91330201MA2B0ND01X".into(),
        name: "示例保税仓".into(),
    };
    Sender {
        name: keeper.name,
        phone: "400-000-0000".into(),
        address: "保税东区示范路 1 号".into(),
    }
}

fn item_no(kind: u64) -> String {
    (20 + kind).to_string()
}

pub(super) fn ledger_item(kind: u64) -> LedgerItem {
    LedgerItem {
        ledger: LedgerNo::new("T3105W000076"),
        item_no: item_no(kind),
    }
}

pub(super) fn goods(kind: u64) -> Goods {
    Goods {
        owner: OwnerId::new("3302960B07"),
        item: ItemId::new(format!("MILK-{kind}")),
        customs: CustomsLot {
            ledger: LedgerNo::new("T3105W000076"),
            item_no: item_no(kind),
            document_line: None,
            in_date: None,
            origin: "609".into(),
        },
        lot: Some("L26A".into()),
        expiry: None,
    }
}

pub(super) fn shelf(bucket: Bucket) -> Place {
    Place::Inside {
        spot: spot(),
        bucket,
    }
}

pub(super) fn spot() -> Spot {
    Spot::at(SHELF)
}

/// One piece of a kind, from one place to another.
pub(super) fn piece(kind: u64, from: Place, to: Place) -> StockMove {
    pieces(kind, 1, from, to)
}

pub(super) fn pieces(kind: u64, count: i64, from: Place, to: Place) -> StockMove {
    StockMove {
        goods: goods(kind),
        from,
        to,
        qty: Quantity::whole(count).unwrap_or(Quantity::ZERO),
    }
}

/// What every workstation is told before the first order.
pub(super) fn first_news() -> Vec<News> {
    let one = Quantity::whole(1).unwrap_or(Quantity::ZERO);
    let items = (0..KINDS).map(|kind| {
        News::Item(Item {
            owner: goods(kind).owner,
            item: goods(kind).item,
            name: format!("婴幼儿配方奶粉 {kind} 段"),
            barcodes: vec![ItemBarcode {
                code: format!("0942190188127{kind}"),
                holds: one,
            }],
            hs_code: "1901101000".into(),
            ledger: ledger_item(kind),
            origin: "609".into(),
            unit: "122".into(),
            per_unit: Units {
                declared: one,
                legal1: Quantity::from_units(90_000),
                legal2: Quantity::ZERO,
            },
            gross_weight: Weight::from_units(110_000),
            tracks_lot: true,
        })
    });
    let merchant = News::Merchant(Merchant {
        owner: goods(0).owner,
        name: "测试乳业".into(),
    });
    let shelf = News::Location(Location {
        location: LocationId::new(SHELF),
        kind: "shelf".into(),
    });
    [merchant].into_iter().chain(items).chain([shelf]).collect()
}

/// One piece of a kind as its shop and its payer write it. The people are made up, and one person may
/// buy all of it within the year's limit.
pub(super) fn papers(order: &OrderKey, kind: u64) -> Result<(Order, Payment), String> {
    let head = |what: &str| json!({ "guid": format!("{what}-{}", order.order_no), "app_type": "1", "app_status": "2" });
    let mut paper = head("G");
    let mut payment = head("P");
    let buyer = json!({
        "order_type": "I", "order_no": order.order_no, "ebp_code": order.platform, "ebp_name": "测试商城",
        "ebc_code": goods(kind).owner, "ebc_name": "测试乳业", "goods_value": "20", "freight": "1",
        "discount": "0", "tax_total": "1.91", "actual_paid": "22.91", "currency": "142", "buyer_reg_no": "b-1",
        "buyer_name": "甲子", "buyer_telephone": "13800000001", "buyer_id_type": "1",
        "buyer_id_number": "110101199001010010", "consignee": "乙丑", "consignee_telephone": "13800000002",
        "consignee_address": "广东省深圳市南山区测试路1号", "consignee_district": "440305",
        "lines": [{
            "gnum": 1, "item_no": goods(kind).item, "item_name": format!("婴幼儿配方奶粉 {kind} 段"),
            "bar_code": format!("0942190188127{kind}"), "unit": "122", "qty": "1", "price": "20",
            "total_price": "20", "currency": "142", "country": "609",
        }],
    });
    let paid = json!({
        "pay_code": "312226T001", "pay_name": "测试支付", "pay_transaction_id": format!("T{}", order.order_no),
        "order_no": order.order_no, "ebp_code": order.platform, "ebp_name": "测试商城", "payer_id_type": "1",
        "payer_id_number": "110101199001010010", "payer_name": "甲子", "telephone": "13800000001",
        "amount_paid": "22.91", "currency": "142",
    });
    for (into, more) in [(&mut paper, buyer), (&mut payment, paid)] {
        if let (Some(into), serde_json::Value::Object(more)) = (into.as_object_mut(), more) {
            into.extend(more);
        }
    }
    let unreadable = |error: serde_json::Error| error.to_string();
    Ok((
        serde_json::from_value(paper).map_err(unreadable)?,
        serde_json::from_value(payment).map_err(unreadable)?,
    ))
}
