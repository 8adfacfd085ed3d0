#!/usr/bin/env node
// `make test`: every part in the order in which one uses what the earlier ones built, each part's
// share of the time, and one plain last line.
//
//   --long          `make prove`: many more cases for every law, and the journeys three times
//
// A part that counts its own tests is read; any other part is one test: it holds or it does not.
// A failing part does not hide the ones after it, unless they need what it makes.

import { spawn } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

process.chdir(join(dirname(fileURLToPath(import.meta.url)), '../..'));
const long = process.argv.includes('--long');

const cargo = /^test result: \w+\. (?<passed>\d+) passed; (?<failed>\d+) failed/gm;
const vitest = /^\s*Tests\s+(?:(?<failed>\d+) failed \| )?(?<passed>\d+) passed/gm;
const journeys = /^journeys: (?<passed>\d+) passed, (?<failed>\d+) failed$/gm;

const PARTS = [
  ['messages', 'node tests/tools/messages.mjs --check'],
  ['format', 'cargo fmt --all --check'],
  ['pages: types', 'npm run --silent --prefix ui check'],
  ['pages: tests', 'npm test --silent --prefix ui', { counts: vitest }],
  ['pages: build', 'npm run --silent --prefix ui build', { needed: true }],
  // One build of everything; tests, the day and the journeys then start at once.
  ['rust: build', 'cargo build --workspace --bins --tests', { needed: true }],
  ['rust: lint', 'cargo clippy --workspace --all-targets --quiet -- -D warnings'],
  ['rust: tests', 'cargo test --workspace --no-fail-fast', { counts: cargo }],
  // The platform's own stories again, on the engine that several nodes share: without those about a
  // file, and those that start a server of their own.
  ['PostgreSQL', `tests/tools/postgres.sh cargo test -p bondhouse-platform --no-fail-fast -- --skip killed_at_any_sync --skip a_disk_that_fills --skip no_acknowledged_act --skip on_postgresql`, { counts: cargo }],
  // Calls that the served OpenAPI document allows, and many it forbids: none may end in an accident.
  ['API', `target/tools/schemathesis/bin/python tests/tools/openapi.py target/debug/bondhouse-platform --examples ${long ? 300 : 3}`],
  // Eight histories that never change, then new ones from a seed that is printed.
  ['simulator', `target/debug/bondctl sim --seconds ${long ? 3600 : 60}`],
  ['the day', 'target/debug/bondctl day --out out/tested'],
  ['journeys', 'node tests/journeys/run.mjs', { counts: journeys, times: long ? 3 : 1 }],
];

/** Runs a command line, shows what it says, and answers its exit code and its words. */
function run(command) {
  return new Promise((resolve) => {
    const [program, ...args] = command.split(' ');
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...(long && { PROPTEST_CASES: '4096', BONDHOUSE_LONG: '1' }) },
    });
    let said = '';
    const show = (stream) => (data) => {
      said += data;
      stream.write(data);
    };
    child.stdout.on('data', show(process.stdout));
    child.stderr.on('data', show(process.stderr));
    child.once('error', (error) => resolve({ code: 127, said: `${program}: ${error.message}` }));
    child.once('close', (code) => resolve({ code, said: stripVTControlCharacters(said) }));
  });
}

function count({ code, said }, counts) {
  if (!counts) return code === 0 ? [1, 0] : [0, 1];
  const sums = [...said.matchAll(counts)].reduce(
    ([passed, failed], { groups }) => [passed + Number(groups.passed ?? 0), failed + Number(groups.failed ?? 0)],
    [0, 0],
  );
  // A part that broke before it could count, or counted nothing at all, has failed all the same.
  if ((code !== 0 || sums[0] === 0) && sums[1] === 0) sums[1] = 1;
  return sums;
}

/** What the disk has left, in GB: a clean build takes about eight. */
function free() {
  const { bavail, bsize } = statfsSync('.');
  return (bavail * bsize) / 1e9;
}

const before = free();
console.log(`disk: ${before.toFixed(1)} GB free`);
const results = [];
for (const [name, command, { counts, needed, times = 1 } = {}] of PARTS) {
  const began = Date.now();
  let [passed, failed] = [0, 0];
  for (let time = 0; time < times; time += 1) {
    console.log(`\n=== ${name}: ${command}`);
    const [p, f] = count(await run(command), counts);
    passed += p;
    failed += f;
  }
  results.push({ name, passed, failed, seconds: (Date.now() - began) / 1000 });
  if (failed && needed) {
    console.log(`\n${name} failed; the parts after it need it and were not run.`);
    break;
  }
}

const total = (field) => results.reduce((sum, result) => sum + result[field], 0);
console.log('\npart              seconds   share   passed   failed');
for (const { name, passed, failed, seconds } of results) {
  const share = `${Math.round((100 * seconds) / total('seconds'))} %`;
  console.log(`${name.padEnd(16)} ${seconds.toFixed(1).padStart(8)} ${share.padStart(7)} ${String(passed).padStart(8)} ${String(failed).padStart(8)}`);
}
console.log(`in all           ${total('seconds').toFixed(1).padStart(8)}`);
console.log(`disk: ${(before - free()).toFixed(1)} GB taken, ${free().toFixed(1)} GB free\n`);
console.log(`${total('passed')} passed, ${total('failed')} failed`);
process.exit(total('failed') === 0 ? 0 : 1);
