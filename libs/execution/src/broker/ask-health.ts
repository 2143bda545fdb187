import type { BrokerAccess } from './broker-access';
import { BROKER_VERSION, type BrokerAnswer } from './broker-messages';
import { exchange } from './exchange';

/** Asks a broker whether it and its engine are well. Rejects with an `ExecutionError` that says why not. */
export async function askHealth(broker: BrokerAccess): Promise<BrokerAnswer<'health'>> {
  const { answer, socket } = await exchange(broker, 'health', {
    version: BROKER_VERSION,
    request: 'health',
  });
  socket.destroy();
  return answer;
}
