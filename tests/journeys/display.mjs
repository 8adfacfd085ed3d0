// A screen nobody looks at: Xvfb, one per journey, exactly as large as the window.
//
// Screenshots are read from the framebuffer, so they show what a person would see, menus and all;
// WebKit's own screenshot call never answers without a compositor.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { png } from '../tools/png.mjs';

export class Display {
  #xvfb;
  #memory;

  /** Starts a screen; `env` is what a program needs to draw on it. */
  static async open(size = '1366x768') {
    const display = new Display();
    display.#memory = mkdtempSync(join(tmpdir(), 'bondhouse-screen-'));
    display.#xvfb = spawn(
      'Xvfb',
      ['-displayfd', '3', '-screen', '0', `${size}x24`, '-nolisten', 'tcp', '-fbdir', display.#memory],
      { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
    );
    const number = await new Promise((resolve, reject) => {
      display.#xvfb.once('error', reject);
      display.#xvfb.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
      display.#xvfb.stdio[3].once('data', (data) => resolve(String(data).trim()));
    });
    display.env = {
      DISPLAY: `:${number}`,
      // Xvfb has no GPU: WebKit would otherwise wait for buffers it never gets.
      WEBKIT_DISABLE_DMABUF_RENDERER: '1',
      WEBKIT_DISABLE_COMPOSITING_MODE: '1',
      GDK_BACKEND: 'x11',
      NO_AT_BRIDGE: '1',
    };
    return display;
  }

  /** Keeps what the screen shows now as a PNG. */
  screenshot(path) {
    const dump = readFileSync(join(this.#memory, 'Xvfb_screen0')); // XWD: header, colours, rows of BGRX
    const [header, width, height, stride, colours] = [0, 4, 5, 12, 19].map((word) => dump.readUInt32BE(word * 4));
    const start = header + colours * 12;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, png(width, height, (x, y) => {
      const at = start + y * stride + x * 4;
      return [dump[at + 2], dump[at + 1], dump[at]];
    }));
  }

  close() {
    this.#xvfb.removeAllListeners('exit');
    this.#xvfb.kill();
    rmSync(this.#memory, { recursive: true, force: true });
  }
}
