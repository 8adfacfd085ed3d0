/**
 * How an outcome sounds. Every tone follows a commit: it means that the scan is kept.
 *
 * Wrong repeats until it is acknowledged, a customs stop until the parcel lies in the hold bin.
 * Mute silences all but the customs stop, which stays at 60 %.
 */
import type { Outcome } from './schema.gen';

interface Tone {
  hertz: number;
  ms: number;
  gap: number;
}
interface Melody {
  wave: OscillatorType;
  tones: Tone[];
  /** Begins again after this long, until hushed. */
  repeat?: number;
}

const tone = (hertz: number, ms: number, gap = 0): Tone => ({ hertz, ms, gap });
const siren = [tone(988, 140, 20), tone(740, 140, 20)];

/** visual-language.md, section 6. */
export const MELODIES: Record<Outcome, Melody> = {
  accepted: { wave: 'sine', tones: [tone(1047, 70)] },
  duplicate: { wave: 'triangle', tones: [tone(784, 60, 70), tone(784, 60)] },
  wrong: { wave: 'square', tones: [tone(440, 180, 40), tone(311, 320)], repeat: 2500 },
  customs_stop: { wave: 'sawtooth', tones: [...siren, ...siren, ...siren], repeat: 3000 },
  complete: { wave: 'sine', tones: [tone(523, 90, 20), tone(659, 90, 20), tone(1047, 220)] },
};
const EDGE = 0.01;
const LEAST_STOP = 0.6;

export class Sound {
  volume = 1;
  muted = false;
  #context: AudioContext | null = null;
  #again: ReturnType<typeof setTimeout> | undefined;

  /** Plays an outcome; `words` are spoken after a customs stop's first siren. */
  play(outcome: Outcome, words?: string): void {
    this.hush();
    const melody = MELODIES[outcome];
    const length = this.#sing(melody, outcome);
    if (words) setTimeout(() => speak(words), length);
    if (melody.repeat !== undefined) this.#again = setTimeout(() => this.play(outcome), melody.repeat);
  }

  /** Ends what repeats; what sounds now sounds to its end. */
  hush(): void {
    clearTimeout(this.#again);
  }

  /** A web view lets sound begin only after a touch of a key. */
  wake(): void {
    void this.#context?.resume();
  }

  /** Returns how many milliseconds it takes. */
  #sing(melody: Melody, outcome: Outcome): number {
    const loud = this.muted ? (outcome === 'customs_stop' ? LEAST_STOP : 0) : this.volume;
    if (typeof AudioContext === 'undefined') return 0;
    this.#context ??= new AudioContext();
    this.wake();
    let at = this.#context.currentTime;
    const began = at;
    for (const { hertz, ms, gap } of melody.tones) {
      if (loud > 0) this.#tone(this.#context, melody.wave, hertz, at, ms / 1000, loud);
      at += (ms + gap) / 1000;
    }
    return (at - began) * 1000;
  }

  #tone(context: AudioContext, wave: OscillatorType, hertz: number, at: number, seconds: number, loud: number): void {
    const oscillator = context.createOscillator();
    const gain = context.createGain();
    oscillator.type = wave;
    oscillator.frequency.value = hertz;
    // 10 ms up and down: without them every tone clicks.
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(loud * 0.5, at + EDGE);
    gain.gain.setValueAtTime(loud * 0.5, at + seconds - EDGE);
    gain.gain.linearRampToValueAtTime(0, at + seconds);
    oscillator.connect(gain).connect(context.destination);
    oscillator.start(at);
    oscillator.stop(at + seconds);
  }
}

function speak(words: string): void {
  if (!('speechSynthesis' in window)) return;
  const utterance = new SpeechSynthesisUtterance(words);
  utterance.lang = document.documentElement.lang;
  speechSynthesis.speak(utterance);
}

export const sound = new Sound();
