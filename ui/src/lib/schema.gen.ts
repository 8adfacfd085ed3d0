// Generated from the command table (src-tauri/crates/app/src/commands.rs). Do not edit.

/** Every command: its request and its answer. */
export interface Commands {
  /** What the status line shows: who, station, network, unsent, leases left. */
  'station.status': [Nothing, Status];
  /** Makes this computer a workstation of a warehouse, by a one-time code. */
  'station.enrol': [Enrol, Status];
  /** Changes the language of window and labels. */
  'station.set_language': [SetLanguage, Status];
  /** Creates the first supervisor of a new workstation. */
  'people.first_supervisor': [NewPerson, PersonView];
  /** Who may sign in here. */
  'people.list': [Nothing, Array<PersonView>];
  /** Signs in by badge or name, with a PIN. */
  'people.sign_in': [SignIn, PersonView];
  /** Signs out. */
  'people.sign_out': [Nothing, Nothing];
  /** Adds a person. */
  'people.add': [NewPerson, PersonView];
  /** Opens a room: scans go to its task from now on. */
  'room.open': [OpenRoom, RoomView];
  /** Leaves a room: scans count nothing until one is opened. */
  'room.leave': [OpenRoom, Nothing];
  /** Gives the open task an input: a key, a number, a typed or wedge scan. */
  'task.input': [TaskInput, RoomView];
  /** Scanners and scales that are bound here, and ports that could be. */
  'scanner.list': [Nothing, PeripheralsAnswer];
  /** Binds a scanner or scale to a bench of this station. */
  'scanner.bind': [Peripheral, PeripheralsAnswer];
  /** Changes how a bound scanner or scale is set. */
  'scanner.change': [Peripheral, PeripheralsAnswer];
  /** Forgets a scanner or scale. */
  'scanner.unbind': [Unbind, PeripheralsAnswer];
  /** Begins to examine a scanner: its codes count nothing meanwhile. */
  'scanner.examine': [Examine, Examination];
  /** What the examined scanner sent and what that proves. */
  'scanner.examination': [Nothing, Examination | null];
  /** Ends the examination. */
  'scanner.end_examination': [Nothing, Nothing];
  /** The latest scans, counted and not, byte by byte. */
  'scanner.evidence': [Nothing, Array<ScanLine>];
  /** Prints the bench card: every command, digit and room as a barcode. */
  'scanner.bench_card': [Nothing, PrintedCard];
  /** Within how many milliseconds two equal scans are one. */
  'scanner.repeat_window': [Nothing, RepeatWindow];
  /** Changes within how many milliseconds two equal scans are one. */
  'scanner.set_repeat_window': [RepeatWindow, RepeatWindow];
  /** Codes in front of the clerk, for the on-screen scanner of practice mode. */
  'scanner.codes': [Codes, Array<BenchCode>];
  /** Scans with the on-screen scanner of practice mode. */
  'scanner.practise': [Practise, Nothing];
  /** Where an order is, by its number or its waybill's. */
  'orders.find': [FindOrder, Array<OrderLine>];
  /** Items and their barcodes: what a scanner would read off the goods. */
  'stock.items': [Nothing, Array<ItemLine>];
  /** Locations and the code on each label. */
  'stock.locations': [Nothing, Array<LocationLine>];
  /** What lies where, by merchant, item, location and use. */
  'stock.report': [StockFilter, StockAnswer];
  /** Whether physical stock and customs' book agree, item by item. */
  'ledger.certificate': [Nothing, CertificateAnswer];
  /** How far journal and feed have come, and what may leave without network. */
  'sync.view': [Nothing, SyncAnswer];
  /** What would go on, and for how long, if the network failed now. */
  'sync.rehearse': [Nothing, Rehearsal];
  /** What a supervisor must decide, the oldest first. */
  'cases.list': [Nothing, Array<CaseLine>];
  /** Everything the authority knows about a case. */
  'cases.file': [WhichCase, CaseAnswer];
  /** Decides a case at the authority. */
  'cases.decide': [Decide, Array<CaseLine>];
  /** Hands in the release of a packed parcel whose workstation was lost. */
  'release.found': [Found, FoundAnswer];
  /** Talks to the platform now instead of in a few seconds. */
  'sync.now': [Nothing, SyncAnswer];
}

/**
 * A state that goods pass through in customs' book.
 */
export type Account = "abroad" | "pre_in" | "arrived" | "booked" | "pre_out" | "debited" | "left" | "undeclared" | "lost" | "destroyed";

/**
 * How one input was answered.
 */
export type Answer = { 
/**
 * Severity, and with it sound, shape and colour.
 */
outcome: Outcome, 
/**
 * What is said; for everything but accepted and complete the catalogue also says why and what next.
 */
message: Message, 
/**
 * The raw code the answer is about, if it was a scan.
 */
raw: string | null, 
/**
 * What is asked next.
 */
prompt: Prompt, };

/**
 * One trigger pull.
 */
export type ArrivedScan = { 
/**
 * When, in milliseconds since the machine was started: a key for the list.
 */
at_ms: number, 
/**
 * From the first byte to the last, in milliseconds.
 */
took_ms: number, 
/**
 * Which test symbol it is.
 */
symbol: TestSymbol | null, 
/**
 * Its bytes.
 */
bytes: Array<ShownByte>, };

/**
 * The moment a report is true of.
 */
