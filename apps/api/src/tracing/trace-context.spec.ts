import { parseTraceContext, toTraceparent, traceEnvironment } from './trace-context';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

describe('trace context', () => {
  it.each([
    [`00-${traceId}-${spanId}-01`, true],
    [`00-${traceId}-${spanId}-00`, false],
    [`00-${traceId}-${spanId}-03`, true],
    [`cc-${traceId}-${spanId}-01-what-will-be-there-one-day`, true],
  ])('understands %s', (text, isSampled) => {
    const context = parseTraceContext(text);
    expect(context).toEqual({ traceId, spanId, isSampled });
    expect(toTraceparent(context ?? { traceId: '', spanId: '', isSampled })).toBe(
      `00-${traceId}-${spanId}-0${isSampled ? 1 : 0}`,
    );
  });

  it.each([
    undefined,
    '',
    ['00', traceId],
    `ff-${traceId}-${spanId}-01`,
    `00-${'0'.repeat(32)}-${spanId}-01`,
    `00-${traceId}-${'0'.repeat(16)}-01`,
    `00-${traceId.toUpperCase()}-${spanId}-01`,
    `00-${traceId}-${spanId}-01-more`,
    `00-${traceId}-${spanId}`,
    `cc-${traceId}-${spanId}-01-${'x'.repeat(300)}`,
  ])('takes %j for none', (text) => {
    expect(parseTraceContext(text)).toBeNull();
  });

  it.each([
    ['congo=t61rcWkgMzE,rojo=00f067', 'congo=t61rcWkgMzE,rojo=00f067'],
    [' a=b ', 'a=b'],
    ['a=b\nEVIL=1', undefined],
    [`a=${'b'.repeat(600)}`, undefined],
    ['nonsense', undefined],
  ])('hands the state %j on as %j', (given, state) => {
    const context = parseTraceContext(`00-${traceId}-${spanId}-01`, given);
    expect(traceEnvironment(context ?? { traceId, spanId, isSampled: false })).toEqual({
      TRACEPARENT: `00-${traceId}-${spanId}-01`,
      ...(state === undefined ? {} : { TRACESTATE: state }),
    });
  });
});
