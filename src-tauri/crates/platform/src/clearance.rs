//! Clearance at the authority: lists go out, receipts come in, and the log decides.
//!
//! A list claims its goods in the ledger when it is built (`PreOut`), in the same act that sends it.
//! Receipts are appended to the list's log as they come; where the list stands is always the fold
//! `domain::clearance::standing` over the whole log, so a late or doubled receipt cannot do harm.

use crate::authority::{Act, View};
use crate::error::{Error, Result};
use crate::messages::{self, Kept};
use crate::rows::{by, json, name_of, named, values};
use crate::{
    books, cases, goods, guarantees, leases, ledgers, lists, orders, returns, says, taxes, waybills,
};
use bondhouse_domain::clearance::{Answers, LoggedReceipt, Standing, Status, Stop, standing};
use bondhouse_domain::customs::{
    self, DeclarationLine, DeclarationList, Document, MessageKind, Receipt,
};
use bondhouse_domain::facts::Moves;
use bondhouse_domain::ids::{ItemId, LedgerNo, OrderKey, OwnerId};
use bondhouse_domain::ledger::{Account, LedgerItem, LedgerMove, Units};
use bondhouse_domain::message::Message;
use bondhouse_domain::orders::{CaseCode, Change, State};
use bondhouse_domain::quantity::{Quantity, Weight};
use bondhouse_domain::tax::Assessment;
use bondhouse_domain::tax::account::Draw;
use bondhouse_domain::time::Instant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a list or note claims of one ledger item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claim {
    /// The ledger line.
    pub(crate) item: LedgerItem,
    /// How much of it.
    pub(crate) units: Units,
}

/// The movements that take claims from one account to another under a document.
pub(crate) fn moves(claims: &[Claim], from: Account, to: Account, document: &str) -> Moves {
    let ledger = claims.iter().map(|claim| LedgerMove {
        item: claim.item.clone(),
        from,
        to,
        units: claim.units,
        document: document.to_owned(),
    });
    Moves {
        stock: Vec::new(),
        ledger: ledger.collect(),
    }
}

/// Adds a claim to others of the same ledger item.
pub(crate) fn add_claim(claims: &mut Vec<Claim>, claim: Claim) -> Option<()> {
    match claims.iter_mut().find(|known| known.item == claim.item) {
        Some(known) => known.units = known.units.plus(claim.units)?,
        None => claims.push(claim),
    }
    Some(())
}

/// Claims the goods of a list that was built and sends it; or says that the ledger has too little.
///
/// From now it draws on its merchant's guarantee and its buyer's year: by our own reckoning of the tax,
/// else by what the shop withheld.
pub(crate) fn declare(
    act: &Act<'_>,
    list: &DeclarationList,
    claims: &[Claim],
    tax: Option<&Assessment>,
) -> Result<std::result::Result<(), Message>> {
    let (cop_no, key) = (act.own_number("L")?, list.order_key());
    if let Err(why) = books::try_move(
        act,
        moves(claims, Account::Booked, Account::PreOut, &cop_no),
        &cop_no,
        None,
    )? {
        tracing::info!(%why, "the ledger cannot be claimed yet");
        return Ok(Err(says::not_in_ledger(key).0));
    }
    let list = DeclarationList {
        cop_no: cop_no.clone(),
        ..list.clone()
    };
    act.rows.change_one(
        include_str!("clearance_insert.sql"),
        values![
            act.warehouse.as_str(),
            &cop_no,
            &key.platform,
            &key.order_no,
            act.keys.seal_json(&place(act, &cop_no), &list)?,
            json(&claims)?,
            act.now,
        ],
    )?;
    act.rows.change_one(
        "UPDATE orders SET cop_no = ?4, declaration_no = NULL WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3",
        values![act.warehouse.as_str(), &key.platform, &key.order_no, &cop_no],
    )?;
    let (value, withheld) = orders::worth(act, &key)?;
    let draw = Draw::declared(value, tax.map_or(withheld, |tax| tax.total));
    guarantees::declared(act, &cop_no, &key, &list.ebc_code, draw)?;
    if let Some(tax) = tax {
        taxes::keep(act, &cop_no, tax)?;
    }
    messages::send(act, &Document::DeclarationList(list), &cop_no)?;
    orders::change(act, &key, Change::Declared)?;
    Ok(Ok(()))
}

