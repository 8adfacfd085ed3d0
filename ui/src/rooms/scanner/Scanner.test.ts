import { render } from '@testing-library/svelte';
import axe from 'axe-core';
import { tick } from 'svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import * as made from '../../../gallery/fixtures';
import * as guns from '../../../gallery/scanner';
import type { Role } from '../../lib/schema.gen';
import { shell } from '../../lib/shell.svelte';
import { press, rust } from '../../test.rust';
import Scanner from './Scanner.svelte';

const part = (id: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
  if (!found) throw new Error(`${id} is not on screen`);
  return found;
};
const field = (id: string): HTMLInputElement => part(id) as HTMLInputElement;
function type(id: string, text: string): void {
  field(id).value = text;
  field(id).dispatchEvent(new Event(field(id).tagName === 'SELECT' ? 'change' : 'input', { bubbles: true }));
}

function opened(role: Role = 'supervisor') {
  const world = rust({
    'scanner.list': () => guns.plugged,
    'scanner.bind': () => guns.plugged,
    'scanner.change': () => guns.plugged,
    'scanner.unbind': () => ({ ...guns.plugged, bound: guns.plugged.bound.slice(1) }),
    'scanner.examine': () => guns.examination,
    'scanner.examination': () => ({ ...guns.examination, verdicts: guns.examination.verdicts.map((one) => ({ ...one, finding: 'good' as const })) }),
    'scanner.end_examination': () => ({}),
    'scanner.evidence': () => guns.evidence,
  });
  shell.status = made.status({ person: { name: '陈立', role } });
  render(Scanner);
  const sent = (name: string): unknown => world.asked.filter((one) => one.name === name).at(-1)?.req;
  return { ...world, sent };
}

beforeEach(() => {
  document.body.replaceChildren();
});

test('a free scanner is bound by keyboard alone, and begins with its maker\'s settings', async () => {
  const { sent } = opened();
  await vi.waitFor(() => part('plugged-/dev/ttyACM1'));
  await press('ArrowDown', 'ArrowDown', 'ArrowDown');
  expect(part('plugged-/dev/ttyACM1').className).toContain('sel');
  expect([field('p-baud').value, field('p-ends').value]).toEqual(['115200', 'cr_lf']);
  type('p-name', '右枪');
  type('p-bench', 'intake');
  await tick();
  await press('F9');
  expect(sent('scanner.bind')).toEqual({
    name: '右枪', bench: 'intake',
    port: { usb: { vendor: 0x0c2e, product: 0x0b6a, serial: '21113B5678', socket: null } },
    line: { baud: 115200, data_bits: 'eight', parity: 'none', hardware_flow: false },
    speaks: { is: 'scanner', how: { ends: 'cr_lf', idle_ms: 80, aim: false, no_read: null } },
  });
});

test('a bound scanner is set anew under its name, and unbound', async () => {
  const { sent } = opened();
  await vi.waitFor(() => expect(field('p-name').value).toBe('左枪'));
  type('p-ends', 'stx_etx');
  type('p-noread', 'NR');
  await tick();
  await press('F9');
  expect(sent('scanner.change')).toMatchObject({ name: '左枪', speaks: { how: { ends: 'stx_etx', no_read: 'NR', aim: true } } });
  await press('F6');
  expect(sent('scanner.unbind')).toEqual({ name: '左枪' });
  await vi.waitFor(() => expect(document.querySelector('[data-testid="plugged-左枪"]')).toBeNull());
});

test('a scale is bound at a path that is typed, with its language', async () => {
  const { sent } = opened();
  await vi.waitFor(() => part('plugged-typed'));
  part('plugged-typed').click();
  await tick();
  type('p-name', '秤2');
  type('p-path', '/dev/serial/by-id/usb-scale');
  type('p-is', 'scale');
  await tick();
  type('p-language', 'sics');
  await tick();
  await press('F9');
  expect(sent('scanner.bind')).toMatchObject({ name: '秤2', port: { path: '/dev/serial/by-id/usb-scale' }, speaks: { is: 'scale', how: 'sics_on_demand' } });
});

test('a clerk sees what is plugged in and changes nothing', async () => {
  const { asked } = opened('clerk');
  await vi.waitFor(() => part('plugged-左枪'));
  await tick();
  expect(field('p-name').disabled).toBe(true);
  await press('F9', 'F6');
  expect(asked.some(({ name }) => ['scanner.bind', 'scanner.change', 'scanner.unbind'].includes(name))).toBe(false);
});

test('the clinic says what is wrong and what to do, names every control character, and lets the scanner go', async () => {
  const { asked, tell } = opened();
  await vi.waitFor(() => part('plugged-左枪'));
  await press('F4');
  await vi.waitFor(() => expect(part('verdict-gs').dataset['finding']).toBe('bad'));
  expect(part('verdict-gs').textContent).toContain('分隔符变成了 |');
  expect(part('verdict-gs').textContent).toContain('GS 替换');
  expect(part('verdict-charset').dataset['finding']).toBe('open');
  const controls = Array.from(part('arrivals').querySelectorAll('li:first-child .control'), (one) => one.textContent);
  expect(controls).toEqual(['SP', 'CR', 'LF']);
  expect(part('symbol-gs1').querySelector('[role=img] path')?.getAttribute('d')?.split('M').length).toBeGreaterThan(50);
  for (const _ of ['Zebra', 'Newland', 'Datalogic']) await press('F4');
  await vi.waitFor(() => expect(part('maker-code-aim').textContent).toContain('QD2400'));
  expect(part('maker-code-suffix').textContent).toContain('未核实');
  await tell('changed', ['scanner']);
  await vi.waitFor(() => expect(part('verdict-gs').dataset['finding']).toBe('good'));
  await press('Escape');
  await vi.waitFor(() => part('plugged'));
  expect(asked.some(({ name }) => name === 'scanner.end_examination')).toBe(true);
  expect(shell.room).not.toBe('scanner');
});

test('the scan log shows device, symbol and readable bytes of what counted and what did not', async () => {
  opened('auditor');
  await vi.waitFor(() => part('plugged-左枪'));
  await press('F7');
  await vi.waitFor(() => part('scan-J418'));
  expect(part('scan-J418').textContent).toContain('L26AGS21S7');
  expect(part('scan-L95').textContent).toContain('大门');
  expect(part('scan-L94').textContent).toContain('键盘枪');
  await press('ArrowDown');
  expect(part('whole').textContent).toContain('5D 45 30 36 39');
  await press('F4');
  expect(document.querySelector('[data-testid="scan-J418"]')).toBeNull();
  part('scan-L97');
});

test.for([{ of: 'what is plugged in', keys: [] }, { of: 'the clinic', keys: ['F4'] }, { of: 'the scan log', keys: ['F7'] }])('the page of $of has no accessibility fault that a machine can find', async ({ keys }) => {
  opened();
  await vi.waitFor(() => part('plugged-左枪'));
  await press(...keys);
  await new Promise((done) => setTimeout(done, 50));
  const { violations } = await axe.run(document.body, { rules: { 'color-contrast': { enabled: false }, region: { enabled: false } } });
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);
});
