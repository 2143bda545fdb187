import { Client } from 'pg';

/** A statement is prepared when it comes as often as this: what is asked now and then is planned for its values. */
const oftenEnough = 8;
/** Statements that a connection keeps prepared at most: each costs memory in its Postgres process. */
const mostPrepared = 150;
/** Texts whose uses are counted; lists of different lengths make many. */
const mostCounted = 2000;

/** A page of a list ends so. Whose list it is decides how it is found best: it is planned for its values. */
const page = / LIMIT (?!1$)\S+$/;

const uses = new Map<string, number>();
const names = new Map<string, string>();

/**
 * Has Postgres plan what is asked often once a connection and not each time: the plan of a statement that joins six tables costs several times
 * what its execution does. Postgres itself goes back to planning each time where a plan for any values is the worse one.
 */
export class PreparedClient extends Client {
  // pg's declaration has an overload for each kind of argument; TypeORM uses this one.
  override query(...args: unknown[]): never {
    const [text, values, ...rest] = args;
    const name = typeof text === 'string' && Array.isArray(values) && nameOf(text);
    const query = super.query.bind(this) as (...all: unknown[]) => never;
    return name === false || name === undefined ? query(...args) : query({ name, text, values }, ...rest);
  }
}

/** Undefined while it is not worth it. */
function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= mostPrepared || page.test(text)) return known;
  const count = (uses.get(text) ?? 0) + 1;
  if (count < oftenEnough) {
    if (uses.size >= mostCounted) uses.clear();
    uses.set(text, count);
    return undefined;
  }
  uses.delete(text);
  const name = `often_${names.size + 1}`;
  names.set(text, name);
  return name;
}
