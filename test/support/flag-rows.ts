/**
 * What shows that a flag is not swallowed. Command lines are split at blanks; `$OLD` and `$NEW` are the runs of the prepared home,
 * `$SWEEP` is its sweep, `$CASE` the folder of the case, and `$SHARED` settings of a log and models that machines share.
 */
export type Row =
  /** Said or left behind with the flag, and not without it. */
  | (Command & { readonly kind: 'changes'; readonly added: string; readonly shows: RegExp; readonly hides?: true })
  /** Exit code 2, and the flag's name in the message. */
  | (Command & { readonly kind: 'refused'; readonly added: string })
  /** Another test shows it, which says so. */
  | { readonly kind: 'elsewhere'; readonly test: string; readonly says: string };

type Command = {
  readonly home: 'empty' | 'trained' | 'imported' | 'github' | 'gitea';
  /** The rest of the command line, without the flag. */
  readonly beside: string;
  /** A command whose answer shows the effect. */
  readonly asks?: string;
  /** Stops it, once said. */
  readonly until?: RegExp;
};

type Home = Command['home'];
type More = Partial<Pick<Command, 'asks' | 'until'>> & { readonly hides?: true };

const changesIn =
  (home: Home) =>
  (beside: string, added: string, shows: RegExp, more: More = {}): Row => ({
    ...{ kind: 'changes', home, beside, added, shows },
    ...more,
  });
const refusedIn =
  (home: Home) =>
  (beside: string, added: string): Row => ({ kind: 'refused', home, beside, added });
const elsewhere = (test: string, says: string): Row => ({ kind: 'elsewhere', test: `test/${test}`, says });

const changes = changesIn('trained');
const refused = refusedIn('trained');
const anew = changesIn('empty');
const refusedAnew = refusedIn('empty');

const RUNS = { asks: 'runs list --json' };
const STARTED = { asks: 'events list --type TrainingRunStarted --limit 1 --json' };
const SMALL = '--set data.kind=sample --set data.train=40 --set data.test=40';
/** What the prepared home was made with. */
const PREPARED = '--set data.kind=sample --set data.train=200 --set data.test=100';
const MISSING = '--data missing.csv';

/** Flags that say where data comes from: files that are not there are named. */
const data = (home: Home, beside = ''): Record<string, Row[]> => ({
  '--dataset': [changesIn(home)(`${beside} ${MISSING}`, '--dataset csv', /missing\.csv/)],
  '--data': [changesIn(home)(`${beside} --dataset csv`, MISSING, /missing\.csv/)],
});

const IMPORT = 'end-to-end/import.test.ts';
const imports = (flag: string): Row[] => [elsewhere(IMPORT, `'${flag}'`)];
const GOLDEN = '$GOLDEN/tiny-distilbert';
const FILES = `--onnx ${GOLDEN}/model.onnx --tokenizer ${GOLDEN}/tokenizer.json --labels neg,pos`;
const PEER = 'doubles/gitea/story.ts';
const onGitHub = changesIn('github');
const ACTION = `--action owner/pawl@${'b'.repeat(40)}`;
const CLUSTER = 'sweep.yaml $SHARED --executor kubernetes --image pawl:1';
/** An address of no machine: a server that would listen there ends with its name. */
const NOWHERE = '--set server.host=192.0.2.1';

