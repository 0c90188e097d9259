export const metricsOf = (_: readonly string[], __: readonly (readonly number[])[]): Record<string, number> => ({});
