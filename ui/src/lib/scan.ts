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
