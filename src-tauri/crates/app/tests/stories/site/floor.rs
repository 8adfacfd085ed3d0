//! What a shift on the floor needs of the site: goods that arrive, a vehicle that is let go, and what
//! the window of a desk is told.

use super::{Desk, PATIENCE, Site};
use crate::support;
use bondhouse_app::AppEvent;
use bondhouse_domain::customs::MessageKind;
use serde_json::json;

impl Site {
    /// Another load of tins passes the inbound gate and waits to be counted.
    pub fn announce(&self, notice: &str, tins: u32) {
        self.rt.block_on(async {
            let world = &self.world;
            let body = json!({ "notice": notice, "owner": support::OWNER, "vehicle": "浙B00002", "lines": [
                { "line": 1, "item": support::MILK, "qty": tins.to_string(), "lot": "L2", "expiry": "2028-03-31" }] });
            world
                .post(&world.forwarder, "/v1/forwarder/notices", &body)
                .await
                .ok();
            let (note, pass) = ("QD310526I000000002", "Z3105I261122000000000002");
            world.approve_note("4", note).await;
            world.approve_pass(pass).await;
            world.about_pass(MessageKind::Sas223, pass, "", "2").await;
        });
    }

    /// What is released is bundled, debited and approved for a vehicle; answers its pass.
    pub fn order_a_vehicle(&self) -> String {
        let mut office = self.intake.borrow_mut();
        let office = office.as_mut().expect("goods were counted in");
        let pass = self
            .rt
            .block_on(support::gate::at_the_gate(&self.world, office));
        pass.to_string()
    }

    /// Customs turns the vehicle of a pass back at the gate.
    pub fn turn_back(&self, pass: &str) {
        let void = self.world.about_pass(MessageKind::Sas223, pass, "", "6");
        self.rt.block_on(void);
    }

    /// Customs says something about the list of an order, so many minutes from now by its own clock.
    pub fn customs_says(&self, order: &str, status: &str, minutes: i64) {
        let file = self.data.join("platform.db");
        let db =
            rusqlite::Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY);
        let asked = "SELECT cop_no FROM orders WHERE order_no = ?1";
        let list: String = db
            .unwrap()
            .query_row(asked, [order], |row| row.get(0))
            .unwrap();
        self.rt.block_on(self.world.receipt(&list, status, minutes));
    }

    /// The waybill that the platform made for an order.
    pub fn waybill(&self, order: &str) -> String {
        let progress = self.rt.block_on(self.world.progress(order));
        progress["waybill_no"].as_str().unwrap().to_owned()
    }

    /// What the enquiry says of an order.
    pub fn progress(&self, order: &str) -> serde_json::Value {
        self.rt.block_on(self.world.progress(order))
    }
}

impl Desk {
    /// The next thing its window is told that a story waits for.
    pub fn event<T>(&self, wanted: impl Fn(AppEvent) -> Option<T>) -> T {
        let events = self.events.borrow();
        let events = events.as_ref().expect("the desk is open");
        loop {
            let event = events.recv_timeout(PATIENCE).expect("an event");
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }
}