export type AsOf = { 
/**
 * The last entry of the feed in it.
 */
pos: FeedPos, 
/**
 * When the authority committed that entry.
 */
at: Instant | null, 
/**
 * The last own event in it.
 */
seq: Seq, 
/**
 * How many own events in it the authority does not have yet.
 */
unsent: number, };

/**
 * Whose badge was read, while their PIN is awaited.
 */
export type AtDoor = { 
/**
 * The name.
 */
name: string, 
/**
 * When it was read: a badge read again is asked for its PIN anew.
 */
at: Instant, };

/**
 * A barcode of an item.
 */
export type Barcode = { 
/**
 * GTIN in 14 digits, or the merchant's own code.
 */
code: string, 
/**
 * How many declared units one scan of it stands for.
 */
holds: Quantity, };

/**
 * The customs barrier of a job.
 */
export type Barrier = { 
/**
 * Whether it is open.
 */
open: boolean, 
/**
 * What customs said.
 */
message: Message, 
/**
 * When.
 */
at: Instant | null, 
/**
 * Until when this workstation may act on it, where its right ends.
 */
until: Instant | null, };

/**
 * A code that lies on the bench.
 */
export type BenchCode = { 
/**
 * What it is stuck on.
 */
is: Stuck, 
/**
 * Its name in words; of a command, its own.
 */
title: string, 
/**
 * The code as a scanner sends it.
 */
raw: string, };

/**
 * A bonded note (核注清单), `QD` + 16.
 */
export type BondedNoteNo = string;

/**
 * A scanner or scale that runs here.
 */
export type BoundPeripheral = { 
/**
 * Its setting.
 */
peripheral: Peripheral, 
/**
 * Its port in words.
 */
shown: string, 
/**
 * Given on the command line and bound by nobody: its settings are only guessed.
 */
given: boolean, 
/**
 * The path it is open under now.
 */
path: string | null, 
/**
 * Why it is not.
 */
lost: Message | null, };

/**
 * What a quantity on hand may be used for. The five add up to on hand.
 */
export type Bucket = "available" | "reserved" | "in_doubt" | "staging" | "blocked";

/**
 * How many orders can leave without network now, and why the others cannot.
 */
export type CanLeave = { 
/**
 * Leased here, in time, not held: may be released now.
 */
can: number, 
/**
 * Of these, at the bench.
 */
at_bench: number, 
/**
 * Of these, set aside.
 */
parked: number, 
/**
 * The lease ran out: too long without contact.
 */
ran_out: number, 
/**
 * Held by customs, the merchant or a supervisor, as far as heard.
 */
held: number, 
/**
 * To be cancelled, as far as heard.
 */
to_be_cancelled: number, 
/**
 * Leased here, but goods that this warehouse releases in contact only.
 */
needs_contact: number, 
/**
 * Cleared, but leased to nobody yet.
 */
not_leased: number, 
/**
 * Leased to another workstation.
 */
elsewhere: number, };

/**
 * What is known about a case.
 */
export type CaseAnswer = { 
/**
 * The case.
 */
case: CaseId, 
/**
 * When the authority opened it.
 */
opened_at: Instant, 
/**
 * What is known, oldest first.
 */
evidence: Array<EvidenceLine>, };

/**
 * The closed list of exceptions (sync protocol, section 2.7).
 */
export type CaseCode = "RELEASED_AFTER_REVOKE_SENT" | "RELEASED_AFTER_WORK_UNTIL" | "CLOCK_SUSPECT" | "SHORT_PICK" | "OVER_RECEIPT" | "SHORT_RECEIPT" | "DAMAGED" | "UNKNOWN_BARCODE" | "SUPERVISOR_CALLED" | "LOT_MISMATCH" | "IN_DOUBT" | "JOURNAL_FORK" | "DOUBLE_RELEASE" | "DIGEST_MISMATCH" | "PARKED_UNKNOWN_KIND" | "STOCK_COUNT_DIFF" | "DUPLICATE_SERIAL" | "WEIGHT_DIFFERS";

/**
 * A case in the supervisor's inbox: over, short, damaged, or a sync exception.
 */
export type CaseId = string;

/**
 * An open case in the list.
 */
export type CaseLine = { 
/**
 * The case.
 */
case: CaseId, 
/**
 * Which of the closed list.
 */
code: CaseCode, 
/**
 * What it is about: an event, an order, a notice, a workstation.
 */
about: string, 
/**
 * Since when it is open.
 */
since: Instant, 
/**
 * What may be decided, the usual first.
 */
resolutions: Array<Resolution>, 
/**
 * A second person must have looked.
 */
four_eyes: boolean, };

/**
 * The zero-drift certificate.
 */
export type CertificateAnswer = { 
/**
 * Whether every item agrees.
 */
holds: boolean, 
/**
 * The moment it is true of.
 */
as_of: AsOf, 
/**
 * Item by item.
 */
lines: Array<CertificateLine>, 
/**
 * Differences that have a name and are still to be decided.
 */
open_cases: Array<OpenCase>, };

/**
 * One ledger item in the certificate.
 */
export type CertificateLine = { 
/**
 * The ledger item.
 */
item: LedgerItem, 
/**
 * What its accounts hold.
 */
accounts: Array<LedgerLine>, 
/**
 * What must lie here by the book, declared unit.
 */
expected: Quantity, 
/**
 * What lies here, declared unit.
 */
on_hand: Quantity, 
/**
 * On hand less expected: nothing, or the drift.
 */
drift: Quantity, };

