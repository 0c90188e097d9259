import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../registry-repo/temporary.ts';

// Makes a temporary folder with something in it, says where, and goes on for ever: node temporary-and-hang.js FOLDER

const folder = await temporaryFolder(process.argv[2] as string, 'gate');
writeFileSync(join(folder, 'model.onnx'), 'x');
console.log(folder);
setInterval(() => {}, 60_000);
