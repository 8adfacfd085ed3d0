import { expect, test } from 'vitest';
import { voice } from '../i18n/index.svelte';
import { amount, amountOrDash, daysUntil, hourMinute, lasting, time } from './format';
import { requestId } from './backend';

test('amounts keep every digit: they are never numbers on the way', () => {
  expect(amount('9007199254740993.10000')).toBe('9,007,199,254,740,993.1');
  expect(amount('1240')).toBe('1,240');
  expect(amount('-2')).toBe('−2');
  expect(amount('0.50000')).toBe('0.5');
  expect(amountOrDash('0.00000')).toBe('–');
});

test('times and days are those of the warehouse, wherever the computer thinks it stands', () => {
  const at = Date.parse('2026-11-22T16:05:09Z');
  expect(time(at)).toBe('00:05:09');
  expect(hourMinute(at)).toBe('00:05');
  expect(daysUntil('2026-11-23', at)).toBe(0);
  expect(daysUntil('2026-11-19', at)).toBe(-4);
});

test('how long something lasts is told in the largest unit that fits', () => {
  voice.speak('zh');
  expect([9_000, 27 * 60_000, 3 * 3_600_000, 72 * 3_600_000].map(lasting)).toEqual(['9 秒', '27 分', '3 小时', '3 天']);
  voice.speak('en');
  expect(lasting(49 * 3_600_000)).toBe('2 days');
  voice.speak('zh');
});

test('request ids are UUIDs of version 7 and sort by time', () => {
  const [earlier, later] = [requestId(1_700_000_000_000), requestId(1_700_000_000_001)];
  expect(earlier).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(earlier < later).toBe(true);
});
