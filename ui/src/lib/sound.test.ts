import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Sound } from './sound';

interface Played { hertz: number; wave: string; at: number; loud: number }
let played: Played[];

/** What the sound card would be told. */
class Card {
  currentTime = 0;
  destination = {};
  resume = () => Promise.resolve();
  createGain() {
    const gain = { peak: 0 };
    return { gain: { setValueAtTime: () => {}, linearRampToValueAtTime: (to: number) => (gain.peak = Math.max(gain.peak, to)) }, connect: () => {}, heard: gain };
  }
  createOscillator() {
    const tone = { type: '', frequency: { value: 0 }, loud: { peak: 0 }, connect: (gain: { heard: { peak: number } }) => ((tone.loud = gain.heard), gain), start: (at: number) => played.push({ hertz: tone.frequency.value, wave: tone.type, at: Math.round(at * 1000), loud: tone.loud.peak }), stop: () => {} };
    return tone;
  }
}

beforeEach(() => {
  played = [];
  vi.useFakeTimers();
  vi.stubGlobal('AudioContext', Card);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('accepted is one short high tone', () => {
  new Sound().play('accepted');
  expect(played).toMatchObject([{ hertz: 1047, wave: 'sine', at: 0 }]);
});

test('complete rises in three tones', () => {
  new Sound().play('complete');
  expect(played.map(({ hertz, at }) => [hertz, at])).toEqual([[523, 0], [659, 110], [1047, 220]]);
});

test('wrong repeats every two and a half seconds until it is hushed', () => {
  const sound = new Sound();
  sound.play('wrong');
  vi.advanceTimersByTime(5200);
  expect(played).toHaveLength(6);
  sound.hush();
  vi.advanceTimersByTime(10_000);
  expect(played).toHaveLength(6);
});

test('muted, only the customs stop still sounds, at 60 %', () => {
  const sound = new Sound();
  sound.muted = true;
  sound.play('accepted');
  sound.play('complete');
  expect(played).toEqual([]);
  sound.play('customs_stop');
  expect(played).toHaveLength(6);
  expect(played[0]?.loud).toBeCloseTo(0.3);
  sound.hush();
});