/// A list with what it would claim, or what is missing to build it.
pub(crate) type Built = std::result::Result<(DeclarationList, Vec<Claim>), Message>;

/// Builds an order's list, still without a number of its own.
pub(crate) fn build(
    act: &Act<'_>,
    order: &customs::Order,
    waybill: &customs::Waybill,
) -> Result<Built> {
    let owner = OwnerId::new(&order.ebc_code);
    let (mut claims, mut lines, mut net, mut ledger) = (Vec::new(), Vec::new(), Weight::ZERO, None);
    for line in &order.lines {
        let item = match goods::required(act, &owner, &line.item_no) {
            Ok(item) => item,
            Err(Error::Refused { refusal, .. }) => return Ok(Err(refusal.0)),
            Err(other) => return Err(other),
        };
        let (Some(units), Some(sum)) = (
            item.units(line.qty),
            item.net(line.qty).and_then(|weight| net.plus(weight)),
        ) else {
            return Ok(Err(says::bad_item(&line.item_no).0));
        };
        net = sum;
        if ledger.get_or_insert_with(|| item.told.ledger.ledger.clone()) != &item.told.ledger.ledger
        {
            return Ok(Err(says::two_ledgers(order.key()).0));
        }
        let taken: Vec<(LedgerItem, Quantity)> = claims
            .iter()
            .map(|claim: &Claim| (claim.item.clone(), claim.units.declared))
            .collect();
        let chosen = match ledgers::serve(act, &item, line.qty, &taken)? {
            Ok(chosen) => chosen,
            Err(why) => return Ok(Err(why.0)),
        };
        lines.push(list_line(line, &item, &chosen.number, units));
        if add_claim(
            &mut claims,
            Claim {
                item: chosen.item,
                units,
            },
        )
        .is_none()
        {
            return Ok(Err(says::bad_item(&line.item_no).0));
        }
    }
    let settings = &act.settings;
    let today = settings.zone.date_at(act.now);
    let list = DeclarationList {
        filing: waybills::filing(act, "1")?,
        order_no: order.order_no.clone(),
        ebp_code: order.ebp_code.clone(),
        ebp_name: order.ebp_name.clone(),
        ebc_code: order.ebc_code.clone(),
        ebc_name: order.ebc_name.clone(),
        logistics_no: waybill.logistics_no.clone(),
        logistics_code: waybill.logistics_code.clone(),
        logistics_name: waybill.logistics_name.clone(),
        assure_code: settings.assure_code.clone(),
        ems_no: ledger.map_or_else(String::new, |ledger| ledger.to_string()),
        ie_flag: "I".to_owned(),
        decl_time: Some(today),
        customs_code: settings.customs_code.clone(),
        port_code: settings.port_code.clone(),
        ie_date: Some(today),
        buyer_id_type: order.buyer_id_type.clone(),
        buyer_id_number: order.buyer_id_number.clone(),
        buyer_name: order.buyer_name.clone(),
        buyer_telephone: order.buyer_telephone.clone(),
        consignee_address: order.consignee_address.clone(),
        agent_code: settings.declarant.code.clone(),
        agent_name: settings.declarant.name.clone(),
        area_code: settings.area.code.clone(),
        area_name: settings.area.name.clone(),
        trade_mode: settings.trade_mode.clone(),
        traf_mode: settings.transport_mode.clone(),
        country: "142".to_owned(),
        freight: waybill.freight,
        insured_fee: waybill.insured_fee,
        currency: "142".to_owned(),
        pack_no: 1,
        gross_weight: waybill.weight,
        net_weight: net,
        lines,
        ..DeclarationList::default()
    };
    lists::to_declare(act, list, claims)
}

