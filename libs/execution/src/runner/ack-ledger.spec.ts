import { AckLedger } from './ack-ledger';

describe('AckLedger', () => {
  it('begins where the caller is', () => {
    const ledger = new AckLedger(7);
    expect([ledger.ackedSeq, ledger.settled]).toEqual([7, true]);
  });

  it('acknowledges the unbroken beginning only', () => {
    const ledger = new AckLedger(0);
    const [first, second, third] = [ledger.receive(1), ledger.receive(4), ledger.receive(5)];
    third();
    expect([ledger.ackedSeq, ledger.settled]).toEqual([0, false]);
    first();
    expect(ledger.ackedSeq).toBe(1);
    second();
    expect([ledger.ackedSeq, ledger.settled]).toEqual([5, true]);
  });

  it('goes on after it was settled, and does not mind being told twice', () => {
    const ledger = new AckLedger(0);
    const first = ledger.receive(1);
    first();
    first();
    const second = ledger.receive(2);
    expect(ledger.settled).toBe(false);
    first();
    expect(ledger.ackedSeq).toBe(1);
    second();
    expect([ledger.ackedSeq, ledger.settled]).toEqual([2, true]);
  });

  it('keeps count over many frames, made durable in any order', () => {
    const ledger = new AckLedger(0);
    const count = 10_000;
    const marks = Array.from({ length: count }, (_, index) => ({
      seq: index + 1,
      done: ledger.receive(index + 1),
    }));
    const open = new Set(marks.map(({ seq }) => seq));
    // 7,919 is prime: each frame once, far from in order.
    for (let step = 0; step < count; step += 1) {
      const mark = marks[(step * 7919) % count];
      mark?.done();
      open.delete(mark?.seq ?? 0);
      if (step % 500 === 0) {
        expect(ledger.ackedSeq).toBe(Math.min(...open) - 1);
      }
    }
    expect([ledger.ackedSeq, ledger.settled]).toEqual([count, true]);
  });
});
