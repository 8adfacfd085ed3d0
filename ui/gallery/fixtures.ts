/** Made-up answers of Rust, for tests and the gallery. No real person, merchant or number. */
import type {
  Answer, BenchCode, CaseAnswer, CaseLine, CertificateAnswer, Choice, Job, LogLine, Message, Outcome, PersonView, Prompt, RoomView, Row, StockAnswer, Status, SyncAnswer,
} from '../src/lib/schema.gen';

export const NOW = Date.parse('2026-11-22T14:32:16+08:00');
export const at = (clock: string): number => Date.parse(`2026-11-22T${clock}+08:00`);
export const say = (code: string, params: Record<string, string> = {}): Message => ({ code, params });

export const status = (over: Partial<Status> = {}): Status => ({
  enrolled: true,
  first_run: false,
  warehouse: '东湾综合保税区 3 号仓',
  station: 'P-07',
  person: { name: '周敏', role: 'clerk' },
  network: { online: true, since: at('08:00:00') },
  unsent: 0,
  leases: 38,
  cannot_leave: 3,
  lease_work_until: at('18:00:00'),
  practice: false,
  scanners: [{ name: 'S1', connected: true, detail: null }],
  printer_ready: true,
  now: NOW,
  clock_suspect: false,
  language: 'zh',
  platform_url: 'http://127.0.0.1:8080',
  ...over,
});

export const people: PersonView[] = [
  { name: '陈立', role: 'supervisor' },
  { name: '周敏', role: 'clerk' },
  { name: '李娜', role: 'clerk' },
  { name: '王海', role: 'clerk' },
];

const job: Job = {
  owner: '3105960001',
  title: '北岸乳品',
  refs: [
    { label: 'ui.ref.order', value: 'B2C202617494530077' },
    { label: 'ui.ref.waybill', value: 'YT1433281291145' },
    { label: 'ui.ref.declaration', value: '31052026I156997919' },
  ],
  clearance: { open: true, message: say('clearance.released', { status: '800' }), at: at('09:14:00'), until: at('18:00:00') },
};

const row = (key: string, name: string, lot: string, expiry: string, done: string, of: string, state: Row['state'], more: Partial<Row> = {}): Row => ({
  key, name, done, of, state, differs: null, code: null,
  sub: [{ label: 'ui.ref.lot', value: lot }, { label: 'ui.ref.expiry', value: expiry }],
  ...more,
});

const parcel = (done: string, now: Row['state'] = 'next'): Row[] => [
  row('1', '幼儿配方奶粉 3 段 900 g', 'B26071', '2028-01-15', '2', '2', 'done'),
  row('2', '全脂奶粉 1 kg', 'WM0926', '2027-11-30', '1', '1', 'done'),
  row('3', '草饲黄油曲奇 454 g', 'KQ2611', '2027-05-30', done, '2', done === '2' ? 'done' : now),
];

const line = (clock: string, outcome: Outcome, message: Message, raw: string | null, input = 'serial:S1'): LogLine => ({ at: at(clock), outcome, message, raw, input });
const verified = (item: string): Message => say('release.verified', { qty: '1', item });

const log: LogLine[] = [
  line('14:31:58', 'accepted', verified('全脂奶粉 1 kg'), '9421901881276'),
  line('14:31:49', 'accepted', verified('幼儿配方奶粉 3 段 900 g'), '9421901881238'),
  line('14:31:46', 'duplicate', say('task.scanned_twice', { raw: '9421901881238' }), '9421901881238'),
  line('14:31:45', 'accepted', verified('幼儿配方奶粉 3 段 900 g'), '9421901881238', 'typed'),
];

export const prompt = (over: Partial<Prompt> = {}): Prompt => ({
  say: say('release.scan_item'),
  detail: say('task.left', { count: '2', item: '草饲黄油曲奇 454 g' }),
  tally: { done: '3', of: '5' },
  accepts: ['undo', 'quantity', 'damaged', 'park', 'supervisor'],
  locked_by: null,
  ...over,
});

/** A release room; `lines` are put on top of its log, and the first of them is the last answer. */
function release(over: Partial<RoomView>, asked: Prompt, lines: LogLine[] = []): RoomView {
  const all = [...lines, ...log];
  const newest = all[0];
  const answer: Answer | null = newest ? { outcome: newest.outcome, message: newest.message, raw: newest.raw, prompt: asked } : null;
  return {
    room: 'release',
    prompt: asked,
    last: answer && newest ? { answer, at: newest.at, parts: [] } : null,
    log: all,
    job,
    rows: parcel('0'),
    facts: [
      { label: 'ui.glance.lane', value: 'B-12 捷达', note: null },
      { label: 'ui.glance.label', value: 'YT1433281291145', note: say('release.label_after_last') },
      { label: 'ui.glance.weight', value: '3.9 kg', note: null },
    ],
    choices: [],
    ...over,
  };
}