/**
 * What is looked at.
 */
export type Check = "gs" | "aim" | "letters" | "charset" | "prefix" | "suffix" | "speed" | "repeats";

/**
 * A job that may be chosen.
 */
export type Choice = { 
/**
 * The code that chooses it when scanned.
 */
code: string, 
/**
 * What it is.
 */
title: string, 
/**
 * What to know about it.
 */
detail: string, };

/**
 * `scanner.codes`
 */
export type Codes = { 
/**
 * The room in front of the clerk.
 */
room: FloorRoom, };

/**
 * A key of the strip, or the command barcode that means the same.
 */
export type Command = "help" | "undo" | "quantity" | "damaged" | "park" | "supervisor" | "reprint" | "ok" | "next" | "back" | "lock";

/**
 * What customs knows the goods by: where they stand in the ledger and how they came in.
 *
 * In a cumulative ledger only `ledger` and `item_no` tell lots apart; in a non-cumulative one the
 * document line does (GACC ledgers, `appendTypecd`).
 */
export type CustomsLot = { 
/**
 * The ledger (账册).
 */
ledger: LedgerNo, 
/**
 * Its item number (备案序号).
 */
item_no: string, 
/**
 * Bonded note and line that brought the goods in, where the ledger is not cumulative.
 */
document_line: string | null, 
/**
 * The day they were booked in, as a civil date of the warehouse.
 */
in_date: string | null, 
/**
 * Country of origin, customs' 3 digits.
 */
origin: string, };

/**
 * Bits of a character.
 */
export type DataBits = "seven" | "eight";

/**
 * `cases.decide`
 */
export type Decide = { 
/**
 * The case.
 */
case: CaseId, 
/**
 * How.
 */
resolution: Resolution, 
/**
 * What was found, in a few words.
 */
note: string, 
/**
 * Who looked too, proven by their PIN; needed where the case says so.
 */
second: SignIn | null, };

/**
 * An enrolled workstation (工作站).
 */
export type DeviceId = string;

/**
 * A test symbol as dark modules.
 */
export type DrawnSymbol = { 
/**
 * Which.
 */
symbol: TestSymbol, 
/**
 * What stands in it, controls as pictures.
 */
content: string, 
/**
 * The AIM identifier that belongs to it.
 */
aim: string, 
/**
 * Modules from left to right, without quiet zones.
 */
columns: number, 
/**
 * Modules from top to bottom; 1 for bars.
 */
rows: number, 
/**
 * Modules that stay white around it.
 */
quiet: number, 
/**
 * Column, row and length of each dark run.
 */
runs: Array<[number, number, number]>, 
/**
 * It has arrived at least once.
 */
arrived: boolean, };

/**
 * What a scanner sends after a scan.
 */
export type Ending = "cr" | "lf" | "cr_lf" | "stx_etx" | "silence";

/**
 * `station.enrol`
 */
export type Enrol = { 
/**
 * The supervisor's one-time code.
 */
code: string, 
/**
 * The name on the workstation's sign.
 */
station_name: string, 
/**
 * Where the platform answers.
 */
platform_url: string, };

/**
 * One thing that is known.
 */
export type EvidenceLine = { 
/**
 * When.
 */
at: Instant, 
/**
 * The kind of event or news.
 */
kind: string, 
/**
 * Who.
 */
by: string, 
/**
 * Where it stands: in a journal, or `#` in the feed.
 */
stands: string, 
/**
 * As first written.
 */
body: string, };

/**
 * The clinic's page.
 */
export type Examination = { 
/**
 * The scanner.
 */
name: string, 
/**
 * How the station expects it to send.
 */
profile: ScannerProfile, 
/**
 * Its maker, if its USB id tells.
 */
maker: string | null, 
/**
 * The makers' own configuration codes.
 */
codes: Array<MakerCode>, 
/**
 * What to scan.
 */
symbols: Array<DrawnSymbol>, 
/**
 * What arrived, newest first.
 */
arrivals: Array<ArrivedScan>, 
/**
 * What that proves.
 */
verdicts: Array<Verdict>, };

/**
 * `scanner.examine`
 */
export type Examine = { 
/**
 * The scanner's name.
 */
name: string, };

/**
 * An own event that was not simply applied.
 */
export type ExceptionLine = { 
/**
 * The event.
 */
seq: Seq, 
/**
 * Which of the closed list; nothing when the authority could not read it yet.
 */
code: CaseCode | null, };

/**
 * Position in a warehouse's feed: gapless, in commit order, allocated under the warehouse lock.
 */
export type FeedPos = number;

/**
 * The fencing token of an order: grows at each grant and at each supervisor resolution.
 */
export type Fence = number;

/**
 * `orders.find`
 */
export type FindOrder = { 
/**
 * The number of an order or of its waybill.
 */
number: string, };

/**
 * How a check stands.
 */
export type Finding = "open" | "good" | "bad";

/**
 * A room with a task.
 */
export type FloorRoom = "intake" | "stock" | "release" | "gate";

/**
 * `release.found`
 */
export type Found = { 
/**
 * The label's 2D code as scanned.
 */
raw: string, 
/**
 * Where the scan came from.
 */
from: string, };

/**
 * A parcel whose release was handed in.
 */
