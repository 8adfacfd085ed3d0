//! Laws of the order's life, over random walks of changes.

use super::*;
use proptest::prelude::*;

fn order() -> Order {
    Order::received(OrderKey {
        platform: "3105960A01".into(),
        order_no: "B1".into(),
    })
}

fn holding(device: &str, incarnation: u32, fence: u32) -> Holding {
    Holding {
        device: DeviceId::new(device),
        incarnation: Incarnation(incarnation),
        fence: Fence(fence),
    }
}

fn any_change() -> impl Strategy<Value = Change> {
    let holder = (prop_oneof![Just("P-07"), Just("P-08")], 1u32..3, 1u32..4)
        .prop_map(|(d, i, f)| holding(d, i, f));
    prop_oneof![
        Just(Change::Compared),
        Just(Change::Declared),
        Just(Change::Clearance(ClearanceChange::Released)),
        Just(Change::Clearance(ClearanceChange::Held)),
        Just(Change::Clearance(ClearanceChange::Rejected)),
        Just(Change::Clearance(ClearanceChange::Stopped)),
        (prop_oneof![Just("P-07"), Just("P-08")], 1u32..3).prop_map(|(d, i)| Change::Grant {
            device: DeviceId::new(d),
            incarnation: Incarnation(i)
        }),
        holder.clone().prop_map(Change::HandedBack),
        holder.prop_map(Change::ReleasedBy),
        (1u32..6).prop_map(|fence| Change::FenceHeardOf(Fence(fence))),
        Just(Change::HolderSilent),
        any::<bool>().prop_map(|packed| Change::Looked { packed }),
        Just(Change::Bundle(BondedNoteNo::new("QD310526E000000001"))),
        Just(Change::Load(GatePassNo::new("Z3105E261122000000000001"))),
        Just(Change::Unload),
        Just(Change::GateOut),
        Just(Change::Hold(HoldBy::Merchant)),
        Just(Change::Lift(HoldBy::Merchant)),
        Just(Change::RequestCancel),
        Just(Change::PulledBack),
        Just(Change::Deliver),
    ]
}

/// A lifelike path to the bench, so that random walks spend their time where it is dangerous.
fn walk(changes: Vec<Change>) -> Vec<(Order, Step)> {
    let mut now = order();
    let start = [
        Change::Compared,
        Change::Declared,
        Change::Clearance(ClearanceChange::Released),
    ];
    let mut seen = Vec::new();
    for (pos, change) in start.into_iter().chain(changes).enumerate() {
        if let Ok(step) = step(&now, change, FeedPos(pos as u64)) {
            seen.push((now, step.clone()));
            now = step.order;
        }
    }
    seen
}

proptest! {
    #[test]
    fn an_order_is_granted_only_from_cleared_and_free(changes in proptest::collection::vec(any_change(), 0..40)) {
        for (before, after) in walk(changes) {
            let granted = matches!(after.order.state, State::Leased(_)) && !matches!(before.state, State::Leased(_));
            prop_assert!(!granted || before.is_grantable());
        }
    }

    #[test]
    fn it_leaves_a_holder_only_by_the_holders_word_or_a_human_look(changes in proptest::collection::vec(any_change(), 0..40)) {
        let mut now = order();
        for (pos, change) in changes.into_iter().enumerate() {
            let Ok(after) = step(&now, change.clone(), FeedPos(pos as u64)) else { continue };
            if let State::Leased(by) | State::InDoubt(by) = &now.state {
                let left = !matches!(after.order.state, State::Leased(_) | State::InDoubt(_));
                let own_word = matches!(&change, Change::HandedBack(h) | Change::ReleasedBy(h) if h == by);
                prop_assert!(!left || own_word || matches!(change, Change::Looked { .. }), "left without its holder's word");
            }
            now = after.order;
        }
    }

    #[test]
    fn it_leaves_the_zone_at_most_once_and_never_after_cancelled(changes in proptest::collection::vec(any_change(), 0..60)) {
        let mut left = 0;
        let mut cancelled = false;
        for (before, after) in walk(changes) {
            let out = after.order.state == State::GatedOut && before.state != State::GatedOut;
            left += u32::from(out);
            prop_assert!(!(out && cancelled));
            cancelled |= after.effects.contains(&Effect::Cancelled);
        }
        prop_assert!(left <= 1);
    }

    #[test]
    fn the_fence_never_falls(changes in proptest::collection::vec(any_change(), 0..40)) {
        for (before, after) in walk(changes) {
            prop_assert!(after.order.fence >= before.fence);
        }
    }
}

