// The window opens, paints, and lets nobody out.

import assert from 'node:assert/strict';
import { until } from './window.mjs';

export const title = 'The window opens at once, fills the screen and leads nowhere else';

export default async function firstWindow(journey) {
  const window = await journey.openWindow('--data', `${journey.out}/station`);

  const paint = await until('the first paint', () =>
    window.read("return performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"));
  assert.ok(paint > 0);
  await until('words on the screen', async () => (await window.text()).trim().length > 0);
  await journey.screenshot('first-paint');

  assert.equal(await window.read('return typeof window.__TAURI__'), 'undefined', 'the page needs no global Tauri');
  await window.read("location.href = 'https://example.com/'");
  await window.press('F5', 'Control+r', 'Alt+Left');
  assert.match(await window.read('return location.href'), /^tauri:\/\/localhost/);
}
