//! Returns: applied for by the shop, granted by customs (CEB625, 626), completed when the goods are back.
//!
//! Only when both are true does anything move: the ledger line goes up again, the goods lie in the
//! warehouse, the tax of what came back is not levied, and the buyer's year gets its share back. What
//! customs refuses, or what comes too late, stays duty-paid goods outside both books.

use crate::authority::{Act, View};
use crate::dockings::Partner;
use crate::error::{Error, Result};
use crate::messages::{self, Kept};
use crate::orders::{self, Record};
use crate::rows::{Row, by, json, values};
use crate::{books, changes, clearance, goods, guarantees, ledgers, says, taxes};
use axum::http::StatusCode;
use bondhouse_domain::clearance::{Answers, Standing, standing};
use bondhouse_domain::customs::{
    DeclarationLine, DeclarationList, Document, Receipt, Refund, RefundLine,
};
use bondhouse_domain::facts::Moves;
use bondhouse_domain::ids::{LedgerNo, OrderKey};
use bondhouse_domain::ledger::{Account, LedgerMove};
use bondhouse_domain::orders::{Change, State};
use bondhouse_domain::quantity::{Money, Quantity};
use bondhouse_domain::returns::{Granted, ReturnLaw, granted, refund};
use bondhouse_domain::stock::{Bucket, Goods, Place, QUARANTINE, RECEIVING, StockMove};
use bondhouse_domain::time::Instant;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A return as a shop asks for it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The shop's own number of it; the same again is the same return.
    pub(crate) number: String,
    /// What comes back.
    pub(crate) lines: Vec<Line>,
    /// Why, for customs.
    pub(crate) reason: String,
}

/// Some of one line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ReturnLine")]
pub(crate) struct Line {
    /// The list's line.
    pub(crate) gnum: u32,
    /// How many come back, declared unit.
    pub(crate) qty: Quantity,
}

/// What the checker found when goods came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Condition {
    /// Original, complete and fit to be sold: to be put away.
    Sellable,
    /// Not fit: to quarantine.
    Damaged,
}

/// A return as it stands.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Returned {
    pub(crate) return_no: String,
    pub(crate) number: String,
    pub(crate) platform: String,
    pub(crate) order_no: String,
    pub(crate) state: String,
    pub(crate) lines: Vec<Line>,
    /// Last day the application was possible.
    apply_by: NaiveDate,
    /// Last day the goods may be back.
    pub(crate) arrive_by: NaiveDate,
    applied_at: Instant,
    arrived_at: Option<Instant>,
    condition: Option<String>,
    /// Tax that is not levied, once completed.
    pub(crate) refund: Money,
    #[serde(skip)]
    cop_no: String,
}

impl Returned {
    fn order(&self) -> OrderKey {
        OrderKey {
            platform: self.platform.clone(),
            order_no: self.order_no.clone(),
        }
    }

    /// Whether its goods are or may still be on their way back.
    fn counts(&self) -> bool {
        !matches!(self.state.as_str(), "refused" | "late")
    }
}

const COLUMNS: &str = "return_no, number, platform, order_no, state, lines, apply_by, arrive_by, applied_at, arrived_at, condition, refund, cop_no";

fn returned(row: &Row<'_>) -> Result<Returned> {
    let day = |text: String| {
        text.parse()
            .map_err(|_| Error::broken("a day that is none"))
    };
    Ok(Returned {
        return_no: row.text(0)?,
        number: row.text(1)?,
        platform: row.text(2)?,
        order_no: row.text(3)?,
        state: row.text(4)?,
        lines: row.json(5)?,
        apply_by: day(row.text(6)?)?,
        arrive_by: day(row.text(7)?)?,
        applied_at: row.instant(8)?,
        arrived_at: row.maybe_instant(9)?,
        condition: row.maybe_text(10)?,
        refund: Money::from_units(row.int(11)?),
        cop_no: row.text(12)?,
    })
}

fn find(view: &View<'_>, return_no: &str) -> Result<Option<Returned>> {
    view.rows.one(
        &format!("SELECT {COLUMNS} FROM returns WHERE warehouse = ?1 AND return_no = ?2"),
        values![view.warehouse.as_str(), return_no],
        returned,
    )
}

