//! Cases: what a supervisor must look at, opened once and closed with a reason.

use crate::authority::{Act, View};
use crate::error::{Error, Result};
use crate::rows::{json, name_of, named, values};
use crate::{keys, leases, orders, says, sync};
use axum::http::StatusCode;
use bondhouse_domain::cases::{Resolution, says as case_says};
use bondhouse_domain::facts::Fact;
use bondhouse_domain::feed::{CaseNews, News};
use bondhouse_domain::ids::{CaseId, DeviceId, Incarnation, OrderKey, PersonId, Seq};
use bondhouse_domain::journal::{Event, Series};
use bondhouse_domain::orders::{CaseCode, Change, HoldBy, State};
use bondhouse_domain::time::Instant;
use bondhouse_protocol::wire::{CaseFile, Evidence, Outcome};
use serde::Serialize;

/// Opens a case, unless one of the same code about the same thing is open.
pub(crate) fn open(act: &Act<'_>, code: CaseCode, about: &str) -> Result<()> {
    let open = act.rows.number(
        "SELECT count(*) FROM cases WHERE warehouse = ?1 AND code = ?2 AND about = ?3 AND open = 1",
        values![act.warehouse.as_str(), name_of(&code)?, about],
    )?;
    if open > 0 {
        return Ok(());
    }
    let case = CaseId::new(
        uuid::Builder::from_random_bytes(keys::random()?)
            .into_uuid()
            .to_string(),
    );
    open_as(act, case, code, about)
}

/// Opens a case under the name a workstation gave it; once.
pub(crate) fn open_as(act: &Act<'_>, case: CaseId, code: CaseCode, about: &str) -> Result<()> {
    let opened = act.rows.change(
        "INSERT INTO cases (warehouse, case_id, code, about, open, opened_at) VALUES (?1, ?2, ?3, ?4, 1, ?5) ON CONFLICT DO NOTHING",
        values![act.warehouse.as_str(), case.as_str(), name_of(&code)?, about, act.now],
    )?;
    if opened == 1 {
        act.publish(
            &News::Case(CaseNews {
                case,
                code,
                about: about.to_owned(),
                open: true,
            }),
            None,
        )?;
    }
    Ok(())
}

/// An open case as it is listed.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Opened {
    case: String,
    code: String,
    about: String,
    opened_at: Instant,
}

/// Every open case, oldest first.
pub(crate) fn opened(view: &View<'_>) -> Result<Vec<Opened>> {
    view.rows.all(
        "SELECT case_id, code, about, opened_at FROM cases WHERE warehouse = ?1 AND open = 1 ORDER BY opened_at, case_id LIMIT 1000",
        values![view.warehouse.as_str()],
        |row| Ok(Opened { case: row.text(0)?, code: row.text(1)?, about: row.text(2)?, opened_at: row.instant(3)? }),
    )
}

/// Closes the open case of this code about this thing, if there is one: what it asked is answered.
pub(crate) fn close_about(act: &Act<'_>, code: CaseCode, about: &str) -> Result<()> {
    let open = act.rows.all(
        "SELECT case_id FROM cases WHERE warehouse = ?1 AND code = ?2 AND about = ?3 AND open = 1",
        values![act.warehouse.as_str(), name_of(&code)?, about],
        |row| row.text(0),
    )?;
    open.iter()
        .try_for_each(|case| close(act, case, "answered by itself"))
}

/// Closes a case with what was found.
pub(crate) fn close(act: &Act<'_>, case: &str, resolution: &str) -> Result<()> {
    let found = act.rows.one(
        "SELECT code, about FROM cases WHERE warehouse = ?1 AND case_id = ?2 AND open = 1",
        values![act.warehouse.as_str(), case],
        |row| Ok((named(row.text(0)?)?, row.text(1)?)),
    )?;
    let Some((code, about)) = found else {
        return Err(Error::refused(
            StatusCode::NOT_FOUND,
            says::no_open_case(case),
        ));
    };
    act.rows.change_one(
        "UPDATE cases SET open = 0, closed_at = ?3, resolution = ?4 WHERE warehouse = ?1 AND case_id = ?2",
        values![act.warehouse.as_str(), case, act.now, resolution],
    )?;
    act.publish(
        &News::Case(CaseNews {
            case: CaseId::new(case),
            code,
            about,
            open: false,
        }),
        None,
    )?;
    Ok(())
}

