//! The supervisor's inbox: what must be decided, with its evidence, and the way to the one who decides.
//!
//! Open cases are shown from this store, so the list is there without network. Evidence and decision
//! are the authority's: it alone knows every journal. What a code allows is the domain's closed list.

use crate::commands::{Asker, Nothing};
use crate::error::AppError;
use crate::people::{self, SignIn};
use crate::{App, refuse, sync};
use bondhouse_domain::cases::{Resolution, says};
use bondhouse_domain::facts::{Fact, ParcelFound};
use bondhouse_domain::ids::CaseId;
use bondhouse_domain::message::Message;
use bondhouse_domain::orders::CaseCode;
use bondhouse_domain::scanner::{Meaning, Scan};
use bondhouse_domain::time::Instant;
use bondhouse_protocol::wire::{Ask, CaseFile};
use serde::{Deserialize, Serialize};

/// An open case in the list.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct CaseLine {
    /// The case.
    pub case: CaseId,
    /// Which of the closed list.
    pub code: CaseCode,
    /// What it is about: an event, an order, a notice, a workstation.
    pub about: String,
    /// Since when it is open.
    pub since: Instant,
    /// What may be decided, the usual first.
    pub resolutions: Vec<Resolution>,
    /// A second person must have looked.
    pub four_eyes: bool,
}

pub(crate) fn list(app: &App, _: &Asker, _: Nothing) -> Result<Vec<CaseLine>, AppError> {
    let open = app.store()?.read(|view| view.open_cases())?;
    Ok(open
        .into_iter()
        .map(|(case, since)| CaseLine {
            case: case.case,
            code: case.code,
            about: case.about,
            since,
            resolutions: case.code.resolutions().to_vec(),
            four_eyes: case.code.needs_four_eyes(),
        })
        .collect())
}

/// `cases.file`
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhichCase {
    /// The case.
    pub case: CaseId,
}

/// What is known about a case.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct CaseAnswer {
    /// The case.
    pub case: CaseId,
    /// When the authority opened it.
    pub opened_at: Instant,
    /// What is known, oldest first.
    pub evidence: Vec<EvidenceLine>,
}

/// One thing that is known.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct EvidenceLine {
    /// When.
    pub at: Instant,
    /// The kind of event or news.
    pub kind: String,
    /// Who.
    pub by: String,
    /// Where it stands: in a journal, or `#` in the feed.
    pub stands: String,
    /// As first written.
    pub body: String,
}

pub(crate) fn file(app: &App, _: &Asker, which: WhichCase) -> Result<CaseAnswer, AppError> {
    let file: CaseFile = match sync::fetch(app, &format!("/v1/cases/{}", which.case)) {
        Err(_) if !app.link.network().online => return refuse(says::offline()),
        other => other?,
    };
    Ok(CaseAnswer {
        case: file.case,
        opened_at: file.opened_at,
        evidence: file
            .evidence
            .into_iter()
            .map(|one| EvidenceLine {
                at: one.at,
                kind: one.kind,
                by: one.by,
                stands: one.stands,
                body: one.body,
            })
            .collect(),
    })
}

/// `cases.decide`
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct Decide {
    /// The case.
    pub case: CaseId,
    /// How.
    pub resolution: Resolution,
    /// What was found, in a few words.
    pub note: String,
    /// Who looked too, proven by their PIN; needed where the case says so.
    #[serde(default)]
    pub second: Option<SignIn>,
}

pub(crate) fn decide(app: &App, asker: &Asker, wanted: Decide) -> Result<Vec<CaseLine>, AppError> {
    let Some(first) = &asker.session else {
        return refuse(bondhouse_domain::people::says::sign_in_first());
    };
    let second = match wanted.second {
        Some(attempt) => Some(people::prove(app, &attempt)?.id),
        None => None,
    };
    let ask = Ask::DecideCase {
        case: wanted.case,
        resolution: wanted.resolution,
        note: wanted.note.trim().to_owned(),
        second,
    };
    if !app.link.network().online {
        return refuse(says::offline());
    }
    match sync::act(app, asker.id, &first.person, ask)? {
        Some(refusal) => refuse(refusal),
        None => list(app, asker, Nothing {}),
    }
}

