//! Customs through a single-window client: files handed over and taken in, whole and once.
//!
//! The client knows folders and nothing else, so the hand-over is made of steps each of which may be
//! the last before the power goes:
//!
//! 1. the file is written to `Ready` and synced;
//! 2. one commit writes down that it was offered;
//! 3. it is renamed into `OutBox`.
//!
//! After a crash a ready file without that note is written anew, one with it is renamed: so no
//! message is lost, and none is offered twice, whatever the client did with its folders meanwhile.
//! Inward it is the reverse: one commit takes a file in under the hash of its bytes, then it is put
//! aside; found again, it is only put aside. A file whose signature is not to be believed is never taken
//! in: brought back from `FailBox` under another certificate, it is looked at anew.
//!
//! It will not: sign by itself, unpack archives, or serve two platforms from one folder.

mod folder;
mod signer;
mod trust;

pub(crate) use trust::{Trust, read};

use crate::authority::{Act, Authority, View};
use crate::config::{Folders, Settings};
use crate::dockings::{customs, door};
use crate::error::{Error, Result};
use crate::messages::{self, Direction, Outgoing};
use crate::rows::values;
use crate::says;
use crate::server::MOST_BODY;
use anyhow::Context;
use axum::http::StatusCode;
use bondhouse_customs::Exchange;
use bondhouse_domain::time::{Instant, Span};
use folder::{Folder, Whereabouts};
use serde::Serialize;
use signer::Signer;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How often the folders are looked at.
const ROUND: Duration = Duration::from_secs(1);
/// Files handed over in one commit, and files watched at once.
const TOGETHER: u32 = 100;
/// A brought file that cannot be read may still be growing; after this long it is not.
const SETTLED: Span = Span::millis(10_000);
/// The client's being there is written down this often, not every second.
const SEEN_EVERY: Span = Span::minutes(1);
/// Whom kept messages came from.
const CLIENT: &str = "single-window";

/// Customs' folders and what is known of them beside the database.
pub(crate) struct Gateway {
    folder: Folder,
    signer: Signer,
    envelope_to: Option<String>,
    /// Held during a round; files that could not be read yet, with their size and when it was seen first.
    unread: tokio::sync::Mutex<BTreeMap<String, (usize, Instant)>>,
}

impl Gateway {
    /// Opens the folders, making what is missing.
    pub(crate) fn open(folders: Folders) -> anyhow::Result<Self> {
        let Folders {
            root,
            envelope_to,
            signer,
        } = folders;
        let at = root.display().to_string();
        Ok(Self {
            folder: Folder::open(root).with_context(|| format!("cannot use the folder {at}"))?,
            signer: Signer::at(signer)?,
            envelope_to,
            unread: tokio::sync::Mutex::default(),
        })
    }
}

/// Looks at the folders again and again, where there are any.
pub(crate) async fn rounds(authority: Arc<Authority>) {
    if authority.gateway.is_none() {
        return;
    }
    let mut tick = tokio::time::interval(ROUND);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = round(&authority).await {
            tracing::error!(?error, "the folders to customs wait for the next round");
        }
    }
}

/// One look at the folders: everything that can be handed over or taken in now is.
pub(crate) async fn round(authority: &Arc<Authority>) -> Result<()> {
    let Some(gateway) = &authority.gateway else {
        return Ok(());
    };
    let mut unread = gateway.unread.lock().await;
    offer_ready(authority, &gateway.folder).await?;
    while make_ready(authority, gateway).await? {
        offer_ready(authority, &gateway.folder).await?;
    }
    watch(authority, &gateway.folder).await?;
    take_in(authority, &gateway.folder, &mut unread).await
}

/// Files are slow: they are touched on a thread that may wait.
async fn on_disk<T: Send + 'static>(
    folder: &Folder,
    work: impl FnOnce(&Folder) -> std::io::Result<T> + Send + 'static,
) -> Result<T> {
    let folder = folder.clone();
    tokio::task::spawn_blocking(move || work(&folder))
        .await
        .map_err(|_| Error::broken("a look at the folders panicked"))?
        .map_err(|error| Error::broken(format!("the folders to customs: {error}")))
}

