//! The day of a town: who acts when, and what is remembered of it.
//!
//! One turn looks at the clock, lets every actor do what is due, and has the post deliver what is
//! ready. Turns are short and repeated; nothing here waits for anything but the platform's answer.

use crate::carriers::{self, Pickup};
use crate::config::Config;
use crate::customs::{Accepted, Approved, Customs, News, Refusal, Said, Sent};
use crate::letters::{Letter, Post, Settles, What};
use crate::line::{Body, Line};
use crate::memory::{Memory, Open};
use crate::quarantine::Application;
use crate::receiver::Receiver;
use crate::world::{CARRIERS, CUSTOMS, INSPECTION, MARKETPLACE, OWN_SHOP, PAYERS, World};
use crate::{quarantine, seeding, trade};
use anyhow::{Context, anyhow};
use bondhouse_customs::{Message, Package, Transfer};
use bondhouse_domain::customs::Document;
use bondhouse_domain::time::{Instant, Span, Zone};
use serde::Serialize;
use std::collections::BTreeSet;

/// How often customs looks for news, in real time.
const LOOK_EVERY: Span = Span::millis(250);
/// How often carriers look for vehicles that left the dock.
const PICKUPS_EVERY: Span = Span::millis(1_000);
/// How often pools are topped up.
const POOLS_EVERY: Span = Span::millis(30_000);
/// How long to wait before a letter that got no answer is tried again.
const AGAIN_AFTER: Span = Span::millis(2_000);
/// How many messages are fetched at once.
const PAGE: u32 = 100;

/// What a town has done since it was started.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Orders the platform took.
    pub orders: u64,
    /// Payments it took.
    pub payments: u64,
    /// Notices it took.
    pub notices: u64,
    /// Lists customs released.
    pub released: u64,
    /// Lists customs refused.
    pub refused: u64,
    /// Payments that were changed while customs had their list.
    pub doubted: u64,
    /// Bonded notes customs booked.
    pub booked: u64,
    /// Vehicles that came to the gate, both ways.
    pub vehicles: u64,
    /// Of those, turned back for their weight.
    pub turned_back: u64,
    /// Parcels signed for.
    pub signed_for: u64,
    /// Returns, remittances and documents of quarantine that the platform took.
    pub documents: u64,
    /// Changes that shops heard by call-back.
    pub heard: u64,
    /// Changes that were left out of what they heard; there should be none.
    pub missed: u64,
    /// Letters the platform refused for good.
    pub turned_away: u64,
}

pub(crate) struct Running {
    config: Config,
    world: World,
    line: Line,
    pub(crate) memory: Memory,
    saved: Option<Memory>,
    /// Every message up to here was answered in earlier runs.
    settled: u64,
    customs: Customs,
    post: Post,
    /// Up to here the outbox was read in this run.
    read: u64,
    /// Up to here the applications for inspection were read in this run.
    inspected: u64,
    shops: Vec<Receiver>,
    /// Orders of which something was sent back in this run.
    given_back: BTreeSet<u64>,
    next_order: Option<Instant>,
    next_look: Instant,
    next_pickups: Instant,
    next_pools: Instant,
    pub(crate) tally: Tally,
}

impl Running {
    /// Everyone is registered and everything listed when this returns.
    pub(crate) fn open(config: Config) -> anyhow::Result<Self> {
        let line = Line::new(&config.platform, config.clock.clone())?;
        seeding::wait_for(&line, &config)?;
        let now = (config.clock)();
        let known = match &config.data {
            Some(folder) => Memory::load(folder, config.seed)?,
            None => None,
        };
        let mut memory = match known {
            Some(memory) if seeding::keys_fit(&line, &memory)? => memory,
            _ => Memory::new(config.seed, Zone::SHANGHAI.date_at(now)),
        };
        let world = World::new(config.seed, memory.founded, &config.ledger);
        seeding::register(&line, &config, &mut memory)?;
        seeding::furnish(&line, &config, &world, &mut memory)?;
        let post = Post::new(config.seed, config.faults, config.pace());
        let shops = open_shops(&line, &config, &memory)?;
        let mut town = Self {
            shops,
            given_back: BTreeSet::new(),
            inspected: 0,
            customs: Customs::new(&config),
            world,
            line,
            settled: memory.answered,
            memory,
            saved: None,
            post,
            read: 0,
            next_order: None,
            next_look: now,
            next_pickups: now,
            next_pools: now.plus(POOLS_EVERY),
            tally: Tally::default(),
            config,
        };
        town.remember()?;
        town.take_up(now)?;
        Ok(town)
    }

    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    /// Takes up what the last run left open.
    fn take_up(&mut self, now: Instant) -> anyhow::Result<()> {
        for (n, open) in self.memory.open.clone() {
            self.send_order(n, &open)?;
        }
        for k in self.memory.open_notices.clone() {
            self.send_notice(k, now)?;
        }
        // Who declares payments itself has told customs long ago.
        for n in 0..self.memory.orders {
            self.tell_customs_of_payment(n, now);
        }
        for (parcel, due) in self.memory.deliveries.clone() {
            self.deliver_parcel(&parcel, due);
        }
        if self.memory.orders >= self.config.orders {
            self.next_order = self.after_one_order(now);
        }
        Ok(())
    }

