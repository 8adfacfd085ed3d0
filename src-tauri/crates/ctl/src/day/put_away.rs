//! Put-away: what lies in RECEIVING goes to shelves, each shelf for one merchant and ledger.

use super::clerk::{Location, Room};
use super::shift::Shift;
use crate::reports::Stock;
use anyhow::{Context, ensure};
use bondhouse_domain::ids::{LedgerNo, LocationId, OwnerId};
use bondhouse_domain::stock::{Bucket, Goods, RECEIVING};
use bondhouse_domain::task::{Command, Outcome};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Who lives on a shelf.
type Resident = (OwnerId, LedgerNo);

/// The shelves as a clerk knows them: whose each is, and how many kinds of goods lie on it.
struct Shelves {
    shelves: Vec<Location>,
    residents: BTreeMap<LocationId, (Resident, usize)>,
    /// How many shelves one merchant may spread over while others have none.
    share: usize,
}

impl Shift<'_> {
    /// Puts away everything in RECEIVING.
    pub(super) fn put_away(&mut self) -> anyhow::Result<()> {
        let stock: Stock = self.clerk.station().call("stock.report", json!({}))?;
        let waiting: Vec<Goods> = stock
            .rows
            .iter()
            .filter(|row| {
                row.lying.spot.location.as_str() == RECEIVING
                    && row.lying.bucket == Bucket::Available
            })
            .map(|row| row.lying.goods.clone())
            .collect();
        let mut shelves = Shelves::of(
            self.clerk.locations()?,
            &stock,
            self.items.iter().map(|item| &item.owner),
        )?;
        self.clerk.open(Room::Stock)?;
        for goods in &waiting {
            let item = self
                .items
                .iter()
                .find(|item| item.item == goods.item && item.owner == goods.owner);
            let item = item.with_context(|| format!("{} is no item here", goods.item))?;
            let view = self.clerk.must_scan(Room::Stock, &item.piece()?)?;
            // Of several lots under one code the clerk reads on the goods which it is.
            let told = [goods.lot.clone(), goods.expiry.map(|date| date.to_string())];
            let which = view
                .choices
                .iter()
                .find(|choice| told.iter().flatten().all(|t| choice.detail.contains(t)));
            if let Some(which) = which {
                self.clerk.must_scan(Room::Stock, &which.code)?;
            }
            if let Some(strange) = shelves
                .of_another(goods)
                .filter(|_| waiting.first() == Some(goods))
            {
                self.refuse_to_mix(&strange)?;
            }
            let shelf = shelves.choose(goods)?;
            self.clerk.must_scan(Room::Stock, &shelf)?;
        }
        let done = self.clerk.must_key(Room::Stock, Command::Ok)?;
        self.clerk
            .must(done, "end of put-away", &[Outcome::Complete])?;
        let after: Stock = self
            .clerk
            .station()
            .call("stock.report", json!({ "location": RECEIVING }))?;
        ensure!(
            after.rows.is_empty(),
            "{} kinds of goods still lie in RECEIVING",
            after.rows.len()
        );
        self.account
            .step(&format!("{} kinds of goods put away", waiting.len()))
    }
}

impl Shelves {
    fn of<'o>(
        locations: Vec<Location>,
        stock: &Stock,
        owners: impl Iterator<Item = &'o OwnerId>,
    ) -> anyhow::Result<Self> {
        let shelves: Vec<Location> = locations
            .into_iter()
            .filter(|place| place.kind == "shelf")
            .collect();
        ensure!(!shelves.is_empty(), "the warehouse has no shelf");
        let mut residents = BTreeMap::new();
        for row in &stock.rows {
            let goods = &row.lying.goods;
            let who = (goods.owner.clone(), goods.customs.ledger.clone());
            residents
                .entry(row.lying.spot.location.clone())
                .or_insert((who, 0usize))
                .1 += 1;
        }
        let owners = owners.collect::<BTreeSet<_>>().len().max(1);
        Ok(Self {
            share: (shelves.len() / owners).max(1),
            shelves,
            residents,
        })
    }

    /// A free shelf while the merchant has few, else the emptiest of its own; its code.
    fn choose(&mut self, goods: &Goods) -> anyhow::Result<String> {
        let who = (goods.owner.clone(), goods.customs.ledger.clone());
        let own = self.shelves.iter().filter(|shelf| {
            self.residents
                .get(&shelf.location)
                .is_some_and(|(w, _)| *w == who)
        });
        let (count, emptiest) = (
            own.clone().count(),
            own.min_by_key(|shelf| self.residents.get(&shelf.location).map(|(_, kinds)| *kinds)),
        );
        let free = self
            .shelves
            .iter()
            .find(|shelf| !self.residents.contains_key(&shelf.location));
        let chosen = match count < self.share {
            true => free.or(emptiest),
            false => emptiest.or(free),
        };
        let chosen = chosen
            .context("no shelf is free for another merchant")?
            .clone();
        self.residents
            .entry(chosen.location.clone())
            .or_insert((who, 0))
            .1 += 1;
        chosen
            .code
            .with_context(|| format!("{} has no label", chosen.location))
    }

    /// A shelf where these goods may not lie.
    fn of_another(&self, goods: &Goods) -> Option<String> {
        let strange = |shelf: &&Location| {
            self.residents
                .get(&shelf.location)
                .is_some_and(|((owner, _), _)| *owner != goods.owner)
        };
        self.shelves.iter().find(strange)?.code.clone()
    }
}