export type FoundAnswer = { 
/**
 * What is said about it.
 */
said: Message, 
/**
 * Orders of this warehouse that are still in doubt.
 */
in_doubt: number, };

/**
 * A gate pass (核放单).
 */
export type GatePassNo = string;

/**
 * A thing to know at a glance, at the foot of the rail.
 */
export type Glance = { 
/**
 * Catalogue key of its name.
 */
label: string, 
/**
 * Its value.
 */
value: string, 
/**
 * What to know about it.
 */
note: Message | null, };

/**
 * One kind of goods: owner, item, customs lot, commercial lot and expiry together.
 */
export type Goods = { 
/**
 * The merchant who owns them.
 */
owner: OwnerId, 
/**
 * The merchant's item (料号).
 */
item: ItemId, 
/**
 * What customs knows them by.
 */
customs: CustomsLot, 
/**
 * Commercial lot (批号), if the item has one.
 */
lot: string | null, 
/**
 * Expiry date; an expiry has no hours.
 */
expiry: string | null, };

/**
 * Who may hold an order back; each lifts only its own hold.
 */
export type HoldBy = "customs" | "merchant" | "supervisor" | "quarantine";

/**
 * Who holds the lease.
 */
export type Holding = { 
/**
 * The workstation.
 */
device: DeviceId, 
/**
 * The life of its store.
 */
incarnation: Incarnation, 
/**
 * The fence of this grant.
 */
fence: Fence, };

/**
 * How many times this workstation's store has been created; given by the authority.
 *
 * A reinstalled or restored workstation is a new incarnation, so that no right of the lost one
 * can be exercised twice.
 */
export type Incarnation = number;

/**
 * What reached the task. Everything a clerk can do is a scan or one of a dozen keys.
 */
export type Input = { "by": "scan", 
/**
 * The frame without its terminator.
 */
raw: string, 
/**
 * Which reader sent it: `serial:<name>`, `wedge` or `typed`.
 */
from: string, } | { "by": "command", 
/**
 * Which.
 */
command: Command, 
/**
 * How many, with `quantity`: what was typed. Without it the digits follow as scans.
 */
n?: number, };

/**
 * Milliseconds since 1970-01-01 UTC.
 */
export type Instant = number;

/**
 * A merchant's item (料号), unique within its owner.
 */
export type ItemId = string;

/**
 * An item of a merchant.
 */
export type ItemLine = { 
/**
 * The merchant.
 */
owner: OwnerId, 
/**
 * The merchant's item (料号).
 */
item: ItemId, 
/**
 * Its name.
 */
name: string, 
/**
 * Its barcodes, the piece before the case.
 */
barcodes: Array<Barcode>, };

/**
 * The job at hand.
 */
export type Job = { 
/**
 * The merchant.
 */
owner: string | null, 
/**
 * The merchant's name.
 */
title: string, 
/**
 * Numbers that name the job.
 */
refs: Array<Ref>, 
/**
 * How customs stands to it.
 */
clearance: Barrier | null, };

/**
 * How many orders could still be released after some hours.
 */
export type Later = { 
/**
 * Hours from now.
 */
hours: number, 
/**
 * Orders.
 */
can: number, };

/**
 * A lease on the sync page.
 */
export type LeaseLine = { 
/**
 * The order's number.
 */
order_no: string, 
/**
 * Its waybill.
 */
waybill_no: string, 
/**
 * Until when it may be released without contact.
 */
work_until: Instant, };

/**
 * One line of a ledger: the account that customs keeps.
 */
export type LedgerItem = { 
/**
 * The ledger (账册).
 */
ledger: LedgerNo, 
/**
 * The item number (备案序号).
 */
item_no: string, };

/**
 * What one account of one item holds.
 */
export type LedgerLine = { 
/**
 * The ledger line.
 */
item: LedgerItem, 
/**
 * The account.
 */
account: Account, 
/**
 * What it holds.
 */
units: Units, };

/**
 * A ledger of customs (账册), 12 characters.
 */
export type LedgerNo = string;

/**
 * A licence plate (SSCC or own code) of a pallet, tote or carton (托盘 / 周转箱).
 */
export type LicencePlate = string;

/**
 * How the line is set. USB devices ignore all of it.
 */
export type LineSettings = { 
/**
 * Bits per second.
 */
baud: number, 
/**
 * Seven or eight data bits.
 */
data_bits: DataBits, 
/**
 * Parity.
 */
parity: Parity, 
/**
 * Whether the device waits for RTS.
 */
hardware_flow: boolean, };

/**
 * A place in the building (库位), or one of the named zones of [`crate::stock::Place`].
 */
export type LocationId = string;

/**
 * A location of this warehouse.
 */
export type LocationLine = { 
/**
 * The location.
 */
location: LocationId, 
/**
 * `shelf`, `receiving`, `staging`, `quarantine` or `vehicle`.
 */
kind: string, 
/**
 * The own code on its label; none when its name has characters outside the alphabet.
 */
code: string | null, };

/**
 * A line of the scan log.
 */
export type LogLine = { 
/**
 * When.
 */
at: Instant, 
/**
 * How it was answered.
 */
outcome: Outcome, 
/**
 * What was said.
 */
message: Message, 
/**
 * The code, if it was a scan.
 */
raw: string | null, 
/**
 * `serial:<name>`, `wedge`, `typed` or `key`.
 */
input: string, };

