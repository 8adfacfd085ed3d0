//! Remittance: an institution's record of what it passed on to a merchant, and the statement beside it.
//!
//! The statement is made of our own documents alone (payments, cancellations, completed returns, tax
//! bills); the institution's record is kept as it came and laid beside it by `domain::settlement`.

use crate::authority::{Act, View};
use crate::dockings::Partner;
use crate::error::{Error, Result};
use crate::goods;
use crate::orders::Taken;
use crate::payments;
use crate::rows::{json, values};
use crate::says;
use axum::http::StatusCode;
use bondhouse_domain::ids::{OrderKey, OwnerId};
use bondhouse_domain::message::Message;
use bondhouse_domain::quantity::Money;
use bondhouse_domain::settlement::{self, LineKey, LineKind, Matched, in_currency, reconcile};
use bondhouse_domain::time::{Instant, Span};
use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Yuan, customs' code.
const YUAN: &str = "142";

/// A record as an institution sends it. Amounts are yuan except `remitted`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Remittance {
    /// The institution's number of it.
    pub(crate) number: String,
    owner: OwnerId,
    from: NaiveDate,
    to: NaiveDate,
    lines: Vec<Line>,
    /// What the institution kept for itself.
    #[serde(default)]
    fee: Money,
    /// Payments less refunds less fee.
    total: Money,
    /// The currency it was paid out in, customs' 3 digits.
    currency: String,
    /// Yuan for a hundred of that currency.
    yuan_per_hundred: Money,
    /// What was paid out, in that currency.
    remitted: Money,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(flatten)]
    key: LineKey,
    amount: Money,
}

/// Takes in a record, once per institution and number.
///
/// # Errors
/// A refusal when it is incomplete, of an unknown merchant, or says something else than before.
pub(crate) fn receive(
    act: &Act<'_>,
    payer: &Partner,
    sent: &Remittance,
    raw: u64,
) -> Result<Taken> {
    let needed = [
        ("number", sent.number.trim().is_empty()),
        ("from, to", sent.to < sent.from),
        ("yuan_per_hundred", !sent.yuan_per_hundred.is_positive()),
        (
            "amount",
            sent.lines.iter().any(|line| !line.amount.is_positive()),
        ),
    ];
    if let Some((field, _)) = needed.iter().find(|(_, missing)| *missing) {
        return Err(Error::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            says::incomplete(field),
        ));
    }
    if !goods::is_owner(act, &sent.owner)? {
        return Err(Error::refused(
            StatusCode::UNPROCESSABLE_ENTITY,
            says::unknown_owner(&sent.owner),
        ));
    }
    let body = json(sent)?;
    let earlier = act.rows.one(
        "SELECT body FROM remittances WHERE warehouse = ?1 AND payer = ?2 AND number = ?3",
        values![act.warehouse.as_str(), &payer.code, &sent.number],
        |row| row.text(0),
    )?;
    match earlier {
        Some(same) if same == body => return Ok(Taken::Known),
        Some(_) => return Err(says::differs(&sent.number).into()),
        None => {}
    }
    act.rows.change_one(
        "INSERT INTO remittances (warehouse, payer, number, owner, first_day, last_day, body, raw, received_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        values![
            act.warehouse.as_str(), &payer.code, &sent.number, sent.owner.as_str(), sent.from.to_string(), sent.to.to_string(), body,
            raw, act.now,
        ],
    )?;
    Ok(Taken::New)
}

/// The settlement statement of a merchant for a period.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Statement {
    owner: String,
    from: NaiveDate,
    to: NaiveDate,
    /// The merchant's currency, and yuan for a hundred of it; yuan where no rate is known.
    currency: String,
    yuan_per_hundred: Option<Money>,
    lines: Vec<Due>,
    /// Every payment and refund beside the institutions' records.
    matched: Vec<OfPayer>,
    remittances: Vec<Told>,
    totals: Totals,
    /// What does not agree, taxes and totals included.
    differences: Vec<Message>,
}

