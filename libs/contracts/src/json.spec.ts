import { jsonBytes, jsonSchema } from './json';

describe('jsonSchema', () => {
  it.each([[null], [0], ['text'], [[1, [true, {}]]], [{ a: { b: [null] } }]])('takes %j', (value) => {
    expect(jsonSchema.parse(value)).toEqual(value);
  });

  it.each([[undefined], [Number.NaN], [Number.POSITIVE_INFINITY], [[undefined]], [() => 1]])(
    'refuses %p, which JSON cannot hold',
    (value) => {
      expect(jsonSchema.safeParse(value).success).toBe(false);
    },
  );
});

describe('jsonBytes', () => {
  it('counts bytes, not characters', () => {
    expect(jsonBytes('ä')).toBe(4);
    expect(jsonBytes({ a: [1, null] })).toBe(14);
  });
});
