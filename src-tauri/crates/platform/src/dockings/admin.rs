//! The operator's docking, by the admin key: one file per noun.
//!
//! Nothing here decides anything: each call reads what was sent, lets the room do it in one act, and
//! answers. What the rooms refuse is refused here too, for the operator stands above no rule.

mod cases;
mod checkpoint;
mod customs;
mod enquiries;
mod gate;
mod goods;
mod ledger;
mod offline;
mod orders;
mod partners;
mod restored;
mod returns;
mod settings;
mod settlement;
mod stations;
mod taxes;
mod upkeep;

pub(crate) use cases::{close_case, open_cases};
pub(crate) use checkpoint::checkpoint;
pub(crate) use customs::{hand_over_again, handovers, message, unmatched};
pub(crate) use enquiries::{enquire, enquire_anything, statistics};
pub(crate) use gate::{bundle, list_vehicles, pass_again, passes, show_vehicles};
pub(crate) use goods::{list_holds, list_items, list_locations, list_merchants, stock};
pub(crate) use ledger::{ledger, ledgers, list_ledgers, reconciliation, send_reconciliation};
pub(crate) use offline::{decide_offline, offline_policies};
pub(crate) use orders::{compare, decide, list_orders, order};
pub(crate) use partners::{add_partner, audit, callbacks, stop_partner};
pub(crate) use restored::{go_on, recovery};
pub(crate) use returns::{list_returns, return_arrived};
pub(crate) use settings::{change_settings, settings};
pub(crate) use settlement::{exchange_rates, settlement, settlement_terms};
pub(crate) use stations::new_code;
pub(crate) use taxes::{duty_paid, enter_laws, guarantees, laws, set_guarantees};
pub(crate) use upkeep::back_up;

use crate::authority::{Act, Authority};
use crate::error::Result;
use axum::Json;
use serde::Serialize;
use std::sync::Arc;

/// How many rows of master data were new or changed.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Listed {
    changed: usize,
}

/// Lists every row in one act: all of them, or none.
async fn list<T: Send + 'static>(
    authority: &Arc<Authority>,
    rows: Vec<T>,
    one: impl Fn(&Act<'_>, T) -> Result<bool> + Send + 'static,
) -> Result<Json<Listed>> {
    let home = authority.home().clone();
    let changed = authority
        .act(&home, move |act| {
            let mut changed = 0usize;
            for row in rows {
                changed = changed.saturating_add(usize::from(one(act, row)?));
            }
            crate::orders::conditions_changed(act)?;
            Ok(changed)
        })
        .await?;
    Ok(Json(Listed { changed }))
}