const wrong = say('release.not_in_order', { item: '玻尿酸面膜 5 片装' });
const held = say('clearance.held', { order: 'B2C202617494530077', status: '500' });
const choices: Choice[] = [
  { code: 'YT1433281291201', title: '澳萌母婴', detail: 'B2C202617494530201 · B-12' },
  { code: 'YT1433281291288', title: '北岸乳品', detail: 'B2C202617494530288 · A-04' },
  { code: 'YT1433281291340', title: '蔻然美妆', detail: 'B2C202617494530340 · B-12' },
];

const idlePrompt = prompt({ say: say('release.choose_order'), detail: null, tally: null, accepts: ['supervisor'] });

const parcelWeight = say('release.expected_weight', { declared: '3.9', tolerance: '0.2' });
const weighs = prompt({ say: say('release.weigh'), detail: parcelWeight, tally: { done: '5', of: '5' }, accepts: ['undo', 'park', 'supervisor', 'back'] });
const weighing = (value: string): Partial<RoomView> => ({ rows: parcel('2'), facts: [{ label: 'ui.glance.lane', value: 'B-12', note: null }, { label: 'ui.glance.weight', value, note: parcelWeight }] });
const tooLight = say('release.weight_differs', { weighed: '2.94', declared: '3.9', tolerance: '0.2' });

export const benchCodes: BenchCode[] = [
  { is: 'goods', title: '草饲黄油曲奇 454 g', raw: ']E09421901881313' },
  { is: 'paper', title: 'YT1433281291145', raw: 'YT1433281291145' },
  { is: 'location', title: 'C-02', raw: 'BH1LC-02K' },
  { is: 'command', title: 'ok', raw: 'BH1COKQ' },
  { is: 'command', title: 'undo', raw: 'BH1CUNDO8' },
];

export const releases = {
  weigh: release(weighing('—'), weighs, [line('14:32:15', 'accepted', say('release.put_on_scale'), '9421901881313')]),
  light: release(weighing('2.94 kg'), { ...weighs, locked_by: tooLight, accepts: ['ok'] }, [line('14:32:18', 'wrong', tooLight, '2.94 kg', 'scale:秤')]),
  practice: release({}, prompt()),
  idle: { ...release({ job: null, rows: [], facts: [], choices }, idlePrompt), last: null, log: [] },
  waiting: release({}, prompt()),
  accepted: release({ rows: parcel('1') }, prompt({ detail: say('task.left', { count: '1', item: '草饲黄油曲奇 454 g' }), tally: { done: '4', of: '5' } }), [
    line('14:32:15', 'accepted', verified('草饲黄油曲奇 454 g'), '9421901881313'),
  ]),
  duplicate: release({}, prompt(), [line('14:32:15', 'duplicate', say('task.scanned_twice', { raw: '9421901881276' }), '9421901881276')]),
  wrong: release({ rows: parcel('0', 'open') }, prompt({ locked_by: wrong, accepts: ['supervisor', 'ok'] }), [line('14:32:07', 'wrong', wrong, '6934123055187')]),
  stop: release({ rows: parcel('1', 'held') }, prompt({ locked_by: held, accepts: ['supervisor'], tally: { done: '4', of: '5' } }), [
    line('14:32:07', 'customs_stop', held, '9421901881313'),
  ]),
  complete: release({ job: null, rows: [], facts: [], choices }, idlePrompt, [
    line('14:33:20', 'complete', say('release.put_on_lane', { lane: 'B-12' }), 'YT1433281291145'),
    line('14:32:31', 'accepted', verified('草饲黄油曲奇 454 g'), '9421901881313'),
  ]),
} satisfies Record<string, RoomView>;

const counted = say('intake.counted', { qty: '24', item: '叶黄素软糖 60 粒' });
const countPrompt = prompt({
  say: say('intake.scan_goods'),
  detail: say('task.left', { count: '168', item: '叶黄素软糖 60 粒' }),
  tally: { done: '1691', of: '2016' },
  accepts: ['undo', 'quantity', 'damaged', 'park', 'supervisor', 'ok', 'back'],
});

