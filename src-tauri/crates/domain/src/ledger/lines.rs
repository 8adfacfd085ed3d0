//! Lines of a ledger: under which number goods stand, and from which line a list takes them.
//!
//! A *cumulative* ledger has one line for each item of a merchant: what comes in is added to it. A
//! *non-cumulative* one opens a new line for every line of an inbound note, so that customs can tell
//! each arrival apart; then a list must choose its line. Which of the two a ledger is, customs says when
//! it is filed (`appendTypecd`), and it never changes while anything is booked.
//!
//! A line has two names. Ours is known from the moment it is opened and never changes, because stock
//! carries it. Customs' number (备案序号) may come only with the booking receipt (INV211), after the goods
//! were counted; nothing is declared from a line before.

use super::LedgerItem;
use crate::ids::ItemId;
use crate::quantity::Quantity;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// How a ledger books what comes in (`appendTypecd`).
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Booking {
    /// 累计: the same item always on the same line.
    #[default]
    Cumulative,
    /// 非累计: every line of an inbound note its own line.
    NonCumulative,
}

impl Booking {
    /// Our number of the line on which goods of an inbound note's line are booked. `named` is the
    /// number that master data gives the item, empty when customs is still to number it.
    pub fn line_no(self, named: &str, item: &ItemId, note: &str, line: u32) -> String {
        match self {
            Self::Cumulative if named.is_empty() => item.to_string(),
            Self::Cumulative => named.to_owned(),
            Self::NonCumulative => format!("{note}-{line}"),
        }
    }
}

/// Why nothing may be declared from a line, whatever it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Customs has not numbered it yet.
    Unnumbered,
    /// Customs suspended it (`cusmExeMarkcd` is not 1), with the mark.
    Suspended(String),
    /// The goods were to be gone by this day (`limitDate`).
    Overdue(NaiveDate),
}

/// What customs said of a line, as far as it may stop goods.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    /// Customs' number of the line (备案序号).
    pub number: Option<String>,
    /// `cusmExeMarkcd`; empty counts as normal.
    pub execution: String,
    /// `limitDate`: the last day the goods may be here.
    pub limit: Option<NaiveDate>,
}

impl Terms {
    /// What stops the line on a day.
    pub fn stop(&self, today: NaiveDate) -> Option<Stop> {
        let mark = self.execution.trim();
        if !mark.is_empty() && mark != "1" {
            return Some(Stop::Suspended(mark.to_owned()));
        }
        match self.limit {
            Some(limit) if today > limit => Some(Stop::Overdue(limit)),
            _ if self.number.is_none() => Some(Stop::Unnumbered),
            _ => None,
        }
    }
}

/// A line a list may take from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Our name of it.
    pub item: LedgerItem,
    /// The day its goods came in; goods without one are the oldest.
    pub in_date: Option<NaiveDate>,
    /// Free in customs' book and fit on the shelves, in the declared unit.
    pub free: Quantity,
    /// Why nothing may be taken from it.
    pub stop: Option<Stop>,
}

/// Why no line serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unserved {
    /// No line holds so much; this much is free on the fullest that may be used.
    Short(Quantity),
    /// Lines hold enough but all of those are stopped; the oldest one's reason.
    Stopped(LedgerItem, Stop),
}

/// Chooses the line for each wanted quantity, oldest first, as if all were taken one after the other.
///
/// A line of a list names one ledger line, and pairs with one line of the order: what no single line
/// holds cannot be put together from two. Equal days go by our number.
pub fn choose(lines: &[Line], wanted: &[Quantity]) -> Vec<Result<LedgerItem, Unserved>> {
    let mut lines: Vec<Line> = lines.to_vec();
    lines.sort_by(|a, b| (a.in_date, &a.item).cmp(&(b.in_date, &b.item)));
    wanted.iter().map(|qty| take(&mut lines, *qty)).collect()
}