#[test]
fn a_reinstalled_workstation_cannot_speak_for_the_lost_one() {
    let leased = walk(vec![Change::Grant {
        device: DeviceId::new("P-07"),
        incarnation: Incarnation(1),
    }])
    .pop()
    .unwrap()
    .1
    .order;
    let after = step(
        &leased,
        Change::HandedBack(holding("P-07", 2, 1)),
        FeedPos(9),
    )
    .unwrap();
    assert_eq!(after.order.state, leased.state);
}

#[test]
fn a_hold_after_loading_stops_the_vehicle_and_keeps_the_parcel_where_it_is() {
    let pass = GatePassNo::new("Z3105E261122000000000001");
    let loaded = walk(vec![
        Change::Grant {
            device: DeviceId::new("P-07"),
            incarnation: Incarnation(1),
        },
        Change::ReleasedBy(holding("P-07", 1, 1)),
        Change::Bundle(BondedNoteNo::new("QD310526E000000001")),
        Change::Load(pass.clone()),
    ])
    .pop()
    .unwrap()
    .1
    .order;
    let after = step(
        &loaded,
        Change::Clearance(ClearanceChange::Held),
        FeedPos(9),
    )
    .unwrap();
    assert_eq!(after.order.state, loaded.state);
    assert_eq!(after.effects, vec![Effect::StopVehicle(pass)]);
}

#[test]
fn a_list_refused_while_customs_held_it_leaves_no_hold_behind() {
    let list = |now: Order, said| step(&now, Change::Clearance(said), FeedPos(9)).unwrap();
    let declared = step(&order(), Change::Declared, FeedPos(1)).unwrap().order;
    let held = list(declared, ClearanceChange::Held).order;
    assert!(held.holds.contains_key(&HoldBy::Customs));
    let refused = list(held, ClearanceChange::Rejected).order;
    assert_eq!(
        (&refused.state, refused.is_free()),
        (&State::Compared, true)
    );
}

#[test]
fn until_every_workstation_was_heard_nothing_is_answered_cancelled() {
    let cleared = walk(vec![]).pop().unwrap().1.order;
    let asked = step_unheard(&cleared, Change::RequestCancel, FeedPos(9)).unwrap();
    assert_eq!(
        (&asked.order.state, asked.order.cancel_requested),
        (&State::Cleared, Some(FeedPos(9)))
    );
    assert!(asked.effects.is_empty() && !asked.order.is_grantable());
    // A workstation packed it before the authority forgot: its word makes the grant again, flag or none.
    let grant = Change::GrantAgain {
        device: DeviceId::new("P-07"),
        incarnation: Incarnation(1),
    };
    let granted = step_unheard(&asked.order, grant, FeedPos(10))
        .unwrap()
        .order;
    let State::Leased(by) = granted.state.clone() else {
        panic!("{granted:?}");
    };
    let packed = step_unheard(&granted, Change::ReleasedBy(by), FeedPos(11)).unwrap();
    assert_eq!(packed.order.state, State::Released);
    assert!(packed.effects.contains(&Effect::PullFromStaging));
    // Nobody had it: the wish is repeated, and it is cancelled now.
    let over = step(&asked.order, Change::RequestCancel, FeedPos(12)).unwrap();
    assert_eq!(over.effects, [Effect::Cancelled]);
}

/// Found by the simulator: a restored authority remembers an earlier holder than the last.
#[test]
fn what_an_earlier_holder_gives_back_is_not_cancelled_before_every_workstation_was_heard() {
    let by = holding("P-07", 1, 1);
    for state in [State::Leased(by.clone()), State::InDoubt(by.clone())] {
        let held = Order {
            state,
            fence: Fence(1),
            cancel_requested: Some(FeedPos(8)),
            ..order()
        };
        let back = Change::HandedBack(by.clone());
        let unheard = step_unheard(&held, back.clone(), FeedPos(9)).unwrap();
        assert_eq!(unheard.order.state, State::Cleared);
        assert!(unheard.effects.is_empty() && !unheard.order.is_grantable());
        let heard = step(&held, back, FeedPos(9)).unwrap();
        assert_eq!(heard.effects, [Effect::Cancelled]);
    }
}