/// What the file of an outgoing message is called: unlike any other, and without anything that means
/// something to a file system, because order numbers are others' texts.
fn file_name(out: &Outgoing) -> String {
    let stem = out.file_name.strip_suffix(".xml").unwrap_or(&out.file_name);
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let safe: String = stem
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .take(80)
        .collect();
    format!("{safe}_{}.xml", out.n)
}

/// Steps 1 and 2 for the next messages; `false` when there are none.
async fn make_ready(authority: &Arc<Authority>, gateway: &Gateway) -> Result<bool> {
    let home = authority.home().clone();
    let (due, settings) = authority
        .read(&home, |view| Ok((due(view)?, view.settings()?)))
        .await?;
    let (mut files, mut handed) = (Vec::new(), Vec::new());
    for (out, failed) in due {
        let (n, name) = (out.n, file_name(&out));
        if failed {
            let name = name.clone();
            on_disk(&gateway.folder, move |folder| folder.clear_failed(&name)).await?;
        }
        match finish(gateway, out, &settings, authority.now()).await {
            Ok(Some(bytes)) => {
                handed.push((n, name.clone(), "offered"));
                files.push((name, bytes));
            }
            Ok(None) => {
                tracing::error!(n, "the signer will not sign a message");
                handed.push((n, name, "failed"));
            }
            // Messages keep their order: what is finished goes, the rest waits for the signer.
            Err(error) if !handed.is_empty() => {
                tracing::error!(?error, n, "a message waits to be signed");
                break;
            }
            Err(error) => return Err(error),
        }
    }
    if handed.is_empty() {
        return Ok(false);
    }
    on_disk(&gateway.folder, move |folder| folder.make_ready(&files)).await?;
    authority
        .act(&home, move |act| {
            for (n, name, state) in handed {
                act.rows.change_one(
                    "INSERT INTO handovers (warehouse, n, file_name, state, offered_at) VALUES (?1, ?2, ?3, ?4, ?5) \
                     ON CONFLICT (warehouse, n) DO UPDATE SET state = excluded.state, offered_at = excluded.offered_at, ended_at = NULL",
                    values![act.warehouse.as_str(), n, name, state, act.now],
                )?;
            }
            Ok(())
        })
        .await?;
    Ok(true)
}

/// What is to be handed over next, and whether the client failed with it before.
fn due(view: &View<'_>) -> Result<Vec<(Outgoing, bool)>> {
    let again = view.rows.all(
        "SELECT n FROM handovers WHERE warehouse = ?1 AND state = 'again' ORDER BY n LIMIT ?2",
        values![view.warehouse.as_str(), TOGETHER],
        |row| row.count(0),
    )?;
    let mut due = Vec::new();
    for n in again {
        let one = messages::outgoing(view, n.saturating_sub(1), 1)?;
        due.extend(one.into_iter().map(|out| (out, true)));
    }
    let last = view.rows.number(
        "SELECT coalesce(max(n), 0) FROM handovers WHERE warehouse = ?1",
        values![view.warehouse.as_str()],
    )?;
    let last = u64::try_from(last).map_err(|_| Error::broken("a position below nothing"))?;
    let fresh = messages::outgoing(view, last, TOGETHER)?;
    due.extend(fresh.into_iter().map(|out| (out, false)));
    Ok(due)
}

