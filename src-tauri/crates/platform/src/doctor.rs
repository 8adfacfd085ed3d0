//! `bondhouse-platform doctor`: is everything this database says still true?
//!
//! It takes nothing from the running rules: chains are followed anew, balances are added up from their
//! movements, and what is sealed is opened. Each difference is named with its row. It repairs nothing:
//! a balance that drifted is a stop, and the movement that did it is what a human must see.

use crate::authority::View;
use crate::config::Config;
use crate::database::Database;
use crate::error::Result;
use crate::keys::{Keys, Of};
use crate::rows::{name_of, named, values};
use crate::{books, guarantees, messages, rotation, sync};
use bondhouse_domain::ids::{DeviceId, Incarnation, LedgerNo, Seq, WarehouseId};
use bondhouse_domain::journal::{Head, Series};
use bondhouse_domain::ledger::{Book, LedgerItem, LedgerMove, Units};
use bondhouse_domain::orders::Order;
use bondhouse_domain::quantity::Quantity;
use bondhouse_domain::stock::{Balances, StockMove};
use bondhouse_domain::time::Instant;

/// What was looked at, and what was wrong with it.
#[derive(Debug, Default)]
pub struct Findings {
    /// How many things were checked, by what they are.
    pub checked: Vec<(&'static str, usize)>,
    /// What does not hold, each in one line that names the row.
    pub wrong: Vec<String>,
}

/// Examines the database of a platform, running or not: what is seen is one moment. Blocks: not for a
/// thread that runs async code.
///
/// # Errors
/// When it cannot be opened at all, for instance because a program of another version is running on it.
pub fn examine(config: &Config) -> anyhow::Result<Findings> {
    let keys = Keys::open(&config.data, Of::Database)?;
    let mut findings = Findings::default();
    Database::look(config, |rows, damage| {
        let damage = damage.map(|error| format!("database: {error:?}"));
        findings.wrong.extend(damage);
        let warehouses = rows.all(
            "SELECT warehouse FROM warehouses ORDER BY warehouse",
            &[],
            |row| row.text(0),
        )?;
        for warehouse in warehouses {
            let then = Instant::from_millis(0);
            let view = View::of(rows, keys.newest(), then, WarehouseId::new(warehouse));
            findings.warehouse(&view)?;
        }
        Ok(())
    })?;
    Ok(findings)
}

impl Findings {
    fn warehouse(&mut self, view: &View<'_>) -> Result<()> {
        self.feed(view)?;
        self.journals(view)?;
        let stock = self.stock(view)?;
        let book = self.ledger(view)?;
        self.drift(view, &stock, &book);
        self.orders(view)?;
        self.messages(view)?;
        self.guarantees(view)?;
        self.sealed(view)
    }

    fn counted(&mut self, what: &'static str, how_many: usize) {
        self.checked.push((what, how_many));
    }

    fn differs(&mut self, view: &View<'_>, what: impl std::fmt::Display) {
        self.wrong.push(format!("{}: {what}", view.warehouse));
    }

    /// I11: positions without a gap, each entry continuing the one before, the head where the last is.
    fn feed(&mut self, view: &View<'_>) -> Result<()> {
        let (base, mut hash) = sync::feed_base(view)?;
        let mut pos = base.0;
        let entries = sync::feed_after(view, base, u32::MAX)?;
        for entry in &entries {
            pos = pos.saturating_add(1);
            if entry.pos.0 != pos || entry.prev_hash != hash || entry.hash != entry.computed_hash()
            {
                self.differs(
                    view,
                    format!("feed entry {} does not continue the feed", entry.pos.0),
                );
            }
            (pos, hash) = (entry.pos.0, entry.hash);
        }
        let (head, head_hash) = view.feed_head()?;
        if (head.0, head_hash) != (pos, hash) {
            self.differs(
                view,
                format!("the feed's head is {}, its last entry {pos}", head.0),
            );
        }
        self.counted("feed entries", entries.len());
        Ok(())
    }

    /// I6: each journal is a chained prefix 1..n, up to the head on record.
    fn journals(&mut self, view: &View<'_>) -> Result<()> {
        let series = view.rows.all(
            "SELECT device, incarnation, head_seq, head_hash FROM incarnations WHERE warehouse = ?1",
            values![view.warehouse.as_str()],
            |row| Ok((DeviceId::new(row.text(0)?), Incarnation(row.count32(1)?), row.count(2)?, row.hash(3)?)),
        )?;
        let mut events = 0usize;
        for (device, incarnation, head_seq, head_hash) in series {
            let series = Series {
                warehouse: view.warehouse.clone(),
                device,
                incarnation,
            };
            let mut head = Head::EMPTY;
            for event in sync::journal_events(view, &series, Seq(0), usize::MAX)? {
                events = events.saturating_add(1);
                match head.follow(&series, &event) {
                    Ok(next) => head = next,
                    Err(why) => self.differs(
                        view,
                        format!("journal {}/{}: {why}", series.device, series.incarnation.0),
                    ),
                }
            }
            if (head.seq.0, head.hash) != (head_seq, head_hash) {
                self.differs(
                    view,
                    format!(
                        "journal {}/{}: the head on record is {head_seq}",
                        series.device, series.incarnation.0
                    ),
                );
            }
        }
        self.counted("journal events", events);
        Ok(())
    }