    /// One turn.
    pub(crate) fn turn(&mut self) -> anyhow::Result<()> {
        let now = (self.config.clock)();
        self.buy(now)?;
        if now >= self.next_look {
            self.next_look = now.plus(LOOK_EVERY);
            self.customs_looks()?;
            self.quarantine_looks()?;
            self.shops_hear(now);
            self.payers_remit(now);
        }
        if now >= self.next_pickups {
            self.next_pickups = now.plus(PICKUPS_EVERY);
            self.carriers_look(now)?;
        }
        if now >= self.next_pools {
            self.next_pools = now.plus(POOLS_EVERY);
            // A pool that cannot be filled now is filled later; it lasts longer than an outage.
            seeding::fill_pools(&self.line, &self.world, &mut self.memory).ok();
        }
        self.deliver(now)?;
        let read = self.read.max(self.settled);
        let unanswered = self.post.first_unanswered();
        self.memory.answered = unanswered.map_or(read, |n| n.saturating_sub(1));
        self.remember()
    }

    /// Whether everything that was begun is done, as far as the town knows.
    pub(crate) fn is_quiet(&self) -> bool {
        self.post.is_empty()
            && self.memory.open.is_empty()
            && self.memory.orders >= self.config.orders
    }

    fn remember(&mut self) -> anyhow::Result<()> {
        if let Some(folder) = &self.config.data
            && self.saved.as_ref() != Some(&self.memory)
        {
            self.memory.save(folder)?;
            self.saved = Some(self.memory.clone());
        }
        Ok(())
    }

    /// Buyers buy; and before the shelves are empty the forwarder sends another truck.
    fn buy(&mut self, now: Instant) -> anyhow::Result<()> {
        let soon = self.memory.orders.max(self.config.orders.saturating_sub(1));
        while self.memory.notices < self.world.notices_due(soon) {
            let k = self.memory.notices;
            self.memory.notices += 1;
            self.memory.open_notices.insert(k);
            self.send_notice(k, now)?;
        }
        while self.memory.orders < self.config.orders
            || self.next_order.is_some_and(|due| due <= now)
        {
            let n = self.memory.orders;
            self.memory.orders += 1;
            let open = Open {
                placed_at: now,
                order: true,
                payment: true,
            };
            self.send_order(n, &open)?;
            self.memory.open.insert(n, open);
            let letter = trade::cancel(&self.world, self.config.temper, self.config.pace(), n, now);
            letter
                .into_iter()
                .for_each(|letter| self.post.hand_in(letter));
            if self.memory.orders >= self.config.orders {
                self.next_order = self.after_one_order(now);
            }
        }
        Ok(())
    }

    fn after_one_order(&self, now: Instant) -> Option<Instant> {
        let pace = self.config.pace();
        pace.between_orders(self.config.orders_a_day)
            .map(|millis| pace.later(now, millis))
    }

    fn send_notice(&mut self, k: u64, at: Instant) -> anyhow::Result<()> {
        for letter in trade::announce(&self.world, self.config.pace(), k, at)? {
            self.post.hand_in(letter);
        }
        Ok(())
    }

