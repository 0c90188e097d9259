import { spawn } from 'node:child_process';
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
if (mode === 'rubbish') {
  say({ epoch: 1, of: 1, seconds: 1e308 });
  process.stdout.write('{"metric":"half \\ud83d","value":1}\n');
  process.stdout.write(Buffer.from([0x7b, 0xff, 0xfe, 0x0a]));
  process.stdout.write('{'.repeat(3e6)); // a line that does not end
  process.stderr.write('x\u{1f600}'.repeat(3e6));
}
if (mode === 'leave') spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }).unref();
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
