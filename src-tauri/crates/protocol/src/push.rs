//! The server's rule for a pushed tail: skip what is known, append the rest, never guess.
//!
//! Pure, so that platform, simulator and model use the same rule.

use crate::wire::Push;
use bondhouse_domain::ids::Seq;
use bondhouse_domain::journal::{Break, Event, Hash, Head, Series};

/// What to do with a pushed tail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan<'a> {
    /// Append these, in order; the earlier ones are known already.
    Append(&'a [Event]),
    /// Something is missing in between: ask for it.
    NeedFrom(Seq),
    /// Two tails grew from one head: a cloned or restored disk. Quarantine, keep both tails.
    Fork(Seq),
    /// An event does not match its own hash or series: evidence of damage, nothing is taken.
    Damaged(Break),
}

/// Decides what to do with a push against what is known of the series.
///
/// `known_hash` answers the hash at a position that is already known, up to the head.
pub fn plan<'a>(
    series: &Series,
    head: &Head,
    known_hash: impl Fn(Seq) -> Option<Hash>,
    push: &'a Push,
) -> Plan<'a> {
    let before = Seq(push.from_seq.0.saturating_sub(1));
    if before > head.seq {
        return Plan::NeedFrom(Seq(head.seq.0.saturating_add(1)));
    }
    if before.0 > 0 && known_hash(before).is_some_and(|hash| hash != push.prev_hash) {
        return Plan::Fork(before);
    }
    let known = push
        .events
        .iter()
        .take_while(|event| event.seq <= head.seq)
        .count();
    let (overlap, fresh) = push.events.split_at(known);
    if let Some(event) = overlap
        .iter()
        .find(|event| known_hash(event.seq) != Some(event.hash))
    {
        return Plan::Fork(event.seq);
    }
    let mut at = *head;
    for event in fresh {
        match at.follow(series, event) {
            Ok(next) => at = next,
            Err(Break::Fork(seq)) => return Plan::Fork(seq),
            Err(other) => return Plan::Damaged(other),
        }
    }
    Plan::Append(fresh)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Position;
    use bondhouse_domain::ids::{DeviceId, Incarnation, PersonId, RequestId, WarehouseId};
    use bondhouse_domain::journal::Draft;
    use bondhouse_domain::time::Instant;
    use proptest::prelude::*;

    fn series() -> Series {
        Series {
            warehouse: WarehouseId::new("NB01"),
            device: DeviceId::new("P-07"),
            incarnation: Incarnation(1),
        }
    }

    fn chain(length: usize, salt: &str) -> Vec<Event> {
        let mut head = Head::EMPTY;
        (0..length)
            .map(|i| {
                let event = head.append(
                    &series(),
                    Draft {
                        kind: "intake.counted".into(),
                        v: 1,
                        request: RequestId(Default::default()),
                        actor: PersonId::new("zhou-min"),
                        occurred_at: Instant::from_millis(i as i64),
                        wall: Instant::from_millis(i as i64),
                        body: format!("{{\"{salt}\":{i}}}"),
                    },
                );
                head = event.head();
                event
            })
            .collect()
    }

    fn pushed(events: &[Event], from: usize, to: usize) -> Push {
        let last = events.last().unwrap();
        Push {
            from_seq: Seq(from as u64 + 1),
            prev_hash: from
                .checked_sub(1)
                .map_or(Hash::GENESIS, |i| events[i].hash),
            events: events[from..to].to_vec(),
            head: Position {
                seq: last.seq,
                hash: last.hash,
            },
        }
    }

    proptest! {
        #[test]
        fn however_pages_overlap_or_repeat_each_event_is_taken_once(cuts in proptest::collection::vec((0usize..20, 0usize..21), 1..30)) {
            let all = chain(20, "a");
            let mut taken: Vec<Event> = Vec::new();
            for (from, to) in cuts.into_iter().chain([(0, 20)]) {
                if from >= to { continue }
                let head = taken.last().map_or(Head::EMPTY, Event::head);
                let known = |seq: Seq| taken.get(seq.0 as usize - 1).map(|e| e.hash);
                match plan(&series(), &head, known, &pushed(&all, from, to)) {
                    Plan::Append(fresh) => { let fresh = fresh.to_vec(); taken.extend(fresh) }
                    Plan::NeedFrom(seq) => prop_assert_eq!(seq.0 as usize, taken.len() + 1),
                    other => prop_assert!(false, "{:?}", other),
                }
            }
            prop_assert_eq!(taken, all);
        }
    }

    #[test]
    fn a_cloned_disk_is_noticed_at_its_first_own_event() {
        let (ours, theirs) = (chain(5, "a"), chain(5, "b"));
        let head = ours[4].head();
        let known = |seq: Seq| ours.get(seq.0 as usize - 1).map(|e| e.hash);
        assert_eq!(
            plan(&series(), &head, known, &pushed(&theirs, 0, 5)),
            Plan::Fork(Seq(1))
        );
        assert_eq!(
            plan(&series(), &head, known, &pushed(&theirs, 3, 5)),
            Plan::Fork(Seq(3))
        );
    }
}
