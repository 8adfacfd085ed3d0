//! The truth of the floor: what was packed, what left, what was shown green.

use super::seen::{Line, Seen};
use super::{Life, Wrong};
use crate::ids::{DeviceId, Incarnation, OrderKey, Seq};
use crate::journal::Hash;
use crate::ledger::LedgerItem;
use crate::orders::Holding;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub(super) struct Floor {
    packed: BTreeMap<OrderKey, Packing>,
    left: BTreeSet<OrderKey>,
    /// Told to be cancelled.
    cancelled: BTreeSet<OrderKey>,
    reserved: BTreeMap<(OrderKey, Holding), Vec<LedgerItem>>,
    machines: BTreeMap<String, Machine>,
    /// Which computers ran a life: more than one, and they are twins.
    ran: BTreeMap<Life, BTreeSet<String>>,
    /// Shown by disks that are no more, and safe elsewhere by then.
    outlived: Vec<Shown>,
}

#[derive(Debug)]
struct Packing {
    machine: String,
    life: Life,
    /// The disk it was packed from may have a twin that knows nothing of it.
    twin: bool,
    /// A human looked since, and saw what was not there.
    misseen: bool,
}

#[derive(Debug, Default)]
struct Machine {
    shown: Vec<Shown>,
    /// It runs from an older copy and was not in contact since.
    unheard: bool,
    /// The last event that is safe with the authority.
    safe: Option<Seq>,
}

/// An event a clerk saw green for.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub(super) device: DeviceId,
    pub(super) incarnation: Incarnation,
    pub(super) seq: Seq,
    pub(super) hash: Hash,
}

impl Floor {
    /// Everything shown green that nobody took the disk of.
    pub(super) fn shown(&self) -> impl Iterator<Item = &Shown> {
        let running = self.machines.values().flat_map(|machine| &machine.shown);
        running.chain(&self.outlived)
    }

    pub(super) fn see(&mut self, line: &Line) -> Result<(), Wrong> {
        match &line.seen {
            Seen::Granted {
                order,
                by,
                reserved,
                declared,
                ..
            } => {
                if reserved.iter().any(|item| !declared.contains(item)) {
                    return Err((
                        "I13",
                        Some(order.clone()),
                        "goods of another ledger item are reserved".into(),
                    ));
                }
                self.reserved
                    .insert((order.clone(), by.clone()), reserved.clone());
            }
            Seen::Packed {
                machine,
                order,
                by,
                picked,
            } => self.pack(machine, order, by, picked)?,
            Seen::Looked {
                order,
                packed,
                truly,
                ..
            } => {
                if let Some(packing) = self.packed.get_mut(order) {
                    packing.misseen |= *truly && !packed;
                }
            }
            Seen::Left { order } => {
                if self.cancelled.contains(order) {
                    return Err((
                        "I10",
                        Some(order.clone()),
                        "left after the cancellation was answered".into(),
                    ));
                }
                if !self.left.insert(order.clone()) {
                    return Err(("I1", Some(order.clone()), "left the zone twice".into()));
                }
            }
            Seen::Answered { order } => {
                self.cancelled.insert(order.clone());
            }
            Seen::Green {
                machine,
                device,
                incarnation,
                seq,
                hash,
            } => {
                self.machines
                    .entry(machine.clone())
                    .or_default()
                    .shown
                    .push(Shown {
                        device: device.clone(),
                        incarnation: *incarnation,
                        seq: *seq,
                        hash: *hash,
                    });
            }
            Seen::Safe {
                machine,
                device,
                incarnation,
                seq,
                ..
            } => {
                self.run(machine, (device.clone(), *incarnation));
                let machine = self.machines.entry(machine.clone()).or_default();
                machine.safe = machine.safe.max(Some(*seq));
                machine.unheard = false;
            }
            Seen::Started {
                machine,
                device,
                incarnation,
                seq,
                older_copy,
            } => {
                self.run(machine, (device.clone(), *incarnation));
                self.start(machine, *seq, *older_copy)?;
            }
            Seen::Gone { machine } => {
                // What was not safe yet may be lost with the disk; what was safe must not be.
                let machine = self.machines.entry(machine.clone()).or_default();
                let safe = machine.safe;
                let shown = std::mem::take(&mut machine.shown).into_iter();
                self.outlived
                    .extend(shown.filter(|shown| Some(shown.seq) <= safe));
                machine.safe = None;
            }
            _ => {}
        }
        Ok(())
    }

    fn pack(
        &mut self,
        machine: &str,
        order: &OrderKey,
        by: &Holding,
        picked: &[LedgerItem],
    ) -> Result<(), Wrong> {
        let life = (by.device.clone(), by.incarnation);
        let ran = self.run(machine, life);
        let unheard = self
            .machines
            .get(machine)
            .is_some_and(|machine| machine.unheard);
        // Two copies of one disk cannot know of each other; that they are found out is I6 and I9.
        let twin = ran > 1 || unheard;
        let wrong = |invariant, says: String| Err((invariant, Some(order.clone()), says));
        let lease = self.reserved.get(&(order.clone(), by.clone()));
        if lease.is_none_or(|reserved| reserved != picked) {
            return wrong(
                "I13",
                "packed from other goods than the lease reserves".into(),
            );
        }
        if self.cancelled.contains(order) && !twin {
            return wrong("I10", "packed after the cancellation was answered".into());
        }
        let now = Packing {
            machine: machine.to_owned(),
            life: (by.device.clone(), by.incarnation),
            twin,
            misseen: false,
        };
        match self.packed.insert(order.clone(), now) {
            Some(before) if !(before.misseen || twin || self.was_twin(&before)) => wrong(
                "I1",
                format!("packed at {} and again at {machine}", before.machine),
            ),
            _ => Ok(()),
        }
    }

    /// Whether a copy of the same disk ran beside the packer, before or since.
    fn was_twin(&self, packing: &Packing) -> bool {
        let ran = self.ran.get(&packing.life).map_or(0, BTreeSet::len);
        packing.twin || ran > 1
    }

    /// Notes who runs a life; answers how many did so far.
    fn run(&mut self, machine: &str, life: Life) -> usize {
        let machines = self.ran.entry(life).or_default();
        if !machines.contains(machine) {
            machines.insert(machine.to_owned());
        }
        machines.len()
    }

    fn start(&mut self, name: &str, seq: Seq, older_copy: bool) -> Result<(), Wrong> {
        let machine = self.machines.entry(name.to_owned()).or_default();
        if older_copy {
            machine.unheard = true;
            let safe = machine.safe;
            machine.safe = machine.safe.min(Some(seq));
            // The copy knows nothing of what came after it: only what is safe elsewhere must stay there.
            let (kept, gone): (Vec<Shown>, Vec<Shown>) = std::mem::take(&mut machine.shown)
                .into_iter()
                .partition(|shown| shown.seq <= seq);
            machine.shown = kept;
            self.outlived
                .extend(gone.into_iter().filter(|shown| Some(shown.seq) <= safe));
            return Ok(());
        }
        match machine.shown.iter().map(|shown| shown.seq).max() {
            Some(shown) if shown > seq => {
                let says = format!(
                    "{name} showed event {} green and came back with {}",
                    shown.0, seq.0
                );
                Err(("I7", None, says))
            }
            _ => Ok(()),
        }
    }
}
