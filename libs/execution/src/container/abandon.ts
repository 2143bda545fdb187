import { deferred } from '../deferred';
import { FrameType } from '../runner/protocol';
import type { RunnerSession } from '../runner/runner-session';

/** How long a runner that is told to drop its job may take to kill and wipe. */
const ABANDON_MS = 10_000;

/** Tells the runner that nothing more is wanted of it, and waits until it has cleared up and left. */
export async function abandon(session: RunnerSession): Promise<void> {
  const { promise: closed, resolve } = deferred<void>();
  session.onClosed(resolve);
  session.send(FrameType.Bye, {});
  const timer = setTimeout(resolve, ABANDON_MS);
  await closed;
  clearTimeout(timer);
}