/**
 * A quantity of goods that lies somewhere.
 */
export type Lying = { 
/**
 * The goods.
 */
goods: Goods, 
/**
 * Where.
 */
spot: Spot, 
/**
 * What it may be used for.
 */
bucket: Bucket, 
/**
 * How much, declared unit.
 */
qty: Quantity, };

/**
 * A configuration code that puts a maker's scanner right.
 */
export type MakerCode = { 
/**
 * Whose.
 */
maker: string, 
/**
 * What it does: `suffix`, `aim`, `reset` or `query`.
 */
mends: string, 
/**
 * The code, controls by their names.
 */
code: string, 
/**
 * The manual that documents it; without one it is not verified.
 */
source: string | null, };

/**
 * How a maker's scanners leave the factory.
 */
export type MakerLine = { 
/**
 * The maker.
 */
name: string, 
/**
 * The line.
 */
line: LineSettings, 
/**
 * What it sends.
 */
profile: ScannerProfile, 
/**
 * The manual that says so.
 */
source: string | null, };

/**
 * A catalogued code with its parameters.
 */
export type Message = { 
/**
 * The key in the catalogue, for instance `release.not_in_order`.
 */
code: string, 
/**
 * Values for the `{placeholders}` of its texts; never personal data.
 */
params: Record<string, string>, };

/**
 * The link to the platform.
 */
export type Network = { 
/**
 * The last call was answered.
 */
online: boolean, 
/**
 * Since when.
 */
since: Instant | null, };

/**
 * A person to be added.
 */
export type NewPerson = { 
/**
 * The name on the status line, unique here.
 */
name: string, 
/**
 * 6 to 12 digits.
 */
pin: string, 
/**
 * What they may; the first person is a supervisor whatever stands here.
 */
role: Role, 
/**
 * The badge's code as scanned, if they have one.
 */
badge: string | null, };

/**
 * A request or answer without content.
 */
export type Nothing = Record<symbol, never>;

/**
 * Something a workstation does, as far as it matters whether the authority answers.
 */
export type OfflineAct = "release" | "intake" | "put_away" | "reprint" | "gate" | "decide" | "enrol";

/**
 * An act, and whether it goes on.
 */
export type OfflineLine = { 
/**
 * What is done.
 */
act: OfflineAct, 
/**
 * It needs no word of the authority.
 */
goes_on: boolean, };

/**
 * The policy in force, for people.
 */
export type OfflineView = { 
/**
 * 0 when the warehouse never decided.
 */
version: number, 
/**
 * From when on it holds.
 */
valid_from: Instant, 
/**
 * When the next one begins, if one was told ahead.
 */
next_from: Instant | null, 
/**
 * Goods released in contact only: HS codes or their first digits.
 */
online_only: Array<string>, 
/**
 * What goes on without contact, and what stops.
 */
acts: Array<OfflineLine>, };

/**
 * An open case in the certificate.
 */
export type OpenCase = { 
/**
 * Which of the closed list.
 */
code: CaseCode, 
/**
 * What it is about.
 */
about: string, 
/**
 * Since when.
 */
since: Instant, };

/**
 * `room.open`
 */
export type OpenRoom = { 
/**
 * Which.
 */
room: FloorRoom, };

/**
 * An order's natural key: numbers are unique only within the platform that gave them.
 */
export type OrderKey = { 
/**
 * The e-commerce platform (电商平台), by customs registration code (`ebpCode`).
 */
platform: string, 
/**
 * The order's number there (`orderNo`).
 */
order_no: string, };

/**
 * An order as it stands.
 */
export type OrderLine = { 
/**
 * The order.
 */
order: OrderKey, 
/**
 * The merchant.
 */
owner: OwnerId, 
/**
 * Where it is.
 */
state: State, 
/**
 * Who holds it back.
 */
holds: Array<HoldBy>, 
/**
 * Whether a cancellation was asked for.
 */
cancel_requested: boolean, 
/**
 * Its waybill, once one was made.
 */
waybill: WaybillKey | null, 
/**
 * Customs' number of its list, once known.
 */
declaration_no: string | null, 
/**
 * How many pieces it has.
 */
pieces: Quantity, 
/**
 * As of which position of the feed.
 */
pos: FeedPos, };

/**
 * How a scan or key was answered; each differs in shape, coverage, sound, words and colour.
 */
export type Outcome = "accepted" | "duplicate" | "wrong" | "customs_stop" | "complete";

/**
 * A merchant who owns goods (货主 / 商家), by customs registration code.
 */
export type OwnerId = string;

/**
 * The parity bit.
 */
export type Parity = "none" | "even" | "odd";

/**
 * A part of a GS1 code.
 */
export type Part = { 
/**
 * The Application Identifier.
 */
ai: string, 
/**
 * Its value as scanned; a date as people write it.
 */
value: string, };

/**
 * One scanner or scale as the supervisor set it.
 */
export type Peripheral = { 
/**
 * What the clerks call it; stands in the evidence of every scan.
 */
name: string, 
/**
 * The noun of the room whose bench it stands at; none when it serves whichever room is open.
 */
bench: string | null, 
/**
 * Where it is.
 */
port: PortName, 
/**
 * How its line is set.
 */
line: LineSettings, 
/**
 * What it is and how it speaks.
 */
speaks: Speaks, };

/**
 * The scanner page.
 */
