#!/usr/bin/env node
// Draws the application icons from the mark: two posts of a gate with a parcel between them
// (assets/icons/mark.svg, 26 x 22 units). Run again only when the mark changes; the results are
// committed, so a build needs neither this script nor an image library.
//
// The mark is three rectangles, so a pixel's value is exactly the area they cover in it.

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { png } from './png.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../../assets/icons');
const GROUND = [0x10, 0x17, 0x1a];
const MARK = [0xff, 0xff, 0xff];
const UNITS = { wide: 26, high: 22 };
const RECTANGLES = [[0, 0, 4, 22], [22, 0, 26, 22], [8, 6, 18, 16]];
/** The mark spans this share of the icon's width. */
const SPAN = 0.62;

/** One square icon, with alpha because Tauri embeds no other pixel format. */
function icon(size) {
  const unit = (size * SPAN) / UNITS.wide;
  const left = (size - UNITS.wide * unit) / 2;
  const top = (size - UNITS.high * unit) / 2;
  const overlap = (from, to, at) => Math.max(0, Math.min(to, at + 1) - Math.max(from, at));
  const covered = (x, y) =>
    RECTANGLES.reduce(
      (sum, [x0, y0, x1, y1]) =>
        sum + overlap(left + x0 * unit, left + x1 * unit, x) * overlap(top + y0 * unit, top + y1 * unit, y),
      0,
    );
  const shade = (share) => GROUND.map((ground, i) => Math.round(ground + (MARK[i] - ground) * share));
  return png(size, size, (x, y) => shade(covered(x, y)), { alpha: true });
}

/** A Windows icon holding the PNGs of several sizes. */
function ico(sizes) {
  const images = sizes.map(icon);
  const head = Buffer.alloc(6 + 16 * sizes.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(sizes.length, 4);
  let at = head.length;
  sizes.forEach((size, i) => {
    const entry = 6 + 16 * i;
    head.writeUInt8(size % 256, entry);
    head.writeUInt8(size % 256, entry + 1);
    head.writeUInt16LE(1, entry + 4);
    head.writeUInt16LE(32, entry + 6);
    head.writeUInt32LE(images[i].length, entry + 8);
    head.writeUInt32LE(at, entry + 12);
    at += images[i].length;
  });
  return Buffer.concat([head, ...images]);
}

for (const [name, bytes] of [
  ['32x32.png', icon(32)],
  ['128x128.png', icon(128)],
  ['128x128@2x.png', icon(256)],
  ['icon.png', icon(512)],
  ['icon.ico', ico([16, 32, 48, 256])],
]) {
  writeFileSync(join(folder, name), bytes);
}
