#!/usr/bin/env node
// Whole-product stories in the real window.
//
//   node tests/journeys/run.mjs [NAME…]     all journeys, or those whose file name contains NAME
//
// Each `<name>.journey.mjs` exports a `title` and a default function. It gets a screen, a folder
// of its own under out/journeys/<name>, and ways to look, press keys and scan; what it starts is
// ended in reverse order, whether it passed or not. A failing journey leaves its screen and the
// programs' logs behind. Nothing is retried: a journey that passes sometimes is a failing one.

import { createWriteStream, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Display } from './display.mjs';
import { Scanner } from './scanner.mjs';
import { Window } from './window.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const ROOT = join(here, '../..');

/** What a journey holds in its hands. */
class Journey {
  #ending = [];

  constructor(name) {
    this.out = join(ROOT, 'out/journeys', name);
    rmSync(this.out, { recursive: true, force: true });
    mkdirSync(this.out, { recursive: true });
  }

  /** Has `end` run when the journey is over. */
  finally(end) {
    this.#ending.push(end);
  }

  /** A file for what a program says. */
  log(name) {
    const file = createWriteStream(join(this.out, `${name}.log`), { flags: 'a' });
    this.finally(() => file.end());
    return file;
  }

  async openDisplay(size) {
    this.display = await Display.open(size);
    this.finally(() => this.display.close());
  }

  /** Opens the desktop program on this journey's screen. */
  async openWindow(...args) {
    const log = this.log('window');
    const window = await Window.open({
      driver: join(ROOT, 'target/tools/bin/tauri-driver'),
      program: join(ROOT, 'target/debug/bondhouse'),
      args: args.map(String),
      env: { ...process.env, ...this.display.env },
      log: (text) => log.write(text),
    });
    this.finally(() => window.close());
    return window;
  }

  async plugScanner() {
    const scanner = await Scanner.plug(this.out);
    this.finally(() => scanner.unplug());
    return scanner;
  }

  screenshot(name) {
    this.display.screenshot(join(this.out, `${name}.png`));
  }

  async end() {
    for (const end of this.#ending.reverse()) await end();
  }
}

async function walk(file) {
  const name = basename(file, '.journey.mjs');
  const { title, default: story } = await import(pathToFileURL(file));
  const journey = new Journey(name);
  const began = Date.now();
  let fault = null;
  try {
    await journey.openDisplay();
    await story(journey);
  } catch (error) {
    fault = error;
    try {
      journey.screenshot('failed');
    } catch {
      // No screen to keep.
    }
  }
  await journey.end();
  console.log(`${fault ? 'FAILED' : 'ok    '} ${title} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  if (fault) console.log(`       ${fault.stack}\n       see ${journey.out}`);
  return !fault;
}

const wanted = process.argv.slice(2);
const files = readdirSync(here)
  .filter((file) => file.endsWith('.journey.mjs'))
  .filter((file) => wanted.length === 0 || wanted.some((name) => file.includes(name)))
  .sort()
  .map((file) => join(here, file));

let passed = 0;
for (const file of files) passed += (await walk(file)) ? 1 : 0;
console.log(`journeys: ${passed} passed, ${files.length - passed} failed`);
process.exit(passed === files.length && files.length > 0 ? 0 : 1);
