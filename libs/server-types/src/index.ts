export * from './server-type';
export * from './resource-limits';
export * from './container-config';
export * from './ssh-config';
export * from './health-status';
export * from './resource-usage';
export * from './loader-variable';
