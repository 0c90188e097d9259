/**
 * The words of a command line, with `--config` told apart. It names settings; but if a `.json` follows it after
 * `import`, it is the model's own configuration, as transformers' users write it.
 */
export function respelt(words: readonly string[]): string[] {
  const verb = words.indexOf('import');
  return words.map((word, i) => {
    if (verb < 0 || i < verb) return word;
    const given = word === '--config' ? words[i + 1] : /^--config=(.*)$/s.exec(word)?.[1];
    return given?.endsWith('.json') ? word.replace('--config', '--model-config') : word;
  });
}
