import type { Priority } from '@cronium/contracts';

/** Among the jobs of one owner that wait for one server the highest goes first, then the oldest. */
export const precedenceOf: Readonly<Record<Priority, number>> = { low: 0, normal: 1, high: 2 };

/** Of an execution that has begun: it holds a place of its event, which others wait for. */
export const begunPrecedence = 9;
