//! Shops, payment institutions and the freight forwarder: who starts things.
//!
//! Functions from world and time to letters; when each is called is the day's business.

use crate::config::{Pace, Temper};
use crate::customs::{Accepted, Refusal};
use crate::dice::Dice;
use crate::letters::{Letter, Settles, What};
use crate::world::{FORWARDER, Firm, MARKETPLACE, Placed, Slip, World};
use bondhouse_domain::customs::{Document, Filing, Order};
use bondhouse_domain::quantity::Money;
use bondhouse_domain::time::Instant;
use serde_json::json;

/// The head of a request: `app_type` 1 new, 2 change.
fn filing(dice: &mut Dice, app_type: &str, at: Instant) -> Filing {
    Filing {
        guid: dice.guid(),
        app_type: app_type.to_owned(),
        app_time: Some(Instant::from_millis(at.as_millis() / 1_000 * 1_000)),
        app_status: "2".to_owned(),
    }
}

fn order_letter(
    shop: Firm,
    order: Order,
    name: String,
    due: Instant,
    settles: Settles,
) -> anyhow::Result<Letter> {
    // The marketplace speaks customs' XML, the merchant's own shop JSON: the platform takes both.
    let what = if shop == MARKETPLACE {
        What::Xml(Box::new(Document::Order(order)))
    } else {
        What::Json(serde_json::to_value(order)?)
    };
    Ok(Letter {
        due,
        from: shop.id,
        to: "/v1/shop/orders".to_owned(),
        what,
        name,
        settles,
        tries: 0,
    })
}

/// The `n`-th order goes to the platform.
pub(crate) fn place(world: &World, n: u64, at: Instant) -> anyhow::Result<Letter> {
    let Placed {
        shop, mut order, ..
    } = world.order(n);
    let mut dice = Dice::of(world.seed(), "place", n);
    order.filing = filing(&mut dice, "1", at);
    order_letter(shop, order, format!("order {n}"), at, Settles::Order(n))
}

/// How often a shop asks its buyer again before it gives up.
const CORRECTIONS: u32 = 3;

/// What a shop does when customs refused the `n`-th order: correct it, and in the end cancel it.
pub(crate) fn after_refusal(
    world: &World,
    pace: Pace,
    n: u64,
    refusal: &Refusal,
) -> anyhow::Result<Letter> {
    let mut dice = Dice::of(world.seed(), "correct", n * 100 + u64::from(refusal.times));
    let at = pace.later(refusal.at, dice.between(20_000, 60_000));
    let settles = Settles::Answer(refusal.n);
    if refusal.times > CORRECTIONS {
        return Ok(Letter {
            settles,
            ..cancellation(world, n, at)
        });
    }
    let Placed {
        shop, mut order, ..
    } = world.corrected(n, refusal.times);
    order.filing = filing(&mut dice, "2", at);
    let name = format!("order {n} corrected {}", refusal.times);
    // Customs' receipt may still be on its way; until it is there the order cannot be changed.
    let letter = order_letter(shop, order, name, at, settles)?;
    Ok(Letter {
        tries: 20,
        ..letter
    })
}

/// The buyer of the `n`-th order changes his mind, at a set rate.
pub(crate) fn cancel(
    world: &World,
    temper: Temper,
    pace: Pace,
    n: u64,
    placed_at: Instant,
) -> Option<Letter> {
    let mut dice = Dice::of(world.seed(), "cancel", n);
    if !dice.happens(temper.cancellations) {
        return None;
    }
    Some(cancellation(
        world,
        n,
        pace.later(placed_at, dice.between(30_000, 600_000)),
    ))
}

fn cancellation(world: &World, n: u64, due: Instant) -> Letter {
    let Placed { shop, order, .. } = world.order(n);
    Letter {
        due,
        from: shop.id,
        to: format!(
            "/v1/shop/orders/{}/{}/cancel",
            order.ebp_code, order.order_no
        ),
        what: What::Json(json!({})),
        name: format!("order {n} cancelled"),
        settles: Settles::Nothing,
        tries: 0,
    }
}

/// What goes wrong at institutions, each as often as the others.
const SLIPS: &[Slip] = &[
    Slip::OtherPayer,
    Slip::OtherAmount,
    Slip::InFen,
    Slip::OtherCurrency,
];

/// The institution pushes the payment of the `n`-th order: at a set rate wrong first, then right.
pub(crate) fn pay(
    world: &World,
    temper: Temper,
    pace: Pace,
    n: u64,
    placed_at: Instant,
) -> Vec<Letter> {
    let mut dice = Dice::of(world.seed(), "pay", n);
    let paid_at = pace.later(placed_at, dice.between(1_000, 15_000));
    let slip = match dice.happens(temper.wrong_payments) {
        true => dice.pick(SLIPS).copied().unwrap_or(Slip::OtherPayer),
        false => Slip::None,
    };
    let payer = world.order(n).payer;
    let mut letters = Vec::new();
    let mut push = |slip, app_type: &str, due, settles| {
        let mut payment = world.payment(n, paid_at, slip);
        payment.filing = filing(&mut dice, app_type, due);
        letters.push(Letter {
            due,
            from: payer.id,
            to: "/v1/payer/payments".to_owned(),
            what: What::Xml(Box::new(Document::Payment(payment))),
            name: format!("payment {n} {app_type}"),
            settles,
            tries: 0,
        });
    };
    if slip == Slip::None {
        push(Slip::None, "1", paid_at, Settles::Payment(n));
    } else {
        push(slip, "1", paid_at, Settles::Nothing);
        push(
            Slip::None,
            "2",
            pace.later(paid_at, 90_000),
            Settles::Payment(n),
        );
    }
    letters
}

