#!/usr/bin/env node
// Merges the rooms' texts into the one catalogue.
//
//   node tests/tools/messages.mjs           writes assets/messages/{zh,en}.json
//   node tests/tools/messages.mjs --check   writes nothing; fails when they are stale
//
// Each room keeps both languages of a text side by side in assets/messages/src/<room>.json
// ({"code": {"zh": "…", "en": "…"}}), because a text changed in one language only is the usual
// way a catalogue goes wrong. The merged files are flat, sorted and committed: the window,
// bondctl, the platform and printed documents read those and nothing else.
//
// It refuses: a key two rooms claim, a missing or empty language, placeholders that differ
// between the languages, a plural without its `.other`, and what the voice of the house forbids
// (exclamation marks, 请, please). Whether every code the program may say has its texts is
// checked by the build of `app`, which knows the codes.

import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LANGUAGES = ['zh', 'en'];
// 申请 (apply) and 请求 (request) are terms; 请 before a verb begs.
const FORBIDDEN = { zh: /[!！]|(?<!申)请(?!求)/, en: /!|\bplease\b/i };

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../assets/messages');
const check = process.argv.includes('--check');
const faults = [];

/** The `{names}` a text uses, sorted. `.one` may speak of one without naming the count. */
function placeholders(key, text) {
  const names = new Set([...text.matchAll(/\{([a-z][a-z0-9_]*)\}/g)].map((m) => m[1]));
  if (key.endsWith('.one')) names.delete('count');
  return [...names].sort().join(' ');
}

/** JSON.parse keeps the last of two equal keys in silence; a lost text must be a fault. */
function repeatedKeys(source) {
  const seen = new Set();
  return [...source.matchAll(/^ {2}"([^"]+)"\s*:/gm)]
    .map((m) => m[1])
    .filter((key) => seen.has(key) || !seen.add(key));
}

const owner = new Map();
const catalogue = Object.fromEntries(LANGUAGES.map((language) => [language, new Map()]));

for (const file of readdirSync(join(folder, 'src')).filter((f) => f.endsWith('.json')).sort()) {
  const source = readFileSync(join(folder, 'src', file), 'utf8');
  let texts;
  try {
    texts = JSON.parse(source);
  } catch (error) {
    faults.push(`${file}: ${error.message}`);
    continue;
  }
  for (const key of repeatedKeys(source)) faults.push(`${file}: ${key} stands twice`);
  for (const [key, text] of Object.entries(texts)) {
    if (!/^[a-z0-9_]+(\.[a-z0-9_]+)*$/.test(key)) faults.push(`${file}: ${key} is no key`);
    if (owner.has(key)) faults.push(`${file}: ${key} stands in ${owner.get(key)} too`);
    owner.set(key, file);
    for (const language of LANGUAGES) {
      const said = text?.[language];
      if (typeof said !== 'string' || said.trim() === '') {
        faults.push(`${file}: ${key} has no ${language}`);
        continue;
      }
      if (FORBIDDEN[language].test(said)) faults.push(`${file}: ${key} ${language} begs or shouts: ${said}`);
      catalogue[language].set(key, said);
    }
    const [a, b] = LANGUAGES.map((language) => placeholders(key, String(text?.[language] ?? '')));
    if (a !== b) faults.push(`${file}: ${key} names {${a}} in ${LANGUAGES[0]} but {${b}} in ${LANGUAGES[1]}`);
  }
}

for (const key of owner.keys()) {
  const plural = key.replace(/\.one$/, '.other');
  if (!owner.has(plural)) faults.push(`${owner.get(key)}: ${key} lacks ${plural}`);
}

for (const language of faults.length ? [] : LANGUAGES) {
  const path = join(folder, `${language}.json`);
  // By code point, not by locale: the file must come out the same on every machine.
  const sorted = [...catalogue[language]].sort(([a], [b]) => (a < b ? -1 : 1));
  const text = `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`;
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  if (check) faults.push(`assets/messages/${language}.json is stale: run make messages`);
  else writeFileSync(path, text);
}

if (faults.length) {
  console.error(faults.join('\n'));
  process.exit(1);
}
console.log(`messages: ${owner.size} keys in ${LANGUAGES.join(' and ')}`);
