//! Reconciliation (报核, EMS121): book, shelves and customs' own figures of a ledger, item by item, for a period.
//!
//! The rules are `domain::ledger::reconciliation`; this gathers the three witnesses. What lies here is
//! what lay here when the period ended. Customs' figures are those of its last booking receipt (INV211),
//! laid beside our book as it stood when that came.
//!
//! It will not adjust anything: customs decides what becomes of a difference.

use crate::authority::{Act, View};
use crate::error::{Error, Result};
use crate::goods::Item;
use crate::ledgers::{self, Opened};
use crate::messages;
use crate::rows::{named, values};
use bondhouse_customs::{Message as Paper, Package};
use bondhouse_domain::customs::{Document, Reconciliation, ReconciliationLine};
use bondhouse_domain::ids::LedgerNo;
use bondhouse_domain::ledger::reconciliation::{Figures, Told, Turnover, differences, drift, says};
use bondhouse_domain::ledger::{Account, LedgerItem};
use bondhouse_domain::message::Message;
use bondhouse_domain::quantity::{Money, Quantity};
use bondhouse_domain::stock::{Goods, Place};
use bondhouse_domain::time::{Instant, Span};
use chrono::{NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What to reconcile.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    pub(crate) ledger: LedgerNo,
    pub(crate) from: NaiveDate,
    pub(crate) to: NaiveDate,
}

/// A reconciliation as people read it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Report {
    ledger: LedgerNo,
    from: NaiveDate,
    to: NaiveDate,
    /// Every witness agrees on every line.
    agrees: bool,
    lines: Vec<Line>,
    /// What is wrong beside the lines: what customs has and we have not.
    beside: Vec<Message>,
}

/// One ledger item, by every witness.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ReconciledLine")]
pub(crate) struct Line {
    /// Our name of the line.
    line: String,
    /// As it goes to customs.
    #[serde(flatten)]
    document: ReconciliationLine,
    /// Our book the way customs counts it, as of customs' last word.
    ours: Option<Figures<Quantity>>,
    /// Customs' last word.
    customs: Option<Told>,
    told_at: Option<Instant>,
    /// Everything that differs.
    differences: Vec<Message>,
}

fn too_large() -> Error {
    Error::broken("a ledger too large to count")
}

/// Works a reconciliation out; it is a report until somebody sends it.
pub(crate) fn reconcile(view: &View<'_>, wanted: &Wanted) -> Result<Report> {
    let zone = view.settings()?.zone;
    let start = |day: NaiveDate| {
        zone.instant(day.and_time(NaiveTime::MIN))
            .unwrap_or(Instant::from_millis(0))
    };
    let since = start(wanted.from);
    let until = start(wanted.to).plus(Span::minutes(24 * 60));
    let mut turnovers = turnovers(view, &wanted.ledger, since, until)?;
    let lying = lying(view, &wanted.ledger, until)?;
    let opened: BTreeMap<String, Opened> = ledgers::lines(view, &wanted.ledger)?
        .into_iter()
        .map(|line| (line.item.item_no.clone(), line))
        .collect();
    for item_no in lying.keys().chain(opened.keys()) {
        turnovers.entry(item_no.clone()).or_default();
    }
    let mut lines = Vec::new();
    for (item_no, turnover) in turnovers {
        let item = LedgerItem {
            ledger: wanted.ledger.clone(),
            item_no,
        };
        let here = lying.get(&item.item_no).copied().unwrap_or_default();
        let line = line(
            view,
            item.clone(),
            turnover,
            here,
            opened.get(&item.item_no),
        )?;
        lines.push(line);
    }
    let foreign = ledgers::foreign(view, &wanted.ledger)?.into_iter();
    let beside: Vec<Message> = foreign.map(|number| says::line_unknown(number).0).collect();
    Ok(Report {
        ledger: wanted.ledger.clone(),
        from: wanted.from,
        to: wanted.to,
        agrees: beside.is_empty() && lines.iter().all(|line| line.differences.is_empty()),
        lines,
        beside,
    })
}

/// How each item turned over, by our book.
fn turnovers(
    view: &View<'_>,
    ledger: &LedgerNo,
    since: Instant,
    until: Instant,
) -> Result<BTreeMap<String, Turnover>> {
    let moves = view.rows.all(
        "SELECT item_no, origin, target, CASE WHEN at < ?3 THEN 1 ELSE 0 END, sum(declared) FROM ledger_moves \
         WHERE warehouse = ?1 AND ledger = ?2 AND at < ?4 \
         GROUP BY item_no, origin, target, CASE WHEN at < ?3 THEN 1 ELSE 0 END ORDER BY item_no, origin, target",
        values![view.warehouse.as_str(), ledger.as_str(), since, until],
        |row| {
            let accounts: (Account, Account) = (named(row.text(1)?)?, named(row.text(2)?)?);
            Ok((row.text(0)?, accounts, row.flag(3)?, Quantity::from_units(row.int(4)?)))
        },
    )?;
    let mut turnovers: BTreeMap<String, Turnover> = BTreeMap::new();
    for (item_no, (from, to), before, qty) in moves {
        let turnover = turnovers.entry(item_no).or_default();
        turnover
            .count(from, to, qty, before)
            .ok_or_else(too_large)?;
    }
    Ok(turnovers)
}

