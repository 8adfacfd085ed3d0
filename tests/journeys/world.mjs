// The world around the window: the platform, and the town of shops, payers, customs and carriers.
//
// Real programs on real ports, each with a folder of its own. A journey may stop and start them,
// hold goods and shelf labels in its hands, and ask outside what became of an order; what happens
// inside the workstation it learns from the window alone.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from './window.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const OWN_CODE_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-';

export class World {
  #journey;
  #programs = new Map();

  /** Starts the platform, then a calm town with `orders` orders on their way. */
  static async open(journey, { orders, seed = 1 }) {
    const world = new World();
    world.#journey = journey;
    world.address = `127.0.0.1:${await freePort()}`;
    world.url = `http://${world.address}`;
    await world.startPlatform();
    const seeded = await world.#start('bondhouse-town', [
      '--platform', world.url, '--admin-key', join(journey.out, 'platform/admin.key'),
      '--data', join(journey.out, 'town'), '--seed', seed, '--orders', orders, '--per-day', 0, '--calm',
    ]);
    world.notices = seeded.notices;
    world.orders = seeded.orders;
    return world;
  }

  async startPlatform() {
    await this.#start('bondhouse-platform', ['--data', join(this.#journey.out, 'platform'), '--listen', this.address]);
  }

  /** Pulls the platform's plug. */
  async killPlatform() {
    await this.#stop('bondhouse-platform', 'SIGKILL');
  }

  /** Evening: the town goes to sleep, then the platform closes its books. */
  async close() {
    await this.#stop('bondhouse-town', 'SIGTERM');
    await this.#stop('bondhouse-platform', 'SIGTERM');
  }

  /** Starts a program and answers the line of JSON it prints when it is ready. */
  async #start(name, args) {
    const program = spawn(join(root, 'target/debug', name), args.map(String), { stdio: ['ignore', 'pipe', 'pipe'] });
    const log = this.#journey.log(name);
    program.stderr.pipe(log, { end: false });
    this.#programs.set(name, program);
    this.#journey.finally(() => this.#stop(name, 'SIGTERM'));
    return new Promise((resolve, reject) => {
      program.once('error', reject);
      program.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)));
      createInterface(program.stdout).once('line', (line) => resolve(JSON.parse(line)));
    });
  }

  async #stop(name, signal) {
    const program = this.#programs.get(name);
    if (!program || program.exitCode !== null || program.signalCode !== null) return;
    const ended = new Promise((resolve) => program.once('exit', resolve));
    program.kill(signal);
    await ended;
  }

  /** What the operator of the platform reads out to whoever sets up a workstation. */
  async enrolmentCode() {
    return (await this.#operator('POST', '/v1/admin/enrolments', {})).code;
  }

  /** What the shop is told about its order: by number, whichever shop it was. */
  async orderState(orderNo) {
    for (const shop of ['3302960M01', '3302960A01']) {
      const progress = await this.#operator('GET', `/v1/admin/orders/${shop}/${orderNo}`).catch(() => null);
      if (progress) return progress.state;
    }
    throw new Error(`nobody knows order ${orderNo}`);
  }

  async #operator(method, path, body) {
    const key = readFileSync(join(this.#journey.out, 'platform/admin.key'), 'utf8').trim();
    const response = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return response.json();
  }
}

/** The retail code printed on goods, by the name on the box. */
export const GOODS = new Map(
  readFileSync(join(root, 'src-tauri/crates/town/src/world/goods.tsv'), 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => line.split('\t'))
    .map(([, , name, , gtin]) => [name, gtin]),
);

/** The code printed on a shelf: `BH1L`, its name, and the check character (ISO 7064 MOD 37-2). */
export function shelfCode(location) {
  const text = `BH1L${location}`;
  const value = (character) => OWN_CODE_ALPHABET.indexOf(character);
  const sum = [...text].reduce((total, character) => (total * 2 + value(character)) % 37, 0);
  const check = (37 - ((sum * 2) % 37)) % 37;
  return text + OWN_CODE_ALPHABET[check];
}
