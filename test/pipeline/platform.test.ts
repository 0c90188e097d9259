import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Libc, libcOf, type Machine, thisMachine, unsupported } from '../../pipeline/platform.ts';
import { pawl } from '../support/cli.ts';
import { temporaryFolder } from '../support/paths.ts';

const platforms = suite('platforms');
const machine = (platform: string, arch: string, libc: Libc = { kind: 'unknown' }): Machine => ({
  platform,
  arch,
  libc: () => libc,
});
const glibc = (version: string): Libc => ({ kind: 'glibc', version });

const FINE = [
  machine('linux', 'x64', glibc('2.29')),
  machine('linux', 'arm64', glibc('2.36')),
  machine('linux', 'x64', glibc('3.0')),
  machine('linux', 'x64'),
  machine('darwin', 'arm64'),
  thisMachine(),
];
const NOT: readonly (readonly [Machine, RegExp])[] = [
  [machine('linux', 'x64', glibc('2.28')), /glibc 2\.28/],
  [machine('linux', 'arm64', glibc('2.9')), /glibc 2\.9/],
  [machine('linux', 'x64', { kind: 'musl' }), /musl \(Alpine\)/],
  [machine('linux', 'ia32', glibc('2.36')), /linux ia32/],
  [machine('darwin', 'x64'), /x64 processors/],
  [machine('win32', 'x64'), /WSL 2/],
  [machine('freebsd', 'x64'), /freebsd x64/],
];

platforms('those that Pawl runs on are told nothing', () => {
  for (const fine of FINE) assert.is(unsupported(fine), null);
});

platforms('every other is told in one sentence what it is and where Pawl runs', () => {
  for (const [other, why] of NOT) {
    const said = unsupported(other) as string;
    assert.match(said, why);
    assert.match(said, /^Pawl runs on Linux[^\n]*\.$/);
  }
});

platforms('what `ldd` says is enough where it is good news; bad news is asked again', () => {
  let asked = 0;
  const report = (): Libc => {
    asked++;
    return { kind: 'musl' };
  };
  const by = (ldd: () => string) => libcOf({ ldd, report });
  assert.equal(
    by(() => 'echo "ldd (Debian GLIBC 2.36-9+deb12u10) 2.36"'),
    glibc('2.36'),
  );
  assert.equal(
    by(() => 'echo $"ldd (GNU libc) 2.34"'),
    glibc('2.34'),
  );
  assert.is(asked, 0);
  const gone = () => {
    throw new Error('ENOENT');
  };
  for (const ldd of [gone, () => 'exec /lib/ld-musl-x86_64.so.1 --list "$@"', () => 'ldd (GNU libc) 2.28'])
    assert.equal(by(ldd), { kind: 'musl' });
  assert.is(asked, 3);
});

platforms('the command line says it and ends, before anything native is loaded', async () => {
  const elsewhere = encodeURIComponent(
    'Object.defineProperty(process, "arch", { value: "riscv64" }); process.dlopen = () => { throw new Error("native"); };',
  );
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${elsewhere}` };
  const ran = await pawl(temporaryFolder(), ['--version'], { env });
  assert.equal([ran.code, ran.stdout], [3, '']);
  assert.is(
    ran.stderr,
    'Pawl runs on Linux (x64 or arm64, glibc 2.29 or newer) and on macOS (arm64), not on linux riscv64.\n',
  );
});

platforms.run();
