/** Made-up answers of the scanner room. */
import type { Examination, Peripheral, PeripheralsAnswer, ScanLine, Verdict } from '../src/lib/schema.gen';
import { at, say } from './fixtures';

const line = { baud: 9600, data_bits: 'eight', parity: 'none', hardware_flow: false } as const;
const profile = { ends: 'cr_lf', idle_ms: 80, aim: true, no_read: null } as const;

const left: Peripheral = {
  name: '左枪', bench: 'release', line: { ...line, baud: 115200 },
  port: { usb: { vendor: 0x0c2e, product: 0x0b6a, serial: '21113B1234', socket: null } },
  speaks: { is: 'scanner', how: profile },
};
const gate: Peripheral = {
  name: '大门', bench: 'gate', line, port: { usb: { vendor: 0x05e0, product: 0x1701, serial: null, socket: '1-1.4' } },
  speaks: { is: 'scanner', how: { ...profile, ends: 'silence', aim: false } },
};
const scale: Peripheral = {
  name: '秤', bench: 'release', line, port: { path: '/dev/serial/by-id/usb-scale-if00-port0' },
  speaks: { is: 'scale', how: { toledo_continuous: { checksum: false } } },
};

export const plugged: PeripheralsAnswer = {
  bound: [
    { peripheral: left, shown: 'USB 0c2e:0b6a 21113B1234', given: false, path: '/dev/ttyACM0', lost: null },
    { peripheral: gate, shown: 'USB 05e0:1701 1-1.4', given: false, path: null, lost: say('scanner.port_missing', { device: '大门', port: 'USB 05e0:1701 1-1.4' }) },
    { peripheral: scale, shown: '/dev/serial/by-id/usb-scale-if00-port0', given: false, path: '/dev/serial/by-id/usb-scale-if00-port0', lost: null },
  ],
  seen: [
    { path: '/dev/ttyACM0', port: left.port, shown: 'USB 0c2e:0b6a 21113B1234', product: 'Xenon 1950g', maker: 'Honeywell', bound_as: '左枪' },
    { path: '/dev/ttyACM1', port: { usb: { vendor: 0x0c2e, product: 0x0b6a, serial: '21113B5678', socket: null } }, shown: 'USB 0c2e:0b6a 21113B5678', product: 'Xenon 1950g', maker: 'Honeywell', bound_as: null },
    { path: '/dev/ttyS0', port: { path: '/dev/ttyS0' }, shown: '/dev/ttyS0', product: null, maker: null, bound_as: null },
  ],
  makers: [
    { name: 'Honeywell', line: { ...line, baud: 115200 }, profile: { ...profile, aim: false }, source: "Honeywell user's guide" },
    { name: 'Zebra', line, profile: { ...profile, ends: 'silence', aim: false }, source: 'Zebra DS6608 product reference guide' },
    { name: 'Newland', line, profile: { ...profile, ends: 'silence', aim: false }, source: null },
    { name: 'Datalogic', line, profile: { ...profile, ends: 'silence', aim: false }, source: null },
  ],
  benches: ['intake', 'stock', 'release', 'gate'],
  bauds: [4800, 9600, 19200, 38400, 57600, 115200],
};

/** Bars that look like bars; no scanner reads them. */
function bars(columns: number): [number, number, number][] {
  const runs: [number, number, number][] = [];
  for (let column = 0, step = 0; column < columns; step += 1) {
    const length = Math.min(1 + ((step * 7 + 3) % 4), columns - column);
    runs.push([column, 0, length]);
    column += length + 1 + ((step * 5 + 1) % 3);
  }
  return runs;
}

const square = (size: number): [number, number, number][] =>
  Array.from({ length: size }, (_, row) => bars(size).map(([column, , length]): [number, number, number] => [(column + row * 3) % size, row, Math.min(length, size - ((column + row * 3) % size))])).flat();

const bytes = (text: string) =>
  Array.from(new TextEncoder().encode(text), (byte) => {
    const name = { 0x0d: 'CR', 0x0a: 'LF', 0x1d: 'GS', 0x20: 'SP' }[byte] ?? (byte > 0x7e ? byte.toString(16).toUpperCase() : String.fromCharCode(byte));
    return { hex: byte.toString(16).toUpperCase().padStart(2, '0'), name, control: byte <= 0x20 || byte > 0x7e };
  });

