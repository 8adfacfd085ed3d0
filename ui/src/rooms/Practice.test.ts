import { render } from '@testing-library/svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import * as made from '../../gallery/fixtures';
import { shell } from '../lib/shell.svelte';
import { rust } from '../test.rust';
import Release from './release/Release.svelte';

const find = (id: string): HTMLElement | null => document.querySelector(`[data-testid="${id}"]`);

beforeEach(() => {
  document.body.replaceChildren();
});

function bench(practice: boolean, view = made.releases.waiting) {
  const world = rust({ 'room.open': () => view, 'room.leave': () => ({}), 'scanner.codes': () => made.benchCodes, 'scanner.practise': () => ({}) });
  shell.status = made.status({ practice });
  render(Release);
  return world;
}

test('in practice a touch is a scan, and goes the way a scan goes', async () => {
  const { asked } = bench(true);
  await vi.waitFor(() => expect(find('practice-BH1COKQ')).not.toBeNull());
  find('practice-]E09421901881313')?.click();
  await vi.waitFor(() => expect(asked.find(({ name }) => name === 'scanner.practise')?.req).toEqual({ raw: ']E09421901881313' }));
  expect(asked.some(({ name }) => name === 'task.input')).toBe(false);
});

test('a station that works has no scanner on its screen', async () => {
  const { asked } = bench(false);
  await vi.waitFor(() => expect(find('prompt')).not.toBeNull());
  expect(find('practice')).toBeNull();
  expect(asked.some(({ name }) => name === 'scanner.codes')).toBe(false);
});

test('the tape shows what a parcel may weigh, and the red pointer what it weighs instead', async () => {
  bench(false, made.releases.weigh);
  await vi.waitFor(() => expect(find('tape')).not.toBeNull());
  expect(find('tape')?.querySelector('.at')).toBeNull();
  expect(find('key-F5')?.textContent).toContain('重称');
  document.body.replaceChildren();
  bench(false, made.releases.light);
  await vi.waitFor(() => expect(find('tape')?.dataset['outside']).toBe('true'));
});