    fn send_order(&mut self, n: u64, open: &Open) -> anyhow::Result<()> {
        if open.order {
            self.post
                .hand_in(trade::place(&self.world, n, open.placed_at)?);
        }
        if open.payment {
            let letters = trade::pay(
                &self.world,
                self.config.temper,
                self.config.pace(),
                n,
                open.placed_at,
            );
            letters
                .into_iter()
                .for_each(|letter| self.post.hand_in(letter));
            self.tell_customs_of_payment(n, open.placed_at);
        }
        Ok(())
    }

    /// Customs hears of a payment directly where the institution declares it itself.
    fn tell_customs_of_payment(&mut self, n: u64, at: Instant) {
        if self.world.order(n).payer.forwards {
            return;
        }
        let payment = self.world.payment(n, at, crate::world::Slip::None);
        self.customs
            .receive_directly(Document::Payment(payment), at);
    }

    /// Quarantine reads what was applied for.
    fn quarantine_looks(&mut self) -> anyhow::Result<()> {
        let key = self
            .memory
            .keys
            .get(INSPECTION.id)
            .context("quarantine has no key")?;
        let target = format!(
            "/v1/inspection/applications?after={}&limit={PAGE}",
            self.inspected
        );
        let page: Vec<Application> = self.line.get(key, &target).unwrap_or_default();
        for application in page {
            self.inspected = application.n;
            let letters = quarantine::inspect(
                self.world.seed(),
                self.config.temper,
                self.config.pace(),
                &application,
            );
            letters
                .into_iter()
                .for_each(|letter| self.post.hand_in(letter));
        }
        Ok(())
    }

    /// Shops act on what the platform called them back about: some buyers send things back.
    fn shops_hear(&mut self, now: Instant) {
        let news: Vec<_> = self.shops.iter().flat_map(Receiver::news).collect();
        for change in news
            .into_iter()
            .filter(|change| change.state == "delivered")
        {
            let Some(n) = self.world.order_number_of(&change.order_no) else {
                continue;
            };
            // An order is heard of again while its return goes on.
            if !self.given_back.insert(n) {
                continue;
            }
            let letter =
                trade::give_back(&self.world, self.config.temper, self.config.pace(), n, now);
            letter
                .into_iter()
                .for_each(|letter| self.post.hand_in(letter));
        }
        let counts = self.shops.iter().map(Receiver::count);
        (self.tally.heard, self.tally.missed) =
            counts.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
    }

    /// Institutions send their records once everything of the beginning is paid.
    fn payers_remit(&mut self, now: Instant) {
        let paid = self.memory.orders >= self.config.orders && self.memory.open.is_empty();
        if self.memory.remitted || !paid || self.config.orders == 0 {
            return;
        }
        self.memory.remitted = true;
        for payer in PAYERS {
            let letters = trade::remit(
                &self.world,
                self.config.temper,
                payer,
                self.config.orders,
                now,
            );
            letters
                .into_iter()
                .for_each(|letter| self.post.hand_in(letter));
        }
    }

    /// Customs reads what is new in the outbox. What was answered in an earlier run is only remembered.
    fn customs_looks(&mut self) -> anyhow::Result<()> {
        let key = self
            .memory
            .keys
            .get(CUSTOMS.id)
            .context("customs has no key")?;
        let target = format!("/v1/customs/outbox?after={}&limit={PAGE}", self.read);
        // What cannot be fetched now is fetched at the next look; the line says that it is down.
        let page: Vec<Sent> = self.line.get(key, &target).unwrap_or_default();
        for sent in page {
            let said = self.customs.read(&sent);
            self.read = sent.n;
            self.hear(said, sent.n <= self.settled);
        }
        Ok(())
    }

    /// Passes customs' answers to the post, and lets the others act on what they see.
    fn hear(&mut self, said: Said, settled: bool) {
        if !settled {
            said.letters
                .into_iter()
                .for_each(|letter| self.post.hand_in(letter));
        }
        for news in said.news {
            match news {
                News::PassApproved(pass) => self.driver_has_pass(&pass, settled),
                // An earlier run acted on the rest.
                _ if settled => {}
                News::Accepted(accepted) => self.payer_doubts(&accepted),
                News::Released => self.tally.released += 1,
                News::Booked => self.tally.booked += 1,
                News::TurnedBack => self.tally.turned_back += 1,
                News::Refused(refusal) => self.shop_hears_of(&refusal),
            }
        }
    }