/// A return by its shop's own number.
pub(crate) fn by_number(view: &View<'_>, shop: &str, number: &str) -> Result<Option<Returned>> {
    view.rows.one(
        &format!(
            "SELECT {COLUMNS} FROM returns WHERE warehouse = ?1 AND shop = ?2 AND number = ?3"
        ),
        values![view.warehouse.as_str(), shop, number],
        returned,
    )
}

/// The returns of an order, oldest first.
pub(crate) fn of_order(view: &View<'_>, key: &OrderKey) -> Result<Vec<Returned>> {
    let found = of_orders(view, &orders::named([key]))?;
    Ok(found.into_values().next().unwrap_or_default())
}

/// The returns of several orders, by order and oldest first.
pub(crate) fn of_orders(
    view: &View<'_>,
    keys: &[[&str; 2]],
) -> Result<BTreeMap<OrderKey, Vec<Returned>>> {
    let found = view.rows.among(
        &format!(
            "SELECT {COLUMNS} FROM returns WHERE warehouse = ?1 AND (platform, order_no) IN ({{keys}}) \
             ORDER BY applied_at, return_no"
        ),
        view.warehouse.as_str(),
        keys,
        |row| returned(row).map(|one| (one.order(), one)),
    )?;
    Ok(by(found))
}

/// Returns in a state, oldest first.
pub(crate) fn list(view: &View<'_>, state: Option<&str>) -> Result<Vec<Returned>> {
    view.rows.all(
        &format!("SELECT {COLUMNS} FROM returns WHERE warehouse = ?1 AND state LIKE ?2 ORDER BY applied_at, return_no LIMIT 500"),
        values![view.warehouse.as_str(), state.unwrap_or("%")],
        returned,
    )
}

/// Applies to customs for a return (CEB625); the same number again answers what became of it.
///
/// # Errors
/// A refusal when the parcel has not left, the days are over, or more comes back than went out.
pub(crate) fn apply(
    act: &Act<'_>,
    shop: &Partner,
    key: &OrderKey,
    wanted: &Wanted,
) -> Result<Returned> {
    if let Some(known) = by_number(act, &shop.id, &wanted.number)? {
        return if known.order() == *key && known.lines == wanted.lines {
            Ok(known)
        } else {
            Err(says::differs(&wanted.number).into())
        };
    }
    let order = orders::get(act, key)?;
    let left = matches!(
        order.life.state,
        State::GatedOut | State::Delivered | State::Returning
    );
    let (true, Some(cop_no)) = (left, &order.cop_no) else {
        return Err(says::not_returnable(key, order.life.state.name()).into());
    };
    let Standing::Released { at, .. } = standing(&clearance::log(act, cop_no)?) else {
        return Err(says::not_returnable(key, order.life.state.name()).into());
    };
    let (released, today) = (
        act.settings.zone.date_at(at),
        act.settings.zone.date_at(act.now),
    );
    let laws = ReturnLaw::shipped();
    let law =
        ReturnLaw::in_force(&laws, today).ok_or_else(|| Error::broken("no law is in force"))?;
    if today > law.apply_by(released) {
        return Err(says::return_too_late(key, law.apply_by(released)).into());
    }
    let list = clearance::document(act, cop_no)?;
    require_left(act, key, &list, wanted)?;
    let return_no = act.own_number("T")?;
    act.rows.change_one(
        "INSERT INTO returns (warehouse, return_no, shop, number, platform, order_no, owner, cop_no, lines, state, apply_by, arrive_by, \
         applied_at, refund, dutiable) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'applied', ?10, ?11, ?12, 0, 0)",
        values![
            act.warehouse.as_str(), &return_no, &shop.id, &wanted.number, &key.platform, &key.order_no, order.owner.as_str(), cop_no,
            json(&wanted.lines)?, law.apply_by(released).to_string(), law.arrive_by(released).to_string(), act.now,
        ],
    )?;
    let lines = wanted.lines.iter().filter_map(|line| {
        let declared = list.lines.iter().find(|known| known.gnum == line.gnum)?;
        Some(refund_line(declared, line.qty))
    });
    let document = Refund {
        lines: lines.collect(),
        head: clearance::application(act, &list, &return_no, &wanted.reason)?,
    };
    messages::send(act, &Document::Refund(document), &return_no)?;
    changes::record(act, &orders::get(act, key)?)?;
    find(act, &return_no)?.ok_or_else(|| Error::broken("a return vanished"))
}

