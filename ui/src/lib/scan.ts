import { t } from '../i18n/index.svelte';

/** A code without the scanner's own prefix: the AIM identifier that says which kind of bars it were. */
export const bare = (raw: string): string => raw.replace(/^\][A-Za-z]./, '').trim();

/** What a code names when it is looked up: a shelf by its name, anything else as it stands. */
export const lookedUp = (raw: string): string => bare(raw).replace(/^BH1L(.+).$/, '$1');

/** A code as people can read it: controls as their pictures (GS is ␝), bytes that are no text as <E9>. */
export const shown = (raw: string): string =>
  raw.replace(/[\x00-\x1f\uf780-\uf7ff]/g, (one) => {
    const code = one.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : `<${(code & 0xff).toString(16).toUpperCase()}>`;
  });

/** What a scan came from, as people call it: the scanner's own name, or the way it came. */
export function device(from: string): string {
  const name = /^(?:serial|scale):(.*)$/.exec(from)?.[1];
  if (name !== undefined) return name;
  if (from === 'wedge') return t('ui.by_wedge');
  if (from === 'practice') return t('ui.by_practice');
  if (from === 'next') return t('ui.by_next');
  return from === 'typed' ? t('ui.by_hand') : from;
}
