//! Customs' own ledger: what came in, what is spoken for, what left. Kept from its own receipts alone.

use bondhouse_domain::customs::BondedNoteLine;
use bondhouse_domain::quantity::Quantity;
use std::collections::BTreeMap;

/// One line of the ledger.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub(super) hs_code: String,
    pub(super) unit: String,
    /// The price at which it came in, as customs' own notion of what it is worth.
    pub(super) price: Option<bondhouse_domain::quantity::Money>,
    came: Quantity,
    spoken_for: Quantity,
    left: Quantity,
}

impl Line {
    /// What nobody has declared yet.
    pub(super) fn available(&self) -> Quantity {
        let left = self
            .came
            .minus(self.spoken_for)
            .and_then(|rest| rest.minus(self.left));
        left.unwrap_or_default()
    }
}

/// A ledger item: ledger number and item number.
pub(super) type Key = (String, String);

/// The ledger of every warehouse here.
#[derive(Debug, Default)]
pub(super) struct Book {
    lines: BTreeMap<Key, Line>,
    newest: u64,
}

/// What a document claims of the book.
pub(super) type Claims = Vec<(Key, Quantity)>;

impl Book {
    pub(super) fn line(&self, key: &Key) -> Option<&Line> {
        self.lines.get(key)
    }

    /// Books what comes in, and answers the item number of the line, new where none was given.
    pub(super) fn bring_in(&mut self, ledger: &str, goods: &BondedNoteLine) -> String {
        let item_no = if goods.ledger_item_no.is_empty() {
            self.newest += 1;
            format!("{}", 9_000 + self.newest)
        } else {
            goods.ledger_item_no.clone()
        };
        let line = self
            .lines
            .entry((ledger.to_owned(), item_no.clone()))
            .or_default();
        line.hs_code.clone_from(&goods.hs_code);
        line.unit.clone_from(&goods.unit);
        line.price = goods.price.or(line.price);
        line.came = line.came.plus(goods.qty).unwrap_or(line.came);
        item_no
    }

    pub(super) fn speak_for(&mut self, claims: &Claims) {
        self.each(claims, |line, qty| {
            line.spoken_for = line.spoken_for.plus(qty).unwrap_or(line.spoken_for)
        });
    }

    pub(super) fn free(&mut self, claims: &Claims) {
        self.each(claims, |line, qty| {
            line.spoken_for = line.spoken_for.minus(qty).unwrap_or(line.spoken_for)
        });
    }

    pub(super) fn let_go(&mut self, claims: &Claims) {
        self.free(claims);
        self.each(claims, |line, qty| {
            line.left = line.left.plus(qty).unwrap_or(line.left)
        });
    }

    fn each(&mut self, claims: &Claims, change: impl Fn(&mut Line, Quantity)) {
        for (key, qty) in claims {
            if let Some(line) = self.lines.get_mut(key) {
                change(line, *qty);
            }
        }
    }
}
