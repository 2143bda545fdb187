import { InputQueue } from './input-queue';

function setUp() {
  const sent: string[] = [];
  const answers: (() => void)[] = [];
  const queue = new InputQueue((data, taken) => {
    sent.push(data);
    answers.push(taken);
  });
  return { queue, sent, answers };
}

describe('InputQueue', () => {
  it('sends keys at once', () => {
    const { queue, sent } = setUp();
    queue.push('l');
    queue.push('s');
    expect(sent).toEqual(['l', 's']);
  });

  it('sends a long paste in parts, and goes on as the host takes them', () => {
    const { queue, sent, answers } = setUp();
    const text = 'abc'.repeat(100_000);
    queue.push(text);
    expect(sent).toHaveLength(8);
    queue.push('!');
    for (let answer = answers.shift(); answer; answer = answers.shift()) answer();
    expect(sent.join('')).toBe(`${text}!`);
    expect(Math.max(...sent.map(({ length }) => length))).toBeLessThanOrEqual(65_536);
  });

  it('cuts no character in two', () => {
    const { queue, sent } = setUp();
    queue.push(`${'x'.repeat(16_383)}😀y`);
    expect(sent).toEqual(['x'.repeat(16_383), '😀y']);
  });
});
