import * as z from 'zod';
import { ModelPolicy } from '../../registry-repo/policy.ts';
import { Name } from '../../registry-repo/values.ts';
import { ServerOptions } from '../../server/options.ts';
import { DATA_KINDS, DataOptions } from '../data/options.ts';
import { secretIn } from '../secret-in-address.ts';
import type { Trainer } from '../training/trainer.ts';
import { trainers } from '../training/trainers.ts';
import { webAddress } from '../web-address.ts';
import { addressProblem } from './address.ts';
import { settingsOf } from './settings.ts';

const Path = z.string().min(1).max(4000);
const RepositoryName = z.string().regex(/^[A-Za-z0-9][\w.-]{0,99}\/[\w.-]{1,100}$/, 'use owner/name');
/** A repository's URL. With credentials in it, `pawl config` would print them and every run would record them. */
const Address = Path.max(1000).superRefine((address, context) => {
  const message = addressProblem(address);
  if (message !== null) context.addIssue({ code: 'custom', message });
});
const LogRepository = Path.superRefine((address, context) => {
  const message = secretIn(address, 'set PAWL_SECRET_FORGE_TOKEN');
  if (message !== null) context.addIssue({ code: 'custom', message });
});

/** One branch for each trainer, so that each trainer's own settings are checked. */
const Training = z.discriminatedUnion('trainer', trainers.map(trainingWith) as [ReturnType<typeof trainingWith>]);

function trainingWith(trainer: Trainer) {
  return z.strictObject({
    trainer: z.literal(trainer.name).describe('How to train'),
    seed: z
      .int()
      .min(0)
      .max(0xffff_ffff)
      .default(1)
      .describe('With the same data and settings, the same seed gives the same bytes'),
    workers: z.int().min(0).max(256).default(0).describe('Threads to train with; 0 for one for each processor'),
    config: trainer.config.prefault({}) as z.ZodType<Record<string, unknown>, Record<string, unknown> | undefined>,
  });
}

/** What a new registry starts with. Afterwards only `gate.json` on its main branch counts. */
const InitialPolicy = z.strictObject({
  average: ModelPolicy.shape.average
    .nullable()
    .default(null)
    .describe('Mean over the labels: macro (also if null) or weighted; binary is F1 of policy.positive alone'),
  positive: z
    .string()
    .min(1)
    .max(200)
    .nullable()
    .default(null)
    .describe('Label whose F1 counts, for example `fraud`; null takes macro F1, the mean over all labels'),
  minimum: z.number().min(0).max(1).default(0.85).describe('Minimum F1 of a first version'),
  margin: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('How much higher than the baseline’s the F1 of later versions must be'),
  merge: z
    .enum(['auto', 'after-approval'])
    .default('auto')
    .describe('Whether a pass merges immediately, or waits for a person to approve the commit that was judged'),
  modelMegabytes: z.int().min(1).max(2000).default(500).describe('Max size of a model'),
  treeMegabytes: z
    .number()
    .min(0)
    .max(90)
    .default(10)
    .describe('Files above this size stay in the artifact store, out of the git tree'),
  scoreSeconds: z.int().min(1).max(86_400).default(1800).describe('Max time for one scoring of candidate and baseline'),
  scoreMegabytes: z.int().min(128).max(1_000_000).default(4096).describe('Max memory for one scoring'),
  minimumRows: z.int().min(1).default(100).describe('Minimum number of evaluation rows'),
  minimumRowsPerLabel: z.int().min(1).default(10).describe('Minimum number of evaluation rows of each label'),
  leakedShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe('Max share of evaluation rows that may be among the training rows'),
});

/** The memory and niceness of a process that runs a model. For the gate's processes, the registry's rules decide. */
const Models = z.strictObject({
  megabytes: z
    .int()
    .min(128)
    .max(1_000_000)
    .nullable()
    .default(null)
    .describe('Max memory for one process that runs a model; null takes policy.scoreMegabytes'),
  seconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(1800)
    .describe('Max time to load a model, and to answer 512 texts, in commands; a server has limits of its own'),
  niceness: z
    .int()
    .min(0)
    .max(19)
    .default(0)
    .describe('Niceness of a process that runs a model: higher values give priority to other programs'),
  sandbox: z
    .enum(['auto', 'none'])
    .default('auto')
    .describe(
      'Whether a process that runs a model is put into bubblewrap: auto does so if it works; none is for systems whose libraries bubblewrap hides',
    ),
});

