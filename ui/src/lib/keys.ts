/**
 * Hands on the keyboard, and scanners that pretend to be one.
 *
 * Keys go by path, not by focus: the newest listener that wants a key gets it, whatever is focused.
 * A scanner in keyboard mode types a whole code within milliseconds and usually ends it with Enter;
 * such a burst is taken out of the stream and handed over as one scan, so that neither its digits
 * choose rows nor its Enter presses anything. Serial scanners never come through here.
 */

/** A listener; each part answers whether it took what it was given. */
export interface Hands {
  /** A burst of a keyboard scanner, GS bytes intact. */
  scan?: (raw: string) => boolean;
  /** A key by name: `F9`, `Escape`, `Enter`, `7`, `Alt+3`, `Ctrl+k`, `ArrowDown`. */
  key?: (name: string) => boolean;
  /** Digits are being typed by hand here: a burst of digits alone is no scan. */
  digits?: boolean;
}

/** Two characters nearer than this come from a machine. */
const BURST_GAP = 45;
/** The shortest code a scanner may send; people do not type this much within the gap. */
const SHORTEST_SCAN = 6;
const GROUP_SEPARATOR = '\x1d';

const listeners: Hands[] = [];

/** Listens until the returned function is called; the newest listener comes first. */
export function hands(listener: Hands): () => void {
  listeners.unshift(listener);
  return () => {
    const at = listeners.indexOf(listener);
    if (at >= 0) listeners.splice(at, 1);
  };
}

/** Presses a key by name, as a touch on its picture does. */
export function press(name: string): boolean {
  return listeners.some((listener) => listener.key?.(name) === true);
}

/** Hands a scan to whoever wants it, as if a keyboard scanner had typed it. */
export function scan(raw: string): boolean {
  return listeners.some((listener) => listener.scan?.(raw) === true);
}

interface Burst {
  text: string;
  last: number;
  /** The field the characters went into, with its text from before. */
  field: { input: HTMLInputElement; before: string } | null;
}

let burst: Burst | null = null;
let settle: ReturnType<typeof setTimeout> | undefined;

function fieldOf(target: EventTarget | null): HTMLInputElement | null {
  return target instanceof HTMLInputElement ? target : null;
}

/** What a key types, if it types anything: scanners send GS as Ctrl+]. */
function typed(event: KeyboardEvent): string | null {
  if (event.ctrlKey && event.key === ']') return GROUP_SEPARATOR;
  if (event.ctrlKey || event.altKey || event.metaKey || event.key.length !== 1) return null;
  return event.key;
}

/** Ends the burst: by Enter or Tab, or because nothing more came. */
function end(terminated: boolean): 'scan' | 'typing' | 'nothing' {
  clearTimeout(settle);
  const ended = burst;
  burst = null;
  if (!ended) return 'nothing';
  const byHand = /^\d+$/.test(ended.text) && listeners.some((listener) => listener.digits);
  const machine = ended.text.length >= SHORTEST_SCAN && !byHand;
  // A field keeps fast typing that no Enter ended: pasted text and quick hands are not scans.
  if (machine && (terminated || !ended.field) && scan(ended.text)) {
    if (ended.field) {
      ended.field.input.value = ended.field.before;
      ended.field.input.dispatchEvent(new Event('input', { bubbles: true }));
    }
    return 'scan';
  }
  if (!ended.field) for (const character of ended.text) press(character);
  return 'typing';
}

function named(event: KeyboardEvent): string {
  if (event.altKey && /^\d$/.test(event.key)) return `Alt+${event.key}`;
  if ((event.ctrlKey || event.metaKey) && event.key.length === 1) return `Ctrl+${event.key.toLowerCase()}`;
  return event.key;
}

/** Keys of the web view that no instrument may have: reload, find, print, zoom, history. */
function isBrowserKey(event: KeyboardEvent): boolean {
  if (/^F\d+$/.test(event.key)) return true;
  if (event.altKey) return true;
  return (event.ctrlKey || event.metaKey) && !['a', 'c', 'v', 'x', 'z'].includes(event.key.toLowerCase());
}

function keydown(event: KeyboardEvent): void {
  if (event.isComposing) return;
  if (isBrowserKey(event)) event.preventDefault();
  if (event.repeat && /^F\d+$/.test(event.key)) return;
  const field = fieldOf(event.target);
  const character = typed(event);
  if (character !== null) {
    if (burst && event.timeStamp - burst.last > BURST_GAP) end(false);
    burst ??= { text: '', last: event.timeStamp, field: field && { input: field, before: field.value } };
    burst.text += character;
    burst.last = event.timeStamp;
    clearTimeout(settle);
    settle = setTimeout(() => end(false), BURST_GAP);
    if (!field) event.preventDefault();
    return;
  }
  if (['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'CapsLock'].includes(event.key)) return;
  const ends = event.key === 'Enter' || event.key === 'Tab';
  const late = burst !== null && event.timeStamp - burst.last > BURST_GAP;
  if (end(ends && !late) === 'scan' && ends) {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  // Enter never presses a button: scanners send it. A field may take it as its end.
  if (event.key === 'Enter' || (event.key === ' ' && !field)) event.preventDefault();
  if (press(named(event)) && event.key !== 'Tab') event.preventDefault();
}

/** Begins to listen, once, for the whole window. */
export function startListening(): () => void {
  const quiet = (event: Event) => event.preventDefault();
  const zoom = (event: WheelEvent) => {
    if (event.ctrlKey) event.preventDefault();
  };
  addEventListener('keydown', keydown, { capture: true });
  addEventListener('contextmenu', quiet, { capture: true });
  addEventListener('wheel', zoom, { capture: true, passive: false });
  return () => {
    removeEventListener('keydown', keydown, { capture: true });
    removeEventListener('contextmenu', quiet, { capture: true });
    removeEventListener('wheel', zoom, { capture: true });
    clearTimeout(settle);
    burst = null;
  };
}
