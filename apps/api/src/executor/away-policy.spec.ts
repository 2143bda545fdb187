import { isMadeKnown, isNotTried, waitsFor } from './away-policy';

describe('away policy', () => {
  const job = (server: object = {}, hasNextServer = false) => ({
    server: { type: 'ssh' as const, whenUnhealthy: 'wait' as const, fault: null, ...server },
    hasNextServer,
  });
  const fault = { code: 'host_unreachable', message: 'It is away.', isFresh: true };

  it.each(['host_unreachable', 'engine_unavailable', 'container_unavailable'])(
    'waits for the end of %s',
    (code) => expect(waitsFor(job(), code)).toBe(true),
  );

  it.each([
    'host_key_changed',
    'host_key_unapproved',
    'authentication_failed',
    'image_missing',
    'script_lost',
  ])('does not wait for %s, which does not end by itself', (code) =>
    expect(waitsFor(job(), code)).toBe(false),
  );

  it('does not wait where it may go on to another server, or is not to', () => {
    expect(waitsFor(job({}, true), 'host_unreachable')).toBe(false);
    expect(waitsFor(job({ whenUnhealthy: 'fail' }), 'host_unreachable')).toBe(false);
  });

  it('does not try a host that has just failed, and tries an engine', () => {
    expect(isNotTried(job({ fault }))).toBe(true);
    expect(isNotTried(job({ fault: { ...fault, isFresh: false } }))).toBe(false);
    expect(isNotTried(job({ fault, type: 'container' }))).toBe(false);
    expect(isNotTried(job())).toBe(false);
  });

  it('tells others of an outage where that costs no run, or a check has found the same', () => {
    expect(isMadeKnown(job(), fault.code)).toBe(true);
    expect(isMadeKnown(job({ whenUnhealthy: 'fail' }), fault.code)).toBe(false);
    expect(isMadeKnown(job({ whenUnhealthy: 'fail', fault }), fault.code)).toBe(true);
    expect(isMadeKnown(job(), 'authentication_failed')).toBe(false);
  });
});