fn refund_line(declared: &DeclarationLine, qty: Quantity) -> RefundLine {
    RefundLine {
        gnum: declared.gnum,
        gcode: declared.gcode.clone(),
        gname: declared.gname.clone(),
        qty,
        unit: declared.unit.clone(),
        ..RefundLine::default()
    }
}

/// Refuses what is no line of the list, or more of it than is still out.
fn require_left(
    view: &View<'_>,
    key: &OrderKey,
    list: &DeclarationList,
    wanted: &Wanted,
) -> Result<()> {
    let gnums: std::collections::BTreeSet<u32> =
        wanted.lines.iter().map(|line| line.gnum).collect();
    let needed = [
        ("number", wanted.number.trim().is_empty()),
        ("reason", wanted.reason.trim().is_empty()),
        (
            "lines",
            wanted.lines.is_empty() || gnums.len() != wanted.lines.len(),
        ),
        (
            "qty",
            wanted.lines.iter().any(|line| !line.qty.is_positive()),
        ),
    ];
    if let Some((field, _)) = needed.iter().find(|(_, missing)| *missing) {
        return Err(Error::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            says::incomplete(field),
        ));
    }
    let earlier = of_order(view, key)?;
    for line in &wanted.lines {
        let declared = list
            .lines
            .iter()
            .find(|known| known.gnum == line.gnum)
            .map_or(Quantity::ZERO, |known| known.qty);
        let before = qty_before(earlier.iter().filter(|known| known.counts()), line.gnum);
        let left = before.and_then(|before| declared.minus(before));
        if left.is_none_or(|left| line.qty > left) {
            return Err(says::return_too_many(line.gnum, left.unwrap_or_default()).into());
        }
    }
    Ok(())
}

fn qty_before<'a>(returns: impl Iterator<Item = &'a Returned>, gnum: u32) -> Option<Quantity> {
    Quantity::sum(
        returns
            .flat_map(|known| &known.lines)
            .filter(|line| line.gnum == gnum)
            .map(|line| line.qty),
    )
}

/// Takes in customs' answer to a return (CEB626); `false` when it answers none of ours.
pub(crate) fn receive(act: &Act<'_>, receipt: &Receipt, kept: Kept) -> Result<bool> {
    let Some(known) = find(act, &receipt.cop_no)? else {
        return Ok(false);
    };
    if !clearance::log_receipt(act, &known.return_no, Answers::Return, receipt, kept)? {
        return Ok(true);
    }
    let state = match (
        granted(&clearance::log(act, &known.return_no)?),
        known.state.as_str(),
    ) {
        (Granted::Yes, "applied" | "refused") => "accepted",
        (Granted::Yes, "arrived") => return complete(act, known).map(|()| true),
        (Granted::No, "applied" | "accepted" | "arrived") => "refused",
        _ => return Ok(true),
    };
    set_state(act, &known, state)?;
    if state == "accepted" {
        begin(act, &known.order())?;
    }
    tell(act, &known).map(|()| true)
}

/// Once everything of a parcel is to come back, the order itself is on its way back.
fn begin(act: &Act<'_>, key: &OrderKey) -> Result<()> {
    let order = orders::get(act, key)?;
    let out = matches!(order.life.state, State::GatedOut | State::Delivered);
    if out && everything(act, &order, &["accepted", "arrived", "completed"])? {
        orders::change(act, key, Change::BeginReturn)?;
    }
    Ok(())
}

/// Whether returns in these states take back all that the list declared.
fn everything(view: &View<'_>, order: &Record, states: &[&str]) -> Result<bool> {
    let Some(cop_no) = &order.cop_no else {
        return Ok(false);
    };
    let list = clearance::document(view, cop_no)?;
    let returns = of_order(view, &order.life.key)?;
    Ok(list.lines.iter().all(|line| {
        let back = returns
            .iter()
            .filter(|known| states.contains(&known.state.as_str()));
        qty_before(back, line.gnum) == Some(line.qty)
    }))
}

