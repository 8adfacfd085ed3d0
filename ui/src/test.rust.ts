/** A Rust that answers with made-up values and remembers what it was asked. */
import { mockIPC } from '@tauri-apps/api/mocks';
import { emit } from '@tauri-apps/api/event';
import type { Commands } from './lib/schema.gen';

type Answers = { [K in keyof Commands]?: (req: Commands[K][0]) => Commands[K][1] };
export interface Asked {
  name: string;
  id: string;
  req: unknown;
}

/** Answers calls until the test ends; a command without an answer fails as it would in Rust. */
export function rust(answers: Answers): { asked: Asked[]; tell: (event: 'changed' | 'answered' | 'unclaimed' | 'opened', payload: unknown) => Promise<void> } {
  const asked: Asked[] = [];
  mockIPC(
    (command, args) => {
      if (command !== 'rpc') return undefined;
      const call = args as unknown as Asked;
      asked.push(call);
      const answer = answers[call.name as keyof Commands] as ((req: unknown) => unknown) | undefined;
      if (!answer) throw { code: 'station.unknown_command', params: { name: call.name }, refusal: true, trace_id: '' };
      return answer(call.req);
    },
    { shouldMockEvents: true },
  );
  return { asked, tell: (event, payload) => emit(event, payload) };
}

/** Keys as a hand presses them: slower than any scanner. */
export async function press(...names: string[]): Promise<void> {
  for (const name of names) {
    const alt = name.startsWith('Alt+');
    (document.activeElement ?? document.body).dispatchEvent(
      new KeyboardEvent('keydown', { key: alt ? name.slice(4) : name, altKey: alt, bubbles: true, cancelable: true }),
    );
    await new Promise((done) => setTimeout(done, 60));
  }
}

/** A burst as a scanner in keyboard mode types it. */
export async function burst(text: string, end: string | null = 'Enter'): Promise<void> {
  const target = document.activeElement ?? document.body;
  for (const key of [...text, ...(end === null ? [] : [end])]) {
    const goesOn = target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    if (goesOn && key.length === 1 && target instanceof HTMLInputElement) {
      target.value += key;
      target.dispatchEvent(new Event('input', { bubbles: true }));
    }
  }
  await new Promise((done) => setTimeout(done, 60));
}
