import type { Explained } from './explained.ts';

/** A part of the error codes that belong together, as `docs/reference/errors.md` shows it. */
export type Part = { readonly title: string; readonly rows: readonly Explained[] };

/** Every error code with what it means and what to do. A test compares it with the codes of the source. */
export const errors: readonly Part[] = [
  {
    title: 'What you typed or configured',
    rows: [
      {
        codes: ['usage'],
        meaning: 'The words on the command line do not fit',
        advice: 'The message says what to type',
      },
      {
        codes: ['config_invalid'],
        meaning: 'Settings are wrong; all problems are listed, with file and line',
        advice: 'Mend each; `pawl config` shows what counts',
      },
      {
        codes: ['not_found'],
        meaning: 'No run, version, event, model or HTTP path has this name',
        advice: 'Take a suggestion, or list what there is',
      },
      {
        codes: ['unknown_moment'],
        meaning: '`--at` names an event or position that the log does not have',
        advice: '`pawl events list`',
      },
      {
        codes: ['not_promotable'],
        meaning: 'Nothing to promote or roll back to, or `gate.json` has no rules for the model',
        advice: 'The message says what can be',
      },
      {
        codes: ['registry_exists'],
        meaning: '`registry.path` is taken by something that is no registry',
        advice: 'Set another path, or remove it',
      },
      {
        codes: ['registry_gone'],
        meaning: 'The log knows a registry, but there is none at `registry.path`',
        advice: 'Restore it from a clone or a backup; it is never replaced by an empty one',
      },
      {
        codes: ['files_differ'],
        meaning: '`pawl init` found files that say something else; nothing was written',
        advice: '`--dry-run` shows what it would write; `--force` replaces',
      },
      {
        codes: ['hook_exists'],
        meaning: 'The repository has a `post-receive` hook of its own',
        advice: 'Add `pawl watch --once` to it by hand',
      },
      {
        codes: ['hook_elsewhere'],
        meaning: 'Git takes the hooks of the repository from a folder that others may share; nothing was written',
        advice: 'Call `pawl watch --once` there by hand, or `git config core.hooksPath hooks` in a bare repository',
      },
      {
        codes: ['repository_unreadable'],
        meaning: 'The training repository, or its branch, cannot be read or fetched',
        advice:
          'Check `--repo` and `--branch`; for a private URL the App of `registry.app.id`, which must be installed there, or `PAWL_SECRET_FORGE_TOKEN`',
      },
      {
        codes: ['commit_refused'],
        meaning:
          'A commit of the training repository asks for what the one who watches does not allow; nothing of it ran',
        advice: 'The message names the setting under `watch` to change, or what to change in the commit',
      },
      {
        codes: ['cannot_listen'],
        meaning: "The server's port is taken or not allowed",
        advice: '`--port`, or end the other process',
      },
      {
        codes: ['memory_too_small'],
        meaning:
          "Node's heap or the process's addresses (`ulimit -v`) are bounded to less than the command needs at the least; nothing was begun",
        advice: 'Lift that bound; bound memory by a container or cgroup',
      },
    ],
  },
  {
    title: 'Data and downloads',
    rows: [
      {
        codes: ['data_invalid'],
        meaning: 'Rows cannot be used; the first problems are listed with their lines. Nothing was written',
        advice: 'Mend the lines, or set `data.text`, `data.label`',
      },
      {
        codes: ['import_refused'],
        meaning: 'A model from elsewhere cannot become a candidate; nothing was recorded',
        advice: 'The message names everything that is in the way: export it anew, or give `--labels`, `--tokenizer`',
      },
      {
        codes: ['invalid_slices'],
        meaning: 'The file of `--slices` is not a list of named word lists',
        advice: 'Write it as the message shows',
      },
      {
        codes: ['unknown_label'],
        meaning: '`pawl evaluate` got rows with labels that the model does not know',
        advice: 'Leave those rows out, or train on them',
      },
      {
        codes: ['download_failed'],
        meaning: 'The archive could not be fetched, or is not the original',
        advice: 'Try again: it continues. Or give `--data FILE`',
      },
      {
        codes: ['backend_unavailable'],
        meaning: 'What computes for training cannot be opened or installed; the message says what is missing',
        advice: '`pawl backend list`; install what it names, or choose another with `--backend`',
      },
      {
        codes: ['weights_invalid'],
        meaning: 'A pretrained model cannot be used; every file, tensor or setting in the way is named',
        advice: 'Give a Hugging Face folder of BERT or DistilBERT with `model.safetensors`',
      },
      {
        codes: ['model_too_large'],
        meaning: "A model's parameters do not fit into one ONNX file, which ends before 2 GiB",
        advice: 'Take a smaller encoder, or one with fewer subwords',
      },
      {
        codes: ['not_onnx'],
        meaning: '`pawl model show` got a file that is no ONNX model; the message says where reading ended',
        advice: 'Give an ONNX file, a run or a version',
      },
      {
        codes: ['no_validation_rows'],
        meaning:
          '`training.config.validationShare` holds out no rows of two labels, so there is nothing to choose the best epoch by',
        advice: 'Give more rows, raise the share, or set it to 0 to keep the last epoch',
      },
      {
        codes: ['too_few_rows_held_out'],
        meaning:
          '`distilbert` is to weigh n-grams against the transformer, and fewer than 30 rows, or not some of each label, are held out for that',
        advice: 'Raise `training.config.validationShare`, or set `training.config.ngrams` to false',
      },
      {
        codes: ['processor_lacks_vnni'],
        meaning:
          'The model would answer wrongly on this processor, whatever the runtime does, and rightly on one with VNNI; `pawl doctor` names what this one has',
        advice: 'Import the float model and `pawl quantize` it, or take another machine',
      },
      {
        codes: ['nothing_to_quantise'],
        meaning: '`pawl quantize` got a graph without matrix products of constant weights; linear models have none',
        advice: 'Nothing: it is small already',
      },
      {
        codes: ['sweep_invalid'],
        meaning: 'A sweep cannot be run as it is written; nothing was started',
        advice: 'The message names every point and setting that is in the way',
      },
      {
        codes: ['trainer_command_failed'],
        meaning: 'The program of the trainer `command` failed, took too long or left no model; its last words follow',
        advice:
          'Mend the program; the contract is under [Train with a program of your own](../guides/training.md#train-with-a-program-of-your-own)',
      },
    ],
  },
  {
    title: 'Event log',
    rows: [
      {
        codes: ['store_unavailable'],
        meaning:
          "The log's file cannot be opened, read or written, or a newer Pawl wrote it; with `events.store: git`, the repository cannot be reached or takes no push",
        advice: 'Check `events.path`, disk and permissions; `events.repository` and `PAWL_SECRET_FORGE_TOKEN`',
      },
      {
        codes: ['log_branch_broken'],
        meaning:
          'The branch that is the log was rewound, merged or edited, or is not the one of the local copy; nothing was taken over',
        advice: 'Find out who pushed it; put the branch back to the commit that the message names',
      },
      { codes: ['stream_conflict'], meaning: 'Another process wrote first', advice: 'Run the command again' },
      {
        codes: ['unreadable_event'],
        meaning: 'Stored bytes are no event that this version knows',
        advice: 'Update Pawl; else `pawl audit` says what changed',
      },
      {
        codes: ['view_newer'],
        meaning: 'A newer Pawl has rebuilt the views',
        advice: 'Update Pawl, or delete the file at `events.views`',
      },
      {
        codes: ['views_busy'],
        meaning: 'Other processes replaced the views each time that this one had read the log',
        advice: 'Try again when they are through',
      },
      {
        codes: ['invalid_checkpoint'],
        meaning: 'A checkpoint is malformed or not signed by the expected key',
        advice: '`pawl audit`',
      },
      {
        codes: ['invalid_append', 'invalid_event', 'partial_retry'],
        meaning: 'Pawl tried to write something wrong; nothing was written',
        advice: 'A bug: report it',
      },
    ],
  },
  {
    title: 'Registry and keys',
    rows: [
      {
        codes: ['key_unusable', 'malformed_key'],
        meaning: 'A key is missing or is no key',
        advice: '`pawl registry init`, or copy it from the machine that made the registry',
      },
      {
        codes: ['git_unusable'],
        meaning: 'git is missing, older than 2.38, or cannot be started; nothing was begun',
        advice: '[Installation](../guides/installation.md) says which systems come with it',
      },
      {
        codes: ['git_folder_refused'],
        meaning:
          'a repository’s folder belongs to another user, takes objects from other folders, or (a mirror or the log’s copy) has settings that neither git nor Pawl wrote; nothing in it was read or run',
        advice:
          'Do what the message says, if you trust the owner: `git config --global --add safe.directory FOLDER`, `git repack -a -d` without the alternates, or `git config --unset-all` of that setting',
      },
      {
        codes: ['git_failed'],
        meaning: 'git failed, or was stopped',
        advice: "Is the path a repository? The message has git's own words",
      },
      {
        codes: ['merge_unfaithful'],
        meaning: 'The forge merged something else than was judged',
        advice: '`pawl audit`, then `pawl rollback --reason "…"`',
      },
      {
        codes: ['push_unknown'],
        meaning: '`--trigger push` outside a job of GitHub Actions and outside a checkout',
        advice: 'Leave it out, or run it there',
      },
      {
        codes: ['forge_failed'],
        meaning: 'No such pull request, or the forge refused or cannot be reached',
        advice: '`pawl registry status`',
      },
      {
        codes: ['gate_unfit'],
        meaning: 'The folder that models are scored in is missing, full or not ours; nothing was proposed',
        advice: 'Set `TMPDIR` to a folder with room',
      },
      { codes: ['score_engine'], meaning: 'What runs models could not be started', advice: '`pawl doctor`, `npm ci`' },
      {
        codes: ['gate_timeout'],
        meaning:
          "The registry's own gate has not answered in time, or another process is still at the model; the promotion stays open",
        advice: "Look at the registry's workflow runs, or at the process that the message names, then `pawl reconcile`",
      },
      {
        codes: ['ref_locked'],
        meaning: 'Another git holds a lock in the repository, or was killed while it held one; nothing was moved',
        advice:
          'Try again in a minute: a lock that no git process holds is removed once it is 60 s old. `pawl doctor` lists locks',
      },
      {
        codes: ['output_failed'],
        meaning: 'A file that you named cannot be written; the message says why. What was there is as it was',
        advice: 'Make the folder, make room, or name another file',
      },
      {
        codes: ['lock_held'],
        meaning: 'Another process of Pawl has been at the same for a minute; the message names it. Nothing was done',
        advice: 'Wait for it or end it, and try again: the lock of a process that is gone is taken over by itself',
      },
      {
        codes: ['contended'],
        meaning: 'Other processes changed the same each time that this one had decided; what is open stays open',
        advice: '`pawl events list` shows what they do; then `pawl reconcile`',
      },
      {
        codes: ['ref_moved', 'merge_refused'],
        meaning: 'Somebody else moved the branch or main first; nothing was merged',
        advice: '`pawl reconcile`',
      },
      {
        codes: ['nothing_in_production'],
        meaning: 'No version of the model is in production',
        advice: '`pawl promote`',
      },
      {
        codes: ['file_missing', 'malformed_file', 'forbidden_mode', 'file_too_large', 'ambiguous_path'],
        meaning: 'A file of the registry is not what it must be',
        advice: '`pawl registry log` shows which commit did it',
      },
      {
        codes: ['verdict_missing'],
        meaning: 'What is in production names no verdict, or one that is not in this repository',
        advice: 'Fetch `refs/pawl/verdicts/*`; if that does not help, roll back',
      },
      {
        codes: ['verdict_invalid'],
        meaning:
          "The verdict is malformed, signed by no trusted key, out of its key's time, used twice, or about something else",
        advice: 'Check `*.pub.json` in `keys.path`; roll back',
      },
      {
        codes: ['no_merge_facts'],
        meaning: "A commit's message has none of Pawl's trailers, or broken ones",
        advice: '`pawl registry log`',
      },
      {
        codes: ['registry_drifted'],
        meaning: 'Main holds something that was not judged so',
        advice: '`pawl registry log`; roll back',
      },
      {
        codes: ['version_revoked'],
        meaning: 'The version in production is revoked by `gate.json`',
        advice: '`pawl rollback`',
      },
    ],
  },
  {
    title: 'Artifacts and models',
    rows: [
      {
        codes: ['artifact_missing'],
        meaning: 'No bytes with this digest in the store',
        advice: 'Restore `artifacts.path` from a backup, or train again with `--like`',
      },
      {
        codes: ['artifact_corrupt'],
        meaning: 'Bytes do not have their digest; they were not used',
        advice: 'The same; `pawl artifacts verify` finds all',
      },
      {
        codes: ['artifact_too_large'],
        meaning: 'More bytes than the reader allows',
        advice: 'Raise the limit that the message names',
      },
      {
        codes: ['artifact_store_unavailable'],
        meaning: 'The store is full, forbidden, or does not work',
        advice: 'Free space, or mend permissions',
      },
      {
        codes: ['file_differs'],
        meaning: "A version's file has another digest or size than its manifest says",
        advice: 'As `artifact_corrupt`',
      },
      {
        codes: ['malformed_rows'],
        meaning: "An evaluation set's bytes are not what Pawl writes",
        advice: 'As `artifact_corrupt`',
      },
      {
        codes: ['malformed_counts'],
        meaning: 'Counts are no confusion matrix of these labels',
        advice: 'As for `gate-fault` below',
      },
      {
        codes: ['training_thread_failed'],
        meaning: 'A thread of a training run failed or ended',
        advice: 'Out of memory? Fewer `training.workers`; else a bug: report it',
      },
      {
        codes: ['model_refused'],
        meaning: 'The runtime refuses the model, or it gives no probabilities',
        advice: 'Train again; `pawl runs show`',
      },
    ],
  },
  {
    title: 'Answers of the server (with the HTTP status)',
    rows: [
      { codes: ['invalid_body'], meaning: '400: not UTF-8 or not JSON', advice: 'Send JSON' },
      {
        codes: ['invalid_delivery'],
        meaning: '400: a webhook without a usable id or event',
        advice: 'Send what the forge sends',
      },
      {
        codes: ['signature_wrong'],
        meaning: '401: a webhook without a signature, or with a wrong one; nothing was done',
        advice: 'The same secret on the forge and in `PAWL_SECRET_WEBHOOK`',
      },
      {
        codes: ['webhooks_off'],
        meaning: '404: the server takes no webhooks',
        advice: 'Start it with `PAWL_SECRET_WEBHOOK` set',
      },
      { codes: ['method_not_allowed'], meaning: '405', advice: 'See `Allow`' },
      { codes: ['body_too_large'], meaning: '413', advice: 'Send less, or raise `server.limits.bodyBytes`' },
      {
        codes: ['host_unknown'],
        meaning: '421: the request names a host that this server is not',
        advice: 'Add the name to `server.hosts`, or ask by address',
      },
      { codes: ['unsupported_media_type'], meaning: '415', advice: '`content-type: application/json`' },
      {
        codes: ['invalid_request'],
        meaning: '422: the body is not what the path asks for; `errors` lists the parts',
        advice: 'Mend the parts',
      },
      {
        codes: ['queue_full'],
        meaning: '429: too many texts are waiting, or too many bytes are held',
        advice: 'Ask again in a second; `server.workers`',
      },
      { codes: ['request_aborted'], meaning: '499: the client went away', advice: '–' },
      {
        codes: ['model_failed', 'worker_lost'],
        meaning: '500: the model gave nothing usable, or its process ended',
        advice: "Try another text; the server's log",
      },
      {
        codes: ['text_crashes_model'],
        meaning: "500: the model's process ended twice at this text",
        advice: 'Another text, or a version that stands it',
      },
      { codes: ['internal'], meaning: '500, or from the command line: not foreseen', advice: 'A bug: report it' },
      {
        codes: ['model_not_ready'],
        meaning: '503: no model is loaded; the detail has a code',
        advice: "The server's log, `pawl registry status`",
      },
      {
        codes: ['overloaded'],
        meaning: '503: no worker had time before the deadline',
        advice: 'More workers, or more servers',
      },
      { codes: ['shutting_down'], meaning: '503', advice: 'Ask another server' },
      {
        codes: ['deadline_exceeded', 'worker_hung'],
        meaning: '504: not ready in time; a process that hangs is killed',
        advice: 'Shorter texts, or raise `server.deadlineMs`',
      },
    ],
  },
  {
    title:
      "Why a server keeps the old version (in `GET /model` and in `ModelActivationRefused`), besides the registry's codes above",
    rows: [
      {
        codes: ['main_moved_back'],
        meaning:
          "Main's own line does not hold the commit that the server last settled on, or a version number got another content",
        advice: '`pawl registry log`: who moved it? If main is right, `pawl registry accept-main --reason "…"`',
      },
      {
        codes: ['settled_unreadable', 'settled_unwritable'],
        meaning: 'What the server settled on (`.pawl/servers/`) cannot be read or kept',
        advice: 'Put the file back, mend the folder; or look at main, and accept it as above',
      },
      {
        codes: ['production_missing'],
        meaning: 'Main has no version of the model any more',
        advice: '`pawl registry log`',
      },
      {
        codes: ['model_unloadable'],
        meaning: "No worker can load the model's bytes",
        advice: 'Roll back; `pawl doctor`',
      },
      {
        codes: ['self_test_failed'],
        meaning: "The model does not repeat its manifest's golden answers on this machine",
        advice: 'Roll back, or compare the machines',
      },
    ],
  },
];
