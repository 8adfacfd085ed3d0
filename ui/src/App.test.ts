import { render } from '@testing-library/svelte';
import axe from 'axe-core';
import { tick } from 'svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import * as made from '../gallery/fixtures';
import App from './App.svelte';
import { voice } from './i18n/index.svelte';
import type { Room } from './lib/shell.svelte';
import { shell } from './lib/shell.svelte';
import type { SignIn, Status } from './lib/schema.gen';
import { burst, press, rust } from './test.rust';

const part = (id: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
  if (!found) throw new Error(`${id} is not on screen`);
  return found;
};
const type = (id: string, text: string): void => {
  const field = part(id) as HTMLInputElement;
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
};

beforeEach(() => {
  shell.status = null;
  shell.room = null;
  localStorage.clear();
});

/** A station that enrols, creates its first supervisor and signs people in. */
function station(begin: Partial<Status>) {
  let status = made.status({ person: null, ...begin });
  return rust({
    'station.status': () => status,
    'station.enrol': () => (status = made.status({ person: null, first_run: true })),
    'people.first_supervisor': ({ name, role }) => {
      status = { ...status, first_run: false };
      return { name, role };
    },
    'people.list': () => made.people,
    'people.sign_in': ({ name, badge, pin }: SignIn) => {
      if (pin !== '246810') throw { code: 'people.wrong_pin', params: { left: '4' }, refusal: true, trace_id: '' };
      const person = made.people.find((one) => one.name === name) ?? made.people[1];
      if (!person || (!name && !badge)) throw new Error('nobody');
      status = { ...status, person };
      return person;
    },
    'people.sign_out': () => {
      status = { ...status, person: null };
      return {};
    },
    'station.set_language': ({ language }) => (status = { ...status, language }),
    'room.open': ({ room }) => ({ intake: made.intake, gate: made.gate, stock: made.shelves, release: made.releases.waiting })[room],
    'room.leave': () => ({}),
    'stock.report': () => made.stock(200),
    'ledger.certificate': () => made.certificate(),
    'sync.view': () => made.sync(),
    'sync.now': () => made.sync(),
  });
}

test('a new computer is enrolled, gets its first supervisor, who signs in', async () => {
  const { asked } = station({ enrolled: false, first_run: true });
  render(App);
  await vi.waitFor(() => expect(part('prompt').textContent).toBe('登记本台'));
  await press('F9');
  expect(asked.some(({ name }) => name === 'station.enrol')).toBe(false);
  type('enrol-code', 'K7QD-2M4X');
  type('enrol-station', 'P-07');
  expect((part('enrol-platform') as HTMLInputElement).value).toBe('http://127.0.0.1:8080');
  await tick();
  await press('F9');
  expect(asked.find(({ name }) => name === 'station.enrol')?.req).toEqual({ code: 'K7QD-2M4X', station_name: 'P-07', platform_url: 'http://127.0.0.1:8080' });

  await vi.waitFor(() => expect(part('prompt').textContent).toBe('首位主管'));
  type('supervisor-name', '陈立');
  type('pin', '246810');
  type('pin-again', '246811');
  await tick();
  expect(part('key-F9').dataset['state']).toBe('off');
  type('pin-again', '246810');
  await tick();
  await press('F9');
  await vi.waitFor(() => expect(part('prompt').textContent).toBe('扫描工牌'));

  await press('1', ...'246810', 'F9');
  await vi.waitFor(() => expect(part('prompt').textContent).toBe('选择房间'));
});

test('a badge and a PIN sign in; the PIN is never shown', async () => {
  const { asked } = station({});
  render(App);
  await vi.waitFor(() => expect(part('prompt').textContent).toBe('扫描工牌'));
  await burst('BH1B2QWERTYUIOP');
  expect(part('prompt').textContent).toBe('输入 PIN');
  await press(...'2468');
  expect(part('pin').dataset['digits']).toBe('4');
  expect(document.body.textContent).not.toContain('2468');
  await press('1', '0', 'F9');
  await vi.waitFor(() => part('room-release'));
  expect(asked.find(({ name }) => name === 'people.sign_in')?.req).toEqual({ badge: 'BH1B2QWERTYUIOP', name: null, pin: '246810' });
});

test('a badge read by a serial scanner signs in as well, whatever its prefix', async () => {
  const { asked, tell } = station({});
  render(App);
  await vi.waitFor(() => expect(part('prompt').textContent).toBe('扫描工牌'));
  await tell('unclaimed', ']C0BH1B2QWERTYUIOP');
  await vi.waitFor(() => part('pin'));
  await press(...'246810', 'F9');
  await vi.waitFor(() => part('room-release'));
  expect(asked.find(({ name }) => name === 'people.sign_in')?.req).toMatchObject({ badge: 'BH1B2QWERTYUIOP' });
});