/** For every verb with flags of its own, what shows each. */
export const flagRows: Readonly<Record<string, Readonly<Record<string, readonly Row[]>>>> = {
  up: { ...data('empty'), '--port': [changes(NOWHERE, '--port 8099', /8099/)] },
  init: {
    '--model': [anew('', '--model topics', /model: "?topics/)],
    '--forge': [anew('--repo a/b', '--forge gitea', /forge: gitea/)],
    '--repo': [anew('--forge gitea', '--repo a/b', /a\/b/), refusedAnew('', '--repo a/b')],
    '--action': [anew('--forge github --repo a/b', ACTION, /train\.yml/), refusedAnew('', ACTION)],
    '--dry-run': [anew('', '--dry-run', /written pawl\.yaml/, { hides: true })],
    '--force': [
      changes('--forge gitea --repo a/b', '--force', /written pawl\.yaml/),
      changes('--forge gitea --repo a/b --dry-run', '--force', /only --force/, { hides: true }),
    ],
  },
  train: {
    ...data('trained'),
    '--dataset': [...(data('trained')['--dataset'] ?? []), refused('--like $OLD', '--dataset sample')],
    '--data': [...(data('trained')['--data'] ?? []), refused('--like $OLD --dataset csv', '--data other.csv')],
    '--unlabelled': [
      anew(`--trainer nbsvm-dv ${SMALL}`, '--unlabelled missing.txt', /missing\.txt/),
      refused(SMALL, '--unlabelled missing.txt'),
      refused(`${SMALL} --trainer rnn`, '--unlabelled missing.txt'),
      refused(`${SMALL} --like $OLD`, '--unlabelled missing.txt'),
    ],
    '--model': [anew(SMALL, '--model topics', /"topics"/, RUNS), refused('--like $OLD', '--model topics')],
    '--trainer': [
      anew(SMALL, '--trainer nosuch', /nosuch|training\.trainer/),
      refused('--like $OLD', '--trainer nbsvm-dv'),
    ],
    '--seed': [anew(SMALL, '--seed 77', /"seed": 77/, STARTED), refused('--like $OLD', '--seed 2')],
    '--workers': [elsewhere('pipeline/training/nbsvm-dv/nbsvm-dv.test.ts', 'workers: 1')],
    '--backend': [
      elsewhere('end-to-end/transformer.test.ts', '--backend'),
      refused('', '--backend wasm'),
      refused('--like $OLD', '--backend wasm'),
    ],
    '--like': [changes(SMALL, '--like $OLD', /the same model bytes as run/)],
    '--trigger': [anew('', '--trigger push', /push_unknown/)],
  },
  sweep: {
    '--executor': [changes('sweep.yaml $SHARED', '--executor kubernetes', /give --image/)],
    '--out': [changes(CLUSTER, '--out cluster.yaml', /cluster\.yaml/), refused('sweep.yaml', '--out job.yaml')],
    '--image': [
      changes('sweep.yaml $SHARED --executor kubernetes', '--image pawl:1', /wrote sweep-job\.yaml/),
      refused('sweep.yaml', '--image pawl:1'),
      refused('sweep.yaml $SHARED --executor github', '--image pawl:1'),
    ],
    '--secret': [
      changes(CLUSTER, '--secret credentials-of-the-log', /credentials-of-the-log/),
      refused('sweep.yaml', '--secret x'),
      refused('sweep.yaml $SHARED --executor github', '--secret x'),
    ],
    '--volume': [
      changes(CLUSTER, '--volume reviews=data', /claimName: "?reviews/),
      refused('sweep.yaml', '--volume reviews=data'),
      refused('sweep.yaml $SHARED --executor github', '--volume reviews=data'),
    ],
    '--promote-best': [
      elsewhere('end-to-end/sweep.test.ts', '--promote-best'),
      refused(CLUSTER, '--promote-best'),
      refused('point sweep.yaml', '--promote-best'),
    ],
  },
  'sweep point': {
    '--index': [changes(`sweep.yaml ${PREPARED}`, '--index 1', /point 1 was run before/)],
    '--id': [changes('sweep.yaml --index 1', '--id 0123456789ab', /not 0123456789ab/)],
  },
  import: {
    ...data('empty', FILES),
    '--folder': [...imports('--folder'), refusedAnew(`${FILES} --model-config ${GOLDEN}/config.json`, '--folder x')],
    '--onnx': imports('--onnx'),
    '--tokenizer': imports('--tokenizer'),
    '--model-config': imports('--model-config'),
    '--labels': imports('--labels'),
    '--max-length': imports('--max-length'),
    '--trained-on-data': imports('--trained-on-data'),
    '--values': [anew(`${FILES} ${SMALL}`, '--values probabilities', /"values": "probabilities"/, STARTED)],
    '--model': [anew(`${FILES} ${SMALL}`, '--model topics', /"topics"/, RUNS)],
  },
  quantize: {
    '--keep-embeddings': [changesIn('imported')('$NEW', '--keep-embeddings', / and 0 embeddings/)],
    '--signed': [changesIn('imported')('$NEW', '--signed', /"weights": "signed"/, STARTED)],
    '--seven-bits': [
      changesIn('imported')('$NEW', '--seven-bits', /"weights": "seven-bits"/, STARTED),
      refusedIn('imported')('$NEW --signed', '--seven-bits'),
    ],
  },
  evaluate: {
    '--data': [changes('$OLD', MISSING, /missing\.csv/)],
    '--source': [elsewhere('pipeline/commands/evaluate.test.ts', '--source'), refused('$OLD', '--source shop')],
    '--slices': [elsewhere('pipeline/commands/evaluate.test.ts', '--slices')],
  },
  promote: { '--no-wait': [elsewhere(PEER, '--no-wait')] },
  'gate evaluate': {
    '--pr': [elsewhere(PEER, '--pr')],
    '--head': [elsewhere(PEER, '--head')],
    '--out': [elsewhere(PEER, '--out')],
  },
  'gate publish': {
    '--pr': [elsewhere(PEER, '--pr')],
    '--head': [elsewhere(PEER, '--head')],
    '--judgement': [elsewhere(PEER, '--judgement')],
  },
  'gate watch': { '--once': [elsewhere('pipeline/commands/gate-watch.test.ts', '--once')] },
  rollback: {
    '--to': [changes('--reason x', '--to 1', /v1 is in production already/)],
    '--reason': [changes('--to 1', '--reason x', /v1 is in production already/)],
    '--model': [changes('--to 1 --reason x', '--model topics', /v1 is in production/, { hides: true })],
    '--no-wait': [elsewhere('pipeline/promotion/lease.test.ts', 'waitMs')],
  },
  serve: {
    '--host': [changes('--port 0', '--host 192.0.2.1', /192\.0\.2\.1/, { until: /listening on/ })],
    '--port': [changes(NOWHERE, '--port 8099', /8099/)],
    '--instance': [changes('--port 0', '--instance blue', /blue/, { until: /v1 answers/ })],
    '--model': [changes('--port 0', '--model NO-NAME', /\(--model\)/, { until: /v1 answers/ })],
  },
  predict: { '--model': [changes('good', '--model topics', /topics/)] },
  watch: {
    '--repo': [elsewhere('end-to-end/push.test.ts', '--repo')],
    '--branch': [changes('--repo reviews.git --once', '--branch release', /release/)],
    '--once': [elsewhere('end-to-end/push.test.ts', '--once')],
  },
  'hook install': {
    '--repo': [changes('', '--repo reviews.git', /starts `pawl watch --once`/)],
    '--branch': [changes('--repo reviews.git', '--branch release', /every push to release/)],
  },
  baseline: { '--at': [changes('', '--at 1', /sha256:/, { hides: true })] },
  reconcile: { '--lost-log': [elsewhere('pipeline/past/lost-log.test.ts', '--lost-log'), refused('', '--lost-log')] },
  audit: {
    '--format': [changes('', '--format markdown', /^# /m), refused('--json', '--format markdown')],
    '--log': [changes('', '--log missing.db', /missing\.db/)],
    '--record': [changes('', '--record', /"AuditCompleted"/, { asks: 'events list --type AuditCompleted --json' })],
  },
  'runs list': {
    '--model': [changes('', '--model topics', /\$OLD/, { hides: true })],
    '--status': [changes('', '--status failed', /\$OLD/, { hides: true })],
    '--sort': [changes('--limit 1', '--sort f1', /\$NEW/, { hides: true })],
    '--limit': [changes('', '--limit 1', /more \(--limit\)/)],
  },
  'runs compare': {
    '--sweep': [changes('', '--sweep $SWEEP', /POINT/), refused('$OLD $NEW', '--sweep $SWEEP')],
    '--plot': [changes('--sweep $SWEEP', '--plot all.svg', /all\.svg/), refused('$OLD $NEW', '--plot all.svg')],
    '--scatter': [
      changes('--sweep $SWEEP --plot all.svg', '--scatter nosuch', /no varied setting nosuch/),
      refused('--sweep $SWEEP', '--scatter order'),
      refused('$OLD $NEW', '--scatter order'),
    ],
  },
  'runs end': {
    '--reason': [changes('1v8k2m0p4qxa', '--reason gone', /no run 1v8k2m0p4qxa/)],
    '--force': [elsewhere('pipeline/commands/runs-end.test.ts', '--force')],
  },
  'events list': {
    '--stream': [changes('', '--stream model-sentiment', /run-/, { hides: true })],
    '--type': [changes('', '--type PromotionMerged', /TrainingRunCompleted/, { hides: true })],
    '--after': [changes('--limit 1', '--after 0', /^ *1 /m)],
    '--limit': [changes('--type TrainingRunStarted', '--limit 1', /\$OLD/, { hides: true })],
  },
  'events export': {
    '--format': [changes('', '--format cloudevents', /"specversion"/)],
    '--output': [changes('', '--output log.jsonl', /log\.jsonl/)],
    '--after': [changes('', '--after 2', /"position":2,/, { hides: true })],
  },
  'registry init': {
    ...data('empty'),
    '--model': [anew(SMALL, '--model topics', /topics-test pinned/)],
    '--forge': [anew('', '--forge github', /registry\.repository|forge/)],
    '--repo': [
      onGitHub(`${ACTION} --dry-run`, '--repo org/other', /org\/other|"other"/),
      refusedAnew('', '--repo org/other'),
    ],
    '--action': [
      elsewhere('pipeline/commands/registry-configure.test.ts', "'--action'"),
      refusedAnew('', ACTION),
      refusedIn('gitea')('', ACTION),
    ],
    '--accept-without': [
      elsewhere('pipeline/registry-setup/github/limits.test.ts', '--accept-without'),
      refusedAnew('', '--accept-without forks'),
      refusedIn('gitea')('', '--accept-without forks'),
    ],
    '--gate-app': [
      onGitHub(`${ACTION} --dry-run`, '--gate-app 4711', /4711/),
      refusedAnew('', '--gate-app 4711'),
      refusedIn('gitea')('', '--gate-app 4711'),
    ],
    '--gate-account': [
      changesIn('gitea')('--dry-run', '--gate-account trusted-gate', /trusted-gate/),
      refusedAnew('', '--gate-account bob'),
      refusedIn('github')(ACTION, '--gate-account bob'),
    ],
    '--api': [
      onGitHub(`${ACTION} --dry-run`, '--api $API/elsewhere', /not there, or not shown/),
      refusedAnew('', '--api http://127.0.0.1:9'),
    ],
    '--owners': [
      onGitHub(`${ACTION} --dry-run`, '--owners @a', /"require_code_owner_review":true/),
      refusedAnew('', '--owners @a'),
    ],
    '--public': [onGitHub(`${ACTION} --dry-run`, '--public', /"private":false/), refusedAnew('', '--public')],
    '--dry-run': [anew(SMALL, '--dry-run', /would make/)],
  },
  'registry configure': {
    '--reason': [changes('--minimum 0.6', '--reason x', /main at/)],
    '--model': [
      changes(`--reason x ${SMALL}`, '--model topics', /topics-test/),
      refused('--reason x --identify', '--model topics'),
    ],
    '--dataset': [
      ...(data('trained', '--reason x --model topics')['--dataset'] ?? []),
      refused('--reason x --data other.csv', '--dataset csv'),
      refused('--reason x --identify', '--dataset sample'),
      refused('--reason x --revoke v1', '--dataset sample'),
    ],
    '--data': [
      ...(data('trained', '--reason x --model topics')['--data'] ?? []),
      refused('--reason x --dataset csv', '--data other.csv'),
    ],
    ...Object.fromEntries(
      ['--minimum 0.6', '--margin 0.01', '--average weighted', '--positive pos', '--merge after-approval'].map(
        (set) => [
          set.split(' ')[0] as string,
          [
            changes('--reason x', set, /main at/),
            refused('--reason x --identify', set),
            refused('--reason x --revoke v1', set),
          ],
        ],
      ),
    ),
    '--identify': [changes('--reason x', '--identify', /count for the registry/)],
    '--revoke': [changes('--reason x', '--revoke v1', /main at/), refused('--reason x --identify', '--revoke v1')],
  },
  'registry log': { '--limit': [changes('', '--limit 1', /initial|init/i, { hides: true })] },
  'registry accept-main': {
    '--reason': [changes('', '--reason x', /has settled on anything here/)],
    '--lift': [elsewhere('pipeline/commands/registry-accept-main.test.ts', '--lift')],
    '--instance': [changes('--reason x', '--instance blue', /no server blue/)],
    '--model': [changes('--reason x', '--model topics', /of topics has settled/)],
  },
  'artifacts gc': {
    '--dry-run': [changes('', '--dry-run', /would be removed/)],
    '--grace-days': [elsewhere('end-to-end/story.test.ts', '--grace-days')],
  },
  'backend install': {
    '--python': [
      anew('', '--python no-such-python', /no-such-python/),
      refusedAnew('--tensorflow nowhere', '--python python3'),
    ],
    '--tensorflow': [anew('--set training.workers=1', '--tensorflow nowhere', /nowhere/)],
    '--gpu': [elsewhere('pipeline/training/backends/install.slow.ts', 'gpu: true')],
  },
  doctor: { '--probe': [elsewhere('end-to-end/github-releases.slow.ts', '--probe'), refused('', '--probe')] },
};
