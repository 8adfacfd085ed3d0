/**
 * Hands on the keyboard, and scanners that pretend to be one.
 *
 * Keys go by path, not by focus: the newest listener that wants a key gets it, whatever is focused.
 * A scanner in keyboard mode types a whole code within milliseconds and usually ends it with Enter;
 * such a burst is taken out of the stream and handed over as one scan, so that neither its digits
 * choose rows nor its Enter presses anything. Serial scanners never come through here.
 *
 * A scanner presses keys, it does not write: Caps Lock and an input method would make other letters
 * of them. So where either is on, a letter is read off the key itself (`code`), as on a US keyboard.
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
/** The shortest code a scanner may send with Enter after it; people do not type this much within the gap. */
const SHORTEST_SCAN = 4;
/** And without: quick hands are nearer to a scanner when nothing says that a code is over. */
const SHORTEST_UNENDED = 6;
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

/** What the keys of a US keyboard type, without and with Shift; letters and digits are named by themselves. */
const SIGNS: Record<string, string> = {
  Minus: '-_', Equal: '=+', BracketLeft: '[{', BracketRight: ']}', Backslash: '\\|', Semicolon: ';:', Quote: '\'"',
  Backquote: '`~', Comma: ',<', Period: '.>', Slash: '/?', Space: '  ',
  NumpadAdd: '++', NumpadSubtract: '--', NumpadMultiply: '**', NumpadDivide: '//', NumpadDecimal: '..',
};
const OVER_DIGITS = ')!@#$%^&*(';

let burst: Burst | null = null;
/** Digits of the number pad while Alt is held: scanners type GS as Alt+029. */
let altCode = '';
let settle: ReturnType<typeof setTimeout> | undefined;

function fieldOf(target: EventTarget | null): HTMLInputElement | null {
  return target instanceof HTMLInputElement ? target : null;
}

/** What stands on the key that was pressed, whatever was made of it. */
function onKey({ code, shiftKey }: KeyboardEvent): string | null {
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  if (letter) return shiftKey ? letter : letter.toLowerCase();
  const digit = /^(Digit|Numpad)(\d)$/.exec(code);
  if (digit?.[2]) return shiftKey && digit[1] === 'Digit' ? (OVER_DIGITS[Number(digit[2])] ?? null) : digit[2];
  return SIGNS[code]?.[shiftKey ? 1 : 0] ?? null;
}

/** An input method stands between the key and what it writes. */
const isHidden = (event: KeyboardEvent): boolean => event.isComposing || event.key === 'Process';

/** What a key types, if it types anything: scanners send GS as Ctrl+]. */
function typed(event: KeyboardEvent): string | null {
  if (event.ctrlKey && (event.key === ']' || event.code === 'BracketRight')) return GROUP_SEPARATOR;
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  if (isHidden(event)) return onKey(event);
  if (event.key.length !== 1) return null;
  const altered = event.getModifierState('CapsLock') || event.key > '~';
  return (altered ? onKey(event) : null) ?? event.key;
}

/** Ends the burst: by Enter or Tab, or because nothing more came. */
function end(terminated: boolean): 'scan' | 'typing' | 'nothing' {
  clearTimeout(settle);
  const ended = burst;
  burst = null;
  if (!ended) return 'nothing';
  const byHand = /^\d+$/.test(ended.text) && listeners.some((listener) => listener.digits);
  const machine = ended.text.length >= (terminated ? SHORTEST_SCAN : SHORTEST_UNENDED) && !byHand;
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
  if (event.altKey && /^\d$/.test(event.key) && !event.code.startsWith('Numpad')) return `Alt+${event.key}`;
  if ((event.ctrlKey || event.metaKey) && event.key.length === 1) return `Ctrl+${event.key.toLowerCase()}`;
  return event.key;
}

/** Keys of the web view that no instrument may have: reload, find, print, zoom, history. */
function isBrowserKey(event: KeyboardEvent): boolean {
  if (/^F\d+$/.test(event.key)) return true;
  if (event.altKey) return true;
  return (event.ctrlKey || event.metaKey) && !['a', 'c', 'v', 'x', 'z'].includes(event.key.toLowerCase());
}

/** Adds a character to the burst it is near enough to, or begins one. */
function take(character: string, at: number, field: HTMLInputElement | null): void {
  if (burst && at - burst.last > BURST_GAP) end(false);
  burst ??= { text: '', last: at, field: field && { input: field, before: field.value } };
  burst.text += character;
  burst.last = at;
  clearTimeout(settle);
  settle = setTimeout(() => end(false), BURST_GAP);
}

function keyup(event: KeyboardEvent): void {
  if (event.key !== 'Alt' || altCode === '') return;
  take(String.fromCharCode(Number(altCode) % 256), event.timeStamp, fieldOf(event.target));
  altCode = '';
}

function keydown(event: KeyboardEvent): void {
  if (isBrowserKey(event)) event.preventDefault();
  if (event.repeat && /^F\d+$/.test(event.key)) return;
  if (event.altKey && /^Numpad\d$/.test(event.code)) {
    altCode += event.code.slice(-1);
    return;
  }
  const field = fieldOf(event.target);
  const character = typed(event);
  if (character !== null) {
    take(character, event.timeStamp, field);
    if (!field) event.preventDefault();
    return;
  }
  if (isHidden(event) && event.code !== 'Enter') return;
  if (['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'CapsLock'].includes(event.key)) return;
  const ends = event.key === 'Enter' || event.key === 'Tab' || event.code === 'Enter';
  const late = burst !== null && event.timeStamp - burst.last > BURST_GAP;
  if (end(ends && !late) === 'scan' && ends) {
    event.preventDefault();
    event.stopPropagation();
    return;
  }
  // An input method's Enter writes what is composed.
  if (isHidden(event)) return;
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
  addEventListener('keyup', keyup, { capture: true });
  addEventListener('contextmenu', quiet, { capture: true });
  addEventListener('wheel', zoom, { capture: true, passive: false });
  return () => {
    removeEventListener('keydown', keydown, { capture: true });
    removeEventListener('keyup', keyup, { capture: true });
    removeEventListener('contextmenu', quiet, { capture: true });
    removeEventListener('wheel', zoom, { capture: true });
    clearTimeout(settle);
    burst = null;
  };
}
