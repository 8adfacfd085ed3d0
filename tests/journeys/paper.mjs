// Reads a printed page back the way a courier's scanner and a customs officer would.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Dots per inch of the usual label printer (8 dots/mm). */
const LABEL_DPI = '203';

/** The codes on a PDF as `[{symbology, data}]`, and its text as a person may copy it. */
export function read(pdf) {
  const folder = mkdtempSync(join(tmpdir(), 'bondhouse-paper-'));
  try {
    execFileSync('pdftoppm', ['-r', LABEL_DPI, '-png', pdf, join(folder, 'page')]);
    const codes = readdirSync(folder).sort().flatMap((page) =>
      execFileSync('zbarimg', ['--quiet', '--nodbus', join(folder, page)], { encoding: 'utf8' })
        .split('\n')
        .filter(Boolean)
        .map((line) => ({ symbology: line.slice(0, line.indexOf(':')), data: line.slice(line.indexOf(':') + 1) })));
    const text = execFileSync('pdftotext', ['-layout', pdf, '-'], { encoding: 'utf8' });
    return { codes, text };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
