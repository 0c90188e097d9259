// A check for pushes as a server starts it. It prints what it has, and ends when it is told to or, if asked, never.

process.stdout.write(`begun ${process.argv[2]} ${process.env.PAWL_SECRET_WEBHOOK ?? 'no webhook secret'}\n`);
process.stderr.write('pawl: something is wrong [internal]\n');
if (process.argv[2] === 'fails') process.exitCode = 3;
else setInterval(() => {}, 1000);
process.on('SIGTERM', () => {
  if (process.argv[2] !== 'deaf') process.exit(0);
});