/// A message as it leaves: signed where somebody signs, in the envelope where one is wanted; `None`
/// when it will never be signed.
async fn finish(
    gateway: &Gateway,
    out: Outgoing,
    settings: &Settings,
    now: Instant,
) -> Result<Option<Vec<u8>>> {
    let name = file_name(&out);
    let signed = gateway.signer.sign(out.xml, settings).await?;
    let (Some(signed), Some(receiver)) = (&signed, &gateway.envelope_to) else {
        return Ok(signed);
    };
    let exchange = Exchange {
        // Made of what the message is, so that a crash between two steps does not make a second one.
        cop_msg_id: format!("{}-{}", settings.warehouse, out.n),
        sender_id: settings.dxp_id.clone(),
        receivers: vec![receiver.clone()],
        created_at: Some(now),
        msg_type: out.kind,
        file_name: name,
        ..Exchange::default()
    };
    let enclosed = bondhouse_customs::enclose(&exchange, signed, settings.zone)?;
    Ok(Some(enclosed))
}

/// Step 3, and what a crash left of it: ready files that are written down as offered go out.
async fn offer_ready(authority: &Arc<Authority>, folder: &Folder) -> Result<()> {
    let ready = on_disk(folder, Folder::ready).await?;
    if ready.is_empty() {
        return Ok(());
    }
    let offered = authority
        .read(authority.home(), move |view| {
            let mut offered = Vec::new();
            for name in ready {
                let known = view.rows.number(
                    "SELECT count(*) FROM handovers WHERE warehouse = ?1 AND file_name = ?2 AND state = 'offered'",
                    values![view.warehouse.as_str(), &name],
                )?;
                if known == 1 {
                    offered.push(name);
                }
            }
            Ok(offered)
        })
        .await?;
    on_disk(folder, move |folder| folder.offer(&offered)).await
}

