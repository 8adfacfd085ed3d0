import { render } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as made from '../../../gallery/fixtures';
import type { RoomView } from '../../lib/schema.gen';
import { shell } from '../../lib/shell.svelte';
import { sound } from '../../lib/sound';
import { burst, press, rust } from '../../test.rust';
import Release from './Release.svelte';

const played = vi.spyOn(sound, 'play').mockImplementation(() => {});
const hushed = vi.spyOn(sound, 'hush');

beforeEach(() => {
  shell.take(made.status());
  played.mockClear();
  hushed.mockClear();
});
afterEach(() => {
  shell.room = null;
});

const part = (id: string): HTMLElement => {
  const found = document.querySelector<HTMLElement>(`[data-testid="${id}"]`);
  if (!found) throw new Error(`${id} is not on screen`);
  return found;
};
const gone = (id: string): boolean => document.querySelector(`[data-testid="${id}"]`) === null;
const settled = async (): Promise<void> => {
  await vi.waitFor(() => part('prompt'));
  await tick();
};

/** The same, answered a moment later. */
const later = (view: RoomView): RoomView => ({ ...view, last: view.last && { ...view.last, at: made.NOW + 5000 } });

async function open(view: RoomView, answer: RoomView = view) {
  const door = rust({ 'room.open': () => view, 'task.input': () => answer, 'room.leave': () => ({}), 'sync.view': () => made.offline.sync, 'people.sign_out': () => ({}), 'station.status': () => made.status() });
  render(Release);
  await settled();
  return { ...door, inputs: () => door.asked.filter(({ name }) => name === 'task.input').map(({ req }) => req) };
}

test('a waiting bench asks for one thing and shows how far the job is', async () => {
  await open(made.releases.waiting);
  expect(part('prompt').textContent).toBe('扫描商品');
  expect(part('prompt-detail').textContent).toContain('草饲黄油曲奇');
  expect(part('tally').textContent).toBe('3/5');
  expect(document.querySelectorAll('.ruler span')).toHaveLength(5);
  expect(part('key-F9').dataset['state']).toBe('off');
  expect(part('key-F2').dataset['state']).toBe('on');
  expect(part('clearance').dataset['open']).toBe('true');
});

test('a scan of a keyboard scanner goes to the task, is answered on its band and is heard', async () => {
  const { inputs } = await open(made.releases.waiting, made.releases.accepted);
  await burst('9421901881313');
  await vi.waitFor(() => expect(part('tally').textContent).toBe('4/5'));
  expect(inputs()).toEqual([{ room: 'release', input: { by: 'scan', raw: '9421901881313', from: 'wedge' } }]);
  expect(part('answer').dataset['outcome']).toBe('accepted');
  expect(played).toHaveBeenCalledWith('accepted', undefined);
});

test('a serial scan arrives answered, without passing through the page', async () => {
  const { tell, inputs } = await open(made.releases.waiting);
  await tell('answered', made.releases.accepted);
  await vi.waitFor(() => expect(part('tally').textContent).toBe('4/5'));
  expect(inputs()).toEqual([]);
  expect(played).toHaveBeenCalledWith('accepted', undefined);
});

test('what was composed earlier and arrives later is not shown', async () => {
  const { tell } = await open(made.releases.accepted);
  await tell('answered', made.releases.waiting);
  await tick();
  expect(part('tally').textContent).toBe('4/5');
});

test('a wrong scan covers the stage and says what, the code, what now, why and the effect', async () => {
  await open(made.releases.wrong);
  expect(part('answer').dataset['outcome']).toBe('wrong');
  expect(part('answer-text').textContent).toBe('不是本单商品');
  expect(part('answer-raw').textContent).toBe('6934123055187');
  expect(part('answer-next').textContent).toContain('错货筐');
  expect(part('answer-why').textContent).toContain('玻尿酸面膜');
  expect(part('answer-effect').textContent).toContain('库存没有变');
  expect(played).toHaveBeenCalledWith('wrong', undefined);
});

test('only F9 leaves a wrong scan; Enter and all other keys do nothing', async () => {
  const { inputs } = await open(made.releases.wrong, later(made.releases.waiting));
  await press('Enter', ' ', 'F2', 'F8', '1', 'Escape');
  expect(inputs()).toEqual([]);
  expect(part('answer').dataset['outcome']).toBe('wrong');
  await press('F9');
  await vi.waitFor(() => expect(part('prompt').textContent).toBe('扫描商品'));
  expect(inputs()).toEqual([{ room: 'release', input: { by: 'command', command: 'ok' } }]);
  expect(hushed).toHaveBeenCalled();
});

test('a supervisor may be called while a wrong scan stands, which stays and goes on sounding', async () => {
  const called = made.releases.wrong;
  const answer = { ...called.last!.answer, outcome: 'accepted' as const, message: made.say('task.supervisor_called') };
  const { inputs } = await open(called, { ...called, last: { at: made.NOW + 1000, answer, parts: [] } });
  expect(part('key-F6').dataset['state']).toBe('on');
  played.mockClear();
  hushed.mockClear();
  await press('F6');
  await vi.waitFor(() => expect(part('answer-since').textContent).toContain('已叫主管'));
  expect(inputs()).toEqual([{ room: 'release', input: { by: 'command', command: 'supervisor' } }]);
  expect(part('answer-text').textContent).toBe('不是本单商品');
  expect(played).not.toHaveBeenCalled();
  expect(hushed).not.toHaveBeenCalled();
});