/// The goods of a return are at the warehouse: looked at, and in this condition.
///
/// # Errors
/// A refusal when nobody knows the return, or it has ended.
pub(crate) fn arrive(act: &Act<'_>, return_no: &str, condition: Condition) -> Result<Returned> {
    let known = find(act, return_no)?.ok_or_else(|| unknown(return_no))?;
    let open = matches!(known.state.as_str(), "applied" | "accepted");
    if !open || known.arrived_at.is_some() {
        return Err(says::return_over(return_no, &known.state).into());
    }
    act.rows.change_one(
        "UPDATE returns SET arrived_at = ?3, condition = ?4 WHERE warehouse = ?1 AND return_no = ?2",
        values![act.warehouse.as_str(), return_no, act.now, crate::rows::name_of(&condition)?],
    )?;
    let in_time = act.settings.zone.date_at(act.now) <= known.arrive_by;
    let accepted = known.state == "accepted";
    let arrived = find(act, return_no)?.ok_or_else(|| unknown(return_no))?;
    match (in_time, accepted) {
        (false, _) => set_state(act, &arrived, "late")?,
        (true, false) => set_state(act, &arrived, "arrived")?,
        (true, true) => complete(act, arrived)?,
    }
    let now = find(act, return_no)?.ok_or_else(|| unknown(return_no))?;
    tell(act, &now)?;
    Ok(now)
}

/// Nobody knows this return.
pub(crate) fn unknown(number: &str) -> Error {
    Error::refused(StatusCode::NOT_FOUND, says::unknown_return(number))
}

fn set_state(act: &Act<'_>, known: &Returned, state: &str) -> Result<()> {
    act.rows.change_one(
        "UPDATE returns SET state = ?3 WHERE warehouse = ?1 AND return_no = ?2",
        values![act.warehouse.as_str(), &known.return_no, state],
    )
}

/// The shop hears of it with the next change of its order.
fn tell(act: &Act<'_>, known: &Returned) -> Result<()> {
    changes::record(act, &orders::get(act, &known.order())?)
}

/// Granted and back: both books take the goods in again, and the tax of them is not levied.
fn complete(act: &Act<'_>, known: Returned) -> Result<()> {
    let order = orders::get(act, &known.order())?;
    let list = clearance::document(act, &known.cop_no)?;
    let damaged = known.condition.as_deref() == Some("damaged");
    let place = if damaged {
        Place::inside(QUARANTINE, Bucket::Blocked)
    } else {
        Place::inside(RECEIVING, Bucket::Available)
    };
    let completed: Vec<Returned> = of_order(act, &known.order())?
        .into_iter()
        .filter(|other| other.state == "completed")
        .collect();
    let ledger = LedgerNo::new(&list.ems_no);
    let mut moves = Moves::default();
    for line in &known.lines {
        let Some(declared) = list.lines.iter().find(|of| of.gnum == line.gnum) else {
            continue;
        };
        let item = goods::required(act, &order.owner, &declared.item_no)?;
        moves.ledger.push(LedgerMove {
            units: item
                .units(line.qty)
                .ok_or_else(|| says::bad_item(&declared.item_no))?,
            // Back on the line it was declared from, not on the one its item has now.
            item: ledgers::by_number(act, &ledger, &declared.item_record_no)?,
            from: Account::Left,
            to: Account::Booked,
            document: known.return_no.clone(),
        });
        let before = qty_before(completed.iter(), line.gnum).unwrap_or_default();
        for (goods, qty) in lots(&order, line, before) {
            moves.stock.push(StockMove {
                goods,
                from: Place::Outbound,
                to: place.clone(),
                qty,
            });
        }
    }
    let (back, dutiable) = shares(act, &order, &list, &completed, &known)?;
    books::must_move(act, moves, &known.return_no)?;
    act.rows.change_one(
        "UPDATE returns SET state = 'completed', refund = ?3, dutiable = ?4, completed_at = ?5 WHERE warehouse = ?1 AND return_no = ?2",
        values![act.warehouse.as_str(), &known.return_no, back.units(), dutiable.units(), act.now],
    )?;
    begin(act, &known.order())?;
    let order = orders::get(act, &known.order())?;
    let whole = order.life.state == State::Returning && everything(act, &order, &["completed"])?;
    if whole {
        orders::change(act, &known.order(), Change::FinishReturn)?;
    }
    guarantees::change(act, &known.cop_no, |draw| {
        let draw = draw.returned(dutiable, back)?;
        Some(if whole { draw.undone() } else { draw })
    })?;
    orders::conditions_changed(act)
}

