/** How many cells of the ruler the last answer filled: what it said it counted, or one scan's piece. */
import type { Said } from './schema.gen';

export function pieces({ answer }: Said): number {
  if (answer.outcome !== 'accepted' || answer.raw === null) return 0;
  const counted = Number(answer.message.params['qty'] ?? 1);
  return Number.isInteger(counted) && counted > 0 ? counted : 1;
}
