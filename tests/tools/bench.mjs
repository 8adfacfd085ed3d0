#!/usr/bin/env node
// `make bench`: measures against what people use instead, in one run, on one machine.
//
//   --minutes N     how long the window idles before its memory is read (10)
//
// Prints a table and writes out/bench.json: [{name, value, unit, peer, peer_value, ratio, goal, met}].
// A goal is a ratio where there is a peer and a value where there is none; a figure without a goal is
// only told. Benches that are no criterion benches write their own rows to out/bench.d/*.json in the
// same shape.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Display } from '../journeys/display.mjs';
import { Window, until } from '../journeys/window.mjs';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '../..'));
const asked = process.argv.indexOf('--minutes');
const minutes = asked === -1 ? 10 : Number(process.argv[asked + 1]);
const RELEASE = 'target/release/bondhouse';

function run(program, args) {
  const { status, signal } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status ?? signal}`);
}

/** Mean of a criterion bench in milliseconds. */
function criterion(path) {
  const file = join('target/criterion', path, 'new/estimates.json');
  if (!existsSync(file)) throw new Error(`no criterion result at ${file}`);
  return JSON.parse(readFileSync(file, 'utf8')).mean.point_estimate / 1e6;
}

function row(name, value, unit, goal, peer = null, peerValue = null) {
  const ratio = peerValue === null ? null : value / peerValue;
  return { name, value, unit, peer, peer_value: peerValue, ratio, goal, met: (ratio ?? value) <= goal };
}

/** The running program, found by what it executes. */
function processOf(program) {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).find((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/exe`) === program;
    } catch {
      return false; // Ended meanwhile, or not ours to see.
    }
  });
}

/** When a process started, in milliseconds of the wall clock. */
function startedAt(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  const perSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  return Date.now() - (uptime - ticks / perSecond) * 1000;
}

/** First paint after start in milliseconds (median of five), and the program's PSS after idling. */
async function windowRows() {
  const display = await Display.open();
  const program = realpathSync(RELEASE);
  const paints = [];
  let memory;
  try {
    for (let run = 0; run < 5; run += 1) {
      const data = mkdtempSync(join(tmpdir(), 'bondhouse-bench-'));
      const window = await Window.open({
        driver: 'target/tools/bin/tauri-driver',
        program,
        args: ['--data', data],
        env: { ...process.env, ...display.env },
      });
      const painted = await until('the first paint', () => window.read(
        "const p = performance.getEntriesByName('first-contentful-paint')[0]; return p ? performance.timeOrigin + p.startTime : null",
      ));
      const pid = processOf(program);
      paints.push(painted - startedAt(pid));
      if (run === 4) {
        await sleep(minutes * 60_000);
        memory = Number(/^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) / 1024;
      }
      await window.close();
      rmSync(data, { recursive: true, force: true });
    }
  } finally {
    display.close();
  }
  paints.sort((a, b) => a - b);
  return [
    row(`first window paint after start (median of 5, ${cpus().length} cores)`, paints[2], 'ms', 2000),
    row(`memory of the desktop process after ${minutes} min (PSS)`, memory, 'MB', 200),
  ];
}

rmSync('out/bench.d', { recursive: true, force: true });
run('cargo', ['bench', '--workspace', '--bench', '*']);
// `custom-protocol` is what a bundled release is built with.
run('cargo', ['build', '--release', '-p', 'bondhouse', '--features', 'tauri/custom-protocol']);
const rows = [
  row('waybill label, warm', criterion('one warm label'), 'ms', 8),
  row('durable write through the gate', criterion('durable write/one writer'), 'ms', 3,
    'bare durable SQLite insert', criterion('durable write/alone')),
  ...(existsSync('out/bench.d') ? readdirSync('out/bench.d').sort() : [])
    .flatMap((file) => JSON.parse(readFileSync(join('out/bench.d', file), 'utf8'))),
  ...(await windowRows()),
];

mkdirSync('out', { recursive: true });
writeFileSync('out/bench.json', `${JSON.stringify(rows, null, 2)}\n`);
const number = (value) => (value === null ? '' : value.toPrecision(3));
for (const { name, value, unit, peer, peer_value, ratio, goal, met } of rows) {
  const against = peer ? `${number(peer_value)} ${unit} ${peer}, ratio ${number(ratio)}` : '';
  const wanted = goal === null ? '' : `(goal ${goal}${peer ? ' x' : ` ${unit}`})`;
  const word = goal === null ? 'told  ' : met ? 'met   ' : 'MISSED';
  console.log(`${word} ${name}: ${number(value)} ${unit}  ${wanted} ${against}`);
}
process.exit(rows.every((r) => r.met) ? 0 : 1);
