import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

// A program that "trains": `train-elsewhere.js MODE FOLDER` leaves a tiny transformer that is there already.

const [mode = '', from = ''] = process.argv.slice(2);
const job = JSON.parse(readFileSync(process.env.PAWL_JOB as string, 'utf8'));
const say = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`);
const rows = readFileSync(job.train, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line));

say({ progress: 'learning', done: 1, of: 2 });
say({ metric: 'rows', value: rows.length, step: 0 });
say({
  epoch: 1,
  of: 1,
  metrics: { loss: 0.5, secrets: Object.keys(process.env).filter((k) => /SECRET/.test(k)).length },
});
process.stdout.write('chatter, and {"half": \n');
if (mode === 'hang') {
  process.on('SIGTERM', () => {});
  setInterval(() => {}, 1000);
} else if (mode === 'crash') {
  process.stderr.write('Traceback: out of chalk\n');
  process.exitCode = 3;
} else {
  copyFileSync(join(from, mode === 'garbage' ? 'config.json' : 'model.onnx'), join(job.out, 'model.onnx'));
  copyFileSync(join(from, 'tokenizer.json'), join(job.out, 'tokenizer.json'));
  if (mode !== 'forget')
    writeFileSync(join(job.out, 'result.json'), JSON.stringify({ maxLength: mode === 'wrong' ? 1 : 64 }));
}