/// What a case is about, as far as its words name it.
enum About {
    Event(Series, Seq),
    Order(OrderKey),
    Other,
}

fn about(view: &View<'_>, code: CaseCode, about: &str) -> Result<About> {
    let mut parts = about.rsplitn(3, '/');
    let (seq, incarnation, device) = (parts.next(), parts.next(), parts.next());
    if let (Some(device), Some(Ok(incarnation)), Some(Ok(seq))) =
        (device, incarnation.map(str::parse), seq.map(str::parse))
    {
        let series = Series {
            warehouse: view.warehouse.clone(),
            device: DeviceId::new(device),
            incarnation: Incarnation(incarnation),
        };
        return Ok(About::Event(series, Seq(seq)));
    }
    if code == CaseCode::JournalFork {
        return Ok(About::Other);
    }
    let Some((platform, order_no)) = about.split_once('/') else {
        return Ok(About::Other);
    };
    let key = OrderKey {
        platform: platform.to_owned(),
        order_no: order_no.to_owned(),
    };
    Ok(match orders::find(view, &key)? {
        Some(_) => About::Order(key),
        None => About::Other,
    })
}

/// The order a case is about, by its words or by the event they name.
fn order_of(view: &View<'_>, subject: &About) -> Result<Option<OrderKey>> {
    let (series, seq) = match subject {
        About::Order(key) => return Ok(Some(key.clone())),
        About::Other => return Ok(None),
        About::Event(series, seq) => (series, *seq),
    };
    let events = sync::journal_events(view, series, seq, 1)?;
    let fact = events
        .first()
        .and_then(|event| Fact::read(&event.kind, event.v, &event.body).ok());
    Ok(match fact {
        Some(Fact::Released(fact)) => Some(fact.order),
        Some(Fact::LeaseDropped(fact)) => Some(fact.order),
        Some(Fact::ParcelFound(fact)) => Some(fact.order),
        Some(Fact::Loaded(fact)) => Some(fact.order),
        _ => None,
    })
}

fn find(view: &View<'_>, case: &CaseId) -> Result<(CaseCode, String, Instant)> {
    view.rows
        .one(
            "SELECT code, about, opened_at FROM cases WHERE warehouse = ?1 AND case_id = ?2 AND open = 1",
            values![view.warehouse.as_str(), case.as_str()],
            |row| Ok((named(row.text(0)?)?, row.text(1)?, row.instant(2)?)),
        )?
        .ok_or_else(|| Error::refused(StatusCode::NOT_FOUND, says::no_open_case(case)))
}

/// An open case with everything that is known about it here.
pub(crate) fn file(view: &View<'_>, case: &CaseId) -> Result<CaseFile> {
    let (code, words, opened_at) = find(view, case)?;
    let subject = about(view, code, &words)?;
    let mut evidence = Vec::new();
    if let About::Event(series, seq) = &subject {
        for event in sync::journal_events(view, series, *seq, 1)? {
            evidence.push(Evidence {
                at: event.occurred_at,
                kind: event.kind,
                by: format!("{} {}", series.device, event.actor),
                stands: words.clone(),
                body: event.body,
            });
        }
    }
    if let Some(key) = order_of(view, &subject)? {
        evidence.extend(said_about(view, "orders.changed", &key.to_string())?);
    }
    if code == CaseCode::JournalFork {
        evidence.extend(forked(view, &words)?);
    }
    // Over, short and damaged are about a notice; and every case was at least opened.
    evidence.extend(said_about(view, "intake.receivable", &words)?);
    evidence.extend(said_about(view, "cases.changed", case.as_str())?);
    evidence.sort_by_key(|one| one.at);
    Ok(CaseFile {
        case: case.clone(),
        code,
        about: words,
        opened_at,
        evidence,
    })
}

