import { clearMocks } from '@tauri-apps/api/mocks';
import { cleanup } from '@testing-library/svelte';
import { afterEach, vi } from 'vitest';
import { startListening } from './lib/keys';

/** jsdom lays nothing out, so no size ever changes. */
class NoResize {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
vi.stubGlobal('ResizeObserver', NoResize);
startListening();
afterEach(async () => {
  cleanup();
  // Parts that leave stop listening to Rust, which is an answer away.
  await new Promise((done) => setTimeout(done, 0));
  clearMocks();
});
