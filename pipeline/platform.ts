import { readFileSync } from 'node:fs';

/** The C library that Node runs on; `unknown` if the system does not tell. */
export type Libc =
  | { readonly kind: 'glibc'; readonly version: string }
  | { readonly kind: 'musl' }
  | { readonly kind: 'unknown' };

export type Machine = { readonly platform: string; readonly arch: string; readonly libc: () => Libc };

/** What @photostructure/sqlite's binary needs; ONNX Runtime's needs 2.28. */
const LEAST_GLIBC = [2, 29] as const;

const WHERE = 'Pawl runs on Linux (x64 or arm64, glibc 2.29 or newer) and on macOS (arm64)';

/** One sentence for a user who starts Pawl where its native modules do not run; null where they do. */
export function unsupported({ platform, arch, libc }: Machine): string | null {
  if (platform === 'win32') return `${WHERE}, not on Windows itself: run it in WSL 2.`;
  if (platform === 'darwin')
    return arch === 'arm64' ? null : `${WHERE}: ONNX Runtime has no binary for Macs with ${arch} processors.`;
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) return `${WHERE}, not on ${platform} ${arch}.`;
  const found = libc();
  if (found.kind === 'musl')
    return `${WHERE}: ONNX Runtime has no binary for musl (Alpine), so take an image such as node:22-bookworm-slim.`;
  return found.kind === 'unknown' || isEnough(found.version)
    ? null
    : `${WHERE}: this system has glibc ${found.version}, so take a newer release of it.`;
}

function isEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > LEAST_GLIBC[0] || (major === LEAST_GLIBC[0] && minor >= LEAST_GLIBC[1]);
}

export const thisMachine = (): Machine => ({
  platform: process.platform,
  arch: process.arch,
  libc: () => libcOf({ ldd: () => readFileSync('/usr/bin/ldd', 'latin1'), report: libcByReport }),
});

/**
 * Node's own report is exact but takes milliseconds at every start. The script `ldd` gives the same answer at once. The
 * report is asked only if `ldd` is missing or speaks against this system.
 */
export function libcOf({ ldd, report }: { ldd: () => string; report: () => Libc }): Libc {
  try {
    const version = /GLIBC (\d+\.\d+)|\(GNU libc\) (\d+\.\d+)/.exec(ldd());
    const told = version?.[1] ?? version?.[2];
    if (told !== undefined && isEnough(told)) return { kind: 'glibc', version: told };
  } catch {
    // no such script
  }
  return report();
}

function libcByReport(): Libc {
  const { report } = process;
  if (!report) return { kind: 'unknown' };
  Object.assign(report, { excludeNetwork: true }); // otherwise it looks up the names of all addresses
  const { header } = report.getReport() as { header?: { glibcVersionRuntime?: string } };
  if (!header) return { kind: 'unknown' };
  const version = header.glibcVersionRuntime;
  return version === undefined ? { kind: 'musl' } : { kind: 'glibc', version };
}