fn list_line(
    line: &customs::OrderLine,
    item: &goods::Item,
    number: &str,
    units: Units,
) -> DeclarationLine {
    let told = &item.told;
    DeclarationLine {
        gnum: line.gnum,
        item_record_no: number.to_owned(),
        item_no: line.item_no.clone(),
        item_name: line.item_name.clone(),
        gcode: told.hs_code.clone(),
        gname: told.name.clone(),
        gmodel: item.model.clone(),
        bar_code: if line.bar_code.is_empty() {
            "无".to_owned()
        } else {
            line.bar_code.clone()
        },
        country: told.origin.clone(),
        currency: "142".to_owned(),
        qty: line.qty,
        unit: told.unit.clone(),
        qty1: Some(units.legal1),
        unit1: item.legal_unit1.clone(),
        qty2: (!item.legal_unit2.is_empty()).then_some(units.legal2),
        unit2: item.legal_unit2.clone(),
        price: line.price,
        total_price: line.total_price,
        ..DeclarationLine::default()
    }
}

pub(crate) fn place(view: &View<'_>, cop_no: &str) -> String {
    format!("{}|declarations|document|{cop_no}", view.warehouse)
}

/// A list's row.
struct Listed {
    cop_no: String,
    order: OrderKey,
    claims: Vec<Claim>,
    claimed: bool,
    declaration_no: Option<String>,
    pre_no: Option<String>,
    cancel_sent: bool,
}

fn find(view: &View<'_>, column: &str, value: &str) -> Result<Option<Listed>> {
    if value.is_empty() {
        return Ok(None);
    }
    view.rows.one(
        &format!(
            "SELECT cop_no, platform, order_no, claims, claimed, declaration_no, pre_no, cancel_sent FROM declarations \
             WHERE warehouse = ?1 AND {column} = ?2 ORDER BY declared_at DESC LIMIT 1"
        ),
        values![view.warehouse.as_str(), value],
        |row| {
            Ok(Listed {
                cop_no: row.text(0)?,
                order: OrderKey { platform: row.text(1)?, order_no: row.text(2)? },
                claims: row.json(3)?,
                claimed: row.flag(4)?,
                declaration_no: row.maybe_text(5)?,
                pre_no: row.maybe_text(6)?,
                cancel_sent: row.flag(7)?,
            })
        },
    )
}

/// The list as it was declared. Names people.
pub(crate) fn document(view: &View<'_>, cop_no: &str) -> Result<DeclarationList> {
    let sealed = view
        .rows
        .one(
            "SELECT document FROM declarations WHERE warehouse = ?1 AND cop_no = ?2",
            values![view.warehouse.as_str(), cop_no],
            |row| row.bytes(0),
        )?
        .ok_or_else(|| Error::broken(format!("list {cop_no} has no row")))?;
    view.keys.unseal_json(&place(view, cop_no), &sealed)
}

/// When a list was declared.
pub(crate) fn declared_at(view: &View<'_>, cop_no: &str) -> Result<Instant> {
    view.rows
        .one(
            "SELECT declared_at FROM declarations WHERE warehouse = ?1 AND cop_no = ?2",
            values![view.warehouse.as_str(), cop_no],
            |row| row.instant(0),
        )?
        .ok_or_else(|| Error::broken(format!("list {cop_no} has no row")))
}

/// The receipt log of a list, in order of arrival.
pub(crate) fn log(view: &View<'_>, cop_no: &str) -> Result<Vec<LoggedReceipt>> {
    Ok(logs(view, &[[cop_no]])?.remove(cop_no).unwrap_or_default())
}

/// The receipt logs of several lists, by list.
pub(crate) fn logs(
    view: &View<'_>,
    lists: &[[&str; 1]],
) -> Result<BTreeMap<String, Vec<LoggedReceipt>>> {
    let logged = view.rows.among(
        "SELECT cop_no, position, answers, status, returned_at, declaration_no, raw_hash FROM receipts \
         WHERE warehouse = ?1 AND cop_no IN ({keys}) ORDER BY position",
        view.warehouse.as_str(),
        lists,
        |row| {
            let receipt = LoggedReceipt {
                position: row.count(1)?,
                answers: named(row.text(2)?)?,
                status: Status::read(&row.text(3)?),
                returned_at: row.maybe_instant(4)?,
                declaration_no: row.maybe_text(5)?,
                raw_hash: row.hash(6)?,
            };
            Ok((row.text(0)?, receipt))
        },
    )?;
    Ok(by(logged))
}

