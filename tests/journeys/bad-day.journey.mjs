// What goes wrong on a floor: a code nobody knows, a cable pulled, the program started twice.

import assert from 'node:assert/strict';
import { Shift } from './shift.mjs';
import { until } from './window.mjs';
import { World } from './world.mjs';

export const title = 'A strange code, a pulled cable and a second instance are each told, and nothing is lost';

export default async function badDay(journey) {
  const world = await World.open(journey, { orders: 0 });
  const scanner = await journey.plugScanner();
  const station = ['--data', `${journey.out}/station`, '--platform', world.url, '--scanner', scanner.port];
  const window = await journey.openWindow(...station);
  const shift = new Shift({ journey, window, scanner, world });
  await shift.enrolAndSignIn();

  await shift.enter('intake');
  await shift.scan('NOBODY-KNOWS-THIS', 'wrong');
  assert.match(await window.text(), /NOBODY-KNOWS-THIS/, 'the code is shown as it was read');
  await journey.screenshot('wrong');
  await window.press('F9');

  scanner.unplug();
  await window.waitFor('status-lost');
  await journey.screenshot('cable-pulled');
  await scanner.plug();
  await until('the scanner to be back', async () => (await window.part('status-lost')) === null, 30);

  const second = await journey.openWindow(...station);
  await second.waitFor('trouble');
  await journey.screenshot('second-instance');
  await second.close();

  const [notice] = world.notices;
  await until(`${notice} to be receivable`, async () => (await window.part(`choice-${notice}`)) !== null, 60);
  await shift.scan(notice);
}