    /// I4: every balance is the sum of its movements.
    fn stock(&mut self, view: &View<'_>) -> Result<Balances> {
        let moves: Vec<StockMove> = view.rows.all(
            "SELECT goods, origin, target, qty FROM stock_moves WHERE warehouse = ?1 ORDER BY pos, n",
            values![view.warehouse.as_str()],
            |row| Ok(StockMove { goods: row.json(0)?, from: row.json(1)?, to: row.json(2)?, qty: Quantity::from_units(row.int(3)?) }),
        )?;
        let mut summed = Balances::default();
        for (movement, n) in moves.iter().zip(1..) {
            if let Err(why) = summed.apply(movement) {
                self.differs(view, format!("stock movement {n}: {why}"));
            }
        }
        let stored = books::stock_balances(view)?;
        for (goods, spot, bucket, qty) in &stored {
            let same = summed
                .iter()
                .find(|(g, s, b, _)| *g == goods && *s == spot && b == bucket)
                .map(|(_, _, _, q)| q);
            if same != Some(*qty) {
                self.differs(
                    view,
                    format!(
                        "stock of {} at {} is {qty}, its movements say {same:?}",
                        goods.item, spot.location
                    ),
                );
            }
        }
        if stored.len() != summed.iter().count() {
            self.differs(view, "a stock balance has no row");
        }
        self.counted("stock movements", moves.len());
        Ok(summed)
    }

    fn ledger(&mut self, view: &View<'_>) -> Result<Book> {
        let moves: Vec<LedgerMove> = view.rows.all(
            "SELECT ledger, item_no, origin, target, declared, legal1, legal2, document FROM ledger_moves WHERE warehouse = ?1 ORDER BY pos, n",
            values![view.warehouse.as_str()],
            |row| {
                Ok(LedgerMove {
                    item: LedgerItem { ledger: LedgerNo::new(row.text(0)?), item_no: row.text(1)? },
                    from: named(row.text(2)?)?,
                    to: named(row.text(3)?)?,
                    units: Units {
                        declared: Quantity::from_units(row.int(4)?),
                        legal1: Quantity::from_units(row.int(5)?),
                        legal2: Quantity::from_units(row.int(6)?),
                    },
                    document: row.text(7)?,
                })
            },
        )?;
        let mut summed = Book::default();
        for movement in &moves {
            if let Err(why) = summed.apply(movement) {
                self.differs(
                    view,
                    format!("ledger movement of {}: {why}", movement.document),
                );
            }
        }
        for (item, account, units) in books::ledger_balances(view)? {
            if summed.balance(&item, account) != units {
                self.differs(
                    view,
                    format!(
                        "ledger item {} {}: balance and movements differ",
                        item.item_no,
                        name_of(&account)?
                    ),
                );
            }
        }
        self.counted("ledger movements", moves.len());
        Ok(summed)
    }

    /// Zero drift: what lies in the building is what the book says must lie there.
    fn drift(&mut self, view: &View<'_>, stock: &Balances, book: &Book) {
        let items = book.items();
        for item in &items {
            let (expected, lying) = (
                book.expected_on_hand(item),
                stock.on_hand(&item.ledger, &item.item_no),
            );
            if expected != lying {
                self.differs(
                    view,
                    format!(
                        "ledger item {}: the book expects {expected:?}, {lying:?} lies there",
                        item.item_no
                    ),
                );
            }
        }
        self.counted("ledger items", items.len());
    }

    /// An order's columns say what its life says, and what is leased has one lease.
    fn orders(&mut self, view: &View<'_>) -> Result<()> {
        let orders: Vec<(Order, String, i64)> = view.rows.all(
            "SELECT o.life, o.state, (SELECT count(*) FROM leases AS l WHERE l.warehouse = o.warehouse AND l.platform = o.platform \
             AND l.order_no = o.order_no AND l.state IN ('open', 'in_doubt')) FROM orders AS o WHERE o.warehouse = ?1",
            values![view.warehouse.as_str()],
            |row| Ok((row.json(0)?, row.text(1)?, row.int(2)?)),
        )?;
        for (life, state, leases) in &orders {
            let held = matches!(state.as_str(), "leased" | "in_doubt");
            if life.state.name() != state || *leases != i64::from(held) {
                self.differs(
                    view,
                    format!("order {}: {state}, with {leases} leases", life.key),
                );
            }
        }
        self.counted("orders", orders.len());
        Ok(())
    }

    /// Everything that is sealed opens.
    fn sealed(&mut self, view: &View<'_>) -> Result<()> {
        let (opened, closed) = rotation::open_all(view)?;
        for place in closed {
            self.differs(view, format!("the sealed value {place} does not open"));
        }
        self.counted("sealed values", opened);
        Ok(())
    }

    /// What merchants' guarantees say is drawn is what their lists draw.
    fn guarantees(&mut self, view: &View<'_>) -> Result<()> {
        for (owner, kept, added) in guarantees::wrong(view)? {
            self.differs(
                view,
                format!("guarantee of {owner}: {kept} is drawn, its lists draw {added}"),
            );
        }
        self.counted("list draws", guarantees::count(view)?);
        Ok(())
    }

    /// Every kept message opens and is what it was.
    fn messages(&mut self, view: &View<'_>) -> Result<()> {
        let kept = view.rows.all(
            "SELECT raw, hash FROM raw_messages WHERE warehouse = ?1 ORDER BY raw",
            values![view.warehouse.as_str()],
            |row| Ok((row.count(0)?, row.hash(1)?)),
        )?;
        for (raw, hash) in &kept {
            let whole =
                messages::bytes(view, *raw).is_ok_and(|bytes| messages::hash_of(&bytes) == *hash);
            if !whole {
                self.differs(view, format!("message {raw} does not open or was altered"));
            }
        }
        self.counted("messages", kept.len());
        Ok(())
    }
}
