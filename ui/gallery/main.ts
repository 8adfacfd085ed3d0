/** Draws one state of the product with made-up answers; see gallery.html. */
import { mockIPC } from '@tauri-apps/api/mocks';
import { mount, tick } from 'svelte';
import App from '../src/App.svelte';
import * as made from './fixtures';
import * as guns from './scanner';
import { startListening } from '../src/lib/keys';
import { type Room, shell, type TextSize } from '../src/lib/shell.svelte';
import type { RoomView, Status, SyncAnswer } from '../src/lib/schema.gen';
import '../src/styles/tokens.css';
import '../src/styles/base.css';
import '../src/styles/frame.css';

const asked = new URLSearchParams(location.search);
const [state = 'release', step = 'waiting'] = (asked.get('state') ?? 'release-waiting').split('-');
const language = asked.get('lang') ?? 'zh';
shell.wear({ dark: asked.get('theme') === 'dark', text: (asked.get('text') ?? '100') as TextSize, muted: false });
document.documentElement.dataset['motion'] = 'off';

const NOBODY = ['enrol', 'supervisor', 'signin', 'pin'];
const offline = step === 'offline';
const status: Status = {
  ...(offline ? made.offline.status : made.status()),
  language,
  enrolled: state !== 'enrol',
  first_run: state === 'supervisor',
  ...(NOBODY.includes(state) && { person: null }),
  practice: step === 'practice',
  ...(['reports', 'ledger', 'sync', 'people', 'scanner', 'cases', 'home'].includes(state) && { station: 'S-01', person: { name: '陈立', role: 'supervisor' as const } }),
};
const sync: SyncAnswer = offline ? made.offline.sync : made.sync();
const VIEWS: Record<string, RoomView> = {
  intake: made.intake,
  gate: made.gate,
  stock: made.shelves,
  release: (made.releases as Record<string, RoomView>)[offline ? 'idle' : step] ?? made.releases.waiting,
};

// The clock stands where the made-up answers were given.
const realNow = Date.now;
const began = realNow();
Date.now = () => made.NOW + (realNow() - began);

mockIPC(
  (command, args) => {
    if (command !== 'rpc') return undefined;
    const { name } = args as { name: string };
    const answers: Record<string, unknown> = {
      'station.status': { ...status, now: Date.now() },
      'people.list': made.people,
      'room.open': VIEWS[state],
      'stock.report': made.stock(),
      'ledger.certificate': made.certificate(step === 'drift' ? '-2' : '0'),
      'sync.view': sync,
      'cases.list': made.cases,
      'cases.file': made.caseFile,
      'scanner.list': guns.plugged,
      'scanner.examine': guns.examination,
      'scanner.evidence': guns.evidence,
      'scanner.codes': made.benchCodes,
    };
    return answers[name];
  },
  { shouldMockEvents: true },
);

startListening();
mount(App, { target: document.getElementById('app') ?? document.body });
const press = (key: string) => dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
setTimeout(async () => {
  if (!NOBODY.includes(state) && state !== 'home') shell.open(state as Room);
  if (state === 'pin') for (const key of '2481') {
    press(key);
    await new Promise((done) => setTimeout(done, 80));
  }
  await tick();
  if (step === 'help') press('F1');
  if (step === 'typing') press('F8');
  if (step === 'open') setTimeout(() => press('1'), 200);
  if (step === 'clinic') setTimeout(() => press('F4'), 200);
  if (step === 'evidence') setTimeout(() => press('F7'), 200);
}, 100);
