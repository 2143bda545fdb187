import { readFileSync } from 'node:fs';

/** What may be given in a file, named by the variable with `_FILE` at its end, so that it stands in no environment. */
export const secretVariables = [
  'DATABASE_PASSWORD',
  'ENCRYPTION_KEY',
  'NEW_ENCRYPTION_KEY',
  'CRONIUM_ADMIN_PASSWORD',
  'CRONIUM_BACKUP_PASSPHRASE',
  'CRONIUM_METRICS_TOKEN',
] as const;

/**
 * The environment with the contents of the files that it names; a newline at a file's end is not part of it.
 *
 * @param environment without empty variables
 * @throws one error that names every file that cannot be read, and every variable that is given twice
 */
export function withSecretFiles(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string | undefined> {
  const result = { ...environment };
  const wrong: string[] = [];
  for (const name of secretVariables) {
    const file = environment[`${name}_FILE`];
    if (file === undefined) continue;
    if (environment[name] !== undefined) wrong.push(`${name}_FILE: ${name} is set, too; set one of them`);
    else
      try {
        const text = readFileSync(file, 'utf8').replace(/\r?\n$/, '');
        if (text === '') wrong.push(`${name}_FILE: ${file} is empty`);
        result[name] = text;
      } catch (error) {
        wrong.push(`${name}_FILE: ${String(error)}`);
      }
  }
  if (wrong.length > 0)
    throw new Error(`The environment is not right:\n${wrong.map((line) => `  ${line}`).join('\n')}`);
  return result;
}
