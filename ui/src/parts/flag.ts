/**
 * A merchant's flag: one of twelve patterns in one of twelve colours, found from the merchant's
 * code, so that every station and every paper draws the same one.
 *
 * Patterns differ without colour, colours differ for all four kinds of colour vision.
 */
export const PATTERNS = [
  'M0 4h8v4H0z',
  'M0 0h4v8H0z',
  'M0 0h8L0 8z',
  'M0 0h3.2v3.2H0zM4.8 0H8v3.2H4.8zM0 4.8h3.2V8H0zM4.8 4.8H8V8H4.8z',
  'M0 0h1.9L4 2.1 6.1 0H8v1.9L5.9 4 8 6.1V8H6.1L4 5.9 1.9 8H0V6.1L2.1 4 0 1.9z',
  'M2 2h4v4H2z',
  'M0 0h8v8H0zM1.8 1.8v4.4h4.4V1.8z',
  'M0 0h1.6v8H0zM3.2 0h1.6v8H3.2zM6.4 0H8v8H6.4z',
  'M0 0h8v1.6H0zM0 3.2h8v1.6H0zM0 6.4h8V8H0z',
  'M0 0h4v4H0zM4 4h4v4H4z',
  'M4 1.3a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.4z',
  'M0 0l5 4-5 4z',
] as const;
export const COLOURS = 12;

export interface Flag {
  pattern: string;
  colour: string;
}

/** FNV-1a: short, and spreads codes that differ in one digit. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return value;
}

export function flagOf(owner: string): Flag {
  const at = hash(owner) % (PATTERNS.length * COLOURS);
  const colour = Math.floor(at / PATTERNS.length) + 1;
  return { pattern: PATTERNS[at % PATTERNS.length] ?? PATTERNS[0], colour: `var(--m-${String(colour).padStart(2, '0')})` };
}