/// Takes in what customs said about a list, a cancellation or a return.
pub(crate) fn receive(act: &Act<'_>, receipt: &Receipt, kept: Kept) -> Result<()> {
    let answers = match receipt.message {
        MessageKind::Ceb624 => Answers::Cancellation,
        MessageKind::Ceb626 => Answers::Return,
        _ => Answers::List,
    };
    if answers == Answers::Return && returns::receive(act, receipt, kept)? {
        return Ok(());
    }
    let Some(list) = matching(act, receipt)? else {
        let key = [&receipt.cop_no, &receipt.invt_no, &receipt.pre_no]
            .into_iter()
            .find(|key| !key.is_empty());
        return messages::unmatched(act, kept, receipt.message, key.map_or("", String::as_str));
    };
    if !log_receipt(act, &list.cop_no, answers, receipt, kept)? {
        return Ok(());
    }
    let declaration_no = Some(&receipt.invt_no).filter(|no| !no.is_empty());
    act.rows.change_one(
        "UPDATE declarations SET pre_no = coalesce(pre_no, ?3), declaration_no = coalesce(declaration_no, ?4) \
         WHERE warehouse = ?1 AND cop_no = ?2",
        values![act.warehouse.as_str(), &list.cop_no, Some(&receipt.pre_no).filter(|no| !no.is_empty()), declaration_no],
    )?;
    if let (None, Some(number)) = (&list.declaration_no, declaration_no) {
        // A bill may have come before the number it names was known to be ours.
        taxes::billed(act, number)?;
    }
    let refused = matches!(
        Status::read(&receipt.return_status),
        Status::Rejected | Status::Exception(_)
    );
    if answers == Answers::Cancellation && refused {
        // It is not asked again by itself: customs would refuse it again.
        act.rows.put(
            "UPDATE declarations SET cancel_sent = 2 WHERE warehouse = ?1 AND cop_no = ?2",
            values![act.warehouse.as_str(), &list.cop_no],
        )?;
        let why = says::not_withdrawn(&list.order, &receipt.return_info).0;
        orders::note(act, &list.order, &why)?;
    }
    judge(act, &list.cop_no, &receipt.return_info)
}

/// Appends a receipt to the log kept under a number of ours; `false` when it is there already.
pub(crate) fn log_receipt(
    act: &Act<'_>,
    number: &str,
    answers: Answers,
    receipt: &Receipt,
    kept: Kept,
) -> Result<bool> {
    let before = log(act, number)?;
    let status = Status::read(&receipt.return_status);
    let known = before.iter().any(|r| {
        r.answers == answers && r.status == status && r.returned_at == receipt.return_time
    });
    if known {
        return Ok(false);
    }
    let declaration_no = Some(&receipt.invt_no).filter(|no| !no.is_empty());
    act.rows.change_one(
        "INSERT INTO receipts (warehouse, cop_no, position, answers, status, returned_at, declaration_no, info, raw, raw_hash, arrived_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        values![
            act.warehouse.as_str(), number, before.len().saturating_add(1), name_of(&answers)?, status.code(),
            receipt.return_time, declaration_no, &receipt.return_info, kept.raw, kept.hash, act.now,
        ],
    )?;
    Ok(true)
}

fn matching(view: &View<'_>, receipt: &Receipt) -> Result<Option<Listed>> {
    let keys = [
        ("cop_no", &receipt.cop_no),
        ("declaration_no", &receipt.invt_no),
        ("pre_no", &receipt.pre_no),
    ];
    for (column, value) in keys {
        if let Some(list) = find(view, column, value)? {
            return Ok(Some(list));
        }
    }
    Ok(None)
}

