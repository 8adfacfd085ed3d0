/**
 * The door to Rust: one command, four events. The only file that imports Tauri.
 *
 * A request carries an id of its own (UUIDv7). An answer that got lost can be asked for again
 * under the same id without anything happening twice.
 */
import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import type { Commands, Message, RoomView, WireError } from './schema.gen';

/** How a call ends that has no answer: a refusal of the rules, or a failure of the program. */
export class CallError extends Error {
  readonly said: Message;
  readonly refusal: boolean;
  readonly traceId: string;

  constructor(error: WireError) {
    super(error.code);
    this.said = { code: error.code, params: error.params };
    this.refusal = error.refusal;
    this.traceId = error.trace_id;
  }
}

/** A fresh UUIDv7: 48 bits of time, then randomness, so that ids sort by age. */
export function requestId(now = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  for (let at = 0, rest = now; at < 6; at += 1) {
    bytes[5 - at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[6] = (bytes[6]! & 0x0f) | 0x70;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Asks Rust. Throws a {@link CallError}. */
export async function call<K extends keyof Commands>(name: K, req: Commands[K][0]): Promise<Commands[K][1]> {
  try {
    return await invoke<Commands[K][1]>('rpc', { name, id: requestId(), req });
  } catch (error) {
    if (isWireError(error)) throw new CallError(error);
    // The bridge itself failed; its text is for developers and stays in the console.
    console.error(name, error);
    throw new CallError({ code: 'ui.no_answer', params: { name }, refusal: false, trace_id: '' });
  }
}

function isWireError(error: unknown): error is WireError {
  return typeof error === 'object' && error !== null && typeof (error as WireError).code === 'string';
}

/** Rust's tables of these rooms changed. */
export function onChanged(heard: (nouns: string[]) => void): () => void {
  return on<string[]>('changed', heard);
}

/** A scan that never passed through the page was answered. */
export function onAnswered(heard: (view: RoomView) => void): () => void {
  return on<RoomView>('answered', heard);
}

/** A serial scanner read a code while no room was open. */
export function onUnclaimed(heard: (raw: string) => void): () => void {
  return on<string>('unclaimed', heard);
}

/** A room was opened by its code, or for who came by badge. */
export function onOpened(heard: (room: string) => void): () => void {
  return on<string>('opened', heard);
}

/** Listens until the returned function is called, even if that is before listening began. */
function on<T>(event: string, heard: (payload: T) => void): () => void {
  const listening = listen<T>(event, ({ payload }) => heard(payload));
  listening.catch((error: unknown) => console.error(event, error));
  return () => void listening.then((stop) => stop());
}
