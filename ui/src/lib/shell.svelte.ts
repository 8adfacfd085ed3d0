/** What the whole window knows: the station's status, the room that is open, and its look. */
import { type Language, voice } from '../i18n/index.svelte';
import { call, onChanged, onOpened } from './backend';
import { clock } from './clock.svelte';
import { saidBy } from './live.svelte';
import type { FloorRoom, Message, Role, Status } from './schema.gen';

export type DeskRoom = 'reports' | 'ledger' | 'sync' | 'people' | 'scanner' | 'cases';
export type Room = FloorRoom | DeskRoom;

/** The rooms in the order of their keys, Alt+1 … */
export const ROOMS: Room[] = ['intake', 'stock', 'release', 'gate', 'reports', 'ledger', 'sync', 'people', 'scanner', 'cases'];
const FLOOR: Room[] = ['intake', 'stock', 'release', 'gate'];
/** Network and leases change without anyone touching a table. */
const STATUS_EVERY = 2000;

export type TextSize = '100' | '125' | '150' | '175' | '200';
const SIZES: TextSize[] = ['100', '125', '150', '175', '200'];
const LOOK = 'bondhouse.look';

interface Look {
  dark: boolean;
  text: TextSize;
  /** All but the customs stop is silent. */
  muted: boolean;
}

function readLook(): Look {
  try {
    const { dark, text, muted } = JSON.parse(localStorage.getItem(LOOK) ?? '{}') as Partial<Look>;
    return { dark: dark === true, text: SIZES.find((size) => size === text) ?? '100', muted: muted === true };
  } catch {
    // A damaged setting is no reason not to open.
    return { dark: false, text: '100', muted: false };
  }
}

class Shell {
  status = $state.raw<Status | null>(null);
  /** Why there is no status. */
  trouble = $state.raw<Message | null>(null);
  /** The open room; none while one is chosen. */
  room = $state<Room | null>(null);
  look = $state<Look>(readLook());

  /** A room that Rust opened before the window knew who came in. */
  #awaited: Room | null = null;

  readonly signedIn = $derived(this.status?.person ?? null);

  /** Keeps the status fresh until the returned function is called. */
  watch(): () => void {
    void this.refresh();
    const every = setInterval(() => void this.refresh(), STATUS_EVERY);
    const stops = [onChanged(() => void this.refresh()), onOpened((room) => this.follow(room))];
    return () => {
      clearInterval(every);
      for (const stop of stops) stop();
    };
  }

  async refresh(): Promise<void> {
    try {
      this.take(await call('station.status', {}));
    } catch (error) {
      this.trouble = saidBy(error);
    }
  }

  take(status: Status): void {
    const first = this.status === null;
    this.status = status;
    this.trouble = null;
    clock.set(status.now);
    const language: Language = status.language === 'en' ? 'en' : 'zh';
    // Until it is enrolled a station has nowhere to keep a language: the window keeps it.
    if ((status.enrolled || first) && voice.language !== language) voice.speak(language);
    if (!status.person) this.room = null;
    else if (this.#awaited) {
      this.open(this.#awaited);
      this.#awaited = null;
    }
  }

  /** Goes where Rust says the floor is: a room's code was scanned, or a badge came back to its room. */
  follow(noun: string): void {
    const room = ROOMS.find((one) => one === noun);
    if (!room) return;
    if (this.signedIn) this.open(room);
    else this.#awaited = room;
  }

  /** Rooms this role may enter; an auditor only reads. */
  rooms(role: Role): Room[] {
    return ROOMS.filter((room) => {
      if (FLOOR.includes(room)) return role !== 'auditor';
      return room !== 'people' || role === 'supervisor';
    });
  }

  open(room: Room): void {
    if (this.signedIn && this.rooms(this.signedIn.role).includes(room)) this.room = room;
  }

  /** Alt+1 … Alt+0 open rooms, wherever one is. */
  key(name: string): boolean {
    const digit = /^Alt\+(\d)$/.exec(name)?.[1];
    if (digit === undefined) return false;
    const room = ROOMS[(Number(digit) + 9) % 10];
    if (room) this.open(room);
    return true;
  }

  async signOut(): Promise<void> {
    await call('people.sign_out', {});
    this.room = null;
    await this.refresh();
  }

  /** The other of the two languages. */
  async translate(): Promise<void> {
    await this.speak(voice.language === 'zh' ? 'en' : 'zh');
  }

  async speak(language: Language): Promise<void> {
    if (!this.status?.enrolled) {
      voice.speak(language);
      return;
    }
    this.take(await call('station.set_language', { language }));
  }

  darken(): void {
    this.wear({ ...this.look, dark: !this.look.dark });
  }

  mute(): void {
    this.wear({ ...this.look, muted: !this.look.muted });
  }

  enlarge(): void {
    const next = SIZES[(SIZES.indexOf(this.look.text) + 1) % SIZES.length] ?? '100';
    this.wear({ ...this.look, text: next });
  }

  wear(look: Look): void {
    this.look = look;
    localStorage.setItem(LOOK, JSON.stringify(look));
  }
}

export const shell = new Shell();
export const isFloor = (room: Room): room is FloorRoom => FLOOR.includes(room);