/// What the client has done with what it was offered, and whether it is there at all.
async fn watch(authority: &Arc<Authority>, folder: &Folder) -> Result<()> {
    let home = authority.home().clone();
    let (open, seen, fresh) = authority
        .read(&home, |view| {
            let open = view.rows.all(
                "SELECT n, file_name, offered_at FROM handovers WHERE warehouse = ?1 AND state = 'offered' ORDER BY n LIMIT ?2",
                values![view.warehouse.as_str(), TOGETHER],
                |row| Ok((row.count(0)?, row.text(1)?, row.instant(2)?)),
            )?;
            let fresh = view.settings()?.policy.customs_fresh();
            Ok((open, view.customs_seen_at()?, fresh))
        })
        .await?;
    let found = on_disk(folder, move |folder| {
        Ok(open
            .into_iter()
            .map(|(n, name, at)| (n, at, folder.whereabouts(&name)))
            .collect::<Vec<_>>())
    })
    .await?;
    let now = authority.now();
    // Nothing lies untaken for longer than customs may be silent: then the client is at work.
    let at_work = found
        .iter()
        .all(|(_, at, place)| *place != Whereabouts::Waiting || now.since(*at) <= fresh);
    let ended: Vec<(u64, &'static str)> = found
        .iter()
        .filter_map(|(n, _, place)| match place {
            Whereabouts::Sent => Some((*n, "sent")),
            Whereabouts::Failed => Some((*n, "failed")),
            Whereabouts::Waiting | Whereabouts::Away => None,
        })
        .collect();
    let tell = at_work && seen.is_none_or(|at| now.since(at) >= SEEN_EVERY);
    if ended.is_empty() && !tell {
        return Ok(());
    }
    authority
        .act(&home, move |act| {
            for (n, state) in ended {
                if state == "failed" {
                    tracing::warn!(n, "the single-window client failed with a file");
                }
                act.rows.put(
                    "UPDATE handovers SET state = ?3, ended_at = ?4 WHERE warehouse = ?1 AND n = ?2 AND state = 'offered'",
                    values![act.warehouse.as_str(), n, state, act.now],
                )?;
            }
            if tell { act.customs_seen() } else { Ok(()) }
        })
        .await
}

/// Takes in what the client brought.
async fn take_in(
    authority: &Arc<Authority>,
    folder: &Folder,
    unread: &mut BTreeMap<String, (usize, Instant)>,
) -> Result<()> {
    let brought = on_disk(folder, Folder::brought).await?;
    unread.retain(|name, _| brought.contains(name));
    for name in brought {
        let reading = name.clone();
        let read = on_disk(folder, move |folder| folder.read(&reading, MOST_BODY)).await?;
        let Some(bytes) = read else { continue };
        let now = authority.now();
        let (size, since) = *unread
            .get(&name)
            .filter(|(size, _)| *size == bytes.len())
            .unwrap_or(&(bytes.len(), now));
        let settled = now.since(since) >= SETTLED;
        let home = authority.home().clone();
        let (taking, trust) = (name.clone(), authority.trust.clone());
        let fate = authority
            .act(&home, move |act| {
                take_file(act, trust.as_deref(), &taking, &bytes, settled)
            })
            .await?;
        match fate {
            Fate::Growing => drop(unread.insert(name, (size, since))),
            Fate::Taken => {
                unread.remove(&name);
                on_disk(folder, move |folder| folder.put_aside(&name)).await?;
            }
            Fate::Refused => on_disk(folder, move |folder| folder.refuse(&name)).await?,
        }
    }
    Ok(())
}

/// What becomes of a brought file.
enum Fate {
    /// It cannot be read yet and may still be growing.
    Growing,
    /// It is taken in, now or before.
    Taken,
    /// It is not believed.
    Refused,
}

/// Takes one file in, once.
fn take_file(
    act: &Act<'_>,
    trust: Option<&Trust>,
    name: &str,
    bytes: &[u8],
    settled: bool,
) -> Result<Fate> {
    let hash = messages::hash_of(bytes);
    let known = act.rows.number(
        "SELECT count(*) FROM taken_files WHERE warehouse = ?1 AND hash = ?2",
        values![act.warehouse.as_str(), hash],
    )?;
    if known > 0 {
        return Ok(Fate::Taken);
    }
    let raw = match customs::receive(act, trust, CLIENT, bytes) {
        Ok(Ok(delivered)) => delivered.raw,
        Ok(Err(_)) => {
            // Nobody called, so the door has not written it down.
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            door::write_down(act, CLIENT, "FILE", name, hash, status)?;
            return Ok(Fate::Refused);
        }
        Err(Error::Refused { .. }) if !settled => return Ok(Fate::Growing),
        // Never a message of customs: kept as evidence and shown.
        Err(Error::Refused { .. }) => {
            let kept = messages::keep(act, Direction::In, CLIENT, "unreadable", bytes)?;
            messages::unread(act, kept, name)?;
            kept.raw
        }
        Err(failure) => return Err(failure),
    };
    act.rows.change_one(
        "INSERT INTO taken_files (warehouse, hash, file_name, raw, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        values![act.warehouse.as_str(), hash, name, raw, act.now],
    )?;
    Ok(Fate::Taken)
}

/// A file handed over, as the operator sees it.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Handover {
    n: u64,
    file_name: String,
    state: String,
    offered_at: Instant,
    ended_at: Option<Instant>,
}

/// Files handed over, newest first.
pub(crate) fn handovers(view: &View<'_>, state: Option<&str>) -> Result<Vec<Handover>> {
    view.rows.all(
        "SELECT n, file_name, state, offered_at, ended_at FROM handovers WHERE warehouse = ?1 AND state LIKE ?2 ORDER BY n DESC LIMIT 500",
        values![view.warehouse.as_str(), state.unwrap_or("%")],
        |row| {
            Ok(Handover {
                n: row.count(0)?,
                file_name: row.text(1)?,
                state: row.text(2)?,
                offered_at: row.instant(3)?,
                ended_at: row.maybe_instant(4)?,
            })
        },
    )
}

/// Has a file that failed handed over again in the next round.
pub(crate) fn again(act: &Act<'_>, n: u64) -> Result<()> {
    let changed = act.rows.change(
        "UPDATE handovers SET state = 'again' WHERE warehouse = ?1 AND n = ?2 AND state = 'failed'",
        values![act.warehouse.as_str(), n],
    )?;
    if changed == 1 {
        return Ok(());
    }
    Err(Error::refused(StatusCode::NOT_FOUND, says::not_failed(n)))
}
