import { appendFileSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

// A program that "trains" a point of a sweep: `train-point.js FOLDER` leaves a tiny transformer that is there already. Its
// settings say which point it is, how much memory it takes, and files of this folder that it waits for or fails at.

const [from = ''] = process.argv.slice(2);
const job = JSON.parse(readFileSync(process.env.PAWL_JOB as string, 'utf8'));
const { name = 'a', megabytes = {}, waits = {}, fails = {} } = job.settings;
appendFileSync('started.txt', `${name}\n`);
const held = Buffer.alloc((megabytes[name] ?? 0) * 2 ** 20, 1);
while (waits[name] && !existsSync(waits[name])) await sleep(50);
if (fails[name] && existsSync(fails[name])) {
  process.stderr.write(`no luck with ${name}\n`);
  process.exitCode = 3;
} else if (held.length >= 0) {
  copyFileSync(join(from, 'model.onnx'), join(job.out, 'model.onnx'));
  copyFileSync(join(from, 'tokenizer.json'), join(job.out, 'tokenizer.json'));
  writeFileSync(join(job.out, 'result.json'), JSON.stringify({ maxLength: 64 }));
}