export type PeripheralsAnswer = { 
/**
 * What runs here.
 */
bound: Array<BoundPeripheral>, 
/**
 * Ports the system lists.
 */
seen: Array<SeenLine>, 
/**
 * How scanners leave the factory.
 */
makers: Array<MakerLine>, 
/**
 * Rooms with a bench.
 */
benches: Array<FloorRoom>, 
/**
 * Speeds a line may have.
 */
bauds: Array<number>, };

/**
 * A person as others may see them.
 */
export type PersonView = { 
/**
 * The name.
 */
name: string, 
/**
 * What they may.
 */
role: Role, };

/**
 * How to find a peripheral's port.
 */
export type PortName = { "path": string } | { "usb": UsbIdentity };

/**
 * `scanner.practise`
 */
export type Practise = { 
/**
 * The code as a scanner sends it.
 */
raw: string, };

/**
 * A printed bench card.
 */
export type PrintedCard = { 
/**
 * Where the PDF lies.
 */
file: string, 
/**
 * What is on it.
 */
codes: Array<PrintedCode>, };

/**
 * A code of the card.
 */
export type PrintedCode = { 
/**
 * What it does.
 */
words: string, 
/**
 * What its bars hold.
 */
code: string, };

/**
 * What the clerk is asked to do next: one verb, one object, the largest thing on screen.
 */
export type Prompt = { 
/**
 * The order in at most seven characters or three words.
 */
say: Message, 
/**
 * What is left, in one line.
 */
detail: Message | null, 
/**
 * How far the job is.
 */
tally: Tally | null, 
/**
 * The commands this prompt accepts; all others are shown switched off.
 */
accepts: Array<Command>, 
/**
 * A wrong scan or stop that must be acknowledged before anything else counts.
 */
locked_by: Message | null, };

/**
 * A quantity in the unit that its item or message names (declared or legal unit).
 */
export type Quantity = string;

/**
 * A number with what it is.
 */
export type Ref = { 
/**
 * Catalogue key of its name.
 */
label: string, 
/**
 * The number.
 */
value: string, };

/**
 * What would happen if the network failed now.
 */
export type Rehearsal = { 
/**
 * Orders that could leave the bench at once, and why the others could not.
 */
now: CanLeave, 
/**
 * How many could still be released later on, as their leases run out.
 */
later: Array<Later>, 
/**
 * When the last lease runs out.
 */
last_until: Instant | null, 
/**
 * Own events that would be on this machine alone.
 */
unsent: number, 
/**
 * What goes on without the authority's word, and what stops.
 */
acts: Array<OfflineLine>, };

/**
 * When two scans are one.
 */
export type RepeatWindow = { 
/**
 * Milliseconds within which the same code again is the same scan: 350 unless it was changed.
 */
ms: number, };

/**
 * How a case is decided.
 */
export type Resolution = "accept" | "hold_parcel" | "found_packed" | "found_unpacked" | "judge_again";

/**
 * What someone is allowed, from least to most.
 */
export type Role = "auditor" | "clerk" | "supervisor";

/**
 * A room as it stands.
 */
export type RoomView = { 
/**
 * The room's noun.
 */
room: string, 
/**
 * What is asked.
 */
prompt: Prompt, 
/**
 * The last answer.
 */
last: Said | null, 
/**
 * The latest scans, newest first.
 */
log: Array<LogLine>, 
/**
 * The job at hand, if one was chosen.
 */
job: Job | null, 
/**
 * Its lines.
 */
rows: Array<Row>, 
/**
 * What else must be known at a glance.
 */
facts: Array<Glance>, 
/**
 * Jobs to choose from, while none was chosen.
 */
choices: Array<Choice>, };

/**
 * A line of a job.
 */
export type Row = { 
/**
 * Stable key.
 */
key: string, 
/**
 * What it is.
 */
name: string, 
/**
 * Lot, expiry, location …
 */
sub: Array<Ref>, 
/**
 * Taken so far.
 */
done: Quantity, 
/**
 * Wanted.
 */
of: Quantity, 
/**
 * How it stands.
 */
state: RowState, 
/**
 * What differs.
 */
differs: Message | null, 
/**
 * A code to scan or to compare.
 */
code: string | null, };

/**
 * How a line stands.
 */
export type RowState = "done" | "now" | "next" | "open" | "held";

/**
 * An answer and when it was given.
 */
export type Said = { 
/**
 * The answer.
 */
answer: Answer, 
/**
 * When.
 */
at: Instant, 
/**
 * What a GS1 code said, identifier by identifier; nothing for any other code.
 */
parts: Array<Part>, };

/**
 * The language a scale is set to.
 */
export type ScaleLanguage = { "toledo_continuous": { 
/**
 * Whether a checksum byte follows each frame.
 */
checksum: boolean, } } | "sics_on_demand";

/**
 * One scan.
 */
export type ScanLine = { 
/**
 * Its place: `J12` in the journal, `L3` in the scan log.
 */
place: string, 
/**
 * When.
 */
at: Instant, 
/**
 * Who scanned.
 */
person: string, 
/**
 * The room's noun; not kept of a scan in the journal, whose fact names it.
 */
room: string | null, 
/**
 * `serial:<name>`, `wedge`, `typed` …
 */
from: string, 
/**
 * The AIM identifier, if one was sent.
 */
symbology: string | null, 
/**
 * What was read, controls as pictures.
 */
shown: string, 
/**
 * Its bytes in hexadecimal.
 */
hex: string, 
/**
 * How it was answered; not known of the oldest.
 */
outcome: Outcome | null, 
/**
 * What was said; a counted scan has its fact instead.
 */
said: Message | null, 
/**
 * The kind of fact it became.
 */
fact: string | null, };

