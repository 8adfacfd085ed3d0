/** What the form of a scanner or scale holds: texts of its fields, and the setting Rust is sent. */
import type { BoundPeripheral, Ending, LineSettings, MakerLine, Parity, Peripheral, PortName, ScaleLanguage, ScannerProfile, SeenLine } from '../../lib/schema.gen';

/** The languages a scale may be set to, by the name of their text. */
export const LANGUAGES = { toledo: { toledo_continuous: { checksum: false } }, toledo_sum: { toledo_continuous: { checksum: true } }, sics: 'sics_on_demand' } as const satisfies Record<string, ScaleLanguage>;
export type LanguageName = keyof typeof LANGUAGES;
export const ENDINGS: Ending[] = ['cr', 'lf', 'cr_lf', 'stx_etx', 'silence'];
export const PARITIES: Parity[] = ['none', 'even', 'odd'];

/** The form. */
export interface Draft {
  name: string;
  bench: string;
  /** Typed, where the port has no identity of its own. */
  path: string;
  port: PortName | null;
  is: 'scanner' | 'scale';
  line: LineSettings;
  profile: ScannerProfile;
  language: LanguageName;
}

/** A row of the list: bound, to be bound, or a path still to be typed. */
export type Chosen = { is: 'bound'; row: BoundPeripheral } | { is: 'seen'; row: SeenLine } | { is: 'typed' };

const LINE: LineSettings = { baud: 9600, data_bits: 'eight', parity: 'none', hardware_flow: false };
const PROFILE: ScannerProfile = { ends: 'silence', idle_ms: 80, aim: false, no_read: null };

function languageOf(how: ScaleLanguage): LanguageName {
  if (how === 'sics_on_demand') return 'sics';
  return how.toledo_continuous.checksum ? 'toledo_sum' : 'toledo';
}

/** The form as it opens on a row. */
export function draftOf(chosen: Chosen, makers: MakerLine[]): Draft {
  const empty: Draft = { name: '', bench: '', path: '', port: null, is: 'scanner', line: { ...LINE }, profile: { ...PROFILE }, language: 'toledo' };
  if (chosen.is === 'typed') return empty;
  if (chosen.is === 'seen') {
    const maker = makers.find(({ name }) => name === chosen.row.maker);
    return { ...empty, port: chosen.row.port, ...(maker && { line: { ...maker.line }, profile: { ...maker.profile } }) };
  }
  const { name, bench, port, line, speaks } = chosen.row.peripheral;
  return {
    ...empty, name, bench: bench ?? '', port, line: { ...line }, is: speaks.is,
    ...(speaks.is === 'scanner' ? { profile: { ...speaks.how } } : { language: languageOf(speaks.how) }),
  };
}

/** The setting the form stands for; none while its port is not named. */
export function settingOf(draft: Draft): Peripheral | null {
  const port: PortName | null = draft.port ?? (draft.path.trim() === '' ? null : { path: draft.path.trim() });
  if (port === null || draft.name.trim() === '') return null;
  return {
    name: draft.name.trim(),
    bench: draft.bench === '' ? null : draft.bench,
    port,
    line: draft.line,
    speaks: draft.is === 'scanner' ? { is: 'scanner', how: draft.profile } : { is: 'scale', how: LANGUAGES[draft.language] },
  };
}
