export const runtimeVersion = (): string => 'stub';