/// A matched line and the institution it belongs to.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "MatchedLine")]
struct OfPayer {
    pay_code: String,
    #[serde(flatten)]
    line: Matched,
}

/// One payment or refund of our own documents.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "SettlementLine")]
struct Due {
    #[serde(flatten)]
    key: LineKey,
    pay_code: String,
    platform: String,
    order_no: String,
    at: Instant,
    amount: Money,
    /// The same in the merchant's currency.
    foreign: Option<Money>,
    /// Of a payment: the tax that the shop withheld in it.
    tax_withheld: Money,
    /// Of a payment: what customs levied so far, void bills left out.
    tax_levied: Money,
}

/// A record of the period.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Remitted")]
struct Told {
    payer: String,
    number: String,
    total: Money,
    fee: Money,
    currency: String,
    remitted: Money,
}

#[derive(Debug, Default, Serialize, schemars::JsonSchema)]
#[schemars(rename = "SettlementTotals")]
struct Totals {
    payments: Money,
    refunds: Money,
    tax_withheld: Money,
    tax_levied: Money,
    fees: Money,
    /// Payments less refunds, less the tax that goes to customs, less fees.
    due: Money,
    due_foreign: Option<Money>,
    remitted_yuan: Money,
}

/// Makes the statement of a merchant from one civil day to another, both included.
pub(crate) fn statement(
    view: &View<'_>,
    owner: &OwnerId,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Statement> {
    let zone = view.settings()?.zone;
    let start = |day: NaiveDate| {
        zone.instant(day.and_time(NaiveTime::MIN))
            .unwrap_or(Instant::from_millis(0))
    };
    let (since, until) = (start(from), start(to).plus(Span::minutes(24 * 60)));
    let (currency, rate) = terms(view, owner, to)?;
    let foreign = |yuan| rate.and_then(|rate| in_currency(yuan, rate));
    let mut lines = paid(view, owner, since, until)?;
    lines.extend(refunded(view, owner, since, until)?);
    for line in &mut lines {
        line.foreign = foreign(line.amount);
    }
    let records = records(view, owner, from, to)?;
    let matched = beside(&lines, &records);
    let mut differences: Vec<Message> = matched
        .iter()
        .filter_map(|line| line.line.difference.clone())
        .collect();
    differences.extend(records.iter().flat_map(|(_, record)| doubts(record)));
    differences.extend(lines.iter().filter_map(tax_doubt));
    let totals = totals(&lines, &records, foreign)
        .ok_or_else(|| Error::broken("a period too large to count"))?;
    Ok(Statement {
        owner: owner.to_string(),
        from,
        to,
        currency,
        yuan_per_hundred: rate,
        matched,
        remittances: records.into_iter().map(told).collect(),
        totals,
        differences,
        lines,
    })
}

/// Each institution's lines beside ours that went through it: its numbers are only its own.
fn beside(lines: &[Due], records: &[(String, Remittance)]) -> Vec<OfPayer> {
    let codes: BTreeSet<&str> = lines
        .iter()
        .map(|line| line.pay_code.as_str())
        .chain(records.iter().map(|(payer, _)| payer.as_str()))
        .collect();
    let mut matched = Vec::new();
    for code in codes {
        let ours = lines.iter().filter(|line| line.pay_code == code);
        let theirs = records.iter().filter(|(payer, _)| payer == code);
        let both = reconcile(
            ours.map(|line| (line.key.clone(), line.amount)),
            theirs
                .flat_map(|(_, record)| &record.lines)
                .map(|line| (line.key.clone(), line.amount)),
        );
        matched.extend(both.into_iter().map(|line| OfPayer {
            pay_code: code.to_owned(),
            line,
        }));
    }
    matched
}

fn told((payer, record): (String, Remittance)) -> Told {
    Told {
        payer,
        number: record.number,
        total: record.total,
        fee: record.fee,
        currency: record.currency,
        remitted: record.remitted,
    }
}

/// The merchant's currency and its rate on a day.
fn terms(view: &View<'_>, owner: &OwnerId, day: NaiveDate) -> Result<(String, Option<Money>)> {
    let currency = view.rows.one(
        "SELECT currency FROM settlement_terms WHERE warehouse = ?1 AND owner = ?2",
        values![view.warehouse.as_str(), owner.as_str()],
        |row| row.text(0),
    )?;
    let currency = currency.unwrap_or_else(|| YUAN.to_owned());
    if currency == YUAN {
        return Ok((currency, Money::whole(100)));
    }
    let rate = view.rows.one(
        "SELECT yuan_per_hundred FROM exchange_rates WHERE warehouse = ?1 AND currency = ?2 AND day <= ?3 ORDER BY day DESC LIMIT 1",
        values![view.warehouse.as_str(), &currency, day.to_string()],
        |row| row.int(0),
    )?;
    Ok((currency, rate.map(Money::from_units)))
}

/// At most so many lines of one kind: a period that holds more is asked for in parts.
const MOST: u32 = 50_000;

/// All lines of one kind, asked for with one more than there may be.
///
/// # Errors
/// A refusal when there are too many: a statement that leaves lines out adds up to something wrong.
fn whole<T>(lines: Vec<T>, most: u32) -> Result<Vec<T>> {
    match u32::try_from(lines.len()) {
        Ok(count) if count <= most => Ok(lines),
        _ => Err(says::period_too_full(most).into()),
    }
}

/// The payments of a merchant's orders that came in the period.
fn paid(view: &View<'_>, owner: &OwnerId, since: Instant, until: Instant) -> Result<Vec<Due>> {
    let rows = view.rows.all(
        "SELECT p.pay_code, p.transaction_id, p.platform, p.order_no, p.received_at, o.tax_total, \
         (SELECT coalesce(sum(b.customs_tax + b.value_added_tax + b.consumption_tax), 0) FROM tax_bills AS b \
          WHERE b.warehouse = o.warehouse AND b.declaration_no = o.declaration_no AND b.status <> '3') \
         FROM payments AS p JOIN orders AS o ON o.warehouse = p.warehouse AND o.platform = p.platform AND o.order_no = p.order_no \
         WHERE p.warehouse = ?1 AND o.owner = ?2 AND p.received_at >= ?3 AND p.received_at < ?4 \
         ORDER BY p.received_at, p.pay_code, p.transaction_id LIMIT ?5",
        values![view.warehouse.as_str(), owner.as_str(), since, until, MOST.saturating_add(1)],
        |row| {
            Ok(Due {
                pay_code: row.text(0)?,
                key: LineKey { transaction: row.text(1)?, kind: LineKind::Payment },
                platform: row.text(2)?,
                order_no: row.text(3)?,
                at: row.instant(4)?,
                amount: Money::ZERO,
                foreign: None,
                tax_withheld: Money::from_units(row.int(5)?),
                tax_levied: Money::from_units(row.int(6)?),
            })
        },
    )?;
    whole(rows, MOST)?
        .into_iter()
        .map(|line| {
            let amount = payments::amount(view, &line.pay_code, &line.key.transaction)?;
            Ok(Due { amount, ..line })
        })
        .collect()
}

/// What is due back to buyers: the payments of a cancelled order as far as they were not given back
/// before, goods and tax of a completed return, and what institutions gave back for reasons of their own.
fn refunded(view: &View<'_>, owner: &OwnerId, since: Instant, until: Instant) -> Result<Vec<Due>> {
    let period = values![
        view.warehouse.as_str(),
        owner.as_str(),
        since,
        until,
        MOST.saturating_add(1)
    ];
    let mut lines = Vec::new();
    let cancelled = view.rows.all(
        "SELECT platform, order_no, cancelled_at FROM orders WHERE warehouse = ?1 AND owner = ?2 AND cancelled_at >= ?3 AND cancelled_at < ?4 \
         ORDER BY cancelled_at, platform, order_no LIMIT ?5",
        period,
        |row| Ok((OrderKey { platform: row.text(0)?, order_no: row.text(1)? }, row.instant(2)?)),
    )?;
    for (key, at) in whole(cancelled, MOST)? {
        for (payment, amount) in payments::left_at(view, &key, at)? {
            lines.push(back(payment, &key, at, amount));
        }
    }
    let returned = view.rows.all(
        "SELECT platform, order_no, completed_at, dutiable + refund FROM returns WHERE warehouse = ?1 AND owner = ?2 \
         AND state = 'completed' AND completed_at >= ?3 AND completed_at < ?4 ORDER BY completed_at, return_no LIMIT ?5",
        period,
        |row| {
            let key = OrderKey { platform: row.text(0)?, order_no: row.text(1)? };
            Ok((key, row.instant(2)?, Money::from_units(row.int(3)?)))
        },
    )?;
    for (key, at, amount) in whole(returned, MOST)? {
        if let Some(payment) = payments::of_order(view, &key)? {
            let named = (payment.pay_code, payment.pay_transaction_id);
            lines.push(back(named, &key, at, amount));
        }
    }
    let given = view
        .rows
        .all(include_str!("remittances_back.sql"), period, |row| {
            let named = (row.text(0)?, row.text(1)?);
            let key = OrderKey {
                platform: row.text(2)?,
                order_no: row.text(3)?,
            };
            let amount = row.maybe_int(5)?.map(Money::from_units);
            Ok((named, key, row.instant(4)?, amount))
        })?;
    for (named, key, at, amount) in whole(given, MOST)? {
        let amount = match amount {
            Some(amount) => amount,
            None => payments::left(view, &named.0, &named.1)?,
        };
        lines.push(back(named, &key, at, amount));
    }
    lines.retain(|line| line.amount.is_positive());
    Ok(lines)
}

fn back(
    (pay_code, transaction): (String, String),
    key: &OrderKey,
    at: Instant,
    amount: Money,
) -> Due {
    Due {
        key: LineKey {
            transaction,
            kind: LineKind::Refund,
        },
        pay_code,
        platform: key.platform.clone(),
        order_no: key.order_no.clone(),
        at,
        amount,
        foreign: None,
        tax_withheld: Money::ZERO,
        tax_levied: Money::ZERO,
    }
}

/// Records that lie within the period.
fn records(
    view: &View<'_>,
    owner: &OwnerId,
    from: NaiveDate,
    to: NaiveDate,
) -> Result<Vec<(String, Remittance)>> {
    view.rows.all(
        "SELECT payer, body FROM remittances WHERE warehouse = ?1 AND owner = ?2 AND first_day >= ?3 AND last_day <= ?4 \
         ORDER BY first_day, payer, number",
        values![view.warehouse.as_str(), owner.as_str(), from.to_string(), to.to_string()],
        |row| Ok((row.text(0)?, row.json(1)?)),
    )
}

/// What is wrong within a record itself. `None` sums are too large to be right.
fn doubts(record: &Remittance) -> Vec<Message> {
    let reckoned = net(record);
    let mut doubts = Vec::new();
    if reckoned != Some(record.total) {
        doubts.push(settlement::says::total_differs(
            &record.number,
            record.total,
            reckoned.unwrap_or_default(),
        ));
    }
    let paid_out = in_currency(record.total, record.yuan_per_hundred);
    // A cent of rounding is nobody's mistake.
    let cent = Money::from_units(1_000);
    let near = paid_out
        .and_then(|reckoned| reckoned.minus(record.remitted))
        .is_some_and(|off| off <= cent && off.plus(cent).is_some_and(|sum| !sum.is_negative()));
    if !near {
        doubts.push(settlement::says::total_differs(
            &record.number,
            record.remitted,
            paid_out.unwrap_or_default(),
        ));
    }
    doubts
}

fn net(record: &Remittance) -> Option<Money> {
    let of = |kind| {
        let lines = record
            .lines
            .iter()
            .filter(move |line| line.key.kind == kind);
        Money::sum(lines.map(|line| line.amount))
    };
    of(LineKind::Payment)?
        .minus(of(LineKind::Refund)?)?
        .minus(record.fee)
}

fn tax_doubt(line: &Due) -> Option<Message> {
    let levied = line.tax_levied.is_positive();
    (line.key.kind == LineKind::Payment && levied && line.tax_levied != line.tax_withheld)
        .then(|| settlement::says::tax_differs(&line.order_no, line.tax_withheld, line.tax_levied))
}

fn totals(
    lines: &[Due],
    records: &[(String, Remittance)],
    foreign: impl Fn(Money) -> Option<Money>,
) -> Option<Totals> {
    let of = |kind, part: fn(&Due) -> Money| {
        Money::sum(
            lines
                .iter()
                .filter(move |line| line.key.kind == kind)
                .map(part),
        )
    };
    let payments = of(LineKind::Payment, |line| line.amount)?;
    let refunds = of(LineKind::Refund, |line| line.amount)?;
    let tax_levied = of(LineKind::Payment, |line| line.tax_levied)?;
    let fees = Money::sum(records.iter().map(|(_, record)| record.fee))?;
    let due = payments.minus(refunds)?.minus(tax_levied)?.minus(fees)?;
    Some(Totals {
        tax_withheld: of(LineKind::Payment, |line| line.tax_withheld)?,
        due_foreign: foreign(due),
        remitted_yuan: Money::sum(records.iter().map(|(_, record)| record.total))?,
        payments,
        refunds,
        tax_levied,
        fees,
        due,
    })
}

/// The currency of a merchant.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Terms {
    owner: OwnerId,
    /// Customs' 3 digits.
    currency: String,
}

