/** Why orders cannot leave without network: only the reasons that hold for at least one. */
import type { Key } from '../i18n/index.svelte';
import type { CanLeave } from './schema.gen';

const REASONS: [reason: Exclude<keyof CanLeave, 'can' | 'at_bench' | 'parked'>, why: Key][] = [
  ['held', 'ui.wait.held'],
  ['to_be_cancelled', 'ui.wait.to_be_cancelled'],
  ['ran_out', 'ui.wait.ran_out'],
  ['needs_contact', 'ui.wait.needs_contact'],
  ['elsewhere', 'ui.wait.elsewhere'],
  ['not_leased', 'ui.wait.not_leased'],
];

export function waiting(orders: CanLeave): { why: Key; count: number }[] {
  return REASONS.map(([reason, why]) => ({ why, count: orders[reason] })).filter(({ count }) => count > 0);
}
