import { expect, test } from 'vitest';
import { COLOURS, flagOf, PATTERNS } from './flag';

test('a merchant has one flag for ever, and near codes have different ones', () => {
  expect(flagOf('3105960001')).toEqual(flagOf('3105960001'));
  const flags = new Set(Array.from({ length: 12 }, (_, i) => JSON.stringify(flagOf(`31059600${String(i).padStart(2, '0')}`))));
  expect(flags.size).toBe(12);
});

test('all patterns and colours are used', () => {
  const flags = Array.from({ length: 4000 }, (_, i) => flagOf(`owner-${i}`));
  expect(new Set(flags.map((flag) => flag.pattern)).size).toBe(PATTERNS.length);
  expect(new Set(flags.map((flag) => flag.colour)).size).toBe(COLOURS);
});
