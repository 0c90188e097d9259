import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ConfigError } from '../../pipeline/config/config-error.ts';
import { loadConfig } from '../../pipeline/config/load.ts';
import { MalformedFileError } from '../../registry-repo/errors.ts';
import { parseFile, printFile } from '../../registry-repo/file.ts';
import { parseTree } from '../../registry-repo/git-tree.ts';
import { Manifest } from '../../registry-repo/manifest.ts';
import { scanOnnx } from '../../registry-repo/onnx-scan/scan.ts';
import { Production } from '../../registry-repo/production.ts';
import { proveRowWise } from '../../registry-repo/row-wise/prove.ts';
import { readTokenizerFile } from '../../registry-repo/runtime/tokenizer-file.ts';
import { goldenBytes } from '../support/golden.ts';
import { CONTRACT, skilled } from '../support/models.ts';
import { root, temporaryFolder } from '../support/paths.ts';
import { type Draws, mutated } from './mutate.ts';

/** What came of one input. Anything thrown is a failure. */
export type Kind = (draws: Draws) => 'taken' | 'refused' | Promise<'taken' | 'refused'>;

/** Whether `work` takes the input or refuses it as it should; any other error is thrown on. */
function outcome(work: () => unknown, refuses: (error: unknown) => boolean): 'taken' | 'refused' {
  try {
    work();
    return 'taken';
  } catch (error) {
    if (refuses(error)) return 'refused';
    throw error;
  }
}

const graphs = [
  skilled(5).bytes,
  goldenBytes('tiny-bert', 'model.onnx'),
  goldenBytes('tiny-distilbert', 'model_quantized.onnx'),
];
const tokenizer = goldenBytes('tiny-bert', 'tokenizer.json');
const settingsFiles = ['pawl.yaml', 'pawl.github.yaml'].map((name) => readFileSync(join(root, 'pipeline/init', name)));
const tree = Buffer.concat(
  ['100644 gate.json', '40000 models', '120000 link', '160000 module'].map((entry, i) =>
    Buffer.concat([Buffer.from(`${entry}\0`), Buffer.alloc(20, i)]),
  ),
);
const production = Buffer.from(
  printFile({
    schema: 'pawl.production/1',
    model: 'sentiment',
    version: 1,
    manifest: `sha256:${'0'.repeat(64)}`,
    previous: null,
    promotion: '1v8k2m0p4qxa',
  }),
);
const settings = join(temporaryFolder(), 'pawl.yaml');

export const PURE: Readonly<Record<string, Kind>> = {
  graphs: (draws) => {
    const bytes = mutated(draws, draws.one(graphs));
    const findings = scanOnnx(bytes, CONTRACT);
    if (findings.length > 100) throw new Error(`${findings.length} findings`);
    const proof = proveRowWise(bytes);
    if (!proof.rowWise && /Cannot read|is not a function|undefined/.test(proof.why))
      throw new Error(`a mistake of ours: ${proof.why}`);
    return findings.every(({ kind }) => kind === 'passed' || kind === 'warned') ? 'taken' : 'refused';
  },
  tokenizers: (draws) =>
    outcome(
      () => readTokenizerFile(mutated(draws, tokenizer)),
      (error) => error instanceof RangeError && /^not a tokenizer|^a tokenizer/.test(error.message),
    ),
  settings: (draws) => {
    writeFileSync(settings, mutated(draws, draws.one(settingsFiles)));
    return outcome(
      () => loadConfig({ file: settings, folder: root, env: {}, flags: [] }),
      (error) => error instanceof ConfigError,
    );
  },
  trees: (draws) => {
    const entries = parseTree(mutated(draws, tree), 20, '');
    if (entries.length > 1000) throw new Error(`${entries.length} entries`);
    const schema = draws.one([Production, Manifest]);
    return outcome(
      () => parseFile(schema, 'file.json', mutated(draws, production)),
      (error) => error instanceof MalformedFileError,
    );
  },
};

const REQUESTS = [
  'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"text":"x"}',
  'POST /predict/batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"texts":["a"]} \r\n0\r\n\r\n',
  'GET /model HTTP/1.1\r\nHost: [::1]:7295\r\nAccept: */*\r\n\r\n',
  'POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Hub-Signature-256: sha256=00\r\nContent-Length: 2\r\n\r\n{}',
].map((text) => Buffer.from(text, 'latin1'));

/** Raw sockets to a server. Whatever they say, it must not answer that it made a mistake, and must end the connection. */
export const sockets =
  (port: number): Kind =>
  (draws) =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: false });
      let heard = '';
      socket.on('data', (chunk) => {
        heard += chunk.toString('latin1');
      });
      socket.on('error', () => {}); // the server may hang up on rubbish
      socket.on('close', () => {
        if (/^HTTP\/1\.1 500 /m.test(heard)) reject(new Error(`the server made a mistake: ${heard.slice(0, 300)}`));
        else resolve(heard.startsWith('HTTP/1.1 200 ') ? 'taken' : 'refused');
      });
      socket.end(mutated(draws, draws.one(REQUESTS)));
    });