test('a badge whose owner Rust knows asks for the PIN, and read again asks anew', async () => {
  let status = made.status({ person: null });
  const { tell } = rust({ 'station.status': () => status, 'people.list': () => made.people });
  render(App);
  await vi.waitFor(() => part('person-周敏'));
  status = { ...status, at_door: { name: '周敏', at: 1 } };
  await tell('changed', ['station']);
  await vi.waitFor(() => expect(part('answer-text').textContent).toBe('周敏'));
  await press('2', '4', '6', 'F2');
  await vi.waitFor(() => part('person-周敏'));
  status = { ...status, at_door: { name: '周敏', at: 2 } };
  await tell('changed', ['station']);
  await vi.waitFor(() => expect(part('pin').dataset['digits']).toBe('0'));
});

test('the window follows a room that was opened by its code', async () => {
  const { tell } = station({ person: { name: '陈立', role: 'clerk' } });
  render(App);
  await vi.waitFor(() => part('room-release'));
  await tell('opened', 'release');
  await vi.waitFor(() => part('tally'));
});

test('whoever leaves a room tells Rust: a scan that nobody sees must not count', async () => {
  const { asked } = station({ person: { name: '陈立', role: 'supervisor' } });
  render(App);
  await vi.waitFor(() => part('room-release'));
  await press('Alt+3');
  await vi.waitFor(() => part('tally'));
  await press('Alt+5');
  await vi.waitFor(() => expect(asked.filter(({ name }) => name === 'room.leave').map(({ req }) => req)).toEqual([{ room: 'release' }]));
});

test('a wrong PIN says how many tries are left and begins anew', async () => {
  station({});
  render(App);
  await vi.waitFor(() => part('person-周敏'));
  await press('2', ...'111222', 'F9');
  await vi.waitFor(() => expect(part('answer-text').textContent).toBe('PIN 不对'));
  expect(part('answer').textContent).toContain('还可以试 4 次');
  expect(part('pin').dataset['digits']).toBe('0');
});

test('rooms open by Alt and a number, from anywhere; F12 signs out', async () => {
  station({ person: { name: '陈立', role: 'supervisor' } });
  render(App);
  await vi.waitFor(() => part('room-release'));
  await press('Alt+3');
  await vi.waitFor(() => expect(part('tally').textContent).toBe('3/5'));
  await press('Alt+5');
  await vi.waitFor(() => expect(part('report-count').textContent).toBe('200 行'));
  await press('F12');
  await vi.waitFor(() => expect(part('prompt').textContent).toBe('扫描工牌'));
});

test('an auditor reads reports and cannot enter the floor', async () => {
  station({ person: { name: '陈立', role: 'auditor' } });
  render(App);
  await vi.waitFor(() => part('room-release'));
  expect((part('room-release') as HTMLButtonElement).disabled).toBe(true);
  await press('Alt+3');
  expect(shell.room).toBeNull();
  await press('Alt+6');
  await vi.waitFor(() => expect(part('certificate').dataset['holds']).toBe('true'));
});

test('the language changes at once, everywhere', async () => {
  station({});
  render(App);
  await vi.waitFor(() => part('key-F3'));
  await press('F3');
  await vi.waitFor(() => expect(part('prompt').textContent).toBe('Scan badge'));
  expect(document.documentElement.lang).toBe('en');
  await press('F3');
  await vi.waitFor(() => expect(voice.language).toBe('zh'));
});

test('a stock report of many rows keeps only those in sight in the page, and finds by code', async () => {
  station({ person: { name: '陈立', role: 'supervisor' } });
  render(App);
  await vi.waitFor(() => part('room-reports'));
  await press('Alt+5');
  await vi.waitFor(() => expect(part('stock-table').dataset['rows']).toBe('200'));
  expect(document.querySelectorAll('tbody tr[data-testid]').length).toBeLessThan(60);
  await burst('AM-1042');
  await vi.waitFor(() => expect(part('stock-table').dataset['rows']).toBe('1'));
});

test.for<Room>(['intake', 'stock', 'release', 'gate', 'reports', 'ledger', 'sync'])('%s has no accessibility fault that a machine can find', async (room) => {
  station({ person: { name: '陈立', role: 'supervisor' } });
  render(App);
  await vi.waitFor(() => part('room-release'));
  shell.open(room);
  await vi.waitFor(() => expect(document.querySelector('[data-testid="home"]')).not.toBeNull());
  await new Promise((done) => setTimeout(done, 50));
  // jsdom paints nothing, so contrast is proved elsewhere; a page inside the program needs no landmarks of a website.
  const { violations } = await axe.run(document.body, { rules: { 'color-contrast': { enabled: false }, region: { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
});
