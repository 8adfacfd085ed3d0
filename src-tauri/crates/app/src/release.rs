//! Release at this workstation: which orders may be packed here, and the proof at each scan.

use crate::error::AppError;
use crate::floor::{Chosen, begin};
use crate::intake::raw_of;
use crate::rooms::{FloorRoom, Idle, Task};
use crate::{App, refuse};
use bondhouse_domain::clearance::Cleared;
use bondhouse_domain::ids::{ItemId, OrderKey, PersonId, RequestId};
use bondhouse_domain::leases::{Holder, LeasedLine, VerifiedLease};
use bondhouse_domain::message::Refusal;
use bondhouse_domain::quantity::Weight;
use bondhouse_domain::release::weighing::WeightRule;
use bondhouse_domain::release::{KnownItem, Release, says};
use bondhouse_domain::stock::Goods;
use bondhouse_domain::task::view::Choice;
use bondhouse_domain::task::{Heard, Input, Means, Moment, Outcome, Prompt, Turn};
use bondhouse_domain::time::Zone;
use bondhouse_store::{StoreError, Tx, View};
use std::collections::BTreeMap;

/// How many orders an empty room offers.
const OFFERED: usize = 12;

pub(crate) fn idle(app: &App) -> Result<Idle, AppError> {
    let holder = app.holder()?;
    let choices = app.store()?.read(|view| {
        let leases = view.leases_held()?;
        let names = view.merchant_names()?;
        Ok(leases
            .iter()
            .filter(|lease| lease.usable_by(&holder).is_ok())
            .filter_map(|lease| lease.order())
            .take(OFFERED)
            .map(|right| {
                let owner = right.lines.first().map(|line| &line.goods.owner);
                Choice {
                    code: right.waybill.waybill_no.clone(),
                    title: owner
                        .and_then(|o| names.get(o))
                        .cloned()
                        .unwrap_or_default(),
                    detail: format!("{} · {}", right.order.order_no, right.lane),
                }
            })
            .collect::<Vec<_>>())
    })?;
    let prompt = Prompt {
        say: says::choose_order(),
        detail: choices.is_empty().then(says::nothing_to_release),
        tally: None,
        accepts: Vec::new(),
        locked_by: None,
    };
    Ok(Idle { prompt, choices })
}

pub(crate) fn choose(
    app: &App,
    input: &Input,
    heard: &Heard,
    id: RequestId,
    person: &PersonId,
) -> Result<Chosen, AppError> {
    let reading = match heard {
        Heard::Scan(reading) => reading,
        Heard::Command(command) => {
            return refuse(bondhouse_domain::task::says::not_now(command.name()));
        }
        Heard::Number(_) | Heard::Digit(_) => {
            return refuse(bondhouse_domain::task::says::not_now("quantity"));
        }
    };
    let Means::Parcel { order, .. } = &reading.means else {
        return refuse(says::unknown_order(raw_of(input)));
    };
    let holder = app.holder()?;
    let (mut task, started) = app.store()?.read(|view| {
        let lease = match view.lease_on(order) {
            Ok(lease) => lease,
            Err(StoreError::Refused(_)) => return Err(why_not(view, order)?.into()),
            Err(error) => return Err(error),
        };
        let cleared = Cleared::from_lease(&lease, &holder)?;
        let right = lease.order();
        let owner = right
            .and_then(|r| r.lines.first())
            .map(|line| line.goods.owner.clone());
        let owner_name = match &owner {
            Some(owner) => view
                .merchant(owner)?
                .map_or_else(|| owner.to_string(), |m| m.name),
            None => String::new(),
        };
        let mut items: BTreeMap<ItemId, KnownItem> = BTreeMap::new();
        for line in right.map(|r| r.lines.as_slice()).unwrap_or_default() {
            let Some(item) = view.item(&line.goods.owner, &line.goods.item)? else {
                continue;
            };
            let beside = match item.tracks_lot {
                true => within_reach(view, line)?,
                false => Vec::new(),
            };
            let known = items
                .entry(line.goods.item.clone())
                .or_insert_with(|| KnownItem {
                    barcode: item.piece_barcode(),
                    name: item.name,
                    beside: Vec::new(),
                });
            known.beside.extend(beside);
        }
        let so_far = view
            .job(order)?
            .filter(|job| job.grant == lease.lease().grant)
            .map(|job| job.picked);
        let so_far = so_far.unwrap_or_default();
        Ok(Release::start(
            &cleared,
            &lease,
            owner_name,
            &items,
            &so_far,
            reading.evidence.clone(),
        )?)
    })?;
    let rules = WeightRule::shipped();
    let today = Zone::SHANGHAI.date_at(app.estimate().now);
    if let (Some(_), Some(rule)) = (
        app.peripherals.scale(FloorRoom::Release),
        WeightRule::in_force(&rules, today),
    ) {
        task.weigh_by(rule.clone());
    }
    let turn = Turn {
        facts: vec![started],
        ..Turn::says(Outcome::Accepted, says::started(&order.order_no))
    };
    begin(
        app,
        FloorRoom::Release,
        Task::Release(Box::new(task)),
        turn,
        id,
        person,
    )
}

