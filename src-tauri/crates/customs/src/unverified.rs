//! In which order the elements of messages are written that no genuine sample proved: data, not code.
//!
//! `tables/unverified.txt` holds it and is marked as what it is. A message in it is read in any order, like
//! all others; whoever reads or writes one is told that its layout was never checked.

use bondhouse_domain::customs::MessageKind;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What stands in each element of a message, in order.
pub(crate) type Elements = BTreeMap<&'static str, Order>;

/// Names in the order they are written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Order(Vec<&'static str>);

impl Order {
    /// These in order; what is not named here follows as it stood.
    pub(crate) fn sorted<'a, T>(
        &self,
        these: &'a [T],
        name: impl Fn(&T) -> &str,
    ) -> impl Iterator<Item = &'a T> {
        let place = |one: &T| {
            let at = self.0.iter().position(|known| *known == name(one));
            at.unwrap_or(usize::MAX)
        };
        let mut sorted: Vec<&T> = these.iter().collect();
        sorted.sort_by_key(|one| place(one));
        sorted.into_iter()
    }
}

/// The orders of a message, if it is one of these.
pub(crate) fn of(kind: MessageKind) -> Option<&'static Elements> {
    static ALL: LazyLock<BTreeMap<&str, Elements>> =
        LazyLock::new(|| parsed(include_str!("tables/unverified.txt")));
    ALL.get(kind.as_str())
}

/// Messages at the margin, their elements two columns in, names that did not fit on a line four.
fn parsed(text: &'static str) -> BTreeMap<&'static str, Elements> {
    let mut all: BTreeMap<&str, Elements> = BTreeMap::new();
    let (mut messages, mut element) = ("", "");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if !line.starts_with(' ') {
            messages = line;
            continue;
        }
        let names = match line.split_once(':') {
            Some((named, names)) => {
                element = named.trim();
                names
            }
            None => line,
        };
        for message in messages.split_whitespace() {
            let order = all.entry(message).or_default().entry(element).or_default();
            order.0.extend(names.split_whitespace());
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::LAYOUTS;
    use crate::table::Table;
    use crate::tables::{bonded_note, gate_pass, warehouse};
    use std::collections::BTreeSet;

    /// What a table's leading fields are called.
    fn names<T>(table: &Table<T>) -> BTreeSet<&'static str> {
        table.fields[..table.leading]
            .iter()
            .map(|f| f.name)
            .collect()
    }

    #[test]
    fn the_file_names_each_field_of_each_message_once_and_no_other() {
        use MessageKind::{Bws101, Ems121, Sas101, Sas111, Sas251, Sas253};
        let tables = [
            (Sas101, "SasDclBsc", names(&warehouse::STOCK_DECLARATION)),
            (
                Sas101,
                "SasDclDt",
                names(&warehouse::STOCK_DECLARATION_LINE),
            ),
            (Sas111, "SasStockBsc", names(&warehouse::STOCK_NOTE)),
            (Sas111, "SasStockDt", names(&warehouse::STOCK_NOTE_LINE)),
            (Sas251, "HdeApprResult", names(&bonded_note::APPROVAL)),
            (
                Sas251,
                "Sas2stepPassportBsc",
                names(&gate_pass::GATE_PASS_STATE),
            ),
            (
                Sas253,
                "Sas2stepPassportRlt",
                names(&gate_pass::ENTRY_ON_PASS),
            ),
            (Bws101, "BwlHead", names(&warehouse::LEDGER_FILING)),
            (Bws101, "BwlList", names(&warehouse::LEDGER_FILING_ITEM)),
            (Ems121, "EmsChgoffBsc", names(&warehouse::RECONCILIATION)),
            (
                Ems121,
                "EmsChgoffImg",
                names(&warehouse::RECONCILIATION_LINE),
            ),
        ];
        for (message, element, names) in tables {
            let order = &of(message).unwrap()[element].0;
            assert_eq!(order.len(), names.len(), "{message} {element}");
            assert_eq!(order.iter().copied().collect::<BTreeSet<_>>(), names);
        }
        assert_eq!(of(Sas251), of(Sas253));
    }

    #[test]
    fn what_stands_in_the_file_is_marked_to_whoever_reads_or_writes_it() {
        let listed = LAYOUTS.iter().filter(|layout| of(layout.kind).is_some());
        let listed: Vec<_> = listed
            .map(|layout| (layout.kind.as_str(), layout.verified))
            .collect();
        let unverified = |name| (name, false);
        assert_eq!(
            listed,
            ["SAS101", "SAS111", "SAS251", "SAS253", "BWS101", "EMS121"].map(unverified)
        );
    }

    #[test]
    fn what_the_file_does_not_name_comes_last() {
        let known = parsed("# about\nX1 X2\n  head: b\n    a\n");
        let order = &known["X2"]["head"];
        let sorted: Vec<_> = order.sorted(&["z", "a", "y", "b"], |name| name).collect();
        assert_eq!(sorted, [&"b", &"a", &"z", &"y"]);
        assert_eq!(known["X1"], known["X2"]);
    }
}
