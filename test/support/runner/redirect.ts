/** A module hook: every import of uvu gets {@link ./tell.ts}, except in that file itself. */
export function resolve<Next>(
  specifier: string,
  context: { readonly parentURL?: string | undefined },
  next: (specifier: string, context: never) => Next,
): Next | { url: string; shortCircuit: true } {
  const tell = new URL('./tell.js', import.meta.url).href;
  return specifier === 'uvu' && context.parentURL !== tell
    ? { url: tell, shortCircuit: true }
    : next(specifier, context as never);
}