    fn payer_doubts(&mut self, accepted: &Accepted) {
        let Some(n) = self.world.order_number_of(&accepted.order_no) else {
            return;
        };
        let (temper, pace) = (self.config.temper, self.config.pace());
        let letters = trade::doubt(&self.world, temper, pace, n, accepted);
        self.tally.doubted += u64::from(!letters.is_empty());
        letters
            .into_iter()
            .for_each(|letter| self.post.hand_in(letter));
    }

    fn shop_hears_of(&mut self, refusal: &Refusal) {
        self.tally.refused += 1;
        let Some(n) = self.world.order_number_of(&refusal.order_no) else {
            return;
        };
        match trade::after_refusal(&self.world, self.config.pace(), n, refusal) {
            Ok(letter) => self.post.hand_in(letter),
            Err(error) => tracing::error!(%error, "an order cannot be written"),
        }
    }

    /// A truck with a pass drives in; one that drives out was seen before, or is waited for.
    fn driver_has_pass(&mut self, pass: &Approved, settled: bool) {
        let gone = self.memory.gone.get(&pass.pass_no).copied();
        let arrives = if pass.inbound {
            Some(self.config.pace().later(pass.at, 6_000))
        } else {
            gone
        };
        let Some(arrives) = arrives else { return };
        if pass.inbound && !settled {
            self.tally.vehicles += 1;
            let sent = (0..self.memory.notices).rev().map(|k| self.world.notice(k));
            if let Some(notice) = sent
                .into_iter()
                .find(|notice| notice.vehicle == pass.vehicle)
            {
                self.post.hand_in(trade::milestone(
                    &notice.notice,
                    "at_the_gate",
                    "1 号卡口",
                    arrives,
                ));
            }
        }
        let said = self
            .customs
            .vehicle_at_gate(&pass.pass_no, arrives, &self.world);
        self.hear(said, settled);
    }

    /// Carriers see their vehicles leave the dock.
    fn carriers_look(&mut self, now: Instant) -> anyhow::Result<()> {
        for carrier in CARRIERS {
            let key = self
                .memory
                .keys
                .get(carrier.id)
                .context("a carrier has no key")?;
            let leaving: Vec<Pickup> = self
                .line
                .get(key, "/v1/carrier/pickups")
                .unwrap_or_default();
            for pickup in leaving {
                let left_at = *self
                    .memory
                    .gone
                    .entry(pickup.pass.clone())
                    .or_insert_with(|| {
                        self.tally.vehicles += 1;
                        now
                    });
                let said = self
                    .customs
                    .vehicle_at_gate(&pickup.pass, left_at, &self.world);
                self.hear(said, false);
                // Nothing is delivered from a vehicle that stands at the barrier.
                if !self.customs.is_through(&pickup.pass) {
                    continue;
                }
                for waybill in pickup.waybills {
                    let parcel = carriers::parcel(carrier, &waybill);
                    let due = carriers::delivery_time(
                        self.config.pace(),
                        self.world.seed(),
                        &waybill,
                        left_at,
                    );
                    if self.memory.deliveries.insert(parcel.clone(), due).is_none() {
                        self.deliver_parcel(&parcel, due);
                    }
                }
            }
        }
        Ok(())
    }

    fn deliver_parcel(&mut self, parcel: &str, due: Instant) {
        if let Some(letter) = carriers::signed_for(self.world.seed(), parcel, due) {
            self.post.hand_in(letter);
        }
    }

    /// The post delivers everything that is due now.
    fn deliver(&mut self, now: Instant) -> anyhow::Result<()> {
        while let Some(bundle) = self.post.next_bundle(now) {
            self.deliver_bundle(bundle, now)?;
        }
        Ok(())
    }

