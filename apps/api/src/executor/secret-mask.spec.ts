import { SecretMask } from './secret-mask';
import { maskText } from './stream-mask';

const masked = (secret: string, text: string) => new SecretMask([secret]).applyToValue(text);

describe('SecretMask', () => {
  const secret = 'pä"ss/w+rd (1)?&\n=*';

  it.each([
    ['as it is', `<${secret}>`],
    ['in JSON', `<${JSON.stringify(secret).slice(1, -1)}>`],
    ['in JSON with escaped slashes', '<pä\\"ss\\/w+rd (1)?&\\n=*>'],
    ['in JSON in ASCII', '<p\\u00e4\\"ss/w+rd (1)?&\\n=*>'],
    ['in a URL', `<${encodeURIComponent(secret)}>`],
    ['in a URL by RFC 3986', '<p%C3%A4%22ss%2Fw%2Brd%20%281%29%3F%26%0A%3D%2A>'],
    ['in a URL in lower case', '<p%c3%a4%22ss%2fw%2brd%20%281%29%3f%26%0a%3d%2a>'],
    ['in a URL’s path, by Python', '<p%C3%A4%22ss/w%2Brd%20%281%29%3F%26%0A%3D%2A>'],
    ['in a form', `<${new URLSearchParams({ '': secret }).toString().slice(1)}>`],
  ])('masks it %s', (_, text) => {
    expect(masked(secret, text)).toBe(`<${maskText}>`);
  });

  it.each(['four', 'fives', 'sixsix', secret, 'correct-horse?battery>staple'])(
    'masks %j in Base64 and its padding, whatever stands before and behind it',
    (value) => {
      for (const encoding of ['base64', 'base64url'] as const) {
        expect(masked(value, `<${Buffer.from(value).toString(encoding)}>`)).toBe(`<${maskText}>`);
        for (let before = 0; before < 6; before += 1) {
          const whole = Buffer.from(`${'x'.repeat(before)}${value}tail`);
          const result = String(masked(value, whole.toString(encoding)));
          expect(result.split(maskText)).toHaveLength(2);
          // What is left holds a piece of a neighbouring character at most, and never a whole one of the secret.
          const [left = '', right = ''] = result.split(maskText);
          expect(left.slice(0, -1)).toBe(whole.toString(encoding).slice(0, Math.max(0, left.length - 1)));
          expect(left.length).toBeLessThanOrEqual(Math.ceil((before * 8) / 6));
          expect(right.length).toBeLessThanOrEqual(Math.ceil((4 * 8) / 6) + 4);
        }
      }
    },
  );

  it('masks it without the newline that a shell takes off', () => {
    expect(masked('hunter2\n', 'a hunter2 b')).toBe(`a ${maskText} b`);
  });

  it('leaves alone what is too short to be a secret', () => {
    expect(new SecretMask(['abc', ' abc\n']).isEmpty).toBe(false);
    expect(masked(' abc\n', 'abc')).toBe('abc');
    expect(new SecretMask(['', 'abc']).isEmpty).toBe(true);
    expect(new SecretMask(['abc']).stream()).toBeNull();
    expect(masked('abcd', 'abcd')).toBe(maskText);
  });

  it('copes with half of a surrogate pair', () => {
    expect(masked('ab\ud800cd', 'x')).toBe('x');
  });

  it('masks strings, keys and numbers of a JSON value', () => {
    const mask = new SecretMask(['12345', 'hunter2']);
    expect(mask.applyToValue({ hunter2: ['x hunter2', 912345, 7, null, true] })).toEqual({
      [maskText]: [`x ${maskText}`, `9${maskText}`, 7, null, true],
    });
  });
});
