import { decodeCursor, toPage } from './cursor';
import { DomainError } from './domain-error';

const at = new Date('2026-01-02T03:04:05.678Z');
const id = (index: number) => `019abe00-0000-7000-8000-00000000000${index}`;
const rows = (count: number) => Array.from({ length: count }, (_, index) => ({ at, id: id(index) }));
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('cursor', () => {
  it('names the last row of a page when there is one more, and nothing when there is none', () => {
    const page = toPage(rows(3), 2, (row) => row);
    expect(page.items).toEqual(rows(2));
    expect(decodeCursor(page.nextCursor ?? '')).toEqual({ at, id: id(1) });
    expect(toPage(rows(2), 2, (row) => row)).toEqual({ items: rows(2), nextCursor: null });
    expect(toPage([], 2, (row: { at: Date; id: string }) => row)).toEqual({ items: [], nextCursor: null });
  });

  it('may be absent', () => {
    expect(decodeCursor(undefined)).toBeUndefined();
  });

  it.each([
    '',
    'nonsense',
    '%%%',
    encode(null),
    encode([]),
    encode([at]),
    encode([at, 'x']),
    encode(['yesterday', id(1)]),
    encode([at, id(1), 'more']),
    encode({ at, id: id(1) }),
  ])('that is %j is refused by name', (cursor) => {
    const refusal = (() => {
      try {
        return decodeCursor(cursor);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(DomainError);
    expect(refusal).toMatchObject({
      status: 400,
      code: 'cursor_invalid',
      fields: [{ path: 'query.cursor' }],
    });
  });
});
