//! The checker itself: told a good story it is silent, told a bad one it names the rule.

use super::seen::{Line, Rules, Seen};
use super::*;
use crate::ids::{Fence, PersonId};
use crate::ledger::LedgerItem;
use crate::orders::{Change, ClearanceChange, Holding, Order, step};
use crate::time::{Instant, Span};

struct Story {
    lines: Vec<Line>,
    order: Order,
}

fn holding(device: &str, fence: u32) -> Holding {
    Holding {
        device: DeviceId::new(device),
        incarnation: Incarnation(1),
        fence: Fence(fence),
    }
}

fn tins() -> Vec<LedgerItem> {
    vec![LedgerItem {
        ledger: crate::ids::LedgerNo::new("T3105W000076"),
        item_no: "20".into(),
    }]
}

impl Story {
    fn cleared() -> Self {
        let key = OrderKey {
            platform: "3105960A01".into(),
            order_no: "B1".into(),
        };
        let mut story = Self {
            lines: vec![],
            order: Order::received(key.clone()),
        };
        story.say(Seen::Begun {
            rules: Rules {
                customs_fresh_for: Span::minutes(15),
            },
        });
        for change in [
            Change::Compared,
            Change::Declared,
            Change::Clearance(ClearanceChange::Released),
        ] {
            story.change(change);
        }
        story.say(Seen::Customs {
            order: key,
            standing: ClearanceChange::Released,
        });
        story
    }

    fn say(&mut self, seen: Seen) {
        let step = self.lines.len() as u64 + 1;
        let at = Instant::from_millis(step as i64 * 1_000);
        self.lines.push(Line { step, at, seen });
    }

    fn change(&mut self, change: Change) {
        self.order = step(&self.order, change, FeedPos(1)).unwrap().order;
        let order = self.order.clone();
        self.say(Seen::Order { order });
    }

    fn grant(&mut self, device: &str, fence: u32) {
        self.change(Change::Grant {
            device: DeviceId::new(device),
            incarnation: Incarnation(1),
        });
        self.say(Seen::Granted {
            order: self.order.key.clone(),
            by: holding(device, fence),
            work_until: Instant::from_millis(i64::MAX),
            reserved: tins(),
            declared: tins(),
        });
    }

    fn pack(&mut self, device: &str, fence: u32) {
        self.say(Seen::Packed {
            machine: device.into(),
            order: self.order.key.clone(),
            by: holding(device, fence),
            picked: tins(),
        });
    }

    fn look(&mut self, packed: bool, truly: bool) {
        self.say(Seen::Looked {
            order: self.order.key.clone(),
            by: PersonId::new("zhou-min"),
            packed,
            truly,
        });
        self.change(Change::Looked { packed });
    }

    fn breach(&self) -> Option<&'static str> {
        check(&self.lines).err().map(|breach| breach.invariant)
    }
}

#[test]
fn an_order_that_was_looked_for_and_not_found_may_be_packed_elsewhere() {
    let mut story = Story::cleared();
    story.grant("P-01", 1);
    story.change(Change::HolderSilent);
    story.look(false, false);
    story.grant("P-02", 3);
    story.pack("P-02", 3);
    assert_eq!(story.breach(), None);
}

#[test]
fn an_order_that_time_alone_took_from_its_holder_breaks_i12() {
    let mut story = Story::cleared();
    story.grant("P-01", 1);
    story.change(Change::HandedBack(holding("P-01", 1)));
    assert_eq!(story.breach(), Some("I12"));
}

#[test]
fn a_parcel_that_stands_there_speaks_for_the_life_that_packed_it_and_for_no_other() {
    for (device, expected) in [("P-01", None), ("P-02", Some("I12"))] {
        let mut story = Story::cleared();
        story.grant("P-01", 1);
        story.pack("P-01", 1);
        // Nobody saw it, so the order is given again: to a twin of the same life, which falls silent too.
        story.change(Change::HolderSilent);
        story.look(false, true);
        story.grant("P-01", 3);
        story.change(Change::HolderSilent);
        story.say(Seen::Scanned {
            order: story.order.key.clone(),
            by: holding(device, 1),
        });
        story.change(Change::ReleasedBy(holding("P-01", 3)));
        assert_eq!(story.breach(), expected);
    }
}

#[test]
fn a_parcel_packed_twice_breaks_i1_unless_a_human_saw_wrongly() {
    for (truly, expected) in [(true, None), (false, Some("I1"))] {
        let mut story = Story::cleared();
        story.grant("P-01", 1);
        if truly {
            story.pack("P-01", 1);
        }
        story.change(Change::HolderSilent);
        story.look(false, truly);
        story.grant("P-02", 3);
        story.pack("P-02", 3);
        if !truly {
            story.pack("P-01", 1);
        }
        assert_eq!(story.breach(), expected);
    }
}

#[test]
fn packing_after_the_shop_was_told_that_it_is_cancelled_breaks_i10() {
    let mut story = Story::cleared();
    story.grant("P-01", 1);
    story.say(Seen::Answered {
        order: story.order.key.clone(),
    });
    story.pack("P-01", 1);
    assert_eq!(story.breach(), Some("I10"));
}

#[test]
fn a_computer_that_comes_back_without_what_it_showed_green_breaks_i7() {
    let mut story = Story::cleared();
    story.say(Seen::Green {
        machine: "P-01".into(),
        device: DeviceId::new("P-01"),
        incarnation: Incarnation(1),
        seq: Seq(5),
        hash: Hash::GENESIS,
    });
    story.say(Seen::Started {
        machine: "P-01".into(),
        device: DeviceId::new("P-01"),
        incarnation: Incarnation(1),
        seq: Seq(4),
        older_copy: false,
    });
    assert_eq!(story.breach(), Some("I7"));
}

#[test]
fn taking_journals_back_without_a_loss_or_without_an_end_breaks_l2() {
    for (seen, expected) in [
        (Seen::TakesBack { forgot: true }, None),
        (Seen::TakesBack { forgot: false }, Some("L2")),
        (Seen::Calm { recovering: false }, None),
        (Seen::Calm { recovering: true }, Some("L2")),
    ] {
        let mut story = Story::cleared();
        story.say(seen);
        assert_eq!(story.breach(), expected);
    }
}

#[test]
fn a_history_survives_being_written_down() {
    let mut story = Story::cleared();
    story.grant("P-01", 1);
    story.look_again();
    for line in &story.lines {
        let text = serde_json::to_string(line).unwrap();
        assert_eq!(&serde_json::from_str::<Line>(&text).unwrap(), line);
    }
}

impl Story {
    fn look_again(&mut self) {
        self.change(Change::HolderSilent);
        self.look(true, true);
    }
}