/// Tax and price that a return gives back, after what earlier ones of the list gave.
fn shares(
    view: &View<'_>,
    order: &Record,
    list: &DeclarationList,
    earlier: &[Returned],
    known: &Returned,
) -> Result<(Money, Money)> {
    let too_large = || Error::broken("a refund too large to count");
    let (mut back, mut dutiable) = (Money::ZERO, Money::ZERO);
    for line in &known.lines {
        let Some(declared) = list.lines.iter().find(|of| of.gnum == line.gnum) else {
            continue;
        };
        let tax = taxes::of_line(view, list, list_no(order), line.gnum)?;
        // What earlier returns of the line took is what their shares came to, one after the other.
        let mut share = Earlier::default();
        for other in earlier.iter().chain([known]) {
            for same in other.lines.iter().filter(|same| same.gnum == line.gnum) {
                share.add(tax, declared, same.qty).ok_or_else(too_large)?;
            }
        }
        back = back.plus(share.last_tax).ok_or_else(too_large)?;
        dutiable = dutiable.plus(share.last_value).ok_or_else(too_large)?;
    }
    Ok((back, dutiable))
}

/// Reckons again what the completed returns of a list give back: customs' bill may come, or be written
/// anew, after the goods.
pub(crate) fn reckon_again(act: &Act<'_>, cop_no: &str) -> Result<()> {
    let completed = act.rows.all(
        &format!(
            "SELECT {COLUMNS} FROM returns WHERE warehouse = ?1 AND cop_no = ?2 AND state = 'completed' ORDER BY completed_at, return_no"
        ),
        values![act.warehouse.as_str(), cop_no],
        returned,
    )?;
    let Some(first) = completed.first() else {
        return Ok(());
    };
    let order = orders::get(act, &first.order())?;
    let list = clearance::document(act, cop_no)?;
    let mut earlier = Vec::new();
    for known in completed {
        let (back, _) = shares(act, &order, &list, &earlier, &known)?;
        if back != known.refund {
            act.rows.change_one(
                "UPDATE returns SET refund = ?3 WHERE warehouse = ?1 AND return_no = ?2",
                values![act.warehouse.as_str(), &known.return_no, back.units()],
            )?;
            tell(act, &known)?;
        }
        earlier.push(known);
    }
    Ok(())
}

fn list_no(order: &Record) -> &str {
    order.declaration_no.as_deref().unwrap_or_default()
}

/// The shares that returns of one line take, one after the other.
#[derive(Default)]
struct Earlier {
    qty: Quantity,
    tax: Money,
    value: Money,
    last_tax: Money,
    last_value: Money,
}

impl Earlier {
    fn add(&mut self, tax: Money, declared: &DeclarationLine, qty: Quantity) -> Option<()> {
        self.last_tax = refund(tax, declared.qty, self.qty, self.tax, qty)?;
        self.last_value = refund(
            declared.total_price,
            declared.qty,
            self.qty,
            self.value,
            qty,
        )?;
        self.tax = self.tax.plus(self.last_tax)?;
        self.value = self.value.plus(self.last_value)?;
        self.qty = self.qty.plus(qty)?;
        Some(())
    }
}

/// The lots that the parcel took out of a line, as far as this return brings them back: in the order
/// they were packed, after what earlier returns brought.
fn lots(order: &Record, line: &Line, before: Quantity) -> Vec<(Goods, Quantity)> {
    let (mut skip, mut want, mut lots) = (before, line.qty, Vec::new());
    let packed = order.parcel.iter().flatten();
    for part in packed.filter(|part| part.gnum == line.gnum) {
        let skipped = skip.min(part.qty);
        skip = skip.minus(skipped).unwrap_or_default();
        let here = part.qty.minus(skipped).unwrap_or_default().min(want);
        want = want.minus(here).unwrap_or_default();
        if here.is_positive() {
            lots.push((part.goods.clone(), here));
        }
    }
    lots
}

/// Ends returns whose goods did not come back in time.
pub(crate) fn expire(act: &Act<'_>) -> Result<()> {
    let today = act.settings.zone.date_at(act.now).to_string();
    let over = act.rows.all(
        &format!(
            "SELECT {COLUMNS} FROM returns WHERE warehouse = ?1 AND state IN ('applied', 'accepted') AND arrive_by < ?2 ORDER BY applied_at LIMIT 100"
        ),
        values![act.warehouse.as_str(), today],
        returned,
    )?;
    for known in over {
        set_state(act, &known, "late")?;
        tell(act, &known)?;
    }
    Ok(())
}
