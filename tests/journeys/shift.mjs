// What a clerk does in a shift, told as acts: each looks at the window, presses or scans, and
// waits for the window's answer. Journeys put these into order.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { read } from './paper.mjs';
import { until } from './window.mjs';
import { GOODS, shelfCode } from './world.mjs';

const BONDCTL = join(dirname(fileURLToPath(import.meta.url)), '../../target/debug/bondctl');
const SUPERVISOR = { name: '林晓', pin: '507318' };
const ROOMS = { intake: 'Alt+1', stock: 'Alt+2', release: 'Alt+3', gate: 'Alt+4', ledger: 'Alt+6', sync: 'Alt+7' };
/** Nobody takes up the next piece faster; the same code sooner is a trigger held down. */
const PACE = 400;
/** One for each truck: a shelf never mixes owners. */
const SHELVES = ['A-01-1', 'A-02-1', 'B-01-1'];

export class Shift {
  constructor({ journey, window, scanner, world }) {
    Object.assign(this, { journey, window, scanner, world });
  }

  /** First run: this computer becomes a workstation, and somebody its first supervisor. */
  async enrolAndSignIn() {
    const { window } = this;
    await window.waitFor('enrol-code');
    await this.journey.screenshot('first-run');
    await window.fill('enrol-code', await this.world.enrolmentCode());
    await window.fill('enrol-station', '打包台 1');
    await window.press('F9');
    await window.waitFor('supervisor-name');
    await window.fill('supervisor-name', SUPERVISOR.name);
    await window.fill('pin', SUPERVISOR.pin);
    await window.fill('pin-again', SUPERVISOR.pin);
    await window.press('F9');
    await window.waitFor(`person-${SUPERVISOR.name}`);
    await this.journey.screenshot('sign-in');
    await window.press('1', ...SUPERVISOR.pin, 'F9');
    await window.see('status-person', new RegExp(SUPERVISOR.name));
  }

  async enter(room) {
    await this.window.press(ROOMS[room]);
  }

  /** Does something and waits for the answer it gets; fails unless it is the one expected. */
  async answered(expected, act) {
    const { window } = this;
    const before = await window.attribute('answer', 'data-at');
    await act();
    const outcome = await until(`an answer that is ${expected}`, async () =>
      (await window.attribute('answer', 'data-at')) !== before && (await window.attribute('answer', 'data-outcome')));
    const said = await window.part('answer-text');
    assert.equal(outcome, expected, `the window says ${said}`);
    return said;
  }

  async scan(code, expected = 'accepted') {
    await sleep(Math.max(0, (this.lastScan ?? 0) + PACE - Date.now()));
    this.lastScan = Date.now();
    return this.answered(expected, async () => this.scanner.scan(code));
  }

  /** The lines of the job on screen: name, state, and how many are wanted. */
  lines() {
    return this.window.read(`
      return [...document.querySelectorAll('[data-testid="line"]')].map((line) => ({
        name: line.querySelector('.n').firstChild.textContent.trim(),
        state: line.dataset.state,
        of: Number((line.querySelector('.q i')?.innerText.slice(1) ?? line.querySelectorAll('.num')[0]?.innerText ?? '').replace(/[^0-9]/g, '')),
      }));`);
  }

  /** Counts every notice that came through the gate, as announced; tells how many lines are counted. */
  async receive(counted = async () => {}) {
    await this.enter('intake');
    this.received = [];
    for (const [at, notice] of this.world.notices.entries()) {
      await until(`${notice} to be receivable`, async () => (await this.window.part(`choice-${notice}`)) !== null, 60);
      await this.scan(notice);
      for (const line of await this.lines()) {
        await this.quantity(line.of);
        await this.scan(GOODS.get(line.name));
        this.received.push({ name: line.name, shelf: SHELVES[at % SHELVES.length] });
        await counted(this.received.length);
      }
      if (notice === this.world.notices.at(-1)) await this.journey.screenshot('intake');
      await this.answered('complete', () => this.window.press('F9'));
    }
  }

  /** F3, then the digits: the next scan counts so many. */
  async quantity(count) {
    await this.window.press('F3');
    await this.window.waitFor('quantity');
    await this.window.type(String(count));
    await this.answered('accepted', () => this.window.press('F9'));
  }

