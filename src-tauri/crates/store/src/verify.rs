//! Does a workstation's database keep what it promises? Read only; used by `bondctl verify` and at
//! night.
//!
//! Each check is independent of the code that wrote the tables: chains are hashed anew, balances
//! are folded by the plain values of `domain`, not by the SQL that keeps them.

use crate::error::StoreError;
use crate::journal::fact_of;
use crate::sealed::FieldKeys;
use crate::view::View;
use crate::{Fixed, Store, station};
use bondhouse_disk::DiskError;
use bondhouse_domain::facts::{Fact, LeaseDropped, Moves, Released};
use bondhouse_domain::feed::News;
use bondhouse_domain::ids::{FeedPos, GrantId, Seq};
use bondhouse_domain::invariants::journals::Journals;
use bondhouse_domain::journal::{Event, Hash, Series};
use bondhouse_domain::leases::SignedLease;
use bondhouse_domain::ledger::{Account, Book};
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::stock::{Balances, Bucket, Goods, Spot};
use rusqlite::{Connection, OpenFlags};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::Path;

/// One invariant and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ts_rs::TS)]
pub struct Finding {
    /// The invariant's number in the sync protocol, or of this store.
    pub invariant: &'static str,
    /// What it says, in English for the record.
    pub says: &'static str,
    /// Each difference, naming its event, entry or item; none when it holds.
    pub differences: Vec<String>,
}

impl Finding {
    /// Whether the invariant holds.
    pub fn holds(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Verifies a database file that may be in use. Needs no key: sealed fields stay sealed.
///
/// # Errors
/// When the file is no workstation's database or cannot be read at all.
pub fn verify(path: &Path) -> Result<Vec<Finding>, StoreError> {
    look_into(path, |view| view.findings())
}

/// How far a database reaches, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The life of the workstation.
    pub series: Series,
    /// The last event of its journal.
    pub head: Seq,
    /// The last entry of the feed it has applied.
    pub cursor: FeedPos,
}

/// How far a database file reaches; it may be in use and no key is needed.
///
/// # Errors
/// When the file is no workstation's database or cannot be read.
pub fn reach(path: &Path) -> Result<Reach, StoreError> {
    look_into(path, |view| view.reach())
}

/// Every event of a database's own journal; the file may be in use and no key is needed.
///
/// # Errors
/// When the file is no workstation's database or cannot be read.
pub fn journal(path: &Path) -> Result<Vec<Event>, StoreError> {
    look_into(path, |view| view.events_between(Seq(0), view.head()?.seq))
}

fn look_into<T>(
    path: &Path,
    work: impl FnOnce(&View<'_>) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    let id: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    if id != crate::schema::SCHEMA.application_id {
        return Err(DiskError::Foreign.into());
    }
    let tx = conn.unchecked_transaction()?;
    let (series, zone) = station::who(&tx)?;
    let fixed = Fixed {
        series,
        zone,
        keys: FieldKeys::new(0, [0; 32]),
    };
    work(&View {
        conn: &tx,
        fixed: &fixed,
    })
}

impl Store {
    /// Verifies this database as it is now.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn verify(&self) -> Result<Vec<Finding>, StoreError> {
        self.read(|view| view.findings())
    }
}

/// What journal and feed add up to, by the rules of `domain` alone.
#[derive(Default)]
struct Expected {
    stock: Balances,
    book: Book,
    /// Grants whose end the journal states.
    ended: BTreeSet<GrantId>,
    impossible: Vec<String>,
}