export const intake: RoomView = {
  room: 'intake',
  prompt: countPrompt,
  last: { answer: { outcome: 'accepted', message: counted, raw: ']C1020942190188201317271031372410LG2610', prompt: countPrompt }, at: at('14:32:15'), parts: [['02', '09421901882013'], ['17', '2027-10-31'], ['37', '24'], ['10', 'LG2610']].map(([ai = '', value = '']) => ({ ai, value })) },
  log: [line('14:32:15', 'accepted', counted, ']C1020942190188201317271031372410LG2610')],
  job: {
    owner: '3105960007',
    title: '蓝湾保健',
    refs: [
      { label: 'ui.ref.notice', value: 'RK-20261122-03' },
      { label: 'ui.ref.bonded_note', value: 'QD310526I000048127' },
      { label: 'ui.ref.vehicle', value: '浙B·8K213' },
    ],
    clearance: { open: true, message: say('intake.gate_passed'), at: at('08:02:00'), until: null },
  },
  rows: [
    row('1', '深海鱼油软胶囊 120 粒', 'FO2609A', '2028-08-31', '480', '480', 'done'),
    row('2', '维生素 D3 滴剂 10 ml', 'D32610', '2028-03-31', '358', '360', 'open'),
    row('3', '益生菌粉 30 袋', 'PB2611', '2027-12-15', '300', '300', 'done', { differs: say('intake.damaged', { qty: '3' }) }),
    row('4', '胶原蛋白肽 200 g', 'CP2608', '2028-02-28', '241', '240', 'done', { differs: say('intake.over', { qty: '1' }) }),
    row('5', '叶黄素软糖 60 粒', 'LG2610', '2027-10-31', '312', '480', 'next'),
    row('6', '钙镁锌片 100 片', 'CA2612', '2028-06-30', '0', '156', 'open'),
  ],
  facts: [{ label: 'ui.glance.differences', value: '2', note: say('intake.report_first') }],
  choices: [],
};

const loadPrompt = prompt({ say: say('gate.scan_parcel'), detail: say('gate.for_vehicle', { vehicle: '浙B 7M52D' }), tally: { done: '213', of: '216' }, accepts: ['undo', 'supervisor', 'ok', 'back'] });
const before = say('gate.loaded_before', { waybill: 'YT1437720914233' });
export const gate: RoomView = {
  room: 'gate',
  prompt: loadPrompt,
  last: { answer: { outcome: 'duplicate', message: before, raw: 'YT1437720914233', prompt: loadPrompt }, at: at('14:32:14'), parts: [] },
  log: [line('14:32:14', 'duplicate', before, 'YT1437720914233'), line('14:32:02', 'accepted', say('gate.loaded', { waybill: 'YT1437720914233', left: '3' }), 'YT1437720914233')],
  job: {
    owner: null,
    title: '浙B 7M52D',
    refs: [{ label: 'ui.ref.gate_pass', value: 'Z310526I0003127' }, { label: 'ui.ref.bonded_note', value: 'QD310526E000051904' }],
    clearance: { open: true, message: say('gate.pass_approved'), at: at('13:55:00'), until: null },
  },
  rows: Array.from({ length: 216 }, (_, i) => ({
    ...row(`YT14377209${14000 + i}`, `B2C2026174945${30000 + i}`, '', '', i < 213 ? '1' : '0', '1', i < 213 ? 'done' : 'open', { code: `YT14377209${14000 + i}` }),
    sub: [],
  })),
  facts: [{ label: 'ui.glance.vehicle', value: '浙B 7M52D', note: say('gate.pass_approved') }],
  choices: [],
};

const shelfPrompt = prompt({ say: say('stock.scan_location'), detail: say('stock.in_hand', { qty: '24', item: '叶黄素软糖 60 粒' }), tally: { done: '96', of: '480' }, accepts: ['undo', 'quantity', 'supervisor', 'ok', 'back'] });
export const shelves: RoomView = {
  room: 'stock',
  prompt: shelfPrompt,
  last: null,
  log: [],
  job: null,
  rows: [row('0', '叶黄素软糖 60 粒', 'LG2610', '2027-10-31', '0', '384', 'now'), row('1', '钙镁锌片 100 片', 'CA2612', '2028-06-30', '0', '156', 'open')],
  facts: [{ label: 'ui.glance.last_location', value: 'A-03-2', note: null }],
  choices: [],
};

const NAMES = ['婴儿倍润面霜 50 ml', '纸尿裤 NB 84 片', '幼儿配方奶粉 3 段 900 g', '全脂奶粉 1 kg', '草饲黄油曲奇 454 g', '玻尿酸面膜 5 片装', '乳清蛋白粉 2 kg', '降噪耳机'];
const OWNERS = ['澳萌母婴', '北岸乳品', '蔻然美妆', '德维营养'];
const BUCKETS = ['available', 'available', 'reserved', 'available', 'staging', 'blocked'] as const;
const EXPIRIES = ['2028-04-30', '2029-06-30', '2027-02-28', '2027-11-30', null, '2026-11-18'];