/// Derives the standing anew and lets the order follow it.
pub(crate) fn judge(act: &Act<'_>, cop_no: &str, info: &str) -> Result<()> {
    let Some(list) = find(act, "cop_no", cop_no)? else {
        return Ok(());
    };
    let log = log(act, cop_no)?;
    let now = standing(&log);
    let gone = matches!(
        now,
        Standing::Rejected
            | Standing::Stopped {
                by: Stop::Cancelled
            }
    );
    let order = orders::get(act, &list.order)?;
    let in_force = order.cop_no.as_deref() == Some(cop_no);
    // Refused by an answer that a later one overtook: the list lives again, and with it its claim.
    let taken_up = in_force && !gone && !list.claimed && order.life.state == State::Compared;
    if taken_up && !take_up(act, &list)? {
        return Ok(());
    }
    if in_force {
        act.rows.change_one(
            "UPDATE orders SET declaration_no = ?4, corrections_due = ?5 WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3",
            values![
                act.warehouse.as_str(), &list.order.platform, &list.order.order_no, list.declaration_no.as_deref(),
                matches!(now, Standing::Rejected),
            ],
        )?;
        orders::change(act, &list.order, Change::Clearance((&now).into()))?;
        if matches!(now, Standing::Rejected) {
            orders::set_findings(
                act,
                &list.order,
                &[says::customs_refused(&list.order, info).0],
            )?;
        }
    }
    // Refused or withdrawn: what it claimed is free again, unless the parcel took it out of the zone.
    if gone && list.claimed {
        books::must_move(
            act,
            moves(&list.claims, Account::PreOut, Account::Booked, cop_no),
            cop_no,
        )?;
        settle(act, cop_no)?;
    }
    if gone && (guarantees::change(act, cop_no, |draw| Some(draw.undone()))? || list.claimed) {
        orders::conditions_changed(act)?;
    }
    withdraw(act, &list.order)
}

/// Customs goes on with a list it had refused: its goods are claimed again, and it draws what it drew.
/// `false` when the goods were promised elsewhere meanwhile, which somebody must look at.
fn take_up(act: &Act<'_>, list: &Listed) -> Result<bool> {
    let cop_no = &list.cop_no;
    let claim = moves(&list.claims, Account::Booked, Account::PreOut, cop_no);
    if let Err(why) = books::try_move(act, claim, cop_no, None)? {
        tracing::warn!(%why, cop_no, "customs goes on with a list whose goods are claimed elsewhere");
        cases::open(act, CaseCode::StockCountDiff, &format!("CEB622 {cop_no}"))?;
        return Ok(false);
    }
    act.rows.change_one(
        "UPDATE declarations SET claimed = 1 WHERE warehouse = ?1 AND cop_no = ?2",
        values![act.warehouse.as_str(), cop_no],
    )?;
    guarantees::change(act, cop_no, |draw| Some(draw.taken_up()))?;
    orders::set_findings(act, &list.order, &[])?;
    orders::change(act, &list.order, Change::Declared)?;
    Ok(true)
}

/// The list's claim no longer stands in pre-out.
pub(crate) fn settle(act: &Act<'_>, cop_no: &str) -> Result<()> {
    act.rows.change_one(
        "UPDATE declarations SET claimed = 0 WHERE warehouse = ?1 AND cop_no = ?2 AND claimed = 1",
        values![act.warehouse.as_str(), cop_no],
    )
}

/// The list answers for its goods in pre-out again, because no note does.
pub(crate) fn reclaim(act: &Act<'_>, cop_no: &str) -> Result<()> {
    act.rows.put(
        "UPDATE declarations SET claimed = 1 WHERE warehouse = ?1 AND cop_no = ?2",
        values![act.warehouse.as_str(), cop_no],
    )?;
    // It may have been cancelled while the note answered for it.
    judge(act, cop_no, "")
}

/// What a list claimed when it was built, wherever that stands now.
pub(crate) fn all_claims(view: &View<'_>, cop_no: &str) -> Result<Vec<Claim>> {
    Ok(find(view, "cop_no", cop_no)?
        .map(|list| list.claims)
        .unwrap_or_default())
}

/// What a list claims in pre-out, as long as it does.
pub(crate) fn claims(view: &View<'_>, cop_no: &str) -> Result<Vec<Claim>> {
    Ok(find(view, "cop_no", cop_no)?
        .filter(|list| list.claimed)
        .map(|list| list.claims)
        .unwrap_or_default())
}