impl View<'_> {
    /// How far this database reaches.
    ///
    /// # Errors
    /// [`StoreError::Disk`].
    pub fn reach(&self) -> Result<Reach, StoreError> {
        Ok(Reach {
            series: self.series().clone(),
            head: self.head()?.seq,
            cursor: self.cursor()?.0,
        })
    }

    fn findings(&self) -> Result<Vec<Finding>, StoreError> {
        let expected = self.expected()?;
        Ok(vec![
            Finding {
                invariant: "file",
                says: "every page, row and index of the file is whole",
                differences: self.damage()?,
            },
            Finding {
                invariant: "I6",
                says: "the journal is one unbroken chain",
                differences: broken(self.check_journal())?,
            },
            Finding {
                invariant: "I1",
                says: "no order is released twice, or after its lease was given back",
                differences: self.journal_rules()?,
            },
            Finding {
                invariant: "I11",
                says: "the feed is one unbroken chain without gaps",
                differences: broken(self.check_feed())?,
            },
            Finding {
                invariant: "scan log",
                says: "the log of refused scans is one unbroken chain",
                differences: self.check_scan_log()?,
            },
            Finding {
                invariant: "I5",
                says: "no balance ever fell below nothing",
                differences: expected.impossible.clone(),
            },
            Finding {
                invariant: "I4",
                says: "stock balances are the sum of journal and feed",
                differences: self.stock_against(&expected.stock)?,
            },
            Finding {
                invariant: "I4 ledger",
                says: "ledger balances are the sum of journal and feed",
                differences: self.ledger_against(&expected.book)?,
            },
            Finding {
                invariant: "movements",
                says: "balances are the sum of the movements kept",
                differences: self.movements_against_balances()?,
            },
            Finding {
                invariant: "zero drift",
                says: "what lies here is what customs' book says",
                differences: self
                    .zero_drift()?
                    .lines
                    .into_iter()
                    .filter(|line| line.drift != Quantity::ZERO)
                    .map(|line| {
                        let (item, on_hand) = (&line.item, line.on_hand);
                        format!(
                            "{} {}: {on_hand} here, {} by the book",
                            item.ledger, item.item_no, line.expected
                        )
                    })
                    .collect(),
            },
            Finding {
                invariant: "I2",
                says: "every lease is signed by the authority, and none is held that the journal ended",
                differences: self.leases_against(&expected.ended)?,
            },
        ])
    }

    /// What SQLite itself finds wrong with the file.
    fn damage(&self) -> Result<Vec<String>, StoreError> {
        let mut found = self.list("PRAGMA integrity_check(10)", [], |row| {
            row.get::<_, String>(0)
        })?;
        found.retain(|line| line != "ok");
        Ok(found)
    }

    /// What the checker of exported journals says of ours.
    fn journal_rules(&self) -> Result<Vec<String>, StoreError> {
        let mut journals = Journals::default();
        let events = self.events_between(Seq(0), self.head()?.seq)?;
        let breach = events.iter().find_map(|event| journals.see(event).err());
        // A broken chain has its own line.
        let breach = breach.filter(|breach| breach.invariant != "I6");
        Ok(breach
            .map(|breach| breach.to_string())
            .into_iter()
            .collect())
    }

    /// The authority's books by the feed, and over them what we did and it has not judged.
    fn expected(&self) -> Result<Expected, StoreError> {
        let mut expected = Expected::default();
        let mut settled: BTreeSet<Seq> = self
            .withdrawn()?
            .into_iter()
            .map(|withdrawn| withdrawn.seq)
            .collect();
        let mut pos = FeedPos(0);
        let mut in_base = Seq(0);
        if let Some(base) = self.base()? {
            (pos, in_base) = (base.pos, base.judged);
            for moved in self.base_moves(&base)? {
                let moves = Moves {
                    stock: moved.stock,
                    ledger: moved.ledger,
                };
                if let Err(cause) = expected.add(&moves) {
                    expected.impossible.push(format!("snapshot: {cause}"));
                }
            }
        }
        loop {
            let page = self.entries_after(pos)?;
            let Some((last, _)) = page.last() else { break };
            pos = last.pos;
            for (entry, _) in page {
                if let Ok(News::Moved(moved)) = News::read(&entry.kind, entry.v, &entry.body) {
                    settled.extend(self.own_seq(&entry));
                    let moves = Moves {
                        stock: moved.stock,
                        ledger: moved.ledger,
                    };
                    if let Err(cause) = expected.add(&moves) {
                        expected
                            .impossible
                            .push(format!("entry {}: {cause}", entry.pos.0));
                    }
                }
            }
        }
        for event in self.events_between(Seq(0), self.head()?.seq)? {
            match fact_of(&event) {
                Ok(fact) => {
                    if event.seq > in_base && !settled.contains(&event.seq) {
                        // What finds no room is held back until the authority has judged it.
                        let _ = expected.add(&fact.moves());
                    }
                    if let Fact::Released(Released { grant, .. })
                    | Fact::LeaseDropped(LeaseDropped { grant, .. }) = fact
                    {
                        expected.ended.insert(grant);
                    }
                }
                Err(error) => expected.impossible.push(error.to_string()),
            }
        }
        Ok(expected)
    }

    fn stock_against(&self, expected: &Balances) -> Result<Vec<String>, StoreError> {
        let row = |goods: &Goods, spot: &Spot, bucket: Bucket, qty: Quantity| {
            format!(
                "{}/{} at {} {bucket:?}: {qty}",
                goods.owner, goods.item, spot.location
            )
        };
        let here: BTreeSet<_> = self
            .all_stock()?
            .into_iter()
            .map(|l| (l.goods, l.spot, l.bucket, l.qty))
            .collect();
        let folded: BTreeSet<_> = expected
            .iter()
            .map(|(g, s, bucket, qty)| (g.clone(), s.clone(), bucket, qty))
            .collect();
        let only_here = here
            .difference(&folded)
            .map(|(g, s, b, q)| format!("in the table only: {}", row(g, s, *b, *q)));
        let only_folded = folded
            .difference(&here)
            .map(|(g, s, b, q)| format!("by the events only: {}", row(g, s, *b, *q)));
        Ok(only_here.chain(only_folded).collect())
    }

    fn ledger_against(&self, expected: &Book) -> Result<Vec<String>, StoreError> {
        let mut here = Book::default();
        for line in self.ledger()? {
            here.load(line.item, line.account, line.units);
        }
        let items: BTreeSet<_> = here.items().into_iter().chain(expected.items()).collect();
        Ok(items
            .into_iter()
            .flat_map(|item| Account::ALL.map(|account| (item, account)))
            .filter(|(item, account)| {
                here.balance(item, *account) != expected.balance(item, *account)
            })
            .map(|(item, account)| {
                let (here, folded) = (here.balance(item, account), expected.balance(item, account));
                format!(
                    "{} {} {account:?}: {} in the table, {} by the events",
                    item.ledger, item.item_no, here.declared, folded.declared
                )
            })
            .collect())
    }

    /// The tables against each other, in SQL: balances, movements kept, and what was brought forward.
    fn movements_against_balances(&self) -> Result<Vec<String>, StoreError> {
        let stock = self.list(include_str!("verify/stock_sums.sql"), [self.w()], |row| {
            row.get(0)
        })?;
        let ledger = self.list(include_str!("verify/ledger_sums.sql"), [self.w()], |row| {
            row.get(0)
        })?;
        Ok([stock, ledger].concat())
    }

    fn check_scan_log(&self) -> Result<Vec<String>, StoreError> {
        let (mut n, mut hash) = (0u64, Hash::GENESIS);
        loop {
            let page = self.scans_after(n, 500)?;
            if page.is_empty() {
                return Ok(Vec::new());
            }
            for scan in page {
                let follows = scan.n == n.saturating_add(1) && scan.prev_hash == hash;
                if !follows || scan.hash != scan.computed_hash() {
                    return Ok(vec![format!(
                        "scan {} of the log was altered or follows another",
                        scan.n
                    )]);
                }
                (n, hash) = (scan.n, scan.hash);
            }
        }
    }

    fn leases_against(&self, ended: &BTreeSet<GrantId>) -> Result<Vec<String>, StoreError> {
        let keys = self.authority_keys()?;
        let leases = self.list(
            "SELECT grant_id, bytes, key_id, signature FROM leases WHERE warehouse_id = ?1",
            [self.w()],
            |row| {
                let signed = SignedLease {
                    bytes: row.get(1)?,
                    key_id: row.get(2)?,
                    signature: row.get(3)?,
                };
                Ok((GrantId::new(row.get::<_, String>(0)?), signed))
            },
        )?;
        let unsigned = leases
            .iter()
            .filter(|(_, signed)| signed.verify(&keys).is_err())
            .map(|(grant, _)| format!("lease {grant}: the signature does not fit"));
        let held: BTreeSet<GrantId> = self
            .list(
                "SELECT grant_id FROM leases WHERE warehouse_id = ?1 AND ended = 0",
                [self.w()],
                |row| Ok(GrantId::new(row.get::<_, String>(0)?)),
            )?
            .into_iter()
            .collect();
        let revived = held
            .intersection(ended)
            .map(|grant| format!("lease {grant}: held after its end"));
        let lost = leases
            .iter()
            .filter(|(grant, _)| !held.contains(grant) && !ended.contains(grant))
            .map(|(grant, _)| format!("lease {grant}: ended without a word in the journal"));
        Ok(unsigned.chain(revived).chain(lost).collect())
    }
}

