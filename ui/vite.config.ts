import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte()],
  // vitest runs in Node, where Svelte would otherwise resolve to its server half.
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
  server: { fs: { allow: [fileURLToPath(new URL('..', import.meta.url))] } },
  build: {
    target: ['es2022', 'safari16.4', 'chrome110'],
    // The page may load nothing but files of the program: a font turned into a data: URL is refused.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  test: { environment: 'jsdom', include: ['src/**/*.test.ts'], setupFiles: ['src/test.setup.ts'] },
});