/// Applies to customs to cancel the list of an order that is to be cancelled (CEB623), once customs
/// has given it a number; until then there is nothing to cancel.
pub(crate) fn withdraw(act: &Act<'_>, key: &OrderKey) -> Result<()> {
    let order = orders::get(act, key)?;
    let (Some(cop_no), true) = (&order.cop_no, order.life.cancel_requested.is_some()) else {
        return Ok(());
    };
    let Some(list) = find(act, "cop_no", cop_no)? else {
        return Ok(());
    };
    let (Some(_), false, true) = (&list.declaration_no, list.cancel_sent, list.claimed) else {
        return Ok(());
    };
    let application = application(act, &document(act, cop_no)?, cop_no, "订单取消")?;
    let application = customs::Cancellation {
        pre_no: list.pre_no.unwrap_or_default(),
        ..application
    };
    act.rows.change_one(
        "UPDATE declarations SET cancel_sent = 1 WHERE warehouse = ?1 AND cop_no = ?2",
        values![act.warehouse.as_str(), cop_no],
    )?;
    messages::send(act, &Document::Cancellation(application), cop_no)?;
    Ok(())
}

/// Asks customs again to cancel a list, after somebody mended what it refused.
pub(crate) fn withdraw_again(act: &Act<'_>, key: &OrderKey) -> Result<()> {
    let order = orders::get(act, key)?;
    act.rows.put(
        "UPDATE declarations SET cancel_sent = 0 WHERE warehouse = ?1 AND cop_no = ?2 AND cancel_sent = 2",
        values![act.warehouse.as_str(), order.cop_no.as_deref().unwrap_or_default()],
    )?;
    withdraw(act, key)
}

/// The head that applications about a declared list have in common (CEB623, 625), under a number of ours.
pub(crate) fn application(
    act: &Act<'_>,
    list: &DeclarationList,
    own_no: &str,
    reason: &str,
) -> Result<customs::Cancellation> {
    let numbers = find(act, "cop_no", &list.cop_no)?;
    let declared = list.clone();
    Ok(customs::Cancellation {
        filing: waybills::filing(act, "1")?,
        customs_code: declared.customs_code,
        order_no: declared.order_no,
        ebp_code: declared.ebp_code,
        ebp_name: declared.ebp_name,
        ebc_code: declared.ebc_code,
        ebc_name: declared.ebc_name,
        logistics_no: declared.logistics_no,
        logistics_code: declared.logistics_code,
        logistics_name: declared.logistics_name,
        cop_no: own_no.to_owned(),
        invt_no: numbers.and_then(|n| n.declaration_no).unwrap_or_default(),
        buyer_id_type: declared.buyer_id_type,
        buyer_id_number: declared.buyer_id_number,
        buyer_name: declared.buyer_name,
        buyer_telephone: declared.buyer_telephone,
        agent_code: declared.agent_code,
        agent_name: declared.agent_name,
        reason: reason.to_owned(),
        ..customs::Cancellation::default()
    })
}

/// Keeps what customs said about an order, payment or waybill (CEB312, 412, 512, 514).
pub(crate) fn receive_about(act: &Act<'_>, receipt: &Receipt, key: &str, kept: Kept) -> Result<()> {
    act.rows.put(
        "INSERT INTO document_receipts (warehouse, kind, key, raw, status, returned_at, info, arrived_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
        values![
            act.warehouse.as_str(), receipt.message.as_str(), key, kept.raw, &receipt.return_status, receipt.return_time,
            &receipt.return_info, act.now,
        ],
    )?;
    Ok(())
}

/// What a list declared, as far as reserving goods needs it.
pub(crate) fn lines(view: &View<'_>, cop_no: &str) -> Result<Vec<leases::Wanted>> {
    let list = document(view, cop_no)?;
    let ledger = LedgerNo::new(list.ems_no);
    let mut wanted = Vec::new();
    for line in list.lines {
        wanted.push(leases::Wanted {
            gnum: line.gnum,
            item: ItemId::new(line.item_no),
            line: ledgers::by_number(view, &ledger, &line.item_record_no)?,
            qty: line.qty,
        });
    }
    Ok(wanted)
}
