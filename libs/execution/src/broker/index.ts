export { Broker, type BrokerOptions, type BrokerPeer } from './broker';
export type { BrokerPolicy } from './broker-policy';
export { listenLocally } from './listen-locally';
export { askHealth } from './ask-health';
export { type BrokerClient, BrokerStore } from './remote/broker-store';
export { listenRemotely } from './remote/listen-remotely';