/**
 * How a scanner is set to send what it reads.
 */
export type ScannerProfile = { 
/**
 * How it marks the end of a scan.
 */
ends: Ending, 
/**
 * Milliseconds of silence after which a scan is over or torn.
 */
idle_ms: number, 
/**
 * It sends AIM identifiers: a scan without one is then refused, not guessed at.
 */
aim: boolean, 
/**
 * What it sends when it saw no code it could read.
 */
no_read: string | null, };

/**
 * A scanner on the status line.
 */
export type ScannerStatus = { 
/**
 * Its name.
 */
name: string, 
/**
 * Whether it can be read.
 */
connected: boolean, 
/**
 * Why not.
 */
detail: Message | null, };

/**
 * A port that could be bound.
 */
export type SeenLine = { 
/**
 * Where it is now.
 */
path: string, 
/**
 * How it will be found again.
 */
port: PortName, 
/**
 * The same in words.
 */
shown: string, 
/**
 * What the device calls itself.
 */
product: string | null, 
/**
 * The maker, if its USB id is known.
 */
maker: string | null, 
/**
 * The peripheral that is bound to it.
 */
bound_as: string | null, };

/**
 * Position of an event in the journal of one `(device, incarnation)`: 1, 2, 3 … without a gap.
 */
export type Seq = number;

/**
 * `station.set_language`
 */
export type SetLanguage = { 
/**
 * `zh` or `en`.
 */
language: string, };

/**
 * A byte for people.
 */
export type ShownByte = { 
/**
 * Two hexadecimal digits.
 */
hex: string, 
/**
 * Its character, or its name.
 */
name: string, 
/**
 * No character that is printed.
 */
control: boolean, };

/**
 * A try to sign in: a badge or a name, and a PIN.
 */
export type SignIn = { 
/**
 * The badge's code as scanned.
 */
badge: string | null, 
/**
 * The name chosen.
 */
name: string | null, 
/**
 * The PIN.
 */
pin: string, };

/**
 * What a peripheral is, with how it speaks.
 */
export type Speaks = { "is": "scanner", "how": ScannerProfile } | { "is": "scale", "how": ScaleLanguage };

/**
 * A spot inside the zone: a location and, where goods stand on one, a licence plate.
 */
export type Spot = { 
/**
 * The location.
 */
location: LocationId, 
/**
 * The pallet, tote or carton.
 */
plate: LicencePlate | null, };

/**
 * Where an order is in its life.
 */
export type State = { "is": "received" } | { "is": "compared" } | { "is": "declared" } | { "is": "cleared" } | { "is": "leased" } & Holding | { "is": "in_doubt" } & Holding | { "is": "released" } | { "is": "bundled", 
/**
 * The bonded note.
 */
note: BondedNoteNo, } | { "is": "loaded", 
/**
 * The bonded note.
 */
note: BondedNoteNo, 
/**
 * The gate pass.
 */
pass: GatePassNo, } | { "is": "gated_out" } | { "is": "delivered" } | { "is": "returning" } | { "is": "returned" } | { "is": "cancelled" };

/**
 * The status line.
 */
export type Status = { 
/**
 * Nothing works before enrolment.
 */
enrolled: boolean, 
/**
 * The first supervisor is still to be created.
 */
first_run: boolean, 
/**
 * The warehouse's name.
 */
warehouse: string, 
/**
 * The workstation's name.
 */
station: string, 
/**
 * Who is signed in.
 */
person: StatusPerson | null, 
/**
 * Whose badge was read, while their PIN is awaited.
 */
at_door?: AtDoor, 
/**
 * Whether the platform answered lately, and since when that is so.
 */
network: Network, 
/**
 * Events the authority has not acknowledged.
 */
unsent: number, 
/**
 * Orders that can leave now without network.
 */
leases: number, 
/**
 * Orders here that cannot.
 */
cannot_leave: number, 
/**
 * When the first of the leases runs out.
 */
lease_work_until: Instant | null, 
/**
 * The scanners.
 */
scanners: Array<ScannerStatus>, 
/**
 * Started for practice: the window has a scanner of its own.
 */
practice: boolean, 
/**
 * Whether labels can be made.
 */
printer_ready: boolean, 
/**
 * The time it goes by.
 */
now: Instant, 
/**
 * The wall clock cannot be trusted; leases count as run out.
 */
clock_suspect: boolean, 
/**
 * The language of the window.
 */
language: string, 
/**
 * Where the platform answers, or is proposed to.
 */
platform_url: string, };

/**
 * Who is signed in.
 */
export type StatusPerson = { 
/**
 * The name.
 */
name: string, 
/**
 * What they may.
 */
role: Role, };

/**
 * The stock as it lies.
 */
export type StockAnswer = StockReport;

/**
 * `stock.report`: nothing given means everything.
 */
export type StockFilter = { 
/**
 * One merchant's.
 */
owner: OwnerId | null, 
/**
 * At one location.
 */
location: LocationId | null, };

/**
 * The stock as it lies.
 */
