// The window as a person meets it: what is on screen, and keys. Nothing else.
//
// A small WebDriver client over tauri-driver. It offers no way to call `rpc` or to change a store,
// so a journey cannot cheat: it looks, presses keys, and scans (scanner.mjs). `execute/sync` is
// used for reading only.

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const KEYS = {
  Enter: '\uE007', Escape: '\uE00C', Tab: '\uE004', Backspace: '\uE003', Space: ' ',
  Shift: '\uE008', Control: '\uE009', Alt: '\uE00A',
  Left: '\uE012', Up: '\uE013', Right: '\uE014', Down: '\uE015',
  ...Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`F${i + 1}`, String.fromCharCode(0xe031 + i)])),
};
/** Longer than the gap by which the page tells a scanner's typing from a hand's. */
const BREATH = 80;
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf';

/** A port nobody listens on now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Asks `question` every 100 ms until it answers something, or fails telling what was awaited. */
export async function until(what, question, seconds = 20) {
  const end = Date.now() + seconds * 1000;
  let last;
  while (Date.now() < end) {
    try {
      const answer = await question();
      if (answer) return answer;
    } catch (error) {
      last = error;
    }
    await sleep(100);
  }
  throw new Error(`waited ${seconds} s for ${what}${last ? ` (${last.message})` : ''}`);
}

export class Window {
  #driver;
  #base;
  #log;

  /** Starts `program` with `args` under a driver of its own; `env` must name the display. */
  static async open({ driver, program, args = [], env, log = () => {} }) {
    const window = new Window();
    const [port, native] = [await freePort(), await freePort()];
    window.#log = log;
    window.#driver = spawn(driver, ['--port', port, '--native-port', native], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true, // one process group, so that the program ends with its driver
    });
    window.#driver.stdout.on('data', (data) => log(String(data)));
    window.#driver.stderr.on('data', (data) => log(String(data)));
    const root = `http://127.0.0.1:${port}`;
    await until('the driver', () => fetch(`${root}/status`).then((r) => r.ok), 10);
    const { sessionId } = await call('POST', `${root}/session`, {
      capabilities: { alwaysMatch: { 'tauri:options': { application: program, args } } },
    });
    window.#base = `${root}/session/${sessionId}`;
    return window;
  }

  /** Reads something off the page. */
  read(script, ...args) {
    return call('POST', `${this.#base}/execute/sync`, { script, args });
  }

  /** All the text a person can see. */
  text() {
    return this.read('return document.body.innerText');
  }

  /** The text of the element with this test id, or null. */
  part(id) {
    return this.read('return document.querySelector(`[data-testid="${arguments[0]}"]`)?.innerText ?? null', id);
  }

  /** An attribute of the element with this test id, or null. */
  attribute(id, name) {
    return this.read(
      'return document.querySelector(`[data-testid="${arguments[0]}"]`)?.getAttribute(arguments[1]) ?? null', id, name,
    );
  }

  /** Waits until the part with this test id is there and its text matches. */
  async see(id, pattern = /(?:)/, seconds = 20) {
    let last = null;
    try {
      return await until(`${id} to say ${pattern}`, async () => {
        last = await this.part(id);
        return last !== null && pattern.test(last) && { text: last };
      }, seconds).then((seen) => seen.text);
    } catch (error) {
      throw new Error(`${error.message}; it says ${JSON.stringify(last)}`);
    }
  }

  /** Presses keys one after another; `Alt+1` holds the first while the last is pressed. */
  async press(...chords) {
    for (const chord of chords) {
      const keys = chord.split('+').map((name) => KEYS[name] ?? name);
      const down = keys.map((value) => ({ type: 'keyDown', value }));
      const up = [...keys].reverse().map((value) => ({ type: 'keyUp', value }));
      await call('POST', `${this.#base}/actions`, {
        actions: [{ type: 'key', id: 'keyboard', actions: [...down, ...up] }],
      });
    }
  }

  /** Types into whatever has the focus, then takes a breath: keys on its heels would be a scanner's. */
  async type(text) {
    await this.press(...text);
    await sleep(BREATH);
  }

  /** Puts the focus into a field and replaces what stands there. */
  async fill(id, text) {
    const found = await call('POST', `${this.#base}/element`, {
      using: 'css selector', value: `[data-testid="${id}"]`,
    });
    const field = `${this.#base}/element/${found[ELEMENT]}`;
    await call('POST', `${field}/clear`, {});
    await call('POST', `${field}/value`, { text });
    await sleep(BREATH);
  }

  /** Waits until a part is there. */
  waitFor(id, seconds = 20) {
    return until(`${id} on the screen`, async () => (await this.part(id)) !== null, seconds);
  }

  async close() {
    await call('DELETE', this.#base).catch((error) => this.#log(`closing: ${error.message}\n`));
    try {
      process.kill(-this.#driver.pid, 'SIGTERM');
    } catch {
      // Ended by itself.
    }
  }
}

async function call(method, url, body) {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(60_000),
  });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
  return value;
}