/// The last word of the feed about a subject.
fn said_about(view: &View<'_>, kind: &str, subject: &str) -> Result<Vec<Evidence>> {
    view.rows.all(
        "SELECT at, pos, body FROM told WHERE warehouse = ?1 AND kind = ?2 AND subject = ?3",
        values![view.warehouse.as_str(), kind, subject],
        |row| {
            Ok(Evidence {
                at: row.instant(0)?,
                kind: kind.to_owned(),
                by: "authority".to_owned(),
                stands: format!("#{}", row.count(1)?),
                body: row.text(2)?,
            })
        },
    )
}

/// The events of the second tail, as far as they are known.
fn forked(view: &View<'_>, words: &str) -> Result<Vec<Evidence>> {
    let Some((device, incarnation)) = words.split_once('/') else {
        return Ok(Vec::new());
    };
    let incarnation: u32 = incarnation.parse().unwrap_or(0);
    view.rows.all(
        "SELECT event FROM forks WHERE warehouse = ?1 AND device = ?2 AND incarnation = ?3 ORDER BY seq LIMIT 100",
        values![view.warehouse.as_str(), device, incarnation],
        |row| {
            let event: Event = row.json(0)?;
            Ok(Evidence {
                at: event.occurred_at,
                by: format!("{device} {}", event.actor),
                stands: format!("{words}/{}", event.seq.0),
                kind: event.kind,
                body: event.body,
            })
        },
    )
}

/// Decides a case as the closed list allows, and does what that means.
pub(crate) fn decide(
    act: &Act<'_>,
    case: &CaseId,
    resolution: Resolution,
    note: &str,
    (first, second): (&PersonId, Option<&PersonId>),
) -> Result<()> {
    let (code, words, _) = find(act, case)?;
    if !code.resolutions().contains(&resolution) {
        return Err(case_says::not_allowed(resolution.name()).into());
    }
    if code.needs_four_eyes() {
        match second {
            None => return Err(case_says::second_needed().into()),
            Some(second) if second == first => return Err(case_says::same_person().into()),
            Some(_) => {}
        }
    }
    let subject = about(act, code, &words)?;
    let order = order_of(act, &subject)?;
    match resolution {
        Resolution::Accept => {
            if let (CaseCode::InDoubt, Some(key)) = (code, &order)
                && matches!(orders::get(act, key)?.life.state, State::InDoubt(_))
            {
                return Err(case_says::look_first(key).into());
            }
        }
        Resolution::HoldParcel => {
            let key = order.ok_or_else(case_says::no_order)?;
            orders::change(act, &key, Change::Hold(HoldBy::Supervisor))?;
        }
        Resolution::FoundPacked | Resolution::FoundUnpacked => {
            let key = order.ok_or_else(case_says::no_order)?;
            leases::looked(act, &key, resolution == Resolution::FoundPacked)?;
        }
        Resolution::JudgeAgain => {
            if let About::Event(series, seq) = &subject {
                match sync::judge_again(act, series, *seq)? {
                    Some(Outcome::Applied) => {}
                    Some(Outcome::AppliedWithException { .. } | Outcome::Parked) | None => {
                        return Err(case_says::still_so(name_of(&code)?).into());
                    }
                }
            }
        }
    }
    let decided = Decided {
        is: resolution,
        note,
        by: first,
        with: second,
    };
    close(act, case.as_str(), &json(&decided)?)
}

/// A decision as it is kept with the case.
#[derive(Serialize)]
struct Decided<'a> {
    is: Resolution,
    note: &'a str,
    by: &'a PersonId,
    with: Option<&'a PersonId>,
}
