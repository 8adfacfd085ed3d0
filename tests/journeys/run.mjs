#!/usr/bin/env node
// Whole-product stories in the real window.
//
//   node tests/journeys/run.mjs [NAME…]     all journeys, or those whose file name contains NAME
//
// Each `<name>.journey.mjs` exports a `title` and a default function. It gets a screen, a folder
// of its own under out/journeys/<name>, and ways to look, press keys and scan; what it starts is
// ended in reverse order, whether it passed or not. A failing journey leaves its screen and the
// programs' logs behind. Nothing is retried: a journey that passes sometimes is a failing one.

import { readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Journey } from './journey.mjs';

const here = dirname(fileURLToPath(import.meta.url));

/** Walks one journey; answers whether it passed. */
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
      await journey.screenshot('failed');
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
