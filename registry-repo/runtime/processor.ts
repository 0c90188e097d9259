/**
 * How a processor adds products of unsigned and signed bytes. `exact`: in 32 bits. `overflow`: pairs of them in 16
 * bits, which is too little for bytes beyond ±64. `unknown`: it could not be found out.
 */
export type ByteSums = 'exact' | 'overflow' | 'unknown';

/** What ONNX Runtime computes with here. */
export type Processor = {
  readonly architecture: string;
  /** The instruction sets that change how products of bytes are computed, by their usual names. */
  readonly abilities: readonly string[];
  readonly byteSums: ByteSums;
  /** Whether the processor is pretended, by {@link PRETENDED}. */
  readonly pretended: boolean;
};

/** The variable that names a processor to pretend: `vnni`, `avx2` or `unknown`. For tests of the guards. */
export const PRETENDED = 'PAWL_TEST_PROCESSOR';

/** What the operating system tells about the processor. Flags are Linux's names; null where they could not be read. */
export type ProcessorFacts = {
  readonly architecture: string;
  readonly flags: ReadonlySet<string> | null;
};

const ABILITIES: readonly (readonly [name: string, flags: readonly string[]])[] = [
  ['AVX2', ['avx2']],
  ['AVX-512', ['avx512f']],
  ['VNNI', ['avx512_vnni', 'avx_vnni']],
  ['AMX', ['amx_int8']],
  ['dot product', ['asimddp']],
  ['int8 matrix product', ['i8mm']],
];

/** Instructions of x86 that multiply four pairs of bytes and add them in 32 bits. */
const EXACT: ReadonlySet<string> = new Set(['VNNI', 'AMX']);

/** @param pretended the variable's value */
export function processorOf({ architecture, flags }: ProcessorFacts, pretended?: string): Processor {
  if (pretended === 'vnni') return { architecture, abilities: ['AVX2', 'VNNI'], byteSums: 'exact', pretended: true };
  if (pretended === 'avx2') return { architecture, abilities: ['AVX2'], byteSums: 'overflow', pretended: true };
  if (pretended === 'unknown') return { architecture, abilities: [], byteSums: 'unknown', pretended: true };
  const abilities = ABILITIES.filter(([, names]) => names.some((name) => flags?.has(name))).map(([name]) => name);
  return { architecture, abilities, byteSums: sums(architecture, flags, abilities), pretended: false };
}

function sums(architecture: string, flags: ProcessorFacts['flags'], abilities: readonly string[]): ByteSums {
  // ONNX Runtime widens to 16 bits before it adds on ARM without dot products, and adds in 32 bits with them.
  if (architecture === 'arm64') return 'exact';
  if (architecture !== 'x64' || flags === null) return 'unknown';
  return abilities.some((name) => EXACT.has(name)) ? 'exact' : 'overflow';
}

/** The flags of the first processor in Linux's /proc/cpuinfo: `flags` on x86, `Features` on ARM; null if it lists none. */
export function flagsOfCpuinfo(text: string): ReadonlySet<string> | null {
  const line = /^(?:flags|Features)\s*:[ \t]*(.+)$/m.exec(text)?.[1];
  return line === undefined ? null : new Set(line.trim().split(/\s+/));
}

/** The same from `sysctl -n machdep.cpu.features machdep.cpu.leaf7_features` of an Intel Mac; null if it lists none. */
export function flagsOfSysctl(text: string): ReadonlySet<string> | null {
  const names = text.toLowerCase().split(/\s+/).filter(Boolean);
  return names.length === 0 ? null : new Set(names.map((name) => (name === 'avx512vnni' ? 'avx512_vnni' : name)));
}

/** One line for people: `x64 with AVX2, VNNI`. */
export function describeProcessor({ architecture, abilities, byteSums, pretended }: Processor): string {
  const known = abilities.length > 0 ? ` with ${abilities.join(', ')}` : '';
  const lacks = byteSums === 'overflow' ? ', without VNNI' : byteSums === 'unknown' ? ', abilities unknown' : '';
  return `${architecture}${known}${lacks}${pretended ? ` (pretended by ${PRETENDED})` : ''}`;
}
