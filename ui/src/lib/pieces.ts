/** How long an answer is news: after that its colour would only shout about the past. */
import type { Said } from './schema.gen';

export const NEWS = 6000;

/** How many cells of the ruler the last answer has just filled: what it said it counted, or one. */
export function pieces(last: Said | null, now: number): number {
  if (!last || now - last.at > NEWS) return 0;
  const { outcome, message, raw } = last.answer;
  if (outcome !== 'accepted' || raw === null) return 0;
  const counted = Number(message.params['qty'] ?? 1);
  return Number.isInteger(counted) && counted > 0 ? counted : 1;
}
