//! Everything a person can do, a line each: name, request, answer, least role.
//!
//! This table is the one door in. It yields the dispatcher (decode, role, tracing) and the
//! TypeScript schema, so that a page cannot call what is not here, nor with other types.

use crate::error::AppError;
use crate::people::Session;
use crate::schema::Schema;
use crate::{
    App, cases, clinic, evidence, floor, items, orders, people, peripherals, practice, refuse,
    reports, station, sync,
};
use bondhouse_domain::ids::RequestId;
use bondhouse_domain::people::Role;
use bondhouse_domain::peripheral::Peripheral;
use bondhouse_domain::task::view::RoomView;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A request or answer without content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// Who must be signed in for a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Least {
    /// Nobody: first run and sign-in.
    Anyone,
    /// At least this role.
    Role(Role),
}

/// Who calls, and under which request id.
pub(crate) struct Asker {
    /// Made by the caller; repeating it gets the earlier answer.
    pub id: RequestId,
    /// Who is signed in; present whenever the command asks for a role.
    pub session: Option<Session>,
}

/// One line of the table.
pub struct Command {
    /// The name, `room.verb`.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub doc: &'static str,
    /// Who may.
    pub least: Least,
    run: fn(&App, &Asker, Value) -> Result<Value, AppError>,
    pub(crate) types: fn(&mut Schema) -> (String, String),
}

