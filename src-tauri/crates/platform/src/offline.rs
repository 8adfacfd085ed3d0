//! What workstations may do without contact: decided by the operator, told ahead of its day, never
//! changed afterwards.
//!
//! A decision is a new version in the feed. Leases are signed by the version in force, so that a
//! workstation is bound to it by more than its own good will. A warehouse that never decided goes by
//! its settings. What a policy means is `domain`'s.

use crate::authority::{Act, View};
use crate::clearance;
use crate::error::Result;
use crate::goods;
use crate::orders::Record;
use crate::rows::{json, values};
use bondhouse_domain::feed::News;
use bondhouse_domain::offline::{LONGEST_MINUTES, OfflinePolicy, OfflineRelease, says};
use bondhouse_domain::time::Instant;
use serde::{Deserialize, Serialize};

/// A decision as the operator sends it. A word that is not known is refused: misspelt, it would allow
/// what was meant to be forbidden.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decided {
    /// From when on; now when nothing is said.
    #[serde(default)]
    valid_from: Option<Instant>,
    release: DecidedRelease,
    intake: bool,
    put_away: bool,
    reprint: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecidedRelease {
    minutes: u32,
    orders: u32,
    #[serde(default)]
    online_only: Vec<String>,
}

/// What was decided so far, and what holds now.
#[derive(Serialize, schemars::JsonSchema)]
pub(crate) struct Policies {
    in_force: OfflinePolicy,
    /// Newest first.
    decided: Vec<OfflinePolicy>,
}

/// Decides, and tells every workstation.
pub(crate) fn decide(act: &Act<'_>, decided: Decided) -> Result<OfflinePolicy> {
    let Decided {
        valid_from,
        release:
            DecidedRelease {
                minutes,
                orders,
                online_only,
            },
        intake,
        put_away,
        reprint,
    } = decided;
    let valid_from = valid_from.unwrap_or(act.now);
    if valid_from < act.now {
        return Err(says::in_the_past().into());
    }
    if minutes > LONGEST_MINUTES {
        return Err(says::bad_minutes(minutes).into());
    }
    let is_prefix = |code: &&String| {
        (2..=10).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit())
    };
    if let Some(bad) = online_only.iter().find(|code| !is_prefix(code)) {
        return Err(says::bad_hs_code(bad).into());
    }
    let version = u32::try_from(act.next("offline policy")?).unwrap_or(u32::MAX);
    let policy = OfflinePolicy {
        version,
        valid_from,
        release: OfflineRelease {
            minutes,
            orders,
            online_only,
        },
        intake,
        put_away,
        reprint,
    };
    act.rows.put(
        "INSERT INTO offline_policies (warehouse, version, valid_from, set_at, policy) VALUES (?1, ?2, ?3, ?4, ?5)",
        values![act.warehouse.as_str(), version, valid_from, act.now, json(&policy)?],
    )?;
    act.publish(&News::Offline(policy.clone()), None)?;
    Ok(policy)
}

/// The policy in force now: of those whose day has come, the newest version.
pub(crate) fn in_force(view: &View<'_>) -> Result<OfflinePolicy> {
    let decided = view.rows.one(
        "SELECT policy FROM offline_policies WHERE warehouse = ?1 AND valid_from <= ?2 ORDER BY version DESC LIMIT 1",
        values![view.warehouse.as_str(), view.now],
        |row| row.json(0),
    )?;
    if let Some(policy) = decided {
        return Ok(policy);
    }
    let settings = view.settings()?.policy;
    let undecided = OfflinePolicy::undecided();
    Ok(OfflinePolicy {
        release: OfflineRelease {
            minutes: settings.work_until_minutes,
            orders: settings.most_leases,
            ..undecided.release
        },
        ..undecided
    })
}

/// Everything decided so far.
pub(crate) fn policies(view: &View<'_>) -> Result<Policies> {
    Ok(Policies {
        in_force: in_force(view)?,
        decided: view.rows.all(
            "SELECT policy FROM offline_policies WHERE warehouse = ?1 ORDER BY version DESC",
            values![view.warehouse.as_str()],
            |row| row.json(0),
        )?,
    })
}

/// Whether an order's goods may be released in contact only.
pub(crate) fn needs_contact(
    view: &View<'_>,
    policy: &OfflinePolicy,
    order: &Record,
) -> Result<bool> {
    let mut codes = Vec::new();
    // Mostly nothing is chosen: then no goods are looked up.
    if !policy.release.online_only.is_empty()
        && let Some(cop_no) = &order.cop_no
    {
        for line in clearance::lines(view, cop_no)? {
            let item = goods::required(view, &order.owner, line.item.as_str())?;
            codes.push(item.told.hs_code);
        }
    }
    Ok(policy
        .release
        .needs_contact(codes.iter().map(String::as_str)))
}
