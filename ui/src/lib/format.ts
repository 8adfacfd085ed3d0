/**
 * Figures and times as people read them. Amounts arrive as decimal strings and stay strings:
 * nothing here turns one into a floating-point number to print it.
 */
import { t } from '../i18n/index.svelte';

/** Law and customs count days here; the platform's warehouses all lie in this zone. */
const ZONE = 'Asia/Shanghai';
const MINUTE = 60_000;

/** `1234567.50000` as `1,234,567.5`. */
export function amount(decimal: string | number): string {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(String(decimal)) ?? [];
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const rest = fraction.replace(/0+$/, '');
  return `${sign === '-' ? '−' : ''}${groups}${rest ? `.${rest}` : ''}`;
}

/** The same, with a dash for nothing: zero is quiet. */
export function amountOrDash(decimal: string): string {
  return isZero(decimal) ? '–' : amount(decimal);
}

const clocks = new Map<string, Intl.DateTimeFormat>();
function inZone(at: number, options: Intl.DateTimeFormatOptions): string {
  const key = JSON.stringify(options);
  const clock = clocks.get(key) ?? new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, hour12: false, ...options });
  clocks.set(key, clock);
  return clock.format(at);
}

/** `14:32` */
export const hourMinute = (at: number): string => inZone(at, { hour: '2-digit', minute: '2-digit' });
/** `14:32:07` */
export const time = (at: number): string => inZone(at, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** How long something has lasted, in the largest unit that fits. */
export function lasting(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / MINUTE);
  if (minutes < 1) return t('ui.seconds', { count: Math.floor(Math.max(0, ms) / 1000) });
  if (minutes < 120) return t('ui.minutes', { count: minutes });
  if (minutes < 48 * 60) return t('ui.hours', { count: Math.floor(minutes / 60) });
  return t('ui.days', { count: Math.floor(minutes / 60 / 24) });
}

/** Whether an amount is nothing. */
export const isZero = (decimal: string): boolean => /^-?0+(\.0+)?$/.test(decimal);

/** Whole days from today in the warehouse to a civil date; negative when it is past. */
export function daysUntil(date: string, now: number): number {
  const today = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE }).format(now);
  return Math.round((Date.parse(date) - Date.parse(today)) / 86_400_000);
}