macro_rules! commands {
    ($($(#[doc = $doc:literal])+ $name:literal ($least:expr): $handler:path = $req:ty => $resp:ty;)+) => {
        /// Every command, in the order people meet them.
        pub const TABLE: &[Command] = &[$(Command {
            name: $name,
            doc: concat!($($doc),+),
            least: $least,
            run: |app, asker, req| encode(&$handler(app, asker, decode::<$req>(req)?)?),
            types: |schema| (schema.reference::<$req>(), schema.reference::<$resp>()),
        }),+];
    };
}

const ANYONE: Least = Least::Anyone;
const ANY_ROLE: Least = Least::Role(Role::Auditor);
const CLERK: Least = Least::Role(Role::Clerk);
const SUPERVISOR: Least = Least::Role(Role::Supervisor);

commands! {
    /// What the status line shows: who, station, network, unsent, leases left.
    "station.status" (ANYONE): station::status = Nothing => station::Status;
    /// Makes this computer a workstation of a warehouse, by a one-time code.
    "station.enrol" (ANYONE): station::enrol = station::Enrol => station::Status;
    /// Changes the language of window and labels.
    "station.set_language" (ANYONE): station::set_language = station::SetLanguage => station::Status;
    /// Creates the first supervisor of a new workstation.
    "people.first_supervisor" (ANYONE): people::first_supervisor = people::NewPerson => people::PersonView;
    /// Who may sign in here.
    "people.list" (ANYONE): people::list = Nothing => Vec<people::PersonView>;
    /// Signs in by badge or name, with a PIN.
    "people.sign_in" (ANYONE): people::sign_in = people::SignIn => people::PersonView;
    /// Signs out.
    "people.sign_out" (ANYONE): people::sign_out = Nothing => Nothing;
    /// Adds a person.
    "people.add" (SUPERVISOR): people::add = people::NewPerson => people::PersonView;
    /// Opens a room: scans go to its task from now on.
    "room.open" (CLERK): floor::open = floor::OpenRoom => RoomView;
    /// Leaves a room: scans count nothing until one is opened.
    "room.leave" (ANYONE): floor::leave = floor::OpenRoom => Nothing;
    /// Gives the open task an input: a key, a number, a typed or wedge scan.
    "task.input" (CLERK): floor::input = floor::TaskInput => RoomView;
    /// Scanners and scales that are bound here, and ports that could be.
    "scanner.list" (ANY_ROLE): peripherals::list = Nothing => peripherals::PeripheralsAnswer;
    /// Binds a scanner or scale to a bench of this station.
    "scanner.bind" (SUPERVISOR): peripherals::bind = Peripheral => peripherals::PeripheralsAnswer;
    /// Changes how a bound scanner or scale is set.
    "scanner.change" (SUPERVISOR): peripherals::change = Peripheral => peripherals::PeripheralsAnswer;
    /// Forgets a scanner or scale.
    "scanner.unbind" (SUPERVISOR): peripherals::unbind = peripherals::Unbind => peripherals::PeripheralsAnswer;
    /// Begins to examine a scanner: its codes count nothing meanwhile.
    "scanner.examine" (CLERK): clinic::examine = clinic::Examine => clinic::Examination;
    /// What the examined scanner sent and what that proves.
    "scanner.examination" (CLERK): clinic::examination = Nothing => Option<clinic::Examination>;
    /// Ends the examination.
    "scanner.end_examination" (ANYONE): clinic::end = Nothing => Nothing;
    /// The latest scans, counted and not, byte by byte.
    "scanner.evidence" (ANY_ROLE): evidence::evidence = Nothing => Vec<evidence::ScanLine>;
    /// Prints the bench card: every command, digit and room as a barcode.
    "scanner.bench_card" (CLERK): floor::card::bench_card = Nothing => floor::card::PrintedCard;
    /// Within how many milliseconds two equal scans are one.
    "scanner.repeat_window" (ANY_ROLE): floor::card::repeat_window = Nothing => floor::card::RepeatWindow;
    /// Changes within how many milliseconds two equal scans are one.
    "scanner.set_repeat_window" (SUPERVISOR): floor::card::set_repeat_window = floor::card::RepeatWindow => floor::card::RepeatWindow;
    /// Codes in front of the clerk, for the on-screen scanner of practice mode.
    "scanner.codes" (CLERK): practice::codes = practice::Codes => Vec<practice::BenchCode>;
    /// Scans with the on-screen scanner of practice mode.
    "scanner.practise" (CLERK): practice::practise = practice::Practise => Nothing;
    /// Where an order is, by its number or its waybill's.
    "orders.find" (ANY_ROLE): orders::find = orders::FindOrder => Vec<orders::OrderLine>;
    /// Items and their barcodes: what a scanner would read off the goods.
    "stock.items" (ANY_ROLE): items::items = Nothing => Vec<items::ItemLine>;
    /// Locations and the code on each label.
    "stock.locations" (ANY_ROLE): items::locations = Nothing => Vec<items::LocationLine>;
    /// What lies where, by merchant, item, location and use.
    "stock.report" (ANY_ROLE): reports::stock = reports::StockFilter => reports::StockAnswer;
    /// Whether physical stock and customs' book agree, item by item.
    "ledger.certificate" (ANY_ROLE): reports::certificate = Nothing => reports::CertificateAnswer;
    /// How far journal and feed have come, and what may leave without network.
    "sync.view" (ANY_ROLE): sync::view = Nothing => sync::SyncAnswer;
    /// What would go on, and for how long, if the network failed now.
    "sync.rehearse" (ANY_ROLE): sync::rehearse = Nothing => sync::Rehearsal;
    /// What a supervisor must decide, the oldest first.
    "cases.list" (ANY_ROLE): cases::list = Nothing => Vec<cases::CaseLine>;
    /// Everything the authority knows about a case.
    "cases.file" (ANY_ROLE): cases::file = cases::WhichCase => cases::CaseAnswer;
    /// Decides a case at the authority.
    "cases.decide" (SUPERVISOR): cases::decide = cases::Decide => Vec<cases::CaseLine>;
    /// Hands in the release of a packed parcel whose workstation was lost.
    "release.found" (CLERK): cases::found = cases::Found => cases::FoundAnswer;
    /// Talks to the platform now instead of in a few seconds.
    "sync.now" (CLERK): sync::now = Nothing => sync::SyncAnswer;
}

/// Finds the command, checks the role, and runs it.
pub(crate) fn dispatch(
    app: &App,
    name: &str,
    id: RequestId,
    req: Value,
) -> Result<Value, AppError> {
    let Some(command) = TABLE.iter().find(|command| command.name == name) else {
        return refuse(bondhouse_domain::station::says::unknown_command(name));
    };
    let session = app.session().clone();
    if let Least::Role(least) = command.least {
        match &session {
            None => return refuse(bondhouse_domain::people::says::sign_in_first()),
            Some(session) if session.role < least => {
                return refuse(bondhouse_domain::people::says::not_allowed(
                    name,
                    least.name(),
                ));
            }
            Some(_) => {}
        }
    }
    let span = tracing::debug_span!("call", name, id = %id.0);
    let _entered = span.enter();
    (command.run)(app, &Asker { id, session }, req)
}

fn decode<T: DeserializeOwned>(req: Value) -> Result<T, AppError> {
    serde_json::from_value(req).map_err(|error| {
        // serde's text names the field and never quotes more than one value of the caller's own.
        tracing::debug!(%error, "request not understood");
        AppError::Refused(bondhouse_domain::station::says::bad_request(field_named(
            &error.to_string(),
        )))
    })
}

/// The field that serde's message names in backquotes, or the whole request.
fn field_named(text: &str) -> String {
    text.split('`').nth(1).unwrap_or("request").to_owned()
}

fn encode<T: Serialize>(answer: &T) -> Result<Value, AppError> {
    serde_json::to_value(answer).map_err(|error| {
        AppError::failed(bondhouse_domain::station::says::storage("encode").0, error)
    })
}