    fn deliver_bundle(&mut self, bundle: Vec<Letter>, now: Instant) -> anyhow::Result<()> {
        let Some(first) = bundle.first() else {
            return Ok(());
        };
        let key = self
            .memory
            .keys
            .get(first.from)
            .with_context(|| format!("{} has no key", first.from))?;
        let body = write(&bundle, now)?;
        tracing::debug!(
            letter = first.name,
            together = bundle.len(),
            due = first.due.as_millis(),
            "delivering"
        );
        match self.line.post(key, &first.to, body) {
            Ok(answer) if answer.is_success() && answer.status != 207 => {
                bundle.iter().for_each(|letter| self.settle(letter, true));
            }
            Ok(answer) if answer.is_passing() => self.post.put_back(bundle, now.plus(AGAIN_AFTER)),
            Err(error) => {
                tracing::debug!(%error, "the letter waits");
                self.post.put_back(bundle, now.plus(AGAIN_AFTER));
            }
            // One bad document spoils a message: each goes again by itself.
            Ok(_) if bundle.len() > 1 => {
                for letter in bundle {
                    self.deliver_bundle(vec![letter], now)?;
                }
            }
            Ok(_) if first.tries > 0 => {
                let due = self.config.pace().later(now, 30_000);
                let again = bundle.into_iter().map(|letter| Letter {
                    tries: letter.tries - 1,
                    ..letter
                });
                self.post.put_back(again.collect(), due);
            }
            Ok(answer) => {
                tracing::warn!(
                    letter = first.name,
                    status = answer.status,
                    code = answer.refusal(),
                    "turned away"
                );
                self.tally.turned_away += 1;
                bundle.iter().for_each(|letter| self.settle(letter, false));
            }
        }
        Ok(())
    }

    /// What need not be remembered any more.
    fn settle(&mut self, letter: &Letter, taken: bool) {
        let count = u64::from(taken);
        match &letter.settles {
            Settles::Order(n) => {
                self.tally.orders += count;
                self.close(*n, |open| open.order = false);
            }
            Settles::Payment(n) => {
                self.tally.payments += count;
                self.close(*n, |open| open.payment = false);
            }
            Settles::Notice(k) => {
                self.tally.notices += count;
                self.memory.open_notices.remove(k);
            }
            Settles::Delivery(parcel) => {
                self.tally.signed_for += count;
                self.memory.deliveries.remove(parcel);
            }
            Settles::Document => self.tally.documents += count,
            Settles::Nothing | Settles::Answer(_) => {}
        }
    }

    fn close(&mut self, n: u64, done: impl FnOnce(&mut Open)) {
        if let Some(open) = self.memory.open.get_mut(&n) {
            done(open);
            if !open.order && !open.payment {
                self.memory.open.remove(&n);
            }
        }
    }
}

/// Every shop opens a server and says where; a platform that cannot be reached is told at the next start.
fn open_shops(line: &Line, config: &Config, memory: &Memory) -> anyhow::Result<Vec<Receiver>> {
    let mut shops = Vec::new();
    for shop in [MARKETPLACE, OWN_SHOP] {
        let key = memory.keys.get(shop.id).context("a shop has no key")?;
        let receiver = Receiver::open(key.clone(), config.seed, config.faults.lost)?;
        let wanted = Body::json(&serde_json::json!({ "url": receiver.url }))?;
        line.put(key, "/v1/shop/callback", wanted)?;
        shops.push(receiver);
    }
    Ok(shops)
}

/// The body of letters that go together.
fn write(bundle: &[Letter], now: Instant) -> anyhow::Result<Body> {
    let mut documents = Vec::new();
    for letter in bundle {
        match &letter.what {
            What::Json(value) => return Body::json(value),
            What::Xml(document) => documents.push((**document).clone()),
        }
    }
    let mut message = Message::of(documents);
    if message.kind.as_str().starts_with("CEB") {
        message.transfer = Some(Transfer {
            cop_code: bundle.first().map_or("", |letter| letter.from).to_owned(),
            dxp_mode: "DXP".to_owned(),
            ..Transfer::default()
        });
    } else {
        message.package = Some(Package {
            version: "1.0".to_owned(),
            message_id: bundle
                .first()
                .map(|letter| letter.name.clone())
                .unwrap_or_default(),
            message_type: message.kind.as_str().to_owned(),
            sender_id: "CUS0000".to_owned(),
            send_time: Some(now),
            ..Package::default()
        });
    }
    let bytes = bondhouse_customs::write(&message, Zone::SHANGHAI)
        .map_err(|refusal| anyhow!("a message cannot be written: {refusal:?}"))?;
    Ok(Body::xml(bytes))
}
