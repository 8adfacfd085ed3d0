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

  /** Plugs a scanner in; its port appears in `folder`. */
  static async plug(folder) {
    const scanner = new Scanner();
    scanner.port = join(folder, 'scanner');
    scanner.#gun = join(folder, 'gun');
    scanner.#socat = spawn('socat', [`pty,rawer,link=${scanner.#gun}`, `pty,rawer,link=${scanner.port}`], {
      stdio: 'ignore',
    });
    await until('the pseudo-terminal', () => existsSync(scanner.#gun) && existsSync(scanner.port), 5);
    return scanner;
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
