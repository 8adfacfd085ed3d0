// The main job, as issue 2 asks for it: from the truck that comes to the truck that leaves.

import assert from 'node:assert/strict';
import { Shift } from './shift.mjs';
import { until } from './window.mjs';
import { World } from './world.mjs';

export const title = 'Goods are received and put away, a cleared order is packed, labelled and driven out of the zone';

export default async function receiveToGate(journey) {
  const world = await World.open(journey, { orders: 2 });
  const scanner = await journey.plugScanner();
  const window = await journey.openWindow('--data', `${journey.out}/station`, '--platform', world.url, '--scanner', scanner.port);
  const shift = new Shift({ journey, window, scanner, world });

  await shift.enrolAndSignIn();
  await shift.receive();
  await shift.putAway();

  await shift.awaitLeases(2);
  const first = await shift.release();
  const second = await shift.release();
  await shift.loadAndLeave([first.waybill, second.waybill]);

  for (const order of world.orders) {
    await until(`${order} to have left`, async () => ['gated_out', 'delivered'].includes(await world.orderState(order)), 60);
  }
  assert.equal(await shift.booksAgree(), 'true');
  await shift.allTold();
  await shift.databasesHold();
}
