import { Injectable } from '@nestjs/common';

/** Bounds of terminals in this process. docs/servers.md tells them to users. */
@Injectable()
export class TerminalLimits {
  readonly aUser: number = 5;
  readonly total: number = 50;
  /** Attempts of one user to open one, a minute: a terminal is a sign-in at a host. */
  readonly attemptsAMinute: number = 20;
  /** Without a key pressed for this long a terminal closes. */
  readonly idleMilliseconds: number = 30 * 60_000;
  /** The person is warned this long before. */
  readonly idleWarningMilliseconds: number = 2 * 60_000;
  /** What was sent and is not shown yet, in bytes: above it the host is not read. */
  readonly unshownBytes: number = 256 * 1024;
  /** What was typed and the host has not taken, in bytes: above it input is refused. */
  readonly untakenBytes: number = 1024 * 1024;
  /** Access that could not be asked for this long no longer counts as given. */
  readonly uncheckedMilliseconds: number = 60_000;
}
