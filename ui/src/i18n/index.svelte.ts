/**
 * What the page says, from the one catalogue that Rust, paper and bondctl read too.
 *
 * Keys are typed by the catalogue itself: a key that is missing in Chinese does not compile, and
 * neither does a catalogue whose English lacks a key. Nothing here builds a sentence from pieces.
 */
import en from '../../../assets/messages/en.json';
import zh from '../../../assets/messages/zh.json';
import type { Message } from '../lib/schema.gen';

export type Language = 'zh' | 'en';
type Entry = keyof typeof zh;
/** A key as it is asked for: plurals by their stem. */
export type Key = Entry extends infer E ? (E extends `${infer Stem}.${'one' | 'other'}` ? Stem : E) : never;
export type Params = Record<string, string | number>;

const catalogues: Record<Language, Record<Entry, string>> = { zh, en };

class Voice {
  language = $state<Language>('zh');

  speak(language: Language): void {
    this.language = language;
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  }
}

export const voice = new Voice();

/** A piece of a sentence: words of the catalogue, or the value of a placeholder. */
export interface Piece {
  text: string;
  param?: string;
}

function entry(key: string, params: Params): string | undefined {
  const catalogue: Record<string, string> = catalogues[voice.language];
  if (`${key}.other` in catalogue) {
    // Chinese counts without a plural; its `.one`, where it stands, is never chosen.
    const one = voice.language === 'en' && String(params['count']) === '1';
    return catalogue[one ? `${key}.one` : `${key}.other`] ?? catalogue[`${key}.other`];
  }
  return catalogue[key];
}

function split(template: string, params: Params): Piece[] {
  return template
    .split(/(\{[a-z][a-z0-9_]*\})/)
    .filter((text) => text !== '')
    .map((text) => {
      const param = /^\{(.+)\}$/.exec(text)?.[1];
      return param === undefined ? { text } : { text: String(params[param] ?? ''), param };
    });
}

const joined = (pieces: Piece[]): string => pieces.map((piece) => piece.text).join('');

/** The page's own words. */
export function t(key: Key, params: Params = {}): string {
  return joined(split(entry(key, params) ?? key, params));
}

/** A text named by Rust, or the bare key if the catalogue is older than Rust. */
export function named(key: string, params: Params = {}): string {
  return joined(split(entry(key, params) ?? key, params));
}

/** What a message says, in pieces, so that its values can be set apart. */
export function pieces(message: Message): Piece[] {
  return split(entry(message.code, message.params) ?? message.code, message.params);
}

/** What a message says. */
export function said(message: Message): string {
  return joined(pieces(message));
}

/** One of the further sentences of a refusal, if it has it. */
export function further(message: Message, part: 'why' | 'next' | 'effect' | 'counted'): string | null {
  const template = entry(`${message.code}.${part}`, message.params);
  return template === undefined ? null : joined(split(template, message.params));
}