test('a customs stop covers the window, speaks, and no key lifts it', async () => {
  const { inputs } = await open(made.releases.stop);
  expect(part('answer').dataset['outcome']).toBe('customs_stop');
  expect(part('prompt').textContent).toBe('扫描查扣库位');
  expect(part('key-F9').dataset['state']).toBe('off');
  await press('F9', 'Escape', 'Enter');
  expect(inputs()).toEqual([]);
  expect(played).toHaveBeenCalledWith('customs_stop', '停手，海关布控');
  await burst('BH1LC-02X');
  expect(inputs()).toEqual([{ room: 'release', input: { by: 'scan', raw: 'BH1LC-02X', from: 'wedge' } }]);
});

test('a refetch of a locked room does not begin its siren anew', async () => {
  const { tell } = await open(made.releases.stop);
  played.mockClear();
  await tell('changed', ['release']);
  await tick();
  expect(played).not.toHaveBeenCalled();
});

test('a finished parcel shows its lane huge and already asks for the next', async () => {
  await open(made.releases.complete);
  expect(part('answer').dataset['outcome']).toBe('complete');
  expect(part('answer-text').textContent).toBe('放到 B-12');
  expect(part('prompt').textContent).toBe('扫描面单或订单');
});

test('an empty room offers its orders by number', async () => {
  const { inputs } = await open(made.releases.idle, later(made.releases.waiting));
  expect(part('choice-YT1433281291288').textContent).toContain('北岸乳品');
  await press('2');
  await vi.waitFor(() => expect(part('tally').textContent).toBe('3/5'));
  expect(inputs()).toEqual([{ room: 'release', input: { by: 'scan', raw: 'YT1433281291288', from: 'typed' } }]);
});

test('digits choose nothing while a job is open', async () => {
  const { inputs } = await open(made.releases.waiting);
  await press('2');
  expect(inputs()).toEqual([]);
});

test('a job that asks which lot was meant shows the lots and takes a digit for an answer', async () => {
  const lots = ['L26A', 'L27B'].map((lot, at) => ({ code: `BH1CN${at + 1}`, title: '北岸乳品', detail: `奶粉 · ${lot}` }));
  const { inputs } = await open({ ...made.releases.waiting, choices: lots });
  expect(part('choice-BH1CN2').textContent).toContain('L27B');
  await press('2');
  expect(inputs()).toEqual([{ room: 'release', input: { by: 'scan', raw: 'BH1CN2', from: 'typed' } }]);
});

test('F8 types a code and marks it as typed; Esc leaves without', async () => {
  const { inputs } = await open(made.releases.waiting);
  await press('F8');
  await tick();
  expect(part('prompt').textContent).toBe('输入条码');
  await press('Escape');
  expect(gone('typed-code')).toBe(true);
  await press('F8');
  const field = part('typed-code') as HTMLInputElement;
  field.value = '9421901881313';
  field.dispatchEvent(new Event('input', { bubbles: true }));
  await press('F9');
  expect(inputs()).toEqual([{ room: 'release', input: { by: 'scan', raw: '9421901881313', from: 'typed' } }]);
  expect(gone('typed-code')).toBe(true);
});

test('after F3 a number is asked for, and only digits go in', async () => {
  const asking = made.releases.waiting;
  const asked: RoomView = { ...asking, last: { at: made.NOW, parts: [], answer: { outcome: 'accepted', message: made.say('task.enter_quantity'), raw: null, prompt: asking.prompt } } };
  const { inputs } = await open(asking, asked);
  await press('F3');
  await vi.waitFor(() => part('quantity'));
  const field = part('quantity') as HTMLInputElement;
  field.value = '1x2';
  field.dispatchEvent(new Event('input', { bubbles: true }));
  await press('F9');
  expect(inputs()).toEqual([
    { room: 'release', input: { by: 'command', command: 'quantity' } },
    { room: 'release', input: { by: 'command', command: 'quantity', n: 12 } },
  ]);
});

test('a call that fails is said like an error, and OK leaves it without asking Rust', async () => {
  const view = made.releases.waiting;
  const { asked } = rust({ 'room.open': () => view, 'room.leave': () => ({}), 'task.input': () => { throw { code: 'station.disk_full', params: {}, refusal: false, trace_id: 'T' }; } });
  render(Release);
  await settled();
  await burst('9421901881313');
  await vi.waitFor(() => expect(part('answer-text').textContent).toBe('磁盘满了'));
  const before = asked.length;
  await press('F9');
  expect(part('prompt').textContent).toBe('扫描商品');
  expect(asked).toHaveLength(before);
});

test('offline is a number: how many orders can go now, and why the others cannot', async () => {
  shell.take(made.offline.status);
  await open(made.releases.idle);
  await vi.waitFor(() => expect(part('offline-can').textContent).toBe('38'));
  expect(part('offline-wait').textContent).toBe('5');
  expect(part('waiting').textContent).toContain('本仓规定须联网放行');
  expect(part('waiting').textContent).toContain('租约给了别的工位');
  expect(part('status-network').dataset['online']).toBe('false');
  expect(part('status-network').textContent).toContain('断开 27 分');
});
