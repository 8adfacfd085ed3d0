// What a journey holds in its hands: a screen, a folder, a window, a scanner, and the duty to tidy up.

import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Display } from './display.mjs';
import { Scanner } from './scanner.mjs';
import { Window } from './window.mjs';

/** Longer than the longest motion of the page; for pictures only, no journey depends on it. */
const SETTLES = 300;
const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

export class Journey {
  #ending = [];

  constructor(name) {
    this.out = join(root, 'out/journeys', name);
    rmSync(this.out, { recursive: true, force: true });
    mkdirSync(this.out, { recursive: true });
  }

  /** Has `end` run when the journey is over. */
  finally(end) {
    this.#ending.push(end);
  }

  /** A file for what a program says. */
  log(name) {
    const file = createWriteStream(join(this.out, `${name}.log`), { flags: 'a' });
    this.finally(() => file.end());
    return file;
  }

  async openDisplay(size) {
    this.display = await Display.open(size);
    this.finally(() => this.display.close());
  }

  /** Opens the desktop program on this journey's screen. */
  async openWindow(...args) {
    const log = this.log('window');
    const window = await Window.open({
      driver: join(root, 'target/tools/bin/tauri-driver'),
      program: join(root, 'target/debug/bondhouse'),
      args: args.map(String),
      env: { ...process.env, ...this.display.env },
      log: (text) => log.write(text),
    });
    this.finally(() => window.close());
    return window;
  }

  async plugScanner() {
    const scanner = new Scanner(this.out);
    await scanner.plug();
    this.finally(() => scanner.unplug());
    return scanner;
  }

  /** Keeps the screen as it stands, once what was last drawn has arrived there. */
  async screenshot(name, folder = this.out) {
    await sleep(SETTLES);
    this.display.screenshot(join(folder, `${name}.png`));
  }

  async end() {
    for (const end of this.#ending.reverse()) await end();
  }
}
