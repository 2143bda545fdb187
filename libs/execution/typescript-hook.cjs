// `node -r ./typescript-hook.cjs`: lets a test start a process of its own from TypeScript, translated as Jest does.
const { transformSync } = require('@swc/core');
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const { moduleNameMapper, transform } = require('../../jest.preset.cjs');

const [[, options]] = Object.values(transform);
const aliases = Object.entries(moduleNameMapper).map(([pattern, target]) => [new RegExp(pattern), target]);

const resolve = Module._resolveFilename;
Module._resolveFilename = (request, ...rest) => {
  const [, target] = aliases.find(([pattern]) => pattern.test(request)) ?? [];
  return resolve(target ?? request, ...rest);
};

Module._extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), { ...options, filename, swcrc: false });
  module._compile(code, filename);
};
