/** An answer of Rust that is asked for again whenever what it was made of changed. */
import { CallError, call, onChanged } from './backend';
import type { Commands, Message } from './schema.gen';

export class Live<K extends keyof Commands> {
  value = $state.raw<Commands[K][1] | null>(null);
  error = $state.raw<Message | null>(null);
  busy = $state(false);
  #name: K;
  #nouns: string[];
  #req: () => Commands[K][0];
  #latest = 0;

  constructor(name: K, nouns: string[], req: () => Commands[K][0]) {
    this.#name = name;
    this.#nouns = nouns;
    this.#req = req;
  }

  /** Fetches now and on every change, until the returned function is called. */
  watch(): () => void {
    void this.fetch();
    return onChanged((nouns) => {
      if (nouns.some((noun) => this.#nouns.includes(noun))) void this.fetch();
    });
  }

  /** Only the newest question's answer counts: an older one may come back later. */
  async fetch(): Promise<void> {
    const mine = ++this.#latest;
    this.busy = true;
    try {
      const value = await call(this.#name, this.#req());
      if (mine !== this.#latest) return;
      this.value = value;
      this.error = null;
    } catch (error) {
      if (mine === this.#latest) this.error = saidBy(error);
    } finally {
      if (mine === this.#latest) this.busy = false;
    }
  }
}

/** What a failed call says to people. */
export function saidBy(error: unknown): Message {
  if (error instanceof CallError) return error.said;
  throw error;
}

/** Where a failure stands in the log; a refusal is no failure and stands nowhere. */
export function traceOf(error: unknown): string | null {
  return error instanceof CallError && !error.refusal && error.traceId !== '' ? error.traceId : null;
}