/// What lay in the zone at a moment: what lies there now, less what moved since.
fn lying(view: &View<'_>, ledger: &LedgerNo, until: Instant) -> Result<BTreeMap<String, Quantity>> {
    let mut here: BTreeMap<String, Quantity> = view
        .rows
        .all(
            "SELECT item_no, sum(qty) FROM stock WHERE warehouse = ?1 AND ledger = ?2 GROUP BY item_no ORDER BY item_no",
            values![view.warehouse.as_str(), ledger.as_str()],
            |row| Ok((row.text(0)?, Quantity::from_units(row.int(1)?))),
        )?
        .into_iter()
        .collect();
    let since: Vec<(Goods, Place, Place, Quantity)> = view.rows.all(
        "SELECT goods, origin, target, qty FROM stock_moves WHERE warehouse = ?1 AND at >= ?2",
        values![view.warehouse.as_str(), until],
        |row| {
            Ok((
                row.json(0)?,
                row.json(1)?,
                row.json(2)?,
                Quantity::from_units(row.int(3)?),
            ))
        },
    )?;
    let inside = |place: &Place| matches!(place, Place::Inside { .. });
    for (goods, from, to, qty) in since {
        let back = match (inside(&from), inside(&to)) {
            (false, true) => qty.negated().ok_or_else(too_large)?,
            (true, false) => qty,
            (true, true) | (false, false) => continue,
        };
        if goods.customs.ledger == *ledger {
            let lay = here.entry(goods.customs.item_no).or_default();
            *lay = lay.plus(back).ok_or_else(too_large)?;
        }
    }
    Ok(here)
}

fn line(
    view: &View<'_>,
    item: LedgerItem,
    turnover: Turnover,
    here: Quantity,
    opened: Option<&Opened>,
) -> Result<Line> {
    let expected = turnover.expected().ok_or_else(too_large)?;
    let mut found: Vec<Message> = drift(&item.item_no, expected, here)
        .map(|refusal| refusal.0)
        .into_iter()
        .collect();
    let mut ours = None;
    if let Some(opened) = opened {
        found.extend(opened.differs.iter().cloned());
        if opened.terms.number.is_none() {
            found.push(says::unnumbered(&item.item_no).0);
        }
        if !opened.told.is_empty() {
            let counted = figures(view, &item, opened.told_pos)?;
            let differing = differences(&item.item_no, &counted, &opened.told);
            found.extend(differing.into_iter().map(|refusal| refusal.0));
            ours = Some(counted);
        }
    }
    let goods = match ledgers::goods_on(view, &item) {
        Ok(goods) => Some(goods),
        Err(Error::Broken(_)) => None,
        Err(other) => return Err(other),
    };
    let number = match opened {
        Some(opened) => opened.terms.number.clone().unwrap_or_default(),
        None => item.item_no.clone(),
    };
    let told = opened.filter(|opened| !opened.told.is_empty());
    Ok(Line {
        document: document_line(number, turnover, (expected, here), goods.as_ref())
            .ok_or_else(too_large)?,
        line: item.item_no,
        ours,
        customs: told.map(|opened| opened.told),
        told_at: told.and_then(|opened| opened.told_at),
        differences: found,
    })
}

/// Our book of one item the way customs counts it, as of a position of the feed.
fn figures(view: &View<'_>, item: &LedgerItem, pos: u64) -> Result<Figures<Quantity>> {
    let moves = view.rows.all(
        "SELECT origin, target, sum(declared) FROM ledger_moves WHERE warehouse = ?1 AND ledger = ?2 AND item_no = ?3 AND pos <= ?4 \
         GROUP BY origin, target ORDER BY origin, target",
        values![view.warehouse.as_str(), item.ledger.as_str(), &item.item_no, pos],
        |row| Ok((named(row.text(0)?)?, named(row.text(1)?)?, Quantity::from_units(row.int(2)?))),
    )?;
    let mut figures = Figures::default();
    for (from, to, qty) in moves {
        figures.count(from, to, qty).ok_or_else(too_large)?;
    }
    Ok(figures)
}

