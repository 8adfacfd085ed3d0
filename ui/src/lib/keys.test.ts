import { afterEach, beforeEach, expect, test } from 'vitest';
import { burst, press } from '../test.rust';
import { hands } from './keys';

let scans: string[];
let keys: string[];
let stop: () => void;

beforeEach(() => {
  scans = [];
  keys = [];
  stop = hands({ scan: (raw) => scans.push(raw) > 0, key: (name) => keys.push(name) > 0 });
});
afterEach(() => {
  stop();
  document.body.replaceChildren();
});

test('a burst that ends with Enter is one scan, and its Enter presses nothing', async () => {
  await burst('9421901881276');
  expect(scans).toEqual(['9421901881276']);
  expect(keys).toEqual([]);
});

test('a burst without an end is a scan all the same: its digits choose no rows', async () => {
  await burst('9421901881276', null);
  expect(scans).toEqual(['9421901881276']);
  expect(keys).toEqual([]);
});

test('keys pressed by hand are keys', async () => {
  await press('7', 'F9', 'Alt+3', 'Escape');
  expect(keys).toEqual(['7', 'F9', 'Alt+3', 'Escape']);
  expect(scans).toEqual([]);
});

test('a PIN typed by quick hands is no scan, but a badge is', async () => {
  stop();
  stop = hands({ digits: true, scan: (raw) => scans.push(raw) > 0, key: (name) => keys.push(name) > 0 });
  await burst('248135', null);
  expect(keys).toEqual(['2', '4', '8', '1', '3', '5']);
  await burst('BH1BX7K2M9');
  expect(scans).toEqual(['BH1BX7K2M9']);
});

test('a scan into a field leaves the field as it was', async () => {
  const field = document.createElement('input');
  field.value = 'P-0';
  document.body.append(field);
  field.focus();
  await burst('YT1433281291145');
  expect(scans).toEqual(['YT1433281291145']);
  expect(field.value).toBe('P-0');
});

test('a field keeps quick typing that no Enter ended', async () => {
  const field = document.createElement('input');
  document.body.append(field);
  field.focus();
  await burst('ENROL-CODE-42', null);
  expect(field.value).toBe('ENROL-CODE-42');
  expect(scans).toEqual([]);
});

test('the group separator that scanners send as Ctrl+] stays in the scan', async () => {
  for (const [key, ctrlKey] of [['0', false], ['1', false], ['2', false], [']', true], ['1', false], ['0', false], ['A', false], ['Enter', false]] as const) {
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, ctrlKey, bubbles: true, cancelable: true }));
  }
  expect(scans).toEqual(['012\x1d10A']);
});

test('the newest listener comes first, and passes on what it does not want', async () => {
  const top: string[] = [];
  const leave = hands({ key: (name) => name === 'F9' && top.push(name) > 0 });
  await press('F9', 'F2');
  leave();
  await press('F9');
  expect(top).toEqual(['F9']);
  expect(keys).toEqual(['F2', 'F9']);
});

test('browser keys do nothing of the browser', () => {
  for (const init of [{ key: 'F5' }, { key: 'r', ctrlKey: true }, { key: 'p', ctrlKey: true }, { key: 'ArrowLeft', altKey: true }, { key: 'Enter' }]) {
    const event = new KeyboardEvent('keydown', { ...init, bubbles: true, cancelable: true });
    document.body.dispatchEvent(event);
    expect(event.defaultPrevented, JSON.stringify(init)).toBe(true);
  }
});

/** Keys as a scanner presses them, by what stands on them. */
function typing(keys: KeyboardEventInit[], target: EventTarget = document.body): void {
  for (const init of keys) target.dispatchEvent(new KeyboardEvent('keydown', { ...init, bubbles: true, cancelable: true }));
}

test('an input method that eats letters does not change the code', () => {
  const hidden = (code: string, shiftKey = false) => ({ key: 'Process', code, shiftKey });
  typing([hidden('KeyB', true), hidden('KeyH', true), hidden('Digit1'), hidden('KeyL', true), hidden('Minus'), { key: 'Process', code: 'Enter' }]);
  expect(scans).toEqual(['BH1L-']);
});

test('Caps Lock does not turn the letters of a code around', () => {
  const capital = (key: string, code: string, shiftKey: boolean) => ({ key, code, shiftKey, modifierCapsLock: true });
  typing([capital('a', 'KeyA', true), capital('B', 'KeyB', false), capital('1', 'Digit1', false), capital('2', 'Digit2', false), { key: 'Enter', code: 'Enter' }]);
  expect(scans).toEqual(['Ab12']);
});

test('full-width signs of a Chinese keyboard are read off their keys', () => {
  typing([{ key: 'A', code: 'KeyA', shiftKey: true }, { key: '，', code: 'Comma' }, { key: '。', code: 'Period' }, { key: '1', code: 'Digit1' }, { key: 'Enter', code: 'Enter' }]);
  expect(scans).toEqual(['A,.1']);
});

test('the group separator typed as Alt+029 opens no room and stays in the scan', () => {
  typing([{ key: '1', code: 'Digit1' }, { key: '0', code: 'Digit0' }]);
  typing(['0', '2', '9'].map((key) => ({ key, code: `Numpad${key}`, altKey: true })));
  document.body.dispatchEvent(new KeyboardEvent('keyup', { key: 'Alt', bubbles: true }));
  typing([{ key: '2', code: 'Digit2' }, { key: '1', code: 'Digit1' }, { key: 'Enter', code: 'Enter' }]);
  expect(scans).toEqual(['10\x1d21']);
  expect(keys).toEqual([]);
});

test('four characters with Enter are a scan, and the Enter of whatever has the focus presses no button', () => {
  const button = document.createElement('button');
  let pressed = 0;
  button.onclick = () => (pressed += 1);
  document.body.append(button);
  button.focus();
  typing([...'N-11'].map((key) => ({ key })), button);
  const enter = new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true });
  button.dispatchEvent(enter);
  expect([scans, enter.defaultPrevented, pressed]).toEqual([['N-11'], true, 0]);
});
