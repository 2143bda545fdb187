import { defaultPageSize, maxPageSize, pageQuerySchema } from './page';

describe('pageQuerySchema', () => {
  it('reads numbers of a query, and bounds every list', () => {
    expect(pageQuerySchema.parse({})).toEqual({ limit: defaultPageSize });
    expect(pageQuerySchema.parse({ limit: String(maxPageSize) })).toEqual({ limit: maxPageSize });
  });

  it.each(['0', String(maxPageSize + 1), '1.5', '-1', 'all', ''])('refuses %j items a page', (limit) => {
    expect(pageQuerySchema.safeParse({ limit }).success).toBe(false);
  });

  it('refuses a filter that it does not know', () => {
    expect(pageQuerySchema.safeParse({ page: '2' }).success).toBe(false);
  });
});
