/** A `pawl.yaml` that trains on so many rows of the sample data, quickly enough for a test. */
export const sampleTraining = (rows: number): string => `model: sentiment
data:
  kind: sample
  train: ${rows}
  test: 400
training:
  trainer: nbsvm
  workers: 1
`;

/** The same, with a minimum for the gate that such models reach. */
export const sampleSettings = (rows: number): string => `${sampleTraining(rows)}policy:
  minimum: 0.8
`;