/// The institution has second thoughts about the payment of the `n`-th order while its list is with customs:
/// somebody else has paid, it says, and takes that back later. Customs has compared by then.
pub(crate) fn doubt(
    world: &World,
    temper: Temper,
    pace: Pace,
    n: u64,
    accepted: &Accepted,
) -> Vec<Letter> {
    let about = n * 100 + u64::from(accepted.times);
    let mut dice = Dice::of(world.seed(), "doubt", about);
    if !dice.happens(temper.second_thoughts) {
        return Vec::new();
    }
    let payer = world.order(n).payer;
    [(Slip::OtherPayer, 600), (Slip::None, 90_000)]
        .into_iter()
        .map(|(slip, after)| {
            let due = pace.later(accepted.at, after);
            let mut payment = world.payment(n, due, slip);
            payment.filing = filing(&mut dice, "2", due);
            Letter {
                due,
                from: payer.id,
                to: "/v1/payer/payments".to_owned(),
                what: What::Xml(Box::new(Document::Payment(payment))),
                name: format!("payment {about} doubted {after}"),
                settles: Settles::Nothing,
                tries: 0,
            }
        })
        .collect()
}

/// The forwarder announces the `k`-th truck, and how far it is.
pub(crate) fn announce(
    world: &World,
    pace: Pace,
    k: u64,
    at: Instant,
) -> anyhow::Result<Vec<Letter>> {
    let notice = world.notice(k);
    let announced = Letter {
        due: at,
        from: FORWARDER.id,
        to: "/v1/forwarder/notices".to_owned(),
        what: What::Json(serde_json::to_value(&notice)?),
        name: format!("notice {k}"),
        settles: Settles::Notice(k),
        tries: 0,
    };
    let milestones = [
        ("departed", 500, "宁波北仑港"),
        ("arrived_at_port", 1_000, "宁波北仑港"),
        ("cleared", 3_500, "宁波北仑港"),
    ];
    let on_the_way = milestones
        .map(|(what, after, place)| milestone(&notice.notice, what, place, pace.later(at, after)));
    Ok([announced].into_iter().chain(on_the_way).collect())
}

/// One milestone of a truck.
pub(crate) fn milestone(notice: &str, what: &str, place: &str, at: Instant) -> Letter {
    Letter {
        due: at,
        from: FORWARDER.id,
        to: format!("/v1/forwarder/notices/{notice}/milestones"),
        what: What::Json(json!({ "what": what, "at": at, "place": place })),
        name: format!("notice {notice} {what}"),
        settles: Settles::Nothing,
        tries: 0,
    }
}

/// The buyer of the `n`-th order sends one piece of its first line back, at a set rate, once it is his.
pub(crate) fn give_back(
    world: &World,
    temper: Temper,
    pace: Pace,
    n: u64,
    delivered_at: Instant,
) -> Option<Letter> {
    let mut dice = Dice::of(world.seed(), "give back", n);
    if !dice.happens(temper.returns) {
        return None;
    }
    let Placed { shop, order, .. } = world.order(n);
    let line = order.lines.first()?;
    Some(Letter {
        due: pace.later(delivered_at, dice.between(20_000, 90_000)),
        from: shop.id,
        to: format!(
            "/v1/shop/orders/{}/{}/returns",
            order.ebp_code, order.order_no
        ),
        what: What::Json(json!({
            "number": format!("TH{n}"), "reason": "七天无理由退货",
            "lines": [{ "gnum": line.gnum, "qty": "1" }],
        })),
        name: format!("order {n} given back"),
        settles: Settles::Document,
        tries: 3,
    })
}

/// An institution's record of what it passed on to each merchant for the first `orders` orders of the
/// day the town was founded. At the rate of wrong payments a line of it is forgotten.
pub(crate) fn remit(
    world: &World,
    temper: Temper,
    payer: Firm,
    orders: u64,
    at: Instant,
) -> Vec<Letter> {
    let mut letters = Vec::new();
    for (owner, currency, rate) in world.currencies() {
        let (owner, rate) = (owner.as_str(), rate.units());
        let own = (0..orders)
            .map(|n| (n, world.order(n)))
            .filter(|(_, placed)| placed.payer == payer && placed.order.ebc_code == owner)
            .filter(|(n, _)| {
                !Dice::of(world.seed(), &format!("remit {}", payer.id), *n)
                    .happens(temper.wrong_payments)
            });
        let paid: Vec<(String, i64)> = own
            .map(|(_, placed)| {
                let order = placed.order;
                (order.pay_transaction_id, order.actual_paid.units())
            })
            .collect();
        if paid.is_empty() {
            continue;
        }
        let total: i64 = paid.iter().map(|(_, units)| units).sum();
        let lines: Vec<serde_json::Value> = paid
            .iter()
            .map(|(transaction, units)| {
                json!({ "transaction": transaction, "kind": "payment", "amount": Money::from_units(*units) })
            })
            .collect();
        // Units of 1e-5 on both sides; a hundredth is a thousand of them.
        let cents =
            (i128::from(total) * 10_000_000 + i128::from(rate) * 500) / (i128::from(rate) * 1_000);
        let remitted = Money::from_units(i64::try_from(cents * 1_000).unwrap_or(i64::MAX));
        let day = world.founded();
        letters.push(Letter {
            due: at,
            from: payer.id,
            to: "/v1/payer/remittances".to_owned(),
            what: What::Json(json!({
                "number": format!("HK{}{owner}", world.seed()), "owner": owner, "from": day, "to": day, "lines": lines, "fee": "0",
                "total": Money::from_units(total), "currency": currency, "yuan_per_hundred": Money::from_units(rate),
                "remitted": remitted,
            })),
            name: format!("remittance {} {owner}", payer.id),
            settles: Settles::Document,
            tries: 0,
        });
    }
    letters
}
