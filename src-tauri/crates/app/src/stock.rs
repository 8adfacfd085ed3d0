//! Put-away at this workstation: what lies in RECEIVING, and who lives on a shelf already.

use crate::App;
use crate::error::AppError;
use crate::floor::{Chosen, begin};
use crate::rooms::{FloorRoom, Idle, Task};
use bondhouse_domain::ids::{PersonId, RequestId};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::stock::put_away::{PutAwayTask, Resident, Waiting, says};
use bondhouse_domain::task::{Heard, Means, Moment, Prompt, Tally, Turn};
use bondhouse_store::{StoreError, Tx, View};

pub(crate) fn idle(app: &App) -> Result<Idle, AppError> {
    let waiting = app.store()?.read(waiting)?;
    let left = Quantity::sum(waiting.iter().map(|w| w.qty)).unwrap_or(Quantity::ZERO);
    let prompt = Prompt {
        say: if left.is_positive() {
            says::scan_goods()
        } else {
            says::all_put()
        },
        detail: left.is_positive().then(|| says::waiting(left)),
        tally: Some(Tally {
            done: Quantity::ZERO,
            of: left,
        }),
        accepts: Vec::new(),
        locked_by: None,
    };
    Ok(Idle {
        prompt,
        choices: Vec::new(),
    })
}

/// The first scan begins a task: put-away has no document to choose.
pub(crate) fn choose(
    app: &App,
    heard: &Heard,
    id: RequestId,
    person: &PersonId,
) -> Result<Chosen, AppError> {
    let mut task = PutAwayTask::open(app.store()?.read(waiting)?);
    let now = app.estimate().now;
    let moment = Moment {
        now,
        next_seq: bondhouse_domain::ids::Seq(0),
        repeat_window: bondhouse_domain::time::Span::millis(0),
    };
    // Picking up moves nothing yet, so no event position is needed.
    let turn = task.take(heard, &moment, &[]);
    let turn = Turn {
        facts: Vec::new(),
        ..turn
    };
    begin(app, FloorRoom::Stock, Task::Stock(task), turn, id, person)
}

pub(crate) fn take(
    task: &mut PutAwayTask,
    tx: &Tx<'_>,
    heard: &Heard,
    moment: &Moment,
) -> Result<Turn, StoreError> {
    let residents = match heard {
        Heard::Scan(reading) => match &reading.means {
            Means::Location { location, .. } => tx
                .lying_at(location)?
                .into_iter()
                .map(|lying| Resident {
                    owner: lying.goods.owner,
                    ledger: lying.goods.customs.ledger,
                })
                .collect(),
            _ => Vec::new(),
        },
        Heard::Command(_) | Heard::Number(_) | Heard::Digit(_) => Vec::new(),
    };
    Ok(task.take(heard, moment, &residents))
}

/// New counts join a running task.
pub(crate) fn refresh(app: &App, task: &mut PutAwayTask) -> Result<(), AppError> {
    task.refresh(app.store()?.read(waiting)?);
    Ok(())
}

fn waiting(view: &View<'_>) -> Result<Vec<Waiting>, StoreError> {
    view.receiving_here()?
        .into_iter()
        .map(|lying| {
            let item = view.item(&lying.goods.owner, &lying.goods.item)?;
            let barcode = item.as_ref().and_then(|item| item.piece_barcode());
            let name = item.map_or_else(|| lying.goods.item.to_string(), |item| item.name);
            let merchant = view.merchant(&lying.goods.owner)?;
            let owner_name =
                merchant.map_or_else(|| lying.goods.owner.to_string(), |merchant| merchant.name);
            Ok(Waiting {
                goods: lying.goods,
                name,
                owner_name,
                barcode,
                qty: lying.qty,
            })
        })
        .collect()
}
