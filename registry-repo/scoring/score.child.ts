import { runChild } from './child-main.ts';

await runChild(async () => {
  const [{ loadRuntime }, { runtimeVersion }] = await Promise.all([
    import('../runtime/load.ts'),
    import('../runtime/session.ts'),
  ]);
  return { load: loadRuntime, version: runtimeVersion() };
});