const verdicts: Verdict[] = [
  { check: 'gs', finding: 'bad', said: say('clinic.gs_replaced', { by: '|' }) },
  { check: 'aim', finding: 'good', said: say('clinic.aim_sent', { aim: ']C0' }) },
  { check: 'letters', finding: 'good', said: say('clinic.letters_kept') },
  { check: 'charset', finding: 'open', said: say('clinic.open') },
  { check: 'prefix', finding: 'good', said: say('clinic.no_prefix') },
  { check: 'suffix', finding: 'good', said: say('clinic.suffix_sent', { suffix: 'CR LF' }) },
  { check: 'speed', finding: 'good', said: say('clinic.speed_is', { bytes: '22', took: '24', pause: '16' }) },
  { check: 'repeats', finding: 'bad', said: say('clinic.sent_twice', { gap: '118' }) },
];

export const examination: Examination = {
  name: '左枪', profile, maker: 'Honeywell', verdicts,
  codes: [
    { maker: 'Datalogic', mends: 'aim', code: '$CAIEN01<CR>', source: 'Datalogic QuickScan I QD2400 product reference guide, Global AIM ID' },
    { maker: 'Datalogic', mends: 'suffix', code: '$CLFSU0D<CR>', source: null },
  ],
  symbols: [
    { symbol: 'gs1', content: '010690123456789210aB-12␝17281231', aim: ']C1', columns: 277, rows: 1, quiet: 10, runs: bars(277), arrived: true },
    { symbol: 'letters', content: 'BHTEST aZ-09$%+./', aim: ']C0', columns: 222, rows: 1, quiet: 10, runs: bars(222), arrived: true },
    { symbol: 'qr', content: 'BHTEST 2D 仓', aim: ']Q1', columns: 21, rows: 21, quiet: 4, runs: square(21), arrived: false },
  ],
  arrivals: [
    { at_ms: 5200, took_ms: 24, symbol: 'letters', bytes: bytes(']C0BHTEST aZ-09$%+./\r\n') },
    { at_ms: 5058, took_ms: 24, symbol: 'letters', bytes: bytes(']C0BHTEST aZ-09$%+./\r\n') },
    { at_ms: 1200, took_ms: 38, symbol: 'gs1', bytes: bytes(']C1010690123456789210aB-12|17281231\r\n') },
  ],
};

const scan = (place: string, clock: string, over: Partial<ScanLine>): ScanLine => ({
  place, at: at(clock), person: '周敏', room: null, from: 'serial:左枪', symbology: ']C1', shown: '', hex: '', outcome: 'accepted', said: null, fact: null, ...over,
});

export const evidence: ScanLine[] = [
  scan('J418', '14:32:15', { fact: 'release.picked', symbology: ']C1', shown: ']C1010942190188131310L26A␝21S7', hex: '5D 43 31 30 31 30 39 34 32 31 39 30 31 38 38 31 33 31 33 31 30 4C 32 36 41 1D 32 31 53 37' }),
  scan('L97', '14:32:07', { room: 'release', outcome: 'wrong', symbology: ']E0', said: say('release.not_in_order', { item: '猫砂 6 L' }), shown: ']E06934123055187', hex: '5D 45 30 36 39 33 34 31 32 33 30 35 35 31 38 37' }),
  scan('L96', '14:31:58', { room: 'release', outcome: 'duplicate', symbology: ']E0', said: say('task.scanned_twice', { raw: ']E09421901881276' }), shown: ']E09421901881276', hex: '5D 45 30 39 34 32 31 39 30 31 38 38 31 32 37 36' }),
  scan('J417', '14:31:55', { fact: 'release.picked', symbology: ']E0', shown: ']E09421901881276', hex: '5D 45 30 39 34 32 31 39 30 31 38 38 31 32 37 36' }),
  scan('L95', '14:30:11', { room: 'gate', from: 'serial:大门', outcome: 'wrong', symbology: null, said: say('scanner.no_aim', { device: '大门' }), shown: 'YT1433281291145', hex: '59 54 31 34 33 33 32 38 31 32 39 31 31 34 35' }),
  scan('L94', '14:28:40', { room: 'intake', from: 'wedge', symbology: null, said: say('intake.scan_goods'), shown: 'RK001', hex: '52 4B 30 30 31' }),
];