fn take(lines: &mut [Line], qty: Quantity) -> Result<LedgerItem, Unserved> {
    let served = lines
        .iter_mut()
        .find(|line| line.stop.is_none() && line.free >= qty);
    if let Some(line) = served {
        line.free = line.free.minus(qty).unwrap_or(Quantity::ZERO);
        return Ok(line.item.clone());
    }
    let stopped = lines.iter().find(|line| line.free >= qty);
    match stopped.and_then(|line| Some((line.item.clone(), line.stop.clone()?))) {
        Some((item, stop)) => Err(Unserved::Stopped(item, stop)),
        None => {
            let usable = lines.iter().filter(|line| line.stop.is_none());
            let most = usable.map(|line| line.free).max();
            Err(Unserved::Short(most.unwrap_or(Quantity::ZERO)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::LedgerNo;
    use crate::ledger::{Account, Book, LedgerMove, Units};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn day(n: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, n).unwrap()
    }

    fn tins(count: i64) -> Quantity {
        Quantity::whole(count).unwrap()
    }

    fn line(no: &str, came: u32, free: i64) -> Line {
        Line {
            item: LedgerItem {
                ledger: LedgerNo::new("L9013B19A008"),
                item_no: no.into(),
            },
            in_date: Some(day(came)),
            free: tins(free),
            stop: None,
        }
    }

    fn chosen(lines: &[Line], wanted: &[i64]) -> Vec<Result<String, Unserved>> {
        let wanted: Vec<Quantity> = wanted.iter().map(|n| tins(*n)).collect();
        let chosen = choose(lines, &wanted).into_iter();
        chosen.map(|item| item.map(|item| item.item_no)).collect()
    }

    #[test]
    fn the_oldest_line_that_holds_enough_serves_and_lines_are_never_put_together() {
        let lines = [line("2256", 3, 10), line("2255", 1, 4)];
        let ok = |no: &str| Ok(no.to_owned());
        assert_eq!(chosen(&lines, &[3]), [ok("2255")]);
        assert_eq!(chosen(&lines, &[5]), [ok("2256")]);
        // Two lines of one order see what the first took.
        assert_eq!(chosen(&lines, &[3, 3]), [ok("2255"), ok("2256")]);
        assert_eq!(
            chosen(&lines, &[11]),
            [Err(Unserved::Short(tins(10)))],
            "fourteen lie there, on two lines"
        );
    }

    #[test]
    fn a_stopped_line_is_passed_over_and_named_when_it_alone_would_do() {
        let terms = |number: Option<&str>, execution: &str, limit| Terms {
            number: number.map(str::to_owned),
            execution: execution.into(),
            limit,
        };
        let on = |terms: Terms| terms.stop(day(22));
        assert_eq!(on(terms(Some("36"), "1", Some(day(22)))), None);
        assert_eq!(on(terms(None, "1", None)), Some(Stop::Unnumbered));
        assert_eq!(
            on(terms(Some("36"), "4", None)),
            Some(Stop::Suspended("4".into()))
        );
        assert_eq!(
            on(terms(Some("36"), "", Some(day(21)))),
            Some(Stop::Overdue(day(21)))
        );
        let stopped = Line {
            stop: Some(Stop::Unnumbered),
            ..line("A-1", 1, 9)
        };
        let lines = [stopped.clone(), line("A-2", 2, 5)];
        assert_eq!(chosen(&lines, &[5]), [Ok("A-2".to_owned())]);
        assert_eq!(
            chosen(&lines, &[6]),
            [Err(Unserved::Stopped(stopped.item, Stop::Unnumbered))]
        );
    }

    #[test]
    fn only_a_non_cumulative_ledger_opens_a_line_for_each_arrival() {
        let item = ItemId::new("AD1");
        let of = |booking: Booking, named| booking.line_no(named, &item, "NB01I261122000001", 2);
        assert_eq!(of(Booking::Cumulative, "36"), "36");
        assert_eq!(of(Booking::Cumulative, ""), "AD1");
        assert_eq!(of(Booking::NonCumulative, "36"), "NB01I261122000001-2");
    }

    /// What happens to a ledger in a day.
    #[derive(Debug, Clone)]
    enum Happens {
        /// Goods of an item come in under a new note: pre-debited, through the gate, counted.
        Arrives {
            item: usize,
            qty: i64,
        },
        /// A list wants so many of an item.
        Declared {
            item: usize,
            qty: i64,
        },
        /// The oldest open list is refused, or goes out through the gate.
        Refused,
        Leaves,
    }

    fn happens() -> impl Strategy<Value = Happens> {
        prop_oneof![
            (0usize..3, 1i64..30).prop_map(|(item, qty)| Happens::Arrives { item, qty }),
            (0usize..3, 1i64..12).prop_map(|(item, qty)| Happens::Declared { item, qty }),
            Just(Happens::Refused),
            Just(Happens::Leaves),
        ]
    }

    const ITEMS: [&str; 3] = ["MILK", "CREAM", "WINE"];

    proptest! {
        #[test]
        fn in_both_modes_nothing_is_claimed_twice_and_what_lies_here_is_what_the_book_says(
            non_cumulative: bool, day_of_work in proptest::collection::vec(happens(), 0..60)
        ) {
            let booking = if non_cumulative { Booking::NonCumulative } else { Booking::Cumulative };
            let (mut book, mut lines): (Book, Vec<(usize, Line)>) = (Book::default(), vec![]);
            // What really lies in the zone, told by nobody but the story itself.
            let mut here: BTreeMap<LedgerItem, i64> = BTreeMap::new();
            let mut open: Vec<(LedgerItem, i64)> = vec![];
            let go = |book: &mut Book, item: &LedgerItem, from, to, qty| {
                let units = Units { declared: tins(qty), legal1: tins(qty), legal2: Quantity::ZERO };
                book.apply(&LedgerMove { item: item.clone(), from, to, units, document: "d".into() }).is_ok()
            };
            for (n, happens) in (1u32..).zip(day_of_work) {
                match happens {
                    Happens::Arrives { item, qty } => {
                        let no = booking.line_no("", &ItemId::new(ITEMS[item]), &format!("N{n}"), 1);
                        let opened = line(&no, n % 28 + 1, 0);
                        let key = opened.item.clone();
                        if !lines.iter().any(|(_, known)| known.item == key) {
                            lines.push((item, opened));
                        }
                        for (from, to) in [(Account::Abroad, Account::PreIn), (Account::PreIn, Account::Arrived), (Account::Arrived, Account::Booked)] {
                            prop_assert!(go(&mut book, &key, from, to, qty));
                        }
                        *here.entry(key).or_default() += qty;
                    }
                    Happens::Declared { item, qty } => {
                        let of_item: Vec<Line> = lines.iter().filter(|(of, _)| *of == item).map(|(_, line)| Line {
                            free: book.balance(&line.item, Account::Booked).declared, ..line.clone()
                        }).collect();
                        let oldest = of_item.iter().filter(|l| l.free >= tins(qty)).min_by_key(|l| (l.in_date, l.item.clone()));
                        match choose(&of_item, &[tins(qty)]).remove(0) {
                            Ok(chosen) => {
                                prop_assert_eq!(Some(&chosen), oldest.map(|l| &l.item));
                                prop_assert!(go(&mut book, &chosen, Account::Booked, Account::PreOut, qty), "a chosen line can be claimed");
                                open.push((chosen, qty));
                            }
                            Err(Unserved::Short(most)) => {
                                prop_assert!(oldest.is_none());
                                prop_assert!(most < tins(qty));
                            }
                            Err(other) => prop_assert!(false, "{other:?}"),
                        }
                    }
                    Happens::Refused if !open.is_empty() => {
                        let (item, qty) = open.remove(0);
                        prop_assert!(go(&mut book, &item, Account::PreOut, Account::Booked, qty));
                    }
                    Happens::Leaves if !open.is_empty() => {
                        let (item, qty) = open.remove(0);
                        prop_assert!(go(&mut book, &item, Account::PreOut, Account::Debited, qty));
                        prop_assert!(go(&mut book, &item, Account::Debited, Account::Left, qty));
                        *here.entry(item).or_default() -= qty;
                    }
                    Happens::Refused | Happens::Leaves => {}
                }
                for (item, lies) in &here {
                    prop_assert_eq!(book.expected_on_hand(item), Some(tins(*lies)));
                    let claimed: i64 = open.iter().filter(|(of, _)| of == item).map(|(_, qty)| qty).sum();
                    prop_assert_eq!(book.balance(item, Account::PreOut).declared, tins(claimed));
                }
                if !non_cumulative {
                    prop_assert!(lines.len() <= ITEMS.len(), "one line an item");
                }
            }
        }
    }
}