/**
 * All settings: from `pawl.yaml`, `PAWL_…` variables and flags, in that order. Paths are relative to the file's folder.
 */
export const Config = z.strictObject({
  model: Name.default('sentiment').describe('Name of the model to train and serve'),
  data: DataOptions.prefault({ kind: 'sample' }).describe('Where labelled texts come from'),
  training: Training.prefault({ trainer: 'nbsvm', config: {} }),
  events: z
    .strictObject({
      store: z
        .enum(['sqlite', 'git'])
        .default('sqlite')
        .describe(
          'Where the event log is kept: a local file, or a branch of a git repository for machines that are deleted after use',
        ),
      path: Path.default('.pawl/events.db').describe('The log’s file; with a git store, a copy that may be deleted'),
      repository: LogRepository.nullable()
        .default(null)
        .describe('Git store: path or URL of its repository; null takes the registry’s'),
      branch: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]*(?:\/[a-z0-9][a-z0-9-]*)*$/)
        .max(200)
        .default('pawl/log')
        .describe('Git store: the branch that holds the log'),
      views: Path.default('.pawl/views.db').describe('File with tables computed from the log; may be deleted'),
    })
    .prefault({}),
  artifacts: z
    .strictObject({
      store: z
        .enum(['local', 's3', 'github-releases'])
        .default('local')
        .describe('Where models and data sets are kept: a folder, a bucket, or the releases of a repository'),
      repository: RepositoryName.nullable()
        .default(null)
        .describe('github-releases: the repository, as owner/name; null takes the registry’s'),
      path: Path.default('.pawl/artifacts').describe(
        'The store’s folder; with another store, copies that may be deleted',
      ),
      s3: z
        .strictObject({
          bucket: z.string().min(3).max(255).nullable().default(null).describe('Bucket'),
          prefix: z.string().max(500).default('pawl').describe('Folder in the bucket'),
          endpoint: webAddress('set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY')
            .nullable()
            .default(null)
            .describe('Address of an S3-compatible server; null for AWS'),
          region: z.string().min(1).max(100).default('us-east-1').describe('Region'),
          pathStyle: z.boolean().default(true).describe('Bucket name in the path and not in the host name'),
        })
        .prefault({}),
      graceDays: z
        .number()
        .min(0)
        .max(3650)
        .default(14)
        .describe('How long `pawl artifacts gc` keeps bytes that nothing refers to'),
    })
    .prefault({}),
  registry: z
    .strictObject({
      forge: z
        .enum(['local', 'github', 'gitea'])
        .default('local')
        .describe('Host of the registry and its pull requests; `gitea` is also for Forgejo'),
      path: Path.default('.pawl/registry.git').describe(
        'The registry’s bare repository; with another forge, a mirror of it',
      ),
      repository: RepositoryName.nullable().default(null).describe('The registry on its forge, as owner/name'),
      api: webAddress('set PAWL_SECRET_FORGE_TOKEN, or registry.app.id and PAWL_SECRET_APP_KEY')
        .nullable()
        .default(null)
        .describe('Address of the forge’s API; null for https://api.github.com. Gitea and Forgejo need theirs'),
      app: z
        .strictObject({
          id: z
            .int()
            .min(1)
            .nullable()
            .default(null)
            .describe('Id of the GitHub App that Pawl acts as; null for a token'),
          installation: z.int().min(1).nullable().default(null).describe('Installation of that App; null looks it up'),
        })
        .prefault({}),
      gateApp: z
        .int()
        .min(1)
        .nullable()
        .default(null)
        .describe(
          'The GitHub App that the gate acts as: only its status counts; with null, the status of every account with write access counts',
        ),
      gateAccount: z
        .string()
        .regex(/^[A-Za-z0-9][\w.-]{0,99}$/, 'use a user name')
        .nullable()
        .default(null)
        .describe(
          'The account on Gitea or Forgejo that the gate acts as: only it may push to main; null takes the account of the token',
        ),
      gate: z
        .enum(['here', 'workflow', 'watch'])
        .nullable()
        .default(null)
        .describe(
          'Where the gate judges and merges: here, in the registry’s own workflow, or on another machine that runs `pawl gate watch`; null takes workflow on GitHub, otherwise here',
        ),
      gateMinutes: z.number().min(0.01).max(1440).default(60).describe('Max time to wait for a workflow’s verdict'),
      action: z
        .string()
        .regex(/^[\w.-]+\/[\w.-]+@[0-9a-f]{40}$/, 'use owner/pawl@ and the 40 hex digits of a commit')
        .nullable()
        .default(null)
        .describe('Where workflows get Pawl: the repository and commit of its action'),
      evaluation: Name.nullable().default(null).describe('Name of the pinned evaluation set; null takes <model>-test'),
      author: z
        .strictObject({
          name: z.string().min(1).max(200).default('Pawl').describe('Author name of commits to the registry'),
          email: z
            .string()
            .min(3)
            .max(200)
            .default('pawl@localhost')
            .describe('Author address of commits to the registry'),
        })
        .prefault({}),
    })
    .prefault({}),
  policy: InitialPolicy.prefault({}),
  keys: z
    .strictObject({
      path: Path.default('.pawl/keys').describe(
        'Folder with the private keys of gate and log, and with the public keys to trust',
      ),
      trusted: z
        .string()
        .max(100_000)
        .nullable()
        .default(null)
        .describe('More public keys to trust, for machines that are deleted after use: a *.pub.json file, or a list'),
    })
    .prefault({}),
  cache: z
    .strictObject({ path: Path.default('.pawl/cache').describe('Folder for downloads; may be deleted') })
    .prefault({}),
  hub: z
    .strictObject({
      endpoint: webAddress('download what is not for everyone by hand, and give its folder')
        .default('https://huggingface.co')
        .describe('Where pretrained models are downloaded from: the Hugging Face hub or a mirror of it'),
      offline: z.boolean().default(false).describe('Take pretrained models only from the cache'),
    })
    .prefault({}),
  watch: z
    .strictObject({
      repository: Address.nullable()
        .default(null)
        .describe('Training repository whose pushes start runs: a path, or an https URL without credentials'),
      branch: z.string().min(1).max(300).default('main').describe('Branch to follow'),
      paths: z
        .array(z.string().min(1).max(500))
        .default([])
        .describe('Only commits that change these paths; empty for all commits'),
      everySeconds: z.number().min(0.1).max(86_400).default(5).describe('How often to check for new commits'),
      promote: z.boolean().default(true).describe('Whether to propose the candidate of a run for promotion'),
      models: z.array(Name).default([]).describe('Models that a commit may name, in addition to `model`'),
      trainers: z
        .array(z.enum(trainers.map((t) => t.name)))
        .default(trainers.map((t) => t.name).filter((name) => name !== 'command'))
        .describe('Trainers that a commit may name; `command` needs `watch.commands` in any case'),
      kinds: z
        .array(z.enum(DATA_KINDS))
        .default([...DATA_KINDS])
        .describe('Kinds of data that a commit may name'),
      addresses: z
        .array(webAddress('download the file by hand, and set data.path to it'))
        .default([])
        .describe('Addresses that a commit may fetch data from (`data.url`), in addition to the published one'),
      pretrained: z
        .array(z.string().min(1).max(1000))
        .default([])
        .describe(
          'Pretrained models that a commit may download from the hub, in addition to the default of each trainer',
        ),
      commands: z
        .array(z.array(z.string().min(1).max(4000)).min(1))
        .default([])
        .describe('Programs with all their arguments that a commit may run: a list of lists'),
      environment: z
        .array(z.string().min(1).max(200))
        .default([])
        .describe('Variables that a commit may pass to its program (`training.config.environment`)'),
      allowCommands: z
        .boolean()
        .default(false)
        .describe('Let a commit run any program: everyone who may push there can then run programs here'),
      limits: z
        .strictObject({
          entries: z
            .int()
            .min(1)
            .max(10_000_000)
            .default(100_000)
            .describe('Max number of files and folders of a commit'),
          megabytes: z.int().min(1).max(2000).default(500).describe('Max total size of the files of a commit'),
          depth: z.int().min(1).max(200).default(32).describe('Max depth of folders of a commit'),
        })
        .prefault({}),
    })
    .prefault({}),
  models: Models.prefault({}),
  server: ServerOptions.prefault({}),
});
export type Config = z.infer<typeof Config>;

/** Every setting with its path, variable, default and description. */
export const settings = settingsOf(Config);