/// Says which currency a merchant is paid in.
pub(crate) fn set_terms(act: &Act<'_>, terms: &Terms) -> Result<bool> {
    if !goods::is_owner(act, &terms.owner)? {
        return Err(says::unknown_owner(&terms.owner).into());
    }
    let changed = act.rows.change(
        "INSERT INTO settlement_terms (warehouse, owner, currency) VALUES (?1, ?2, ?3) \
         ON CONFLICT (warehouse, owner) DO UPDATE SET currency = excluded.currency WHERE settlement_terms.currency <> excluded.currency",
        values![act.warehouse.as_str(), terms.owner.as_str(), &terms.currency],
    )?;
    Ok(changed == 1)
}

/// A rate from a day on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExchangeRate {
    currency: String,
    day: NaiveDate,
    yuan_per_hundred: Money,
}

/// Puts a rate in place.
pub(crate) fn set_rate(act: &Act<'_>, rate: &ExchangeRate) -> Result<bool> {
    if !rate.yuan_per_hundred.is_positive() {
        return Err(says::incomplete("yuan_per_hundred").into());
    }
    let changed = act.rows.change(
        "INSERT INTO exchange_rates (warehouse, currency, day, yuan_per_hundred) VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (warehouse, currency, day) DO UPDATE SET yuan_per_hundred = excluded.yuan_per_hundred \
         WHERE exchange_rates.yuan_per_hundred <> excluded.yuan_per_hundred",
        values![act.warehouse.as_str(), &rate.currency, rate.day.to_string(), rate.yuan_per_hundred.units()],
    )?;
    Ok(changed == 1)
}

#[cfg(test)]
mod tests {
    use super::whole;
    use crate::error::Error;

    #[test]
    fn a_period_with_more_lines_than_a_statement_holds_is_refused_and_never_cut_short() {
        assert!(matches!(whole(vec![(); 3], 3), Ok(all) if all.len() == 3));
        let refused = whole(vec![(); 4], 3);
        assert!(
            matches!(refused, Err(Error::Refused { refusal, .. }) if refusal.0.code == "platform.period_too_full")
        );
    }
}
