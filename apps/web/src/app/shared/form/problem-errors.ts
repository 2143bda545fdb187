import type { FieldTree, ValidationError } from '@angular/forms/signals';
import type { FieldError } from '@cronium/contracts';

/** `body.environment[0].key` and `body.environment.0.key` as `['environment', '0', 'key']`. */
export function fieldPath(path: string): string[] {
  const parts = path.split(/[.[\]]+/).filter((part) => part !== '');
  return parts[0] === 'body' ? parts.slice(1) : parts;
}

/** The deepest field of the form on this path: an error in something the form does not show stands at its parent. */
function fieldAt(form: FieldTree<unknown>, path: string[]): FieldTree<unknown> {
  let field = form;
  for (const part of path) {
    const child = (field as unknown as Record<string, FieldTree<unknown> | undefined>)[part];
    if (child === undefined) break;
    field = child;
  }
  return field;
}

/** What the API refused, for the action of `submit()`: each error at its field. */
export function problemErrors(
  form: FieldTree<unknown>,
  errors: readonly FieldError[],
): ValidationError.WithOptionalFieldTree[] {
  return errors.map(({ path, message }) => ({
    kind: 'refused',
    message,
    fieldTree: fieldAt(form, fieldPath(path)),
  }));
}