/// All lots of an item that lie where it is taken from for an order.
fn within_reach(view: &View<'_>, line: &LeasedLine) -> Result<Vec<Goods>, StoreError> {
    let (owner, item) = (&line.goods.owner, &line.goods.item);
    let lying = view.lying_at(&line.spot.location)?.into_iter();
    Ok(lying
        .filter(|one| one.qty.is_positive())
        .map(|one| one.goods)
        .filter(|goods| &goods.owner == owner && &goods.item == item)
        .collect())
}

/// Why an order without a lease cannot be released here.
fn why_not(view: &View<'_>, order: &OrderKey) -> Result<Refusal, StoreError> {
    use bondhouse_domain::orders::State;
    let Some(found) = view.order(order)? else {
        return Ok(says::unknown_order(order));
    };
    if let Some(by) = found.news.holds.first() {
        return Ok(bondhouse_domain::orders::says::held(order, by.name()));
    }
    Ok(match &found.news.state {
        State::Received | State::Compared | State::Declared => {
            bondhouse_domain::clearance::says::not_released_yet(order)
        }
        State::Cleared | State::Leased(_) | State::InDoubt(_) => {
            bondhouse_domain::leases::says::none_held(order)
        }
        State::Released
        | State::Bundled { .. }
        | State::Loaded { .. }
        | State::GatedOut
        | State::Delivered => says::already_released(order),
        State::Returning | State::Returned | State::Cancelled => {
            says::not_cleared(order, found.news.state.name())
        }
    })
}

/// The proof is asked for inside the transaction: a revoked or expired lease stops the bench.
pub(crate) fn take(
    task: &mut Release,
    tx: &mut Tx<'_>,
    heard: &Heard,
    moment: &Moment,
    holder: &Holder,
) -> Result<Turn, StoreError> {
    let order = task.order().clone();
    let lease = lease_on(tx, &order)?;
    let turn = task.take(heard, moment, || Cleared::from_lease(&lease?, holder));
    if turn.outcome == Outcome::Complete
        && let Some(label) = tx.labels_of(&order)?.pop()
    {
        // The newest label is the one that sticks: it was scanned on the parcel.
        tx.confirm_label(&order, label.copy)?;
    }
    Ok(turn)
}

/// The scale's word, with the proof asked for anew: weighing takes time.
pub(crate) fn weighed(
    task: &mut Release,
    tx: &Tx<'_>,
    read: Result<Weight, Refusal>,
    holder: &Holder,
) -> Result<Turn, StoreError> {
    let lease = lease_on(tx, task.order())?;
    Ok(task.weighed(read, || Cleared::from_lease(&lease?, holder)))
}

fn lease_on(tx: &Tx<'_>, order: &OrderKey) -> Result<Result<VerifiedLease, Refusal>, StoreError> {
    match tx.lease_on(order) {
        Ok(lease) => Ok(Ok(lease)),
        Err(StoreError::Refused(refusal)) => Ok(Err(refusal)),
        Err(error) => Err(error),
    }
}
