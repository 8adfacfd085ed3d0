//! Prepared lists: what a shop's own agent worked out for an order, declared as it says.
//!
//! Usually the platform builds an order's declaration list from order, waybill and master data. Who
//! classifies and weighs better than our master data does sends the list itself, as a spreadsheet;
//! from then on it is declared instead of ours. It goes through the same comparison of papers, and
//! what it claims of the ledger is reckoned here, so that it cannot take out what the book does not
//! hold. Ledger, guarantee, declarant and dates stay ours.
//!
//! A change of the order lets its prepared list go: it was worked out for another order.

use crate::authority::{Act, View};
use crate::clearance::{Built, Claim, add_claim};
use crate::dockings::Partner;
use crate::error::{Error, Result};
use crate::goods;
use crate::messages::{self, Direction};
use crate::orders::{self, Taken};
use crate::rows::values;
use crate::says;
use axum::http::StatusCode;
use bondhouse_domain::customs::{DeclarationLine, DeclarationList};
use bondhouse_domain::ids::{OrderKey, OwnerId};
use bondhouse_domain::orders::{State, says as life_says};

/// Takes in a prepared list for an order that is not with customs yet.
///
/// # Errors
/// A refusal when the order is another shop's or unknown, with customs already, or has no such items.
pub(crate) fn take(
    act: &Act<'_>,
    shop: &Partner,
    list: &DeclarationList,
    sent: &[u8],
) -> Result<Taken> {
    let key = list.order_key();
    if key.platform != shop.code {
        return Err(Error::refused(
            StatusCode::FORBIDDEN,
            says::not_yours(&key.platform),
        ));
    }
    let order = orders::find(act, &key)?
        .ok_or_else(|| Error::refused(StatusCode::NOT_FOUND, life_says::unknown(&key)))?;
    if !matches!(order.life.state, State::Received | State::Compared) {
        return Err(says::too_late_to_change(&key, order.life.state.name()).into());
    }
    for line in &list.lines {
        goods::required(act, &order.owner, &line.item_no)?;
    }
    let earlier = prepared(act, &key)?;
    if earlier.as_ref() == Some(list) {
        return Ok(Taken::Known);
    }
    let kept = messages::keep(act, Direction::In, &shop.id, "CEB621", sent)?;
    act.rows.change_one(
        "INSERT INTO prepared_lists (warehouse, platform, order_no, document, raw, prepared_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (warehouse, platform, order_no) DO UPDATE SET document = excluded.document, raw = excluded.raw, \
         prepared_at = excluded.prepared_at",
        values![
            act.warehouse.as_str(), &key.platform, &key.order_no, act.keys.seal_json(&place(act, &key), list)?, kept.raw, act.now,
        ],
    )?;
    if order.corrections_due {
        // Customs refused the last list: this is the correction.
        orders::correct(act, &key)?;
    } else {
        orders::advance(act, &key)?;
    }
    Ok(match earlier {
        Some(_) => Taken::Changed,
        None => Taken::New,
    })
}

/// Lets an order's prepared list go.
pub(crate) fn forget(act: &Act<'_>, key: &OrderKey) -> Result<()> {
    act.rows.put(
        "DELETE FROM prepared_lists WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3",
        values![act.warehouse.as_str(), &key.platform, &key.order_no],
    )?;
    Ok(())
}

/// The list prepared for an order. Names people.
fn prepared(view: &View<'_>, key: &OrderKey) -> Result<Option<DeclarationList>> {
    let sealed = view.rows.one(
        "SELECT document FROM prepared_lists WHERE warehouse = ?1 AND platform = ?2 AND order_no = ?3",
        values![view.warehouse.as_str(), &key.platform, &key.order_no],
        |row| row.bytes(0),
    )?;
    sealed
        .map(|sealed| view.keys.unseal_json(&place(view, key), &sealed))
        .transpose()
}

/// Where a prepared list is sealed for.
pub(crate) fn place(view: &View<'_>, key: &OrderKey) -> String {
    format!("{}|prepared_lists|document|{key}", view.warehouse)
}

/// The list to declare: as it was prepared where somebody did, else as it was built.
pub(crate) fn to_declare(
    view: &View<'_>,
    built: DeclarationList,
    claims: Vec<Claim>,
) -> Result<Built> {
    let Some(list) = prepared(view, &built.order_key())? else {
        return Ok(Ok((built, claims)));
    };
    let owner = OwnerId::new(&built.ebc_code);
    let (mut lines, mut claims) = (Vec::new(), Vec::new());
    for line in list.lines {
        let item = match goods::required(view, &owner, &line.item_no) {
            Ok(item) => item,
            Err(Error::Refused { refusal, .. }) => return Ok(Err(refusal.0)),
            Err(other) => return Err(other),
        };
        let Some(units) = item.units(line.qty) else {
            return Ok(Err(says::bad_item(&line.item_no).0));
        };
        // The book moves by its own units: what the list says in them must be the same.
        let said = (line.qty1, line.qty2.unwrap_or_default());
        if said != (Some(units.legal1), units.legal2) {
            let said = line.qty1.unwrap_or_default();
            return Ok(Err(says::list_units(line.gnum, said, units.legal1).0));
        }
        if item.told.ledger.ledger.as_str() != built.ems_no {
            return Ok(Err(says::two_ledgers(built.order_key()).0));
        }
        lines.push(DeclarationLine {
            item_record_no: item.told.ledger.item_no.clone(),
            bar_code: "无".to_owned(),
            ..line
        });
        let claim = Claim {
            item: item.told.ledger,
            units,
        };
        if add_claim(&mut claims, claim).is_none() {
            return Ok(Err(says::bad_item(owner).0));
        }
    }
    let list = DeclarationList {
        lines,
        filing: built.filing,
        ebc_code: built.ebc_code,
        ebc_name: built.ebc_name,
        assure_code: built.assure_code,
        ems_no: built.ems_no,
        decl_time: built.decl_time,
        ie_date: built.ie_date,
        agent_code: built.agent_code,
        agent_name: built.agent_name,
        area_code: built.area_code,
        area_name: built.area_name,
        trade_mode: built.trade_mode,
        ..list
    };
    Ok(Ok((list, claims)))
}