impl Expected {
    /// Applies all movements or none.
    fn add(&mut self, moves: &Moves) -> Result<(), String> {
        let (mut stock, mut ledger) = (Vec::new(), Vec::new());
        let mut failed = None;
        for movement in &moves.stock {
            match self.stock.apply(movement) {
                Ok(()) => stock.push(movement.clone()),
                Err(cause) => failed = failed.or(Some(cause.to_string())),
            }
        }
        for movement in &moves.ledger {
            match self.book.apply(movement) {
                Ok(()) => ledger.push(movement.clone()),
                Err(cause) => failed = failed.or(Some(cause.to_string())),
            }
        }
        let Some(cause) = failed else { return Ok(()) };
        let back = Moves { stock, ledger }.reversed();
        let undone = back
            .stock
            .iter()
            .try_for_each(|m| self.stock.apply(m).map_err(|e| e.to_string()));
        undone.and(
            back.ledger
                .iter()
                .try_for_each(|m| self.book.apply(m).map_err(|e| e.to_string())),
        )?;
        Err(cause)
    }
}

/// A broken chain is a finding; a disk that cannot be read is an error.
fn broken<T>(checked: Result<T, StoreError>) -> Result<Vec<String>, StoreError> {
    match checked {
        Ok(_) => Ok(Vec::new()),
        Err(error @ (StoreError::Journal(_) | StoreError::Feed(_))) => Ok(vec![error.to_string()]),
        Err(error) => Err(error),
    }
}
