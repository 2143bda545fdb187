/**
 * Environment keys that change which code a process loads before its first line runs. On a host that jobs share with others a
 * script's author must not be able to have them set in the shell, the interpreters and everything they start. `PATH` is not
 * among them: what a script calls by name is the script's own affair.
 */
const loaderVariables = new Set([
  // Shells.
  'BASH_ENV',
  'ENV',
  'ZDOTDIR',
  'SHELLOPTS',
  'BASHOPTS',
  'PROMPT_COMMAND',
  'PS4',
  'IFS',
  // Interpreters.
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_EXTRA_CA_CERTS',
  'PYTHONPATH',
  'PYTHONHOME',
  'PYTHONSTARTUP',
  'PYTHONINSPECT',
  'PYTHONUSERBASE',
  'PYTHONBREAKPOINT',
  'PYTHONPLATLIBDIR',
  'PYTHONEXECUTABLE',
  'PYTHONWARNINGS',
  'PERL5OPT',
  'PERL5LIB',
  'PERLLIB',
  'PERL5DB',
  'RUBYOPT',
  'RUBYLIB',
  'PHPRC',
  'PHP_INI_SCAN_DIR',
  'CLASSPATH',
  'JAVA_TOOL_OPTIONS',
  'JDK_JAVA_OPTIONS',
  '_JAVA_OPTIONS',
  'LUA_INIT',
  'R_PROFILE',
  'R_PROFILE_USER',
  // The C library.
  'GCONV_PATH',
  'GLIBC_TUNABLES',
  'LOCPATH',
  'MALLOC_CONF',
  'HOSTALIASES',
  'OPENSSL_CONF',
  'OPENSSL_MODULES',
  'OPENSSL_ENGINES',
]);

/** `LD_PRELOAD`, `LD_AUDIT`, `LD_LIBRARY_PATH_64`, `DYLD_INSERT_LIBRARIES`, functions that bash imports, `LUA_INIT_5_4`. */
const loaderPrefix = /^(LD_|_RLD|DYLD_|LDR_|BASH_FUNC_|LUA_INIT_)/;

/** Whether an environment key changes how a process is loaded; such keys are refused on ssh servers. */
export function isLoaderVariable(key: string): boolean {
  return loaderVariables.has(key) || loaderPrefix.test(key);
}
