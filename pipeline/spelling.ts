/**
 * The words of a command line, with one that has two meanings told apart: `--config` names settings, but a `.json` that follows
 * `import` is the model's own configuration, as people who know transformers write it.
 */
export function respelt(words: readonly string[]): string[] {
  const verb = words.indexOf('import');
  return words.map((word, i) => {
    if (verb < 0 || i < verb) return word;
    const given = word === '--config' ? words[i + 1] : /^--config=(.*)$/s.exec(word)?.[1];
    return given?.endsWith('.json') ? word.replace('--config', '--model-config') : word;
  });
}
