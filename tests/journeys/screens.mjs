#!/usr/bin/env node
// `make screens`: takes the README's screenshots again, from the real window on a real day.

import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Journey } from './journey.mjs';
import { Shift } from './shift.mjs';
import { GOODS, World } from './world.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../docs/screens');
const PIECES_THAT_SHOW_THE_RULER = 3;

const journey = new Journey('screens');
mkdirSync(folder, { recursive: true });
const keep = (name) => journey.screenshot(name, folder);

/** Opens orders until one is large enough to look at, and answers its pieces one by one. */
async function largeOrder(shift) {
  for (;;) {
    await shift.enter('release');
    await shift.scan(await shift.firstChoice());
    const pieces = (await shift.lines()).flatMap(({ name, of }) => Array(of).fill(name));
    if (pieces.length >= PIECES_THAT_SHOW_THE_RULER) return pieces;
    await shift.pack(pieces);
  }
}

try {
  await journey.openDisplay();
  const world = await World.open(journey, { orders: 12 });
  const scanner = await journey.plugScanner();
  const window = await journey.openWindow('--data', `${journey.out}/station`, '--platform', world.url, '--scanner', scanner.port);
  const shift = new Shift({ journey, window, scanner, world });
  await shift.enrolAndSignIn();
  await shift.receive(async (counted) => {
    if (counted === 8) await keep('intake');
  });
  await shift.putAway();
  await shift.awaitLeases(8);

  await world.killPlatform();
  await shift.online(false);
  await shift.enter('release');
  await window.waitFor('offline');
  await keep('offline');
  await world.startPlatform();
  await shift.online(true);

  const pieces = await largeOrder(shift);
  const [last] = pieces.slice(-1);
  await shift.verify(pieces.slice(0, -1));
  await keep('release');
  const stranger = [...GOODS.entries()].find(([name]) => !pieces.includes(name));
  await shift.scan(stranger[1], 'wrong');
  await keep('wrong');
  await window.press('F9');
  const { waybill } = await shift.pack([last]);

  await shift.openPass('浙B12345');
  await shift.scan(waybill);
  await keep('gate');
} catch (error) {
  await journey.screenshot('failed');
  throw error;
} finally {
  await journey.end();
}
