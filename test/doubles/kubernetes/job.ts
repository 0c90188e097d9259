/** A sweep of three points, and everything that `pipeline/sweep/kubernetes.ts` may be told about the cluster. */
export const JOB = {
  id: '0123456789ab',
  points: 3,
  parallel: 2,
  variables: [['PAWL_MODEL', 'is $(HOME)']] as const,
};

export const OPTIONS = {
  image: 'registry.example/pawl:1',
  settings: 'model: m\n',
  sweep: 'trainer: nbsvm\n',
  secret: 'log',
  volume: { claim: 'reviews', folder: 'data' },
  memoryMegabytes: 2000,
  cpus: 2,
};
