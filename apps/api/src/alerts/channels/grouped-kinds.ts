import type { AlertChannel } from '@cronium/contracts';

/** By these, what happens within a short time reaches a recipient as one message; their channels have `deliverTogether`. */
export const groupedKinds: readonly AlertChannel['kind'][] = ['email'];
