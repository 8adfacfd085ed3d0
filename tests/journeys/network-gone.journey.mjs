// The same with the platform's plug pulled between lease and release.

import assert from 'node:assert/strict';
import { Shift } from './shift.mjs';
import { until } from './window.mjs';
import { World } from './world.mjs';

export const title = 'With the platform gone a leased order is still packed; when it is back nothing is lost or doubled';

export default async function networkGone(journey) {
  const world = await World.open(journey, { orders: 2 });
  const scanner = await journey.plugScanner();
  const window = await journey.openWindow('--data', `${journey.out}/station`, '--platform', world.url, '--scanner', scanner.port);
  const shift = new Shift({ journey, window, scanner, world });

  await shift.enrolAndSignIn();
  await shift.receive();
  await shift.putAway();
  await shift.awaitLeases(2);

  await world.killPlatform();
  await shift.online(false);
  const first = await shift.release();
  const second = await shift.release();
  const unsent = Number(await window.part('status-unsent'));
  assert.ok(unsent > 0, 'what was packed waits to be told');
  await shift.enter('sync');
  await window.see('sync-unsent', new RegExp(String(unsent)));
  await journey.screenshot('offline');

  await world.startPlatform();
  await shift.allTold();
  await shift.loadAndLeave([first.waybill, second.waybill]);
  for (const order of world.orders) {
    await until(`${order} to have left`, async () => ['gated_out', 'delivered'].includes(await world.orderState(order)), 60);
  }
  assert.equal(await shift.booksAgree(), 'true');
  await shift.allTold();
  await shift.databasesHold();
}
