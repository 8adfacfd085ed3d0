//! Inspection and quarantine, as the town plays it: looks at every application, draws samples at a set rate.
//!
//! Most consignments pass by their papers. Of the sampled ones a laboratory says some days later whether
//! they are free or to be destroyed. Each document's number is made of the application's, so that reading
//! the applications again after a restart sends the same documents again, which changes nothing; and the
//! steps lie further apart than the post can be late, because a sampling notice after its own release
//! would block the goods for ever.

use crate::config::{Pace, Temper};
use crate::dice::Dice;
use crate::letters::{Letter, Settles, What};
use crate::world::INSPECTION;
use bondhouse_domain::time::Instant;
use serde::Deserialize;
use serde_json::{Value, json};

/// An application, as far as the desk reads it.
#[derive(Debug, Deserialize)]
pub(crate) struct Application {
    pub(crate) n: u64,
    application: String,
    notice: String,
    at: Instant,
}

/// What the desk sends about an application.
pub(crate) fn inspect(
    seed: u64,
    temper: Temper,
    pace: Pace,
    application: &Application,
) -> Vec<Letter> {
    // Drawn from the notice, whose number is the seed's; the platform's own depends on the hour.
    let mut dice = Dice::of(seed, &format!("inspection {}", application.notice), 0);
    let steps = if dice.happens(temper.samplings) {
        let passed = !dice.happens(temper.condemned);
        let (end, words) = if passed {
            ("release", "检验合格")
        } else {
            ("destroy", "检出不合格")
        };
        vec![
            (2_000, "sampling", json!({ "reason": "抽样检验" })),
            (
                200_000,
                "result",
                json!({ "passed": passed, "reason": words }),
            ),
            (400_000, end, json!({ "reason": words })),
        ]
    } else {
        vec![(2_000, "release", json!({ "reason": "单证审核通过" }))]
    };
    steps
        .into_iter()
        .map(|(after, what, said)| {
            document(application, what, said, pace.later(application.at, after))
        })
        .collect()
}

fn document(application: &Application, what: &str, mut said: Value, due: Instant) -> Letter {
    if let Value::Object(fields) = &mut said {
        fields.insert(
            "number".to_owned(),
            json!(format!("JY-{}-{what}", application.application)),
        );
        fields.insert("what".to_owned(), json!(what));
        fields.insert("application".to_owned(), json!(application.application));
    }
    Letter {
        due,
        from: INSPECTION.id,
        to: "/v1/inspection/orders".to_owned(),
        what: What::Json(said),
        name: format!("inspection {} {what}", application.notice),
        settles: Settles::Document,
        tries: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(samplings: u32, condemned: u32) -> Vec<(Instant, String)> {
        let temper = Temper {
            samplings,
            condemned,
            ..Temper::CALM
        };
        let application = Application {
            n: 1,
            application: "NB01Q261122000001".to_owned(),
            notice: "YF000700001".to_owned(),
            at: Instant::from_millis(0),
        };
        let pace = crate::Config::calm("", "", 7).pace();
        let letters = inspect(7, temper, pace, &application);
        letters
            .into_iter()
            .map(|letter| match letter.what {
                What::Json(said) => (letter.due, said["what"].as_str().unwrap().to_owned()),
                What::Xml(_) => panic!("quarantine speaks JSON"),
            })
            .collect()
    }

    #[test]
    fn every_application_ends_free_or_destroyed_and_never_before_it_was_sampled() {
        let whats = |steps: Vec<(Instant, String)>| {
            assert!(steps.is_sorted(), "{steps:?}");
            steps.into_iter().map(|(_, what)| what).collect::<Vec<_>>()
        };
        assert_eq!(whats(steps(0, 1_000)), ["release"]);
        assert_eq!(whats(steps(1_000, 0)), ["sampling", "result", "release"]);
        assert_eq!(
            whats(steps(1_000, 1_000)),
            ["sampling", "result", "destroy"]
        );
    }
}