  /** Takes everything out of receiving, a shelf for each merchant. */
  async putAway() {
    await this.enter('stock');
    for (const { name, shelf } of this.received) {
      await this.scan(GOODS.get(name));
      await this.scan(shelfCode(shelf));
    }
    await this.journey.screenshot('stock');
  }

  /** Waits until the window says that the platform answers, or that it is gone. */
  async online(answers) {
    await until(`the status line to say ${answers ? 'online' : 'offline'}`, async () =>
      (await this.window.attribute('status-network', 'data-online')) === String(answers), 60);
  }

  /** Waits until the platform has everything. */
  async allTold() {
    await until('everything to be told', async () => (await this.window.part('status-unsent')) === '0', 60);
  }

  /** Waits until this workstation may release so many orders by itself. */
  async awaitLeases(count) {
    await until(`${count} leases`, async () => Number(/\d+/.exec(await this.window.part('status-leases'))?.[0]) >= count, 90);
  }

  /** The code of the first job the room offers. */
  firstChoice(seconds = 20) {
    return until('a job to choose', () => this.window.read(
      'return document.querySelector(\'[data-testid^="choice-"]\')?.dataset.testid.slice("choice-".length) ?? null'), seconds);
  }

  /** Packs the first order of the list; answers its waybill. */
  async release() {
    await this.enter('release');
    await this.scan(await this.firstChoice());
    const pieces = (await this.lines()).flatMap(({ name, of }) => Array(of).fill(name));
    return this.pack(pieces);
  }

  /** Scans pieces of the order at the bench. */
  async verify(pieces) {
    for (const name of pieces) await this.scan(GOODS.get(name));
  }

  /** Scans the last pieces, reads the label that comes out, sticks it on and scans it. */
  async pack(pieces) {
    await this.verify(pieces.slice(0, -1));
    await this.journey.screenshot('release');
    await this.verify(pieces.slice(-1));
    const { codes, text } = await this.label();
    const waybill = codes.find(({ symbology }) => symbology === 'CODE-128').data;
    assert.ok(codes.some(({ symbology, data }) => symbology === 'QR-Code' && data.includes('BH1R')), 'the QR code carries the release token');
    assert.match(text, /[\u4e00-\u9fff]{2}/, 'the Chinese on the label can be copied');
    await this.scan(waybill, 'complete');
    await this.journey.screenshot('complete');
    return { waybill };
  }

  /** The label that was printed last, read back from its PDF. */
  async label() {
    const folder = join(this.journey.out, 'station/labels');
    this.printed ??= new Set();
    const fresh = await until('a printed label', () => {
      const pdfs = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.pdf'));
      return pdfs.find((file) => !this.printed.has(file));
    });
    this.printed.add(fresh);
    return read(join(folder, fresh));
  }

  /** Applies for a pass for a vehicle, waits until customs approved it, and begins to load. */
  async openPass(vehicle) {
    await this.enter('gate');
    await this.window.see('prompt');
    await this.window.press('F5');
    await this.window.waitFor('typed-code');
    await this.window.fill('typed-code', vehicle);
    await this.answered('accepted', () => this.window.press('F9'));
    await this.scan(await this.firstChoice(90));
  }

  /** Loads the parcels onto a vehicle and lets it go. */
  async loadAndLeave(waybills, vehicle = '浙B12345') {
    await this.openPass(vehicle);
    for (const [at, waybill] of waybills.entries()) {
      if (at === waybills.length - 1) await this.journey.screenshot('gate');
      await this.scan(waybill);
    }
    await this.answered('complete', () => this.window.press('F9'));
    await this.journey.screenshot('departed');
  }

  /** The two books, side by side. */
  async booksAgree() {
    await this.enter('ledger');
    await this.window.waitFor('certificate');
    await this.journey.screenshot('ledger');
    return this.window.attribute('certificate', 'data-holds');
  }

  /** Every invariant of both databases: the workstation's while it is open, the platform's once it rests. */
  async databasesHold() {
    await this.world.close();
    for (const folder of ['station', 'platform']) {
      execFileSync(BONDCTL, ['verify', join(this.journey.out, folder)], { stdio: ['ignore', 'pipe', 'inherit'] });
    }
  }
}
