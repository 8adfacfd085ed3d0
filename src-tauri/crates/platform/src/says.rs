//! What the platform may say to those who call it; the texts stand in the catalogue.

bondhouse_domain::messages! {
    yes {
        /// Its payment was taken back: it may not leave until somebody has decided.
        payment_withdrawn(order) = "platform.payment_withdrawn";
        /// Its payment was changed and agrees with its papers no more: it may not leave until somebody has decided.
        payment_changed(order) = "platform.payment_changed";
        /// It has left already: a return is to be arranged.
        return_due(order) = "platform.return_due";
        /// It is on a vehicle that may not leave with it.
        vehicle_stopped(order, pass) = "platform.vehicle_stopped";
        /// Nobody listed what the vehicle weighs: an assumption was declared.
        vehicle_unlisted(vehicle) = "platform.vehicle_unlisted";
        /// Customs has not said how far the note is taken off its ledger.
        debit_unknown() = "platform.debit_unknown";
        /// Not taken off (0).
        debit_none() = "platform.debit_none";
        /// Taken off for the time being (1).
        debit_pre() = "platform.debit_pre";
        /// Taken off (2).
        debit_done() = "platform.debit_done";
        /// Written off for good (3).
        debit_written_off() = "platform.debit_written_off";
        /// A mark the specification does not know.
        debit_other(mark) = "platform.debit_other";
    }
    no {
        /// The key, signature, time or code is wrong; which one is not said.
        bad_signature() = "platform.bad_signature";
        /// The same call was made before.
        replayed() = "platform.replayed";
        /// The caller calls more often than it may.
        too_often() = "platform.too_often";
        /// The body is larger than the limit.
        too_large(limit) = "platform.too_large";
        /// The body is not the JSON this docking takes.
        bad_json(line, column) = "platform.bad_json";
        /// A name or a question in the address cannot be read.
        bad_address() = "platform.bad_address";
        /// A text holds a character that cannot be stored.
        bad_text() = "platform.bad_text";
        /// Something went wrong here; the trace number finds it.
        failed() = "platform.failed";
        /// The database is a server's, which is copied by its own tools.
        backup_elsewhere() = "platform.backup_elsewhere";
        /// No space left.
        disk_full() = "platform.disk_full";
        /// Another program holds the database.
        busy() = "platform.busy";
        /// A platform runs on this database already.
        in_use() = "platform.in_use";
        /// The database may not be written.
        read_only() = "platform.read_only";
        /// A later version of the platform has been at this database.
        newer_database(step) = "platform.newer_database";
        /// The database cannot be opened.
        not_opened(what) = "platform.not_opened";
        /// This key belongs to another docking.
        wrong_docking() = "platform.wrong_docking";
        /// The document names another party than the caller.
        not_yours(code) = "platform.not_yours";
        /// A document of a kind this docking does not take.
        wrong_kind(kind) = "platform.wrong_kind";
        /// A partner of this kind with this code is there already.
        partner_known(code) = "platform.partner_known";
        /// No partner in use has this key.
        unknown_key(key) = "platform.unknown_key";
        /// A field without which the document means nothing.
        incomplete(field) = "platform.incomplete";
        /// More lines than a statement holds; a part of them would add up to something wrong.
        period_too_full(most) = "platform.period_too_full";
        /// A payment in another currency than yuan.
        payment_currency(transaction, currency) = "platform.payment_currency";
        /// A payment of parts of a fen.
        payment_fraction(transaction, amount) = "platform.payment_fraction";
        /// A payment a hundred times what is due: fen were sent for yuan.
        payment_in_fen(transaction, amount, due) = "platform.payment_in_fen";
        /// Nobody pushed such a payment.
        unknown_payment(transaction) = "platform.unknown_payment";
        /// The trade was closed; nothing more comes of it.
        payment_closed(transaction) = "platform.payment_closed";
        /// More is given back than is left of the payment.
        refund_too_much(transaction, left) = "platform.refund_too_much";
        /// The words of this institution are not known here.
        unknown_institution(code) = "platform.unknown_institution";
        /// No state that this institution has.
        unknown_trade_state(transaction, state) = "platform.unknown_trade_state";
        /// An amount that is none in the institution's unit.
        trade_amount(field, institution) = "platform.trade_amount";
        /// A waybill number that breaks its carrier's rule.
        bad_check_digit(number) = "platform.bad_check_digit";
        /// A prepared list says other legal quantities than the book moves by.
        list_units(line, said, booked) = "platform.list_units";
        /// The shop wants no call-backs.
        no_callback(partner) = "platform.no_callback";
        /// Sent before under this number, with other content.
        differs(number) = "platform.differs";
        /// Nobody knows this merchant here.
        unknown_owner(owner) = "platform.unknown_owner";
        /// The merchant has no such item.
        unknown_item(item, owner) = "platform.unknown_item";
        /// The item's units or weight cannot be counted with.
        bad_item(item) = "platform.bad_item";
        /// Not a kind of location.
        bad_location(location) = "platform.bad_location";
        /// No message was kept under this number.
        unknown_message(raw) = "platform.unknown_message";
        /// Customs is reached through folders; nothing is given out by HTTP beside them.
        through_folders() = "platform.through_folders";
        /// No message under this number has failed.
        not_failed(n) = "platform.not_failed";
        /// The order is with customs or further: its content stands.
        too_late_to_change(order, state) = "platform.too_late_to_change";
        /// Customs refused to cancel the list.
        not_withdrawn(order, info) = "platform.not_withdrawn";
        /// The parcel has not left the zone, or was never released.
        not_returnable(order, state) = "platform.not_returnable";
        /// The days within which a return may be applied for are over.
        return_too_late(order, last) = "platform.return_too_late";
        /// More is to come back than is still out.
        return_too_many(line, left) = "platform.return_too_many";
        /// Nobody knows this return.
        unknown_return(number) = "platform.unknown_return";
        /// The return has ended, or its goods are here already.
        return_over(number, state) = "platform.return_over";
        /// Nobody knows this application for inspection.
        unknown_application(application) = "platform.unknown_application";
        /// A hold of inspection and quarantine is theirs alone.
        only_quarantine() = "platform.only_quarantine";
        /// An Idempotency-Key was used for another call.
        key_reused() = "platform.key_reused";
        /// Nobody knows this notice.
        unknown_notice(notice) = "platform.unknown_notice";
        /// Nobody knows this waybill.
        unknown_waybill(waybill) = "platform.unknown_waybill";
        /// No carrier has a free number and a sort code for the district.
        no_waybill_number(district) = "platform.no_waybill_number";
        /// Someone holds it, so it is not declared.
        held_back(order, by) = "platform.held_back";
        /// The ledger has not enough of an item.
        not_in_ledger(order) = "platform.not_in_ledger";
        /// The goods stand in different ledgers.
        two_ledgers(order) = "platform.two_ledgers";
        /// Customs refused the list.
        customs_refused(order, info) = "platform.customs_refused";
        /// Not enough lies on the shelves of the declared ledger item.
        no_stock(order) = "platform.no_stock";
        /// Nobody knows this summary tax bill.
        unknown_duty(duty) = "platform.unknown_duty";
        /// What held on a day that has come is not changed.
        law_of_the_past(since) = "platform.law_of_the_past";
        /// A customs hold is customs' alone.
        only_customs() = "platform.only_customs";
        /// No released parcel may be bundled.
        nothing_to_bundle() = "platform.nothing_to_bundle";
        /// Nobody knows this gate pass.
        unknown_pass(pass) = "platform.unknown_pass";
        /// Another pass is applied for only after one was refused, and while none stands.
        pass_stands(pass, state) = "platform.pass_stands";
        /// Customs lets nothing pass under it.
        pass_refused(pass, vehicle, note) = "platform.pass_refused";
        /// The weighbridge read something else than the pass declares.
        pass_weight_differs(pass, vehicle, declared, weighed, error) = "platform.pass_weight_differs";
        /// The pass is not one to load under.
        pass_not_open(pass, state) = "platform.pass_not_open";
        /// The parcel is not in the note this pass carries.
        not_on_pass(waybill, pass) = "platform.not_on_pass";
        /// Customs has not been heard of for too long.
        customs_silent(since) = "platform.customs_silent";
        /// A parcel on the vehicle was held or cancelled.
        take_off_first(waybill) = "platform.take_off_first";
        /// Free parcels of the note are not on the vehicle.
        not_all_loaded(count) = "platform.not_all_loaded";
        /// Nothing is on the vehicle.
        nothing_loaded(pass) = "platform.nothing_loaded";
        /// No such case is open.
        no_open_case(case) = "platform.no_open_case";
        /// The enrolment code is wrong, used or too old.
        bad_code() = "platform.bad_code";
        /// Nobody knows this workstation.
        unknown_station(device) = "platform.unknown_station";
        /// The workstation may not call any more.
        station_stopped(device, state) = "platform.station_stopped";
        /// The authority was restored from a backup made before this workstation was enrolled.
        forgotten_station(device) = "platform.forgotten_station";
        /// A stopped workstation may still pack it until its lease has run out.
        may_still_work(order, device, until) = "platform.may_still_work";
        /// Two journals grew from one.
        forked(device) = "platform.forked";
        /// The pushed journal does not match its own hashes.
        damaged(device) = "platform.damaged";
        /// The authority was restored: it takes journals back and does nothing else.
        recovering() = "platform.recovering";
        /// There is nothing to recover from.
        not_recovering() = "platform.not_recovering";
        /// Workstations in use that were not heard since the restore.
        stations_silent(stations) = "platform.stations_silent";
        /// The workstation has heard of a newer authority than this one.
        superseded() = "platform.superseded";
        /// The picture at this position is no longer handed out.
        snapshot_gone(pos) = "platform.snapshot_gone";
        /// Workstation and platform speak no common protocol.
        no_common_protocol(app) = "platform.no_common_protocol";
    }
}