export const stock = (rows = 400): StockAnswer => ({
  as_of: { pos: 4_812_077, at: at('14:31:58'), seq: 912, unsent: 0 },
  totals: [],
  rows: Array.from({ length: rows }, (_, i) => ({
    owner_name: OWNERS[i % 4] ?? '',
    item_name: NAMES[i % 8] ?? '',
    lying: {
      bucket: BUCKETS[i % 6] ?? 'available',
      qty: String(40 + ((i * 37) % 2000)),
      spot: { location: `${'ABCD'[i % 4] ?? 'A'}-0${1 + (i % 9)}-${1 + (i % 4)}`, plate: null },
      goods: {
        owner: `310596000${i % 4}`,
        item: `AM-${1000 + i}`,
        lot: `L26${String(i).padStart(3, '0')}`,
        expiry: EXPIRIES[i % 6] ?? null,
        customs: { ledger: 'T3105W000123', item_no: String(412 + (i % 90)), document_line: null, in_date: '2026-09-01', origin: '601' },
      },
    },
  })),
});

export const certificate = (drift = '0'): CertificateAnswer => ({
  holds: drift === '0',
  as_of: { pos: 4_812_077, at: at('14:31:58'), seq: 912, unsent: 0 },
  open_cases: [{ code: 'SHORT_RECEIPT', about: 'RK-20261122-03', since: at('10:26:00') }],
  lines: Array.from({ length: 40 }, (_, i) => ({
    item: { ledger: 'T3105W000123', item_no: String(412 + i) },
    accounts: [
      { item: { ledger: 'T3105W000123', item_no: String(412 + i) }, account: 'booked' as const, units: { declared: String(1200 + i), legal1: '0', legal2: '0' } },
      { item: { ledger: 'T3105W000123', item_no: String(412 + i) }, account: 'pre_out' as const, units: { declared: '40', legal1: '0', legal2: '0' } },
    ],
    expected: String(1240 + i),
    on_hand: i === 7 && drift !== '0' ? String(1240 + i + Number(drift)) : String(1240 + i),
    drift: i === 7 ? drift : '0',
  })),
});

export const sync = (over: Partial<SyncAnswer> = {}): SyncAnswer => ({
  online: true,
  since: at('08:00:00'),
  last_error: null,
  damage: null,
  head: 912,
  acked: 912,
  oldest_unsent_at: null,
  feed_pos: 4_812_077,
  stopped: null,
  leases: Array.from({ length: 38 }, (_, i) => ({ order_no: `B2C2026174945${30200 + i}`, waybill_no: `YT14332812${91200 + i}`, work_until: at(i < 2 ? '15:20:00' : i < 13 ? '16:00:00' : '18:00:00') })),
  can_leave: { can: 38, at_bench: 0, parked: 2, ran_out: 0, held: 1, to_be_cancelled: 0, needs_contact: 2, not_leased: 1, elsewhere: 1 },
  offline: {
    version: 2,
    valid_from: at('08:00:00'),
    next_from: null,
    online_only: ['1901'],
    acts: (['release', 'intake', 'put_away', 'reprint', 'gate', 'decide', 'enrol'] as const).map((act, i) => ({ act, goes_on: i < 3 })),
  },
  exceptions: [{ seq: 874, code: 'SHORT_PICK' }],
  ...over,
});

export const cases: CaseLine[] = [
  { case: 'RK-20261122-03/2/short', code: 'SHORT_RECEIPT', about: 'RK-20261122-03 2 维生素 D3 滴剂 10 ml', since: at('10:26:00'), resolutions: ['accept', 'judge_again'], four_eyes: true },
  { case: 'P-07/1/874', code: 'WEIGHT_DIFFERS', about: 'B2C202617494530077', since: at('13:40:00'), resolutions: ['accept', 'hold_parcel'], four_eyes: false },
  { case: 'P-07/1/881', code: 'SUPERVISOR_CALLED', about: 'YT1433281291145', since: at('14:20:00'), resolutions: ['accept'], four_eyes: false },
];
export const caseFile: CaseAnswer = {
  case: 'RK-20261122-03/2/short',
  opened_at: at('10:26:00'),
  evidence: [
    { at: at('10:12:40'), kind: 'intake.counted', by: '李娜', stands: 'R-02/1/412', body: '{"notice":"RK-20261122-03","line":2,"qty":"358"}' },
    { at: at('10:26:00'), kind: 'intake.closed', by: '李娜', stands: 'R-02/1/437', body: '{"notice":"RK-20261122-03","differences":[{"line":2}]}' },
  ],
};

export const offline = {
  status: status({ network: { online: false, since: at('14:05:00') }, unsent: 17 }),
  sync: sync({ online: false, since: at('14:05:00'), head: 929, oldest_unsent_at: at('14:06:00'), last_error: say('station.unreachable', { address: 'http://127.0.0.1:8080' }) }),
};
