export * from './port';
export * from './script-end';
export * from './script-handle';
export * from './execution-error';
export * from './create-server-executor';
export * from './fake/fake-executor';