/// `release.found`
#[derive(Debug, Clone, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct Found {
    /// The label's 2D code as scanned.
    pub raw: String,
    /// Where the scan came from.
    pub from: String,
}

/// A parcel whose release was handed in.
#[derive(Debug, Clone, Serialize, ts_rs::TS)]
pub(crate) struct FoundAnswer {
    /// What is said about it.
    pub said: Message,
    /// Orders of this warehouse that are still in doubt.
    #[ts(type = "number")]
    pub in_doubt: u64,
}

/// Hands in the release of a packed parcel that is scanned after its workstation was lost.
pub(crate) fn found(app: &App, asker: &Asker, scanned: Found) -> Result<FoundAnswer, AppError> {
    let Some(person) = asker.session.as_ref().map(|session| session.person.clone()) else {
        return refuse(bondhouse_domain::people::says::sign_in_first());
    };
    let Meaning::ReleaseToken(token) = Scan::new(scanned.raw.as_str()).mean() else {
        return refuse(says::no_token());
    };
    let order = token.claims().order.clone();
    let fact = Fact::ParcelFound(ParcelFound {
        order: order.clone(),
        scan: crate::meaning::evidence(&scanned.raw, &scanned.from),
    });
    let request = app.request("release.found", asker.id, &person);
    let done = app.store()?.write(request, move |tx| {
        tx.record(&fact)?;
        Ok(())
    })?;
    app.touched(done.touched);
    // Without network it travels later, like every fact.
    if let Err(error) = sync::drain(app) {
        tracing::debug!(?error, "a found parcel waits for the network");
    }
    let counts = app.store()?.read(|view| view.orders_by_state())?;
    Ok(FoundAnswer {
        said: says::parcel_found(&order),
        in_doubt: counts.get("in_doubt").copied().unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::path::Path;

    fn catalogue(language: &str) -> BTreeMap<String, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../assets/messages");
        let text = std::fs::read_to_string(folder.join(format!("{language}.json"))).unwrap();
        serde_json::from_str(&text).unwrap()
    }

    /// The closed list, as the pages know it: no code can be missing from it.
    fn codes() -> Vec<CaseCode> {
        let union = <CaseCode as ts_rs::TS>::inline(&ts_rs::Config::new());
        let codes: Vec<CaseCode> = union
            .split('|')
            .map(|word| serde_json::from_str(word.trim()).unwrap())
            .collect();
        assert!(codes.len() >= 16, "{union}");
        codes
    }

    #[test]
    fn every_code_says_what_it_is_where_to_look_and_what_each_decision_does() {
        for language in ["zh", "en"] {
            let said = catalogue(language);
            let must = |key: String| {
                assert!(said.contains_key(&key), "{language} lacks {key}");
            };
            for code in codes() {
                let name = serde_json::to_string(&code).unwrap().to_lowercase();
                let name = name.trim_matches('"');
                must(format!("ui.case.{name}"));
                must(format!("ui.case.{name}.look"));
                assert!(!code.resolutions().is_empty(), "{name} cannot be decided");
                for resolution in code.resolutions() {
                    must(format!("ui.resolution.{}", resolution.name()));
                    must(format!("ui.resolution.{}.does", resolution.name()));
                }
            }
        }
    }

    #[test]
    fn four_eyes_are_asked_where_the_protocol_marks_it_and_nowhere_else() {
        let marked: Vec<CaseCode> = codes()
            .into_iter()
            .filter(|code| code.needs_four_eyes())
            .collect();
        assert_eq!(
            marked,
            [
                CaseCode::InDoubt,
                CaseCode::JournalFork,
                CaseCode::DoubleRelease,
                CaseCode::StockCountDiff
            ]
        );
    }
}
