import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import en from '../../../assets/messages/en.json';
import zh from '../../../assets/messages/zh.json';
import { further, pieces, said, t, voice } from './index.svelte';

afterEach(() => voice.speak('zh'));

/** All source text of the pages. */
function sources(folder = 'src'): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(svelte|ts)$/.test(file) && !/test/.test(file) && !file.endsWith('gen.ts'))
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');
}

test('every key has both languages', () => {
  expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
});

test('the pages use every text of their own: what nobody says is deleted', () => {
  const text = sources();
  const rust = readFileSync('../src-tauri/crates/domain/src/task/view.rs', 'utf8') +
    ['release', 'intake', 'gate', 'stock/put_away'].map((room) => readFileSync(`../src-tauri/crates/domain/src/${room}.rs`, 'utf8')).join('\n');
  // Keys that are put together where they are used: `ui.room.${room}` names them all.
  const families = [...text.matchAll(/`(ui\.[a-z_.]+)\$\{/g)].map((match) => match[1] ?? '');
  const unused = Object.keys(zh).filter((key) => {
    if (!key.startsWith('ui.')) return false;
    const stem = key.replace(/\.(one|other|why|next|effect|counted)$/, '');
    return !text.includes(`'${key}'`) && !text.includes(`'${stem}'`) && !rust.includes(`"${stem}"`) && !families.some((family) => key.startsWith(family));
  });
  expect(unused).toEqual([]);
});

test('English counts, Chinese does not', () => {
  expect(t('ui.status.orders', { count: 1 })).toBe('1 单');
  voice.speak('en');
  expect(t('ui.status.orders', { count: 1 })).toBe('1 order');
  expect(t('ui.status.orders', { count: 38 })).toBe('38 orders');
});

test('a refusal says what, why, what next, and what it changed', () => {
  const refused = { code: 'release.not_in_order', params: { item: '面膜' } };
  expect(said(refused)).toBe('不是本单商品');
  expect(further(refused, 'why')).toContain('面膜');
  expect(further(refused, 'next')).toContain('错货筐');
  expect(further(refused, 'effect')).toContain('库存没有变');
  expect(further({ code: 'task.undone', params: {} }, 'why')).toBeNull();
});

test('values stand apart from words, so that a page can set them in their own face', () => {
  const parts = pieces({ code: 'release.put_on_lane', params: { lane: 'B-12' } });
  expect(parts.find((part) => part.param === 'lane')?.text).toBe('B-12');
});

test('a message newer than this catalogue shows its code and breaks nothing', () => {
  expect(said({ code: 'future.thing', params: {} })).toBe('future.thing');
});
