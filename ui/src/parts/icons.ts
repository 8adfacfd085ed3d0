/** The signs of the house. Solid ones are read at two metres; lines are for labels beside words. */
export interface Drawing {
  solid?: string;
  line?: string;
  width?: number;
}

export const ICONS = {
  accepted: { solid: 'M12 0a12 12 0 1 0 0 24 12 12 0 0 0 0-24zM5.3 12.5l2.1-2.1 3.1 3.1 6.1-6.1 2.1 2.1-8.2 8.2z' },
  duplicate: { solid: 'M1 1h15v4.6h-2.4V3.4H3.4v10.2h2.2V16H1zM8 8h15v15H8zM11 11.9h9v2.4h-9zM11 16.7h9v2.4h-9z' },
  wrong: { solid: 'M12 0l12 12-12 12L0 12zM8.6 7L7 8.6l3.4 3.4L7 15.4 8.6 17l3.4-3.4 3.4 3.4 1.6-1.6-3.4-3.4L17 8.6 15.4 7 12 10.4z' },
  customs_stop: { solid: 'M7 0h10l7 7v10l-7 7H7l-7-7V7zM4.4 9.9v4.2h15.2V9.9z' },
  complete: { solid: 'M0 2h24v20H0zM3.3 12.6l1.8-1.8 2.6 2.6L13 8l1.8 1.8-7.1 7.1zM10.8 15.1l1.8-1.8.2.1L18.1 8l1.8 1.8-7.1 7.1z' },
  gate: { solid: 'M2 22V8h3v14zM5 9.5 21.5 2l.9 2L5 12zM1 22h22v1.5H1z' },
  lock: { solid: 'M4 10h16v12H4zM11 14v4h2v-4z', line: 'M7 10V7a5 5 0 0 1 10 0v3', width: 2.4 },
  printer: { line: 'M7 8V3h10v5M7 17H3V8h18v9h-4M7 14h10v7H7z' },
  scanner: { line: 'M3 4h13l3 3-3 3H9l-1.5 11H3.5L5 10 3 8zM21 4v1.5M22 8.5h1.5M21 11v1' },
  scale: { line: 'M3 8h18v13H3zM7 8V4h10v4M8 16a4 4 0 0 1 8 0zM12 16l1.5-2.5' },
  search: { line: 'M10.5 3a7.5 7.5 0 1 1 0 15 7.5 7.5 0 0 1 0-15zM16 16l6 6' },
  wait: { line: 'M5 2h14M5 22h14M7 2v5l5 5 5-5V2M7 22v-5l5-5 5 5v5' },
  tick: { line: 'M4 12.5l5.5 5.5L20 6.5', width: 3 },
  cross: { line: 'M5 5l14 14M19 5L5 19', width: 3 },
  differs: { line: 'M3 3h18v18H3zM14 3l-4 7 5 3-4 8', width: 2.2 },
} satisfies Record<string, Drawing>;

export type IconName = keyof typeof ICONS;
