/** A code without the scanner's own prefix: the AIM identifier that says which kind of bars it were. */
export const bare = (raw: string): string => raw.replace(/^\][A-Za-z]./, '').trim();

/** What a code names when it is looked up: a shelf by its name, anything else as it stands. */
export const lookedUp = (raw: string): string => bare(raw).replace(/^BH1L(.+).$/, '$1');
