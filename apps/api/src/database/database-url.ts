/** Injection token: connection string of the database, for what keeps connections of its own. */
export const DATABASE_URL = Symbol('DATABASE_URL');
