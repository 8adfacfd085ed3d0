/**
 * A clerk room as Rust says it stands, and the way inputs get there: one at a time, in order.
 *
 * Nothing is decided here. Every answer is drawn and sounded as it came; scans of serial readers
 * arrive answered, without passing through the page.
 */
import { t } from '../i18n/index.svelte';
import { call, onAnswered, onChanged } from './backend';
import { saidBy, traceOf } from './live.svelte';
import type { Command, FloorRoom, Input, Message, Outcome, RoomView } from './schema.gen';
import { shell } from './shell.svelte';
import { sound } from './sound';

/** After this the scan line stands still, so that one sees that an answer is still to come. */
const WORKING_AFTER = 50;

/** How the stage is covered. */
export type Lock = { kind: 'wrong' | 'stop'; message: Message; raw: string | null };

export class Floor {
  readonly room: FloorRoom;
  view = $state.raw<RoomView | null>(null);
  /** An answer takes longer than a blink. */
  working = $state(false);
  /** A call that got no answer; nothing was kept. Leaves on OK. */
  failed = $state.raw<{ message: Message; trace: string | null } | null>(null);
  #queue: Promise<void> = Promise.resolve();

  constructor(room: FloorRoom) {
    this.room = room;
  }

  /** What must be acknowledged before anything else counts. */
  readonly lock = $derived.by((): Lock | null => {
    if (this.failed) return { kind: 'wrong', message: this.failed.message, raw: null };
    const { prompt, last, log } = this.view ?? {};
    const message = prompt?.locked_by;
    if (!prompt || !message) return null;
    const line = log?.find((one) => one.message.code === message.code);
    // What was said since, such as that the supervisor comes, is not what locks.
    const outcome = line?.outcome ?? last?.answer.outcome ?? (prompt.accepts.includes('ok') ? 'wrong' : 'customs_stop');
    // A weight was not scanned; what is said of it names it.
    const raw = line?.input.startsWith('scale:') ? null : (line?.raw ?? null);
    return { kind: outcome === 'customs_stop' ? 'stop' : 'wrong', message, raw };
  });

  /** Opens the room and listens for what concerns it, until the returned function is called. */
  watch(): () => void {
    this.#ask(() => call('room.open', { room: this.room }), false);
    const stops = [
      onAnswered((view) => {
        if (view.room === this.room) this.#take(view, true);
      }),
      onChanged((nouns) => {
        if (nouns.includes(this.room)) this.#ask(() => call('room.open', { room: this.room }), false);
      }),
    ];
    return () => {
      for (const stop of stops) stop();
      sound.hush();
      // A scan while nobody looks at the room must not count in it.
      this.#queue.then(() => call('room.leave', { room: this.room })).catch((error: unknown) => console.error('room.leave', error));
    };
  }

  scan(raw: string, from: 'wedge' | 'typed'): void {
    this.#input({ by: 'scan', raw, from });
  }

  command(command: Command): void {
    if (command === 'ok' && this.failed) {
      this.failed = null;
      sound.hush();
      return;
    }
    this.#input({ by: 'command', command });
  }

  number(value: number): void {
    this.#input({ by: 'command', command: 'quantity', n: value });
  }

  #input(input: Input): void {
    this.#ask(() => call('task.input', { room: this.room, input }), true);
  }

  #ask(question: () => Promise<RoomView>, heard: boolean): void {
    this.#queue = this.#queue.then(async () => {
      const slow = setTimeout(() => (this.working = true), WORKING_AFTER);
      try {
        this.#take(await question(), heard);
      } catch (error) {
        this.failed = { message: saidBy(error), trace: traceOf(error) };
        sound.play('wrong');
      } finally {
        clearTimeout(slow);
        this.working = false;
      }
    });
  }

  #take(view: RoomView, heard: boolean): void {
    // A room's own code was scanned: the window goes there.
    if (view.room !== this.room) return shell.follow(view.room);
    // Events and answers travel apart: what was composed earlier may arrive later.
    if ((view.last?.at ?? 0) < (this.view?.last?.at ?? 0)) return;
    const before = this.lock;
    this.view = view;
    // Whoever is called meanwhile changes nothing: what repeats goes on.
    const called = before && this.lock && view.last?.answer.outcome === 'accepted';
    if (heard && view.last && !called) this.#sing(view.last.answer.outcome);
    // Whoever opens a locked room hears that it is locked.
    else if (!before) this.#warn();
    // What locks nothing is said once.
    if (!this.lock) sound.hush();
  }

  #warn(): void {
    if (this.lock) this.#sing(this.lock.kind === 'stop' ? 'customs_stop' : 'wrong');
  }

  #sing(outcome: Outcome): void {
    sound.play(outcome, outcome === 'customs_stop' ? t('ui.stop.speech') : undefined);
  }
}