fn document_line(
    number: String,
    turnover: Turnover,
    (expected, here): (Quantity, Quantity),
    goods: Option<&Item>,
) -> Option<ReconciliationLine> {
    let difference = here.minus(expected)?;
    let price = goods.and_then(|goods| goods.price);
    let amount = match price {
        Some(price) => {
            let amount = difference
                .to_decimal()
                .checked_mul(price.to_decimal())?
                .round_dp(2);
            Some(Money::from_decimal(amount).ok()?)
        }
        None => None,
    };
    let rate = difference
        .to_decimal()
        .checked_mul(100.into())?
        .checked_div(expected.to_decimal())
        .map_or_else(String::new, |rate| rate.round_dp(2).normalize().to_string());
    let told = goods.map(|goods| &goods.told);
    Some(ReconciliationLine {
        ledger_item_no: number,
        item_no: told.map_or_else(String::new, |told| told.item.to_string()),
        hs_code: told.map_or_else(String::new, |told| told.hs_code.clone()),
        name: told.map_or_else(String::new, |told| told.name.clone()),
        unit: told.map_or_else(String::new, |told| told.unit.clone()),
        opening_qty: Some(turnover.opening),
        in_qty: Some(turnover.came),
        out_qty: Some(turnover.went),
        expected_qty: Some(expected),
        actual_qty: Some(here),
        difference_qty: Some(difference),
        difference_amount: amount,
        difference_rate: rate,
        lost_qty: Some(turnover.lost),
        destroyed_qty: Some(turnover.destroyed),
        ..ReconciliationLine::default()
    })
}

impl Report {
    /// The report as it goes to customs.
    fn document(&self) -> Reconciliation {
        Reconciliation {
            ledger_no: self.ledger.to_string(),
            declaration_type: "1".to_owned(),
            from: Some(self.from),
            to: Some(self.to),
            lines: self
                .lines
                .iter()
                .map(|line| line.document.clone())
                .collect(),
            ..Reconciliation::default()
        }
    }

    /// As EMS121, for a file.
    pub(crate) fn to_xml(&self, view: &View<'_>) -> Result<Vec<u8>> {
        let settings = view.settings()?;
        let mut message = Paper::of([Document::Reconciliation(self.document())]);
        message.declare_flag = "0".to_owned();
        message.package = Some(Package {
            message_id: messages::guid()?,
            sender_id: settings.dxp_id,
            send_time: Some(view.now),
            ..Package::default()
        });
        Ok(bondhouse_customs::write(&message, settings.zone)?)
    }

    /// As comma-separated values under customs' own names, one item a row; no cell is a formula.
    pub(crate) fn to_csv(&self) -> String {
        const HEAD: &str = "gNo,line,copGNo,codeTs,gName,unit,firstQty,vrfaddQty,vrfredQty,tgblLossQty,mtpckEndprdDstryQty,\
            shdRemainQty,actlRemainQty,dsmlQty,dsmlAmt,dsmlRate,actlIncQty,actlRedcQty,prevdIncQty,prevdRedcQty,toldAt,differences\r\n";
        let mut csv = String::from('\u{feff}');
        csv.push_str(HEAD);
        for line in &self.lines {
            let of = &line.document;
            let qty = |qty: Option<Quantity>| qty.map(|qty| qty.to_string()).unwrap_or_default();
            let told = line.customs.unwrap_or_default();
            let cells = [
                text(&of.ledger_item_no),
                text(&line.line),
                text(&of.item_no),
                text(&of.hs_code),
                text(&of.name),
                text(&of.unit),
                qty(of.opening_qty),
                qty(of.in_qty),
                qty(of.out_qty),
                qty(of.lost_qty),
                qty(of.destroyed_qty),
                qty(of.expected_qty),
                qty(of.actual_qty),
                qty(of.difference_qty),
                of.difference_amount
                    .map(|amount| amount.to_string())
                    .unwrap_or_default(),
                of.difference_rate.clone(),
                qty(told.actual_in),
                qty(told.actual_out),
                qty(told.pre_in),
                qty(told.pre_out),
                line.told_at.map(|at| at.to_rfc3339()).unwrap_or_default(),
                text(&in_codes(&line.differences)),
            ];
            csv.push_str(&cells.join(","));
            csv.push_str("\r\n");
        }
        for beside in &self.beside {
            let empty = ",".repeat(HEAD.matches(',').count());
            csv.push_str(&empty);
            csv.push_str(&text(&in_codes(std::slice::from_ref(beside))));
            csv.push_str("\r\n");
        }
        csv
    }
}

/// Messages by code and parameters: their sentences stand in the catalogue.
fn in_codes(messages: &[Message]) -> String {
    let one = |message: &Message| {
        let params = message.params.iter();
        let params: Vec<String> = params
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        format!("{} {}", message.code, params.join(" "))
    };
    messages.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// A text as a cell: quoted where it must be, and never a formula.
fn text(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let plain = if formula {
        format!("'{cell}")
    } else {
        cell.to_owned()
    };
    if plain.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", plain.replace('"', "\"\""));
    }
    plain
}

/// Works it out and hands it to customs under a number of ours.
pub(crate) fn send(act: &Act<'_>, wanted: &Wanted) -> Result<(String, Report)> {
    let report = reconcile(act, wanted)?;
    let document = Reconciliation {
        own_no: act.own_number("M")?,
        round: act
            .next(&format!("reconciliation {}", wanted.ledger))?
            .to_string(),
        ..report.document()
    };
    let own_no = document.own_no.clone();
    messages::send(act, &Document::Reconciliation(document), &own_no)?;
    Ok((own_no, report))
}
