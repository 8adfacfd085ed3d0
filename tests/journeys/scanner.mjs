// A scanner without a cable: one end of a pseudo-terminal pair that socat holds together.
//
// The program opens `port` as it would open /dev/ttyACM0; what is written here arrives there as
// bytes, and nothing tells it that no gun was pulled.

import { spawn } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { until } from './window.mjs';

export class Scanner {
  #socat;
  #gun;

  /** A scanner whose port is in `folder`; its cable is not in yet. */
  constructor(folder) {
    this.port = join(folder, 'scanner');
    this.#gun = join(folder, 'gun');
  }

  async plug() {
    this.#socat = spawn('socat', [`pty,rawer,link=${this.#gun}`, `pty,rawer,link=${this.port}`], { stdio: 'ignore' });
    await until('the pseudo-terminal', () => existsSync(this.#gun) && existsSync(this.port), 5);
  }

  /** Pulls the trigger on a code. Most guns are set to end a scan with CR; `end` may say otherwise. */
  scan(code, end = '\r') {
    const fd = openSync(this.#gun, constants.O_WRONLY | constants.O_NOCTTY);
    try {
      writeSync(fd, code + end);
    } finally {
      closeSync(fd);
    }
  }

  /** Pulls the cable. */
  unplug() {
    this.#socat.kill();
  }
}
