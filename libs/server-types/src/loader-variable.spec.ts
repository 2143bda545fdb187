import { isLoaderVariable } from './loader-variable';

describe('isLoaderVariable', () => {
  it.each([
    'LD_PRELOAD',
    'LD_LIBRARY_PATH',
    'LD_AUDIT',
    'LD_PRELOAD_64',
    'DYLD_INSERT_LIBRARIES',
    'BASH_ENV',
    'BASH_FUNC_ls%%',
    'ENV',
    'NODE_OPTIONS',
    'PYTHONPATH',
    'PYTHONSTARTUP',
    'PYTHONHOME',
    'PERL5OPT',
    'RUBYOPT',
    'JAVA_TOOL_OPTIONS',
    'GCONV_PATH',
  ])('refuses %s', (key) => {
    expect(isLoaderVariable(key)).toBe(true);
  });

  it.each([
    'PATH',
    'HOME',
    'TZ',
    'ENVIRONMENT',
    'OLD_NAME',
    'ld_preload',
    'PYTHONUNBUFFERED',
    'NODE_ENV',
    'API_KEY',
  ])('lets through %s', (key) => {
    expect(isLoaderVariable(key)).toBe(false);
  });
});
