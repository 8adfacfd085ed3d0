import { render } from '@testing-library/svelte';
import axe from 'axe-core';
import { beforeEach, expect, test, vi } from 'vitest';
import * as made from '../../../gallery/fixtures';
import { startListening } from '../../lib/keys';
import { shell } from '../../lib/shell.svelte';
import { press, rust } from '../../test.rust';
import Cases from './Cases.svelte';

const part = (id: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
  if (!found) throw new Error(`${id} is not on screen`);
  return found;
};

let stop = (): void => {};
beforeEach(() => {
  stop();
  stop = startListening();
  document.body.replaceChildren();
  shell.status = made.status({ person: { name: '陈立', role: 'supervisor' } });
});

function inbox() {
  const world = rust({ 'cases.list': () => made.cases, 'cases.file': () => made.caseFile, 'cases.decide': () => made.cases.slice(1) });
  render(Cases);
  return world;
}

test('a case is opened, decided and explained by keys alone', async () => {
  const { asked } = inbox();
  await vi.waitFor(() => expect(part('cases').textContent).toContain('重量不符'));
  await press('2');
  await vi.waitFor(() => expect(document.activeElement).toBe(part('resolution-accept')));
  expect(part('resolution-accept').getAttribute('aria-checked')).toBe('false');
  await press('ArrowDown', 'ArrowDown');
  expect(part('resolution-hold_parcel').getAttribute('aria-checked')).toBe('true');
  await press('F7');
  expect([...document.querySelectorAll('details')].every(({ open }) => open)).toBe(true);
  // Without a word of why nothing is decided, and neither Enter nor Space decides for anybody.
  await press('F9', 'Enter', ' ');
  expect(asked.some(({ name }) => name === 'cases.decide')).toBe(false);
  const note = part('case-note') as HTMLInputElement;
  note.focus();
  note.value = '重称后仍差 300 克';
  note.dispatchEvent(new Event('input', { bubbles: true }));
  await press('F9');
  await vi.waitFor(() => expect(asked.find(({ name }) => name === 'cases.decide')?.req).toMatchObject({ case: 'P-07/1/874', resolution: 'hold_parcel', second: null }));
});

test('an open case has no accessibility fault that a machine can find', async () => {
  inbox();
  await vi.waitFor(() => expect(part('cases').textContent).toContain('少收'));
  await press('1');
  await vi.waitFor(() => expect(part('evidence').textContent).toContain('intake.closed'));
  const { violations } = await axe.run(document.body, { rules: { 'color-contrast': { enabled: false }, region: { enabled: false } } });
  expect(violations.map(({ id }) => id)).toEqual([]);
});