export type StockReport = { 
/**
 * The moment it is true of.
 */
as_of: AsOf, 
/**
 * By owner, item, location, goods and bucket.
 */
rows: Array<StockRow>, 
/**
 * By owner and item.
 */
totals: Array<Totals>, };

/**
 * One row of the stock report.
 */
export type StockRow = { 
/**
 * The merchant's name.
 */
owner_name: string, 
/**
 * The item's name.
 */
item_name: string, 
/**
 * What lies where.
 */
lying: Lying, };

/**
 * Why the feed is not followed beyond a position.
 */
export type Stopped = { "is": "update_needed", 
/**
 * The entry.
 */
pos: FeedPos, 
/**
 * Its kind.
 */
kind: string, 
/**
 * Its version.
 */
v: number, } | { "is": "malformed", 
/**
 * The entry.
 */
pos: FeedPos, 
/**
 * Its kind.
 */
kind: string, } | { "is": "journal_behind", 
/**
 * The entry.
 */
pos: FeedPos, 
/**
 * Our event it came from.
 */
seq: Seq, } | { "is": "drift", 
/**
 * The entry.
 */
pos: FeedPos, 
/**
 * What cannot be, in English for the record.
 */
what: string, };

/**
 * What a code is stuck on.
 */
export type Stuck = "job" | "goods" | "paper" | "location" | "command";

/**
 * The sync page.
 */
export type SyncAnswer = { 
/**
 * The platform answered the last call.
 */
online: boolean, 
/**
 * Since when that is so.
 */
since: Instant | null, 
/**
 * Why it does not, if it does not.
 */
last_error: Message | null, 
/**
 * What is wrong with the database, when a look at all of it found something.
 */
damage: Message | null, 
/**
 * The journal's last event.
 */
head: Seq, 
/**
 * The last one the authority holds.
 */
acked: Seq, 
/**
 * When the oldest event that it does not hold happened.
 */
oldest_unsent_at: Instant | null, 
/**
 * How far the feed was applied.
 */
feed_pos: number, 
/**
 * Why it is not followed any further, if it is not.
 */
stopped: Stopped | null, 
/**
 * Leases held, soonest to run out first.
 */
leases: Array<LeaseLine>, 
/**
 * Orders that can leave now without network, and why the others cannot.
 */
can_leave: CanLeave, 
/**
 * What may be done without contact.
 */
offline: OfflineView, 
/**
 * Own events that a supervisor must look at.
 */
exceptions: Array<ExceptionLine>, };

/**
 * Progress of a job in whole declared units.
 */
export type Tally = { 
/**
 * Taken so far.
 */
done: Quantity, 
/**
 * Wanted in all.
 */
of: Quantity, };

/**
 * `task.input`
 */
export type TaskInput = { 
/**
 * The room whose task it is for.
 */
room: FloorRoom, 
/**
 * The key, number or scan.
 */
input: Input, };

/**
 * A symbol of the test page.
 */
export type TestSymbol = "gs1" | "letters" | "qr";

/**
 * What lies of one item in all, by what it may be used for.
 */
export type Totals = { 
/**
 * The merchant.
 */
owner: OwnerId, 
/**
 * The item.
 */
item: ItemId, 
/**
 * The item's name.
 */
item_name: string, 
/**
 * By bucket; a bucket with nothing is missing.
 */
by_bucket: Partial<Record<Bucket, string>>, 
/**
 * The sum of the buckets.
 */
on_hand: Quantity, };

/**
 * `scanner.unbind`
 */
export type Unbind = { 
/**
 * Its name.
 */
name: string, };

/**
 * A ledger quantity in all the units customs asks for.
 */
export type Units = { 
/**
 * In the declared unit (申报单位).
 */
declared: Quantity, 
/**
 * In legal unit 1 (法定单位).
 */
legal1: Quantity, 
/**
 * In legal unit 2, or nothing where the HS code has none.
 */
legal2: Quantity, };

/**
 * What a USB device says of itself; given fields must agree.
 */
export type UsbIdentity = { 
/**
 * Vendor id.
 */
vendor: number, 
/**
 * Product id.
 */
product: number, 
/**
 * Serial number, where the device has one.
 */
serial: string | null, 
/**
 * The socket it is in (`1-1.4`), for devices without a serial number.
 */
socket: string | null, };

/**
 * One check with what was found.
 */
export type Verdict = { 
/**
 * What was looked at.
 */
check: Check, 
/**
 * How it stands.
 */
finding: Finding, 
/**
 * What is said of it.
 */
said: Message, };

/**
 * A waybill's natural key: numbers are unique only within the carrier that gave them.
 */
export type WaybillKey = { 
/**
 * The carrier (物流企业), by customs registration code (`logisticsCode`).
 */
carrier: string, 
/**
 * The waybill's number there (`logisticsNo`).
 */
waybill_no: string, };

/**
 * `cases.file`
 */
export type WhichCase = { 
/**
 * The case.
 */
case: CaseId, };

/**
 * What crosses the door when a call does not answer.
 */
export type WireError = { 
/**
 * A refusal is not a failure.
 */
refusal: boolean, 
/**
 * Finds the log line of a failure.
 */
trace_id: string, 
/**
 * The key in the catalogue, for instance `release.not_in_order`.
 */
code: string, 
/**
 * Values for the `{placeholders}` of its texts; never personal data.
 */
params: Record<string, string>, };
